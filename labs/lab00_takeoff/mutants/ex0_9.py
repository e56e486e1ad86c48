# %% [markdown]
# Wrong ways to do exercise 0.9 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    100


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return "worse"


# %% no diagnosis="wrong_type"
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return False


# %% below_zero diagnosis="out_of_range"
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return -3


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_bold_sketch():
    """The score at the end, with rate=2."""
    return float("inf")
