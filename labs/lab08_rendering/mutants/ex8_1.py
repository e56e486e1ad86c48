# %% [markdown]
# Wrong ways to do exercise 8.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    0.0 * 1


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return 5000


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """The derivative of hard_loss at 0.05, by automatic differentiation."""
    return [0.0 * 1]
