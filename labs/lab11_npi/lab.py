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
# # Lab 11 · A network that calls programs
#
# Show a network three digits of long addition, and ask it for a thousand. Most networks shrug. Today's
# does not compute sums at all: it looks at one column, and *calls programs*, among them itself.
#
# At the end it adds two numbers of a thousand digits, you prove that it will never be wrong, and a car
# turns into code.

# %% [markdown]
# **When you leave this room you can**
#
# - teach by traces: who called whom, and what was seen;
# - build the core of a neural programmer-interpreter, and its loss;
# - run what it learnt, on a stack of your own;
# - say why a loop wears out and recursion does not;
# - tell a test from a proof, and give the proof;
# - explain a picture by a program.
#
# 3 hours; 20 points: 16 for code, 2 each for predictions and explanations. `check(…)` is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.nn import functional

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit import render
from dpkit.programs import npi

torch.set_num_threads(1)
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. A function calls itself 1,000 times. What must the computer remember for each call?
# 2. 1,000,000 random tests, no error. What is proved?
# 3. Two independent choices have probabilities 0.5 and 0.1. What is −log P of both?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. Where it was, and its variables: a place on a stack.
# 2. That those million cases work.
# 3. −log 0.5 − log 0.1: it adds up. That will be the loss.
#
# </details>

# %% [markdown]
# ## 1 · A teacher's programs (worked example, 10 minutes)
#
# The **scratch pad** has four rows: two numbers, the carries, the result. Each row has a pointer
# (brackets). A program sees only the four symbols under the pointers, and can do three things: write a
# symbol, move a pointer left, move it right. Symbol 0 is blank; the digit d is the symbol d + 1.

# %% nbgrader={"grade_id": "world", "locked": true}
BLANK = 0
WRITE, LEFT, RIGHT = 1, 2, 3  # what to do
FIRST, SECOND, CARRIES, RESULT = 1, 2, 3, 4  # in which row

print(npi.Pad(959, 43).text())

# %% [markdown]
# A **teacher** is a set of programs in plain Python. `t.see()` gives the four symbols, `t.act(…)` does
# something, `t.call("ADD1")` calls another program. Here is ADD, solved: as long as there is something
# to add, do a column, then move on. (The library has its own; in checks, what is ready-made there is
# locked.)


# %% nbgrader={"grade_id": "teacher", "locked": true}
def add_in_a_loop(t):
    """ADD: column after column, as long as one of the upper three symbols is not blank."""
    while np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")


class Teacher(npi.Teacher):
    """Teaches by your programs. (npi.Teacher writes down what is called, and what was seen before.)"""

    how = staticmethod(add_in_a_loop)

    def see(self):
        return self.environment.observe()

    def act(self, *arguments):
        super().act(*map(int, arguments))

    def ADD(self):
        type(self).how(self)

    def ADD1(self):
        add1(self)

    def CARRY(self):
        carry(self)

    def LSHIFT(self):
        lshift(self)


# %% [markdown]
# ### 11.1 Three programs to learn from (2 points, 15 minutes)
#
# - `add1`: add the three upper *digits* (a blank counts 0). Write the last digit of the sum into
#   `RESULT`, then call `"CARRY"` if there is something to carry;
# - `carry`: go left in `CARRIES`, write the digit 1 there, come back;
# - `lshift`: all four pointers one cell to the left, from `FIRST` to `RESULT`.
#
# You see and write symbols: `t.act(WRITE, RESULT, 8)` writes a 7; `t.act(LEFT, FIRST)` moves a pointer.


# %% nbgrader={"grade_id": "ex11_1", "solution": true}
def add1(t):
    """One column: write its digit, call CARRY where it is needed."""
    ### BEGIN SOLUTION
    total = sum(max(0, int(symbol) - 1) for symbol in t.see()[:3])
    t.act(WRITE, RESULT, total % 10 + 1)
    if total >= 10:
        t.call("CARRY")
    ### END SOLUTION


def carry(t):
    """Write a 1 above the next column; the pointer ends where it was."""
    ### BEGIN SOLUTION
    t.act(LEFT, CARRIES)
    t.act(WRITE, CARRIES, 2)
    t.act(RIGHT, CARRIES)
    ### END SOLUTION


def lshift(t):
    """All pointers one cell to the left."""
    ### BEGIN SOLUTION
    for row in (FIRST, SECOND, CARRIES, RESULT):
        t.act(LEFT, row)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_1", "grade": true, "points": 2}
check("11.1")


