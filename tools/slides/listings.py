"""Code in colour: Pygments finds the words, theme.css colours them."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from tools.slides.frames import SlideError

WIDEST = 72  # characters; a longer line would run out of the frame
SHORT = (7, 54)  # lines and characters; a listing within both is set larger


def listing(code: str, language: str) -> str:
    """The code as a <pre>. Raises SlideError on an unknown language or a line that is too long."""
    if not language:
        raise SlideError("a listing names its language: ```python, or ```text for none.")
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        raise SlideError(f"there is no language {language!r} for a listing.") from None
    code = code.rstrip("\n")
    lines = code.split("\n")
    longest = max(lines, key=len)
    if len(longest) > WIDEST:
        raise SlideError(f"a line of code has {len(longest)} characters, over {WIDEST}: {longest}")
    marked = highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    # Reachable by keyboard, in case that it has to be scrolled on a small screen.
    size = "code short" if len(lines) <= SHORT[0] and len(longest) <= SHORT[1] else "code"
    return f'<pre class="{size}" tabindex="0"><code>{marked}</code></pre>\n'
