"""A CSV file that another program wrote, to be given back to it with some cells filled.

What is not filled comes back as it was: order, columns, separator, line ends, byte-order mark. One
thing is changed on purpose. A spreadsheet takes a text that begins with = + - or @ for a formula and
runs it, and students choose their names: such a text gets an apostrophe in front, which spreadsheets
read as "this is text".
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError
from autograder.store import write as write_file

__all__ = ["Matches", "Sheet", "harmless", "match", "same"]

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BOM = "\ufeff"
MOST_BYTES = 50_000_000
MOST_CELL = 1_000_000  # characters in one cell; Python's own limit is too small for a long comment


@dataclass
class Sheet:
    """Rows of text; the first is the header. `delimiter`, `line_end` and `bom`: how it was written."""

    rows: list[list[str]]
    delimiter: str = ","
    line_end: str = "\r\n"
    bom: bool = True  # how Excel knows UTF-8

    @classmethod
    def read(cls, path: Path) -> Sheet:
        """Raises `CourseError` when there is no such file, or it is not CSV in UTF-8."""
        try:
            if path.stat().st_size > MOST_BYTES:
                raise CourseError(f"{path}: is larger than {MOST_BYTES // 10**6} MB; no class is")
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise CourseError(f"{path}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise CourseError(
                f"{path}: is not in UTF-8; export it from the platform again, as CSV in UTF-8"
            ) from None
        body = text.removeprefix(BOM)
        first = body.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        csv.field_size_limit(MOST_CELL)
        try:
            reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
            rows = [row for row in reader if any(row)]
        except csv.Error as error:
            raise CourseError(f"{path}: is not CSV ({error}); export it again") from None
        if not rows:
            raise CourseError(f"{path}: is empty; export it from the platform again")
        width = len(rows[0])
        for number, row in enumerate(rows, 1):
            if len(row) > width:
                raise CourseError(
                    f"{path}: row {number} has {len(row)} cells under {width} headings; "
                    "export it again, and do not edit it by hand"
                )
            row += [""] * (width - len(row))
        ends = "\r\n" if "\r\n" in body else "\n"
        return cls(rows, delimiter, ends, text.startswith(BOM))

    @property
    def header(self) -> list[str]:
        return self.rows[0]

    def column(self, name: str) -> int | None:
        """The place of the column called `name`, or None."""
        named = [place for place, title in enumerate(self.header) if same(title, name)]
        return named[0] if named else None

    def write(self, path: Path) -> None:
        """Written wholly or not at all."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerows([harmless(cell) for cell in row] for row in self.rows)
        data = (BOM if self.bom else "") + text.getvalue()
        write_file(path, data.encode(errors="replace"))


def harmless(cell: str) -> str:
    """The text as a spreadsheet may have it: a number or a text, never a formula."""
    start = cell.lstrip("\ufeff\u200b \t\r\n\v\f\0\xa0\u3000\x85\u2028\u2029")
    if not start.startswith(FORMULA) or len(start) == 1 or _is_number(start):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def same(one: str, other: str) -> bool:
    """Whether two texts are the same to a reader: however accents are composed, and without the
    blanks around."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    # Canvas writes ="=name" for a name that a spreadsheet would run.
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return unicodedata.normalize("NFC", text).strip()


@dataclass
class Matches:
    """Whose row is which. `found`: {student: place}. `trouble`: {student: why there is none}.
    `touched`: the places that are somebody's, or may be."""

    found: dict[str, int]
    trouble: dict[str, str]
    touched: set[int]


def match(
    rows: Sequence[Sequence[str]],
    ids: Sequence[int],
    names: Sequence[int],
    people: Mapping[str, tuple[Iterable[str], Iterable[str]]],
) -> Matches:
    """Find each student's row. Texts must be equal; nothing is guessed.

    `people` is {student: (identifiers, names)}. Identifiers are looked for in the columns `ids`;
    only where none is found, names in the columns `names`. Two rows that could be a student's, or
    two students that could be one row's, are told and left alone: students choose their names, and
    may choose somebody else's.
    """
    by_id, by_name = _index(rows, ids), _index(rows, names)
    found: dict[str, int] = {}
    trouble: dict[str, str] = {}
    touched: set[int] = set()
    for student, (identifiers, called) in people.items():
        places = _places(by_id, identifiers) or _places(by_name, called)
        touched |= places
        if len(places) == 1:
            (found[student],) = places
        elif places:
            listed = ", ".join(str(place + 1) for place in sorted(places))
            trouble[student] = f"could be any of several students in the roster (entries {listed})"
        else:
            trouble[student] = "not in the roster"
    owners: dict[int, list[str]] = {}
    for student, place in found.items():
        owners.setdefault(place, []).append(student)
    for rivals in owners.values():
        for student in rivals if len(rivals) > 1 else ():
            others = ", ".join(repr(other) for other in rivals if other != student)
            trouble[student] = f"has the same entry in the roster as {others}"
            del found[student]
    return Matches(found, trouble, touched)


def _index(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> dict[str, set[int]]:
    index: dict[str, set[int]] = {}
    for place, row in enumerate(rows):
        for column in columns:
            if key := _plain(row[column]):
                index.setdefault(key, set()).add(place)
    return index


def _places(index: Mapping[str, set[int]], keys: Iterable[str]) -> set[int]:
    return set().union(*(index.get(_plain(key), set()) for key in keys if _plain(key)))
