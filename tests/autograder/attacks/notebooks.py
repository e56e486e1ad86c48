"""Hostile notebooks: what a student could do to the file around wrong answers.

Each change gets the notebook as JSON, and returns None when it has changed that in place, or the
bytes of the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ACTIVE = "<img src=x onerror=\"document.title='pwned'\">"


@dataclass(frozen=True)
class Structure:
    """`refused`: the file cannot be marked, which is said; the others are marked, with 0."""

    tries: str
    change: Callable[[dict[str, Any]], bytes | None]
    refused: bool = False


STRUCTURES: dict[str, Structure] = {}


def structure(tries: str, *, refused: bool = False) -> Callable:
    def keep(change: Callable) -> Callable:
        STRUCTURES[change.__name__] = Structure(tries, change, refused)
        return change

    return keep


def grader(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def tests(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in notebook["cells"] if grader(c).get("grade_id", "").startswith("check")]


def own(source: str, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": "own", "metadata": metadata, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


# -------------------------------------------------------------------- cells and their metadata


@structure("tags the tests skip-execution: two clicks in JupyterLab")
def skip_tests(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = [
            "skip-execution", "nbgrader-skip", "raises-exception", "remove_cell", "remove-input",
        ]  # fmt: skip
        cell["metadata"]["jupyter"] = {"source_hidden": True, "outputs_hidden": True}


@structure("raises the points, and writes them where the test stood")
def edit_points(notebook):
    for cell in tests(notebook):
        grader(cell)["points"] = 1000
        cell["source"] = "5.0"


@structure("deletes the tests")
def delete_tests(notebook):
    gone = tests(notebook)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


@structure("makes answers for a reader of the tests")
def ungrade(notebook):
    for cell in tests(notebook):
        grader(cell).update(grade=False, solution=True, locked=False)


@structure("makes a task of the tests and an automatic test of the written answer")
def tests_become_tasks(notebook):
    for cell in tests(notebook):
        grader(cell).update(task=True, grade=False)
    for cell in notebook["cells"]:
        if grader(cell).get("grade_id") == "why1_4":
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None, "source": "2.0"}
            grader(cell).update(solution=False, locked=True, points=50, cell_type="code")


@structure("brings outputs that were there before, full points in them")
def bring_outputs(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
            cell["outputs"] = [result | {"data": {"text/plain": "2.0"}}]


@structure("adds graded cells of its own, one under a test's name")
def new_grades(notebook):
    for name in ("bonus", "check1_1"):
        told = {"grade_id": name, "grade": True, "points": 2, "locked": False, "solution": False,
                "task": False, "schema_version": 3}  # fmt: skip
        notebook["cells"].append(own("2.0", nbgrader=told))


@structure("names every cell alike, in nbgrader's metadata and in the format's")
def one_name_for_all(notebook):
    for cell in notebook["cells"]:
        cell["id"] = "same"
        if grader(cell).get("solution"):
            grader(cell)["grade_id"] = "ex1_1"


@structure("gives cells names that are paths, tags and queries")
def names_that_are_paths(notebook):
    for name in ("../../gradebook", f"{ACTIVE}", "x'; DROP TABLE grade; --", "a/b", "", "*"):
        told = {"grade_id": name, "grade": True, "solution": True, "points": 9, "locked": False,
                "schema_version": 3, "task": False}  # fmt: skip
        notebook["cells"].append(own("2.0", nbgrader=told))


@structure("writes scores, comments and the grader's own marks into the metadata")
def forged_marks(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["autograder"] = "the lab's own text"
        if grader(cell):
            grader(cell).update(score=100, auto_score=100, manual_score=100, comment="full marks",
                                checksum="0" * 32, remediated=True)  # fmt: skip
    notebook["metadata"]["autograder"] = {"scores": {"1.1": 100}, "sandbox": "bwrap"}


@structure("claims to have been made by a newer nbgrader")
def schema_of_the_future(notebook):
    for cell in notebook["cells"]:
        if grader(cell):
            grader(cell)["schema_version"] = 99


@structure("has the kernel, the language and the widgets start what it likes")
def another_kernel(notebook):
    notebook["metadata"] = {
        "kernelspec": {"name": "../../x", "display_name": ACTIVE, "language": "bash",
                       "argv": ["sh", "-c", "touch /tmp/pwned"]},
        "language_info": {"name": "bash", "pygments_lexer": ACTIVE, "version": "9",
                          "codemirror_mode": {"name": ACTIVE}},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": ACTIVE}}},
        "celltoolbar": "Create Assignment", "title": ACTIVE, "authors": [{"name": ACTIVE}],
    }  # fmt: skip


@structure("rewrites the locked cell that the tests' own names come from")
def rewritten_setup(notebook):
    for cell in notebook["cells"]:
        if grader(cell).get("grade_id") == "setup":
            cell["source"] = (
                "check = lambda n: 2.0\nclass np: isclose = staticmethod(lambda *a: True)"
            )


@structure("hides text for the reader's browser in attachments and prose")
def active_prose(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["attachments"] = {f"x{ACTIVE}.png": {"image/png": f'"{ACTIVE}', ACTIVE: "x"}}
            cell["source"] = f"{ACTIVE}\n\n[x](javascript:alert(1)) <svg onload=alert(1)>"


# -------------------------------------------------------------------- sizes


@structure("is one cell of ten megabytes")
def a_cell_of_ten_megabytes(notebook):
    notebook["cells"].insert(1, own("# " + "x" * 10_000_000))


@structure("is fifty thousand cells", refused=True)
def fifty_thousand_cells(notebook):
    notebook["cells"] += [own("1")] * 50_000


@structure("brings a hundred thousand outputs of nonsense")
def outputs_of_nonsense(notebook):
    notebook["cells"][0]["outputs"] = [{"output_type": k, "x": [[]]} for k in range(100_000)]


@structure("is nested a hundred thousand deep", refused=True)
def nested_without_end(notebook):
    text = json.dumps(notebook)
    return text.replace('"metadata": {', '"metadata": {"x": ' + "[" * 100_000 + "]" * 100_000 + ",", 1).encode()  # fmt: skip


@structure("gives a cell's text as a million single lines")
def a_million_lines(notebook):
    notebook["cells"].insert(1, own("") | {"source": ["#\n"] * 1_000_000})


@structure("writes Markdown that takes the square of its length to read")
def slow_prose(notebook):
    for unit in (" ", "\\begin{a}", "[", "\\\\[^", "*a **b "):
        notebook["cells"] += [own("a" + unit * (49_000 // len(unit)) + "b", "markdown")] * 5


# -------------------------------------------------------------------- the file


@structure("writes numbers that JSON does not have")
def not_quite_json(notebook):
    notebook["metadata"]["orig_nbformat"] = float("nan")
    notebook["cells"][0]["execution_count"] = float("inf")
    for cell in tests(notebook):
        grader(cell)["points"] = float("inf")


@structure("says everything twice, first as it was and then as it would like it")
def keys_twice(notebook):
    text = json.dumps(notebook)
    return text.replace('"points": 2', '"points": 2, "points": 2000').encode()


@structure("is in UTF-16")
def in_utf_16(notebook):
    return json.dumps(notebook).encode("utf-16")


@structure("holds halves of characters")
def half_characters(notebook):
    notebook["cells"].insert(0, own("x = '\ud800' # \udfff"))
    notebook["cells"].insert(0, own("\ud83d", "markdown"))


@structure("is in a format of 2011")
def an_old_format(notebook):
    cells = [cell | {"input": cell["source"]} for cell in notebook["cells"]]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "../../x"}}
    return json.dumps(old | {"worksheets": [{"cells": cells}, {"cells": cells}]}).encode()


@structure("is in a format that does not exist", refused=True)
def a_format_to_come(notebook):
    notebook["nbformat"] = 5


@structure("has the wrong type everywhere")
def wrong_types(notebook):
    notebook["cells"] += [
        None, [], 7, "cell", {}, {"cell_type": []}, {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": [1]}, {"cell_type": "code", "source": "1", "metadata": []},
        {"cell_type": "code", "source": "1", "metadata": {"nbgrader": [], "tags": {}}},
        {"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": {}}}},
        {"cell_type": "markdown", "source": "1", "metadata": {}, "attachments": {"a.png": 3}},
    ]  # fmt: skip
    notebook["metadata"] = ["x"]


@structure("is no notebook but its name", refused=True)
def something_else(notebook):
    return b"%PDF-1.7 \x00\xff" * 100


@structure("is a list of a million lists", refused=True)
def a_million_lists(notebook):
    return b"[" + b"[]," * 1_000_000 + b"[]]"
