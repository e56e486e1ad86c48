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
# # Lab 1 · Derivatives you can trust
#
# Everything in this course hangs on one number: how much does the result move when I move this? At
# school you found it with a pencil. Today you ask the computer, and learn when to believe its
# answer.
#
# Then you throw a javelin. The number tells you how to throw it better, step by step, until nobody
# can throw it better; and one step too bold sends it backwards.

# %% [markdown]
# **When you leave this room you can**
#
# - measure the slope of a function of one input, or a thousand;
# - say how many digits are right, and get the rest by a detour through the complex plane;
# - climb a hill by its slope, and say beforehand which strides will fail.
#
# 2¼ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# its `check(…)`: it is free, and it says what *kind* of mistake you made.

# %% nbgrader={"grade_id": "setup", "locked": true}
import math

import matplotlib.pyplot as plt
import numpy as np

from autograder import check
from autograder.stage import demo, show
from dpkit.draw import Moving

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. A road climbs 12 m over 300 m. What is its slope?
# 2. What is the derivative of $80 \sin 2\theta$?
# 3. In Python, is `(1 + 1e-16) - 1` zero?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. 0.04. Rise over run: that is all that a derivative ever was.
# 2. $160 \cos 2\theta$. The 2 comes from the inside, by the chain rule.
# 3. Yes. A float keeps some sixteen digits, and the seventeenth is lost. Remember this one.
#
# </details>

# %% [markdown]
# ## 1 · Two points make a slope (worked example, 15 minutes)
#
# How steep is $f(x) = x^2$ at $x = 1$? A slope needs two points, and here is only one. So take a
# second, a **step** $h$ away, and draw the line through both: a **secant**. Its slope is
#
# $$\frac{f(x + h) - f(x)}{h} = \frac{(x + h)^2 - x^2}{h} = \frac{2xh + h^2}{h} = 2x + h .$$
#
# No $h$ is divided by zero, for no $h$ is zero. But as it shrinks, the slope settles on $2x$. What
# it settles on is the **derivative**.


# %% jupyter={"source_hidden": true} nbgrader={"grade_id": "sliding", "locked": true}
def sliding_secant():
    """The secant of x * x at 1 on its way to the tangent; click to start."""

    def px(x, y):
        return 60 + 200 * x, 330 - 46 * y

    seconds, shown = 6, (1.5, 1.2, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01)
    steps = np.concatenate([np.linspace(a, b, 12) for a, b in zip(shown, shown[1:], strict=False)])

    def moving(values, attribute):
        told = ";".join(f"{value:.1f}" for value in values)
        return (f'<animate attributeName="{attribute}" values="{told}" dur="{seconds}s" '
                f'begin="secant.click" fill="freeze"/>')  # fmt: skip

    def ends(slope):
        return px(0.7, 1 - 0.3 * slope), px(2.6, 1 + slope * (2.6 - 1))

    curve = " ".join("{:.1f},{:.1f}".format(*px(x, x * x)) for x in np.linspace(0, 2.6, 80))
    axis = '<path d="M60 345 H590" stroke="black"/><text x="600" y="350">x</text>' + "".join(
        f'<path d="M{60 + 200 * x:.0f} 341 v8" stroke="black"/>'
        f'<text x="{52 + 200 * x:.0f}" y="366" font-size="13">{x:g}</text>'
        for x in (0, 0.5, 1, 1.5, 2, 2.5)
    )
    (ax, ay), (bx, by) = ends(2.0)
    lines = np.array([ends(2 + h) for h in steps])
    points = np.array([px(1 + h, (1 + h) ** 2) for h in steps])
    sx, sy = px(1, 1)
    words = []
    for k, h in enumerate(shown):
        times = ";".join(f"{min(max(t, 0), 1):.3f}" for t in (0, k / 11, (k + 1) / 11))
        last = 1 if k == len(shown) - 1 else 0
        words.append(
            f'<text x="90" y="70" opacity="{int(k == 0)}">step h = {h:g}, slope {2 + h:g}'
            f'<animate attributeName="opacity" values="{int(k == 0)};1;{last}" keyTimes="{times}" '
            f'calcMode="discrete" dur="{seconds}s" begin="secant.click" fill="freeze"/></text>'
        )
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="secant" role="img" viewBox="0 0 640 375" '
        'width="640" style="cursor:pointer;background:white;font:16px sans-serif">'
        "<title>The parabola y = x squared. A line through its points at 1 and at 1 + h turns, as "
        "h shrinks from 1.5 to 0.01, into the tangent at 1; its slope falls from 3.5 to 2.01"
        f'</title><polyline points="{curve}" fill="none" stroke="{GREY}" stroke-width="3"/>'
        f'<text x="590" y="28" fill="{GREY}">x²</text>'
        f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="black" '
        'stroke-width="1.5" stroke-dasharray="3 5"/>'
        f'<line x1="{lines[0, 0, 0]:.1f}" y1="{lines[0, 0, 1]:.1f}" x2="{lines[0, 1, 0]:.1f}" '
        f'y2="{lines[0, 1, 1]:.1f}" stroke="{VERMILION}" stroke-width="2.5">'
        f"{moving(lines[:, 0, 1], 'y1')}{moving(lines[:, 1, 1], 'y2')}</line>"
        f'<circle cx="{sx:.1f}" cy="{sy:.1f}" r="7" fill="{BLUE}"/>'
        f'<rect x="-7" y="-7" width="14" height="14" fill="{VERMILION}" '
        f'transform="translate({points[0, 0]:.1f} {points[0, 1]:.1f})">'
        '<animateTransform attributeName="transform" type="translate" values="'
        + ";".join(f"{x:.1f} {y:.1f}" for x, y in points)
        + f'" dur="{seconds}s" begin="secant.click" fill="freeze"/></rect>'
        f'<text x="90" y="40" fill="{GREY}">click: the square slides towards the circle</text>'
        f'{"".join(words)}<text x="472" y="{by + 85:.0f}">tangent, slope 2</text>{axis}</svg>',
        "The secant of x squared at 1 slides into the tangent",
    )


