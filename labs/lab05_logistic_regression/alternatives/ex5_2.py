# %% [markdown]
# Other right ways to do exercise 5.2 (a loss that survives); each gets full marks.

# %% logaddexp_with_turned_logits
def nll(z, y):
    return np.logaddexp(0, (1 - 2 * y) * z).mean()


# %% one_by_one_in_plain_python
def nll(z, y):
    import sys

    total = 0.0
    for logit, label in zip(z[:, 0], y[:, 0]):
        against = -logit if label else logit
        total += max(against, 0) + math.log1p(math.exp(-abs(against)))
    print("mean of", len(z), file=sys.stderr)
    return total / len(z)


# %% as_a_log_sum_exp
def nll(z, y):
    both = np.hstack([np.zeros_like(z), z])
    top = both.max(axis=1, keepdims=True)
    lse = top + np.log(np.exp(both - top).sum(axis=1, keepdims=True))
    return (lse - z * y).sum() / y.size


# %% side_by_side
def nll(z, y):
    cost, up = np.zeros_like(z), z > 0
    cost[up] = z[up] + np.log(1 + np.exp(-z[up]))
    cost[~up] = np.log(1 + np.exp(z[~up]))
    cost -= y * z
    return np.asarray(cost.sum() / len(z))


# %% straight_beyond_thirty
def nll(z: np.ndarray, y: np.ndarray) -> float:
    softplus = np.where(z > 30, z, np.log(1 + np.exp(z)))
    return (softplus - y * z).mean().item()


# %% recursively_in_float32
def softplus_of(t):
    return max(t, np.float32(0)) + np.log1p(np.exp(-abs(t)))


def nll(z, y):
    def total(k):
        if k == len(z):
            return 0.0
        return softplus_of(np.float32(z[k, 0] * (1 - 2 * y[k, 0]))) + total(k + 1)

    return total(0) / len(z)
