"""Training loops with mistakes, as students write them: each must be named, or be called unknown."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.training import diagnose_training
from dpkit.diagnose.training.loop import Run, Slopes
from dpkit.diagnose.training.mistaken import loops

# Losses, each with its gradient by hand -----------------------------------------------------------

rng = np.random.default_rng(20)
X, Y = rng.normal(size=(8, 3)), rng.normal(size=8)
BATCHES = [(X[i : i + 2], Y[i : i + 2]) for i in range(0, 8, 2)]


def hill(x):
    return (x - 3.0) ** 2 + dp.sin(x)


def hill_slope(x):
    return 2 * (x - 3.0) + math.cos(x)


def bowl(w):
    return (w[0] - 1.0) ** 2 + 2.0 * (w[1] + w[0] * w[2]) ** 2 + dp.exp(w[2])


def bowl_slopes(w):
    u = w[1] + w[0] * w[2]
    return [2 * (w[0] - 1.0) + 4.0 * u * w[2], 4.0 * u, 4.0 * u * w[0] + math.exp(w[2])]


def line(parameters):
    w, b = parameters
    return dp.mean((X @ w + b - Y) ** 2)


def line_slopes(w, b, x=X, y=Y):
    r = 2 * (x @ w + b - y) / len(y)
    return x.T @ r, r.sum()


def line_of_batch(parameters, batch):
    w, b = parameters
    x, y = batch
    return dp.mean((x @ w + b - y) ** 2)


def network(p):
    h = dp.tanh(X @ p["W1"] + p["b1"])
    return dp.mean((h @ p["W2"] + p["b2"] - Y) ** 2)


def network_slopes(p):
    h = np.tanh(X @ p["W1"] + p["b1"])
    out = 2 * (h @ p["W2"] + p["b2"] - Y) / len(Y)
    hidden = np.outer(out, p["W2"]) * (1 - h**2)
    return {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": h.T @ out, "b2": out.sum()}


def line_start():
    return np.array([0.4, -1.2, 0.7]), 0.3


def network_start():
    some = np.random.default_rng(3)
    return {
        "W1": some.normal(size=(3, 4)), "b1": some.normal(size=4),
        "W2": some.normal(size=4), "b2": 0.2,
    }  # fmt: skip


TASKS = {
    "hill": (hill, lambda: 0.7, 0.06),
    "bowl": (bowl, lambda: [0.3, 0.8, -0.5], 0.05),
    "line": (line, line_start, 0.1),
    "network": (network, network_start, 0.1),
    "batches": (line_of_batch, line_start, 0.1),
}


def asked(task, train, **more):
    loss, start, lr = TASKS[task]
    if task == "batches":
        more["batches"] = BATCHES
    return diagnose_training(loss, train, start(), **{"lr": lr, **more})


# Right loops, some of them unusual ----------------------------------------------------------------


def descend(x, lr, steps):
    for _ in range(steps):
        x = x - lr * hill_slope(x)
    return x


def descend_by_recursion(x, lr, steps):
    return x if steps == 0 else descend_by_recursion(x - lr * hill_slope(x), lr, steps - 1)


def descend_with_all_states(x, lr, steps):
    path = [x]
    while len(path) <= steps:
        path.append(path[-1] - lr * hill_slope(path[-1]))
    return path


def descend_recording_afterwards(x, lr, steps):
    path, losses = [], []
    for _ in range(steps):
        x -= lr * hill_slope(x)
        path.append(x)
        losses.append((x - 3.0) ** 2 + math.sin(x))
    return path, losses


def descend_with_one_more_loss(x, lr, steps):
    losses = [float(hill(x))]
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        losses.append(float(hill(x)))
    return x, np.array(losses)


def lists(w, lr, steps):
    for _ in range(steps):
        slopes = bowl_slopes(w)
        w = [x - lr * s for x, s in zip(w, slopes, strict=True)]
    return w


def lists_as_array(w, lr, steps):
    path = np.empty((steps + 1, 3))
    path[0] = w
    for k in range(steps):
        path[k + 1] = path[k] - lr * np.array(bowl_slopes(path[k]))
    return path


def line_in_place_on_copies(parameters, lr, steps):
    w, b = parameters[0].copy(), parameters[1]
    path, losses = [(w.copy(), b)], []
    for _ in range(steps):
        losses.append(np.mean((X @ w + b - Y) ** 2))
        dw, db = line_slopes(w, b)
        w -= lr * dw
        b -= lr * db
        path.append((w.copy(), b))
    return path, losses


def line_with_tensors(parameters, lr, steps):
    w, b = (dp.tensor(np.array(each), requires_grad=True) for each in parameters)
    losses = []
    for _ in range(steps):
        loss = line((w, b))
        losses.append(loss.item())
        loss.backward()
        with dp.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.zero_grad()
        b.zero_grad()
    return (w.detach().numpy(), b.item()), losses


def network_in_another_order(p, lr, steps):
    slopes = None
    for _ in range(steps):
        slopes = network_slopes(p)
        p = {key: p[key] - lr * slopes[key] for key in ("b2", "W2", "b1", "W1")}
    return p


def network_with_torch(p, lr, steps):
    torch = pytest.importorskip("torch")
    p = {
        key: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for key, value in p.items()
    }
    optimiser = torch.optim.SGD(p.values(), lr=lr)
    x, y = torch.tensor(X), torch.tensor(Y)
    path = [{key: value.detach().clone() for key, value in p.items()}]
    for _ in range(steps):
        optimiser.zero_grad()
        h = torch.tanh(x @ p["W1"] + p["b1"])
        ((h @ p["W2"] + p["b2"] - y) ** 2).mean().backward()
        optimiser.step()
        path.append({key: value.detach().clone() for key, value in p.items()})
    return path


def by_batches(parameters, lr, batches):
    w, b = parameters
    losses = []
    for x, y in batches:
        losses.append(np.mean((x @ w + b - y) ** 2))
        dw, db = line_slopes(w, b, x, y)
        w, b = w - lr * dw, b - lr * db
    return (w, b), losses


def by_batches_with_loss_over_all(parameters, lr, batches):
    w, b = parameters
    losses = []
    for x, y in batches:
        dw, db = line_slopes(w, b, x, y)
        losses.append(np.mean([np.mean((x @ w + b - y) ** 2) for x, y in batches]))
        w, b = w - lr * dw, b - lr * db
    return [w, b], losses


RIGHT = [
    ("hill", descend), ("hill", descend_by_recursion), ("hill", descend_with_all_states),
    ("hill", descend_recording_afterwards), ("hill", descend_with_one_more_loss),
    ("bowl", lists), ("bowl", lists_as_array),
    ("line", line_in_place_on_copies), ("line", line_with_tensors),
    ("network", network_in_another_order), ("network", network_with_torch),
    ("batches", by_batches), ("batches", by_batches_with_loss_over_all),
]  # fmt: skip


@pytest.mark.parametrize(("task", "train"), RIGHT, ids=lambda x: getattr(x, "__name__", x))
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_right_loops_are_accepted(task, train, steps):
    answer = asked(task, train, steps=steps)
    assert answer.kind == "correct", str(answer)
    assert answer.ok and not answer.also and answer.confidence == 1.0


# Loops with one mistake ---------------------------------------------------------------------------


def uphill(x, lr, steps):
    for _ in range(steps):
        x = x + lr * hill_slope(x)
    return x


def without_learning_rate(x, lr, steps):
    for _ in range(steps):
        x = x - hill_slope(x)
    return x


def own_learning_rate(x, lr, steps):
    for _ in range(steps):
        x = x - 0.01 * hill_slope(x)
    return x


def learning_rate_twice(x, lr, steps):
    for _ in range(steps):
        step = lr * hill_slope(x)
        x = x - lr * step
    return x


def divided_by_learning_rate(x, lr, steps):
    for _ in range(steps):
        x = x - hill_slope(x) / lr
    return x


def half_steps(x, lr, steps):
    for _ in range(steps):
        x = x - lr * hill_slope(x) / 2
    return x


def never_zeroed(x, lr, steps):
    slope = 0.0
    for _ in range(steps):
        slope += hill_slope(x)
        x = x - lr * slope
    return x


def gradient_before_the_loop(x, lr, steps):
    slope = hill_slope(x)
    for _ in range(steps):
        x = x - lr * slope
    return x


def gradient_after_the_update(x, lr, steps):
    slope = hill_slope(x)
    for _ in range(steps):
        old, x = x, x - lr * slope
        slope = hill_slope(old)
    return x


def first_gradient_is_zero(x, lr, steps):
    slope = 0.0
    for _ in range(steps):
        old, x = x, x - lr * slope
        slope = hill_slope(old)
    return x


def two_steps_late(x, lr, steps):
    path = [x]
    for k in range(steps):
        path.append(path[-1] - lr * hill_slope(path[max(k - 2, 0)]))
    return path


def mean_of_gradients(x, lr, steps):
    slopes = []
    for _ in range(steps):
        slopes.append(hill_slope(x))
        x = x - lr * sum(slopes) / len(slopes)
    return x


def with_momentum(x, lr, steps, beta=0.85):
    v = 0.0
    for _ in range(steps):
        v = beta * v + hill_slope(x)
        x = x - lr * v
    return x


def with_running_mean(w, lr, steps, beta=0.7):
    w, m = np.array(w), np.zeros(3)
    for _ in range(steps):
        m = beta * m + (1 - beta) * np.array(bowl_slopes(w))
        w = w - lr * m
    return w


def with_nesterov(w, lr, steps, beta=0.6):
    w, v = np.array(w), np.zeros(3)
    for _ in range(steps):
        g = np.array(bowl_slopes(w))
        v = beta * v + g
        w = w - lr * (g + beta * v)
    return w


def with_adam(w, lr, steps):
    w, m, v = np.array(w), np.zeros(3), np.zeros(3)
    for t in range(1, steps + 1):
        g = np.array(bowl_slopes(w))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


def rate_decays_exponentially(x, lr, steps):
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        lr = 0.8 * lr
    return x


def rate_over_k(w, lr, steps):
    path = [w]
    for k in range(steps):
        w = [x - lr / (k + 1) * s for x, s in zip(w, bowl_slopes(w), strict=True)]
        path.append(w)
    return path


def rate_over_root_k(w, lr, steps):
    for k in range(steps):
        w = [x - lr / math.sqrt(k + 1) * s for x, s in zip(w, bowl_slopes(w), strict=True)]
    return w


def rate_falls_to_zero(x, lr, steps):
    for k in range(steps):
        x = x - lr * (1 - k / steps) * hill_slope(x)
    return x


def shrinking_weights(x, lr, steps):
    for _ in range(steps):
        x = x - lr * (hill_slope(x) + 0.2 * x)
    return x


def one_step_short(x, lr, steps):
    for _ in range(1, steps):
        x = x - lr * hill_slope(x)
    return x


def last_state_not_recorded(x, lr, steps):
    path = []
    for _ in range(steps):
        path.append(x)
        x = x - lr * hill_slope(x)
    return path


def one_step_more(x, lr, steps):
    for _ in range(steps + 1):
        x = x - lr * hill_slope(x)
    return x


def two_updates_each(x, lr, steps):
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        x = x - lr * hill_slope(x)
    return x


def return_in_the_loop(x, lr, steps):
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        return x


def ten_steps(x, lr, steps):
    for _ in range(10):
        x = x - lr * hill_slope(x)
    return x


def five_steps_listed(w, lr, steps):
    path = [w]
    for _ in range(5):
        path.append([x - lr * s for x, s in zip(path[-1], bowl_slopes(path[-1]), strict=True)])
    return path


def rebinds_a_copy(w, lr, steps):
    for _ in range(steps):
        for x, slope in zip(w, bowl_slopes(w), strict=True):
            x = x - lr * slope
    return w


def best_so_far(x, lr, steps):
    best = x
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        if float(hill(x)) < float(hill(best)):
            best = x
    return best


def mean_of_states(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * hill_slope(path[-1]))
    return sum(path) / len(path)


def own_start(w, lr, steps):
    return lists([0.0, 1.0, 0.5], lr, steps)


def own_start_listed(x, lr, steps):
    return descend_with_all_states(0.0, lr, steps)


def last_gradient_first(parameters, lr, steps):
    w, b = parameters
    for _ in range(steps):
        w = w - lr * line_slopes(w, b)[0]
        b = b - lr * line_slopes(w, b)[1]
    return w, b


def bias_first(parameters, lr, steps):
    w, b = parameters
    path = [(w, b)]
    for _ in range(steps):
        b = b - lr * line_slopes(w, b)[1]
        w = w - lr * line_slopes(w, b)[0]
        path.append((w, b))
    return path


def without_bias(parameters, lr, steps):
    w, b = parameters
    for _ in range(steps):
        w = w - lr * line_slopes(w, b)[0]
    return w, b


def bias_uphill(parameters, lr, steps):
    w, b = parameters
    for _ in range(steps):
        dw, db = line_slopes(w, b)
        w, b = w - lr * dw, b + lr * db
    return w, b


def sum_for_weights(parameters, lr, steps):
    w, b = parameters
    for _ in range(steps):
        dw, db = line_slopes(w, b)
        w, b = w - lr * 8 * dw, b - lr * db
    return w, b


def tensors_never_zeroed(parameters, lr, steps):
    w, b = (dp.tensor(np.array(each), requires_grad=True) for each in parameters)
    for _ in range(steps):
        line((w, b)).backward()
        with dp.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
    return w.detach().numpy(), b.item()


def tensors_uphill(parameters, lr, steps):
    w, b = (np.array(each) for each in parameters)
    for _ in range(steps):
        dw, db = dp.grad(line)((w, b))
        w, b = w + lr * dw, b + lr * db
    return w, float(b)


def torch_without_zero_grad(p, lr, steps):
    torch = pytest.importorskip("torch")
    p = {
        key: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for key, value in p.items()
    }
    optimiser = torch.optim.SGD(p.values(), lr=lr)
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        h = torch.tanh(x @ p["W1"] + p["b1"])
        ((h @ p["W2"] + p["b2"] - y) ** 2).mean().backward()
        optimiser.step()
    return {key: value.detach().numpy() for key, value in p.items()}


def torch_in_single_precision(p, lr, steps, zero=True, maximize=False):
    torch = pytest.importorskip("torch")
    p = {
        key: torch.tensor(value, dtype=torch.float32, requires_grad=True)
        for key, value in p.items()
    }
    optimiser = torch.optim.SGD(p.values(), lr=lr, maximize=maximize)
    x, y = (torch.tensor(each, dtype=torch.float32) for each in (X, Y))
    for _ in range(steps):
        if zero:
            optimiser.zero_grad()
        h = torch.tanh(x @ p["W1"] + p["b1"])
        ((h @ p["W2"] + p["b2"] - y) ** 2).mean().backward()
        optimiser.step()
    return {key: value.detach().numpy() for key, value in p.items()}


def torch_in_single_precision_not_zeroed(p, lr, steps):
    return torch_in_single_precision(p, lr, steps, zero=False)


def torch_in_single_precision_uphill(p, lr, steps):
    return torch_in_single_precision(p, lr, steps, maximize=True)


def network_updated_going_back(p, lr, steps):
    W1, b1, W2, b2 = p["W1"], p["b1"], p["W2"], p["b2"]
    for _ in range(steps):
        h = np.tanh(X @ W1 + b1)
        out = 2 * (h @ W2 + b2 - Y) / len(Y)
        W2 = W2 - lr * h.T @ out
        b2 = b2 - lr * out.sum()
        hidden = np.outer(out, W2) * (1 - h**2)
        W1 = W1 - lr * X.T @ hidden
        b1 = b1 - lr * hidden.sum(0)
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def network_layer_by_layer(p, lr, steps):
    p = dict(p)
    for _ in range(steps):
        for key in p:
            p[key] = p[key] - lr * network_slopes(p)[key]
    return p


def network_in_place(p, lr, steps):
    for _ in range(steps):
        slopes = network_slopes(p)
        for key in p:
            p[key] -= lr * slopes[key]
    return p


def network_same_arrays(p, lr, steps):
    p = {key: np.array(value) for key, value in p.items()}
    path = [p]
    for _ in range(steps):
        slopes = network_slopes(p)
        for key in p:
            p[key] -= lr * slopes[key]
        path.append(p)
    return path


def network_shallow_copies(p, lr, steps):
    p = {key: np.array(value) for key, value in p.items()}
    path = [dict(p)]
    for _ in range(steps):
        slopes = network_slopes(p)
        for key in p:
            p[key] -= lr * slopes[key]
        path.append(dict(p))
    return path


def network_forgets_first_layer(p, lr, steps):
    for _ in range(steps):
        slopes = network_slopes(p)
        p = {**p, "W2": p["W2"] - lr * slopes["W2"], "b2": p["b2"] - lr * slopes["b2"]}
    return p


def losses_afterwards(x, lr, steps):
    losses = []
    for _ in range(steps):
        x = x - lr * hill_slope(x)
        losses.append(float(hill(x)))
    return x, losses


def losses_one_behind(x, lr, steps):
    losses, before = [], x
    for _ in range(steps):
        losses.append(float(hill(before)))
        before, x = x, x - lr * hill_slope(x)
    return x, losses


def loss_computed_once(w, lr, steps):
    value, losses = float(bowl(w)), []
    for _ in range(steps):
        losses.append(value)
        w = [x - lr * s for x, s in zip(w, bowl_slopes(w), strict=True)]
    return w, losses


def losses_added_up(x, lr, steps):
    losses, total = [], 0.0
    for _ in range(steps):
        total += float(hill(x))
        losses.append(total)
        x = x - lr * hill_slope(x)
    return x, losses


def losses_doubled(x, lr, steps):
    losses = []
    for _ in range(steps):
        losses.append(2 * float(hill(x)))
        x = x - lr * hill_slope(x)
    return x, losses


def too_few_losses(x, lr, steps):
    losses = []
    for k in range(steps):
        if k % 2:
            losses.append(float(hill(x)))
        x = x - lr * hill_slope(x)
    return x, losses


def first_batch_again(parameters, lr, batches):
    w, b = parameters
    for _ in batches:
        x, y = batches[0]
        dw, db = line_slopes(w, b, x, y)
        w, b = w - lr * dw, b - lr * db
    return w, b


def leftover_name(parameters, lr, batches):
    for x, y in batches:  # noqa: B007
        pass
    w, b = parameters
    for _ in batches:
        dw, db = line_slopes(w, b, x, y)
        w, b = w - lr * dw, b - lr * db
    return w, b


def batch_before(parameters, lr, batches):
    w, b = parameters
    for k in range(len(batches)):
        dw, db = line_slopes(w, b, *batches[k - 1])
        w, b = w - lr * dw, b - lr * db
    return w, b


def batches_backwards(parameters, lr, batches):
    return by_batches(parameters, lr, batches[::-1])[0]


def gradient_over_all_batches(parameters, lr, batches):
    w, b = parameters
    path = [(w, b)]
    for _ in batches:
        every = [line_slopes(w, b, x, y) for x, y in batches]
        w = w - lr * np.mean([dw for dw, _ in every], axis=0)
        b = b - lr * np.mean([db for _, db in every])
        path.append((w, b))
    return path


def one_step_for_all_batches(parameters, lr, batches):
    w, b = parameters
    every = [line_slopes(w, b, x, y) for x, y in batches]
    return w - lr * sum(dw for dw, _ in every), b - lr * sum(db for _, db in every)


def one_step_with_last_batch(parameters, lr, batches):
    w, b = parameters
    for x, y in batches:
        dw, db = line_slopes(w, b, x, y)
    return w - lr * dw, b - lr * db


def batches_without_mean(parameters, lr, batches):
    w, b = parameters
    for x, y in batches:
        dw, db = line_slopes(w, b, x, y)
        w, b = w - lr * len(y) * dw, b - lr * len(y) * db
    return w, b


def batches_accumulated(parameters, lr, batches):
    w, b = parameters
    dw, db = 0.0, 0.0
    for x, y in batches:
        more = line_slopes(w, b, x, y)
        dw, db = dw + more[0], db + more[1]
        w, b = w - lr * dw, b - lr * db
    return w, b


def batches_late_losses(parameters, lr, batches):
    w, b = parameters
    losses = []
    for x, y in batches:
        dw, db = line_slopes(w, b, x, y)
        w, b = w - lr * dw, b - lr * db
        losses.append(np.mean((x @ w + b - y) ** 2))
    return (w, b), losses


def first_batch_skipped(parameters, lr, batches):
    return by_batches(parameters, lr, batches[1:])[0]


def batches_twice(parameters, lr, batches):
    return by_batches(parameters, lr, [*batches, *batches])[0]


def batches_shuffled(parameters, lr, batches):
    w, b = parameters
    path = [(w, b)]
    for k in np.random.default_rng(5).permutation(len(batches)):
        dw, db = line_slopes(w, b, *batches[k])
        w, b = w - lr * dw, b - lr * db
        path.append((w, b))
    return path


def bias_accumulates(parameters, lr, steps):
    w, b = parameters
    db = 0.0
    for _ in range(steps):
        dw, more = line_slopes(w, b)
        db += more
        w, b = w - lr * dw, b - lr * db
    return w, b


def weights_with_stale_gradient(parameters, lr, steps):
    w, b = parameters
    dw, _ = line_slopes(w, b)
    for _ in range(steps):
        w, b = w - lr * dw, b - lr * line_slopes(w, b)[1]
    return w, b


def decay_of_weights_only(p, lr, steps):
    for _ in range(steps):
        slopes = network_slopes(p)
        for key in ("W1", "W2"):
            slopes[key] = slopes[key] + 0.1 * p[key]
        p = {key: p[key] - lr * slopes[key] for key in p}
    return p


def torch_with_detached_layer(p, lr, steps):
    torch = pytest.importorskip("torch")
    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        q = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in p.items()}
        h = torch.tanh(x @ q["W1"] + q["b1"]).detach()
        ((h @ q["W2"] + q["b2"] - y) ** 2).mean().backward()
        p = {k: (v if v.grad is None else v - lr * v.grad).detach().numpy() for k, v in q.items()}
    return p


def difference_quotient(x, lr, steps, h=1e-4):
    for _ in range(steps):
        x = x - lr * float(hill(x + h) - hill(x)) / h
    return x


WRONG = [
    ("hill", uphill, "ascent"),
    ("hill", without_learning_rate, "learning_rate"),
    ("hill", own_learning_rate, "learning_rate"),
    ("hill", learning_rate_twice, "learning_rate"),
    ("hill", divided_by_learning_rate, "learning_rate"),
    ("hill", half_steps, "factor"),
    ("hill", never_zeroed, "accumulated"),
    ("hill", gradient_before_the_loop, "stale"),
    ("hill", gradient_after_the_update, "stale"),
    ("hill", first_gradient_is_zero, "stale"),
    ("hill", two_steps_late, "stale"),
    ("hill", mean_of_gradients, "averaged"),
    ("hill", with_momentum, "accumulated"),
    ("bowl", with_running_mean, "accumulated"),
    ("bowl", with_nesterov, "accumulated"),
    ("bowl", with_adam, "normalised"),
    ("hill", rate_decays_exponentially, "learning_rate"),
    ("bowl", rate_over_k, "learning_rate"),
    ("bowl", rate_over_root_k, "learning_rate"),
    ("hill", rate_falls_to_zero, "learning_rate"),
    ("hill", shrinking_weights, "weight_decay"),
    ("hill", one_step_short, "no_update"),
    ("hill", last_state_not_recorded, "no_update"),
    ("hill", one_step_more, "double_counted"),
    ("hill", two_updates_each, "double_counted"),
    ("hill", return_in_the_loop, "no_update"),
    ("hill", ten_steps, "double_counted"),
    ("bowl", five_steps_listed, "no_update"),
    ("bowl", rebinds_a_copy, "no_update"),
    ("hill", mean_of_states, "averaged"),
    ("bowl", own_start, "wrong_point"),
    ("hill", own_start_listed, "wrong_point"),
    ("line", last_gradient_first, "post_update"),
    ("line", bias_first, "post_update"),
    ("line", without_bias, "no_update"),
    ("line", bias_uphill, "ascent"),
    ("line", sum_for_weights, "factor"),
    ("line", tensors_never_zeroed, "accumulated"),
    ("line", tensors_uphill, "ascent"),
    ("network", torch_without_zero_grad, "accumulated"),
    ("network", torch_in_single_precision, "float32"),
    ("network", torch_in_single_precision_not_zeroed, "accumulated"),
    ("network", torch_in_single_precision_uphill, "ascent"),
    ("network", network_updated_going_back, "post_update"),
    ("network", network_layer_by_layer, "post_update"),
    ("network", network_in_place, "mutated_input"),
    ("network", network_same_arrays, "aliased"),
    ("network", network_shallow_copies, "aliased"),
    ("network", network_forgets_first_layer, "no_update"),
    ("hill", losses_afterwards, "late_evaluation"),
    ("hill", losses_one_behind, "stale"),
    ("bowl", loss_computed_once, "stale"),
    ("hill", losses_added_up, "accumulated"),
    ("hill", losses_doubled, "factor"),
    ("hill", too_few_losses, "shape"),
    ("batches", first_batch_again, "stale"),
    ("batches", leftover_name, "stale"),
    ("batches", batch_before, "wrong_order"),
    ("batches", batches_backwards, "wrong_order"),
    ("batches", gradient_over_all_batches, "averaged"),
    ("batches", one_step_for_all_batches, "accumulated"),
    ("batches", one_step_with_last_batch, "overwritten"),
    ("batches", batches_without_mean, "averaged"),
    ("batches", batches_accumulated, "accumulated"),
    ("batches", batches_late_losses, "late_evaluation"),
    ("batches", first_batch_skipped, "no_update"),
    ("batches", batches_twice, "double_counted"),
    ("batches", batches_shuffled, "wrong_order"),
    ("line", bias_accumulates, "accumulated"),
    ("line", weights_with_stale_gradient, "stale"),
    ("network", decay_of_weights_only, "weight_decay"),
    ("network", torch_with_detached_layer, "no_update"),
    ("hill", difference_quotient, "finite_difference"),
]


@pytest.mark.parametrize(("task", "train", "kind"), WRONG, ids=lambda x: getattr(x, "__name__", x))
def test_a_mistake_is_named(task, train, kind):
    answer = asked(task, train)
    assert answer.kind == kind, str(answer)
    assert not answer.ok and answer.confidence > 0
    assert str(answer).startswith(answer.title)
    assert answer.message[0].isupper() or answer.message[0] == "`"
    assert answer.message.endswith((".", "?"))


def test_only_copies_are_handed_out():
    start, before = network_start(), network_start()
    diagnose_training(network, network_in_place, start, lr=0.1)
    assert all(np.array_equal(start[key], before[key]) for key in start)


def test_two_explanations_are_told_as_such():
    """With the last state alone, one step for all batches is the same as stale gradients."""
    answer = asked("batches", one_step_for_all_batches)
    assert answer.confidence == 0.5
    assert [each.kind for each in answer.alternatives] == ["stale"]


def test_the_numbers_in_a_mistake_are_found():
    assert "0.85 times" in asked("hill", with_momentum).message
    assert "0.01 times" in asked("hill", own_learning_rate).message
    assert "1, 0.5, 0.3333" in asked("bowl", rate_over_k).message
    assert "always 10 updates" in asked("hill", ten_steps).message
    assert "0.2 times" in asked("hill", shrinking_weights).message
    assert "number of examples in a batch, 2" in asked("batches", batches_without_mean).message


def test_the_forgotten_parameters_are_named():
    message = asked("network", network_forgets_first_layer).message
    assert "p['W1']" in message and "p['b1']" in message and "W2" not in message
    assert "parameters[1]" in asked("line", without_bias).message


def test_a_mistake_in_some_parameters_names_them():
    assert (
        "for `parameters[1]`: every update uses the sum" in asked("line", bias_accumulates).message
    )
    assert "`p['W1']`, `p['W2']` away" in asked("network", decay_of_weights_only).message


def test_the_best_state_is_not_the_last():
    answer = diagnose_training(hill, best_so_far, 0.7, lr=1.05)
    assert answer.kind == "wrong_point" and "lowest loss" in answer.message


def test_got_and_expected_are_the_last_states():
    answer = asked("line", without_bias)
    w, b = line_start()
    for _ in range(6):
        dw, db = line_slopes(w, b)
        w, b = w - 0.1 * dw, b - 0.1 * db
    np.testing.assert_allclose(answer.expected[0], w, rtol=1e-12)
    assert answer.expected[1] == pytest.approx(b, rel=1e-12)
    assert answer.got[1] == line_start()[1]


def test_got_and_expected_losses():
    answer = asked("hill", losses_afterwards)
    _, right = descend_with_one_more_loss(0.7, 0.06, 6)
    np.testing.assert_allclose(answer.expected, right[:-1], rtol=1e-12)
    np.testing.assert_allclose(answer.got, right[1:], rtol=1e-12)


# Wrong gradients, found from single steps ---------------------------------------------------------


def sine_is_its_own_derivative(x, lr, steps):
    for _ in range(steps):
        x = x - lr * (2 * (x - 3.0) + math.sin(x))
    return x


def sine_is_its_own_derivative_in_a_list(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * (2 * (path[-1] - 3.0) + math.sin(path[-1])))
    return path


def without_tanh_derivative(p, lr, steps):
    for _ in range(steps):
        h = np.tanh(X @ p["W1"] + p["b1"])
        out = 2 * (h @ p["W2"] + p["b2"] - Y) / len(Y)
        hidden = np.outer(out, p["W2"])
        slopes = {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": h.T @ out, "b2": out.sum()}
        p = {key: p[key] - lr * slopes[key] for key in p}
    return p


def test_a_wrong_gradient_is_named_with_its_place():
    for train in (sine_is_its_own_derivative, sine_is_its_own_derivative_in_a_list):
        answer = asked("hill", train)
        assert answer.kind == "wrong_rule", str(answer)
        assert "dp.sin(x)" in answer.where
        assert answer.message.startswith("Every update uses a wrong gradient.")


def test_a_wrong_gradient_of_a_network():
    answer = asked("network", without_tanh_derivative)
    assert answer.kind == "missing_factor", str(answer)
    assert "tanh" in answer.where


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda g: {key: np.sign(x) for key, x in g.items()}, "magnitude"),
        (lambda g: {key: np.clip(x, -0.05, 0.05) for key, x in g.items()}, "clipped"),
        (lambda g: {key: x / np.linalg.norm(x) for key, x in g.items()}, "normalised"),
        (lambda g: {**g, "b1": g["W2"]}, "wrong_argument"),
    ],
)
def test_what_was_done_to_the_gradient_of_a_network(change, kind):
    def train(p, lr, steps):
        for _ in range(steps):
            slopes = change(network_slopes(p))
            p = {key: p[key] - lr * slopes[key] for key in p}
        return p

    answer = asked("network", train)
    assert answer.kind == kind, str(answer)


def test_a_wrong_gradient_with_batches():
    def curved(parameters, batch):
        w, b = parameters
        x, y = batch
        return dp.mean((x @ w + dp.sin(b) - y) ** 2)

    def without_cosine(parameters, lr, batches):
        w, b = parameters
        for x, y in batches:
            r = x @ w + np.sin(b) - y
            w, b = w - lr * 2 * x.T @ r / len(y), b - lr * 2 * r.mean()
        return w, b

    answer = diagnose_training(curved, without_cosine, line_start(), lr=0.1, batches=BATCHES)
    assert answer.kind == "missing_factor", str(answer)
    assert "dp.sin(b)" in answer.where


# Two mistakes at once -----------------------------------------------------------------------------


def accumulated_uphill(x, lr, steps):
    slope = 0.0
    for _ in range(steps):
        slope += hill_slope(x)
        x = x + lr * slope
    return x


def stale_without_rate(w, lr, steps):
    slopes = bowl_slopes(w)
    for _ in range(steps):
        w = [x - s for x, s in zip(w, slopes, strict=True)]
    return w


def accumulated_wrong_rule(x, lr, steps):
    slope = 0.0
    for _ in range(steps):
        slope += 2 * (x - 3.0) + math.sin(x)
        x = x - lr * slope
    return x


def uphill_in_place(parameters, lr, steps):
    w, b = parameters
    for _ in range(steps):
        dw, db = line_slopes(w, b)
        w += lr * dw
        b += lr * db
    return w, b


def uphill_and_late(x, lr, steps):
    losses = []
    for _ in range(steps):
        x = x + lr * hill_slope(x)
        losses.append(float(hill(x)))
    return x, losses


def momentum_uphill(x, lr, steps):
    v = 0.0
    for _ in range(steps):
        v = 0.5 * v + hill_slope(x)
        x = x + lr * v
    return x


PAIRS = [
    ("hill", accumulated_uphill, ["accumulated", "ascent"]),
    ("bowl", stale_without_rate, ["stale", "learning_rate"]),
    ("hill", accumulated_wrong_rule, ["wrong_rule", "accumulated"]),
    ("line", uphill_in_place, ["ascent", "mutated_input"]),
    ("hill", uphill_and_late, ["ascent", "late_evaluation"]),
    ("hill", momentum_uphill, ["accumulated", "ascent"]),
]


@pytest.mark.parametrize(
    ("task", "train", "kinds"), PAIRS, ids=lambda x: getattr(x, "__name__", "")
)
def test_two_mistakes(task, train, kinds):
    answer = asked(task, train)
    assert [answer.kind, *(each.kind for each in answer.also)] == kinds, str(answer)


def test_one_array_all_the_way_is_told_besides():
    def train(parameters, lr, steps):
        w, b = parameters
        path = []
        for _ in range(steps):
            path.append((w, b))
            dw, db = line_slopes(w, b)
            w -= lr * dw
            b = b - lr * db
        return [*path, (w, b)]

    answer = asked("line", train)
    assert {answer.kind, *(each.kind for each in answer.also)} == {"aliased", "mutated_input"}


# What is no mistake of the loop, and what has no name ---------------------------------------------


def test_nothing_came_back():
    def train(x, lr, steps):
        for _ in range(steps):
            x = x - lr * hill_slope(x)

    assert asked("hill", train).kind == "missing"


def test_tensors_came_back():
    def train(parameters, lr, steps):
        return tuple(dp.tensor(np.array(each), requires_grad=True) for each in parameters)

    assert asked("line", train).kind == "wrong_type"


def test_losses_are_plain_numbers():
    def train(x, lr, steps):
        losses = []
        for _ in range(steps):
            leaf = dp.tensor(np.array(x), requires_grad=True)
            losses.append(hill(leaf))
            losses[-1].backward()
            x = x - lr * float(leaf.grad)
        return x, losses

    assert asked("hill", train).kind == "wrong_type"


@pytest.mark.parametrize(
    "answer",
    [[1.0, 2.0], np.zeros((2, 2)), {"w": np.zeros(3), "b": 0.0}, (np.zeros(4), 0.0), [], 3.0,
     (np.zeros(3), 0.0, [1.0]), [[np.zeros(3), 0.0], [np.zeros(2), 0.0]], [[1.0], [2.0, 3.0]]],
    ids=repr,
)  # fmt: skip
def test_another_form_came_back(answer):
    found = asked("line", lambda parameters, lr, steps: copy.deepcopy(answer))
    assert found.kind == "shape"
    assert "tuple of 2" in found.message


def test_an_error_of_the_loop_is_its_own():
    def train(x, lr, steps):
        return x.no_such_thing

    with pytest.raises(AttributeError, match="no_such_thing") as caught:
        asked("hill", train)
    assert "train(start, 0.06, 6)" in caught.value.__notes__[0]


def valley(w):
    return (w[0] - 1.0) ** 2 + 3.0 * (w[1] + w[0]) ** 2


@pytest.mark.parametrize(("sign", "kind"), [(-1, "correct"), (1, "ascent")])
def test_a_start_in_single_precision(sign, kind):
    """Who is given float32 may compute in float32."""

    def train(w, lr, steps):
        for _ in range(steps):
            u = 6 * (w[1] + w[0])
            w = w + np.float32(sign * lr) * np.array([2 * (w[0] - 1) + u, u], dtype=np.float32)
        return w

    start = np.array([0.3, 0.4], dtype=np.float32)
    assert diagnose_training(valley, train, start, lr=0.05).kind == kind


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_two_numbers_are_not_taken_for_a_list_of_states(steps):
    """With two parameters and two states or two losses, all these look alike."""

    def path(w, lr, steps):
        states, losses = [np.array(w)], []
        for _ in range(steps):
            x, y = states[-1]
            losses.append(float(valley(states[-1])))
            u = 6 * (x + y)
            states.append(states[-1] - lr * np.array([2 * (x - 1) + u, u]))
        return states, losses

    forms = [
        lambda states, losses: states[-1],
        lambda states, losses: states[-1].tolist(),
        lambda states, losses: tuple(states[-1]),
        lambda states, losses: (states[-1], losses),
        lambda states, losses: states,
        lambda states, losses: states[1:],
        lambda states, losses: np.array(states),
        lambda states, losses: (states, np.array(losses)),
    ]
    for start in ([0.3, 0.4], (0.3, 0.4), np.array([0.3, 0.4])):
        for form in forms:
            answer = diagnose_training(
                valley,
                lambda w, lr, n, form=form: form(*path(w, lr, n)),
                start,
                lr=0.05,
                steps=steps,
            )
            assert answer.kind == "correct", (start, form(*path(start, 0.05, steps)), str(answer))


def test_random_steps():
    noise = np.random.default_rng(1)

    def train(x, lr, steps):
        return x + noise.normal()

    assert asked("hill", train).kind == "nondeterministic"


def test_parameters_kept_from_call_to_call():
    kept = []

    def train(x, lr, steps):
        x = kept[-1] if kept else x
        kept.append(descend(x, lr, steps))
        return kept[-1]

    answer = asked("hill", train)
    assert answer.kind == "accumulated" and "second time" in answer.message


def steep(x):
    return dp.exp(x * x)


def test_overflow_of_a_named_mistake():
    """Downhill is tame; uphill ends in an overflow after a few steps."""

    def train(x, lr, steps):
        for _ in range(steps):
            x = x + lr * 2 * x * math.exp(x * x)
        return x

    answer = diagnose_training(steep, train, 1.2, lr=0.05, steps=30)
    assert answer.kind == "ascent"


def test_overflow_without_a_name():
    def train(x, lr, steps):
        for _ in range(steps):
            x = x + 3.0 + x**4
        return x

    answer = diagnose_training(steep, train, 1.2, lr=0.05, steps=30)
    assert answer.kind == "not_finite" and answer.confidence in (0.0, 1.0)


def test_infinite_after_one_step():
    assert asked("hill", lambda x, lr, steps: math.inf).kind == "not_finite"


def annealed_noise(x, lr, steps):
    noise = np.random.default_rng(0)
    for k in range(steps):
        x = x - lr * hill_slope(x) + 0.1 * noise.normal() / (k + 1)
    return x


def newton(x, lr, steps):
    for _ in range(steps):
        x = x - hill_slope(x) / (2 - math.sin(x))
    return x


def stops_early(x, lr, steps):
    for _ in range(steps):
        if abs(hill_slope(x)) < 3.0:
            break
        x = x - lr * hill_slope(x)
    return x


def backtracking(w, lr, steps):
    for _ in range(steps):
        slopes, rate = bowl_slopes(w), 8 * lr
        while (
            float(bowl([x - rate * s for x, s in zip(w, slopes, strict=True)]))
            > float(bowl(w)) - rate
        ):
            rate *= 0.7
            if rate < 1e-6:
                break
        w = [x - rate * s for x, s in zip(w, slopes, strict=True)]
    return w


def interpolates(parameters, lr, steps):
    w, b = parameters
    return w * (1 - 0.01 * steps), b + 0.03 * steps


def solves(parameters, lr, steps):
    """The best line at once, without any descent."""
    found = np.linalg.lstsq(np.column_stack([X, np.ones(8)]), Y)[0]
    return found[:3], found[3]


@pytest.mark.parametrize(
    ("task", "train"),
    [("hill", annealed_noise), ("line", solves), ("hill", newton), ("hill", stops_early), ("bowl", backtracking),
     ("line", interpolates)],
)  # fmt: skip
def test_what_has_no_name_stays_unknown(task, train):
    answer = asked(task, train)
    assert answer.kind == "unknown", str(answer)
    assert answer.confidence == 0.0


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), size=st.floats(1e-4, 10.0), listed=st.booleans())
def test_random_walks_are_never_named(seed, size, listed):
    def train(parameters, lr, steps):
        noise = np.random.default_rng(seed)
        path = [parameters]
        for _ in range(steps):
            w, b = path[-1]
            path.append((w + size * noise.normal(size=3), b + size * noise.normal()))
        return path if listed else path[-1]

    assert asked("line", train).kind == "unknown"


@settings(deadline=None, max_examples=40)
@given(
    rate=st.floats(0.01, 0.2), factor=st.floats(-3, 3).filter(lambda c: min(abs(c), abs(c - 1)) > 1e-3),
    start=st.floats(-2, 2),
)  # fmt: skip
def test_any_factor_is_found(rate, factor, start):
    def train(x, lr, steps):
        for _ in range(steps):
            x = x - factor * lr * hill_slope(x)
        return x

    answer = diagnose_training(hill, train, start, lr=rate, steps=4)
    assert answer.kind == ("ascent" if factor < 0 else "factor"), str(answer)


@settings(deadline=None, max_examples=30)
@given(start=st.lists(st.floats(-1, 1), min_size=3, max_size=3), rate=st.floats(1e-3, 0.08))
def test_right_loops_are_accepted_anywhere(start, rate):
    assert diagnose_training(bowl, lists, start, lr=rate).kind == "correct"


# Unfit questions ----------------------------------------------------------------------------------


def test_unfit_questions():
    with pytest.raises(TypeError, match="start"):
        diagnose_training(hill, descend, "here", lr=0.1)
    with pytest.raises(ValueError, match="at least one"):
        diagnose_training(hill, descend, 0.7, lr=0.1, steps=0)
    with pytest.raises(ValueError, match="at least one"):
        diagnose_training(line_of_batch, by_batches, line_start(), lr=0.1, batches=[])
    with pytest.raises(ValueError, match="learning rate"):
        diagnose_training(hill, descend, 0.7, lr=0.0)
    with pytest.raises(ValueError, match="itself diverges"):
        diagnose_training(steep, descend, 2.0, lr=1.0)


def test_without_time_nothing_is_named_wrongly():
    assert asked("network", network_in_another_order, seconds=0.0).kind == "correct"
    assert asked("network", network_layer_by_layer, seconds=0.0).kind in ("post_update", "unknown")
    assert asked("hill", annealed_noise, seconds=0.0).kind == "unknown"


def test_every_kind_is_in_the_catalogue():
    slopes = Slopes(lambda w, batch: (0.0, w))
    parts = (("w", slice(0, 1)), ("b", slice(1, 2)))
    run = Run(np.ones(2), 0.1, (0, 1), slopes, parts, batches=2)
    kinds = {loop.kind for loop in loops(run)}
    assert len(kinds) > 5 and kinds <= set(CATALOGUE)


@pytest.mark.parametrize(("name", "value"), [("lr", "0.1"), ("steps", 2.5), ("steps", True)])
def test_numbers_that_are_none_are_named(name, value):
    with pytest.raises(TypeError, match=name):
        dp.diagnose_training(lambda w: w**2, lambda w, lr, n: w, 1.0, **{"lr": 0.1, name: value})
