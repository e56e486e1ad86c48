"""What could have gone wrong: every single mistake one can make on the tape of a program.

A *hypothesis* is one mistake with its consequence: the gradient that somebody who made it would
have computed. There are three families.

* **A slope is wrong.** One local derivative is replaced: lost, turned round, doubled, taken at the
  wrong point, or misread in one of the ways listed in `dpkit.rules`. It may concern one place in
  the source (a slip in a derivation) or every use of an operation (a faulty rule in an engine).
* **The sweep is wrong.** All slopes are right, but they are put together wrongly: a second
  contribution overwrites the first, or a value passes its adjoint on before it is complete.
* **The calculus is wrong.** The derivative of a product is taken to be the product of the
  derivatives.

`consequences` computes the wrong gradients of hundreds of hypotheses in a single sweep: the adjoint
of a row is a vector with one entry for each hypothesis.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dpkit.rules import RULES, Rule
from dpkit.scalar import Row
from dpkit.tracing import Place, Trace

__all__ = ["Hypothesis", "consequences", "hypotheses"]

Edge = tuple[int, int]  # row, and which of its parents
Wrong = Callable[[Trace, int], float]  # trace, row -> what was taken for the local derivative


@dataclass(frozen=True)
class Hypothesis:
    """One mistake.

    kind: identifier in `dpkit.catalogue.CATALOGUE`. sentence: what to tell the person.
    where: the place in the source that it concerns, and the operation; empty if it concerns all.
    rank: among mistakes that explain the same numbers, the lowest is told first.
    slopes: for the first family: row and argument -> the wrong slope, in any trace of the program.
    sweep: for the other two: trace -> the wrong gradient.
    """

    kind: str
    sentence: str
    rank: float
    where: str = ""
    operation: str = ""
    line: int | None = None
    slopes: Callable[[Trace], dict[Edge, float]] | None = field(default=None, repr=False)
    whole: bool = False  # the wrong slope also loses what came from above
    sweep: Callable[[Trace], list[float]] | None = field(default=None, repr=False)


def consequences(trace: Trace, mistakes: Sequence[Hypothesis]) -> np.ndarray:
    """The gradients that these mistakes lead to.

    Returns an array of shape (number of inputs, number of mistakes); NaN where a mistake has no
    consequence that could be computed.
    """
    width = len(mistakes)
    replaced: dict[Edge, list[tuple[int, float]]] = defaultdict(list)
    separate: dict[int, list[float]] = {}
    cut = np.zeros(width, dtype=bool)
    for h, mistake in enumerate(mistakes):
        if mistake.slopes is not None:
            for edge, slope in mistake.slopes(trace).items():
                replaced[edge].append((h, slope))
            cut[h] = mistake.whole
        elif mistake.sweep is not None:
            separate[h] = mistake.sweep(trace)
    adjoints: dict[int, np.ndarray] = {trace.output: np.ones(width)}
    gradients = np.zeros((len(trace.inputs), width))
    row_of_input = {row: k for k, row in enumerate(trace.inputs)}
    with np.errstate(all="ignore"):
        for k in range(trace.output, 0, -1):
            adjoint = adjoints.pop(k, None)
            if adjoint is None:
                continue
            if k in row_of_input:
                gradients[row_of_input[k]] = adjoint
                continue
            _, _, i, di, j, dj = trace.rows[k]
            for argument, (parent, slope) in enumerate(((i, di), (j, dj))):
                if not parent:
                    continue
                share = adjoint * slope
                for h, wrong in replaced.get((k, argument), ()):
                    share[h] = wrong if cut[h] else adjoint[h] * wrong
                known = adjoints.get(parent)
                adjoints[parent] = share if known is None else known + share
        for h, gradient in separate.items():
            gradients[:, h] = gradient
    return gradients


def hypotheses(trace: Trace) -> list[Hypothesis]:
    """Every mistake worth considering for the program that left this trace."""
    return [*_wrong_sweeps(trace), *_wrong_calculus(trace), *_wrong_slopes(trace)]


# First family: one slope is wrong ----------------------------------------------------------------


@dataclass(frozen=True)
class _Site:
    """The rows that one slip would concern."""

    operation: str
    place: Place | None
    pick: Callable[[Trace], list[int]]
    remote: float  # how far-fetched it is that just these rows are concerned

    def where(self) -> str:
        return f"every {_noun(self.operation)}" if self.place is None else str(self.place)


def _sites(trace: Trace) -> Iterator[_Site]:
    """Places in the source, operations wherever they occur, and single turns of a loop."""
    by_place: dict[tuple[str, Place | None], list[int]] = defaultdict(list)
    by_operation: dict[str, list[int]] = defaultdict(list)
    for k in _needed(trace):
        operation = trace.rows[k][0]
        if operation in RULES:
            by_place[operation, trace.places[k]].append(k)
            by_operation[operation].append(k)

    def at(operation: str, place: Place | None) -> Callable[[Trace], list[int]]:
        return lambda t: [
            k for k, row in enumerate(t.rows) if row[0] == operation and t.places[k] == place
        ]

    def everywhere(operation: str) -> Callable[[Trace], list[int]]:
        return lambda t: [k for k, row in enumerate(t.rows) if row[0] == operation]

    def turn(pick: Callable[[Trace], list[int]], n: int) -> Callable[[Trace], list[int]]:
        return lambda t: pick(t)[n : n + 1]

    for (operation, place), rows in by_place.items():
        yield _Site(operation, place, at(operation, place), 0.0)
        if 1 < len(rows) <= 12:
            # A single value, such as the first term of a sum: less likely, yet it happens.
            first = [k for k, row in enumerate(trace.rows) if row[0] == operation
                     and trace.places[k] == place]  # fmt: skip
            for k in rows:
                yield _Site(operation, place, turn(at(operation, place), first.index(k)), 0.5)
    for operation, rows in by_operation.items():
        if len({trace.places[k] for k in rows}) > 1:
            yield _Site(operation, None, everywhere(operation), 0.25)


def _needed(trace: Trace) -> list[int]:
    """The rows that have a part in the result, from the top of the tape to the bottom."""
    needed = {trace.output} if trace.output else set()
    for k in range(trace.output, 0, -1):
        if k in needed:
            needed |= set(_parents(trace.rows[k]))
    return sorted(needed - {0})


def _reach(trace: Trace) -> list[int]:
    """For each row the inputs that it depends on, as the bits of a number."""
    reach = [0] * len(trace.rows)
    for bit, k in enumerate(trace.inputs):
        reach[k] = 1 << bit
    for k, row in enumerate(trace.rows):
        for parent in _parents(row):
            reach[k] |= reach[parent]
    return reach


def _wrong_slopes(trace: Trace) -> Iterator[Hypothesis]:
    uses: dict[int, int] = defaultdict(int)
    needed = _needed(trace)
    for k in needed:
        for parent in _parents(trace.rows[k]):
            uses[parent] += 1
    reach = _reach(trace)
    for site in _sites(trace):
        rule = RULES[site.operation]
        # The first turn of a loop often starts from a constant; the turn to look at is one in
        # which as many arguments vary as ever do.
        turns = [k for k in site.pick(trace) if k in uses or k == trace.output]
        parents = max(
            (_parents(trace.rows[k]) for k in turns), key=lambda both: sum(map(bool, both))
        )
        # A product of two things that depend on the same input wants the product rule.
        product = rule.name in {"mul", "div"} and bool(reach[parents[0]] & reach[parents[1]])
        for misreading in rule.misreadings:
            # Confusing two arguments takes two: a constant is nobody's to confuse.
            if all(parents[n] for n in misreading.wrong):
                yield _mistake(site, misreading.kind, misreading.sentence, misreading.rank,
                               misreading.partials())  # fmt: skip
        if all(parents):
            sentence = f"the {_noun(rule.name)} was treated as a constant, but it varies"
            yield _mistake(site, "missing_term", sentence, 1.9,
                           {0: lambda *_: 0.0, 1: lambda *_: 0.0})  # fmt: skip
        for argument in range(len(rule.partials)):
            if parents[argument]:
                shared = uses[parents[argument]] > 1
                twice = parents[0] == parents[1]
                yield from _general_slips(site, rule, argument, shared, product and not twice)


def _mistake(
    site: _Site, kind: str, sentence: str, rank: float,
    wrong: dict[int, Callable[..., float]], *, whole: bool = False,
) -> Hypothesis:  # fmt: skip
    """A hypothesis that replaces the slopes in `wrong`, functions of (z, x[, y]), at a site."""

    def slopes(trace: Trace) -> dict[Edge, float]:
        replaced = {}
        for k in site.pick(trace):
            row = trace.rows[k]
            for argument, function in wrong.items():
                if _parents(row)[argument]:
                    replaced[k, argument] = _number(function, row[1], *_operands(trace, row))
        return replaced

    return _located(site, kind, sentence, rank, slopes, whole)


def _located(
    site: _Site, kind: str, sentence: str, rank: float,
    slopes: Callable[[Trace], dict[Edge, float]], whole: bool = False,
) -> Hypothesis:  # fmt: skip
    line = site.place.line if site.place else None
    return Hypothesis(kind, sentence, rank + site.remote, site.where(), site.operation, line,
                      slopes=slopes, whole=whole)  # fmt: skip


def _general_slips(
    site: _Site, rule: Rule, argument: int, shared: bool, product: bool
) -> Iterator[Hypothesis]:
    """Mistakes that can be made with any operation.

    shared: the argument is used elsewhere too. product: this is a product or a quotient, and both
    its arguments depend on the same input.
    """
    name = rule.name
    this = f"the {_ARGUMENTS[name][argument]}" if name in _ARGUMENTS else f"{name}'s argument"
    share = f"the share of {this}"

    def from_truth(change: Callable[[float], float]) -> Callable[[Trace], dict[Edge, float]]:
        return lambda t: {
            (k, argument): _number(change, _slopes(t.rows[k])[argument])
            for k in site.pick(t)
            if _parents(t.rows[k])[argument]
        }

    def slip(
        kind: str, sentence: str, rank: float, change: Callable[[float], float],
        whole: bool = False,
    ) -> Hypothesis:  # fmt: skip
        return _located(site, kind, sentence, rank, from_truth(change), whole)

    plain = name in {"add", "sub", "neg"}  # slopes are 1 or -1
    if product:
        sentence = (
            f"both parts of the {_noun(name)} vary, so its derivative has two terms; the term in "
            f"which {this} varies is missing"
        )
        yield slip("missing_term", sentence, 1.8, lambda d: 0.0)
    elif shared and site.place:
        sentence = (
            "a value that is used several times influences the result along several ways, and the "
            f"gradient is the sum over all of them; the way through {this} here is missing"
        )
        yield slip("overwritten", sentence, 2.0, lambda d: 0.0)
    else:
        sentence = f"{share} never reaches the gradient, as if it were a constant"
        yield slip("missing_term", sentence, 1.85, lambda d: 0.0)
    if not plain:
        sentence = (
            "the chain rule multiplies by the local derivative of every operation on the way; your "
            f"numbers are what comes out when that of {_an(name)} is left out"
        )
        yield slip("missing_factor", sentence, 1.5, lambda d: 1.0)
        yield slip(
            "repeated_factor", f"the local derivative of {_an(name)} was multiplied in twice",
            3.2, lambda d: d * d,
        )  # fmt: skip
        yield slip(
            "wrong_rule", f"the local derivative of {_an(name)} divides where it should multiply",
            5.0, lambda d: 1.0 / d,
        )  # fmt: skip
    far = 0.3 if plain else 0.0
    yield slip("sign", f"{share} has the opposite sign", 3.0 + far, lambda d: -d)
    yield slip("factor", f"{share} is twice as large as it should be", 4.0 + far, lambda d: 2 * d)
    yield slip("factor", f"{share} is half as large as it should be", 4.0 + far, lambda d: d / 2)
    yield slip(
        "not_upstream",
        f"at {_an(name)}, the local derivative was passed on by itself; it must first be "
        "multiplied by what comes from above, the derivative of the result with respect to this "
        "operation",
        3.5, lambda d: d, whole=True,
    )  # fmt: skip
    if not plain and name != "mul":
        yield from _wrong_points(site, rule, argument)


def _wrong_points(site: _Site, rule: Rule, argument: int) -> Iterator[Hypothesis]:
    """The slope is right as a function, but was evaluated somewhere else."""

    def at(step: Callable[[Trace, Row], float | None]) -> Callable[[Trace], dict[Edge, float]]:
        def slopes(trace: Trace) -> dict[Edge, float]:
            replaced = {}
            for k in site.pick(trace):
                row = trace.rows[k]
                moved = step(trace, row)
                if _parents(row)[argument] and moved is not None:
                    operands = _operands(trace, row)
                    operands[argument] = moved
                    z = _number(rule.value, *operands)
                    replaced[k, argument] = _number(rule.partials[argument], z, *operands)
            return replaced

        return slopes

    def before(which: int) -> Callable[[Trace, Row], float | None]:
        """The value from which the argument was computed, one or two operations earlier."""

        def step(trace: Trace, row: Row) -> float | None:
            parent = trace.rows[_parents(row)[argument]]
            grandparent = _parents(parent)[which]
            return trace.rows[grandparent][1] if grandparent else None

        return step

    sentence = (
        f"the local derivative of {_an(rule.name)} was evaluated at the wrong point: the chain "
        "rule wants it at the number that went into the operation, {other}"
    )
    result = sentence.format(other="not at the one that came out")
    yield _located(site, "wrong_point", result, 3.0, at(lambda _, row: row[1]))
    earlier = sentence.format(other="not at an earlier one")
    yield _located(site, "wrong_point", earlier, 3.1, at(before(0)))
    yield _located(site, "wrong_point", earlier, 3.1, at(before(1)))


# Second family: the sweep is wrong ---------------------------------------------------------------


def _wrong_sweeps(trace: Trace) -> Iterator[Hypothesis]:
    fan_out = (
        "a value that is used several times receives one contribution for each use, and they add "
        "up; here {which} contribution replaces the others, as with = where += belongs"
    )
    order = (
        "values passed their adjoint on before it was complete. A value's turn comes when all the "
        "operations that use it have had theirs"
    )
    yield Hypothesis("overwritten", fan_out.format(which="the last"), 1.9, sweep=_overwrite_last)
    yield Hypothesis("overwritten", fan_out.format(which="the first"), 2.1, sweep=_overwrite_first)
    yield Hypothesis(
        "double_counted",
        "a value passed its adjoint on each time it received something, and what it had passed on "
        "before was counted again. It must be passed on once, when it is complete",
        2.2, sweep=_naive_recursion,
    )  # fmt: skip
    yield Hypothesis("wrong_order", order, 2.6, sweep=_depth_first)
    yield Hypothesis("wrong_order", order, 2.7, sweep=_breadth_first)
    yield Hypothesis(
        "not_upstream",
        "every operation passed on its local derivative by itself; it must first be multiplied by "
        "what comes from above, the derivative of the result with respect to that operation",
        2.3, sweep=_without_upstream,
    )  # fmt: skip


def _edges(trace: Trace, k: int) -> list[tuple[int, float]]:
    """The parents of a row and the slopes towards them, without constants."""
    _, _, i, di, j, dj = trace.rows[k]
    return [(parent, slope) for parent, slope in ((i, di), (j, dj)) if parent]


def _sweep(
    trace: Trace, pass_on: Callable[[dict[int, float], int, float, float], None]
) -> list[float]:
    """The right order, with some other way of passing adjoints on."""
    adjoints = {trace.output: 1.0}
    for k in range(trace.output, 0, -1):
        if k in adjoints:
            for parent, slope in _edges(trace, k):
                pass_on(adjoints, parent, adjoints[k], slope)
    return [adjoints.get(k, 0.0) for k in trace.inputs]


def _overwrite_last(trace: Trace) -> list[float]:
    return _sweep(trace, lambda adjoints, p, above, d: adjoints.update({p: above * d}))


def _overwrite_first(trace: Trace) -> list[float]:
    def pass_on(adjoints: dict[int, float], p: int, above: float, d: float) -> None:
        adjoints.setdefault(p, above * d)

    return _sweep(trace, pass_on)


def _without_upstream(trace: Trace) -> list[float]:
    def pass_on(adjoints: dict[int, float], p: int, above: float, d: float) -> None:
        adjoints[p] = adjoints.get(p, 0.0) + d

    return _sweep(trace, pass_on)


def _naive_recursion(trace: Trace, visits: int = 20_000) -> list[float]:
    """Each visit adds to the parent's adjoint and at once passes on all that is there by now."""
    adjoints: dict[int, float] = defaultdict(float, {trace.output: 1.0})
    stack = [(edge, trace.output) for edge in reversed(_edges(trace, trace.output))]
    while stack:
        visits -= 1
        if not visits:
            return [math.nan] * len(trace.inputs)  # too many ways through this program
        (parent, slope), child = stack.pop()
        adjoints[parent] += adjoints[child] * slope
        stack += [(edge, parent) for edge in reversed(_edges(trace, parent))]
    return [adjoints[k] for k in trace.inputs]