# %%
@demo(needs="11.1")
def _():
    pad = npi.Pad(959, 43)
    frames = Teacher(pad).record("ADD")
    for frame in frames[:5]:
        print(f"{frame.program}:")
        for step in frame.steps:
            done = "end" if step.end else f"{step.call} {npi.Pad.words(*step.arguments)}".strip()
            print(f"    sees {step.observation.tolist()} -> {done}")
    print(f"… {len(frames)} frames in all. On the pad:", pad.result)


# %% [markdown]
# Each block is a **frame**: one call, and in it what was seen before each step and what was done. What
# happens inside a called program is in a frame of its own. Frames are all that the network will be
# taught by; read the first one aloud, before you go on.
#
# ## 2 · What it sees

# %% [markdown]
# ### 11.2 What it sees (1 point, 8 minutes)
#
# - `observe`: `cells` has a row for each pointer; give the symbols under the pointers, one of each row;
# - `one_hot`: a network should not take symbol 10 for ten times symbol 1. Each of the symbols becomes a
#   block of zeros with a single 1; `sizes` are the blocks' lengths, and the blocks stand in one array.
#
# `one_hot([2, 0], [4, 2])` is `[0, 0, 1, 0, 1, 0]`.


# %% nbgrader={"grade_id": "ex11_2", "solution": true}
def observe(cells, pointers):
    """The symbols under the pointers."""
    ### BEGIN SOLUTION
    return cells[np.arange(len(pointers)), pointers]
    ### END SOLUTION


def one_hot(symbols, sizes):
    """An array of sum(sizes) numbers, with a 1 for each symbol."""
    ### BEGIN SOLUTION
    hot = np.zeros(sum(sizes))
    hot[np.cumsum([0, *sizes[:-1]]) + np.array(symbols)] = 1
    return hot
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_2", "grade": true, "points": 1}
check("11.2")


# %%
@demo(needs="11.1 and 11.2")
def _():
    pad = npi.Pad(959, 43)
    teacher, rows, names = Teacher(pad), [], []
    for _ in range(4):
        symbols = [int(symbol) for symbol in observe(pad.cells, pad.pointers)]
        rows.append(np.array(one_hot(symbols, list(npi.Pad.symbols)), float))
        names.append(str(symbols))
        teacher.record("ADD1")
        teacher.record("LSHIFT")
    figure, axes = plt.subplots(figsize=(7, 1.8))
    axes.imshow(rows, cmap="gray_r", aspect="auto")
    for edge in (10.5, 21.5, 32.5):
        axes.axvline(edge, color=VERMILION)
    axes.set_yticks(range(4), names)
    axes.set(xticks=[11 * k + j for k in range(4) for j in (1, 5, 9)], ylabel="column")
    axes.set_xticklabels(
        [1, "5\nfirst", 9, 1, "5\nsecond", 9, 1, "5\ncarries", 9, 1, "5\nresult", 9]
    )
    return show(
        figure,
        alt="Four rows of 44 squares in four blocks of eleven, 0 to 10; in each a single one is black. "
        "The rows are the four columns of 959 + 43, and the last block is blank each time.",
    )


# %% [markdown]
# Forty-four numbers. How long the sum is cannot be seen, so it cannot be relied on.
#
# ## 3 · The core
#
# A **neural programmer-interpreter** is one small network that runs *every* program. Programs are rows
# in a memory: an **embedding** in `M_prog` ("who am I?"), a **key** in `M_key` ("how am I called?").
# One step, for n runs at once:
#
# $$s = f_{\mathrm{enc}}(\text{seen}, \text{given}), \qquad p = M_{\mathrm{prog}}[\text{program}],$$
# $$h', c' = f_{\mathrm{lstm}}([s, p];\, h, c),$$
# $$\text{end} = f_{\mathrm{end}}(h'), \qquad k = f_{\mathrm{prog}}(h'), \qquad
# \text{called}_i = k \cdot M_{\mathrm{key}}[i], \qquad \text{argument}_j = f_{\mathrm{arg}, j}(h').$$
#
# All answers stay **logits**: nothing is decided yet.

# %% [markdown]
# ### 11.3 One step (3 points, 20 minutes)
#
# In torch. The parts lie in `net`: `net.f_enc(seen, given)`, `net.M_prog`, `net.f_lstm(x, (h, c))`,
# `net.f_end(h)` of the shape (n, 1), `net.f_prog(h)`, `net.M_key`, and `net.f_arg`, a list of functions
# of h. Put s *before* p.
#
# Return `(end, called, arguments), (h, c)`: (n,), (n, programs), and a list with the logits of each
# argument. (`net(…)` itself is ready-made, and locked while you are checked.)


