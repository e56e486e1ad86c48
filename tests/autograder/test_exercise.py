"""Probe, verdict, mark: what a verdict may do, and that no answer makes it pass by accident."""

import json
import math
from dataclasses import asdict, replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dpkit as dp
from autograder.checker import check_exercise
from autograder.errors import StudentError
from autograder.exercise import load_lab
from autograder.mark import Mark, agree, nudged
from autograder.panel import place_in_notes, prose
from autograder.probe import Student
from autograder.result import MOST_TEXT, Result

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
        "A hint about the exercise",
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


GRADIENTS = """
import dpkit as dp
from autograder.exercise import Lab

lab = Lab("toy", "A toy", week=0, minutes=5)


def f(a, b):
    return a * dp.sin(b)


@lab.exercise("0.2", "A gradient", points=2, reread="week00.md#slope", hints=("nudge", "rule", "near"))
class Gradient:
    def probe(student, at):
        return student.gradient(*at)

    def verdict(ask, rng, mark):
        def gradient(a, b):
            return ask(at=[a, b])

        with mark.part("seen", 1):
            mark.gradient(dp.diagnose(f, gradient, 2.0, 0.7), function="gradient")
        ### BEGIN HIDDEN TESTS
        with mark.part("unseen", 1):
            mark.gradient(dp.diagnose(lambda a, b: f(a, b) + a * b, lambda a, b: (
                gradient(a, b)[0] + b, gradient(a, b)[1] + a), 1.25, -0.375))
        ### END HIDDEN TESTS
"""


@pytest.fixture
def gradient(tmp_path):
    path = tmp_path / "exercises.py"
    path.write_text(GRADIENTS)
    return load_lab(path)["0.2"]


def swapped(a, b):
    return [dp.sin(b), a * dp.sin(b)]


def test_all_that_a_diagnosis_says_reaches_the_result(gradient):
    result = check_exercise(gradient, {"gradient": swapped})
    said = dp.diagnose(lambda a, b: a * dp.sin(b), lambda a, b: tuple(swapped(a, b)), 2.0, 0.7)
    seen = result.findings[0]
    assert (seen.kind, seen.title, seen.certainty) == (said.kind, said.title, said.certainty)
    assert (seen.reread, seen.function) == (said.reread, "gradient")
    assert "dp.sin(b)" in seen.where and seen.operation == "sin"
    assert len(seen.hints) == 3 and all(seen.hints)
    assert seen.got == pytest.approx(seen.expected[:1] + [2 * math.sin(0.7)])
    shown = result._repr_html_()
    for words in (said.title, *map(str, said.hints[:1]), "mistakes.md"):
        assert prose(words) in shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("By how *much*?", "By how <em>much</em>?"),
        ("*times h*, not `a *b* c`", "<em>times h</em>, not <code>a *b* c</code>"),
        ("2 * x * y", "2 * x * y"),
        ("f(*a, *b) and a*b*c", "f(*a, *b) and a*b*c"),
        ("for ** or pow(): *args, **kwargs", "for ** or pow(): *args, **kwargs"),
        ("*<b>*", "*&lt;b&gt;*"),
        ("*a <i>z*", "<em>a &lt;i&gt;z</em>"),
    ],
)
def test_a_sentence_stresses_a_word_and_leaves_stars_of_programs_alone(sentence, shown):
    assert prose(sentence) == shown


def test_a_gradient_that_raises_nearby_loses_the_part_and_shows_its_traceback(gradient):
    """It may not pass for right because it gave no further answer."""
    asked = []

    def fickle(a, b):
        asked.append(a)
        if len(asked) > 2:
            raise ZeroDivisionError("by a whim")
        return math.sin(b), a * math.cos(b)

    seen = check_exercise(gradient, {"gradient": fickle}).findings[0]
    assert (seen.kind, seen.earned) == ("raised", 0.0)
    assert "by a whim" in seen.message and "ZeroDivisionError" in seen.traceback


