"""Marking a class: right marks, nothing lost, whatever happens on the way."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.build import build_release, read_lab, read_variants
from autograder.course import Course, CourseError
from autograder.grade import grade
from autograder.grading import gradebook as ledger
from autograder.judge import mark
from autograder.pool import Pool
from autograder.sandbox import tree
from autograder.sandbox.limits import Limits
from autograder.sanitise import grade_id
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A toy course that is released; tests work on copies of it."""
    course = toy_course(tmp_path_factory.mktemp("toy"))
    build_release(course, LAB)
    return course


@pytest.fixture
def course(released, tmp_path):
    shutil.copytree(released.root, tmp_path / "course")
    return Course.at(tmp_path / "course")


def variants(course, kind):
    """{name: notebook} with one solution cell replaced, for each of `mutants/` or `alternatives/`."""
    solved = read_lab(course.root / LAB / "lab.py")
    found = read_variants(course.root / LAB / kind)
    return {f"{kind}-{number}": one.put_into(solved) for number, one in enumerate(found)}


@pytest.fixture
def inbox(course, tmp_path):
    """A class: everything right, blank, wrong in each classic way, right in other ways."""
    folder = tmp_path / "inbox"
    notebooks = {"ada": read_lab(course.root / LAB / "lab.py")}
    notebooks["blaise"] = nbformat.read(course.release / LAB / "lab.ipynb", as_version=4)
    notebooks |= variants(course, "mutants") | variants(course, "alternatives")
    for student, notebook in notebooks.items():
        send(folder, student, notebook)
    return folder


def send(folder, student, notebook):
    (folder / student).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / student / "lab.ipynb")


def marks(course):
    """{student: {cell: automatic score}} as the gradebook has them."""
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        return {
            submission.student_id: {
                one.name: one.auto_score
                for notebook in submission.notebooks
                for one in notebook.grades
            }
            for submission in gradebook.assignment_submissions(LAB)
        }


def total(course, student):
    return sum(score or 0.0 for score in marks(course)[student].values())


