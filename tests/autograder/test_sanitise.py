"""Nothing of a submission's structure is believed."""

import copy
import json
import random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v4

from autograder.harmless import harmless_text
from autograder.sanitise import BadSubmission, grade_id, load_submission, rebuild


def graded(name, source, kind="code", **flags):
    keys = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell = getattr(v4, f"new_{kind}_cell")(source=source, id=name)
    cell.metadata["nbgrader"] = {**keys, "grade_id": name, **flags}
    return cell


@pytest.fixture
def source():
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# A lab", id="title"),
            graded("setup", "import math", locked=True),
            graded("ex1", "answer = 1", solution=True),
            graded("check1", "assert answer == 1", grade=True, locked=True, points=2),
            v4.new_code_cell("print('a demonstration')", id="demo"),
            graded("why", "because", kind="markdown", grade=True, solution=True, points=1),
            graded("ex2", "other = 2", solution=True),
            graded("check2", "assert other == 2", grade=True, locked=True, points=3),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


@pytest.fixture
def submitted(source):
    notebook = copy.deepcopy(source)
    cell(notebook, "ex1").source = "answer = 10"
    cell(notebook, "ex2").source = "other = 20"
    cell(notebook, "why").source = "I think that it adds up"
    return notebook


def cell(notebook, name):
    return next(c for c in notebook.cells if grade_id(c) == name)


def names(notebook):
    return [grade_id(c) for c in notebook.cells if grade_id(c)]


IDS = ["setup", "ex1", "check1", "why", "ex2", "check2"]


def test_an_honest_submission_keeps_its_answers_and_its_own_cells(source, submitted):
    notebook, repairs = rebuild(submitted, source)
    assert repairs == []
    assert names(notebook) == IDS
    assert cell(notebook, "ex1").source == "answer = 10"
    assert cell(notebook, "why").source == "I think that it adds up"
    texts = [c.source for c in notebook.cells]
    assert texts.index("print('a demonstration')") == texts.index("assert answer == 1") + 1


def test_the_tag_that_skips_a_test_is_gone(source, submitted):
    for name in ("check1", "check2"):
        cell(submitted, name).metadata["tags"] = ["skip-execution"]
    notebook, repairs = rebuild(submitted, source)
    assert not any("tags" in c.metadata for c in notebook.cells)
    assert repairs[0] == "cell check1 had been tagged skip-execution; it is run"


def test_points_grades_and_test_sources_are_the_source_s(source, submitted):
    forged = cell(submitted, "check1")
    forged.source = "1000"
    forged.metadata["nbgrader"].update(points=1000, grade=False, solution=True, locked=False)
    notebook, repairs = rebuild(submitted, source)
    assert cell(notebook, "check1").source == "assert answer == 1"
    assert cell(notebook, "check1").metadata == cell(source, "check1").metadata
    assert repairs == ["cell check1 had been edited; it is restored"]


def test_of_duplicated_answers_the_last_counts_and_the_first_still_runs(source, submitted):
    again = copy.deepcopy(cell(submitted, "ex1"))
    again.source = "answer = 1"
    submitted.cells.append(again)
    notebook, repairs = rebuild(submitted, source)
    assert names(notebook) == IDS
    assert cell(notebook, "ex1").source == "answer = 1"
    assert "answer = 10" in [c.source for c in notebook.cells]
    assert repairs == ["cell ex1 stood there twice; the last one counts"]


def test_deleted_cells_come_back_where_they_were(source, submitted):
    submitted.cells = [c for c in submitted.cells if grade_id(c) not in ("check1", "ex2", "setup")]
    notebook, repairs = rebuild(submitted, source)
    assert names(notebook) == IDS
    assert "NotImplementedError" in cell(notebook, "ex2").source
    assert cell(notebook, "check1").source == "assert answer == 1"
    assert len(repairs) == 3


def test_retyped_cells_are_what_they_were(source, submitted):
    for name in ("check1", "ex1"):
        position = submitted.cells.index(cell(submitted, name))
        old = submitted.cells[position]
        submitted.cells[position] = v4.new_markdown_cell(old.source, metadata=old.metadata)
    notebook, repairs = rebuild(submitted, source)
    assert cell(notebook, "check1").cell_type == cell(notebook, "ex1").cell_type == "code"
    assert cell(notebook, "ex1").source == "answer = 10"
    assert len(repairs) == 2


def test_a_moved_answer_runs_before_its_check(source, submitted):
    random.Random(3).shuffle(submitted.cells)
    notebook, repairs = rebuild(submitted, source)
    assert names(notebook) == IDS
    assert repairs == ["the cells had been put in another order; they are back in theirs"]