# %% nbgrader={"grade_id": "ex11_3", "solution": true}
def step(net, seen, given, program, state):
    """One step of n runs; program: (n,), rows of the memory; state: (h, c)."""
    ### BEGIN SOLUTION
    s = net.f_enc(seen, given)
    p = net.M_prog[program]
    h, c = net.f_lstm(torch.cat([s, p], -1), state)
    called = net.f_prog(h) @ net.M_key.T
    return (net.f_end(h)[:, 0], called, [f(h) for f in net.f_arg]), (h, c)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_3", "grade": true, "points": 3}
check("11.3")


# %%
@demo(needs="11.3")
def _():
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    net = npi.NPI(npi.Pad.programs, encoder, npi.Pad.arguments)
    seen, given = torch.tensor([[10, 4, 0, 0]]), torch.zeros(1, 3, dtype=int)
    (end, called, _), _ = step(net, seen, given, torch.tensor([net.number("ADD")]), net.start())
    print(f"Untaught, in the first step of ADD: ends with probability {torch.sigmoid(end)[0]:.2f};")
    chances = torch.softmax(called[0], -1)
    print("calls", ", ".join(f"{p} {c:.2f}" for p, c in zip(net.programs, chances, strict=True)))
    print(
        f"{sum(each.numel() for each in net.parameters()):,} weights, and not one knows what 9 + 3 is"
    )


# %% [markdown]
# ## 4 · Learning from frames
#
# Each frame is learnt **alone**: its state begins at zero, it sees what the teacher saw, and in every
# step it should find likely what the teacher did ("teacher forcing"). A run of any length is never
# unrolled.
#
# Decisions are independent given the state, so −log P adds up: of ending or not, in every step; of the
# program and each argument, where something *is* called. Logits may reach a hundred: stay finite.

# %% [markdown]
# ### 11.4 The loss of a frame (2 points, 20 minutes)
#
# `lessons` holds n frames of up to T steps: `seen` (n, T, 4), `given`, `program`, the goals `end`
# (1.0 or 0.0) and `called` (n, T), `called_with` (n, T, places); and `steps` (n,), how many steps are
# the frame's own; the rest is filling and must not count. At an end nothing is called.
#
# Return −log P of each frame, (n,), with your `step`, beginning at `net.start(n)`. `functional` is
# allowed.


# %% nbgrader={"grade_id": "ex11_4", "solution": true}
def frame_losses(net, lessons):
    """-log P of what the teacher did, for each frame: (n,)."""
    ### BEGIN SOLUTION
    state, total = net.start(len(lessons.steps)), 0.0
    for t in range(lessons.end.shape[1]):
        (end, called, arguments), state = step(
            net, lessons.seen[:, t], lessons.given, lessons.program, state
        )
        goal = lessons.end[:, t].to(end.dtype)
        rest = functional.cross_entropy(called, lessons.called[:, t], reduction="none")
        for k, logits in enumerate(arguments):
            asked = lessons.called_with[:, t, k]
            rest = rest + functional.cross_entropy(logits, asked, reduction="none")
        stop = functional.binary_cross_entropy_with_logits(end, goal, reduction="none")
        total = total + (t < lessons.steps) * (stop + (1 - goal) * rest)
    return total
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_4", "grade": true, "points": 2}
check("11.4")

# %% [markdown]
# The rest is routine, and given: 5,000 sums of one to three digits, their frames, Adam; some ten
# seconds, so wait for a green 11.4. One thing is not routine. Among thousands of frames a single one says
# when ADD is over. So frames are drawn by how *wrong* they still are: the paper's **adaptive
# curriculum**.


# %% nbgrader={"grade_id": "learn", "locked": true}
NETS = {}  # what has been taught: "loop", and later "recursive"
STEPS = {"loop": 400, "recursive": 500}
SHARES = {1: 0.2, 2: 0.5, 3: 0.05, 4: 0.25}  # of each batch, for ADD, ADD1, CARRY, LSHIFT


def fresh(seed=0):
    """An untaught network for the pad."""
    encoder = npi.SymbolEncoder(npi.Pad.symbols, npi.Pad.arguments)
    return npi.NPI(npi.Pad.programs, encoder, npi.Pad.arguments, seed=seed)


class Lessons:
    """Frames as tables; `[which]` are some of them, without columns that none of these fills."""

    def __init__(self, tables):
        self.__dict__.update(tables)

    def __getitem__(self, which):
        some = {name: table[which] for name, table in vars(self).items()}
        for name in ("seen", "end", "called", "called_with"):
            some[name] = some[name][:, : int(some["steps"].max())]
        return Lessons(some)


