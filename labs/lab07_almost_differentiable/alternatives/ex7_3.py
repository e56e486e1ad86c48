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


# %% number_by_number
def softmax(x, temperature):
    raised = [dp.exp((each - max(x)) / temperature) for each in x]
    total = sum(raised)
    return dp.stack([each / total for each in raised])


def soft_argmax(x, temperature):
    def rest(k):
        return k * softmax(x, temperature)[k] + rest(k + 1) if k < len(x) else 0.0

    return rest(1)


def soft_max(x, temperature):
    top = dp.max(x)
    return top + sum(s * (each - top) for s, each in zip(softmax(x, temperature), x, strict=True))


# %% numpy_names
def softmax(x: np.ndarray, temperature: float) -> np.ndarray:
    z = x / temperature
    z = z - dp.stop_gradient(z.max())
    return np.exp(z) / np.exp(z).sum()


def soft_argmax(x, temperature):
    return softmax(x, temperature) @ np.arange(len(x))
