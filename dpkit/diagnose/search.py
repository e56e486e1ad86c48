"""Which of many mistakes explains the numbers?

There are hundreds of candidates, and the consequence of each is a gradient. Those of a program of
single numbers are computed all at once: the adjoint of a row is a vector, with one entry for each
candidate. Programs of arrays are screened first, and only a few candidates remain to be computed.

**Screening.** Let the arguments move in some direction v, and let t be how the operand of an edge
then moves (one forward sweep gives that for all edges). If a wrong pullback gives this operand δ too
much, the gradient comes out wrong by Jᵀδ, where J is the derivative of the operand with respect to
the arguments. We need not compute that to know its component along v, since

    ⟨Jᵀδ, v⟩ = ⟨δ, J v⟩ = ⟨δ, t⟩.

So a candidate costs one pullback and one inner product. What differs from the numbers that were
given in this one component, is out.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from dpkit.backends import shape_of
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.calculus import wrong_calculus
from dpkit.diagnose.detours import detours
from dpkit.diagnose.mistakes import slips
from dpkit.diagnose.program import Edge, Program, Pull
from dpkit.diagnose.replaced import lost_shares
from dpkit.diagnose.sites import Mistake
from dpkit.diagnose.sweeps import wrong_sweeps

__all__ = ["UNFIT", "Screen", "Search", "batched", "consequences"]

# A wrong rule need not fit the shapes that it meets.
UNFIT = (ArithmeticError, ValueError, IndexError, TypeError, RuntimeError)

_GROUPS = 12  # as many directions, at most, among what is wrong
_SCREENING = 0.6  # of the time; the rest is for looking at what is left
_ENOUGH = 24  # explanations


def consequences(run: Program, mistakes: Sequence[Mistake]) -> np.ndarray:
    """The gradients that these mistakes lead to.

    Returns an array of shape (number of components, number of mistakes); NaN where a mistake has no
    consequence that could be computed.
    """
    with np.errstate(all="ignore"):
        if run.single:
            return _all_at_once(run, mistakes)
        columns = [_consequence(run, mistake) for mistake in mistakes]
    return np.stack(columns, axis=1) if columns else np.zeros((len(run.truth), 0))


def _consequence(run: Program, mistake: Mistake) -> np.ndarray:
    try:
        if mistake.sweep is not None:
            return mistake.sweep(run)
        assert mistake.changes is not None
        return run.gradient(run.adjoints(mistake.changes(run)))
    except UNFIT:
        return np.full(run.truth.shape, np.nan)


def _all_at_once(run: Program, mistakes: Sequence[Mistake]) -> np.ndarray:
    width = len(mistakes)
    changed: dict[Edge, list[tuple[int, Pull]]] = defaultdict(list)
    separate: dict[int, np.ndarray] = {}
    for h, mistake in enumerate(mistakes):
        if mistake.changes is None:
            separate[h] = _consequence(run, mistake)
            continue
        for edge, pull in mistake.changes(run).items():
            changed[edge].append((h, pull))
    gradients = np.zeros((len(run.inputs), width))
    adjoints: dict[int, np.ndarray] = {run.output: np.ones(width)}
    input_of = {k: n for n, k in enumerate(run.inputs)}
    for k in range(run.output, 0, -1):
        adjoint = adjoints.pop(k, None)
        if adjoint is None:
            continue
        if k in input_of:
            gradients[input_of[k]] = adjoint
            continue
        for n, parent in enumerate(run.rows[k].parents):
            if not parent:
                continue
            share = np.asarray(run.pull(k, n)(adjoint) + np.zeros(width))
            for h, pull in changed.get((k, n), ()):
                wrong = pull(adjoint[h])
                share[h] = 0.0 if wrong is None else wrong
            before = adjoints.get(parent)
            adjoints[parent] = share if before is None else before + share
    for h, gradient in separate.items():
        gradients[:, h] = gradient
    return gradients


class Screen:
    """One run of a program of arrays, and how everything in it moves in a few directions.

    wrong: the components of the gradient that are wrong. There is a direction among these, and one
    among the others, for each argument or array in a container; of many arrays, several share one.
    """

    def __init__(self, answer: Answer, wrong: np.ndarray, rng: np.random.Generator) -> None:
        assert answer.run is not None
        self.run, self.answer = answer.run, answer
        directions: dict[tuple[int, bool], np.ndarray] = {}
        count = len(self.run.inputs)
        for bit, part in enumerate(self.run.parts):
            move = rng.normal(size=part.stop - part.start)
            for among in (True, False):
                chosen = wrong[part] == among
                if chosen.any():
                    group = bit * min(count, _GROUPS) // count
                    flat = directions.setdefault((group, among), np.zeros(len(wrong)))
                    flat[part] = move * chosen
        self.directions = list(directions.values())
        if len(self.directions) == 1:  # two numbers tell whether something is a multiple
            self.directions.append(rng.normal(size=len(wrong)))
        self.tangents = [self.run.tangents(self._moves(each)) for each in self.directions]
        self.truth, self.given = self.seen_of(answer.truth), self.seen_of(answer.given)
        sizes = np.abs(answer.given) + np.abs(answer.truth)
        self.noise = 1e-7 * np.array([np.abs(v) @ sizes for v in self.directions])
        self.noise += 1e-13 * (1.0 + abs(answer.value)) * float(np.max(sizes, initial=0.0) > 0.0)

    def _moves(self, direction: np.ndarray) -> dict[int, Any]:
        moves = self.run.shaped(direction).items()
        still = [not direction[part].any() for part in self.run.parts]
        return {k: move for (k, move), none in zip(moves, still, strict=True) if not none}

    def seen_of(self, gradient: np.ndarray) -> np.ndarray:
        """The components of a gradient along the directions."""
        return np.array([v @ gradient for v in self.directions])

    def seen(self, mistake: Mistake) -> np.ndarray:
        """How the mistake changes the gradient, along the directions; NaN if it cannot be said."""
        try:
            if mistake.changes is not None:
                changes = mistake.changes(self.run)
                if not self._one_above_another(changes):
                    return self.surplus(changes, self.run.adjoint)
            return self.seen_of(_consequence(self.run, mistake) - self.answer.truth)
        except UNFIT:
            return np.full(len(self.directions), np.nan)

    def surplus(self, changes: Mapping[Edge, Pull], adjoints: Sequence[Any]) -> np.ndarray:
        """What these pullbacks give too much, along the directions, if they get these adjoints."""
        total = np.zeros(len(self.directions))
        for (k, n), pull in changes.items():
            total += self._along(k, n, pull, adjoints[k])
        return total

    def _along(self, k: int, n: int, pull: Pull, adjoint: Any) -> np.ndarray:
        total = np.zeros(len(self.directions))
        if adjoint is None:
            return total
        given, right = pull(adjoint), self.run.pull(k, n)(adjoint)
        if given is None and right is None:
            return total
        parent = self.run.rows[k].parents[n]
        if given is None:
            surplus = -right
        else:
            surplus = given if right is None else given - right
        if shape_of(surplus) != shape_of(self.run.rows[parent].value):
            return total + np.nan
        for d, tangents in enumerate(self.tangents):
            moved = tangents[parent]
            if moved is not None:
                total[d] = float((surplus * moved).sum())
        return total

    def _one_above_another(self, changes: Iterable[Edge]) -> bool:
        """Does one of the changed rows contribute to another one?"""
        above = 0
        for k, n in sorted(changes, reverse=True):
            if above >> k & 1:
                return True
            above |= self.run.ancestors[self.run.rows[k].parents[n]]
        return False


class Search:
    """The search for mistakes that explain some answers.

    answers: at several points; all have a `run`. wrong: which components are wrong at some of them.
    deadline: in the time of `time.process_time`; after that no new candidates are tried. The likelier
    ones come first, so what is left of a long search is a search for simple mistakes.
    """

    def __init__(self, answers: Sequence[Answer], wrong: np.ndarray, deadline: float) -> None:
        self.answers, self.wrong, self.deadline = answers, wrong, deadline
        first = answers[0].run
        assert first is not None
        self.run = first
        self.rng = np.random.default_rng(0)
        self.candidates = sorted(
            [
                *wrong_sweeps(first),
                *wrong_calculus(first),
                *lost_shares(first),
                *detours(first),
                *slips(first),
            ],
            key=lambda mistake: mistake.rank,
        )
        self.screen = None if first.single else Screen(answers[0], wrong, self.rng)
        self.effects: list[tuple[Mistake, np.ndarray]] = []  # what each adds, at the first point

    def out_of_time(self) -> bool:
        """Is it time to stop?"""
        return time.process_time() > self.deadline

    def single(self, wrong: np.ndarray | None = None) -> tuple[list[Mistake], list[Mistake]]:
        """Mistakes that explain all components; and those that explain the wrong ones.

        An engine makes its mistake in all components. Somebody who derives each component by hand
        may have only one of them wrong. wrong: look at these only, of all that are wrong.
        """
        with np.errstate(all="ignore"):
            if not self.effects:
                now = time.process_time()
                self._try(until=now + _SCREENING * (self.deadline - now))
            wrong = self.wrong if wrong is None else wrong
            return self.verified(self._passed(wrong), wrong)

    # What each candidate would do at the first point ---------------------------------------------

    def _try(self, until: float) -> None:
        if self.screen is not None:
            for mistake in self.candidates:
                if time.process_time() > until:
                    break
                self.effects.append((mistake, self.screen.seen(mistake)))
            return
        truth = self.answers[0].truth[:, None]
        for some in batched(self.candidates, max(4, min(256, 100_000 // len(self.run.rows)))):
            if time.process_time() > until:
                break
            gradients = consequences(self.run, some)
            self.effects += zip(some, (gradients - truth).T, strict=True)

    def compared(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What effects are measured against: the truth, what was given, and how closely they must
        agree."""
        if self.screen is not None:
            return self.screen.truth, self.screen.given, self.screen.noise
        answer = self.answers[0]
        noise = 1e-8 * (np.abs(answer.given) + np.abs(answer.truth))
        return answer.truth, answer.given, noise + 1e-13 * (1.0 + abs(answer.value))

    def _passed(self, components: np.ndarray) -> list[Mistake]:
        """Those whose effect is what is wrong; and shares that are too large by some factor."""
        truth, given, noise = self.compared()
        wrong = components
        if self.screen is not None:
            wrong = np.array([not v[~components].any() for v in self.screen.directions])
            if not wrong.any():
                return []
        target = given - truth
        passed = []
        for mistake, effect in self.effects:
            if np.all(np.abs(effect - target)[wrong] <= noise[wrong]):
                passed.append(mistake)
            elif mistake.scaled is not None:
                c = _scale(effect[wrong], target[wrong], noise[wrong])
                if c is not None:
                    passed.append(mistake.scaled(c))
        return sorted(passed, key=lambda mistake: mistake.rank)

    def verified(
        self, some: Sequence[Mistake], wrong: np.ndarray
    ) -> tuple[list[Mistake], list[Mistake]]:
        """Those that explain the numbers at all points: all of them, or the wrong ones."""
        whole: list[Mistake] = []
        part: list[Mistake] = []
        work = len(self.run.rows) + len(self.answers[0].truth) // 20
        for these in batched(some, max(1, min(64, 50_000 // work))):
            if len(whole) + len(part) >= _ENOUGH or (whole and self.out_of_time()):
                break
            everywhere = np.ones(len(these), dtype=bool)
            where_wrong = np.ones(len(these), dtype=bool)
            for answer in self.answers:
                alive = np.flatnonzero(everywhere | where_wrong)
                if not alive.size:
                    break
                assert answer.run is not None
                same = answer.agrees(consequences(answer.run, [these[h] for h in alive]))
                everywhere[alive] &= same.all(axis=0)
                where_wrong[alive] &= same[wrong].all(axis=0)
            for h, mistake in enumerate(these):
                if everywhere[h]:
                    whole.append(mistake)
                elif where_wrong[h] and mistake.changes is not None:
                    part.append(mistake)
        return whole, part


Some = TypeVar("Some")


def batched(some: Iterable[Some], size: int) -> Iterator[list[Some]]:
    """The same, in lists of this length."""
    rest = iter(some)
    while batch := list(islice(rest, size)):
        yield batch


def _scale(lost: np.ndarray, target: np.ndarray, noise: np.ndarray) -> float | None:
    """If the loss of a share has the effect `lost`: the factor c for which c times the share has
    the effect `target`. None if there is none, if it is one that has a name of its own, or if it is
    nearly 1: nobody makes such a mistake, but finite differences may."""
    if not np.all(np.isfinite(lost)) or not np.any(np.abs(lost) > 10 * noise):
        return None
    times = float(lost @ target / (lost @ lost))
    if np.any(np.abs(times * lost - target) > (1 + abs(times)) * noise):
        return None
    c = 1.0 - times
    if min(abs(c - known) for known in (-1.0, 0.0, 0.5, 2.0)) < 1e-9 or abs(c - 1.0) < 0.01:
        return None
    return c
