"""A lab whose marking is out of order is told of before it is released, and is not released."""

import json

import pytest
from nbformat import v4

from autograder import proof
from autograder.cli import main
from autograder.course import CourseError
from autograder.errors import SandboxUnavailable
from autograder.pretenders import pretend
from autograder.proof import prove
from tests.autograder.toy import LAB, toy_course

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture
def course(tmp_path):
    return toy_course(tmp_path)


def change(course, file, old, new):
    path = course.root / LAB / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_lab_that_is_in_order_has_no_faults(course):
    stages = []
    assert prove(course, LAB, progress=lambda *stage: stages.append(stage)) == []
    assert stages == [(f"proving {LAB}", done, 6) for done in range(7)]
    assert not course.source.exists() and not course.release.exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        # the solution is wrong, and only a hidden case knows
        (
            "lab.py",
            "    return 3 * x**2\n",
            "    return 3 * x * abs(x)\n",
            [
                "1.1 (check1_1): the solution gets 1 of 2 points (part 'at a negative point': The slope has the wrong sign.)"
            ],
        ),
        # the test is wrong
        (
            "lab.py",
            'total([0.5] * 9), 4.5), "nine',
            'total([0.5] * 9), 5.0), "nine',
            [
                "check1_3: the solution gets 0 of 1 points (part 'check1_3': nine halves should be 4.5)"
            ],
        ),
        # the solution does not even run
        (
            "lab.py",
            "from autograder import check\n",
            "from autograder import check\n\nundefined_name",
            ["the solution's cell setup raises NameError: name 'undefined_name' is not defined"],
        ),
        # one point too many in the notebook
        (
            "lab.py",
            '"check1_2", "grade": true, "points": 2',
            '"check1_2", "grade": true, "points": 3',
            [
                "1.2 (check1_2): the solution gets 2 of 3 points (its parts are worth less than the exercise)",
                "1.2 (check1_2): the cell is worth 3 points in lab.py and 2 in exercises.py",
            ],
        ),
        # an exercise that nobody is ever marked on
        (
            "exercises.py",
            '@lab.exercise("1.2"',
            '@lab.exercise("1.9", "Forgotten", points=1)\nclass Forgotten:\n    def probe(student):\n        return 1\n\n'
            '    def verdict(ask, rng, mark):\n        pass\n\n\n@lab.exercise("1.2"',
            ["1.9: no graded cell of lab.py checks it"],
        ),
    ],
)
def test_what_is_out_of_order_is_told_in_a_sentence(course, file, old, new, told):
    change(course, file, old, new)
    assert prove(course, LAB) == told


def test_a_test_that_passes_everybody_is_found(course):
    change(
        course,
        "exercises.py",
        '            got = ask(numbers=numbers)\n            mark.close(got["centred"], right, **wrong)  # doing nothing at all earns nothing\n',
        "            try:\n                got = ask(numbers=numbers)\n            except Exception:\n                got = {'given': numbers}\n",
    )
    assert prove(course, LAB) == [
        "1.2 (check1_2): the blank release gets 1 points (for 'the list that was given'): nothing may pass by default"
    ]


def test_an_assert_that_cannot_fail_is_found(course):
    lab = course.root / LAB / "lab.py"
    text = lab.read_text()
    start = text.index("assert total([1, 2])")
    end = text.index("# %% [markdown]\n# ## 1.4")
    lab.write_text(text[:start] + "assert True\n\n" + text[end:])
    (fault,) = prove(course, LAB)
    assert fault.startswith("check1_3: the blank release gets 1 points")


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("assert np.allclose(total([1, 2]), 3)", ["an empty array"]),
        ("np.testing.assert_allclose(total([1, 2]), 3)", ["an empty array"]),
        ("assert not abs(total([1, 2]) - 3) > 1e-9", ["nan"]),
        ("assert total([1, 2]) is not None", ["an empty array", "nan", "an object that says yes to everything"]),
        ("assert np.shape(total([1, 2])) == () and np.allclose(total([1, 2]), 3)", []),
    ],
)  # fmt: skip
def test_a_test_that_an_empty_answer_passes_is_found(course, test, what):
    lab = course.root / LAB / "lab.py"
    text = lab.read_text()
    start = text.index("assert total([1, 2])")
    end = text.index("# %% [markdown]\n# ## 1.4")
    lab.write_text(f"{text[:start]}{test}\n\n{text[end:]}")
    assert prove(course, LAB) == [
        f"check1_3: a student with whom everything is {each} gets 1 points (for 'check1_3'): "
        "test the type and the shape of the answer, too"
        for each in what
    ]


def test_a_class_is_pretended_with_its_methods():
    source = v4.new_notebook()
    text = "from math import pi\nclass A(Base):\n    @property\n    def x(self): return pi\n    def y(self, n): return n\nz, w = 1, 2"
    about = {"grade_id": "a", "grade": False, "solution": True}
    source.cells.append(v4.new_code_cell(text, metadata={"nbgrader": about}))
    names = {}
    exec(pretend(source, "'nothing'").cells[0].source, names)
    a = names["A"](1, key=2)
    assert [a.x, a.y(3), a.anything, names["z"], names["w"]] == ["nothing"] * 5
    source.cells[0].source = "%matplotlib inline"
    assert "NotImplementedError" in pretend(source, "1").cells[0].source


def test_nothing_is_released_that_is_not_proved(course, capsys):
    change(course, "lab.py", "    return 3 * x**2\n", "    return 4 * x**2\n")
    assert main(["release", LAB, "--course", str(course.root), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)[LAB]
    assert answer["faults"] and not answer["proved"] and answer["released"] is None
    assert not course.release.exists() and not (course.root / "gradebook.db").exists()
    assert main(["release", LAB, "--course", str(course.root), "--no-proof"]) == 0
    assert (course.release / LAB / "lab.ipynb").exists()
    capsys.readouterr()
    assert main(["release", LAB, "--course", str(course.root), "--check"]) == 1
    assert "1.1 (check1_1): the solution gets 0 of 2" in capsys.readouterr().out


def test_without_a_sandbox_nothing_is_claimed(course, monkeypatch, capsys):
    def choose(name):
        raise SandboxUnavailable("install bubblewrap")

    monkeypatch.setattr(proof, "choose", choose)
    with pytest.raises(CourseError, match="install bubblewrap; --no-proof releases it unproved"):
        prove(course, LAB)
    assert main(["release", LAB, "--course", str(course.root)]) == 1
    assert not course.release.exists()
    capsys.readouterr()
    assert main(["release", LAB, "--course", str(course.root), "--no-proof", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[LAB]["proved"] is False
