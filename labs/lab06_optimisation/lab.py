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
# # Lab 6 · Walking downhill: optimisation and inverse problems
#
# You can have any gradient you want. Today you learn what to *do* with one.
#
# First, how far to step: the difference between fourteen thousand steps and ninety-seven. Then the
# unknown grows. It becomes a sky full of stars, a picture with sixteen times the pixels that the
# camera had, a bent head. One loss each, one gradient each, and the same walk downhill.

# %% [markdown]
# **When you leave this room you can**
#
# - choose a step size and predict, within 2 %, how fast it will go;
# - write momentum, Adam, stochastic gradients and FISTA in a few lines;
# - say what each of them is for;
# - solve an inverse problem: recover a cause from what it did.
#
# 2½ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# its `check(…)`: it is free, and it says what *kind* of mistake you made.

# %% nbgrader={"grade_id": "setup", "locked": true}
import base64
import io
import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LightSource, ListedColormap

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit import images, optim
from dpkit.draw import Moving

BLUE, VERMILION, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. Which way does a gradient point?
# 2. `w -= 0.1 * g` on an array that somebody else still needs: what goes wrong?
# 3. A loss of a million pixels: how many runs of it does one gradient cost?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. Uphill, where the loss grows fastest.
# 2. It changes *their* array. `w = w - 0.1 * g` makes a new one.
# 3. About as many as for ten pixels: a handful (week 4).
#
# </details>

# %% [markdown]
# ## 1 · One valley, four step sizes (worked example, 12 minutes)
#
# Near a minimum every smooth loss looks like a valley. Take the plainest long one,
#
# $$E(x, y) = \tfrac12 (x^2 + \kappa y^2).$$
#
# Its **curvatures** are 1 along the valley and $\kappa$ across. A step of length $\tau$ against the
# gradient multiplies $x$ by $1 - \tau$ and $y$ by $1 - \tau\kappa$. Nothing else happens.
#
# Each walk below returns all its points, the start first.


# %% nbgrader={"grade_id": "worked_descend", "locked": true}
def descend(gradient, x, step, n):
    """Gradient descent: n steps from x. The list of the n + 1 points, the start first."""
    points = [x]
    for _ in range(n):
        x = x - step * gradient(x)  #       a new array: the old point stays what it was
        points.append(x)
    return points


def valley(kappa):
    """The gradient of ½(x² + κy²)."""
    return lambda x: np.array([1.0, kappa]) * x


@demo(needs="nothing")
def _():
    figure, axes = plt.subplots(1, 3, figsize=(11, 3), sharey=True)
    across, up = np.meshgrid(np.linspace(-2.2, 2.2, 80), np.linspace(-1.4, 1.4, 60))
    steps = ((0.02, "too small"), (0.205, "too large"), (2 / 11, "the best"))
    for ax, (step, name) in zip(axes, steps, strict=True):
        ax.contour(across, up, across**2 + 10 * up**2, 9, colors=GREY, linewidths=0.6)
        way = np.array(descend(valley(10), np.array([-2.0, 0.8]), step, 18))
        ax.plot(*way.T, "o-", color=VERMILION, markersize=3, linewidth=1.2)
        ax.plot(0, 0, "+", color="black", markersize=10)
        ax.set(title=f"τ = {step:.3f}: {name}", xlabel="x", ylim=(-1.4, 1.4))
    axes[0].set_ylabel("y")
    return show(figure, alt="18 steps in a long valley, three times. Small steps creep towards the "
                "middle; large ones jump from slope to slope, further out each time; the best ones "
                "zigzag straight to the minimum.")  # fmt: skip


# %% [markdown]
# The slowest direction decides. In a valley with curvatures from $\mu$ to $L$ the worst factor is the
# larger of $|1 - \tau\mu|$ and $|1 - \tau L|$. It is smallest where the two are equal:
#
# $$\tau^* = \frac{2}{\mu + L}, \qquad \rho = \frac{\kappa - 1}{\kappa + 1}, \qquad
# \kappa = \frac{L}{\mu}.$$
#
# $\rho$ is the **rate**, what a step leaves of the distance. $\kappa$, the **condition number**, says
# how long and narrow the valley is.

# %% [markdown]
# ### 6.1 Predict: from two metres to a micrometre (1 point, 3 minutes)
#
# $\kappa = 100$. We start at $(\sqrt2, \sqrt2)$, two metres from the minimum, and walk until we are
# within $10^{-6}$ of it, with the best step there is, $\tau^*$. How many steps?
#
# Trying earns the point. Write `return` and your number.


# %% nbgrader={"grade_id": "ex6_1", "solution": true}
def my_prediction_of_the_steps():
    """How many steps it takes."""
    ### BEGIN SOLUTION
    halvings = math.log2(2 / 1e-6)
    return 35 * halvings
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_1", "grade": true, "points": 1}
check("6.1")


# %% nbgrader={"grade_id": "steps_taken", "locked": true}
START = np.array([math.sqrt(2), math.sqrt(2)])


def steps_taken(points):
    """How many steps until the distance to 0 is at most 1e-6; None if that never happens."""
    return next((k for k, x in enumerate(points) if np.linalg.norm(x) <= 1e-6), None)


@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_steps()
    print(f"You said {guess}.\n\nκ = 100, so L = 100 and μ = 1")
    for name, step in (("0.1/L", 0.001), ("1/L", 0.01), ("2/(μ+L)", 2 / 101), ("2.05/L", 0.0205)):
        taken = steps_taken(descend(valley(100), START, step, 15_000 if step < 0.02 else 800))
        print(f"step {name:8} {'never: it flies apart' if taken is None else f'{taken:6,} steps'}")


# %% [markdown]
# ### 6.2 The best step, and its rate (3 points, 12 minutes)
#
# A valley may lie aslant. For $E(x) = \frac12 x^\top A x - b^\top x$, with $A$ symmetric and positive
# definite, the curvatures are the **eigenvalues** of $A$. `np.linalg.eigvalsh` gives them.
#
# `best_step(A)` returns the pair $(\tau^*, \rho)$. `steps_needed(rate, gain)` is the smallest whole
# number of steps after which the distance has been divided by `gain`, or more.


