# %% [markdown]
# Wrong ways to do exercise 1.9 (a prediction); each loses marks, for the reason named.


# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    0.5


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return "very close"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_boldest_stride():
    """The largest rate for which the javelin's angle still settles."""
    return math.nan
