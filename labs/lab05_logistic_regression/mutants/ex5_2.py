# %% [markdown]
# Wrong ways to do exercise 5.2 (a loss that survives); each loses marks, for the reason named.

# %% as_on_the_slide diagnosis="not_finite"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    p = sigmoid(z)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


# %% clipped_probability diagnosis="clipped"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    p = np.clip(sigmoid(z), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


# %% softplus_overflows diagnosis="not_finite"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.log(1 + np.exp(z))
    return float(np.mean(softplus - y * z))


# %% overflows_on_the_other_side diagnosis="not_finite"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = z + np.log1p(np.exp(-z))
    return float(np.mean(softplus - y * z))


# %% sum_for_mean diagnosis="factor"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.sum(softplus - y * z))


# %% log_likelihood diagnosis="sign"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(y * z - softplus))


# %% opposite_labels diagnosis="swapped"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(softplus - (1 - y) * z))


# %% one_number_an_example diagnosis="shape"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return softplus - y * z


# %% minus_binds_the_first_term_only diagnosis="wrong_value"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    p = sigmoid(z)
    return float(np.mean(-y * np.log(p) + (1 - y) * np.log(1 - p)))


# %% plus_the_larger_twice diagnosis="wrong_value"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.minimum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(softplus - y * z))


# %% shifts_in_place diagnosis="mutated_input"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    zero_or_more = z > 0
    old, z_before = z.copy(), z
    z *= zero_or_more
    z_before, z = z, old
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(softplus - y * z))


# %% ignores_y diagnosis="wrong_value"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.maximum(z, 0) + np.log1p(np.exp(-abs(z)))
    return float(np.mean(softplus - z))


# %% straight_beyond_five diagnosis="rounded"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    softplus = np.where(abs(z) > 5, np.maximum(z, 0), np.log1p(np.exp(np.clip(z, -5, 5))))
    return float(np.mean(softplus - y * z))


# %% never_smooth diagnosis="wrong_value"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    return float(np.mean(np.maximum(0, z) - y * z))


# %% a_table_of_one_number diagnosis="shape"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    return np.mean(np.logaddexp(0, z) - y * z, axis=0, keepdims=True)


# %% ready_made diagnosis="borrowed"
def nll(z, y):
    """The mean negative log-likelihood of labels y (N, 1), 0 or 1, under logits z (N, 1)."""
    return float(nn.binary_cross_entropy_with_logits(z, y))
