# %% [markdown]
# Other right ways to do exercise 10.5 (a prediction); each gets full marks.

# %% nothing_at_all
def my_prediction_of_the_sum():
    return 0


# %% a_numpy_number
def my_prediction_of_the_sum():
    return np.float64(0.001)


# %% by_thinking_aloud
def my_prediction_of_the_sum():
    import sys

    print("it may well double each time", file=sys.stderr)
    return 1e-7 * 2**18


# %% a_tensor_of_no_axes
def my_prediction_of_the_sum():
    error = torch.tensor(1e-7)
    for _ in range(18):
        error = 3 * error
    return error