# %% nbgrader={"grade_id": "ex6_2", "solution": true}
def best_step(A):
    """(the best constant step, what it leaves of the distance) for curvatures A."""
    ### BEGIN SOLUTION
    curvatures = np.linalg.eigvalsh(A)
    low, high = curvatures[0], curvatures[-1]
    return 2 / (low + high), (high - low) / (high + low)
    ### END SOLUTION


def steps_needed(rate, gain):
    """How many steps divide the distance by `gain`: a whole number."""
    ### BEGIN SOLUTION
    return math.ceil(math.log(gain) / -math.log(rate))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_2", "grade": true, "points": 3}
check("6.2")


# %%
@demo(needs="6.2")
def _():
    rng = np.random.default_rng(6)
    rows = ["   κ    predicted rate    measured rate    steps for six digits"]
    for kappa in (3, 10, 100, 1000):
        turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
        A = turn @ np.diag(np.linspace(1, kappa, 5)) @ turn.T
        step, rate = best_step(A)
        n = 6 * kappa + 20
        way = descend(lambda x, A=A: A @ x, rng.normal(size=5), step, n)
        early, late = np.linalg.norm(way[n // 2]), np.linalg.norm(way[-1])
        measured = (late / early) ** (1 / (n - n // 2))
        needed = steps_needed(rate, 1e6)
        rows.append(f"{kappa:5}    {rate:.6f}          {measured:.6f}    {needed:10,}")
    print("\n".join(rows))


# %% [markdown]
# Ten times the condition number, ten times the steps. And $\kappa$ of 1,000 is harmless: pictures
# have $10^5$, networks worse.
#
# ## 2 · A ball has momentum
#
# Plain descent forgets. It zigzags across the valley and learns nothing from it. A heavy **ball**
# keeps part of its last step: sideways moves cancel, moves along the valley add up.
#
# $$x_{k+1} = x_k - \tau \nabla E(x_k) + \beta\,(x_k - x_{k-1})$$

# %% [markdown]
# ### 6.3 Two ways to remember (2 points, 12 minutes)
#
# Write `heavy_ball`, the formula above. At the start it rests: $x_{-1} = x_0$.
#
# Then `nesterov`, who first moves along by momentum and asks for the gradient *there*:
#
# $$y = x_k + \beta\,(x_k - x_{k-1}), \qquad x_{k+1} = y - \tau \nabla E(y).$$
#
# Like `descend` and all walks today, both return $n+1$ points and ask for $n$ gradients. Build them from
# arithmetic and numpy: what `optim` and torch have ready-made is for comparing.


# %% nbgrader={"grade_id": "ex6_3", "solution": true}
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    ### BEGIN SOLUTION
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * gradient(x) + momentum * (x - before), x
        points.append(x)
    return points
    ### END SOLUTION


def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    ### BEGIN SOLUTION
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = ahead - step * gradient(ahead), x
        points.append(x)
    return points
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_3", "grade": true, "points": 2}
check("6.3")


# %%
@demo(needs="6.3")
def _():
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.4), sharey=True)
    for ax, kappa, last in zip(axes, (100, 1000), (800, 8000), strict=True):
        root = math.sqrt(kappa)
        q = (root - 1) / (root + 1)
        ways = {
            "descent": (descend(valley(kappa), START, 2 / (1 + kappa), last), VERMILION, "-"),
            "Nesterov": (nesterov(valley(kappa), START, 1 / kappa, q, 600), GREEN, "--"),
            "heavy ball": (
                heavy_ball(valley(kappa), START, (2 / (1 + root)) ** 2, q**2, 400), BLUE, "-.",
            ),
        }  # fmt: skip
        for k, (name, (way, colour, style)) in enumerate(ways.items()):
            taken = steps_taken(way)
            far = [np.linalg.norm(x) for x in way[: taken + 1]]
            ax.semilogy(far, style, color=colour, linewidth=1.8)
            ax.annotate(f"{name}: {taken:,}", (0.58, 0.9 - 0.1 * k), xycoords="axes fraction",
                        color=colour)  # fmt: skip
            ax.plot(taken, far[-1], "o", color=colour, clip_on=False)
        ax.set(title=f"κ = {kappa:,}", xlabel="steps", ylim=(1e-6, 40))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("distance (m)")
    return show(figure, alt="Distance to the minimum against steps, logarithmic, for two condition "
                "numbers. At 100: heavy ball 97 steps, Nesterov 162, descent 726. At 1,000: 326, 531 "
                "and 7,255. The ball first runs a little further away.")  # fmt: skip


# %% [markdown]
# $\kappa$ has become $\sqrt\kappa$: ten times the condition number, only three times the steps. No
# method that adds up gradients can do better than that on every valley, and both touch the bound.
#
# The momentum was chosen knowing $\mu$ and $L$. What if nobody tells you?
#
# ## 3 · A step of its own for each number
#
# **Adam** keeps two running means, of the gradient and of its square, and divides:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 .$$

# %% [markdown]
# Both start at 0, so at first they are too small. After $t$ steps the mean has collected a weight of
# only $1 - \beta^t$; divide by it. That is the **bias correction**:
#
# $$x \leftarrow x - \tau\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \qquad
# \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}, \quad t = 1, 2, \dots$$

# %% [markdown]
# ### 6.4 Adam, to the last digit (3 points, 12 minutes)
#
# Write `adam`. Everything is done number by number, for arrays of any shape. The judge compares your
# trace with the published algorithm, to the last digit.
#
# A check by hand: in the first step each number moves by almost exactly `step`. Why?


# %% nbgrader={"grade_id": "ex6_4", "solution": true}
def adam(gradient, x, step, n, betas=(0.9, 0.999), eps=1e-8):
    """Adam: the list of n + 1 points."""
    ### BEGIN SOLUTION
    points, m, v = [x], 0.0, 0.0
    for t in range(1, n + 1):
        g = gradient(x)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat = m / (1 - betas[0] ** t)
        v_hat = v / (1 - betas[1] ** t)
        x = x - step * m_hat / (np.sqrt(v_hat) + eps)
        points.append(x)
    return points
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_4", "grade": true, "points": 3}
check("6.4")

# %% [markdown]
# For smooth losses without noise there is a faster way: **L-BFGS**, a *quasi-Newton* method. From its last
# ten steps and their gradients it learns the curvatures.
#
# The second picture weighs a particle with it. At seven energies so many Z bosons were counted, in a
# simulated experiment. Which mass makes just *these* counts most probable? That is **maximum
# likelihood**: the loss is minus the logarithm of their probability. The curvature at the minimum says how
# sure we may be.


# %%
@demo(needs="6.4")
def _():
    def loss(x):  # Rosenbrock's banana: a valley that bends
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    x = np.array([-1.2, 1.0])
    yours = adam(dp.grad(loss), x, 0.05, 500)
    library = optim.minimize(loss, x, "adam", lr=0.05, tol=0, max_iter=500).trace.x
    apart = max(np.abs(a - b).max() for a, b in zip(yours, library, strict=True))
    print(
        f"500 steps of yours and of dpkit's library, which was held against PyTorch's: {apart:.0e} apart"
    )
    newton = optim.minimize(loss, x, "lbfgs")
    print(
        f"Adam is at {yours[-1].round(3)}. L-BFGS needed {newton.nit} steps to {newton.x.round(3)}."
    )


@demo(needs="nothing")
def _():
    energy = np.array([88.2, 89.2, 90.2, 91.2, 92.2, 93.2, 94.2])  # GeV

    def expected(theta, E):  # the resonance: its place, its width and its height
        mass, width, height = 91 + theta[0], theta[1], 10_000 * theta[2]
        return height * (E * width) ** 2 / ((E**2 - mass**2) ** 2 + (E**2 * width / mass) ** 2)

    counts = np.random.default_rng(6).poisson(expected([0.188, 2.495, 2.0], energy))

    def surprise(theta):  # minus the logarithm of Poisson's probability of the counts
        mean = expected(theta, energy)
        return dp.sum(mean - counts * dp.log(mean))

    found = optim.minimize(surprise, np.array([0.0, 2.0, 1.5]), tol=1e-3)
    error = np.sqrt(np.diag(np.linalg.inv(dp.hessian(surprise)(found.x))))
    mass, width = 91 + found.x[0], found.x[1]
    figure, axes = plt.subplots(figsize=(7, 3.6))
    fine = np.linspace(87.5, 95, 200)
    axes.plot(fine, expected([0, 2, 1.5], fine), ":", color=GREY, label="the start")
    axes.plot(fine, expected(found.x, fine), color=BLUE, label=f"after {found.nit} steps")
    axes.errorbar(energy, counts, np.sqrt(counts), fmt="o", color=VERMILION, label="counted")
    axes.set(xlabel="energy (GeV)", ylabel="Z bosons", ylim=(0, None))
    axes.set_title(f"mass {mass:.3f} ± {error[0]:.3f} GeV (true: 91.188), "
                   f"width {width:.3f} ± {error[1]:.3f} (2.495)", fontsize=11)  # fmt: skip
    axes.legend(frameon=False)
    return show(figure, alt="Counts at seven energies, a resonance curve through all of them with its "
                "top at 91.2 GeV, and the flatter curve from which the walk started.")  # fmt: skip


# %% [markdown]
# ## 4 · A race
#
# Two landscapes that were made to torment optimisers. **Himmelblau's** has four minima of the same
# depth. **Rastrigin's** is an egg box in a bowl: a hundred minima, of which only the middle one is
# the lowest.
#
# Your four walkers start together, in the black ring. Place your bets, then click on each picture.


# %% nbgrader={"grade_id": "landscapes", "locked": true}
def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def rastrigin(x):
    return 20 + dp.sum(x * x - 10 * dp.cos(2 * math.pi * x), axis=0)


def as_png(values, **how):
    """An array as the text of a PNG, for an SVG picture."""
    picture = io.BytesIO()
    plt.imsave(picture, values, format="png", **how)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()


def relief(loss, reach):
    """A map with light from the upper left, and lines of equal height; dark is deep."""
    u = np.linspace(-reach, reach, 420)
    heights = np.array(loss(np.array(np.meshgrid(u, u[::-1]))))
    heights = (heights / heights.max()) ** 0.35
    light = LightSource(315, 50).hillshade(heights[::-1], vert_exag=90)[::-1, :, None]
    lines = np.diff(np.floor(16 * heights), axis=0, prepend=heights[:1] * 0) != 0
    deep, high = np.array([0.30, 0.42, 0.48]), np.array([1.0, 0.97, 0.90])
    paper = deep + (high - deep) * np.clip(1.15 * heights, 0, 1)[..., None]
    return np.clip(paper * (0.75 + 0.3 * light) * (1 - 0.15 * lines[..., None]), 0, 1)


def race(name, loss, reach, ways, seconds=8):
    """Walkers on a map; click to start. ways: {name: points}; reach: how far the map goes."""
    size, begin = 420, f'dur="{seconds}s" begin="{name}.click" fill="freeze"'
    marks = (
        (VERMILION, '<circle r="7"'), (BLUE, '<rect x="-6" y="-6" width="12" height="12"'),
        (GREEN, '<path d="M0 -8 8 6 -8 6Z"'), (PURPLE, '<path d="M0 -9 9 0 0 9 -9 0Z"'),
    )  # fmt: skip
    drawn, key = [], []
    for k, ((who, points), (colour, shape)) in enumerate(zip(ways.items(), marks, strict=True)):
        spots = np.clip(points, -reach, reach) * [1, -1] * size / (2 * reach) + size / 2
        far = np.cumsum([0, *np.hypot(*np.diff(spots, axis=0).T)])  # along the way, in pixels
        left = ";".join(f"{far[-1] - each:.1f}" for each in far)
        moves, line = (mark.join(f"{x:.1f} {y:.1f}" for x, y in spots) for mark in (";", " "))
        style = f'fill="{colour}" stroke="white" stroke-width="1.5"'
        drawn.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8" '
            f'stroke-dasharray="{far[-1]:.1f} {far[-1] + 9:.1f}" stroke-dashoffset="{far[-1]:.1f}">'
            f'<animate attributeName="stroke-dashoffset" values="{left}" {begin}/></polyline>'
            f'<g transform="translate({spots[0][0]:.1f} {spots[0][1]:.1f})">{shape} {style}/>'
            f'<animateTransform attributeName="transform" type="translate" values="{moves}" {begin}/>'
            "</g>"
        )
        key.append(
            f'<g transform="translate(440 {60 + 56 * k})">{shape} {style}/>'
            f'<text x="18" y="5" fill="{colour}">{who}</text>'
            f'<text x="18" y="24" font-size="13" opacity="0">ends at {float(loss(points[-1])):.2g}'
            f'<animate attributeName="opacity" values="0;0;1" keyTimes="0;.97;1" {begin}/></text></g>'
        )
    ends = ", ".join(f"{who} {float(loss(points[-1])):.2g}" for who, points in ways.items())
    x, y = np.array(points[0]) * [1, -1] * size / (2 * reach) + size / 2
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" viewBox="0 0 620 {size}" '
        f'width="620" style="cursor:pointer;background:white;font:16px sans-serif"><title>{name}: '
        f"{len(ways)} walkers leave one point; heights at the end: {ends}</title>"
        f'<image href="{as_png(relief(loss, reach))}" width="{size}" height="{size}"/>'
        f'{"".join(drawn)}<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="none" stroke="black" '
        f'stroke-width="2"/><text x="432" y="24" fill="#595959">click to start</text>'
        f"{''.join(key)}</svg>"
    )
    return Moving(picture, f"{name}, a race of {len(ways)} optimisers: {ends}")


