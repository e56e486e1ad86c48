# %% [markdown]
# Other right ways to do exercise 0.5 (a prediction); each gets full marks.

# %% another_guess
def my_prediction_of_the_pens():
    """What is printed."""
    return 30


# %% a_fraction_from_numpy
def my_prediction_of_the_pens():
    """What is printed."""
    return np.float64(52.5)
