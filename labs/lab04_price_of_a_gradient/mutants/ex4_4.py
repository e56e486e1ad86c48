# %% [markdown]
# Wrong ways to do exercise 4.4 (sums and moves); each loses marks, for the reason named.

# %% sum_forgets_the_lost_axis diagnosis="shape"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        return np.broadcast_to(g, a.shape)

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% sum_hands_back_the_small_adjoint diagnosis="shape"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return g

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% sum_hands_back_ones diagnosis="not_upstream"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return np.ones(a.shape)

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% sum_shares_it_out diagnosis="averaged"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        if axis is not None and not keepdims:
            g = np.expand_dims(g, axis)
        return np.broadcast_to(g, a.shape) * g.size / a.value.size

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% sum_expands_in_any_case diagnosis="shape"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        if axis is not None:
            g = np.expand_dims(g, axis)
        return np.broadcast_to(g, a.shape)

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% sum_puts_the_axis_back_in_front diagnosis="shape"
def total(a, axis=None, keepdims=False):
    """The sum over an axis, several, or all; op "sum"."""
    a = lift(a)

    def pullback(g):
        if axis is not None and not keepdims:
            g = g[None]
        return np.broadcast_to(g, a.shape)

    return Tensor(a.value.sum(axis=axis, keepdims=keepdims), (a,), (pullback,), "sum")


# %% mean_forgets_to_divide_on_the_way_back diagnosis="averaged"
def mean(a, axis=None, keepdims=False):
    """The mean over an axis, several, or all; made of operations that you have."""
    summed = total(a, axis, keepdims)
    return Tensor(
        summed.value * summed.value.size / lift(a).value.size, (summed,), (lambda g: g,), "*"
    )


# %% mean_divides_by_all diagnosis="wrong_value"
def mean(a, axis=None, keepdims=False):
    """The mean over an axis, several, or all; made of operations that you have."""
    a = lift(a)
    summed = total(a, axis, keepdims)
    return mul(summed, 1 / a.value.size)


# %% mean_is_a_sum diagnosis="wrong_value"
def mean(a, axis=None, keepdims=False):
    """The mean over an axis, several, or all; made of operations that you have."""
    a = lift(a)
    summed = total(a, axis, keepdims)
    return summed


# %% reshape_keeps_the_new_shape diagnosis="shape"
def reshape(a, shape):
    """The same numbers in another shape; op "move", as in the next two."""
    a = lift(a)
    return Tensor(a.value.reshape(shape), (a,), (lambda g: g,), "move")


# %% transpose_forgets_to_turn_back diagnosis="transposed"
def transpose(a):
    """All axes in reverse order."""
    a = lift(a)
    return Tensor(a.value.T, (a,), (lambda g: g,), "move")


# %% transpose_by_reshape diagnosis="transposed"
def transpose(a):
    """All axes in reverse order."""
    a = lift(a)
    return Tensor(a.value.T, (a,), (lambda g: g.reshape(a.shape),), "move")


# %% take_overwrites diagnosis="overwritten"
def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        home[index] = g
        return home

    return Tensor(a.value[index], (a,), (pullback,), "move")


# %% take_adds_once diagnosis="overwritten"
def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        home[index] += g
        return home

    return Tensor(a.value[index], (a,), (pullback,), "move")


# %% take_forgets_where_it_came_from diagnosis="shape"
def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        np.add.at(home, index, g)
        return np.asarray(g)

    return Tensor(a.value[index], (a,), (pullback,), "move")


# %% take_gives_to_all diagnosis="wrong_adjoint"
def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        home += np.sum(g)
        return home

    return Tensor(a.value[index], (a,), (pullback,), "move")


# %% take_has_no_gradient diagnosis="wrong_adjoint"
def take(a, index):
    """a[index]; the index may be whatever numpy takes, with repetitions."""
    a = lift(a)

    def pullback(g):
        home = np.zeros(a.shape)
        return home

    return Tensor(a.value[index], (a,), (pullback,), "move")
