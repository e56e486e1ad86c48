"""The picture of a diagnosis: what came back, what was expected and the difference, as signed heat
maps in one SVG.

Negative numbers are blue, positive ones orange, zero is white: a pair of colours that colour-blind
readers tell apart. What came back and what was expected share a scale; the difference has its own.
Small arrays carry their numbers in the cells. Of large ones the picture shows pieces, and says so.
Words take their colour from the notebook's theme, so that they can be read in the dark as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dpkit.diagnose.picture.page import LINE, MARGIN, Page, Scale, clean
from dpkit.diagnose.picture.pieces import Piece, negligible
from dpkit.draw import Drawing

__all__ = ["draw"]

_PAGE, _CELL, _GAP, _SPACE, _CAPTION = 740.0, 24.0, 9.0, 24.0, 74.0  # pixels
_WRITTEN = 12  # an array of at most so many rows and columns has its numbers in the cells
_POOLED = 32  # and a larger one is drawn with at most so many
_ROW = 128  # or so many, if it is a single row
_SLICES, _PIECES = 4, 24
_LEVELS = 10


def draw(some: list[Piece], text: str) -> Drawing:
    """The picture of a gradient in pieces. text: the same in words, for those who cannot see it."""
    page = Page()
    rounding = negligible(some)
    chosen = _chosen(rounding)
    parts = [(some[k], rounding[k]) for k in chosen]
    for single, group in groupby(parts, lambda part: _is_single(part[0])):
        if single:
            _table(page, list(group))
        else:
            for piece, noise in group:
                _array(page, piece, noise)
    if len(chosen) < len(some):
        page.say(f"{len(some) - len(chosen)} more pieces are not shown.", "quiet")
    return Drawing(page.svg(text), text)


# Single numbers: a table -------------------------------------------------------------------------


def _is_single(piece: Piece) -> bool:
    return all(isinstance(a, np.ndarray) and a.shape == () for a in (piece.got, piece.expected))


def _table(page: Page, parts: list[tuple[Piece, np.ndarray | None]]) -> None:
    """Numbers under each other, each with its name in front."""
    got, expected, difference = (
        np.array([[float(np.asarray(getattr(piece, which)))] for piece, _ in parts])
        for which in ("got", "expected", "difference")
    )
    noise = np.array([[bool(each)] for _, each in parts])
    names = [_shortened(clean(piece.name), 30) for piece, _ in parts]
    left = MARGIN + max(7.2 * len(name) for name in names) + (8 if any(names) else 0)
    page.y += 4
    top = page.y + LINE
    for row, name in enumerate(names):
        page.write(left - 8, top + (row + 0.5) * _CELL + 4, name, "name row")
    _side_by_side(page, left, _maps(got, expected, difference, noise, [()], [()]))
    page.y += 4


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 2] + " …"


# Arrays ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Map:
    """One heat map: slices of an array, next to each other."""

    caption: str
    slices: list[np.ndarray]
    scale: Scale
    noise: list[np.ndarray] | None = None

    @property
    def rows(self) -> int:
        return max(len(each) for each in self.slices)

    @property
    def columns(self) -> int:
        return sum(each.shape[1] for each in self.slices)


def _array(page: Page, piece: Piece, noise: np.ndarray | None) -> None:
    page.y += 8
    page.say(_heading(piece), "name")
    for words, value in (("came back", piece.got), ("expected", piece.expected)):
        if isinstance(value, str):
            page.say(f"{words}: {_shortened(clean(value), 90)}", "raw")
    arrays = [a for a in (piece.got, piece.expected) if isinstance(a, np.ndarray) and a.size]
    if not arrays:
        return
    chosen = [_slices_of(a, piece.difference) for a in arrays]
    maps = (
        _maps(arrays[0], arrays[1], piece.difference, noise, chosen[0], chosen[1])
        if len(arrays) == 2
        else [_Map("Came back" if piece.expected is None else "Expected",
                   [_flat(arrays[0], at) for at in chosen[0]], Scale.over(arrays[0]))]
    )  # fmt: skip
    written = all(m.rows <= _WRITTEN and m.columns <= _WRITTEN for m in maps)
    if max(m.rows for m in maps) == 1 < max(m.columns for m in maps):
        _stacked(page, maps, written)
    elif len(maps) * _width(maps, written) + (len(maps) - 1) * _SPACE <= _PAGE:
        _side_by_side(page, MARGIN, maps, written)
    else:
        _stacked(page, maps, written)
    page.y += 3
    for note in _notes(piece, noise, arrays, chosen, written):
        page.say(note, "quiet")


def _maps(
    got: np.ndarray, expected: np.ndarray, difference: np.ndarray | None,
    noise: np.ndarray | None, mine: list[tuple[int, ...]], truth: list[tuple[int, ...]],
) -> list[_Map]:  # fmt: skip
    """The two maps on one scale, and that of the difference, if there is one, on its own."""
    shared = Scale.over(got, expected)
    maps = [
        _Map("Got", [_flat(got, at) for at in mine], shared),
        _Map("Expected", [_flat(expected, at) for at in truth], shared),
    ]
    if difference is not None and noise is not None:
        scale = Scale.over(np.where(noise, 0.0, difference))
        masks = [_flat(noise, at) for at in mine]
        maps.append(_Map("Difference", [_flat(difference, at) for at in mine], scale, masks))
    return maps


def _slices_of(array: np.ndarray, difference: np.ndarray | None) -> list[tuple[int, ...]]:
    """Which slices are shown: all if they are few, else those in which the difference is largest."""
    every = list(np.ndindex(array.shape[:-2]))
    if len(every) <= _SLICES:
        return every
    if difference is not None:
        with np.errstate(all="ignore"):
            every.sort(key=lambda at: -float(np.max(np.nan_to_num(np.abs(difference[at])))))
    return sorted(every[:_SLICES])


def _flat(array: np.ndarray, at: tuple[int, ...]) -> np.ndarray:
    """A slice with two axes."""
    return np.atleast_2d(array[at])


def _heading(piece: Piece) -> str:
    name = piece.name or "the gradient"
    shapes = [
        str(a.shape) if isinstance(a, np.ndarray) and a.shape else "a single number" if
        isinstance(a, np.ndarray) else ""
        for a in (piece.got, piece.expected)
    ]  # fmt: skip
    if piece.got is None:
        return f"{name}: nothing came back"
    if not all(shapes) or shapes[0] == shapes[1]:
        return f"{name}, shape {shapes[0] or shapes[1]}" if any(shapes) else name
    return f"{name}: shape {shapes[0]} came back, {shapes[1]} was expected".replace("shape a", "a")


def _notes(
    piece: Piece, noise: np.ndarray | None, arrays: list[np.ndarray],
    chosen: list[list[tuple[int, ...]]], written: bool,
) -> Iterator[str]:  # fmt: skip
    difference = piece.difference
    if difference is not None and noise is not None:
        yield _score(piece, difference, noise)
    array, at = arrays[0], chosen[0]
    count = math.prod(array.shape[:-2])
    if count > 1:
        which = ", ".join(f"[{', '.join(map(str, each))}]" for each in at)
        yield f"Side by side: the slices {which}" + (f" of {count}." if count > len(at) else ".")
    rows, columns = _steps(_flat(array, at[0]))
    if not written and rows * columns > 1:
        yield f"Each cell shows the largest in size of {rows} × {columns} numbers."


def _score(piece: Piece, difference: np.ndarray, noise: np.ndarray) -> str:
    right = int(noise.sum())
    if right == noise.size:
        return "All of it is right."
    with np.errstate(all="ignore"):
        sizes = np.where(np.isnan(difference), np.inf, np.abs(difference))
    where = tuple(int(k) for k in np.unravel_index(np.argmax(sizes), sizes.shape))
    start = f"{right} of {noise.size} are right" if right else f"None of {noise.size} is right"
    return (
        f"{start}; the largest difference, {_digits(float(difference[where]))}, "
        f"is in {piece.label(where) or 'it'}."
    )


# Cells -------------------------------------------------------------------------------------------


def _side_by_side(page: Page, left: float, maps: list[_Map], written: bool = True) -> None:
    x, top = left, page.y + LINE
    heights = []
    for each in maps:
        page.write(x, top - 5, each.caption, "quiet")
        wide, high = _cells(page, x, top, each, _cell(maps, written), written)
        x += max(wide, 7.2 * len(each.caption)) + _SPACE
        heights.append(high)
    page.y = top + max(heights)
    _legend(page, maps, written, left)


def _stacked(page: Page, maps: list[_Map], written: bool) -> None:
    for each in maps:
        page.y += 4
        page.write(MARGIN, page.y + 16, each.caption, "quiet")
        page.y += _cells(page, MARGIN + _CAPTION, page.y, each, _cell(maps, written), written)[1]
    _legend(page, maps, written, MARGIN + _CAPTION)


def _cells(
    page: Page, x: float, y: float, each: _Map, cell: tuple[float, float], written: bool
) -> tuple[float, float]:
    """Draw the cells of a map; return its width and height."""
    wide, high = cell
    left = x
    for k, values in enumerate(each.slices):
        if written:
            noise = each.noise[k] if each.noise is not None else np.zeros(values.shape, bool)
            _written(page, x, y, wide, high, values, noise, each.scale)
        else:
            values = _pool(values)
            _coloured(page, x, y, wide, high, values, each.scale)
        x += values.shape[1] * wide + _GAP
        page.reach(x - _GAP)
    return x - _GAP - left, high * min(each.rows, _WRITTEN if written else _POOLED)


def _written(
    page: Page, x: float, y: float, wide: float, high: float,
    values: np.ndarray, noise: np.ndarray, scale: Scale,
) -> None:  # fmt: skip
    """Cells with their numbers in them."""
    for row, column in np.ndindex(values.shape):
        value = float(values[row, column])
        shown = 0.0 if noise[row, column] else value
        text = "≈ 0" if noise[row, column] and value else _digits(value)
        left, top = x + column * wide, y + row * high
        page.shapes.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" '
            f'fill="{scale.colour(shown)}" stroke="#9a9a9a" stroke-width="0.6"/>'
        )
        page.write(left + wide / 2, top + high / 2 + 4, text, "cell", scale.ink(shown))


def _coloured(
    page: Page, x: float, y: float, wide: float, high: float, values: np.ndarray, scale: Scale
) -> None:
    """Cells without numbers: one path for each shade."""
    rows, columns = values.shape
    page.shapes.append(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{columns * wide:.1f}" height="{rows * high:.1f}" '
        'fill="#ffffff" stroke="#9a9a9a" stroke-width="1.2"/>'
    )
    shades: dict[str, list[str]] = {}
    for row, column in np.ndindex(values.shape):
        value = float(values[row, column])
        if math.isfinite(value):
            level = round(scale.place(value) * _LEVELS)
            if not level:
                continue
            value = level / _LEVELS * scale.limit
        shades.setdefault(scale.colour(value), []).append(
            f"M{x + column * wide:.1f} {y + row * high:.1f}h{wide:.2f}v{high:.2f}h{-wide:.2f}z"
        )
    page.shapes += [f'<path fill="{c}" d="{"".join(ways)}"/>' for c, ways in shades.items()]


def _legend(page: Page, maps: list[_Map], written: bool, x: float) -> None:
    """What the colours mean, where no numbers say it."""
    if written:
        return
    page.y += 8
    last = maps[-1]
    keys = [("Got, expected" if len(maps) > 1 else last.caption, maps[0].scale)]
    if last.noise is not None:
        keys.append((last.caption, last.scale))
    for caption, scale in keys:
        limit = _digits(scale.limit)
        page.write(x, page.y + 12, f"{caption}:  −{limit}", "quiet")
        x += 6.6 * (len(caption) + len(limit) + 4) + 8
        for level in range(-_LEVELS, _LEVELS + 1):
            colour = scale.colour(level / _LEVELS * scale.limit)
            page.shapes.append(
                f'<rect x="{x:.1f}" y="{page.y + 3:.1f}" width="6" height="10" fill="{colour}"/>'
            )
            x += 6
        page.write(x + 6, page.y + 12, limit, "quiet")
        x += 6.6 * len(limit) + 36
    page.y += 16


def _cell(maps: list[_Map], written: bool) -> tuple[float, float]:
    """Width and height of a cell in pixels, the same in all maps of an array."""
    if written:
        texts = [_digits(float(x)) for m in maps for values in m.slices for x in values.ravel()]
        return max(44.0, max(10 + 6.8 * len(t) + 6 * ("e" in t) for t in texts)), _CELL
    columns = max(_columns(m, written) for m in maps)
    rows = max(len(_pool(values)) for m in maps for values in m.slices)
    if rows == 1:
        return min(16.0, 640 / columns), 20.0
    size = max(3.0, min(16.0, 230 / columns, 230 / rows))
    return size, size


def _columns(each: _Map, written: bool) -> int:
    return sum((values if written else _pool(values)).shape[1] for values in each.slices)


def _width(maps: list[_Map], written: bool) -> float:
    """Of the widest of the maps."""
    wide, _ = _cell(maps, written)
    return max(wide * _columns(m, written) + _GAP * (len(m.slices) - 1) for m in maps)


def _steps(values: np.ndarray) -> tuple[int, int]:
    """How many rows and columns are drawn as one cell."""
    rows, columns = values.shape
    return -(-rows // _POOLED), -(-columns // (_ROW if rows == 1 else _POOLED))


def _pool(values: np.ndarray) -> np.ndarray:
    """Of every block of cells, the number that is largest in size; one that is none wins."""
    rows, columns = _steps(values)
    if rows * columns == 1:
        return values
    high, wide = (-(-n // step) for n, step in zip(values.shape, (rows, columns), strict=True))
    padded = np.zeros((high * rows, wide * columns))
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(high, rows, wide, columns).swapaxes(1, 2).reshape(high, wide, -1)
    sizes = np.where(np.isnan(blocks), np.inf, np.abs(blocks))
    return np.take_along_axis(blocks, np.argmax(sizes, axis=2)[..., None], axis=2)[..., 0]


def _chosen(rounding: list[np.ndarray | None]) -> list[int]:
    """Which pieces are drawn: all if they are few, else those that are wrong come first."""
    everything = sorted(
        range(len(rounding)), key=lambda k: rounding[k] is not None and bool(np.all(rounding[k]))
    )
    return sorted(everything[:_PIECES])


def _digits(x: float) -> str:
    """Four digits, as short as they can be written."""
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    head, e, tail = f"{x + 0.0:.4g}".partition("e")
    return (head + (f"e{int(tail)}" if e else "")).replace("-", "−")
