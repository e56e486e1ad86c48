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
# # Lab 4 · The price of a gradient
#
# A function of a million numbers costs $K$ operations. What does its gradient cost: all million
# slopes of it? Nudging costs a million times $K$. The answer that surprised the world is *five*
# times $K$, at most, whatever the number of inputs.
#
# Today your tape learns arrays, and you put a meter on it and watch the five. Then you read the
# small print: memory.

# %% [markdown]
# **When you leave this room you can**
#
# - write the pullback of an array operation, broadcasting and all;
# - say what a gradient costs, and measure it;
# - choose where to put the brackets: forward or reverse;
# - find a wrong transpose with one random vector;
# - trade memory for time.
#
# 3 hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. `check(…)` is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import itertools
import math
import time

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import SVG

import dpkit as dp
from autograder import check
from autograder.stage import demo, show

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. A number is used three times. What is its adjoint made of?
# 2. In which order do nodes speak, and why?
# 3. $A$ is $5 \times 3$. Which shape has its adjoint?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. Three contributions, added.
# 2. From the result backwards, each after everyone it was used by: its adjoint is complete then.
# 3. That of $A$: one slope for each number.
#
# </details>

# %% [markdown]
# ## 1 · A tape for arrays (worked example, 15 minutes)
#
# Last week a node held *one* number. A picture has a million, so now a node holds an array.
#
# Local partials would now be Jacobians: for a product of two $1000 \times 1000$ matrices, $10^{12}$
# numbers. Nobody stores that. A node keeps *functions* instead. Each is called a **pullback**: it
# takes the adjoint of the result, and returns what one parent gets of it. (The product
# $J^\top \bar y$, computed without ever writing down $J$.)

# %% [markdown]
# Here is the node, with last week's sweep. Three things changed: `value` is an array, `partials`
# became `pullbacks`, and the sweep *calls* where it multiplied. It also refuses a contribution that
# has another shape than its parent: numpy would stretch it without a word.
#
# The order is a lazy one. Each node gets a number when it is born, and none is older than its
# parents: so the order of birth is topological.


# %% nbgrader={"grade_id": "worked_tensor", "locked": true}
class Tensor:
    """An array of a computation, and how it was made.

    value      the array, of floats
    parents    the Tensors it was made from, in order; empty for an input
    pullbacks  one for each parent: adjoint of the result -> contribution to the parent's adjoint
    grad       its adjoint, of the shape of `value`: None until a backward sweep has been here
    born       its number: every Tensor has a larger one than those that were there before
    """

    births = itertools.count()

    def __init__(self, value, parents=(), pullbacks=(), op="", name=""):
        self.born = next(self.births)
        self.value = np.asarray(value, dtype=float)
        self.parents, self.pullbacks = tuple(parents), tuple(pullbacks)
        self.op, self.name = op, name
        self.grad = None

    @property
    def shape(self):
        return self.value.shape

    def __repr__(self):
        return f"Tensor({np.array2string(self.value, precision=4, threshold=8)})"


def lift(x):
    """x as a Tensor: a plain array joins the graph as an input of its own."""
    return x if isinstance(x, Tensor) else Tensor(x)


def topological_order(y):
    """Every node that y was made from, parents first, y last; each once."""
    family, unasked = {y}, [y]
    while unasked:
        new = set(unasked.pop().parents) - family
        family |= new
        unasked.extend(new)
    return sorted(family, key=lambda node: node.born)


def backward(y, seed=1.0):
    """Set the grad of every node that y was made from; seed: the adjoint of y itself."""
    order = topological_order(y)
    for node in order:
        node.grad = np.zeros_like(node.value)
    y.grad = y.grad + seed
    for node in reversed(order):
        for parent, pullback in zip(node.parents, node.pullbacks, strict=True):
            part = np.asarray(pullback(node.grad))
            if part.shape != parent.shape:
                raise ValueError(
                    f"a pullback of {node.op!r} gave an adjoint of shape {part.shape} to a parent "
                    f"of shape {parent.shape}"
                )
            parent.grad = parent.grad + part


# %% [markdown]
# **Worked example: one entry, one entry.** `exp` and a power act on each entry by itself, so the
# Jacobian is diagonal, and $J^\top \bar y$ is a product entry by entry.
#
# Sub-goals as before: *make it a Tensor · compute the value · write down the pullbacks, in the
# order of the parents*. The operators below call functions that you write on the way.


# %% nbgrader={"grade_id": "worked_operations", "locked": true}
def exp(a):
    # 1. make it a Tensor
    a = lift(a)
    # 2. the value
    value = np.exp(a.value)
    # 3. the pullback: adjoint of the result -> contribution to the parent
    return Tensor(value, (a,), (lambda g: g * value,), "exp")


def power(a, n):
    """a to the power n, a plain number."""
    a = lift(a)
    slope = n * a.value ** (n - 1)
    return Tensor(a.value**n, (a,), (lambda g: g * slope,), "**")


def add(a, b):
    a, b = lift(a), lift(b)
    pullbacks = (lambda g: unbroadcast(g, a.shape), lambda g: unbroadcast(g, b.shape))
    return Tensor(a.value + b.value, (a, b), pullbacks, "+")


