"""Attacks on the marks: every answer is wrong, and something in the submission says otherwise.

Each is marked in a class with an honest student before and after it, through the whole of `grade`.
The names (a01, b14) are those under which the attacks on stock nbgrader are known here; on stock
nbgrader most of them give full marks."""

import copy
import hashlib
import shutil
import sqlite3

import nbformat
import pytest
from nbformat import v4

from autograder.build import build_release, read_lab
from autograder.grade import grade
from autograder.sandbox.limits import Limits
from autograder.sanitise import grade_id
from tests.autograder.test_grade import marks, send
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

pytestmark = [pytest.mark.attack, pytest.mark.slow, pytest.mark.usefixtures("bubblewrap")]

WRONG = {
    "ex1_1": "def slope(x): return 0.0",
    "ex1_2": "def centre(numbers): return numbers",
    "ex1_3": "def total(numbers): return -1.0",
}

# Code in a cell of the student's own, at the top of the notebook.
CODE = {
    "a02_ast_transformer": """
import ast
class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        node.body = []
        return node
get_ipython().ast_transformers.append(Empty())
""",
    "a03_input_transformer": """
get_ipython().input_transformers_cleanup.append(lambda lines: [])
""",
    "a04_patched_libraries": """
import builtins, numpy as np, numpy.testing, math
for name in ("assert_allclose", "assert_equal", "assert_array_equal", "assert_almost_equal"):
    setattr(np.testing, name, lambda *a, **k: None)
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
builtins.abs = lambda x: 0.0
math.isclose = lambda *a, **k: True
import autograder.exercise, autograder.probe, autograder.wire
autograder.exercise.agree = lambda *a, **k: None
autograder.exercise.Mark.close = autograder.exercise.Mark.that = lambda *a, **k: None
""",
    "a05_equal_to_everything": """
class Liar(float):
    def _yes(self, *a): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _yes
    __hash__ = float.__hash__
def slope(x): return Liar(0)
def centre(numbers): return [Liar(0) for _ in numbers]
def total(numbers): return Liar(0)
""",
    "a06_forged_result": """
import json, sys
from IPython.display import display, publish_display_data
def forge(*a):
    publish_display_data({"text/plain": "3.0"})
    display(3.0)
    get_ipython().displayhook(2.0)
    print("2.0")
    return 0.0
slope = centre = total = forge
""",
    "a07_read_the_tests": """
def look(*a):
    import sys, gc
    seen = [str(v) for v in get_ipython().user_ns.get("In", [])]
    frame = sys._getframe()
    while frame is not None:
        seen.append(repr(frame.f_locals)[:5000]); frame = frame.f_back
    seen += [o for o in gc.get_objects() if type(o) is str]
    text = " ".join(seen)
    return 4.5 if "nine halves" in text else -1.0
slope = centre = total = look
""",
    "a08_reference_solutions": """
import glob, os
found = []
for up in range(8):
    for name in ("source", "toy", "labs", "release", "exercises.py", "lab.py", "mutants"):
        found += glob.glob("../" * up + "**/" * 0 + name + "/**", recursive=True)
for root in ("/", "/home", "/root", "/tmp", os.path.expanduser("~")):
    for folder, _, files in os.walk(root):
        if folder.count("/") > 6 or folder.startswith(("/usr", "/proc", "/sys", "/lib")): continue
        found += [os.path.join(folder, f) for f in files if f in ("lab.ipynb", "exercises.py", "gradebook.db")]
for path in found:
    try:
        text = open(path).read()
        if "return 3 * x**2" in text:
            def slope(x): return 3 * x**2
    except OSError: pass
""",
    "a09_the_gradebook": """
import glob, sqlite3, os
for up in range(8):
    for path in glob.glob("../" * up + "gradebook.db") + ["/tmp/gradebook.db", GRADEBOOK]:
        try:
            db = sqlite3.connect("file:" + path + "?mode=rw", uri=True)
            db.execute("CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET auto_score = 2; END")
            db.commit()
        except Exception: pass
""",
    "a11_custom_exception": """
get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)
""",
    "a12_run_code": """
ip = get_ipython()
async def fine(*a, **k): return False
ip.run_code = fine
""",
    "a13_run_cell": """
ip = get_ipython()
class Fine:
    success = True; error_in_exec = None; error_before_exec = None; result = None
ip.run_cell = ip.run_cell_async = lambda *a, **k: Fine()
""",
    "a20_startup_files": """
import os
for home in {os.path.expanduser("~"), "/root", "/home", os.environ.get("IPYTHONDIR", "/tmp/.ipython")}:
    for folder in (home + "/.ipython/profile_default/startup", home + "/profile_default/startup"):
        try:
            os.makedirs(folder, exist_ok=True)
            open(folder + "/00-x.py", "w").write("def slope(x): return 3 * x ** 2")
        except OSError: pass
import site, sys
for folder in site.getsitepackages() + sys.path:
    try: open(folder + "/sitecustomize.py", "w").write("import builtins; builtins.abs = lambda x: 0")
    except OSError: pass
""",
    "a22_exit_in_a_function": """
def slope(x): raise SystemExit(0)
centre = total = slope
""",
    "a23_clear_output": """
from IPython.display import clear_output
def quiet(*a):
    clear_output()
    get_ipython().showtraceback = lambda *a, **k: None
    return 0.0
slope = centre = total = quiet
""",
    "a24_kernel_do_execute": """
try: get_ipython().kernel.do_execute = lambda *a, **k: {"status": "ok"}
except Exception: pass
""",
    "b14_zero_difference": """
class Zero:
    def _zero(self, *a): return 0.0
    __sub__ = __rsub__ = __abs__ = __neg__ = __float__ = _zero
    def __array__(self, *a, **k):
        import numpy as np
        return np.zeros(())
slope = centre = total = lambda *a: Zero()
""",
    "b15_change_the_test_s_array": """
def slope(x):
    try: x *= 0
    except Exception: pass
    return 0.0
def centre(numbers):
    numbers.clear()
    return numbers
def total(numbers):
    if hasattr(numbers, "clear"): numbers.clear()
    return -1.0
""",
    "c01_the_checker_next_door": """
import builtins
builtins.check = lambda n: 3.0
def check(number): return 2.0
open("checks.py", "w").write("lab = {}")
""",
    "c02_the_probe_s_student": """
import autograder.probe, autograder.wire
autograder.probe.run_probe = lambda *a, **k: 0.0
autograder.wire.encode = lambda *a, **k: b"T"
autograder.wire.normalise = lambda v: True
""",
    "c03_forged_answers_on_the_line": """
import gc, socket
for o in gc.get_objects():
    if isinstance(o, socket.socket):
        for word in (b'{"score": 2.0}', b"\\x00" * 64):
            try: o.send(word)
            except OSError: pass
""",
    "c04_results_in_the_output": """
from IPython.display import display, HTML
display(HTML("<div class='dp-panel dp-pass'>✓ Exercise 1.1 passed (2 of 2 points)</div>"))
print("✓ Exercise 1.1 passed (2 of 2 points)")
2.0
""",
    "c05_a_late_thread": """
import threading, time, os
def late():
    while True:
        time.sleep(0.01)
        for fd in range(3, 30):
            try: os.write(fd, b"2.0")
            except OSError: pass
threading.Thread(target=late, daemon=True).start()
""",
}


