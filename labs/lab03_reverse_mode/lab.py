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
# # Lab 3 · Reverse mode: your own tape
#
# Last week, one pass through a program gave you its derivative by *one* input. A neural network has
# a billion. Today you turn the pass around: one sweep, from the result back to the beginning, and
# **every** derivative falls out at once.
#
# You will build the machine that does it, in some sixty lines, and let it answer a question that
# Johann Bernoulli put to the mathematicians of Europe in 1696.

# %% [markdown]
# **When you leave this room you can**
#
# - record a running program as a graph of numbers;
# - put that graph in an order that always works;
# - send derivatives backwards through it, and say why they *add*;
# - test a gradient, and name what is wrong with a wrong one.
#
# 2½ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. After each exercise run
# its `check(…)`: it is free, and it says what *kind* of mistake you made.

# %% nbgrader={"grade_id": "setup", "locked": true}
import math
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit.draw import Moving

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. The derivative of $\sin(x^2)$ is a product of two *local* derivatives. At which point is each
#    one taken?
# 2. How many forward passes give the gradient of a function of 7 inputs?
# 3. Is automatic differentiation a finite difference?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. The cosine at $x^2$, the $2x$ at $x$: each where its own step *was*.
# 2. Seven.
# 3. No. There is no step $h$: the chain rule is exact.
#
# </details>

# %% [markdown]
# ## 1 · One trace, by hand (worked example, 15 minutes)
#
# $$\ell(\theta_1, \theta_2) = \theta_2\, e^{\theta_1} \sqrt{\theta_1 + \theta_2\, e^{\theta_1}}$$
#
# A computer never sees this formula. It takes small steps, one operation at a time, and each step
# uses numbers that are already there: its **parents**. Here is $\ell(1, 2)$ as the machine lives
# through it.

# %%
# Forwards: values.
t1, t2 = 1.0, 2.0
a = math.exp(t1)
b = t2 * a
c = t1 + b
d = math.sqrt(c)
loss = b * d
print(f"a = {a:.6f}   b = {b:.6f}   c = {c:.6f}   d = {d:.6f}   loss = {loss:.6f}")

# %% [markdown]
# Now turn round. For each number $v$ ask: *how much does the loss move when $v$ moves a little?*
# The answer, $\bar v = \partial \ell / \partial v$, is its **adjoint**.
#
# The loss's own adjoint is 1. From there, each step hands its adjoint to its parents, times the
# step's **local partial**: the derivative of that one small operation by that one parent. Read the
# next cell beside the last one: the same story, told from the end.

# %%
# Backwards: adjoints.   1. take the adjoint   2. times the local partial   3. give it to the parent
loss_bar = 1.0
b_bar = loss_bar * d  # loss = b * d: its local partials are d ...
d_bar = loss_bar * b  # ... and b
c_bar = d_bar / (2 * d)  # d = sqrt(c)
t1_bar = c_bar  # c = t1 + b: both local partials are 1
b_bar += c_bar
t2_bar = b_bar * a  # b = t2 * a
a_bar = b_bar * t2
t1_bar += a_bar * a  # a = exp(t1), and the derivative of exp is exp


# Do we believe it? Nudge each input, and look.
def ell_by_numbers(t1, t2):
    return t2 * math.exp(t1) * math.sqrt(t1 + t2 * math.exp(t1))


h = 1e-5
nudged_1 = (ell_by_numbers(1 + h, 2) - ell_by_numbers(1 - h, 2)) / (2 * h)
nudged_2 = (ell_by_numbers(1, 2 + h) - ell_by_numbers(1, 2 - h)) / (2 * h)
print(f"            one sweep back   two nudges (four runs)\n"
      f"by theta_1  {t1_bar:.9f}     {nudged_1:.9f}\n"
      f"by theta_2   {t2_bar:.9f}      {nudged_2:.9f}")  # fmt: skip

# %% [markdown]
# Two lines say `+=`. Why those two? Because `b` and `t1` are each used **twice**. The loss hears of
# a change in `b` along two ways, through `c` and directly, and what arrives along different ways
# adds up. This meeting of ways is called **fan-out** (seen forwards: one number, several users).
#
# Notice also the order: `b` hands nothing on before *both* its contributions are in.

