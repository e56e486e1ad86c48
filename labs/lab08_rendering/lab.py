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
# # Lab 8 · Pictures, backwards
#
# A program that draws takes numbers and makes a picture. Run it backwards, and it tells you which
# numbers made a photograph: where things are, how large, what colour, which way turned.
#
# Today you write such a program, find out why it cannot be run backwards, mend it, and at the end let
# it sketch your own photo.
#
# `dp.render` has it ready-made, to compare *afterwards*. Yours is made of `dp`, numpy and what an
# exercise names.

# %% [markdown]
# **When you leave this room you can**
#
# - write a renderer that has slopes, and say what its softness costs;
# - recover a scene from one noisy picture, to a small part of a pixel;
# - tell when descent cannot succeed, and look before you descend;
# - learn an inverse function without ever being shown an answer;
# - turn a photograph into strokes.
#
# 3 hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# `check(…)`: it is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit import images, nn, render

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. The logistic function $\sigma(z)$: far left, at 0, far right?
# 2. Last week a decision was made soft, then cooled. What was the trade?
# 3. $F(x) = \min_t f(x, t)$. Does $F'$ need to know how the best $t$ moves?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. 0, ½, 1.
# 2. Warm: slopes everywhere, of the wrong function. Cold: the right function, no slopes.
# 3. No: at the best $t$, $f$ is flat in $t$: the envelope theorem.
#
# </details>

# %% [markdown]
# ## 1 · The hardest if of all (worked example, 10 minutes)
#
# A picture is a grid of pixels over a window of the world: here 32 × 32 of them, from −1 to 1 both
# ways, x to the right and y *up*. `POINTS` are their centres, (32, 32, 2).
#
# `hard_disc` asks 8 × 8 points in every pixel "inside or outside?" and takes the mean. That is how a
# good printer does it.


# %% nbgrader={"grade_id": "sheet", "locked": true}
SHEET = render.Canvas(32)
POINTS, PIXEL = SHEET.points(), SHEET.pixel


def hard_disc(x, y, radius, samples=8):
    """How much of each pixel a disc covers, by asking samples × samples points in it: (32, 32)."""
    fine = SHEET.finer(samples).points()
    inside = (fine[..., 0] - x) ** 2 + (fine[..., 1] - y) ** 2 < radius**2
    covered = dp.where(inside, 1.0 + 0.0 * x, 0.0 * x)
    return dp.mean(dp.reshape(covered, (32, samples, 32, samples)), axis=(1, 3))


WANTED = hard_disc(0.2, 0.1, 0.5)


def hard_loss(x):
    """The mean squared difference from WANTED of a disc at (x, 0.1)."""
    return dp.mean((hard_disc(x, 0.1, 0.5) - WANTED) ** 2)


print("the disc too far to the left:", round(hard_loss(0.05), 5))
print("in its place:                ", round(hard_loss(0.2), 5))

# %% [markdown]
# ### 8.1 Predict: the slope of a hard picture (1 point, 3 minutes)
#
# The loss knows right from wrong: it is 0 in the right place only. So which way, and how steeply, does
# it fall at $x = 0.05$?
#
# Write `return` and the number that you expect from `dp.grad(hard_loss)(0.05)`. *Trying earns the
# point.*


# %% nbgrader={"grade_id": "ex8_1", "solution": true}
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    ### BEGIN SOLUTION
    return 0.0 * 8 * 8 * 32 * 32  # no point changes sides
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_1", "grade": true, "points": 1}
check("8.1")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_slope()
    said = dp.grad(hard_loss)(0.05)
    nudged = (hard_loss(0.08) - hard_loss(0.02)) / 0.06
    print(f"You said {guess}. Automatic differentiation says {said}.")
    print(f"A nudge of 0.03 to both sides says {nudged:.3f}.")
    print("Each of the 65,536 points is inside or outside, and stays so for a tiny step.")
    figure, panels = plt.subplots(1, 2, figsize=(9, 3))
    for panel, x in (
        (panels[0], np.linspace(0, 0.4, 81)),
        (panels[1], np.linspace(0.15, 0.1504, 241)),
    ):
        panel.plot(x, [hard_loss(each) for each in x], color=BLUE)
        panel.set(xlabel="x of the disc", ylabel="loss")
    panels[0].set(title="from afar")
    panels[1].set(title="magnified a thousand times")
    figure.tight_layout()
    return show(
        figure,
        alt="Loss over the place of a disc. From afar it is a smooth valley around 0.2; magnified, its "
        "slope is a staircase of perfectly flat steps.",
    )


# %% [markdown]
# The valley is there, and made of stairs. More points make smaller stairs, and every stair is flat.
#
# **The remedy** in two moves. Ask not "inside?" but "how *far* inside?". Let coverage fall softly with
# that distance. Then everything that you know about descent works on pictures.
#
# ## 2 · How far?
#
# A **signed distance** tells how far a point is from a border: negative inside, 0 on it, positive
# outside. A line has no inside, so its distance is never negative.

