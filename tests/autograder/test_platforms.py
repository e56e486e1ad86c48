"""What Canvas and Moodle download, collected under the names that the platforms really give."""

import io
import os
import struct
import subprocess
import sys
import unicodedata
import warnings
import zipfile
import zlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.collect import collect
from autograder.course import Course, CourseError
from autograder.platforms import recognise
from autograder.times import in_utc, stamp, zone

ROOT = Path(__file__).resolve().parents[2]
LAB = "lab03"


def notebook(mark=""):
    return f'{{"cells": [], "metadata": {{"mark": "{mark}"}}, "nbformat": 4, "nbformat_minor": 5}}'


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    configure(root, "")
    return Course.at(root)


def configure(root, *lines):
    (root / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *lines]) + "\n")


def pack(path, files):
    """A zip with {name: content}; a content that is a dict is a zip inside."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            if isinstance(content, dict):
                inner = io.BytesIO()
                pack(inner, content)
                content = inner.getvalue()
            bundle.writestr(name, content)
    return path


def collected(course):
    """{student: files} in nbgrader's own layout."""
    return {
        folder.parent.name: sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )
        for folder in course.submitted.glob(f"*/{LAB}")
    }


def handed_in(course, student, file="lab.ipynb"):
    return (course.submitted / student / LAB / file).read_text()


def messages(problems, student):
    return [problem.message for problem in problems if problem.student == student]


# --------------------------------------------------------------------------- Canvas


def test_canvas(course, tmp_path):
    archive = pack(tmp_path / "submissions.zip", {
        "lovelaceada_12345_67890_lab.ipynb": notebook(),
        "lovelaceada_12345_67891_helper-1.py": "x = 1",
        "noetheremmy_LATE_222_67892_my lab.ipynb": notebook(),
        "李雷_333_67893_lab-1.ipynb": notebook("second"),
        "李雷_333_67800_lab.ipynb": notebook("first"),
        "typist_444_text.html": "<p>see my notebook</p>",
        "zipped_555_67894_work.zip": {"work/lab.ipynb": notebook("inner"), "work/data.csv": "1"},
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course) == {
        "12345": ["helper.py", "lab.ipynb"],
        "222": ["lab.ipynb"],
        "333": ["lab.ipynb"],
        "555": ["data.csv", "lab.ipynb"],
    }
    assert "second" in handed_in(course, "333") and "inner" in handed_in(course, "555")
    assert {problem.student: problem.marked for problem in problems} == {
        "222": True, "333": True, "444": False,
    }  # fmt: skip
    assert "does not say how late" in messages(problems, "222")[0]
    assert "latest of 2 attempts" in messages(problems, "333")[0]
    assert "typed into the platform" in messages(problems, "444")[0]


def test_canvas_under_the_logins_of_its_gradebook(course, tmp_path):
    """The rows about the assignments and Canvas's own test student are nobody."""
    roster = tmp_path / "grades.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section\n"
        "    Points Possible,,,,\n"
        '"Lovelace, Ada",12345,s1,ada@uni.edu,A\n'
        '"Noether, Emmy",222,s2,,A\n'
        '"Student, Test",999,,,A\n',
        encoding="utf-8-sig",
    )
    archive = pack(tmp_path / "submissions.zip", {
        "lovelaceada_12345_1_lab.ipynb": notebook(),
        "noetheremmy_222_2_lab.ipynb": notebook(),
        "guest_777_3_lab.ipynb": notebook(),
    })  # fmt: skip
    (problem,) = collect(course, LAB, archive, roster=roster)
    assert set(collected(course)) == {"ada@uni.edu", "s2", "777"}
    assert problem.student == "777" and problem.marked and "not in the roster" in problem.message


@pytest.mark.parametrize("attempts", ["latest", "first"])
def test_which_attempt_counts_is_the_courses_choice(course, tmp_path, attempts):
    configure(course.root, f"c.PlatformCollector.attempts = {attempts!r}")
    one = pack(tmp_path / "one.zip", {
        "a_1_20_lab-1.ipynb": notebook("second"), "a_1_10_lab.ipynb": notebook("first"),
        "b_2_11_lab.ipynb": notebook("first"),
    })  # fmt: skip
    two = pack(tmp_path / "two.zip", {"b_2_30_lab-1.ipynb": notebook("second")})
    collect(course, LAB, one)
    again = collect(course, LAB, two)
    counts = "second" if attempts == "latest" else "first"
    assert counts in handed_in(course, "1") and counts in handed_in(course, "2")
    assert (messages(again, "2") != []) == (attempts == "first")
    assert all(problem.marked for problem in again)


