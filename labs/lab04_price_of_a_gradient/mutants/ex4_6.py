# %% [markdown]
# Wrong ways to do exercise 4.6 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    900


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    return -(10**12)


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    return math.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_brackets():
    """How many times more multiplications forward mode needs."""
    return [900]
