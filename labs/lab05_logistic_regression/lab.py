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
# # Lab 5 · Logistic regression, 1 → N layers
#
# Two rings of points, one inside the other. No straight line parts them. Today you write the model
# that draws straight lines, see it fail, stack it on itself, and watch the line bend.
#
# You will do it four times: by hand, on your own engine, with modules, and with as many layers as
# you like. At the end you know what the famous libraries do for you, because you have done it.

# %% [markdown]
# **When you leave this room you can**
#
# - turn "how probable is my data?" into a loss that survives huge numbers;
# - derive the gradient of one and of two layers by hand, and trust it;
# - let your own engine do the same;
# - build modules that know their parameters, and networks of N layers;
# - read a listing and say: this line, this symptom, this mend.
#
# 2¾ hours; 20 points: 16 for code, 2 for predictions, 2 for explanations. `check(…)` is free.

# %% nbgrader={"grade_id": "setup", "locked": true}
import base64
import io
import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

import dpkit as dp
from autograder import check
from autograder.stage import demo, show
from dpkit import nn
from dpkit.draw import Moving

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"
BELIEF = LinearSegmentedColormap.from_list("belief", [BLUE, "white", VERMILION])  # from 0 to 1

# %% [markdown]
# ## Warm-up (5 minutes)
#
# 1. $Z = X W^\top$. What is $\bar W$, given $\bar Z$?
# 2. What is the gradient of log-sum-exp called?
# 3. A bias is added to 200 rows. What is its adjoint?
#
# <details><summary>Answers, once you have yours</summary>
#
# 1. $\bar Z^\top X$: the shapes leave no other choice, unless they are square.
# 2. Softmax.
# 3. The sum of 200 rows.
#
# </details>

# %% [markdown]
# ## 1 · How probable is what you saw?
#
# Each example has features $x_n$ and a label $y_n$, 0 or 1. A row of weights makes one number of the
# features, the **logit** $z_n = x_n W^\top$. The **sigmoid** makes a probability of it:
#
# $$p(y_n = 1 \mid x_n, W) = \sigma(z_n) = \frac{1}{1 + e^{-z_n}} .$$
#
# Multiply the probabilities of all labels, take the logarithm, turn the sign, divide by $N$: the
# mean **negative log-likelihood**,
#
# $$\mathcal L = -\frac1N \sum_n \bigl[ y_n \log \sigma(z_n) + (1 - y_n) \log(1 - \sigma(z_n)) \bigr] .$$


# %% nbgrader={"grade_id": "data", "locked": true}
def sigmoid(z):
    """1 / (1 + exp(-z)), which never overflows when written like this."""
    return (1 + np.tanh(z / 2)) / 2


def rings(count, rng, noise=0.1):
    """X (count, 2): a ring inside a ring; y (count, 1): 1 for the outer one."""
    y = np.arange(count) % 2
    radius = np.where(y == 1, 1.1, 0.45) + noise * rng.normal(size=count)
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), y[:, None].astype(float)


def moons(count, rng, noise=0.12):
    """X (count, 2): two crescents, hooked into each other; y (count, 1)."""
    y = np.arange(count) % 2
    angle, side = rng.uniform(0, np.pi, count), 2 * y - 1
    X = np.stack([side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25)], 1)
    return X + noise * rng.normal(size=(count, 2)), y[:, None].astype(float)


def with_ones(X):
    """X with a column of ones on the right: its weight is the bias."""
    return np.hstack([X, np.ones((len(X), 1))])


def scatter(axes, X, y):
    """The points: squares for 1, circles for 0."""
    ones = y[:, 0] > 0.5
    axes.plot(
        *X[ones].T, "s", color=VERMILION, markersize=4, markeredgecolor="white", label="y = 1"
    )
    axes.plot(*X[~ones].T, "o", color=BLUE, markersize=4, markeredgecolor="white", label="y = 0")
    axes.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")


# %%
@demo(needs="nothing")
def _():
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.8), sharey=True, layout="constrained")
    for axes, data in zip(panels, (rings, moons), strict=True):
        scatter(axes, *data(200, np.random.default_rng(5)))
        axes.set(title=data.__name__, xlim=(-1.9, 1.9), ylim=(-1.5, 1.5))
        axes.label_outer()
    panels[1].legend(frameon=False, loc="lower left")
    return show(
        figure,
        alt="Two data sets of 200 points. Left, a ring of circles inside a ring of squares; right, "
        "two crescents of squares and circles hooked into each other.",
    )