def test_the_lab_is_found_among_other_notebooks_of_an_attempt(course, tmp_path):
    archive = pack(tmp_path / "submissions.zip", {
        "a_1_10_lab.ipynb": notebook("old"), "a_1_20_lab-1.ipynb": notebook("lab"),
        "a_1_30_scratch.ipynb": notebook("scratch"),
        "b_2_40_one.ipynb": notebook(), "b_2_50_two.ipynb": notebook(),
        "c_3_60_work.zip": {"one.ipynb": notebook(), "two.ipynb": notebook()},
        "d_4_70_helper.py": "x = 1", "d_4_80_helper-1.py": "x = 2", "d_4_90_lab-10.ipynb": notebook(),
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course) == {
        "1": ["lab.ipynb", "scratch.ipynb"], "4": ["helper.py", "lab.ipynb"],
    }  # fmt: skip
    assert '"lab"' in handed_in(course, "1") and handed_in(course, "4", "helper.py") == "x = 2"
    for student in ("2", "3"):
        assert "which of one.ipynb, two.ipynb counts" in messages(problems, student)[0]


@pytest.mark.attack
def test_a_file_name_cannot_make_somebody_else_of_its_sender(course, tmp_path):
    archive = pack(tmp_path / "submissions.zip", {
        "mallory_66_1_ada_12345_67890_lab.ipynb": notebook(),
        "mallory_66_2_..": "x",
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course) == {"66": ["lab.ipynb"]}
    assert "no name that a file can have" in messages(problems, "66")[0]


# --------------------------------------------------------------------------- Moodle


def test_moodle_in_folders(course, tmp_path):
    archive = pack(tmp_path / "CS-Lab 3-4711.zip", {
        "Ada Lovelace_101_assignsubmission_file_/lab.ipynb": notebook(),
        "Ada Lovelace_101_assignsubmission_file_/data/x.csv": "1",
        "Ada Lovelace_101_assignsubmission_onlinetext_/onlinetext.html": "done",
        "Zoë Øst-Ågård_102_assignsubmission_file_/Untitled 1.ipynb": notebook(),
        "Typist Only_103_assignsubmission_onlinetext_/onlinetext.html": "done",
        "Zip Sender_104_assignsubmission_file_/all.zip": {"lab03/lab.ipynb": notebook("inner")},
        "Two Files_105_assignsubmission_file_/a.ipynb": notebook(),
        "Two Files_105_assignsubmission_file_/b.ipynb": notebook(),
        "Participant_106_assignsubmission_file_/lab.ipynb": notebook(),
        "Participant_107_assignsubmission_file_/lab.ipynb": notebook(),
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course) == {
        "Ada Lovelace": ["data/x.csv", "lab.ipynb"],
        "Zoë Øst-Ågård": ["lab.ipynb"],
        "Zip Sender": ["lab.ipynb"],
        "Participant 106": ["lab.ipynb"],
        "Participant 107": ["lab.ipynb"],
    }
    assert {problem.student for problem in problems} == {"Typist Only", "Two Files"}
    assert "typed into the platform" in messages(problems, "Typist Only")[0]
    told = messages(problems, "Two Files")[0]
    assert "which of a.ipynb, b.ipynb counts" in told
    assert told.startswith(f"{archive}/Two Files")  # the place that the teacher knows


def test_moodle_in_one_folder_with_names_and_times_of_its_worksheet(course, tmp_path):
    configure(course.root, "c.LatePolicy.timezone = 'Europe/Copenhagen'")
    (course.root / "roster.csv").write_text(
        "Identifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
        "Participant 101,Ada Lovelace,ada@uni.edu,Submitted,,"
        '"Saturday, 31 January 2026, 11:59 PM"\n'
        "Participant 102,Ada Lovelace,ada2@uni.edu,Submitted,,"
        '"Saturday, 1 August 2026, 12:00 AM"\n'
        "Participant 103,Nobody Yet,no@uni.edu,No submission,,-\n"
    )
    archive = pack(tmp_path / "all.zip", {
        "Ada Lovelace_101_assignsubmission_file_lab.ipynb": notebook("one"),
        "Ada Lovelace_102_assignsubmission_file_lab.ipynb": notebook("other"),
    })  # fmt: skip
    assert collect(course, LAB, archive) == []
    assert set(collected(course)) == {"ada@uni.edu", "ada2@uni.edu"}
    assert "one" in handed_in(course, "ada@uni.edu")
    written = handed_in(course, "ada@uni.edu", "timestamp.txt")
    assert written == "2026-01-31 22:59:00.000000 UTC"  # one hour ahead in winter, two in summer
    assert handed_in(course, "ada2@uni.edu", "timestamp.txt").startswith("2026-07-31 22:00:00")


def test_two_people_of_one_name_are_not_guessed(course, tmp_path):
    archive = pack(tmp_path / "all.zip", {
        "Ada Lovelace_101_assignsubmission_file_/lab.ipynb": notebook(),
        "Ada Lovelace_102_assignsubmission_file_/lab.ipynb": notebook(),
        "Emmy Noether_103_assignsubmission_file_/lab.ipynb": notebook(),
    })  # fmt: skip
    (problem,) = collect(course, LAB, archive)
    assert set(collected(course)) == {"Emmy Noether"}
    assert "twice" in problem.message and "name a roster" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name,Points\nada,3\n", "neither Canvas's gradebook"),
        ("student,submitted\nada,03/04/2026 10:00\n", "row 2: '03/04/2026 10:00' is no time"),
        ("student,submitted\nada,2026-01-31\n", "row 2"),
        ("number,student\n1,ada\n1,bob\n", "row 3: '1' is there twice"),
    ],
)
def test_a_roster_that_is_none_is_one_line(course, tmp_path, text, words):
    roster = tmp_path / "roster.csv"
    roster.write_text(text)
    archive = pack(tmp_path / "all.zip", {"ada/lab.ipynb": notebook(), "bob.ipynb": notebook()})
    with pytest.raises(CourseError, match=words) as error:
        collect(course, LAB, archive, roster=roster)
    assert str(roster) in str(error.value)


# --------------------------------------------------------------------------- times


@pytest.mark.attack
@pytest.mark.parametrize("kind", ["ada/timestamp.txt", "ada/lab03/timestamp.txt"])
def test_a_student_does_not_say_when_it_was_handed_in(course, tmp_path, kind):
    folder = os.path.dirname(kind)
    archive = pack(tmp_path / "all.zip", {
        f"{folder}/lab.ipynb": notebook(), kind: "2020-01-01 00:00:00 UTC",
        "bob/lab.ipynb": notebook(),
    })  # fmt: skip
    (problem,) = collect(course, LAB, archive)
    assert problem.marked and "the student's own word" in problem.message
    assert collected(course) == {"ada": ["lab.ipynb"], "bob": ["lab.ipynb"]}


def test_a_list_made_by_hand_says_when(course, tmp_path):
    (course.root / "roster.csv").write_text(
        "student,submitted\nada,2026-02-01 10:00 +01:00\nbob,\n"
    )
    inbox = {"ada/lab.ipynb": notebook(), "ada/timestamp.txt": "2020-01-01 00:00:00 UTC",
             "bob.ipynb": notebook()}  # fmt: skip
    collect(course, LAB, pack(tmp_path / "all.zip", inbox))
    assert handed_in(course, "ada", "timestamp.txt") == "2026-02-01 09:00:00.000000 UTC"
    assert collected(course)["bob"] == ["lab.ipynb"]


def test_an_attempt_that_was_earlier_does_not_replace_a_later_one(course, tmp_path):
    for time, mark in [("2026-02-02 10:00", "later"), ("2026-02-01 10:00", "earlier")]:
        (course.root / "roster.csv").write_text(f"student,submitted\nada,{time}\n")
        archive = pack(
            tmp_path / "all.zip", {"ada/lab.ipynb": notebook(mark), "b.ipynb": notebook()}
        )
        problems = collect(course, LAB, archive)
    assert "later" in handed_in(course, "ada")
    assert "the latest counts" in messages(problems, "ada")[0]


COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-01-31 23:59", "2026-01-31 22:59:00", "2026-01-31 22:59:00"),
        ("2026-07-31 23:59", "2026-07-31 21:59:00", "2026-07-31 21:59:00"),
        ("2026-01-31", None, "2026-01-31 22:59:59"),
        ("2026-01-31T23:59:00+05:30", "2026-01-31 18:29:00", "2026-01-31 18:29:00"),
        ("2026-01-31 23:59 America/New_York", "2026-02-01 04:59:00", "2026-02-01 04:59:00"),
        ("2026-10-25 02:30", "2026-10-25 00:30:00", "2026-10-25 01:30:00"),  # it comes twice
        ("Saturday, 31 January 2026, 11:59 PM", "2026-01-31 22:59:00", "2026-01-31 22:59:00"),
        ("03/04/2026 10:00", None, None),
        ("10:00", None, None),
        ("January 2026", None, None),
        ("2026-02-30 10:00", None, None),
        ("2026-01-31 10:00 EST", None, None),
        ("2026-01-31 10:00 Europe/Kopenhagen", None, None),
        ("soon", None, None),
        ("", None, None),
    ],
)
def test_times_that_people_write(text, begins, ends):
    for until, expected in ((False, begins), (True, ends)):
        if expected is None:
            with pytest.raises(ValueError, match="is no time"):
                in_utc(text, COPENHAGEN, until=until)
        else:
            assert str(in_utc(text, COPENHAGEN, until=until)) == expected


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_with_its_distance_from_utc_is_that_moment_anywhere(moment, minutes):
    """Independent truth: the arithmetic of `datetime` itself."""
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = moment - timedelta(minutes=minutes)
    assert in_utc(there.isoformat(sep=" "), COPENHAGEN) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert in_utc(stamp(expected), COPENHAGEN) == expected


