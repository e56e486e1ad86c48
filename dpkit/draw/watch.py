"""A program that runs, as a score: its lines downwards, time to the right, a note for each step.

    def f(x):
        y = x * x
        return y + x

    watch(f, Dual(3.0, 1.0))

Each note stands beside the line that has just run and shows what it left: the value and, if it moves,
its tangent. So one sees the derivative walk through the code, through every turn of a loop.
"""

from __future__ import annotations

import html
import inspect
import itertools
import math
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from dpkit.draw.picture import Drawing

__all__ = ["Score", "Step", "watch"]

UP, DOWN, STILL = ("#D55E00", "▲"), ("#0072B2", "▼"), ("#767676", "–")  # never by colour alone
ROW, TOP = 36, 16  # pixels
_serials = itertools.count(1)


class Step(NamedTuple):
    """One line that ran: its number in the function from 0, what it left, as text, and its speed."""

    line: int
    name: str
    value: str
    tangent: float | None


class Score(Drawing):
    """A run of a program, as a picture. In a notebook it has a button for each step; the arrow keys
    go from one to the next.

    lines: of the program; steps: those that are drawn; left_out: how many more there were.
    """

    def __init__(self, title: str, lines: list[str], steps: list[Step], left_out: int = 0) -> None:
        self.title, self.lines, self.steps, self.left_out = title, lines, steps, left_out
        widths = [40 if step.tangent is None else 84 for step in steps]
        start = 30 + 7.9 * max(map(len, lines))
        self._lefts = list(itertools.accumulate(widths, initial=start))
        told = "; ".join(map(self._words, range(len(steps))))
        super().__init__(self._draw(f"{title}: {told}"), f"{title}: {told}")

    def _words(self, k: int) -> str:
        line, name, value, tangent = self.steps[k]
        moves = "" if tangent is None else f", tangent {tangent:.4g}"
        return f"step {k + 1}, line {line + 1}: {name} {value}{moves}"

    def _place(self, k: int) -> tuple[float, float]:
        """The middle of note k, in pixels."""
        return (self._lefts[k] + self._lefts[k + 1]) / 2, TOP + ROW * (self.steps[k].line + 0.5)

    def _note(self, k: int, most: float) -> Iterator[str]:
        x, y = self._place(k)
        _, name, value, tangent = self.steps[k]
        what = f"<title>{html.escape(self._words(k))}</title>"
        if tangent is None:
            yield f'<g class="note s{k}">{what}<rect class="plain" x="{x - 18}" y="{y - 10}" '
            yield f'width="36" height="20" rx="10"/><text x="{x}" y="{y + 4}">{value}</text></g>'
            return
        colour, mark = UP if tangent > 0 else DOWN if tangent < 0 else STILL
        shade = 0.08 + 0.4 * math.asinh(abs(tangent)) / math.asinh(most)
        box = f'x="{x - 39}" y="{y - 16}" width="78" height="32" rx="5"'
        yield f'<g class="note s{k}">{what}<rect {box} fill="white"/><rect class="box" {box} '
        yield f'fill="{colour}" fill-opacity="{shade:.2f}" stroke="{colour}"/>'
        yield f'<text x="{x}" y="{y - 3}">{name} {value}</text><text x="{x}" y="{y + 11}" '
        yield f'class="speed">{mark} {tangent:+.4g} ε</text></g>'

    def _draw(self, told: str) -> str:
        speeds = [abs(step.tangent) for step in self.steps if step.tangent is not None]
        most = max([1.0, *filter(math.isfinite, speeds)])
        wide = self._lefts[-1] + (170 if self.left_out else 14)
        high = 2 * TOP + ROW * len(self.lines)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide:.0f}" '
            f'height="{high}" viewBox="0 0 {wide:.0f} {high}"><title>{html.escape(told)}</title>'
            "<style>.score text{font:12px sans-serif;fill:#1f2430;text-anchor:middle}"
            ".score .code{font:13px monospace;text-anchor:start;white-space:pre}"
            ".score .speed{font-weight:600}.score .plain{fill:#fff;stroke:#767676}"
            ".score .way{fill:none;stroke:#b6bcc6}</style><g class='score'>"
            f'<rect width="{wide:.0f}" height="{high}" fill="white"/>'
        ]
        for number, line in enumerate(self.lines):
            y, pale = TOP + ROW * number, "#f4f6f9" if number % 2 else "#ffffff"
            # a viewer that knows no `white-space` would drop the indentation
            code = html.escape(line).replace(" ", "\N{NO-BREAK SPACE}")
            parts.append(
                f'<rect y="{y}" width="{wide:.0f}" height="{ROW}" fill="{pale}"/>'
                f'<text class="code" x="10" y="{y + 23}">{code}</text>'
            )
        way = " ".join("{:.0f},{:.0f}".format(*self._place(k)) for k in range(len(self.steps)))
        parts.append(f'<polyline class="way" points="{way}"/>')
        for k in range(len(self.steps)):
            parts.extend(self._note(k, most))
        if self.left_out:
            x = self._lefts[-1] + 85
            parts.append(f'<text x="{x}" y="{high - 24}">… and {self.left_out} steps more</text>')
        return "".join([*parts, "</g></svg>"])

    def _repr_html_(self) -> str:
        name = f"score-{next(_serials)}"
        rules, dots = [], [f"<input type='radio' name='{name}' checked> the whole run &nbsp;"]
        for k in range(len(self.steps)):
            chosen = f"#{name}-{k}:checked~svg .s{k}"
            rules.append(f"{chosen}~.note{{opacity:.1}}{chosen} .box{{stroke-width:4}}")
            told = html.escape(self._words(k), quote=True)
            dots.append(
                f"<input type='radio' name='{name}' id='{name}-{k}' title='{told}' "
                f"aria-label='{told}'>"
            )
        # The notebook would take the arrow keys for itself, so they stop here.
        return (
            "<div style='overflow-x:auto' onkeydown='event.stopPropagation()'><style>"
            f"{''.join(rules)}</style>{''.join(dots)}<br>{self.svg}</div>"
        )


