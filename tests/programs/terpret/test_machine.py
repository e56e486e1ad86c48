"""The same program on numbers, on distributions, and by hand in plain Python: all must agree."""

import numpy as np
import pytest
import torch

from dpkit.programs import terpret

RIGHT = {"instr": [3, 2, 0], "goto": [1, 2, 0]}


def machine(instr, goto, grid, x, y, steps):
    """The maze's machine, written without any of the library."""
    direction, count, at = 1, 0, 0
    for _ in range(steps):
        if direction == 0:
            break
        op = instr[at]
        if op == 0:
            count = (count + 1) % 15
        elif op == 1:
            count = (count - 1) % 15
        elif op == 2:
            x = (x + {1: 1, 3: -1}.get(direction, 0)) % grid.shape[0]
            y = (y + {2: -1, 4: 1}.get(direction, 0)) % grid.shape[1]
        else:
            direction = int(grid[x, y])
        at = goto[at]
    return {"final_X": x, "final_Y": y, "path_len": count}


@pytest.fixture(scope="module")
def symbols():
    return terpret.Program(terpret.SYMBOLS, W=4, H=3, T=9)


def _random_programs(rng, count):
    return {"instr": rng.integers(0, 4, (count, 3)), "goto": rng.integers(0, 3, (count, 3))}


@pytest.mark.parametrize("space", ["linear", "log"])
def test_certain_programs_on_distributions_are_the_machine(symbols, space):
    rng = np.random.default_rng(0)
    params = _random_programs(rng, 40)
    grids, x, y = rng.integers(0, 5, (20, 4, 3)), rng.integers(0, 4, 20), rng.integers(0, 3, 20)
    inputs = {"img_grid": grids, "init_X": x, "init_Y": y}
    tensors = {name: torch.as_tensor(each) for name, each in inputs.items()}
    found = symbols.marginals(symbols.certain_params(params), tensors, space=space)
    for k in range(40):
        for n in range(20):
            instr, goto = params["instr"][k], params["goto"][k]
            truth = machine(instr, goto, grids[n], x[n], y[n], 8)
            one = {name: each[n] for name, each in inputs.items()}
            assert symbols.run({"instr": instr, "goto": goto}, one) == truth
            for name, value in truth.items():
                assert found[name][k, n].argmax() == value
                assert found[name][k, n, value] > np.log(0.999)


@pytest.mark.parametrize("turns, least, most", [(1, 0, 1e-4), (5, 0.25, 0.4)])
def test_uncertain_programs_are_averaged_exactly_for_one_turn_only(turns, least, most):
    """Against all 1,728 programs in plain Python: variables are taken for independent, and are not."""
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=turns + 1)
    inputs, _ = terpret.mazes(None, 3, 3, (0, 2), 16)(np.random.default_rng(0))
    exact = {
        "final_X": np.zeros((16, 3)),
        "final_Y": np.zeros((16, 3)),
        "path_len": np.zeros((16, 15)),
    }
    for digits in np.ndindex(4, 4, 4, 3, 3, 3):
        asked = zip(*(inputs[name] for name in ("img_grid", "init_X", "init_Y")), strict=True)
        for k, each in enumerate(asked):
            for name, value in machine(digits[:3], digits[3:], *each, turns).items():
                exact[name][k, value] += 1 / 1728
    even = {"instr": torch.zeros(1, 3, 4), "goto": torch.zeros(1, 3, 3)}
    found = program.marginals(even, {n: torch.as_tensor(value) for n, value in inputs.items()})
    off = max(np.abs(found[name][0].exp().numpy() - exact[name]).max() for name in exact)
    assert least <= off < most


def test_the_walk_of_seven_steps():
    """A 5 × 3 maze whose walk goes from (0, 1) to (4, 2) in seven steps."""
    grid = np.zeros((5, 3), int)
    for cell, sign in {(0, 1): 2, (0, 0): 1, (1, 0): 1, (2, 0): 4, (2, 1): 1, (3, 1): 4, (3, 2): 1,
                       (4, 2): 0}.items():  # fmt: skip
        grid[cell] = sign
    program = terpret.Program(terpret.SYMBOLS)
    for instr, goto in terpret.RIGHT:
        inputs = {"img_grid": grid, "init_X": 0, "init_Y": 1}
        found = program.run({"instr": instr, "goto": goto}, inputs)
        assert found == {"final_X": 4, "final_Y": 2, "path_len": 7}


