"""Engines that go from lab to lab: collected, held to their contracts, never replaced in silence."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import dpkit as dp
from dpkit.carry import notebook
from dpkit.carry.home import home
from dpkit.carry.suite import KINDS, Broken, Suite, deadline, load_suite

ROOT = Path(__file__).parents[2]

ENGINE = """\
class Var:
    def __init__(self, value, parents=(), partials=()):
        self.value, self.parents, self.partials, self.grad = float(value), parents, partials, 0.0


def lift(x):
    return x if isinstance(x, Var) else Var(x)


def add(a, b):
    a, b = lift(a), lift(b)
    return Var(a.value + b.value, (a, b), (1.0, 1.0))


def mul(a, b):
    a, b = lift(a), lift(b)
    return Var(a.value * b.value, (a, b), (b.value, a.value))


def power(a, n):
    return Var(a.value**n, (a,), (n * a.value ** (n - 1),))


Var.__add__ = Var.__radd__ = add
Var.__mul__ = Var.__rmul__ = mul
Var.__neg__, Var.__pow__ = lambda a: mul(-1.0, a), power
Var.__sub__, Var.__rsub__ = lambda a, b: a + -lift(b), lambda a, b: lift(b) + -a
Var.__truediv__, Var.__rtruediv__ = lambda a, b: a * lift(b)**-1, lambda a, b: lift(b) * a**-1


def exp(a):
    return Var(math.exp(a.value), (a,), (math.exp(a.value),))


def log(a):
    return Var(math.log(a.value), (a,), (1 / a.value,))


def sqrt(a):
    return a**0.5


def sin(a):
    return Var(math.sin(a.value), (a,), (math.cos(a.value),))


def order(y):
    seen, done, to_do = set(), [], [(y, False)]
    while to_do:
        node, ready = to_do.pop()
        if ready:
            done.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do += [(node, True), *((parent, False) for parent in node.parents)]
    return done


def backward(y):
    nodes = order(y)
    for node in nodes:
        node.grad = 0.0
    y.grad = 1.0
    for node in reversed(nodes):
        for parent, partial in zip(node.parents, node.partials):
            parent.grad += partial * node.grad


def gradient(f):
    def grad_f(x):
        inputs = [Var(each) for each in x]
        backward(f(inputs))
        return [each.grad for each in inputs]

    return grad_f
"""


MINE = ("import math", *ENGINE.split("\n\n\n"))  # as cells


def write(folder, source):
    folder.mkdir(exist_ok=True)
    (folder / "lab03.py").write_text("import math\n\n\n" + source, encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_the_stand_in_keeps_every_contract(kind):
    suite = load_suite(kind)
    engine = suite.test(suite.reference(), own=False)
    assert engine.failures == []
    assert engine.passed == engine.total == len(suite.contracts) >= 10
    for part in suite.parts:
        assert hasattr(engine, part)


def test_yours_is_used_where_it_keeps_its_contracts(tmp_path, capsys):
    engine = dp.carry.load("var", write(tmp_path / "mylab", ENGINE))
    assert engine.own
    assert engine.Var.__module__ == "lab03"
    assert engine.gradient(lambda x: x[0] * x[0] * x[1])([3.0, 5.0]) == [30.0, 9.0]
    told = capsys.readouterr().out
    assert re.fullmatch(r"using YOUR engine from mylab/lab03\.py \((\d+)/\1 contracts\)\n", told)


MISTAKES = {
    "= for +=": ("parent.grad += partial", "parent.grad = partial", "used twice"),
    "not cleaned": ("    for node in nodes:\n        node.grad = 0.0\n", "", "answers the same"),
    "forwards": ("in reversed(nodes)", "in nodes", "chain rule"),
    "a product's partials swapped": ("(b.value, a.value)", "(a.value, b.value)", "a product"),
    "a power's partial at the result": ("n * a.value ** (n - 1)", "n * a.value**n", "powers"),
    "cos with a sign": ("math.cos(a.value)", "-math.cos(a.value)", "exp, log, sqrt and sin"),
    "no constants": ("x if isinstance(x, Var) else Var(x)", "x", "plain numbers"),
    "a wrong value": (
        "math.log(a.value)",
        "math.log10(a.value)",
        "functions give the right values",
    ),
    "an array": ("float(value)", "[value]", "keeps its value"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_the_reference_is_used(name, tmp_path, capsys):
    before, after, contract = MISTAKES[name]
    assert before in ENGINE
    folder = write(tmp_path / "mylab", ENGINE.replace(before, after))
    engine = dp.carry.load("var", folder)
    assert not engine.own
    assert engine.gradient(lambda x: x[0] * x[0])([3.0]) == [6.0]
    told = capsys.readouterr().out
    assert "using the reference engine" in told and "mylab/lab03.py keeps" in told
    assert contract in told


def test_a_recursive_walk_fails_on_long_programs(tmp_path, capsys):
    recursive = """