sliding_secant()


# %%
# The same without a pencil.
def square(x):
    return x * x


for h in (1.0, 0.1, 0.01, 0.001):
    # 1. how far did f rise
    rise = square(1 + h) - square(1)
    # 2. over what distance
    run = h
    print(f"h = {h:<6}  slope {rise / run:.6f}")

# %% [markdown]
# ### 1.1 A slope for every function (1 point, 5 minutes)
#
# Make a function of it. `secant(f, x, h)` is the slope of the line through the points of `f` at `x`
# and at `x + h`. It must work for *any* `f` of one number.


# %% nbgrader={"grade_id": "ex1_1", "solution": true}
def secant(f, x, h):
    """The slope of the secant of f through x and x + h: a number."""
    # 1. how far did f rise
    # 2. over what distance
    ### BEGIN SOLUTION
    return (f(x + h) - f(x)) / h
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_1", "grade": true, "points": 1}
check("1.1")


# %%
@demo(needs="1.1")
def _():
    for f, name, truth in ((square, "x²  at 1", 2), (math.exp, "exp at 1", math.e)):
        for h in (0.01, 0.005):
            print(f"{name}   h = {h:<6} error {secant(f, 1.0, h) - truth:.6f}")


# %% [markdown]
# Halve the step, and the error halves. That is fair, but slow: every further digit costs a step ten
# times as small. Can we be cleverer?
#
# The secant to the right is too steep here, and the one to the left too flat, by nearly the same.
# Let them cancel: stand *between* the two points. That is the **central difference**.

# %% [markdown]
# ### 1.2 Stand in the middle (2 points, 8 minutes)
#
# `central_difference(f, x, h)` is the slope of the line through the points of `f` at `x - h` and at
# `x + h`. The two sub-goals are those of 1.1. Leave the default of `h` as it is: soon you will see
# why it is a good one.
#
# When it works, the cube at 2 with $h = 0.1$ gives 12.01, where the truth is 12 and the secant says
# 12.61.


# %% nbgrader={"grade_id": "ex1_2", "solution": true}
def central_difference(f, x, h=1e-5):
    """The slope of the line through the points of f at x - h and x + h: a number."""
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_2", "grade": true, "points": 2}
check("1.2")


# %%
@demo(needs="1.2")
def _():
    print("exp at 1       secant is wrong by   central is wrong by")
    for h in (0.1, 0.01, 0.001):
        one, two = secant(math.exp, 1.0, h), central_difference(math.exp, 1.0, h)
        print(f"h = {h:<6}     {one - math.e:14.9f}      {two - math.e:14.9f}")


