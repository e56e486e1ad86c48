"""What a student calls their files hands in nothing in another's name."""

import pytest

from autograder.collect import collect
from autograder.course import Course
from autograder.platforms import PlatformCollector, recognise
from tests.autograder.test_platforms import LAB, collected, handed_in, notebook, pack

ROSTER = "Student,ID,SIS User ID,SIS Login ID,Section\nEve,12345,,eve,A\nBob,777,,bob,A\n"
NAMES = (  # what Eve calls her file
    "_777_assignsubmission_file_lab.ipynb",
    "bob_777_assignsubmission_file_lab.ipynb",
    "bob_777_assignsubmission_file_helper.py",
    "bob_777_99999_lab.ipynb",
    "bob_LATE_777_99999_lab.ipynb",
)


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    return Course.at(root)


@pytest.mark.parametrize("attempts", ["latest", "first"])
@pytest.mark.parametrize("name", NAMES)
def test_in_canvas(course, tmp_path, name, attempts):
    config = f"c = get_config()\nc.PlatformCollector.attempts = {attempts!r}\n"
    (course.root / "nbgrader_config.py").write_text(config)
    roster = tmp_path / "grades.csv"
    roster.write_text(ROSTER)
    archive = pack(tmp_path / "submissions.zip", {
        f"eve_12345_67890_{name}": notebook("eve's"),
        f"eve_LATE_12345_67891_{name}": notebook("eve's"),
        "eve_12345_67892_lab.ipynb": notebook("eve's"),
        "bob_777_67893_lab.ipynb": notebook("bob's"),
    })  # fmt: skip
    problems = collect(course, LAB, archive, roster=roster)
    assert collected(course)["bob"] == ["lab.ipynb"] and "bob's" in handed_in(course, "bob")
    assert {problem.student for problem in problems} <= {"eve"}


@pytest.mark.parametrize("name", NAMES)
def test_in_moodle(name):
    assert recognise(f"Eve E_12345_assignsubmission_file_{name}").number == "12345"


@pytest.mark.parametrize("name", [*NAMES, "Bob_777_assignsubmission_file_/lab.ipynb"])
@pytest.mark.parametrize("folder", ["Eve_5_assignsubmission_file_", "eve_5_6_work"])
def test_in_nbgraders_zip_collect(folder, name):
    path = f"downloaded/{LAB}/extracted/submissions/{folder}/{name}".removesuffix(".py")
    found = PlatformCollector().collect(path if path.endswith(".ipynb") else f"{path}.ipynb")
    assert found["student_id"] in ("Eve", "5")


@pytest.mark.parametrize("kind", ["many", "large", "bombs"])
def test_one_student_s_zip_takes_no_other_s_room(course, tmp_path, monkeypatch, kind):
    """All that one collection may hold is for all; the first in the alphabet had it alone."""
    monkeypatch.setattr("autograder.unpack.MAX_FILES", 30)
    monkeypatch.setattr("autograder.unpack.MAX_FILES_OF_A_STUDENT", 10)
    monkeypatch.setattr("autograder.unpack.MAX_TOTAL", 30_000_000)
    monkeypatch.setattr("autograder.unpack.MAX_OF_A_STUDENT", 10_000_000)
    filler = {"many": b"", "large": bytes(900_000), "bombs": bytes(1_500_000)}[kind]
    archive = pack(tmp_path / "submissions.zip", {
        "a_1_20_work.zip": {"lab.ipynb": notebook(), **{f"{i:03}": filler for i in range(60)}},
        "b_2_30_work.zip": {"lab.ipynb": notebook("bob's"), "data.csv": "1"},
    })  # fmt: skip
    problems = collect(course, LAB, archive)
    assert collected(course)["2"] == ["data.csv", "lab.ipynb"]
    assert {problem.student for problem in problems} == {"1"} and len(problems) <= 21


def test_a_folder_without_a_name_is_left_out_with_what_is_in_it(course, tmp_path):
    folder = tmp_path / "inbox" / "ada" / "half\udc80"
    folder.mkdir(parents=True)
    (folder / "x.txt").write_text("x")
    (folder.parent / "lab.ipynb").write_text(notebook())
    (tmp_path / "inbox" / "bob.ipynb").write_text(notebook())
    (problem,) = collect(course, LAB, tmp_path / "inbox")
    assert collected(course) == {"ada": ["lab.ipynb"], "bob": ["lab.ipynb"]}
    assert "cannot be written down" in problem.message
