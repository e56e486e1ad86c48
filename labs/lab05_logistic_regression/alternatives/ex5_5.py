# %% [markdown]
# Other right ways to do exercise 5.5 (the gradients of two layers); each gets full marks.

# %% as_on_the_slide
def slopes_two(W1, W2, X, y):
    nu = sigmoid(X @ W1.T)
    mu = sigmoid(nu @ W2.T)
    gW1 = X.T @ (((mu - y) @ W2) * nu * (1 - nu))
    gW2 = nu.T @ (mu - y)
    return gW1.T / len(y), gW2.T / len(y)


# %% by_einsum_and_a_list
def slopes_two(W1, W2, X, y):
    import sys

    a = np.einsum("nd,hd->nh", X, W1)
    nu = sigmoid(a)
    bar = (sigmoid(np.einsum("nh,oh->no", nu, W2)) - y) / y.shape[0]
    slope = sigmoid(a) * sigmoid(-a)
    print(slope.shape, file=sys.stderr)
    return [np.einsum("no,oh,nh,nd->hd", bar, W2, slope, X), np.einsum("no,nh->oh", bar, nu)]


# %% example_by_example
def slopes_two(W1, W2, X, y):
    g1, g2 = np.zeros(W1.shape), np.zeros(W2.shape)
    for x, label in zip(X, y):
        nu = sigmoid(W1 @ x)
        bar = sigmoid(W2 @ nu) - label
        g2 += np.outer(bar, nu)
        g1 += np.outer(W2.T @ bar * nu * (1 - nu), x)
    return g1 / len(X), g2 / len(X)


# %% number_by_number
def slopes_two(W1, W2, X, y):
    def squash(t):
        return 1 / (1 + math.exp(-t))

    N, D, H = len(X), X.shape[1], len(W1)
    by_first, by_second = np.zeros((H, D)), np.zeros((1, H))
    for n in range(N):
        nu = [squash(sum(W1[h, d] * X[n, d] for d in range(D))) for h in range(H)]
        error = (squash(sum(W2[0, h] * nu[h] for h in range(H))) - y[n, 0]) / N
        for h in range(H):
            by_second[0, h] += error * nu[h]
            for d in range(D):
                by_first[h, d] += error * W2[0, h] * nu[h] * (1 - nu[h]) * X[n, d]
    return by_first, by_second


# %% the_last_layer_by_the_exercise_before
def slopes_two(W1, W2, X, y):
    a = X @ W1.T
    nu = sigmoid(a)
    error = (sigmoid(np.dot(nu, W2.T)) - y) / y.size
    return (error * W2 * (1 - np.tanh(a / 2) ** 2) / 4).T @ X, slopes_one(W2, nu, y)