# %% [markdown]
# ### 8.2 Distances (2 points, 12 minutes)
#
# `points` is (…, 2), such as `POINTS`; `centre`, `start`, `end` are (2,).
#
# For `segment`, drop a perpendicular: with $a$ = end − start and $p$ = point − start, its foot is the
# share $f = \langle p, a\rangle / \langle a, a\rangle$ of the way. The nearest point of the *segment* is
# at that share, kept between 0 and 1.
#
# Two traps: `dp.linalg.norm(v, axis=-1)` has a slope even where `v` is 0, a square root has not; and a
# segment may shrink to a dot.


# %% nbgrader={"grade_id": "ex8_2", "solution": true}
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    ### BEGIN SOLUTION
    return dp.linalg.norm(points - centre, axis=-1) - radius
    ### END SOLUTION


def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    ### BEGIN SOLUTION
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / square, 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_2", "grade": true, "points": 2}
check("8.2")


# %%
@demo(needs="8.2")
def _():
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.7), sharey=True)
    for panel, distance, title in (
        (panels[0], circle(POINTS, np.array([-0.2, 0.1]), 0.5), "circle"),
        (panels[1], segment(POINTS, np.array([-0.6, -0.4]), np.array([0.4, 0.5])), "segment"),
    ):
        lines = panel.contour(
            POINTS[..., 0], POINTS[..., 1], distance, np.arange(-0.4, 1.3, 0.2), colors=GREY
        )
        panel.clabel(lines, [level for level in lines.levels if abs(level) > 0.1], fontsize=8)
        panel.set(title=title, xlabel="x", aspect="equal")
    panels[0].add_patch(plt.Circle((-0.2, 0.1), 0.5, fill=False, color=BLUE, linewidth=3))
    panels[1].plot([-0.6, 0.4], [-0.4, 0.5], color=BLUE, linewidth=3)
    panels[0].set(ylabel="y")
    return show(
        figure,
        alt="Lines of equal distance: around a circle they are circles, smaller ones inside with "
        "negative numbers; around a segment they are like race tracks.",
    )


# %% [markdown]
# ## 3 · How much, and what lies on top?
#
# **Coverage** is $\sigma(-d / s)$. The **softness** $s$ is a length: over a few $s$ the shape goes from
# 1 inside to 0 outside, with ½ on the border.
#
# Two ways to put layers together:
#
# - **soft-or**, for ink: covered by one *or* another. The chance that all independent layers miss is
#   $\prod (1 - c)$. No order.
# - **over**, for paint: the upper layer hides what is below as far as it covers. An order.

# %% [markdown]
# ### 8.3 Coverage and layers (3 points, 12 minutes)
#
# - `coverage(distance, softness)`, for arrays and huge distances, too;
# - `soft_or(covered)`: layers along the *first* axis, (n, height, width) → (height, width); some may
#   cover wholly;
# - `over(picture, covered, colour)`: paint `colour` (3,) on `picture` (height, width, 3) as far as
#   `covered` (height, width) says. `dp.expand_dims(covered, -1)` makes it broadcast. A new picture: the
#   old one stays.


# %% nbgrader={"grade_id": "ex8_3", "solution": true}
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    ### BEGIN SOLUTION
    return dp.sigmoid(-distance / softness)
    ### END SOLUTION


def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    ### BEGIN SOLUTION
    return 1.0 - dp.prod(1.0 - covered, axis=0)
    ### END SOLUTION


def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    ### BEGIN SOLUTION
    return picture + dp.expand_dims(covered, -1) * (colour - picture)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_3", "grade": true, "points": 3}
check("8.3")

# %% [markdown]
# With these three you have a renderer. A **scene** is an array with a row for each circle: x, y, radius,
# red, green, blue. The last row lies on top. Softness is in pixels from here on.


# %% nbgrader={"grade_id": "paint", "locked": true}
def paint(scene, softness):
    """The picture (32, 32, 3) of a scene (n, 6) on white paper; softness in pixels."""
    picture = np.ones((32, 32, 3))
    for k in range(len(scene)):
        distance = circle(POINTS, scene[k, :2], scene[k, 2])
        picture = over(picture, coverage(distance, softness * PIXEL), scene[k, 3:])
    return picture


def photograph(scene, seed, noise=0.03):
    """A hard picture of a scene, with some noise: what there is to go by."""
    rows = {
        "at": scene[:, :2],
        "turn": 0 * scene[:, 2],
        "size": scene[:, 2],
        "colour": scene[:, 3:],
    }
    picture = render.render_hard(["circle"] * len(scene), rows, SHEET)
    return picture + noise * np.random.default_rng(seed).normal(size=picture.shape)


SCENE = np.array([
    [-0.35, 0.3, 0.45, 0.0, 0.45, 0.7],
    [0.4, 0.25, 0.35, 0.9, 0.62, 0.0],
    [0.05, -0.4, 0.4, 0.84, 0.37, 0.0],
])  # fmt: skip


