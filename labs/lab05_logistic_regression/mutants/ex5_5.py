# %% [markdown]
# Wrong ways to do exercise 5.5 (the gradients of two layers); each loses marks, for the reason named.

# %% no_sigmoid_slope diagnosis="missing_factor"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar
    return z1_bar.T @ X, z2_bar.T @ nu


# %% half_a_sigmoid_slope diagnosis="missing_factor"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu
    return z1_bar.T @ X, z2_bar.T @ nu


# %% slope_of_tanh diagnosis="wrong_rule"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * (1 - nu**2)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% slope_of_the_output diagnosis="wrong_point"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * mu * (1 - mu)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% sigmoid_of_the_sigmoid diagnosis="wrong_point"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * sigmoid(nu) * (1 - sigmoid(nu))
    return z1_bar.T @ X, z2_bar.T @ nu


# %% sum_for_mean diagnosis="averaged"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = mu - y
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% truth_minus_belief diagnosis="sign"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (y - mu) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% mean_in_the_second_layer_only diagnosis="averaged"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = (mu - y) @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% changed_places diagnosis="swapped"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z2_bar.T @ nu, z1_bar.T @ X


# %% as_on_the_slide_turned_over diagnosis="transposed"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return X.T @ z1_bar, nu.T @ z2_bar


# %% no_weights_on_the_way_back diagnosis="missing_factor"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ np.ones_like(W2)
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X, z2_bar.T @ nu


# %% one_gradient diagnosis="wrong_type"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) / len(X)
    nu_bar = z2_bar @ W2
    z1_bar = nu_bar * nu * (1 - nu)
    return z1_bar.T @ X


# %% ready_made diagnosis="borrowed"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""

    def loss(W1, W2):
        return nn.binary_cross_entropy_with_logits(dp.sigmoid(X @ W1.T) @ W2.T, y)

    return dp.grad(loss, (0, 1))(W1, W2)


# %% by_nudges diagnosis="finite_difference"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    weights, slopes = (W1.copy(), W2.copy()), (np.zeros_like(W1), np.zeros_like(W2))
    for array, slope in zip(weights, slopes):
        for at in np.ndindex(array.shape):
            middle, ends = array[at], []
            for h in (1e-5, -1e-5):
                array[at] = middle + h
                ends.append(nll(sigmoid(X @ weights[0].T) @ weights[1].T, y))
            array[at] = middle
            slope[at] = (ends[0] - ends[1]) / 2e-5
    return slopes


# %% slope_of_the_last_sigmoid_too diagnosis="repeated_factor"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = (mu - y) * mu * (1 - mu) / len(X)
    return ((z2_bar @ W2) * nu * (1 - nu)).T @ X, z2_bar.T @ nu


# %% squared_error diagnosis="other_function"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    z2_bar = 2 * (mu - y) * mu * (1 - mu) / len(X)
    return ((z2_bar @ W2) * nu * (1 - nu)).T @ X, z2_bar.T @ nu


# %% hidden_logits_for_their_sigmoids diagnosis="wrong_point"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    a = X @ W1.T
    nu = sigmoid(a)
    z2_bar = (sigmoid(nu @ W2.T) - y) / len(X)
    return ((z2_bar @ W2) * nu * (1 - nu)).T @ X, z2_bar.T @ a


# %% changes_the_labels diagnosis="mutated_input"
def slopes_two(W1, W2, X, y):
    """(gradient by W1 (H, D), gradient by W2 (1, H)) of the mean loss; X: (N, D), y: (N, 1)."""
    nu = sigmoid(X @ W1.T)
    y -= sigmoid(nu @ W2.T)
    y /= -len(X)
    return ((y @ W2) * nu * (1 - nu)).T @ X, y.T @ nu
