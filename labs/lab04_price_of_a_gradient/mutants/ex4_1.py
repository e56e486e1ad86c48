# %% [markdown]
# Wrong ways to do exercise 4.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    900


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    return -(10**12)


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    return math.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_bias():
    """The first entry of the adjoint of b."""
    return [900]