# %% [markdown]
# The same trace as a picture. Values (blue) flowed from left to right, adjoints (orange) from right
# to left; the number on each arrow is the local partial.
#
# Look at how the picture is made, too. A node is nothing but a value, its parents, its local
# partials and a place for its adjoint. That is the whole data structure. It is called a
# **computational graph**, and it has no cycles: a number cannot be made from its own future.


# %%
class Node(SimpleNamespace):
    __eq__, __hash__ = object.__eq__, object.__hash__  # nodes with equal numbers are still two


def node(name, op, value, grad, parents=(), partials=()):
    return Node(name=name, op=op, value=value, grad=grad, parents=parents, partials=partials)


n1, n2 = node("θ₁", "", t1, t1_bar), node("θ₂", "", t2, t2_bar)
na = node("a", "exp", a, a_bar, (n1,), (a,))
nb = node("b", "*", b, b_bar, (n2, na), (a, t2))
nc = node("c", "+", c, c_bar, (n1, nb), (1.0, 1.0))
nd = node("d", "sqrt", d, d_bar, (nc,), (1 / (2 * d),))
nl = node("loss", "*", loss, loss_bar, (nb, nd), (d, b))
dp.draw_graph(nl)

# %% [markdown]
# ## 2 · Numbers that take notes
#
# Nobody writes such a trace by hand for a program of a million steps. So let the *numbers* take
# notes while the program runs: each result remembers what it was made from, and the local partials
# at that moment.
#
# ### 3.1 A node that remembers (2 points, 10 minutes)
#
# Complete `Var.__init__`. It keeps what it is given, and starts with an adjoint of zero. Make
# `value` a float, and `parents` and `partials` tuples.


