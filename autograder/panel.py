"""How a result looks: a panel in Jupyter and in the feedback, plain text elsewhere.

Nothing is told by colour alone: every state has a sign and a word. The colours (blue, vermilion,
grey) are told apart by colour-blind readers and differ in greyscale; the panel takes its paper and
ink from the notebook's own theme.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from autograder.result import Finding, Result

__all__ = ["html", "text"]

# *stressed*: not the stars of `a * b`, `**` or `*args`.
STRESSED = re.compile(r"(?<![\w*])\*(\w(?:[^*\n]*\w)?)\*(?![\w*])")

STYLE = """
.dp-panel{font:14px/1.45 system-ui,sans-serif;color:var(--jp-content-font-color1,#1b1b1b);
 background:var(--jp-layout-color0,#fff);border:1px solid var(--jp-border-color1,#bbb);
 border-left:6px solid var(--dp-ink);
 border-radius:6px;padding:10px 14px;margin:4px 0;max-width:52em}
.dp-panel.dp-pass{--dp-ink:#0072B2}.dp-panel.dp-fail{--dp-ink:#D55E00}.dp-panel.dp-todo{--dp-ink:#767676}
.dp-panel .dp-head{display:flex;gap:.6em;align-items:baseline;font-weight:600}
.dp-panel .dp-sign{color:var(--dp-ink);font-size:1.2em}
.dp-panel .dp-score{margin-left:auto;font-weight:400;white-space:nowrap}
.dp-panel .dp-part{margin:.7em 0 0;padding:.5em 0 0;border-top:1px dotted var(--jp-border-color1,#bbb)}
.dp-panel p{margin:.25em 0}
.dp-panel table{border-collapse:collapse;margin:.4em 0;font-size:13px}
.dp-panel tr{background:none!important}
.dp-panel td,.dp-panel th{text-align:left!important;padding:1px 12px 1px 0;vertical-align:top;background:none;border:0}
.dp-panel th{font-weight:400;color:var(--jp-content-font-color2,#555)}
.dp-panel code,.dp-panel pre{font:12.5px/1.4 ui-monospace,monospace;white-space:pre-wrap;margin:.2em 0;
 background:none!important}
.dp-panel .dp-kind{font-size:12px;border:1px solid var(--dp-ink);border-radius:9px;padding:0 7px;white-space:nowrap}
.dp-panel details{margin:.2em 0}.dp-panel summary{cursor:pointer;display:list-item}
.dp-panel .dp-hints details{margin-left:1.1em}.dp-panel .dp-hints>details{margin-left:0}
.dp-panel .dp-hints p{margin-left:1.1em;max-width:44em}
.dp-panel ul{margin:.25em 0;padding-left:1.4em}.dp-panel .dp-picture{margin:.5em 0;overflow-x:auto}
.dp-panel .dp-quiet{color:var(--jp-content-font-color2,#555);font-size:13px}
"""


def state(result: Result) -> tuple[str, str, str]:
    """(CSS class, sign, word) for a result."""
    if result.ok:
        return "dp-pass", "✓", "passed"
    if result.findings and all(f.ok or f.kind == "blank" for f in result.findings):
        return "dp-todo", "○", "not started" if result.score == 0 else "unfinished"
    return "dp-fail", "✗", "not yet"


def number(value: float) -> str:
    """A number of points: 3, 1.5."""
    return f"{value:g}"


def score(result: Result) -> str:
    """ "2 of 3 points", and what is left for the marking."""
    line = f"{number(result.score)} of {number(result.max_score)} points"
    later = result.max_score - result.available
    if not result.marking and later > 1e-9:
        line = f"{number(result.score)} of {number(result.available)} points here, {number(later)} more at marking"
    return line


def html(result: Result) -> str:
    css, sign, word = state(result)
    head = (
        f'<div class="dp-head"><span class="dp-sign" aria-hidden="true">{sign}</span>'
        f"<span>Exercise {escape(result.number)} · {escape(result.title)}: {word}</span>"
        f'<span class="dp-score">{escape(score(result))}</span></div>'
    )
    body = "".join(_part(finding, folded=result.marking) for finding in _shown(result))
    notes = "".join(f'<p class="dp-quiet">{prose(note)}</p>' for note in result.notes)
    return (
        f'<style>{STYLE}</style><div class="dp-panel {css}" role="status" '
        f'aria-label="Exercise {escape(result.number)} {word}">{head}{body}{notes}{_after(result)}</div>'
    )


def _shown(result: Result) -> list[Finding]:
    """The failures. One "not started" says it for all parts, and a kind's hints are given once."""
    shown: list[Finding] = []
    for finding in result.findings:
        known = [each for each in shown if each.kind == finding.kind]
        if finding.ok or any(each.message == finding.message for each in known):
            continue
        shown.append(replace(finding, hints=[]) if any(each.hints for each in known) else finding)
    return shown


def _part(finding: Finding, folded: bool) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{label}</th><td>{_shown_as(label, value)}</td></tr>"
        for label, value in _evidence(finding, numbers=not finding.comparison)
    )
    table = f"<table>{rows}</table>" if rows else ""
    more = "".join(f"<p>{prose(sentence)}</p>" for sentence in finding.also)
    trace = _fold("traceback", f"<pre>{escape(finding.traceback)}</pre>", bool(finding.traceback))
    # A mistake with a name has said it; another shows the kind that the class report counts.
    kind = f'<span class="dp-kind">{escape(words(finding.kind))}</span>'
    last = f"Reread: {escape(place_in_notes(finding.reread))}" if finding.title else kind
    return (
        f'<div class="dp-part"><p>{_title(finding)}{prose(finding.message)}</p>{more}'
        f"{_certainty(finding)}{table}{_picture(finding.comparison)}{_picture(finding.picture)}{trace}"
        f"{_tiers('about this mistake', finding.hints, folded)}"
        f'<p class="dp-quiet">{escape(finding.part)} · {last}</p></div>'
    )


def _shown_as(label: str, value: Any) -> str:
    """A place is a sentence that quotes code; the rest is code altogether."""
    return prose(value) if label == "where" else f"<code>{escape(show(value))}</code>"


def _picture(svg: str) -> str:
    return f'<div class="dp-picture">{svg}</div>' if svg else ""


def _title(finding: Finding) -> str:
    return f"<strong>{escape(finding.title)}.</strong> " if finding.title else ""


def _certainty(finding: Finding) -> str:
    """How sure a diagnosis is, and what else it may be."""
    others = "".join(f"<li>{prose(sentence)}</li>" for sentence in finding.alternatives)
    listed = f'<ul class="dp-quiet">{others}</ul>' if others else ""
    return f'<p class="dp-quiet">{prose(finding.sure)}</p>{listed}' if finding.sure else ""


def _evidence(finding: Finding, numbers: bool = True) -> list[tuple[str, Any]]:
    """What to show in rows; without `numbers` where a picture has them."""
    rows = [("where", finding.where)] if finding.where else []
    if finding.given is not None:
        rows.append(("given", finding.given))
    if numbers and (finding.got is not None or finding.expected is not None):
        rows.append(("got", finding.got))
    if numbers and finding.expected is not None:
        rows.append(("expected", finding.expected))
    return rows


def _after(result: Result) -> str:
    if result.ok:
        return ""
    hints = _tiers("about the exercise", result.hints, folded=result.marking)
    place = f'<p class="dp-quiet">{escape(reread(result))}</p>' if result.reread else ""
    return f'<div class="dp-part">{hints}{place}</div>' if hints or place else ""


def _tiers(about: str, hints: Sequence[str], folded: bool) -> str:
    """Hints that are opened one after the other: each lies inside the one before. `folded`, in
    feedback to be read at leisure: all behind one fold."""
    if not hints:
        return ""
    if folded:
        listed = "".join(f"<li>{prose(hint)}</li>" for hint in hints)
        return _fold(f"Hints {about}", f"<ol>{listed}</ol>")
    nested = ""
    labels = (f"A hint {about}", "Another", "Nearly the answer")
    for label, hint in reversed([*zip(labels, hints, strict=False)]):
        nested = _fold(label, f"<p>{prose(hint)}</p>{nested}")
    return f'<div class="dp-hints">{nested}</div>'


def _fold(label: str, inside: str, wanted: bool = True) -> str:
    if not wanted:
        return ""
    return f"<details><summary>{escape(label)}</summary>{inside}</details>"


def prose(sentence: str) -> str:
    """A sentence as HTML: what stands between backticks is code, and *this* is stressed."""
    pieces = sentence.split("`")
    if len(pieces) % 2 == 0:
        return escape(sentence)
    return "".join(
        f"<code>{escape(p)}</code>" if k % 2 else STRESSED.sub(r"<em>\1</em>", escape(p))
        for k, p in enumerate(pieces)
    )


def reread(result: Result) -> str:
    """Where the exercise is explained."""
    return f"Reread: {place_in_notes(result.reread)}"


def place_in_notes(place: str) -> str:
    """ "week03.md#fan-out" in words: the heading there, if the notes are at hand."""
    page, _, anchor = place.partition("#")
    if not anchor:
        return page
    return f"{page}, “{_heading(page, anchor) or anchor.replace('-', ' ')}”"


@functools.cache
def _heading(page: str, anchor: str) -> str:
    """What a reader sees at `(anchor)=` in the notes of the course that the notebook lies in."""
    try:
        here = Path.cwd()
        notes = (folder / "course" / "notes" / page for folder in (here, *here.parents))
        lines = next(each for each in notes if each.is_file()).read_text("utf-8").splitlines()
        after = lines[lines.index(f"({anchor})=") + 1 :]
        return next(line for line in after if line.startswith("#")).lstrip("# ")
    except (OSError, ValueError, StopIteration):
        return ""


def words(kind: str) -> str:
    return kind.replace("_", " ")


def show(value: Any, width: int = 300) -> str:
    """A value on a line or two: seven digits, long lists shortened in the middle."""
    line = _show(value)
    return line if len(line) <= width else f"{line[: width * 2 // 3]} … {line[-width // 4 :]}"


def _show(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_show(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        items = [_show(item) for item in value]
        if len(items) > 12:
            items = [*items[:6], f"… {len(items) - 9} more …", *items[-3:]]
        return f"[{', '.join(items)}]"
    return str(value)


def text(result: Result) -> str:
    """The same, for a terminal."""
    _, sign, word = state(result)
    lines = [f"{sign} Exercise {result.number} · {result.title}: {word} ({score(result)})"]
    for finding in _shown(result):
        title = f"{finding.title}. " if finding.title else ""
        lines.append(f"  {title}{finding.message}  [{words(finding.kind)}]")
        lines += [f"  {sentence}" for sentence in finding.also]
        lines += [f"    {label:<9}{show(value)}" for label, value in _evidence(finding)]
        lines += [f"  {finding.sure}"] if finding.sure else []
        lines += [f"    {sentence}" for sentence in finding.alternatives]
        lines += [f"  Hint: {hint}" for hint in finding.hints[:1]]
        if finding.reread:
            lines.append(f"  Reread: {place_in_notes(finding.reread)}")
    lines += [f"  {note}" for note in result.notes]
    if result.reread and not result.ok:
        lines.append(f"  {reread(result)}")
    # A student's message could hold a terminal's commands.
    return "".join(c if c.isprintable() or c == "\n" else " " for c in "\n".join(lines))
