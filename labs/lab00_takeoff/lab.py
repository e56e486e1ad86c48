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
# # Lab 0 · Take-off
#
# At the end of this hour, two hundred straight strokes, thrown on a page at random, will find out
# by themselves how to be a face. You will have written the lines that tell them how.
#
# Before that we see whether your computer is ready, whether you and `check` understand each other,
# and which five or six things are worth half an hour of reading before week 1.

# %% [markdown]
# **When you leave this room you can**
#
# - run a lab, and read what `check` says when something is wrong;
# - name what you would like to refresh, from your own answers;
# - say what makes a program differentiable, and show a picture of it.
#
# 60 to 75 minutes; 20 points: 16 for code, 2 for predictions, 2 for explanations. This lab is a
# rehearsal: your lecturer may leave its points out. After each exercise run its `check(…)`: it is
# free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import sys
from importlib import metadata
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit.draw import Moving

# %% [markdown]
# ## 1 · Is everything there? (3 minutes)
#
# Click into the cell below and press **Shift + Enter**. It runs the cell and goes on to the next
# one. You get a table: what the lab needs, what it found, and what to do where something is missing.


# %% nbgrader={"grade_id": "environment", "locked": true}
def environment():
    """What the lab needs and what is there: rows of (what, found, whether it is well, remedy)."""

    def version(package):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "there, its version unknown"

    python, folder = sys.version.split()[0], Path.cwd()
    beside = (folder / "checks.py").is_file()
    try:
        (folder / "mylab").mkdir(exist_ok=True)
        (folder / "mylab" / "note.txt").write_text("Your engines will be kept here.\n")
        keeps = True
    except OSError:
        keeps = False
    exact = abs(dp.grad(lambda x: x**3)(2.0) - 12) < 1e-12
    return [
        (
            "Python 3.11 or newer",
            python,
            sys.version_info >= (3, 11),
            "install a newer Python, then set up",
        ),
        ("numpy", version("numpy"), True, ""),
        ("matplotlib", version("matplotlib"), True, ""),
        ("dpkit", version("dpkit"), True, ""),
        ("dpkit can differentiate", "the slope of x³ at 2", exact, "run the set-up once more"),
        ("check has its questions", "checks.py", beside, "open the notebook from its own folder"),
        ("your files are kept", str(folder / "mylab"), keeps, "move the lab to your own folder"),
    ]


def as_table(rows):
    """The rows of `environment` as a table."""
    lines = ""
    for what, found, well, remedy in rows:
        told = "✓ well" if well else f"✗ <b>{remedy}</b>"
        lines += f"<tr><th scope='row' style='text-align:left'>{what}</th>"
        lines += f"<td style='text-align:left'>{found}</td>"
        lines += f"<td style='text-align:left'>{told}</td></tr>"
    return HTML(f"<table><caption>Ready for take-off?</caption>{lines}</table>")


as_table(environment())

# %% [markdown]
# And may pictures show? Below there should be a curve: how dark a pen stroke is beside its middle.

# %%
figure, axes = plt.subplots(figsize=(5, 2))
beside = np.linspace(-2, 2, 200)
axes.plot(beside, np.exp(-(beside**2) / 0.8**2), color="#0072B2")
axes.set(xlabel="distance from the middle of the stroke (mm)", ylabel="ink")
show(
    figure, alt="A bell-shaped curve: the ink is 1 in the middle of the stroke and fades beside it."
)

# %% [markdown]
# **Choose your own adventure.** The course has three doors, and the same labs behind each.
#
# | door | good for | mind that |
# |---|---|---|
# | Binder, in the browser | a first look, a borrowed computer | it forgets when you leave: *download* your notebook |
# | your own laptop: `make lab` | the whole course | set up once, some minutes |
# | the department's hub | the room with the assistants | the folder is yours, and is kept |
#
# A ✗ that you cannot mend in five minutes? Take another door today.

# %% [markdown]
# ## 2 · How `check` explains (10 minutes)
#
# First a worked example: how fast does ink fade with the distance $d$ from the middle of the
# stroke? For a pen of width $w = 0.8$ the ink is
#
# $$\mathrm{ink}(d) = e^{-d^2 / w^2}.$$
#
# Small steps: a square, a division, a minus sign, an exponential. The slope of each step is school
# calculus, and the **chain rule** says: multiply them.