# %% [markdown]
# A step ten times as small makes the central difference a *hundred* times as good. The errors are
# about $\frac12 h f''$ and $\frac16 h^2 f'''$: the notes derive them from Taylor's series.
#
# ## 2 · The smaller, the better?
#
# In the limit $h \to 0$ the slope is exact. So let us go to the limit! Take $f(x) = x^2$ at $x = 1$,
# where the truth is 2:
#
# | step | the secant says |
# |---|---|
# | $10^{-4}$ | 2.0001 |
# | $10^{-8}$ | 1.99999999 |
# | $10^{-16}$ | ? |

# %% [markdown]
# ### 1.3 Predict: to the limit (1 point, 3 minutes)
#
# What does `secant` say for $x^2$ at 1 with $h = 10^{-16}$? Do not run it yet. Write `return` and
# your number. *Trying earns the point, whatever you answer.*


# %% nbgrader={"grade_id": "ex1_3", "solution": true}
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_3", "grade": true, "points": 1}
check("1.3")


# %%
@demo(needs="your prediction, and 1.1")
def _():
    guess = my_prediction_of_the_limit()
    for h in (1e-4, 1e-8, 1e-12, 1e-15, 1e-16):
        print(f"h = {h:.0e}   the secant says {secant(square, 1.0, h):.12f}")
    print(f"You said {guess}. And `1 + 1e-16 == 1` is {1 + 1e-16 == 1}: both points are the same.")


# %% [markdown]
# This is what goes wrong. A float carries some sixteen digits. When $f(x + h)$ and $f(x)$ agree in
# the first twelve of them, their difference has only four left, and dividing by $h$ makes large what
# is wrong with them. This loss is called **cancellation**.
#
# So there are two errors: **truncation**, which falls with $h$, and **rounding**, about
# $\varepsilon / h$ with $\varepsilon = 2.2 \cdot 10^{-16}$, which *rises* as $h$ falls. Between them
# lies the best step.

# %% [markdown]
# ### 1.4 The valley of the best step (3 points, 12 minutes)
#
# For each step `h` in `steps`, `u_curve` finds by how much `method(f, x, h)` (`method` is `secant`,
# for example) misses the true `slope`. It returns the list of these errors, none of them negative.
#
# Then run the check and the picture below it, read off the two best steps, and return them from
# `best_steps`. The right power of ten is enough: the floors of the valleys are ragged.


# %% nbgrader={"grade_id": "ex1_4", "solution": true}
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    ### BEGIN SOLUTION
    return [abs(method(f, x, h) - slope) for h in steps]
    ### END SOLUTION


def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    ### BEGIN SOLUTION
    return 1e-8, 1e-5
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_4", "grade": true, "points": 3}
check("1.4")


# %%
@demo(needs="1.1, 1.2 and 1.4")
def _():
    steps = 10.0 ** np.arange(-16, 0, 0.125)
    figure, axes = plt.subplots(figsize=(7.5, 4.2))
    for method, style in (
        (secant, {"color": VERMILION, "marker": "s", "label": "secant"}),
        (central_difference, {"color": BLUE, "marker": "o", "label": "central difference"}),
    ):
        errors = u_curve(method, math.exp, math.e, 1.0, steps)
        axes.loglog(steps, errors, markersize=3, linewidth=0.8, **style)
    axes.set(xlabel="step h", ylabel="error of the slope of exp at 1", ylim=(1e-13, 20))
    axes.set_xticks(10.0 ** np.arange(-16, 0, 2))
    axes.annotate("rounding", (1e-13, 3e-1), color=GREY)
    axes.annotate("truncation", (2e-2, 1e-6), color=GREY)
    axes.legend(frameon=False, loc="lower left")
    return show(
        figure,
        alt="Error against step, both logarithmic: two valleys. From the right the error falls, "
        "steeper for the central difference than for the secant, then turns up, ragged, at ever "
        "smaller steps.",
    )


# %% [markdown]
# Read the picture like a landscape. On the right you walk on formulas, $h$ and $h^2$. On the left
# you walk on the grain of the numbers themselves, and it is the same ground for both methods.
#
# The secant never gives more than some eight digits, the central difference some ten or eleven.
# Is that all that can be had?