def _once_each(trace: Trace, newest_first: bool) -> list[float]:
    """Each value passes its adjoint on once, but at the first opportunity."""
    adjoints: dict[int, float] = defaultdict(float, {trace.output: 1.0})
    waiting, seen = [trace.output], {trace.output}
    while waiting:
        k = waiting.pop() if newest_first else waiting.pop(0)
        edges = _edges(trace, k)
        for parent, slope in edges:
            adjoints[parent] += adjoints[k] * slope
        for parent, _ in reversed(edges) if newest_first else edges:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return [adjoints[k] for k in trace.inputs]


def _depth_first(trace: Trace) -> list[float]:
    return _once_each(trace, newest_first=True)


def _breadth_first(trace: Trace) -> list[float]:
    return _once_each(trace, newest_first=False)


# Third family: the calculus is wrong -------------------------------------------------------------


def _wrong_calculus(trace: Trace) -> Iterator[Hypothesis]:
    names = {trace.rows[k][0] for k in _needed(trace)}
    for operation, noun in (("mul", "product"), ("div", "quotient")):
        if operation not in names or len(trace.inputs) > 16:
            continue

        def sweep(t: Trace, operation: str = operation) -> list[float]:
            return [_forwards(t, row, operation) for row in t.inputs]

        yield Hypothesis(
            "wrong_rule",
            f"the derivative of a {noun} was taken to be the {noun} of the derivatives",
            2.0, operation=operation, sweep=sweep,
        )  # fmt: skip