# %% nbgrader={"grade_id": "worked_ink", "locked": true}
WIDTH = 0.8  # of the pen, in millimetres


def ink(d):
    """How dark the stroke is at distance d from its middle: 1 there, less and less beside it."""
    return dp.exp(-(d**2) / WIDTH**2)


def fade(d):
    """Another curve, for practice."""
    return dp.log(1 + d**2)


# dpkit follows the steps of any such program, forwards, and then backwards with the slopes.
d = dp.Scalar(0.6, name="d")
darkness = ink(d)  # 1. the value, step by step
darkness.backward()  # 2. the slope of each step, multiplied from the end to the beginning
print(f"ink at d = 0.6: {darkness.data:.6f}; it changes by {d.grad:.6f} a millimetre")
dp.draw_graph(darkness)

# %% [markdown]
# The slope is negative: a little further out there is a little less ink.
#
# ### 0.1 Read the panel, then mend (2 points, 6 minutes)
#
# A colleague wrote two slopes by hand, and both are wrong. **Do not look for the mistakes.** Delete
# the two `raise` lines, so that the colleague's lines count, and run the check. Read what it says.
# Then mend one function, and check again; then the other.


# %% nbgrader={"grade_id": "ex0_1", "solution": true}
def ink_slope(d):
    """The derivative of ink(d) by d."""
    ### BEGIN SOLUTION
    return -2 * d / WIDTH**2 * ink(d)
    ### END SOLUTION
    # as the colleague left it:
    return 2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    ### BEGIN SOLUTION
    return 2 * d / (1 + d**2)
    ### END SOLUTION
    # as the colleague left it:
    return 1 / (1 + d**2)


# %% nbgrader={"grade_id": "check0_1", "grade": true, "points": 2}
check("0.1")

# %% [markdown]
# A panel tells *which part* was tried; the *name* of the mistake; what came back (*got*) and what was
# *expected*, for which input; **hints**, each telling more than the last; and where to *reread*.
#
# How does it know? It made the same mistake on purpose. It breaks one rule of calculus after another
# until a broken one gives exactly *your* numbers. If several do, it lists them; if none does, it says
# so.

# %% [markdown]
# ## 3 · Five things at your fingertips (25 minutes)
#
# The course leans on five ideas from earlier years. Each has one short exercise here, and a page in
# the notes that explains it from the beginning.
#
# Nobody has all five. If an answer does not come within a few minutes, leave the exercise blank and
# go on: that is what this part is for. At the end of the lab you get *your* reading list.

# %% [markdown]
# ### 0.2 Links of a chain (2 points, 6 minutes)
#
# A program is a chain of functions: $x$ goes into the first, its result into the second, and so on.
# `links` is a list of pairs `(f, f_slope)`, in this order; `f_slope(u)` is the derivative of `f` at
# `u`.
#
# Return the derivative of the whole chain at `x`. Sub-goals: *1. multiply by this link's slope, where
# the link is · 2. go on to where the next one is*.


# %% nbgrader={"grade_id": "ex0_2", "solution": true}
def chain_slope(links, x):
    """The derivative at x of the chain of functions; links: pairs (f, f_slope), first one first."""
    ### BEGIN SOLUTION
    slope = 1.0
    for f, f_slope in links:
        slope = slope * f_slope(x)  # 1. multiply, here
        x = f(x)  # 2. go on
    return slope
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_2", "grade": true, "points": 2}
check("0.2")

# %% [markdown]
# ### 0.3 Shapes that fit (2 points, 5 minutes)
#
# `X` has a row for each of $n$ points, with $k$ numbers each. `W` has a row for each of $m$
# questions, with $k$ weights each; `b` has $m$ numbers.
#
# Return every point's answer to every question, shape $(n, m)$: the point's row times the
# question's row (summed), plus that question's `b`.
#
# For 7 points, 3 numbers, 5 questions: shapes `(7, 3)`, `(5, 3)`, `(5,)` in, `(7, 5)` out.


