# %% [markdown]
# Wrong ways to do exercise 1.3 (a prediction); each loses marks, for the reason named.


# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    0.5


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return "very close"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return 10**9


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_limit():
    """What the secant of x * x at 1 is said to be for h = 1e-16."""
    return math.nan
