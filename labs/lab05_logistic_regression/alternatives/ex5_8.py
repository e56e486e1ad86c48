# %% [markdown]
# Other right ways to do exercise 5.8 (train); each gets full marks.

# %% one_wide_layer
def train(net, X, y, steps, lr, decay):
    import sys

    history, held = [], net.parameters()
    weights = [p for p in held if p.value.ndim > 1]
    for k in range(steps):
        penalty = sum((w**2).sum() for w in weights)
        total = loss_on_tape(net(X), y) + penalty * (decay / 2)
        engine.backward(total)
        history.append(total.value.item())
        moves = [lr * p.grad for p in held]
        for p, move in zip(held, moves):
            p.value = p.value - move
    print(steps, file=sys.stderr)
    return history


def settings():
    return dict(dims=(2, 16, 1), steps=400, lr=2.0, decay=0.0005)


# %% decay_by_hand
def train(net, X, y, steps, lr, decay):
    history = []
    while len(history) < steps:
        loss = loss_on_tape(net(X), y)
        engine.backward(loss)
        size = 0.0
        for p in net.parameters():
            pull = decay if len(p.shape) > 1 else 0.0
            size += pull * float(np.sum(p.value**2))
            p.value = p.value - lr * (p.grad + pull * p.value)
        history.append(float(loss.value) + size / 2)
    return history


def settings():
    return {"dims": [2, 6, 6, 1], "steps": 400, "lr": 1.5, "decay": 0}


# %% an_array_of_objectives_and_numpy_s_numbers
def objective_of(net, X, y, decay):
    weights = [p for p in net.parameters() if p.value.ndim == 2]
    return loss_on_tape(net.forward(X), y) + sum((w * w).sum() for w in weights) * (decay / 2)


def train(net, X, y, steps, lr, decay):
    history = np.zeros(steps)
    for k in range(steps):
        objective = objective_of(net, X, y, decay)
        engine.backward(objective)
        history[k] = objective.value
        for p in net.parameters():
            p.value = p.value - lr * p.grad
    return history


def settings():
    lr, decay = np.logspace(0, -3, 2)
    return {"dims": np.array([2, 8, 8, 1]), "steps": np.int64(400), "lr": lr, "decay": decay}


# %% recursively
def train(net, X, y, steps, lr, decay):
    if steps == 0:
        return []
    objective = loss_on_tape(net(X), y)
    for p in net.parameters():
        if len(p.shape) > 1:
            objective += 0.5 * decay * (p**2).sum()
    engine.backward(objective)
    for p in net.parameters():
        p.value -= lr * p.grad
    return [objective.value, *train(net, X, y, steps - 1, lr, decay)]
