# %% [markdown]
# Wrong ways to do exercise 1.6 (a gradient by nudging); each loses marks, for the reason named.


# %% writes_into_the_callers_array diagnosis="mutated_input"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x, x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% nudges_and_puts_back diagnosis="mutated_input"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.asarray(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += h
        above = f(x)
        x[place] -= 2 * h
        below = f(x)
        x[place] += h
        gradient[place] = (above - below) / (2 * h)
    return gradient


# %% one_sided diagnosis="one_sided"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(x)) / h
    return gradient


# %% forgot_the_two diagnosis="factor"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / h
    return gradient


# %% integers_stay_integers diagnosis="truncated"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% the_answer_is_of_integers diagnosis="truncated"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    kept = np.array(x)
    x = kept.astype(float)
    gradient = np.zeros_like(kept)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% all_at_once diagnosis="not_alone"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    return (f(x + h) - f(x - h)) / (2 * h) * np.ones(x.shape)


# %% nudges_pile_up diagnosis="not_alone"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    up, down = x.copy(), x.copy()
    for place in np.ndindex(x.shape):
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% only_the_first_axis diagnosis="whole_rows"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in range(len(x)):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% comes_back_flat diagnosis="shape"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient.ravel()


# %% flattens_before_asking diagnosis="shape"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64).ravel()
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% a_list diagnosis="wrong_type"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient.tolist()


# %% half_precision diagnosis="step_too_large"
def numeric_grad(f, x, h=1e-2):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% too_small_a_step diagnosis="step_too_small"
def numeric_grad(f, x, h=1e-12):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% downhill diagnosis="sign"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(down) - f(up)) / (2 * h)
    return gradient


# %% times_h diagnosis="precedence"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / 2 * h
    return gradient


# %% stops_one_early diagnosis="missing_term"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in list(np.ndindex(x.shape))[:-1]:
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


# %% answers_too_early diagnosis="wrong_type"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient[place]


# %% forgets_the_return diagnosis="missing"
def numeric_grad(f, x, h=1e-5):
    """The gradient of f at x by central differences: a float64 array of the shape of x."""
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    gradient


# %% single_precision diagnosis="float32"
def numeric_grad(f, x, h=1e-5):
    x = np.array(x, dtype=np.float32)
    g = np.zeros(x.shape)
    for p in np.ndindex(x.shape):
        u, d = x.copy(), x.copy()
        u[p] += h
        d[p] -= h
        g[p] = (f(u) - f(d)) / (2 * h)
    return g


# %% two_names_for_one_array diagnosis="no_nudge"
def numeric_grad(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    g = np.zeros(x.shape)
    for p in np.ndindex(x.shape):
        u = x
        u[p] += h
        d = x
        d[p] -= h
        g[p] = (f(u) - f(d)) / (2 * h)
    return g
