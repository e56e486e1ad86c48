"""What is known about a gradient: the answer of `dpkit.diagnose`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.picture import panel
from dpkit.draw import Drawing

__all__ = ["Diagnosis"]


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What is known about a gradient.

    kind: identifier in `CATALOGUE`. message: the sentence for whoever wrote the gradient.
    where: the expression in the source of f and its line, or ""; line: its number in the file or
    cell; operation: the name of the operation, as in `dpkit.rules`.
    confidence: 1 when only this kind of mistake explains the numbers, 1/n when n kinds do, 0 when
    nothing does. alternatives: other mistakes with the same consequence, as Diagnoses.
    got, expected: the gradients at the point that was given.
    also: further mistakes that were made at the same time; only together do they give the numbers.
    names: what the arguments are called in f.

    ``print`` shows one sentence, the console a panel in plain text, a notebook the same panel with
    a picture. Two Diagnoses are equal if they say the same; got and expected are not compared.
    """

    kind: str
    message: str
    where: str = ""
    confidence: float = 1.0
    alternatives: tuple[Diagnosis, ...] = ()
    got: Any = field(default=None, compare=False)
    expected: Any = field(default=None, compare=False)
    line: int | None = None
    operation: str = field(default="", compare=False)
    also: tuple[Diagnosis, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the gradient is right."""
        return self.kind == "correct"

    @property
    def title(self) -> str:
        """The name of the mistake."""
        return CATALOGUE[self.kind].title

    @property
    def reread(self) -> str:
        """The section of the notes where this is explained, as ``file.md#anchor``."""
        return CATALOGUE[self.kind].reread

    @property
    def hints(self) -> tuple[str, str, str]:
        """Three hints, to be read one at a time: a question, where to look, almost the answer."""
        where = self.where or "each step of f"
        operation = f"`{self.operation}`" if self.operation else "one operation"
        first, second, third = (
            hint.replace("{operation}", operation).replace("{where}", where)
            for hint in CATALOGUE[self.kind].hints
        )
        return first, second, third

    @property
    def certainty(self) -> str:
        """How sure this is: "correct", "unique" (no other mistake that we know gives these
        numbers), "one of several" (see ``alternatives``) or "unknown"."""
        if self.ok:
            return "correct"
        if self.kind == "unknown" or self.confidence <= 0:
            return "unknown"
        return "one of several" if self.alternatives or self.confidence < 1 else "unique"

    @property
    def picture(self) -> Drawing | None:
        """What came back, what was expected and the difference, as signed heat maps; None if the
        gradient is right, or if there is nothing to be shown. It is drawn when it is asked for."""
        return panel.picture(self)

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        sentence = f"{self.title}{where}: {self.message}"
        more = (str(each) for each in self.also)
        return " ".join([sentence, *(f"Also {each[:1].lower()}{each[1:]}" for each in more)])

    def __repr__(self) -> str:
        return panel.text(self)

    def _repr_html_(self) -> str:
        return panel.html(self)