def practise(net, lessons, steps, rate=1e-2):
    """So many steps of Adam, on frames that are drawn by how wrong they still are."""
    draws = npi.AdaptiveCurriculum(lessons.program.numpy(), SHARES)
    adam = torch.optim.Adam(net.parameters(), rate, fused=True)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps)
    for k in range(1, steps + 1):
        loss = frame_losses(net, lessons[torch.from_numpy(draws.draw(192))]).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        pace.step()
        if k % 50 == 0:
            with torch.inference_mode():
                every = frame_losses(net, lessons[torch.arange(len(lessons.steps))]).numpy()
            draws.update(every)
            net.younger[k] = {name: w.clone() for name, w in net.state_dict().items()}
            if k % 100 == 0:
                print(f"step {k}: mean loss {every.mean():.4f}, worst frame {every.max():.2f}")


def taught(name, how):
    """A network taught by your programs, with ADD done so. It is kept, until you change one of them."""
    recipe = [getattr(f, "__code__", f) for f in (step, frame_losses, add1, carry, lshift, how)]
    if name in NETS and NETS[name].recipe == recipe:
        return NETS[name]
    teach = type("Teach", (Teacher,), {"how": staticmethod(how)})
    sums = npi.problems(5000, 3, 0)
    frames = npi.unique(frame for pair in sums for frame in teach(npi.Pad(*pair)).record("ADD"))
    print(f"{len(frames):,} different frames, from sums of at most three digits")
    net = fresh()
    known = npi.Examples.of(net, frames)
    tables = {name: table for name, table in vars(known).items() if name != "pool"}
    net.lessons, net.younger = Lessons({**tables, "seen": known.pool[known.seen]}), {}
    practise(net, net.lessons, STEPS[name])
    net.recipe, NETS[name] = recipe, net.eval()
    return net


# %%
@demo(needs="11.1, 11.3 and 11.4")
def _():
    taught("loop", add_in_a_loop)


# %% [markdown]
# Look at the *worst* frame: a run of a thousand digits meets every frame, and one that is wrong is
# enough.
#
# ## 5 · The executor
#
# Now without a teacher. A program that calls must wait for its callee, with *its own* memory kept. So
# each place on the **stack** holds a program, its arguments, and its state. A call begins with a fresh
# state; an end takes the place away, and the caller goes on where it was.

# %% [markdown]
# `decide(observation, program, arguments, state)` asks the network once. It returns
# `(end, called, arguments, state)`: whether this program is finished; otherwise a program's name and
# its arguments; and the new state. The state `None` is a fresh one.


# %% nbgrader={"grade_id": "decide", "locked": true}
class SeenPad(npi.Pad):
    """A pad that is seen as you see it."""

    def observe(self):
        return np.array(observe(self.cells, self.pointers), dtype=int)


def decider(net):
    """The hard decisions of a network."""

    def decide(observation, program, arguments, state):
        with torch.inference_mode():
            seen, given = torch.from_numpy(observation[None]), torch.tensor([arguments])
            number = torch.tensor([net.number(program)])
            (end, called, values), state = step(net, seen, given, number, state or net.start())
        choice = tuple(int(each.argmax()) for each in values)
        return bool(end[0] > 0), net.programs[int(called.argmax())], choice, state

    return decide


def exactly(net, digits, count, seed=77):
    """The share of sums that are exact and whose stack is empty; many at once, by the library."""
    pairs = npi.problems(count, digits, seed, exactly=True)
    pads = [npi.Pad(*pair) for pair in pairs]
    endings = npi.run_batch(net, pads, "ADD", max_steps=20 * digits + 100)
    true = [str(int(a) + int(b)) for a, b in pairs]
    return np.mean([
        end.finished and pad.result == t for pad, end, t in zip(pads, endings, true, strict=True)
    ])  # fmt: skip


# %% [markdown]
# ### 11.5 The executor (3 points, 20 minutes)
#
# Until the stack is empty: ask about the program on top, with `pad.observe()`. If it *ends*, nothing is
# called, whatever else was said. If it calls `"ACT"`, do `pad.act(*arguments)`; that has no place on
# the stack. Otherwise the called program gets one.
#
# Return how often you asked. Not over after `max_steps` questions: raise `RuntimeError`. The depth may
# be 1,000 and more: no recursion in Python.


# %% nbgrader={"grade_id": "ex11_5", "solution": true}
def run(decide, pad, program, arguments=(0, 0, 0), max_steps=100_000):
    """Run a program until its stack is empty; returns the number of steps."""
    ### BEGIN SOLUTION
    stack = [(program, arguments, None)]
    for steps in range(1, max_steps + 1):
        program, arguments, state = stack.pop()
        end, called, given, state = decide(pad.observe(), program, arguments, state)
        if not end:
            stack.append((program, arguments, state))
            if called == "ACT":
                pad.act(*given)
            else:
                stack.append((called, given, None))
        elif not stack:
            return steps
    raise RuntimeError(f"not over after {max_steps} steps; {len(stack)} calls are open")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_5", "grade": true, "points": 3}
check("11.5")


