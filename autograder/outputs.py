"""What a cell showed, as the notebook may store it: rebuilt from a student's word, within limits.

An output arrives from a process that may say anything. Each is made anew from the fields that
nbformat knows, with their types checked; kinds of content that a browser would run as a program are
left out."""

from __future__ import annotations

from typing import Any

from autograder.sandbox.limits import Limits

__all__ = ["Collector", "LEFT_OUT"]

MIMES = (
    (
        "text/plain text/html text/markdown text/latex image/png image/jpeg image/svg+xml"  # nothing a browser executes
    ).split()
)
LEFT_OUT = "[… the rest of the output was left out: {reason}]\n"


class Collector:
    """Gathers the outputs of one cell into `outputs`, a list of nbformat v4 dictionaries.

    Args:
        limits: how much one cell may show.
        left: how many bytes the whole notebook may still show.
        execution_count: the number of the cell.
    """

    def __init__(self, limits: Limits, left: int, execution_count: int | None = None):
        self.outputs: list[dict[str, Any]] = []
        self.limits, self.execution_count = limits, execution_count
        self.left = min(left, limits.output_bytes_per_cell)
        self.used = 0
        self.full = self._clear_next = False
        self._displays: dict[str, dict[str, Any]] = {}

    def add(self, raw: object) -> None:
        """Take one output, or the part of it that is allowed."""
        if self.full or type(raw) is not dict:
            return
        kind = raw.get("output_type")
        if kind == "clear_output":
            self._clear_next = bool(raw.get("wait") is True)
            if not self._clear_next:
                self._clear()
            return
        if self._clear_next:
            self._clear_next = False
            self._clear()
        if kind == "stream":
            self._stream(raw)
        elif kind in ("display_data", "execute_result", "update_display_data"):
            self._display(kind, raw)
        elif kind == "error":
            self._error(raw)
        elif kind == "too_long":
            self._stop(f"one output alone is larger than {self.limits.output_bytes_per_cell} bytes")
        elif kind == "unreadable":
            self._stop("it is not text or a picture")

    def _stream(self, raw: dict) -> None:
        name, text = raw.get("name"), raw.get("text")
        if name not in ("stdout", "stderr") or type(text) is not str or not text:
            return
        allowed = self._fit(text)
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += allowed
        elif allowed and self._room():
            self.outputs.append({"output_type": "stream", "name": name, "text": allowed})
        if len(allowed) < len(text):
            self._stop(f"a cell may show {self.limits.output_bytes_per_cell} bytes")

    def _display(self, kind: str, raw: dict) -> None:
        data, metadata = raw.get("data"), raw.get("metadata")
        if type(data) is not dict:
            return
        clean = {mime: data[mime] for mime in MIMES if type(data.get(mime)) is str}
        size = sum(map(len, clean.values()))
        if size > self.left - self.used:
            self._stop(f"a cell may show {self.limits.output_bytes_per_cell} bytes")
            return
        self.used += size
        display = raw.get("display_id")
        display = display if type(display) is str else None
        if kind == "update_display_data":
            if display in self._displays:
                self._displays[display].update(data=clean, metadata=_sizes(metadata))
            return
        if not clean or not self._room():
            return
        output: dict[str, Any] = {"output_type": kind, "data": clean, "metadata": _sizes(metadata)}
        if kind == "execute_result":
            output["execution_count"] = self.execution_count
        self.outputs.append(output)
        if display is not None:
            self._displays[display] = output

    def _error(self, raw: dict) -> None:
        name, value, rows = raw.get("ename"), raw.get("evalue"), raw.get("traceback")
        if (
            type(name) is not str
            or type(value) is not str
            or type(rows) is not list
            or not self._room()
        ):
            return
        rows = [self._fit(row) for row in rows[:200] if type(row) is str]
        self.outputs.append(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": self._fit(value),
                "traceback": rows,
            }
        )

    def fail(self, name: str, message: str) -> None:
        """Record what the judge itself has to say about the end of this cell."""
        self.outputs.append(
            {"output_type": "error", "ename": name, "evalue": message, "traceback": [message]}
        )

    @property
    def text(self) -> str:
        """The printed text, without pictures."""
        return "".join(
            output["text"] for output in self.outputs if output["output_type"] == "stream"
        )

    def _fit(self, text: str) -> str:
        allowed = text[: max(self.left - self.used, 0)]
        self.used += len(allowed)
        return allowed

    def _room(self) -> bool:
        if len(self.outputs) >= self.limits.outputs_per_cell:
            self._stop(f"a cell may have {self.limits.outputs_per_cell} outputs")
            return False
        return True

    def _clear(self) -> None:
        self.outputs.clear()
        self._displays.clear()

    def _stop(self, reason: str) -> None:
        """Say once that something is missing, and take no more."""
        self.full = True
        note = LEFT_OUT.format(reason=reason)
        self.outputs.append({"output_type": "stream", "name": "stdout", "text": note})


def _sizes(metadata: object) -> dict[str, dict[str, int]]:
    """The one thing that a picture's metadata is needed for."""
    if type(metadata) is not dict:
        return {}
    clean = {}
    for mime, value in metadata.items():
        if mime in MIMES and type(value) is dict:
            sizes = {key: value[key] for key in ("width", "height") if type(value.get(key)) is int}
            if sizes:
                clean[mime] = sizes
    return clean
