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
