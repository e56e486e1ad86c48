"""The demonstration: its class is what it says, and its last line can be believed."""

import json
from collections import Counter

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograder.demo
from autograder.build import Variant, build_source, read_lab
from autograder.collect import collect
from autograder.course import Course, CourseError
from autograder.demo import demo
from autograder.demo.attacks import Target, attacks
from autograder.demo.pupils import Pupil, _dealt, _variants, make_class
from autograder.grade import Grading
from autograder.report.standing import Standing
from autograder.result import Finding, Result
from tests.autograder.toy import LAB, toy_course

CELLS = ("check1_1", "check1_2", "check1_3")


@given(st.lists(st.integers(0, 14), min_size=1, max_size=12), st.integers(14, 20))
def test_every_mistake_is_dealt_and_everybody_makes_one(counts, pupils):
    mutants = {
        f"ex{i}": [Variant(f"{i}-{k}", f"ex{i}", "") for k in range(n)]
        for i, n in enumerate(counts)
    }
    hands = _dealt(mutants, pupils)
    everything = {variant for variants in mutants.values() for variant in variants}
    assert {variant for hand in hands for variant in hand.values()} == everything
    assert all(hands) or not everything
    assert all(variant in mutants[cell] for hand in hands for cell, variant in hand.items())


def test_variants_are_read_with_their_diagnoses(tmp_path):
    mutants = _variants(toy_course(tmp_path).root / LAB / "mutants")
    assert [(v.name, v.diagnosis) for v in mutants["ex1_1"]] == [
        ("sign", "sign"),
        ("no_three", "missing_factor"),
        ("flat", "zero"),
        ("forgot_return", "missing"),
    ]
    assert mutants["ex1_1"][2].source == "def slope(x):\n    return 0.0"


def test_the_class(tmp_path):
    lab = toy_course(tmp_path).root / LAB
    blank = read_lab(lab / "lab.py")  # its cells are those of the release
    pupils = make_class(lab, blank, None)
    assert len(pupils) == len({pupil.name for pupil in pupils}) == 30
    assert Counter(pupil.marked for pupil in pupils) == {True: 29, False: 1}
    for pupil in pupils:
        told = [*pupil.full, *pupil.zero, *pupil.wrong]
        assert len(told) == len(set(told)) and set(told) <= set(CELLS)
        if pupil.marked:
            assert told, f"{pupil.name} expects nothing"
            nbformat.validate(nbformat.reads(pupil.notebook, as_version=4))
            assert "BEGIN SOLUTION" not in pupil.notebook or pupil.name == "gottfried-blank"


def standing(scores, kinds=(), marked=True):
    results = {}
    for cell, kind in dict(kinds).items():
        results[cell] = Result("toy", "1", "", 2.0, [Finding("all", 2.0, 0.0, kind)])
    return Standing("ada", marked, scores, results=results)


@pytest.mark.parametrize(
    ("pupil", "came", "good"),
    [
        (Pupil("ada", "", full=frozenset(["a"])), standing({"a": 2.0}), True),
        (Pupil("ada", "", full=frozenset(["a"])), standing({"a": 1.5}), False),
        (Pupil("ada", "", full=frozenset(["a"])), standing({"a": None}), False),
        (Pupil("ada", "", zero=frozenset(["a"])), standing({"a": 0.0}), True),
        (Pupil("ada", "", zero=frozenset(["a"])), standing({"a": 0.5}), False),
        (Pupil("ada", "", wrong={"a": "sign"}), standing({"a": 0.0}, {"a": "sign"}), True),
        (Pupil("ada", "", wrong={"a": "sign"}), standing({"a": 0.0}, {"a": "zero"}), False),
        (Pupil("ada", "", wrong={"a": "sign"}), standing({"a": 0.0}), False),
        (Pupil("ada", "", wrong={"a": "sign"}), standing({"a": 2.0}, {"a": "sign"}), False),
        (Pupil("ada", ""), None, False),
        (Pupil("ada", ""), standing({}, marked=False), False),
        (Pupil("ada", "", marked=False), standing({}, marked=False), True),
        (Pupil("ada", "", marked=False), standing({"a": 0.0}), False),
    ],
)
def test_what_is_complained_of(pupil, came, good):
    assert (pupil.complaints(came, {"a": 2.0}) == []) is good


