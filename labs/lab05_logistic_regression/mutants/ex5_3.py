# %% [markdown]
# Wrong ways to do exercise 5.3 (the gradient of one layer); each loses marks, for the reason named.

# %% sum_for_mean diagnosis="averaged"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = sigmoid(z) - y
    return z_bar.T @ X


# %% divides_by_features diagnosis="factor"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / X.shape[1]
    return z_bar.T @ X


# %% truth_minus_belief diagnosis="sign"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (y - sigmoid(z)) / len(X)
    return z_bar.T @ X


# %% turned_over diagnosis="transposed"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / len(X)
    return X.T @ z_bar


# %% slope_of_the_sigmoid_too diagnosis="repeated_factor"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)) / len(X)
    return z_bar.T @ X


# %% logit_for_probability diagnosis="other_function"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (z - y) / len(X)
    return z_bar.T @ X


# %% ignores_y diagnosis="missing_term"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = sigmoid(z) / len(X)
    return z_bar.T @ X


# %% one_number_for_all diagnosis="wrong_type"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / len(X)
    return np.sum(z_bar.T @ X)


# %% flat_labels diagnosis="shape"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y[:, 0]) / len(X)
    return z_bar.T @ X


# %% a_vector diagnosis="shape"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / len(X)
    return (z_bar.T @ X)[0]


# %% forgets_the_return diagnosis="missing"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    z_bar = (sigmoid(z) - y) / len(X)
    slopes = z_bar.T @ X


# %% ready_made diagnosis="borrowed"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    return dp.grad(lambda W: nn.binary_cross_entropy_with_logits(X @ W.T, y))(W)


# %% ready_made_and_fetched diagnosis="borrowed"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    import dpkit

    return dpkit.grad(lambda W: dpkit.mean(dpkit.softplus(X @ W.T) - y * (X @ W.T)))(W)


# %% by_nudges diagnosis="finite_difference"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    slopes = np.zeros_like(W)
    for k in range(W.shape[1]):
        step = np.zeros_like(W)
        step[0, k] = 1e-5
        up, down = (nll(X @ (W + s).T, y) for s in (step, -step))
        slopes[0, k] = (up - down) / 2e-5
    return slopes


# %% overflows diagnosis="not_finite"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    z = X @ W.T
    belief = np.exp(z) / (1 + np.exp(z))
    return (belief - y).T @ X / len(X)


# %% changes_the_labels diagnosis="mutated_input"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    y -= sigmoid(X @ W.T)
    return -y.T @ X / len(X)


# %% squared_error diagnosis="other_function"
def slopes_one(W, X, y):
    """The gradient by W (1, D) of the mean loss; X: (N, D), y: (N, 1)."""
    p = sigmoid(X @ W.T)
    return (2 * (p - y) * p * (1 - p)).T @ X / len(X)