# %%
@demo(needs="11.1 to 11.5")
def _():
    decide, right = decider(taught("loop", add_in_a_loop)), 0
    for a, b in [(959, 43), *npi.problems(40, 3, 5)]:
        pad = SeenPad(a, b)
        steps = run(decide, pad, "ADD", max_steps=1000)
        right += int(pad.result) == int(a) + int(b)
        if (a, b) == (959, 43):
            print(pad.text(), f"\n{steps} steps")
    print(f"{right} of 41 sums of up to three digits are right")


# %% [markdown]
# It adds as it was taught. It was never shown four digits.
#
# ### 11.6 Predict: longer than it ever saw (1 point, 3 minutes)
#
# This network runs ADD as a *loop*. Of 100 sums with **200 digits**, how many will be exact, every
# digit, and end by themselves? Write `return` and your number, 0 to 100. *Trying earns the point.*


# %% nbgrader={"grade_id": "ex11_6", "solution": true}
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    ### BEGIN SOLUTION
    return 0
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_6", "grade": true, "points": 1}
check("11.6")


# %%
@demo(needs="your prediction, and 11.1 to 11.4")
def _():
    guess = my_prediction_of_the_sums()
    print(f"You said {guess:g} of 100.")
    net = taught("loop", add_in_a_loop)
    for digits, count in ((3, 100), (4, 100), (40, 100), (200, 100)):
        print(f"{digits:4} digits: {exactly(net, digits, count):4.0%} of {count} exact")
    columns = [(a, b, c) for a in range(10) for b in range(10) for c in (0, 1)]
    pads = [npi.Pad(a, b, carry=bool(c)) for a, b, c in columns]
    npi.run_batch(net, pads, "ADD", max_steps=100)
    tried = zip(columns, pads, strict=True)
    wrong = [(column, pad.result) for column, pad in tried if pad.result != str(sum(column))]
    print(f"columns by themselves: {len(wrong)} of {len(columns)} wrong")
    for column, result in wrong[:5]:
        print(f"    {' + '.join(map(str, column))} = {result or 'nothing'}")


# %% [markdown]
# Whose fault? A column wrong by itself was badly learnt: rare as it is, long sums meet it. Without one,
# suspect the loop: its state moves on, and nobody taught that of turn forty. Other seeds differ; none
# *must* last.
#
# ## 6 · Recursion
#
# ADD again: do *one* column, and call ADD for the rest. It begins with a fresh state. However long the
# sum, **one call has at most four steps**, and sees this column, its left neighbour, and then blanks.

# %% [markdown]
# ### 11.7 Predict: all that can happen (1 point, 3 minutes)
#
# Take all sums of all lengths: infinitely many. How many *different* frames of the recursive ADD are
# there in all of them together? (A frame: what is seen and done in one call.) Write `return` and your
# number; `10**30` is allowed. *Trying earns the point.*


# %% nbgrader={"grade_id": "ex11_7", "solution": true}
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    ### BEGIN SOLUTION
    return 25_000
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_7", "grade": true, "points": 1}
check("11.7")


# %% nbgrader={"grade_id": "every", "locked": true}
def every(kept=[]):  # noqa: B006
    """All frames that can happen, made when they are first asked for: that takes some seconds."""

    def progress(done, of):
        if done % 1000 == 0 or done == of:
            end = "\n" if done == of else ""
            print(f"\rlooking at all that can happen: {done / of:4.0%}", end=end, flush=True)

    if not kept:
        kept += npi.every_frame(callback=progress)
    return kept


def machine(net):
    """What a network's ADD1 does in a context."""
    decide = decider(net)

    def does(context):
        pad, calls, state = npi.Pad("", ""), [], None
        pad.cells[np.arange(4), pad.pointers] = context
        for _ in range(5):
            end, called, given, state = decide(pad.observe(), "ADD1", (0, 0, 0), state)
            if end:
                return calls
            calls.append((called, given))
            if called == npi.ACT:
                pad.act(given[0], given[1], given[2])
        raise RuntimeError("ADD1 does not end")

    return does


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_frames()
    print(f"You said {guess:,}.")
    count = sum(frame.program == "ADD" for frame in every())
    print(f"There are {count:,}; {len(every()):,} with those of ADD1, CARRY, LSHIFT. Two of them:")
    for frame in [frame for frame in every() if frame.program == "ADD"][:2]:
        print(f"{frame.program}: sees {[s.observation.tolist() for s in frame.steps]}")


# %% [markdown]
# Finitely many! A network that is right in each of them is right in the innermost call of any sum, so
# in the call around that, and so on outwards: by induction, for **every** length. One can look at all
# of them. That is no test. It is a proof.

