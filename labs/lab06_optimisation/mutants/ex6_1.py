# %% [markdown]
# Wrong ways to do exercise 6.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    700


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return "many"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return 10**12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return math.nan


# %% below_zero diagnosis="out_of_range"
def my_prediction_of_the_steps():
    """How many steps it takes."""
    return -5