# %% [markdown]
# ### 5.1 Predict: sure, and wrong (1 point, 3 minutes)
#
# A model says $z = 40$, so it is sure that $y = 1$. The truth is $y = 0$. The loss of this example,
# as every slide has it:
#
# ```python
# -math.log(1 - 1 / (1 + math.exp(-40)))
# ```
#
# How large is it, on paper? Write `return` and your number. *Trying earns the point, whatever you
# answer.*


# %% nbgrader={"grade_id": "ex5_1", "solution": true}
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    ### BEGIN SOLUTION
    loss_on_paper = 40
    return loss_on_paper
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_1", "grade": true, "points": 1}
check("5.1")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_loss()
    probability = 1 / (1 + math.exp(-40))
    print(f"You said {guess:g}. On paper it is log(1 + e^40) = {math.log1p(math.exp(40)):.6f}.")
    print(f"In the computer σ(40) is {probability!r}, exactly, and the logarithm of", end=" ")
    with np.errstate(divide="ignore"):
        print(f"1 - 1.0 is {np.log(1 - probability)}.")
    print("The loss is infinite just where learning would be most urgent.")


# %% [markdown]
# ### 5.2 A loss that survives (2 points, 10 minutes)
#
# Do not compute $\sigma$ and then its logarithm. Note that $-\log \sigma(z) = \log(1 + e^{-z})$ and
# $-\log(1 - \sigma(z)) = \log(1 + e^{z})$. The function $\log(1 + e^z)$ is called **softplus**. It is
# the log-sum-exp of 0 and $z$, and last week you made that one safe.
#
# Write `nll(z, y)`, for columns of shape $(N, 1)$: the *mean*, one number, right for logits of
# $\pm 10^4$. Your tools, here and in 5.3 and 5.5: numpy and `math`, nothing of dpkit.


# %% nbgrader={"grade_id": "ex5_2", "solution": true}
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    # 1. softplus, without overflow
    # 2. what each label costs
    # 3. the mean
    ### BEGIN SOLUTION
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(softplus - y * z))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_2", "grade": true, "points": 2}
check("5.2")

# %% [markdown]
# ## 2 · One layer, by hand
#
# **Worked example: the slope by the logit.** One example, $\ell = \operatorname{softplus}(z) - y z$.
#
# - *Sub-goal 1, the outer slope:* the derivative of softplus is $e^z / (1 + e^z) = \sigma(z)$.
# - *Sub-goal 2, collect:* $\bar z = \sigma(z) - y$. What the model believes, minus what is true.
# - *Sub-goal 3, the mean:* over $N$ examples, each gets $1/N$ of that.
#
# Sure and wrong: slope 1, full force. Right: slope near 0. The loss is made so.


# %%
@demo(needs="5.2")
def _():
    z = np.linspace(-8, 8, 161)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3), layout="constrained")
    for y, colour, dash in ((1.0, VERMILION, "-"), (0.0, BLUE, "--")):
        left.plot(z, [nll(np.array([[each]]), np.array([[y]])) for each in z], dash, color=colour)
        right.plot(z, sigmoid(z) - y, dash, color=colour, label=f"y = {y:g}")
    left.set(title="loss of one example", xlabel="logit z", ylabel="loss")
    right.set(title="its slope, σ(z) − y", xlabel="logit z", ylabel="slope")
    right.legend(frameon=False)
    return show(
        figure,
        alt="Loss and slope of one example against the logit. For y = 1 the loss falls from eight to "
        "zero and its slope rises from minus one to zero; for y = 0 both are mirrored.",
    )


# %% [markdown]
# ### 5.3 The gradient of one layer (2 points, 10 minutes)
#
# Now $z = X W^\top$ with $X$ of shape $(N, D)$, whose last column is ones, and $W$ of shape $(1, D)$.
# The loss is the mean, as before.
#
# Write `slopes_one(W, X, y)`: the gradient by $W$, of the shape of $W$. `sigmoid` is given.
# By hand means: a formula, no nudges. Huge logits must do no harm.