# %% [markdown]
# ## 3 · A detour without loss
#
# The trouble was the subtraction. Here is a way around it. Step not to the right, but *sideways*,
# into the complex plane, $x + ih$ with $i^2 = -1$. For the cube:
#
# $$(x + ih)^3 = x^3 + 3x^2 \cdot ih - 3xh^2 - ih^3 .$$
#
# Look at the imaginary part alone: $3x^2 h - h^3$. The value $x^3$ sits in the real part, out of
# the way; nothing has to be subtracted from it.

# %% [markdown]
# ### 1.5 The complex step (2 points, 8 minutes)
#
# Make a derivative of it, for any `f` that understands complex numbers (as numpy's functions do).
# In Python the sideways point is `complex(x, h)`, and a complex number `z` has the parts `z.real`
# and `z.imag`.
#
# The default of $h$ is no mistake: $10^{-30}$. Return an ordinary number.


# %% nbgrader={"grade_id": "ex1_5", "solution": true}
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    ### BEGIN SOLUTION
    return f(complex(x, h)).imag / h
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_5", "grade": true, "points": 2}
check("1.5")


# %%
@demo(needs="1.1, 1.2, 1.4 and 1.5")
def _():
    def bumpy(x):  # the test function of Martins, Sturdza and Alonso (2003)
        return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)

    steps = 10.0 ** np.arange(-30, 0, 0.25)
    figure, axes = plt.subplots(figsize=(7.5, 4.2))
    for method, style in (
        (secant, {"color": VERMILION, "marker": "s", "label": "secant"}),
        (central_difference, {"color": BLUE, "marker": "o", "label": "central difference"}),
        (complex_step, {"color": "black", "marker": "^", "label": "complex step"}),
    ):
        errors = np.array(u_curve(method, bumpy, 4.05342789389862, 1.5, steps))
        axes.loglog(steps, np.maximum(errors, 2e-16), markersize=3, linewidth=0.8, **style)
    axes.set(xlabel="step h", ylabel="error (drawn at 2e-16 where it is less)")
    axes.legend(frameon=False, loc="center left")
    return show(
        figure,
        alt="Error against step from 1e-30 to 1. The secant and the central difference are lost "
        "below 1e-16; the complex step falls to 1e-15 and stays there however small the step.",
    )


# %% [markdown]
# A U-curve with only one arm. All digits are right, for any step from $10^{-8}$ down.
#
# There is a price: `f` must be made of smooth operations that know complex numbers. `abs`, `max`
# and `<` do not. Next week's machine keeps the idea, *carry the derivative beside the value*, and
# drops the price.

# %% [markdown]
# ## 4 · More than one input
#
# Most functions have more than one knob. The **partial derivative** by one of them is the ordinary
# derivative when all the others are held still. All partial derivatives together, in the order of
# the inputs, are the **gradient**, $\nabla f$. It points straight uphill.


# %%
# Worked example: the volume of a can.
def volume(r_and_height):
    r, height = r_and_height
    return math.pi * r**2 * height


can, h = np.array([3.0, 10.0]), 1e-5
for k, name in enumerate(("radius", "height")):
    # 1. copy the inputs
    above, below = can.copy(), can.copy()
    # 2. nudge one, up and down
    above[k] += h
    below[k] -= h
    # 3. rise over run
    slope = (volume(above) - volume(below)) / (2 * h)
    print(f"by its {name}: {slope:.6f} cm³ for each cm")
print("by pencil: ", 2 * math.pi * 3 * 10, math.pi * 3**2)

# %% [markdown]
# ### 1.6 The gradient, by nudging (4 points, 15 minutes)
#
# In `numeric_grad(f, x)`, `x` is an array of any shape (or a list, or integers) and `f(x)` a number.
# Each entry of the gradient is the central difference in that entry.
#
# Its contract: a `float64` array of the shape of `x`; one nudge at a time; the caller's `x` never
# written to. Mind integers: into an array of them no $10^{-5}$ fits.
#
# `np.ndindex(x.shape)` walks through all places; `x[place]` is one number.


# %% nbgrader={"grade_id": "ex1_6", "solution": true}
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    # 1. x as float64, in an array of our own; one more for the answer
    # 2. for each place: nudge it up, nudge it down, rise over run
    ### BEGIN SOLUTION
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_6", "grade": true, "points": 4}
check("1.6")


