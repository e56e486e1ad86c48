"""Hints at answers that are alike: copies in disguise are found, right answers that agree are not."""

import itertools
import json
import textwrap

import numpy as np
import pytest
from nbgrader.preprocessors import ClearSolutions

from autograder.build import build_release, read_lab, read_variants
from autograder.cli import main
from autograder.course import Course
from autograder.similarity import ENOUGH_TOKENS, tokens, unusually_alike
from tests.autograder.test_report import record
from tests.autograder.toy import LAB, toy_course
from tests.conftest import ROOT

LABS = sorted(path.parent for path in (ROOT / "labs").glob("*/lab.py"))

ORIGINAL = '''
def newton(f, slope, start, steps):
    """The root by Newton's method."""
    here = start
    for count in range(steps):
        value, rise = f(here), slope(here)
        if abs(rise) < 1e-12:
            raise ValueError("the slope vanishes")
        change = value / rise
        while abs(change) > 10 * abs(here) + 1:
            change = change / 2
        here = here - change
        if abs(change) < 1e-10 * (1 + abs(here)):
            break
    else:
        print("not there yet", count, here)
    best = [here, f(here)]
    if best[1] * value < 0 and count > 3:
        best[0] = (best[0] + start) / 2
    return best[0]
'''

RENAMED = ORIGINAL
for old, new in {
    "here": "x",
    "value": "fx",
    "rise": "dfx",
    "change": "delta",
    "count": "i",
    "best": "pair",
}.items():
    RENAMED = RENAMED.replace(old, new)

DISGUISES = {
    "as it is": ORIGINAL,
    "renamed": RENAMED,
    "with comments, blank lines and another layout": RENAMED.replace(
        "    for i in", "    # my own idea\n\n    for   i   in"
    ).replace('"""The root by Newton\'s method."""', '"""What I thought of last night."""'),
    "with other texts": RENAMED.replace("the slope vanishes", "flat!").replace(
        "not there yet", "hm"
    ),
    "with a line more": RENAMED.replace("    pair = ", "    unused = 0\n    pair = "),
    "with a line moved": ORIGINAL.replace("    here = start\n", "").replace(
        "    for count", "    here = start\n    for count"
    ),
    "with a syntax error": RENAMED + "\n)",
}


def independent(seed, n=12):
    """Programs with nothing in common but the language."""
    rng = np.random.default_rng(seed)
    forms = [
        "    if {a} > {k}:\n        {a} = {b} * {k}\n",
        "    for {b} in range({k}):\n        {a} += {b} ** {k}\n",
        "    {a}, {b} = {b}, {a} - {k}\n",
        "    {b} = [{a} for {a} in ({k}, {b}) if {a}]\n",
        "    while {a} < {k}: {a} = {a} + {b} // 2\n",
        "    {a} = lambda {b}: ({b} % {k}) or {a}\n",
        "    try:\n        {b} = {a}[{k}]\n    except IndexError:\n        {b} = None\n",
        "    {a} = sorted(set({b}), key=abs)[:{k}]\n",
    ]  # fmt: skip
    body = "".join(
        forms[i].format(a=f"n{rng.integers(9)}", b=f"m{rng.integers(9)}", k=rng.integers(2, 9))
        for i in rng.integers(len(forms), size=n)
    )
    return f"def newton(f, slope, start, steps):\n{body}    return start\n"


def a_class(**others):
    return {f"s{seed:02}": independent(seed) for seed in range(20)} | others


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_in_its_disguise(disguise):
    answers = {"1.1": a_class(ada=ORIGINAL, ben=DISGUISES[disguise])}
    (pair,) = unusually_alike(answers)
    assert pair.students == ("ada", "ben") and pair.size >= ENOUGH_TOKENS
    (answer,) = pair.answers
    assert answer.name == "1.1" and answer.sources == (ORIGINAL, DISGUISES[disguise])
    assert 0.85 <= answer.likeness <= 1
    assert json.loads(json.dumps(pair.to_json()))["students"] == ["ada", "ben"]


def test_a_class_of_its_own_ideas_gives_no_hint():
    assert unusually_alike({"1.1": a_class(ada=ORIGINAL)}) == []


def test_what_many_write_is_no_hint():
    crowd = {f"c{k}": ORIGINAL for k in range(4)}
    assert unusually_alike({"1.1": a_class(**crowd)}) == []
    three = dict(list(crowd.items())[:3])
    assert len(unusually_alike({"1.1": a_class(**three)})) == 3


def test_what_the_authors_wrote_is_no_hint():
    answers = {"1.1": a_class(ada=RENAMED, ben=RENAMED)}
    assert unusually_alike(answers, authors=[ORIGINAL]) == []


def test_what_the_lab_showed_everybody_is_no_hint():
    worked_example = f"# a worked example\n{ORIGINAL}"
    answers = {"1.1": a_class(ada=ORIGINAL, ben=ORIGINAL)}
    assert unusually_alike(answers, shown=[worked_example]) == []


def test_a_tiny_class_gives_no_hint():
    answers = {f"s{seed}": independent(seed) for seed in range(7)}
    assert unusually_alike({"1.1": answers | {"ada": ORIGINAL, "ben": ORIGINAL}}) == []


