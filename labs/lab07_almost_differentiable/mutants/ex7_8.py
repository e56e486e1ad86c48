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


# %% follows_the_loss diagnosis="other_function"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    return dp.value_and_grad(lambda rate: loss(descend(dp.grad(loss), start, rate, steps)))(rate)


# %% follows_the_loss_by_itself diagnosis="other_function"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""

    def end(rate):
        w = start
        for _ in range(steps):
            w = w - rate * dp.grad(loss)(w)
        return loss(w)

    return dp.value_and_grad(end)(rate)


# %% loss_at_the_start diagnosis="early_stop"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    return loss(start), dp.grad(lambda rate: loss(descend(slope, start, rate, steps)))(rate)


# %% own_copy_in_place diagnosis="overwritten"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start.copy()
    for _ in range(steps):
        w -= rate * slope(w)
    return w


# %% rate_as_a_plain_number diagnosis="raised"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = w - float(rate) * slope(w)
    return w


# %% tape_cut_at_each_step diagnosis="missing_term"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = dp.stop_gradient(w) - rate * slope(dp.stop_gradient(w))
    return w


# %% at_least_one_step diagnosis="late_evaluation"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start - rate * slope(start)
    for _ in range(steps - 1):
        w = w - rate * slope(w)
    return w


# %% returns_in_the_loop diagnosis="missing"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    w = start
    for _ in range(steps):
        w = w - rate * slope(w)
        if w is not start:
            return None


# %% right_for_straight_slopes diagnosis="wrong_value"
def descend(slope, start, rate, steps):
    """Where gradient descent is after some steps."""
    return start * (1 - rate * slope(start) / start) ** steps


# %% difference_quotient diagnosis="finite_difference"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""
    here, there = (loss(descend(slope, start, each, steps)) for each in (rate, rate + 1e-5))
    return here, (there - here) / 1e-5


# %% nudges_to_both_sides diagnosis="finite_difference"
def hypergradient(loss, slope, start, rate, steps):
    """(loss after descent, its derivative by the rate)"""

    def lost(rate):
        return loss(descend(slope, start, rate, steps))

    return lost(rate), (lost(rate + 1e-5) - lost(rate - 1e-5)) / 2e-5
