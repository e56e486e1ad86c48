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
# # Lab 2 · Forward mode: differentiate the program
#
# Last week you nudged: run the program twice, subtract, divide, and lose half your digits. Today the
# program differentiates *itself*, while it runs, through every loop and every `if`, to the last
# digit.
#
# The trick is an arithmetic of 1873 that fits on a postcard. You will write it, and then watch a
# derivative walk through your code, line by line.

# %% [markdown]
# **When you leave this room you can**
#
# - build a number that carries its derivative along;
# - differentiate programs with loops, branches and iterations;
# - get a derivative in any direction, and a whole Jacobian, column by column;
# - say where not to trust it.
#
# 2½ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# its `check(…)`: it is free, and it says what *kind* of mistake you made.

# %% nbgrader={"grade_id": "setup", "locked": true}
import math

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from autograder import check
from autograder.stage import demo, show

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. Near $x = 3$, by how much does $x^2$ grow when $x$ grows by a tiny $\varepsilon$?
# 2. A centred difference was good for some ten digits. What ate the others?
# 3. The chain rule for $\sin(x^2)$ has two factors. Which, and taken where?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. By $6\varepsilon$, and an $\varepsilon^2$ too small to care about.
# 2. Rounding: two nearly equal numbers were subtracted.
# 3. The cosine at $x^2$, and $2x$ at $x$.
#
# </details>

# %% [markdown]
# ## 1 · Values, and speeds (worked example, 10 minutes)
#
# Question 1 holds the whole idea. Let the input *move*: $x$ passes through 1.5 with speed 1. Then
# everything computed from $x$ moves too, and each line of the program can tell how fast, from numbers
# that it has anyway.
#
# We write a dot for a speed: $\dot y$ says how fast $y$ moves. Below, each line of a program is
# followed by its shadow.

# %%
x, x_dot = 1.5, 1.0  #                    the input moves, with speed 1
w = x * x
w_dot = x_dot * x + x * x_dot  #          both factors move: the product rule
s = math.sin(w)
s_dot = math.cos(w) * w_dot  #            the slope here, times how fast the argument moves
y = x * s + 2
y_dot = x_dot * s + x * s_dot  #          the 2 stands still: speed 0


# Do we believe it? Nudge the input, and look.
def by_numbers(x):
    return x * math.sin(x * x) + 2


h = 1e-5
nudged = (by_numbers(x + h) - by_numbers(x - h)) / (2 * h)
print(f"y moves with speed  {y_dot:.12f}\ntwo nudges say      {nudged:.12f}")

# %% [markdown]
# The input had speed 1, so the speed of $y$ *is* $dy/dx$. No second run, no $h$, nothing to
# subtract.
#
# But who wants to write every line twice? Glue the two numbers into one: a **dual number** $x +
# \dot x\, \varepsilon$. Its **primal** is the value, its **tangent** the speed. Calculate as with
# any letter, with one rule more: $\varepsilon^2 = 0$. For example
#
# $$(x + \dot x\varepsilon)(w + \dot w\varepsilon) = xw + (\dot x w + x \dot w)\,\varepsilon .$$
#
# The product rule appears by itself.

# %% [markdown]
# Here is where you will be in two hours. `dp.watch` runs a program on dual numbers and keeps a
# **score**: code on the left, time to the right, a note for each line that ran. It shows the value,
# and below it the tangent: ▲ grows, ▼ shrinks. A bare number stands still.
#
# The circles (or the arrow keys) take you through the run, step by step. For now it runs on
# `dpkit`'s dual numbers. Later, on yours.


# %%
def hilly(x):
    w = x * x
    s = dp.sin(w)
    y = x * s + 2
    return y


dp.watch(hilly, dp.Dual(1.5, 1.0))

# %% [markdown]
# ## 2 · A number that moves
#
# ### 2.1 A value and a speed (2 points, 10 minutes)
#
# Complete `Dual`. It keeps its primal and its tangent; without a tangent it stands still.
# `lift(x)` makes a Dual of a plain number, which does not move; a Dual stays the one it is.
#
# And let it be compared, with a Dual or a plain number, so that `if x > 0:` works. The program takes
# the branch that it would have taken anyway: what decides?