# %% nbgrader={"grade_id": "ex0_3", "solution": true}
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    ### BEGIN SOLUTION
    return X @ W.T + b
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_3", "grade": true, "points": 2}
check("0.3")

# %% [markdown]
# ### 0.4 All pairs at once (2 points, 6 minutes)
#
# `P` holds $n$ points of the plane, shape `(n, 2)`; `Q` holds $m$, shape `(m, 2)`. Return the distance
# of every `P` from every `Q`: shape `(n, m)`.
#
# Two loops would do. But numpy stretches axes of length 1 by itself, which is called
# **broadcasting**. Sub-goals: *1. give P and Q an axis each that the other can stretch over · 2.
# subtract · 3. square, sum over the right axis, root*.


# %% nbgrader={"grade_id": "ex0_4", "solution": true}
def distances(P, Q):
    """The distance of every point of P, shape (n, 2), from every one of Q, (m, 2): shape (n, m)."""
    ### BEGIN SOLUTION
    apart = P[:, None, :] - Q[None, :, :]
    return np.sqrt((apart**2).sum(axis=2))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_4", "grade": true, "points": 2}
check("0.4")


# %%
@demo(needs="0.4")
def _():
    dots = np.random.default_rng(4).uniform(0, 1, (14, 2))
    across, down = np.meshgrid(np.linspace(0, 1, 160), np.linspace(0, 1, 160))
    far = distances(np.stack([across.ravel(), down.ravel()], axis=1), dots)
    figure, axes = plt.subplots(figsize=(4.2, 4.2))
    axes.contourf(across, down, far.min(axis=1).reshape(160, 160), 14, cmap="cividis")
    axes.scatter(*dots.T, color="white", edgecolor="black", zorder=3)
    axes.set(xticks=[], yticks=[], title="25,600 × 14 distances, without a loop")
    return show(
        figure,
        alt="Fourteen dots on a square; rings around each show the distance to the nearest dot, "
        "and meet in straight borders half-way between two dots.",
    )


# %% [markdown]
# ### 0.5 Predict: three pens (1 point, 2 minutes)
#
# Before you run it: what does this print? Write `return` and your number. *Trying earns the point,
# whatever you answer.*
#
# ```python
# pens = []
# for width in (1, 2, 5):
#     pens.append(lambda dots: width * dots)
# print(pens[0](10) + pens[1](10))
# ```


# %% nbgrader={"grade_id": "ex0_5", "solution": true}
def my_prediction_of_the_pens():
    """What is printed."""
    ### BEGIN SOLUTION
    return 100
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_5", "grade": true, "points": 1}
check("0.5")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_pens()
    pens = []
    for width in (1, 2, 5):
        pens.append(lambda dots: width * dots)  # noqa: B023  this is what it is about
    print(f"You said {guess}. Python says {pens[0](10) + pens[1](10)}.")
    print("No pen kept a width. Each keeps the *name* width, and looks it up when it is used:")
    print("then the loop is long over, and the name stands for 5.")


# %% [markdown]
# A function that uses a name from around it is a **closure**. It keeps the name, not the value. In
# this course functions make functions every week (`grad(f)` is one), so this is worth a minute.
#
# The other trap has the same root: `y = x` gives the *same* array a second name. Writing into `y`
# writes into `x`. This is called **aliasing**.

# %% [markdown]
# ### 0.6 Two traps of Python (2 points, 8 minutes)
#
# `make_pens(widths)` returns a list of functions, one for each width: the pen of width $w$ turns
# `dots` into `w * dots`. Each keeps its *own* width, also when the list `widths` is changed later.
#
# `nudged(x, i, h)` returns a new array like `x`, with `h` added to entry `i`. The caller's `x` stays
# as it was. The new array holds floats, also when `x` holds integers.


# %% nbgrader={"grade_id": "ex0_6", "solution": true}
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""

    ### BEGIN SOLUTION
    def pen_of(width):
        return lambda dots: width * dots

    return [pen_of(width) for width in widths]
    ### END SOLUTION


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    ### BEGIN SOLUTION
    fresh = np.array(x, dtype=float)
    fresh[i] += h
    return fresh
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_6", "grade": true, "points": 2}
check("0.6")

