# %% [markdown]
# Wrong ways to do exercise 4.2 (undo the broadcast); each loses marks, for the reason named.

# %% forgets_the_axes_on_the_left diagnosis="not_summed"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    # 1. sum away the axes that numpy added on the left
    # 2. sum, and keep, the axes of length 1 that it stretched
    if g.ndim != len(shape):
        return g
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.sum(axis=stretched, keepdims=True)


# %% forgets_stretched_axes diagnosis="not_summed"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    # 1. sum away the axes that numpy added on the left
    # 2. sum, and keep, the axes of length 1 that it stretched
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g


# %% sums_without_keeping diagnosis="shape"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    # 1. sum away the axes that numpy added on the left
    # 2. sum, and keep, the axes of length 1 that it stretched
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.sum(axis=stretched)


# %% takes_the_mean diagnosis="averaged"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    # 1. sum away the axes that numpy added on the left
    # 2. sum, and keep, the axes of length 1 that it stretched
    g = g.mean(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.mean(axis=stretched, keepdims=True)


# %% lines_up_from_the_left diagnosis="shape"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    g = g.sum(axis=tuple(range(len(shape), g.ndim)))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.sum(axis=stretched, keepdims=True)


# %% reshapes_what_it_should_sum diagnosis="wrong_value"
def unbroadcast(g, shape):
    """g, summed over every axis along which an array of this shape was copied."""
    return g.ravel()[: math.prod(shape)].reshape(shape)


# %% product_partials_swapped diagnosis="swapped"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: unbroadcast(g * a.value, a.shape),
        lambda g: unbroadcast(g * b.value, b.shape),
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")


# %% forgets_what_comes_from_above diagnosis="not_upstream"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: unbroadcast(b.value + 0 * g, a.shape),
        lambda g: unbroadcast(a.value + 0 * g, b.shape),
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")


# %% product_forgets_to_unbroadcast diagnosis="not_summed"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: g * b.value,
        lambda g: g * a.value,
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")


# %% sums_before_it_multiplies diagnosis="unknown"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: unbroadcast(g * b.value, a.shape),
        lambda g: unbroadcast(g, b.shape) * unbroadcast(a.value + 0 * g, b.shape),
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")


# %% forgets_to_lift diagnosis="missing_lift"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    pullbacks = (
        lambda g: unbroadcast(g * b.value, a.shape),
        lambda g: unbroadcast(g * a.value, b.shape),
    )
    return Tensor(a.value * b.value, (a, b), pullbacks, "*")


# %% product_is_a_sum diagnosis="wrong_value"
def mul(a, b):
    """a * b, entry by entry, with numpy's broadcasting."""
    # 1. make both sides Tensors   2. the value   3. the pullbacks:   Tensor(…, (a, b), (…, …), "*")
    a, b = lift(a), lift(b)
    pullbacks = (
        lambda g: unbroadcast(g * b.value, a.shape),
        lambda g: unbroadcast(g * a.value, b.shape),
    )
    return Tensor(a.value + b.value, (a, b), pullbacks, "*")