# %% nbgrader={"grade_id": "ex2_1", "solution": true}
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        ### BEGIN SOLUTION
        self.primal = primal
        self.tangent = tangent
        ### END SOLUTION

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        ### BEGIN SOLUTION
        return self.primal < lift(other).primal
        ### END SOLUTION

    def __le__(self, other):
        """self <= other"""
        ### BEGIN SOLUTION
        return self.primal <= lift(other).primal
        ### END SOLUTION

    def __gt__(self, other):
        """self > other"""
        ### BEGIN SOLUTION
        return self.primal > lift(other).primal
        ### END SOLUTION

    def __ge__(self, other):
        """self >= other"""
        ### BEGIN SOLUTION
        return self.primal >= lift(other).primal
        ### END SOLUTION


def lift(x):
    """x as a Dual: a plain number stands still."""
    ### BEGIN SOLUTION
    return x if isinstance(x, Dual) else Dual(x, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_1", "grade": true, "points": 2}
check("2.1")

# %% [markdown]
# **Worked example: addition.** $(a + \dot a\varepsilon) + (b + \dot b\varepsilon) = (a + b) +
# (\dot a + \dot b)\,\varepsilon$.
#
# Three sub-goals, the same for every operation: *make both sides Duals · compute the value ·
# compute how fast it moves*.
#
# Then the operators. For `a + b` Python asks the left side, `a.__add__(b)`. If `a` is a plain number
# it knows no Duals, and Python asks the right side by a **reflected** name, `b.__radd__(a)`: the Dual
# comes first, though it stands on the right.


# %% nbgrader={"grade_id": "worked_add", "locked": true}
def add(a, b):
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value
    value = a.primal + b.primal
    # 3. how fast it moves
    return Dual(value, a.tangent + b.tangent)


Dual.__add__, Dual.__radd__ = lambda a, b: add(a, b), lambda b, a: add(a, b)
Dual.__mul__, Dual.__rmul__ = lambda a, b: mul(a, b), lambda b, a: mul(a, b)
Dual.__sub__, Dual.__rsub__ = lambda a, b: sub(a, b), lambda b, a: reflected_sub(b, a)
Dual.__truediv__, Dual.__rtruediv__ = lambda a, b: div(a, b), lambda b, a: reflected_div(b, a)
Dual.__neg__, Dual.__pow__ = lambda a: neg(a), lambda a, n: power(a, n)


# %% [markdown]
# ### 2.2 The rest of arithmetic (4 points, 12 minutes)
#
# `mul` has its sub-goals written in; the others are yours. In `mul`, `sub` and `div` either side
# may be a plain number; in `power` the exponent is one. The two reflected ones take the *right*
# side first.
#
# For `div`, multiply top and bottom by $b - \dot b\varepsilon$, or use the quotient rule.
#
# When it works, `1 - 6 / Dual(2, 1)` is `Dual(-2, 1.5)`.


# %% nbgrader={"grade_id": "ex2_2", "solution": true}
def mul(a, b):
    """a * b"""
    # 1. make both sides Duals
    a, b = lift(a), lift(b)
    # 2. the value   3. how fast it moves:   return Dual(..., ... + ...)
    ### BEGIN SOLUTION
    return Dual(a.primal * b.primal, a.tangent * b.primal + a.primal * b.tangent)
    ### END SOLUTION


def neg(a):
    """-a"""
    ### BEGIN SOLUTION
    return Dual(-a.primal, -a.tangent)
    ### END SOLUTION


def sub(a, b):
    """a - b"""
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    return Dual(a.primal - b.primal, a.tangent - b.tangent)
    ### END SOLUTION


def div(a, b):
    """a / b"""
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    value = a.primal / b.primal
    return Dual(value, (a.tangent - value * b.tangent) / b.primal)
    ### END SOLUTION


def power(a, n):
    """a to the power n, a plain number."""
    ### BEGIN SOLUTION
    return Dual(a.primal**n, n * a.primal ** (n - 1) * a.tangent)
    ### END SOLUTION


def reflected_sub(b, a):
    """a - b, where b is a Dual and a a plain number: what Python calls as b.__rsub__(a)."""
    ### BEGIN SOLUTION
    return sub(a, b)
    ### END SOLUTION


def reflected_div(b, a):
    """a / b, where b is a Dual and a a plain number: what Python calls as b.__rtruediv__(a)."""
    ### BEGIN SOLUTION
    return div(a, b)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_2", "grade": true, "points": 4}
check("2.2")


# %% [markdown]
# A loop, from the lecture slides: start with $b = 1$ and say `b = b + b * a` three times. On paper
# that is $(1 + a)^3$, with derivative $3 + 6a + 3a^2$. Your numbers know nothing of cubes. They only
# follow the steps.


# %%
def cube(a):
    b = 1
    for _ in range(3):
        b = b + b * a
    return b


@demo(needs="2.2")
def _():
    a = 0.5
    print("your loop:  ", cube(Dual(a, 1.0)), "  on paper:  ", 3 + 6 * a + 3 * a**2)
    return dp.watch(cube, Dual(a, 1.0))


# %% [markdown]
# **Worked example: a function.** The chain rule says *slope here, times how fast the argument
# moves*. The slope is taken at the primal.
#
# `lift` lets `sin(2)` work, too. `math.sin` itself refuses a Dual, with an error. Be glad: a
# function that quietly dropped the tangent would be far worse.


# %% nbgrader={"grade_id": "worked_sin", "locked": true}
def sin(a):
    # 1. make it a Dual
    a = lift(a)
    # 2. the value   3. how fast it moves
    return Dual(math.sin(a.primal), math.cos(a.primal) * a.tangent)


# %% [markdown]
# ### 2.3 Four more functions (2 points, 8 minutes)
#
# `cos`, `exp`, `log`, `sqrt`: the same three sub-goals. For the values use `math`.


# %% nbgrader={"grade_id": "ex2_3", "solution": true}
def cos(a):
    ### BEGIN SOLUTION
    a = lift(a)
    return Dual(math.cos(a.primal), -math.sin(a.primal) * a.tangent)
    ### END SOLUTION


def exp(a):
    ### BEGIN SOLUTION
    a = lift(a)
    value = math.exp(a.primal)
    return Dual(value, value * a.tangent)
    ### END SOLUTION


def log(a):
    """The natural logarithm."""
    ### BEGIN SOLUTION
    a = lift(a)
    return Dual(math.log(a.primal), a.tangent / a.primal)
    ### END SOLUTION


def sqrt(a):
    ### BEGIN SOLUTION
    a = lift(a)
    value = math.sqrt(a.primal)
    return Dual(value, a.tangent / (2 * value))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_3", "grade": true, "points": 2}
check("2.3")

# %% [markdown]
# ## 3 · Ask for a derivative
#
# ### 2.4 One input, or a direction (2 points, 12 minutes)
#
# `derivative(f)` returns a *function*: it takes a number $x$ and gives $f'(x)$, a number.
#
# With several inputs, say how fast *each* moves. That is a direction, and the answer, $\dot y =
# J\,\dot x$, is called a **Jacobian-vector product**: `jvp(f, primals, tangents)` runs `f(*…)`
# *once* and returns $(y, \dot y)$, plain numbers; two lists, if `f` returns one.
#
# A program may also return a plain number.


# %% nbgrader={"grade_id": "ex2_4", "solution": true}
def jvp(f, primals, tangents):
    """(y, y_dot) of y = f(*primals), when the inputs move with the speeds `tangents`."""
    ### BEGIN SOLUTION
    result = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if isinstance(result, (list, tuple)):
        moving = [lift(each) for each in result]
        return [each.primal for each in moving], [each.tangent for each in moving]
    result = lift(result)
    return result.primal, result.tangent
    ### END SOLUTION


def derivative(f):
    """The function that gives the derivative of f, a function of one number."""
    ### BEGIN SOLUTION
    return lambda x: jvp(f, [x], [1.0])[1]
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_4", "grade": true, "points": 2}
check("2.4")


# %%
@demo(needs="2.4")
def _():
    def tangled(x):
        return sin(x * x) / sqrt(x + exp(-x))

    def tangled_by_numbers(x):
        return math.sin(x * x) / math.sqrt(x + math.exp(-x))

    yours = derivative(tangled)(1.3)
    print("h       nudged              how far from your derivative")
    for h in (1e-2, 1e-5, 1e-8, 1e-11):
        nudged = (tangled_by_numbers(1.3 + h) - tangled_by_numbers(1.3 - h)) / (2 * h)
        print(f"{h:.0e}  {nudged:.12f}     {abs(nudged - yours):.1e}")
    print(f"yours   {yours:.12f}     no h to choose")


# %% [markdown]
# ## 4 · Branches
#
# Your engine never sees an `if`. The comparison looks at primals, one branch runs, and the tangents
# are those of that branch.
#
# ### 2.5 Predict: on the border (1 point, 3 minutes)
#
# From the same slides:
#
# ```python
# def step_down(a):
#     if a > 0.5:
#         b = 0
#     else:
#         b = 2 * a
#     return b
# ```
#
# Left of $\frac12$ its slope is 2, right of it 0. What will `derivative(step_down)(0.5)` be, *at*
# $\frac12$? Trying earns the point. Write `return` and your number.


# %% nbgrader={"grade_id": "ex2_5", "solution": true}
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_5", "grade": true, "points": 1}
check("2.5")


# %%
def step_down(a):
    if a > 0.5:
        b = 0
    else:
        b = 2 * a
    return b


@demo(needs="2.4 and your prediction")
def _():
    guess = my_prediction_on_the_border()
    nudged = (step_down(0.5 + h) - step_down(0.5 - h)) / (2 * h)
    print(f"You said {guess}. Your engine says {derivative(step_down)(0.5)}.")
    print(f"Nudging by {h} says {nudged:.0f}; with a smaller h it says something larger still.")
    print("Mathematics says: there is none. The function jumps from 1 to 0.")


# %% [markdown]
# Nobody lied. Your engine gave the derivative of *the branch that ran*, and cannot know that beside
# it there is a cliff.
#
# Does it matter? Let the input tremble a little, as measured numbers do, by a tenth or so, and ask
# how the *average* result depends on $a$. The cliff now counts, because we sometimes fall off it.
# Averaging your derivatives does not see it. The average rolls *downhill* at $\frac12$; they say
# uphill.


# %%
def average(a, spread=0.1):
    """The mean of step_down(a + noise), exactly, and its slope; noise: normal."""
    z = (0.5 - a) / spread
    below = 0.5 * (1 + math.erf(z / math.sqrt(2)))  # how often we stay on the slope
    bell = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return 2 * (a * below - spread * bell), 2 * below - bell / spread


@demo(needs="2.4")
def _():
    noise = np.random.default_rng(2).normal(0, 0.1, 10_000)
    both = [*noise, *-noise]  # as often to the left as to the right
    mean = np.mean([derivative(step_down)(0.5 + each) for each in both])
    print(f"mean of your derivatives at ½  {mean:+.2f}\nslope of the average at ½      "
          f"{average(0.5)[1]:+.2f}")  # fmt: skip
    across = np.linspace(0, 1, 401)
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for part in (across[across <= 0.5], across[across > 0.5]):
        axes.plot(part, [step_down(a) for a in part], color=GREY, linewidth=3)
    axes.plot(across, [average(a)[0] for a in across], color=BLUE, label="average, input trembling")
    for slope, colour, style in ((mean, VERMILION, "--"), (average(0.5)[1], BLUE, "-.")):
        reach = np.array([-0.12, 0.12])
        axes.plot(0.5 + reach, average(0.5)[0] + slope * reach, style, color=colour, linewidth=2,
                  label=f"slope {slope:+.2f}")  # fmt: skip
    axes.plot([], [], color=GREY, linewidth=3, label="the program")
    axes.set(xlabel="a", ylabel="b")
    axes.legend(frameon=False)
    return show(
        figure,
        alt="The program rises to 1 at one half and drops to 0. Its average under noise is a smooth "
        "hump that falls at one half with slope minus 2.99; the averaged derivatives point up, 1.00.",
    )


# %% [markdown]
# What to do about cliffs: week 7. For today: know where they are.
#
# ## 5 · All directions at once
#
# ### 2.6 A Jacobian, column by column (2 points, 10 minutes)
#
# `f` takes $n$ numbers and returns a list of $m$. Its Jacobian has a row for each output and a
# column for each input. Moving input $j$ *alone*, with speed 1, gives column $j$. So $n$ passes give
# it all.
#
# Return a numpy array of shape $(m, n)$.


# %% nbgrader={"grade_id": "ex2_6", "solution": true}
def jacobian(f, xs):
    """The derivatives of the outputs (rows) of f(*xs) by its inputs (columns)."""
    ### BEGIN SOLUTION
    columns = []
    for j in range(len(xs)):
        speeds = [0.0] * len(xs)
        speeds[j] = 1.0
        columns.append(jvp(f, xs, speeds)[1])
    return np.array(columns).T
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_6", "grade": true, "points": 2}
check("2.6")

# %% [markdown]
# A robot's arm has three joints. Turn one, and its hand moves: that is one column. Here are all
# three, as arrows at the hand. The joint at the shoulder moves it most, being farthest away.


# %%
LENGTHS = (1.0, 0.8, 0.5)  # metres, from the shoulder to the hand


def arm(*angles):
    """Where elbow, wrist and hand are, as [x, y, x, y, x, y]; angles (radians) at each joint."""
    x, y, turned, joints = 0.0, 0.0, 0.0, []
    for length, angle in zip(LENGTHS, angles, strict=True):
        turned = turned + angle
        x, y = x + length * cos(turned), y + length * sin(turned)
        joints += [x, y]
    return joints


@demo(needs="2.6")
def _():
    angles = [0.5, 0.7, -0.9]
    places = [0.0, 0.0, *jvp(arm, angles, [0, 0, 0])[0]]
    columns = jacobian(arm, angles)[-2:].T
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    axes.plot(places[::2], places[1::2], "o-", color=GREY, linewidth=5, markersize=9)
    labels = (("shoulder", BLUE, "center"), ("elbow", VERMILION, "right"), ("wrist", GREEN, "left"))
    for (name, colour, side), (dx, dy) in zip(labels, columns, strict=True):
        tip, speed = (places[-2] + dx / 2, places[-1] + dy / 2), math.hypot(dx, dy)
        axes.annotate("", tip, places[-2:], arrowprops={"width": 1.5, "color": colour})
        axes.text(tip[0], tip[1] + 0.06, f"{name} {speed:.2f} m/s", color=colour, ha=side)
    axes.set(
        xlabel="across (m)", ylabel="up (m)", aspect="equal", xlim=(-0.2, 2.6), ylim=(-0.2, 2.4)
    )
    return show(
        figure,
        alt="A bent arm of three links. From its hand start three arrows, the columns of the "
        "Jacobian: how the hand moves when the shoulder, the elbow or the wrist turns at 1 rad/s.",
    )


# %% [markdown]
# Count the price: $n$ inputs, $n$ passes. For an arm, nothing. For a neural network with a billion
# weights, hopeless. Next week turns the pass around.
#
# ## 6 · Programs from the wild
#
# ### 2.7 Predict: two names (1 point, 3 minutes)
#
# A short program on an array:
#
# ```python
# x = np.array([2.0, 3.0])
# y = x
# for _ in range(2):
#     y += x[0]
# print(y[0])
# ```
#
# What is printed? Write `return` and your number.


# %% nbgrader={"grade_id": "ex2_7", "solution": true}
def my_prediction_of_two_names():
    """What is printed."""
    ### BEGIN SOLUTION
    return 8
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_7", "grade": true, "points": 1}
check("2.7")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_two_names()
    x = np.array([2.0, 3.0])
    y = x
    for _ in range(2):
        y += x[0]
    print(f"You said {guess}. It prints {y[0]}. And x is now {x}.")
    print("y = x copies nothing: it is a second name for one array, and += writes into it.")


# %% [markdown]
# **Aliasing** is that: two names, one array. Here is a program as it stands on a slide about
# automatic differentiation, written for JAX, whose arrays cannot be changed, and where `y += …` must
# make a new one. There it says 141.36212. Run on plain numpy arrays, word for word, it does not even
# give the right *value*.


# %%
def wander_aliased(x):
    y = x
    for _ in range(4):
        y += x[0] ** 2 + np.sin(x[1]) + np.exp(-x[2])
    return y.sum()


print(f"{wander_aliased(np.array([2.0, 3.0, -2.0])):.4g} instead of 141.4")

# %% [markdown]
# ### 2.8 The slide's program, mended (2 points, 12 minutes)
#
# Write `wander(x)` for a *list* of three Duals or numbers: $y$ starts with the same entries as $x$;
# four times, each entry of $y$ grows by $x_0^2 + \sin x_1 + e^{-x_2}$; the sum of $y$ is returned.
# `x` stays as it was.
#
# Then `value_and_gradient(f, x)`: the value, a number, and a list with the derivative by each entry
# of `x`. Here `f` takes *one list*. Use your `jvp`.


# %% nbgrader={"grade_id": "ex2_8", "solution": true}
def wander(x):
    """The slide's program, without a second name for x."""
    ### BEGIN SOLUTION
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]
    ### END SOLUTION


