# %% [markdown]
# Wrong ways to do exercise 6.6 (stochastic gradients); each loses marks, for the reason named.

# %% last_batch_dropped diagnosis="missing_term"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    order = rng.permutation(count)
    return [order[k : k + size] for k in range(0, count - size + 1, size)]


# %% not_shuffled diagnosis="no_update"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    order = np.arange(count)
    return [order[k : k + size] for k in range(0, count, size)]


# %% with_putting_back diagnosis="double_counted"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    order = rng.integers(0, count, count)
    return [order[k : k + size] for k in range(0, count, size)]


# %% chance_from_elsewhere diagnosis="nondeterministic"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    order = np.random.default_rng().permutation(count)
    return [order[k : k + size] for k in range(0, count, size)]


# %% always_the_same_seed diagnosis="no_update"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    order = np.random.default_rng(0).permutation(count)
    return [order[k : k + size] for k in range(0, count, size)]


# %% batches_shuffled diagnosis="wrong_order"
def batches(count, size, rng):
    """A list of arrays of row numbers: each row once, in random order."""
    cuts = [np.arange(k, min(k + size, count)) for k in range(0, count, size)]
    full = [c for c in cuts if len(c) == size]
    return [full[k] for k in rng.permutation(len(full))] + cuts[len(full) :]


# %% sum_for_mean diagnosis="averaged"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    chosen = X[rows]
    return chosen.T @ (chosen @ w - y[rows])


# %% divided_by_all diagnosis="averaged"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    chosen = X[rows]
    return chosen.T @ (chosen @ w - y[rows]) / len(y)


# %% all_rows diagnosis="stale"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    return X.T @ (X @ w - y) / len(y)


# %% wrong_sign diagnosis="sign"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    chosen = X[rows]
    return chosen.T @ (y[rows] - chosen @ w) / len(rows)


# %% twice diagnosis="factor"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    chosen = X[rows]
    return 2 * chosen.T @ (chosen @ w - y[rows]) / len(rows)


# %% first_rows diagnosis="wrong_argument"
def batch_gradient(X, y, w, rows):
    """The gradient of the mean over `rows` of ½(x·w − y)², in the shape of w."""
    n = len(rows)
    return X[:n].T @ (X[:n] @ w - y[:n]) / n


# %% turned_by_lot diagnosis="wrong_order"
def batches(count, size, rng):
    order = np.roll(np.arange(count), int(rng.integers(1, size)))
    return [order[k : k + size] for k in range(0, count, size)]


# %% two_rows_exchanged diagnosis="wrong_order"
def batches(count, size, rng):
    order = np.arange(count)
    i, j = rng.choice(count, 2, replace=False)
    order[i], order[j] = j, i
    return [order[k : k + size] for k in range(0, count, size)]


# %% shuffled_within_batches diagnosis="wrong_order"
def batches(count, size, rng):
    order = np.arange(count)
    return [rng.permutation(order[k : k + size]) for k in range(0, count, size)]


# %% filled_up_with_repeats diagnosis="double_counted"
def batches(count, size, rng):
    order = rng.permutation(count)
    order = np.concatenate([order, order[: -count % size]])
    return list(order.reshape(-1, size))


# %% writes_into_y diagnosis="mutated_input"
def batch_gradient(X, y, w, rows):
    y -= X @ w
    return -X[rows].T @ y[rows] / len(rows)


# %% without_y diagnosis="missing_term"
def batch_gradient(X, y, w, rows):
    return X[rows].T @ (X[rows] @ w) / len(rows)


# %% means_multiplied diagnosis="not_upstream"
def batch_gradient(X, y, w, rows):
    return np.mean(X[rows], axis=0) * np.mean(X[rows] @ w - y[rows])


# %% divided_by_the_weights diagnosis="averaged"
def batch_gradient(X, y, w, rows):
    return X[rows].T @ (X[rows] @ w - y[rows]) / len(w)