# %% nbgrader={"grade_id": "ex5_3", "solution": true}
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    # 1. forward: the logits
    # 2. the adjoint of each logit
    # 3. pull it back to W
    ### BEGIN SOLUTION
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / len(X)
    return z_bar.T @ X
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_3", "grade": true, "points": 2}
check("5.3")


# %%
@demo(needs="5.3")
def _():
    X, y = moons(200, np.random.default_rng(5))
    Xb, W = with_ones(X), np.zeros((1, 3))
    for _ in range(300):
        W = W - 1.0 * slopes_one(W, Xb, y)
    figure, axes = plt.subplots(figsize=(5, 3.4))
    scatter(axes, X, y)
    x1 = np.array([-2.0, 2.0])
    axes.plot(x1, -(W[0, 0] * x1 + W[0, 2]) / W[0, 1], color="black", linewidth=2)
    axes.set(xlim=(-2, 2), ylim=(-1.6, 1.6))
    right = np.mean((Xb @ W.T > 0) == (y > 0.5))
    print(f"{right:.1%} right, with three numbers and a line.")
    return show(
        figure,
        alt="The two crescents with a straight decision boundary through the middle: most points "
        "are on their side, the hooks are not.",
    )


# %% [markdown]
# ## 3 · What a line cannot do
#
# ### 5.4 Predict: four corners (1 point, 3 minutes)
#
# The smallest problem without a line: XOR. The corners $(0, 0)$ and $(1, 1)$ have $y = 0$, the
# corners $(0, 1)$ and $(1, 0)$ have $y = 1$.
#
# How many of the four can the *best* line get right? And, in your head: what will maximum likelihood
# say about them? Return the first number.


# %% nbgrader={"grade_id": "ex5_4", "solution": true}
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    ### BEGIN SOLUTION
    all_but_one = 3
    return all_but_one
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_4", "grade": true, "points": 1}
check("5.4")


# %%
@demo(needs="your prediction")
def _():
    guess = my_prediction_of_the_corners()
    corners = with_ones(np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]]))
    y, rng = np.array([[0.0], [0], [1], [1]]), np.random.default_rng(5)
    lines = rng.normal(size=(20_000, 3))
    best = ((corners @ lines.T > 0) == (y > 0.5)).sum(axis=0).max()
    print(f"You said {guess:g}. The best of 20,000 random lines gets {best}.")
    slopes = dp.grad(lambda W: nn.binary_cross_entropy_with_logits(corners @ W.T, y))
    W = rng.normal(size=(1, 3))
    for _ in range(600):
        W = W - 4.0 * slopes(W)
    print("Maximum likelihood says, for the four:", sigmoid(corners @ W.T)[:, 0].round(3).tolist())
    print("It shrugs: always ½. A bold line would be sure and wrong about one corner.")


# %% [markdown]
# ## 4 · Two layers, by hand
#
# Put a row of $H$ logistic units in front of the last one:
#
# $$\nu = \sigma(X W_1^\top), \qquad \mu = \sigma(\nu W_2^\top),$$
#
# with $W_1$ of shape $(H, D)$ and $W_2$ of shape $(1, H)$. Each hidden unit draws a line. The last one
# weighs *their opinions*.
#
# The step of the worked example stays: $\bar z_2 = (\mu - y)/N$. Go back from there, as in week 3. The
# derivative of $\sigma$, made from its value: $\nu (1 - \nu)$.

# %% [markdown]
# ### 5.5 The gradients of two layers (3 points, 15 minutes)
#
# Write `slopes_two(W1, W2, X, y)`: the pair of gradients of the mean loss, each of its matrix's shape.
#
# Write every shape beside its line. There is one product *entry by entry* on the way; the rest are
# matrix products.


# %% nbgrader={"grade_id": "ex5_5", "solution": true}
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    # 1. forward
    # 2. back, from the last logit
    ### BEGIN SOLUTION
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X, z2_bar.T @ nu
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_5", "grade": true, "points": 3}
check("5.5")

