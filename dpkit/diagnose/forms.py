"""The answer has the wrong shape. Which mistake brings just these numbers into just this shape?

An array of the wrong shape can be turned, summed, averaged or taken apart in a few ways until it
has the right one. If after one of them its numbers are right, at fresh points too, then what should
have been done and was not, or the other way round, is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from dpkit.answers import flat, items_of
from dpkit.diagnose.leaves import Leaf, listed, parts_of

if TYPE_CHECKING:
    from dpkit.diagnose.question import Question
    from dpkit.diagnose.result import Diagnosis

__all__ = ["explained"]

_TOLERANCE = 1e-7


@dataclass(frozen=True)
class _Finding:
    """What is known about the answer for one leaf."""

    leaf: Leaf
    kind: str
    sentence: str


def explained(question: Question, kind: str) -> Diagnosis | None:
    """What is behind trouble with the form of this kind, if that is "shape" or "missing".

    Returns None if nothing more than that is known.
    """
    if kind not in {"shape", "missing"} or question.raw is None:
        return None
    regrouped = _regrouped(question)
    if regrouped:
        return question.say(*regrouped)
    case = _Case(question)
    if not case.parts[-1] or all(part is None for part in case.parts[-1]):
        return None
    findings = case.findings()
    bad = [each for each in findings if each.kind not in {"correct", "unknown"}]
    if not bad:
        return None
    moved = _exchanged(bad)
    if moved:
        return question.say(moved.kind, moved.sentence + case.others(findings))
    told = [question.say(each.kind, each.sentence) for each in bad]
    first = question.say(bad[0].kind, bad[0].sentence + case.others(findings))
    return replace(first, also=tuple(told[1:]))


# The whole answer is grouped wrongly -----------------------------------------------------------------


def _regrouped(question: Question) -> tuple[str, str] | None:
    """Are the right numbers there, but not as a tuple with one gradient for each argument?"""
    raw, args = question.raw, question.args
    names = [
        next((leaf.name.partition("[")[0] for leaf in question.leaves if leaf.argument == n), "")
        for n in range(len(args))
    ]
    items = items_of(raw)
    if not question.several:
        if items is not None and len(items) == 1 and _right(question, lambda raw: raw[0]):
            kind = type(raw).__name__
            return "shape", (
                f"the numbers are right, but they came wrapped in a {kind} of one. With one "
                "argument, its gradient itself is expected."
            )
        return None
    if type(raw) is dict and set(map(str, raw)) == set(names):
        if _right(question, lambda raw: tuple(raw[name] for name in names)):
            return "shape", (
                "the numbers are right, but they came as a dict. Return a tuple, in the order of "
                f"the arguments: {', '.join(names)}."
            )
    if type(raw) is np.ndarray and raw.size == question.truth.size:
        if _right(question, lambda raw: raw.ravel()):
            return "shape", (
                "the numbers are right, but they came in one array. Return a tuple with one "
                f"gradient for each of the {len(args)} arguments, each in its shape."
            )
    return _some_of_them(question, names, [raw] if items is None else items)


def _right(question: Question, change: Callable[[Any], Any]) -> bool:
    """Are the numbers right at all points, once the answer has been changed?"""
    for sample, noise in zip(question.samples, question.noises, strict=True):
        try:
            given = flat(change(sample.plain))
        except (TypeError, KeyError, IndexError):
            return False
        if given is None or not _close(given, sample.truth, noise):
            return False
    return True


def _some_of_them(question: Question, names: list[str], items: list[Any]) -> Any:
    """Do fewer gradients than arguments come back, each that of some argument?"""
    args = question.args
    if not 0 < len(items) < len(args):
        return None
    slices = [
        slice(mine[0].part.start, mine[-1].part.stop)
        for n in range(len(args))
        if (mine := [leaf for leaf in question.leaves if leaf.argument == n])
    ]
    single = items_of(question.raw) is None
    found = []
    for k in range(len(items)):
        for n, part in enumerate(slices):

            def own(raw: Any, k: int = k) -> Any:
                return raw if single else raw[k]

            if n not in found and _right_part(question, own, part):
                found.append(n)
                break
        else:
            return None
    missing = [name for n, name in enumerate(names) if n not in found]
    here = [names[n] for n in found]
    return "shape", (
        f"the function has {len(args)} arguments, and {len(items)} gradient"
        f"{'s' * (len(items) > 1)} came back: right numbers, with respect to {listed(here)}. The "
        f"gradient with respect to {listed(missing)} is missing."
    )


def _right_part(question: Question, own: Callable[[Any], Any], part: slice) -> bool:
    for sample, noise in zip(question.samples, question.noises, strict=True):
        try:
            given = flat(own(sample.plain))
        except (TypeError, IndexError, KeyError):
            return False
        if given is None or not _close(given, sample.truth[part], noise[part]):
            return False
    return True


def _close(given: np.ndarray, truth: np.ndarray, noise: np.ndarray) -> bool:
    if given.shape != truth.shape:
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(given - truth) <= _TOLERANCE * np.abs(truth) + noise))


# One array is formed wrongly -------------------------------------------------------------------------


class _Case:
    """The answers at all points, leaf by leaf."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.samples, self.noises = question.samples, question.noises
        self.parts = [parts_of(sample.plain, question.args) for sample in self.samples]

    def findings(self) -> list[_Finding]:
        """What is known about each leaf."""
        return [self._finding(n, leaf) for n, leaf in enumerate(self.question.leaves)]

    def others(self, findings: Sequence[_Finding]) -> str:
        """Sentences about the leaves whose form is right."""
        said = ""
        for kind, word in (("correct", "right"), ("unknown", "in the right form, but wrong")):
            names = [each.leaf.name for each in findings if each.kind == kind]
            if names:
                s, verb = ("s", "are") if len(names) > 1 else ("", "is")
                said += f" The gradient{s} with respect to {listed(names)} {verb} {word}."
        return said

    def truths(self, leaf: Leaf) -> list[np.ndarray]:
        return [sample.truth[leaf.part].reshape(leaf.shape) for sample in self.samples]

    def fits(self, given: Sequence[np.ndarray], leaf: Leaf) -> bool:
        """Are these, one for each point, the gradients with respect to the leaf?"""
        return all(
            _close(each.ravel(), sample.truth[leaf.part], noise[leaf.part])
            for each, sample, noise in zip(given, self.samples, self.noises, strict=True)
        )

    def _finding(self, n: int, leaf: Leaf) -> _Finding:
        given = [parts[n] for parts in self.parts]
        here = given[-1]
        to = f"with respect to {leaf.name}" if len(self.question.leaves) > 1 else "that came back"
        subject = f"the gradient {to}"
        if here is None:
            return _Finding(leaf, "missing", f"{subject} is missing.")
        same = [each for each in given if each is not None and each.shape == here.shape]
        if len(same) < len(given):
            return _Finding(leaf, "shape", f"{subject} has another shape at every point.")
        if here.shape == leaf.shape:
            if self.fits(same, leaf):
                return _Finding(leaf, "correct", "")
            found = self._another(leaf, same)
            return found or _Finding(leaf, "unknown", "")
        for way in chain(
            self._contracted(leaf, same), self._rearranged(leaf, same),
            self._summed(leaf, same), self._too_far(leaf, same),
        ):  # fmt: skip
            kind, sentence = way
            return _Finding(leaf, kind, f"{_shapes(subject, leaf, here)}. {sentence}")
        found = self._another(leaf, same)
        if found:
            return found
        return _Finding(leaf, "shape", (
            f"{_shapes(subject, leaf, here)}, and neither turned, summed nor taken apart are its "
            "numbers the right ones."
        ))  # fmt: skip

    def _another(self, leaf: Leaf, given: list[np.ndarray]) -> _Finding | None:
        """Is this the gradient with respect to another argument?"""
        for other in self.question.leaves:
            if other is not leaf and other.shape == given[-1].shape and self.fits(given, other):
                return _Finding(leaf, "wrong_argument", (
                    f"what came back for {leaf.name} is the gradient with respect to {other.name}."
                ))  # fmt: skip
        return None

    def _contracted(self, leaf: Leaf, given: list[np.ndarray]) -> Iterator[tuple[str, str]]:
        """The Jacobian itself, where its product with g is asked for."""
        weights = self.question.true.weights
        rank = given[-1].ndim - len(leaf.shape)
        value = given[-1].shape[: max(rank, 0)]
        if weights is None or rank < 1 or int(np.prod(value, dtype=int)) != weights.size:
            return
        products = [np.tensordot(weights.reshape(value), each, rank) for each in given]
        if self.fits(products, leaf) and np.ptp(weights):
            yield (
                "not_upstream",
                (
                    "It is the Jacobian, and right; asked for is its product with what comes from above."
                ),
            )

    def _rearranged(self, leaf: Leaf, given: list[np.ndarray]) -> Iterator[tuple[str, str]]:
        """The right numbers, in other places."""
        here = given[-1]
        if here.size != leaf.size:
            return
        if self.fits(given, leaf):
            if not leaf.shape:
                yield "shape", "Its number is right; take it out of the array or list."
            elif here.ndim > len(leaf.shape):
                yield "shape", "Its numbers are right; there is an axis of length 1 too many."
            elif here.ndim < len(leaf.shape):
                yield "shape", "Its numbers are right; they only need to be reshaped."
            else:
                yield "shape", "Its numbers are right; only their arrangement in axes is not."
            return
        for order in permutations(range(here.ndim)) if here.ndim <= 4 else ():
            turned = [each.transpose(order) for each in given]
            if turned[-1].shape == leaf.shape and self.fits(turned, leaf):
                if here.ndim == 2:
                    yield "transposed", "It is transposed: once turned, it is right."
                else:
                    yield "transposed", f"With its axes in the order {order}, it is right."
                return
        if self.fits([each.reshape(leaf.shape[::-1]).T for each in given], leaf):
            yield "transposed", "Read column by column, its numbers are right."

    def _summed(self, leaf: Leaf, given: list[np.ndarray]) -> Iterator[tuple[str, str]]:
        """Axes that should have been summed over, and were not."""
        here = given[-1]
        if here.size <= leaf.size or here.ndim > 6:
            return
        for axes in _choices(here.ndim):
            rest = [n for m, n in enumerate(here.shape) if m not in axes]
            count = int(np.prod([here.shape[m] for m in axes], dtype=int))
            if sorted(n for n in rest if n != 1) != sorted(n for n in leaf.shape if n != 1):
                continue
            along = _along(axes, here.shape)
            if all(np.ptp(each, axis=axes).max() == 0 for each in given):
                first = [each.max(axis=axes) for each in given]
                if self.fits(first, leaf):
                    yield (
                        "shape",
                        (
                            f"Its numbers are right, but repeated along {along}, as broadcasting does."
                        ),
                    )
                    return
            for factor, more in _scales(count):
                sums = [factor * each.sum(axis=axes) for each in given]
                if self.fits(sums, leaf):
                    yield "not_summed", f"Summed over {along}, its numbers are right{more}."
                    return
                if self.fits([each.T for each in sums], leaf):
                    yield (
                        "not_summed",
                        (f"Summed over {along} and transposed, its numbers are right{more}."),
                    )
                    return
            if len(axes) == 1:
                found = self._entry(leaf, given, axes[0])
                if found is not None:
                    yield "shape", f"Only entry {found} along {along} is the right gradient."
                    return

    def _entry(self, leaf: Leaf, given: list[np.ndarray], axis: int) -> int | None:
        """The one entry along an axis that is right by itself."""
        for k in {0, given[-1].shape[axis] - 1}:
            if self.fits([each.take(k, axis=axis) for each in given], leaf):
                return k
        return None

    def _too_far(self, leaf: Leaf, given: list[np.ndarray]) -> Iterator[tuple[str, str]]:
        """Axes that were summed over, averaged, or lost, and should not have been."""
        here, truths = given[-1], self.truths(leaf)
        if here.size >= leaf.size or len(leaf.shape) > 6:
            return
        for axes in _choices(len(leaf.shape)):
            along = _along(axes, leaf.shape)
            for reduce, word in ((np.sum, "summed"), (np.mean, "averaged")):
                rests = [reduce(each, axis=axes) for each in truths]
                if rests[-1].size != here.size:
                    continue
                if self._same(given, rests) or self._same(given, [each.T for each in rests]):
                    yield (
                        ("shape" if word == "summed" else "averaged"),
                        (
                            f"It is {word} over {along} of the argument, each entry of which has a "
                            "derivative of its own."
                        ),
                    )
                    return
        for axis, length in enumerate(leaf.shape):
            for k in {0, length - 1}:
                entries = [each.take(k, axis=axis) for each in truths]
                if entries[-1].size == here.size and self._same(given, entries):
                    yield "shape", f"It is entry {k} along axis {axis} alone; the others are lost."
                    return

    def _same(self, given: list[np.ndarray], other: list[np.ndarray]) -> bool:
        """Up to rounding, which in a sum goes as far as in its terms."""
        for one, two, noise in zip(given, other, self.noises, strict=True):
            slack = _TOLERANCE * np.abs(two) + np.max(noise, initial=0.0) * 8
            if not np.all(np.abs(one.ravel() - two.ravel()) <= slack.ravel()):
                return False
        return True


