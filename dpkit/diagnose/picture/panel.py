"""How a diagnosis looks: a panel in a notebook, plain text elsewhere.

Nothing is said by colour alone. What the student's code brought along, its source lines and the
texts of its objects, is escaped: it is shown, and never acts.
"""

from __future__ import annotations

import html as _html
from typing import TYPE_CHECKING

import numpy as np

from dpkit.diagnose.picture import heatmap
from dpkit.diagnose.picture.page import clean
from dpkit.diagnose.picture.pieces import Piece, negligible, pieces

if TYPE_CHECKING:
    from dpkit.diagnose.result import Diagnosis
    from dpkit.draw import Drawing

__all__ = ["certainty", "html", "picture", "text"]

# Kinds that are not inferred from the numbers: the function was caught in the act.
_SEEN = {"shape", "missing", "wrong_type", "not_finite", "mutated_input", "nondeterministic",
         "accumulated", "aliased", "no_update"}  # fmt: skip
_COUNTS = ("", "One other", "Two others", "Three others", "Four others")
_ROWS, _SHORT = 12, 6  # rows of the table for a small array, and for a large one


def certainty(diagnosis: Diagnosis) -> str:
    """How sure it is, as a sentence; "" where the message says so itself."""
    if diagnosis.certainty in ("correct", "unknown"):
        return ""
    if diagnosis.certainty == "unique":
        if diagnosis.kind in _SEEN and not diagnosis.also:
            return "This was observed, not inferred."
        what = "pair of mistakes" if diagnosis.also else "mistake"
        return f"No other {what} that we know gives these numbers."
    others = _others(diagnosis)
    if not others and diagnosis.also:
        return "Only together do these mistakes give the numbers; other pairs may do so, too."
    if not others:
        return "The numbers fit, but there was too little to compare for being sure."
    count = _COUNTS[len(others)] if len(others) < len(_COUNTS) else "Several others"
    if all(each.kind == diagnosis.kind for each in diagnosis.alternatives):
        return "The kind of mistake is certain. Elsewhere, it would give the same numbers:"
    return f"{count} would give the same numbers:"


def _others(diagnosis: Diagnosis) -> list[str]:
    return list(dict.fromkeys(str(each) for each in diagnosis.alternatives))


def _all_of(diagnosis: Diagnosis) -> list[Diagnosis]:
    """The mistakes that were made together."""
    return [diagnosis, *diagnosis.also]


def _reread(diagnosis: Diagnosis) -> str:
    """Where to look it up: "mistakes.md#fan-out" in words."""
    places = []
    for each in _all_of(diagnosis):
        page, _, anchor = each.reread.partition("#")
        places.append(f"{page}, “{anchor.replace('-', ' ')}”")
    return f"Reread: {'; '.join(dict.fromkeys(places))}"


def _pieces(diagnosis: Diagnosis) -> list[Piece]:
    """What there is to be compared; nothing, if the gradient is right."""
    if diagnosis.ok or (diagnosis.got is None and diagnosis.expected is None):
        return []
    return pieces(diagnosis.got, diagnosis.expected, diagnosis.names)


# In a notebook -----------------------------------------------------------------------------------

_STYLE = """
.dp-diagnosis{font:14px/1.45 system-ui,sans-serif;color:var(--jp-content-font-color1,#1b1b1b);
 background:var(--jp-layout-color0,#fff);border:1px solid var(--jp-border-color1,#bbb);
 border-left:6px solid var(--dp-ink);border-radius:6px;padding:10px 14px;margin:4px 0;max-width:56em}
.dp-diagnosis.dp-right{--dp-ink:#0072B2}.dp-diagnosis.dp-wrong{--dp-ink:#D55E00}
.dp-diagnosis.dp-open{--dp-ink:#767676}
.dp-diagnosis .dp-head{font-weight:600}.dp-diagnosis .dp-sign{color:var(--dp-ink);font-size:1.2em}
.dp-diagnosis p,.dp-diagnosis ul{margin:.3em 0}.dp-diagnosis ul{padding-left:1.4em}
.dp-diagnosis code{font:12.5px/1.4 ui-monospace,monospace;background:none!important}
.dp-diagnosis .dp-quiet{font-weight:400;color:var(--jp-content-font-color2,#555);font-size:13px}
.dp-diagnosis details{margin:.3em 0}.dp-diagnosis details details{margin-left:1.1em}
.dp-diagnosis summary{cursor:pointer;display:list-item}
.dp-diagnosis .dp-picture{margin:.5em 0;overflow-x:auto}
"""
_HINTS = ("A hint", "Another", "Almost the answer")


def html(diagnosis: Diagnosis) -> str:
    """The panel as HTML."""
    css, sign = {"correct": ("dp-right", "✓"), "unknown": ("dp-open", "?")}.get(
        diagnosis.certainty, ("dp-wrong", "✗")
    )
    body = "".join(_sentence(each, sign) for each in _all_of(diagnosis))
    sure = certainty(diagnosis)
    if sure:
        body += f'<p class="dp-quiet">{_prose(sure)}</p>'
        others = "".join(f"<li>{_prose(each)}</li>" for each in _others(diagnosis))
        body += f'<ul class="dp-quiet">{others}</ul>' if others else ""
    drawn = picture(diagnosis)
    if drawn is not None:
        body += f'<div class="dp-picture">{drawn.svg}</div>'
    if not diagnosis.ok:
        for each in _all_of(diagnosis):
            body += _hints(each, of=f" ({each.title})" if diagnosis.also else "")
        body += f'<p class="dp-quiet">{_prose(_reread(diagnosis))}</p>'
    title = _escape(diagnosis.title)
    return (
        f'<style>{_STYLE}</style><div class="dp-diagnosis {css}" role="group" '
        f'aria-label="Diagnosis: {title}">{body}</div>'
    )


