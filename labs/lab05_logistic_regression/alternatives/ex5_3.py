# %% [markdown]
# Other right ways to do exercise 5.3 (the gradient of one layer); each gets full marks.

# %% example_by_example
def slopes_one(W, X, y):
    slopes = np.zeros_like(W)
    for x, label in zip(X, y):
        slopes += (sigmoid(x @ W[0]) - label) * x / len(X)
    return slopes


# %% a_mean_of_rows_with_a_warning
def slopes_one(W, X, y):
    import warnings

    warnings.warn("no harm done", stacklevel=1)
    return ((sigmoid(X @ W.T) - y) * X).mean(axis=0, keepdims=True)


# %% turned_over_twice
def slopes_one(W, X, y):
    belief = 1 / (1 + np.exp(-np.clip(X @ W.T, -500, 500)))
    return (X.T @ (belief - y)).T / X.shape[0]
