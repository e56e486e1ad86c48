"""The students' repository, used as students use it; and a folder of theirs that is treated with care."""

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.build import read_lab
from autograder.bundle import bundle
from autograder.bundle.contents import HERE, checker_modules
from autograder.bundle.folder import NOTE, update
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.leaks import find_leaks
from tests.autograder.toy import LAB, toy_course
from tests.conftest import ROOT, unmet

COURSE = Course.at(ROOT / "labs")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real course's repository."""
    folder = tmp_path_factory.mktemp("bundle") / "labs-for-students"
    bundle(COURSE.elsewhere(state=folder.parent / "state"), folder, repository="owner/labs")
    return folder


@pytest.fixture
def course(tmp_path):
    return toy_course(tmp_path)


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != NOTE
    }


# --------------------------------------------------------------------------- what is in it


def test_nothing_of_the_staffs_is_in_it(real):
    for lab in COURSE.labs:
        home = COURSE.lab_folder(lab)
        assert find_leaks(home, real / "labs" / lab) == []
        assert find_leaks(home, real / "course") == []
        for part in ("dpkit", "autograder"):
            assert find_leaks(home, real / part, run=4) == []
    names = set(files_of(real))
    secret = "judge marking grade build store leaks report proof demo sandbox collect".split()
    assert not {f"autograder/{name}.py" for name in secret} & names
    assert not [name for name in names if "sandbox" in name or "ta.md" in name or "mutant" in name]
    text = "\n".join(data.decode("utf-8", "replace") for data in files_of(real).values())
    assert "BEGIN HIDDEN TESTS\n" not in text and "### BEGIN SOLUTION" not in text


