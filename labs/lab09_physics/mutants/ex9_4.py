# %% [markdown]
# Wrong ways to do exercise 9.4 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    1.01 * 1000


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    return -1e12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_slope():
    """Derivative of the last height by the first, as AD sees it."""
    return [1.5]
