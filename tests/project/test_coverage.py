"""The table of what is taught where points at sections and exercises that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECKS = {"000", "001", "002", "003", "004"}
LABS = {int(path.name[3:5]): path for path in (ROOT / "labs").glob("lab[0-9][0-9]_*")}


def rows():
    week, found = None, []
    for line in (ROOT / "course" / "coverage.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## Week (\d+).*", line):
            week = int(heading[1])
        elif line.startswith("|") and week is not None:
            found.append((week, [cell.strip() for cell in line.strip("|").split("|")]))
    return [(week, cells) for week, cells in found if cells[0][:3] in DECKS]


@pytest.mark.parametrize(("week", "cells"), rows(), ids=lambda value: str(value)[:50])
def test_a_topic_is_where_the_table_says(week, cells):
    assert len(cells) == 4, cells
    topic, says, notes, exercises = cells
    assert str(week) in re.findall(r"\d+", says), f"{topic}: it stands under week {week}"
    places = re.findall(r"(\w+\.md)(?:#([\w-]+)|, “(.+?)”)?", notes)
    assert places, f"{topic}: no section of the notes"
    for name, anchor, heading in places:
        text = (ROOT / "course" / "notes" / name).read_text(encoding="utf-8")
        assert not anchor or f"\n({anchor})=\n" in text, f"{topic}: {name} has no ({anchor})="
        assert not heading or re.search(rf"(?m)^#+ {re.escape(heading)}$", text), (
            f"{topic}: {name} has no heading {heading!r}"
        )
    for number in re.findall(r"\b(\d+\.\d+)\b", exercises):
        lab = LABS.get(int(number.split(".")[0]))
        assert lab and f"### {number} " in (lab / "lab.py").read_text(encoding="utf-8"), (
            f"{topic}: there is no exercise {number}"
        )


def test_the_weeks_stand_in_order():
    text = (ROOT / "course" / "coverage.md").read_text(encoding="utf-8")
    weeks = [int(number) for number in re.findall(r"(?m)^## Week (\d+)", text)]
    assert weeks == sorted(set(weeks)) and 3 in weeks