def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    ### BEGIN SOLUTION
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [float(i == j) for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(list(entries)), x, speeds)
        slopes.append(slope)
    return value, slopes
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_8", "grade": true, "points": 2}
check("2.8")


# %%
@demo(needs="2.8")
def _():
    value, slopes = value_and_gradient(wander, [2.0, 3.0, -2.0])
    print("the slide   141.36212      49.0  -10.8799095   -87.66867   (32-bit numbers)")
    print(f"you        {value:.11f}", *(f"{slope:.9f}" for slope in slopes))


# %% [markdown]
# ### 2.9 Until nothing moves (2 points, 12 minutes)
#
# Many programs repeat a step until the result settles. Heron's square root, for example: $x
# \leftarrow (x + a/x)/2$. How long must we repeat it if we also want $dx/da$?
#
# Write `settle(step, x)`: repeat `x = step(x)` until neither the primal **nor the tangent** moves by
# more than `tol` in a step; return the last `x`, a Dual. The start may be a plain number. After
# `most` steps without rest, raise a `ValueError`.


# %% nbgrader={"grade_id": "ex2_9", "solution": true}
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    ### BEGIN SOLUTION
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check2_9", "grade": true, "points": 2}
check("2.9")

# %% [markdown]
# Why the tangent, too? Start Heron's iteration at 3 and ask for $\sqrt 9$. A loop that runs *while
# the value is not good enough* does not run at all, and its result is a constant: it has never heard
# of $a$. The derivative is 0 instead of $\frac16$, without a warning.


