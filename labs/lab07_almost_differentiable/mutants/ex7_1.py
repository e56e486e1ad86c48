# %% [markdown]
# Wrong ways to do exercise 7.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    0.5 * 2 - 3.9894


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    return 5000


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_jump():
    """The slope of the mean of branch(a + noise) at a = 0.5."""
    return [0.5 * 2 - 3.9894]