# %% [markdown]
# Why `nudged`? Next week you will nudge every input of a program and watch its result. An input
# that stays nudged by accident spoils every measurement after it.
#
# That was the quiz. Now for the face.

# %% [markdown]
# ## 4 · Two hundred strokes (20 minutes)
#
# A stroke is five numbers: where it begins $(x_0, y_0)$, where it ends $(x_1, y_1)$, and how strong
# its ink is. Around it the ink fades as in section 2: at distance $d$ there is
#
# $$\mathrm{strength} \cdot e^{-d^2/\sigma^2}.$$
#
# That softness is the whole trick. A pixel that is *nearly* hit says so, and a small move of the
# stroke changes the picture a little. A program whose results move smoothly with its numbers is
# called a **differentiable program**.

# %% nbgrader={"grade_id": "strokes", "locked": true}
SIZE = 56  # pixels in a row, and rows
PLACES = (np.arange(SIZE) + 0.5) / SIZE
ACROSS, DOWN = (each.ravel() for each in np.meshgrid(PLACES, PLACES))  # the pixels' places, 0 to 1


def random_strokes(number=200, seed=3):
    """Short strokes thrown on the page: an array (number, 5) of x0, y0, x1, y1, strength."""
    rng = np.random.default_rng(seed)
    middle, turn = rng.uniform(0.05, 0.95, (number, 2)), rng.uniform(0, np.pi, number)
    half = 0.06 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.concatenate([middle - half, middle + half, np.full((number, 1), 0.5)], axis=1)


def lay_ink(strokes, sigma):
    """The ink of every stroke at every pixel: (strokes, 5) gives (strokes, pixels)."""
    # 1. the nearest place on each stroke, as a share t of its length: plain numbers will do, for
    #    sliding along the stroke does not change the distance from its nearest place
    x0, y0, x1, y1, _ = (plain_numbers(strokes)[:, k : k + 1] for k in range(5))
    squared = (x1 - x0) ** 2 + (y1 - y0) ** 2 + 1e-9
    u, v = (x1 - x0) / squared, (y1 - y0) / squared
    t = np.clip(u * ACROSS + v * DOWN - (u * x0 + v * y0), 0, 1)
    # 2. the distance from there, squared; this part is differentiated
    x0, y0, x1, y1, strength = (strokes[:, k : k + 1] for k in range(5))
    squared = (ACROSS - x0 - t * (x1 - x0)) ** 2 + (DOWN - y0 - t * (y1 - y0)) ** 2
    # 3. ink fades; the strength is kept between 0 and 0.95, whatever its number
    return 0.95 * dp.sigmoid(8 * (strength - 0.5)) * dp.exp(squared * (-1 / sigma**2))


def plain_numbers(strokes):
    """The numbers alone, also while dpkit watches."""
    return strokes.detach().numpy() if isinstance(strokes, dp.Tensor) else strokes


# %% [markdown]
# And here is somebody to draw: invented, built from ellipses and arcs, 56 × 56 pixels. The code
# below is a face-drawing kit. There is no need to read it today (but change it later: a beard?
# glasses? your cat?).