# %%
def heron(a):
    x = 1.0
    for _ in range(4):
        x = (x + a / x) / 2
    return x


@demo(needs="2.9")
def _():
    lucky = settle(lambda x: (x + Dual(9.0, 1.0) / x) / 2, 3.0)
    print(f"settled: √9 = {lucky.primal}, its derivative {lucky.tangent:.12f}; 1/6 = {1 / 6:.12f}")
    print("\nHeron's √2 from 1: how many digits are right?")
    x = 1.0
    for k in range(1, 6):
        x = (x + Dual(2.0, 1.0) / x) / 2
        off = abs(x.primal - 2**0.5), abs(x.tangent - 0.5 / 2**0.5)
        digits = [-math.log10(max(each, 1e-16)) for each in off]
        print(f"step {k}:  value {digits[0]:4.1f}  tangent {digits[1]:4.1f}")
    return dp.watch(heron, Dual(2.0, 1.0))


# %% [markdown]
# Both double their digits with each step. The tangent runs a little behind: it can only be right about
# a place that the value has reached.
#
# ## 7 · In your own words
#
# ### 2.10 Three ways (1 point, 5 minutes)
#
# One friend says: "That is just finite differences with a very small ε." Another: "No, it is what a
# computer algebra system does." Correct both. What does your engine do at each
# step that neither does? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why2_10", "grade": true, "solution": true, "points": 1}
# Finite differences run the program at two points and subtract, so they pay with truncation and
# rounding; ε is no small number, it is a symbol whose square is zero, and nothing is subtracted: the
# result is exact up to rounding. A computer algebra system transforms the formula, which grows, and
# needs one formula to begin with, not a program with loops and branches. Dual numbers apply the chain
# rule to the *numbers* of each elementary step as it runs, and keep two numbers a step, never a
# formula.