def test_the_right_programs_find_their_way_in_every_maze():
    rng = np.random.default_rng(1)
    for size, longest in ((3, 5), (6, 8), (10, 12)):
        program = terpret.Program(terpret.SYMBOLS, W=size, H=size, T=3 * longest + 3)
        examples = terpret.mazes(None, size, size, (0, longest), 40)(rng)
        for instr, goto in terpret.RIGHT:
            assert terpret.verify(program, {"instr": instr, "goto": goto}, examples).all()


def test_search_finds_exactly_the_four_right_programs(symbols):
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=9)
    examples = terpret.mazes(None, 3, 3, (0, 2), 40)(np.random.default_rng(2))
    found = terpret.search(program, examples)
    assert program.count == 4**3 * 3**3
    assert len(found) == 4 and all(terpret.is_right(each) for each in found)


@pytest.mark.parametrize("space", ["linear", "log"])
def test_distributions_stay_distributions_in_long_runs(space):
    """Without renormalising, sums are off by 1e-3 after 12 steps and not a number after 24."""
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=45)
    params = program.random_params(8, torch.Generator().manual_seed(0))
    for each in params.values():
        each.requires_grad_()
    draw = terpret.mazes(None, 3, 3, (0, 4), 8)
    inputs, outputs = draw(np.random.default_rng(3))
    inputs, outputs = (
        {n: torch.as_tensor(v) for n, v in each.items()} for each in (inputs, outputs)
    )
    for each in program.marginals(params, inputs, space=space).values():
        assert (each.exp().sum(-1) - 1).abs().max() < 1e-5
    program.loss(params, inputs, outputs, space=space).sum().backward()
    assert all(torch.isfinite(each.grad).all() for each in params.values())


def test_both_number_systems_have_one_gradient(symbols):
    gradients = []
    for space in ("linear", "log"):
        params = symbols.random_params(3, torch.Generator().manual_seed(1), dtype=torch.float64)
        for each in params.values():
            each.requires_grad_()
        inputs, outputs = terpret.mazes(None, 4, 3, (0, 2), 5)(np.random.default_rng(4))
        inputs, outputs = (
            {n: torch.as_tensor(v) for n, v in each.items()} for each in (inputs, outputs)
        )
        symbols.loss(params, inputs, outputs, space=space).sum().backward()
        gradients.append(torch.cat([each.grad.flatten() for each in params.values()]))
    assert torch.allclose(*gradients, rtol=1e-6, atol=1e-12)


def test_gradients_are_those_of_differences(symbols):
    inputs, outputs = terpret.mazes(None, 4, 3, (0, 2), 4)(np.random.default_rng(5))
    inputs, outputs = (
        {n: torch.as_tensor(v) for n, v in each.items()} for each in (inputs, outputs)
    )
    start = symbols.random_params(1, torch.Generator().manual_seed(2), dtype=torch.float64)

    def loss(*values):
        return symbols.loss(dict(zip(start, values, strict=True)), inputs, outputs).sum()

    values = [each.requires_grad_() for each in start.values()]
    assert torch.autograd.gradcheck(loss, values, eps=1e-6, atol=1e-7, rtol=1e-6)


def test_a_chain_of_elif_is_one_choice():
    """Weights p0, p1 and the rest; not nested gates."""
    source = """
x = Input(4)
a = Input(3); b = Input(3); c = Input(3)
y = Output(3)
if x == 2: y.set_to(a)
elif x == 0: y.set_to(b)
else: y.set_to(c)
"""
    rng = np.random.default_rng(6)
    p = {
        n: torch.as_tensor(rng.dirichlet(np.ones(k), 5))
        for n, k in dict(x=4, a=3, b=3, c=3).items()
    }
    found = terpret.Program(source).marginals({}, p)["y"].exp()[0]
    weight = p["x"]
    truth = (
        weight[:, 2:3] * p["a"] + weight[:, :1] * p["b"] + (weight[:, 1:2] + weight[:, 3:]) * p["c"]
    )
    assert torch.allclose(found, truth, atol=1e-12)


def test_a_lifted_function_is_an_expectation_over_its_table():
    source = """
x = Input(4); y = Input(3)
z = Output(5)
@Runtime([4, 3], 5)
def F(a, b): return (a * b + b) % 5
z.set_to(F(x, y))
"""
    rng = np.random.default_rng(7)
    x, y = rng.dirichlet(np.ones(4), 6), rng.dirichlet(np.ones(3), 6)
    truth = np.zeros((6, 5))
    for a in range(4):
        for b in range(3):
            truth[:, (a * b + b) % 5] += x[:, a] * y[:, b]
    inputs = {"x": torch.as_tensor(x), "y": torch.as_tensor(y)}
    for space in ("linear", "log"):
        found = terpret.Program(source).marginals({}, inputs, space=space)["z"].exp()[0]
        np.testing.assert_allclose(found.numpy(), truth, atol=1e-12)