# %% nbgrader={"grade_id": "face", "locked": true}
def draw_face(size=SIZE):
    """How dark each pixel should be, from 0 for white to 1: an array (size, size)."""
    places = (np.arange(size) + 0.5) / size
    across, down = np.meshgrid(places - 0.5, places - 0.55)
    u = across * np.cos(0.1) + down * np.sin(0.1)  # the head leans a little
    v = down * np.cos(0.1) - across * np.sin(0.1)
    page = np.zeros((size, size))

    def oval(x, y, wide, high, dark):
        inside = (1 - np.hypot((u - x) / wide, (v - y) / high)) * min(wide, high)
        cover(np.clip(inside / 0.02 + 0.5, 0, 1), dark)

    def arc(x, y, wide, high, first, last, thick, dark):
        angles = np.pi * np.linspace(first, last, 40)[:, None, None]
        far = np.hypot(u - x - wide * np.cos(angles), v - y - high * np.sin(angles)).min(axis=0)
        cover(np.clip((thick - far) / 0.02 + 0.5, 0, 1), dark)

    def cover(share, dark):
        page[:] = page * (1 - share) + dark * share

    oval(0, -0.08, 0.335, 0.335, 0.82)  # hair, and a bun
    oval(-0.03, -0.44, 0.1, 0.085, 0.82)
    oval(0.02, 0.56, 0.36, 0.2, 0.55)  # shoulders, and the neck in shadow
    oval(0, 0.33, 0.09, 0.16, 0.3)
    for side in (-1, 1):
        oval(0.262 * side, 0.03, 0.045, 0.075, 0.22)  # ears
    oval(0, 0.03, 0.255, 0.315, 0.06 + 0.3 * np.clip((u + 0.02) / 0.28, 0, 1) ** 1.5)  # a lit face
    oval(-0.11, -0.26, 0.215, 0.12, 0.82)  # a fringe in two waves
    oval(0.165, -0.23, 0.14, 0.105, 0.82)
    for side in (-1, 1):
        arc(0.105 * side, 0.005, 0.075, 0.065, 1.15, 1.85, 0.014, 0.75)  # lids, eyes, pupils, brows
        oval(0.105 * side, 0.005, 0.055, 0.034, 0)
        oval(0.105 * side + 0.008, 0.003, 0.03, 0.034, 0.95)
        arc(0.11 * side, -0.045, 0.09, 0.07, 1.2, 1.8, 0.016, 0.8)
    arc(0.005, 0.1, 0.036, 0.026, -0.06, 0.95, 0.01, 0.55)  # a nose, and its shadow
    arc(0.03, 0.045, 0.02, 0.09, -0.38, 0.32, 0.006, 0.4)
    arc(0, 0.135, 0.105, 0.085, 0.12, 0.88, 0.014, 0.85)  # a smile, and the lip below
    arc(0, 0.215, 0.05, 0.03, 0.2, 0.8, 0.006, 0.45)
    return page


TARGET = draw_face().ravel()


def hang(axes, page, title):
    """Hang a page on the wall: dark is 1, white is 0."""
    axes.imshow(plain_numbers(page).reshape(SIZE, SIZE), cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[], title=title)


# %% [markdown]
# A single stroke at three widths, and the model who has been sitting patiently. Look at the soft
# one: its ink reaches far, so it *feels* far. The thin one draws finely, and feels only its
# neighbours.

# %%
figure, walls = plt.subplots(1, 4, figsize=(11, 3))
one = np.array([[0.2, 0.7, 0.8, 0.3, 1.0]])
for wall, sigma in zip(walls, (0.1, 0.03, 0.012), strict=False):
    hang(wall, lay_ink(one, sigma)[0], f"one stroke, σ = {sigma}")
hang(walls[3], TARGET, "the model")
show(
    figure,
    alt="The same slanting stroke three times, first as a broad soft cloud, then thinner, then as a "
    "fine line. Beside them a face with a bun, a fringe and a smile.",
)

# %% [markdown]
# ### 0.7 Ink meets ink (3 points, 8 minutes)
#
# `compose(ink)` makes one page of all strokes. Each stroke lets the share $1 - \mathrm{ink}$ of the
# white shine through; where strokes cross, the shares **multiply**; what does not come through is
# dark. This is called **soft or**: dark where one stroke *or* another is. `ink` has shape
# (strokes, pixels), all below 1; the page has one number a pixel.
#
# `loss(page, target)`: the mean, over the pixels, of the squared difference. One number.

# %% [markdown]
# Write both with whole arrays: `dp.prod`, `dp.sum`, `dp.mean`, `dp.exp` and their like take numpy
# arrays, and numbers that dpkit watches. The names are numpy's. No `float(…)`: it cuts the thread
# that leads back.
#
# (A loop over the strokes is right, too. But there will be 200 of them, 200 times.)


# %% nbgrader={"grade_id": "ex0_7", "solution": true}
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    ### BEGIN SOLUTION
    white = dp.exp(dp.sum(dp.log(1 - ink), axis=0))
    return 1 - white
    ### END SOLUTION


