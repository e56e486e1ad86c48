# %% [markdown]
# Wrong ways to do exercise 0.3 (shapes that fit); each loses marks, for the reason named.

# %% no_transpose diagnosis="shape"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    return X @ W + b


# %% guesses_when_it_must_turn diagnosis="transposed"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    if X.shape[1] == W.shape[0]:
        return X @ W + b
    return X @ W.T + b


# %% questions_as_rows diagnosis="transposed"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    return W @ X.T + b[:, None]


# %% forgets_b diagnosis="missing_term"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    return X @ W.T


# %% b_for_points_when_it_fits diagnosis="transposed"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    product = X @ W.T
    if len(b) == len(X):
        return product + b[:, None]
    return product + b


# %% elementwise diagnosis="shape"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    return X * W + b


# %% one_number_for_each_point diagnosis="shape"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    return (X @ W.T + b).sum(axis=1)


# %% b_twice diagnosis="double_counted"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    result = X @ W.T + b
    result += b
    return result


# %% no_return diagnosis="missing"
def answers(X, W, b):
    """Every point's answer to every question: X (n, k), W (m, k), b (m,) give (n, m)."""
    result = X @ W.T + b
