"""Hostile names and archives: what comes in before anything is marked.

In each collection the submissions of Ada and Zeno are beside the hostile one, and come in whole."""

import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder import unpack
from autograder.alone import check_notebook
from autograder.build import build_release, read_lab
from autograder.collect import collect
from autograder.course import CourseError, find_course
from autograder.sanitise import grade_id
from tests.autograder.attacks.beside import BOOBY_TRAP
from tests.autograder.test_grade import send
from tests.autograder.toy import LAB, toy_course

pytestmark = pytest.mark.attack


@pytest.fixture
def course(tmp_path):
    course = toy_course(tmp_path)
    course.submitted.mkdir()
    (course.root / "gradebook.db").write_bytes(b"the gradebook")
    return course


def link(name, to):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry, to


def special(name, mode, date=(1980, 1, 1, 0, 0, 0)):
    entry = zipfile.ZipInfo(name, date)
    entry.external_attr = mode << 16
    return entry, "forged"


# What a zip holds beside Ada's and Zeno's; and whether "mallory" then has a submission.
ZIPS = {
    "climbs": (["../evil", "../../evil", "mallory/../../../evil", "mallory/./../../evil"], False),
    "absolute": (["/evil", "//evil", "\\evil", "\\\\server\\share\\evil"], False),
    "drives": (["C:\\evil", "C:evil", "D:/evil", "mallory\\..\\..\\..\\evil"], False),
    "the_course_itself": (["../course/gradebook.db", "../../gradebook.db", "gradebook.db"], False),
    "links": ([link("mallory/lab.ipynb", "../../../gradebook.db"), link("eve", "/etc")], False),
    "a_link_and_what_is_behind_it": (
        [link("mallory/x", "/tmp"), "mallory/x/evil", "mallory/lab.ipynb"], True),
    "special_files": (
        [special("mallory/lab.ipynb", stat.S_IFIFO | 0o666),
         special("mallory/run", stat.S_IFREG | stat.S_ISUID | 0o6777)], True),
    "times_at_the_edges": (
        [special("mallory/lab.ipynb", 0o644, (2107, 12, 31, 23, 59, 58)),
         special("mallory/old", 0o644, (1980, 0, 0, 0, 0, 0))], True),
    "a_file_where_a_folder_belongs": (["mallory", "mallory/lab.ipynb"], False),
    "a_folder_where_the_notebook_belongs": (["mallory/lab.ipynb/x", "mallory/other.ipynb"], True),
    "a_folder_where_the_time_belongs": (["mallory/timestamp.txt/x", "mallory/lab.ipynb"], True),
    "the_same_twice": (["mallory/lab.ipynb", "mallory/lab.ipynb", "mallory//lab.ipynb"], True),
    "names_for_a_shell": (["-rf/x.ipynb", "$(id)/lab.ipynb", "`id`/lab.ipynb", "*/lab.ipynb",
                           "~root/lab.ipynb", "a;b/lab.ipynb", "%s%n/lab.ipynb"], False),
    "names_for_a_spreadsheet": (["=cmd|'x'!A/lab.ipynb", "=1+1/lab.ipynb", "\t=1/lab.ipynb"], False),
    "names_for_a_browser": (["<script>alert(1)<", "mallory\"><img src=x>.ipynb"], False),
    "names_for_a_terminal": (["\x1b[2J/lab.ipynb", "a\rb/lab.ipynb", "a\nb.ipynb", "\u202egpj.ipynb"], False),
    "names_too_long": (["x" * 300 + ".ipynb", "mallory/" + "y" * 300, "a/" * 2000 + "lab.ipynb"], False),
    "names_of_nothing": (["./lab.ipynb", " /lab.ipynb", ".../lab.ipynb", "mallory\x00/lab.ipynb"], False),
    "a_zip_of_zips": (["mallory.zip"], False),
}  # fmt: skip
FINE = '{"mark": "%s"}'


def pack(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for student in ("ada", "zeno"):
            bundle.writestr(f"{student}/lab.ipynb", FINE % student)
        for entry in entries:
            bundle.writestr(*(entry if isinstance(entry, tuple) else (entry, "forged")))


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"submitted", ".autograder"} & set(path.parts)
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ZIPS)
def test_an_archive_reaches_nothing_but_its_senders_folder(course, tmp_path, name):
    entries, arrives = ZIPS[name]
    pack(tmp_path / "in.zip", entries)
    (course.root / "roster.csv").write_text("student,submitted\nada,2026-01-01 00:00\n")
    before, temporary = everything(tmp_path), set(Path("/tmp").glob("evil"))
    problems = collect(course, LAB, tmp_path / "in.zip")
    assert everything(tmp_path) == before and set(Path("/tmp").glob("evil")) == temporary
    for student in ("ada", "zeno"):
        folder = course.submitted / student / LAB
        assert (folder / "lab.ipynb").read_text() == FINE % student
        assert {path.name for path in folder.iterdir()} <= {"lab.ipynb", "timestamp.txt"}
    assert ((course.submitted / "mallory").exists()) is arrives
    for path in course.submitted.rglob("*"):
        assert not path.is_symlink() and (path.is_file() or path.is_dir())
        assert not path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX)
        assert path.name.isprintable()
    for problem in problems:
        assert problem.message.isprintable()
    assert not list(course.state.glob("collect-*"))


