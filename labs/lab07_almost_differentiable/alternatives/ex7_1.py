# %% [markdown]
# Other right ways to do exercise 7.1 (a prediction); each gets full marks.

# %% the_commonest_answer
def my_prediction_of_the_jump():
    return 1


# %% a_numpy_number
def my_prediction_of_the_jump():
    return np.float64(-0.5)


# %% by_thinking_aloud
def my_prediction_of_the_jump():
    import sys

    print("half climb, all may fall", file=sys.stderr)
    return 0.5 * 2 - 4
