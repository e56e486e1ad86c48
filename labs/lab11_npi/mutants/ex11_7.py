# %% [markdown]
# Wrong ways to do exercise 11.7 (a prediction); each loses marks, for the reason named.


# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    12 * 3


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return -1


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_frames():
    """How many different frames of ADD there are, in all sums of all lengths."""
    return [1.5]