def test_one_short_answer_is_no_hint_and_several_are():
    short = (
        "def f(x, y):\n"
        + "    x = y ** 3 - x / (1 + y)\n    y = x if y > 2 else -y\n" * 2
        + "    return x, y\n"
    )
    others = {f"s{seed:02}": independent(seed, n=6) for seed in range(20)}
    one = {"1.1": others | {"ada": short, "ben": short}}
    assert unusually_alike(one) == []
    (pair,) = unusually_alike({**one, "1.2": one["1.1"], "1.3": one["1.1"]})
    assert [answer.name for answer in pair.answers] == ["1.1", "1.2", "1.3"]


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_the_labs_own_different_solutions_are_not_alike(lab):
    """Every pair of right answers to the same exercise that were written to differ, as a pair of
    students in a class: a false alarm would be one of these."""
    source = read_lab(lab / "lab.py")
    right = {
        cell.metadata["nbgrader"]["grade_id"]: [cell.source]
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }
    for variant in read_variants(lab / "alternatives"):
        right[variant.cell].append(variant.source)
    blank, _ = ClearSolutions().preprocess(source, {})
    shown = [cell.source for cell in blank.cells if cell.cell_type == "code"]
    pairs = 0
    for one, other in itertools.combinations(range(4), 2):
        answers = {
            cell: a_class(ada=written[one], ben=written[other])
            for cell, written in right.items()
            if len(written) > max(one, other)
        }
        pairs += len(answers)
        assert unusually_alike(answers, shown=shown) == [], (one, other)
    assert pairs >= 6


HOSTILE = {
    "ten megabytes": "x = 1\n" * 2_000_000,
    "deep": "(" * 20_000,
    "open texts": '"""' * 6_000,
    "texts in texts": "f'{" * 6_000,
    "zeros": "\0" * 20_000,
    "half a character": "x = '\ud800'\n" * 50,
    "many names": "\n".join(f"n{k} = {k}" for k in range(1500)),
    "decorators": "@" * 20_000,
    "nothing": "",
}


@pytest.mark.attack
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_source_neither_stalls_nor_hides_a_copy(kind):
    """It ends (pytest's own limit is for those that do not), and the others' copies are found."""
    source = HOSTILE[kind]
    answers = {"1.1": a_class(eve=source, eva=source, ada=ORIGINAL, ben=RENAMED)}
    found = {pair.students for pair in unusually_alike(answers)}
    assert ("ada", "ben") in found and found <= {("ada", "ben"), ("eva", "eve")}


def test_tokens_are_what_says_something():
    source = textwrap.dedent('''
        def f(x):  # a comment
            """A docstring."""
            return x + 1.5, 'one' "two", f"{x}"
    ''')
    words = list(tokens(source))
    assert words[:7] == ["def", "f", "(", "x", ")", ":", "return"]
    assert "1.5" in words and words.count("a text") >= 2
    assert not any("comment" in word or "docstring" in word for word in words)


# ------------------------------------------------------------------------------------ in the report


@pytest.fixture
def course(tmp_path):
    course = toy_course(tmp_path)
    build_release(course, LAB)
    blank = read_lab(course.root / LAB / "lab.py")
    for student, answer in a_class(
        ada=ORIGINAL, ben=RENAMED + "# <script>alert(1)</script>"
    ).items():
        cells = json.loads(json.dumps(blank.cells))
        for cell in cells:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "ex1_1":
                cell["source"] = answer
        notebook = json.dumps({"cells": cells})
        record(course, student, 2, 2, 1, None, notebook=notebook)
    return course


def test_it_is_asked_for_and_only_then_told(course, tmp_path, capsys):
    root = ["--course", str(course.root), "--json"]
    assert main(["report", LAB, *root]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "alike" not in answer
    page = course.root / "reports" / LAB / "report.html"
    assert "unusually alike" not in page.read_text()
    assert main(["report", LAB, *root, "--similarity"]) == 0
    answer = json.loads(capsys.readouterr().out)
    (pair,) = answer["alike"]
    assert (
        pair["students"] == ["ada", "ben"] and pair["answers"][0]["answer"] == "1.1 A slope (ex1_1)"
    )
    text = page.read_text()
    assert "A hint to look, and nothing more" in text and "ada and ben" in text
    assert "# &lt;script&gt;alert(1)&lt;/script&gt;" in text
    table = (course.root / "reports" / LAB / "alike.csv").read_text("utf-8-sig").splitlines()
    assert len(table) == 2 and table[1].startswith("ada,ben,")


def test_no_mark_and_no_students_page_knows_of_it(course, capsys):
    root = ["--course", str(course.root)]
    before = Course.at(course.root)
    main(["report", LAB, *root, "--json"])
    main(["export", LAB, *root])
    marks = (before.root / "reports" / LAB / "csv.csv").read_bytes()
    main(["report", LAB, *root, "--similarity"])
    main(["export", LAB, *root])
    main(["feedback", LAB, *root])
    assert (before.root / "reports" / LAB / "csv.csv").read_bytes() == marks
    for page in course.feedback.rglob("*.html"):
        assert "alike" not in page.read_text().casefold()
