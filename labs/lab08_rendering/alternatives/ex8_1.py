# %% [markdown]
# Other right ways to do exercise 8.1 (a prediction); each gets full marks.

# %% a_wrong_guess
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return -0.48


# %% a_numpy_number
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return np.float64(0.0 * 1)
