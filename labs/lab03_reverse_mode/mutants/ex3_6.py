# %% [markdown]
# Wrong ways to do exercise 3.6 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    12


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return "nothing much"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_second_answer():
    """What is printed the second time."""
    return math.nan
