"""Text, code and formulas as HTML that needs nothing but itself: no script, no font, no network.

A formula becomes a drawing of its outlines, made by Matplotlib; what Matplotlib cannot set stays in
TeX's own words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath, text_to_path
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.harmless import SLOW, without_line_ends

__all__ = ["code", "formula", "lab_text", "one_page", "student_text"]

# What Matplotlib knows by another name only.
SYNONYMS = {
    r"\le": r"\leq", r"\ge": r"\geq", r"\gets": r"\leftarrow", r"\land": r"\wedge", r"\lor": r"\vee",
    r"\lnot": r"\neg", r"\iff": r"\Leftrightarrow", r"\implies": r"\Rightarrow", r"\lvert": "|", r"\rvert": "|",
    r"\lVert": r"\|", r"\rVert": r"\|", r"\bigl": "", r"\bigr": "", r"\Bigl": "", r"\Bigr": "",
}  # fmt: skip

MOST_TEXT = 50_000  # characters of code, or of what a program showed
# Of a student's text, in one cell and in all that one page shows. Markdown can be written so that
# reading it takes seconds for some thousand characters, and the square of that for more.
MOST_MARKDOWN, MOST_ON_A_PAGE = 10_000, 100_000
MOST_CODE_ON_A_PAGE = 300_000  # characters of code in colours
MOST_FORMULA = 400  # characters of a formula that is drawn
MOST_FORMULAS = 300  # of a student's in one text
SIZE = 10.0  # of a formula's letters, in its drawing's own units
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")


@lru_cache(maxsize=512)
def lab_text(text: str) -> str:
    """The lab's own Markdown, whose HTML is meant. The same for every student, so made once."""
    return MarkdownWithMath(renderer=_Renderer(escape=False)).render(text)


def student_text(text: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Markdown from a student: a tag is only text, a link leads to a page, and the only pictures
    are those attached. The marked copy is inert already; this does not rely on it."""
    left = _left.get()
    if len(text) > min(left, MOST_MARKDOWN):
        rest = "\n… the rest is left out" if len(text) > MOST_TEXT else ""
        return f"<pre>{escape(text[:MOST_TEXT])}{rest}</pre>"
    _left.set(left - len(text))
    text = re.sub(r"[^\S\n]{100,}", " " * 100, text)
    renderer = _Renderer(escape=True, attachments=dict(attachments or {}))
    return MarkdownWithMath(renderer=renderer).render(text)


_left: ContextVar[float] = ContextVar("left", default=math.inf)
_code_left: ContextVar[float] = ContextVar("code_left", default=math.inf)


@contextmanager
def one_page() -> Iterator[None]:
    """The block makes one page; what students' texts on it may take is theirs alone."""
    before, code_before = _left.set(MOST_ON_A_PAGE), _code_left.set(MOST_CODE_ON_A_PAGE)
    try:
        yield
    finally:
        _left.reset(before)
        _code_left.reset(code_before)


class _Renderer(IPythonRenderer):
    """Markdown without anything that is fetched, run or named."""

    def __init__(self, escape: bool, attachments: dict[str, Any] | None = None):
        super().__init__(
            escape=escape,
            allow_harmful_protocols=False,
            exclude_anchor_links=True,
            attachments=attachments,
        )
        self._trusted = not escape
        self._formulas = 0

    def block_math(self, body: str) -> str:
        return f'<div class="display">{self._formula(body)}</div>'

    def inline_math(self, body: str) -> str:
        return self._formula(body)

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{escape(code)}</pre>"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        pictures = self.attachments.get(url.removeprefix("attachment:"), {})
        for mime, data in pictures.items() if url.startswith("attachment:") else ():
            if PICTURE.fullmatch(source := f"data:{mime};base64,{data}"):
                return f'<img alt="{escape(text, quote=True)}" src="{source}">'
        return f'<span class="quiet">[picture: {escape(text or url)}]</span>'

    def _formula(self, tex: str) -> str:
        self._formulas += 1
        if self._trusted or self._formulas <= MOST_FORMULAS:
            return formula(tex)
        return _in_words(tex)


@lru_cache(maxsize=2048)
def formula(tex: str) -> str:
    """A formula as an inline drawing, with its TeX for those who do not see it."""
    source = " ".join(tex.split())
    if not source or len(source) > MOST_FORMULA or "$" in source:
        return _in_words(tex)
    font = FontProperties(size=SIZE, math_fontfamily="stix")
    spelt = re.sub(r"\\[A-Za-z]+", lambda found: SYNONYMS.get(found[0], found[0]), source)
    try:
        outline = TextPath((0, 0), f"${spelt}$", size=SIZE, prop=font)
        width, height, depth = text_to_path.get_text_width_height_descent(f"${spelt}$", font, True)
    except Exception:  # it knows many ways to fail, and a formula in words is no harm
        return _in_words(tex)
    top, low = np.ceil(height - depth) + 1, np.ceil(depth) + 1
    wide, high = float(width) + 1, float(top + low)
    return (
        f'<svg class="math" role="img" aria-label="{escape(source, quote=True)}" '
        f'viewBox="0 {-top:g} {wide:.1f} {high:g}" '
        f'style="width:{wide / SIZE:.2f}em;height:{high / SIZE:.2f}em;'
        f'vertical-align:{-low / SIZE:.2f}em"><path d="{_drawn(outline)}"/></svg>'
    )


def _drawn(outline: TextPath) -> str:
    """An outline as SVG's path data; upwards is negative there."""
    letters = {1: "M", 2: "L", 3: "Q", 4: "C"}
    pieces = []
    for points, kind in outline.iter_segments(simplify=False, curves=True):
        if letter := letters.get(int(kind)):
            numbers = (f"{x:.2f} {-y:.2f}" for x, y in points.reshape(-1, 2))
            pieces.append(letter + " ".join(numbers))
        else:
            pieces.append("Z")
    return "".join(pieces)


def _in_words(tex: str) -> str:
    return f'<code class="tex">{escape(tex.strip())}</code>'


def code(text: str) -> str:
    """Python, with its words in colours as far as that is not too much work for one page."""
    if len(text) > MOST_TEXT:
        return f"{escape(text[:MOST_TEXT])}\n… the rest is left out"
    left = _code_left.get()
    if len(text) > left or SLOW.search(text):
        return escape(text)
    _code_left.set(left - len(text))
    return _coloured(without_line_ends(text))


@lru_cache(maxsize=512)
def _coloured(text: str) -> str:
    return highlight(text, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
