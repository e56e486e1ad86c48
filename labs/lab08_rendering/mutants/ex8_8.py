# %% [markdown]
# Wrong ways to do exercise 8.8 (learning an inverse); each loses marks, for the reason named.

# %% a_sum diagnosis="not_summed"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.sum((g(y) - x) ** 2)


# %% absolute diagnosis="wrong_rule"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.mean(dp.abs(g(y) - x))


# %% wrong_way diagnosis="swapped"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.mean((g(x) - y) ** 2)


# %% cause_with_result diagnosis="wrong_argument"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.mean((g(y) - y) ** 2)


# %% no_square diagnosis="sign"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.mean(g(y) - x)


# %% network_is_a_constant diagnosis="zero"
def regression(g, x, y):
    """How far g is from the causes x of the results y."""
    return dp.mean((dp.stop_gradient(g(y)) - x) ** 2)


# %% first_f_then_g diagnosis="swapped"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    return dp.mean((g(f(y)) - y) ** 2)


# %% without_f diagnosis="missing_term"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    return dp.mean((g(y) - y) ** 2)


# %% without_g diagnosis="missing_term"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    return dp.mean((f(y) - y) ** 2)


# %% with_the_cause diagnosis="wrong_argument"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    x = g(y)
    return dp.mean((f(x) - x) ** 2)


# %% half diagnosis="factor"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    return 0.5 * dp.mean((f(g(y)) - y) ** 2)


# %% f_is_a_constant diagnosis="zero"
def consistency(g, f, y):
    """How far the results of g's causes are from the results y."""
    return dp.mean((f(dp.stop_gradient(g(y))) - y) ** 2)


# %% uphill diagnosis="ascent"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps):
        x = x + rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% mean_for_sum diagnosis="averaged"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.mean((f(x) - y) ** 2))(x)
    return x


# %% from_the_result diagnosis="wrong_point"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = y
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% from_zero diagnosis="wrong_point"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = 0.0 * y
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% slope_at_the_start diagnosis="stale"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = first = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(first)
    return x


# %% one_more diagnosis="late_evaluation"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps + 1):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% no_rate diagnosis="learning_rate"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps):
        x = x - dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% results diagnosis="wrong_argument"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return f(x)


# %% in_place diagnosis="mutated_input"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    x = g(y)
    for _ in range(steps):
        x -= rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% by_adam diagnosis="other_function"
def polish(g, f, y, steps, rate):
    """Causes x: from g(y), descended on the sum of squares of f(x) - y."""
    return refine(lambda x: dp.sum((f(x) - y) ** 2), g(y), steps, rate)