def run(course, *arguments, **options):
    command = [sys.executable, "-m", "autograder", *arguments, "--course", str(course.root)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


def test_a_class_gets_the_marks_it_deserves(course, inbox):
    grading = grade(course, LAB, submissions=inbox, workers=2)
    assert grading.problems == [] and grading.exit_status == 0
    assert sorted(grading.marked) == sorted(path.name for path in inbox.iterdir())
    assert total(course, "ada") == MACHINE_POINTS
    assert total(course, "blaise") == 0.0
    for student in marks(course):
        if student.startswith("alternatives"):
            assert total(course, student) == MACHINE_POINTS, student
        if student.startswith("mutants"):
            assert total(course, student) < MACHINE_POINTS, student


def test_only_what_changed_is_marked_again(course, inbox):
    grade(course, LAB, submissions=inbox)
    before = marks(course)
    again = grade(course, LAB, submissions=inbox)
    assert again.marked == [] and len(again.unchanged) == len(before)
    notebook = nbformat.read(inbox / "ada" / "lab.ipynb", as_version=4)
    next(c for c in notebook.cells if grade_id(c) == "ex1_1").source = "def slope(x): return 0.0"
    send(inbox, "ada", notebook)
    assert grade(course, LAB, submissions=inbox).marked == ["ada"]
    assert total(course, "ada") == MACHINE_POINTS - 2
    assert len(grade(course, LAB, regrade=True).marked) == len(before)
    with open(course.root / LAB / "exercises.py", "a") as file:
        file.write("\n# another rule\n")
    assert len(grade(course, LAB).marked) == len(before)
    assert {**marks(course), "ada": None} == {**before, "ada": None}


def test_a_gradebook_that_was_lost_is_filled_again(course, inbox):
    grade(course, LAB, submissions=inbox)
    before = marks(course)
    (course.root / "gradebook.db").unlink()
    grade(course, LAB)
    assert marks(course) == before


def test_nbgrader_s_own_commands_give_the_same_marks_and_the_explanations(course, inbox, tmp_path):
    grade(course, LAB, submissions=inbox)
    ours = marks(course)
    shutil.rmtree(course.autograded)
    (course.root / "gradebook.db").unlink()
    build_release(course, LAB)

    def nbgrader(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, text=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip

    done = nbgrader("autograde", LAB)
    assert done.returncode == 0, done.stderr
    assert marks(course) == ours
    assert nbgrader("generate_feedback", LAB).returncode == 0
    wrong = next(s for s in ours if s.startswith("mutants"))
    page = (course.feedback / wrong / LAB / "lab.html").read_text()
    assert 'dp-panel dp-fail"' in page and "Exercise 1." in page
    assert "the sum of nothing should be 0" not in page and "HIDDEN" not in page
    assert nbgrader("export", "--to", str(tmp_path / "grades.csv")).returncode == 0
    assert "ada" in (tmp_path / "grades.csv").read_text()


def test_formgrader_s_button_gives_the_same_marks(course, inbox):
    """What formgrader calls when a teacher presses "autograde" beside a submission."""
    from nbgrader.apps.api import NbGraderAPI

    grade(course, LAB, submissions=inbox)
    ours = marks(course)
    (course.root / "gradebook.db").unlink()
    build_release(course, LAB)
    api = NbGraderAPI(course.coursedir(LAB), config=course.config())
    for student in ("ada", "mutants-0"):
        done = api.autograde(LAB, student)
        assert done["success"], done
        assert marks(course)[student] == ours[student]


def test_a_manual_mark_survives_a_regrade(course, inbox):
    grade(course, LAB, submissions=inbox)
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        one = gradebook.find_grade("why1_4", "lab", LAB, "ada")
        one.manual_score, one.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    grade(course, LAB, regrade=True)
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        assert gradebook.find_submission(LAB, "ada").score == MACHINE_POINTS + 2


# --------------------------------------------------------------------------- interruptions


def test_stopped_by_hand_it_says_what_to_do(course, inbox):
    command = [sys.executable, "-m", "autograder", "grade", LAB, "--course", str(course.root),
               "--submissions", str(inbox)]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    if process.returncode == 130:
        assert "run the same command again" in said
        assert "Traceback" not in said


# --------------------------------------------------------------------------- bad input


def bad_class(course, folder):
    good = read_lab(course.root / LAB / "lab.py")
    for student in ("ada", "zoë"):
        send(folder, student, good)
    send(folder, "duplicated", duplicated(good))
    send(folder, "deleted", without(good, "check1_1"))
    send(folder, "retyped", retyped(good, "check1_1"))
    put(folder / "notjson" / "lab.ipynb", "I could not export it, sorry")
    put(folder / "otherlab" / "lab.ipynb", nbformat.writes(nbformat.v4.new_notebook()))
    put(folder / "old" / "lab.ipynb", nbformat.writes(nbformat.convert(good, 3), version=3))
    put(folder / "empty" / "readme.txt", "where is my notebook?")
    put(folder / "o?dd*" / "lab.ipynb", nbformat.writes(good))
    put(folder / "linked" / "lab.ipynb", nbformat.writes(good))
    (folder / "linked" / "passwords").symlink_to("/etc/passwd")
    (folder / "link").mkdir()
    (folder / "link" / "lab.ipynb").symlink_to(folder / "ada" / "lab.ipynb")
    return folder


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def duplicated(notebook):
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    check = next(c for c in notebook.cells if grade_id(c) == "check1_1")
    notebook.cells.insert(3, nbformat.from_dict({**json.loads(json.dumps(check)), "id": "again"}))
    return notebook


def without(notebook, name):
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    notebook.cells = [c for c in notebook.cells if grade_id(c) != name]
    return notebook


def retyped(notebook, name):
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    position = next(i for i, c in enumerate(notebook.cells) if grade_id(c) == name)
    cell = notebook.cells[position]
    notebook.cells[position] = nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)
    return notebook


def test_each_bad_submission_gets_one_line_and_the_rest_is_marked(course, tmp_path):
    done = run(course, "grade", LAB, "--submissions", str(bad_class(course, tmp_path / "inbox")))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for student in ("ada", "zoë", "duplicated", "deleted", "retyped", "old", "linked"):
        assert total(course, student) == MACHINE_POINTS, student
    lines = [line for line in done.stderr.splitlines() if line.startswith("/")]
    for student, words in {
        "duplicated": "stood there twice",
        "deleted": "had been deleted; it is back",
        "retyped": "had been made a markdown cell",
        "notjson": "is not JSON",
        "otherlab": "another lab",
        "empty": "holds no lab.ipynb",
        "o?dd*": "cannot be a student's id",
        "linked": "symbolic link",
        "old": "old format nbformat 3",
        "link": "symbolic link",
    }.items():
        told = [line for line in lines if f"/{student}" in line.split(": ")[0] + "/"]
        assert any(words in line for line in told), (student, lines)
    assert not (course.autograded / "linked" / LAB / "passwords").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", "lab99"], "no lab 'lab99'"),
        (["grade", "toi"], "did you mean toy?"),
        (["grade", LAB], "no submission of toy"),
        (["grade", LAB, "--submissions", "/no/such/folder"], "no such folder or zip"),
        (["release", "lab99"], "no lab 'lab99'"),
        (["report", "lab99"], "no lab 'lab99'"),
        (["check", "/no/such/lab.ipynb"], "no such notebook"),
    ],
)
def test_a_wrong_command_is_one_line_and_status_1(course, arguments, words):
    done = run(course, *arguments)
    assert done.returncode == 1
    assert words in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_folder_that_is_no_course_is_one_line(tmp_path):
    done = run(Course(tmp_path, *[tmp_path] * 6), "grade", LAB)
    assert done.returncode == 1 and "is not a course" in done.stderr