# %% [markdown]
# ### 11.8 Recursion, and a proof (3 points, 25 minutes)
#
# - `add`: ADD, recursive. No loop; and what when the upper three symbols are blank?
# - `contexts`: everything ADD1 can ever see when it begins: a list of (first, second, carry, result),
#   symbols, each once (`every` is locked);
# - `verify`: `does(context)` is what a machine's ADD1 does there, such as
#   `[("ACT", (1, 4, 8)), ("CARRY", (0, 0, 0))]`. Return those of `contexts` in which that is not right,
#   or in which it raises RuntimeError.


# %% nbgrader={"grade_id": "ex11_8", "solution": true}
def add(t):
    """ADD: one column, and ADD for the rest."""
    ### BEGIN SOLUTION
    if np.any(t.see()[:3] != BLANK):
        t.call("ADD1")
        t.call("LSHIFT")
        t.call("ADD")
    ### END SOLUTION


def contexts():
    """All that ADD1 can see when it begins."""
    ### BEGIN SOLUTION
    symbols = range(11)
    return [(a, b, c, 0) for a in symbols for b in symbols for c in (0, 2) if a or b or c]
    ### END SOLUTION


def verify(does, contexts):
    """The contexts in which the machine is wrong."""
    ### BEGIN SOLUTION
    wrong = []
    for context in contexts:
        total = sum(max(0, symbol - 1) for symbol in context[:3])
        right = [("ACT", (1, 4, total % 10 + 1))] + [("CARRY", (0, 0, 0))] * (total >= 10)
        try:
            if does(context) != right:
                wrong.append(context)
        except RuntimeError:
            wrong.append(context)
    return wrong
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_8", "grade": true, "points": 3}
check("11.8")


# %%
@demo(needs="11.1 to 11.8")
def _():
    net = taught("recursive", add)
    for _ in range(4):
        faults = npi.verify(net, every(), environment=npi.Pad)
        print(f"all programs: {len(faults)} of {len(every()):,} frames wrong")
        print(*faults[:3], sep="\n", end="\n" * bool(faults))
        if not faults:
            break
        print("no proof, so back to school")
        practise(net, net.lessons, 150, 3e-3)
        net.eval()
    wrong = verify(machine(net), contexts())
    print(f"ADD1: {len(wrong)} of {len(contexts())} contexts wrong, says your proof")


# %% [markdown]
# Two zeros settle the matter: this network adds *any* two numbers. Not because it was tested a
# lot. It was taught three digits.
#
# ## 7 · A thousand digits
#
# Watch it with few first: **click** on the picture, a step a click; each call is indented under its
# caller. Then your network, your step and your stack, on a thousand digits.


# %%
@demo(needs="11.1 to 11.8")
def _():
    first, second = 959, 43  # and now two of your own
    return npi.view(taught("recursive", add), npi.Pad(first, second), "ADD", most=36)


# %%
@demo(needs="11.1 to 11.8")
def _():
    a, b = npi.problems(1, 1000, 2026, exactly=True)[0]  # or two rows of digits: "2718", "31"
    pad = SeenPad(a, b)
    steps = run(decider(taught("recursive", add)), pad, "ADD")
    for name, number in (("   ", a), (" + ", b), (" = ", pad.result)):
        print(f"{name}{number[:30]} … {number[-30:]}  ({len(number)} digits)")
    print(f"{steps:,} steps, {'exact' if pad.result == str(int(a) + int(b)) else 'WRONG'}")


# %% [markdown]
# How much would testing have told you? Here is the same network as it was earlier at school. Each row
# asks both the tests and the proof. Compare the last column with the other two.


# %%
@demo(needs="11.1 to 11.8")
def _():
    younger, pupil = taught("recursive", add).younger, fresh()
    print("at step   100 sums of 3 digits   20 sums of 100 digits   frames wrong")
    for k in (300, 400, 450, 500):
        pupil.load_state_dict(younger[k])
        short, long = exactly(pupil, 3, 100), exactly(pupil, 100, 20)
        print(f"{k:7} {short:17.0%} {long:23.0%} {len(npi.verify(pupil, every())):18,}")


# %% [markdown]
# A handful of wrong frames among fifty thousand: they may spoil every sum, or hardly one of three digits.
# It depends on *which*.
#
# ## 8 · A car that turns into code
#
# The same core, with a convolutional $f_{\mathrm{enc}}$, can read a *picture*: an eye walks over it,
# and programs called SCENE, LOOK and ROW draw what it sees. What they drew is a program again, with
# loops. (`npi.learn_drawing()` teaches it; leave that for lunch.) Here is such a program:

# %% nbgrader={"grade_id": "picture", "locked": true}
CANVAS = render.Canvas(40, 48, (5.5, 4.5), 10)  # pixels, and cells
RED, NAVY, DARK = (0.84, 0.2, 0.1), (0.0, 0.35, 0.75), (0.1, 0.1, 0.1)

