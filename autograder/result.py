"""What comes out of marking an exercise: plain data, to be kept, counted and shown."""

from __future__ import annotations

import builtins
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.errors import KINDS

if TYPE_CHECKING:
    from dpkit.diagnose import Diagnosis

__all__ = ["Finding", "Result", "cut", "plain"]


@dataclass
class Finding:
    """One part of an exercise, after marking: plain data only.

    got, expected, given, where, picture: the evidence (see `Mark.fail`). function: the name of the
    student's own function that is in question, where the exercise knows it.
    The rest is known where a gradient was diagnosed. title: the mistake's name. certainty:
    "unique", "one of several" or "unknown"; sure: the same in a sentence. also: further mistakes
    made at the same time, and alternatives: other mistakes with the same consequence, a sentence
    each. operation: as in `dpkit.rules`. hints: three tiers. reread: the section of the notes about
    this mistake.
    comparison: got, expected and their difference as a picture.
    """

    part: str
    points: float
    earned: float = 0.0
    kind: str = "correct"
    message: str = ""
    got: Any = None
    expected: Any = None
    given: Any = None
    where: str = ""
    picture: str = ""
    traceback: str = ""
    hidden: bool = False
    function: str = ""
    title: str = ""
    certainty: str = ""
    sure: str = ""
    also: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    operation: str = ""
    hints: list[str] = field(default_factory=list)
    reread: str = ""
    comparison: str = ""

    @property
    def ok(self) -> bool:
        return self.kind == "correct"

    def diagnosed(self, diagnosis: Diagnosis) -> None:
        """Take over what a diagnosis says, save the evidence."""
        from dpkit.diagnose.picture.panel import certainty

        self.title = diagnosis.title
        self.certainty = diagnosis.certainty
        self.also = [cut(each.message) for each in diagnosis.also[:MOST_OTHERS]]
        self.sure = certainty(diagnosis)
        others = dict.fromkeys(str(each) for each in diagnosis.alternatives)
        self.alternatives = [cut(each) for each in others][:MOST_OTHERS]
        self.operation = diagnosis.operation
        self.hints = [cut(hint) for hint in diagnosis.hints]
        self.reread = diagnosis.reread
        drawn = diagnosis.picture
        if drawn is not None and len(drawn.svg) <= MOST_PICTURE:
            self.comparison = drawn.svg

    def without_numbers(self) -> Finding:
        """What may be told of a hidden case: what kind of mistake it is, and what helps against it.

        Not where: that quotes the hidden function. A sentence that quotes code or tells numbers
        gives way to the catalogue's.
        """
        shown = replace(
            self, got=None, expected=None, given=None, where="", picture="", comparison=""
        )
        if self.certainty:
            from dpkit.diagnose import CATALOGUE, Diagnosis

            bare = Diagnosis(self.kind, self.message, operation=self.operation)
            shown.hints = list(bare.hints)
            shown.also, shown.alternatives, shown.sure = [], [], ""
            if re.search(r"[`\d]", self.message):
                sentence = CATALOGUE[self.kind].sentence
                shown.message = f"{sentence[:1].upper()}{sentence[1:]}."
        elif self.kind in KINDS or self.kind == "unreadable":
            # The words are the student's program's: it could tell there what it was asked.
            shown.message, shown.traceback = _in_general(self.kind, self.message), ""
        return shown


def _in_general(kind: str, message: str) -> str:
    """What happened in a hidden case, in no words of the student's program's but the name of one of
    Python's own exceptions."""
    name = "".join(re.findall(r"\A\w+", message)) if kind == "raised" else ""
    error = getattr(builtins, name, None)
    known = isinstance(error, type) and issubclass(error, Exception)
    what = KINDS.get(kind, "what came back could not be read") + (f" ({name})" if known else "")
    return f"In a case that is tried at marking only: {what}."


@dataclass
class Result:
    """What `check` returns and marking records. Prints as text, shows itself as a panel in Jupyter."""

    lab: str
    number: str
    title: str
    max_score: float
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)
    reread: str = ""
    hints: list[str] = field(default_factory=list)
    output: str = ""
    marking: bool = False

    @property
    def score(self) -> float:
        """Points earned, a built-in float between 0 and `max_score`."""
        earned = math.fsum(finding.earned for finding in self.findings)
        return float(min(max(earned, 0.0), self.max_score))

    @property
    def available(self) -> float:
        """Points that the parts seen here are worth: less than `max_score` where the rest is
        checked at marking."""
        return float(math.fsum(finding.points for finding in self.findings))

    @property
    def ok(self) -> bool:
        return bool(self.findings) and all(finding.ok for finding in self.findings)

    @property
    def kind(self) -> str:
        """The kind of the first failure, or "correct"."""
        return next((finding.kind for finding in self.findings if not finding.ok), "correct")

    @property
    def kinds(self) -> list[str]:
        """The kinds of all failures, in order, each once."""
        return list(dict.fromkeys(finding.kind for finding in self.findings if not finding.ok))

    def as_feedback(self) -> Result:
        """This result as a student may see it after marking: the numbers of hidden parts stay
        hidden."""
        shown = [each.without_numbers() if each.hidden else each for each in self.findings]
        return Result(**{**self.__dict__, "findings": shown})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types only; numbers that JSON cannot hold are written as text."""
        data = asdict(self)
        for finding in data["findings"]:
            for key in ("got", "expected", "given"):
                finding[key] = _json(finding[key])
        return data | {"score": self.score, "kind": self.kind}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Result:
        fields = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        return cls(**{**fields, "findings": [Finding(**finding) for finding in data["findings"]]})

    def _repr_html_(self) -> str:
        from autograder import panel

        return panel.html(self)

    def __str__(self) -> str:
        from autograder import panel

        return panel.text(self)

    __repr__ = __str__


MOST_TEXT, MOST_PIECES = 2000, 1000  # of one piece of evidence: a student's answer can be endless
MOST_OTHERS = 5  # mistakes named beside the likeliest
MOST_PICTURE = 100_000  # characters of SVG: enough for what dpkit draws of one array


def plain(value: Any) -> Any:
    """`value` as evidence to be kept and shown: plain types, arrays as nested lists, what is too
    long cut short."""
    left = MOST_PIECES

    def reduced(value: Any) -> Any:
        nonlocal left
        left -= 1
        if isinstance(value, np.ndarray):
            if value.size > MOST_PIECES:
                return f"an array of shape {value.shape}"
            return reduced(value.tolist())
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            pairs = itertools.takewhile(lambda _: left > 0, value.items())
            return {cut(str(key)): reduced(item) for key, item in pairs}
        if isinstance(value, (list, tuple)):
            kept = [reduced(item) for item in itertools.takewhile(lambda _: left > 0, value)]
            return kept if len(kept) == len(value) else [*kept, f"… {len(value) - len(kept)} more"]
        if isinstance(value, (bool, int, float, complex, type(None))):
            return value
        return cut(value if isinstance(value, str) else str(value))

    return reduced(value)


def cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} …"


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
