# %% [markdown]
# Wrong ways to do exercise 11.6 (a prediction); each loses marks, for the reason named.


# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    12 * 3


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return 101


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_sums():
    """Exact sums of 200 digits, of 100, by the loop that saw three."""
    return [1.5]
