# %% [markdown]
# Other right ways to do exercise 1.6 (a gradient by nudging); each gets full marks.


# %% columns_of_the_identity
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.asarray(x, dtype=float)
    nudges = h * np.eye(x.size).reshape(x.size, *x.shape)
    slopes = [(f(x + nudge) - f(x - nudge)) / 2 / h for nudge in nudges]
    return np.array(slopes).reshape(x.shape)


# %% one_function_of_one_number_at_a_time
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    import sys

    start = np.array(x, float)

    def along(place):
        def g(value):
            moved = start.copy()
            moved[place] = value
            return f(moved)

        return (g(start[place] + h) - g(start[place] - h)) / (2 * h)

    print(start.size, "entries", file=sys.stderr)
    found = [along(place) for place in np.ndindex(*start.shape)]
    return np.reshape(found, start.shape)


# %% nudge_and_put_back_on_a_copy
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    work, gradient = np.array(x, dtype=float), np.empty(np.shape(x))
    flat, answer = work.reshape(-1), gradient.reshape(-1)
    for k in range(work.size):
        kept = flat[k]
        flat[k] = kept - h
        below = f(work)
        flat[k] = kept + h
        above = f(work)
        flat[k] = kept
        answer[k] = 0.5 * (above - below) / h
    return gradient
