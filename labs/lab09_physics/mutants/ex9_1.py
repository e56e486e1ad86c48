# %% [markdown]
# Wrong ways to do exercise 9.1 (a prediction); each loses marks, for the reason named.

# %% forgets_the_return diagnosis="missing"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    1.01 * 1000


# %% a_word diagnosis="wrong_type"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    return "a lot"


# %% yes diagnosis="wrong_type"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    return True


# %% no_guess_at_all diagnosis="out_of_range"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    return -1e12


# %% not_a_number diagnosis="out_of_range"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    return np.nan


# %% a_list diagnosis="wrong_type"
def my_prediction_of_the_energy():
    """Energy after 1,000 steps of explicit Euler, by the energy at the start."""
    return [1.5]
