# %% [markdown]
# Other right ways to do exercise 0.8 (one step downhill); each gets full marks.

# %% one_by_one
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    moved = []
    for stroke, row in zip(strokes, slopes, strict=True):
        length = np.linalg.norm(row)
        moved.append(stroke - rate * row / length if length else stroke)
    return np.array(moved)


# %% a_grain_of_sand
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    import warnings

    warnings.warn("steps", stacklevel=1)
    return strokes - rate * slopes / (np.linalg.norm(slopes, axis=1)[:, None] + 1e-15)


# %% nan_to_num
def step(strokes, slopes, rate):
    """The strokes, (n, 5), moved by `rate` each, against the direction of its slopes, (n, 5)."""
    length = np.sqrt(np.einsum("ij,ij->i", slopes, slopes))
    return strokes - rate * np.nan_to_num(slopes / length[:, None])


# %% a_larger_grain
def step(strokes, slopes, rate):
    n = np.sqrt((slopes**2).sum(1, keepdims=True)) + 1e-8
    return strokes - rate * slopes / n
