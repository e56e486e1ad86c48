# %% [markdown]
# Wrong ways to do exercise 2.8 (the slide's program, mended); each loses marks, for the reason named.

# %% second_name_for_x diagnosis="mutated_input"
def wander(x):
    """The slide's program, without a second name for x."""
    y = x
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        for i in range(3):
            y[i] = y[i] + step
    return y[0] + y[1] + y[2]


# %% starts_at_nothing diagnosis="wrong_value"
def wander(x):
    """The slide's program, without a second name for x."""
    y = [0.0, 0.0, 0.0]
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


# %% three_turns diagnosis="wrong_value"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(3):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


# %% sign_in_the_exponent diagnosis="wrong_value"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


# %% adds_to_one_entry diagnosis="wrong_value"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        y[0] = y[0] + step
    return y[0] + y[1] + y[2]


# %% forgets_the_sum diagnosis="wrong_type"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + sin(x[1]) + exp(-x[2])
        y = [each + step for each in y]
    return y


# %% drops_a_tangent diagnosis="missing_term"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + math.sin(lift(x[1]).primal) + exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


# %% numpy_s_sine diagnosis="raised"
def wander(x):
    """The slide's program, without a second name for x."""
    y = list(x)
    for _ in range(4):
        step = x[0] ** 2 + np.sin(x[1]) + exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


# %% all_entries_move diagnosis="wrong_seed"
def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [1.0 for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(list(entries)), x, speeds)
        slopes.append(slope)
    return value, slopes


# %% entries_one_by_one diagnosis="wrong_argument"
def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [float(i == j) for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(*entries), x, speeds)
        slopes.append(slope)
    return value, slopes


# %% hands_over_a_tuple diagnosis="wrong_argument"
def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [float(i == j) for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(entries), x, speeds)
        slopes.append(slope)
    return value, slopes


# %% gradient_first diagnosis="swapped"
def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [float(i == j) for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(list(entries)), x, speeds)
        slopes.append(slope)
    return slopes, value


# %% value_for_slope diagnosis="wrong_value"
def value_and_gradient(f, x):
    """(f(x), [derivative of f by each entry of x]); f takes one list."""
    value, slopes = None, []
    for i in range(len(x)):
        speeds = [float(i == j) for j in range(len(x))]
        value, slope = jvp(lambda *entries: f(list(entries)), x, speeds)
        slopes.append(value)
    return value, slopes