def test_an_unknown_zone_is_named():
    with pytest.raises(ValueError, match="'Mars/Base' is no time zone"):
        zone("Mars/Base")


# --------------------------------------------------------------------------- zips of all kinds


def test_a_zip_a_student(course, tmp_path):
    archive = pack(tmp_path / "all.zip", {
        "ada.zip": {"lab.ipynb": notebook(), "x.py": ""},
        "bob.zip": {"my work/deep/lab.ipynb": notebook()},
        "eve/homework.zip": {"lab.ipynb": notebook(), "inner.zip": {"y": "1"}},
        "bad.zip": "no zip at all",
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course) == {
        "ada": ["lab.ipynb", "x.py"], "bob": ["lab.ipynb"], "eve": ["inner.zip", "lab.ipynb"],
    }  # fmt: skip
    assert {problem.student for problem in problems} == {"bad"}
    assert any("cannot be unpacked" in line for line in messages(problems, "bad"))


@pytest.mark.attack
def test_a_students_zip_is_looked_at_as_closely_as_the_teachers(course, tmp_path):
    archive = pack(tmp_path / "all.zip", {
        "ada.zip": {"lab.ipynb": notebook(), "../../../../evil.py": "x", "/etc/evil": "x",
                    "bomb.bin": bytes(20_000_000)},
        "bob.ipynb": notebook(),
    })  # fmt: skip
    before = set(tmp_path.rglob("*"))
    problems = collect(course, LAB, archive)
    assert collected(course) == {"ada": ["lab.ipynb"], "bob": ["lab.ipynb"]}
    assert len(problems) == 3 and {problem.student for problem in problems} == {"ada"}
    assert sum("climbs out" in line for line in messages(problems, "ada")) == 2
    assert sum("zip bomb" in line for line in messages(problems, "ada")) == 1
    assert all(course.root in path.parents for path in set(tmp_path.rglob("*")) - before)


@pytest.mark.attack
def test_zips_in_zips_are_opened_once_and_many_share_one_allowance(course, tmp_path, monkeypatch):
    from autograder import unpack

    monkeypatch.setattr(unpack, "MAX_TOTAL", 2_000_000)
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for student in ("a", "b", "c"):
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as own:
                own.writestr("lab.ipynb", notebook())
                own.writestr("big", bytes(300_000))
            bundle.writestr(f"{student}.zip", inner.getvalue())
    problems = collect(course, LAB, archive)
    assert set(collected(course)) == {"a", "b", "c"}
    assert sum("too large" in problem.message for problem in problems) == 0
    monkeypatch.setattr(unpack, "MAX_TOTAL", 1_300_000)
    problems = collect(course, LAB, archive)
    assert sum("too large" in problem.message for problem in problems) > 0


def test_a_zip_made_by_macos_keeps_its_accents(course, tmp_path):
    archive = tmp_path / "all.zip"
    archive.write_bytes(by_finder({"Zoë Øst/lab.ipynb": notebook(), "ada/lab.ipynb": notebook()}))
    assert collect(course, LAB, archive) == []
    assert set(collected(course)) == {"Zoë Øst", "ada"}


def by_finder(files):
    """A zip as macOS makes them: names in decomposed UTF-8, without the flag that says UTF-8."""
    out, central = bytearray(), bytearray()
    for path, text in files.items():
        name, data = unicodedata.normalize("NFD", path).encode(), text.encode()
        sizes = zlib.crc32(data), len(data), len(data), len(name), 0
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x5A21, *sizes)
        central += b"PK\x01\x02" + struct.pack("<H", 20) + common
        central += struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
        out += b"PK\x03\x04" + common + name + data
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(central), len(out), 0)
    return bytes(out + central + b"PK\x05\x06" + end)


