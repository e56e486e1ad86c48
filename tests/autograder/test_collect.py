"""Submissions arrive from strangers, as folders and zips of every kind."""

import os
import stat
import zipfile

import pytest

from autograder.collect import collect
from autograder.course import Course, CourseError

LAB = "lab03"
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    return Course.at(root)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(path, text=NOTEBOOK):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def collected(course):
    """{student: files} in nbgrader's own layout."""
    return {
        folder.parent.name: sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )
        for folder in course.submitted.glob(f"*/{LAB}")
    }


def zipped(folder, archive):
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in sorted(folder.rglob("*")):
            bundle.write(path, path.relative_to(folder))
    return archive


def test_the_layouts_that_people_send(course, inbox):
    put(inbox / "ada" / "lab.ipynb")
    put(inbox / "ada" / "helper.py", "x = 1")
    put(inbox / "blaise" / LAB / "lab.ipynb")
    put(inbox / "carl.ipynb")
    put(inbox / "dorothy" / "my own name.ipynb")
    put(inbox / "notes.txt", "not a submission")
    put(inbox / "__MACOSX" / "ada" / "lab.ipynb")
    assert collect(course, LAB, inbox) == []
    assert collected(course) == {
        "ada": ["helper.py", "lab.ipynb"],
        "blaise": ["lab.ipynb"],
        "carl": ["lab.ipynb"],
        "dorothy": ["lab.ipynb"],
    }


def test_a_zip_with_a_folder_around_everything(course, inbox, tmp_path):
    put(inbox / "Week 3" / "ada" / "lab.ipynb")
    put(inbox / "Week 3" / "blaise.ipynb")
    assert collect(course, LAB, zipped(inbox, tmp_path / "all.zip")) == []
    assert set(collected(course)) == {"ada", "blaise"}


def test_a_newer_version_replaces_the_old_one_whole(course, inbox):
    put(inbox / "ada" / "lab.ipynb")
    put(inbox / "ada" / "old.py", "")
    collect(course, LAB, inbox)
    (inbox / "ada" / "old.py").unlink()
    put(inbox / "ada" / "new.py", "")
    collect(course, LAB, inbox)
    assert collected(course) == {"ada": ["lab.ipynb", "new.py"]}


@pytest.mark.parametrize("name", ["../../evil/lab.ipynb", "/etc/evil.ipynb", "a/../../x.ipynb", "..\\..\\w.ipynb", "C:\\x.ipynb"])  # fmt: skip
@pytest.mark.attack
def test_a_path_that_climbs_out_is_left_out_and_the_rest_collected(course, tmp_path, name):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("ada/lab.ipynb", NOTEBOOK)
        bundle.writestr("blaise/lab.ipynb", NOTEBOOK)
        bundle.writestr(name, NOTEBOOK)
    before = {path for path in tmp_path.rglob("*")}
    problems = collect(course, LAB, archive)
    assert len(problems) == 1
    assert repr(name) in problems[0].message and "climbs out" in problems[0].message
    assert set(collected(course)) == {"ada", "blaise"}
    added = {path for path in tmp_path.rglob("*")} - before
    assert all(course.root in path.parents for path in added)


