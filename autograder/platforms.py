"""Whose submission a file is, by the names that Canvas and Moodle give to what they download.

    lovelaceada_12345_67890_lab.ipynb                       Canvas: user, attachment
    lovelaceada_LATE_12345_67890_lab-1.ipynb                late, and the same file handed in again
    Ada Lovelace_123456_assignsubmission_file_/lab.ipynb    Moodle: participant, a folder each
    Ada Lovelace_123456_assignsubmission_file_lab.ipynb     the same, all in one folder

(Canvas: `app/models/content_zipper.rb`; Moodle: `mod/assign/locallib.php`, download_submissions.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin
from traitlets import Enum, Unicode

__all__ = ["Named", "PlatformCollector", "recognise"]

# The platforms take numbers between underscores out of people's names: the first ones are theirs.
CANVAS = re.compile(
    r"(?P<name>.*?)_(?:(?P<late>late)_)?(?P<number>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)"
    r"|(?P<written>text|link)\.html)",
    re.IGNORECASE | re.DOTALL,
)
ANONYMOUS = re.compile(
    r"anon_(?:(?P<late>late)_)?(?P<number>[a-z0-9]{5})_(?P<attachment>\d+)_(?P<file>.+)",
    re.IGNORECASE | re.DOTALL,
)
MOODLE = re.compile(
    r"(?P<name>.*?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<file>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Named:
    """What a platform's name for a file, or for a student's folder, says.

    Attributes:
        platform: "Canvas" or "Moodle".
        name: what the platform made of the person's name.
        number: the user's in Canvas; in Moodle the participant's, another one in each assignment.
        file: what the student had called it; "" for a folder.
        order: grows with each upload, where the platform says so.
        late: whether the platform calls it late. It does not say how late.
        written: text typed into the platform, no file.
    """

    platform: str
    name: str
    number: str
    file: str = ""
    order: int = 0
    late: bool = False
    written: bool = False

    @property
    def student(self) -> str:
        """Who it is while no roster says more. Canvas's numbers stay with a person; in Moodle only
        the name does, unless names are hidden."""
        if self.platform == "Canvas":
            return self.number
        return f"{self.name} {self.number}" if self.name == "Participant" else self.name


def recognise(name: str) -> Named | None:
    """What `name` says; None where neither platform named it.

    What a platform writes comes first; a student's own name for the file follows, and may look like
    what the other platform writes."""
    moodle = MOODLE.fullmatch(name)
    canvas = ANONYMOUS.fullmatch(name) or CANVAS.fullmatch(name)
    if moodle and not (canvas and canvas.start("number") < moodle.start("number")):
        kind, file = moodle["kind"], moodle["file"]
        return Named("Moodle", moodle["name"], moodle["number"], file, written=kind != "file")
    if found := canvas:
        parts = found.groupdict()
        return Named(
            "Canvas",
            parts.get("name") or f"anon {found['number']}",
            found["number"],
            found["file"] or "",
            int(found["attachment"] or 0),
            found["late"] is not None,
            bool(parts.get("written")),
        )
    return None


class PlatformCollector(FileNameCollectorPlugin):
    """nbgrader's `zip_collect` with Canvas's and Moodle's names; `autograder grade --submissions`
    asks it too.

    A course whose files have other names sets `named_regexp`, as for nbgrader's own collector; that
    is tried first.
    """

    attempts = Enum(
        ("latest", "first"),
        default_value="latest",
        help="which of several attempts counts: the one handed in last, or the first one",
    ).tag(config=True)
    roster = Unicode(
        "roster.csv",
        help="the list that says who is who and when they handed in, from the course's folder on; "
        "{lab} stands for the lab. It need not exist",
    ).tag(config=True)

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """{student_id, file_id, and timestamp if known} of a notebook; None for any other file.

        nbgrader's interface. A lab has one notebook, whatever it is called when it comes back.
        """
        path = Path(submitted_file)
        if path.suffix not in self.valid_ext:
            return None
        if self.named_regexp and (own := super().collect(submitted_file)):
            return own
        # From the outside in: what is inside somebody's folder was named by them.
        for name in path.parts:
            if named := recognise(name):
                return {"student_id": named.student, "file_id": "lab"}
        return None
