"""Probe, verdict, mark: what a verdict may do, and that no answer makes it pass by accident."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checker import check_exercise
from autograder.errors import StudentError
from autograder.exercise import Result, agree, load_lab

EXERCISES = """
import numpy as np
from autograder.exercise import Lab

lab = Lab("toy", "A toy", week=0, minutes=5)


@lab.helper
def twice(x):
    return 2 * x


@lab.exercise("0.1", "The square", points=3, reread="week00.md#square", hints=("a", "b", "c"))
class Square:
    def probe(student, x):
        return {"y": student.square(x), "twice": twice(x)}

    def verdict(ask, rng, mark):
        with mark.part("a number", 1):
            got = ask(x=3.0)
            mark.close(got["y"], 9.0, kind="wrong_rule", message="Not the square.", given={"x": 3.0})
            mark.that(got["twice"] == 6.0, kind="helper", message="The helper came along.")
        with mark.part("an array", 2):
            x = rng.normal(size=4)
            mark.close(ask(x=x)["y"], x * x, kind="wrong_rule", message="Not entry by entry.")
"""


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "exercises.py"
    path.write_text(EXERCISES)
    return load_lab(path)["0.1"]


def test_right_wrong_half_right_and_blank(square):
    def blank(x):
        raise NotImplementedError()

    assert check_exercise(square, {"square": lambda x: x * x}).score == 3.0
    assert check_exercise(square, {"square": lambda x: x + x}).kinds == ["wrong_rule"]
    only_numbers = check_exercise(square, {"square": lambda x: float(x) ** 2})
    assert (only_numbers.score, only_numbers.kind) == (1.0, "raised")
    assert check_exercise(square, {"square": blank}).kinds == ["blank"]
    assert check_exercise(square, {}).kinds == ["undefined"]
    assert check_exercise(square, {"square": lambda x: x * x}).kind == "correct"


class Liar(float):
    """Equal to everything, near to everything."""

    def __eq__(self, other):
        return True

    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    __hash__ = float.__hash__

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__


@pytest.mark.attack
@pytest.mark.parametrize(
    "answer",
    [Liar(1.0), None, "9.0", True, {"y": 9.0}, [9.0], float("nan"), float("inf"), 9.0 + 1e-3j, np.array("9.0"),
     np.array([9.0]), object(), [[9.0], [9.0, 9.0]], b"9"],
)  # fmt: skip
def test_nothing_but_the_number_passes(square, answer):
    assert check_exercise(square, {"square": lambda x: answer}).score == 0.0


def test_a_student_s_exit_costs_only_its_part(square):
    def square_(x):
        if isinstance(x, float):
            return x * x
        raise SystemExit

    result = check_exercise(square, {"square": square_})
    assert (result.score, result.kind) == (1.0, "raised")


def test_changing_the_input_changes_nothing(square):
    def square_(x):
        if isinstance(x, np.ndarray):
            x *= 0
        return x * x

    assert check_exercise(square, {"square": square_}).score == 1.0


def test_a_part_that_compares_nothing_is_a_defect(tmp_path):
    path = tmp_path / "exercises.py"
    path.write_text(EXERCISES.split('        with mark.part("an array", 2):')[0])
    with path.open("a") as file:
        file.write('        with mark.part("an array", 2):\n            ask(x=np.ones(4))\n')
    exercise = load_lab(path)["0.1"]
    with pytest.raises(RuntimeError, match="would pass any answer"):
        exercise.mark(
            lambda **inputs: {"y": 9.0, "twice": 6.0}, np.random.default_rng(0), strict=True
        )


@pytest.mark.attack
@pytest.mark.parametrize("forged", [None, 3, "y", [], {"z": 1}, {"y": {"y": 9.0}}, {"y": []}])
def test_a_forged_answer_cannot_stop_the_marking(square, forged):
    result = square.mark(lambda **inputs: forged, np.random.default_rng(0))
    assert result.score == 0.0
    assert {finding.kind for finding in result.findings} <= {
        "unreadable",
        "wrong_type",
        "shape",
        "value",
    }


def test_a_stumble_of_the_verdict_is_raised_where_the_lab_is_tested(square):
    with pytest.raises(TypeError):
        square.mark(lambda **inputs: None, np.random.default_rng(0), strict=True)


def test_a_lost_process_keeps_what_was_earned(square):
    asked = []

    def ask(**inputs):
        asked.append(inputs)
        if len(asked) > 1:
            raise StudentError("killed", "The program ended in cell ex0_1.")
        return {"y": 9.0, "twice": 6.0}

    result = square.mark(ask, np.random.default_rng(0))
    assert (result.score, result.kinds) == (1.0, ["killed"])


def test_the_panel_shows_what_is_needed_and_escapes_the_rest(square):
    evil = "<script>alert(1)</script>"

    def square_(x):
        raise ValueError(evil)

    wrong = check_exercise(square, {"square": lambda x: x})
    for words in (
        "Exercise 0.1",
        "Not the square.",
        "expected",
        "9",
        "week00.md, “square”",
        "nudge",
    ):
        assert words in wrong._repr_html_()
    assert "Not the square." in str(wrong)
    assert evil not in check_exercise(square, {"square": square_})._repr_html_()


def test_hidden_numbers_stay_out_of_the_feedback(square):
    result = check_exercise(square, {"square": lambda x: x})
    result.findings[0].hidden = True
    shown = result.as_feedback()
    assert shown.findings[0].expected is None and shown.findings[0].given is None
    assert shown.findings[0].message == "Not the square."
    assert shown.score == result.score


@pytest.mark.parametrize("wrong", [lambda x: 25.5, lambda x: 1 / 0, lambda x: "no number"])
def test_a_hidden_case_within_a_part_stays_hidden_too(tmp_path, wrong):
    path = tmp_path / "exercises.py"
    text = EXERCISES.split('        with mark.part("an array", 2):')[0]
    path.write_text(
        text
        + """            ### BEGIN HIDDEN TESTS
            mark.close(ask(x=-5.0)["y"], 25.0, kind="wrong_rule", message="Not so.", given=-5.0)
            ### END HIDDEN TESTS
"""
    )
    answers = {"square": lambda x: x * x if x > 0 else wrong(x)}
    (finding,) = check_exercise(load_lab(path)["0.1"], answers).as_feedback().findings
    assert not finding.ok and finding.hidden
    assert (finding.got, finding.expected, finding.given) == (None, None, None)
    (shown,) = (
        check_exercise(load_lab(path)["0.1"], {"square": lambda x: 7.5}).as_feedback().findings
    )
    assert (shown.got, shown.expected) == (7.5, 9.0)  # it failed before it came to the hidden case


def test_a_result_survives_json(square):
    result = check_exercise(square, {"square": lambda x: x * math.nan})
    again = Result.from_json(json.loads(json.dumps(result.to_json())))
    assert (again.score, again.kinds, str(again)) == (result.score, result.kinds, str(result))


def test_an_unknown_exercise_is_named(tmp_path):
    (tmp_path / "exercises.py").write_text(EXERCISES)
    with pytest.raises(KeyError, match="it has 0.1"):
        load_lab(tmp_path / "exercises.py")["9.9"]


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers)
def test_agree_is_closeness(a, b):
    near = abs(a - b) <= 1e-7 * abs(b) + 1e-9
    assert (agree(a, b) is None) == near


@given(st.lists(numbers, min_size=1, max_size=5))
def test_agree_wants_the_shape(values):
    assert agree(values, np.array(values)) is None
    assert agree([values], np.array(values))[0] == "shape"