# %% [markdown]
# ### 2.11 Uphill, said the derivative (1 point, 5 minutes)
#
# At $a = \frac12$ your engine said 2, the averaged derivatives said +1.00, and the average itself
# fell with −2.99. Explain where the two numbers at the end come from, and why no engine of this kind
# could have warned you. Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why2_11", "grade": true, "solution": true, "points": 1}
# Half of the trembling inputs land left of ½, where the slope is 2, half of them right of it, where
# it is 0; the mean of the slopes is 1. But moving a to the right also sends more of the inputs over
# the cliff, where the value drops by 1, and that loss (about −3.99 = −10 · 0.399, the density of the
# noise at the cliff) is in the change of the average and in no single run. The engine sees the numbers of
# the branch that runs; the comparison has no derivative, and the other branch leaves no trace.

# %% [markdown]
# ## 8 · Watch it travel
#
# Now a program that looks harmless. A population grows by `rate`, and crowds itself out. At 3.2 it
# swings between two years for ever, and a change of the rate changes little. At 3.7 it is chaos: in
# the long run the tangent grows and grows, now up, now down. That *is* the butterfly whose wing
# becomes a storm.


# %%
def rabbits(rate):
    x = 0.4
    for _ in range(5):
        x = rate * x * (1 - x)
    return x


