# %% [markdown]
# Other right ways to do exercise 9.4 (a prediction); each gets full marks.

# %% the_truth
def my_prediction_of_the_slope():
    return -0.747


# %% a_numpy_number
def my_prediction_of_the_slope():
    return np.float64(0.8)


# %% an_integer
def my_prediction_of_the_slope():
    return 0