# %%
@demo(needs="8.3")
def _():
    figure, panels = plt.subplots(1, 4, figsize=(10, 2.9))
    shown = {"hard, with noise": photograph(SCENE, 1)}
    shown |= {f"softness {s} px": paint(SCENE, s) for s in (0.2, 1, 4)}
    for panel, (title, picture) in zip(panels, shown.items(), strict=True):
        panel.imshow(np.clip(picture, 0, 1), extent=(-1, 1, -1, 1))
        panel.set(title=title, xticks=[], yticks=[])
    hard = photograph(SCENE, 1, noise=0.0)
    for s in (0.1, 0.2, 0.5, 1):
        print(f"softness {s}: root mean square distance from the hard picture "
              f"{np.sqrt(np.mean((paint(SCENE, s) - hard) ** 2)):.4f}")  # fmt: skip
    return show(
        figure,
        alt="Three overlapping discs: hard with noise, then with soft borders of 0.2, 1 and 4 pixels. "
        "The second looks like the first without noise; the last is a blur.",
    )


# %% [markdown]
# At one fifth of a pixel the soft picture is nearly the one that a good printer makes. So, 0.2 and no
# more? That costs something, too: reach.
#
# ## 4 · Where the slope lives
#
# Each pixel has a say in where the border should go, in proportion to the slope of its coverage. On the
# border that is largest. A few softnesses away it is nothing.

# %% [markdown]
# ### 8.4 Judged by the hard picture (2 points, 10 minutes)
#
# - `pull`: the derivative of coverage by the distance, as a formula in the coverage itself. (Lab 5
#   had it: $\sigma' = \sigma(1 - \sigma)$.)
# - `change`: how *every pixel* of `picture(p)` changes with the number `p`, by a centred difference with
#   the step `h`. It needs no slope, so it works for hard pictures.
# - `cosine`: of the angle between two arrays, taken as long vectors.
#
# `pull(0.0, 0.5)` is −0.5.


# %% nbgrader={"grade_id": "ex8_4", "solution": true}
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    ### BEGIN SOLUTION
    covered = coverage(distance, softness)
    return -covered * (1.0 - covered) / softness
    ### END SOLUTION


def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    ### BEGIN SOLUTION
    return (picture(p + h) - picture(p - h)) / (2 * h)
    ### END SOLUTION


def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    ### BEGIN SOLUTION
    return np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_4", "grade": true, "points": 2}
check("8.4")


# %%
@demo(needs="8.4")
def _():
    # How do pixels change as a disc grows? Its distance falls by 1 everywhere, so: minus the pull.
    hard = change(lambda r: hard_disc(0.13, -0.07, r, samples=32), 0.55, PIXEL / 4)
    distance = circle(POINTS, np.array([0.13, -0.07]), 0.55)
    soft, likeness = [0.05, 0.1, 0.2, 0.35, 0.7, 1.5, 3, 6], []
    for s in soft:
        likeness.append(cosine(-pull(distance, s * PIXEL), hard))
        print(f"softness {s:4}: cosine to the hard picture's change {likeness[-1]:.4f}")
    figure, panels = plt.subplots(1, 4, figsize=(11, 2.9), width_ratios=(1, 1, 1, 1.6))
    for panel, values, title in (
        (panels[0], hard, "hard, by nudging"),
        (panels[1], -pull(distance, 0.2 * PIXEL), "softness 0.2"),
        (panels[2], -pull(distance, 3 * PIXEL), "softness 3"),
    ):
        panel.imshow(values / values.max(), cmap="gray_r", extent=(-1, 1, -1, 1))
        panel.set(title=title, xticks=[], yticks=[])
    panels[3].semilogx(soft, likeness, "o-", color=BLUE)
    panels[3].set(xlabel="softness in pixels", ylabel="cosine to the truth", ylim=(0, 1.05))
    figure.tight_layout()
    return show(
        figure,
        alt="Where pixels change as a disc grows: a thin ring by nudging, the same ring at softness "
        "0.2, a wide fog at 3. On the right the cosine is nearly 1 at 0.2 and falls to both sides.",
    )


# %% [markdown]
# Last week's dial again. **Cold**: the right direction, felt by a thin ring of pixels only (and far below
# 0.2 the border is jagged once more). **Warm**: felt from afar, and of a picture that nobody took. So:
# start warm, and cool. In pictures this is called **coarse to fine**.
#
# ## 5 · Backwards
#
# *Inverse graphics*: given a picture, find the scene. The loss compares the picture that your scene
# makes with the one that was taken; the rest is descent.