def test_bombs_are_not_unpacked(course, tmp_path, monkeypatch):
    """One that packs a thousand to one, one of a hundred thousand files, one that lies about its
    size, and one that is locked."""
    monkeypatch.setattr(unpack, "MAX_FILES", 1000)
    for name in ("wide", "deep", "liar", "locked"):
        path = tmp_path / f"{name}.zip"
        entries = [f"mallory/{k}" for k in range(2000)] if name == "wide" else ["mallory/lab.ipynb"]
        pack(path, entries)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("mallory/big", b"\0" * 40_000_000)
        raw = bytearray(path.read_bytes())
        place = raw.rfind(b"PK\x01\x02", 0, raw.rfind(b"mallory/big"))
        if name == "liar":
            raw[place + 24 : place + 28] = (10).to_bytes(4, "little")
        if name == "locked":
            raw[place + 8] |= 1
        path.write_bytes(bytes(raw))
        problems = collect(course, LAB, path)
        assert [each for each in problems if each.student == "mallory"], name
        for student in ("ada", "zeno"):
            assert (course.submitted / student / LAB / "lab.ipynb").is_file()
        assert sum(path.stat().st_size for path in course.submitted.rglob("*")) < 3_000_000, name


@pytest.mark.parametrize(
    "raw", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"Rar!\x1a\x07", b"\x1f\x8b" * 99, b"7z\xbc\xaf",
            b"PK\x05\x06" + b"\xff" * 18, b"\x00" * 1000],
)  # fmt: skip
def test_what_is_called_a_zip_and_is_none(course, tmp_path, raw):
    inbox = tmp_path / "inbox"
    for student in ("ada", "zeno"):
        (inbox / student).mkdir(parents=True)
        (inbox / student / "lab.ipynb").write_text(FINE % student)
    (inbox / "mallory.zip").write_bytes(raw)
    problems = collect(course, LAB, inbox)
    assert {each.student for each in problems} == {"mallory"}
    assert {path.name for path in course.submitted.iterdir()} == {"ada", "zeno"}
    (tmp_path / "all.zip").write_bytes(raw)
    with pytest.raises(CourseError, match=r"all\.zip"):
        collect(course, LAB, tmp_path / "all.zip")


@pytest.mark.parametrize("listed", ["collected before", "in the roster"])
@pytest.mark.parametrize(
    "forged",
    ["bob/lab.ipynb", "bob.ipynb", "bob/toy/lab.ipynb", "bob_1_assignsubmission_file_lab.ipynb",
     "bob_12_34_lab.ipynb", "bob_1_assignsubmission_file_/lab.ipynb"],
)  # fmt: skip
def test_a_late_submission_on_its_own_hands_in_nothing_for_another(
    course, tmp_path, forged, listed
):
    """A folder that is alone could be a folder around everything; one with a student's name is
    not."""
    (course.root / "roster.csv").write_text("student,submitted\nbob,\nmallory,\n")
    for student in ("bob", *(["mallory"] if listed == "collected before" else [])):
        folder = course.submitted / student / LAB
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_text(f"{student}'s own")
    if listed == "collected before":
        (course.root / "roster.csv").unlink()
    late = tmp_path / "late" / "mallory"
    for name in (forged, forged.replace("bob", "carl")):
        (late / name).parent.mkdir(parents=True, exist_ok=True)
        (late / name).write_text("forged")
    collect(course, LAB, tmp_path / "late")
    assert (course.submitted / "bob" / LAB / "lab.ipynb").read_text() == "bob's own"
    assert not (course.submitted / "carl").exists()


# ------------------------------------------------------------------------- programs that are handed in


@pytest.fixture
def trap(tmp_path):
    """A submission whose files write `canary` when they are run outside the sandbox."""
    canary, folder = tmp_path / "canary", tmp_path / "mallory"
    folder.mkdir()
    for name in ("checks.py", "nbgrader_config.py", "sitecustomize.py", "numpy.py", "json.py"):
        (folder / name).write_text(BOOBY_TRAP.format(canary=str(canary)))
    return folder, canary


def release(course):
    (course.root / "gradebook.db").unlink()
    build_release(course, LAB)


def test_checks_that_were_handed_in_judge_nothing(course, trap, bubblewrap):
    """With the cells' names changed the notebook belongs to no lab, and its own checks.py would be
    the only one at hand: run by the judge, not by the sandbox."""
    folder, canary = trap
    release(course)
    notebook = read_lab(course.root / LAB / "lab.py")
    for cell in notebook.cells:
        if name := grade_id(cell):
            cell.metadata["nbgrader"]["grade_id"] = f"my-{name}"
    send(folder.parent, folder.name, notebook)
    with pytest.raises(CourseError, match="belongs to no lab of the course"):
        check_notebook(folder / "lab.ipynb", course=str(course.root))
    assert not canary.exists()


def test_a_course_is_not_to_be_found_in_a_submission(course, trap, monkeypatch):
    folder, canary = trap
    release(course)
    handed_in = course.submitted / "mallory" / LAB
    handed_in.parent.mkdir()
    folder.rename(handed_in)
    for place in (handed_in, handed_in / "deeper"):
        place.mkdir(exist_ok=True)
        monkeypatch.chdir(place)
        assert find_course().root == course.root
    assert not canary.exists()


def test_the_marker_may_stand_in_a_submission(course, trap, bubblewrap, monkeypatch):
    """Commands that start other Pythons do not let them import from the folder they are in."""
    folder, canary = trap
    for name in sys.stdlib_module_names:
        (folder / f"{name}.py").write_text(BOOBY_TRAP.format(canary=str(canary)))
    (course.root / "gradebook.db").unlink()
    send(folder.parent / "inbox", "ada", read_lab(course.root / LAB / "lab.py"))
    program = Path(sys.executable).parent / "autograder"
    if not program.exists():
        pytest.skip("the package is not installed: there is no command `autograder`")
    arguments = ["grade", LAB, "--course", course.root, "--submissions", folder.parent / "inbox"]
    done = subprocess.run(
        [program, *arguments, "--workers", "1"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not canary.exists()
