# %% [markdown]
# Other right ways to do exercise 4.4 (sums and moves); each gets full marks.

# %% everything_with_keepdims
def total(a, axis=None, keepdims=False):
    a = lift(a)
    thin = a.value.sum(axis=axis, keepdims=True)
    value = thin if keepdims else thin.squeeze(axis)
    return Tensor(value, (a,), (lambda g: np.reshape(g, thin.shape) + np.zeros(a.shape),), "sum")


def mean(a, axis=None, keepdims=False):
    a = lift(a)
    thin = a.value.mean(axis=axis, keepdims=True)
    value = thin if keepdims else thin.squeeze(axis)
    share = thin.size / a.value.size
    return Tensor(
        value, (a,), (lambda g: share * np.reshape(g, thin.shape) * np.ones(a.shape),), "mean"
    )


def reshape(a, shape):
    a = lift(a)
    old = a.shape
    return Tensor(np.reshape(a.value, shape), [a], [lambda g: np.reshape(g, old)], "move")


def transpose(a):
    a = lift(a)
    return Tensor(np.transpose(a.value), [a], [np.transpose], "move")


def take(a, index):
    a = lift(a)
    places = np.arange(a.value.size).reshape(a.shape)[index]

    def pullback(g):
        return np.bincount(np.ravel(places), weights=np.ravel(g), minlength=a.value.size).reshape(
            a.shape
        )

    return Tensor(a.value[index], [a], [pullback], "move")


# %% one_number_at_a_time
def total(a, axis=None, keepdims=False):
    a = lift(a)
    axes = range(a.value.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = tuple(k % max(a.value.ndim, 1) for k in axes)

    def pullback(g):
        shape = [1 if k in axes else size for k, size in enumerate(a.shape)]
        return np.tile(np.reshape(g, shape), [size // shape[k] for k, size in enumerate(a.shape)])

    return Tensor(np.sum(a.value, axis=axes, keepdims=keepdims), (a,), (pullback,), "sum")


def mean(a, axis=None, keepdims=False):
    s = total(a, axis, keepdims)
    return mul(1 / (lift(a).value.size // s.value.size), s)


def reshape(a, shape):
    a = lift(a)

    def pullback(g):
        back = np.empty(a.shape)
        back.flat = g.flat
        return back

    return Tensor(a.value.reshape(shape), (a,), (pullback,), "move")


def transpose(a):
    a = lift(a)
    axes = list(range(a.value.ndim))[::-1]
    return Tensor(a.value.transpose(axes), (a,), (lambda g: g.transpose(axes),), "move")


def take(a, index):
    a = lift(a)
    places = np.arange(a.value.size).reshape(a.shape)[index]

    def pullback(g):
        home = [0.0] * a.value.size
        for place, number in zip(np.ravel(places), np.ravel(g)):
            home[place] += number
        return np.array(home).reshape(a.shape)

    return Tensor(a.value[index], (a,), (pullback,), "move")


# %% a_mean_by_the_operators
def total(a, axis=None, keepdims=False):
    a = lift(a)
    value = a.value.sum(axis=axis, keepdims=keepdims)
    kept = a.value.sum(axis=axis, keepdims=True).shape
    return Tensor(value, (a,), (lambda g: np.ones(a.shape) * np.reshape(g, kept),), "sum")


def mean(a, axis=None, keepdims=False):
    a = lift(a)
    s = total(a, axis, keepdims)
    return s / (a.value.size / s.value.size)


def reshape(a, shape):
    a = lift(a)
    return Tensor(np.reshape(a.value, shape), [a], [lambda g: np.reshape(g, a.value.shape)], "move")


def transpose(a):
    a = lift(a)
    return Tensor(np.transpose(a.value), [a], [np.transpose], "move")


def take(a, index):
    a = lift(a)
    where = np.arange(a.value.size).reshape(a.shape)[index]

    def back(g):
        return np.bincount(np.ravel(where), weights=np.ravel(g), minlength=a.value.size).reshape(
            a.shape
        )

    return Tensor(a.value[index], [a], [back], "move")


# %% a_sum_by_the_method
def total(a, axis=None, keepdims=False):
    a = lift(a)

    def pull(g):
        if axis is None:
            return np.full(a.shape, g)
        axes = axis if isinstance(axis, tuple) else (axis,)
        if not keepdims:
            for ax in sorted(ax % a.value.ndim for ax in axes):
                g = np.expand_dims(g, ax)
        return g + np.zeros(a.shape)

    return Tensor(np.sum(a.value, axis=axis, keepdims=keepdims), (a,), (pull,), "sum")


def mean(a, axis=None, keepdims=False):
    a = lift(a)
    n = np.size(a.value) / np.size(a.value.mean(axis=axis))
    return (a * (1 / n)).sum(axis, keepdims)


def reshape(a, shape):
    a = lift(a)
    return Tensor(a.value.reshape(*shape), (a,), (lambda g: g.reshape(a.shape),), "move")


def transpose(a):
    a = lift(a)
    return Tensor(a.value.transpose(), (a,), (lambda g: g.transpose(),), "move")


def take(a, index):
    a = lift(a)

    def back(g):
        z = np.zeros(a.shape)
        np.add.at(z, index, g)
        return z

    return Tensor(a.value[index], (a,), (back,), "move")