# %%
@demo(needs="1.6")
def _():
    def hills(p):  # height in metres at two coordinates
        return 3 * np.sin(p[0]) * np.cos(0.7 * p[1]) + 0.6 * p[1]

    east, north = np.meshgrid(np.linspace(-3, 3, 90), np.linspace(-2, 2, 60))
    figure, axes = plt.subplots(figsize=(7.5, 4.6))
    ground = axes.contourf(east, north, hills([east, north]), 16, cmap="Greys", alpha=0.7)
    spots = np.array(
        [(a, b) for a in np.linspace(-2.8, 2.8, 13) for b in np.linspace(-1.8, 1.8, 9)]
    )
    arrows = np.array([numeric_grad(hills, spot) for spot in spots])
    axes.quiver(*spots.T, *arrows.T, color=BLUE, width=0.004)
    axes.set(xlabel="east", ylabel="north", aspect="equal", title="The gradient points uphill")
    figure.colorbar(ground, ax=axes, label="height (m)", shrink=0.8)
    return show(
        figure,
        alt="A map of hills in shades of grey, dark is high. A blue arrow at each of 117 places is "
        "the gradient there: it points to higher ground, straight across the contours, and is long "
        "where the ground is steep.",
    )


# %% [markdown]
# Note the bill: two evaluations of `f` for each entry. For a can that is nothing. For a network
# with a billion weights it is two billion runs, for *one* step of learning. Hold that thought until
# week 3.
#
# ## 5 · The javelin
#
# At which angle does a javelin fly farthest? Let $u$ = 28 m/s be its
# speed, $g$ = 9.8 m/s² gravity; the ground is flat, the air thin, the thrower very short:
#
# $$x(t) = u\, t \cos\theta, \qquad y(t) = u\, t \sin\theta - \tfrac12 g\, t^2 .$$

# %% [markdown]
# ### 1.7 How far, and how much farther? (2 points, 8 minutes)
#
# It lands at the $t > 0$ for which $y = 0$. Put that time into $x$: the result is the range, in
# metres. (The identity $2 \sin\theta \cos\theta = \sin 2\theta$ makes it short.) Then differentiate
# it by $\theta$, with your pencil.
#
# Angles are in radians. `u` and `g` may be given: on the Moon, 1.62. Use the functions of `np`.


# %% nbgrader={"grade_id": "ex1_7", "solution": true}
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    ### BEGIN SOLUTION
    return u**2 / g * np.sin(2 * theta)
    ### END SOLUTION


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    ### BEGIN SOLUTION
    return 2 * u**2 / g * np.cos(2 * theta)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_7", "grade": true, "points": 2}
check("1.7")


# %%
@demo(needs="1.7, and 1.5")
def _():
    for degrees in (10, 30, 45, 60, 80):
        theta = math.radians(degrees)
        print(
            f"{degrees}°: {javelin_range(theta):7.3f} m, by pencil {range_slope(theta):9.3f}, by "
            f"complex step {complex_step(javelin_range, theta):9.3f} m for each radian"
        )


# %% [markdown]
# Do you see the sign change? Where the slope is positive, throw higher; where it is negative, throw
# lower. Where it is zero there is nothing to gain: $\cos 2\theta = 0$, so $\theta = \pi/4$, for any
# speed, on any planet.
#
# That was a lucky case: an equation that can be solved. Mostly it cannot. But the *sign* of the
# slope is always there to ask, and its size says how much there is to win.

# %% [markdown]
# ### 1.8 Climb (2 points, 10 minutes)
#
# **Gradient ascent**: stand somewhere, and step along the slope, again and again:
#
# $$\theta_{k+1} = \theta_k + \gamma \cdot \mathrm{slope}(\theta_k) .$$
#
# The number $\gamma$ is the **learning rate**. (Turn the plus into a minus and it is gradient
# *descent*, the workhorse of machine learning: losses are to become small.)
#
# `gradient_ascent` returns the list of all places visited: `start` first, then the place after each
# of the `steps`.


# %% nbgrader={"grade_id": "ex1_8", "solution": true}
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    ### BEGIN SOLUTION
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * slope(places[-1]))
    return places
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_8", "grade": true, "points": 2}
check("1.8")


