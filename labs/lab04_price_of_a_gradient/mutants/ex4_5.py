# %% [markdown]
# Wrong ways to do exercise 4.5 (log-sum-exp); each loses marks, for the reason named.

# %% log_at_the_value diagnosis="wrong_point"
def log(a):
    """The natural logarithm; op "log"."""
    a = lift(a)
    return Tensor(np.log(a.value), (a,), (lambda g: g / np.log(a.value),), "log")


# %% log_forgets_what_comes_from_above diagnosis="not_upstream"
def log(a):
    """The natural logarithm; op "log"."""
    a = lift(a)
    return Tensor(np.log(a.value), (a,), (lambda g: 1 / a.value,), "log")


# %% tanh_slope_at_the_argument diagnosis="wrong_point"
def tanh(a):
    """The hyperbolic tangent; op "tanh"."""
    a = lift(a)
    value = np.tanh(a.value)
    return Tensor(value, (a,), (lambda g: g * (1 - a.value**2),), "tanh")


# %% tanh_slope_without_the_square diagnosis="wrong_rule"
def tanh(a):
    """The hyperbolic tangent; op "tanh"."""
    a = lift(a)
    value = np.tanh(a.value)
    return Tensor(value, (a,), (lambda g: g * (1 - value),), "tanh")


# %% relu_slope_is_one diagnosis="missing_factor"
def relu(a):
    """a where it is positive, 0 elsewhere; op "relu"."""
    a = lift(a)
    return Tensor(np.maximum(a.value, 0), (a,), (lambda g: g,), "relu")


# %% relu_kink_counts diagnosis="wrong_value"
def relu(a):
    """a where it is positive, 0 elsewhere; op "relu"."""
    a = lift(a)
    return Tensor(np.maximum(a.value, 0), (a,), (lambda g: g * (a.value >= 0),), "relu")


# %% relu_gates_what_comes_from_above diagnosis="wrong_point"
def relu(a):
    """a where it is positive, 0 elsewhere; op "relu"."""
    a = lift(a)
    return Tensor(np.maximum(a.value, 0), (a,), (lambda g: g * (g > 0),), "relu")


# %% relu_changes_its_input diagnosis="mutated_input"
def relu(a):
    """a where it is positive, 0 elsewhere; op "relu"."""
    a = lift(a)
    positive = a.value > 0
    a.value[~positive] = 0
    return Tensor(a.value, (a,), (lambda g: g * (a.value > 0),), "relu")


# %% lse_as_written diagnosis="not_finite"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    raised = np.exp(a.value)
    summed = raised.sum(axis=axis, keepdims=True)
    pullback = lambda g: np.expand_dims(g, axis) * raised / summed  # noqa: E731
    return Tensor(np.log(np.squeeze(summed, axis)), (a,), (pullback,), "lse")


# %% lse_shifts_by_the_largest_of_all diagnosis="not_finite"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max()
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% lse_forgets_to_add_the_shift diagnosis="wrong_value"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% softmax_not_shifted diagnosis="not_finite"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value)
    softmax = softmax / softmax.sum(axis=axis, keepdims=True)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% softmax_without_its_sum diagnosis="missing_factor"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - largest)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% hard_instead_of_soft diagnosis="unknown"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = 1.0 * (a.value == largest)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% lse_forgets_the_axis diagnosis="shape"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: g * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")


# %% lse_keeps_the_axis diagnosis="shape"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: g * softmax  # noqa: E731
    return Tensor(kept, (a,), (pullback,), "lse")


# %% lse_clips_large_entries diagnosis="wrong_value"
def logsumexp(a, axis=-1):
    """log of the sum of exp(a) along an axis; op "lse"."""
    a = lift(a)
    a = Tensor(np.clip(a.value, -700, 700), (a,), (lambda g: g,), "move")
    largest = a.value.max(axis=axis, keepdims=True)
    kept = largest + np.log(np.exp(a.value - largest).sum(axis=axis, keepdims=True))
    softmax = np.exp(a.value - kept)
    pullback = lambda g: np.expand_dims(g, axis) * softmax  # noqa: E731
    return Tensor(np.squeeze(kept, axis), (a,), (pullback,), "lse")
