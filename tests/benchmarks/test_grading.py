"""What the benchmark of marking counts, and what it refuses to compare."""

import sys

import nbformat
import pytest

from autograder.build import read_lab
from benchmarks import grading, harness
from benchmarks.grading import course, tree
from benchmarks.grading.graders import Grader

BURN = "import time\nwhile time.process_time() < 0.5: pass\n"
# Half a second is burnt by each of three: by a child, by an orphan, and by the program itself.
FAMILY = f"""
import os, subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
if os.fork() == 0:
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", {BURN!r}])
    os._exit(0)
os.wait()
{BURN}
"""
# The time of processes that die with their namespace is credited to no parent.
NAMESPACE = """
import os, signal, subprocess, sys
inside = subprocess.Popen(
    [sys.argv[1], "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", "--die-with-parent",
     sys.executable, "-c", sys.argv[2]], stdout=subprocess.PIPE)
inside.stdout.read(1)
inside.kill()
inside.wait()
"""
BURN_AND_STAY = BURN + "print('x', flush=True)\ntime.sleep(60)\n"


@pytest.fixture(params=["control group", "polled"])
def counter(request, monkeypatch):
    if request.param == "polled":
        monkeypatch.setattr(tree.Group, "made", classmethod(lambda cls: None))
    elif (made := tree.Group.made()) is None:
        pytest.skip("no control group that counts CPU time may be made here")
    else:
        made.folder.rmdir()
    return request.param


def test_the_whole_family_is_counted(counter, tmp_path):
    spent = tree.spend([sys.executable, "-c", FAMILY], tmp_path, {})
    assert spent.counted == counter
    assert 1.4 < spent.cpu < 2.5


def test_what_dies_with_its_namespace_is_counted(counter, tmp_path, bubblewrap):
    command = [sys.executable, "-c", NAMESPACE, bubblewrap, BURN_AND_STAY]
    spent = tree.spend(command, tmp_path, {})
    assert 0.45 < spent.cpu < 1.5


def test_a_command_that_fails_is_not_measured(tmp_path):
    with pytest.raises(tree.CommandFailed, match="status 3\nno luck"):
        tree.spend([sys.executable, "-c", "print('no luck'); exit(3)"], tmp_path, {})


# The class -----------------------------------------------------------------------------------------


def test_every_answer_is_wrong_once_in_a_class_of_24():
    marks = course.expected(24)
    lost = [15.0 - points for points in marks.values()]
    assert sorted(one for one in lost if one) == sorted(course.POINTS.values())
    assert lost[3::4] == list(course.POINTS.values())
    assert course.expected(4) == dict(list(marks.items())[:4])


def test_the_notebooks_differ_and_show_no_delimiters(tmp_path):
    course.write_lab(tmp_path, figures=True)
    source = tmp_path / "source" / course.LAB
    source.mkdir(parents=True)
    nbformat.write(read_lab(tmp_path / course.LAB / "lab.py"), source / course.FILE)
    course.hand_in(tmp_path, 8)
    texts = [
        "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        for path in tmp_path.glob(f"submitted/*/{course.LAB}/lab.ipynb")
    ]
    assert len(set(texts)) == 8
    assert not any("SOLUTION" in text for text in texts)
    for cell in ("p1", "p2"):
        assert sum(course.WRONG[cell] in text for text in texts) == 1


def test_the_two_labs_differ_by_a_figure(tmp_path):
    sources = {}
    for figures in (False, True):
        course.write_lab(tmp_path / str(figures), figures=figures)
        notebook = read_lab(tmp_path / str(figures) / course.LAB / "lab.py")
        sources[figures] = [cell.source for cell in notebook.cells]
    assert set(sources[False]) < set(sources[True])
    assert not any("plt." in source for source in sources[False])
    assert sum("plt.semilogy(" in source for source in sources[True]) == 1


# The comparison ------------------------------------------------------------------------------------


class Toy(Grader):
    """Marks without looking; `shift` is its mistake."""

    sizes, quick = (2, 6), (1, 3)

    def __init__(self, name, shift=0.0, fail=False):
        self.name, self.shift, self.fail = name, shift, fail

    def template(self, folder, *, figures):
        folder.mkdir()

    def prepare(self, template, folder, students):
        folder.mkdir()
        (folder / "size").write_text(str(students))

    def command(self, folder):
        return [sys.executable, "-c", "exit(1)" if self.fail else "pass"]

    def marks(self, folder):
        right = course.expected(int((folder / "size").read_text()))
        return {student: points + self.shift for student, points in right.items()}


def measured(monkeypatch, *graders):
    monkeypatch.setattr(grading, "GRADERS", graders)
    options = harness.Options(rounds=2, quick=True)
    return grading.measure("benchmarks.grading", grading.cases(), options, lambda text: None)


def test_graders_take_turns_and_are_noted(monkeypatch):
    results = measured(monkeypatch, Toy("nbgrader"), Toy("autograder"))
    assert len(results.cases) == 4
    for case in results.cases.values():
        for figures in case.values():
            assert len(figures.cpu[""]) == len(figures.wall[""]) == 2
            assert figures.notes == {"class": 3.0}


def test_a_wrong_mark_is_not_compared(monkeypatch):
    with pytest.raises(harness.Disagreement, match="otter.*student0000': 16.0"):
        measured(monkeypatch, Toy("nbgrader"), Toy("otter", shift=1.0))


def test_a_grader_that_fails_is_named(monkeypatch):
    with pytest.raises(harness.EngineFailed, match="nbgrader: .*status 1"):
        measured(monkeypatch, Toy("nbgrader", fail=True))


def test_the_price_of_one_and_of_a_hundred(monkeypatch):
    costs = {
        "nbgrader": [tree.Spent(10.0, 20.0, ""), tree.Spent(50.0, 40.0, "")],
        "autograder": [tree.Spent(6.0, 3.0, ""), tree.Spent(8.0, 7.0, "")],
    }
    graders = [Toy("nbgrader"), Toy("autograder")]
    monkeypatch.setattr(grading, "GRADERS", graders)
    results = harness.Results()
    for case in grading.cases():
        results.cases[case.name] = {name: harness.Figures() for name in costs}
    for lab in grading.LABS:
        for grader in graders:
            grading._note(results, lab, grader, (10, 20), costs[grader.name])
    one = results.cases["no figures: one more submission"]
    assert one["nbgrader"].cpu[""] == [4.0] and one["nbgrader"].wall[""] == [2.0]
    hundred = results.cases["no figures: a hundred, with starting up"]
    assert hundred["nbgrader"].cpu[""] == [50.0 + 80 * 4.0]
    assert hundred["autograder"].wall[""] == [pytest.approx(7.0 + 80 * 0.4)]
    figures = [goal.figure for goal in grading.goals(results)]
    assert figures == pytest.approx([20.0, 20.0, 200 / 39, 200 / 39])


def test_the_points_are_the_lab_s():
    """Otter is told them, and what a class deserves is reckoned with them."""
    lab = read_lab(course.HERE / "course" / "lab.py")
    graded = [cell for cell in lab.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert course.POINTS == {
        cell.metadata["nbgrader"]["grade_id"].removesuffix("_test"): cell.metadata["nbgrader"][
            "points"
        ]
        for cell in graded
    }
    assert list(course.tests(lab)) == list(course.POINTS)
    assert all("BEGIN HIDDEN TESTS" in text for text in course.tests(lab).values())