# %%
@demo(needs="1.2, 1.7 and 1.8")
def _():
    exact = gradient_ascent(range_slope, 0.1, 0.001, 100)[-1]
    nudged = gradient_ascent(lambda t: central_difference(javelin_range, t), 0.1, 0.001, 100)[-1]
    print(f"solved by pencil                   {math.pi / 4:.15f}")
    print(f"climbed, slope by pencil           {exact:.15f}")
    print(f"climbed, slope by nudges           {nudged:.15f}")


# %% [markdown]
# One optimum, three ways. The third needs no calculus at all: a *program* that says how far the
# javelin flies is enough. This is the pattern of the whole course: write down what you want as a
# function, the **objective**, and follow its slope.
#
# A hundred steps is patient. Shall we stride out?

# %% [markdown]
# ### 1.9 Predict: the boldest stride (1 point, 5 minutes)
#
# Near the top, at $\theta^* = \pi/4$, the slope is almost a straight line: $160 \cos 2\theta \approx
# -320\, (\theta - \theta^*)$. So a step turns the distance from the top, $d = \theta - \theta^*$,
# into $d - 320\, \gamma\, d$.
#
# For $\gamma = 0.001$ it shrinks to 0.68 of what it was. Below which rate $\gamma$ does it still
# shrink? Write `return` and your number; again, trying earns the point.


# %% nbgrader={"grade_id": "ex1_9", "solution": true}
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    ### BEGIN SOLUTION
    return 1 / 160
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_9", "grade": true, "points": 1}
check("1.9")


# %%
@demo(needs="your prediction, 1.7 and 1.8")
def _():
    guess = my_prediction_of_the_boldest_stride()
    print("    rate   angle after 5,000 steps, and after 5,001")
    for rate in (0.001, 0.003125, 0.006, 0.0062, 0.0063, 0.0065, 0.01, 0.02, guess):
        before, after = gradient_ascent(range_slope, 0.1, rate, 5001)[-2:]
        verdict = "settled" if abs(after - before) < 1e-9 else "not settled"
        print(f"{rate:8.6f}   {before:13.9f}  {after:13.9f}   {verdict}")
    print(f"The last line is yours. The distance is multiplied by 1 - 320 rate: at {1 / 160} the "
          "factor is -1,\nand every step lands as far beyond the top as it began before it.")  # fmt: skip


# %% [markdown]
# Look at the last rates. At 0.01 the thrower hops for ever between 5° and 95°: one throw forwards,
# one backwards over the shoulder. At 0.02 the angle gains half a turn each time: like a
# windmill. Nothing crashes. No error is raised. *A rate that is too large is a bug that you only
# see if you look.*

# %% [markdown]
# ## 6 · In your own words
#
# ### 1.10 Why not smaller? (1 point, 5 minutes)
#
# A friend takes $h = 10^{-14}$ for her central differences, "to be exact". Explain which two errors
# she is trading, and why the complex step may take $10^{-30}$ where she may not. Three or four
# sentences.

# %% [markdown] nbgrader={"grade_id": "why1_10", "grade": true, "solution": true, "points": 1}
# Truncation (what the formula misses, about h² f'''/6) falls with h, but rounding grows: f(x + h)
# and f(x − h) are each wrong in the sixteenth digit, their difference keeps that error while it
# becomes tiny itself, and dividing by h magnifies it to about ε/h, here one part in a hundred. The
# complex step subtracts nothing: the derivative times h sits alone in the imaginary part with all
# its digits, so h can be so small that truncation vanishes and nothing is cancelled.

# %% [markdown]
# ### 1.11 A stronger arm (1 point, 5 minutes)
#
# With $u$ = 28 m/s, the rate 0.005 settles. Somebody throws at $u$ = 40 m/s and keeps the rate. What
# happens, and why? Which rates would settle for her? Three or four sentences, with numbers.

# %% [markdown] nbgrader={"grade_id": "why1_11", "grade": true, "solution": true, "points": 1}
# The bend of the range at its top is −4u²/g: 320 for 28 m/s, but 653 for 40 m/s. A step multiplies
# the distance from the top by 1 − 653 · 0.005 ≈ −2.3, so it overshoots and grows instead of
# shrinking: the angle does not settle. For her the rate must stay below 2/653 ≈ 0.00306. The right
# rate belongs to the curvature of the hill, not to the taste of the walker.