@demo(needs="2.2")
def _():
    return dp.watch(rabbits, Dual(3.7, 1.0))


# %% [markdown]
# Two lives that differ by a hundred-thousandth in their rate, year by year; and below, the tangent
# that *one* run carried along. It tells, in advance, when the two will part.


# %%
@demo(needs="2.2")
def _():
    def history(rate, years=50):
        x = lift(0.4)
        for _ in range(years):
            yield x
            x = rate * x * (1 - x)

    one = list(history(Dual(3.7, 1.0)))
    other = list(history(Dual(3.7 + 1e-5, 1.0)))
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(8, 5), sharex=True)
    upper.plot([x.primal for x in one], "o-", color=BLUE, markersize=4, label="rate 3.7")
    upper.plot([x.primal for x in other], "s--", color=VERMILION, markersize=3,
               label="rate 3.70001")  # fmt: skip
    upper.set(ylabel="rabbits (1 = full)")
    upper.set_ylim(0, 1.05)
    upper.legend(frameon=False, ncols=2, loc="lower left")
    calm = list(history(Dual(3.2, 1.0)))
    for run, colour, mark, name in ((one, BLUE, "o", "rate 3.7"), (calm, GREY, "^", "rate 3.2")):
        lower.semilogy([max(abs(x.tangent), 1e-3) for x in run], color=colour, marker=mark,
                       markersize=4, label=name)  # fmt: skip
    lower.axhline(1e5, color=VERMILION, linestyle=":", label="a hundred-thousandth becomes 1")
    lower.set(xlabel="year", ylabel="size of the tangent")
    lower.set_ylim(1e-3, 1e8)
    lower.legend(frameon=False, ncols=3, loc="upper left")
    return show(
        figure,
        alt="Above, two populations whose rates differ by a hundred-thousandth: alike for some "
        "thirty years, then apart. Below, on a logarithmic scale, the tangent climbs to a hundred "
        "thousand in that time; for the calm rate it stays small.",
    )