def field(loss, start, step, n=150):
    """The four walkers, each with the same step where it has one."""
    slope, start = dp.grad(loss), np.array(start)
    return {
        "descent": descend(slope, start, step, n),
        "heavy ball": heavy_ball(slope, start, step, 0.9, n),
        "Nesterov": nesterov(slope, start, step, 0.9, n),
        "Adam": adam(slope, start, 0.3, n),
    }


@demo(needs="6.3 and 6.4")
def _():
    return race("himmelblau", himmelblau, 5.5, field(himmelblau, [0.3, -0.6], 0.004))


@demo(needs="6.3 and 6.4")
def _():
    return race("rastrigin", rastrigin, 5.12, field(rastrigin, [3.5, -4.5], 0.004))


@demo(needs="6.3")
def _():
    minima = np.array([[3, 2], [-2.805, 3.131], [-3.779, -3.283], [3.584, -1.848]])
    u = np.linspace(-5.5, 5.5, 160)
    starts = np.array(np.meshgrid(u, u))  # (2, 160, 160): they all walk at once
    slope = dp.grad(lambda x: dp.sum(himmelblau(x)))
    ways = {
        "descent": descend(slope, starts, 0.004, 150)[-1],
        "the heavy ball": heavy_ball(slope, starts, 0.004, 0.9, 150)[-1],
    }
    paint = ListedColormap(["#F0E442", "#56B4E9", "#20435C", "#D55E00"])
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
    for ax, (name, ends) in zip(axes, ways.items(), strict=True):
        off = [np.hypot(*(ends - m[:, None, None])) for m in minima]
        ax.imshow(np.argmin(off, axis=0), cmap=paint, extent=[-5.5, 5.5] * 2, origin="lower")
        for letter, (x, y) in zip("ABCD", minima, strict=True):
            ax.text(x, y, letter, ha="center", va="center",
                    bbox={"boxstyle": "circle,pad=.25", "fc": "white"})  # fmt: skip
        ax.set(title=f"where {name} ends", xlabel="start x")
    axes[0].set_ylabel("start y")
    return show(figure, alt="Two maps of Himmelblau's landscape, each start coloured by the minimum, A "
                "to D, that it leads to. For plain descent four plain regions; for the heavy ball "
                "they are folded into one another in many thin swirls.")  # fmt: skip


