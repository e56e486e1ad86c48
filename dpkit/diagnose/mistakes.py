"""What could have gone wrong: every single mistake one can make on the record of a program.

A *mistake* comes with its consequence: the gradient that somebody who made it would have computed.
Here are those in which **a pullback is wrong**: a local derivative was lost, turned round, doubled,
taken at the wrong point, not summed where it was broadcast, or misread in one of the ways listed in
`dpkit.rules` and `dpkit.array_rules`. It may concern one place in the source (a slip in a
derivation), one turn of a loop, or every use of an operation (a faulty rule in an engine).
Those in which the pullbacks are right, but put together wrongly, are in `dpkit.diagnose.sweeps`,
`replaced`, `detours` and `calculus`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from dpkit.array_rules import ARRAY_RULES
from dpkit.backends import backend_of, shape_of
from dpkit.box import words as xp
from dpkit.diagnose.misplaced import wrong_points
from dpkit.diagnose.program import Edge, Program, Pull, Row, nothing, spread_out
from dpkit.diagnose.sites import (
    Mistake,
    Site,
    an,
    computed,
    noun,
    operand,
    sites,
    typical,
    with_slope,
)
from dpkit.rules import RULES

__all__ = ["slips"]


_LEFT_OUT = (
    "the chain rule multiplies by the local derivative of every operation on the way; your numbers "
    "are what comes out when that of {} is left out"
)


def slips(program: Program) -> Iterator[Mistake]:
    """Every wrong pullback worth considering for this program."""
    for site in sites(program):
        if site.operation in RULES:
            yield from _of_elements(program, site)
        else:
            yield from _of_arrays(program, site)
    yield from _not_summed_right_anywhere(program)


# Operations on elements, from the table of texts --------------------------------------------------


def _of_elements(program: Program, site: Site) -> Iterator[Mistake]:
    rule = RULES[site.operation]
    k = typical(program, site)
    row = program.rows[k]
    parents = (*row.parents, 0)[:2]
    # A product of two things that depend on the same input wants the product rule.
    both = rule.name in {"mul", "div"} and bool(
        program.reach[parents[0]] & program.reach[parents[1]]
    )

    def sloped(slopes: Mapping[int, Callable[..., Any]], run: Program) -> dict[Edge, Pull]:
        return site.replaced(run, {n: partial(with_slope, slope) for n, slope in slopes.items()})

    count = _count_of_mean(program, k)
    for misreading in rule.misreadings:
        if count and misreading.wrong.get(0) in _DIVIDED:
            slip = _DIVIDED[misreading.wrong[0]]
            sentence = f"this is a mean of {count}, and {slip}"
            misreading = replace(misreading, kind="averaged", sentence=sentence)
        # Confusing two arguments takes two: a constant is no person's to confuse.
        # Only an engine does it, so everything else that fits is likelier.
        varying = [bool(parents[n]) for n in misreading.wrong]
        if any(varying):
            rank = misreading.rank + (0.0 if all(varying) else _OF_A_CONSTANT)
            yield site.mistake(misreading.kind, misreading.sentence, rank,
                               partial(sloped, misreading.partials()))  # fmt: skip
    if all(parents):
        sentence = f"the {noun(rule.name)} was treated as a constant, but it varies"
        yield site.mistake("missing_term", sentence, 1.9, partial(_dropped, site, (0, 1)))
        yield from _both_shares(site)
    if len(row.parents) == 1:
        yield from _slopes_of_others(site)
    for n, parent in enumerate(row.parents):
        if not parent:
            continue
        yield from _shares(program, site, n, both and parents[0] != parents[1])
        plain = rule.name in {"add", "sub", "neg"}  # slopes are 1 or -1
        if not plain and not (count and n == 0):
            yield from _factors(site, n, _constant(row, n))
        yield from wrong_points(program, site, row, n)
        if shape_of(row.args[n]) != shape_of(row.value):
            yield from _not_summed_right(site, n)


_DIVIDED = {
    "1.0": "the division by how many there are is missing",
    "1.0 / (y * y)": "the division by how many there are was done twice",
}


def _count_of_mean(program: Program, k: int) -> int:
    """If row k divides a sum by the number of its terms: that number; otherwise 0."""
    row = program.rows[k]
    if row.name != "div" or row.parents[1] or shape_of(row.args[1]):
        return 0
    count = round(float(row.args[1]))
    return count if float(row.args[1]) == count and count in program.terms(k, 0) else 0


def _constant(row: Row, n: int) -> float | None:
    """The number by which operand n of a product is multiplied, if it is one and constant."""
    if row.name != "mul" or row.parents[1 - n] or shape_of(row.args[1 - n]):
        return None
    return float(row.args[1 - n])


_FAMILIES = (
    ("sigmoid", "tanh", "relu", "softplus"),
    ("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    ("sinh", "cosh", "tanh"),
    ("exp", "expm1", "log", "log1p"),
    ("sqrt", "square"),
)  # of functions that one may confuse


def _slopes_of_others(site: Site) -> Iterator[Mistake]:
    """The slope of one function of the table, used for another."""
    known = {text for each in RULES[site.operation].misreadings for text in each.wrong.values()}
    for family in _FAMILIES:
        for other in (RULES[name] for name in family if site.operation in family):
            if other.name == site.operation or other.text[1] in known:
                continue  # about some, the table says more

            def slope(z: Any, x: Any, other: Any = other) -> Any:
                return other.partials[0](computed(other.value, x), x)

            wrong = {0: partial(with_slope, slope)}
            sentence = f"the slope of {other.name} was used for {site.operation}"
            yield site.mistake("wrong_rule", sentence, 3.3, partial(site.replaced, wrong=wrong))
    if site.operation == "relu":

        def guided(run: Program, k: int, n: int) -> Pull:
            return lambda g: xp.where(g > 0.0, g, 0.0)

        sentence = (
            "relu was asked whether what comes from above is positive; it lets through what belongs "
            "to positive arguments"
        )
        yield site.mistake("wrong_point", sentence, 2.0, partial(site.replaced, wrong={0: guided}))


def _changed_slope(change: Callable[[Any], Any], run: Program, k: int, n: int) -> Pull:
    """The pullback with the right local derivative, changed."""
    return with_slope(
        lambda z, *args: change(RULES[run.rows[k].name].partials[n](z, *args)), run, k, n
    )


def _factors(site: Site, n: int, constant: float | None = None) -> Iterator[Mistake]:
    """The local derivative as a factor of the chain rule: forgotten, doubled, turned over.

    constant: of a product with a constant number, this number.
    """
    name = an(site.operation)
    lost = _LEFT_OUT.format(name)
    if constant is not None:
        lost = (
            f"something is multiplied by the constant {constant:.6g} here; a constant factor stays "
            "when the rest is differentiated, and in yours it is missing"
        )

    def slip(kind: str, sentence: str, rank: float, change: Callable[[Any], Any]) -> Mistake:
        wrong = {n: partial(_changed_slope, change)}
        return site.mistake(kind, sentence, rank, lambda run: site.replaced(run, wrong))

    yield slip(
        "missing_factor", lost, 1.5, lambda d: 1.0,
    )  # fmt: skip
    yield slip(
        "repeated_factor", f"the local derivative of {name} was multiplied in twice",
        3.2, lambda d: d * d,
    )  # fmt: skip
    yield slip(
        "wrong_rule", f"the local derivative of {name} divides where it should multiply",
        5.0, lambda d: 1.0 / d,
    )  # fmt: skip


def _not_summed_right(site: Site, n: int) -> Iterator[Mistake]:
    """Operand n was broadcast: repeated until it had the shape of the result."""

    for misreading in ARRAY_RULES["broadcast"].misreadings:
        make = partial(_summed, misreading.wrong[0])
        yield site.mistake(misreading.kind, misreading.sentence, 1.2,
                           partial(site.replaced, wrong={n: make}))  # fmt: skip


def _summed(wrong: Any, run: Program, k: int, n: int) -> Pull:
    """The pullback to operand n, summed in some wrong way where the operand was broadcast."""
    row = run.rows[k]
    shape = shape_of(row.value)
    if shape_of(row.args[n]) == shape:
        return run.pull(k, n)
    slope = RULES[row.name].partials[n](row.value, *row.args)
    pull = wrong(None, row.args[n], shape=shape)
    return lambda g: pull(spread_out(g * slope, row.value))


def _not_summed_right_anywhere(program: Program) -> Iterator[Mistake]:
    """An engine has one function that sums where something was broadcast, for all operations."""

    def everywhere(wrong: Any, run: Program) -> dict[Edge, Pull]:
        return {(k, n): _summed(wrong, run, k, n) for k, n in broadcasts(run)}

    def broadcasts(run: Program) -> list[Edge]:
        return [
            (k, n)
            for name in run.everywhere.keys() & RULES.keys()
            for k in run.everywhere[name]
            for n, parent in enumerate(run.rows[k].parents)
            if parent and shape_of(run.rows[k].args[n]) != shape_of(run.rows[k].value)
        ]

    if program.single or len({program.rows[k].place for k, _ in broadcasts(program)}) < 2:
        return
    for misreading in ARRAY_RULES["broadcast"].misreadings:
        yield Mistake(misreading.kind, misreading.sentence, 1.5, "every broadcast", "broadcast",
                      changes=partial(everywhere, misreading.wrong[0]))  # fmt: skip


# Operations on arrays, from the table of functions ------------------------------------------------

_MOVEMENTS = {"getitem", "reshape", "permute", "broadcast", "concatenate", "stack", "flip", "cast",
              "put", "scatter", "sum"}  # fmt: skip


def _of_arrays(program: Program, site: Site) -> Iterator[Mistake]:
    rule = ARRAY_RULES[site.operation]
    k = typical(program, site)
    row = program.rows[k]
    for misreading in rule.misreadings:
        wrong = misreading.wrong
        if rule.any_number:
            wrong = {n: partial(misreading.wrong[0], n) for n in range(len(row.parents))}
        makers = {n: partial(_with_vjp, vjp) for n, vjp in wrong.items() if row.parents[n]}
        if misreading.together and len(makers) < len(wrong):
            continue
        for some in (makers,) if misreading.together else _one_by_one(makers):
            yield site.mistake(misreading.kind, misreading.sentence,
                               1.1 if len(some) == len(makers) else 1.3,
                               partial(site.replaced, wrong=some))  # fmt: skip
    if sum(map(bool, row.parents)) > 1:
        yield from _both_shares(site)
    for n, parent in enumerate(row.parents):
        if not parent:
            continue
        yield from _shares(program, site, n, False)
        if site.operation in _MOVEMENTS:
            continue
        yield from wrong_points(program, site, row, n)
        if shape_of(row.args[n]) == shape_of(row.value):
            sentence = _LEFT_OUT.format(an(site.operation))
            yield site.mistake("missing_factor", sentence, 1.5,
                               partial(site.replaced, wrong={n: lambda *_: _unchanged}))  # fmt: skip


def _with_vjp(vjp: Callable[..., Pull], run: Program, k: int, n: int) -> Pull:
    row = run.rows[k]
    return vjp(row.value, *row.args, **row.params)


def _unchanged(g: Any) -> Any:
    return g


def _one_by_one(makers: Mapping[int, Any]) -> Iterator[Mapping[int, Any]]:
    """All together, as in the rule of an engine; and, if there are several, each alone."""
    yield makers
    if len(makers) > 1:
        for n, make in makers.items():
            yield {n: make}


# Any operation ------------------------------------------------------------------------------------


_MOST_OPERANDS = 64
_OF_A_CONSTANT = 2.1
_NOT_UPSTREAM = (
    "at {}, the local derivative was passed on by itself; it must first be multiplied by what comes "
    "from above, the derivative of the result with respect to this operation"
)


def _dropped(site: Site, operands: tuple[int, ...], run: Program) -> dict[Edge, Pull]:
    return site.replaced(run, {n: lambda *_: nothing for n in operands})


def _times(c: float, run: Program, k: int, n: int) -> Pull:
    """The right pullback, c times."""
    right = run.pull(k, n)

    def pull(g: Any) -> Any:
        through = right(g)
        return None if through is None else c * through

    return pull


def _from_above_lost(run: Program, k: int, n: int) -> Pull:
    """The right pullback, of ones."""
    right = run.pull(k, n)
    value = run.rows[k].value
    ones = backend_of(value).ones_like(value)
    return lambda g: right(ones)


def _both_shares(site: Site) -> Iterator[Mistake]:
    """What the rule of an engine does to all operands alike."""

    def slip(kind: str, sentence: str, rank: float, make: Callable[..., Pull]) -> Mistake:
        operands = range(_MOST_OPERANDS)
        return site.mistake(kind, sentence, rank,
                            partial(site.replaced, wrong=dict.fromkeys(operands, make)))  # fmt: skip

    name = an(site.operation)
    yield slip("sign", f"all that {name} passes on has the opposite sign", 3.1,
               partial(_times, -1.0))  # fmt: skip
    for c, word in ((2.0, "twice"), (0.5, "half")):
        yield slip("factor", f"all that {name} passes on is {word} as large as it should be", 4.1,
                   partial(_times, c))  # fmt: skip
    yield slip("not_upstream", _NOT_UPSTREAM.format(name), 3.4, _from_above_lost)


def _shares(program: Program, site: Site, n: int, product: bool) -> Iterator[Mistake]:
    """What an operand receives: lost, turned round, doubled, halved, or without what is above.

    product: this is a product or a quotient, and both its operands depend on the same input.
    """
    name, k = site.operation, typical(program, site)
    row, terms = program.rows[k], program.terms(k, n)
    shared = program.uses[row.parents[n]] > 1  # is it an operand elsewhere, too?
    this = operand(row, n)
    share = f"the share of {this}"
    moves = name in _MOVEMENTS

    def times(c: float, run: Program) -> dict[Edge, Pull]:
        return site.replaced(run, {n: partial(_times, c)})

    def scaled(c: float) -> Mistake:
        sentence = f"{share} is {c:.6g} times what it should be"
        count = next((n for n in terms if min(abs(c / n - 1.0), abs(c * n - 1.0)) < 1e-6), None)
        if count is not None:
            size = f"{count} times too {'large' if abs(c) > 1 else 'small'}"
            sentence = f"{share} is {size}, and {count} terms come together here: a sum was taken for a mean, or a "
            sentence += "mean for a sum"
            rank = 0.95 if name in ("sum", "div", "matmul") else 1.3
            return site.mistake("averaged", sentence, rank, partial(times, c))
        return site.mistake("factor", sentence, 4.2 + far, partial(times, c))

    far = 0.3 if name in {"add", "sub", "neg"} else 0.4 if moves else 0.0
    if product:
        sentence = (
            f"both parts of the {noun(name)} vary, so its derivative has two terms; the term in "
            f"which {this} varies is missing"
        )
        lost = site.mistake("missing_term", sentence, 1.8, partial(_dropped, site, (n,)))
    elif shared and site.place:
        sentence = (
            "a value that is used several times influences the result along several ways, and the "
            f"gradient is the sum over all of them; the way through {this} here is missing"
        )
        lost = site.mistake("overwritten", sentence, 2.0, partial(_dropped, site, (n,)))
    else:
        sentence = f"{share} never reaches the gradient, as if it were a constant"
        lost = site.mistake("missing_term", sentence, 1.85 + far, partial(_dropped, site, (n,)))
    yield replace(lost, scaled=scaled)
    yield site.mistake("sign", f"{share} has the opposite sign", 3.0 + far, partial(times, -1.0))
    yield site.mistake("factor", f"{share} is twice as large as it should be", 4.0 + far,
                       partial(times, 2.0))  # fmt: skip
    yield site.mistake("factor", f"{share} is half as large as it should be", 4.0 + far,
                       partial(times, 0.5))  # fmt: skip
    yield site.mistake("not_upstream", _NOT_UPSTREAM.format(an(name)), 3.5 + far,
                       partial(site.replaced, wrong={n: _from_above_lost}))  # fmt: skip