def order(y):
    done = []
    def visit(node):
        if not any(node is other for other in done[-50:]) and node not in done[-50:]:
            for parent in node.parents:
                visit(parent)
            done.append(node)
    visit(y)
    return done
"""
    engine = dp.carry.load("var", write(tmp_path / "mylab", ENGINE + recursive))
    assert not engine.own
    assert "twenty thousand steps: it calls itself too deeply" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def exp(:", "the code does not run: SyntaxError"),
        ("x = 1 / 0", "the code does not run: ZeroDivisionError"),
        ("class Var: pass", "`exp` is not defined"),
        (ENGINE.replace("return a**0.5", "raise NotImplementedError"), "`sqrt` is still blank"),
    ],
)
def test_what_cannot_be_used_at_all(source, reason, tmp_path, capsys):
    assert not dp.carry.load("var", write(tmp_path / "mylab", source)).own
    assert reason in capsys.readouterr().out


def test_no_engine_yet(tmp_path, capsys):
    assert not dp.carry.load("var", tmp_path / "mylab").own
    assert "There is no mylab/lab03.py. Lab 3 makes it." in capsys.readouterr().out


def test_an_unknown_kind():
    with pytest.raises(ValueError, match="no engine of the kind 'vat'; the kinds are \"dual\""):
        dp.carry.load("vat")


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
def test_what_does_not_end_is_stopped():
    with pytest.raises(Broken, match="did not end"), deadline(0.05):
        while True:
            pass


# ------------------------------------------------------------------------------------------------
# Collecting


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
def test_an_except_does_not_swallow_the_alarm():
    with pytest.raises(Broken, match="did not end"):
        with deadline(0.05):
            while True:
                try:
                    while True:
                        pass
                except Exception:
                    pass


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
def test_after_two_that_do_not_end_the_rest_is_not_tried(monkeypatch):
    monkeypatch.setattr("dpkit.carry.suite.deadline", lambda: deadline(0.05))
    suite, tried = Suite("dual", parts=(), reference=object), []

    def endless(engine):
        tried.append(1)
        while True:
            pass

    for k in range(4):
        suite.contract(f"contract {k}")(endless)
    failures = suite.test(object()).failures
    assert len(tried) == 2
    assert ["not tried" in each for each in failures] == [False, False, True, True]


def test_the_newest_definition_in_the_order_of_the_first():
    source = notebook.gather(
        ["import math\nimport numpy as np", "def f(x):\n    return 1", "def g(x):\n    return f(x)",
         "def f(x):\n    return math.sin(x)", "print(f(1))"],
        parts=["g"],
    )  # fmt: skip
    assert source == (
        "import math\n\n\ndef f(x):\n    return math.sin(x)\n\n\ndef g(x):\n    return f(x)\n"
    )


def test_only_definitions_are_taken():
    cell = "x = 3\nprint('made')\n\n\n# why\n@cache\ndef f(y):\n    return x + y\n\n\nf(2)"
    source = notebook.gather(["from functools import cache", cell, "%magic", "x +"], ["f"])
    assert source == (
        "from functools import cache\n\n\nx = 3\n\n\n# why\n@cache\ndef f(y):\n    return x + y\n"
    )
    names = {}
    exec(source, names)
    assert names["f"](4) == 7


def test_names_of_their_own_bring_nothing_along():
    """A parameter and a loop's variable are no global of the same name."""
    cells = ["x = 3\nk = 4", "def f(x):\n    return [x * k for k in range(x)]"]
    assert notebook.gather(cells, ["f"]) == cells[1] + "\n"


def test_what_is_hung_on_a_class_goes_with_its_cell():
    cells = ["class A:\n    pass", "def add(a, b):\n    return 5\n\n\nA.__add__ = add"]
    names = {}
    exec(notebook.gather(cells, ["A", "add"]), names)
    assert names["A"]() + 1 == 5


def test_a_missing_part_is_named():
    with pytest.raises(Broken, match="no cell that has run defines `h`"):
        notebook.gather(["def f(): pass"], ["f", "h"])


