# %% [markdown]
# Wrong ways to do exercise 7.8 (through the optimiser); each loses marks, for the reason named.

# %% uphill diagnosis="ascent"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = w + rate * slope(w)
    return w


# %% in_place diagnosis="mutated_input"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w -= rate * slope(w)
    return w


# %% slope_at_the_start diagnosis="stale"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = w - rate * slope(start)
    return w


# %% one_step_too_many diagnosis="late_evaluation"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps + 1):
        w = w - rate * slope(w)
    return w


# %% returns_the_start diagnosis="no_update"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = w - rate * slope(w)
    return start


# %% by_the_weights diagnosis="wrong_argument"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    return dp.value_and_grad(loss)(descend(slope, start, rate, steps))


# %% only_the_last_step diagnosis="stale"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    before = descend(slope, start, rate, steps - 1)
    return dp.value_and_grad(lambda rate: loss(descend(slope, before, rate, 1)))(rate)


# %% by_the_logarithm diagnosis="repeated_factor"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    value, change = dp.value_and_grad(lambda rate: loss(descend(slope, start, rate, steps)))(rate)
    return value, change * rate


# %% slope_alone diagnosis="wrong_type"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    return dp.grad(lambda rate: loss(descend(slope, start, rate, steps)))(rate)


# %% stops_the_tape diagnosis="zero"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    return dp.value_and_grad(
        lambda rate: loss(dp.stop_gradient(descend(slope, start, rate, steps))) + 0 * rate
    )(rate)


# %% wrong_way_round diagnosis="wrong_value"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    value, change = dp.value_and_grad(lambda rate: loss(descend(slope, start, rate, steps)))(rate)
    return change, value