def test_names_that_differ_only_in_case_are_one_student(course, tmp_path):
    archive = pack(tmp_path / "all.zip", {
        "ada/lab.ipynb": notebook("lower"), "Ada/lab.ipynb": notebook("upper"),
        "bob/Lab.ipynb": notebook("other"), "bob/lab.ipynb": notebook("real"),
    })  # fmt: skip
    (problem,) = collect(course, LAB, archive)
    assert "twice" in problem.message
    assert len(collected(course)) == 2 and "real" in handed_in(course, "bob")


def test_one_submission_alone_in_its_download(course, tmp_path):
    archive = pack(tmp_path / "a.zip", {"lovelaceada_12345_1_lab.ipynb": notebook()})
    assert collect(course, LAB, archive) == []
    archive = pack(
        tmp_path / "b.zip", {"Ada Lovelace_1_assignsubmission_file_/lab.ipynb": notebook()}
    )
    assert collect(course, LAB, archive) == []
    assert set(collected(course)) == {"12345", "Ada Lovelace"}


# --------------------------------------------------------------------------- nbgrader's own command


@pytest.mark.parametrize("name", ["ada.ipynb", "a_b_c.ipynb", "lab.ipynb", "12_34.ipynb", "x_1_y"])
def test_other_names_are_nobodys(name):
    assert recognise(name) is None


