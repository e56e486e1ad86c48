# %% [markdown]
# Other right ways to do exercise 4.5 (log-sum-exp); each gets full marks.

# %% composed_of_others
def log(a):
    a = lift(a)
    return Tensor(np.log(a.value), [a], [lambda g: g * a.value**-1.0], "log")


def tanh(a):
    a = lift(a)
    return Tensor(np.tanh(a.value), [a], [lambda g: g / np.cosh(a.value) ** 2], "tanh")


def relu(a):
    a = lift(a)
    return mul(a, np.where(a.value > 0, 1.0, 0.0))


def logsumexp(a, axis=-1):
    a = lift(a)
    largest = np.max(a.value, axis=axis, keepdims=True)
    shifted = add(a, -largest)
    return add(log(total(exp(shifted), axis)), np.squeeze(largest, axis))


# %% softmax_by_its_definition
import sys


def log(a):
    a = lift(a)
    slope = 1 / a.value
    return Tensor(np.log(a.value), (a,), (lambda g: slope * g,), "log")


def tanh(a):
    a = lift(a)
    value = 1 - 2 / (np.exp(2 * a.value) + 1)
    return Tensor(value, (a,), (lambda g: (1 + value) * (1 - value) * g,), "tanh")


def relu(a):
    a = lift(a)
    value = (a.value + abs(a.value)) / 2
    return Tensor(value, (a,), (lambda g: np.where(value > 0, g, 0.0),), "relu")


def logsumexp(a, axis=-1):
    a = lift(a)
    print("largest:", a.value.max(), file=sys.stderr)
    raised = np.exp(a.value - a.value.max(axis=axis, keepdims=True))
    softmax = raised / raised.sum(axis=axis, keepdims=True)
    value = a.value.max(axis=axis) + np.log(raised.sum(axis=axis))
    return Tensor(value, (a,), (lambda g: softmax * np.expand_dims(g, axis),), "lse")


# %% two_at_a_time
def log(a):
    a = lift(a)
    return Tensor(np.log(a.value), (a,), (lambda g: np.divide(g, a.value),), "log")


def tanh(a):
    a = lift(a)
    return Tensor(np.tanh(a.value), (a,), (lambda g: g - g * np.tanh(a.value) ** 2,), "tanh")


def relu(a):
    a = lift(a)
    return Tensor(
        np.where(a.value > 0, a.value, 0), (a,), (lambda g: g * np.heaviside(a.value, 0),), "relu"
    )


def logsumexp(a, axis=-1):
    a = lift(a)
    value = np.logaddexp.reduce(a.value, axis=axis)

    def pullback(g):
        return np.expand_dims(g, axis) * np.exp(a.value - np.expand_dims(value, axis))

    return Tensor(value, (a,), (pullback,), "lse")


# %% composed_of_other_operations
def log(a):
    a = lift(a)
    return Tensor(np.log(a.value), (a,), (lambda g: np.divide(g, a.value),), "log")


def tanh(a):
    a = lift(a)
    e = np.tanh(a.value)
    return Tensor(e, (a,), (lambda g: (1 - e) * (1 + e) * g,), "tanh")


def relu(a):
    a = lift(a)
    m = (a.value > 0).astype(float)
    return Tensor(a.value * m, (a,), (lambda g: np.where(m, g, 0),), "relu")


def logsumexp(a, axis=-1):
    a = lift(a)
    m = a.value.max(axis=axis, keepdims=True)
    return log(exp(a - m).sum(axis=axis)) + np.squeeze(m, axis)
