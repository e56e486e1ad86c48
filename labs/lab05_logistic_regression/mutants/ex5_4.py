# %% [markdown]
# Wrong ways to do exercise 5.4 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    2


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    return "many"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    return -(10**12)


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    return math.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_corners():
    """How many of the four corners the best line gets right."""
    return [2]
