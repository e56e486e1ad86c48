# %% [markdown]
# Wrong ways to do exercise 1.4 (the U-curve); each loses marks, for the reason named.


# %% errors_with_a_sign diagnosis="signed"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [method(f, x, h) - slope for h in steps]


# %% in_relation_to_the_slope diagnosis="relative"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [abs(method(f, x, h) - slope) / abs(slope) for h in steps]


# %% squares diagnosis="squared"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [(method(f, x, h) - slope) ** 2 for h in steps]


# %% what_the_method_says diagnosis="not_an_error"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [method(f, x, h) for h in steps]


# %% return_inside_the_loop diagnosis="shape"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    errors = []
    for h in steps:
        errors.append(abs(method(f, x, h) - slope))
        return errors


# %% the_largest_error diagnosis="wrong_type"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return max(abs(method(f, x, h) - slope) for h in steps)


# %% a_method_of_its_own diagnosis="not_asked"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [abs((f(x + h) - f(x)) / h - slope) for h in steps]


# %% x_and_h_exchanged diagnosis="swapped"
def u_curve(method, f, slope, x, steps):
    """By how much method(f, x, h) misses slope, for each h in steps: a list, none negative."""
    return [abs(method(f, h, x) - slope) for h in steps]


# %% the_two_steps_exchanged diagnosis="swapped"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-5, 1e-8


# %% the_exponents diagnosis="exponent"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return -8, -5


# %% the_smaller_the_better diagnosis="step_too_small"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-16, 1e-16


# %% one_step_for_both diagnosis="step_too_small"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-8, 1e-8


# %% too_careful diagnosis="step_too_large"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-4, 1e-4


# %% only_one diagnosis="shape"
def best_steps():
    """The steps of smallest error: (for the secant, for the central difference)."""
    return 1e-8


# %% round_brackets diagnosis="wrong_type"
def u_curve(method, f, slope, x, steps):
    return (abs(method(f, x, h) - slope) for h in steps)


def best_steps():
    return (1.5e-8, 6e-6)