# %% [markdown]
# ### 8.5 From picture to scene (3 points, 15 minutes)
#
# - `misfit`: the mean squared difference of `paint(scene, softness)` and `picture`.
# - `refine`: `steps` steps of Adam from `start` on `loss(parameters)`, as in lab 6: a tensor that
#   requires a gradient, `dp.optim.Adam([…], lr=rate)`, a loop. Return plain numbers.
# - `anneal`: one `refine` of `loss(parameters, softness)` for each softness, from where the last ended,
#   with the rate `0.03 * min(1, softness)`. Return a list of all stations, the start first.
#
# `start` stays as it was.


# %% nbgrader={"grade_id": "ex8_5", "solution": true}
def misfit(scene, picture, softness):
    """How far a scene's picture is from the one given."""
    ### BEGIN SOLUTION
    return dp.mean((paint(scene, softness) - picture) ** 2)
    ### END SOLUTION


def refine(loss, start, steps, rate):
    """The parameters after some steps of Adam on loss(parameters)."""
    ### BEGIN SOLUTION
    parameters = dp.tensor(start, requires_grad=True)
    adam = dp.optim.Adam([parameters], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss(parameters).backward()
        adam.step()
    return parameters.data
    ### END SOLUTION


def anneal(loss, start, softnesses, steps):
    """The start, and the parameters after each softness."""
    ### BEGIN SOLUTION
    way = [start]
    for soft in softnesses:
        rate = 0.03 * min(1, soft)
        way.append(refine(lambda p, soft=soft: loss(p, soft), way[-1], steps, rate))
    return way
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_5", "grade": true, "points": 3}
check("8.5")


# %%
@demo(needs="8.5")
def _():
    # Where is the disc? Its radius and colour are known; the start is 14 pixels away.
    true = np.array([0.5, 0.35, 0.3, 0.84, 0.37, 0.0])
    picture, start = photograph(true[None], 1), np.array([-0.2, -0.2])

    def loss(place, softness):
        scene = dp.expand_dims(dp.concatenate([place, true[2:]]), 0)
        return misfit(scene, picture, softness)

    figure, axes = plt.subplots(figsize=(7, 3.2))
    for name, softnesses, colour, style in (
        ("always 0.2 pixels", 5 * [0.2], VERMILION, "s--"),
        ("always 4 pixels", 5 * [4], GREEN, "^-."),
        ("from 4 to 0.2", [4, 2, 1, 0.5, 0.2], BLUE, "o-"),
    ):
        way = anneal(loss, start, softnesses, 40)
        off = [np.linalg.norm(each - true[:2]) / PIXEL for each in way]
        print(f"{name:18} ends {off[-1]:7.3f} pixels off")
        axes.semilogy(40 * np.arange(6), off, style, color=colour, label=name)
    axes.set(xlabel="steps", ylabel="pixels off")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Pixels off over the steps. At softness 0.2 the disc only strays, from 14 to 15; at 4 it "
        "arrives within a pixel and stays there; cooled from 4 to 0.2 it comes within a hundredth.",
    )


# %% [markdown]
# Three fates. Cold: it does not feel the target, and strays by what the noise tells it. Warm: it arrives,
# and is blind to the last pixel. Cooled: about a hundredth of a pixel, through the noise.
#
# One disc with known colour was easy. Now three, of which nothing is known.

# %% [markdown]
# ### 8.6 Predict: ten random starts (1 point, 3 minutes)
#
# Ten photographs, of three discs each, apart from each other. For each a start: three circles of random
# places, sizes and colours, cooled from 4 pixels to 0.2. A start has *succeeded* if all three discs are
# found within half a pixel.
#
# How many of the ten succeed? Write `return` and your number.


# %% nbgrader={"grade_id": "ex8_6", "solution": true}
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    ### BEGIN SOLUTION
    return 3
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_6", "grade": true, "points": 1}
check("8.6")


# %% nbgrader={"grade_id": "random_scenes", "locked": true}
def random_scene(rng, count=3):
    """Circles (count, 6) inside of the window, apart from each other, in colours that differ."""
    while True:
        radius, colour = rng.uniform(0.2, 0.4, (count, 1)), rng.uniform(0, 0.9, (count, 3))
        at = rng.uniform(-1, 1, (count, 2)) * (1 - radius)
        shades, far = np.vstack([colour, np.ones(3)]), 9 * np.eye(count)
        gaps = np.linalg.norm(at[:, None] - at, axis=2) - radius - radius.T + far
        tones = np.linalg.norm(shades[:, None] - shades, axis=2) + 9 * np.eye(count + 1)
        if np.all(gaps > 0.05) and np.all(tones > 0.4):
            return np.hstack([at, radius, colour])


