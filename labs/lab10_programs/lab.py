# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 10 · Programs that learn programs
#
# A robot stands in a maze of signs. Nobody tells you what the signs mean, and the robot's program has
# holes in it. All you have is where walks began, where they ended, and how long they took.
#
# At the end of this lab gradient descent has filled the holes, has learnt to read, and has written
# down what it found: as a program.

# %% [markdown]
# **When you leave this room you can**
#
# - find out what is wrong with a program before it runs;
# - run a program on distributions instead of numbers, and keep them distributions;
# - learn a program from examples, from a hundred places at once, and *verify* it;
# - say when to search instead;
# - give a network a memory with addresses.
#
# 3 hours; 20 points: 16 for code, 2 each for predictions and explanations. After each exercise run
# `check(…)`: it is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
from collections import namedtuple

import matplotlib.pyplot as plt
import numpy as np
import torch

from autograder import check
from autograder.stage import demo, show
from dpkit.draw import Moving
from dpkit.programs import dnc, terpret

torch.set_num_threads(1)
TINY, EPSILON = 1e-30, 1e-6  # as good as nothing
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. Week 7's soft-if: $\sigma\,a + (1-\sigma)\,b$. Which slopes does it have that `if` has not?
# 2. The gradient of a sum over a batch, by one example's own parameters?
# 3. $1.0000001^{2^{18}}$: nearly 1?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. By the question itself, and by *both* sides.
# 2. That example's own gradient.
# 3. About 1.03.
#
# </details>
#
# Today we work in torch: you have built all of it.

# %% [markdown]
# ## 1 · A program with holes
#
# In the language **TerpreT** a program computes with whole numbers of a finite range: `Var(5)` is 0 to
# 4. A `Param` is a hole. Each element is set once on every path; `with x as i` opens a variable, to
# index with it.
#
# A robot's three lines (`instr`), which line follows each (`goto`), and `LOOK`, which reads a picture, are
# holes. The listing was typed in a hurry: it has eleven slips.

# %% nbgrader={"grade_id": "listing", "locked": true}
LISTING = terpret.source_of("hurried")


def mended(listing, mends):
    """The listing with other lines in the place of some, and where each of its lines comes from."""
    lines, origin = [], []
    for number, line in enumerate(listing.splitlines(), 1):
        new = mends.get(number, line).split("\n")
        lines += new
        origin += [number] * len(new)
    return "\n".join(lines) + "\n", origin


def compiler(mends):
    """What the compiler says of the listing with these mends, by the numbers of the listing."""
    text, origin = mended(LISTING, mends)
    for number in mends.keys() - set(origin):
        print(f"The listing has no line {number!r}: that mend is not used.\n")
    problems = [each.renumbered(origin) for each in terpret.check(text)]
    for each in problems:
        print(f"line {each.line}: {each.text}\n    {each.message}\n    {each.remedy}\n")
    print(f"{len(problems)} problem{'s' * (len(problems) > 1)}" if problems else "accepted")


for number, line in enumerate(LISTING.splitlines(), 1):
    print(f"{number:2} {line}")
compiler({})

# %% [markdown]
# One problem? Until a text is Python, the compiler sees no further.
#
# ### 10.1 Bug hunt: eleven slips (3 points, 20 minutes)
#
# `my_mends` returns {line number: the line as it should be}, with its indentation; `"\n"` inside makes
# two lines of one. Ask `compiler(my_mends())` often: it names the line, and a remedy.
#
# Being accepted is not being right: your program will be run beside a robot in Python. Pictures' sides
# are `w`, `h`; whoever halted changes nothing more.


