"""Every week's notes: of a length that is read, with figures and links that are there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "course"
NOTES = sorted((COURSE / "notes").glob("week*.md"))


@pytest.fixture(params=NOTES, ids=[path.stem for path in NOTES])
def notes(request):
    return request.param.read_text(encoding="utf-8")


def test_length(notes):
    prose = re.sub(r"```.*?```|\$\$.*?\$\$", "", notes, flags=re.S)
    prose = re.sub(r"\$[^$]*\$", "x", prose)
    assert 1500 <= len(re.findall(r"\S*\w\S*", prose)) <= 3000


def test_figures_are_there_and_told_in_words(notes):
    figures = re.findall(r"```\{figure\} (\S+)\n(.*?)```", notes, re.S)
    assert figures
    for path, options in figures:
        assert (COURSE / "notes" / path).is_file(), path
        assert len(re.search(r"^:alt: (.+)$", options, re.M).group(1)) >= 60


def test_links_lead_somewhere(notes):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", notes):
        if not target.startswith("../../labs/release/"):  # made by `autograder release`
            assert (COURSE / "notes" / target).exists(), target


def test_links_into_notes_lead_to_a_section(notes):
    for name, anchor in re.findall(r"\]\((\w*\.md|)#([\w-]+)\)", notes):
        text = (COURSE / "notes" / name).read_text(encoding="utf-8") if name else notes
        assert f"\n({anchor})=\n" in text, f"{name}#{anchor}"


def test_anchors_are_unique(notes):
    anchors = re.findall(r"^\(([\w-]+)\)=$", notes, re.M)
    assert len(anchors) == len(set(anchors)) > 0


@pytest.mark.parametrize("script", sorted((COURSE / "figures").glob("*.py")), ids=lambda p: p.stem)
def test_figures_are_made_by_their_script(script, tmp_path):
    """The script writes exactly the figures that are kept; those that dpkit draws, to the byte."""
    runpy.run_path(str(script))["main"](tmp_path)
    kept = {path.name for path in script.parent.glob(f"{script.stem}-*.svg")}
    assert {path.name for path in tmp_path.iterdir()} == kept
    for path in tmp_path.iterdir():
        if "matplotlib" not in (text := path.read_text(encoding="utf-8")):
            assert text == (script.parent / path.name).read_text(encoding="utf-8"), path.name


def test_bold_terms_of_the_lab_are_in_the_glossary():
    """A term set in bold in a lab's text is defined in the glossary."""
    glossary = (COURSE / "glossary.md").read_text(encoding="utf-8").lower()
    for lab in (COURSE.parent / "labs").glob("*/lab.py"):
        text = "\n".join(
            line[2:] for line in lab.read_text(encoding="utf-8").splitlines() if line[:2] == "# "
        )
        terms = re.findall(r"\b(?:its|an?|called|the step's|is called an?) \*\*([\w -]+)\*\*", text)
        assert terms
        for term in terms:
            stem = term.lower().removesuffix("s")
            assert stem in glossary, f"{lab.parent.name}: {term!r} is not in the glossary"
