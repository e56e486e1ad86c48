"""One frame's Markdown to HTML. What would show up wrong on the wall is an error here."""

from __future__ import annotations

import html
import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from tools.slides.frames import Deck, SlideError
from tools.slides.listings import listing
from tools.slides.mathml import mathml
from tools.slides.pictures import picture

MOST_WORDS = 60  # shown on one frame, formulas and code aside; 45 is the aim
FEW_WORDS, FEW_BLOCKS = 26, 4  # a frame with no more, and no code or table, is set larger


def render_deck(deck: Deck) -> str:
    """All frames as <section> elements. Raises SlideError with a line for every frame at fault."""
    sections, problems = [], []
    markdown = _markdown(deck.path.parent)
    for frame in deck.frames:
        try:
            tokens = markdown.parse(frame.body)
            words = _count_words(tokens)
            body = markdown.renderer.render(tokens, markdown.options, {})
            heading = markdown.renderInline(frame.heading)
            notes = markdown.render(frame.notes)
        except SlideError as error:
            problems.append(f"{deck.where(frame)}: {error}")
            continue
        level = "h1" if frame.number == 1 else "h2"
        few = words <= FEW_WORDS and _few_blocks(tokens)
        kind = ' class="cover"' if frame.number == 1 else ' class="few"' if few else ""
        aside = f'<aside class="notes">\n{notes}</aside>\n' if notes else ""
        sections.append(f"<section{kind}>\n<{level}>{heading}</{level}>\n{body}{aside}</section>\n")
    if problems:
        raise SlideError("\n".join(problems))
    return "".join(sections)


def _markdown(folder: Path) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"typographer": True}).enable(["table", "smartquotes"])
    markdown.inline.ruler.before("escape", "math", _inline_math)
    markdown.block.ruler.before(
        "fence", "math", _block_math, {"alt": ["paragraph", "blockquote", "list"]}
    )
    rules = markdown.renderer.rules
    rules["math"] = lambda tokens, i, *_: mathml(tokens[i].content, display=False)
    rules["math_block"] = lambda tokens, i, *_: (
        f'<div class="math">{mathml(tokens[i].content, display=True)}</div>\n'
    )
    rules["fence"] = lambda tokens, i, *_: listing(tokens[i].content, tokens[i].info.strip())
    rules["image"] = lambda tokens, i, *_: picture(
        str(tokens[i].attrs["src"]), tokens[i].content, folder
    )
    rules["html_block"] = rules["html_inline"] = _no_html
    rules["code_block"] = _no_indented_code
    renderer = markdown.renderer
    for kind, prepare in (
        ("list_item_open", _one_at_a_time),
        ("paragraph_open", _mark_pictures),
        ("link_open", _check_link),
    ):
        rules[kind] = _after(prepare, renderer.renderToken)
    return markdown


def _after(prepare, render):
    def rule(tokens: list[Token], i: int, options, _env) -> str:
        prepare(tokens, i)
        return render(tokens, i, options, _env)

    return rule


def _one_at_a_time(tokens: list[Token], i: int) -> None:
    if tokens[i].markup == "+":
        tokens[i].attrJoin("class", "fragment")


def _mark_pictures(tokens: list[Token], i: int) -> None:
    """A paragraph of nothing but pictures takes the room that the text leaves."""
    parts = [part.type for part in tokens[i + 1].children or ()]
    if "image" in parts and set(parts) <= {"image", "softbreak"}:
        tokens[i].attrJoin("class", "pictures")


def _check_link(tokens: list[Token], i: int) -> None:
    target = str(tokens[i].attrs.get("href", ""))
    if not target.startswith("https://"):
        raise SlideError(
            f"the link to {target!r} leads nowhere, since a deck travels as one file; "
            "a link begins with https://."
        )


def _no_html(tokens: list[Token], i: int, *_) -> str:
    raise SlideError(f"no HTML in a deck, please: {tokens[i].content.strip()!r}.")


def _no_indented_code(tokens: list[Token], i: int, *_) -> str:
    line = tokens[i].content.strip().split("\n")[0]
    raise SlideError(f"{line!r} is indented and would be code; code stands in a fence, ```python.")


def _count_words(tokens: list[Token]) -> int:
    """How many words are shown. Raises SlideError if they are too many."""
    shown = []
    for token in tokens:
        for part in token.children or ():
            if part.type in ("text", "code_inline"):
                shown += re.findall(r"\w[\w’'-]*", part.content)
    if len(shown) > MOST_WORDS:
        raise SlideError(f"it shows {len(shown)} words; {MOST_WORDS} is the most, 45 the aim.")
    return len(shown)


def _few_blocks(tokens: list[Token]) -> bool:
    kinds = [token.type for token in tokens]
    if "fence" in kinds or "table_open" in kinds:
        return False
    return kinds.count("inline") + kinds.count("math_block") <= FEW_BLOCKS


# --------------------------------------------------------------------------- dollars


def _inline_math(state: StateInline, silent: bool) -> bool:
    """$…$ in a line; a dollar that is meant as one is written \\$."""
    if state.src[state.pos] != "$":
        return False
    found = re.compile(r"\$((?:[^$\\]|\\.)+)\$", re.DOTALL).match(state.src, state.pos)
    if not found:
        rest = html.unescape(state.src[state.pos : state.pos + 30])
        raise SlideError(f"a formula has no end, or a dollar is not written \\$: {rest!r}.")
    if not silent:
        state.push("math", "math", 0).content = found[1]
    state.pos = found.end()
    return True


def _block_math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """$$…$$ on lines of its own."""
    first = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("$$", first):
        return False
    last = start
    while last < end:
        stop = state.eMarks[last]
        text = state.src[first:stop].rstrip()
        if len(text) > 3 and text.endswith("$$") and not text.endswith("\\$$"):
            break
        last += 1
    else:
        raise SlideError(f"the formula {state.src[first : first + 30]!r} has no $$ at its end.")
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content = text[2:-2]
        token.map = [start, last + 1]
        state.line = last + 1
    return True
