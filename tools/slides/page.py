"""The whole page of a deck, with every script, style and picture inside it."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tools.slides.frames import Deck
from tools.slides.packages import Parts
from tools.slides.render import render_deck

HERE = Path(__file__).parent

# The browser itself refuses the network, whatever the scripts may ask for. Frames are for the
# speaker's view, which shows the deck inside itself.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; frame-src 'self' file:; base-uri 'none'; form-action 'none'"
)

PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<!-- Text and figures: CC BY 4.0, the dpkit authors. In this page besides:

{licences}
-->
<style>
@font-face {{ font-family: "deck-math"; src: url({font}) format("woff2"); }}
{styles}
</style>
</head>
<body>
<div class="reveal"><div class="slides">
{sections}</div></div>
<script>
{scripts}
</script>
</body>
</html>
"""


def make_page(deck: Deck, parts: Parts) -> str:
    """The page as HTML text. Raises SlideError with a line for every frame at fault."""
    own = [(HERE / name).read_text(encoding="utf-8") for name in ("theme.css", "start.js")]
    return PAGE.format(
        policy=POLICY,
        title=html.escape(deck.title),
        licences=parts.licences.replace("--", "- -"),
        font=parts.font,
        styles=parts.styles + own[0],
        sections=render_deck(deck),
        scripts=script_safe("\n".join([parts.script, parts.notes, own[1]])),
    )


def script_safe(code: str) -> str:
    """The same JavaScript, without what a browser takes for the end of a script or a comment."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", code, flags=re.IGNORECASE)
