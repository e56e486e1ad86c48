# %% [markdown]
# Wrong ways to do exercise 7.6 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    0.2


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    return -2000


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_collapse():
    """The loss of the hardest triplets, once all features are the same point."""
    return [0.2]
