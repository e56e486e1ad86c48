"""Answers that are no answers, and must earn nothing."""

import numpy as np
import pytest

from autograder.exercise import load_lab
from tests.labs.conftest import ROOT, Bench

pytestmark = pytest.mark.attack
LAB3 = Bench(ROOT / "labs" / "lab03_reverse_mode")


def test_the_symptom_of_a_listing_is_not_the_student_s_word():
    """A submission that speaks for the probe says what it likes about the listing, too."""

    def forged(hunt, listing, cases):
        before = [[0.0, 0.0] for _ in cases] if hunt == "hunt_a" else [0.0 for _ in cases]
        symptom = ["w1", "w2"] if hunt == "hunt_a" else 0.0
        answer = {"form": "", "line": 1, "symptom": symptom, "before": before}
        return {**answer, "after": before}

    exercise = load_lab(LAB3.folder / "exercises.py")["3.9"]
    assert exercise.mark(forged, np.random.default_rng(1)).score == 0.0


IDLE = [[], (), None, 0, 0.0, 1.0, float("nan"), True, "", {}, np.zeros((9, 0))]


@pytest.mark.parametrize("answer", IDLE, ids=repr)
@pytest.mark.parametrize("classes", [True, False], ids=["own classes", "no classes"])
def test_doing_nothing_earns_nothing(lab, answer, classes):
    """Every function of the lab gives back the same, whatever it is asked. (A prediction is worth
    its point whatever it is, and a class of the student's own that works is worth its own.)"""

    def idle(*_, **__):
        return answer

    solved = lab.namespace()
    own = {name for name, value in solved.items() if callable(value)}
    if classes:
        own = {name for name in own if not isinstance(solved[name], type)}
    names = {name: idle if name in own else value for name, value in solved.items()}
    earned = {}
    for number, exercise in lab.exercises.exercises.items():
        asks_for = lab.notebook_cell("ex" + number.replace(".", "_"))
        if exercise.title.startswith("Predict") or (classes and "class " in asks_for):
            continue
        result = lab.mark(number, names)
        if result.score:
            earned[number] = [finding.part for finding in result.findings if finding.ok]
    assert earned == {}
