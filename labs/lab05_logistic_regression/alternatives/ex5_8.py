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