# %% [markdown]
# Now yours. Write any short function of one number, with a loop or an `if`, and watch it.


# %%
def mine(x):
    y = x
    for k in range(1, 4):
        if y > 1:
            y = 1 / y
        y = y + x**k / k
    return y


@demo(needs="2.2")
def _():
    return dp.watch(mine, Dual(0.9, 1.0), most=20)


# %% [markdown]
# ## 9 · Stretch (no points, no hurry)
#
# - **Twice.** `Dual(Dual(x, 1.0), Dual(1.0, 0.0))` through a polynomial: where is $f''$? Then let
#   `sin` and its friends accept a Dual of Duals.
# - **All at once.** Let the tangent be a numpy array, one entry for each input: a whole gradient in
#   one pass.
# - **Whose ε?** Compute $\frac{d}{dx}\bigl[x\,\frac{d}{dy}(x + y)\bigr]$ at $x = 1$, with `derivative`
#   inside `derivative`. It should be 1. The notes tell the story.

# %% [markdown]
# ## 10 · Take your engine home
#
# This writes your engine to `mylab/lab02.py`, if it keeps its contracts. You will meet it again in
# week 4, beside the machine of next week.

# %%
dp.carry.save("dual")

# %% [markdown]
# ## Before you go: three questions
#
# 1. What is the tangent of a number that the input has no influence on?
# 2. How many passes give the Jacobian of a function from 3 numbers to 1,000? From 1,000 to 3?
# 3. A loop stops when its *value* is good enough. What may be wrong with its tangent?
#
# <details><summary>Answers</summary>
#
# 1. Zero: it stands still.
# 2. Three. A thousand.
# 3. It may lag behind, or be 0 if no step has run.
#
# </details>

# %% [markdown]
# **Next week** the pass is turned around: one sweep, from the result back, and the derivatives by a
# thousand inputs cost no more than by one. And a challenge of 1696 falls to sixty lines of yours.
#
# The whole argument of this week, with its history, is in the notes: `course/notes/week02.md`.
