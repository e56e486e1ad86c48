"""The global names of a test: the judge's own first, then the student's by proxy.

A student's process never says what a module's name means; modules come from the lab's locked cells
and the test alone."""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib
import linecache
import math
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

import autograder
from autograder import helpers
from autograder.errors import StudentError
from autograder.remote import comment
from autograder.remote.boundary import Boundary
from autograder.remote.inout import inout
from autograder.remote.raised import undefined
from autograder.session import Session

__all__ = ["TrustedNames", "definitions", "readable"]

MODULES: Mapping[str, Any] = {"np": np, "numpy": np, "math": math}
OWN = {"check": autograder.check, "inout": helpers.inout, "rng": helpers.rng,
       "trainable": helpers.trainable}  # fmt: skip


class TrustedNames(dict):
    """The global names of a notebook's tests.

    `check`, `rng`, `inout` and `trainable` are the judge's, whatever a cell imports under these
    names. The locked cells' imports and definitions join when a test asks for a name that is not
    known yet, so labs that use `check` alone never run them.

    Args:
        session: the student's process.
        check: what `check("3.2")` does.
        seed: a number for each name, that nobody can foresee; without it numbers are random as
            Python makes them.
    """

    def __init__(
        self,
        session: Session,
        check: Callable[[str], Any],
        seed: Callable[[str], int] | None = None,
    ):
        self._own = {"check": check, "inout": inout, "trainable": _trainable,
                     "rng": np.random.default_rng()}  # fmt: skip
        super().__init__(MODULES, __builtins__=builtins, __name__="__test__", **self._own)
        self._session, self._seed = session, seed
        self._torch_seed: int | None = None
        self._locked: list[str] = []
        self._learnt: list[str] = []
        self._boundary = Boundary(session)

    def learn(self, source: str) -> None:
        """Note a locked cell: its author is the teacher, so what it imports and defines is trusted."""
        self._locked.append(source)
        self._learnt.append(source)

    @contextmanager
    def cell(
        self, grade_id: str, source: str, session: Session | None = None
    ) -> Iterator[TrustedNames]:
        """The names while one test runs: `exec(code, names)`.

        Random numbers begin at the test's own seed. The student's objects that the test meets, and
        the test's functions that the student's code has been given, mean nothing after it.

        Args:
            grade_id: the cell's name, from which its seeds follow.
            source: its text.
            session: the process to ask, if it is another than that of the whole notebook.
        """
        sources = [*self._learnt, source]
        self._boundary = Boundary(
            session or self._session,
            operators=comment.operators(sources),
            torch=any(map(_speaks_of_torch, sources)),
        )
        if _speaks_of_torch(source):
            with suppress(ImportError):  # of which the test itself will speak
                importlib.import_module("torch")
        self._sow(grade_id)
        try:
            yield self
        finally:
            self._boundary.close()
            self._boundary = Boundary(self._session)

    def _sow(self, grade_id: str) -> None:
        if self._seed is None:
            return
        self._own["rng"] = np.random.default_rng(self._seed(f"{grade_id}/rng"))
        dict.__setitem__(self, "rng", self._own["rng"])
        seed = self._seed(f"{grade_id}/global")
        random.seed(seed)
        np.random.seed(seed % 2**32)
        self._torch_seed = seed % 2**63
        self._sow_torch()

    def _sow_torch(self) -> None:
        """torch is seeded when it is there, or as soon as a locked cell imports it."""
        torch = sys.modules.get("torch")
        if torch is not None and self._torch_seed is not None:
            torch.manual_seed(self._torch_seed)
            self._torch_seed = None

    def __setitem__(self, name: str, value: Any) -> None:
        for own, notebooks in OWN.items():
            if value is notebooks:  # imported from autograder: the judge's stands for it
                value = self._own[own]
        super().__setitem__(name, value)

    def __missing__(self, name: str) -> Any:
        self._run_locked()
        if dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)  # Python looks among its own names next
        try:
            return self._boundary.get(name)
        except StudentError as error:
            if error.kind == "undefined":
                raise undefined(error) from None
            raise

    def _run_locked(self) -> None:
        locked, self._locked = self._locked, []
        for source in locked:
            name = readable(source)
            for node in definitions(source):
                exec(compile(ast.Module([node], []), name, "exec"), self)
                self.update(self._own)  # a notebook's own `check` is the student's view of it
        self._sow_torch()


def _speaks_of_torch(source: str) -> bool:
    return re.search(r"\btorch\b", source) is not None


def _trainable(module: Any) -> Any:
    from autograder.remote.training import trainable  # it needs torch

    return trainable(module)


def readable(source: str) -> str:
    """A file name for a cell's code, by which Python finds its lines: a diagnosis quotes them."""
    name = f"<cell {hashlib.sha256(source.encode(errors='replace')).hexdigest()[:16]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def definitions(source: str) -> list[ast.stmt]:
    """The imports and definitions of a cell; what it computes or shows is the student's process's
    affair."""
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return []
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return [node for node in body if isinstance(node, kinds)]