Tensor.__add__, Tensor.__radd__ = lambda a, b: add(a, b), lambda b, a: add(a, b)
Tensor.__mul__, Tensor.__rmul__ = lambda a, b: mul(a, b), lambda b, a: mul(a, b)
Tensor.__neg__ = lambda a: mul(a, -1.0)
Tensor.__sub__, Tensor.__rsub__ = lambda a, b: add(a, -lift(b)), lambda b, a: add(a, -b)
Tensor.__truediv__ = lambda a, b: mul(a, power(b, -1))
Tensor.__rtruediv__ = lambda b, a: mul(a, power(b, -1))
Tensor.__pow__ = lambda a, n: power(a, n)
Tensor.__matmul__, Tensor.__rmatmul__ = lambda a, b: matmul(a, b), lambda b, a: matmul(a, b)
Tensor.__getitem__ = lambda a, index: take(a, index)
Tensor.__array_ufunc__ = None  # array * Tensor is ours, not numpy's
Tensor.sum = lambda a, axis=None, keepdims=False: total(a, axis, keepdims)
Tensor.mean = lambda a, axis=None, keepdims=False: mean(a, axis, keepdims)
Tensor.reshape = lambda a, *shape: reshape(a, shape)
Tensor.T = property(lambda a: transpose(a))

# %%
field = Tensor([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]], name="x")
bump = exp(power(power(field, 2), 0.5))  # e to the |x|
backward(bump, seed=[[1, 1, 1], [1, 1, -1]])
print("slopes by the tape:\n", field.grad.round(6))
print("by school calculus:\n", (np.sign(field.value) * np.exp(abs(field.value))).round(6))
print("(The last one differs in sign: its seed is -1.)")
for node in topological_order(bump):
    size = "×".join(map(str, node.shape))
    node.name = f"{node.name}, {size}" if node.name else size
dp.draw_graph(bump)

# %% [markdown]
# ## 2 · One bias, a thousand rows
#
# ### 4.1 Predict: one bias, a thousand rows (1 point, 3 minutes)
#
# `X` has 1000 rows and 3 columns, `b` has 3 entries, and numpy stretches `b` over all rows:
#
# ```python
# Y = X + b
# y = Y.sum()
# ```
#
# What is the *first entry* of the adjoint of `b`? Write `return` and your number. *Trying earns the
# point, whatever you answer.*


# %% nbgrader={"grade_id": "ex4_1", "solution": true}
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    ### BEGIN SOLUTION
    rows_that_use_it = 1000
    return rows_that_use_it
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_1", "grade": true, "points": 1}
check("4.1")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_bias()
    X, b, h = np.random.default_rng(4).normal(size=(1000, 3)), np.zeros(3), 1e-4
    nudge = np.array([h, 0, 0])
    slope = ((X + (b + nudge)).sum() - (X + (b - nudge)).sum()) / (2 * h)
    print(f"You said {guess:g}. A nudge says {slope:.6f}.")
    print("Every row used b[0] once. Broadcasting is fan-out, and fan-out sums on the way back.")


# %% [markdown]
# ### 4.2 Undo the broadcast (3 points, 12 minutes)
#
# numpy lines shapes up *from the right*; it adds axes on the left, and stretches axes of length 1.
# Whatever it copied, the way back must sum:
#
# | operand | result | on the way back |
# |---|---|---|
# | `(3,)` | `(1000, 3)` | sum over axis 0 |
# | `(5, 1)` | `(5, 4)` | sum over axis 1, keep it |
# | `()` | `(2, 3)` | sum over everything |
#
# `unbroadcast(g, shape)` sums `g` until it has `shape`. `add`, above, uses it; `mul` is yours.


# %% nbgrader={"grade_id": "ex4_2", "solution": true}
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    # 1. sum away the axes that numpy added on the left
    # 2. sum, and keep, the axes of length 1 that it stretched
    ### BEGIN SOLUTION
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: unbroadcast(g * b.value, a.shape),
        lambda g: unbroadcast(g * a.value, b.shape),
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_2", "grade": true, "points": 3}
check("4.2")

# %% [markdown]
# ## 3 · The product that everything is made of
#
# $C = A B$. A small change of $A$ changes $C$ by $dA\, B$, and the loss by
#
# $$\langle \bar C,\; dA\, B \rangle = \langle \bar C B^\top,\; dA \rangle .$$
#
# So $\bar A = \bar C B^\top$. That is the whole trick, for *every* linear step: **a pullback is the
# transpose of the change.** Do $\bar B$ yourself, with a pencil.
#
# Then check shapes. There is usually one way only in which they fit, unless a matrix is square: then
# a wrong transpose fits, too.

# %% [markdown]
# ### 4.3 Matrix products (2 points, 10 minutes)
#
# Write `matmul(a, b)` for `a @ b`, where `a` is a matrix and `b` a matrix *or a vector*.
#
# For a vector, $\bar C$ is a vector, too, and numpy's `@` and `.T` will not do what you mean.
# Which shape must $\bar A$ have, and which product of two vectors has it?