def pixels_off(found, true):
    """The largest error of a place or a radius, in pixels, each circle by the nearest one found."""
    apart = np.abs(found[:, None, :3] - true[:, :3]).max(axis=2) / PIXEL
    return apart.min(axis=0).max()


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_starts()
    good = 0
    figure, panels = plt.subplots(2, 10, figsize=(11, 2.8))
    for k, (upper, lower) in enumerate(panels.T):
        true, start = (random_scene(np.random.default_rng(seed)) for seed in (100 + k, k))
        picture = photograph(true, k)
        found = anneal(
            lambda s, soft, p=picture: misfit(s, p, soft), start, [4, 2, 1, 0.5, 0.2], 25
        )[-1]
        good += pixels_off(found, true) < 0.5
        upper.imshow(np.clip(picture, 0, 1))
        lower.imshow(np.clip(paint(found, 0.2), 0, 1), extent=(-1, 1, -1, 1))
        for x, y, radius in found[:, :3]:
            lower.add_patch(plt.Circle((x, y), abs(radius), fill=False, linewidth=0.8))
        lower.set(xlabel="found" if pixels_off(found, true) < 0.5 else "lost")
        for panel in (upper, lower):
            panel.set(xticks=[], yticks=[])
    panels[0, 0].set_ylabel("photograph")
    panels[1, 0].set_ylabel("ended at")
    print(f"You said {guess}. It is {good} of 10.")
    figure.tight_layout()
    return show(
        figure,
        alt="Ten photographs of three discs, and under each where its random start ended, with the "
        "outlines of the circles: in most a disc is missing, and two circles lie on another one.",
    )


# %% [markdown]
# Look at the lost ones. A disc is missing: its circle lies on another disc, where there are two now, or
# turned white and left the sheet. A misplaced circle is worse than none. *No slope leads out of there.*
# Softness lets a circle feel a disc; it cannot tell it *which* disc.
#
# ## 6 · First look, then descend
#
# Looking needs no derivative. `render.clusters(picture, n)` gathers pixels by colour and returns `n`
# colours, (n, 3).

# %% [markdown]
# ### 8.7 A first guess (2 points, 10 minutes)
#
# - `label`: for each pixel of `picture` (height, width, 3) the number of the nearest of the `colours`
#   (n, 3) by squared differences, and n where white paper, (1, 1, 1), is nearer.
# - `look`: a first scene, (n, 6). Circle k is where label k is: its place the mean of these
#   `POINTS`, its radius that of a disc of their area (`PIXEL**2` each), its colour the k-th.
#
# Nobody differentiates this: decide hard.


# %% nbgrader={"grade_id": "ex8_7", "solution": true}
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    ### BEGIN SOLUTION
    every = np.vstack([colours, np.ones(3)])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.argmin(apart, axis=-1)
    ### END SOLUTION


def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    ### BEGIN SOLUTION
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_7", "grade": true, "points": 2}
check("8.7")


# %%
@demo(needs="8.7")
def _():
    figure, panels = plt.subplots(3, 5, figsize=(9, 5.6))
    offs = []
    for k in range(10):  # the last five are shown
        true = random_scene(np.random.default_rng(100 + k))
        picture = photograph(true, k)
        first = look(picture, render.clusters(picture, 3)[0])
        found = anneal(lambda s, soft, p=picture: misfit(s, p, soft), first, [2, 0.7, 0.2], 30)[-1]
        offs.append(pixels_off(found, true))
        print(f"scene {k}: looked {pixels_off(first, true):5.2f} px, descended {offs[-1]:.3f} px")
        if k >= 5:
            for panel, scene in zip(panels[:, k - 5], (None, first, found), strict=True):
                shown = picture if scene is None else paint(scene, 0.2)
                panel.imshow(np.clip(shown, 0, 1), extent=(-1, 1, -1, 1))
                panel.set(xticks=[], yticks=[])
                for x, y, radius in true[:, :3] if scene is first else ():
                    panel.add_patch(plt.Circle((x, y), radius, fill=False, linestyle=":"))
    print(f"found: {np.sum(np.array(offs) < 0.5)} of 10, the worst {max(offs):.3f} pixels off")
    for row, name in enumerate(("photograph", "first look", "descended")):
        panels[row, 0].set_ylabel(name)
    figure.tight_layout()
    return show(
        figure,
        alt="Five scenes of three discs, in rows: the noisy photograph, the first look with discs "
        "a little off the dotted true outlines, and the scene after descent, which cannot be told "
        "from the photograph.",
    )


# %% [markdown]
# *Looking gives the colours and places, descent gives the digits.* Most practical systems do both.
#
# In space it is the same, with one more `if`: which face is in front? `dpkit.render` softens that, too.
# Here is a cube that somebody turned. A hundred turns are looked at, the best few are descended.


