# %% [markdown]
# Other right ways to do exercise 0.1 (read the panel, then mend); each gets full marks.

# %% without_ink
def ink_slope(d):
    """The derivative of ink(d) by d."""
    return -2 * d / WIDTH**2 * np.exp(-d * d / WIDTH**2)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return d / (0.5 + 0.5 * d * d)


# %% by_dpkit_with_a_warning
def ink_slope(d):
    """The derivative of ink(d) by d."""
    import warnings

    warnings.warn("let the box do it", stacklevel=1)
    return dp.grad(ink)(d)


def fade_slope(d):
    """The derivative of fade(d) by d."""
    return float(dp.grad(fade)(d))
