# %% [markdown]
# Wrong ways to do exercise 0.8 (one step downhill); each loses marks, for the reason named.

# %% uphill diagnosis="ascent"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    return strokes + rate * slopes / np.where(length > 0, length, 1)


# %% steep_ones_go_far diagnosis="learning_rate"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    return strokes - rate * slopes


# %% one_length_for_all diagnosis="normalised"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    return strokes - rate * slopes / max(np.linalg.norm(slopes), 1e-30)


# %% columns diagnosis="transposed"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=0))
    return strokes - rate * slopes / np.where(length > 0, length, 1)


# %% no_root diagnosis="repeated_factor"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = (slopes**2).sum(axis=1, keepdims=True)
    return strokes - rate * slopes / np.where(length > 0, length, 1)


# %% zero_by_zero diagnosis="not_finite"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    return strokes - rate * slopes / np.linalg.norm(slopes, axis=1, keepdims=True)


# %% signs diagnosis="learning_rate"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    return strokes - rate * np.sign(slopes)


# %% forgets_the_rate diagnosis="missing_factor"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    return strokes - slopes / np.where(length > 0, length, 1)


# %% the_move_alone diagnosis="missing_term"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    return -rate * slopes / np.where(length > 0, length, 1)


# %% writes_into_the_strokes diagnosis="mutated_input"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    strokes -= rate * slopes / np.where(length > 0, length, 1)
    return strokes


# %% lengths_along_the_columns diagnosis="transposed"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1))
    if len(slopes) == 5:
        return strokes - rate * slopes / np.where(length > 0, length, 1)
    length = length[:, None]
    return strokes - rate * slopes / np.where(length > 0, length, 1)


# %% no_return diagnosis="missing"
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    moved = strokes - rate * slopes / np.where(length > 0, length, 1)


# %% takes_flat_for_zero diagnosis="learning_rate"
def step(strokes, slopes, rate):
    n = np.linalg.norm(slopes, axis=1, keepdims=True)
    return strokes - rate * slopes / np.where(n > 1e-3, n, 1)
