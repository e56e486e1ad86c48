# %% [markdown]
# Other right ways to do exercise 7.6 (a prediction); each gets full marks.

# %% the_commonest_answer
def my_prediction_of_the_collapse():
    return 0


# %% by_trial
def my_prediction_of_the_collapse():
    z = np.zeros((3, 8))
    return float(max(0, np.sum((z[0] - z[1]) ** 2) - np.sum((z[0] - z[2]) ** 2) + 0.2))
