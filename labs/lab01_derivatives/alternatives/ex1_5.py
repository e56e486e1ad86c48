# %% [markdown]
# Other right ways to do exercise 1.5 (the complex step); each gets full marks.


# %% with_numpy
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    return np.imag(f(x + 1j * h)) / h


# %% from_both_sides
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    above, below = f(complex(x, h)), f(complex(x, -h))
    return (above.imag - below.imag) / (2 * h)


# %% divided_by_ih
def complex_step(f, x, h=1e-30):
    """The derivative of f at x, by one evaluation of f at a complex number: a number."""
    import sys

    z = f(x + h * 1j) / (h * 1j)
    print("both parts:", z, file=sys.stderr)
    return float(z.real)
