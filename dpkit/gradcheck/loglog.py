"""The picture of a Taylor test: how the remainder falls with the step.

Both axes are logarithmic, so a power of the step is a straight line, and its order is the slope.
Full dots rise above rounding; hollow ones have gone down in it. Dashed lines have the slopes 1, of a
wrong gradient, and 2, of a right one.
"""

from __future__ import annotations

import hashlib
import html
import math

import numpy as np

__all__ = ["draw_remainders"]

_WIDE, _HIGH = 460.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 34.0, 16.0, 50.0  # margins; pixels
_BLUE, _ORANGE, _INK, _PALE = "#0067a5", "#b34700", "#1f2430", "#6b7484"


def draw_remainders(
    steps: np.ndarray, remainders: np.ndarray, floor: np.ndarray, order: float
) -> str:
    """A drawing as SVG, with a text alternative inside; empty if there is nothing to draw.

    steps, remainders, floor: shape (n,): h, R(h), and how far rounding goes at each step.
    order: the slope that was read, or NaN.
    """
    shown = np.isfinite(remainders) & (remainders > 0)
    if not shown.any():
        return ""
    x, y = np.log10(steps[shown]), np.log10(remainders[shown])
    above = (remainders > floor)[shown]
    axes = _Axes(x, y)
    shapes = [*axes.frame()]
    start = int(np.flatnonzero(above)[-1]) if above.any() else 0
    for slope, word in ((2, "order 2, as of a right gradient"), (1, "order 1, as of a wrong one")):
        shapes += axes.guide(x[start], y[start], slope, word)
    for px, py, full in zip(x, y, above, strict=True):
        fill = _BLUE if full else "#fff"
        shapes.append(
            f'<circle cx="{axes.x(px):.1f}" cy="{axes.y(py):.1f}" r="3.6" fill="{fill}" '
            f'stroke="{_BLUE}" stroke-width="1.4"/>'
        )
    text = _in_words(steps, remainders, floor, order)
    body = "\n".join(shapes)
    name = hashlib.sha1((body + text).encode()).hexdigest()[:8]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t{name} d{name}" '
        f'viewBox="0 0 {_WIDE:.0f} {_HIGH:.0f}" width="{_WIDE:.0f}" height="{_HIGH:.0f}" '
        'style="max-width:100%;height:auto;background:#fff" '
        'font-family="system-ui, \'Segoe UI\', Helvetica, Arial, sans-serif" font-size="12">\n'
        f'<title id="t{name}">Remainder of the Taylor test against the step</title>\n'
        f'<desc id="d{name}">{html.escape(text)}</desc>\n{body}\n</svg>'
    )


class _Axes:
    """Decimal logarithms to pixels."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x0, self.x1 = math.floor(x.min()), math.ceil(x.max() + 1e-9)
        self.y1 = math.ceil(y.max() + 1e-9)
        self.y0 = min(math.floor(y.min()), self.y1 - 4)

    def x(self, value: float) -> float:
        share = (value - self.x0) / (self.x1 - self.x0)
        return _LEFT + share * (_WIDE - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y0) / (self.y1 - self.y0)
        return _HIGH - _BOTTOM - share * (_HIGH - _TOP - _BOTTOM)

    def frame(self) -> list[str]:
        """The two axes with their powers of ten."""
        left, right, low, high = self.x(self.x0), self.x(self.x1), self.y(self.y0), self.y(self.y1)
        shapes = [
            f'<path d="M{left:.1f} {high:.1f}V{low:.1f}H{right:.1f}" fill="none" '
            f'stroke="{_PALE}" stroke-width="1.2"/>',
            _text((left + right) / 2, _HIGH - 10, "step h", "middle"),
            f'<g transform="translate(15 {(low + high) / 2:.1f}) rotate(-90)">'
            + _text(0, 0, "remainder R(h)", "middle")
            + "</g>",
        ]
        for power in _ticks(self.x0, self.x1):
            at = self.x(power)
            shapes.append(f'<path d="M{at:.1f} {low:.1f}v5" stroke="{_PALE}"/>')
            shapes.append(_text(at, low + 18, _power(power), "middle"))
        for power in _ticks(self.y0, self.y1):
            at = self.y(power)
            shapes.append(f'<path d="M{left:.1f} {at:.1f}h-5" stroke="{_PALE}"/>')
            shapes.append(_text(left - 8, at + 4, _power(power), "end"))
        return shapes

    def guide(self, x: float, y: float, slope: int, word: str) -> list[str]:
        """A dashed line of a slope through (x, y), from edge to edge, and what it means, in the
        upper left corner, where no remainders are."""
        begin = max(float(self.x0), x - (y - self.y0) / slope)
        end = min(float(self.x1), x + (self.y1 - y) / slope)
        line, key = _TOP + 10 + 18 * (2 - slope), _LEFT + 14
        dashes = f'stroke="{_ORANGE if slope == 1 else _INK}" stroke-dasharray="5 4" fill="none"'
        return [
            f'<path d="M{self.x(begin):.1f} {self.y(y - slope * (x - begin)):.1f}'
            f'L{self.x(end):.1f} {self.y(y + slope * (end - x)):.1f}" {dashes}/>',
            f'<path d="M{key:.1f} {line - 4:.1f}h26" {dashes}/>',
            _text(key + 32, line, word, "start", _ORANGE if slope == 1 else _INK),
        ]


def _ticks(low: int, high: int) -> range:
    return range(low, high + 1, max(1, math.ceil((high - low) / 6)))


def _power(exponent: int) -> str:
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"


def _text(x: float, y: float, text: str, anchor: str, colour: str = _INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
        f'paint-order="stroke" stroke="#fff" stroke-width="3">{text}</text>'
    )


def _in_words(steps: np.ndarray, remainders: np.ndarray, floor: np.ndarray, order: float) -> str:
    above = np.flatnonzero(remainders > floor)
    if not above.size:
        return f"The remainder is no larger than rounding at all of {steps.size} steps."
    first, last = above[0], above[-1]
    fall = "" if math.isnan(order) else f" It falls like h to the power {order:.2f}."
    hidden = steps.size - above.size
    return (
        f"The remainder is {remainders[first]:.2g} at the step {steps[first]:.2g} and "
        f"{remainders[last]:.2g} at the step {steps[last]:.2g}.{fall}"
        + (f" At {hidden} steps it has gone down in rounding." if hidden else "")
    )
