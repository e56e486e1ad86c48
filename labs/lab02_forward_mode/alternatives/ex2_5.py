# %% [markdown]
# Other right ways to do exercise 2.5 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return 0


# %% a_number_from_numpy
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return np.float64(1.0)


# %% with_a_warning
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    import warnings

    warnings.warn("no idea", stacklevel=1)
    return -50_000