def test_the_listing_is_what_runs():
    program = terpret.Program("maze")
    text = program.listing(RIGHT)
    assert "L0:\n            dir = LOOK(img_grid[X][Y])\n            goto L1" in text
    assert "reg = INC(reg)\n            goto L0" in text and "DEC" not in text


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_it_runs_where_its_params_are(device, symbols):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    params = symbols.random_params(2, torch.Generator().manual_seed(1), device)
    inputs, outputs = terpret.mazes(None, 4, 3, (0, 2), 3)(np.random.default_rng(4))
    inputs, outputs = (
        {n: torch.as_tensor(v, device=device) for n, v in e.items()} for e in (inputs, outputs)
    )
    assert symbols.loss(params, inputs, outputs).device.type == device


# (the text, whether what is uncertain is used once on its way to the output)
USED = {
    "once": ("if x == 0: y.set_to(F(p[0], p[1]))\nelse: y.set_to(p[2])", True),
    "a table, opened": ("with x as i: y.set_to(p[i])", True),
    "twice in one call": ("y.set_to(F(p[0], p[0]))", False),
    "asked and used": ("if p[0] == 0: y.set_to(p[0])\nelse: y.set_to(1)", False),
    "looked up twice": ("with x as i: v.set_to(p[i])\nwith v as j: y.set_to(p[j])", False),
}


@pytest.mark.parametrize("space", ["linear", "log"])
@pytest.mark.parametrize("name", USED)
def test_marginals_are_those_of_all_programs_if_nothing_is_used_twice(name, space):
    """Against the average over all 27 choices of the Params, each run with certainty."""
    text, once = USED[name]
    program = terpret.Program(
        "x = Input(3); y = Output(3); p = Param(3)[3]; v = Var(3)\n"
        f"@Runtime([3, 3], 3)\ndef F(a, b): return (a + b) % 3\n{text}\n"
    )
    params = program.random_params(1, torch.Generator().manual_seed(1), dtype=torch.float64)
    p = torch.softmax(params["p"][0], -1).numpy()
    truth = np.zeros((3, 3))
    for choice in np.ndindex(3, 3, 3):
        weight = np.prod([p[k, value] for k, value in enumerate(choice)])
        for x in range(3):
            truth[x, program.run({"p": choice}, {"x": x})["y"]] += weight
    found = program.marginals(params, {"x": torch.arange(3)}, space=space)["y"].exp()[0].numpy()
    off = np.abs(found - truth).max()
    assert off < 1e-9 if once else off > 0.05


def test_logarithms_have_a_slope_where_probabilities_have_none_left():
    """A Param that is wrong and sure of it by 200 nats, in float32."""
    program = terpret.Program("""
x = Input(2); y = Output(3); p = Param(3)[2]
@Runtime([3, 2], 3)
def F(a, b): return (a + b) % 3
with x as i: y.set_to(F(p[i], x))
""")
    gradients = {}
    for space in ("linear", "log"):
        logits = torch.tensor([[[0.0, -200, -400], [0, -200, -400]]], requires_grad=True)
        loss = program.loss(
            {"p": logits}, {"x": torch.tensor([0, 1])}, {"y": torch.tensor([1, 2])}, space=space
        )
        loss.sum().backward()
        gradients[space] = logits.grad
        if space == "log":
            assert loss.item() == pytest.approx(200, rel=1e-5)
    assert (gradients["linear"] == 0).all()
    truth = torch.tensor([[[0.5, -0.5, 0], [0.5, -0.5, 0]]])
    assert torch.allclose(gradients["log"], truth, atol=1e-5)


@pytest.mark.parametrize("space", ["linear", "log"])
def test_two_hundred_steps_neither_drift_nor_end(space):
    """Of every example, what comes out is a distribution, and float64 says the same."""
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=200)
    inputs, outputs = terpret.mazes(None, 3, 3, (0, 4), 3)(np.random.default_rng(0))
    gradients = []
    for dtype in (torch.float32, torch.float64):
        params = program.random_params(2, torch.Generator().manual_seed(0), dtype=dtype)
        for each in params.values():
            each.requires_grad_()
        for each in program.marginals(params, inputs, space=space).values():
            assert (each.exp().sum(-1) - 1).abs().max() < 1e-6
        program.loss(params, inputs, outputs, space=space).sum().backward()
        gradients.append(torch.cat([each.grad.flatten().double() for each in params.values()]))
    assert (gradients[0] - gradients[1]).norm() < 1e-4 * gradients[1].norm()
