# %% [markdown]
# Other right ways to do exercise 1.7 (the javelin); each gets full marks.


# %% by_the_time_of_flight
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    time = 2 * u * np.sin(theta) / g
    return time * u * np.cos(theta)


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 2 * u**2 / g * (np.cos(theta) ** 2 - np.sin(theta) ** 2)


# %% with_math
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return math.sin(theta * 2) * u * u / g


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return math.cos(theta + theta) * (u + u) * u / g


# %% by_the_tangent
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    import sys

    print("throwing at", theta, file=sys.stderr)
    t = np.tan(theta)
    return 2 * u**2 / g * t / (1 + t * t)


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    t = np.tan(theta)
    return 2 * u**2 / g * (1 - t**2) / (1 + t**2)


# %% by_the_complex_step
def javelin_range(theta, u=28.0, g=9.8):
    return 2 * u * np.sin(theta) / g * u * np.cos(theta)


def range_slope(theta, u=28.0, g=9.8):
    return complex_step(lambda t: javelin_range(t, u, g), theta)
