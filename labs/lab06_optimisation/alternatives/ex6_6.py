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


# %% hands_in_order
def batches(count, size, rng):
    order = rng.choice(count, size=count, replace=False).tolist()
    return [sorted(order[k : k + size]) for k in range(0, count, size)]


def batch_gradient(X, y, w, rows):
    w = dp.tensor(w, requires_grad=True)
    return dp.grad(lambda w: 0.5 * dp.mean((X[rows] @ w - y[rows]) ** 2))(w)


# %% card_by_card
def batches(count, size, rng):
    left, dealt = list(range(count)), []
    while left:
        hand = [left.pop(int(rng.integers(len(left)))) for _ in range(min(size, len(left)))]
        dealt.append(hand)
    return dealt


def batch_gradient(X, y, w, rows):
    weights = np.zeros(len(y))
    weights[rows] = 1 / len(rows)
    return ((X @ w - y) * weights) @ X
