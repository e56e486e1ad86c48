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
# # Lab 7 · Almost differentiable
#
# Programs choose, sort, throw dice, and say yes or no. There the chain rule still gives you numbers.
# They are zero, or missing, or, worst of all, plausible and wrong.
#
# Today you make hard decisions soft, and cool them until they are hard again. At the end a heap of
# puzzle pieces, all of them everywhere at once, freezes into a picture.

# %% [markdown]
# **When you leave this room you can**
#
# - tell a gradient that is zero or biased from one that is right;
# - soften a branch, a choice and an overlap, and cool them down;
# - differentiate a mean over dice in two ways, and test which is biased;
# - differentiate through an optimiser, and through an equation, without its loop.
#
# 2¾ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# `check(…)`: it is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import base64
import io

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit.draw import Moving

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. What is the derivative of `round(x)` at 0.3?
# 2. $\operatorname{lse}(x) = \log \sum_i e^{x_i}$ is almost the maximum. What is its gradient called?
# 3. Your tape ran through `if x > 0: …`. What did it learn of the other branch?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. Zero; as nearly everywhere. That is the trouble.
# 2. The softmax (lab 4): positive shares that add to 1.
# 3. Nothing.
#
# </details>

# %% [markdown]
# ## 1 · Three ways to lose a slope (worked example, 10 minutes)
#
# Here are four programs, and what automatic differentiation says of each. Nothing crashes. Three of
# the four answers are useless.
#
# Boxes are (left, bottom, right, top). **Intersection over union** (IoU), the area that two boxes
# share divided by the area that they cover, is how object detectors are judged.


# %% nbgrader={"grade_id": "hard_things", "locked": true}
def branch(a):
    """b = 0 if a > 0.5, otherwise 2 a: one of the first programs that anybody differentiates."""
    return dp.where(a > 0.5, 0.0 * a, 2.0 * a)