@pytest.mark.attack
def test_the_baits_would_work_without_a_sandbox(tmp_path):
    """What earns nothing in the demonstration earns everything where it is not held back."""
    source = build_source(toy_course(tmp_path), LAB)
    with autograder.demo._server(source) as address:
        target = Target(str(source / "lab.ipynb"), "", address)
        hostile = attacks(nbformat.read(source / "lab.ipynb", as_version=4), target)
        for name in ("oscar-reads-the-solutions", "eve-asks-the-network"):
            answers = [
                c
                for c in hostile[name].cells
                if c.get("metadata", {}).get("nbgrader", {}).get("solution")
            ]
            namespace = {}
            exec(answers[0].source, namespace)
            assert (namespace["slope"](2), namespace["total"]([1, 2])) == (12, 3)


def test_a_folder_that_is_not_a_demonstration_is_left_alone(tmp_path):
    course = toy_course(tmp_path)
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter1.tex").write_text("irreplaceable")
    with pytest.raises(CourseError, match="no earlier demonstration; name another folder"):
        demo(precious, sandbox="off", course=course, lab=LAB)
    assert (precious / "chapter1.tex").read_text() == "irreplaceable"


def test_its_last_line_says_when_marking_went_wrong(tmp_path, monkeypatch, capsys):
    def idle(course, lab, *, submissions, **options):
        return Grading(lab, problems=collect(course, lab, submissions))

    monkeypatch.setattr(autograder.demo, "grade", idle)
    status, _ = demo(tmp_path / "demo", sandbox="off", course=toy_course(tmp_path), lab=LAB)
    said = capsys.readouterr()
    assert status == 1
    assert "check:  1 of 30 as they should be" in said.out  # the one that cannot be marked
    assert "ada-right: should have been marked" in said.err


@pytest.mark.slow
@pytest.mark.attack
def test_from_the_release_to_the_report(tmp_path, bubblewrap, capsys):
    """Thirty submissions, ten of them hostile or broken; and once more into the same folder."""
    course, folder = toy_course(tmp_path), tmp_path / "demo"
    (folder / "old").mkdir(parents=True)
    (folder / autograder.demo.MARK).touch()
    stages = []
    status, answer = demo(
        folder,
        workers=2,
        sandbox="bwrap",
        progress=lambda *stage: stages.append(stage),
        quiet=True,
        course=course,
        lab=LAB,
    )
    assert capsys.readouterr().out == ""
    assert json.loads(json.dumps(answer)) == answer
    assert (status, answer["complaints"]) == (0, [])
    assert answer["submissions"] == answer["as_they_should_be"] == 30
    assert stages[0] == ("releasing", 0, 1) and stages[-1] == ("feedback", 29, 29)
    assert ("marking", 29, 29) in stages
    scores = {mark["student"]: mark["score"] for mark in answer["marks"]}
    assert scores["ada-right"] == scores["zeno-endless-loop"] == scores["ovid-shuffled-cells"] == 5
    assert scores["henri-crash"] == 2
    assert scores["oscar-reads-the-solutions"] == scores["eve-asks-the-network"] == 0
    assert scores["felix-half-a-file"] is None
    report = folder / "report" / "report.html"
    assert str(report) in answer["written"] and "wendy-forges-outputs" in report.read_text()
    assert answer["feedback"]["pages"] == 29
    assert f"feedback/alan-1-mistake/{LAB}/lab.html#cell-id=" in report.read_text()
    assert not (folder / "old").exists()
    assert not Course.at(course.root).submitted.exists()  # the course itself is untouched