def test_outside_a_notebook(capsys, tmp_path):
    dp.carry.save("var", tmp_path)
    assert not list(tmp_path.iterdir())
    assert "Not saved yet: only a notebook has cells" in capsys.readouterr().out


@pytest.fixture
def cells(monkeypatch):
    """Pretend that these cells have run."""

    def run(*sources):
        monkeypatch.setattr(notebook, "collect", lambda *names: notebook.gather(sources, *names))

    return run


def test_save_and_load(cells, tmp_path, capsys):
    cells("import math, numpy", *ENGINE.split("\n\n\n"), "y = Var(3)\nbackward(y)\ny.grad")
    dp.carry.save("var", tmp_path / "mylab")
    path = tmp_path / "mylab" / "lab03.py"
    assert "Saved to mylab/lab03.py" in capsys.readouterr().out
    assert "numpy" not in path.read_text(encoding="utf-8")
    assert dp.carry.load("var", tmp_path / "mylab").own
    cells("import math", *ENGINE.replace("1 / a.value", "a.value**-1").split("\n\n\n"))
    dp.carry.save("var", tmp_path / "mylab")
    assert "The version before is lab03.old.py" in capsys.readouterr().out
    assert "1 / a.value" in (tmp_path / "mylab" / "lab03.old.py").read_text(encoding="utf-8")


def test_a_blank_part_is_not_saved(cells, tmp_path, capsys):
    blank = ENGINE.replace("return a**0.5", "raise NotImplementedError")
    cells("import math", *blank.split("\n\n\n"))
    dp.carry.save("var", tmp_path / "mylab")
    assert "Not saved yet: `sqrt` is still blank." in capsys.readouterr().out
    assert not (tmp_path / "mylab").exists()


def test_an_engine_that_prints_or_exits_is_told_of_and_harms_nobody(cells, tmp_path, capsys):
    cells(*MINE, "def exp(a):\n    print('flood')\n    raise SystemExit\n")
    dp.carry.save("var", tmp_path)
    said = capsys.readouterr().out
    assert "flood" not in said
    assert "it called exit()" in said


def test_a_folder_that_cannot_be_written_to(cells, tmp_path, capsys):
    cells(*MINE)
    (tmp_path / "mylab").write_text("a file in the folder's place")
    dp.carry.save("var", tmp_path / "mylab")
    assert "Not saved" in capsys.readouterr().out


def test_where_saving_fails_the_file_before_is_left(cells, tmp_path, capsys, monkeypatch):
    cells(*MINE)
    dp.carry.save("var", tmp_path)
    before = (tmp_path / "lab03.py").read_bytes()

    def full(path, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    cells(*MINE, "def exp(a):\n    return a\n")
    dp.carry.save("var", tmp_path)
    assert "No space left" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["lab03.py"]
    assert (tmp_path / "lab03.py").read_bytes() == before


def test_a_file_that_is_no_text_is_kept_beside(cells, tmp_path):
    cells(*MINE)
    (tmp_path / "lab03.py").write_bytes(b"\xff\xfe")
    dp.carry.save("var", tmp_path)
    assert (tmp_path / "lab03.old.py").read_bytes() == b"\xff\xfe"


def test_an_engine_with_mistakes_is_saved_and_told(cells, tmp_path, capsys):
    wrong = ENGINE.replace("parent.grad += partial", "parent.grad = partial")
    cells("import math", *wrong.split("\n\n\n"))
    dp.carry.save("var", tmp_path / "mylab")
    assert (tmp_path / "mylab" / "lab03.py").exists()
    assert "what is used twice is paid twice" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------
# Where


def test_home(tmp_path, monkeypatch):
    lab = tmp_path / "labs" / "lab03_reverse_mode"
    lab.mkdir(parents=True)
    monkeypatch.chdir(lab)
    assert home() == tmp_path / "labs" / "mylab"
    monkeypatch.chdir(tmp_path)
    assert home() == tmp_path / "mylab"
    (tmp_path / "mylab").mkdir()
    monkeypatch.chdir(lab)
    assert home() == tmp_path / "mylab"


@pytest.mark.parametrize(
    "lab", sorted((ROOT / "labs").glob("lab*/lab.py")), ids=lambda p: p.parent.name
)
def test_a_lab_saves_its_own_kind(lab):
    for kind in re.findall(r"dp\.carry\.save\(\"(\w+)\"\)", lab.read_text(encoding="utf-8")):
        assert lab.parent.name.startswith(KINDS[kind])