def hard_iou(a, b):
    """Intersection over union of two boxes."""
    width = dp.relu(dp.minimum(a[2], b[2]) - dp.maximum(a[0], b[0]))
    height = dp.relu(dp.minimum(a[3], b[3]) - dp.maximum(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (both - width * height)


def one_hot(x):
    """1 at the largest entry, 0 elsewhere. Nothing is differentiated through it."""
    return np.eye(len(x))[int(dp.argmax(x))]


START, TARGET = np.array([0.5, 0.6, 1.9, 1.9]), np.array([6.0, 4.0, 8.0, 5.0])
PLACES = np.arange(3.0)

print("the smooth one, x * x, at 3:   ", dp.grad(lambda x: x * x)(3.0))
print("where is the largest of (1,4,2)?", dp.grad(lambda x: dp.sum(one_hot(x) * PLACES) + 0 * x[0])(
    np.array([1.0, 4.0, 2.0])))  # fmt: skip
print("how well do two far boxes meet? ", dp.grad(lambda box: hard_iou(box, TARGET))(START))
print("the branch at 0.5:              ", dp.grad(branch)(0.5))

# %% [markdown]
# The argmax and the IoU are **flat**: a step in any direction changes nothing, so there is nothing to
# follow. The branch is not flat, and its 2 is the slope of the side that ran. It ignores that a tiny
# step further everything falls from 1 to 0.
#
# Nobody hits 0.5 exactly, you may say. So let $a$ be a little noisy, as every measured number is.

# %% [markdown]
# ### 7.1 Predict: the slope of a jump (1 point, 3 minutes)
#
# Run `branch(a + noise)` many times, with normal noise of standard deviation 0.1, and take the mean.
# This mean is a smooth function of $a$. At $a = 0.5$ half of the runs take either side, so
# differentiating each run and averaging gives $\tfrac12 \cdot 2 + \tfrac12 \cdot 0 = +1$.
#
# What do you think the slope of the mean *is*, at 0.5? Write `return` and your number. *Trying earns
# the point.*


# %% nbgrader={"grade_id": "ex7_1", "solution": true}
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    ### BEGIN SOLUTION
    return 0.5 * 2 - 3.9894
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_1", "grade": true, "points": 1}
check("7.1")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_jump()
    noise = 0.1 * np.random.default_rng(7).standard_normal(400_000)

    def mean(a, some=noise[::4]):
        return dp.mean(branch(a + some))

    slope, far = dp.grad(mean)(0.5), mean(0.5)
    nudged = (mean(0.51, noise) - mean(0.49, noise)) / 0.02
    print(f"You said {guess}. Two nudges say {nudged:.2f}.")
    print(f"Differentiating each run says {slope:.2f}:")
    print("not even the sign is right. Each run knows its own side; none of them sees the cliff.")
    a = np.linspace(0, 1, 101)
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(a, [mean(each) for each in a], color=BLUE, linewidth=2.5, label="mean of noisy runs")
    axes.plot(a, branch(a), ".", color=GREY, markersize=3, label="the program")
    ends = np.array([0.4, 0.6])
    axes.plot(ends, far + slope * (ends - 0.5), "--", color=VERMILION, label="what AD says at 0.5")
    axes.set(xlabel="a", ylabel="b")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="The branch climbs from 0 to 1 and falls to 0 at one half. The mean of noisy runs falls "
        "steeply there, while automatic differentiation draws a rising line.",
    )


# %% [markdown]
# ## 2 · Soft branches
#
# A **relaxation** is a smooth function that behaves almost like the hard one. For a branch: run *both*
# sides, and mix them by how sure the condition is,
#
# $$s\, \text{yes} + (1 - s)\, \text{no}, \qquad s = \sigma(m / t).$$
#
# $m$ is the **margin**, how far the condition is from changing ($0.5 - a$ for `a < 0.5`). $t$ is the
# **temperature**, in the unit of $m$. $\sigma$ is the logistic function, `dp.sigmoid`.
#
# `dp.relax` has today's exercises ready-made: to compare with *afterwards*. The checks want yours.

# %% [markdown]
# ### 7.2 Soft-if, and its bias (2 points, 10 minutes)
#
# Write `soft_if`. Arrays may come in, margins may be huge.
#
# Softness costs truth: at distance $m$ from the jump, the error is the wrong side's share times the
# `jump`, the difference of both sides. Write `warmest`: the temperature at which this error is exactly
# `tolerance`. (Solve for $t$, with a pencil.)
#
# Then `soft_if(0.0, 3.0, 1.0, t)` is 2 at any temperature, and `warmest(1.0, 2.0, 0.2)` is
# about 0.455.


# %% nbgrader={"grade_id": "ex7_2", "solution": true}
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    ### BEGIN SOLUTION
    sure = dp.sigmoid(margin / temperature)
    return sure * yes + (1 - sure) * no
    ### END SOLUTION


def warmest(distance, jump, tolerance):
    """The temperature at which a soft-if errs by `tolerance`, `distance` away from a `jump`."""
    ### BEGIN SOLUTION
    return distance / np.log(jump / tolerance - 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_2", "grade": true, "points": 2}
check("7.2")


# %%
@demo(needs="7.2")
def _():
    a, rows = np.linspace(0, 1, 201), []
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for t, colour, style in ((0.2, VERMILION, "--"), (1 / 16, BLUE, "-"), (0.01, GREEN, "-.")):
        soft = lambda a, t=t: soft_if(0.5 - a, 2 * a, 0.0 * a, t)  # noqa: E731
        axes.plot(a, soft(a), style, color=colour, label=f"t = {t:g}")
        rows.append(f"t = {t:6.4f}: slope at 0.5 {dp.grad(soft)(0.5):7.2f}, at 0.3 "
                    f"{dp.grad(soft)(0.3):5.2f}")  # fmt: skip
    print("\n".join(rows))
    axes.plot(a, branch(a), ".", color=GREY, markersize=2, label="hard")
    axes.set(xlabel="a", ylabel="b")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="The branch at three temperatures. The coldest follows the hard one up to a cliff; the "
        "warmest is a gentle hump that is wrong nearly everywhere and has a slope everywhere.",
    )


# %% [markdown]
# The trade of the day, in one picture. **Warm**: slopes everywhere, of the wrong function. **Cold**: the
# right function, and slopes that are zero or enormous. So one starts warm and cools: one **anneals**.
#
# And whatever was trained warm is *judged cold*, by the hard program. Reporting the soft number is the
# commonest way to fool yourself.

# %% [markdown]
# ## 3 · Soft choices
#
# Softmax with a temperature gives each candidate a share, in proportion to $e^{x_i / t}$. Everything
# else is a mean by these shares:
#
# | hard | soft |
# |---|---|
# | 1 for the winner, else 0 | the shares |
# | *where* is the largest? | the mean place |
# | *how much* is the largest? | the mean value |

# %% [markdown]
# ### 7.3 Softmax with a temperature (2 points, 10 minutes)
#
# `softmax`, `soft_argmax` (places count from 0) and `soft_max`, for one row of numbers. Entries of
# 10,000 and temperatures of 0.01 must not overflow: which number may you subtract from every entry
# first? (`dp.max`, `dp.sum`, `dp.exp`; not `dp.softmax`, please: you will want to know how.)
#
# `soft_argmax` of (1, 4, 2) is 1.072 at temperature 1, and 1.000 at 0.2.


# %% nbgrader={"grade_id": "ex7_3", "solution": true}
def softmax(x, temperature):
    """Shares of 1, in proportion to exp(x / temperature)."""
    ### BEGIN SOLUTION
    raised = dp.exp((x - dp.max(x)) / temperature)
    return raised / dp.sum(raised)
    ### END SOLUTION


def soft_argmax(x, temperature):
    """The place of the largest entry, softly."""
    ### BEGIN SOLUTION
    return dp.sum(softmax(x, temperature) * np.arange(len(x)))
    ### END SOLUTION


def soft_max(x, temperature):
    """The largest entry, softly: never above it."""
    ### BEGIN SOLUTION
    return dp.sum(softmax(x, temperature) * x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_3", "grade": true, "points": 2}
check("7.3")


# %%
@demo(needs="7.3")
def _():
    # Find a bright spot in a noisy row of pixels, to a fraction of a pixel.
    place = np.arange(24)
    row = np.exp(-((place - 13.4) ** 2) / 6) + 0.05 * np.random.default_rng(3).normal(size=24)
    print("argmax:     ", int(np.argmax(row)))
    for t in (1.0, 0.3, 0.1, 0.03):
        slope = dp.grad(lambda row, t=t: soft_argmax(row, t))(row)
        print(
            f"t = {t:4}: soft argmax {soft_argmax(row, t):6.3f}, largest slope {abs(slope).max():.2f}"
        )
    print("the truth:   13.4. Robots find corners to a fraction of a pixel this way.")


# %% [markdown]
# ## 4 · A box that finds its target
#
# Now a real flat one. Where two boxes do not meet, IoU is 0 and so is its gradient; a detector that
# proposes a box beside a cat learns nothing.
#
# Two intervals share $\max(0, u)$, with $u$ = the smaller right end minus the larger left end. Where
# they miss each other, $-u$ is the gap. The corner of $\max(0, u)$ is rounded by
# $t \log(1 + e^{u/t})$: `dp.softplus(u / t)`, times $t$.

# %% [markdown]
# ### 7.4 Soft IoU (3 points, 15 minutes)
#
# - `soft_overlap`: the length that two intervals share, softly, and without overflow;
# - `soft_iou`: with $\langle a, b \rangle$ the soft overlap across times the soft overlap upwards,
#   $\dfrac{\langle a, b \rangle}{\langle a, a \rangle + \langle b, b \rangle - \langle a, b \rangle}$;
# - `find`: gradient descent on minus its *logarithm*. One step for each temperature $t$: down the
#   slope, times `rate * t`. Return all boxes, the start first.
#
# Even the box's own area is softened, so equal boxes have exactly 1, however warm.


# %% nbgrader={"grade_id": "ex7_4", "solution": true}
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    ### BEGIN SOLUTION
    return t * dp.softplus((dp.minimum(a1, b1) - dp.maximum(a0, b0)) / t)
    ### END SOLUTION


def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    ### BEGIN SOLUTION
    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (shared(a, a) + shared(b, b) - shared(a, b))
    ### END SOLUTION


def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    ### BEGIN SOLUTION
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_4", "grade": true, "points": 3}
check("7.4")


# %% nbgrader={"grade_id": "chase", "locked": true}
WAYS = {"cooled": (BLUE, ""), "always warm": (GREEN, "10 5"), "always cold": (VERMILION, "3 4")}


def chase(paths, temperatures):
    """Boxes on their way to TARGET, by name; click to start."""
    unit, seconds, frames = 60, 9, 60
    steps = [round(k) for k in len(temperatures) * np.linspace(0, 1, frames) ** 2]

    def change(name, values, kind=""):
        return (f'<animate attributeName="{name}" values="{";".join(values)}" dur="{seconds}s" '
                f'begin="chase.click" fill="freeze" {kind}/>')  # fmt: skip

    def rect(box, style, moving=""):
        x, y, w, h = unit * box[0], 360 - unit * box[3], *(unit * (box[2:] - box[:2]))
        place = f'x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}"'
        return f'<rect {place} fill="none" {style}>{moving}</rect>'

    drawn = rect(TARGET, f'style="fill:{GREY};fill-opacity:0.25"')
    drawn += f'<text x="{unit * TARGET[0]:.0f}" y="52" fill="{GREY}">target</text>'
    drawn += rect(START, f'stroke="{GREY}"')
    for row, (name, path) in enumerate(paths.items()):
        (colour, dashes), boxes = WAYS[name], np.array([path[k] for k in steps])
        sizes = unit * np.maximum(0, boxes[:, 2:] - boxes[:, :2])
        motion = "".join(
            change(attribute, [f"{each:.1f}" for each in values])
            for attribute, values in (
                ("x", unit * boxes[:, 0]), ("y", 360 - unit * boxes[:, 3]),
                ("width", sizes[:, 0]), ("height", sizes[:, 1]),
            )
        )  # fmt: skip
        pen = f'stroke="{colour}" stroke-width="4" stroke-dasharray="{dashes}"'
        drawn += rect(boxes[0], pen, motion)
        x, ends = (20, 172, 376)[row], float(hard_iou(path[-1], TARGET))
        drawn += (
            f'<path d="M{x} 395h36" {pen}/><text x="{x + 44}" y="400">{name}: {ends:.2f}</text>'
        )
    for k, step in enumerate(steps[:-1:2]):  # the thermometer
        t, shown = temperatures[step], [str(int(each == k)) for each in range(frames // 2)]
        fading = change("opacity", shown, 'calcMode="discrete"')
        drawn += f'<text x="20" y="30" opacity="{shown[0]}">cooled to {t:.2f}{fading}</text>'
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="chase" role="img" viewBox="0 0 560 430" '
        'width="560" style="cursor:pointer;background:white;font:16px sans-serif">'
        "<title>Three boxes leave for a target. One, cooled, stretches out towards it, gets hold of "
        "it and contracts until it lies on it; one, always warm, trembles about it; one, always "
        f"cold, becomes huge at once and then hardly contracts</title>{drawn}"
        f'<text x="20" y="424" font-size="13" fill="{GREY}">'
        "click to start; the numbers are hard IoU at the end</text></svg>",
        "A box finds its target",
    )


# %%
@demo(needs="7.4")
def _():
    cooling, paths = np.geomspace(1, 0.02, 300), {}
    for name, temperatures in (
        ("cooled", cooling),
        ("always warm", np.full(300, 1.0)),
        ("always cold", np.full(300, 0.02)),
    ):
        paths[name] = find(START, TARGET, temperatures, 0.5)
        print(f"{name:12} hard IoU {float(hard_iou(paths[name][-1], TARGET)):.3f} after 300 steps")
    return chase(paths, cooling)


# %% [markdown]
# Like a rubber band: it stretches out, gets hold, contracts. Always cold, it stretches as fast (the
# logarithm sees to that); but once it has hold, its steps are of size $t$, and it hardly contracts.
# Always warm, it gets there and trembles.
#
# A detector has one more hard step, throwing away boxes that overlap a better one. It is usually left
# hard, and *not* trained through: the notes say why.

# %% [markdown]
# ## 5 · Dice
#
# "One of these four, at random, by these chances" is the hardest choice of all. **Gumbel's trick**: add
# to each logit (a number whose softmax gives the chances) a random number $-\log(-\log u)$, $u$ uniform
# in (0, 1). Take the largest. Entry $k$ wins with probability $\operatorname{softmax}(\text{logits})_k$,
# exactly.
#
# Now the dice stand *outside*, and what is left is an argmax. You can soften that.

# %% [markdown]
# ### 7.5 Choose hard, learn soft (2 points, 12 minutes)
#
# - `gumbel(u)`, from uniform numbers;
# - `straight_through(hard, soft)`: the *value* of `hard` with the *derivative* of `soft`.
#   `dp.stop_gradient(z)` has the value of `z`, and counts as a constant;
# - `choose(logits, u, temperature)`: the winner as a one-hot row, with the derivative of the
#   temperature softmax of the same noisy logits. `one_hot` and your `softmax` help.


# %% nbgrader={"grade_id": "ex7_5", "solution": true}
def gumbel(u):
    """Gumbel numbers from uniform ones."""
    ### BEGIN SOLUTION
    return -np.log(-np.log(u))
    ### END SOLUTION


def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    ### BEGIN SOLUTION
    return soft + dp.stop_gradient(hard - soft)
    ### END SOLUTION


def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    ### BEGIN SOLUTION
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, temperature))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_5", "grade": true, "points": 2}
check("7.5")


# %%
@demo(needs="7.5")
def _():
    # Eight slot machines with hidden pay; learn which to play, from plays of one machine at a time.
    rng, logits = np.random.default_rng(5), np.zeros(8)
    pay = np.array([0.2, 0.5, 0.35, 0.9, 0.1, 0.6, 0.4, 0.3])
    for k in range(301):
        if k in (0, 30, 100, 300):
            chances = np.exp(logits) / np.exp(logits).sum()
            print(f"after {k:3} plays: " + " ".join(f"{each:.2f}" for each in chances))
        u = rng.uniform(size=8)
        slope = dp.grad(lambda x, u=u: dp.sum(choose(x, u, 1.0) * pay))(logits)
        logits = logits + 2.0 * slope


# %% [markdown]
# The fourth machine pays best, and every play was of one machine only. But look closely: the
# derivative used *all* entries of `pay`. A real casino tells you what you won, and nothing else. And a
# straight-through slope is **biased**: it is the slope of another function.
# We come back to that.

# %% [markdown]
# ## 6 · The hardest of all
#
# Losses choose, too. A face recogniser maps each picture to a **feature**, a point, near those of the
# same person. For one picture let $p$ be the squared distance to another of the same
# person, $n$ to one of somebody else. The **triplet loss**
# $\max(0, p - n + \text{margin})$ is 0 once the stranger is further away by the margin.
#
# Soon most triplets are. So choose the hardest: the *furthest* of the same person, the *nearest*
# stranger.

# %% [markdown]
# ### 7.6 Predict: a loss that stands still (1 point, 3 minutes)
#
# The network finds a way out. It draws all pictures, of everybody, together into a single point.
#
# What is the loss then, at a margin of 0.2? Write `return` and your number; and before you run on, ask
# yourself what its slope is. (The slope of a squared distance is twice the distance.)


# %% nbgrader={"grade_id": "ex7_6", "solution": true}
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    ### BEGIN SOLUTION
    return max(0, 0 - 0 + 0.2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_6", "grade": true, "points": 1}
check("7.6")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_collapse()
    once, margin = np.random.default_rng(0), 0.2
    face, pose = once.normal(size=(4, 24)), once.normal(size=(6, 24))

    def pictures(rng, people, shots):  # 24 pixels, in which the pose counts for more than the face
        who = np.repeat(np.arange(people), shots)
        turned = np.tanh(rng.normal(size=(len(who), 6)) @ pose)
        return rng.normal(size=(people, 4))[who] @ face + 5 * turned, who

    def squares(z):
        lengths = dp.sum(z * z, axis=1)
        return dp.expand_dims(lengths, 1) + lengths - 2 * z @ z.T

    def hardest(d, same):
        furthest = dp.max(dp.where(same, d, 0.0 * d), axis=1)
        nearest = dp.min(dp.where(same, 0.0 * d + 1e9, d), axis=1)
        return dp.mean(dp.relu(furthest - nearest + margin))

    def softly(d, same):  # InfoNCE: a softmax of minus the distances over everybody else
        scores = dp.where(np.eye(len(d)) > 0, 0.0 * d - 1e9, -2 * d)
        shares = scores - dp.logsumexp(scores, axis=1, keepdims=True)
        return -dp.sum(shares * (same - np.eye(len(d)))) / (same.sum() - len(d))

    new, who = pictures(np.random.default_rng(99), 40, 2)
    figure, panels = plt.subplots(1, 3, figsize=(9.5, 3))
    for panel, loss, colour in ((panels[1], hardest, VERMILION), (panels[2], softly, BLUE)):
        rng, losses = np.random.default_rng(0), []
        sizes = ((24, 32), 0.2), ((32,), 0.0), ((32, 8), 0.05)
        weights = [dp.tensor(s * rng.normal(size=n), requires_grad=True) for n, s in sizes]
        adam = dp.optim.Adam(weights, lr=0.003)
        for _ in range(300):
            x, names = pictures(rng, 16, 4)
            adam.zero_grad()
            z = dp.tanh(x @ weights[0] + weights[1]) @ weights[2]
            lost = loss(squares(z), names[:, None] == names)
            lost.backward()
            adam.step()
            losses.append(float(lost.data))
        z = np.tanh(new @ weights[0].data + weights[1].data) @ weights[2].data
        near = np.argmin(squares(z) + 1e9 * np.eye(80), axis=1)
        print(f"{loss.__name__:10} loss {losses[-1]:.4f}; the nearest picture is of the same person: "
              f"{np.mean(who[near] == who):.0%}")  # fmt: skip
        if loss is hardest:
            panels[0].plot(losses, color=colour)
            panels[0].axhline(margin, color="black", linestyle=":")
            panels[0].set(xlabel="steps", ylabel="loss of the hardest", ylim=(0, 1))
        for person in range(40):  # two pictures of one person, joined
            panel.plot(*z[who == person, :2].T, "o-", color=colour, markersize=4, linewidth=1)
        panel.set(xlim=(-2, 2), ylim=(-2, 2), xlabel="feature 1", ylabel="feature 2")
        panel.set(title="the hardest triplets" if loss is hardest else "softly, over everybody")
    print(f"You said {guess}. The dotted line is {margin}: the margin, and nothing but the margin.")
    print(
        "In one point all distances are 0, and so are their slopes: a dead end, not a plateau. The"
    )
    print(
        "net on the right learned from a softmax over all other pictures (InfoNCE): a soft choice,"
    )
    print("which takes a little from every stranger. Soft where the first is hard, once more.")
    figure.tight_layout()
    return show(
        figure,
        alt="Left, the loss of the hardest triplets falls to 0.2 and stays. Middle, the features of 80 "
        "pictures, all in one point. Right, trained by a softmax over everybody: spread out in pairs.",
    )


# %% [markdown]
# ## 7 · Two slopes of one expectation
#
# Back to the casino, which tells you what you won and nothing else.
#
# $F(\theta) = \mathbb{E}[f(x)]$ with $x = \theta + \sigma\varepsilon$, $\varepsilon$ standard normal. What
# is $F'$, from samples?
#
# **By the path** (reparameterisation): the samples move with $\theta$. Average $f'(x)$.
#
# **By the score** (REINFORCE): the samples stay, their *chances* move. Average
# $(f(x) - c)\,\varepsilon / \sigma$, where $c$ is a constant **baseline**; this needs no $f'$ at all.
#
# For $f(x) = x^2$ both have the right mean, $2\theta$.

# %% [markdown]
# ### 7.7 By the path, by the score, by trial (3 points, 15 minutes)
#
# The first two return *one estimate for each sample*, an array as long as `noise`. `f` takes arrays and
# acts on each number by itself, so the gradient of `dp.sum(f(x))` holds all slopes at once.
#
# `z_score` is the jury: how many standard errors is their mean from a truth, signed?
# The standard error is the standard deviation (with `ddof=1`) over $\sqrt n$. Beyond ±4 it is
# no chance.


# %% nbgrader={"grade_id": "ex7_7", "solution": true}
def path_slopes(f, theta, sigma, noise):
    """Estimates of the derivative of E[f(theta + sigma noise)] by theta: by the path."""
    ### BEGIN SOLUTION
    return dp.grad(lambda x: dp.sum(f(x)))(theta + sigma * noise)
    ### END SOLUTION


def score_slopes(f, theta, sigma, noise, baseline=0.0):
    """The same, by the score, with a baseline subtracted from f."""
    ### BEGIN SOLUTION
    return (f(theta + sigma * noise) - baseline) * noise / sigma
    ### END SOLUTION


def z_score(slopes, truth):
    """Standard errors between the mean of the slopes and the truth."""
    ### BEGIN SOLUTION
    error = np.std(slopes, ddof=1) / np.sqrt(len(slopes))
    return (np.mean(slopes) - truth) / error
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_7", "grade": true, "points": 3}
check("7.7")


# %%
@demo(needs="7.7")
def _():
    noise = np.random.default_rng(7).standard_normal(100_000)
    jump = 2 * 0.5 - 1 / (0.1 * np.sqrt(2 * np.pi))  # half the runs climb; all of them may fall
    for name, f, theta, sigma, truth in (
        ("x squared", lambda x: x * x, 1.0, 1.0, 2.0),
        ("the branch", branch, 0.5, 0.1, jump),
    ):
        print(f"{name}: the truth is {truth:.3f}")
        for way, slopes in (
            ("by the path", path_slopes(f, theta, sigma, noise)),
            ("by the score", score_slopes(f, theta, sigma, noise)),
            (
                "  with baseline",
                score_slopes(f, theta, sigma, noise, f(theta + sigma * noise).mean()),
            ),
        ):
            print(f"  {way:15} {slopes.mean():7.3f}   z = {z_score(slopes, truth):9.1f}   "
                  f"variance {slopes.var():7.1f}")  # fmt: skip
    print("Exactly, the variances for x squared are 4, 30 and 18: a ratio of 7.5, or 4.5.")


# %% [markdown]
# Read the branch's lines again. There the path's $z$ is beyond a thousand: no number of samples
# mends it. The score, which never looks inside, is right.
#
# **Policy gradients**, which learn to play games from the score at the end, are this one line. Let the
# *parameters* be the dice, and the same line is an **evolution strategy**: shake all weights, see who
# fares better, lean that way. What cannot be differentiated can still be shaken.


# %%
@demo(needs="7.7")
def _():
    # One task, three ways to learn: the direction in which a cloud of points is longest.
    rng = np.random.default_rng(2)
    cloud = rng.normal(size=(400, 2)) * (2.0, 0.6) @ np.array([[0.6, 0.8], [-0.8, 0.6]])
    spread = cloud.T @ cloud / len(cloud)
    best = np.linalg.eigh(spread)[1][:, -1]  # the first principal component

    def fitness(w):
        return w @ spread @ w / (w @ w)

    ways = {"gradient": [], "evolution strategy": [], "Hebb, with Oja's brake": []}
    for name, path in ways.items():
        w = np.array([0.9, -0.5])
        for k in range(400):
            path.append(np.degrees(np.arccos(min(1.0, abs(w @ best) / np.linalg.norm(w)))))
            if name == "gradient":
                w = w + 0.03 * dp.grad(fitness)(w)
            elif name == "evolution strategy":
                shakes = rng.normal(size=(10, 2))  # half of them mirrored, as a baseline
                gains = [fitness(w + 0.1 * s) - fitness(w - 0.1 * s) for s in shakes]
                w = w + 0.03 * (np.array(gains) @ shakes) / (0.2 * len(shakes))
            else:  # one point at a time; what fires together wires together
                fires = cloud[k] @ w
                w = w + 0.01 * fires * (cloud[k] - fires * w)
    for name, path in ways.items():
        print(f"{name:23} |cos| to the best, mean of the last 100: "
              f"{np.cos(np.radians(path[-100:])).mean():.4f}")  # fmt: skip
    figure, axes = plt.subplots(figsize=(7, 3.2))
    styles = (("-", BLUE), ("--", VERMILION), (":", "black"))
    for (name, path), (style, colour) in zip(ways.items(), styles, strict=True):
        axes.plot(path, style, color=colour, label=name, linewidth=2)
    axes.set(xlabel="updates", ylabel="degrees away from the best")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="Angle to the longest direction of a cloud of points, for the gradient, an evolution "
        "strategy and a Hebbian rule: all three fall from some eighty degrees to a few.",
    )


# %% [markdown]
# The third way has neither gradients nor a fitness: each weight only sees its two ends. It works *here*
# because the local rule happens to climb the same hill. That is rare.
#
# ## 8 · Algorithms as layers
#
# A loop is a program, too. Gradient descent is a loop, so it has a gradient: by the learning rate, say.
# A **hypergradient** tells how the *end* of a training run depends on how it was run.

# %% [markdown]
# ### 7.8 Through the optimiser (2 points, 12 minutes)
#
# - `descend`: from `start`, `steps` steps of plain descent; `slope(w)` is the gradient. Never change
#   `start` itself, and let a tape follow the rate through all steps.
# - `hypergradient`: run it, put what it found into `loss` (which need not be the function that was
#   descended!), and return (loss, its derivative by the *rate*): by the tape, not by nudges.
#
# `dp.value_and_grad(f)(x)` gives (f(x), its derivative).


# %% nbgrader={"grade_id": "ex7_8", "solution": true}
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    ### BEGIN SOLUTION
    w = start
    for _ in range(steps):
        w = w - rate * slope(w)
    return w
    ### END SOLUTION


def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    ### BEGIN SOLUTION
    return dp.value_and_grad(lambda rate: loss(descend(slope, start, rate, steps)))(rate)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_8", "grade": true, "points": 2}
check("7.8")


# %%
@demo(needs="7.8")
def _():
    # The javelin of week 1 flies 80 sin(2 angle) metres. Learn the rate, not the angle.
    short = lambda angle: 80 - 80 * dp.sin(2 * angle)  # noqa: E731
    rate, h = 0.001, 1e-6
    for k in range(9):
        lost, change = hypergradient(short, dp.grad(short), 0.1, rate, 5)
        if k % 2 == 0:
            print(f"rate {rate:.6f}: five steps end {lost:.7f} m short; d/d rate {change:11.4f}")
        rate = rate - 2 * lost / change  # Newton's step, doubled: the goal is also a minimum
    ends = [short(descend(dp.grad(short), 0.1, 0.001 + d, 5)) for d in (h, -h)]
    print(f"nudged at 0.001: {(ends[0] - ends[1]) / (2 * h):.1f}")


# %% [markdown]
# Five steps, and the javelin lands. Now think bigger: a layer of a network whose *forward pass* is
# gradient descent. The next one reads a summary of a set of points, in which their order cannot be
# seen, and moves six points until *their* summary is the same. Its output is a **set**: no order to
# get wrong.


# %% nbgrader={"grade_id": "set_layer", "locked": true}
LOOKOUTS = np.stack(np.meshgrid(*2 * [np.linspace(-1.2, 1.2, 5)]), -1).reshape(-1, 2)


def summary(points):
    """How crowded it is around each of 25 lookouts: a sum over the points, so without an order."""
    squares = dp.sum((dp.expand_dims(points, 1) - LOOKOUTS) ** 2, axis=-1)
    return dp.sum(dp.exp(-2 * squares), axis=0)


def set_from(numbers, steps, start):
    """A layer: from a summary to a set of points, by descent on the points."""
    slope = dp.grad(lambda points: dp.sum((summary(points) - numbers) ** 2))
    return descend(slope, start, 0.05, steps)


# %%
@demo(needs="7.8")
def _():
    angles = np.pi / 3 * np.arange(6) + 0.3
    true = np.stack([np.cos(angles), 0.6 * np.sin(angles)], 1)
    start = 0.4 * np.random.default_rng(8).normal(size=(6, 2))
    figure, axes = plt.subplots(1, 3, figsize=(8.5, 3), sharey=True)
    for panel, steps in zip(axes, (0, 100, 1000), strict=True):
        made = set_from(summary(true), steps, start)
        panel.plot(*true.T, "s", color=GREY, markerfacecolor="none", markersize=11)
        panel.plot(*made.T, "o", color=BLUE)
        panel.set(title=f"{steps} inner steps", xlim=(-1.4, 1.4), ylim=(-1.1, 1.1), xlabel="x")
    axes[0].set(ylabel="y")
    return show(
        figure,
        alt="Six blue points, scattered at first, move under gradient descent towards six grey "
        "squares on an ellipse, of which only an unordered summary was given.",
    )


# %% [markdown]
# ## 9 · Without the loop
#
# Descend a thousand steps, and the tape holds a thousand steps. But where a loop *settles*, at
# $x = g(x, p)$, nobody needs to know how it got there. Move $p$ a little; the equation still holds:
#
# $$dx = \frac{\partial g}{\partial x} dx + \frac{\partial g}{\partial p} dp .$$
#
# Solve for $dx$: that is **implicit differentiation**. One linear system, whatever the loop did.

# %% [markdown]
# ### 7.9 The slope of an equilibrium (2 points, 12 minutes)
#
# `x` and `p` are arrays of different lengths.
#
# - `settle`: repeat `x = g(x, p)` until no entry changes by more than $10^{-12}$; return the last `x`.
# - `implicit_jacobian`: how the fixed point `x` moves with `p`: entry $(i, j)$ is
#   $\partial x_i / \partial p_j$. Do not run the loop. `dp.jacfwd(g, 0)(x, p)` and
#   `dp.jacfwd(g, 1)(x, p)` are the two Jacobians; `np.linalg.solve(A, B)` solves $A Z = B$.
#   (`dp.fixed_point`, the ready-made one, is for afterwards.)


# %% nbgrader={"grade_id": "ex7_9", "solution": true}
def settle(g, x, p):
    """The fixed point of x = g(x, p)."""
    ### BEGIN SOLUTION
    while True:
        before, x = x, g(x, p)
        if np.max(np.abs(x - before)) <= 1e-12:
            return x
    ### END SOLUTION


def implicit_jacobian(g, x, p):
    """The Jacobian of the fixed point x by p."""
    ### BEGIN SOLUTION
    by_x, by_p = dp.jacfwd(g, 0)(x, p), dp.jacfwd(g, 1)(x, p)
    return np.linalg.solve(np.eye(len(x)) - by_x, by_p)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check7_9", "grade": true, "points": 2}
check("7.9")


# %%
@demo(needs="7.9")
def _():
    # Three towns trade; each price settles by its neighbours'. Which way does a tax move them all?
    links = np.array([[0.0, 0.5, 0.2], [0.3, 0.0, 0.4], [0.1, 0.6, 0.0]])

    def g(prices, tax):
        return dp.tanh(links @ prices + dp.stack([tax[0], 0.0 * tax[0], 0.5 * tax[1]]))

    tax = np.array([0.3, 0.2])
    prices = settle(g, np.zeros(3), tax)
    print("prices", prices.round(4), "\nby taxes\n", implicit_jacobian(g, prices, tax).round(6))
    nudged = [settle(g, np.zeros(3), tax + d) for d in (np.array([1e-5, 0]), -np.array([1e-5, 0]))]
    print("first column, nudged:", ((nudged[0] - nudged[1]) / 2e-5).round(6))


# %% [markdown]
# ## 10 · In your own words
#
# ### 7.10 Which slope do you trust? (1 point, 5 minutes)
#
# A colleague differentiates a simulation of a bouncing ball, run after run with noisy starts, and
# averages. The numbers are stable and their variance tiny. Why may the average still be wrong, and
# which two things could you do about it? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why7_10", "grade": true, "solution": true, "points": 1}
# A bounce is a branch: if the outcome jumps there (the ball lands left or right of a step), each run's
# derivative knows its own side only, and what the jump contributes is missing from every sample, so no
# average shows it. A small variance says nothing about a bias. One can soften the branch and cool it
# down, at the price of a bias that one controls, or estimate by the score, which only needs outcomes
# and is unbiased, at the price of variance; a finite difference of the mean, or a z-test, shows which
# is right.

# %% [markdown]
# ### 7.11 Warm and cold (1 point, 5 minutes)
#
# Why not train at a very low temperature from the beginning, since that is the function you want? Why
# not stay warm? And which number do you report at the end? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why7_11", "grade": true, "solution": true, "points": 1}
# Cold, the slope is nearly zero except close to the decision, where it is huge, so a start that is far
# away is not told where to go. Warm, there is a slope everywhere, but of another function, whose best
# point lies elsewhere, or which never commits itself. So one anneals from warm to cold and follows the
# best point while it can be felt. One reports the hard number, of the program that will be used: the
# soft one flatters, or at least measures something else.

# %% [markdown]
# ## 11 · The puzzle
#
# Twenty-five pieces, shuffled. A **permutation** is the hardest choice: 25 choices, no piece twice.
# Soften it: a table with a share of every piece for every place, all rows and columns adding to 1.
# **Sinkhorn's algorithm** makes one from any scores: divide the rows by their sums, then the columns,
# and again.
#
# We know only a thumbnail, two by two pixels a piece. The scores learn from it, through Sinkhorn,
# while the table cools.


# %% nbgrader={"grade_id": "puzzle", "locked": true}
def landscape(side=5, pixels=24):
    """A small painted landscape, (120, 120, 3), numbers from 0 to 1."""
    y, x = np.mgrid[0 : side * pixels, 0 : side * pixels] / (side * pixels)
    picture = np.stack(
        [0.15 + 0.7 * y + 0.15 * x, 0.35 + 0.35 * y + 0.2 * x, 0.7 - 0.1 * x + 0.2 * y], -1
    )
    picture[(x - 0.72) ** 2 + (y - 0.25) ** 2 < 0.012] = (1.0, 0.9, 0.4)
    for hills, colour in (
        (y > 0.55 + 0.12 * np.sin(5 * x + 0.5), (0.2, 0.45, 0.3)),
        (y > 0.78 + 0.08 * np.sin(9 * x + 2), (0.1, 0.28, 0.25)),
    ):
        picture[hills] = (np.array(colour) + 0.25 * (x + y)[..., None] - 0.2)[hills]
    picture[(abs(x - 0.3) < 0.1) & (y > 0.5) & (y < 0.72)] = (0.8, 0.35, 0.25)
    picture[(y < 0.5) & (y > 0.36) & (abs(x - 0.3) < y - 0.36)] = (0.4, 0.15, 0.15)
    return np.clip(picture, 0, 1)


def cut(picture, side=5, pixels=24):
    """(25 pieces, 1728 numbers each)"""
    parts = picture.reshape(side, pixels, side, pixels, 3).transpose(0, 2, 1, 3, 4)
    return parts.reshape(side * side, -1)


def lay(pieces, side=5, pixels=24):
    """The pieces, in rows, as a picture."""
    parts = np.asarray(pieces).reshape(side, side, pixels, pixels, 3).transpose(0, 2, 1, 3, 4)
    return parts.reshape(side * pixels, side * pixels, 3)


def thumbnail(pieces):
    """Two by two pixels a piece: (25, 12)."""
    return pieces.reshape(-1, 2, 12, 2, 12, 3).mean((2, 4)).reshape(len(pieces), -1)


def sinkhorn(scores, temperature, rounds=15):
    """Shares of all pieces for all places; every row and every column adds to 1."""
    table = dp.stack([softmax(scores[k], temperature) for k in range(25)])  # yours: rows add to 1
    for _ in range(rounds):
        table = table / dp.sum(table, axis=0, keepdims=True)
        table = table / dp.sum(table, axis=1, keepdims=True)
    return table / dp.sum(table, axis=0, keepdims=True)


def solve_puzzle(pieces, wanted, temperatures):
    """(table of shares) for each temperature, while the scores learn by Adam."""
    have, scores = thumbnail(pieces), dp.tensor(np.zeros((25, 25)), requires_grad=True)
    tables = []
    adam = dp.optim.Adam([scores], lr=0.05)
    for t in temperatures:
        adam.zero_grad()
        dp.sum((sinkhorn(scores, t) @ have - wanted) ** 2).backward()
        adam.step()
        tables.append(sinkhorn(scores.data, t))
    return tables


def crystal(pictures, labels):
    """A picture that freezes; click to start."""
    frames, seconds, n = [], 7, len(pictures)
    for k, picture in enumerate(pictures):
        file = io.BytesIO()
        plt.imsave(file, np.clip(picture, 0, 1), format="jpg")
        data = base64.b64encode(file.getvalue()).decode()
        values, times = (
            ("0;1;0", f"0;{k / n:.3f};{(k + 1) / n:.3f}") if k else ("1;0", f"0;{1 / n:.3f}")
        )
        if k == n - 1:
            values, times = "0;1", f"0;{k / n:.3f}"
        change = (
            f'<animate attributeName="opacity" values="{values}" keyTimes="{times}" '
            f'calcMode="discrete" dur="{seconds}s" begin="crystal.click" fill="freeze"/>'
        )
        frames.append(
            f'<g opacity="{int(k == 0)}">{change}<image href="data:image/jpeg;base64,{data}" '
            'width="360" height="360"/>'
            f'<text x="8" y="382">{labels[k]}</text></g>'
        )
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="crystal" role="img" viewBox="0 0 360 405" '
        'width="360" style="cursor:pointer;background:white;font:15px sans-serif">'
        "<title>A heap of shuffled pieces dissolves into a blur, the mean of all pieces in every "
        "place, which cools into a landscape "
        f"with a house, hills and a sun</title>{''.join(frames)}"
        f'<text x="8" y="400" font-size="12" fill="{GREY}">click to cool</text></svg>',
        "A puzzle that crystallises",
    )


