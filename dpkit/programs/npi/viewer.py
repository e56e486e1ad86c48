"""Watching a run: who called whom, with the scratch pad beside it.

    view(npi, Pad(959, 43), "ADD")

Each line is a call, indented under its caller. In a notebook, a click goes on to the next line, and the
pad is shown as it was just after it; no script is needed for that. `print` shows the tree as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from dpkit.draw import Moving
from dpkit.programs.npi.core import ACT, NPI
from dpkit.programs.npi.interpreter import Call, run
from dpkit.programs.npi.trace import meaning
from dpkit.render import png

__all__ = ["RunView", "tree", "view"]

_ROW, _TOP, _WIDE, _PAD = 20, 16, 400, 400  # pixels
_LETTER = 7.9  # how wide a letter is
_ACT, _CALL, _NOW = "#b34700", "#0067a5", "#fff1c9"


class _Moment(NamedTuple):
    """A call, how deep it was, and the environment just after it."""

    depth: int
    words: str
    is_act: bool
    pad: str
    picture: np.ndarray | None


class RunView(Moving):
    """A run as a picture that goes one call further with every click.

    call: the tree of calls. result: the environment's text at the end.
    """

    def __init__(self, svg: str, text: str, call: Call, result: str) -> None:
        super().__init__(svg, text)
        self.call, self.result = call, result


def tree(call: Call, environment: Any = None, most: int = 200) -> str:
    """The calls as text, indented under their callers; at most so many lines.

    environment: whose `words` says in words what arguments mean, if it has such a method.
    """
    lines = []
    for k, (depth, each) in enumerate(call.walk()):
        if k == most:
            more = sum(1 for _ in call.walk()) - most
            lines.append(_more(more))
            break
        lines.append("  " * depth + _words(each, environment))
    return "\n".join(lines)


def view(
    npi: NPI, environment: Any, program: str, *arguments: int,
    most: int = 60, max_steps: int = 100_000,
) -> RunView:  # fmt: skip
    """Run a program and draw the first `most` of its calls.

    environment: has `text()`, the scratch pad as text; where it has `picture()`, colours (height,
        width, 3) from 0 to 1, that is shown above. It is run, so it changes.

    Raises what `interpreter.run` raises; ValueError where not a single call is to be drawn.
    """
    if most < 1:
        raise ValueError(f"A picture of a run shows at least 1 call, but `most` is {most}.")
    moments: list[_Moment] = []

    def look(depth: int, call: Call) -> None:
        if len(moments) < most:
            shown = environment.picture() if hasattr(environment, "picture") else None
            words = _words(call, environment)
            moments.append(_Moment(depth, words, call.program == ACT, environment.text(), shown))

    look(0, Call(program, arguments))
    call = run(npi, environment, program, *arguments, max_steps=max_steps, callback=look)
    count = sum(1 for _ in call.walk())
    text = (
        f"A run of {program}: {count} calls, {call.count(ACT)} of them acts.\n"
        f"{tree(call, environment, most)}\nAt the end:\n{environment.text()}"
    )
    svg = "\n".join(_svg(moments, count - len(moments), text))
    return RunView(svg, text, call, environment.text())


def _words(call: Call, environment: Any) -> str:
    if words := meaning(call.arguments, environment):
        return f"{call.program} {words}"
    return f"{call.program}{call.arguments if any(call.arguments) else ''}"


def _more(calls: int) -> str:
    return f"… and {calls} {'call' if calls == 1 else 'calls'} more"


def _svg(moments: list[_Moment], left_out: int, text: str) -> Iterator[str]:
    name = "run" + hashlib.sha1(text.encode()).hexdigest()[:8]
    tall = 230 if moments[0].picture is not None else 0
    lines = max(moment.pad.count("\n") + 1 for moment in moments)
    longest = max(len(line) for moment in moments for line in moment.pad.split("\n"))
    high = 2 * _TOP + max(_ROW * (len(moments) + (left_out > 0)), tall + _ROW * (lines + 2))
    wide = _WIDE + max(_PAD, int(_LETTER * longest) + 20)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" viewBox="0 0 {wide} {high}"'
        f' width="{wide}" height="{high}" style="max-width:100%;height:auto;background:#fff;'
        f'cursor:pointer"><title>{html.escape(text)}</title>'
        f"<style>#{name} text {{ font: 13px monospace; white-space: pre; fill: #1f2430; }}"
        f" #{name} .act {{ fill: {_ACT}; }} #{name} .call {{ fill: {_CALL}; font-weight: 600; }}"
        f"</style>"
    )
    yield f'<rect width="{wide}" height="{high}" fill="#fff"/>'
    for k, moment in enumerate(moments):
        yield f'<g id="{name}-{k}" display="{"none" if k else "inline"}">'
        yield from _shows(name, k, len(moments))
        yield (
            f'<rect x="4" y="{_TOP + _ROW * k - 1}" width="{_WIDE - 16}" height="{_ROW - 2}" rx="3"'
            f' fill="{_NOW}" stroke="#8a93a3"/>'
        )
        yield from _pad(moment, tall, f"after {k + 1} of {len(moments) + left_out} calls")
        yield "</g>"
    for k, moment in enumerate(moments):
        x, y = 12 + 14 * min(moment.depth, 16), _TOP + _ROW * k + 14
        kind = "act" if moment.is_act else "call"
        yield f'<text class="{kind}" x="{x}" y="{y}">{html.escape(moment.words)}</text>'
    if left_out > 0:
        y = _TOP + _ROW * len(moments) + 14
        yield f'<text x="12" y="{y}">{_more(left_out)}</text>'
    # One sheet of glass over the picture for each step: the one that is there takes the click.
    for k in range(len(moments)):
        yield f'<rect id="{name}_glass{k}" width="{wide}" height="{high}" fill-opacity="0"'
        yield f' display="{"none" if k else "inline"}">'
        yield from _shows(name, k, len(moments))
        yield "</rect>"
    yield "</svg>"


def _shows(name: str, k: int, count: int) -> Iterator[str]:
    """Appear when the step before is clicked on, disappear when this one is; after the last, the
    first comes again. (A dash in the name of what is waited for would be a minus to `begin`.)"""
    if count > 1:
        before = (k - 1) % count
        yield f'<set attributeName="display" to="inline" begin="{name}_glass{before}.click"/>'
        yield f'<set attributeName="display" to="none" begin="{name}_glass{k}.click"/>'


def _pad(moment: _Moment, tall: int, when: str) -> Iterator[str]:
    x, y = _WIDE + 10, _TOP + 14
    yield f'<text x="{x}" y="{y}">{when}; click for the next</text>'
    if moment.picture is not None:
        height, width = moment.picture.shape[:2]
        data = base64.b64encode(png(moment.picture)).decode()
        scale = min((tall - 30) / height, (_PAD - 20) / width)
        yield (
            f'<image x="{x}" y="{y + 8}" width="{scale * width:.0f}" height="{scale * height:.0f}"'
            f' style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
        )
    for k, line in enumerate(moment.pad.split("\n")):
        kept = html.escape(line).replace(" ", "\N{NO-BREAK SPACE}")
        yield f'<text x="{x}" y="{y + tall + _ROW * (k + 1.5)}">{kept}</text>'
