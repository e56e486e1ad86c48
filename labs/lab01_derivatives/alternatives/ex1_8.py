# %% [markdown]
# Other right ways to do exercise 1.8 (gradient ascent); each gets full marks.


# %% a_variable_for_the_place
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    theta, visited = start, []
    for _ in range(steps):
        visited.append(theta)
        theta += rate * slope(theta)
    return [*visited, theta]


# %% an_array
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    places = np.full(steps + 1, start, dtype=float)
    for k in range(steps):
        places[k + 1] = places[k] + rate * slope(places[k])
    return places


# %% by_itself
def gradient_ascent(slope, start, rate, steps):
    """The places visited on the way uphill: a list of steps + 1 numbers, start first."""
    import sys

    print("at", start, file=sys.stderr)
    if steps == 0:
        return [start]
    return [start] + gradient_ascent(slope, start + slope(start) * rate, rate, steps - 1)