# %%
@demo(needs="7.3")
def _():
    pieces = cut(landscape())
    order = np.random.default_rng(7).permutation(25)
    temperatures = np.geomspace(1, 0.03, 120)
    tables = solve_puzzle(pieces[order], thumbnail(pieces), temperatures)
    right = np.mean(order[np.argmax(tables[-1], axis=1)] == np.arange(25))
    rows, columns = tables[-1].sum(axis=1), tables[-1].sum(axis=0)
    print(f"pieces in their place: {right:.0%}; rows add to {rows.min():.3f} to {rows.max():.3f}, "
          f"columns to {columns.min():.3f} to {columns.max():.3f}")  # fmt: skip
    shown = [round(119 * k) for k in np.linspace(0, 1, 28) ** 2]  # slowly at first
    return crystal(
        [lay(pieces[order]), *(lay(tables[k] @ pieces[order]) for k in shown)],
        ["shuffled", *(f"temperature {temperatures[k]:.3f}" for k in shown)],
    )


# %% [markdown]
# ## 12 · Stretch (no points, no hurry)
#
# - **A puzzle without a thumbnail.** Let neighbouring edges match instead.
# - **Less variance.** Take as each sample's baseline the mean of `f` over the *others*. Why is it still
#   unbiased?
# - **A casino.** Play the machines of section 5 by the score.
# - **Learn to sort.** `course/systems/inner.py` *trains* layers that descend. One sorts five numbers
#   without being told what "smaller" means. Ten, it gets half right: beat that.
# - Read `dp.relax`; argue with it.

# %% [markdown]
# ## Before you go: three questions
#
# 1. Which of these has a useless gradient: `abs`, `sign`, `sort`, `argsort`?
# 2. By the path or by the score: which needs the inside of $f$?
# 3. What does implicit differentiation not need, that unrolling does?
#
# <details><summary>Answers</summary>
#
# 1. `sign` and `argsort`: flat. `abs` has one kink, and `sort` merely moves numbers.
# 2. The path. The score only asks how good it was.
# 3. The tape of all iterations.
#
# </details>

# %% [markdown]
# **Next week** you soften the hardest `if` of all, "is this pixel inside the shape?", and let a picture
# tell you what was in front of the camera.
#
# The whole argument, with detectors, faces and its history, is in the notes: `course/notes/week07.md`.
