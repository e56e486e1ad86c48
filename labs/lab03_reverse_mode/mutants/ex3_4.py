# %% [markdown]
# Wrong ways to do exercise 3.4 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    3


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return "nothing much"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_second_day():
    """What x.grad is after walk_back(y)."""
    return math.nan