def skip_tests(notebook):
    """a01: two clicks in JupyterLab."""
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "nbgrader-skip"]


def edit_points(notebook):
    """a17: points and the tests' own text."""
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("check"):
            cell.metadata["nbgrader"]["points"] = 1000
            cell.source = "5.0"


def delete_tests(notebook):
    """a19."""
    notebook.cells = [c for c in notebook.cells if not (grade_id(c) or "").startswith("check")]


def ungrade(notebook):
    """The test cells are no graded cells any more, or answers for a reader."""
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("check"):
            cell.metadata["nbgrader"].update(grade=False, solution=True, locked=False)


def bring_outputs(notebook):
    """Outputs that were there when it was handed in."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [v4.new_output("execute_result", {"text/plain": "2.0"})]
            cell.execution_count = 1


def new_grades(notebook):
    """Graded cells of their own, and a second cell under a test's name."""
    for name in ("bonus", "check1_1"):
        cell = v4.new_code_cell("2.0")
        cell.metadata["nbgrader"] = {
            "grade_id": name, "grade": True, "points": 2, "locked": False, "solution": False,
            "task": False, "schema_version": 3,
        }  # fmt: skip
        notebook.cells.append(cell)


def another_kernel(notebook):
    """A kernel of the student's choice."""
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "x", "language": "bash"}


