# %% [markdown]
# Other right ways to do exercise 4.1 (a prediction); each gets full marks.

# %% the_commonest_mistake
def my_prediction_of_the_bias():
    return 1.0


# %% a_numpy_number
def my_prediction_of_the_bias():
    return np.float64(3000)


# %% by_thinking_aloud
def my_prediction_of_the_bias():
    import sys

    print("one for each row", file=sys.stderr)
    return sum(1 for _ in range(1000))
