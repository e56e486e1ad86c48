# %% [markdown]
# Other right ways to do exercise 7.8 (through the optimiser); each gets full marks.

# %% by_recursion
def descend(slope, start, rate, steps):
    if steps == 0:
        return start
    return descend(slope, start - rate * slope(start), rate, steps - 1)


def hypergradient(loss, slope, start, rate, steps):
    end = lambda rate: loss(descend(slope, start, rate, steps))  # noqa: E731
    return float(end(rate)), dp.grad(end)(rate)


# %% forward_mode
def descend(slope, start, rate, steps):
    path = [1.0 * start]
    while len(path) <= steps:
        path.append(path[-1] - slope(path[-1]) * rate)
    return path[-1]


def hypergradient(loss, slope, start, rate, steps):
    return dp.jvp(lambda rate: loss(descend(slope, start, rate, steps)), (rate,), (1.0,))


# %% reduced
from functools import reduce


def descend(slope, start, rate, steps):
    return reduce(lambda w, _: w - rate * slope(w), range(steps), start)


def hypergradient(loss, slope, start, rate, steps):
    rate = dp.tensor(rate, requires_grad=True)
    end = loss(descend(slope=slope, start=start, rate=rate, steps=steps))
    end.backward()
    return [end, rate.grad]


# %% sensitivity_carried_along
def descend(slope, start, rate, steps):
    w, k = np.array(start, dtype=float), 0
    while k < steps:
        w, k = w + -rate * slope(w), k + 1
    return w


def hypergradient(loss, slope, start, rate, steps):
    w, by_rate = start, 0 * start
    for _ in range(steps):
        down, bend = dp.jvp(slope, (w,), (by_rate,))
        w, by_rate = w - rate * down, by_rate - down - rate * bend
    return dp.jvp(loss, (w,), (by_rate,))