# %% [markdown]
# You have written a neural network: two lines forward, five back. Now count: how many lines for 50
# layers? For a layer that somebody invents tomorrow? You know a machine for that.

# %% [markdown]
# ## 5 · The same, on your engine
#
# The next cell loads the engine that you built last week. If it is missing or breaks a contract, dpkit
# stands in, and says so. Both have `Tensor`, `backward`, `gradient`, and `exp`, `log`, `tanh`, `relu`,
# `logsumexp`.
#
# The engine has no sigmoid. It needs none: $\sigma(x) = \tfrac12 (1 + \tanh \tfrac x2)$. Your tools in
# 5.6 and 5.8: the engine and numpy, but not `dp` or `nn`.

# %% nbgrader={"grade_id": "engine", "locked": true}
engine = dp.carry.load("tensor")


def sigmoid_on_tape(x):
    """The sigmoid of a Tensor."""
    return 0.5 + 0.5 * engine.tanh(0.5 * x)


# %% [markdown]
# ### 5.6 No more by hand (2 points, 12 minutes)
#
# Write the loss and the two-layer model with the engine's operations. `z`, `W1` and `W2` are Tensors,
# `X` and `y` arrays. Nothing is differentiated here: the engine will.
#
# The loss must survive logits of $\pm 10^4$, *and* have the slope $\sigma(0) - y$ at exactly 0, where
# `relu` has a kink. Remember of which two numbers softplus is the log-sum-exp. (A matrix product with
# $[\,0\ \ 1\,]$ puts a column of zeros beside $z$.)


# %% nbgrader={"grade_id": "ex5_6", "solution": true}
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    ### BEGIN SOLUTION
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    return (softplus - y * z).mean()
    ### END SOLUTION


def two_layers_on_tape(W1, W2, X, y):
    """The mean loss of the two-layer model, as a Tensor."""
    ### BEGIN SOLUTION
    nu = sigmoid_on_tape(X @ W1.T)
    return loss_on_tape(nu @ W2.T, y)
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_6", "grade": true, "points": 2}
check("5.6")


# %%
@demo(needs="5.5 and 5.6")
def _():
    rng = np.random.default_rng(5)
    X, y = rings(60, rng)
    X, W1, W2 = with_ones(X), rng.normal(size=(4, 3)), rng.normal(size=(1, 4))

    def by_dpkit(W1, W2):
        z = dp.sigmoid(X @ W1.T) @ W2.T
        return nn.binary_cross_entropy_with_logits(z, y)

    def nudged(h=1e-5):
        slopes = np.zeros_like(W1)
        for at in np.ndindex(W1.shape):
            step = np.zeros_like(W1)
            step[at] = h
            up, down = (nll(sigmoid(X @ (W1 + s).T) @ W2.T, y) for s in (step, -step))
            slopes[at] = (up - down) / (2 * h)
        return slopes

    hand = slopes_two(W1, W2, X, y)[0]
    tape = engine.gradient(lambda a, b: two_layers_on_tape(a, b, X, y), W1, W2)[0]
    big = dp.grad(by_dpkit, (0, 1))(W1, W2)[0]
    print("Gradient by W1, largest distance from your hand-made one:")
    for name, slopes in (("nudges", nudged()), ("your engine", tape), ("dpkit", big)):
        print(f"  {name:12} {abs(slopes - hand).max():.1e}")


# %% [markdown]
# ## 6 · Modules
#
# A network of 50 layers has 100 arrays of weights. Who keeps the list? A **module** does: an object
# that computes (`forward`) and *knows its parameters*, its own and those of the modules inside it.
#
# That is all that "nn libraries" are about: a tensor library computes, an engine differentiates, and
# modules keep the books.

# %% [markdown]
# ### 5.7 Modules, and N layers (3 points, 20 minutes)
#
# `Module.parameters()` is a list of Tensors, each once: those among the attributes, in the order in
# which they were set; of a Module among them, its parameters; of a list or tuple, those of what is in
# it.
#
# `Linear(inputs, outputs, rng)` holds first `W` of shape (outputs, inputs), drawn by `rng.normal` and
# divided by $\sqrt{\text{inputs}}$, then `b`, zeros of shape (outputs,). `forward`: $x W^\top + b$.

