# %% [markdown]
# Other right ways to do exercise 5.6 (no more by hand); each gets full marks.

# %% turned_logits
def loss_on_tape(z, y):
    against = z * (1 - 2 * y)
    return engine.logsumexp(against @ np.array([[1.0, 0.0]]), 1).mean()


def two_layers_on_tape(W1, W2, X, y):
    hidden = sigmoid_on_tape(engine.matmul(X, W1.T))
    return loss_on_tape(engine.matmul(hidden, W2.T), y)


# %% a_lambda_and_the_hidden_layer_by_tanh
def loss_on_tape(z, y):
    import sys

    print(z.shape, file=sys.stderr)
    rows = engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1)
    return rows.mean() - (z * y).mean()


two_layers_on_tape = lambda W1, W2, X, y: loss_on_tape(  # noqa: E731
    ((engine.tanh((X @ W1.T) / 2) + 1) / 2) @ W2.T, y
)


# %% the_larger_one_taken_out
def loss_on_tape(z, y):
    top = np.maximum(z.value, 0)
    return (top + engine.log(engine.exp(-top) + engine.exp(z - top)) - y * z).mean()


# %% as_two_classes
def loss_on_tape(z, y):
    logits = z @ np.array([[0.0, 1.0]])
    one_hot = np.hstack([1 - y, y])
    return engine.logsumexp(logits, axis=1).mean() - (logits * one_hot).sum() / len(y)