# %% nbgrader={"grade_id": "ex10_1", "solution": true}
def my_mends():
    """{number of a line: what should stand there}"""
    ### BEGIN SOLUTION
    declared = {
        2: "W = 5; H = 3; w = 12; h = 12",
        7: "final_Y = Output(H)",
        32: "    else: return y",
    }
    return declared | {
        47: "        reg[t + 1].set_to(reg[t])\n        instr_ptr[t + 1].set_to(instr_ptr[t])",
        51: "                reg[t + 1].set_to(INC(reg[t]))",
        52: "            elif instr[i] == 1:",
        53: "                reg[t + 1].set_to(DEC(reg[t]))",
        61: "                Y[t + 1].set_to(Y[t])",
        63: "                with X[t] as x, Y[t] as y:",
        64: "                    dir[t + 1].set_to(LOOK(img_grid[x][y]))",
        65: "            else:\n                dir[t + 1].set_to(dir[t])",
        66: "            instr_ptr[t + 1].set_to(goto[i])",
        68: "final_Y.set_to(Y[T - 1])",
        69: "path_len.set_to(reg[T - 1])",
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_1", "grade": true, "points": 3}
check("10.1")


# %%
@demo(needs="10.1")
def _():
    program = terpret.Program(mended(LISTING, my_mends())[0], w=1, h=1)
    grid = np.array([[1, 2, 0], [1, 3, 4], [4, 1, 2], [0, 4, 1], [2, 1, 0]]).reshape(5, 3, 1, 1)
    inputs = {"img_grid": grid, "init_X": 0, "init_Y": 1}
    filled = {"instr": [3, 2, 0], "goto": [1, 2, 0]}
    found = program.run(filled, inputs, {"LOOK": lambda picture: int(picture[0, 0])})
    print("\n".join(" ".join("·→↑←↓"[int(sign)] for sign in row) for row in grid[..., 0, 0].T))
    print("x counts to the right, y downwards; · halts. From x = 0, y = 1:")
    print(found)
    print(f"One of {program.count} ways to fill the holes:\n\n{program.listing(filled)}")


# %% [markdown]
# ## 2 · Numbers become distributions (worked example, 10 minutes)
#
# A whole number has no slope. Its distribution has. Let $x$ be 0, 1 or 2 with the probabilities
# $\mu_0, \mu_1, \mu_2$; what is known of $(x + 1) \bmod 3$? Write the function as a table, and let each
# value of $x$ send its probability where the table says. That is **lifting**.
#
# With two arguments, each pair has the product of their probabilities.


# %% nbgrader={"grade_id": "lift", "locked": true}
def lift(function, *sizes):
    """The table of a function of whole numbers: a tensor of the shape `sizes`."""
    values = [function(*each) for each in np.ndindex(sizes)]
    return torch.tensor(values).reshape(sizes)


mu, nu = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.5, 0.5])
print("table of (x + 1) % 3:    ", lift(lambda x: (x + 1) % 3, 3).tolist())
print("its distribution:        ", [round(float(each), 2) for each in (mu[2], mu[0], mu[1])])
print("table of max(x, y):      ", lift(max, 3, 2).tolist())
print("P(max is 1), by hand:    ", round(float(mu[0] * nu[1] + mu[1] * (nu[0] + nu[1])), 3))

# %% [markdown]
# ### 10.2 Soft apply (2 points, 15 minutes)
#
# `soft_apply(table, out, *distributions)`: the distribution over 0 … `out` − 1 of the function's value.
#
# The table has one axis for each argument; a distribution has the shape (…, size), and what stands in
# front may differ: (100, 1, 3) and (1, 32, 5) go together to (100, 32, `out`). Gradients must reach every
# argument. Keep the dtype.
#
# `soft_apply(lift(max, 3, 2), 3, mu, nu)` is [0.35, 0.55, 0.1]. (Torch is allowed; `terpret` and `dnc`
# refuse.)


# %% nbgrader={"grade_id": "ex10_2", "solution": true}
def soft_apply(table, out, *distributions):
    """The distribution of table[x, y, …]: (…, out)."""
    ### BEGIN SOLUTION
    joint = distributions[0]
    for each in distributions[1:]:
        joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
    rows = torch.nn.functional.one_hot(table.flatten(), out)
    return joint @ rows.to(joint.dtype)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_2", "grade": true, "points": 2}
check("10.2")

# %% [markdown]
# ## 3 · A soft machine
#
# With it, the robot's instructions work on distributions. A sign means 0: halt, 1: right, 2: up, 3: left,
# 4: down; $y$ grows downwards. The **state** has five distributions: place, direction, register, and
# the pointer that says which line is next.

# %% nbgrader={"grade_id": "machine", "locked": true}
MOST, DX, DY = 15, (0, 1, 0, -1, 0), (0, 0, -1, 0, 1)
State = namedtuple("State", "X Y dir reg ptr")


def INC(a):
    n = a.shape[-1]
    return soft_apply(lift(lambda a: (a + 1) % n, n), n, a)


def DEC(a):
    n = a.shape[-1]
    return soft_apply(lift(lambda a: (a - 1) % n, n), n, a)


def MOVE_X(x, dir):
    n = x.shape[-1]
    return soft_apply(lift(lambda x, d: (x + DX[d]) % n, n, 5), n, x, dir)


def MOVE_Y(y, dir):
    n = y.shape[-1]
    return soft_apply(lift(lambda y, d: (y + DY[d]) % n, n, 5), n, y, dir)


def sides(dir):
    """The weights of the two sides of `if dir == 0 … else`: (…, 2)."""
    return torch.stack([dir[..., 0], dir[..., 1:].sum(-1)], -1)


def stack(*branches):
    """Distributions (…, size), one above the other: (…, branches, size)."""
    return torch.stack(torch.broadcast_tensors(*branches), -2)


def cells(X, Y):
    """How likely each cell is, numbered column by column: (…, W · H)."""
    W, H = X.shape[-1], Y.shape[-1]
    return soft_apply(lift(lambda x, y: H * x + y, W, H), W * H, X, Y)


