# %% [markdown]
# Other right ways to do exercise 9.1 (a prediction); each gets full marks.

# %% linear_thinking
def my_prediction_of_the_energy():
    return 11


# %% a_numpy_number
def my_prediction_of_the_energy():
    return np.float64(2.5)


# %% by_thinking_aloud
def my_prediction_of_the_energy():
    import sys

    print("half a percent, often", file=sys.stderr)
    return (1 + 0.005) ** (2 * 1000)
