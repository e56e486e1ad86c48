# %% [markdown]
# Other right ways to do exercise 5.4 (a prediction); each gets full marks.

# %% the_commonest_mistake
def my_prediction_of_the_corners():
    return 2


# %% a_numpy_number
def my_prediction_of_the_corners():
    return np.int64(4)
