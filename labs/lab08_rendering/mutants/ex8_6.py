# %% [markdown]
# Wrong ways to do exercise 8.6 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    3 + 0


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return 11


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_starts():
    """How many of ten random starts find all three circles."""
    return [3 + 0]