def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    ### BEGIN SOLUTION
    return dp.mean((page - target) ** 2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_7", "grade": true, "points": 3}
check("0.7")


# %%
BLANK = float(np.mean(TARGET**2))  # the loss of a page with nothing on it


@demo(needs="0.7")
def _():
    page = compose(lay_ink(random_strokes(), 0.012))
    figure, walls = plt.subplots(1, 2, figsize=(6, 3))
    hang(walls[0], page, "200 random strokes")
    hang(walls[1], TARGET, "the model")
    print(f"An empty page scores 100, these strokes {100 * loss(page, TARGET) / BLANK:.0f}.")
    return show(figure, alt="Short dark strokes in all directions on a page, beside the face.")


# %% [markdown]
# ### 0.8 One step downhill (3 points, 8 minutes)
#
# dpkit tells us how the loss moves when one of the thousand numbers moves: an array `slopes` like
# `strokes`. Each row belongs to one stroke, and points where the loss *grows*.
#
# Return the strokes after one step: each has moved *against* its own row, and every stroke by the
# same length, `rate` (the root of the sum of the five squares). The row says the direction; you say
# how far.

# %% [markdown]
# Two things are easily forgotten. A stroke whose slopes are all 0 has no direction: it stays where
# it is (and nothing is divided by zero). And the caller's `strokes` stay as they were: return new
# ones.
#
# Sub-goals: *1. the length of each row, as a column · 2. each row to length 1 · 3. the step*.


# %% nbgrader={"grade_id": "ex0_8", "solution": true}
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    ### BEGIN SOLUTION
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    direction = slopes / np.where(length > 0, length, 1)
    return strokes - rate * direction
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_8", "grade": true, "points": 3}
check("0.8")

# %% [markdown]
# ## 5 · Lights
#
# Here is the conductor: 200 times, draw, ask for the slopes, step. It begins with broad soft ink,
# which feels far, and ends with thin ink, which draws finely; the steps shrink on the way. That is
# called **annealing**, after the slow cooling of glass.
#
# `dp.value_and_grad` is what this course is about: it takes *your* program and gives back its
# derivative by every number that went in.


# %% nbgrader={"grade_id": "sketch", "locked": true}
def sketch(rate=0.02, steps=200, seed=3):
    """Strokes on their way from random to the model: a list of arrays, one after each step."""
    strokes = random_strokes(seed=seed)
    film = [strokes]
    for k in range(steps):
        cooled = k / (steps - 1)  # from 0 at the beginning to 1 at the end
        sigma = 0.03 * 0.4**cooled

        def how_wrong(strokes, sigma=sigma):
            return loss(compose(lay_ink(strokes, sigma)), TARGET)

        _, slopes = dp.value_and_grad(how_wrong)(strokes)
        strokes = step(strokes, slopes, rate * 0.1**cooled)
        film.append(strokes)
    return film


def score(strokes):
    """The loss of the finest drawing of these strokes, if that of an empty page is 100."""
    return 100 * float(loss(compose(lay_ink(strokes, 0.012)), TARGET)) / BLANK


# %%
film = []


@demo(needs="0.7 and 0.8")
def _():
    film[:] = sketch()  # some seconds
    figure, walls = plt.subplots(1, 5, figsize=(14, 3.2))
    for wall, k in zip(walls, (0, 10, 40, 200), strict=False):
        page = compose(lay_ink(film[k], 0.012))
        hang(wall, page, f"after {k} steps: {score(film[k]):.1f}")
    hang(walls[4], TARGET, "the model")
    return show(
        figure,
        alt="Five pictures: random strokes, then strokes that gather where the hair is, then a "
        "face in outline, then a smiling face with eyes, brows and shading, and the model.",
    )


# %% [markdown]
# The numbers are losses, if an empty page has 100. Nobody told the strokes what an eye is.
#
# Now watch them go. This is the same run as lines, not pixels: two hundred of them, and they are all
# still straight.


# %%
@demo(needs="0.7 and 0.8")
def _():
    if not film:
        raise NotImplementedError
    turns = [int(len(film[1:]) * (k / 36) ** 2) for k in range(37)]
    poses = [film[k] for k in turns]
    strengths = [0.95 / (1 + np.exp(-8 * (pose[:, 4] - 0.5))) for pose in poses]
    timing = 'begin="sketch.click" dur="6s" fill="freeze"'

    def moving(name, values):
        values = ";".join(f"{value:.4g}" for value in values)
        return f'<animate attributeName="{name}" values="{values}" {timing}/>'

    lines = []
    for k in range(len(poses[0])):
        corners = [np.round(600 * pose[k, :4]) for pose in poses]
        names = ("x1", "y1", "x2", "y2")
        first = " ".join(f'{name}="{corners[0][i]:.0f}"' for i, name in enumerate(names))
        moves = "".join(moving(name, [c[i] for c in corners]) for i, name in enumerate(names))
        opacity = moving("stroke-opacity", [round(float(s[k]), 2) for s in strengths])
        lines.append(
            f'<line {first} stroke-opacity="{strengths[0][k]:.2f}">{moves}{opacity}</line>'
        )
    widths = [600 * 1.77 * 0.03 * 0.4 ** (k / 200) for k in turns]  # as much ink as the soft stroke
    told = (
        f"Two hundred strokes become a face: the score falls from {score(film[0]):.0f} "
        f"to {score(film[-1]):.1f}"
    )
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="sketch" role="img" viewBox="0 0 600 640" '
        f'width="480" style="cursor:pointer;background:white;border:1px solid #767676"><title>{told}</title>'
        f'<g stroke="black" stroke-linecap="round" stroke-width="{widths[0]:.3g}">'
        f"{moving('stroke-width', widths)}{''.join(lines)}</g>"
        '<rect y="600" width="600" height="40" fill="white"/><text x="300" y="626" fill="black" '
        'text-anchor="middle" font-family="sans-serif" font-size="18">click the picture to start; '
        "click again to see it again</text></svg>",
        told,
    )