# %%
@demo(needs="8.5")
def _():
    canvas, cube = render.Canvas(24), render.cube(0.95)
    turn = render.rotation(np.array([0.5, -0.7, 0.3]))
    picture = render.draw_mesh_hard(cube.with_vertices(cube.vertices @ turn.T), canvas)
    pose = render.find_pose(cube, picture, canvas, looks=100, tries=3)
    print(f"found within {render.angle_between(pose.rotation, turn):.2f} degrees")
    found = cube.with_vertices(cube.vertices @ pose.rotation.T)
    figure, panels = plt.subplots(1, 3, figsize=(8, 2.9))
    for panel, shown, title in (
        (panels[0], picture, "photograph"),
        (
            panels[1],
            render.draw_mesh(found, canvas, softness=2.0, sharing=0.05),
            "soft, as descended",
        ),
        (panels[2], render.draw_mesh_hard(found, render.Canvas(96)), "found, drawn finer"),
    ):
        panel.imshow(np.clip(shown, 0, 1))
        panel.set(title=title, xticks=[], yticks=[])
    return show(
        figure,
        alt="A coloured cube: a coarse photograph of 24 by 24 pixels, the soft picture that was "
        "descended, and the cube in the pose that was found, drawn finely.",
    )


# %% [markdown]
# ## 7 · Learn to run it backwards
#
# Descending anew for each picture is slow. Train a network $g$ once, to go from result $y$ to cause $x$,
# and be quick forever. Two ways to train:
#
# - **Regression**: make pairs, $y = f(x)$; ask that $g(y)$ be near *the* $x$.
# - **Forward consistency**: ask that $f(g(y))$ be near $y$. Nobody needs to know $x$; but $f$ must have
#   slopes.
#
# They differ when a result has *several* causes.

# %% [markdown]
# ### 8.8 Learning an inverse (2 points, 10 minutes)
#
# `f` and `g` are functions of arrays; a result may have another shape than its cause.
#
# - `regression(g, x, y)` and `consistency(g, f, y)`: the two losses above, as mean squared errors.
# - `polish(g, f, y, steps, rate)`: begin with the network's answer; then `steps` steps of plain gradient
#   descent of the *sum* of squares $\sum (f(x) - y)^2$ by $x$ itself. Return $x$. The network looks, you
#   descend.


# %% nbgrader={"grade_id": "ex8_8", "solution": true}
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    ### BEGIN SOLUTION
    return dp.mean((g(y) - x) ** 2)
    ### END SOLUTION


def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    ### BEGIN SOLUTION
    return dp.mean((f(g(y)) - y) ** 2)
    ### END SOLUTION


def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    ### BEGIN SOLUTION
    x = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_8", "grade": true, "points": 2}
check("8.8")


# %%
@demo(needs="8.8")
def _():
    # y = x * x, for x from -1 to 1: each y has two causes.
    x = np.random.default_rng(0).uniform(0, 1, (128, 1))
    x = np.vstack([x, -x])
    y, grid = x * x, np.linspace(0, 1, 101)[:, None]
    figure, axes = plt.subplots(figsize=(6, 3.4))
    axes.plot(y, x, ".", color=GREY, markersize=3, label="pairs")
    for name, colour, style in (("regression", VERMILION, "--"), ("consistency", BLUE, "-")):
        net = nn.MLP([1, 24, 24, 1], rng=3)
        adam = dp.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(400):
            adam.zero_grad()
            loss = (
                regression(net, x, y)
                if name == "regression"
                else consistency(net, lambda x: x * x, y)
            )
            loss.backward()
            adam.step()
        found = net(grid).data
        print(f"{name:12} mean |g(y)² − y| = {np.mean(np.abs(found**2 - grid)):.4f}")
        axes.plot(grid, found, style, color=colour, linewidth=2.5, label=name)
    axes.set(xlabel="result y", ylabel="cause x")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Pairs lie on a parabola on its side. Regression runs straight through the middle, near "
        "0, where no pair is; consistency follows one of the two branches.",
    )


# %% [markdown]
# Both $\sqrt y$ and $-\sqrt y$ are right; their *mean*, 0, is not. Regression learns the mean: of two
# good answers, it gives a bad one. Consistency takes either.
#
# Now let $f$ be your renderer. The network sees a picture and must say x, y and radius. It is never told
# any of them: only whether its circle, drawn, *looks* the same.


# %%
@demo(needs="8.8")
def _():
    small, rng = render.Canvas(12), np.random.default_rng(4)
    points = small.points()

    def draw(z, softness=1.0):  # a batch of discs (n, 3), as rows of 144 pixels
        at, radius = dp.reshape(z[:, :2], (-1, 1, 1, 2)), dp.reshape(z[:, 2], (-1, 1, 1))
        distance = dp.linalg.norm(points - at, axis=-1) - radius
        return dp.reshape(dp.sigmoid(-distance / (softness * small.pixel)), (-1, 144))

    def some(count):
        radius = rng.uniform(0.25, 0.45, (count, 1))
        return np.hstack([rng.uniform(-1, 1, (count, 2)) * (1 - radius), radius])

    net = nn.MLP([144, 64, 3], rng=1)
    adam = dp.optim.Adam(net.parameters(), lr=0.003)
    for _ in range(600):
        adam.zero_grad()
        loss = consistency(net, draw, draw(some(32)))
        loss.backward()
        adam.step()
    true = some(200)
    seen = draw(true)
    for name, found in (
        ("at a glance", net(seen).data),
        ("polished", polish(lambda y: net(y).data, draw, seen, 60, 0.01)),
    ):
        off = np.abs(found - true).max(axis=1) / small.pixel
        print(
            f"{name:12} median {np.median(off):.3f} pixels off, within 0.2: {np.mean(off < 0.2):.0%}"
        )


