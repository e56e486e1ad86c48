# %% [markdown]
# Other right ways to do exercise 11.6 (a prediction); each gets full marks.


# %% another_guess
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return 50.0


# %% a_numpy_number
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return np.float64(12.5)