# %% [markdown]
# `MLP([2, 8, 1], rng)` is a Linear from each width to the next, with `engine.tanh` between them and
# *none* after the last: out come logits. It must work for any number of widths.


# %% nbgrader={"grade_id": "ex5_7", "solution": true}
class Module:
    """Something that computes, and knows its parameters."""

    def __call__(self, x):
        return self.forward(x)

    def parameters(self):
        """A list of all Tensors in it, each once."""
        # vars(self).values() are the attributes, in order
        ### BEGIN SOLUTION
        found = []

        def look(thing):
            if isinstance(thing, engine.Tensor):
                if not any(thing is each for each in found):
                    found.append(thing)
            elif isinstance(thing, Module):
                look(list(vars(thing).values()))
            elif isinstance(thing, (list, tuple)):
                for each in thing:
                    look(each)

        look(self)
        return found
        ### END SOLUTION


class Linear(Module):
    """x @ W.T + b"""

    def __init__(self, inputs, outputs, rng):
        ### BEGIN SOLUTION
        self.W = engine.Tensor(rng.normal(size=(outputs, inputs)) / math.sqrt(inputs))
        self.b = engine.Tensor(np.zeros(outputs))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return x @ self.W.T + self.b
        ### END SOLUTION


class MLP(Module):
    """Linear layers, with a tanh between them."""

    def __init__(self, dims, rng):
        ### BEGIN SOLUTION
        self.layers = [Linear(n, m, rng) for n, m in zip(dims, dims[1:], strict=False)]
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        *hidden, last = self.layers
        for layer in hidden:
            x = engine.tanh(layer(x))
        return last(x)
        ### END SOLUTION


# %% nbgrader={"grade_id": "check5_7", "grade": true, "points": 3}
check("5.7")


# %%
@demo(needs="5.7")
def _():
    net = MLP([2, 8, 8, 1], np.random.default_rng(5))
    shapes = [each.shape for each in net.parameters()]
    print("a network of three layers, written in one line:", *shapes)
    print(sum(math.prod(shape) for shape in shapes), "numbers to learn")


# %% [markdown]
# Why random numbers at the start, and not zeros? If two hidden units start equal, they get equal
# gradients, for ever: eight units do the work of one. And why divide by $\sqrt{\text{inputs}}$? A sum
# of $n$ random terms has the size $\sqrt n$: so every layer hands on numbers of about the same size.

# %% [markdown]
# ## 7 · Training, held back
#
# A large network can learn its examples by heart, noise and all. So one holds the weights back: add
# $\frac{\lambda}{2} \sum W^2$ to the loss, over all *weights* (two axes) and no biases. This is **weight
# decay**, or L2 **regularisation**: a prior belief that weights are small.
#
# Whether it helped is seen on points that the network has *not* been trained on.

# %% [markdown]
# ### 5.8 Train (2 points, 15 minutes)
#
# `train(net, X, y, steps, lr, decay)` takes gradient steps on all examples, and returns the
# objectives (loss plus penalty): a list of floats, each from *before* its step.
#
# Then choose `settings()`: a network trained rightly with them on 200 points, of rings and of
# moons, must get **95 %** of 400 others right, on both. At most 400 steps, 150 parameters;
# the best of three starts counts.
#
# (A parameter gets its new array by `p.value = …`.)


# %% nbgrader={"grade_id": "ex5_8", "solution": true}
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    ### BEGIN SOLUTION
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives
    ### END SOLUTION


def settings():
    """A dictionary of what you train with: dims (2 first, 1 last), steps, lr and decay."""
    ### BEGIN SOLUTION
    return {"dims": [2, 8, 8, 1], "steps": 400, "lr": 1.0, "decay": 1e-3}
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_8", "grade": true, "points": 2}
check("5.8")

# %% [markdown]
# Here is what holding back is good for. Sixty points, eight of them, ringed, with the *wrong* label: noise that
# no model should believe. The first network believes too much, the last hardly anything.