# %% [markdown]
# On Rastrigin's map plain descent falls into the first hole. Momentum rolls out of some, but nobody finds
# the middle. A gradient is a local thing: the start decides.
#
# How much, the last picture tells: 25,600 walkers on Himmelblau's map, each start coloured by the minimum
# where its walk ends. A ball passes valleys, swings back and may end anywhere: neighbours part.

# %% [markdown]
# ## 5 · A gradient from a handful
#
# A loss is often a mean over $N$ examples: $E(w) = \frac1N \sum_i \ell_i(w)$. The mean over a few of
# them, drawn by lot, is a cheap guess at it.

# %% [markdown]
# ### 6.5 Predict: a hundred times the work (1 point, 3 minutes)
#
# Instead of 4 examples a **batch** takes 400 of a hundred thousand. The gradient costs a hundred times
# as much. By which factor does its scatter (its standard deviation) shrink?
#
# Write `return` and your number.


# %% nbgrader={"grade_id": "ex6_5", "solution": true}
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    ### BEGIN SOLUTION
    return 10
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_5", "grade": true, "points": 1}
check("6.5")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_scatter()
    rng = np.random.default_rng(5)
    slopes = rng.exponential(size=100_000) - 0.7  # of each example, by one weight
    scatter = {b: np.std([rng.choice(slopes, b).mean() for _ in range(800)]) for b in (4, 400)}
    print(f"You said {guess}. Measured: {scatter[4]:.4f} / {scatter[400]:.4f} = "
          f"{scatter[4] / scatter[400]:.1f}")  # fmt: skip
    print(
        "Hence small batches: a hundred rough steps are worth more than one that is ten times finer."
    )


