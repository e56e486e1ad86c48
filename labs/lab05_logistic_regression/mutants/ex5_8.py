# %% [markdown]
# Wrong ways to do exercise 5.8 (train); each loses marks, for the reason named.

# %% uphill diagnosis="ascent"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value + lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% never_moves diagnosis="no_update"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% no_penalty diagnosis="weight_decay"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                pass
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% whole_lambda diagnosis="weight_decay"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% biases_held_back diagnosis="decayed_bias"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if True:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% objective_without_penalty diagnosis="missing_term"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        misfit = objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(misfit.value))
    return objectives


# %% objective_after_the_step diagnosis="late_evaluation"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(loss_on_tape(net(X), y).value))
    return objectives


# %% returns_the_last_only diagnosis="wrong_type"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives[-1]


# %% one_step_too_few diagnosis="no_update"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps - 1):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% a_straight_line diagnosis="not_good_enough"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 1], "steps": 400, "lr": 1.0, "decay": 1e-3}


# %% timid_steps diagnosis="not_good_enough"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 8, 8, 1], "steps": 400, "lr": 0.001, "decay": 1e-3}


# %% strangled_by_decay diagnosis="not_good_enough"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 8, 8, 1], "steps": 400, "lr": 1.0, "decay": 1.0}


# %% far_too_long_steps diagnosis="learning_rate"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 8, 8, 1], "steps": 400, "lr": 1000.0, "decay": 1e-3}


# %% too_many_steps diagnosis="too_dear"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 8, 8, 1], "steps": 4000, "lr": 1.0, "decay": 1e-3}


# %% too_wide diagnosis="too_dear"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 40, 40, 1], "steps": 400, "lr": 1.0, "decay": 1e-3}


# %% two_outputs diagnosis="shape"
def settings():
    """What you train with: dims (2 first, 1 last), steps, lr and decay."""
    return {"dims": [2, 8, 8, 2], "steps": 400, "lr": 1.0, "decay": 1e-3}


# %% gradient_of_the_first_step diagnosis="stale"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objective = loss_on_tape(net(X), y)
    for p in net.parameters():
        if len(p.shape) == 2:
            objective = objective + decay / 2 * (p * p).sum()
    engine.backward(objective)
    slopes = [p.grad.copy() for p in net.parameters()]
    for _ in range(steps):
        for p, slope in zip(net.parameters(), slopes):
            p.value = p.value - lr * slope
    return [float(objective.value)] * steps


# %% one_step_too_many diagnosis="steps"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps + 1):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives[:steps]


# %% large_weights_are_rewarded diagnosis="weight_decay"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective - decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(float(objective.value))
    return objectives


# %% tires_after_ten_steps diagnosis="wrong_value"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for k in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad * (k < 10)
        objectives.append(float(objective.value))
    return objectives


# %% objectives_are_tensors diagnosis="raised"
def train(net, X, y, steps, lr, decay):
    """The objectives of gradient descent on the mean loss + decay / 2 * (sum of squared weights)."""
    objectives = []
    for _ in range(steps):
        objective = loss_on_tape(net(X), y)
        for p in net.parameters():
            if len(p.shape) == 2:
                objective = objective + decay / 2 * (p * p).sum()
        engine.backward(objective)
        for p in net.parameters():
            p.value = p.value - lr * p.grad
        objectives.append(objective)
    return objectives