METADATA = [
    skip_tests,
    edit_points,
    delete_tests,
    ungrade,
    bring_outputs,
    new_grades,
    another_kernel,
]


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Everything marked in one class, an honest student between every two attackers."""
    course = toy_course(tmp_path_factory.mktemp("attacks"))
    build_release(course, LAB)
    shutil.copyfile(course.release / LAB / "checks.py", course.root / "checks-before.py")
    inbox = tmp_path_factory.mktemp("inbox")
    right = read_lab(course.root / LAB / "lab.py")
    wrong = copy.deepcopy(right)
    for cell in wrong.cells:
        if grade_id(cell) in WRONG:
            cell.source = WRONG[grade_id(cell)]
        if grade_id(cell) == "why1_4":
            cell.source = "YOUR ANSWER HERE"
    attackers = {}
    for name, code in CODE.items():
        notebook = copy.deepcopy(wrong)
        code = code.replace("GRADEBOOK", repr(str(course.root / "gradebook.db")))
        if "total = " in code or "def total(" in code:  # it brings its own wrong answers
            for cell in notebook.cells:
                if grade_id(cell) in WRONG:
                    cell.source = code
        else:
            notebook.cells.insert(1, v4.new_code_cell(code))
        attackers[name] = notebook
    for deed in METADATA:
        notebook = copy.deepcopy(wrong)
        deed(notebook)
        attackers[deed.__name__] = notebook
    for number, (name, notebook) in enumerate(attackers.items()):
        send(inbox, f"{number:02}-{name}", notebook)
        send(inbox, f"{number:02}-then-honest", right)
    limits = Limits(cpu_seconds_per_cell=3.0, wall_factor=3.0, wall_slack=5.0)
    grading = grade(course, LAB, submissions=inbox, workers=2, limits=limits)
    return course, grading, marks(course), inbox


@pytest.mark.parametrize("name", [*CODE, *(deed.__name__ for deed in METADATA)])
def test_it_earns_nothing(marked, name):
    _, _, scores, _ = marked
    (student,) = [student for student in scores if student[3:] == name]
    assert sum(score or 0.0 for score in scores[student].values()) == 0.0, scores[student]


def test_every_honest_student_between_them_has_full_marks(marked):
    _, grading, scores, _ = marked
    honest = [student for student in scores if student.endswith("honest")]
    assert len(honest) == len(CODE) + len(METADATA)
    for student in honest:
        assert sum(score or 0.0 for score in scores[student].values()) == MACHINE_POINTS, student
    assert all(problem.marked for problem in grading.problems)


def test_the_gradebook_has_no_trigger_and_no_points_but_the_source_s(marked):
    course, *_ = marked
    with sqlite3.connect(course.root / "gradebook.db") as database:
        assert (
            database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            == []
        )
        (most,) = database.execute("SELECT SUM(max_score) FROM grade_cells").fetchone()
    assert most == MACHINE_POINTS + 2


def test_the_submissions_and_the_sources_are_as_they_were(marked):
    course, _, scores, inbox = marked
    for student in scores:
        sent = (inbox / student / "lab.ipynb").read_bytes()
        kept = (course.submitted / student / LAB / "lab.ipynb").read_bytes()
        assert hashlib.sha256(sent).digest() == hashlib.sha256(kept).digest()
    before = (course.root / "checks-before.py").read_bytes()
    assert (course.source / LAB / "checks.py").read_bytes() == before


def test_no_autograded_notebook_shows_a_student_a_hidden_line(marked):
    """What nbgrader's feedback is made of: outputs. (The cells' hidden regions it removes
    itself.)"""
    course, _, scores, _ = marked
    for student in scores:
        notebook = nbformat.read(course.autograded / student / LAB / "lab.ipynb", as_version=4)
        shown = " ".join(str(cell.get("outputs", "")) for cell in notebook.cells)
        assert "assert total" not in shown and "np.isclose(total" not in shown


def test_a_warning_on_stderr_costs_nothing(marked, tmp_path_factory):
    """a90: on stock nbgrader this honest answer loses its marks."""
    course, *_ = marked
    notebook = read_lab(course.root / LAB / "lab.py")
    cell = next(c for c in notebook.cells if grade_id(c) == "ex1_1")
    cell.source = (
        "import sys, warnings, logging\n"
        "def slope(x):\n    warnings.warn('careful')\n    print('oh', file=sys.stderr)\n"
        "    logging.getLogger().error('hm')\n    return 3 * x**2"
    )
    inbox = tmp_path_factory.mktemp("warns")
    send(inbox, "warner", notebook)
    grade(course, LAB, submissions=inbox)
    assert sum(score or 0.0 for score in marks(course)["warner"].values()) == MACHINE_POINTS
