# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Derivatives, five ways
#
# An ordinary nbgrader assignment: six solution cells, six cells of asserts with hidden tests, 15
# points. Cells with the tag `figure` are left out where the lab is wanted without figures.

# %% tags=["figure"] nbgrader={"grade_id": "setup_figures", "locked": true}
# %matplotlib inline

# %% nbgrader={"grade_id": "setup", "locked": true}
import matplotlib.pyplot as plt
import numpy as np
import torch

# %% [markdown]
# ## 1 Differences (2 points)
#
# The gradient of a function of a vector by central differences.


# %% nbgrader={"grade_id": "p1", "solution": true}
def numeric_gradient(f, x, h=1e-5):
    """The gradient of f at x, an array of the shape of x."""
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x)
    for i in range(x.size):
        step = np.zeros_like(x)
        step.flat[i] = h
        gradient.flat[i] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "p1_test", "grade": true, "points": 2}
point = np.array([1.0, -2.0, 0.5])
assert np.allclose(numeric_gradient(lambda v: float(v @ v), point), 2 * point, atol=1e-6)
### BEGIN HIDDEN TESTS
point = np.linspace(-1.0, 1.0, 7)
assert np.allclose(numeric_gradient(lambda v: float(np.sin(v).sum()), point), np.cos(point))
assert np.allclose(numeric_gradient(lambda v: float(v.prod()), np.ones(4)), np.ones(4))
### END HIDDEN TESTS

# %% [markdown]
# ## 2 Dual numbers (3 points)
#
# A number that carries its derivative, and with it the value and the slope of a polynomial
# $c_0 + c_1 x + c_2 x^2 + \dots$


# %% nbgrader={"grade_id": "p2", "solution": true}
class Dual:
    ### BEGIN SOLUTION
    def __init__(self, primal, tangent=0.0):
        self.primal, self.tangent = primal, tangent

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.primal + other.primal, self.tangent + other.tangent)

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        product = self.tangent * other.primal + self.primal * other.tangent
        return Dual(self.primal * other.primal, product)

    __radd__, __rmul__ = __add__, __mul__
    ### END SOLUTION


def polynomial(coefficients, x):
    """The pair (value, slope) at x."""
    ### BEGIN SOLUTION
    x, y = Dual(x, 1.0), Dual(0.0)
    for c in reversed(coefficients):
        y = y * x + c
    return y.primal, y.tangent
    ### END SOLUTION


# %% nbgrader={"grade_id": "p2_test", "grade": true, "points": 3}
assert np.allclose(polynomial([1.0, 2.0, 3.0], 2.0), (17.0, 14.0))
### BEGIN HIDDEN TESTS
for x in (-1.5, 0.0, 0.25):
    coefficients = [0.5, -1.0, 0.0, 2.0, -0.75]
    value = np.polyval(coefficients[::-1], x)
    slope = np.polyval(np.polyder(coefficients[::-1]), x)
    assert np.allclose(polynomial(coefficients, x), (value, slope))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 Reverse mode (3 points)
#
# A `Value` that remembers where it comes from, and with it the gradient of a neuron $\tanh(w \cdot
# x)$ with respect to $w$.


# %% nbgrader={"grade_id": "p3", "solution": true}
class Value:
    ### BEGIN SOLUTION
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self):
        t = np.tanh(self.data)
        return Value(t, ((self, 1.0 - t * t),))

    def backward(self):
        order, seen = [], set()

        def visit(value):
            if id(value) not in seen:
                seen.add(id(value))
                for parent, _ in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad

    ### END SOLUTION


def neuron_gradient(w, x):
    """The list of the derivatives of tanh(w · x) with respect to the weights."""
    ### BEGIN SOLUTION
    weights = [Value(float(one)) for one in w]
    total = Value(0.0)
    for weight, one in zip(weights, x, strict=True):
        total = total + weight * Value(float(one))
    total.tanh().backward()
    return [float(weight.grad) for weight in weights]
    ### END SOLUTION