def test_hints_open_one_after_the_other_and_in_feedback_behind_one_fold(gradient):
    class Folds(HTMLParser):
        def __init__(self, text):
            super().__init__()
            self.depth = self.deepest = 0
            self.feed(text)

        def handle_starttag(self, tag, attributes):
            assert (tag, "open") not in [(tag, name) for name, _ in attributes]
            self.depth += tag == "details"
            self.deepest = max(self.deepest, self.depth)

        def handle_endtag(self, tag):
            self.depth -= tag == "details"

    result = check_exercise(gradient, {"gradient": swapped})
    assert Folds(result._repr_html_()).deepest == 3
    result.marking = True
    assert Folds(result._repr_html_()).deepest == 1
    assert result.findings[0].hints[2] not in str(result)  # a terminal cannot fold


@pytest.mark.parametrize(
    "wrong",
    [
        swapped,
        lambda a, b: [17.125, a],
        lambda a, b: [0.0, 0.0],
        lambda a, b: [dp.sin(b), float("nan")],
    ],
)
def test_a_diagnosis_of_a_hidden_case_tells_its_kind_and_helps(gradient, wrong):
    seen, hidden = check_exercise(gradient, {"gradient": wrong}).findings
    assert hidden.hidden and not seen.hidden
    (_, shown) = check_exercise(gradient, {"gradient": wrong}).as_feedback().findings
    assert (shown.kind, shown.title) == (hidden.kind, hidden.title)
    assert len(shown.hints) == 3 and shown.reread
    told = json.dumps(asdict(shown))
    for secret in ("1.25", "0.375", "17.", "dp.sin", "a * b", "<svg"):
        assert secret not in told, secret
    assert (shown.got, shown.expected, shown.given, shown.where) == (None, None, None, "")


def test_a_diagnosis_survives_json_and_has_bounds(gradient):
    result = check_exercise(gradient, {"gradient": swapped})
    again = Result.from_json(json.loads(json.dumps(result.to_json())))
    assert again._repr_html_() == result._repr_html_()
    long = dp.Diagnosis("unknown", "x" * 10**6, "y" * 10**6, got="z" * 10**6, expected=0.0)
    long = replace(long, alternatives=(replace(long, kind="sign"),) * 100, also=(long,) * 100)
    mark = Mark()
    with mark.part("all", 1):
        mark.gradient(long)
    assert len(json.dumps(asdict(mark.findings[0]))) < 30 * MOST_TEXT


def test_a_failure_within_a_diagnosis_is_not_lost():
    """`diagnose` goes on where a student's function raises; where the verdict has said no, it ends."""
    mark = Mark(strict=True)

    def gradient(x):
        if x != 2.0:
            mark.fail("wrong_type", "No number came back.")
        return 2 * x

    with mark.part("all", 1):
        mark.gradient(dp.diagnose(lambda x: x * x, gradient, 2.0))
    assert (mark.findings[0].kind, mark.findings[0].earned) == ("wrong_type", 0.0)


def test_the_place_in_a_function_that_nobody_sees_stays_unsaid():
    """Nor is it told that the same mistake elsewhere would do: elsewhere in what?"""
    said = dp.Diagnosis("sign", "Turned round.", "`x * y`, line 3 of f", confidence=0.5)
    also = (
        replace(said, where="every mul"),
        replace(said, kind="factor"),
        replace(said, kind="factor"),
    )
    mark = Mark()
    with mark.part("all", 1):
        mark.gradient(replace(said, alternatives=also), where="")
    (finding,) = mark.findings
    assert finding.alternatives == ["Wrong scale: Turned round."]
    assert "line 3" not in json.dumps(asdict(finding)) and "every" not in str(finding.alternatives)


def two_parts(first):
    """The result of an exercise whose second part waits for its first, which `first` decides."""
    mark = Mark(strict=True)
    with mark.part("one", 1):
        mark.that(False, **first) if isinstance(first, dict) else first()
    for name in ("two", "three"):
        with mark.part(name, 1):
            mark.only_after("one" if name == "two" else "two")
    return Result("l", "1", "t", 3.0, mark.findings)


def test_a_part_that_waits_has_made_no_mistake():
    """Nor has one that waits for it: only the first carries the tag of the mistake."""
    result = two_parts({"kind": "sign", "message": "Turned round."})
    assert (result.score, result.kinds) == (0, ["sign", "not_tried"])
    assert str(result).count("[sign]") == 1
    assert "Not tried yet: first comes the part “one”.  [not tried]" in str(result)
    panel = result._repr_html_()
    assert panel.count("sign</span>") == 1 and panel.count("not tried</span>") == 2


