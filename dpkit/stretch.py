"""A stretch of a program that is written on tapes of its own.

`dpkit.checkpoint` and `dpkit.fixed_point` run a piece of a program of which the tape around it shall
remember nothing. So the piece gets fresh tapes, which are thrown away:

    stretch = Stretch(outside)
    with stretch:
        y = f(stretch.take(x))

``take`` puts a twin of every number in x on the fresh tapes. (There is one for tensors and one for
scalars; those of the innermost transform that is running, or of numbers made by hand, if none is.)
Within the block, everything of that level is written there. What f draws in from around it, its
closure, becomes an *input* of a fresh tape, as wherever tapes meet. So in the end we know all that
the piece depends on: twins and inputs, together its *sources*.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from dpkit import scalar, tape
from dpkit.box import held
from dpkit.containers import spread
from dpkit.dual import Dual, DualTensor
from dpkit.joint import LEAKED, join, part, running, tape_for
from dpkit.scalar import Scalar
from dpkit.tensor import Tensor

__all__ = [
    "Key", "Place", "Source", "Stretch", "add", "close_with", "mapped", "numbers_on", "place_of",
    "swept",
]  # fmt: skip

Key = bool
"""Which of the tapes: the one that follows whole arrays?"""

Place = tuple[Any, int]
"""Which number: its tape and row; for a leaf, None and its identity."""

Source = dict[Place, Any]
"""Numbers that a stretch depends on."""


class _Leak:
    """The slope and the pullback of a row that was forgotten."""

    def __call__(self, adjoint: Any) -> Any:
        raise RuntimeError(LEAKED)

    __rmul__ = __call__


_LEAK = _Leak()
_FORGOTTEN = (0, _LEAK)
_FORGOTTEN_CELLS = [0.0, "forgotten", 0.0, scalar._WIDTH, _LEAK, 0, 0.0]


class Stretch:
    """One run of a piece of a program on tapes of its own.

    outside: the tape of the reverse transform that ran innermost when the piece was run for the
    first time; None if there was none, and numbers made by hand have to be followed.
    """

    def __init__(self, outside: Any) -> None:
        self.outside = outside
        self.level = 0.0 if outside is None else outside.level
        kinds = (tape.Tape, scalar.Tape) if outside is None else (type(outside),)
        self._kinds = {kind is tape.Tape: kind for kind in kinds}

    def __enter__(self) -> Stretch:
        self._before: dict[Key, Any] = {}
        self._left = nullcontext()
        if False in self._kinds:
            latest = scalar._latest()
            left = [self.outside] if self.outside else [latest] if latest else []
            self._left = _left_alone(left)  # type: ignore[assignment]
        self._left.__enter__()
        self._running = len(running.tapes)
        self.renew()
        return self

    def __exit__(self, *problem: Any) -> None:
        for key in self._kinds:
            _divert(key, self.level, self._before.get(key))
        del running.tapes[self._running :]
        self._left.__exit__(None, None, None)

    def renew(self, recording: bool = True) -> None:
        """Begin again on new tapes.

        recording: whether derivatives will be asked for; otherwise nothing is written down.
        """
        self.tapes: dict[Key, Any] = {key: kind(self.level) for key, kind in self._kinds.items()}
        self.met: dict[Place, Any] = {}  # numbers taken from outside …
        self.twins: dict[Place, Any] = {}  # … and what stands for them here
        for key, mine in self.tapes.items():
            before = _divert(key, self.level, mine)
            self._before.setdefault(key, before)
            if key and not recording:
                mine.rows = _Nowhere(1)
        if self.outside is not None:
            running.tapes[self._running :] = self.tapes.values()

    def take(self, tree: Any) -> Any:
        """The container, with twins of its numbers on the tapes of the stretch."""
        return mapped(tree, self._take)

    def _take(self, x: Any, inside: Any) -> Any:
        mine = self.tapes.get(x.whole)
        if mine is None or x._tape.level != self.level:
            return held(x)
        place = place_of(x)
        if place not in self.met:
            self.met[place] = held(x)
            self.twins[place] = mine.write(inside, None) if x.whole else mine.input(inside)
        return held(self.twins[place])

    def taken(self, key: Key) -> Iterator[tuple[Place, Any]]:
        """The places that numbers of one kind were taken from, in order, and their twins."""
        for place, twin in self.twins.items():
            if twin._tape is self.tapes[key]:
                yield place, twin

    def drawn(self, key: Key) -> Iterator[tuple[int, Any]]:
        """The numbers of one kind that were drawn in from around: rows here, and numbers there."""
        yield from self.tapes[key].inputs.items()

    def forget(self, watched: dict[int, Any]) -> None:
        """Forget what was written; a number that somebody put aside will complain when used.

        watched: receives the arrays that were on the watch and still exist elsewhere.
        """
        for whole, mine in self.tapes.items():
            mine.closed = True
            mine.inputs = {}
            if not whole:
                mine.cells = _FORGOTTEN_CELLS * len(mine.rows)
                continue
            mine.rows = _Nowhere(len(mine.rows))
            for entry in mine.seen.values():
                array = entry[0]  # held by its entry, by this variable, by the call: thrice
                if sys.getrefcount(array) > 3:
                    watched[id(array)] = entry
            mine.seen, mine.drawn = {}, {}


class _Nowhere(list[Any]):
    """Stands for the rows of a tape that were forgotten: it only counts them."""

    def __init__(self, count: int) -> None:
        self.number = count

    def append(self, row: Any) -> None:
        self.number += 1

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, k: Any) -> Any:
        return _FORGOTTEN


class _Elsewhere(list[Any]):
    """Stands for the cells of a tape that is not to be written on: the quick ways of `Scalar` step
    aside, and the slow one looks up where to write."""

    def extend(self, row: Any) -> None:
        raise ValueError("This tape is not to be written on now.")


@contextmanager
def _left_alone(tapes: Sequence[scalar.Tape]) -> Iterator[None]:
    """Within this block, operations between numbers of these tapes go where others are diverted."""
    before = [(each, each.cells, each.closed) for each in tapes]
    for each in tapes:
        each.cells, each.closed = _Elsewhere(), True
    try:
        yield
    finally:
        for each, cells, closed in reversed(before):
            each.cells, each.closed = cells, closed


def _divert(key: Key, level: float, onto: Any) -> Any:
    """Write all operations of this level on this tape from now on, until it is called with None.

    Returns the tape on which they were written before, if they were diverted already.
    """
    if key:
        return tape.divert(level, onto)
    before = scalar.diverted.pop(level, None)
    if onto is not None:
        scalar.diverted[level] = onto
    return before


def place_of(x: Any) -> Place:
    """Which number x is, however many handles there are to it."""
    return (None, id(x)) if x._tape is None else (x._tape, x._index)


def mapped(tree: Any, change: Callable[[Any, Any], Any]) -> Any:
    """The container with each number on a tape replaced by ``change(number, its inside)``, from the
    inside out; duals are opened and closed again."""

    items, rebuild = spread(tree)
    return rebuild([_visit(x, change) for x in items])


def _visit(x: Any, change: Callable[[Any, Any], Any]) -> Any:
    if isinstance(x, DualTensor):
        return DualTensor(x.level, _visit(x.primal, change), _visit(x.tangent, change))
    if isinstance(x, Dual):
        return Dual._at(x.level, _visit(x.primal, change), _visit(x.tangent, change))
    if isinstance(x, (Tensor, Scalar)) and x._tape is not None:
        return change(x, _visit(x._inside, change))
    return held(x)


def numbers_on(tree: Any, which: Any) -> list[int]:
    """The rows on this tape whose numbers occur in the container, in the order of `mapped`."""
    rows: dict[int, None] = {}

    def note(x: Any, _: Any) -> Any:
        if x._tape is which:
            rows[x._index] = None
        return x

    mapped(tree, note)
    return list(rows)


def swept(which: Any, given: dict[int, Any]) -> dict[int, Any]:
    """The adjoints of the inputs of a tape, by row, if those of some results are given (or None)."""
    seeds = {row: adjoint for row, adjoint in given.items() if adjoint is not None}
    if not seeds:
        return {}
    return {row: adjoint for row, adjoint in enumerate(which.sweep(seeds)) if adjoint is not None}


def add(total: dict[Place, Any], place: Place, adjoint: Any) -> None:
    """Add to what was found so far, if there is something to add."""
    if adjoint is not None:
        total[place] = total[place] + adjoint if place in total else adjoint


def close_with(
    stretch: Stretch,
    result: Any,
    sources: dict[Key, Source],
    pull_for: Callable[[Key], Callable[[list[Any]], Sequence[Any]]],
    watched: dict[int, Any],
) -> Any:
    """The result of a stretch, put on the tapes outside by one joint row for each of them.

    sources: what the result depends on. pull_for: the pull of the joint row of one kind, with the
    adjoints of `numbers_on` (result, tape) → shares of the sources. watched: arrays that must not
    change until then.
    """
    moved: dict[Any, tuple[Any, int, dict[int, int]]] = {}
    for key, mine in stretch.tapes.items():
        rows = numbers_on(result, mine)
        if rows and sources[key]:
            origins = list(sources[key].values())
            onto = tape_for(origins)
            parents = [onto.row_of(x) for x in origins]
            joint = join(onto, parents, pull_for(key), len(rows))
            moved[mine] = onto, joint, {row: n for n, row in enumerate(rows)}
            if key:
                onto.seen = watched | onto.seen
    done: dict[Place, Any] = {}

    def settle(x: Any, inside: Any) -> Any:
        if x._tape not in moved:
            return held(x)
        if place_of(x) not in done:
            onto, joint, numbers = moved[x._tape]
            done[place_of(x)] = part(onto, joint, numbers[x._index], inside)
        return held(done[place_of(x)])

    return mapped(result, settle)