def test_a_locked_gradebook_is_waited_for_and_then_it_is_one_line(
    course, inbox, tmp_path, monkeypatch
):
    monkeypatch.setattr(ledger, "WAIT", 0.5)
    inbox = three(tmp_path / "three", inbox)
    grade(course, LAB, submissions=inbox)
    before, said = marks(course), []
    holder = sqlite3.connect(
        course.root / "gradebook.db", isolation_level=None, check_same_thread=False
    )
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(ledger, "PATIENCE", 1.0)
    with pytest.raises(CourseError, match=r"gradebook\.db: is locked by another program"):
        grade(course, LAB, regrade=True, progress=lambda *told: said.append(told))
    assert "is locked by another program; waiting" in said[0][0]

    def let_go(stage, done, total):
        if "locked" in stage and holder.in_transaction:
            holder.execute("ROLLBACK")

    monkeypatch.setattr(ledger, "PATIENCE", 60.0)
    assert len(grade(course, LAB, regrade=True, progress=let_go).marked) == 3
    holder.close()
    assert marks(course) == before


def test_a_full_disk_is_one_line_and_nothing_is_lost(course, inbox, monkeypatch):
    import errno

    from nbconvert.writers import FilesWriter

    whole, written = FilesWriter.write, []

    def write(self, *args, **kwargs):
        if len(written) == 5:
            raise OSError(errno.ENOSPC, "No space left on device", "/some/file")
        written.append(args)
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(FilesWriter, "write", write)
    with pytest.raises(CourseError, match="/some/file: the disk is full; make room"):
        grade(course, LAB, submissions=inbox, workers=1)
    monkeypatch.undo()
    grade(course, LAB)
    assert total(course, "ada") == MACHINE_POINTS
    assert set(marks(course)) == {path.name for path in inbox.iterdir()}


def test_where_no_judge_can_start_nobody_is_marked_and_one_line_says_why(
    course, inbox, monkeypatch
):
    from autograder import judge
    from autograder.errors import SandboxUnavailable

    def broken(settings, shared=""):
        raise SandboxUnavailable("the fork server did not start: mend this and that")

    def pool(workers, settings):  # the marking in this process
        return ThreadPoolExecutor(1)

    judge.close_workers()  # those of other tests
    monkeypatch.setattr(judge, "Worker", broken)
    with pytest.raises(SandboxUnavailable, match="mend this and that"):
        grade(course, LAB, submissions=inbox, executor=pool)
    monkeypatch.undo()
    assert grade(course, LAB, submissions=inbox).problems == []
    assert total(course, "ada") == MACHINE_POINTS


def test_two_at_once_are_one_too_many(course, inbox):
    from filelock import FileLock

    course.state.mkdir(exist_ok=True)
    with FileLock(course.state / "grade.lock"), pytest.raises(CourseError, match="another `grade`"):
        grade(course, LAB, submissions=inbox)