# %% nbgrader={"grade_id": "ex4_3", "solution": true}
def matmul(a, b):
    """a @ b, for a matrix a and a matrix or vector b."""
    # 1. Tensors   2. value   3. pullbacks:   Tensor(…, (a, b), (…, …), "@")
    ### BEGIN SOLUTION
    a, b = lift(a), lift(b)
    if b.value.ndim == 1:
        for_a = lambda g: np.outer(g, b.value)  # noqa: E731
    else:
        for_a = lambda g: g @ b.value.T  # noqa: E731
    return Tensor(a.value @ b.value, (a, b), (for_a, lambda g: a.value.T @ g), "@")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_3", "grade": true, "points": 2}
check("4.3")

# %% [markdown]
# ## 4 · Sums, and numbers that only move
#
# A sum is fan-in: on the way back its adjoint is *copied* to everyone, the mirror image of
# broadcasting. `reshape`, `transpose` and indexing compute nothing; on the way back each number
# walks home.
#
# One of them is treacherous: `a[[2, 0, 2]]` reads entry 2 *twice*.

# %% [markdown]
# ### 4.4 Sums and moves (3 points, 12 minutes)
#
# Five functions. `axis` is `None`, a number or a tuple, negative ones too, as in numpy.
#
# Two traps, one nudge each. Without `keepdims` the summed axis is *gone* from the adjoint that comes
# in; put it back before you copy. And `z[index] += g` adds once where an index stands twice: look up
# `np.add.at`.