@pytest.mark.attack
def test_a_link_in_a_zip_is_left_out(course, tmp_path):
    archive = tmp_path / "all.zip"
    link = zipfile.ZipInfo("ada/secret.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("ada/lab.ipynb", NOTEBOOK)
        bundle.writestr("blaise/lab.ipynb", NOTEBOOK)
        bundle.writestr(link, "/etc/passwd")
    (problem,) = collect(course, LAB, archive)
    assert "symbolic link" in problem.message
    assert collected(course) == {"ada": ["lab.ipynb"], "blaise": ["lab.ipynb"]}


@pytest.mark.attack
def test_links_in_a_folder_are_never_followed(course, inbox, tmp_path):
    put(tmp_path / "private" / "lab.ipynb", "secret")
    put(inbox / "ada" / "lab.ipynb")
    (inbox / "ada" / "key.txt").symlink_to(tmp_path / "private" / "lab.ipynb")
    (inbox / "mallory").symlink_to(tmp_path / "private")
    (inbox / "trudy").mkdir()
    (inbox / "trudy" / "lab.ipynb").symlink_to(tmp_path / "private" / "lab.ipynb")
    problems = collect(course, LAB, inbox)
    assert collected(course) == {"ada": ["lab.ipynb"]}
    assert sorted({problem.student for problem in problems}) == ["ada", "mallory", "trudy"]
    assert all(str(inbox) in problem.message for problem in problems)


@pytest.mark.parametrize("name", ["a*b", "[x]", "a;rm -rf", ".hidden?", "{0}", "a\nb", "-rf/"])
def test_an_odd_student_id_is_named_and_the_rest_collected(course, inbox, name):
    name = name.rstrip("/")
    put(inbox / "ada" / "lab.ipynb")
    put(inbox / "blaise.ipynb")
    put(inbox / name / "lab.ipynb")
    problems = collect(course, LAB, inbox)
    if name in ("-rf", ".hidden?"):  # allowed, and hidden as every dot file is
        assert problems == []
    else:
        (problem,) = problems
        assert "cannot be a student's id; rename" in problem.message
        assert problem.message.startswith(str(inbox)) and "\n" not in problem.message
    assert {"ada", "blaise"} <= set(collected(course))


@pytest.mark.parametrize(
    "student", ["åsa", "李雷", "o.k", "m@uni.edu", "van der Berg", "o'brien", "O’Neill"]
)
def test_ordinary_names_of_the_world_are_fine(course, inbox, student):
    put(inbox / student / "lab.ipynb")
    put(inbox / "ada.ipynb")
    assert collect(course, LAB, inbox) == []
    assert student in collected(course)


def test_an_accent_is_one_letter_whoever_wrote_it(course, inbox):
    put(inbox / "zoe\u0308" / "lab.ipynb")
    put(inbox / "ada.ipynb")
    assert collect(course, LAB, inbox) == []
    assert "zo\u00eb" in collected(course)


def test_the_same_student_twice(course, inbox):
    put(inbox / "ada" / "lab.ipynb")
    put(inbox / "ada.ipynb")
    (problem,) = collect(course, LAB, inbox)
    assert "twice" in problem.message


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such folder or zip"),
        (lambda path: path.mkdir(), "holds no notebook"),
        (lambda path: path.write_bytes(b"not a zip"), "cannot be unpacked"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + os.urandom(50)), "cannot be unpacked"),
    ],
)
def test_nothing_to_collect_is_one_line(course, tmp_path, make, words):
    path = tmp_path / "submissions.zip"
    make(path)
    with pytest.raises(CourseError, match=words) as error:
        collect(course, LAB, path)
    assert str(path) in str(error.value)


def test_a_zip_inside_a_zip_is_named_with_the_remedy(course, inbox, tmp_path):
    put(tmp_path / "work" / "lab.ipynb")
    (tmp_path / "outer").mkdir()
    zipped(tmp_path / "work", tmp_path / "outer" / "really final.zip")
    zipped(tmp_path / "outer", inbox / "ada.zip")
    put(inbox / "blaise.ipynb")
    (problem,) = collect(course, LAB, inbox)
    assert problem.student == "ada" and not problem.marked
    assert problem.message == (
        f"{inbox / 'ada.zip'}: holds no lab.ipynb; really final.zip in it is a zip again, which is "
        "not opened: unpack that one, or ask ada for the notebook itself"
    )
    assert set(collected(course)) == {"blaise"}


def test_a_zip_of_a_class_inside_a_zip_is_named_with_the_remedy(course, inbox, tmp_path):
    put(inbox / "ada" / "lab.ipynb")
    put(inbox / "blaise" / "lab.ipynb")
    (tmp_path / "outer").mkdir()
    zipped(inbox, tmp_path / "outer" / "all.zip")
    archive = zipped(tmp_path / "outer", tmp_path / "download.zip")
    (problem,) = collect(course, LAB, archive)
    assert "2 of them deeper inside" in problem.message
    assert "--submissions" in problem.message
