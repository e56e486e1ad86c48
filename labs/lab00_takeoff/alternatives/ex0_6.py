# %% [markdown]
# Other right ways to do exercise 0.6 (two traps of Python); each gets full marks.

# %% default_values_and_where
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [lambda dots, width=width: width * dots for width in widths]


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    return np.where(np.arange(len(x)) == i, x + h, x).astype(float)


# %% partial_and_concatenate
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    import operator
    from functools import partial

    return [partial(operator.mul, width) for width in widths]


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    return np.concatenate([x[:i], [x[i] + h], x[i + 1 :]])


# %% multiplied_methods
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    pens = []
    for width in widths:
        pens.append(float(width).__mul__)
    return tuple(pens)


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x.astype(float)
    y[i] = y[i] + h
    return y