# %% nbgrader={"grade_id": "ex4_4", "solution": true}
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    ### BEGIN SOLUTION
    a = lift(a)

    def pullback(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return np.broadcast_to(g, a.shape)

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")
    ### END SOLUTION


def mean(a, axis=None, keepdims=False):
    """The mean over an axis, several, or all; made of operations that you have."""
    ### BEGIN SOLUTION
    a = lift(a)
    summed = total(a, axis, keepdims)
    return mul(summed, summed.value.size / a.value.size)
    ### END SOLUTION


def reshape(a, shape):
    """The same numbers in another shape; op "move", as in the next two."""
    ### BEGIN SOLUTION
    a = lift(a)
    return Tensor(a.value.reshape(shape), (a,), (lambda g: g.reshape(a.shape),), "move")
    ### END SOLUTION


def transpose(a):
    """All axes in reverse order."""
    ### BEGIN SOLUTION
    a = lift(a)
    return Tensor(a.value.T, (a,), (lambda g: g.T,), "move")
    ### END SOLUTION


def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    ### BEGIN SOLUTION
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        np.add.at(home, index, g)
        return home

    return Tensor(a.value[index], (a,), (pullback,), "move")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_4", "grade": true, "points": 3}
check("4.4")

# %% [markdown]
# ## 5 · Four functions, one of them famous
#
# **Log-sum-exp**, $\operatorname{lse}(a) = \log \sum_i e^{a_i}$, is the soft maximum at the end of
# every classifier. Computed as written, $a_i = 800$ overflows and $a_i = -800$ gives $\log 0$.
#
# The cure: for any number $m$, $\operatorname{lse}(a) = m + \log \sum_i e^{a_i - m}$. With $m$ the
# largest entry, nothing overflows, and the sum is at least 1.
#
# Its gradient has a name, **softmax**: $s_i = e^{a_i} / \sum_j e^{a_j}$. It is positive, adds to 1,
# and must not overflow either.

# %% [markdown]
# ### 4.5 Log-sum-exp, and three small ones (2 points, 12 minutes)
#
# `log`, `tanh` and `relu` act entry by entry, like `exp`. At the kink, give `relu` the slope 0.
# `logsumexp` sums over one axis, which disappears. It must be right to the last digits for entries
# of $\pm 10^4$.
#
# Is there a way to get the softmax from the value that you already have?


# %% nbgrader={"grade_id": "ex4_5", "solution": true}
def log(a):
    """The natural logarithm; op "log"."""
    ### BEGIN SOLUTION
    a = lift(a)
    return Tensor(np.log(a.value), (a,), (lambda g: g / a.value,), "log")
    ### END SOLUTION


def tanh(a):
    """The hyperbolic tangent; op "tanh"."""
    ### BEGIN SOLUTION
    a = lift(a)
    value = np.tanh(a.value)
    return Tensor(value, (a,), (lambda g: g * (1 - value**2),), "tanh")
    ### END SOLUTION


def relu(a):
    """a where it is positive, 0 elsewhere; op "relu"."""
    ### BEGIN SOLUTION
    a = lift(a)
    return Tensor(np.maximum(a.value, 0), (a,), (lambda g: g * (a.value > 0),), "relu")
    ### END SOLUTION


def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    ### BEGIN SOLUTION
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_5", "grade": true, "points": 2}
check("4.5")

# %% [markdown]
# Your engine is complete. Let it find a gradient that every classifier needs. With scores $x$ and
# the truth $y$ (a 1 at the right class, 0 elsewhere), the **logistic loss** is
#
# $$L(x, y) = \operatorname{lse}(x) - \sum_i x_i y_i, \qquad \nabla_x L = \text{softmax}(x) - y .$$
#
# What the model believes, minus what is true. Nothing could be simpler, and the tape finds it alone.


# %% nbgrader={"grade_id": "gradient", "locked": true}
def gradient(f, *arrays):
    """The gradient of f, one number, by each of the arrays; by your tape."""
    inputs = [Tensor(array) for array in arrays]
    backward(f(*inputs))
    return [np.zeros(each.shape) if each.grad is None else each.grad for each in inputs]


# %%
@demo(needs="4.5")
def _():
    scores, truth = np.array([[2.0, -1.0, 0.5], [900.0, 901.0, -3.0]]), np.eye(3)[[0, 2]]
    (slopes,) = gradient(lambda x: (logsumexp(x) - (x * truth).sum(axis=1)).sum(), scores)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    formula = shifted / shifted.sum(axis=1, keepdims=True) - truth
    print("your tape       ", slopes.round(6).tolist())
    print("softmax − truth ", formula.round(6).tolist())


# %% [markdown]
# ## 6 · The bill
#
# A program of layers, $x_{r+1} = g_r(x_r)$ for $r = 0, \dots, R$, with one number at the end. By the
# chain rule its Jacobian is a product, the last layer in front:
#
# $$\partial g = J_R\, J_{R-1} \cdots J_1\, J_0 .$$
#
# You may put the brackets where you like: the result is the same. **Forward mode** multiplies
# from the inputs' side, $J_1 J_0$ first. **Reverse mode** starts at the output, $J_R J_{R-1}$ first.

# %% [markdown]
# ### 4.6 Predict: where the brackets go (1 point, 3 minutes)
#
# Ten layers take 1000 numbers to 1000 numbers, and an eleventh makes the loss from them: $J_0, \dots,
# J_9$ are $1000 \times 1000$, and $J_{10}$ is a single row.
#
# How many *times* more multiplications does forward mode need than reverse mode? (A product of
# $m \times k$ and $k \times n$ takes $m k n$ of them.) Write `return` and your number.


# %% nbgrader={"grade_id": "ex4_6", "solution": true}
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    ### BEGIN SOLUTION
    return 900
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_6", "grade": true, "points": 1}
check("4.6")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_brackets()
    n, R = 1000, 10
    forward, reverse = (R - 1) * n**3 + n**2, R * n**2
    print(f"You said {guess:g}. {forward:,} against {reverse:,}: {forward / reverse:.1f} times.")
    small, rng = 200, np.random.default_rng(4)  # and on the clock, with smaller layers
    chain = [rng.normal(size=(small, small)) / small**0.5 for _ in range(R)]
    chain, seconds = [*chain, rng.normal(size=(1, small))], []
    for ordered in (chain, chain[::-1]):
        runs = []
        for _ in range(5):  # the first one also wakes numpy's threads
            started, product = time.perf_counter(), ordered[0]
            for J in ordered[1:]:
                product = J @ product if ordered is chain else product @ J
            runs.append(time.perf_counter() - started)
        seconds.append(min(runs))
    print(f"Layers of {small}, here and now: {seconds[0] / seconds[1]:.0f} times as long "
          f"(counted: {((R - 1) * small + 1) / R:.0f};\nthe clock also sees caches, threads, and "
          "whoever else uses this computer).")  # fmt: skip
    print("Below: forward mode drags squares along; reverse mode begins thin, and stays thin.")

    def brackets():
        """What each mode multiplies, for three square layers and a last row; an SVG picture."""
        rows, side = [], 44

        def block(x, y, height, colour, text):
            rows.append(
                f'<rect x="{x}" y="{y + (side - height) / 2}" width="{side}" height="{height}" '
                f'fill="{colour}" fill-opacity="0.25" stroke="{colour}"/>'
                f'<text x="{x + side / 2}" y="{y + side + 15}" text-anchor="middle">{text}</text>'
            )

        for k, (mode, colour) in enumerate((("forward", VERMILION), ("reverse", BLUE))):
            y, steps = 30 + 110 * k, ("n³", "n³", "n²") if k == 0 else ("n²", "n²", "n²")
            names = ("J₀", "J₁J₀", "J₂J₁J₀", "∂g") if k == 0 else ("J₃", "J₃J₂", "J₃J₂J₁", "∂g")
            rows.append(f'<text x="8" y="{y + 27}" font-weight="bold">{mode}</text>')
            for j, name in enumerate(names):
                thin = k == 1 or j == 3
                block(90 + 130 * j, y, 6 if thin else side, colour, name)
                if j:
                    at = 90 + 130 * j - 43
                    for down, sign in ((20, steps[j - 1]), (36, "⟶")):
                        place = f'x="{at}" y="{y + down}" text-anchor="middle"'
                        rows.append(f"<text {place}>{sign}</text>")
            bill = "2n³ + n²" if k == 0 else "3n²"
            rows.append(f'<text x="565" y="{y + 27}" font-weight="bold">{bill}</text>')
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 660 230" width="660" '
            'style="background:white" font-family="sans-serif" font-size="14" fill="black">'
            "<title>Forward mode makes two square products and a thin one; reverse mode makes "
            "three thin ones.</title>" + "".join(rows) + "</svg>"
        )

    return SVG(brackets())


