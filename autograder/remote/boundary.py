"""Values and calls to the student's process and back, for the time of one test."""

from __future__ import annotations

import time
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from autograder.across import dpkit_calls, foreign, torch_calls
from autograder.across.library import name_of
from autograder.clock import by_the_wall
from autograder.errors import StudentError
from autograder.remote.callbacks import Functions, written_in_a_test
from autograder.remote.inout import InOut
from autograder.remote.proxy import Remote, handle_of
from autograder.remote.raised import as_raised
from autograder.session import Session
from autograder.wire import Ref

__all__ = ["Boundary"]

MAX_ITEMS = 100_000
LOOK_SECONDS = 0.5
FORGET_TOGETHER = 64
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray)


class Boundary:
    """The judge's side of one test.

    Args:
        session: the student's process.
        operators: names of the student's whose results may be used in arithmetic.
        torch: whether the test speaks of torch; otherwise a tensor of the student's arrives as an
            array.
    """

    def __init__(
        self, session: Session, *, operators: frozenset[str] = frozenset(), torch: bool = False
    ):
        self.session, self.operators, self.torch = session, operators, torch
        self.functions = Functions(self)
        self._open = True
        self._known: dict[str, Any] = {}
        self._items_left = MAX_ITEMS
        self._clock = _Clock()
        self._held: Counter[int] = Counter()
        self._dropped: list[int] = []
        session.foreign = foreign.put_together if torch else foreign.as_arrays

    def close(self) -> None:
        """The test is over."""
        self._open = False
        self.functions.close()
        self._known.clear()
        self.session.forget_callbacks()

    def must_be_open(self) -> None:
        if not self._open:
            raise RuntimeError(
                "the test that this belongs to is over; each test begins afresh, so make what it "
                "needs within it"
            )

    # Asking

    def get(self, name: str) -> Any:
        """What the student's `name` stands for. A function or a class is asked for once: nobody
        expects it to be another in the course of a test."""
        if name in self._known:
            return self._known[name]
        with self._asking():
            value = self.session.get(name)
        found = self.here(value, name, makes=name in self.operators)
        if type(value) is Ref and value.type_name in ("function", "type"):
            self._known[name] = found
        return found

    def attribute(self, target: Remote, name: str) -> Any:
        handle = handle_of(target)
        with self._asking():
            value = self.session.attribute(handle.ref, name)
        # A method of something that may be computed with gives such things, as `x.exp()` does.
        return self.here(value, f"{handle.name}.{name}", makes=handle.operand)

    def call(self, target: Remote, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call the student's function; functions of the test's among the arguments run here."""
        handle = handle_of(target)
        if any(type(arg) is InOut for arg in (*args, *kwargs.values())):
            value = self._call_in_place(handle.ref, args, kwargs, handle.name)
        else:
            value = self.differentiable(handle.ref, args, kwargs, handle.name)
        return self.here(value, f"{handle.name}(…)", operand=handle.makes)

    def deed(self, deed: str, *args: Any, name: str = "a test") -> Any:
        """Ask for one of `across.deeds`; the answer as it came, with references in it."""
        return self._call(Ref(0, deed, "deed"), args, {}, name, doing=f"the use of {name}")

    def differentiable(
        self, target: Ref, args: Sequence[Any], kwargs: dict[str, Any], name: str
    ) -> Any:
        """Call `target` so that torch and dpkit can differentiate through the call."""
        if torch_calls.is_tracked((args, kwargs)):
            return torch_calls.call(partial(self._linearised, target, name), args, kwargs)
        if dpkit_calls.is_tracked((args, kwargs)):
            return dpkit_calls.call(partial(self._valued, target, name), args, kwargs, name=name)
        return self._call(target, args, kwargs, name)

    def _call(
        self,
        target: Ref,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        name: str,
        *,
        doing: str = "",
    ) -> Any:
        passed = [self.there(arg, name) for arg in args]
        named = {key: self.there(arg, name) for key, arg in kwargs.items()}
        with self._asking():
            return self.session.call(target, passed, named, doing=doing)

    def _linearised(
        self, target: Ref, name: str, order: int, args: list, kwargs: dict
    ) -> tuple[Any, Callable[[list], Any] | None]:
        given = [target, order, args, kwargs]
        answer = self._call(Ref(0, "linearise", "deed"), given, {}, name)
        if type(answer) is tuple and len(answer) == 2:
            value, pull = answer
            if pull is None or type(pull) is Ref:
                return value, None if pull is None else _Pull(self, pull, name)
        raise StudentError("process", "The student's process gave no proper answer.")

    def _valued(self, target: Ref, name: str, order: int, args: list, kwargs: dict) -> Any:
        if order == 0:
            return self.here(self._call(target, args, kwargs, name), f"{name}(…)")
        return self._call(Ref(0, "value_at", "deed"), [target, order, args, kwargs], {}, name)

    def _call_in_place(
        self, target: Ref, args: Sequence[Any], kwargs: dict[str, Any], name: str
    ) -> Any:
        """As `call`, and give each `InOut` among the arguments what became of it."""
        places: list[Any] = [place for place, arg in enumerate(args) if type(arg) is InOut]
        places += [key for key, arg in kwargs.items() if type(arg) is InOut]
        holders = [kwargs[place] if type(place) is str else args[place] for place in places]
        if torch_calls.is_tracked([holder.value for holder in holders]):
            raise TypeError("a tensor that requires a gradient cannot be changed in place")
        answer = self.deed("call_in_place", target, list(args), kwargs, places, name=name)
        if type(answer) is not list or len(answer) != 2 or type(answer[1]) is not list:
            raise StudentError("process", "The student's process gave no proper answer.")
        value, changed = answer
        for holder, now in zip(holders, changed, strict=True):
            holder.take(now)
        return value

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self.must_be_open()
        self._clock.check(self.session)
        if len(self._dropped) >= FORGET_TOGETHER:
            dropped, self._dropped = self._dropped, []
            self.session.forget([each for each in dropped if each not in self._held])
        self._clock.start()
        try:
            yield
        except StudentError as error:
            expected = as_raised(error)
            if expected is error:
                raise
            raise expected from None
        finally:
            self._clock.stop()

    def one_more_item(self) -> None:
        """A test that goes through an endless generator must come to an end."""
        self._items_left -= 1
        if self._items_left < 0:
            raise StudentError("too_large", f"It gave more than {MAX_ITEMS} items, one by one.")

    # Values

    def here(self, value: Any, name: str, *, operand: bool = False, makes: bool = False) -> Any:
        """What the session gave, for use in a test: references become proxies, in containers
        too."""
        kind = type(value)
        if kind is Ref:
            return Remote(self, value, name[:300], operand=operand, makes=makes)
        if kind is list or kind is tuple:
            return kind([self.here(item, name, operand=operand) for item in value])
        if kind is dict:
            named = {key: f"{name[:200]}[{key[:60]!r}]" for key in value}
            return {
                key: self.here(item, named[key], operand=operand) for key, item in value.items()
            }
        return value

    def there(self, value: Any, name: str = "the student's code") -> Any:
        """An argument for the session: proxies become references again, the test's functions ready
        to be called."""
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is list or kind is tuple:
            return kind([self.there(item, name) for item in value])
        if kind is dict:
            return {key: self.there(item, name) for key, item in value.items()}
        if kind is Remote:
            handle = handle_of(value)
            if handle.boundary is not self:
                handle.boundary.must_be_open()
            return handle.ref
        if kind is InOut:
            return self.there(value.value, name)
        if (reference := getattr(kind, "__far__", None)) is not None:
            return reference(value)
        if written_in_a_test(value):
            return self.functions.ready(value, name)
        if (library := name_of(value)) is not None:
            return Ref(0, library, "library")
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type, partial)):
            raise TypeError(
                f"{value!r:.100} cannot be given to {name}: the student's code may call functions that "
                "the test defines, so write it as a lambda of the test."
            )
        return value

    # What the student's process must remember

    def hold(self, ref: Ref) -> None:
        self._held[ref.id] += 1

    def release(self, ref: Ref) -> None:
        """Nothing here stands for this object any more."""
        self._held[ref.id] -= 1
        if not self._held[ref.id]:
            del self._held[ref.id]
            self._dropped.append(ref.id)


class _Clock:
    """The time that one test's questions take together: a thousand short answers may be a long one.

    Processor time decides, and a wall clock catches what sleeps, as for a single question."""

    def __init__(self) -> None:
        self._depth, self._since, self._wall = 0, 0.0, 0.0
        self._checked, self._before = 0.0, 0.0

    def start(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._since = time.monotonic()

    def stop(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._wall += time.monotonic() - self._since

    def check(self, session: Session) -> None:
        """Raises `StudentError` when the time is over. Looking costs time: not more than each
        second of it."""
        if self._wall < self._checked + LOOK_SECONDS:
            return
        limits, used = session.limits, session.cpu_seconds()
        if not self._checked:
            self._before = used - self._wall
        self._checked = self._wall
        allowed = limits.cpu_seconds_per_cell
        if used - self._before > allowed:
            took = f"more than {allowed:g} s of processor time."
        elif self._wall > (wall := limits.wall_seconds(allowed)):
            took = by_the_wall(wall)
        else:
            return
        raise StudentError("timeout", f"All that this test asked took, together, {took}")


class _Pull:
    """The way back through one call; with it the student's process forgets the graph."""

    def __init__(self, boundary: Boundary, ref: Ref, name: str):
        self.boundary, self.ref, self.name = boundary, ref, name
        boundary.hold(ref)

    def __call__(self, adjoints: list) -> Any:
        return self.boundary._call(self.ref, [adjoints], {}, self.name)

    def __del__(self) -> None:
        self.boundary.release(self.ref)