# %% [markdown]
# ### 6.6 Stochastic gradients (2 points, 12 minutes)
#
# `batches(count, size, rng)` deals the numbers 0 … count−1 like cards: shuffled by `rng`, then cut into
# arrays of `size` (the last may be smaller). Every number is dealt exactly once.
#
# `batch_gradient(X, y, w, rows)` is the gradient by `w` of the *mean* of $\frac12 (x_i \cdot w -
# y_i)^2$ over the examples in `rows`, by hand or by `dp.grad`. Then its average over all draws is the
# gradient of $E$: it is **unbiased**.


# %% nbgrader={"grade_id": "ex6_6", "solution": true}
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    ### BEGIN SOLUTION
    order = rng.permutation(count)
    return [order[k : k + size] for k in range(0, count, size)]
    ### END SOLUTION


def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    ### BEGIN SOLUTION
    chosen = X[rows]
    return chosen.T @ (chosen @ w - y[rows]) / len(rows)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_6", "grade": true, "points": 2}
check("6.6")


# %%
@demo(needs="6.6")
def _():
    rng = np.random.default_rng(66)
    X = rng.normal(size=(2000, 12)) * np.geomspace(1, 0.2, 12)  # some columns weigh little
    y = X @ rng.normal(size=12) + 0.5 * rng.normal(size=2000)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    runs = {"all 2,000 at once": (2000, 1.9, 0), "batches of 20": (20, 0.2, 0),
            "batches of 20, smaller and smaller steps": (20, 0.2, 0.004)}  # fmt: skip
    figure, axes = plt.subplots(figsize=(7, 3.6))
    lines = zip(runs.items(), ((GREY, "-"), (VERMILION, "-"), (BLUE, "--")), strict=True)
    for (name, (size, step, cooling)), (colour, style) in lines:
        w, passes, far, k = np.zeros(12), [0.0], [np.linalg.norm(best)], 0
        for _ in range(8):
            for rows in batches(2000, size, rng):
                w = w - step / (1 + cooling * k) * batch_gradient(X, y, w, rows)
                k += 1
                passes.append(passes[-1] + len(rows) / 2000)
                far.append(np.linalg.norm(w - best))
        axes.semilogy(passes, far, style, color=colour, label=name)
    axes.set(xlabel="passes through the data", ylabel="distance to the best weights")
    axes.legend(frameon=False)
    return show(figure, alt="Distance to the best weights, logarithmic, over eight passes. Small "
                "batches are near within two passes and then tremble; with shrinking steps they go "
                "on, more quietly; the full gradient takes one careful step in each pass.")  # fmt: skip


# %% [markdown]
# Small batches are nearly there before the full gradient has made its first steps. Then they tremble,
# as far as step and scatter allow. Who wants more lets the steps shrink.
#
# ## 6 · A corner that makes zeros
#
# Now an **inverse problem**. A telescope blurs the sky, $Y = B X B^\top$, and adds noise. What was the
# sky? Least squares alone answers with nonsense, since many skies fit. But we know something: a sky is
# mostly *black*. So add $\lambda \sum |X_{ij}|$.

# %% [markdown]
# $|x|$ has a corner at 0, just where we want to end. The **proximal step** goes around it: first a
# gradient step for the smooth part, then, exactly, the best compromise with $\lambda|x|$. That is the
# **soft threshold**: every number moves towards 0 by $\tau\lambda$, and stops there.
#
# $$x \leftarrow S_{\tau\lambda}\bigl(x - \tau \nabla f(x)\bigr)$$
#
# This is ISTA. Its error falls as $1/k$.

# %% [markdown]
# ### 6.7 ISTA and FISTA (3 points, 12 minutes)
#
# `soft_threshold(x, t)`: `[-3, 0.5, 2]` with `t = 1` is `[-2, 0, 1]`.
#
# `ista` as above. `fista` steps from a point $y$ *ahead* of $x$, like Nesterov, with a momentum that
# grows. Start with $y = x$, $t = 1$; then, each time,
#
# $$x' = S_{\tau\lambda}\bigl(y - \tau\nabla f(y)\bigr), \quad t' = \frac{1 + \sqrt{1 + 4t^2}}{2},
# \quad y = x' + \frac{t - 1}{t'}(x' - x).$$
#
# Return the points $x$, not $y$.


# %% nbgrader={"grade_id": "ex6_7", "solution": true}
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    ### BEGIN SOLUTION
    return np.sign(x) * np.maximum(np.abs(x) - t, 0)
    ### END SOLUTION


def ista(gradient, x, step, weight, n):
    """Proximal descent on f + weight·Σ|x|: the list of n + 1 points. `gradient` is that of f."""
    ### BEGIN SOLUTION
    points = [x]
    for _ in range(n):
        x = soft_threshold(x - step * gradient(x), step * weight)
        points.append(x)
    return points
    ### END SOLUTION


def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    ### BEGIN SOLUTION
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (new - x)
        x = new
        points.append(x)
    return points
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_7", "grade": true, "points": 3}
check("6.7")


# %% nbgrader={"grade_id": "sky", "locked": true}
def telescope(size=48, sigma=1.6):
    """(B, the sky, what was seen): a blur along an axis, 40 stars, and blur plus noise."""
    rng = np.random.default_rng(12)
    at = np.arange(size)
    B = np.exp(-0.5 * ((at[:, None] - at) / sigma) ** 2)
    B /= B.sum(1, keepdims=True)
    sky = np.zeros((size, size))
    sky[rng.integers(3, size - 3, 40), rng.integers(3, size - 3, 40)] = rng.uniform(0.3, 1, 40)
    return B, sky, B @ sky @ B.T + 0.001 * rng.normal(size=(size, size))