def watch(f: Callable[..., Any], *arguments: Any, most: int = 16) -> Score:
    """Run f and draw what each of its lines did: at most `most` steps of it.

    f: a function written in Python whose source can be found. arguments: what to call it with;
    whatever has a `primal` and a `tangent`, such as `dp.Dual(x, 1.0)`, is shown with its tangent. Of
    a list or tuple the first entry is shown.

    What f raises is raised here. Raises TypeError for what is not such a function.
    """
    if not inspect.isfunction(f):
        raise TypeError(f"watch needs a function written in Python, but was given {f!r}.")
    source, first = inspect.getsourcelines(f)
    steps: list[Step] = []
    here: int | None = None
    before: dict[str, Any] = {}

    # Python can call a function of ours before each line that it runs; debuggers live on that. There
    # we look which variable is new, and whether it moves.
    def look(frame: FrameType, event: str, returned: Any) -> Any:
        nonlocal here, before
        if frame.f_code is not f.__code__:
            return None
        if event == "call":
            here, before = f.__code__.co_firstlineno, {}
            return look
        now = dict(frame.f_locals)
        if here is not None and len(steps) < 10_000:
            new = [name for name, it in now.items() if it is not before.get(name, before)]
            line = here - first
            if event == "return":
                steps.append(Step(line, "→", *_shown(returned)))
            elif new:
                steps.append(Step(line, f"{new[0]} =", *_shown(now[new[0]])))
            elif source[line].lstrip().startswith(("if ", "elif ", "for ", "while ")):
                inside = event == "line" and frame.f_lineno == here + 1
                loop = source[line].lstrip().startswith(("for ", "while "))
                taken = "yes" if inside else "end" if loop else "no"
                steps.append(Step(line, "decides:", taken, None))
        here, before = frame.f_lineno, now
        return look

    tracing = sys.gettrace()
    sys.settrace(look)
    try:
        f(*arguments)
    finally:
        sys.settrace(tracing)
    lines = textwrap.dedent("".join(source)).rstrip().splitlines()
    return Score(f"A run of {f.__name__}", lines, steps[:most], max(0, len(steps) - most))


def _shown(value: Any) -> tuple[str, float | None]:
    """A variable's value as text, and its tangent if it has one."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if hasattr(value, "primal"):
        return f"{value.primal:.4g}", float(value.tangent)
    return (f"{value:.4g}" if isinstance(value, int | float) else "…"), None
