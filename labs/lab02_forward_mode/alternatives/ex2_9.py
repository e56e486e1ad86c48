# %% [markdown]
# Other right ways to do exercise 2.9 (until nothing moves); each gets full marks.

# %% while_and_a_counter
def settle(step, x, tol=1e-12, most=200):
    x, steps = lift(x), 0
    while steps < most:
        new = lift(step(x))
        still = abs(new.primal - x.primal) <= tol and abs(new.tangent - x.tangent) <= tol
        x, steps = new, steps + 1
        if still:
            return x
    raise ValueError("no rest")


# %% numpy_and_a_history_on_stderr
import sys


def settle(step, x, tol=1e-12, most=200):
    history = [lift(x)]
    for _ in range(most):
        history.append(lift(step(history[-1])))
        print(len(history), file=sys.stderr)
        pairs = np.array([[each.primal, each.tangent] for each in history[-2:]])
        if np.all(np.abs(np.diff(pairs, axis=0)) <= tol):
            return history[-1]
    raise ValueError(f"no rest in {most} steps")


# %% by_recursion
def settle(step, x, tol=1e-12, most=200):
    if most <= 0:
        raise ValueError("no rest")
    before, x = lift(x), lift(step(lift(x)))
    if math.hypot(x.primal - before.primal, x.tangent - before.tangent) <= tol:
        return x
    return settle(step, x, tol, most - 1)


# %% calls_itself
def settle(step, x, tol=1e-12, most=200):
    if most == 0:
        raise ValueError("moving")
    x = lift(x)
    y = lift(step(x))
    if max(abs(y.primal - x.primal), abs(y.tangent - x.tangent)) <= tol:
        return y
    return settle(step, y, tol, most - 1)
