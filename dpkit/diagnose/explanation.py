"""The last question: which mistake explains the numbers, where is it, and how sure are we?

Candidates are looked at in the order in which they are likely: mistakes of the whole, single
mistakes on the program, ways of computing, other programs; and then single mistakes for each
argument by itself, and pairs. The first of these groups in which something explains the numbers
gives the answer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dpkit.answers import component_names
from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.composed import faults_of_composed
from dpkit.diagnose.leaves import entry_name
from dpkit.diagnose.pairs import pairs
from dpkit.diagnose.question import Question
from dpkit.diagnose.result import Diagnosis
from dpkit.diagnose.search import Search, consequences
from dpkit.diagnose.sites import IN_PART, Mistake
from dpkit.diagnose.values import other_values
from dpkit.diagnose.wholes import of_a_part, of_the_whole
from dpkit.diagnose.wholes.numerics import last_resorts

__all__ = ["explanation", "until"]

_OF_THE_TIME = 0.5  # that is left, for each of the larger searches
_OF_A_PAIR = 0.4  # confidence
_MANY = 8  # wrong arguments, beyond which they are not looked at one by one
_MUCH_LIKELIER = 2.0  # by this much in rank: then the others are named, but do not count


def until(started: float, seconds: float) -> float:
    """When a search must end that began with questions at `started`. However long these took, half
    of the time is for thinking."""
    return max(started + seconds, time.process_time() + seconds / 2)


def explanation(question: Question, prefer: tuple[str, ...], deadline: float) -> Diagnosis:
    """The likeliest mistake that reproduces the numbers at all points, or "unknown"."""
    wrong = np.any([~each.agrees(each.truth) for each in question.answers], axis=0)
    found = list(of_the_whole(question))
    now = time.process_time()
    search = None
    if all(each.run is not None for each in question.answers):
        search = Search(question.answers, wrong, now + _OF_THE_TIME * (deadline - now))
        whole, part = search.single()
        if not whole and not found:
            whole = faults_of_composed(question.answers, wrong, search.deadline)
        if any(h.kind == "zero" for h in found):
            part = []  # that says it better
        found += whole or [_in_part(question, mistake, wrong) for mistake in part]
    found = found or list(last_resorts(question))
    if search is not None and not found:
        now = time.process_time()
        end = now + _OF_THE_TIME * (deadline - now)
        whole, part = other_values(question.answers, wrong, end)
        found = whole or [_in_part(question, mistake, wrong) for mistake in part]
    if found:
        return _told(question, _of_zeros(question, wrong, found), prefer)
    if search is not None:
        search.deadline = deadline
        several = _part_by_part(question, search, wrong)
        if not several or len(several[0]) > 2:
            several = pairs(search) or several
        if several:
            return _told_together(question, several)
    return _unknown(question, wrong)


def _of_zeros(question: Question, wrong: np.ndarray, found: list[Mistake]) -> list[Mistake]:
    """If what is wrong is exactly zero, then something is missing. (Where labels are 0 or 1, terms
    such as y (1 - y) are zero too, and wrong rules may lead to them; nobody thinks that way.)"""
    if any(np.any(each.given[wrong]) for each in question.answers):
        return found
    return [h for h in found if h.kind in ("zero", "missing_term", "overwritten")] or found


# What is said -------------------------------------------------------------------------------------


def _told(question: Question, found: list[Mistake], prefer: tuple[str, ...]) -> Diagnosis:
    """The likeliest of several explanations, with the others beside it."""
    found.sort(key=lambda h: (h.kind not in prefer, h.rank))
    kinds = {h.kind for h in found if h.rank < found[0].rank + _MUCH_LIKELIER}
    confidence = 1.0 / len(kinds) if len(question.answers) > 1 else 0.5 / len(kinds)
    likely: dict[tuple[str, str], Mistake] = {}
    for h in found:
        likely.setdefault((h.kind, h.where), h)  # of one mistake in several words, take the best
    best = found[0]
    # What was seen without the program adds nothing, if the program shows where it is.
    told = [h for h in likely.values()
            if h is best or h.changes or h.sweep or h.kind != best.kind]  # fmt: skip
    first, *rest = [_diagnosis(question, h, confidence) for h in told]
    return replace(first, alternatives=tuple(rest[:5]))


def _told_together(question: Question, several: list[tuple[Mistake, ...]]) -> Diagnosis:
    """Mistakes that only together explain the numbers. Where there are many pairs of candidates,
    chance may find one, so less is claimed than for a single mistake."""
    kinds = {tuple(h.kind for h in some) for some in several}
    confidence = _OF_A_PAIR / len(kinds)
    told = []
    for some in several[:6]:
        first, *others = [_diagnosis(question, h, confidence) for h in some]
        told.append(replace(first, also=tuple(others)))
    return replace(told[0], alternatives=tuple(told[1:]))


def _diagnosis(question: Question, mistake: Mistake, confidence: float) -> Diagnosis:
    return replace(
        question.say(mistake.kind, mistake.sentence + ".", confidence=confidence),
        where=mistake.where,
        line=mistake.line,
        operation=mistake.operation,
    )


def _unknown(question: Question, wrong: np.ndarray) -> Diagnosis:
    """Say what can be said: which components are wrong, and how far the worst is off."""
    here = question.answers[-1]
    message = CATALOGUE["unknown"].sentence + "."
    if not wrong.all() and wrong.any():
        message += (
            f" Right with respect to {_named(question, ~wrong)}; wrong with respect to "
            f"{_named(question, wrong)}."
        )
    difference = np.abs(here.given - here.truth)
    if np.any(difference > 0):
        worst = int(np.nanargmax(difference))
        message += (
            f" The largest difference is in {_name_of(question, worst)}: "
            f"{here.given[worst]:.6g} came back, and the derivative is {here.truth[worst]:.6g}."
        )
    message = f"{message} {question.remark()}".rstrip()
    return question.say("unknown", message, confidence=0.0)


def _name_of(question: Question, k: int) -> str:
    leaf = next(leaf for leaf in question.leaves if leaf.part.start <= k < leaf.part.stop)
    return entry_name(leaf, k - leaf.part.start)


# Some arguments are right, others are wrong --------------------------------------------------------


def _parts(question: Question) -> list[slice]:
    """Where in the flat gradient the numbers of each argument are, or of each array in one."""
    run = question.answers[0].run
    if run is None:
        return [slice(0, len(question.answers[0].truth))]
    return run.parts


def _named(question: Question, chosen: np.ndarray) -> str:
    """The names of these components; of an array that is chosen whole, the name of the array."""
    names = component_names(question.f, question.args)
    words = []
    for part in _parts(question):
        if chosen[part].all() and part.stop - part.start > 1:
            words.append(names[part.start].rpartition("[")[0])
        else:
            words += [names[k] for k in np.flatnonzero(chosen) if part.start <= k < part.stop]
    return ", ".join(words[:4]) + " …" * (len(words) > 4)


def _in_part(question: Question, mistake: Mistake, wrong: np.ndarray) -> Mistake:
    """A mistake that was made in some components only: so by hand, not by an engine."""
    kind = mistake.kind
    if kind == "overwritten" and mistake.changes and not _of_arrays(question, mistake, wrong):
        kind = "missing_term"  # or other numbers would have been lost as well
    which = _named(question, wrong)
    subject = "derivative" if int(wrong.sum()) == 1 else "derivatives"
    verb = "is" if int(wrong.sum()) == 1 else "are"
    sentence = f"only the {subject} with respect to {which} {verb} wrong: {mistake.sentence}"
    return replace(mistake, kind=kind, sentence=sentence, rank=mistake.rank + IN_PART)


def _of_arrays(question: Question, mistake: Mistake, wrong: np.ndarray) -> bool:
    """Does the mistake explain whole arrays, and not only the wrong numbers in them?"""
    whole = np.zeros(len(wrong), dtype=bool)
    for part in _parts(question):
        whole[part] = wrong[part].any()
    if whole.sum() == wrong.sum():
        return mistake.scaled is None
    return all(
        bool(np.all(each.agrees(consequences(each.run, [mistake])[:, 0])[whole]))
        for each in question.answers
        if each.run is not None
    )


def _part_by_part(
    question: Question, search: Search, wrong: np.ndarray
) -> list[tuple[Mistake, ...]]:
    """Mistakes that were made in one argument and not in another, as few as explain all of them;
    empty, if an argument has no explanation."""
    explained: list[tuple[np.ndarray, dict[tuple[str, ...], Mistake]]] = []
    for part in _wrong_parts(question, wrong):
        if search.out_of_time():
            return []
        whole, some = search.single(part)
        found: dict[tuple[str, ...], Mistake] = {}
        for h in sorted(whole + some, key=lambda h: -h.rank) or of_a_part(question, part):
            found[h.kind, h.where, h.sentence] = h
        if not found:
            return []
        explained.append((part, found))
    chosen: list[Mistake] = []
    while explained:
        counts = Counter(key for _, found in explained for key in found)
        known = {key: h for _, found in explained for key, h in found.items()}
        best = min(counts, key=lambda key: (-counts[key], known[key].rank))
        parts = [part for part, found in explained if best in found]
        mistake = known[best]
        if mistake.changes is not None:  # else its sentence says which argument it is about
            mistake = _in_part(question, mistake, np.any(parts, axis=0))
        chosen.append(mistake)
        explained = [(part, found) for part, found in explained if best not in found]
    return [tuple(chosen)] if 1 < len(chosen) <= 4 else []


def _wrong_parts(question: Question, wrong: np.ndarray) -> Iterator[np.ndarray]:
    parts: Sequence[slice] = _parts(question)
    if sum(bool(wrong[part].any()) for part in parts) > _MANY:
        return
    for part in parts:
        if wrong[part].any():
            mask = np.zeros(len(wrong), dtype=bool)
            mask[part] = wrong[part]
            yield mask