def _forwards(trace: Trace, start: int, operation: str) -> float:
    """One derivative, forwards, with (u·v)' = u'·v' or (u/v)' = u'/v' where both factors move."""
    moves: dict[int, float] = {start: 1.0}
    for k in range(start + 1, trace.output + 1):
        name, _, i, di, j, dj = trace.rows[k]
        if name == operation and i in moves and j in moves:
            try:
                moves[k] = moves[i] * moves[j] if operation == "mul" else moves[i] / moves[j]
            except ZeroDivisionError:
                return math.nan
        elif i in moves or j in moves:
            moves[k] = moves.get(i, 0.0) * (di if i else 0.0) + moves.get(j, 0.0) * (
                dj if j else 0.0
            )
    return moves.get(trace.output, 0.0)


# Small things ------------------------------------------------------------------------------------

_NOUNS = {
    "add": "sum",
    "sub": "difference",
    "mul": "product",
    "div": "quotient",
    "neg": "minus sign",
    "power": "power",
}

_ARGUMENTS = {
    "add": ("first term", "second term"),
    "sub": ("first term", "second term"),
    "mul": ("first factor", "second factor"),
    "div": ("numerator", "denominator"),
    "neg": ("number behind the minus sign",),
    "power": ("base", "exponent"),
    "maximum": ("first argument of maximum", "second argument of maximum"),
    "minimum": ("first argument of minimum", "second argument of minimum"),
}


def _noun(name: str) -> str:
    return _NOUNS.get(name, name)


def _an(name: str) -> str:
    return f"the {_NOUNS[name]}" if name in _NOUNS else name


def _parents(row: Row) -> tuple[int, int]:
    return row[2], row[4]


def _slopes(row: Row) -> tuple[float, float]:
    return row[3], row[5]


def _operands(trace: Trace, row: Row) -> list[float]:
    """The numbers that went into an operation; beside a constant's row number it stands itself."""
    operation, _, i, di, j, dj = row
    first = trace.rows[i][1] if i else di
    if len(RULES[operation].partials) == 1:
        return [first]
    return [first, trace.rows[j][1] if j else dj]


def _number(function: Callable[..., float], *args: float) -> float:
    """function(*args), or NaN where it has no value."""
    try:
        return float(function(*args))
    except (ArithmeticError, ValueError):
        return math.nan
