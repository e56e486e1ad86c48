# %% [markdown]
# Wrong ways to do exercise 10.7 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    25


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    return "a little"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    return -1e12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_restarts():
    """How many of 100 restarts end in a right program."""
    return [0.5]
