# %% [markdown]
# Wrong ways to do exercise 2.9 (until nothing moves); each loses marks, for the reason named.

# %% watches_the_value_only diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if moved[0] <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% watches_the_tangent_only diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if moved[1] <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% one_of_them_is_enough diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if min(moved) <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% one_step diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% ignores_tol diagnosis="ignored_argument"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= 1e-12:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% ignores_most diagnosis="ignored_argument"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(1000):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% never_complains diagnosis="no_alarm"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= tol:
            return x
    return x


# %% returns_the_value_only diagnosis="wrong_type"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= tol:
            return x.primal
    raise ValueError(f"still moving after {most} steps: {x}")


# %% forgets_the_tangent diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x).primal)
        moved = abs(x.primal - before.primal), abs(x.tangent - before.tangent)
        if max(moved) <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")


# %% compares_signed_differences diagnosis="early_stop"
def settle(step, x, tol=1e-12, most=200):
    """Repeat x = step(x) until its value and its tangent rest; returns a Dual."""
    x = lift(x)
    for _ in range(most):
        before, x = x, lift(step(x))
        moved = x.primal - before.primal, x.tangent - before.tangent
        if max(moved) <= tol:
            return x
    raise ValueError(f"still moving after {most} steps: {x}")