# %% [markdown]
# ### 4.7 The meter (2 points, 12 minutes)
#
# **First, brackets.** `bracket_costs(sizes)` returns the multiplications of forward mode and of
# reverse mode, as two numbers. `sizes` is $[n_0, n_1, \dots]$: matrix $J_r$ has `sizes[r]` columns and
# `sizes[r + 1]` rows.
#
# **Then, programs.** `price(y)` returns the operations of the run that made `y`, and those of a
# sweep back: two numbers. The next cell has the price list.

# %% [markdown]
# - An elementary step costs `PRICES[op]`, forward and back, *for every entry of the largest array* in
#   it: its result or a parent.
# - `"@"`, with `k` columns in its first parent, costs $2k - 1$ forward and $4k$ back, for every entry
#   of the *result*.
# - An input costs nothing.
#
# Where do the numbers come from? A product, forward: one multiplication. Back: two, and two additions
# to the parents' adjoints: four. Check `"tanh"` and `"@"` yourself.

# %% nbgrader={"grade_id": "prices", "locked": true}
PRICES = {
    "+": (1, 2), "*": (1, 4), "**": (1, 4), "exp": (1, 2), "log": (1, 2), "tanh": (1, 4),
    "relu": (1, 2), "sum": (1, 1), "move": (1, 1), "lse": (4, 4),
}  # fmt: skip


# %% nbgrader={"grade_id": "ex4_7", "solution": true}
def bracket_costs(sizes):
    """(multiplications in forward mode, multiplications in reverse mode)"""
    ### BEGIN SOLUTION
    first, last = sizes[0], sizes[-1]
    forward = sum(sizes[r + 1] * sizes[r] * first for r in range(1, len(sizes) - 1))
    reverse = sum(last * sizes[r + 1] * sizes[r] for r in range(len(sizes) - 2))
    return forward, reverse
    ### END SOLUTION


def price(y):
    """(operations of the run that made y, operations of a sweep back from it)"""
    ### BEGIN SOLUTION
    forward = back = 0
    for node in topological_order(y):
        if not node.parents:
            continue
        if node.op == "@":
            k, entries = node.parents[0].shape[-1], node.value.size
            there, home = 2 * k - 1, 4 * k
        else:
            entries = max(each.value.size for each in (node, *node.parents))
            there, home = PRICES[node.op]
        forward, back = forward + there * entries, back + home * entries
    return forward, back
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_7", "grade": true, "points": 2}
check("4.7")

# %% [markdown]
# Now the theorem, with your own eyes. The next cell writes programs at random, on inputs of up to a
# hundred thousand numbers, runs them on your engine, and reads your meter: all operations of run and
# sweep, divided by those of the run alone.
#
# No step's ratio is larger than five. So no program's is: a mean never exceeds its largest part. That
# is the **cheap gradient principle**, and you have just proved it for your engine.


# %%
@demo(needs="4.7")
def _():
    rng = np.random.default_rng(4)

    steps = [
        lambda a, b, M: tanh(a * b),
        lambda a, b, M: a + b,
        lambda a, b, M: exp(-(a * a)),
        lambda a, b, M: relu(a),
        lambda a, b, M: log(a * a + 1),
        lambda a, b, M: a * logsumexp(a),
        lambda a, b, M: a * (M @ b[:4]).mean(),
    ]

    def random_program(n):
        pool = [Tensor(rng.uniform(0.5, 1.5, n))]
        for _ in range(rng.integers(3, 12)):
            a, b = (pool[k] for k in rng.integers(0, len(pool), 2))
            pool.append(steps[rng.integers(len(steps))](a, b, rng.normal(size=(7, 4)) / 4))
        return (pool[-1] * pool[0]).sum()

    inputs = np.logspace(1, 5, 160).astype(int)
    bills = [price(random_program(n)) for n in inputs]
    ratios = [(there + back) / there for there, back in bills]
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    axes.semilogx(inputs, ratios, "o", color=BLUE, markersize=4, label="160 random programs")
    axes.axhline(5, color=VERMILION, linestyle="--", label="the bound")
    axes.set(xlabel="number of inputs", ylabel="(run + sweep) / run, operations", ylim=(0, 6))
    axes.legend(frameon=False, loc="lower right")
    print(f"largest ratio {max(ratios):.2f}; by nudges it would be up to {inputs[-1] + 1:,}")
    return show(
        figure,
        alt="Cost ratio of gradient and function for 160 random programs with ten to a hundred "
        "thousand inputs. All lie between two and five, whatever the number of inputs.",
    )