# %% [markdown]
# ## 8 · Strokes
#
# A photograph has no circles in it. Draw it with strokes: each a segment with soft ink,
# **glow** $= e^{-(d/w)^2}$ at distance $d$ from a pen of width $w$, put together by soft-or.
#
# Paper and photograph are compared slightly blurred, as by somebody who steps back: then strokes beside
# each other make a grey.

# %% [markdown]
# ### 8.9 Ink (2 points, 12 minutes)
#
# - `glow(distance, width)`, as above;
# - `draw(lines, width, points)`: the ink of all strokes, from 0 (none) to 1: (height, width). A row of
#   `lines` (n, 4) is start and end: x, y, x, y. `dp.stack([...])` makes one array of many;
# - `sketch_loss(lines, image, width, points, blurred)`: the *sheet* is 1 where there is no ink. Blur sheet
#   and `image` by `render.blur(…, blurred)` and return the mean squared difference.


# %% nbgrader={"grade_id": "ex8_9", "solution": true}
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    ### BEGIN SOLUTION
    return dp.exp(-((distance / width) ** 2))
    ### END SOLUTION


def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    ### BEGIN SOLUTION
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return soft_or(dp.stack(inks))
    ### END SOLUTION


def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    ### BEGIN SOLUTION
    sheet = 1.0 - draw(lines, width, points)
    difference = render.blur(sheet, blurred) - render.blur(image, blurred)
    return dp.mean(difference * difference)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check8_9", "grade": true, "points": 2}
check("8.9")


# %%
@demo(needs="8.9")
def _():
    # Thirty strokes, with everything in it written by you.
    sheet, rng = render.Canvas(24), np.random.default_rng(2)
    points, fine = sheet.points(), render.Canvas(144).points()
    star = np.abs(render.distance_of("star", sheet.finer(4).points(), np.zeros(2), 0.0, 0.9))
    image = images.shrink(1.0 - (star < 0.06), 4)
    middle = rng.uniform(-0.8, 0.8, (30, 2))
    lines = np.hstack([middle, middle]) + rng.uniform(-0.15, 0.15, (30, 4))

    def loss(lines, blurred):
        return sketch_loss(lines, image, 0.75 * sheet.pixel, points, blurred)

    way = anneal(loss, lines, [2, 1, 0.6], 30)
    print("loss:", "  ".join(f"{float(loss(each, 0.6)):.4f}" for each in way))
    figure, panels = plt.subplots(1, 3, figsize=(8.5, 3.1))
    for panel, shown, title in (
        (panels[0], image, "a picture, 24 × 24"),
        (panels[1], 1 - draw(way[0], 0.05, fine), "thirty strokes, at random"),
        (panels[2], 1 - draw(way[-1], 0.05, fine), "after 90 steps"),
    ):
        panel.imshow(shown, cmap="gray", vmin=0, vmax=1)
        panel.set(title=title, xticks=[], yticks=[])
    return show(
        figure,
        alt="A coarse picture of a star's outline, thirty short random strokes, and the same strokes "
        "after descent, most of which lie along the outline.",
    )


# %% [markdown]
# ## 9 · In your own words
#
# ### 8.10 How soft? (1 point, 5 minutes)
#
# A colleague trains with a softness of 4 pixels, "because then there are gradients", and reports the
# loss of the soft pictures. Which two things go wrong, and what would you do instead? Three or four
# sentences.

# %% [markdown] nbgrader={"grade_id": "why8_10", "grade": true, "solution": true, "points": 1}
# At 4 pixels the renderer makes blurred pictures that nobody took, so the best scene for them is not the
# true one: places and sizes are off by a good part of a pixel, and more steps do not help. And the soft
# loss is not what counts; the hard picture of the scene should be compared with the photograph. I would
# start at 4 pixels, so that shapes are felt from afar, cool to about a fifth of a pixel, where the
# gradient's direction is that of the hard picture, and judge by the hard picture or the error in pixels.

# %% [markdown]
# ### 8.11 Look or descend? (1 point, 5 minutes)
#
# Why do most random starts fail even when cooled, and why does a first look by colour help? When would
# looking like that fail, too? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why8_11", "grade": true, "solution": true, "points": 1}
# The loss over scenes has many valleys: one circle between two discs, two on one, or one that has left
# the sheet or turned white, and a slope only leads to the floor of the valley in which one starts. Cooling
# widens the reach of a border, but does not decide which circle is for which disc. The first look decides
# that, without slopes, and starts each circle in the right valley, so that descent only has to find the
# digits. It fails where colour does not tell the shapes apart: two discs of one colour, textures, shadows,
# one disc mostly hidden; then one has to try several guesses, or learn to look.

