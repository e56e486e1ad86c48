# %% [markdown]
# Wrong ways to do exercise 0.6 (two traps of Python); each loses marks, for the reason named.

# %% late_binding diagnosis="late_binding"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    pens = []
    for width in widths:
        pens.append(lambda dots: width * dots)  # noqa: B023
    return pens


# %% late_binding_in_a_comprehension diagnosis="late_binding"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [lambda dots: width * dots for width in widths]  # noqa: B023


# %% looks_into_the_list_later diagnosis="aliased"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [lambda dots, k=k: widths[k] * dots for k in range(len(widths))]


# %% numbers_for_pens diagnosis="wrong_type"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [width * 10 for width in widths]


# %% one_pen diagnosis="wrong_type"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return lambda dots: widths[0] * dots


# %% generator diagnosis="wrong_type"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return (lambda dots, w=w: w * dots for w in widths)


# %% second_name diagnosis="mutated_input"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x
    y[i] += h
    return y


# %% a_view_is_no_copy diagnosis="mutated_input"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x[:]
    y[i] += h
    return y


# %% asarray_is_no_copy diagnosis="mutated_input"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = np.asarray(x, dtype=float)
    y[i] += h
    return y


# %% integers_stay diagnosis="wrong_type"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x.copy()
    y[i] = y[i] + h
    return y


# %% nudges_all diagnosis="swapped"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    return x + h


# %% replaces diagnosis="overwritten"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = np.array(x, dtype=float)
    y[i] = h
    return y


# %% puts_it_back diagnosis="no_update"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = np.array(x, dtype=float)
    y[i] += h
    y[i] -= h
    return y


# %% a_list diagnosis="wrong_type"
def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = [float(each) for each in x]
    y[i] += h
    return y


# %% floats_too_late diagnosis="truncated"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [lambda dots, width=width: width * dots for width in widths]


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x.copy()
    y[i] += h
    return y.astype(float)


# %% half_the_digits diagnosis="float32"
def make_pens(widths):
    """A list of functions, one for each width w: dots becomes w * dots."""
    return [lambda dots, width=width: width * dots for width in widths]


def nudged(x, i, h):
    """A new array of floats: x with h added to entry i."""
    y = x.astype(np.float32)
    y[i] += h
    return y
