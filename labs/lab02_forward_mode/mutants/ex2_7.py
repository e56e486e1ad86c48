# %% [markdown]
# Wrong ways to do exercise 2.7 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_two_names():
    """What is printed."""
    3


# %% a_word diagnosis="wrong_type"
def my_prediction_of_two_names():
    """What is printed."""
    return "nothing much"


# %% yes diagnosis="wrong_type"
def my_prediction_of_two_names():
    """What is printed."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_two_names():
    """What is printed."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_two_names():
    """What is printed."""
    return math.nan
