"""Mistakes that one sees in the gradient as a whole, without the program.

What came back may be everything that it should be but for one simple thing: a sign, a scale, the
order, a limit, something added (`dpkit.diagnose.wholes.laws`). Each such law is tried on the whole
gradient, and where only some of the arguments, or only some of the numbers, are wrong, on these
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dpkit.diagnose.leaves import Leaf, entry_name, listed
from dpkit.diagnose.question import Question
from dpkit.diagnose.sites import IN_PART, Mistake
from dpkit.diagnose.wholes.laws import laws_obeyed
from dpkit.diagnose.wholes.part import Part

__all__ = ["of_a_part", "of_the_whole"]


def of_the_whole(question: Question) -> Iterator[Mistake]:
    """Mistakes that explain the whole gradient; or, if there are none, the parts that are wrong."""
    whole = Part(question, np.arange(question.truth.size), "the whole gradient")
    with np.errstate(all="ignore"):
        found = [*laws_obeyed(whole), *_of_several(question)]
        yield from found
        if any(mistake.rank < 5.0 for mistake in found):
            return
        yield from _in_parts(question)


def of_a_part(question: Question, wrong: np.ndarray) -> Iterator[Mistake]:
    """Mistakes that explain the components that are wrong; shape (n,), bool."""
    places = np.flatnonzero(wrong)
    leaf = next(
        (leaf for leaf in question.leaves
         if leaf.part.start <= places[0] and places[-1] < leaf.part.stop), None,
    )  # fmt: skip
    whole = leaf is not None and places.size == leaf.size
    words = f"the gradient with respect to {leaf.name}" if leaf and whole else "these derivatives"
    if leaf and not whole and places.size == 1 and leaf.size > 1:
        words = "this derivative"
    with np.errstate(all="ignore"):
        yield from laws_obeyed(Part(question, places, words, leaf if whole else None))


def _in_parts(question: Question) -> Iterator[Mistake]:
    """Where some arguments are right and others wrong, or all wrong in their own ways."""
    wrong = np.any([~each.agrees(each.truth) for each in question.answers], axis=0)
    bad = [leaf for leaf in question.leaves if wrong[leaf.part].any()]
    explained: list[tuple[Leaf, Mistake]] = []
    for leaf in bad if len(bad) <= 6 else ():
        places = np.arange(leaf.part.start, leaf.part.stop)
        if leaf.size == 1 and len(question.leaves) == 1:
            return
        words = f"the gradient with respect to {leaf.name}"
        found = sorted(laws_obeyed(Part(question, places, words, leaf)), key=lambda h: h.rank)
        if not found:
            found = sorted(of_a_part(question, _only(wrong, leaf)), key=lambda h: h.rank)
            found = [_said_of(wrong, leaf, mistake) for mistake in found]
        explained += [(leaf, found[0])] if found else []
        if len(bad) == 1:
            if len(question.leaves) == 1:
                yield from (replace(mistake, rank=mistake.rank + IN_PART) for mistake in found)
            else:
                yield from (_only_here(mistake) for mistake in found)
            return
    if not explained or len(explained) < len(bad):
        return
    first = min((mistake for _, mistake in explained), key=lambda h: h.rank)
    sentences = list(dict.fromkeys(mistake.sentence for _, mistake in explained))
    yield replace(first, sentence="; ".join(sentences), rank=5.5)


def _only(wrong: np.ndarray, leaf: Leaf) -> np.ndarray:
    mask = np.zeros_like(wrong)
    mask[leaf.part] = wrong[leaf.part]
    return mask


def _said_of(wrong: np.ndarray, leaf: Leaf, mistake: Mistake) -> Mistake:
    """The mistake with the names of the numbers that it concerns."""
    places = np.flatnonzero(_only(wrong, leaf)) - leaf.part.start
    names = [entry_name(leaf, k) for k in places.tolist()]
    s, verb = ("", "is") if len(names) == 1 else ("s", "are")
    return replace(
        mistake,
        sentence=f"of {leaf.name}, only the derivative{s} with respect to {listed(names)} {verb} "
        f"wrong: {mistake.sentence}",
        rank=mistake.rank + IN_PART,
    )


def _only_here(mistake: Mistake) -> Mistake:
    sentence = mistake.sentence
    if sentence.startswith("the gradient with respect to"):
        sentence = f"all else is right, but {sentence}"
    return replace(mistake, sentence=sentence, rank=mistake.rank + IN_PART)


# Several arguments -----------------------------------------------------------------------------------


def _of_several(question: Question) -> Iterator[Mistake]:
    """Gradients with respect to other arguments than the one they came for."""
    leaves = question.leaves
    alike: dict[tuple[int, ...], list[int]] = {}
    for n, leaf in enumerate(leaves):
        alike.setdefault(leaf.shape, []).append(n)

    def came(n: int, m: int) -> bool:
        """Did the gradient with respect to leaf m come back for leaf n?"""
        return question.explains(lambda a: a.truth[leaves[m].part], leaves[n].part)

    # Of hundreds of leaves there are many pairs; the first number of each tells most of them apart.
    here = question.answers[0]
    starts = [min(leaf.part.start, len(here.truth) - 1) for leaf in leaves]
    given, truth = here.given[starts], here.truth[starts]
    near = 1e-3 * np.abs(given) + 1e-9 * np.max(np.abs(here.given), initial=0.0)
    wrong = [n for n in range(len(leaves)) if not came(n, n)]
    source: dict[int, int] = {}
    for n in wrong:
        close = np.abs(truth - given[n]) <= near[n]
        others = (m for m in alike[leaves[n].shape] if m != n and close[m] and came(n, m))
        m = next(others, None)
        if m is None:
            return
        source[n] = m
    if not wrong:
        return
    if sorted(source) == sorted(source.values()):
        names = [leaves[n].name for n in sorted(source)]
        if len(source) == 2:
            sentence = f"the gradients with respect to {listed(names)} changed places"
        else:
            instead = [leaves[source[n]].name for n in sorted(source)]
            sentence = (
                f"the gradients came in another order: where those with respect to {listed(names)} "
                f"are expected, those with respect to {listed(instead)} came back"
            )
        yield Mistake("swapped", sentence, 1.7)
        return
    words = [
        f"what came back for {leaves[n].name} is the gradient with respect to {leaves[m].name}"
        for n, m in source.items()
    ]
    yield Mistake("wrong_argument", "; ".join(words[:3]), 1.75)