# %%
@demo(needs="6.7")
def _():
    B, sky, seen = telescope()

    def slope(X):
        return B.T @ (B @ X @ B.T - seen) @ B

    step, weight, black = 1 / np.linalg.norm(B, 2) ** 4, 3e-4, np.zeros_like(sky)
    plain = descend(slope, black, step, 2000)[-1]
    clear = fista(slope, black, step, weight, 2000)

    def cost(X):
        return 0.5 * np.sum((B @ X @ B.T - seen) ** 2) + weight * np.sum(np.abs(X))

    figure, axes = plt.subplots(1, 5, figsize=(14, 2.9), layout="constrained",
                                width_ratios=[1, 1, 1, 1, 1.4])  # fmt: skip
    pictures = {"seen": seen, "least squares": plain, "with FISTA": clear[-1], "the sky": sky}
    for ax, (name, picture) in zip(axes, pictures.items(), strict=False):
        top = 1 if picture is sky else np.quantile(picture, 0.998)
        ax.imshow(np.clip(picture / top, 0, 1) ** 0.6, cmap="gray", vmin=0, vmax=1)
        ax.set(title=f"{name}: {np.mean(np.abs(picture) < 1e-3):.0%} black", xticks=[], yticks=[])
    lowest, k = cost(fista(slope, black, step, weight, 8000)[-1]), np.arange(1, 1001)
    ways = (("ISTA", ista, VERMILION, "--"), ("FISTA", fista, BLUE, "-"))
    for name, walk, colour, style in ways:
        costs = np.array([cost(X) for X in walk(slope, black, step, weight, 1000)[1:]])
        axes[4].loglog(k, np.maximum(costs - lowest, 1e-9), style, color=colour, label=name)
    axes[4].set(xlabel="steps", title="cost above the lowest")
    axes[4].legend(frameon=False)
    return show(figure, alt="Four pictures of a sky of forty stars: blurred as seen, speckled by least "
                "squares, clear points on black by FISTA, and the truth. Beside them, on logarithmic "
                "axes, the cost of FISTA falls far below that of ISTA.")  # fmt: skip


# %% [markdown]
# The blur had not destroyed the stars; it had spread them. A prior told us how to gather them: what we
# know before we look.
#
# ## 7 · The unknown is a picture
#
# A cheap camera sees 64 × 64 pixels: each is the mean of a block of 4 × 4. We want all 256 × 256, so
# 65,536 unknowns from 4,096 numbers. The prior now: pictures have *flat surfaces and sharp edges*.

# %% [markdown]
# **Total variation** adds up how steep the picture is, over all pixels:
#
# $$TV(u) = \sum_{i,j} \sqrt{(u_{i+1,j} - u_{i,j})^2 + (u_{i,j+1} - u_{i,j})^2 + s^2}.$$
#
# The sum runs where both neighbours exist. A sharp edge costs no more than a smooth ramp of the same
# height, so edges may stay. Ripples cost. The small $s$ rounds the corner off.

# %% [markdown]
# ### 6.8 A loss for a picture (2 points, 10 minutes)
#
# Write `total_variation(u, soft)` with $s$ = `soft`, and
#
# $$\texttt{picture\_loss} = \tfrac12 \sum (\text{shrink}(u) - \text{small})^2 + \text{weight} \cdot
# TV(u).$$
#
# `images.shrink(u, factor)` is the camera. Write with slices and dpkit's functions (`dp.sum`,
# `dp.sqrt`): the gradient by all pixels then comes by itself.


# %% nbgrader={"grade_id": "ex6_8", "solution": true}
def total_variation(u, soft=3e-3):
    """How steep the picture u is, summed over its pixels."""
    ### BEGIN SOLUTION
    down = u[1:, :-1] - u[:-1, :-1]
    right = u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2 + soft**2))
    ### END SOLUTION


def picture_loss(u, small, factor, weight, soft=3e-3):
    """Half the squared difference to what the camera saw, plus weight · total variation."""
    ### BEGIN SOLUTION
    missed = images.shrink(u, factor) - small
    return 0.5 * dp.sum(missed**2) + weight * total_variation(u, soft)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_8", "grade": true, "points": 2}
check("6.8")


# %% [markdown]
# Now 65,536 numbers walk downhill together. Then once more with a better prior: surfaces may be *evenly
# shaded*. The slopes of such a picture are flat, so we add the total variation of its slopes: your
# function, used three times. Click on the last picture.


# %% nbgrader={"grade_id": "sharpen", "locked": true}
def sharpened(small, start, weight=1e-4, shading=0.15):
    """The walk from `start` to the picture four times as fine; `shading`: the price of changing slopes."""

    def loss(u):
        price = picture_loss(u, small, 4, weight)
        for slope in (u[1:] - u[:-1], u[:, 1:] - u[:, :-1]) if shading else ():
            price = price + weight * shading * total_variation(slope)
        return price

    return optim.minimize(loss, start, max_iter=120).trace.x


# %%
@demo(needs="6.8")
def _():
    truth = images.lighthouse(256)
    small = images.shrink(truth, 4)
    usual = images.bicubic(small, 4)
    names = {
        "the camera": np.kron(small, np.ones((4, 4))),
        "bicubic": usual,
        "yours": sharpened(small, usual, shading=0)[-1],
        "yours, with shading": sharpened(small, usual)[-1],
        "the truth": truth,
    }
    figure, axes = plt.subplots(3, 5, figsize=(14, 7.6), height_ratios=[1, 1.1, 0.5],
                                layout="constrained")  # fmt: skip
    for column, (name, u) in zip(axes.T, names.items(), strict=True):
        for ax, part in zip(column, (u, u[20:160, 130:250], u[190:218, 8:72]), strict=True):
            ax.imshow(part, cmap="gray", vmin=0, vmax=1 if part.shape[0] > 50 else 0.65)
            ax.set(xticks=[], yticks=[])
        column[0].set_title(name)
        if u is not truth:
            column[2].set_xlabel(
                f"{images.psnr(u, truth):.2f} dB, SSIM {images.ssim(u, truth):.3f}"
            )
    return show(figure, alt="A lighthouse by night, five times, with two parts enlarged: in coarse "
                "pixels, softly blurred by bicubic interpolation, with sharper edges from total "
                "variation, sharper and smoother with shading, and the truth. Stripes and roof are "
                "back; the waves of the sea are in none but the truth.")  # fmt: skip