@pytest.mark.parametrize("kind", ["blank", "undefined"])
def test_where_there_is_nothing_to_try_it_is_said_once(kind):
    def first():
        raise StudentError(kind, "There is nothing.")

    result = two_parts(first)
    assert result.kinds == [kind] and str(result).count("There is nothing.") == 1
    assert "Not tried" not in str(result)


@pytest.mark.attack
def test_what_a_diagnosis_quotes_is_only_text():
    evil = "<img src=x onerror=alert(1)>`</details><script>"
    other = dp.Diagnosis("sign", evil)
    diagnosis = dp.Diagnosis(
        "sign", evil, evil, 0.5, (other,), got=evil, expected=[1.0], operation=evil, also=(other,)
    )
    mark = Mark()
    with mark.part("all", 1):
        mark.gradient(diagnosis)
    result = Result("l", "1", "t", 1.0, mark.findings)
    for marking in (False, True):
        result.marking = marking
        shown = result._repr_html_()
        assert "<img" not in shown and "<script" not in shown
        assert shown.count("<details") == shown.count("</details>")


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


@pytest.mark.parametrize("expected", [math.nan, math.inf, -math.inf])
def test_nothing_agrees_with_what_is_not_finite(expected):
    """A wrong answer tried as an explanation may have flown apart."""
    assert agree([1.0, 2.0], np.array([1.0, expected])) == ("value", "")


def test_what_is_lent_reaches_the_student_s_own_helpers():
    """Through a helper, through recursion; the student's names are as they were."""
    names: dict = {}
    exec(
        "def mul(a, b):\n    raise NotImplementedError\n"
        "def twice(x):\n    return mul(2, x)\n"
        "def uses(x):\n    return twice(x) if x < 2 else uses(x - 1) + twice(x)\n",
        names,
    )
    student = Student(names)
    assert student.rebind("uses", mul=lambda a, b: a * b)(3) == 2 + 4 + 6
    with pytest.raises(NotImplementedError):
        student.uses(1)


def test_what_to_reread_is_named_as_it_is_headed(tmp_path, monkeypatch):
    """The name of an anchor cannot be seen in the notes; the heading below it can."""
    notes = tmp_path / "course" / "notes"
    notes.mkdir(parents=True)
    (notes / "week77.md").write_text(
        "# Week\n\n(the-slope)=\n## Right value, wrong slope\n", "utf-8"
    )
    notebook = tmp_path / "labs" / "release" / "lab77"
    notebook.mkdir(parents=True)
    monkeypatch.chdir(notebook)
    assert place_in_notes("week77.md#the-slope") == "week77.md, “Right value, wrong slope”"
    assert place_in_notes("week77.md#gone-away") == "week77.md, “gone away”"
    assert place_in_notes("week78.md#the-slope") == "week78.md, “the slope”"
    assert place_in_notes("week77.md") == "week77.md"


def told(got, wrong, truth):
    mark = Mark()
    with mark.part("a number", 1):
        mark.not_like(got, wrong, truth, "sign", "The sign is turned round.", function="f")
    return mark.findings[0]


def test_a_particular_wrong_answer_has_a_name():
    assert told(-2.0, -2.0, 2.0).kind == "sign"
    assert told(-2.0, -2.0, 2.0).message == "The sign is turned round."
    assert told(2.0, -2.0, 2.0).ok
    assert told(3.0, -2.0, 2.0).ok  # wrong, but not in this way
    assert told("two", -2.0, 2.0).ok  # for `close` to say


def test_where_the_truth_is_the_wrong_answer_too_nothing_is_told():
    assert told(0.0, -0.0, 0.0).ok
    assert told(np.zeros(3), np.zeros(3), np.zeros(3)).ok


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_nudges_are_the_gradient_and_leave_the_point_alone(shape):
    x = np.random.default_rng(0).normal(size=shape)
    before = x.copy()
    assert nudged(lambda at: np.sum(np.sin(at) * at), x) == pytest.approx(
        np.sin(x) + x * np.cos(x), abs=1e-8
    )
    assert np.array_equal(x, before)
