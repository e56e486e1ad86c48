"""Answers to lab 3 that are no answers, and must earn nothing."""

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


@pytest.mark.parametrize("answer", [[], (), None, 0.0, float("nan"), True, np.zeros((9, 0))])
@pytest.mark.parametrize("own_var", [True, False], ids=["own Var", "no Var"])
def test_doing_nothing_earns_nothing(answer, own_var):
    """Every function of the lab gives back the same, whatever it is asked. (A prediction is worth
    its point whatever it is, and a Var that remembers is worth its own.)"""

    def idle(*_, **__):
        return answer

    solved = LAB3.namespace()
    names = {name: idle if callable(value) else value for name, value in solved.items()}
    if own_var:
        names["Var"] = solved["Var"]
    for number in ("3.2", "3.3", "3.5", "3.7", "3.8", "3.9"):
        result = LAB3.mark(number, names)
        assert result.score == 0.0, (number, [f.part for f in result.findings if f.ok])
