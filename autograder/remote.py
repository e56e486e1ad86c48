"""A graded cell's view of the student's names, for ordinary tests as nbgrader users write them.

    assert np.isclose(area(2.0), 4 * np.pi)

runs here, in trusted code: `np` and `assert` are the judge's own, `area` is a proxy. Calling it
runs the student's function in the student's process; plain data crosses by value, so nothing done
to an argument there is seen here. What comes back and is not plain data stays there, and a proxy
stands for it.

A proxy can be called, and asked for its attributes. It cannot be compared, added, tested for truth
or iterated: each of these would hand an expected value to the student's code, or take its word for
the verdict. A student's process never says what a module's name means; modules come from the lab's
locked cells alone.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import linecache
import math
import types
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from autograder.errors import StudentError
from autograder.session import Session
from autograder.wire import Ref

__all__ = ["Remote", "TrustedNames", "readable"]

MODULES: Mapping[str, Any] = {"np": np, "numpy": np, "math": math}


class TrustedNames(dict):
    """The global names of a graded cell: the judge's own first, then the student's by proxy.

    `check` is the judge's. The locked cells' imports and definitions join when a cell asks for a
    name that is not known yet, so labs that use `check` alone never run them.
    """

    def __init__(self, session: Session, check: Callable[[str], Any]):
        super().__init__(MODULES, __builtins__=builtins, __name__="__test__", check=check)
        self._session = session
        self._locked: list[str] = []

    def learn(self, source: str) -> None:
        """Note a locked cell: its author is the teacher, so what it imports and defines is trusted."""
        self._locked.append(source)

    def __missing__(self, name: str) -> Any:
        self._run_locked()
        if dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)  # Python looks among its own names next
        try:
            value = self._session.get(name)
        except StudentError as error:
            if error.kind == "undefined":
                raise NameError(error.message, name=name) from None
            raise
        return _here(value, self._session, name)

    def _run_locked(self) -> None:
        locked, self._locked = self._locked, []
        for source in locked:
            name = readable(source)
            for node in _definitions(source):
                keep = self["check"]
                exec(compile(ast.Module([node], []), name, "exec"), self)
                self["check"] = keep  # the notebook's own `check` is the student's view of it


def readable(source: str) -> str:
    """A file name for a cell's code, by which Python finds its lines: a diagnosis quotes them."""
    name = f"<cell {hashlib.sha256(source.encode(errors='replace')).hexdigest()[:16]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def _definitions(source: str) -> list[ast.stmt]:
    """The imports and definitions of a cell; what it computes or shows is the student's process's
    affair."""
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return []
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return [node for node in body if isinstance(node, kinds)]


def _here(value: Any, session: Session, name: str) -> Any:
    """What the session gave, for use in a test: references become proxies, inside containers too."""
    if isinstance(value, Ref):
        return Remote(session, value, name)
    if isinstance(value, (list, tuple)):
        return type(value)(_here(item, session, name) for item in value)
    if isinstance(value, dict):
        named = {key: f"{name[:200]}[{key[:60]!r}]" for key in value}
        return {key: _here(item, session, named[key]) for key, item in value.items()}
    return value


def _there(value: Any) -> Any:
    """An argument for the session: proxies become references again."""
    if isinstance(value, Remote):
        return object.__getattribute__(value, "_ref")
    if type(value) in (list, tuple):
        return type(value)(_there(item) for item in value)
    if type(value) is dict:
        return {key: _there(item) for key, item in value.items()}
    return value


def _reject(deed: str) -> Callable[..., NoReturn]:
    def method(self: Remote, *_: object) -> NoReturn:
        raise TypeError(
            f"{self!r} is an object of the student's own class: a test cannot {deed} it without asking the "
            "student's code. Compare numbers, strings, lists or arrays that it holds."
        )

    return method


class Remote:
    """Stands for an object in the student's process."""

    __slots__ = ("_name", "_ref", "_session")
    __array_ufunc__ = None  # numpy may not do arithmetic with it either
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, session: Session, ref: Ref, name: str):
        self._session, self._ref, self._name = session, ref, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there. Plain functions among the arguments can be called back, and run here."""
        session, name = self._session, self._name
        passed = [_callable_here(_there(arg), session, name) for arg in args]
        named = {key: _callable_here(_there(arg), session, name) for key, arg in kwargs.items()}
        return _here(session.call(self._ref, passed, named), session, f"{name}(…)")

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        value = self._session.attribute(self._ref, attribute)
        return _here(value, self._session, f"{self._name}.{attribute}")

    def __repr__(self) -> str:
        return f"<{self._name}, {self._ref.type_name}>"

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _reject("compare")
    __bool__ = _reject("take the truth of")
    __contains__ = _reject("search")
    __iter__ = __len__ = _reject("go through")
    __float__ = __int__ = __index__ = __complex__ = _reject("make a number of")
    __array__ = _reject("make an array of")


def _callable_here(value: Any, session: Session, name: str) -> Any:
    """A function of the test's own, ready to be called from there: what it is given may be a
    reference."""
    if type(value) is not types.FunctionType:
        return value

    def called_back(*args: Any, **kwargs: Any) -> Any:
        given = [_here(arg, session, f"an argument of {name}") for arg in args]
        named = {key: _here(arg, session, key) for key, arg in kwargs.items()}
        return _there(value(*given, **named))

    called_back.__name__ = value.__name__
    return called_back