# %%
@demo(needs="5.7 and 5.8")
def _():
    rng = np.random.default_rng(2)
    X, y = moons(60, rng)
    y[:8] = 1 - y[:8]
    fresh, truth = moons(2000, rng)
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 90), np.linspace(-1.7, 1.7, 80)), -1)
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
    for axes, decay in zip(panels, (0.0, 0.006, 0.05), strict=True):
        net = MLP([2, 16, 16, 1], np.random.default_rng(5))
        train(net, X, y, 1500, 1.0, decay)
        logits = net(grid.reshape(-1, 2)).value.reshape(80, 90)
        axes.contourf(grid[..., 0], grid[..., 1], sigmoid(logits), 9, cmap=BELIEF, alpha=0.6)
        axes.contour(grid[..., 0], grid[..., 1], logits, [0], colors="black", linewidths=2)
        scatter(axes, X, y)
        axes.plot(*X[:8].T, "ko", markersize=10, markerfacecolor="none")  # rings
        axes.label_outer()
        there, home = (
            np.mean((net(a).value > 0) == (b > 0.5)) for a, b in ((X, y), (fresh, truth))
        )
        axes.set_title(f"λ = {decay:g}: {there:.0%} of its 60, {home:.0%} of fresh", fontsize=10)
    return show(
        figure,
        alt="Decision boundaries on sixty points, eight mislabelled and ringed. Without decay the boundary "
        "winds around single points; with some decay it is a smooth S between the crescents; with "
        "much it is nearly straight.",
    )


# %% [markdown]
# ## 8 · Watch the line bend
#
# One layer, two layers, three: the same data, the same loss, the same thousand steps. Click to start.
#
# Two arms of a spiral, one in the other: no single line knows anything about them. The black line is
# where the network says ½. Watch *when* each network gets its idea, and what it makes of the corners,
# where there are no data.


# %%
@demo(needs="5.7 and 5.8")
def _():
    rng = np.random.default_rng(5)
    turn = np.sqrt(rng.uniform(0.03, 1, 240)) * 1.35 * 2 * np.pi
    y = (np.arange(240) % 2)[:, None].astype(float)
    angle = turn + np.pi * y[:, 0]
    X = turn[:, None] / 6 * np.stack([np.cos(angle), np.sin(angle)], 1)
    X += 0.04 * rng.normal(size=X.shape)
    side = 1.7 * (2 * np.arange(48) + 1 - 48) / 48
    grid = np.stack(np.meshgrid(side, -side), -1).reshape(-1, 2)
    scratch = plt.Figure().add_subplot()

    def frame(net):
        """What the network believes of the square: nine shades, and the line between."""
        z = net(grid).value.reshape(48, 48)
        shades, file = BELIEF(np.rint(8 * sigmoid(z)) / 8)[..., :3], io.BytesIO()
        plt.imsave(file, 0.25 + 0.75 * shades, format="png")
        data = base64.b64encode(file.getvalue()).decode()
        path = "".join(
            "M" + "L".join(f"{u:.2f} {v:.2f}" for u, v in line)
            for line in scratch.contour(side, side, z, [0]).allsegs[0]
        )
        return (
            '<image x="-1.7" y="-1.7" width="3.4" height="3.4" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{data}"/>'
            f'<path d="{path}" fill="none" stroke="black" stroke-width="0.035"/>'
        )

    def panel(dims, left, moments):
        net, step, parts = MLP(dims, np.random.default_rng(3)), 0, []
        square = f'<g transform="translate({left + 110} 160) scale({110 / 1.7:.3f})">'
        for k, moment in enumerate(moments):
            train(net, X, y, moment - step, 1.0, 1e-4)
            step, right = moment, np.mean((net(X).value > 0) == (y > 0.5))
            count = f"{step} step{'s' * (step != 1)}"
            caption = f'<text x="{left}" y="292">{count}: {right:.0%} right</text>'
            blank = f'<rect x="{left}" y="275" width="220" height="22" fill="white"/>'
            parts.append(
                f'<g visibility="hidden">{square}{frame(net)}</g>{blank}{caption}'
                '<set attributeName="visibility" to="visible" dur="0.35s" '
                f'begin="layers.click+{0.33 * k:.2f}s"/></g>'
            )
        still = parts[-1].replace('visibility="hidden"', "", 1)
        dots = "".join(
            f'<rect x="{u - 0.038:.2f}" y="{-v - 0.038:.2f}" width="0.076" height="0.076" '
            f'fill="{VERMILION}" {rim}/>' if label else
            f'<circle cx="{u:.2f}" cy="{-v:.2f}" r="0.043" fill="{BLUE}" {rim}/>'
            for (u, v), label in zip(X, y[:, 0], strict=True)
        )  # fmt: skip
        layers = len(dims) - 1
        title = (
            f'<text x="{left}" y="40" font-weight="bold">{layers} layer{"s" * (layers > 1)}</text>'
        )
        return f"{still}{''.join(parts)}{square}{dots}</g>{title}"

    rim = 'stroke="white" stroke-width="0.015"'
    moments = np.unique(np.rint(np.linspace(0, 1, 30) ** 2 * 1000).astype(int)).tolist()
    panels = [([2, 1], 10), ([2, 16, 1], 245), ([2, 16, 16, 1], 480)]
    drawn = "".join(panel(dims, left, moments) for dims, left in panels)
    story = (
        "Three networks learn a spiral of two arms side by side. One layer keeps a straight "
        "boundary; two layers bend it; three layers wind it along the arms."
    )
    return Moving(
        '<svg xmlns="http://www.w3.org/2000/svg" id="layers" role="img" viewBox="0 0 710 300" '
        f'width="710" style="cursor:pointer;background:white;font:14px sans-serif"><title>{story}'
        f'</title><text x="10" y="18" fill="{GREY}">▶ click: a thousand steps of training, in slow '
        f"motion at the start</text>{drawn}</svg>",
        story,
    )


