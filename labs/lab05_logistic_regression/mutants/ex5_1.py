# %% [markdown]
# Wrong ways to do exercise 5.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    2


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    return "many"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    return -(10**12)


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    return math.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_loss():
    """The loss of one example that is sure and wrong."""
    return [2]
