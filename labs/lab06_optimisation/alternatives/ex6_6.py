# %% [markdown]
# Other right ways to do exercise 6.6 (stochastic gradients); each gets full marks.

# %% array_split_and_the_engine
def batches(count, size, rng):
    order = np.arange(count)
    rng.shuffle(order)
    return np.split(order, range(size, count, size))


def batch_gradient(X, y, w, rows):
    return dp.grad(lambda w: dp.mean((X[rows] @ w - y[rows]) ** 2) / 2)(w)


# %% sorted_by_lot_row_by_row
def batches(count, size, rng):
    rest, dealt = np.argsort(rng.random(count)), []
    while len(rest):
        dealt.append(rest[:size])
        rest = rest[size:]
    return tuple(dealt)


def batch_gradient(X, y, w, rows):
    total = 0.0
    for i in rows:
        total = total + (np.dot(X[i], w) - y[i]) * X[i]
    return total / len(rows)