# %% [markdown]
# ## 9 · Bug hunt
#
# ### 5.9 Line, symptom, mend (2 points, 20 minutes)
#
# Three listings, in the manner of many slides, two slips in each. A is written for your engine; B and C
# for `dpkit.nn`, in which gradients *add up* until `zero_grad()`, and of lists only a `ModuleList` is
# searched.
#
# Return `{"A1": ("c", "the line mended"), …}`: place, letter of the symptom, and the line as it should
# be, with its indentation. (Where a mend needs two lines, put `\n` between.)

# %% nbgrader={"grade_id": "listings", "locked": true}
LISTINGS = {
    "A": """\
def update(W1, W2, X, y, lr):
    W1, W2 = engine.Tensor(W1), engine.Tensor(W2)
    hidden = sigmoid_on_tape(X @ W1.T)
    mu = sigmoid_on_tape(hidden @ W2.T)
    nll = -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()
    engine.backward(nll)
    W1_new = W1.value - lr * W1.grad
    W2_new = W2.value - lr * W1.grad
    return W1_new, W2_new
""",
    "B": """\
class Net(nn.Module):
    def __init__(self, dims, rng):
        self.layers = [nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:])]

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x)
        return self.layers[-1](x)
""",
    "C": """\
def train(net, X, y, lr, steps):
    for step in range(steps):
        z = net(X)
        nll = dp.softplus(-z).mean()
        nll.backward()
        for W in net.parameters():
            W.data = W.data - lr * W.grad
""",
}
SYMPTOMS = {
    "a": "it runs; the steps gather speed, overshoot the minimum, and never come to rest",
    "b": "it runs; the loss falls towards 0, and every answer is 'one'",
    "c": "it runs, and is never better than a straight line",
    "d": "it runs; the loss rises from the first step on",
    "e": "an error: numpy cannot take this function of a Tensor",
    "f": "an error: two shapes do not fit",
    "g": "an error: there are modules here, but nobody finds their parameters",
    "h": "it runs, and the probabilities are larger than 1",
}
for letter, listing in LISTINGS.items():
    for number, line in enumerate(listing.splitlines(), 1):
        print(f"{letter + str(number):>3}  {line}")
    print()
for letter, symptom in SYMPTOMS.items():
    print(f"({letter}) {symptom}")


# %%
# A workbench: run a listing, mended or not, and see.
@demo(needs="nothing")
def _():
    room = {"np": np, "dp": dp, "nn": nn, "engine": engine, "sigmoid_on_tape": sigmoid_on_tape}
    exec(LISTINGS["C"], room)
    X, y = rings(40, np.random.default_rng(5))
    net = nn.MLP((2, 4, 1), rng=5)
    for _ in range(5):
        room["train"](net, X, y, lr=0.05, steps=4)
        p = sigmoid(net(X).numpy())
        print(f"mean probability of 'one': {p.mean():.3f}; right: {np.mean((p > 0.5) == y):.0%}")


