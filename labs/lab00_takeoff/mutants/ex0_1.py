# %% [markdown]
# Wrong ways to do exercise 0.1 (read the panel, then mend); each loses marks, for the reason named.

# %% as_the_colleague_left_it diagnosis="sign"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return 2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 1 / (1 + d**2)


# %% mends_only_the_first diagnosis="missing_factor"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 1 / (1 + d**2)


# %% mends_only_the_second diagnosis="sign"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return 2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d / (1 + d**2)


# %% forgets_the_inner_slope diagnosis="missing_factor"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d / (1 + d**2)


# %% leaves_the_two_behind diagnosis="missing_factor"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d / (1 + d**2)


# %% slope_of_the_inside_alone diagnosis="missing_factor"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -2 * d / WIDTH**2


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d / (1 + d**2)


# %% minus_in_the_logarithm diagnosis="sign"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return -2 * d / (1 + d**2)


# %% logarithm_stays diagnosis="wrong_rule"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d * fade(d)


# %% no_return diagnosis="missing"
def ink_slope(d):
    """The derivative of ink(d) by d."""
    -2 * d / WIDTH**2 * ink(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return 2 * d / (1 + d**2)