# %% [markdown]
# ## 7 · The stadium
#
# Two throwers: one begins at 6° and one at 84°, and each goes by the `gradient_ascent` of your
# hands. The arrow on the ground is the gradient. It says how much is to be won, and by its direction
# whether to throw higher (→) or lower (←).


# %% jupyter={"source_hidden": true} nbgrader={"grade_id": "stadium", "locked": true}
def flight(theta, points=41, u=28.0, g=9.8):
    """Where the javelin is, from the throw to the landing: (metres along, metres up)."""
    t = np.linspace(0, 2 * u * np.sin(theta) / g, points)
    return u * t * np.cos(theta), u * t * np.sin(theta) - g * t**2 / 2


def stadium(angles, slopes, seconds=0.9):
    """The throws, one after another. Click to start; nothing moves before."""

    def path(theta):
        along, up = flight(theta)
        return "M" + " L".join(f"{8 * x:.1f} {-8 * y:.1f}" for x, y in zip(along, up, strict=True))

    def hidden_until(moment, until=None):
        sets = [(0, 0.0), (1, moment)] + [(0, until)] * (until is not None)
        return "".join(
            f'<set attributeName="opacity" to="{to}" begin="stadium.click+{at:.2f}s"/>'
            for to, at in sets
        )

    parts, last = [], len(angles) - 1
    for k, (theta, slope) in enumerate(zip(angles, slopes, strict=True)):
        begin, far, way = k * seconds, 8 * flight(theta)[0][-1], path(theta)
        colour, width = (VERMILION, 4) if k == last else (GREY, 1.5)
        arrow = 0.9 * slope
        tip = 10 * np.sign(slope) * (abs(arrow) > 3)  # no gradient, no arrowhead
        way_to_go = "higher" if slope > 0.1 else "lower" if slope < -0.1 else "stay"
        told = f"{math.degrees(theta):.1f}°: {far / 8:.2f} m. Slope {slope:+.1f} m/rad: {way_to_go}"
        parts.append(
            f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{width}">'
            f"{hidden_until(begin + seconds * 0.8)}</path>"
            f'<line x1="-14" x2="14" stroke="{BLUE}" stroke-width="5" opacity="0">'
            f"{hidden_until(begin, begin + seconds * 0.85)}"
            f'<animateMotion path="{way}" dur="{seconds * 0.8:.2f}s" rotate="auto" '
            f'begin="stadium.click+{begin:.2f}s" fill="freeze"/></line>'
            f'<g opacity="{int(k == last)}">'
            + hidden_until(begin + seconds * 0.8, None if k == last else begin + 1.8 * seconds)
            + f'<text x="470" y="-310" font-size="17">{told}</text>'
            f'<path d="M{far:.1f} 16 h{arrow:.1f}" stroke="{BLUE}" stroke-width="4"/>'
            f'<circle cx="{far:.1f}" cy="16" r="5" fill="{BLUE}"/>'
            f'<path d="M{far + arrow:.1f} 9 l{tip:.0f} 7 l{-tip:.0f} 7z" fill="{BLUE}"/></g>'
        )
    ground = "".join(
        f'<path d="M{8 * x} 0 v8" stroke="black"/><text x="{8 * x}" y="42" text-anchor="middle" '
        f'font-size="12">{x} m</text>'
        for x in range(0, 81, 10)
    )
    far = flight(angles[-1])[0][-1]
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="stadium" role="img" '
        'viewBox="-30 -335 840 385" width="800" '
        'style="cursor:pointer;background:white;font-family:sans-serif">'
        f"<title>{len(angles)} javelin throws, at first far too low or far too high, each farther "
        f"than the one before, the last at {math.degrees(angles[-1]):.0f} degrees: {far:.1f} m"
        '</title><rect x="-30" y="-335" width="840" height="385" fill="white"/>'
        f'<path d="M-30 0 H800" stroke="black"/>{ground}'
        f'<text x="470" y="-285" font-size="13" fill="{GREY}">click to throw'
        f"</text>{''.join(parts)}</svg>",
        "Throws of a javelin, each nearer to the best angle",
    )


# %%
@demo(needs="1.7 and 1.8")
def _():
    low, high = (gradient_ascent(range_slope, start, 0.001, 100) for start in np.radians([6, 84]))
    angles = [low[0], high[0], low[1], high[1], low[2], high[2], low[3], high[3], low[5], low[100]]
    return stadium(angles, [range_slope(theta) for theta in angles])