# %% nbgrader={"grade_id": "p3_test", "grade": true, "points": 3}
w, x = np.array([0.1, -0.2]), np.array([1.0, 2.0])
assert np.allclose(neuron_gradient(w, x), (1 - np.tanh(w @ x) ** 2) * x)
### BEGIN HIDDEN TESTS
w, x = np.linspace(-0.5, 0.4, 10), np.linspace(1.0, 0.0, 10)
assert np.allclose(neuron_gradient(w, x), (1 - np.tanh(w @ x) ** 2) * x)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 A formula (2 points)
#
# The derivative of softplus, $\log(1 + e^x)$, without overflow.


# %% nbgrader={"grade_id": "p4", "solution": true}
def softplus_slope(x):
    """The derivative of softplus at each element of the array x."""
    ### BEGIN SOLUTION
    return 0.5 * (1.0 + np.tanh(0.5 * x))
    ### END SOLUTION


# %% nbgrader={"grade_id": "p4_test", "grade": true, "points": 2}
assert np.allclose(softplus_slope(np.array([0.0, 1.0])), [0.5, 0.7310585786300049])
### BEGIN HIDDEN TESTS
far = softplus_slope(np.array([-800.0, -3.0, 3.0, 800.0]))
assert np.allclose(far, [0.0, 0.04742587317756678, 0.9525741268224334, 1.0])
### END HIDDEN TESTS

# %% [markdown]
# ## 5 A function with a derivative of your own (3 points)
#
# Softplus for torch, with its backward pass written by hand.


# %% nbgrader={"grade_id": "p5", "solution": true}
class Softplus(torch.autograd.Function):
    ### BEGIN SOLUTION
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.logaddexp(x, torch.zeros_like(x))

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * torch.sigmoid(x)

    ### END SOLUTION


def softplus(x):
    """Softplus of each element of the tensor x; differentiable by the class above."""
    ### BEGIN SOLUTION
    return Softplus.apply(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "p5_test", "grade": true, "points": 3}
x = torch.linspace(-2.0, 2.0, 5, dtype=torch.float64, requires_grad=True)
assert torch.allclose(softplus(x), torch.nn.functional.softplus(x))
assert torch.autograd.gradcheck(softplus, x)
### BEGIN HIDDEN TESTS
x = torch.tensor([[-9.0, 0.5], [0.0, 7.0]], dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(softplus, x)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 Descent (2 points)
#
# Gradient descent: the list of the points that it visits, the start included.


# %% nbgrader={"grade_id": "p6", "solution": true}
def descend(gradient, start, rate, steps):
    """The steps + 1 points of gradient descent from the array start."""
    ### BEGIN SOLUTION
    points = [np.array(start, dtype=float)]
    for _ in range(steps):
        points.append(points[-1] - rate * gradient(points[-1]))
    return points
    ### END SOLUTION


# %% tags=["figure"]
visited = np.array(descend(lambda v: np.array([v[0], 8.0 * v[1]]), np.array([4.0, 2.0]), 0.2, 30))
plt.semilogy(np.abs(visited))
plt.xlabel("step")
plt.ylabel("distance from the minimum")

# %% nbgrader={"grade_id": "p6_test", "grade": true, "points": 2}
scales = np.array([1.0, 4.0])
visited = descend(lambda v: scales * v, np.array([1.0, 1.0]), 0.1, 10)
assert len(visited) == 11
assert np.allclose(visited[-1], (1 - 0.1 * scales) ** 10)
### BEGIN HIDDEN TESTS
start = np.array([3.0, -1.0])
visited = descend(lambda v: v - 2.0, start, 0.5, 40)
assert np.allclose(visited[-1], 2.0) and np.allclose(visited[0], start)
assert np.allclose(start, [3.0, -1.0])
### END HIDDEN TESTS
