# %% [markdown]
# Wrong ways to do exercise 10.5 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    18 * 1e-7


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    return "a little"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    return -1e12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_sum():
    """The largest |sum - 1| after 18 steps without renormalising."""
    return [0.5]