def test_invented_grade_cells_are_ordinary_cells(source, submitted):
    submitted.cells.append(graded("bonus", "100", grade=True, locked=True, points=100))
    notebook, _ = rebuild(submitted, source)
    assert names(notebook) == IDS
    assert "nbgrader" not in notebook.cells[-1].metadata


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_is_done_to_it_the_skeleton_stands(chance):
    source = v4.new_notebook(
        cells=[
            graded("ex1", "x = 1", solution=True),
            graded("check1", "assert x == 1", grade=True, locked=True, points=2),
            graded("ex2", "y = 1", solution=True),
            graded("check2", "assert y == 1", grade=True, locked=True, points=2),
        ]
    )
    mangled = copy.deepcopy(source)
    for _ in range(chance.randint(1, 8)):
        if not mangled.cells:
            break
        victim = chance.choice(mangled.cells)
        deed = chance.randrange(5)
        if deed == 0:
            mangled.cells.remove(victim)
        elif deed == 1:
            mangled.cells.insert(chance.randrange(len(mangled.cells)), copy.deepcopy(victim))
        elif deed == 2:
            victim.metadata = {"nbgrader": chance.choice([None, 3, [], {"grade_id": 7}, {}])}
        elif deed == 3:
            victim.cell_type = chance.choice(["markdown", "raw", "heading", "code"])
        else:
            victim.source = chance.choice(["", "🜂", "x" * 1000])
    notebook, _ = rebuild(mangled, source)
    assert names(notebook) == ["ex1", "check1", "ex2", "check2"]
    for name in ("check1", "check2"):
        assert cell(notebook, name).source == cell(source, name).source
        assert cell(notebook, name).metadata == cell(source, name).metadata
    ids = [c["id"] for c in notebook.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(notebook)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is not a notebook", "is not JSON"),
        (b'{"cells": [', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1, 2, 3]", "is not a notebook"),
        (b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is not a notebook"),
        (b'{"nbformat": 99, "cells": []}', "not"),
        (b"\xff\xfe\x00", "is not JSON"),
        (json.dumps(v4.new_notebook(cells=[v4.new_code_cell("1")])).encode(), "another lab"),
    ],
)
def test_what_is_no_notebook_of_this_lab_is_refused_in_one_line(tmp_path, source, content, words):
    path = tmp_path / "lab.ipynb"
    path.write_bytes(content)
    with pytest.raises(BadSubmission) as refusal:
        load_submission(path, source)
    assert str(path) in str(refusal.value)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_symbolic_link_is_not_followed(tmp_path, source):
    (tmp_path / "secret").write_text(nbformat.writes(source))
    (tmp_path / "lab.ipynb").symlink_to(tmp_path / "secret")
    with pytest.raises(BadSubmission, match="symbolic link"):
        load_submission(tmp_path / "lab.ipynb", source)


def test_an_old_nbformat_is_read(tmp_path, source, submitted):
    old = nbformat.convert(submitted, 3)
    path = tmp_path / "lab.ipynb"
    path.write_text(nbformat.writes(old, version=3))
    notebook, repairs = rebuild(load_submission(path, source), source)
    assert cell(notebook, "ex2").source == "other = 20"
    assert repairs == ["it is in the old format nbformat 3; it was read as nbformat 4"]


@pytest.mark.attack
@pytest.mark.parametrize("name", ["a&#46;png", "a&colon;b", "a\\.png", "a b.png", "../a.png"])
def test_an_attachment_whose_name_reads_otherwise_is_no_attachment(source, submitted, name):
    """nbconvert makes no page of a notebook that names an attachment it does not have."""
    from nbconvert import HTMLExporter

    answer = cell(submitted, "why")
    answer.source = (
        f"![x](attachment:{name}) ![y](attachment&colon;p.png)\n\n[z]: attachment:{name}"
    )
    answer.attachments = {name: {"image/png": "AAAA"}}
    notebook, _ = rebuild(submitted, source)
    for one in notebook.cells:
        if one.cell_type == "markdown":
            one.source = harmless_text(one.source)
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert "base64,AAAA" not in html


def test_a_notebook_in_another_encoding_is_told_so(tmp_path):
    path = tmp_path / "lab.ipynb"
    text = nbformat.writes(v4.new_notebook(cells=[v4.new_markdown_cell("é")]))
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSubmission, match=r"lab\.ipynb: is not in UTF-8.*byte \d+: 0xe9"):
        load_submission(path, v4.new_notebook())
    path.write_bytes(b"\x89PNG")
    with pytest.raises(BadSubmission, match="is not JSON"):
        load_submission(path, v4.new_notebook())
