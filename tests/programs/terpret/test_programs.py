"""A dozen programs of unlike sorts, and the same in plain Python: they agree on all their inputs."""

import numpy as np
import pytest
import torch

from dpkit.programs import terpret


def stack(ops, values):
    """Push a digit (0 to 2), or take two and push their sum (3); the top at the end."""
    held, depth = [0, 0, 0], 0
    for op, value in zip(ops, values, strict=True):
        if op == 0:
            held[depth % 3] = value
            depth = (depth + 1) % 4
        elif depth >= 2:
            held[depth - 2] = (held[depth - 2] + held[depth - 1]) % 3
            depth -= 1
    return {"depth": depth, "bottom": held[0]}


def collatz(x):
    steps = 0
    while x != 1 and steps < 12:
        x, steps = ((x // 2 if x % 2 == 0 else 3 * x + 1) % 64), steps + 1
    return {"steps": steps, "end": x}


def bubble(x):
    return {"y": sorted(x)}


# name: (the text, how many values each input has and its shape, the same in Python)
PROGRAMS = {
    "a two-bit adder": ("""
x = Input(2)[2]; y = Input(2)[2]; z = Output(2)[3]
carry = Var(2)[3]
@Runtime([2, 2, 2], 2)
def SUM(a, b, c): return (a + b + c) % 2
@Runtime([2, 2, 2], 2)
def CARRY(a, b, c): return (a + b + c) // 2
carry[0].set_to(0)
for k in range(2):
    z[k].set_to(SUM(x[k], y[k], carry[k]))
    carry[k + 1].set_to(CARRY(x[k], y[k], carry[k]))
z[2].set_to(carry[2])
""", {"x": (2, (2,)), "y": (2, (2,))},
        lambda x, y: {"z": [(x[0] + 2 * x[1] + y[0] + 2 * y[1]) >> k & 1 for k in range(3)]}),
    "Collatz": ("""
x = Input(64); steps = Output(13); end = Output(64)
T = 12
v = Var(64)[T + 1]; n = Var(13)[T + 1]
@Runtime([64], 64)
def STEP(a): return a // 2 if a % 2 == 0 else (3 * a + 1) % 64
@Runtime([13], 13)
def INC(a): return min(a + 1, 12)
v[0].set_to(x); n[0].set_to(0)
for t in range(T):
    if v[t] == 1:
        v[t + 1].set_to(v[t])
        n[t + 1].set_to(n[t])
    else:
        v[t + 1].set_to(STEP(v[t]))
        n[t + 1].set_to(INC(n[t]))
steps.set_to(n[T]); end.set_to(v[T])
""", {"x": (64, ())}, collatz),
    "a stack machine": ("""
op = Input(2)[4]; value = Input(3)[4]; depth = Output(4); bottom = Output(3)
held = Var(3)[5, 3]; d = Var(4)[5]; sum = Var(3)[4]
@Runtime([3, 3], 3)
def ADD(a, b): return (a + b) % 3
@Runtime([4], 4)
def UP(a): return (a + 1) % 4
@Runtime([4], 4)
def DOWN(a): return a - 1 if a >= 2 else a
@Runtime([4], 3)
def PLACE(a): return a % 3
@Runtime([4], 3)
def BELOW(a): return a - 2 if a >= 2 else 2
@Runtime([4], 3)
def TOP(a): return max(a - 1, 0)
for k in range(3): held[0][k].set_to(0)
d[0].set_to(0)
for t in range(4):
    with BELOW(d[t]) as b, TOP(d[t]) as a:
        sum[t].set_to(ADD(held[t][b], held[t][a]))
    if op[t] == 0:
        d[t + 1].set_to(UP(d[t]))
        with PLACE(d[t]) as p:
            for k in range(3):
                if p == k: held[t + 1][k].set_to(value[t])
                else: held[t + 1][k].set_to(held[t][k])
    else:
        d[t + 1].set_to(DOWN(d[t]))
        for k in range(3):
            if d[t] == 0: held[t + 1][k].set_to(held[t][k])
            elif d[t] == 1: held[t + 1][k].set_to(held[t][k])
            else:
                with BELOW(d[t]) as p2:
                    if p2 == k: held[t + 1][k].set_to(sum[t])
                    else: held[t + 1][k].set_to(held[t][k])
depth.set_to(d[4]); bottom.set_to(held[4][0])
""", {"op": (2, (4,)), "value": (3, (4,))}, lambda op, value: stack(op, value)),
    "sorting": ("""
x = Input(4)[3]; y = Output(4)[3]
v = Var(4)[4, 3]
@Runtime([4, 4], 4)
def MIN(a, b): return min(a, b)
@Runtime([4, 4], 4)
def MAX(a, b): return max(a, b)
for k in range(3): v[0, k].set_to(x[k])
for t in range(3):
    for k in range(3):
        if k == t % 2: v[t + 1, k].set_to(MIN(v[t, k], v[t, k + 1]))
        elif k == t % 2 + 1: v[t + 1, k].set_to(MAX(v[t, k - 1], v[t, k]))
        else: v[t + 1, k].set_to(v[t, k])
for k in range(3): y[k].set_to(v[3, k])
""", {"x": (4, (3,))}, lambda x: bubble(x)),
    "a counter in a register": ("""
go = Input(2)[6]; n = Output(4)
c = Var(4)[7]
@Runtime([4], 4)
def INC(a): return (a + 1) % 4
c[0].set_to(0)
for t in range(6):
    if go[t] == 1: c[t + 1].set_to(INC(c[t]))
    else: c[t + 1].set_to(c[t])
n.set_to(c[6])
""", {"go": (2, (6,))}, lambda go: {"n": sum(go) % 4}),
    "a shift by a number": ("""
x = Input(3)[3]; by = Input(3); y = Output(3)[3]
with by as s:
    for k in range(3): y[(k + s) % 3].set_to(x[k])
""", {"x": (3, (3,)), "by": (3, ())}, lambda x, by: {"y": [x[(k - by) % 3] for k in range(3)]}),
    "pointers to pointers": ("""
x = Input(3)[3]; s = Input(3); y = Output(3); v = Var(3)[3]
with s as a: v[0].set_to(x[a])
for t in range(2):
    with v[t] as b: v[t + 1].set_to(x[b])
y.set_to(v[2])
""", {"x": (3, (3,)), "s": (3, ())}, lambda x, s: {"y": x[x[x[s]]]}),
    "backwards in time": ("""
x = Input(2)[4]; y = Output(5); v = Var(5)[5]
@Runtime([5, 2], 5)
def ADD(a, b): return min(a + b, 4)
v[4].set_to(0)
for t in range(3, -1, -1): v[t].set_to(ADD(v[t + 1], x[t]))
y.set_to(v[0])
""", {"x": (2, (4,))}, lambda x: {"y": sum(x)}),
    "four ways through two questions": ("""
a = Input(2); b = Input(3); y = Output(4)
if a == 0:
    if b == 2: y.set_to(0)
    else: y.set_to(1)
elif b == 0: y.set_to(2)
else: y.set_to(3)
""", {"a": (2, ()), "b": (3, ())},
        lambda a, b: {"y": (0 if b == 2 else 1) if a == 0 else (2 if b == 0 else 3)}),
    "a machine of two states": ("""
x = Input(2)[5]; y = Output(2); s = Var(2)[6]
next = Param(2)[2, 2]
s[0].set_to(0)
for t in range(5):
    with s[t] as i, x[t] as j: s[t + 1].set_to(next[i, j])
y.set_to(s[5])
""", {"x": (2, (5,))}, lambda x: {"y": sum(x) % 2}),
    "a function in a function": ("""
x = Input(4); y = Output(2)
@Runtime([4], 4)
def HALF(a): return a // 2
@Runtime([4], 2)
def ODD(a): return a % 2
y.set_to(ODD(HALF(x)))
""", {"x": (4, ())}, lambda x: {"y": x // 2 % 2}),
    "two dimensions": ("""
g = Input(2)[2, 3]; rows = Output(2)[2]; columns = Output(2)[3]
@Runtime([2, 2], 2)
def XOR(a, b): return (a + b) % 2
r = Var(2)[2, 4]; c = Var(2)[3, 3]
for i in range(2):
    r[i][0].set_to(0)
    for j in range(3): r[i][j + 1].set_to(XOR(r[i][j], g[i, j]))
    rows[i].set_to(r[i][3])
for j in range(3):
    c[j][0].set_to(0)
    for i in range(2): c[j][i + 1].set_to(XOR(c[j][i], g[i][j]))
    columns[j].set_to(c[j][2])
""", {"g": (2, (2, 3))},
        lambda g: {"rows": [sum(row) % 2 for row in g], "columns": [(a + b) % 2 for a, b in zip(*g, strict=True)]}),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_computes_what_python_does(name):
    source, asked, plainly = PROGRAMS[name]
    program, rng = terpret.Program(source), np.random.default_rng(0)
    sizes = [size for size, shape in asked.values() for _ in range(int(np.prod(shape)))]
    every = np.array(np.unravel_index(np.arange(np.prod(sizes)), sizes)).T
    every = rng.permutation(every)[:120]
    columns, used = {}, 0
    for each, (_, shape) in asked.items():
        count = int(np.prod(shape))
        columns[each] = every[:, used : used + count].reshape(-1, *shape)
        used += count
    truth = [plainly(**{n: v[k].tolist() for n, v in columns.items()}) for k in range(len(every))]
    outputs = {each: np.array([one[each] for one in truth]) for each in truth[0]}
    params = {"next": [[0, 1], [1, 0]]} if program.params else {}
    for space in ("linear", "log"):
        found = program.marginals(program.certain_params(params), columns, space=space)
        for each, value in outputs.items():
            assert (found[each][0].argmax(-1).numpy() == value).all()
            assert found[each].amax(-1).min() > np.log(0.999)
    assert terpret.verify(program, params, (columns, outputs)).all()
    for k in range(min(20, len(every))):
        one = program.run(params, {n: v[k] for n, v in columns.items()})
        assert {n: np.asarray(v).tolist() for n, v in one.items()} == truth[k]
    loss = program.loss(program.certain_params(params), columns, outputs)
    assert torch.allclose(loss, torch.zeros(1), atol=1e-3)
