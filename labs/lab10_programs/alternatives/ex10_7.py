# %% [markdown]
# Other right ways to do exercise 10.7 (a prediction); each gets full marks.

# %% by_chance_alone
def my_prediction_of_the_restarts():
    return 100 * 4 / 1728


# %% all_of_them
def my_prediction_of_the_restarts():
    return np.int64(100)


# %% a_tensor_s_number
def my_prediction_of_the_restarts():
    return torch.tensor(33.0).item()


# %% a_tensor_of_no_axes
def my_prediction_of_the_restarts():
    chance = torch.tensor(4 / 1728)
    return 100 * (1 - (1 - chance) ** 200)