# %% [markdown]
# ## 7 · Trust, but check
#
# ### 4.8 The adjoint test, and a hunt (2 points, 15 minutes)
#
# A pullback must be the transpose of the change. For *any* $v$ and $w$:
#
# $$\langle J v,\; w \rangle = \langle v,\; J^\top w \rangle .$$
#
# Two random vectors test a whole Jacobian, without writing it down. `push(v)` gives $Jv$, `pull(w)`
# gives $J^\top w$; they may be arrays of any shape. `adjoint_gap` returns the difference of the two
# numbers (positive), divided by the larger of $\|Jv\| \|w\|$ and $\|v\| \|J^\top w\|$.

# %% [markdown]
# **The hunt.** The listing below is a network and its gradient, in the style of many slides: columns
# are samples, layer $r$ makes $x_{r+1} = \rho(A_r x_r + b_r)$, and
#
# $$M_r = \rho'(A_r x_r + b_r) \odot \bar x_{r+1}, \quad \bar x_r = A_r^\top M_r, \quad
# \bar A_r = M_r x_r^\top, \quad \bar b_r = M_r \mathbf{1} .$$
#
# **Two** lines of `backward_nn` are wrong. All layers have the same width, so nothing crashes. Return
# a dictionary: number of the line → the line mended, with its indentation.

# %% nbgrader={"grade_id": "listing", "locked": true}
LISTING = """\
def forward_nn(A, b, Z):
    X = [Z]
    for r in range(len(A)):
        X.append(np.tanh(A[r] @ X[r] + b[r]))
    return X

def backward_nn(A, b, X, Y):
    R = len(A)
    gA, gb = [None] * R, [None] * R
    gx = X[R] - Y  # the loss is the sum of (X[R] - Y) ** 2 / 2
    for r in range(R - 1, -1, -1):
        M = (1 - X[r] ** 2) * gx
        gx = A[r].T @ M
        gA[r] = X[r] @ M.T
        gb[r] = M.sum(axis=1, keepdims=True)
    return gA, gb
"""
for number, line in enumerate(LISTING.splitlines(), 1):
    print(f"{number:2}  {line}")


# %%
# A workbench, if you like: nudge another weight, or a bias, and see where listing and truth part.
def workbench():
    room, rng, h = {"np": np}, np.random.default_rng(4), 1e-5
    exec(LISTING, room)
    A, b = rng.normal(size=(2, 3, 3)), rng.normal(size=(2, 3, 1))
    Z, Y = rng.normal(size=(2, 3, 5))
    gA, gb = room["backward_nn"](A, b, room["forward_nn"](A, b, Z), Y)
    losses = []
    for step in (h, -h):
        nudged = A.copy()
        nudged[1, 0, 1] += step
        losses.append(((room["forward_nn"](nudged, b, Z)[-1] - Y) ** 2).sum() / 2)
    print("A[1][0, 1]: the listing says", gA[1][0, 1])
    print("              and a nudge says", (losses[0] - losses[1]) / (2 * h))


workbench()


# %% nbgrader={"grade_id": "ex4_8", "solution": true}
def adjoint_gap(push, pull, v, w):
    """How far push and pull are from being each other's transpose: 0, up to rounding, if they are."""
    ### BEGIN SOLUTION
    Jv, Jw = push(v), pull(w)
    difference = abs(np.sum(Jv * w) - np.sum(v * Jw))
    norm = np.linalg.norm
    scale = max(norm(Jv) * norm(w), norm(v) * norm(Jw))
    return float(difference / scale) if scale else 0.0
    ### END SOLUTION