# kind, colour, how often; a row's shapes stand a step apart
CODE = [("square", NAVY, 1), ("bar", RED, 1), ("circle", DARK, 2)]
READ = {"at": np.array([(5.0, 5), (5, 4), (4, 3)]), "size": np.array([0.75, 1.4, 0.75]),
        "step": np.array([0.0, 0, 2])}  # fmt: skip
DRAWN = {"at": np.array([(5.2, 4.85), (4.9, 4.1), (3.85, 3.1)]),
         "size": np.array([0.78, 1.45, 0.72]), "step": np.array([0.0, 0, 2.05])}  # fmt: skip


def source(commands, constants):
    """The program as one would write it."""
    lines = []
    for k, (kind, _, count) in enumerate(commands):
        (x, y), size = constants["at"][k], constants["size"][k]
        lines.append(f"GOTO({x:.2f}, {y:.2f})")
        if count == 1:
            lines.append(f"{kind.upper()}({size:.2f})")
        else:
            lines.append(f"for _ in range({count}):")
            lines += [f"    {kind.upper()}({size:.2f})", f"    RIGHT({constants['step'][k]:.2f})"]
    return "\n".join(lines)


print(source(CODE, READ))

# %% [markdown]
# ### 11.9 Exact again (2 points, 15 minutes)
#
# It read *what* is there. *Where exactly* is a matter of slopes.
#
# - `unroll`: the scene that `render.render` takes: a dictionary with `"at"` (m, 2), `"size"`, `"turn"`
#   (zeros) and `"colour"` of all m shapes; j = 0, 1, … of a row is j steps right of the first;
# - `miss`: the mean squared difference between `target` and
#   `render.render(kinds, scene, CANVAS, softness)`, kinds being the name of each shape.
#
# Constants may be dp's tensors: keep them alive.


# %% nbgrader={"grade_id": "ex11_9", "solution": true}
def unroll(commands, constants):
    """All shapes of the commands (kind, colour, count), as render.render takes them."""
    ### BEGIN SOLUTION
    command = np.repeat(np.arange(len(commands)), [count for _, _, count in commands])
    turn = np.concatenate([np.arange(count) for _, _, count in commands])
    step = dp.expand_dims(constants["step"][command] * turn, -1)
    return {
        "at": constants["at"][command] + step * np.array([1.0, 0.0]),
        "size": constants["size"][command],
        "turn": np.zeros(len(command)),
        "colour": np.array([commands[k][1] for k in command]),
    }
    ### END SOLUTION


