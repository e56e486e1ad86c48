# %% [markdown]
# Wrong ways to do exercise 1.8 (gradient ascent); each loses marks, for the reason named.


# %% downhill diagnosis="sign"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] - rate * slope(places[-1]))
    return places


# %% no_rate diagnosis="learning_rate"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + slope(places[-1]))
    return places


# %% the_rate_twice diagnosis="learning_rate"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * rate * slope(places[-1]))
    return places


# %% only_the_direction diagnosis="learning_rate"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * np.sign(slope(places[-1])))
    return places


# %% the_slope_at_the_start diagnosis="stale"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places, uphill = [start], slope(start)
    for _ in range(steps):
        places.append(places[-1] + rate * uphill)
    return places


# %% always_from_the_start diagnosis="no_update"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(start + rate * slope(start))
    return places


# %% never_moves diagnosis="no_update"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places, theta = [start], start
    for _ in range(steps):
        places.append(theta)
        new_theta = theta + rate * slope(theta)
    return places


# %% the_last_place_only diagnosis="wrong_type"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    theta = start
    for _ in range(steps):
        theta += rate * slope(theta)
    return theta


# %% without_the_start diagnosis="shape"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places, theta = [], start
    for _ in range(steps):
        theta = theta + rate * slope(theta)
        places.append(theta)
    return places


# %% one_step_too_many diagnosis="shape"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps + 1):
        places.append(places[-1] + rate * slope(places[-1]))
    return places


# %% starts_after_the_first_step diagnosis="late_evaluation"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places, theta = [], start
    for _ in range(steps + 1):
        theta = theta + rate * slope(theta)
        places.append(theta)
    return places


# %% return_inside_the_loop diagnosis="shape"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * slope(places[-1]))
        return places


# %% forgets_the_return diagnosis="missing"
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * slope(places[-1]))
    places


# %% yields_them diagnosis="wrong_type"
def gradient_ascent(slope, start, rate, steps):
    t = start
    for _ in range(steps + 1):
        yield t
        t = t + rate * slope(t)
