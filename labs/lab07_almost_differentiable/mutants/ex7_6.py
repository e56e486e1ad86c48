# %% [markdown]
# Wrong ways to do exercise 7.6 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    7.5


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    return -2


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_ratio():
    """Variance of the score's estimate, divided by that of the path's."""
    return [7.5]
