"""What a test says when it is done: true or false, a sentence, and a panel in a notebook."""

from __future__ import annotations

import html

__all__ = ["Report"]

_GREEN, _RED = "#0b6e4f", "#b3441c"


class Report:
    """The result of a test. It is true, as in ``if report:``, when what was tested is right.

    ok: the verdict. message: the result in words; ``print(report)`` shows it.
    """

    ok: bool
    message: str
    _title = "Test"

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message

    def _details(self) -> str:
        """What stands below the message in a notebook, as HTML."""
        return ""

    def _repr_html_(self) -> str:
        colour, mark = (_GREEN, "✓") if self.ok else (_RED, "✗")
        return (
            f"<div style='border-left:4px solid {colour};padding:.3em .8em'>"
            f"<strong style='color:{colour}'>{mark} {self._title}</strong>"
            f"<p style='margin:.3em 0'>{html.escape(self.message)}</p>{self._details()}</div>"
        )