# %% [markdown]
# ## 10 · Sketch your own photo
#
# Fifteen hundred strokes on 96 × 96 pixels make fourteen million distances. `render.sketch` is your loss
# with one trick: a stroke skips pixels more than three widths away.
#
# Drag a photo (jpg or png) into the list of files on the left and put its name in: best a face, near,
# well lit. Tick **draw it** to see it drawn; `sketch.svg` prints at any size. For colour, add
# `colour=True` to both calls; it takes longer.


# %%
@demo(needs="8.9")
def _():
    photo = images.lighthouse(96)  # or: render.photograph("me.jpg", 128), and 3000 strokes
    drawing = render.sketch(
        photo, 1500, steps=100, width=0.35, blurred=0.6, progress=True,
        chalk=photo.mean() < 0.4,  # a dark one: on a blackboard, strokes draw the light
    )  # fmt: skip
    seen, truth = render.blur(drawing.picture(), 1.5), render.blur(photo, 1.5)
    print(f"seen from further away, {images.psnr(seen, truth):.1f} dB from the photograph")
    drawing.save("sketch.svg")
    return drawing


# %% [markdown]
# ## 11 · Shadow art
#
# One more use of soft-or: a body of small cubes casts a shadow where *any* cube stands in the light. Ask
# for two shadows at once, from the front and from the side, and let descent carve. Then put your initials
# in place of `ring` and `cross`: any two arrays (14, 14), True for ink, with ink in the same rows.


# %%
@demo(needs="8.3")
def _():
    n = 14
    row, column = np.mgrid[:n, :n] - (n - 1) / 2
    x, y = column, -row
    ring = (np.hypot(x, y) < 6.6) & (np.hypot(x, y) > 3.4)
    cross = (abs(x) < 2) | (abs(y) < 2)
    rng, steps = np.random.default_rng(0), 60
    block = dp.tensor(0.1 * rng.normal(size=(n, n, n)), requires_grad=True)  # y, x, z
    adam = dp.optim.Adam([block], lr=0.2)
    for _ in range(steps):
        adam.zero_grad()
        solid = dp.sigmoid(block)
        front, side = (
            soft_or(dp.transpose(solid, (2, 0, 1))),
            soft_or(dp.transpose(solid, (1, 0, 2))),
        )
        loss = dp.mean((front - ring) ** 2) + dp.mean((side - cross) ** 2)
        loss.backward()
        adam.step()
    body = block.data > 0
    shadows = body.any(axis=2), body.any(axis=1)
    print(
        f"pixels right: front {np.mean(shadows[0] == ring):.0%}, side {np.mean(shadows[1] == cross):.0%}"
    )
    figure = plt.figure(figsize=(9, 3.4))
    panel = figure.add_subplot(1, 3, 1, projection="3d")
    panel.voxels(body[::-1].transpose(1, 2, 0), facecolors=BLUE, edgecolor="white", linewidth=0.2)
    panel.set_axis_off()
    panel.set(xlim=(0, n), ylim=(0, n), zlim=(0, n))
    panel.set_box_aspect((1, 1, 1), zoom=1.3)
    panel.view_init(elev=20, azim=-50)
    for k, (shadow, title) in enumerate(
        zip(shadows, ("from the front", "from the side"), strict=True)
    ):
        panel = figure.add_subplot(1, 3, 2 + k)
        panel.imshow(~shadow, cmap="gray")
        panel.set(title=title, xticks=[], yticks=[])
    return show(
        figure,
        alt="A body made of small cubes, and its two shadows: a ring from the front, a cross from the "
        "side.",
    )


# %% [markdown]
# ## 12 · Stretch (no points, no hurry)
#
# - **Turn it**, from shadow to shadow: `render.shadow_body(ring, cross).film()`.
# - **Curves.** Strokes as `render.bezier`. Fewer of them say more.
# - **Squares and stars**: `render.fit_scene` finds turns, too. Which shapes does it confuse?
# - **Light.** Shade a sphere by `render.shade` and find the lamp from one picture.
# - **Hidden.** Let one disc cover another. What can the slope know of what is hidden?
# - **A solid.** `render.carve` bends a ball until six outlines agree. What must it miss?

# %% [markdown]
# ## Before you go: three questions
#
# 1. Why is a hard picture's slope zero, though its loss has a valley?
# 2. Why does soft-or not care for the order of layers, and over does?
# 3. What does regression learn when a result has two causes?
#
# <details><summary>Answers</summary>
#
# 1. The valley is made of flat stairs: no point changes sides in a tiny step.
# 2. A product does not care; hiding does.
# 3. Their mean, which may be no cause at all.
#
# </details>

# %% [markdown]
# **Next week** things move. You simulate springs and balls, and learn gravity from a film, through your
# renderer.
#
# The whole argument, with triangles, silhouettes and who did it first, is in the notes:
# `course/notes/week08.md`.
