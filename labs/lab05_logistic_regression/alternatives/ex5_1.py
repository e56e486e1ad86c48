# %% [markdown]
# Other right ways to do exercise 5.1 (a prediction); each gets full marks.

# %% what_the_computer_says
def my_prediction_of_the_loss():
    return math.inf


# %% a_numpy_number
def my_prediction_of_the_loss():
    return np.float64(1.0)


# %% by_thinking_aloud
def my_prediction_of_the_loss():
    import sys

    print("log(1 + e^40), or so", file=sys.stderr)
    return math.log(1 + math.exp(40))