def hunt():
    """{number of a wrong line: the line mended}, for both wrong lines."""
    ### BEGIN SOLUTION
    return {
        12: "        M = (1 - X[r + 1] ** 2) * gx",
        14: "        gA[r] = M @ X[r].T",
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_8", "grade": true, "points": 2}
check("4.8")


# %%
@demo(needs="4.8")
def _():
    rng = np.random.default_rng(5)
    A, x = rng.normal(size=(4, 3)), rng.normal(size=(3, 6))
    v, w = rng.normal(size=(3, 6)), rng.normal(size=6)

    def pull(w):
        node = Tensor(x)
        backward(logsumexp(tanh(A @ node), axis=0), seed=w)
        return node.grad

    def push(v):  # forward mode, which knows nothing of your tape
        return dp.jvp(lambda x: dp.logsumexp(dp.tanh(A @ x), axis=0), (x,), (v,))[1]

    print(f"your tape against forward mode: {adjoint_gap(push, pull, v, w):.1e}")
    print(
        f"with a slip of one percent:     {adjoint_gap(push, lambda w: 1.01 * pull(w), v, w):.1e}"
    )


# %% [markdown]
# ## 8 · The small print: memory
#
# A **recurrent network** applies the *same* layer again and again, $x_{k+1} = \tanh(W x_k + u)$: to
# one word after another, or one day after another. $W$ is used at every step. That is fan-out, in
# time. So its adjoint is a sum over all steps, and your tape adds it up without being told.


# %%
@demo(needs="4.5")
def _():
    rng = np.random.default_rng(6)
    W, u, x0 = rng.normal(size=(3, 3)) / 2, rng.normal(size=3), rng.normal(size=3)

    def last_state(weights):
        x = Tensor(x0)
        for W_k in weights:
            x = tanh(W_k @ x + u)
        return x.sum()

    (shared,) = gradient(lambda W: last_state([W] * 8), W)
    each = gradient(lambda *weights: last_state(weights), *[W] * 8)
    print("one W, used 8 times:            ", shared[0].round(8))
    print("8 copies, their adjoints summed:", sum(each)[0].round(8))


# %% [markdown]
# The sweep needs every state $x_k$ again, from the last to the first, so a tape keeps them all. A
# thousand steps: a thousand states.
#
# **Checkpointing**: keep every $c$-th state only. On the way back, take the last one kept, run its
# stretch of $c$ steps *again*, sweep over it, forget it. Memory: $R / c + c$ states, least at
# $c = \sqrt R$. Price: each step is run twice, at most one more forward run.

# %% [markdown]
# ### 4.9 Memory for time (2 points, 12 minutes)
#
# `step(x)` gives the next state; states are opaque: keep, hand on. `pull(x, g)`, for the
# step *that started at* `x` and the adjoint `g` of its result, returns the adjoint of `x` and the
# step's part of $\bar W$.
#
# Run `steps` steps, a checkpoint every `every`. Return the adjoints of `start` and $W$; that of the
# last state is `seed`. The last stretch may be short. Hold checkpoints and one stretch only.


# %% nbgrader={"grade_id": "ex4_9", "solution": true}
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    ### BEGIN SOLUTION
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar
    ### END SOLUTION


# %% nbgrader={"grade_id": "check4_9", "grade": true, "points": 2}
check("4.9")


# %%
@demo(needs="4.9")
def _():
    import weakref

    class State:
        """A number that can be watched: how many are alive?"""

        def __init__(self, x):
            self.x = x

    def bill(steps, every):
        alive, peak, runs = weakref.WeakSet(), 0, 0

        def step(state):
            nonlocal peak, runs
            after = State(math.sin(1.3 * state.x))
            alive.add(after)
            peak, runs = max(peak, len(alive)), runs + 1
            return after

        def pull(state, g):
            slope = math.cos(1.3 * state.x) * g
            return 1.3 * slope, state.x * slope

        start = State(0.7)
        alive.add(start)
        checkpointed(step, pull, start, steps, every, 1.0)
        return peak, runs

    steps = 400
    gaps = [1, 2, 4, 8, 14, 20, 28, 50, 100, 200, 400]
    bills = [bill(steps, every) for every in gaps]
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    axes.loglog(gaps, [peak for peak, _ in bills], "o-", color=BLUE, label="states held at once")
    axes.loglog(gaps, [runs for _, runs in bills], "s--", color=VERMILION, label="steps run")
    axes.axvline(steps**0.5, color=GREY, linestyle=":", label="√R")
    axes.set(xlabel="states between two checkpoints", ylabel="count", xticks=gaps[::2])
    axes.set(
        xticklabels=gaps[::2], yticks=[50, 100, 200, 400, 800], yticklabels=[50, 100, 200, 400, 800]
    )
    axes.minorticks_off()
    axes.legend(frameon=False, loc=(0.55, 0.6))
    least = min(bills)
    print(f"{steps} steps. Every state kept: {bills[0][0]} states, {bills[0][1]} steps run. "
          f"At best {least[0]} states, {least[1]} steps.")  # fmt: skip
    return show(
        figure,
        alt="States held and steps run against the distance of checkpoints, for 400 steps. Memory "
        "falls to about forty states at a distance of twenty and rises again; the steps run rise "
        "to not quite twice 400.",
    )


# %% [markdown]
# ## 9 · In your own words
#
# ### 4.10 Why five? (1 point, 5 minutes)
#
# Why does the ratio of (run + sweep) to run not grow with the number of inputs, and why is it at most
# five on our price list? And why does the argument fail for finite differences? Three or four
# sentences.

# %% [markdown] nbgrader={"grade_id": "why4_10", "grade": true, "solution": true, "points": 1}
# The sweep visits each step of the run once, and its work there depends on the kind and size of the
# step, not on how many inputs there are. On our list the dearest steps, a product or a tanh, cost 1
# forward and 4 back: five together. Each step's ratio is at most five, so that of the sums is, too.
# Finite differences repeat the *whole run* for each input: their ratio is $n + 1$.

# %% [markdown]
# ### 4.11 What the theorem does not say (1 point, 5 minutes)
#
# The theorem counts operations, not memory. What must a tape keep, and why? How does √R
# checkpointing change both bills? And name a program for which you would rather use forward mode.

# %% [markdown] nbgrader={"grade_id": "why4_11", "grade": true, "solution": true, "points": 1}
# The sweep takes each local derivative at the values of the run, from the last to the first, so these
# must still be there: memory grows with the length of the run. With a checkpoint every √R steps one
# keeps about 2√R states instead of R, for at most one more forward run. A program with few inputs and
# many outputs, say a trajectory by its launch angle, is cheaper in forward mode, which needs no tape.

# %% [markdown]
# ## 10 · The race
#
# Four ways to the gradient of one function,
#
# $$f(x) = \sum_{i=1}^n e^{x_i} x_{i+1} \quad (x_{n+1} = x_1),$$
#
# on one machine: nudges, **your** dual numbers of week 2, **your** tape of week 3, and **your**
# arrays of today. (An engine that you have not brought along is replaced, and you are told.)
#
# Before you run it: which *slope* will each line have, when both axes are logarithmic?


# %%
@demo(needs="4.5")
def _():
    dual, var = dp.carry.load("dual"), dp.carry.load("var")

    def f(x, exp):
        return sum((exp(x[i - 1]) * x[i] for i in range(1, len(x))), exp(x[-1]) * x[0])

    def nudges(x):
        base, h = f(x, math.exp), 1e-7
        return [(f([*x[:i], x[i] + h, *x[i + 1 :]], math.exp) - base) / h for i in range(len(x))]

    def duals(x):
        slopes = []
        for i in range(len(x)):
            seeded = [dual.Dual(each, float(i == k)) for k, each in enumerate(x)]
            slopes.append(f(seeded, dual.exp).tangent)
        return slopes

    def tape(x):
        return var.gradient(lambda v: f(v, var.exp))(x)

    def arrays(x):
        after = np.roll(np.arange(len(x)), -1)
        return gradient(lambda v: (exp(v) * v[after]).sum(), np.array(x))[0]

    racers = [  # name, way, colour, marker, operations for n inputs
        ("nudges", nudges, GREY, "x", lambda n: 3 * n * (n + 1)),
        ("forward: your duals", duals, VERMILION, "s", lambda n: 8 * n * n),
        ("reverse: your tape", tape, BLUE, "o", lambda n: 11 * n),
        ("reverse: your arrays", arrays, GREEN, "^", lambda n: 12 * n),
    ]
    rng = np.random.default_rng(4)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), sharex=True)
    for name, way, colour, marker, operations in racers:
        sizes, seconds = [], []
        for n in 2 ** np.arange(1, 17):
            x = rng.uniform(-1, 1, n).tolist()
            runs = []
            for _ in range(5):
                started = time.perf_counter()
                slopes = way(x)
                runs.append(time.perf_counter() - started)
            truth = np.exp(x) * np.roll(x, -1) + np.exp(np.roll(x, 1))
            assert np.allclose(slopes, truth, atol=1e-4), f"{name} lost its way"
            sizes.append(int(n))
            seconds.append(min(runs))  # what disturbs a run can only make it longer
            if seconds[-1] > 0.06:  # five runs of four times this are long enough
                break
        style = {"color": colour, "marker": marker, "markersize": 5}
        counted = [operations(n) for n in sizes]
        slope = np.polyfit(np.log(sizes[-4:]), np.log(seconds[-4:]), 1)[0]
        left.loglog(sizes, seconds, label=f"{name} (slope {slope:.1f})", **style)
        right.loglog(sizes, counted, **style)
    left.set(title="measured", xlabel="inputs n", ylabel="seconds for one gradient, best of 5")
    right.set(title="counted", xlabel="inputs n", ylabel="operations for one gradient")
    figure.legend(*left.get_legend_handles_labels(), loc="upper center", ncols=2, frameon=False)
    figure.subplots_adjust(top=0.78)
    return show(
        figure,
        alt="Two log-log plots against the number of inputs, seconds and operations. Nudges and "
        "dual numbers rise with slope two; both reverse modes rise with slope one, and the array "
        "engine stays almost flat until thousands of inputs.",
    )


