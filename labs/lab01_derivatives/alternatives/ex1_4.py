# %% [markdown]
# Other right ways to do exercise 1.4 (the U-curve); each gets full marks.


# %% with_numpy
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    slopes = np.array([method(f, x, float(h)) for h in steps])
    return np.abs(slopes - slope)


def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    eps = np.finfo(float).eps
    return eps**0.5, eps ** (1 / 3)


# %% a_loop
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    errors = []
    for h in steps:
        missed = method(f, x, h) - slope
        if missed < 0:
            missed = -missed
        errors.append(missed)
    return errors


def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return [2e-8, 3e-6]


# %% map_and_a_tuple
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    import sys

    print(len(steps), "steps", file=sys.stderr)
    return tuple(map(lambda h: math.fabs(slope - method(f, x, h)), steps))


def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-8, 5e-6


# %% by_name_all_at_once
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return np.abs(method(f=f, x=x, h=np.array(steps)) - slope)


def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 10.0 ** np.array([-8, -5])
