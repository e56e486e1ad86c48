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


# %% number_by_number
def slopes_one(W, X, y):
    slopes = [0.0] * X.shape[1]
    for row, label in zip(X.tolist(), y[:, 0].tolist()):
        belief = 0.5 * (1 + math.tanh(sum(w * x for w, x in zip(W[0], row)) / 2))
        slopes = [s + (belief - label) * x / len(X) for s, x in zip(slopes, row)]
    return np.array([slopes])


# %% by_einsum_and_on_a_copy_of_its_own
def slopes_one(W, X, y):
    error = 1 / (1 + np.exp(-np.einsum("nd,kd->nk", X, W)))
    error -= y
    error /= X.shape[0]
    return np.einsum("nk,nd->kd", error, X)