# %% [markdown]
# ### 0.9 Predict: a hundred times as far (1 point, 2 minutes)
#
# So large a success makes bold. Let every step be **100 times as long**: `rate=2`, twice the width
# of the page, where 0.02 was right. Everything else stays.
#
# On the scale of the pictures above (an empty page has 100, the random strokes started with 94):
# what will the score be at the end?


# %% nbgrader={"grade_id": "ex0_9", "solution": true}
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    ### BEGIN SOLUTION
    return 100
    ### END SOLUTION


# %% nbgrader={"grade_id": "check0_9", "grade": true, "points": 1}
check("0.9")


# %%
@demo(needs="your prediction, 0.7 and 0.8")
def _():
    guess = my_prediction_of_the_bold_sketch()
    bold = sketch(rate=2, steps=80)
    stuck = int(np.all(bold[-1] == bold[-2], axis=1).sum())
    print(f"You said {guess}. After 80 bold steps the score is {score(bold[-1]):.1f}.")
    figure, walls = plt.subplots(1, 4, figsize=(11, 3))
    for wall, k in zip(walls, (0, 1, 2, 80), strict=True):
        hang(wall, compose(lay_ink(bold[k], 0.012)), f"after {k} steps: {score(bold[k]):.0f}")
    print(
        f"In the last step {stuck} of the 200 strokes did not move, and they never will: no pixel"
    )
    print("has any ink of theirs, so their slopes are exactly 0, and 0 has no direction.")
    return show(
        figure,
        alt="Four pages: random strokes; after one bold step a few long lines right across the "
        "page; after two, more of them; at the end the page is empty.",
    )


# %% [markdown]
# The worst step is the one from which nothing can be learned. A slope is a report from *here*: it
# says which way is down under your feet, and knows nothing of what lies two page-widths away. How
# long a step may be is week 1's last question, and week 6's first.

# %% [markdown]
# ## 6 · In your own words
#
# ### 0.10 Why soft ink? (1 point, 5 minutes)
#
# Suppose a pixel were black when a stroke runs over it, and white when none does; nothing between.
# The pictures would be crisper. What would `slopes` hold then, and what would become of the sketch?
# Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why0_10", "grade": true, "solution": true, "points": 1}
# Move a stroke by a very little: almost always no pixel changes its colour, so the loss does not
# change at all and its derivative is 0; at the few places where a pixel flips, the loss jumps and
# there is no derivative. So `slopes` would be zeros, `step` would leave every stroke where it is,
# and after 200 steps we should look at the random strokes we began with. Soft ink makes the loss
# change a little with every little move, also for pixels that are only nearly hit, and so each
# stroke learns which way to go.

