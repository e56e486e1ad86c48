"""The test's own functions, as the student's process may call them: `slope(lambda x: x**3, 2.0)`.

Such a function runs here, and only its results cross, so that the test's source stays secret. Only
functions that the test or a locked cell wrote are registered; a library's function would bring the
library with it, and crosses by name.

What the other side asks for is its own word: how to call, the order of a derivative, the
arguments. Each is checked, and a wrong one costs that call."""

from __future__ import annotations

import types
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograder.across import dpkit_calls, torch_calls
from autograder.across.containers import items

if TYPE_CHECKING:
    from autograder.remote.boundary import Boundary

__all__ = ["Functions", "written_in_a_test"]

MAX_ORDER = 4
GRAPHS_KEPT = 1000
GRAPH_BYTES_KEPT = 64 * 2**20  # of the arguments


def written_in_a_test(function: Any) -> bool:
    """Whether this is a function that a test, a locked cell, or a function called there defined; a
    method of a class defined there is one too."""
    if type(function) is types.MethodType:
        function = function.__func__
    if type(function) is not types.FunctionType:
        return False
    code = function.__code__
    return code.co_filename.startswith("<cell ") or "<locals>" in code.co_qualname


class Functions:
    """The functions that one test has given to the student's code."""

    def __init__(self, boundary: Boundary):
        self._boundary = boundary
        self._ready: dict[int, tuple[Callable, Callable]] = {}
        self._graphs: OrderedDict[int, tuple[Callable, int]] = OrderedDict()
        self._bytes = 0

    def ready(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """`function` in the form in which it can be called from there: see `across.callbacks`."""
        known = self._ready.get(id(function))
        if known is None:
            known = self._ready[id(function)] = function, self._answering(function, name)
        return known[1]

    def _answering(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        boundary, said = self._boundary, f"an argument of {name}"

        def inner(*args: Any, **kwargs: Any) -> Any:
            given = boundary.here([list(args), kwargs], said, operand=True)
            return boundary.there(function(*given[0], **given[1]))

        def answer(how: Any, order: Any, args: Any, kwargs: Any) -> Any:
            boundary.must_be_open()
            if (
                type(order) is not int
                or not 0 <= order <= MAX_ORDER
                or type(args) is not list
                or type(kwargs) is not dict
            ):
                raise ValueError("a test's function was called in a way that makes no sense")
            if how == "plain":
                return inner(*args, **kwargs)
            if how == "dpkit":
                return dpkit_calls.value_at(inner, order, args, kwargs)
            if how == "torch" and boundary.torch:
                value, pull = torch_calls.linearise(inner, order, args, kwargs)
                return value, None if pull is None else self._keep(pull, args)
            raise ValueError("this test computes without torch, so torch cannot differentiate it")

        answer.__name__ = getattr(function, "__name__", "function")[:80]
        answer.crosses_as = "function"  # type: ignore[attr-defined]
        return answer

    def _keep(self, pull: Callable[[list], list], args: list) -> Callable[[list], list]:
        """A way back to the graph of this call, while there is room for it."""
        number = next(iter(reversed(self._graphs)), 0) + 1
        size = sum(getattr(item, "nbytes", 0) for item in items(args))
        self._graphs[number], self._bytes = (pull, size), self._bytes + size
        while len(self._graphs) > GRAPHS_KEPT or (
            self._bytes > GRAPH_BYTES_KEPT and len(self._graphs) > 1
        ):
            self._bytes -= self._graphs.popitem(last=False)[1][1]

        def pull_again(adjoints: list) -> list:
            if number not in self._graphs:
                raise RuntimeError("that call of the test's function is too long ago")
            return self._graphs[number][0](adjoints)

        return pull_again

    def close(self) -> None:
        self._ready.clear()
        self._graphs.clear()