words = st.text(st.characters(categories=("L",)), min_size=1, max_size=12)
numbers = st.integers(1, 10**9)
files = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=30)


@given(words, numbers, numbers, st.booleans(), files)
def test_what_canvas_puts_into_a_name_is_read_out_of_it(name, user, attachment, late, file):
    """Put together as Canvas does, from a name that it has cleaned and a file called anything."""
    made = "_".join([name, *(["LATE"] if late else []), str(user), str(attachment), file])
    found = recognise(made)
    told = found.number, found.order, found.late, found.file
    assert told == (str(user), attachment, late, file)


@given(st.lists(words, min_size=1, max_size=3).map(" ".join), numbers, files)
def test_what_moodle_puts_into_a_name_is_read_out_of_it(name, participant, file):
    flat = recognise(f"{name}_{participant}_assignsubmission_file_{file}")
    assert (flat.name, flat.number, flat.file) == (name, str(participant), file)
    folder = recognise(f"{name}_{participant}_assignsubmission_file_")
    assert (folder.name, folder.number, folder.file) == (name, str(participant), "")


def test_nbgraders_zip_collect_reads_the_same_names(course, tmp_path):
    configure(
        course.root,
        "c.CourseDirectory.course_id = 'x'",
        "c.ZipCollectApp.collector_plugin = 'autograder.platforms.PlatformCollector'",
    )
    archives = course.root / "downloaded" / LAB / "archive"
    archives.mkdir(parents=True)
    (course.root / "release" / LAB).mkdir(parents=True)
    (course.root / "release" / LAB / "lab.ipynb").write_text(notebook())
    pack(archives / "submissions.zip", {
        "lovelaceada_LATE_12345_67890_lab-1.ipynb": notebook(),
        "Emmy Noether_103_assignsubmission_file_/my lab.ipynb": notebook(),
        "Emmy Noether_103_assignsubmission_file_/timestamp.txt": "2020-01-01",
    })  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "zip_collect", LAB], cwd=course.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert collected(course) == {"12345": ["lab.ipynb"], "Emmy Noether": ["lab.ipynb"]}
