# %% [markdown]
# Wrong ways to do exercise 5.6 (no more by hand); each loses marks, for the reason named.

# %% numpy_in_the_loss diagnosis="raised"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = np.log(1 + np.exp(z))
    return (softplus - y * z).mean()


# %% leaves_the_tape diagnosis="wrong_adjoint"
def two_layers_on_tape(W1, W2, X, y):
    """The mean loss of the two-layer model, as a Tensor."""
    nu = sigmoid_on_tape(X @ W1.T).value
    return loss_on_tape(nu @ W2.T, y)


# %% values_only diagnosis="raised"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    return (softplus.value - y * z.value).mean()


# %% overflows diagnosis="not_finite"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    softplus = engine.log(1 + engine.exp(z))
    return (softplus - y * z).mean()


# %% kink_at_zero diagnosis="wrong_adjoint"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    size = engine.relu(z) + engine.relu(-z)
    softplus = engine.relu(z) + engine.log(1 + engine.exp(-size))
    return (softplus - y * z).mean()


# %% sum_for_mean diagnosis="factor"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    return (softplus - y * z).sum()


# %% table_of_n_by_n diagnosis="factor"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    softplus = engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1)
    return (softplus - y * z).sum() / len(y)


# %% ignores_y diagnosis="wrong_value"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    return (softplus - z).mean()


# %% two_logits diagnosis="wrong_value"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[1.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    return (softplus - y * z).mean()


# %% no_sigmoid_between diagnosis="missing_factor"
def two_layers_on_tape(W1, W2, X, y):
    """The mean loss of the two-layer model, as a Tensor."""
    nu = X @ W1.T
    return loss_on_tape(nu @ W2.T, y)


# %% squashed_twice diagnosis="repeated_factor"
def two_layers_on_tape(W1, W2, X, y):
    """The mean loss of the two-layer model, as a Tensor."""
    nu = sigmoid_on_tape(X @ W1.T)
    return loss_on_tape(sigmoid_on_tape(nu @ W2.T), y)


# %% forgets_the_return diagnosis="raised"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    zero_and_z = z @ np.array([[0.0, 1.0]])
    softplus = engine.logsumexp(zero_and_z, 1).reshape(len(y), 1)
    mean = (softplus - y * z).mean()


# %% opposite_labels diagnosis="swapped"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    softplus = engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1)
    return softplus.mean() - ((1 - y) * z).mean()


# %% log_likelihood diagnosis="sign"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    softplus = engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1)
    return (y * z).mean() - softplus.mean()


# %% a_fresh_tensor_of_the_value diagnosis="wrong_adjoint"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    return engine.Tensor(nll(z.value, y))


# %% one_number_an_example diagnosis="shape"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    return engine.logsumexp(z @ np.array([[0.0, 1.0]]), 1).reshape(len(y), 1) - y * z


# %% ready_made diagnosis="borrowed"
def loss_on_tape(z, y):
    """The mean negative log-likelihood, as a Tensor; z: a Tensor (N, 1), y: an array (N, 1)."""
    return engine.Tensor(nn.binary_cross_entropy_with_logits(z.tensor, y))
