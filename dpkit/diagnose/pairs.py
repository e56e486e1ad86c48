"""Two mistakes at once.

A hundred single mistakes make five thousand pairs, so a pair must cost next to nothing. Three ways
in which two mistakes act together are looked at, the cheapest first:

* **One of them scales everything.** Then the numbers are c times those of the other one alone.
* **They act side by side.** Then what the one adds to the gradient and what the other one adds, add
  up; and two numbers with a given sum are found by sorting.
* **One acts below the other.** Then the lower one sees the adjoint that the upper one has spoilt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dpkit.diagnose.program import Edge, Program, Pull
from dpkit.diagnose.search import UNFIT, Search, batched, consequences
from dpkit.diagnose.sites import Mistake

__all__ = ["Pair", "pairs"]

Pair = tuple[Mistake, ...]

_FAR_FETCHED = 4.5  # rank from which a mistake is not believed to come with another one


def pairs(search: Search) -> list[Pair]:
    """Pairs of mistakes that explain the numbers at all points; the first is the likelier one."""
    with np.errstate(all="ignore"):
        effects = _Effects(search)
        for some in (_scaled(effects), _side_by_side(effects), _one_below(effects)):
            found: list[Pair] = []
            for batch in batched(some, 64):
                together = [_together(pair) for pair in batch]
                right, _ = search.verified(together, search.wrong)
                found += [pair for pair, both in zip(batch, together, strict=True)
                          if any(both is each for each in right)]  # fmt: skip
                if len(found) >= 8 or search.out_of_time():
                    break
            if found:
                return sorted(
                    (_in_order(pair) for pair in found), key=lambda p: p[0].rank + p[1].rank
                )
    return []


class _Effects:
    """What each mistake adds to the gradient at the first point, in a few numbers.

    Of mistakes with the same effect, only the likeliest is kept.
    """

    def __init__(self, search: Search) -> None:
        self.search, self.run, self.screen = search, search.run, search.screen
        self.truth, self.given, self.noise = search.compared()
        self.target = self.given - self.truth
        self.mistakes: list[Mistake] = []
        kept: list[np.ndarray] = []
        known: set[tuple[object, ...]] = set()
        for mistake, effect in search.effects:
            if mistake.rank > _FAR_FETCHED or not np.all(np.isfinite(effect)):
                continue
            # Only wrong pullbacks can be combined; a wrong sweep does not stand for one of them.
            combined = mistake.changes is not None
            signature = (combined, *(float(f"{x:.7g}") for x in effect))
            if signature not in known and not np.all(np.abs(effect) <= self.noise):
                known.add(signature)
                self.mistakes.append(mistake)
                kept.append(effect)
        self.seen = np.array(kept).reshape(len(kept), len(self.target))


def _scaled(effects: _Effects) -> Iterator[Pair]:
    """A mistake, and everything c times too large."""
    if len(effects.target) < 2:
        return  # any number is a multiple of any other
    for mistake, effect in zip(effects.mistakes, effects.seen, strict=True):
        alone = effects.truth + effect
        size = float(alone @ alone)
        c = float(effects.given @ alone) / size if size else 0.0
        if abs(c) < 1e-6 or abs(c - 1.0) < 0.01:
            continue
        if np.all(np.abs(c * alone - effects.given) <= (1.0 + abs(c)) * effects.noise):
            yield mistake, _times(c)


def _times(c: float) -> Mistake:
    def sweep(run: Program) -> np.ndarray:
        return c * run.truth

    kind = "sign" if abs(c + 1.0) < 1e-9 else "factor"
    sentence = (
        "besides, the whole gradient points the opposite way" if kind == "sign"
        else f"besides, the whole gradient is multiplied by {c:.6g}"
    )  # fmt: skip
    return Mistake(kind, sentence, 3.8, sweep=sweep)


def _side_by_side(effects: _Effects) -> Iterator[Pair]:
    """Two mistakes whose effects add up to what is wrong."""
    some = [k for k, m in enumerate(effects.mistakes) if m.changes is not None]
    if len(some) < 2:
        return
    seen = effects.seen[some]
    weights = effects.search.rng.normal(size=len(effects.target))
    slack = 2.0 * float(np.abs(weights) @ effects.noise)
    sums = seen @ weights
    order = np.argsort(sums)
    wanted = float(effects.target @ weights) - sums
    first = np.searchsorted(sums[order], wanted - slack)
    last = np.searchsorted(sums[order], wanted + slack)
    found = []
    for a in range(len(some)):
        for b in order[first[a] : last[a]]:
            if a < b and np.all(np.abs(seen[a] + seen[b] - effects.target) <= 2 * effects.noise):
                found.append((effects.mistakes[some[a]], effects.mistakes[some[b]]))
    yield from sorted(found, key=lambda pair: pair[0].rank + pair[1].rank)


def _one_below(effects: _Effects) -> Iterator[Pair]:
    """The lower mistake sees the adjoints that the upper one has spoilt."""
    some = [m for m in effects.mistakes if m.changes is not None]
    if effects.screen is None:
        yield from _one_below_of_numbers(effects, some)
        return
    run, screen = effects.run, effects.screen
    changes = [_changes(m, run) for m in some]
    top = [max(k for k, _ in each) if each else 0 for each in changes]
    for a, upper in enumerate(some):
        if effects.search.out_of_time():
            return
        try:
            spoilt = run.adjoints(changes[a])
            mine = screen.surplus(changes[a], spoilt)
        except UNFIT:
            continue
        lowest = min((k for k, _ in changes[a]), default=0)
        for b, lower in enumerate(some):
            if b == a or not changes[b] or top[b] >= lowest:
                continue
            try:
                other = screen.surplus(changes[b], spoilt)
            except UNFIT:
                continue
            if np.all(np.abs(mine + other - effects.target) <= 2 * effects.noise):
                yield upper, lower


def _one_below_of_numbers(effects: _Effects, some: Sequence[Mistake]) -> Iterator[Pair]:
    run, wanted = effects.run, effects.given[:, None]
    changes = [_changes(m, run) for m in some]
    candidates = (
        (some[a], some[b])
        for total in range(2 * len(some))
        for a in range(max(0, total - len(some) + 1), min(total + 1, len(some)))
        for b in (total - a,)
        if a < b and changes[a] and changes[b]
        and not changes[a].keys() & changes[b].keys()
    )  # fmt: skip
    for batch in batched(candidates, 256):
        if effects.search.out_of_time():
            return
        gradients = consequences(run, [_together(pair) for pair in batch])
        near = np.all(np.abs(gradients - wanted) <= 2 * effects.noise[:, None], axis=0)
        for h in np.flatnonzero(near):
            yield batch[h]


def _changes(mistake: Mistake, run: Program) -> dict[Edge, Pull]:
    assert mistake.changes is not None
    try:
        return mistake.changes(run)
    except UNFIT:
        return {}


def _together(pair: Pair) -> Mistake:
    """Both at once, as one mistake."""
    one, other = pair
    if one.changes is None or other.changes is None:

        def scaled(run: Program) -> np.ndarray:
            factor = other.sweep(run) if other.sweep else run.truth
            size = float(run.truth @ run.truth)
            c = float(factor @ run.truth) / size if size else 1.0
            return c * consequences(run, [one])[:, 0]

        return replace(one, changes=None, sweep=scaled, scaled=None)

    def changes(run: Program) -> dict[Edge, Pull]:
        assert one.changes is not None and other.changes is not None
        return {**one.changes(run), **other.changes(run)}

    return replace(one, changes=changes, scaled=None)


def _in_order(pair: Pair) -> Pair:
    """The likelier one first."""
    one, other = pair
    return pair if one.rank <= other.rank else (other, one)
