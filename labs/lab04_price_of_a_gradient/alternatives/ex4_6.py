# %% [markdown]
# Other right ways to do exercise 4.6 (a prediction); each gets full marks.

# %% a_formula
def my_prediction_of_the_brackets():
    n, R = 1000, 10
    return ((R - 1) * n**3 + n**2) / (R * n**2)


# %% the_same_price
def my_prediction_of_the_brackets():
    return np.int64(1)