def test_the_checker_is_all_that_it_imports():
    """By the imports as they stand in the files, and none leads to a file that is missing."""
    modules = set(checker_modules())
    assert {"__init__.py", "checker.py", "student.py", "exercise.py", "errors.py"} <= modules
    for module in modules:
        for node in ast.walk(ast.parse((HERE / module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder."):
                path = (node.module or "").removeprefix("autograder.").replace(".", "/")
                assert {f"{path}.py", f"{path}/__init__.py"} & modules, (module, node.module)


def test_every_link_in_it_leads_somewhere(real):
    for path in real.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#\s]+)|\{figure\}\s+(\S+)", path.read_text("utf-8")):
            target = "".join(link)
            if not target.startswith("http"):
                assert (path.parent / target).exists(), (path, target)
    readme = (real / "README.md").read_text("utf-8")
    assert "mybinder.org/v2/gh/owner/labs/HEAD?urlpath=lab/tree/labs/lab00_takeoff" in readme


def test_a_later_lab_may_build_on_an_earlier_solution(real):
    """Lab 4 shows lab 3's tape, grown up; its tests are as secret as ever."""
    home, later = COURSE.lab_folder("lab03_reverse_mode"), "lab04_price_of_a_gradient"
    assert find_leaks(home, real / "labs" / later)
    assert find_leaks(home, real / "labs" / later, run=4, solved=True) == []
    hidden = cut_out_hidden((home / "exercises.py").read_text(encoding="utf-8"))
    planted = real.parent / "planted"
    planted.mkdir()
    (planted / "notes.md").write_text(hidden, encoding="utf-8")
    assert find_leaks(home, planted, run=4, solved=True)


def cut_out_hidden(text):
    return "\n".join(re.findall(r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS", text, re.S))


def test_the_environment_is_pinned_and_has_no_more_than_it_needs(course, tmp_path):
    shutil.copyfile(ROOT / "requirements-binder.txt", tmp_path / "requirements-binder.txt")
    bundle(course, tmp_path / "out")
    assert (tmp_path / "out" / "requirements.txt").read_text() == "-c constraints.txt\n-e .\n"
    assert "- -r requirements.txt" in (tmp_path / "out" / "environment.yml").read_text()
    constraints = (tmp_path / "out" / "constraints.txt").read_text()
    assert "\nnumpy==" in constraints and "torch==" not in constraints
    project = (tmp_path / "out" / "pyproject.toml").read_text()
    assert '"jupyterlab>=' in project and "nbgrader" not in project and "torch" not in project


def test_labs_10_and_11_need_torch(real):
    project = (real / "pyproject.toml").read_text()
    assert '"torch>=' in project and "nbgrader" not in project
    assert "-c constraints.txt\n-e .\n" in (real / "requirements.txt").read_text()
    assert "\ntorch==" in (real / "constraints.txt").read_text()


def test_torch_is_asked_for_where_a_lab_uses_it(course, tmp_path):
    lab = course.root / LAB / "lab.py"
    lab.write_text(
        lab.read_text().replace("import numpy as np\n", "import numpy as np\nimport torch\n")
    )
    bundle(course, tmp_path / "out")
    assert '"torch>=' in (tmp_path / "out" / "pyproject.toml").read_text()
    assert "--extra-index-url" in (tmp_path / "out" / "requirements.txt").read_text()


def test_the_same_sources_give_the_same_bytes(course, tmp_path):
    one, other = tmp_path / "one" / "labs", tmp_path / "other" / "labs"
    first = bundle(course, one, zipped=True)
    second = bundle(course, other, zipped=True)
    assert files_of(one) == files_of(other) and first.written == second.written
    assert first.archive.read_bytes() == second.archive.read_bytes()
    with zipfile.ZipFile(first.archive) as zipped:
        inside = {name.removeprefix("labs/"): zipped.read(name) for name in zipped.namelist()}
    assert inside == files_of(one)


def test_its_readme_names_the_folders_that_are_there(real, course, tmp_path):
    bundle(course, tmp_path / "toy")
    for folder in (real, tmp_path / "toy"):
        rows = set(re.findall(r"^\| `(\w+)/`", (folder / "README.md").read_text(), re.MULTILINE))
        assert rows == {path.name for path in folder.iterdir() if path.is_dir()}


def test_a_leak_stops_it_and_nothing_is_written(course, tmp_path):
    notes = course.root.parent / "course" / "notes"
    notes.mkdir(parents=True)
    (notes / "week00.md").write_text(
        "# Slopes\n\nWe find that\n\n    return [number - mean for number in numbers]\n"
    )
    with pytest.raises(
        CourseError, match=r"no bundle was written: course/notes/week00.md:5 a line of"
    ):
        bundle(course, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------ used as students do


def run_in(folder, notebook, *, python=sys.executable, path=None):
    """The notebook (a file of the bundle's) run by `jupyter execute`; returns it with its outputs."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [Path(python).parent / "jupyter-execute", notebook, "--inplace"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return nbformat.read(notebook, as_version=4)


def shown(notebook):
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return "\n".join(o.get("data", {}).get("text/plain", "") + o.get("text", "") for o in outputs)


def solved_copy(lab, folder):
    """The bundle's notebook with the course's solutions in it, beside it."""
    notebook = nbformat.read(folder / "lab.ipynb", as_version=4)
    solutions = {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in read_lab(COURSE.lab_folder(lab) / "lab.py").cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        cell.source = solutions.get(about.get("grade_id"), cell.source)
    nbformat.write(notebook, folder / "solved.ipynb")
    return folder / "solved.ipynb"


def unwatched(notebook):
    """Let it leave its demonstrations out, which earn nothing and take most of the time. (That they
    run is seen in tests/labs.)"""
    book = nbformat.read(notebook, as_version=4)
    source = "from autograder import stage\nstage.watched = False"
    book.cells.insert(0, nbformat.v4.new_code_cell(source))
    nbformat.write(book, notebook)


def whose(notebook, folder):
    """Add a cell that says which packages the notebook uses."""
    book = nbformat.read(notebook, as_version=4)
    # In one piece: what is printed in two may arrive as two outputs.
    source = (
        "import autograder.checker, dpkit\nprint(f'{autograder.checker.__file__} {dpkit.__file__}')"
    )
    book.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(book, notebook)
    return f"{folder}/autograder/checker.py {folder}/dpkit/__init__.py"


@pytest.mark.slow
@pytest.mark.parametrize("lab", COURSE.labs)
def test_a_lab_from_blank_to_solved(real, lab):
    """In the project's environment, with the bundle's packages in place of the project's own."""
    exercises = len(COURSE.load(lab).exercises)
    folder = real / "labs" / lab
    blank = folder / "blank.ipynb"
    blank.write_bytes((folder / "lab.ipynb").read_bytes())
    unwatched(blank)
    ours = whose(blank, real)
    said = shown(run_in(real, blank, path=real))
    assert said.count(": not started") == exercises
    assert ours in said
    solved = solved_copy(lab, folder)
    unwatched(solved)
    said = shown(run_in(real, solved, path=real))
    assert said.count(": passed") == exercises


def command(folder, *arguments, python=sys.executable):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = str(folder)
    return subprocess.run(
        [python, "-P", "-m", "autograder", *map(str, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("lab", COURSE.labs)
def test_the_students_own_command(real, lab):
    folder = real / "labs" / lab
    ran = command(real, "check", folder / "lab.ipynb")
    assert ran.returncode == 0 and re.search("^0 of [1-9].* points by the checks", ran.stdout, re.M)
    assert "marking adds cases of its own" in ran.stdout and "not started" in ran.stdout
    ran = command(real, "check", solved_copy(lab, folder), "--json")
    answer = json.loads(ran.stdout)
    visible = sum(f["points"] for result in answer["results"] for f in result["findings"])
    assert 0 < answer["score"] == visible <= answer["max_score"]


def test_the_students_command_tells_what_is_wrong(real, tmp_path):
    broken = tmp_path / "lab.ipynb"
    broken.write_text("{")
    ran = command(real, "check", broken, "--json")
    assert ran.returncode == 1 and "no notebook that can be read" in json.loads(ran.stdout)["error"]
    assert command(real, "check", "nowhere.ipynb").returncode == 1


def test_the_students_command_leaves_demonstrations_out(course, tmp_path):
    """Each would leave a file behind; an ordinary cell does."""
    bundle(course, tmp_path / "out")
    path = tmp_path / "out" / "labs" / LAB / "lab.ipynb"
    book = nbformat.read(path, as_version=4)
    draw = "from autograder.stage import demo\n@demo(needs='1.1')\ndef _():\n    open('drawn', 'w')"
    book.cells += [nbformat.v4.new_code_cell(text) for text in (draw, "open('written', 'w')")]
    nbformat.write(book, path)
    ran = command(tmp_path / "out", "check", path, "--json")
    assert (ran.returncode, json.loads(ran.stdout)["score"]) == (0, 0)
    assert (path.parent / "written").exists() and not (path.parent / "drawn").exists()


def test_an_ordinary_test_cell_counts_too(course, tmp_path):
    """Toy's 1.3 is a cell of asserts: one point, whatever else is blank."""
    bundle(course, tmp_path / "out")
    path = tmp_path / "out" / "labs" / LAB / "lab.ipynb"
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "ex1_3":
            cell.source = "total = sum"
    nbformat.write(book, path)
    answer = json.loads(command(tmp_path / "out", "check", path, "--json").stdout)
    assert {r["number"]: r["score"] for r in answer["results"]} == {
        "1.1": 0,
        "1.2": 0,
        "check1_3": 1,
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_in_an_environment_of_its_own(real, tmp_path):
    """The README's three lines on a bare Python: set up, run a lab, ask the command."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    installed = subprocess.run(
        # Without retries: behind a mirror, torch's own index is asked for each package, in vain.
        # And not compiled: of what is installed little is run here.
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
         "--retries", "0", "-r", "requirements.txt"],
        cwd=real, capture_output=True, text=True,
    )  # fmt: skip
    if installed.returncode:
        unmet(f"the packages could not be fetched: {installed.stderr.strip().splitlines()[-1]}")
    lab = COURSE.labs[0]
    solved = solved_copy(lab, real / "labs" / lab)
    unwatched(solved)
    ours = whose(solved, real)
    said = shown(run_in(tmp_path, solved, python=python))
    assert ours in said and said.count(": passed") == len(COURSE.load(lab).exercises)
    subprocess.run([python.parent / "jupyter-lab", "--version"], check=True, capture_output=True)
    assert subprocess.run([python, "-c", "import nbgrader"], capture_output=True).returncode != 0


# -------------------------------------------------------------------------- a folder that is there

FILES = {"README.md": b"one", "labs/a/lab.ipynb": b"two", "labs/b/lab.ipynb": b"three"}


@pytest.fixture
def folder(tmp_path):
    update(tmp_path / "out", FILES)
    return tmp_path / "out"


def test_an_earlier_bundle_is_brought_up_to_date(folder):
    (folder / "labs" / "a" / "my notes.txt").write_text("added by a person")
    (folder / ".git").mkdir()
    changed = {"README.md": b"one", "labs/a/lab.ipynb": b"changed", "new.txt": b"four"}
    assert update(folder, changed) == (
        ["labs/a/lab.ipynb", "new.txt"],
        ["labs/b/lab.ipynb"],
        ["README.md"],
    )
    assert files_of(folder) == {**changed, "labs/a/my notes.txt": b"added by a person"}
    assert not (folder / "labs" / "b").exists() and (folder / ".git").is_dir()
    assert update(folder, changed) == ([], [], sorted(changed))


@pytest.mark.parametrize("name", ["README.md", "labs/b/lab.ipynb"])
def test_what_a_person_edited_is_not_lost(folder, name):
    """Neither by replacing it nor by removing it."""
    (folder / name).write_text("edited")
    before = files_of(folder)
    with pytest.raises(
        CourseError, match=f"{name}: edited, or put there, by somebody.*--overwrite"
    ):
        update(folder, {"README.md": b"newer", "other.txt": b"x"})
    assert files_of(folder) == before
    update(folder, {"README.md": b"newer", "other.txt": b"x"}, overwrite=True)
    assert files_of(folder) == {"README.md": b"newer", "other.txt": b"x"}


def test_a_file_of_a_persons_is_not_overwritten_by_a_new_one_of_the_bundle(folder):
    (folder / "new.txt").write_text("a person's")
    with pytest.raises(CourseError, match="new.txt: edited, or put there"):
        update(folder, {**FILES, "new.txt": b"the bundle's"})
    assert (folder / "new.txt").read_text() == "a person's"


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("irreplaceable")
    with pytest.raises(
        CourseError, match="is not empty and no earlier bundle; name a new or an empty"
    ):
        update(tmp_path, FILES)
    assert files_of(tmp_path) == {"thesis.tex": b"irreplaceable"}
    with pytest.raises(CourseError, match="is a file; name a folder"):
        update(tmp_path / "thesis.tex", FILES)


def test_a_new_repository_is_as_good_as_empty(tmp_path):
    (tmp_path / ".git").mkdir()
    update(tmp_path, FILES)
    assert files_of(tmp_path) == FILES


def test_killed_half_way_it_goes_on(folder, monkeypatch):
    import autograder.bundle.folder as module

    real, left = module.write, [1]

    def write(path, data):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(path, data)

    changed = {name: data + b"!" for name, data in FILES.items()}
    monkeypatch.setattr(module, "write", write)
    with pytest.raises(KeyboardInterrupt):
        update(folder, changed)
    monkeypatch.setattr(module, "write", real)
    update(folder, changed)
    assert files_of(folder) == changed


@pytest.mark.attack
@pytest.mark.parametrize(
    "name", ["../precious.txt", "/tmp/precious.txt", "labs/../../precious.txt"]
)
def test_a_note_that_names_files_elsewhere_is_not_believed(folder, name):
    precious = folder.parent / "precious.txt"
    precious.write_text("x")
    note = json.loads((folder / NOTE).read_text())
    note["files"][name] = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    (folder / NOTE).write_text(json.dumps(note))
    with pytest.raises(CourseError, match="is damaged; bundle into a new folder"):
        update(folder, FILES)
    assert precious.read_text() == "x"


def test_the_command(course, tmp_path, capsys):
    out = tmp_path / "out"
    status = main(
        ["bundle", str(out), "--course", str(course.root), "--labs", LAB, "--zip", "--json"]
    )
    answer = json.loads(capsys.readouterr().out)
    assert status == 0 and answer["labs"] == [LAB] and "README.md" in answer["written"]
    assert Path(answer["archive"]).is_file()
    assert zipfile.is_zipfile(io.BytesIO(Path(answer["archive"]).read_bytes()))
    assert main(["bundle", str(out), "--course", str(course.root), "--labs", "nosuch"]) == 1
    assert f"the labs there are: {LAB}" in capsys.readouterr().err
    assert main(["bundle", str(tmp_path), "--course", str(course.root)]) == 1
    assert "is not empty" in capsys.readouterr().err
