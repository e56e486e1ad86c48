"""What a student's function may not call while it is checked: the ready-made answer.

    student.rebind("softmax", without=["dpkit.softmax", "dpkit.relax", "torch"])

The function looks its global names up in a room in which these things refuse to work. Whatever else
dpkit has goes on as ever, for everybody else too: nothing is changed in dpkit itself.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.errors import StudentError

__all__ = ["Closed"]


class Closed:
    """Things that are out of reach, and the refusals that stand in their places.

    names: dotted names: "dpkit.softmax" is that function, by whatever name it was imported;
    "dpkit.relax", a module, is all that is in it; "engine" may also be the student's own global name
    of something. What nobody has imported cannot be found, but an `import` of a closed module inside
    the function is refused, too.
    """

    def __init__(self, names: Iterable[str]):
        self.modules: set[str] = set()
        self.things: dict[int, str] = {}
        self._kept: list[Any] = []  # so that no other object ever gets the same id
        for name in names:
            found = _find(name)
            if found is None or isinstance(found, types.ModuleType):
                self.modules.add(name)
                for each, value in vars(found).items() if found else ():
                    if callable(value) and not getattr(value, "__module__", None):
                        self._close(f"{name}.{each}", value)  # written in C: knows no module
            else:
                self._close(name, found)

    def _close(self, name: str, value: Any) -> None:
        self.things[id(value)] = name
        self._kept.append(value)

    def room(self, around: Mapping[str, Any]) -> dict[str, Any]:
        """The global names of which something has to be replaced, and what is there instead."""
        changed = {
            name: _Shut(name) if name in self.modules else self.guarded(value)
            for name, value in around.items()
        }
        changed = {name: value for name, value in changed.items() if value is not around[name]}
        changed["__builtins__"] = {**vars(builtins), "__import__": self._import}
        return changed

    def guarded(self, value: Any) -> Any:
        """The value, or what stands in its place."""
        if id(value) in self.things:
            return _Refusal(self.things[id(value)])
        if isinstance(value, _Guarded):
            return value
        if isinstance(value, types.ModuleType):
            if _inside(value.__name__, self.modules):
                return _Shut(value.__name__)
            tops = {name.split(".")[0] for name in (*self.modules, *self.things.values())}
            if tops:
                tops |= {"builtins", "importlib", "sys"}  # which lead to all others
            return _Guarded(value, self) if value.__name__.split(".")[0] in tops else value
        if self.modules or self.things:
            if value is sys.modules:
                return {name: self.guarded(module) for name, module in sys.modules.items()}
            if value is importlib.import_module:
                return self._import_module
            if value is builtins.__import__:
                return self._import
        if callable(value) and _inside(getattr(value, "__module__", None) or "", self.modules):
            return _Refusal(f"{value.__module__}.{getattr(value, '__name__', '…')}")
        return value

    def _import(self, name: str, *rest: Any, **more: Any) -> Any:
        return self.guarded(builtins.__import__(name, *rest, **more))

    def _import_module(self, *name: Any) -> Any:
        return self.guarded(importlib.import_module(*name))


class _Guarded(types.ModuleType):
    """A module in which some things refuse."""

    def __init__(self, module: types.ModuleType, closed: Closed):
        super().__init__(module.__name__)
        self.__dict__["_guard"] = (module, closed)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "__class__", "_guard"):
            return super().__getattribute__(name)
        module, closed = super().__getattribute__("__dict__")["_guard"]
        return closed.guarded(getattr(module, name))


class _Shut(types.ModuleType):
    """A module in which everything refuses."""

    def __getattribute__(self, name: str) -> Any:
        whole = super().__getattribute__("__name__")
        return whole if name == "__name__" else _Refusal(f"{whole}.{name}")


class _Refusal:
    """What stands in the place of something: it refuses to be called, to be derived from, and to be
    looked into, since in a closed package it may stand for a module."""

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __call__(self, *_: Any, **__: Any) -> Any:
        said = self.__dict__["_name"].replace("dpkit.", "dp.", 1)
        raise StudentError(
            "borrowed", f"`{said}` is ready-made. Write your own here, and compare later."
        )

    __mro_entries__ = __call__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python itself asks for these, and takes a no
            raise AttributeError(name)
        return _Refusal(f"{self.__dict__['_name']}.{name}")()


def _find(name: str) -> Any:
    """The module or object of this dotted name, if its module has been imported."""
    if name in sys.modules:
        return sys.modules[name]
    whole, _, last = name.rpartition(".")
    return getattr(_find(whole), last, None) if whole else None


def _inside(module: str, of: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in of)