def picture(diagnosis: Diagnosis) -> Drawing | None:
    """The heat maps, with the table as their text alternative."""
    some = _pieces(diagnosis)
    return heatmap.draw(some, "\n".join(_table(some))) if some else None


def _sentence(diagnosis: Diagnosis, sign: str) -> str:
    where = f' <span class="dp-quiet">{_prose(diagnosis.where)}</span>' if diagnosis.where else ""
    return (
        f'<div class="dp-head"><span class="dp-sign" aria-hidden="true">{sign}</span> '
        f"{_escape(diagnosis.title)}{where}</div><p>{_prose(diagnosis.message)}</p>"
    )


def _hints(diagnosis: Diagnosis, of: str) -> str:
    """Three tiers, each within the one before: nobody sees the third without the first."""
    nested = ""
    for label, hint in reversed(list(zip(_HINTS, diagnosis.hints, strict=True))):
        label = f"{label}{of}" if label == _HINTS[0] else label
        nested = (
            f"<details><summary>{_escape(label)}</summary><p>{_prose(hint)}</p>{nested}</details>"
        )
    return nested


def _prose(sentence: str) -> str:
    """A sentence as HTML: what stands between backticks is code."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return _escape(sentence)
    return "".join(
        f"<code>{_escape(part)}</code>" if k % 2 else _escape(part) for k, part in enumerate(parts)
    )


def _escape(words: str) -> str:
    return _html.escape(clean(words))


# Elsewhere ---------------------------------------------------------------------------------------


def text(diagnosis: Diagnosis) -> str:
    """The panel in plain text."""
    sign = {"correct": "✓", "unknown": "?"}.get(diagnosis.certainty, "✗")
    lines = []
    for each in _all_of(diagnosis):
        lines += [f"{sign} {each.title}" + (f", {each.where}" if each.where else ""),
                  f"  {each.message}"]  # fmt: skip
    if sure := certainty(diagnosis):
        lines += [f"  {sure}", *(f"  - {each}" for each in _others(diagnosis))]
    if some := _pieces(diagnosis):
        lines += ["", *(f"  {line}" for line in _table(some)), ""]
    if not diagnosis.ok:
        lines += [f"  {_reread(diagnosis)}. Three hints are in .hints"]
    return "\n".join(clean(line).rstrip() for line in lines)


def _table(some: list[Piece]) -> list[str]:
    """Got, expected and difference in columns; what cannot be compared follows below."""
    rows, below = [("", "got", "expected", "difference")], []
    for piece, noise in zip(some, negligible(some), strict=True):
        if noise is None:
            below += _apart(piece)
        elif noise.size == 0:
            below.append(f"{piece.name or 'the gradient'} is empty, as it should be.")
        else:
            entries = _entries(piece, noise)
            rows += [_entry(piece, noise, index) for index in entries]
            if len(entries) < noise.size:
                right = int(noise.sum())
                below.append(
                    f"{piece.name or 'The gradient'} has {noise.size} numbers, shape "
                    f"{noise.shape}; {right} are right. Shown are the largest differences."
                )
    if len(rows) == 1:
        return below
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [
        f"{name:<{widths[0]}}  " + "  ".join(f"{x:>{w}}" for x, w in zip(cells, widths[1:], strict=True))
        for name, *cells in rows
    ]  # fmt: skip
    return table + below


def _entries(piece: Piece, noise: np.ndarray) -> list[tuple[int, ...]]:
    """The places of the numbers that are listed: all, or where the differences are largest."""
    if noise.size <= _ROWS:
        return list(np.ndindex(noise.shape))
    difference = piece.difference
    assert difference is not None
    sizes = np.where(np.isnan(difference), np.inf, np.abs(difference)).ravel()
    wrong = max(1, int(np.sum(~noise)))
    worst = np.sort(np.argsort(-sizes, kind="stable")[: min(wrong, _SHORT)])
    return [tuple(int(k) for k in np.unravel_index(flat, noise.shape)) for flat in worst]


def _entry(piece: Piece, noise: np.ndarray, index: tuple[int, ...]) -> tuple[str, str, str, str]:
    got, expected, difference = (
        float(np.asarray(each)[index]) for each in (piece.got, piece.expected, piece.difference)
    )
    small = "≈ 0" if noise[index] and difference else f"{difference + 0.0:.6g}"
    return piece.label(index), f"{got:.6g}", f"{expected:.6g}", small


def _apart(piece: Piece) -> list[str]:
    """Two things that cannot be subtracted, one under the other."""
    lines = []
    for words, value in (("came back", piece.got), ("was expected", piece.expected)):
        if value is None:
            continue
        about = f"{piece.name or 'the gradient'}: "
        if isinstance(value, np.ndarray):
            kind = f"shape {value.shape}" if value.shape else "a single number"
            shown = np.array2string(value, precision=6, threshold=20, edgeitems=2).split("\n")
            lines += [f"{about}{kind} {words}", *(f"    {line}" for line in shown[:8])]
            lines += ["    …"] if len(shown) > 8 else []
        else:
            lines.append(f"{about}{value} {words}")
    if piece.got is None:
        lines.insert(0, f"{piece.name or 'the gradient'}: nothing came back")
    return lines