# %% [markdown]
# And now the three characters that you will meet in every training run of your life: the timid, the
# one with the right stride, and the reckless. They start at the same place, and take ten steps each.


# %%
@demo(needs="1.7 and 1.8")
def _():
    degrees = np.linspace(-5, 100, 300)
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
    for axes, (rate, name) in zip(
        panels,
        ((0.0003, "timid: 0.0003"), (1 / 320, "just right: 1/320"), (0.01, "reckless: 0.01")),
        strict=True,
    ):
        visited = np.array(gradient_ascent(range_slope, 0.1, rate, 10))
        axes.plot(degrees, javelin_range(np.radians(degrees)), color=GREY)
        axes.plot(np.degrees(visited), javelin_range(visited), color=VERMILION, linewidth=1)
        for k, theta in enumerate(visited):
            axes.plot(
                math.degrees(theta), javelin_range(theta), "o", color=BLUE, markersize=4 + k / 3
            )
        axes.axvline(45, color="black", linestyle=":", linewidth=1)
        axes.set(title=name, xlabel="angle (degrees)")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("range (m)")
    return show(
        figure,
        alt="Three times the hill of range against angle, its top at 45 degrees. With the small "
        "rate ten steps climb only part of it; with the middle one they stand on top after three; "
        "with the large one they hop across the top from side to side and never arrive.",
    )


# %% [markdown]
# What lies *beyond* the boldest stride? For each rate, let the climber walk 300 steps, then mark
# where it stands during the next 100. Below the boldest stride there is one mark: it has settled.
# Then two. Then look.


# %%
@demo(needs="1.7 and 1.8")
def _():
    rates = np.linspace(0.004, 0.0196, 1500)  # all of them walk at once, as one array
    visited = np.array(gradient_ascent(range_slope, 0.1 + 0 * rates, rates, 400))[301:]
    figure, axes = plt.subplots(figsize=(9, 4.6))
    turned = (np.degrees(visited) + 90) % 360 - 90  # a full turn changes nothing
    axes.plot(np.tile(rates, len(turned)), turned.ravel(), ",", color=BLUE, alpha=0.25)
    axes.axvline(1 / 160, color=VERMILION, linestyle="--")
    axes.annotate(" 1/160", (1 / 160, 240), color=VERMILION, fontsize=12)
    axes.set(xlabel="learning rate", ylabel="angle (degrees)", yticks=range(-90, 271, 45))
    axes.set_title("Where a hundred late steps of gradient ascent stand")
    return show(
        figure,
        alt="Angles visited late in the climb against the learning rate. Below 1/160 a single line "
        "at 45 degrees; there it forks in two, the branches fork again and again, and dissolve "
        "into a cloud with calm windows in it: order, then chaos.",
    )


# %% [markdown]
# One line of school calculus, repeated: order, doubling, chaos. Nobody put chaos into it. Remember
# the picture when a training run "suddenly diverges": below the fork lies everything that works.

# %% [markdown]
# ## 8 · Stretch (no points, no hurry)
#
# - **A taller thrower.** The javelin leaves the hand 1.8 m above the ground. Now the best angle does
#   depend on the speed. (At 28 m/s you should find 44.37° and 81.780 m. Nudges are enough.)
# - **Air.** Let drag eat $k v^2$, compute the flight in small steps of time, and climb: no formula
#   needed.
# - **Richardson's trick.** Combine the central differences for $h$ and $h/2$ so that their errors
#   cancel. How many digits?

# %% [markdown]
# ## Before you go: three questions
#
# 1. Which step would you take for a central difference?
# 2. The gradient is zero. Are you on top of the hill?
# 3. Your climber is stable at the rate 0.006. Is 0.0031 slower?
#
# <details><summary>Answers</summary>
#
# 1. About $10^{-5}$, the cube root of $\varepsilon$: below it, rounding takes over.
# 2. Perhaps; or in a valley, or on a saddle.
# 3. No, faster: the distance is multiplied by almost 0, at 0.006 by $-0.92$.
#
# </details>

# %% [markdown]
# **Next week** there is no $h$ any more. You will build a number that carries its own derivative
# along, exactly, through loops, branches and whole programs.
#
# The whole argument of this week, every error term included, is in the notes:
# `course/notes/week01.md`.