@demo(needs="6.8")
def _():
    small = images.shrink(images.lighthouse(256), 4)
    way = sharpened(small, images.bicubic(small, 4))
    frames = [np.kron(small, np.ones((4, 4))), *(way[k] for k in (0, 2, 5, 9, 15, 25, 45, 75, -1))]
    times, seen = np.linspace(0, 1, len(frames) + 1), []
    for k, u in enumerate(frames):
        first, last = int(k == 0), int(k == len(frames) - 1)
        keys = ";".join(f"{t:.3f}" for t in (0, times[k], times[k + 1]))
        values = f"{first};1;{last}"
        seen.append(
            f'<image href="{as_png(np.clip(u, 0, 1), cmap="gray", vmin=0, vmax=1)}" width="420" '
            f'height="420" opacity="{first}"><animate attributeName="opacity" values="{values}" '
            f'keyTimes="{keys}" calcMode="discrete" dur="6s" begin="sharpen.click" fill="freeze"/>'
            "</image>"
        )
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="sharpen" role="img" viewBox="0 0 560 420" '
        'width="560" style="cursor:pointer;background:white;font:16px sans-serif"><title>A picture '
        "of a lighthouse in coarse pixels; on a click it becomes smooth, then sharp</title>"
        f'{"".join(seen)}<text x="434" y="24" fill="#595959">click to walk</text></svg>',
        "A picture sharpens",
    )


# %% [markdown]
# A better prior, a better picture: 1.1 dB over bicubic, then 1.8; the edges are back. But look at the
# sea: its waves are finer than the camera's pixels, and they are *gone*, or have become wrong ones. Many
# seas give the same small picture. No prior can tell which it was; one that paints waves there invents
# them. Remember that when a phone shows you the moon.

# %% [markdown]
# ## 8 · The unknown is a deformation
#
# Two scans of one head, weeks apart: it lay differently, and things have grown. **Registration** asks
# which point of the second scan belongs to each point of the first.
#
# For every pixel we guess where to look in the moving scan; `images.warp(moving, rows, columns)` looks
# there, between the pixels. First guess: an affine map, six numbers, each in pixels at the border.

# %% [markdown]
# ### 6.9 An affine guess (1 point, 10 minutes)
#
# Let $u$, $v$ be `rows` and `columns`, measured from the middle, $m = (\text{size} - 1)/2$, and divided
# by $m$: from −1 to 1. `affine(theta, rows, columns, size)` returns the pair
#
# $$\text{rows} + \theta_0 u + \theta_1 v + \theta_2, \qquad
# \text{columns} + \theta_3 u + \theta_4 v + \theta_5.$$
#
# `mismatch(moving, still, places)` is the mean squared difference of the still scan and the moving one,
# warped; `places` is such a pair. Both will be differentiated: keep to arithmetic and dpkit's functions.


# %% nbgrader={"grade_id": "ex6_9", "solution": true}
def affine(theta, rows, columns, size):
    """Where each pixel looks: (rows, columns), moved by six numbers."""
    ### BEGIN SOLUTION
    middle = (size - 1) / 2
    u, v = (rows - middle) / middle, (columns - middle) / middle
    return (
        rows + theta[0] * u + theta[1] * v + theta[2],
        columns + theta[3] * u + theta[4] * v + theta[5],
    )
    ### END SOLUTION