def judges():
    """The processes that this one's judges are: what is forked from a fork server of Python's."""
    commands = {number: command_of(number) for number in tree.descendants(os.getpid())}
    server = "multiprocessing.forkserver"
    return [
        number
        for number, command in commands.items()
        if server in command
        and any(server in commands.get(parent, "") for parent in parents(number))
    ]


def command_of(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def parents(number):
    try:
        return [int(Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[1])]
    except OSError:
        return []


def test_a_judge_that_dies_is_replaced(course, inbox):
    """The judges are killed in the middle; every submission is marked all the same."""
    killed = []

    def progress(stage, done, total):
        if done == 2 and not killed:
            for number in judges():
                os.kill(number, signal.SIGKILL)
                killed.append(number)

    grading = grade(course, LAB, submissions=inbox, workers=2, progress=progress)
    assert killed
    assert grading.problems == []
    assert set(marks(course)) == {path.name for path in inbox.iterdir()}
    assert total(course, "ada") == MACHINE_POINTS


# --------------------------------------------------------------------------- what is known is not judged again


class Counting(Pool):
    """Real judges, and a list of whom they were asked about."""

    asked: list[str] = []

    def submit(self, function, *arguments):
        if function is mark:
            self.asked.append(arguments[1].student)
        return super().submit(function, *arguments)


@pytest.fixture
def asked():
    Counting.asked = []
    return Counting.asked


def three(folder, inbox):
    """Three of the class."""
    for student in ("ada", "blaise", "mutants-0"):
        shutil.copytree(inbox / student, folder / student)
    return folder


def notes(course):
    """What the judges said last, byte for byte, but for how long it took them."""
    return {path.name: path.read_bytes() for path in (course.state / LAB).glob("*.json")}


def test_only_what_bears_on_a_verdict_is_judged_again(course, inbox, tmp_path, asked):
    inbox = three(tmp_path / "three", inbox)
    everyone = ["ada", "blaise", "mutants-0"]
    first = grade(course, LAB, submissions=inbox, executor=Counting)
    assert sorted(asked) == everyone and first.from_cache == []
    before, said, copies = marks(course), notes(course), marked_copies(course)

    def again(judged, **options):
        asked.clear()
        grading = grade(course, LAB, submissions=inbox, executor=Counting, **options)
        assert sorted(asked) == judged
        assert sorted(grading.from_cache) == sorted(set(grading.marked) - set(judged))
        return grading

    with open(course.root / "nbgrader_config.py", "a") as file:  # how it is recorded
        file.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    grading = again([])
    assert str(grading) == "3 marked (3 from cache), 0 unchanged since they were"
    (course.root / "gradebook.db").unlink()
    again([])
    shutil.rmtree(course.autograded)
    for done in (course.state / LAB).glob("*.done"):
        done.unlink()
    again([])
    assert (marks(course), notes(course), marked_copies(course)) == (before, said, copies)

    send(
        inbox,
        "ada",
        read_variants(course.root / LAB / "mutants")[1].put_into(
            read_lab(course.root / LAB / "lab.py")
        ),
    )
    again(["ada"])
    (inbox / "blaise" / "data.csv").write_text("1,2\n")  # his program may read it
    again(["blaise"])
    again(everyone, regrade=True)
    again(everyone, limits=Limits(cpu_seconds_per_cell=20.0))
    with open(course.root / LAB / "exercises.py", "a") as file:
        file.write("\n# another rule\n")
    again(everyone, limits=Limits(cpu_seconds_per_cell=20.0))
    (course.state / "key").write_text("cd" * 32)  # other numbers
    again(everyone, limits=Limits(cpu_seconds_per_cell=20.0))


def marked_copies(course):
    return {path.parts[-3]: path.read_bytes() for path in course.autograded.rglob("lab.ipynb")}


@pytest.mark.parametrize("harm", ["cut", "edited", "of another", "not JSON"])
def test_a_kept_verdict_that_was_harmed_is_none(course, inbox, tmp_path, asked, harm):
    """A run that was killed between the verdicts and the marks, and then something befell a note."""
    inbox = three(tmp_path / "three", inbox)
    grade(course, LAB, submissions=inbox, executor=Counting)
    before = marks(course)
    for done in (course.state / LAB).glob("*.done"):
        done.unlink()
    (course.root / "gradebook.db").unlink()
    note = course.state / LAB / "blaise.json"
    text = note.read_text()
    harmed = {
        "cut": text[: len(text) // 2],
        "edited": text.replace('"earned": 0.0', '"earned": 2.0').replace("0.0", "2.0"),
        "of another": (course.state / LAB / "ada.json").read_text(),
        "not JSON": "\0" * 100,
    }[harm]
    assert harmed != text
    note.write_text(harmed)
    asked.clear()
    grading = grade(course, LAB, executor=Counting)
    assert asked == ["blaise"] and sorted(grading.from_cache) == ["ada", "mutants-0"]
    assert marks(course) == before


def test_notes_of_nobody_are_forgotten(course, inbox, tmp_path):
    inbox = three(tmp_path / "three", inbox)
    grade(course, LAB, submissions=inbox)
    shutil.rmtree(course.submitted / "blaise")
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        gradebook.remove_submission(LAB, "blaise")
    grade(course, LAB)
    assert {path.stem for path in (course.state / LAB).glob("*.json")} == {"ada", "mutants-0"}
    assert {path.stem for path in (course.state / LAB).glob("*.done")} == {"ada", "mutants-0"}


def test_the_longest_is_begun_first(course, inbox, tmp_path, asked):
    """By the length of the code the first time, and by how long it took after that."""
    inbox = three(tmp_path / "three", inbox)
    solution = read_lab(course.root / LAB / "lab.py")
    long = nbformat.from_dict(solution)
    long.cells.append(nbformat.v4.new_code_cell("x = 1\n" * 2000))
    send(inbox, "long", long)
    slow = nbformat.from_dict(solution)
    slow.cells.append(nbformat.v4.new_code_cell("import time; time.sleep(1.5)"))
    send(inbox, "slow", slow)
    grade(course, LAB, submissions=inbox, executor=Counting, workers=1)
    assert asked[0] == "long"
    asked.clear()
    grade(course, LAB, executor=Counting, workers=1, regrade=True)
    assert asked[0] == "slow"


# --------------------------------------------------------------------------- what a person has marked


def test_a_person_is_called_back_only_where_there_is_something_new(course, inbox, tmp_path):
    inbox = three(tmp_path / "three", inbox)
    answered = read_lab(course.root / LAB / "lab.py")
    cell = next(c for c in answered.cells if grade_id(c) == "why1_4")
    cell.source = "Because it is so."
    send(inbox, "ada", answered)
    grade(course, LAB, submissions=inbox)

    def look():
        with Gradebook(course.coursedir(LAB).db_url) as gradebook:
            found = {
                name: gradebook.find_grade(name, "lab", LAB, "ada")
                for name in ("why1_4", "check1_1")
            }
            comment = gradebook.find_comment("why1_4", "lab", LAB, "ada").manual_comment
            return {n: (g.manual_score, g.needs_manual_grade) for n, g in found.items()}, comment

    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        for name, score in (("why1_4", 1.5), ("check1_1", 1.0)):  # an answer read, a test overruled
            one = gradebook.find_grade(name, "lab", LAB, "ada")
            one.manual_score, one.needs_manual_grade = score, False
        gradebook.find_comment("why1_4", "lab", LAB, "ada").manual_comment = "nearly"
        gradebook.db.commit()
    settled = {"why1_4": (1.5, False), "check1_1": (1.0, False)}
    grade(course, LAB, regrade=True)
    assert look() == (settled, "nearly")
    code = next(c for c in answered.cells if grade_id(c) == "ex1_1")
    code.source = "def slope(x):\n    return 3 * x * x"
    send(inbox, "ada", answered)  # other code, the same answer
    grade(course, LAB, submissions=inbox)
    assert look() == ({"why1_4": (1.5, False), "check1_1": (1.0, True)}, "nearly")
    cell.source = "Because I say so."
    send(inbox, "ada", answered)
    grade(course, LAB, submissions=inbox)
    assert look() == ({"why1_4": (1.5, True), "check1_1": (1.0, True)}, "nearly")
