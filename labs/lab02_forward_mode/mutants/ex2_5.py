# %% [markdown]
# Wrong ways to do exercise 2.5 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    3


# %% a_word diagnosis="wrong_type"
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return "nothing much"


# %% yes diagnosis="wrong_type"
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_on_the_border():
    """What derivative(step_down)(0.5) is."""
    return math.nan