# %% [markdown]
# ### 0.11 The line that came back (1 point, 5 minutes)
#
# A fellow student writes the last line of `step` as `strokes -= rate * direction`, and then `return
# strokes`. The face comes out the same! But the film shows 201 times the same picture. Explain to
# them what happened, and why the face is right all the same. Two to four sentences.

# %% [markdown] nbgrader={"grade_id": "why0_11", "grade": true, "solution": true, "points": 1}
# `-=` writes into the array that was given, and what is returned is that same array under another
# name. So the list `film` holds 201 references to one and the same array, and when it is shown they
# all show what was written into it last: the finished face. The numbers in it are right at every
# step, since each step starts from where the last one ended; only the past has been overwritten. A
# line that makes a new array (`strokes - …`) keeps it.

# %% [markdown]
# ## 7 · Your own reading list
#
# This cell runs the checks of the quiz once more, looks which of the five ideas gave you trouble,
# and says where to read. Nobody else sees it. Each page takes some ten minutes.


# %%
@demo(needs="the setup cell")
def _():
    notes = "course/notes/week00.md"
    ideas = {
        ("0.1", ""): "The chain rule",
        ("0.2", ""): "The chain rule",
        ("0.3", ""): "Shapes and transposes",
        ("0.4", ""): "Broadcasting",
        ("0.6", "make_pens"): "Closures and late binding",
        ("0.6", "nudged"): "References and copies",
    }
    reading = {}
    for (number, part), idea in ideas.items():
        findings = [each for each in check(number).findings if each.part.startswith(part)]
        trouble = [each.kind for each in findings if not each.ok]
        reading.setdefault(idea, []).extend((number, kind) for kind in trouble)
    pens = [lambda dots: width * dots for width in (1, 2, 5)]  # noqa: B023  as in the prediction
    try:
        if my_prediction_of_the_pens() != pens[0](10) + pens[1](10):
            reading["Closures and late binding"].append(("0.5", "a surprise"))
    except NotImplementedError:
        reading["Closures and late binding"].append(("0.5", "blank"))
    for idea, troubles in reading.items():
        told = [f"{number}: {kind.replace('_', ' ')}" for number, kind in troubles]
        why = ", ".join(dict.fromkeys(told))  # each once
        print(f"✗ {idea:26} {why}" if troubles else f"✓ {idea:26} at your fingertips")
    to_read = [idea for idea, troubles in reading.items() if troubles]
    if to_read:
        print(f"\nBefore week 1, in {notes}: {'; '.join(to_read)}.")
    else:
        print(f"\nNothing to refresh. The stretch below, or the history in {notes}?")


# %% [markdown]
# ## 8 · Stretch (no points, no hurry)
#
# - **Another hand.** `sketch(seed=1)`, 2, 3 … Which feature goes wrong first? How few strokes still
#   make somebody?
# - **Your own picture.** Any square grey image as 56 × 56 numbers between 0 and 1 may be `TARGET`.
#   Mind that 1 is dark.
# - **Without annealing.** Let `sigma` be 0.012 from the first step. Which strokes never find their
#   place, and why?

# %% [markdown]
# ## Before you go: three questions
#
# 1. A panel names your mistake. How can it know, without having your code explained?
# 2. A chain of three functions: at which points are the three slopes taken?
# 3. What is it that makes a program differentiable?
#
# <details><summary>Answers</summary>
#
# 1. It makes each known mistake on purpose, and compares numbers.
# 2. Each at what came out of the function before.
# 3. Its result moves smoothly when its numbers move a little.
#
# </details>

# %% [markdown]
# **Next week**: today the slopes came out of a box. You will measure your first one by hand, find
# out how close is too close, and throw a javelin as far as it will go. From week 2 on you build the
# box; in week 8 the strokes come back, and draw your own photograph.
#
# The map of the twelve weeks, and the pages to refresh, are in the notes: `course/notes/week00.md`.
