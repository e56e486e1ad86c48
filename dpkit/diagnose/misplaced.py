"""The pullback is right as a function, but some other value was put into it.

The derivative of tanh was taken at the output, the adjoint of a weight was computed with the layer
before or after its own, or with the state of the next step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dpkit.array_rules._row import turned
from dpkit.backends import backend_of, shape_of
from dpkit.box import words as xp
from dpkit.diagnose.program import Program, Pull, Row, nothing
from dpkit.diagnose.sites import Changes, Mistake, Site, an, computed, noun, typical, with_slope
from dpkit.rules import RULES
from dpkit.table import pullback

__all__ = ["wrong_points"]


def wrong_points(program: Program, site: Site, row: Row, n: int) -> Iterator[Mistake]:
    """Mistakes at operand n of the rows of a site, of which `row` is a typical one.

    Of an operation with one operand, that operand is taken for something else; of a product, the
    other factor, which is all that its pullback looks at.
    """
    if site.operation in {"add", "sub", "neg"}:
        return
    if site.operation in {"mul", "matmul", "einsum"}:
        for m in range(len(row.args)):
            if m != n:
                yield from _wrong_factors(program, site, row, n, m)
        return
    sentence = (
        f"the local derivative of {an(site.operation)} was evaluated at the wrong point: the chain "
        "rule wants it at the number that went into the operation, {other}"
    )
    yield site.mistake("wrong_point", sentence.format(other="not at the one that came out"), 3.0,
                       _moved(site, n, n, lambda run, row: row.value))  # fmt: skip
    earlier = sentence.format(other="not at an earlier one")
    for which, parent in enumerate(program.rows[row.parents[n]].parents):
        if parent:
            yield site.mistake("wrong_point", earlier, 3.1,
                               _moved(site, n, n, partial(_before, n, which)))  # fmt: skip
    for place, rows in _places(program, site):
        for step in _STEPS if len(rows) > 1 else (_here,):
            chosen = partial(_elsewhere, site, place, step)
            other = f"and yours is what {_called(place)} would give"
            yield site.mistake("wrong_point", sentence.format(other=other), 3.7,
                               _moved(site, n, n, chosen, as_value=True))  # fmt: skip


def _wrong_factors(program: Program, site: Site, row: Row, n: int, m: int) -> Iterator[Mistake]:
    """The adjoint of a factor n contains the other factor, m; something else was put there."""
    other = f"the adjoint of {an(site.operation)} contains the other factor"

    def ones(run: Program, row: Row) -> Any:
        return backend_of(row.args[m]).ones_like(row.args[m])

    def flipped(run: Program, row: Row) -> Any:
        value = row.args[m]
        return xp.flip(value, axis=-1) if shape_of(value) else None

    yield site.mistake("wrong_point", f"{other}; yours contains the product itself", 3.3,
                       _moved(site, n, m, lambda run, row: row.value))  # fmt: skip
    for own in (_operand, _operand_turned) if site.operation != "mul" else (_operand,):
        sentence = f"{other}; yours contains the factor itself"
        yield site.mistake("swapped", sentence, 3.2, _moved(site, n, m, partial(own, n)))
        if n == 0 and m == 1 and all(row.parents) and site.operation != "mul":
            both = {0: _seeing(1, partial(own, 0)), 1: _seeing(0, partial(own, 1))}
            yield site.mistake("swapped", f"{sentence}, for both", 3.1,
                               partial(site.replaced, wrong=both))  # fmt: skip
    if site.operation != "mul":  # of a product of numbers, that is a slope of 1
        yield site.mistake("missing_factor", f"{other}, and in yours it is missing", 2.5,
                           _moved(site, n, m, ones))  # fmt: skip
    yield site.mistake("swapped", f"{other}; in yours it lies the wrong way round", 3.6,
                       _moved(site, n, m, flipped))  # fmt: skip
    before = program.rows[row.parents[m]]
    yield from _slopes_for_factors(site, n, m, before)
    for which in range(len(before.args)):
        if before.name in ("mul", "div"):
            sentence = (
                f"{other}; of this other factor, itself a {noun(before.name)}, a part is missing"
            )
            kind = "missing_factor"
        else:
            sentence = f"{other}, but not the value from which that was computed"
            kind = "wrong_point"
        yield site.mistake(kind, sentence, 3.4, _moved(site, n, m, partial(_before, m, which)))
    later = f"{other}, but not what was computed from it afterwards"
    yield site.mistake("wrong_point", later, 3.5, _moved(site, n, m, partial(_after, m)))
    if len(site.rows_of(program)) > 1 and not site.remote:
        for step, whose in ((_around, "the turn before"), (_later, "the turn after"),
                            (_first, "the first turn")):  # fmt: skip
            chosen = partial(_elsewhere, site, (site.operation, site.place, m), step)
            yield site.mistake("wrong_point", f"{other}; yours contains the one of {whose}", 3.65,
                               _moved(site, n, m, chosen))  # fmt: skip
    if row.parents[0] == row.parents[1] and n == 0:
        yield from _both_factors(program, site)
    known = program.ancestors[row.parents[m]]
    for place, rows in _places(program, site):
        stranger = place[0] == "input" and not known >> rows[0] & 1
        kind = "wrong_argument" if stranger else "wrong_point"
        for step in _STEPS if len(rows) > 1 else (_here,):
            if step is _here and any(k in rows for k in row.parents):
                continue  # the other factor, and the factor itself
            chosen = partial(_elsewhere, site, place, step)
            known_as = "swapped" if step is _mirrored else kind
            order = ", of the turns in the opposite order," if step is _mirrored else ""
            yield site.mistake(known_as, f"{other}; yours has {_called(place)}{order} in its place", 3.7,
                               _moved(site, n, m, chosen))  # fmt: skip


def _both_factors(program: Program, site: Site) -> Iterator[Mistake]:
    """A value times itself; something else stands in its place, as in 2 * u for 2 * v."""
    for place, rows in _places(program, site):
        if any(k in rows for k in program.rows[typical(program, site)].parents):
            continue
        chosen = partial(_elsewhere, site, place, _here)
        sentence = (
            f"a value is multiplied by itself here; yours contains {_called(place)} in its place"
        )
        both = {0: _seeing(1, chosen), 1: _seeing(0, chosen)}
        yield site.mistake("wrong_point", sentence, 3.6, partial(site.replaced, wrong=both))


def _slopes_for_factors(site: Site, n: int, m: int, before: Row) -> Iterator[Mistake]:
    """The other factor, m, is a function of something; its derivative stands in its place."""
    rule = RULES.get(before.name)
    if site.operation != "mul" or rule is None or len(before.args) != 1:
        return

    def slope(run: Program, row: Row) -> Any:
        parent = run.rows[row.parents[m]]
        if parent.name != rule.name:
            return None
        return computed(rule.partials[0], parent.value, *parent.args) + 0.0 * row.args[m]

    sentence = (
        "in the derivative of a product, the factor that stands still keeps its value; yours contains "
        "its derivative"
    )
    kind = "missing_factor" if before.name == "neg" else "wrong_rule"
    if kind == "missing_factor":
        sentence = "of the other factor only the minus sign is there"
    yield site.mistake(kind, sentence, 3.3, _moved(site, n, m, slope))


# Values from elsewhere ----------------------------------------------------------------------------

Source = tuple[Any, ...]
"""Where a value comes from: ("input", which), an operation and its place, or these and an operand."""


def _places(program: Program, site: Site) -> Iterator[tuple[Source, list[int]]]:
    """Where the values at a site might come from, and the rows there."""
    if site.remote:
        return
    places = {(program.rows[k].name, program.rows[k].place): None for k in program.needed}
    if len(places) > _TOO_MANY:
        return  # then too many values look like each other
    for place in places:
        if place[0] == "input":
            for bit, k in enumerate(program.inputs):
                yield ("input", bit), [k]
            continue
        rows = program.at[place]
        yield place, rows
        for n in range(len(program.rows[rows[0]].args)):
            # What is a constant in the first turn of a loop and computed later on, is a state.
            if len({bool(program.rows[k].parents[n]) for k in rows}) > 1:
                yield (*place, n), rows


_TOO_MANY = 25


def _here(turn: int, turns: int) -> int:
    return turn


def _earlier(turn: int, turns: int) -> int:
    return turn - 1


def _later(turn: int, turns: int) -> int:
    return turn + 1


def _mirrored(turn: int, turns: int) -> int:
    return turns - 1 - turn


def _first(turn: int, turns: int) -> int:
    return 0


def _last(turn: int, turns: int) -> int:
    return turns - 1


def _around(turn: int, turns: int) -> int:
    return (turn - 1) % turns  # as -1 is the last index


_STEPS = (_here, _earlier, _later, _mirrored, _first, _last)


def _called(place: tuple[Any, ...]) -> str:
    if place[0] == "input":
        return f"argument number {place[1] + 1}"
    return f"the value of {place[1]}" if place[1] else f"the value of {place[0]}"


def _elsewhere(
    site: Site, source: Source, step: Callable[[int, int], int], run: Program, row: Row
) -> Any:
    """The value at another place of the program, in the corresponding turn of a loop."""
    if source[0] == "input":
        return run.rows[run.inputs[source[1]]].value
    here, there = site.rows_of(run), run.at.get(source[:2], [])
    turn = next((k for k, each in enumerate(here) if run.rows[each] is row), 0)
    turn = step(turn, len(there)) if len(there) > 1 else 0
    if not 0 <= turn < len(there):
        return None
    found = run.rows[there[turn]]
    return found.value if len(source) == 2 else found.args[source[2]]


def _operand(n: int, run: Program, row: Row) -> Any:
    return row.args[n]


def _operand_turned(n: int, run: Program, row: Row) -> Any:
    return turned(row.args[n]) if len(shape_of(row.args[n])) > 1 else None


def _before(m: int, which: int, run: Program, row: Row) -> Any:
    """The value from which operand m was computed."""
    parent = run.rows[row.parents[m]]
    return parent.args[which] if which < len(parent.args) else None


def _after(m: int, run: Program, row: Row) -> Any:
    """What was computed from operand m alone, such as the activation."""
    for k in run.needed:
        other = run.rows[k]
        if other.parents == (row.parents[m],) and other.name in RULES:
            return other.value
    return None


def _moved(
    site: Site, n: int, m: int, step: Callable[[Program, Row], Any], as_value: bool = False
) -> Changes:
    """Towards operand n, the pullback that sees another value in the place of operand m."""
    return partial(site.replaced, wrong={n: _seeing(m, step, as_value)})


def _seeing(
    m: int, step: Callable[[Program, Row], Any], as_value: bool = False
) -> Callable[[Program, int, int], Pull]:
    """The pullback that sees another value in the place of operand m.

    as_value: and also in the place of the result, in which many slopes are written.
    """

    def make(run: Program, k: int, n: int) -> Pull:
        row = run.rows[k]
        value = step(run, row) if row.parents[n] else None
        if value is None or shape_of(value) != shape_of(row.args[m]) or value is row.args[m]:
            return run.pull(k, n)
        args = list(row.args)
        args[m] = value
        if row.name in RULES:
            rule = RULES[row.name]
            z = value if as_value else computed(rule.value, *args)
            return with_slope(lambda *_: computed(rule.partials[n], z, *args), run, k, n)
        stage = pullback(backend_of(*args), row.name, n)
        return nothing if stage is None else stage(row.value, *args, **row.params)

    return make
