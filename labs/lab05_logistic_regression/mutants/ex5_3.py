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
