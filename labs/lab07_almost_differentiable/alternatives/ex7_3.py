# %% [markdown]
# Other right ways to do exercise 7.3 (softmax with a temperature); each gets full marks.

# %% by_logsumexp
def softmax(x, temperature):
    z = x / temperature
    return dp.exp(z - dp.logsumexp(z))


def soft_argmax(x, temperature):
    return dp.dot(np.arange(len(x)), softmax(x, temperature))


def soft_max(x, temperature):
    return dp.dot(softmax(x, temperature), x)


# %% by_differences_of_all_pairs
def softmax(x, temperature):
    gaps = (dp.expand_dims(x, 0) - dp.expand_dims(x, 1)) / temperature
    return 1 / dp.sum(dp.exp(dp.minimum(gaps, 700.0)), axis=1)


def soft_argmax(x, temperature):
    import sys

    print(len(x), "places", file=sys.stderr)
    shares, total = softmax(x, temperature), 0.0
    for k in range(len(x)):
        total = total + k * shares[k]
    return total


def soft_max(x, temperature):
    return (softmax(x, temperature) * x).sum()