# %% nbgrader={"grade_id": "ex3_1", "solution": true}
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        ### BEGIN SOLUTION
        self.value = float(value)
        self.parents = tuple(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0
        ### END SOLUTION

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% nbgrader={"grade_id": "check3_1", "grade": true, "points": 2}
check("3.1")

# %% [markdown]
# **Worked example: addition.** For $c = a + b$ both local partials are 1: nudge either, and $c$
# moves as much.
#
# Three sub-goals, the same for every operation you will ever add: *make both sides Vars · compute
# the value · write down the local partials, in the order of the parents*. A plain number joins by
# `lift`, as an input that nobody asks about.
#
# The last lines hang your functions on Python's operators, whichever side the Var is on.


# %% nbgrader={"grade_id": "worked_add", "locked": true}
def lift(x):
    """x as a Var: a plain number joins the graph as an input of its own."""
    return x if isinstance(x, Var) else Var(x)


def add(a, b):
    # 1. make both sides Vars
    a, b = lift(a), lift(b)
    # 2. the value
    value = a.value + b.value
    # 3. the local partials, in the order of the parents
    return Var(value, (a, b), (1.0, 1.0), "+")


Var.__add__, Var.__radd__ = lambda a, b: add(a, b), lambda b, a: add(a, b)
Var.__mul__, Var.__rmul__ = lambda a, b: mul(a, b), lambda b, a: mul(a, b)
Var.__sub__, Var.__rsub__ = lambda a, b: sub(a, b), lambda b, a: sub(a, b)
Var.__truediv__, Var.__rtruediv__ = lambda a, b: div(a, b), lambda b, a: div(a, b)
Var.__neg__, Var.__pow__ = lambda a: neg(a), lambda a, n: power(a, n)


# %% [markdown]
# ### 3.2 The rest of arithmetic (3 points, 12 minutes)
#
# `mul` has its sub-goals written in; the others are yours. In `mul`, `sub` and `div` either side
# may be a plain number. In `power` the exponent is one, so there is one parent: `(a,)`, with its
# comma. `op` is for pictures only.
#
# A local partial is a *number*, taken at the values of this moment; not a Var.
#
# When it works, `(Var(7) - 1) / Var(4)` is `Var(1.5)`, made from `Var(6)` and `Var(4)`.


# %% nbgrader={"grade_id": "ex3_2", "solution": true}
def mul(a, b):
    """a * b"""
    # 1. make both sides Vars
    a, b = lift(a), lift(b)
    # 2. the value   3. the local partials:   return Var(..., (a, b), (..., ...), "*")
    ### BEGIN SOLUTION
    return Var(a.value * b.value, (a, b), (b.value, a.value), "*")
    ### END SOLUTION


def neg(a):
    """-a"""
    ### BEGIN SOLUTION
    return Var(-a.value, (a,), (-1.0,), "neg")
    ### END SOLUTION


def sub(a, b):
    """a - b"""
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    return Var(a.value - b.value, (a, b), (1.0, -1.0), "-")
    ### END SOLUTION


def div(a, b):
    """a / b"""
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    return Var(a.value / b.value, (a, b), (1 / b.value, -a.value / b.value**2), "/")
    ### END SOLUTION


def power(a, n):
    """a to the power n, a plain number."""
    ### BEGIN SOLUTION
    return Var(a.value**n, (a,), (n * a.value ** (n - 1),), f"**{n}")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_2", "grade": true, "points": 3}
check("3.2")

# %% [markdown]
# ### 3.3 Four functions (2 points, 8 minutes)
#
# `exp`, `log`, `sqrt`, `sin`: one parent, one local partial each. For the values use `math`.
#
# Two of the four partials follow from the value that you have just computed. Which? (An engine
# that runs a billion of these cares.)


# %% nbgrader={"grade_id": "ex3_3", "solution": true}
def exp(a):
    a = lift(a)
    ### BEGIN SOLUTION
    value = math.exp(a.value)
    return Var(value, (a,), (value,), "exp")
    ### END SOLUTION


def log(a):
    """The natural logarithm."""
    a = lift(a)
    ### BEGIN SOLUTION
    return Var(math.log(a.value), (a,), (1 / a.value,), "log")
    ### END SOLUTION


def sqrt(a):
    a = lift(a)
    ### BEGIN SOLUTION
    value = math.sqrt(a.value)
    return Var(value, (a,), (0.5 / value,), "sqrt")
    ### END SOLUTION


def sin(a):
    a = lift(a)
    ### BEGIN SOLUTION
    return Var(math.sin(a.value), (a,), (math.cos(a.value),), "sin")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_3", "grade": true, "points": 2}
check("3.3")

# %% [markdown]
# Now run $\ell$ once more. Write it as you would write it anyway; the graph comes as a by-product.
# Compare it with the picture that we drew by hand: does yours need as many nodes?


# %%
def ell(theta_1, theta_2):
    b = theta_2 * exp(theta_1)
    return b * sqrt(theta_1 + b)


@demo(needs="3.3")
def _():
    loss = ell(Var(1.0, name="θ₁"), Var(2.0, name="θ₂"))
    print(f"value on your tape {loss.value:.12f}, by hand {ell_by_numbers(1, 2):.12f}")
    return dp.draw_graph(loss)


# %% [markdown]
# ## 3 · The way back, and two ways to lose it
#
# Engines by very good programmers went wrong here. Here are two of their mistakes, retold. Before
# each runs, say what you think will happen. *Trying earns the point, whatever you answer.*

# %% [markdown]
# ### 3.4 Predict: the second day (1 point, 3 minutes)
#
# On its second day, a now famous engine walked back like this:
#
# ```python
# def walk_back(node):
#     for parent, partial in zip(node.parents, node.partials):
#         parent.grad = partial * node.grad
#         walk_back(parent)
# ```
#
# Take $y = x \cdot x + 3x$ at $x = 2$: the truth is $2x + 3 = 7$. `y.grad` is set to 1, the parents
# of `y` are `x * x` and `3 * x`, in this order, and `walk_back(y)` runs. What is `x.grad`
# afterwards? Write `return` and your number.


# %% nbgrader={"grade_id": "ex3_4", "solution": true}
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    ### BEGIN SOLUTION
    return 3
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_4", "grade": true, "points": 1}
check("3.4")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_second_day()

    def walk_back(node):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad = partial * node.grad
            walk_back(parent)

    x = node("x", "", 2.0, 0.0)
    square = node("x * x", "*", 4.0, 0.0, (x, x), (2.0, 2.0))
    triple = node("3 * x", "*", 6.0, 0.0, (x,), (3.0,))
    y = node("y", "+", 10.0, 1.0, (square, triple), (1.0, 1.0))
    walk_back(y)
    print(f"You said {guess}. The engine says {x.grad}. The truth is 7.")
    print("Each way back to x erased what the way before it had brought; the last one stands.")


# %% [markdown]
# So contributions must be **added**. Is that enough? Take `b = a + a` and `c = b + b`, so that
# $dc/da = 4$. If `b` hands on when only *half* its adjoint has arrived, and hands on its running
# total when the rest comes, `a` gets too much. A node may speak only when everyone it was used by
# has spoken to it.
#
# A **topological order** lists every node after all its parents. Read from the back, it lets nobody
# speak too early.

# %% [markdown]
# ### 3.5 An order that always works (2 points, 12 minutes)
#
# Write `topological_order(y)`: a list of every node that `y` was made from, each once, each after
# its parents, `y` last. For the trace of section 1, for example: `θ₁ θ₂ a b c d loss`.
#
# Python stops functions that call themselves some 1,000 deep, and 100,000 steps are an ordinary
# simulation: keep your own list of what to do. Two nodes with equal numbers are still two: compare
# `id(node)`.


# %% nbgrader={"grade_id": "ex3_5", "solution": true}
def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    ### BEGIN SOLUTION
    order, seen = [], set()
    to_do = [(y, False)]
    while to_do:
        node, parents_done = to_do.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            to_do.append((node, True))
            to_do.extend((parent, False) for parent in node.parents)
    return order
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_5", "grade": true, "points": 2}
check("3.5")

# %% [markdown]
# ### 3.6 Predict: asked twice (1 point, 3 minutes)
#
# Another engine adds, and in the right order. Its user asks for the same derivative twice. For $u =
# 3x$, $z = 2u$:
#
# ```python
# x_bar = u_bar = 0
# for call in (1, 2):
#     x_bar = 0              # the careful user resets the input
#     z_bar = 1
#     u_bar += 2 * z_bar
#     x_bar += 3 * u_bar
#     print(x_bar)
# ```
#
# The truth is 6, both times. What is printed the *second* time?


# %% nbgrader={"grade_id": "ex3_6", "solution": true}
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    ### BEGIN SOLUTION
    return 12
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_6", "grade": true, "points": 1}
check("3.6")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_second_answer()
    x_bar = u_bar = 0
    for call in (1, 2):
        x_bar = 0
        z_bar = 1
        u_bar += 2 * z_bar
        x_bar += 3 * u_bar
        print(f"call {call}: {x_bar}")
    print(f"You said {guess}. The number in the middle, u, still held its first adjoint.")


# %% [markdown]
# ### 3.7 The backward sweep (3 points, 10 minutes)
#
# Now yours. `backward(y)` fills in the `grad` of every node that `y` was made from: $\partial y /
# \partial$ node.
#
# Its contract: **asked twice, it answers the same**, whatever the `grad`s held before. (PyTorch
# decided otherwise for its inputs, and that is why its users write `zero_grad()`. Either is good;
# not saying which is bad.)
#
# Three sub-goals: *clean · seed · sweep*. Use your `topological_order`.


# %% nbgrader={"grade_id": "ex3_7", "solution": true}
def backward(y):
    """Set node.grad to the derivative of y by that node, for every node that y was made from."""
    ### BEGIN SOLUTION
    order = topological_order(y)
    # 1. clean
    for node in order:
        node.grad = 0.0
    # 2. seed
    y.grad = 1.0
    # 3. sweep
    for node in reversed(order):
        for parent, partial in zip(node.parents, node.partials, strict=True):
            parent.grad += partial * node.grad
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_7", "grade": true, "points": 3}
check("3.7")


# %%
@demo(needs="3.7")
def _():
    theta_1, theta_2 = Var(1.0, name="θ₁"), Var(2.0, name="θ₂")
    loss = ell(theta_1, theta_2)
    backward(loss)
    print(f"your tape {theta_1.grad:.12f} {theta_2.grad:.12f}")
    print(f"by hand   {t1_bar:.12f} {t2_bar:.12f}")
    print("your order for the trace of section 1:", *(node.name for node in topological_order(nl)))
    return dp.draw_graph(loss)


# %% [markdown]
# Stop for a moment. You wrote $\ell$ as ordinary code, and its exact gradient came out. This is
# what differentiable programming means: **write $f$, get $\nabla f$**.
#
# And `for`, and `if`? The graph never sees them. It records the operations that *happened*: a loop
# that ran three times is three copies of its body. A list of operations as they ran is a **Wengert
# list**, or simply a *tape*.


# %% nbgrader={"grade_id": "gradient", "locked": true}
def gradient(f):
    """The function that gives the gradient of f, by your tape. f takes a list of Vars."""

    def grad_f(x):
        inputs = [Var(number) for number in x]
        backward(f(inputs))
        return [each.grad for each in inputs]

    return grad_f


def plain(f):
    """f on plain numbers: the value only."""
    return lambda x: f([Var(number) for number in x]).value


# %% [markdown]
# ## 4 · Trust, but check
#
# ### 3.8 A gradient test that explains (2 points, 12 minutes)
#
# A gradient test nudges each input by $\pm h$ and compares: *got* is entry $i$ of `grad_f(x)`,
# *expected* is what the nudges of `x[i]` say about `f`. Yours will also *guess what happened*, from
# the ratio of the two. (`x` is a list of numbers; `f(x)` is a number.)
#
# An entry is wrong when
#
# $$|got - expected| > tol \cdot \max(|got|, |expected|, floor).$$
#
# The floor keeps honest zeros from raising an alarm.

# %% [markdown]
# For each wrong entry, `gradcheck` returns a tuple `(i, got, expected, guess)`; when all is well,
# an empty list.
#
# | guess | when |
# |---|---|
# | `"zero"` | got is 0 |
# | `"sign"` | got / expected is −1, to within 0.001 |
# | `"factor"` | got / expected is 2 or ½, to within 0.001 |
# | `"unknown"` | otherwise |
#
# Use the centred difference, and leave the caller's `x` as it was.


# %% nbgrader={"grade_id": "ex3_8", "solution": true}
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    """What is wrong with grad_f at x, entry by entry, by centred differences of f."""
    ### BEGIN SOLUTION
    wrong = []
    for i, got in enumerate(grad_f(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        expected = (f(up) - f(down)) / (2 * h)
        if abs(got - expected) <= tol * max(abs(got), abs(expected), floor):
            continue
        if got == 0:
            guess = "zero"
        elif abs(got + expected) < 1e-3 * abs(expected):
            guess = "sign"
        elif any(abs(got - k * expected) < 1e-3 * abs(expected) for k in (2, 0.5)):
            guess = "factor"
        else:
            guess = "unknown"
        wrong.append((i, got, expected, guess))
    return wrong
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_8", "grade": true, "points": 2}
check("3.8")


# %%
@demo(needs="3.8")
def _():
    def f(x):
        return ell(x[0], x[1])

    def half_asleep(x):
        first, second = gradient(f)(x)
        return [first / 2, -second]

    def cube_by_loop(x):  # (1 + p) ** 3
        b = 1.0
        for _ in range(3):
            b = b + b * x[0]
        return b

    print("your tape:  ", gradcheck(plain(f), gradient(f), [1.0, 2.0]))
    print("a loop:     ", gradcheck(plain(cube_by_loop), gradient(cube_by_loop), [0.5]))
    for i, got, expected, guess in gradcheck(plain(f), half_asleep, [1.0, 2.0]):
        print(f"half asleep: entry {i} is {got:.4f}, should be {expected:.4f}; guess: {guess}")


# %% [markdown]
# Your test looks at two numbers. `dpkit`'s looks at the *program*: it breaks one rule of the tape
# after another, on purpose, until a broken tape gives exactly the wrong numbers it was shown.
# `check` has been doing this to you all afternoon.


# %%
def forgetful(t1, t2):
    """A hand-written gradient of ell, with one thing forgotten."""
    a = math.exp(t1)
    b = t2 * a
    d = math.sqrt(t1 + b)
    c_bar = b / (2 * d)
    return (c_bar + d * b, (d + c_bar) * a)


def ell_dp(t1, t2):
    b = t2 * dp.exp(t1)
    c = t1 + b
    return b * dp.sqrt(c)


dp.diagnose(ell_dp, forgetful, 1.0, 2.0)

# %% [markdown]
# ## 5 · Other people's gradients
#
# ### 3.9 Bug hunt: two listings (2 points, 12 minutes)
#
# Slides are written late at night. Each listing has **one** wrong line. Return its number, the
# symptom, and the line mended (as text, with its indentation).
#
# A is a two-layer network, its gradient written by hand. Symptom: a list, which of `"w1"`,
# `"w2"` come out wrong.
#
# B walks back by calling itself. Symptom: what `push(c, 1.0)` leaves in `a.grad` for `b = a + a`
# and `c = b + b`.

# %% nbgrader={"grade_id": "listings", "locked": true}
LISTING_A = """\
def grad_loss(w1, w2, x, target):
    p = w1 * x
    h = math.tanh(p)
    z = w2 * h
    e = z - target  # the loss is e ** 2
    z_bar = 2 * e
    w2_bar = z_bar * h
    h_bar = z_bar * w2
    p_bar = h_bar * (1 - p ** 2)
    w1_bar = p_bar * x
    return w1_bar, w2_bar
"""
LISTING_B = """\
def push(node, upstream):
    node.grad += upstream
    for k in range(len(node.parents)):
        push(node.parents[k], node.grad * node.partials[k])
"""
for listing in (LISTING_A, LISTING_B):
    for number, line in enumerate(listing.splitlines(), 1):
        print(f"{number:2}  {line}")
    print()

# %%
# A workbench, if you like: change the numbers, print, build a small graph with `node` and push.
# Run the animal before you chase it.
exec(LISTING_A + "\n" + LISTING_B)
w1, w2, x, target = 0.8, -1.3, 0.6, 0.5
print("listing A says  ", grad_loss(w1, w2, x, target))  # noqa: F821
nudged = (w2 * math.tanh((w1 + h) * x) - target) ** 2 - (w2 * math.tanh((w1 - h) * x) - target) ** 2
print("nudging w1 gives", nudged / (2 * h))


# %% nbgrader={"grade_id": "ex3_9", "solution": true}
def hunt_a():
    """(number of the wrong line, names of the wrong gradients, the line mended)"""
    ### BEGIN SOLUTION
    return 9, ["w1"], "    p_bar = h_bar * (1 - h ** 2)"
    ### END SOLUTION


def hunt_b():
    """(number of the wrong line, what it leaves in a.grad, the line mended)"""
    ### BEGIN SOLUTION
    return 4, 6, "        push(node.parents[k], upstream * node.partials[k])"
    ### END SOLUTION


# %% nbgrader={"grade_id": "check3_9", "grade": true, "points": 2}
check("3.9")

# %% [markdown]
# ## 6 · In your own words
#
# ### 3.10 One sweep, a billion derivatives (1 point, 5 minutes)
#
# A loss depends on a billion weights. Why does one backward sweep suffice, where forward mode would
# need a billion passes? And name one situation in which you would choose forward mode. Three or
# four sentences.

# %% [markdown] nbgrader={"grade_id": "why3_10", "grade": true, "solution": true, "points": 1}
# The loss is one number, so each node has one adjoint, and a sweep visits every node once,
# multiplying and adding a few numbers at each edge: its price is a small multiple of the price of
# computing the loss, however many inputs hang at the far end. Forward mode carries the derivative
# by one input (one direction) through the whole program, so it needs one pass an input. With few
# inputs and many outputs, such as the path of a projectile by its launch angle, forward mode wins,
# and it need not keep the graph in memory.

# %% [markdown]
# ### 3.11 The mended listing B (1 point, 5 minutes)
#
# Mended, listing B is *right*. Still nobody would use it. Chain thirty steps of `b = b + b`, and
# say how often `push` is called, how often your own `backward` visits a node, and which property of
# your order makes the difference. Two or three sentences.

# %% [markdown] nbgrader={"grade_id": "why3_11", "grade": true, "solution": true, "points": 1}
# `push` follows every path separately: each step doubles their number, so the first node is reached
# 2³⁰ ≈ 10⁹ times and there are about 2³¹ calls in all. `backward` visits each of the 31 nodes once
# and crosses 60 edges. The topological order makes a node wait until all its contributions have
# come in, so the sum is passed on once, instead of each contribution on its own.

# %% [markdown]
# ## 7 · Bernoulli's challenge
#
# First, your engine at work, slowly. Values run to the right in blue, adjoints come back in orange.
# Watch `θ₁` collect its two contributions.


# %%
@demo(needs="3.7")
def _():
    loss = ell(Var(1.0, name="θ₁"), Var(2.0, name="θ₂"))
    backward(loss)
    return dp.animate_graph(loss)


# %% [markdown]
# **June 1696.** Johann Bernoulli challenges the mathematicians of Europe, in a journal: given
# two points, along which curve does a bead slide from the higher to the lower in the shortest time?
# Newton, by his niece's account, came home from the Mint tired, and had it before he slept.
#
# You have a tape. Describe the curve by its depth at fifteen places, write the *time* as a program,
# and walk downhill along the gradient.


# %%
GRAVITY, WIDTH, DROP, PIECES = 9.81, 2.0, 1.0, 16  # metres and seconds


def slide_time(depths):
    """Seconds from (0, 0) to (WIDTH, DROP) along straight pieces; depths: of the points between."""
    step = WIDTH / PIECES
    time, depth, speed = 0.0, 0.0, 0.0
    for next_depth in [*depths, DROP]:
        next_speed = sqrt(2 * GRAVITY * next_depth)  # energy: all height becomes speed
        length = sqrt(step**2 + (next_depth - depth) ** 2)
        time = time + 2 * length / (speed + next_speed)
        depth, speed = next_depth, next_speed
    return time


def descend(steps=300, rate=0.2):
    """(depths, seconds) from the straight slide on, one pair for each step downhill."""
    depths = [DROP * (i + 1) / PIECES for i in range(PIECES - 1)]
    history = [(depths, plain(slide_time)(depths))]
    for _ in range(steps):
        slopes = gradient(slide_time)(depths)
        depths = [depths[i] - rate * slopes[i] for i in range(len(depths))]
        history.append((depths, plain(slide_time)(depths)))
    return history


def race(straight, learnt):
    """Two beads, three times slower than in life. Click to start; nothing moves before."""
    shapes = [
        '<circle r="7" fill="#D55E00">',
        '<rect x="-6" y="-6" width="12" height="12" fill="#0072B2">',
    ]
    parts = []
    for (depths, seconds), shape in zip((straight, learnt), shapes, strict=True):
        corners = [(WIDTH * k / PIECES, depth) for k, depth in enumerate([0, *depths, DROP])]
        way, time, ways, times = 0.0, 0.0, [0.0], [0.0]
        for (x0, y0), (x1, y1) in zip(corners, corners[1:], strict=False):
            v0, v1 = math.sqrt(2 * GRAVITY * y0), math.sqrt(2 * GRAVITY * y1)
            lasts = 2 * math.hypot(x1 - x0, y1 - y0) / (v0 + v1)
            for part in (0.25, 0.5, 0.75, 1):  # on a straight piece the speed grows evenly
                times.append((time + part * lasts) / seconds)
                ways.append(way + lasts * (v0 * part + (v1 - v0) * part**2 / 2))
            way, time = ways[-1], time + lasts
        path = "M" + " L".join(f"{300 * x:.1f} {300 * y:.1f}" for x, y in corners)
        moments = ";".join(f"{min(each, 1):.5f}" for each in times)
        places = ";".join(f"{min(each / way, 1):.5f}" for each in ways)
        parts.append(
            f'<path d="{path}" fill="none" stroke="#767676"/>{shape}<animateMotion path="{path}" '
            f'dur="{3 * seconds:.3f}s" begin="race.click" fill="freeze" calcMode="linear" '
            f'keyTimes="{moments}" keyPoints="{places}"/></{shape[1:].split()[0]}>'
        )
    told = f"circle {straight[1]:.4f} s, square {learnt[1]:.4f} s"
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="race" role="img" viewBox="-20 -20 700 350" '
        'width="700" style="cursor:pointer">'
        f"<title>A race on two slides, straight and learnt: {told}</title>"
        '<text x="225" y="20" font-family="sans-serif" font-size="15" fill="currentColor">'
        f"click to start (in slow motion): {told}</text>{''.join(parts)}</svg>",
        f"A race on two slides, straight and learnt: {told}",
    )


@demo(needs="3.7")
def _():
    learnt = descend()
    return race(learnt[0], learnt[-1])


# %% [markdown]
# The answer that Bernoulli wanted is the **cycloid**, the path of a nail in a rolling wheel; along
# the true one this slide takes 0.8056 s. Sixteen straight pieces cannot quite do that.
#
# Nobody told your program about cycloids. It starts steep, to gain speed early. And look at its
# end: it dives *below* the finish, and climbs again.


# %%
def cycloid(angle=3.508368768524476, points=200):
    """The curve of fastest descent; angle: how far the wheel has rolled at the finish."""
    turns = np.linspace(0, angle, points)
    radius = DROP / (1 - math.cos(angle))
    return radius * (turns - np.sin(turns)), radius * (1 - np.cos(turns))


@demo(needs="3.7")
def _():
    learnt = descend()
    figure, axes = plt.subplots(figsize=(7.5, 4))
    axes.plot(*cycloid(), color="black", linestyle=":", zorder=3, label="cycloid, 0.8056 s")
    across, shades = np.linspace(0, WIDTH, PIECES + 1), plt.colormaps["viridis"]
    for k, turn in enumerate((0, 3, 10, 30, 300)):
        depths, seconds = learnt[turn]
        line = {"color": shades(0.85 - k / 5), "linewidth": 1 + k / 2}
        label = f"after {turn} steps, {seconds:.4f} s" if turn else f"straight, {seconds:.4f} s"
        axes.plot(across, [0, *depths, DROP], label=label, **line)
    axes.set(xlabel="across (m)", ylabel="depth (m)", aspect="equal")
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=9)
    return show(
        figure,
        alt="A slide two metres wide and one metre deep. Gradient descent bends the straight slide "
        "until it lies on the cycloid, diving below the finish before it climbs to it.",
    )


# %% [markdown]
# ## 8 · Stretch (no points, no hurry)
#
# - **Second derivatives.** Your partials are plain numbers. Let them be Vars (for `sin`: `cos(a)`),
#   the adjoints too: now `backward` records *itself*. Differentiate $\sin$ four times; is it $\sin$
#   again?
# - **Longer memory.** Chain a million steps. What fills the memory? What could be forgotten, and
#   computed again?
# - **A rougher slide.** Let each metre cost some speed. Bernoulli had no formula for that. You need
#   none.

# %% [markdown]
# ## 9 · Take your engine home
#
# One line collects the newest version of every part of your engine, tries its **contracts** (what
# later labs will rely on, such as *what is used twice is paid twice*), and writes `mylab/lab03.py`:
# a plain Python module, to be read, run and improved. In a later lab `dp.carry.load("var")` brings
# it back, and says if something in it needs mending.

# %%
dp.carry.save("var")

# %% [markdown]
# ## Before you go: three questions
#
# 1. Why may `backward` not simply visit the parents of `y`, then theirs, and so on?
# 2. What is the adjoint of a node that `y` does not depend on?
# 3. Your tape ran through `if x.value > 0: …`. What does it know of the other branch?
#
# <details><summary>Answers</summary>
#
# 1. A node could speak before everyone it was used by has spoken to it.
# 2. Zero.
# 3. Nothing: the gradient is that of the branch that ran.
#
# </details>

# %% [markdown]
# **Next week** the numbers become arrays, and the question becomes money: what *is* the price of a
# gradient? (At most about five times the price of the function, whatever its number of inputs. You
# will measure it.)
#
# The whole argument of this week, with its history, is in the notes: `course/notes/week03.md`.
