"""Build the decks: python -m tools.slides [weekNN…] [--check].

Without names, every deck in course/slides. The pages go to build/slides. `--check` reads and
renders the decks but writes nothing, and needs no network.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.slides.frames import SlideError, read_deck
from tools.slides.packages import get_parts
from tools.slides.page import make_page
from tools.slides.render import render_deck

ROOT = Path(__file__).resolve().parents[2]
DECKS = ROOT / "course" / "slides"
BUILD = ROOT / "build" / "slides"


def build(path: Path, folder: Path = BUILD) -> Path:
    """Build one deck into `folder`, and return the page's path. Raises SlideError."""
    page = make_page(read_deck(path), get_parts(BUILD))
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{path.stem}.html"
    made.write_text(page, encoding="utf-8")
    return made


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="bootstrap.py slides",
        description="Build the decks of course/slides into build/slides.",
    )
    parser.add_argument("decks", nargs="*", metavar="weekNN", help="only these decks")
    parser.add_argument("--check", action="store_true", help="write nothing; needs no network")
    asked = parser.parse_args(arguments)
    paths = [DECKS / f"{Path(name).stem}.md" for name in asked.decks] or sorted(DECKS.glob("*.md"))
    wrong = 0
    for path in paths:
        try:
            if not path.is_file():
                raise SlideError(f"there is no deck {path.name} in {DECKS.relative_to(ROOT)}.")
            if asked.check:
                deck = read_deck(path)
                render_deck(deck)
                print(f"{path.name}: {len(deck.frames)} frames, all well")
            else:
                print(build(path).relative_to(ROOT))
        except SlideError as error:
            wrong += 1
            print(error, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