# %% [markdown]
# And `if`? A branch becomes a **gated mixture**: each side with the probability that it is taken. `if
# instr == 0 … elif … else` has one weight for each side; `with ptr as i` has one for each value of
# `ptr`.
#
# What is mixed has a sum of 1, nearly: 32 bits leave errors of $10^{-7}$. So after mixing divide by the
# sum: **renormalise**. We shall see what for.

# %% [markdown]
# ### 10.3 The gate (1 point, 7 minutes)
#
# `gate`: weights (…, K) and branches (…, K, size) → (…, size): branch $k$ with the weight $k$, brought
# to the sum 1.


# %% nbgrader={"grade_id": "ex10_3", "solution": true}
def gate(weights, branches):
    """Branch k with the weight k, brought to the sum 1."""
    ### BEGIN SOLUTION
    total = (weights[..., None] * branches).sum(-2)
    return total / total.sum(-1, keepdim=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_3", "grade": true, "points": 1}
check("10.3")

# %% [markdown]
# ### 10.4 The soft step (2 points, 20 minutes)
#
# `soft_step` is one turn of the listing's loop. `instr` (…, 3, 4) and `goto` (…, 3, 3) hold a
# distribution for each line, `signs` (…, W, H, 5) what each cell means. Fronts may differ.
#
# Given are `do`, what the pointer's line does, and the new register: what each of the four instructions
# would make of it, mixed by `do`. Go on in the same way with X, Y and `dir`; then the pointer.

# %% [markdown]
# Read the *old* state everywhere, and make every choice by `choose`. LOOK is a choice of one among all
# cells: `cells(X, Y)` has their probabilities, `signs.flatten(-3, -2)` what they mean.
#
# Last, whoever has halted stays as before: mix old and new by `sides(dir)`.


# %% nbgrader={"grade_id": "ex10_4", "solution": true}
def soft_step(state, instr, goto, signs, choose=gate):
    """The next State."""
    X, Y, dir, reg, ptr = state
    do = choose(ptr, instr)  # INC, DEC, MOVE, LOOK
    counted = choose(do, stack(INC(reg), DEC(reg), reg, reg))
    ### BEGIN SOLUTION
    seen = choose(cells(X, Y), signs.flatten(-3, -2))
    new = (
        choose(do, stack(X, X, MOVE_X(X, dir), X)),
        choose(do, stack(Y, Y, MOVE_Y(Y, dir), Y)),
        choose(do, stack(dir, dir, dir, seen)),
        counted,
        choose(ptr, goto),
    )
    return State(*(choose(sides(dir), stack(*pair)) for pair in zip(state, new, strict=True)))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_4", "grade": true, "points": 2}
check("10.4")

# %% [markdown]
# If every distribution is certain (a single 1), the soft machine *is* the interpreter. That can be
# tested, and used: the parameters have an axis for **restarts** in front, so all 1,728 programs fit into
# one batch.


# %% nbgrader={"grade_id": "runs", "locked": true}
def certain(values, size):
    """Whole numbers as distributions."""
    return torch.nn.functional.one_hot(torch.as_tensor(values), size).float()


def soft_run(params, inputs, steps, signs=None, choose=None):
    """{output: (restarts, examples, size)}. params: {name: distributions (restarts, 3, size)}."""
    grid = inputs["img_grid"]
    width, height = grid.shape[1:3]
    signs = certain(grid, 5)[None] if signs is None else signs
    X, Y = certain(inputs["init_X"], width)[None], certain(inputs["init_Y"], height)[None]
    reg = certain([[0]], MOST)
    state = State(X, Y, certain([[1]], 5), reg, certain([[0]], 3))
    more = {"choose": choose} if choose else {}
    for _ in range(steps):
        step = soft_step(state, params["instr"][:, None], params["goto"][:, None], signs, **more)
        state = State(*step)
    return {"final_X": state.X, "final_Y": state.Y, "path_len": state.reg}


def interpret(values, grid, x, y, steps=200):
    """The machine in plain Python, for comparison: (last x, last y, register)."""
    direction, count, line = 1, 0, 0
    for _ in range(steps):
        if direction == 0:
            break
        do = values["instr"][line]
        if do == 0 or do == 1:
            count = (count + (1, -1)[do]) % MOST
        elif do == 2:
            x, y = (x + DX[direction]) % grid.shape[0], (y + DY[direction]) % grid.shape[1]
        else:
            direction = int(grid[x, y])
        line = values["goto"][line]
    return int(x), int(y), count


draw = terpret.mazes(None, 3, 3, (0, 2), 24)  # 24 mazes of 3 × 3, with walks of 0 to 2 steps


# %%
@demo(needs="10.4")
def _():
    inputs, outputs = draw(np.random.default_rng(0))
    digits = np.stack(np.unravel_index(np.arange(1728), (4, 4, 4, 3, 3, 3)), -1)
    everything = {"instr": certain(digits[:, :3], 4), "goto": certain(digits[:, 3:], 3)}
    found = soft_run(everything, inputs, 8)
    right = [found[name].argmax(-1) == torch.tensor(outputs[name]) for name in outputs]
    for k in torch.stack(right).all(0).all(-1).nonzero()[:, 0].tolist():
        print("explains all 24 examples: instr", digits[k, :3], "goto", digits[k, 3:])
    sure = min(float(each.amax(-1).min()) for each in found.values())
    print(f"the least certain of all {3 * 24 * 1728:,} answers: {sure:.6f}")


# %% [markdown]
# Nobody learnt anything: that was **search**, and with 1,728 programs it takes a second. Remember it.
# (Why four? Order of MOVE and INC, numbering of the lines.)

# %% [markdown]
# ### 10.5 Predict: without the division (1 point, 3 minutes)
#
# Take the division out of `gate`, and run the machine with random, uncertain parameters in 32 bits. Each
# sum should be 1, and after the first step they all are, up to about 0.0000001. How far from 1 is the
# worst sum after 18 steps? Write `return` and your number. *Trying earns the point.*


# %% nbgrader={"grade_id": "ex10_5", "solution": true}
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    ### BEGIN SOLUTION
    return 1e-7 * 18
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_5", "grade": true, "points": 1}
check("10.5")


# %% nbgrader={"grade_id": "random_logits", "locked": true}
def random_logits(restarts, seed=0):
    """Where to start: each distribution drawn evenly from all there are (Dirichlet), as logits."""
    generator, logits = torch.Generator().manual_seed(seed), {}
    for name, size in (("instr", 4), ("goto", 3)):
        shares = -torch.log1p(-torch.rand((restarts, 3, size), generator=generator))
        logits[name] = (shares / shares.sum(-1, keepdim=True)).clamp_min(1e-9).log()
    return logits


def distributions(logits):
    return {name: torch.softmax(each, -1) for name, each in logits.items()}


# %%
@demo(needs="your prediction and 10.4")
def _():
    guess = my_prediction_of_the_sum()
    inputs, _ = draw(np.random.default_rng(1))
    params = distributions(random_logits(16))
    print(f"You said {guess:g}. Largest |sum - 1|:")
    print("steps   without dividing   with your gate")
    for steps in (1, 6, 12, 18, 24, 44):
        worst = []
        for choose in (lambda w, b: (w[..., None] * b).sum(-2), gate):
            found = soft_run(params, inputs, steps, choose=choose)
            worst.append(max(float((each.sum(-1) - 1).abs().max()) for each in found.values()))
        print(f"{steps:5}   {worst[0]:16.1e}   {worst[1]:14.1e}")
    print(
        "A mixture's sum is the product of the sums of what it mixes, so at every merge their errors"
    )
    print("add up. A step merges many times: its errors are a multiple of the last step's.")


# %% [markdown]
# ## 4 · A hundred descents at once
#
# Now forget the answer, and descend. The loss of a restart is its **surprise**: minus the logarithm of
# the probability that it gave to what happened, summed over the outputs, averaged over examples.
#
# Most descents will end in a wrong program. So start a hundred: one more axis, and the time of some
# five.

# %% [markdown]
# ### 10.6 Learn, then verify (3 points, 25 minutes)
#
# - `surprise`: one number for each restart. Take no probability for smaller than `TINY`.
# - `descend`: `loss_of()` gives the losses (restarts,), on a new batch each time; each restart gets the
#   gradient of *its own*. End each step with `watch(step)`. Return the losses, a numpy array (steps,
#   restarts).
# - `verify`: a restart's likeliest values, {name: list of numbers}; and an array: does `interpret` get
#   the example entirely right?


# %% nbgrader={"grade_id": "ex10_6", "solution": true}
def surprise(found, outputs):
    """found: {name: (restarts, examples, size)}, outputs: {name: (examples,)} → (restarts,), nats."""
    ### BEGIN SOLUTION
    total = 0.0
    for name, truth in outputs.items():
        each = torch.arange(len(truth))
        told = found[name][:, each, torch.as_tensor(truth)]
        total = total - told.clamp_min(TINY).log().mean(-1)
    return total
    ### END SOLUTION


def descend(optimizer, loss_of, steps, watch):
    """The losses, (steps, restarts)."""
    ### BEGIN SOLUTION
    history = []
    for step in range(steps):
        losses = loss_of()
        history.append(losses.detach().numpy())
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        watch(step)
    return np.array(history)
    ### END SOLUTION


def verify(logits, restart, inputs, outputs):
    """(the program's values, whether each example is right in all three outputs)"""
    ### BEGIN SOLUTION
    values = {name: each[restart].argmax(-1).tolist() for name, each in logits.items()}
    asked = zip(inputs["img_grid"], inputs["init_X"], inputs["init_Y"], strict=True)
    truth = zip(outputs["final_X"], outputs["final_Y"], outputs["path_len"], strict=True)
    right = [interpret(values, *a) == b for a, b in zip(asked, truth, strict=True)]
    return values, np.array(right)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_6", "grade": true, "points": 3}
check("10.6")

# %% [markdown]
# ### 10.7 Predict: of a hundred (1 point, 3 minutes)
#
# Below, a hundred descents begin in random places, 200 steps each. A random program is right with a
# probability of 4 in 1,728. How many of the hundred will find a right one? *Trying earns the point.*


# %% nbgrader={"grade_id": "ex10_7", "solution": true}
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    ### BEGIN SOLUTION
    return 50
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_7", "grade": true, "points": 1}
check("10.7")

# %% nbgrader={"grade_id": "stage", "locked": true}
RUN = {}  # what the hundred descents came to


def change(name, values, seconds, begin):
    """An attribute that takes one value after the other, from a click on."""
    return (f'<animate attributeName="{name}" values="{";".join(values)}" dur="{seconds}s" '
            f'calcMode="discrete" begin="{begin}.click" fill="freeze"/>')  # fmt: skip


def sheet(name, title, width, height, drawn):
    return Moving(
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" style="cursor:pointer;background:white;font:13px sans-serif">'
        f"<title>{title}</title>{drawn}</svg>", title,
    )  # fmt: skip


def sharpening(tables, losses, steps, seconds=12):
    """tables: {name of a restart: {name: (frames, 3, size)}}. The last frame stands; click to start."""
    heads = {"instr": ("INC", "DEC", "MOVE", "LOOK"), "goto": ("L0", "L1", "L2")}
    drawn, y = '<text x="50" y="20">what a line does</text>', 46
    drawn += '<text x="284" y="20">its next line</text>'
    for who, each in tables.items():
        drawn += f'<text x="10" y="{y}" font-weight="bold">{who}</text>'
        x = 50
        for name, frames in each.items():
            for j, head in enumerate(heads[name]):
                drawn += (
                    f'<text x="{x + 46 * j + 22}" y="{y + 20}" text-anchor="middle">{head}</text>'
                )
            for i, j in np.ndindex(*frames.shape[1:]):
                values = [f"{value:.2f}" for value in frames[:, i, j]]
                drawn += (f'<rect x="{x + 46 * j}" y="{y + 28 + 28 * i}" width="44" height="26" '
                          f'fill="{BLUE}" stroke="{GREY}" fill-opacity="{values[-1]}">'
                          f'{change("fill-opacity", values, seconds, "table")}</rect>')  # fmt: skip
                if j == 0 and name == "instr":
                    drawn += f'<text x="{x - 28}" y="{y + 46 + 28 * i}">L{i}:</text>'
            x += 46 * frames.shape[2] + 50
        words = [f"{loss:.2f}" for loss in losses[who]]
        top = f'<rect x="{x}" width="26" fill="{VERMILION}" '
        high = [f"{24 * min(loss, 3.4):.1f}" for loss in losses[who]]
        at = [f"{y + 112 - float(each):.1f}" for each in high]
        drawn += (f'{top} y="{at[-1]}" height="{high[-1]}">{change("y", at, seconds, "table")}'
                  f'{change("height", high, seconds, "table")}</rect><text x="{x + 32}" y="{y + 108}">'
                  f"surprise at last: {words[-1]}</text>")  # fmt: skip
        y += 132
    wide = [f"{step / max(steps) * 370:.0f}" for step in steps]
    drawn += (f'<text x="10" y="{y}">step</text><rect x="50" y="{y - 9}" height="8" fill="{GREY}" '
              f'width="{wide[-1]}">{change("width", wide, seconds, "table")}</rect>'
              f'<text x="{54 + 370}" y="{y}">{max(steps)}</text>')  # fmt: skip
    return sheet("table", "Tables of probabilities of what stands in each line and of where it goes. One "
                 "sharpens at once to a dark cell in each row, one late, and their surprise falls to "
                 "nothing; one never does", 640, y + 34,
                 drawn + f'<text x="10" y="{y + 24}" fill="{GREY}">dark: certain; red bar: surprise. '
                 "Click to start.</text>")  # fmt: skip


# %%
@demo(needs="your prediction, 10.4 and 10.6")
def _():
    guess = my_prediction_of_the_restarts()
    rng = np.random.default_rng(2)
    logits, frames, shown = random_logits(100), [], [*range(30), *range(30, 200, 2), 199]
    optimizer = torch.optim.RMSprop([each.requires_grad_() for each in logits.values()], 0.3, 0.9)

    def loss_of():
        inputs, outputs = draw(rng)
        return surprise(soft_run(distributions(logits), inputs, 8), outputs)

    def watch(step):
        if step in shown:
            frames.append({n: each.detach().numpy() for n, each in distributions(logits).items()})
        if step % 50 == 0:
            print(f"step {step} of 200 …")

    history = descend(optimizer, loss_of, 200, watch)
    last = history[-20:].mean(0)
    fresh = terpret.mazes(None, 5, 4, (0, 6), 50)(rng)  # larger mazes, longer walks
    right = np.array([verify(logits, k, *fresh)[1].all() for k in range(100)])
    print(f"You said {guess:g}. Right on 50 larger mazes: {right.sum()} of 100 restarts.")
    RUN.update(history=history, right=right)
    order = last.argsort()
    print("the ten with the least surprise are right:", right[order[:10]].tolist())
    print("the best of the wrong ones came down to", round(float(last[~right].min()), 2))
    late = np.where(right, (history > 0.5).sum(0), 0).argmax()
    chosen = {
        "found at once": order[0],
        "found late": late,
        "never found": order[np.argmin(right[order])],
    }
    tables = {who: {n: np.stack([f[n][k] for f in frames]) for n in logits}
              for who, k in chosen.items()}  # fmt: skip
    return sharpening(tables, {who: history[shown, k] for who, k in chosen.items()}, shown)


# %% [markdown]
# All hundred, as they fell:


# %%
@demo(needs="the hundred descents above")
def _():
    history, right = RUN["history"], RUN["right"]
    smooth = np.array([np.convolve(each, np.ones(10) / 10, "valid") for each in history.T])
    figure, axes = plt.subplots(figsize=(7, 3))
    for kind, colour, style, name in (
        (~right, VERMILION, ":", "wrong"),
        (right, BLUE, "-", "right"),
    ):
        for k, each in enumerate(smooth[kind]):
            axes.plot(
                each, style, color=colour, linewidth=0.9, label=f"{name} program" if not k else ""
            )
    axes.set(xlabel="step", ylabel="surprise (nats an example)", ylim=(0, None))
    axes.legend(frameon=False)
    return show(
        figure,
        alt="A hundred falling curves. About a fifth, solid and blue, fall to zero, some early and some "
        "late, each after a terrace; the others, dotted and red, settle on terraces at one and above.",
    )


# %% [markdown]
# The training loss tells right from wrong, without any test: choose by it, make it certain, verify on
# something new. A wrong one sits in a **local optimum**: each line is the
# best there is, given the other lines.
#
# How bad can that be? A ring of $K$ bits, of which only is known: each is like the next. Two of $2^K$
# choices are right, all 0 or all 1. Child's play for a search.


# %%
@demo(needs="a few seconds")
def _():
    sizes, shares = (2, 4, 8, 12, 16, 24), []
    for K in sizes:
        ring = terpret.Program("parity", K=K)
        data = ({}, {"unlike": np.zeros((1, K), int)})
        tried = terpret.fit(ring, data, restarts=100, steps=60, rng=0)
        shares.append(tried.share(lambda values: len(set(values["x"].tolist())) == 1))
    figure, axes = plt.subplots(figsize=(7, 2.6))
    axes.bar(range(len(sizes)), shares, color=VERMILION)
    for k, share in enumerate(shares):
        axes.annotate(f"{share:.2f}", (k, share), (0, 3), textcoords="offset points", ha="center")
    axes.set_xticks(range(len(sizes)), [f"{K} bits\n2 of {2**K:,}" for K in sizes], fontsize=8)
    axes.set(ylabel="share that succeeds", ylim=(0, 1.15))
    print("Where two stretches of the ring meet, neither wants to be the one that yields.")
    return show(
        figure,
        alt="Bars: the share of 100 descents that succeed, for rings of 2 to 24 bits: all of them "
        "with 2 or 4 bits, about half with 8, then fewer and fewer, hardly any with 24.",
    )


# %% [markdown]
# ## 5 · Learning to read
#
# So where programs are symbols, search wins. But let the cells show *pictures*: search would have to try
# all networks. Descent does not mind: `LOOK` is a network, its output a distribution, and the gradient
# runs from the end of the walk, through the program that is being learnt, into the pixels.
#
# Nobody labels a sign. The library does what you have built; it takes some ten seconds, longer on a
# busy machine.


# %%
@demo(needs="some ten seconds")
def _():
    known, unseen = (terpret.signs(n, np.random.default_rng(n)) for n in (1000, 200))
    small = terpret.Program("maze", W=3, H=3, T=9)
    print("eight restarts learn a program, and LOOK …")
    eight = terpret.fit(small, terpret.mazes(known, 3, 3, (0, 2)), restarts=8, steps=170, rng=3)
    print("the one with the least surprise goes on …\n")
    learned, many = eight.kept(1), terpret.mazes(known, 3, 3, (0, 2), 256)
    for steps, fast, dropout in ((80, 0.02, 0.5), (40, 0.004, 0.0)):
        more = {"start": learned, "steps": steps, "dropout": dropout, "rng": 4}
        learned = terpret.fit(small, many, lr=0.1, learned_lr=fast, **more)
    reader, values = learned.networks()["LOOK"], learned.values()
    text = learned.listing()
    print(text[text.index("repeat") : text.index("final_X")])
    says = np.array([reader.classify(torch.as_tensor(each)).numpy() for each in unseen])
    print(
        "200 unseen pictures of each sign (rows: halt, right, up, left, down); columns: LOOK says"
    )
    print(np.array([np.bincount(row, minlength=5) for row in says]))
    rng = np.random.default_rng(8)
    grid, walk = terpret.maze(rng, 8, 5, 9)
    shown = unseen[grid, rng.integers(0, 200, grid.shape)]
    exact = terpret.verify(
        terpret.Program("maze", W=10, H=10, T=39), values,
        terpret.mazes(unseen, 10, 10, (8, 12), 100)(rng), {"LOOK": reader},
    )  # fmt: skip
    print(
        f"trained on walks of 2 steps at most; 10 × 10 mazes, 8 to 12 steps: {exact.mean():.0%} exact"
    )
    inputs = {"img_grid": shown, "init_X": walk[0][0], "init_Y": walk[0][1]}
    larger = terpret.Program("maze", W=8, H=5, T=39)
    return terpret.walk(larger, values, inputs, {"LOOK": reader})


# %% [markdown]
# Class 3 *must* be "left": what MOVE does pins down what pictures mean. (Eight restarts are few:
# with an unlucky seed none of them finds the program.)
#
# ## 6 · A memory with addresses
#
# The second way: leave the program inside the network, and give it a **memory**, $N$ places of $W$ numbers,
# read and written by *weightings* over places.
#
# First address: **by content**. Which place is like the key? The cosine, times a strength, through a
# softmax: attention.

# %% [markdown]
# ### 10.8 Content weights (2 points, 15 minutes)
#
# `content_weights(memory, key, strength)`: memory (…, N, W), key (…, W), strength (…) → (…, N).
#
# A run begins with an *empty* memory, where a length $|m|$ has no slope, and $m / (|m| + \epsilon)$
# one of $1/\epsilon$. Divide by $\sqrt{|m|^2 + \epsilon}$ instead, for the key as well, with
# $\epsilon$ = `EPSILON`.


# %% nbgrader={"grade_id": "ex10_8", "solution": true}
def content_weights(memory, key, strength):
    """How much of the attention each place gets: (…, N)."""
    ### BEGIN SOLUTION
    unit = memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    goal = key / (key.square().sum(-1, keepdim=True) + EPSILON).sqrt()
    cosine = (unit * goal[..., None, :]).sum(-1)
    return torch.softmax(strength[..., None] * cosine, -1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_8", "grade": true, "points": 2}
check("10.8")

# %% [markdown]
# Second address: **the next free place**. Usage $u$ says how full each place is. Sort places from the
# freest to the fullest; each gets what those before it left over:
#
# $$a[\phi_j] = (1 - u[\phi_j]) \prod_{i<j} u[\phi_i]$$
#
# where $\phi_j$ is the place that is $j$-th in this order. The order has no slope; the usages have.

# %% [markdown]
# ### 10.9 Allocate and write (3 points, 20 minutes)
#
# - `allocation(usage)`: (…, N) → (…, N), in the order of *places*. For usages (0.9, 0.1, 0.5):
#   (0.005, 0.9, 0.05).
# - `write(memory, weights, erase, vector)`: at each place, by its weight $w$: first a share $w\,e$ of
#   each number is erased, then $w\,v$ is added. memory (…, N, W), weights (…, N), erase and vector
#   (…, W).


# %% nbgrader={"grade_id": "ex10_9", "solution": true}
def allocation(usage):
    """How much each place is meant for the next thing that is written: (…, N)."""
    ### BEGIN SOLUTION
    full, order = usage.sort(-1)
    before = torch.cumprod(torch.cat([torch.ones_like(full[..., :1]), full[..., :-1]], -1), -1)
    return torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)
    ### END SOLUTION


def write(memory, weights, erase, vector):
    """The memory after writing: (…, N, W)."""
    ### BEGIN SOLUTION
    share = weights[..., None]
    return memory * (1 - share * erase[..., None, :]) + share * vector[..., None, :]
    ### END SOLUTION


# %% nbgrader={"grade_id": "check10_9", "grade": true, "points": 3}
check("10.9")

# %% [markdown]
# Third address: what was written *after* this? A table of links remembers, and lets a reader go
# forwards or backwards. With a small LSTM that says where to look and what to write, this is the
# **differentiable neural computer**.
#
# Here it learns to repeat words, with *your* three functions in the library's machine. It sees 5
# words at most, and 8 to 16 places.


# %% nbgrader={"grade_id": "film", "locked": true}
def with_yours(run):
    """run(), with the library's addressing replaced by yours."""
    yours = {
        "content_weighting": lambda M, k, s: content_weights(M[:, None], k, s),
        "allocation_weighting": lambda used: allocation(1e-6 + (1 - 1e-6) * used),
        "write": write,
    }
    kept = {name: getattr(dnc.addressing, name) for name in yours}
    try:
        for name, each in yours.items():
            setattr(dnc.addressing, name, each)
        return run()
    finally:
        for name, each in kept.items():
            setattr(dnc.addressing, name, each)


# %%
@demo(needs="10.8 and 10.9")
def _():
    def learn():
        print("1,100 steps …")
        network = dnc.DNC(7, 6)
        losses = dnc.train(
            network, dnc.copy, lengths=(1, 5), places=(8, 16), steps=1100, rng=1,
            callback=lambda k, loss: None if k % 200 else print(f"step {k:4}: {loss:.3f} nats"),
        )  # fmt: skip
        print(
            f"nats a bit: {np.mean(losses[:20]):.3f} at first, {np.mean(losses[-20:]):.4f} at the end"
        )
        with torch.no_grad():
            for length, places in ((5, 16), (8, 16), (8, 24)):
                task = dnc.copy(length, 100, torch.Generator().manual_seed(3))
                score = dnc.exact(lambda x, n=places: network(x, n), task)
                print(
                    f"{length} words, {places} places: {round(100 * score)} of 100 texts repeated exactly"
                )
            trace = []
            network(dnc.copy(7, 1, torch.Generator().manual_seed(4))[0], 16, trace)
        return trace

    return dnc.movie.film(with_yours(learn))


# %% [markdown]
# Look at the picture: it has *programmed itself*. Writing takes the next free place each time; the
# sign "now you" makes it read the first; then it follows the links. The notes have the long training,
# which repeats texts far longer than any that it saw.

# %% [markdown]
# ## 7 · In your own words
#
# ### 10.10 Descend or search? (1 point, 5 minutes)
#
# A friend has a machine of 12 bits to set and 30 examples, and wants to "train it, by gradient, like
# everything else". What do you advise, and why do single descents fail there? What would have to be
# different for descent to be the right tool? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why10_10", "grade": true, "solution": true, "points": 1}
# There are 4,096 settings: try them all, which is certain to find every right one in a moment. A
# descent sees only what improves when one thing changes a little, the others as they are; a program's
# parts make sense only together, so there are many local optima, exponentially many in their number,
# and most descents end in one. Descent is right where there is something that cannot be enumerated, a
# network that reads pictures, say, and a gradient that reaches it through the program; then with many
# restarts, chosen by training loss, made certain and verified.

# %% [markdown]
# ### 10.11 More memory than ever (1 point, 5 minutes)
#
# The network above was trained with 16 places at most and can be given 24, or 200, without a new
# weight. Why does that work at all, and what in the *training* was done so that it works well? Three or
# four sentences.

# %% [markdown] nbgrader={"grade_id": "why10_11", "grade": true, "solution": true, "points": 1}
# No weight belongs to a place: the controller says a key, a strength, gates and modes, and the weighting
# over places is computed from what is in them, how full they are, and in which order they were written.
# The same functions work for any number of places, and treat them all alike. In training the number of
# places varied, so it never paid to rely on one number; and the lengths of texts varied, so that it
# had to learn the loop.

# %% [markdown]
# ## 8 · Stretch (no points, no hurry)
#
# - **Other holes.** `terpret.TASKS` has circuits and a Turing machine. How many of 100 restarts each?
# - **What LOOK knows.** Use it, unchanged, in `terpret.Program("count")`.
# - **A language of your own.** Add an instruction to the robot: two places at once, or "turn around".
# - **Break the memory.** `dnc.DNC(7, 6, links=False)`: what is lost? And `allocation=False`?
# - Read `dpkit.programs.terpret`, and argue with it.

# %% [markdown]
# ## Before you go: three questions
#
# 1. What does `if` become on distributions, and when is that exact?
# 2. Of 100 restarts, which one do you trust, and why?
# 3. What is wrong with un-sorting by `a[order]`?
#
# <details><summary>Answers</summary>
#
# 1. A mixture, weighted by the probabilities of its sides; exact where everything is certain.
# 2. The one with the least training loss, made certain and verified on new examples.
# 3. It sorts once more. Un-sorting *puts* share j to place order[j].
#
# </details>

# %% [markdown]
# **Next week** a network calls programs as you do: one within the other, with arguments and a stack.
# It will add numbers of a thousand digits, and we shall prove that it can.
#
# The whole argument, with the language, what the field has tried, and the memory's long training, is
# in the notes: `course/notes/week10.md`.
