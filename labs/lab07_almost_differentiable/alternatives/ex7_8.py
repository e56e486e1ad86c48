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