# %% nbgrader={"grade_id": "ex5_9", "solution": true}
def hunt():
    """{place: (letter of the symptom, the line mended)}, for all six slips."""
    ### BEGIN SOLUTION
    return {
        "A5": ("e", "    nll = -(y * engine.log(mu) + (1 - y) * engine.log(1 - mu)).sum()"),
        "A8": ("f", "    W2_new = W2.value - lr * W2.grad"),
        "B3": (
            "g",
            "        self.layers = nn.ModuleList("
            "nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:]))",
        ),
        "B7": ("c", "            x = dp.tanh(layer(x))"),
        "C4": ("b", "        nll = (dp.softplus(z) - y * z).mean()"),
        "C5": ("a", "        net.zero_grad()\n        nll.backward()"),
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "check5_9", "grade": true, "points": 2}
check("5.9")

# %% [markdown]
# ## 10 · In your own words
#
# ### 5.10 Why this loss? (1 point, 5 minutes)
#
# Somebody replaces the likelihood by the squared error, $(\sigma(z) - y)^2$. Take an example that is
# sure and wrong, $z = 40$ and $y = 0$. Compare the slopes of both losses by $z$: what does training do
# in each case, and why? Three or four sentences.

# %% [markdown] nbgrader={"grade_id": "why5_10", "grade": true, "solution": true, "points": 1}
# The likelihood's slope is $\sigma(z) - y$, here 1: the example is pulled back with full force, and
# training corrects it. The squared error's slope is $2(\sigma(z) - y)\,\sigma(z)(1 - \sigma(z))$, and
# the last factor, the slope of the sigmoid, is about $e^{-40}$: practically nothing moves, although
# the answer could not be more wrong. In the likelihood the logarithm cancels just that factor.

# %% [markdown]
# ### 5.11 Depth without bends, width without chance (1 point, 5 minutes)
#
# Two failures: (i) fifty layers without a non-linearity; (ii) a hidden layer of fifty units that all
# start with the same weights. What can each of them draw, and why does training not repair it?

# %% [markdown] nbgrader={"grade_id": "why5_11", "grade": true, "solution": true, "points": 1}
# (i) A product of matrices is a matrix, so fifty affine layers are one affine layer: a straight
# boundary, whatever the weights are, and so training can only find the best line. (ii) Equal units
# compute the same value and get the same gradient, so after each step they are still equal: the fifty
# act as one unit, and by symmetry descent never parts them. Random weights do.

# %% [markdown]
# ## 11 · Stretch (no points, no hurry)
#
# - **More classes.** Put a softmax in the sigmoid's place.
# - **Depth that hurts.** Plot the size of each layer's gradient in `MLP([2, *[8] * 20, 1])`. Then let
#   each layer *add* to its input, `x + tanh(layer(x))`: a **residual connection**. The notes do it with
#   25 convolutions.
# - **A prior with corners.** Replace $\sum W^2$ by $\sum |W|$. Why does a gradient step never reach
#   0? (Week 6.)

# %% [markdown]
# ## Before you go: three questions
#
# 1. Why is $\bar z = \sigma(z) - y$, with no trace of the sigmoid's slope?
# 2. What does a module know that a function does not?
# 3. Training accuracy 100 %, held-out accuracy 78 %. What do you turn?
#
# <details><summary>Answers</summary>
#
# 1. The logarithm of the likelihood cancels it.
# 2. Its parameters, and those of the modules inside it.
# 3. Weight decay up (or more data, or a smaller network).
#
# </details>

# %% [markdown]
# **Your engine** is at home already, in `mylab/`, and today it has trained networks. What you built on
# it exists, too, with the names that torch has: open `dpkit/nn/module.py`, and find your walk.
#
# **Next week** the step itself is the subject: how large, in which direction, with how much memory of
# the steps before. And the parameters will be pictures.
#
# The whole argument of this week, with ResNet-50 counted to the last parameter, is in the notes:
# `course/notes/week05.md`.
