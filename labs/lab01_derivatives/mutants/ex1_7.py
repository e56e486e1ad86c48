# %% [markdown]
# Wrong ways to do exercise 1.7 (the javelin); each loses marks, for the reason named.


# %% half_the_time diagnosis="missing_factor"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    t = u * np.sin(theta) / g
    return u * t * np.cos(theta)


# %% the_two_twice diagnosis="factor"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return 2 * u**2 / g * np.sin(2 * theta)


# %% the_single_angle diagnosis="wrong_point"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return u**2 / g * np.sin(theta)


# %% in_degrees diagnosis="degrees"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return u**2 / g * np.sin(np.radians(2 * theta))


# %% the_speed_once diagnosis="wrong_power"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return u / g * np.sin(2 * theta)


# %% no_gravity diagnosis="wrong_power"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return u**2 * np.sin(2 * theta)


# %% inner_derivative_forgotten diagnosis="missing_factor"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return u**2 / g * np.cos(2 * theta)


# %% the_sign_of_the_sine diagnosis="sign"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return -2 * u**2 / g * np.cos(2 * theta)


# %% sine_stays_sine diagnosis="wrong_rule"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 2 * u**2 / g * np.sin(2 * theta)


# %% cosine_of_the_single_angle diagnosis="wrong_point"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 2 * u**2 / g * np.cos(theta)


# %% only_on_earth diagnosis="ignores_inputs"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 160 * np.cos(2 * theta)


# %% the_numbers_of_the_text diagnosis="ignores_inputs"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return 80 * np.sin(2 * theta)


# %% a_nudge_too_small diagnosis="finite_difference"
def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    h = 1e-10
    return (javelin_range(theta + h, u, g) - javelin_range(theta, u, g)) / h


# %% gravity_of_the_text diagnosis="ignores_inputs"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return u**2 * np.sin(2 * theta) / 9.8


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 2 * u**2 * np.cos(2 * theta) / 9.8


# %% speed_of_the_text diagnosis="ignores_inputs"
def javelin_range(theta, u=28.0, g=9.8):
    """How far a javelin flies that is thrown at the angle theta: metres."""
    return 28.0**2 * np.sin(2 * theta) / g


def range_slope(theta, u=28.0, g=9.8):
    """The derivative of javelin_range by theta: metres for each radian."""
    return 2 * 28.0**2 * np.cos(2 * theta) / g
