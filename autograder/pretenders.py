"""Pupils that know nothing, and answer with something that passes a careless test.

An empty array agrees with everything: `np.allclose(np.array([]), 3.0)` is true, since nothing in it
differs. nan is not further away than any bound, and an object may say yes to whatever it is asked.
A test that takes one of them for an answer passes the whole class.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.sanitise import CODE_STUB

__all__ = ["PRETENDERS", "pretend"]

BEFORE = """
import numpy as _np

class _Yes:
    def __init__(self, *_, **__):
        pass
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self
    def _itself(self, *_, **__):
        return self
    def _true(self, *_):
        return True
    __call__ = __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _itself
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = __abs__ = __matmul__ = __rmatmul__ = _itself
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _true
    __hash__ = object.__hash__
    def __float__(self):
        return 0.0
    def __iter__(self):
        return iter(())
"""
PRETENDERS: Mapping[str, str] = {
    "an empty array": "_np.array([])",
    "nan": "float('nan')",
    "an object that says yes to everything": "_Yes()",
}
KEPT = ("staticmethod", "classmethod", "property")  # decorators that say how a method is called


def pretend(source: NotebookNode, answer: str) -> NotebookNode:
    """The notebook of a pupil with whom every function, method, attribute and value asked for is
    `answer` (a Python expression). Nothing else of the solution is in it.

    Args:
        source: the notebook with solutions, which says what is asked for.
    """
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = _pretence(cell.source, answer)
    return notebook


def _pretence(solution: str, answer: str) -> str:
    try:
        body = ast.parse(solution).body
    except SyntaxError:  # a magic command, say
        return CODE_STUB
    kept = [new for node in body if (new := _statement(node, answer)) is not None]
    return f"{BEFORE}\n{ast.unparse(ast.fix_missing_locations(ast.Module(kept, [])))}\n"


def _statement(node: ast.stmt, answer: str) -> ast.stmt | None:
    """What stands in the place of one statement of a solution; None for what defines no name."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return node
    if isinstance(node, ast.FunctionDef):
        return _function(node, answer)
    if isinstance(node, ast.ClassDef):
        return _class(node, answer)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names: list[ast.expr] = [
            ast.Name(name.id, ast.Store())
            for target in targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        ]
        return ast.Assign(names, ast.parse(answer, mode="eval").body) if names else None
    return None


def _function(node: ast.FunctionDef, answer: str) -> ast.FunctionDef:
    value = "None" if node.name == "__init__" else answer
    (function,) = ast.parse(f"def {node.name}(*_, **__): return {value}").body
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = [
        each for each in node.decorator_list if isinstance(each, ast.Name) and each.id in KEPT
    ]
    return function


def _class(node: ast.ClassDef, answer: str) -> ast.ClassDef:
    """Without its bases, which may have demands of their own."""
    text = f"""
class {node.name}:
    def __init__(self, *_, **__):
        pass
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return {answer}
"""
    (pretended,) = ast.parse(text).body
    assert isinstance(pretended, ast.ClassDef)
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    pretended.body += [_function(each, answer) for each in methods if each.name != "__init__"]
    return pretended
