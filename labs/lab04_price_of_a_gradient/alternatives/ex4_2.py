# %% [markdown]
# Other right ways to do exercise 4.2 (undo the broadcast); each gets full marks.

# %% axis_by_axis
import warnings


def unbroadcast(g, shape):
    warnings.warn("un-broadcasting", stacklevel=1)
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def mul(a, b):
    a, b = lift(a), lift(b)
    x, y = a.value, b.value

    def for_a(g):
        return unbroadcast(g * y, x.shape)

    def for_b(g):
        return unbroadcast(g * x, y.shape)

    return Tensor(x * y, [a, b], [for_a, for_b])


# %% by_padding_the_shape
def unbroadcast(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = tuple(k for k in range(g.ndim) if padded[k] == 1)
    return np.sum(g, axis=axes, keepdims=True).reshape(shape)


def mul(a, b):
    kept, pullbacks = [], []
    for this, other in ((a, b), (b, a)):
        if isinstance(this, Tensor):
            kept.append(this)
            factor = lift(other).value
            pullbacks.append(lambda g, t=this, f=factor: unbroadcast(g * f, t.value.shape))
    return Tensor(np.multiply(lift(a).value, lift(b).value), kept, pullbacks, "*")


# %% by_counting_where_each_came_from
def unbroadcast(g, shape):
    home = np.zeros(shape)
    places = np.broadcast_to(np.arange(home.size).reshape(shape), g.shape)
    np.add.at(home.reshape(-1), places.ravel(), g.ravel())
    return home


def mul(a, b):
    a, b = lift(a), lift(b)
    value = a.value * b.value
    spread = [np.broadcast_to(each.value, value.shape) for each in (a, b)]
    return Tensor(
        value,
        (a, b),
        (
            lambda g: unbroadcast(spread[1] * g, a.shape),
            lambda g: unbroadcast(spread[0] * g, b.shape),
        ),
        "product",
    )
