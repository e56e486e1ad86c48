# ruff: noqa: E402, F811, F821

# %% with_numpy
def centre(numbers):
    return (np.array(numbers) - np.mean(numbers)).tolist()
