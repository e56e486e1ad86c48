# %% [markdown]
# Wrong ways to do exercise 6.5 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    700


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return "many"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return 10**12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return math.nan


# %% below_zero diagnosis="out_of_range"
def my_prediction_of_the_scatter():
    """By which factor the scatter shrinks."""
    return -5
