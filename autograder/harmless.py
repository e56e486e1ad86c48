"""What a student's program shows, made safe to look at.

A marked notebook is opened by a teacher: in formgrader, with the teacher's rights. HTML that a student's program
showed, or that stands in a student's text, would run there as a part of the page. So HTML goes into a frame in which
nothing runs, pictures are shown as pictures, and a tag in a text is only text.
"""

from __future__ import annotations

import base64
import re
from html import escape
from typing import Any

__all__ = [
    "SLOW",
    "contained",
    "harmless_lines",
    "harmless_output",
    "harmless_text",
    "without_line_ends",
]

# Where a student's link may lead: not to `javascript:`, however that is written, and not to a file
# that could be a page of the student's own: formgrader serves those as its own pages.
PLACES = (
    r"https?://|attachment:|missing:|#|"
    r"[\w./-]+\.(?:md|txt|csv|py|ipynb|pdf|png|jpe?g|gif)(?:#[\w.-]*)?[)\s]"
)
FRAME_STYLE = "width:100%;height:24em;border:1px solid #ccc;resize:vertical"


def harmless_output(output: dict[str, Any]) -> dict[str, Any]:
    """An output (a dictionary of nbformat's) of a student's cell, with its HTML, SVG and LaTeX contained."""
    data = dict(output.get("data", {}))
    if not data:
        return output
    for mime in ("text/latex", "text/markdown"):
        if mime in data:  # an output has no attachments, and nbconvert stops where one is missing
            data[mime] = harmless_text(data[mime].replace("attachment:", "missing:"))
    svg = data.pop("image/svg+xml", None)
    if "text/html" in data:
        data["text/html"] = _framed(data["text/html"])
    elif svg is not None:
        data["text/html"] = _pictured(svg, data.get("text/plain", ""))
    return {**output, "data": data}


def harmless_text(text: str) -> str:
    """Markdown in which `<` begins no tag, a link leads to a page or a picture only, and a formula
    does nothing but show. A space in the middle takes its meaning from each."""
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text)
    text = re.sub(rf"\](?=\((?!\s*(?:{PLACES})))|\](?=:(?!\s*(?:{PLACES})))", "] ", text)
    return re.sub(r"\\(?=(?:href|style|class|cssId|require)(?![A-Za-z]))", r"\\ ", text)


def harmless_lines(text: str) -> str:
    """Text for a terminal: what a terminal would take for a command, or show in another order, is a
    space. A student may have given a file any name."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


# What pygments takes for the beginning of one format in a text, however long, and reads anew from
# each of its characters.
SLOW = re.compile(r"%[-#0 +]{50,}")


def without_line_ends(code: str) -> str:
    """Python code, line for line, without the white space at the ends of its lines: pygments takes
    the square of the time for blank lines that are not empty, a minute for 50 000 characters."""
    return "\n".join(line.rstrip() for line in re.split(r"\r\n|\r|\n", code))


CONTAINED = re.compile(
    r"""<iframe sandbox="" title="[^"]*" style="[^"]*" srcdoc="[^"]*"></iframe>"""
    r"""|<img alt="[^"]*" src="data:image/svg\+xml;base64,[A-Za-z0-9+/=]*">"""
)


def contained(html: str) -> str:
    """HTML of a student's output as it may stand in a page: as it is, where it is a frame or a
    picture that this module made, otherwise in such a frame."""
    return html if CONTAINED.fullmatch(html) else _framed(html)


def _framed(html: str) -> str:
    """A frame of its own origin, where scripts, forms and links to the page around it are off."""
    return (
        f'<iframe sandbox="" title="shown by the student\'s program" style="{FRAME_STYLE}" '
        f'srcdoc="{escape(html, quote=True)}"></iframe>'
    )


def _pictured(svg: str, description: str) -> str:
    """A picture in an `<img>`, where a browser runs none of its scripts."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{escape(description[:200], quote=True)}" src="data:image/svg+xml;base64,{data}">'
