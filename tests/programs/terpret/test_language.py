"""What a program may say, and the sentence it is told otherwise."""

import numpy as np
import pytest
import torch

from dpkit.programs import terpret

HEAD = "x = Input(3)\ny = Output(3)\np = Param(3)\n"


def function(body, head="@Runtime([3], 3)\n"):
    return f"{HEAD}{head}def F(a):\n    {body}\ny.set_to(F(x))\n"


# what is wrong: (the text, the kind, what is said of it, the line)
REFUSED = {
    "raises": (function("return 1 // a"), "runtime", r"F\(0\) raised ZeroDivisionError", 5),
    "returns nothing": (function("if a: return a"), "range", r"F\(0\) is None", 5),
    "leaves its range": (function("return a + 1"), "range", r"F\(2\) is 3; its range is 0 to 2", 5),
    "below its range": (function("return a - 1"), "range", r"F\(0\) is -1", 5),
    "no whole number": (function("return a / 2"), "range", "Return a whole number", 5),
    "imports": (function("import os; return a"), "form", "has no import", 6),
    "loops for ever": (function("while True: pass"), "form", "has no while", 6),
    "an attribute": (function("return a.real"), "form", "has no attribute", 6),
    "what is not its own": (function("return a * q"), "unknown name", "neither an argument", 6),
    "opens a file": (function("return open('f')"), "unknown name", "neither an argument", 6),
    "an argument too many": (
        function("return a", "@Runtime([3, 3], 3)\n"), "arguments", "1 arguments, and 2 ranges", 5,
    ),
    "too large a table": (
        function("return a", "@Runtime([2000000], 3)\n"), "size", "2000000 different sets", 5,
    ),
    "of no sort": (function("return a", "@Other([3], 3)\n"), "form", "what sort of function", 5),
    "another option": (
        function("pass", "@Learn([Tensor(2, 2)], 3, size=[4])\n"), "form", "hid_sizes", 5,
    ),
    "a picture for a number": (
        HEAD + "g = InputTensor(2, 2)[2]\ny.set_to(g[0])\n", "form", "Learn function", 5,
    ),
    "a number for a picture": (
        function("pass", "@Learn([Tensor(2, 2)], 3, hid_sizes=[4])\n"), "size", "takes a picture", 7,
    ),
    "an Input is set": (HEAD + "x.set_to(1)\ny.set_to(x)\n", "not settable", "given, and never set", 4),
    "outside of an array": (
        HEAD + "v = Var(3)[2]\nfor t in range(3): v[t].set_to(x)\ny.set_to(v[0])\n", "range",
        "index t = 2 is outside 0 to 1", 5,
    ),
    "an index too many": (HEAD + "y.set_to(x[0])\n", "array", "0 dimensions, not 1", 4),
    "a literal too large": (HEAD + "y.set_to(3)\n", "range", "3 is outside the range 0 to 2", 4),
    "asked twice": (
        HEAD + "if x == 1: y.set_to(0)\nelif x == 1: y.set_to(1)\nelse: y.set_to(2)\n", "never",
        "asked before", 5,
    ),
    "never true": (HEAD + "if x == 3: y.set_to(0)\nelse: y.set_to(1)\n", "never", "values are 0 to 2", 4),
    "another question": (HEAD + "if x > 1: y.set_to(0)\nelse: y.set_to(1)\n", "form", "no question", 4),
    "no name given": (HEAD + "with x: y.set_to(0)\n", "form", "gives no name", 4),
    "a while": (HEAD + "while x == 1: y.set_to(0)\n", "form", "no statement of this sort", 4),
    "declared inside": (
        HEAD + "if x == 1:\n    z = Var(3)\n    y.set_to(0)\nelse: y.set_to(1)\n", "form",
        "declared inside a block", 5,
    ),
    "no output": (HEAD, "never set", "y is an Output and is never set", 2),
    "an else is missing": (HEAD + "if x == 1: y.set_to(0)\n", "not on every path", "no `else`", 4),
    "a near miss": (HEAD + "first = Input(3)\ny.set_to(frist)\n", "unknown name", "Did you mean first", 5),
    "an argument with a default": (
        f"{HEAD}@Runtime([3], 3)\ndef F(a, b=().__class__): return a\ny.set_to(F(x))\n", "arguments",
        "not just names", 5,
    ),
    "an argument after a star": (
        f"{HEAD}@Runtime([3], 3)\ndef F(a, *, b=1): return a\ny.set_to(F(x))\n", "arguments",
        "not just names", 5,
    ),
    "a pattern": (function("match a:\n        case int(real=a): return a"), "form", "has no match", 6),
    "an assignment inside": (function("return (b := a)"), "form", "has no `:=`", 6),
    "catches": (function("try: return 1 // a\n    except: return 0"), "form", "has no try", 6),
    "a function in it": (function("def g(): return 1\n    return g()"), "form", "has no function", 6),
    "itself": (function("return F(a)"), "unknown name", "there is no recursion", 6),
    "a huge number": (function("return 10 ** 10 ** 9"), "runtime", "more than 300 digits", 5),
    "grows and grows": (
        function("b = 10\n    for k in range(40): b = b * b\n    return b"), "runtime",
        "more than 300 digits", 5,
    ),
    "turns too often": (function("return sum(range(10 ** 12))"), "runtime", "1000000 numbers", 5),
    "breaks out of nothing": (function("break"), "syntax", "outside loop", 5),
    "another word for Runtime": (
        function("return a", "@Runtime([3], 3, cached=1)\n"), "form", "what sort of function", 5,
    ),
    "a body for what is learnt": (
        function("return 3", "@Learn([Tensor(2, 2)], 3)\n"), "form", "is to be learnt", 5,
    ),
    "no range": (HEAD + "for t in range(): y.set_to(1)\n", "form", "no range", 4),
    "a step of zero": (HEAD + "for t in range(0, 1, 0): y.set_to(1)\n", "form", "no range", 4),
    "a named step": (HEAD + "for t in range(1, step=2): y.set_to(1)\n", "form", "no loop of a known", 4),
    "a loop with an else": (
        HEAD + "for t in range(1): y.set_to(1)\nelse: y.set_to(2)\n", "form", "no `else`", 4,
    ),
    "an endless program": (
        HEAD + "for t in range(10 ** 9):\n    pass\ny.set_to(x)\n", "size", "500000 statements", 5,
    ),
    "an endless array": (HEAD + "v = Var(2)[10 ** 9]\ny.set_to(x)\n", "size", "1000000 elements", 4),
    "another word for set_to": (
        HEAD + "y.set_to(x, always=1)\n", "arguments", "takes one value", 4,
    ),
    "an equals sign": (HEAD + "y = x\n", "declared twice", r"given by `y.set_to\(…\)`", 4),
    "an equals sign for an element": (
        HEAD + "v = Var(2)[1]\nv[0] = 1\ny.set_to(x)\n", "form", r"Write `v\[0\].set_to\(…\)`", 5,
    ),
    "plus and equals": (HEAD + "y += 1\n", "form", r"Write `y.set_to\(…\)`", 4),
    "a constant of itself": ("k = k + 1\n" + HEAD + "y.set_to(x)\n", "unknown name", "k is not", 1),
    "a constant is set": ("k = 1\n" + HEAD + "k.set_to(1)\ny.set_to(x)\n", "form", "k is a number", 5),
    "a word of the language": ("range = 3\n" + HEAD + "y.set_to(x)\n", "form", "word of the lang", 1),
    "another word for Var": (HEAD + "v = Var(2, init=0)\ny.set_to(x)\n", "form", "declares nothing", 4),
    "wrong where it never comes": (
        HEAD + "if x == 0: y.set_to(0)\nelif x == 1: y.set_to(1)\nelif x == 2: y.set_to(2)\n"
        "else: nonsense.set_to(1)\n", "unknown name", "nonsense is not declared", 7,
    ),
    "wrong in a loop of no turns": (
        HEAD + "for t in range(0):\n    while 1: pass\ny.set_to(x)\n", "form", "of this sort", 5,
    ),
    "one of several is never set": (
        HEAD + "z = Output(3)[2]\nz[0].set_to(x)\ny.set_to(x)\n", "never set", r"z\[1\] is never set", 4,
    ),
    "arguments by name": (
        function("return a").replace("F(x)", "F(a=x)"), "arguments", "by name", 7,
    ),
    "two variables are compared": (
        HEAD + "if x == p: y.set_to(0)\nelse: y.set_to(1)\n", "not constant",
        r"compared\s+by a Runtime function", 4,
    ),
    "nothing at all": ("", "never set", "has no Output", 0),
    "too deep to read": ("k = " + "-" * 3000 + "1\n", "syntax", "nested too deeply", 0),
    "after another sign for a new page": (
        HEAD + "\x0cy.set_to(x)\nz.set_to(x)\n", "unknown name", "5: z.set_to", 5,
    ),
    "arithmetic": (HEAD + "y.set_to(x + 1)\n", "form", "`x \\+ 1` computes with a variable", 4),
    "half a size": ("v = Var(2.5)\n" + HEAD + "y.set_to(x)\n", "not constant", "`2.5` is none", 1),
    "nothing to divide by": ("n = 4 // 0\n" + HEAD + "y.set_to(x)\n", "not constant", "divides by zero", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said(name):
    source, kind, said, line = REFUSED[name]
    found = [each for each in terpret.check(source) if (each.kind, each.line) == (kind, line)]
    assert len(found) == 1, [*map(str, terpret.check(source))]
    with pytest.raises(terpret.ProgramError, match=said):
        terpret.Program(source)
    assert len(found[0].remedy.split()) > 2


ESCAPES = {
    "a default": "def F(a, b=().__class__.__base__.__subclasses__()): return a",
    "an annotation": "def F(a: print('out')) -> print('out'): return a",
    "a pattern": "def F(a):\n    match a:\n        case int(__reduce_ex__=a): return a(2)[0]",
    "an f-string": "def F(a): return len(f'{a.__class__}')",
    "a built-in": "def F(a): return print('out')",
    "the built-ins": "def F(a): return __builtins__['print']('out')",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_no_text_runs_anything_outside_of_itself(name, capsys):
    """A program may come from anybody: reading it does arithmetic, and nothing else."""
    terpret.check(f"{HEAD}@Runtime([3], 3)\n{ESCAPES[name]}\ny.set_to(F(x))\n")
    assert capsys.readouterr().out == ""
    if name != "an annotation":  # which is not looked at, as Python does not look at it either
        with pytest.raises(terpret.ProgramError):
            terpret.Program(f"{HEAD}@Runtime([3], 3)\n{ESCAPES[name]}\ny.set_to(F(x))\n")


def test_a_runtime_function_may_use_what_arithmetic_needs():
    body = "b = [1, 2, 0]\n    b[0] += a * 3\n    b[0] **= 1\n    return sum(c for c in b[:a]) % 3".replace(
        "b[:a]", "[b[k] for k in range(a)]"
    )
    program = terpret.Program(function(body))
    assert [int(program.run({"p": 0}, {"x": a})["y"]) for a in range(3)] == [
        0, (1 + 3) % 3, (1 + 6 + 2) % 3,
    ]  # fmt: skip
    always = terpret.Program(f"{HEAD}@Runtime([], 3)\ndef F(): return 2\ny.set_to(F())\n")
    assert always.run({"p": 0}, {"x": 0}) == {"y": 2}
    soft = always.marginals(always.certain_params({"p": 0}), {"x": torch.tensor([0])})
    assert soft["y"].argmax() == 2


def test_one_slip_is_told_once():
    """What could not be read would have set y, perhaps: nobody is sent to the wrong line for it."""
    for wrong in ("while x == 1: y.set_to(0)", "if x > 1: y.set_to(0)\nelse: y.set_to(1)", "y = x"):
        assert len(terpret.check(f"{HEAD}{wrong}\n")) == 1
    assert [
        each.line for each in terpret.check("k = 1.5\nq = Var(k)\n" + HEAD + "y.set_to(x)\n")
    ] == [1]


def test_a_constant_becomes_a_whole_number_or_is_refused():
    assert terpret.Program("maze", W=np.int64(4)).constants["W"] == 4
    for wrong in (2.5, "3", None):
        with pytest.raises(terpret.ProgramError, match="a constant is a\\s+whole number"):
            terpret.Program("maze", W=wrong)


def test_a_constant_that_is_none_is_refused():
    with pytest.raises(
        terpret.ProgramError, match="Q was to be changed.*\n.*Its constants are max"
    ):
        terpret.Program("maze", Q=3)


def test_a_program_that_is_not_there():
    with pytest.raises(
        ValueError, match="no program 'labyrinth'; it has circuit, count, hurried, maze"
    ):
        terpret.Program("labyrinth")


def test_what_is_missing_is_named():
    program = terpret.Program(HEAD + "y.set_to(p)\n")
    with pytest.raises(ValueError, match="No value is given for the Input x"):
        program.run({"p": 1}, {})
    with pytest.raises(ValueError, match="No value is given for the Param p"):
        program.run({}, {"x": 1})
    with pytest.raises(ValueError, match="the Learn function LOOK"):
        terpret.Program("count").run({"what": 1}, {"row": np.zeros((6, 12, 12))})
    with pytest.raises(ValueError, match="p has the values 0 to 2"):
        program.certain_params({"p": 3})
    with pytest.raises(ValueError, match="x has the values 0 to 2"):
        program.run({"p": 1}, {"x": 3})
    with pytest.raises(ValueError, match="x has the values 0 to 2"):
        program.marginals(program.certain_params({"p": 1}), {"x": torch.tensor([3])})
    with pytest.raises(ValueError, match="The outputs are y; given: z"):
        inputs, one = {"x": torch.tensor([1])}, torch.tensor([1])
        program.loss(program.certain_params({"p": 1}), inputs, {"z": one})


def test_what_loops_know_is_decided_before_it_runs():
    source = (
        HEAD
        + """
v = Var(3)[4]
for t in range(4):
    if t == 2: v[t].set_to(x)
    elif t == 0: v[t].set_to(1)
    else: v[t].set_to(p)
y.set_to(v[2])
"""
    )
    program = terpret.Program(source)
    assert not any(node.op == "mix" for node in program.unrolled.graph.nodes)
    assert program.trace({"p": 2}, {"x": 0})["v"].tolist() == [1, 2, 0, 2]


def test_arrays_of_arrays_and_two_at_once():
    source = """
a = Input(2)[2, 3]; i = Input(2); j = Input(3); y = Output(2)[3, 2]; z = Output(2)
for r in range(2):
    for c in range(3):
        y[c][r].set_to(a[r, c])
with i as k, j as l:
    z.set_to(a[k][l])
"""
    program, rng = terpret.Program(source), np.random.default_rng(0)
    a, i, j = rng.integers(0, 2, (20, 2, 3)), rng.integers(0, 2, 20), rng.integers(0, 3, 20)
    inputs = {"a": torch.as_tensor(a), "i": torch.as_tensor(i), "j": torch.as_tensor(j)}
    soft = program.marginals({}, inputs)
    np.testing.assert_array_equal(soft["y"][0].argmax(-1), a.transpose(0, 2, 1))
    np.testing.assert_array_equal(soft["z"][0].argmax(-1), a[np.arange(20), i, j])
    for k in range(20):
        one = program.run({}, {"a": a[k], "i": i[k], "j": j[k]})
        np.testing.assert_array_equal(one["y"], a[k].T)
        assert one["z"] == a[k, i[k], j[k]]


def test_examples_that_do_not_fit_together_are_refused():
    program = terpret.Program(HEAD + "y.set_to(p)\n")
    x = torch.tensor([0, 1, 2])
    outputs = terpret.Program(HEAD + "y.set_to(x)\n")
    params = program.certain_params({"p": 1})
    with pytest.raises(ValueError, match="examples differ: 3 of inputs, 2 of y"):
        outputs.loss(params, {"x": x}, {"y": x[:2]})
    with pytest.raises(ValueError, match="y has the values 0 to 2, and 3 was given"):
        program.loss(params, {"x": x}, {"y": x + 1})


def test_a_problem_can_be_read_in_narrow_places():
    """A notebook cuts nothing, but wraps badly what is wider than it is."""
    source = terpret.source_of("maze").replace("INC(reg[t])", "INC(reg[t + 1])")
    source = source.replace("path_len.set_to(reg[T - 1])", "path_len.set_to(reg)")
    with pytest.raises(terpret.ProgramError) as refused:
        terpret.Program(source)
    lines = str(refused.value).splitlines()
    assert lines[0] == "2 problems in this program." and max(map(len, lines)) <= 96
    shown = "\n".join(refused.value._render_traceback_())
    assert shown == f"ProgramError: {refused.value}" and "INC(reg[t + 1])" in shown
    assert "<code>path_len.set_to(reg)</code>" in terpret.check(source)[-1]._repr_html_()