def miss(commands, constants, target, softness):
    """How far the drawn commands are from the target."""
    ### BEGIN SOLUTION
    kinds = [kind for kind, _, count in commands for _ in range(count)]
    drawn = render.render(kinds, unroll(commands, constants), CANVAS, softness)
    return dp.mean((drawn - target) ** 2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check11_9", "grade": true, "points": 2}
check("11.9")


# %%
@demo(needs="11.9")
def _():
    def picture(constants):
        kinds = [kind for kind, _, count in CODE for _ in range(count)]
        return np.asarray(render.render(kinds, unroll(CODE, constants), CANVAS))

    target, found = picture(DRAWN), READ
    for softness in npi.SOFTNESS:
        loss = lambda constants, soft=softness: miss(CODE, constants, target, soft)  # noqa: E731
        found = dp.optim.minimize(loss, found, tol=1e-7, max_iter=30).x
    figure, panels = plt.subplots(1, 4, figsize=(10, 2.6))
    shown = (("the picture", target), ("as read", picture(READ)), ("refined", picture(found)))
    for axes, (name, image) in zip(panels, shown, strict=False):
        axes.imshow(np.clip(image, 0, 1))
        off = "" if image is target else f": off by {np.abs(image - target).mean():.4f}"
        axes.set(title=name + off, xticks=[], yticks=[], xlim=(11, 32), ylim=(31, 14))
    panels[3].text(0, 0.5, source(CODE, found), family="monospace", va="center")
    panels[3].set_axis_off()
    print(f"two wheels, one number: their step was drawn as 2.05, read as 2, refined to "
          f"{found['step'][2]:.3f}")  # fmt: skip
    return show(
        figure,
        alt="Three pictures of a small car in blue, red and black: the given one; the one drawn by the "
        "program as it was read, a little off; the refined one, like the first; and beside it its code.",
    )


# %% [markdown]
# The network chose *what*: discrete things, without slopes. Descent found *where*: numbers nobody could
# have counted. Neither could do the other's part.
#
# One more car, this time from pixels alone. The camera stands somewhere around it; GOTO calls HGOTO and
# VGOTO, these call steps to the left, right, up, down. Twenty cars, some ten seconds of learning;
# then cars it never saw.


# %%
@demo(needs="patience (nothing else)")
def _():
    frames = []
    for car in map(npi.Car, range(20)):
        poses = [(a, e) for a in range(24) for e in range(5)]
        frames += npi.unique(f for p in poses for f in npi.Parker(npi.View(car, *p)).record("GOTO"))
    encoder = npi.PictureEncoder(npi.View.shape, npi.View.arguments)
    net = npi.NPI(npi.View.programs, encoder, npi.View.arguments)
    print(f"learning {len(frames):,} frames of 20 cars …")
    npi.train(net, frames, steps=300, batch=128, learning_rate=6e-3, look_every=100)
    cars = [npi.Car(1_000_000 + k) for k in range(3)]
    views = [npi.View(car, a, e) for car in cars for a in range(0, 24, 2) for e in range(5)]
    endings = npi.run_batch(net, views, "GOTO", max_steps=150)
    home = np.mean(
        [view.canonical and end.finished for view, end in zip(views, endings, strict=True)]
    )
    print(
        f"brought home: {home:.0%} of {len(views)} poses of 3 unseen cars (`npi.learn_car()` takes 1,000)"
    )
    view, films = npi.View(cars[0], 20, 4), []
    films.append(view.picture())
    call = npi.run(net, view, "GOTO", callback=lambda depth, made: films.append(view.picture())
                   if made.program == "ACT" else None, max_steps=200)  # fmt: skip
    print(npi.tree(call, view, most=9))
    chosen = np.linspace(0, len(films) - 1, 7).round().astype(int)
    figure, panels = plt.subplots(1, 7, figsize=(9, 1.6))
    for axes, k in zip(panels, chosen, strict=True):
        axes.imshow(films[k])
        axes.set(title=f"{k} acts", xticks=[], yticks=[])
    return show(
        figure,
        alt="Seven small pictures of a car that nobody taught: from act to act the camera goes around it "
        "and down, until it is seen from the front, slightly from the side.",
    )


# %% [markdown]
# ## 9 · In your own words
#
# ### 11.10 The loop and the recursion (1 point, 5 minutes)
#
# Both networks were taught by the same sums. Why can the recursive one be proved
# and the loop not? And what does the teacher have to know for that, which examples of sums alone would
# not tell? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why11_10", "grade": true, "solution": true, "points": 1}
# A call of the recursive ADD has at most four steps and begins with a fresh state, so only finitely many
# frames can happen; if all are right, every call is right by induction from the blank column outwards.
# The loop's frame is as long as the number, so there is no end of states and observations to look at, and
# the state leaves what was taught. The teacher gave the structure: which subprograms there are, when
# which one is called, and where the recursion ends. Pairs of input and output do not contain it; the
# network learnt to follow a known algorithm, it did not find one.

# %% [markdown]
# ### 11.11 What the zero means (1 point, 5 minutes)
#
# A colleague's network for *sorting* was tested on a million random rows of 30 numbers without an
# error: "as good as proved". What do you answer, and what could still go wrong in *our* addition, though
# the proof found zero errors? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why11_11", "grade": true, "solution": true, "points": 1}
# A million tests say that errors are rare among random rows of 30, and nothing about longer rows, or
# about rare contexts such as long runs of equal numbers: a single wrong context may wait for its day. Our
# zero covers all contexts, but only of the model that we enumerated: that the list of contexts is complete,
# that the executor, the pad and the teacher are right, and that the floating-point decisions come out the
# same elsewhere (hence a margin). A wrong teacher would be proved just as well.

# %% [markdown]
# ## 10 · Stretch (no points, no hurry)
#
# - **Subtract.** Which program changes? Teach it *with the others frozen*.
# - **Sort.** `npi.learn_sorting()`, and with `loop=True`: at which length does each stop being exact?
# - **Starve it.** Teach with 300 sums in place of 5,000. What do tests say, what the proof?
# - **Lunch.** `npi.learn_drawing()`, `npi.some_scene(7, 3, cars=1)`, `npi.explain`: pictures into code.
# - Read `dpkit.programs.npi`, and argue with it.

# %% [markdown]
# ## Before you go: three questions
#
# 1. What lies on the stack for each call?
# 2. Why is the end asked for before the call?
# 3. Why draw frames by how wrong they are?
#
# <details><summary>Answers</summary>
#
# 1. A program, its arguments, its state.
# 2. So that a program may do nothing: recursion needs that.
# 3. One rare frame may be the one that ends everything.
#
# </details>
#
# **Next week**: programs with chance in them. The whole argument: `course/notes/week11.md`.