def _exchanged(bad: Sequence[_Finding]) -> _Finding | None:
    """Gradients that all are right, but for other arguments than the one they came for."""
    if len(bad) < 2 or any(each.kind != "wrong_argument" for each in bad):
        return None
    names = [each.leaf.name for each in bad]
    came = [each.sentence.rpartition(" ")[2].rstrip(".") for each in bad]
    if sorted(names) != sorted(came):
        return None
    return _Finding(bad[0].leaf, "swapped", (
        f"the gradients are right, but in another order: where those with respect to "
        f"{listed(names)} are expected, those with respect to {listed(came)} came back."
    ))  # fmt: skip


# Small things ----------------------------------------------------------------------------------------


def _shapes(subject: str, leaf: Leaf, here: np.ndarray) -> str:
    wanted = f"the shape of the argument, {leaf.shape}" if leaf.shape else "a number"
    verb = "have" if leaf.shape else "be"
    return f"{subject} should {verb} {wanted}; one of shape {here.shape} came back"


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """All choices of at least one of so many axes, the smaller first."""
    for many in range(1, count + 1):
        yield from combinations(range(count), many)


def _along(axes: Sequence[int], shape: Sequence[int]) -> str:
    if len(axes) == len(shape) and len(shape) > 1:
        return "all axes"
    words = [f"axis {m} (of length {shape[m]})" for m in axes]
    return listed(words)


def _scales(count: int) -> list[tuple[float, str]]:
    return [
        (1.0, ""),
        (1.0 / count, f", if they are divided by its length, {count}, as well"),
        (-1.0, " but for their sign"),
    ]
