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


# %% rows_added diagnosis="not_summed"
def regression(g, x, y):
    return dp.mean(dp.sum((g(y) - x) ** 2, axis=-1))


# %% sees_the_cause diagnosis="wrong_argument"
def regression(g, x, y):
    return dp.mean((g(x) - x) ** 2)


# %% starts_anew_each_time diagnosis="truncated"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(steps):
        x = g(y) - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(g(y))
    return x


# %% no_chain_rule diagnosis="missing_factor"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(steps):
        x = x - rate * 2 * (f(x) - y)
    return x


# %% entry_by_entry diagnosis="raised"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(steps):
        slope = dp.grad(lambda x: dp.sum(f(x)))(x)
        x = x - rate * 2 * (f(x) - y) * slope
    return x


# %% gradients_pile_up diagnosis="accumulated"
def polish(g, f, y, steps, rate):
    x = dp.tensor(g(y), requires_grad=True)
    sgd = dp.optim.SGD([x], lr=rate)
    for _ in range(steps):
        dp.sum((f(x) - y) ** 2).backward()
        sgd.step()
    return x.data


# %% adam diagnosis="other_function"
def polish(g, f, y, steps, rate):
    x = dp.tensor(g(y), requires_grad=True)
    adam = dp.optim.Adam([x], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        dp.sum((f(x) - y) ** 2).backward()
        adam.step()
    return x.data


# %% with_a_root diagnosis="wrong_rule"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.linalg.norm(f(x) - y))(x)
    return x


# %% one_less diagnosis="late_evaluation"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(1, steps):
        x = x - rate * dp.grad(lambda x: dp.sum((f(x) - y) ** 2))(x)
    return x


# %% cause_against_result diagnosis="missing_term"
def polish(g, f, y, steps, rate):
    x = g(y)
    for _ in range(steps):
        x = x - rate * dp.grad(lambda x: dp.sum((x - y) ** 2))(x)
    return x


# %% changes_the_results diagnosis="mutated_input"
def consistency(g, f, y):
    made = f(g(y))
    y -= made.data if isinstance(made, dp.Tensor) else made
    return dp.mean(y**2)