# %% [markdown]
# Read the picture honestly. For *two* inputs the nudges win: a tape has to be written first. The
# counts cross early, the clocks later, since Python charges for every object. And today's arrays are
# not cleverer than last week's tape: they make the same number of operations. They only write one
# node where it wrote a hundred thousand.

# %% [markdown]
# ## 11 · Stretch (no points, no hurry)
#
# - **Better brackets.** For sizes 50, 3, 50, 3, 50 neither mode is best. Find the cheapest bracketing
#   of any chain, by solving short pieces first.
# - **Checkpoints of checkpoints.** Apply your idea to each stretch again: $\log R$ memory. What is the
#   price?
# - **Fewer walks.** `take` fills a whole array with zeros for one number read. How would you avoid
#   that?

# %% [markdown]
# ## 12 · Take your engine home
#
# This writes your engine to `mylab/lab04.py`, after a few seconds of tests. Next week it learns to
# recognise things.

# %%
dp.carry.save("tensor")

# %% [markdown]
# ## Before you go: three questions
#
# 1. Why is the adjoint of a bias a sum over the samples?
# 2. Which mode for 3 inputs and 10,000 outputs?
# 3. Which result of the adjoint test would worry you: $10^{-15}$ or $10^{-2}$?
#
# <details><summary>Answers</summary>
#
# 1. Each sample used it once; fan-out is a sum on the way back.
# 2. Forward: three passes.
# 3. $10^{-2}$: rounding never does that.
#
# </details>

# %% [markdown]
# **Next week** your engine gets a task: logistic regression, then layer upon layer, and a decision
# boundary that bends where you need it.
#
# The whole argument of this week, with its proofs and its history, is in the notes:
# `course/notes/week04.md`.