def mismatch(moving, still, places):
    """The mean squared difference after warping."""
    ### BEGIN SOLUTION
    return dp.mean((images.warp(moving, *places) - still) ** 2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check6_9", "grade": true, "points": 1}
check("6.9")

# %% [markdown]
# After the affine map comes a smooth one: shifts on an 8 × 8 grid, bilinear between, 128 numbers, and a
# small price on differences between neighbours. Both walks start on *blurred* scans, where each edge is
# felt from afar, and end on sharp ones.


# %% nbgrader={"grade_id": "register", "locked": true}
SIZE, GRID = 64, 8
ROWS, COLUMNS = (each.astype(float) for each in np.mgrid[:SIZE, :SIZE])


def second_scan(still):
    """The head weeks later, and where each of its pixels came from."""
    u, v = ROWS / 31.5 - 1, COLUMNS / 31.5 - 1
    rows, columns = ROWS + 1.7 * u - 4 * v + 1.8, COLUMNS + 3.5 * u - 1.4 * v - 2.3
    came = (rows + 2.5 * np.sin(0.128 * columns + 0.4), columns + 2.5 * np.sin(0.108 * rows - 0.3))
    return images.warp(still, *came), came


def blurred(picture, rounds):
    for _ in range(rounds):
        for axis in (0, 1):
            wide = np.pad(picture, [(1, 1) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
            parts = [np.take(wide, range(k, k + SIZE), axis) for k in range(3)]
            picture = (parts[0] + 2 * parts[1] + parts[2]) / 4
    return picture


def register(moving, still):
    """Places after the affine and after the smooth map."""
    theta, shifts = np.zeros(6), np.zeros((2, GRID, GRID))

    def bent(shifts, base):
        return tuple(base[k] + images.upsample(shifts[k], SIZE // GRID) for k in (0, 1))

    def rough(shifts):
        return dp.sum((shifts[:, 1:] - shifts[:, :-1]) ** 2) + dp.sum(
            (shifts[:, :, 1:] - shifts[:, :, :-1]) ** 2
        )

    for rounds in (16, 4, 0):
        pair = blurred(moving, rounds), blurred(still, rounds)
        theta = optim.minimize(
            lambda t, pair=pair: mismatch(*pair, affine(t, ROWS, COLUMNS, SIZE)),
            theta, tol=1e-7, max_iter=60,
        ).x  # fmt: skip
    base = affine(theta, ROWS, COLUMNS, SIZE)
    for rounds in (4, 1, 0):
        pair = blurred(moving, rounds), blurred(still, rounds)
        shifts = optim.minimize(
            lambda s, pair=pair: mismatch(*pair, bent(s, base)) + 1e-5 * rough(s),
            shifts, tol=1e-7, max_iter=60,
        ).x  # fmt: skip
    return base, bent(shifts, base)


def off_by(still, came, places):
    """How far the places are wrong, in pixels: everywhere in the head; across and along its edges."""
    off = np.stack([images.warp(came[k], *places) - (ROWS, COLUMNS)[k] for k in (0, 1)])
    down, right = np.gradient(still)
    steep = np.hypot(down, right)
    edge = steep > 0.1
    across = np.abs(off[0] * down + off[1] * right)[edge] / steep[edge]
    along = np.abs(off[0] * right - off[1] * down)[edge] / steep[edge]
    return np.where(still > 0.05, np.hypot(*off), np.nan), across.mean(), along.mean()


# %%
@demo(needs="6.9")
def _():
    still = images.phantom(SIZE)
    moving, came = second_scan(still)
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained")
    ways = {"before": (ROWS, COLUMNS)}
    ways["affine: 6 numbers"], ways["smooth: 128 more"] = register(moving, still)
    for ax, (name, places) in zip(axes, ways.items(), strict=False):
        warped = images.warp(moving, *places)
        both = np.stack([warped, (warped + still) / 2, still], axis=-1)
        overlap = images.dice(warped > 0.5, still > 0.5)
        ax.imshow(both)
        ax.contour(still, [0.5], colors="white", linewidths=0.7)
        ax.set(title=f"{name}\nDice {overlap:.2f}", xticks=[], yticks=[])
    places = ways["smooth: 128 more"]
    wrong, across, along = off_by(still, came, places)
    axes[3].set(title=f"places off, at edges by\n{across:.1f} px across, {along:.1f} along",
                xticks=[], yticks=[])  # fmt: skip
    figure.colorbar(axes[3].imshow(wrong, cmap="cividis", vmin=0, vmax=6), ax=axes[3], label="px")
    return show(figure, alt="Two scans of a head laid over each other, with the still one's bright parts "
                "outlined: shifted and turned at first, nearly matching after the affine map, matching "
                "after the smooth one. A map beside them shows that places are still off by some "
                "pixels, most along the rim, where the skull looks the same all the way round.")  # fmt: skip


# %% [markdown]
# The scans agree, and the *places* are still off, most along the rim. Measured at the edges: 0.3 px across
# them, 1.8 px along. Of an edge one sees only the movement *across* it; sliding along it changes nothing,
# and neither does anything inside a uniform grey. That is the **aperture problem**. Smoothness filled the
# gaps, which is a guess. A good match is no proof of a good map.

# %% [markdown]
# ## 9 · In your own words
#
# ### 6.10 From fourteen thousand to ninety-seven (1 point, 5 minutes)
#
# In the valley with $\kappa = 100$, a tenth of $1/L$ took 14,156 steps, the best step 726, the heavy
# ball 97. Explain both savings: what limits a step of plain descent, from above and from below, and
# what does momentum do in the two directions of the valley? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why6_10", "grade": true, "solution": true, "points": 1}
# Across the valley the curvature is L, and steps longer than 2/L make that coordinate grow; along it the
# curvature is only μ, so a step that is safe across shrinks the distance by τμ, very little. The best step
# balances the two worst factors and leaves (κ−1)/(κ+1), about 2 % a step for κ = 100; a small one wastes
# even that. With momentum, moves across the valley change sign from step to step and cancel, while those
# along it keep their sign and add up, so the ball may be faster where it matters: √κ takes the place of κ.

# %% [markdown]
# ### 6.11 What the camera never saw (1 point, 5 minutes)
#
# A company promises to sharpen any photo "with full detail". From your lighthouse and your head: what
# can a prior restore, what can none, and how would you show the difference to a friend? Three or four
# sentences.

# %% [markdown] nbgrader={"grade_id": "why6_11", "grade": true, "solution": true, "points": 1}
# The measurement fixes only block means (or the movement across edges); a whole family of pictures or
# maps fits it equally well, and the prior picks one. It is right where the truth is of the kind that the
# prior prefers: edges between flat surfaces came back. What lies in the null space, waves finer than a
# pixel or shifts inside uniform grey, leaves the data unchanged, so whatever is shown there is invented.
# To show it: add such a texture to the truth and shrink; the small picture stays as it was, hence the
# "restored" one does, too.

# %% [markdown]
# ## 10 · Stretch (no points, no hurry)
#
# - **Restart.** When the ball runs uphill, set its momentum to 0. Try it with a momentum that is too
#   large.
# - **No step size.** Halve the step until $E$ falls by a tenth of what the slope promised (*Armijo's
#   rule*).
# - **Another prior.** Replace the root in TV by a square. What becomes of the edges?
# - **Your own picture.** A photo of yours, grey, 256 × 256, through `shrink` and back.

# %% [markdown]
# ## Before you go: three questions
#
# 1. Curvatures from 2 to 50. What is the best constant step?
# 2. Adam's first step, in each number: how long is it?
# 3. Why does a soft threshold give exact zeros, and a small gradient step never?
#
# <details><summary>Answers</summary>
#
# 1. $2/52$.
# 2. `step`, whatever the size of the gradient.
# 3. It stops at 0: everything smaller than the threshold lands there.
#
# </details>

# %% [markdown]
# **Next week**: programs with an `if`, a sort, a throw of dice. No slope anywhere, it seems, until they
# are made a little softer.
#
# The whole argument of this week is in the notes: `course/notes/week06.md`.
