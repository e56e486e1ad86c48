"""Answers that are unusually alike: a hint for a person who then looks, and nothing else.

Two answers are *alike* when at least `ALIKE` of their code is the same, after everything that says
nothing has been taken out: comments, texts, layout, the names that students choose, and whatever the
lab itself showed them. They are *unusually* alike when, besides, hardly anybody else wrote the same,
and neither is what the lab's authors wrote: a short right answer has few forms, and what many write
nobody need have copied. The distance is the number of tokens to insert and delete (rapidfuzz's
`Indel`), so a copy with a line moved or added is still near.

Sources are split into tokens, never parsed and never run; long ones are left out.
"""

from __future__ import annotations

import builtins
import keyword
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from autograder.harmless import SLOW, without_line_ends

__all__ = ["Alike", "Pair", "tokens", "unusually_alike"]

ALIKE = 0.85  # of the tokens of both
FEWEST_TOKENS = 40  # of the student's own: a shorter answer has few forms
FEWEST_ANSWERS = 10  # to know what is usual
CROWD = 3, 0.05  # an answer that more students than this, or a larger share of them, have is usual
ENOUGH_TOKENS = 120  # unusually alike, in one long answer or several shorter ones
MOST_CHARACTERS, MOST_TOKENS = 20_000, 3_000
RUN = 8  # tokens in a row that stand in the lab's own code are not the student's

SILENT = ("Token.Comment", "Token.Text", "Token.Literal.String.Doc")
KEPT = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self"}


@dataclass(frozen=True)
class Alike:
    """One exercise of a pair: what both wrote. `likeness`: `ALIKE` to 1; `size`: tokens of the shorter."""

    name: str
    likeness: float
    size: int
    sources: tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Two students whose answers are unusually alike, in these exercises."""

    students: tuple[str, str]
    answers: tuple[Alike, ...]

    @property
    def size(self) -> int:
        """Tokens that are unusually alike, in all."""
        return sum(answer.size for answer in self.answers)

    def to_json(self) -> dict[str, Any]:
        return {
            "students": list(self.students),
            "answers": [
                {"answer": a.name, "likeness": round(a.likeness, 3), "tokens": a.size}
                for a in self.answers
            ],
        }


def unusually_alike(
    answers: Mapping[str, Mapping[str, str]],
    *,
    shown: Iterable[str] = (),
    authors: Iterable[str] = (),
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> list[Pair]:
    """The pairs to look at, the largest likeness first.

    Args:
        answers: {name of an answer: {student: source}}.
        shown: code that the lab gave everybody.
        authors: right answers that the lab's authors wrote: whoever has the same came there alone.
    """
    lab = _Lab(shown)
    known = [own for source in authors if len(own := lab.own(source)) >= FEWEST_TOKENS]
    found: dict[tuple[str, str], list[Alike]] = defaultdict(list)
    for done, (name, sources) in enumerate(answers.items()):
        progress("comparing", done, len(answers))
        for students, likeness, size in _alike({s: lab.own(t) for s, t in sources.items()}, known):
            both = sources[students[0]], sources[students[1]]
            found[students].append(Alike(name, likeness, size, both))
    progress("comparing", len(answers), len(answers))
    pairs = [Pair(students, tuple(alike)) for students, alike in found.items()]
    worth = [pair for pair in pairs if pair.size >= ENOUGH_TOKENS]
    return sorted(worth, key=lambda pair: (-pair.size, pair.students))


def _alike(
    answers: Mapping[str, str], known: Sequence[str]
) -> Iterator[tuple[tuple[str, str], float, int]]:
    """((one student, another), likeness, tokens) of those who are unusually alike in one answer."""
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    long = {s: own for s, own in answers.items() if len(own) >= FEWEST_TOKENS}
    if len(long) < FEWEST_ANSWERS:
        return
    students, texts = sorted(long), [long[student] for student in sorted(long)]

    def near(others: Sequence[str]) -> np.ndarray:
        return cdist(
            texts, others, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, dtype=np.float32
        )

    likeness = near(texts)
    company = (likeness > 0).sum(axis=1)  # with themselves
    usual = company > max(CROWD[0], CROWD[1] * len(students))
    if known:
        usual |= (near(known) > 0).any(axis=1)
    likeness[usual] = 0
    likeness[:, usual] = 0
    for i, j in zip(*np.nonzero(np.triu(likeness, 1)), strict=True):
        size = min(len(texts[i]), len(texts[j]))
        yield (students[i], students[j]), float(likeness[i, j]), size


class _Lab:
    """What the lab showed everybody, and what remains of an answer without it."""

    def __init__(self, shown: Iterable[str]):
        given = [list(tokens(source)) for source in shown]
        self.names = {token for text in given for token in text if token.isidentifier()}
        self.letters: dict[str, str] = {}
        self.runs = {run for text in given for run in _runs(self._spelt(text))}

    def own(self, source: str) -> str:
        """One character for each token that is the student's own; "" for a source that is too long."""
        text = self._spelt(tokens(source))
        if len(text) > MOST_TOKENS:
            return ""
        mine = np.ones(len(text), dtype=bool)
        for place, run in enumerate(_runs(text)):
            if run in self.runs:
                mine[place : place + RUN] = False
        return "".join(c for c, keep in zip(text, mine, strict=True) if keep)

    def _spelt(self, words: Iterable[str]) -> str:
        """A text in which every token is one character; a name of the student's own is `a name`."""
        letters = []
        for word in words:
            if word.isidentifier() and word not in KEPT and word not in self.names:
                word = "a name"
            letters.append(self.letters.setdefault(word, chr(0x1000 + len(self.letters) % 0xB000)))
        return "".join(letters)


def _runs(text: str) -> list[str]:
    return [text[place : place + RUN] for place in range(len(text) - RUN + 1)]


def tokens(source: str) -> Iterator[str]:
    """The words of Python code, whether it is Python or not: names, numbers, signs, and "a text" for
    each text; no comment and no docstring. Nothing of a source that is too long."""
    from pygments.lexers import PythonLexer

    if len(source) > MOST_CHARACTERS:
        return
    text = False
    source = SLOW.sub("%", without_line_ends(source))
    lexed = PythonLexer().get_tokens_unprocessed(source)
    for _, kind, word in islice(lexed, 10 * MOST_TOKENS):
        name = str(kind)
        if name.startswith("Token.Literal.String") and not name.endswith("Doc"):
            if not text:
                yield "a text"
            text = True
            continue
        text = False
        if word.strip() and not name.startswith(SILENT):
            yield word
