# %% [markdown]
# Other right ways to do exercise 7.6 (a prediction); each gets full marks.

# %% the_commonest_answer
def my_prediction_of_the_ratio():
    return 2


# %% by_trial
def my_prediction_of_the_ratio():
    e = np.random.default_rng(0).normal(size=1000)
    return np.var((1 + e) ** 2 * e) / np.var(2 * (1 + e))
