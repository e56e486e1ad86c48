# %% [markdown]
# Other right ways to do exercise 7.9 (the slope of an equilibrium); each gets full marks.

# %% by_newton_and_reverse_mode
def settle(g, x, p):
    for _ in range(50):
        gap = g(x, p) - x
        if np.linalg.norm(gap) < 1e-14:
            break
        x = x - np.linalg.inv(dp.jacrev(g, 0)(x, p) - np.eye(len(x))) @ gap
    return x


def implicit_jacobian(g, x, p):
    return np.linalg.inv(np.eye(len(x)) - dp.jacrev(g, 0)(x, p)) @ dp.jacrev(g, 1)(x, p)


# %% by_a_count
import sys


def settle(g, x, p):
    count = 0
    while max(abs(g(x, p) - x)) > 1e-13 and count < 2000:
        x = g(x, p)
        count += 1
    print(count, "rounds", file=sys.stderr)
    return x


def implicit_jacobian(g, x, p):
    by_x, by_p = dp.jacfwd(g, (0, 1))(x, p)
    effect = by_p  # the linear loop itself, without g
    for _ in range(2000):
        effect = by_x @ effect + by_p
    return effect


# %% column_by_column
def settle(g, x, p):
    after = g(x, p)
    while not np.allclose(after, x, rtol=0, atol=1e-12):
        x, after = after, g(after, p)
    return after


def implicit_jacobian(g, x, p):
    matrix = np.eye(len(x)) - dp.jacfwd(lambda x: g(x, p))(x)
    columns = dp.jacfwd(lambda p: g(x, p))(p).T
    return np.array([np.linalg.solve(matrix, column) for column in columns]).T


# %% residual_on_an_own_copy
def settle(g, x, p):
    x, change = x.copy(), np.inf
    while change > 1e-12:
        after = g(x, p)
        change = np.linalg.norm(after - x)
        x[:] = after
    return x


def implicit_jacobian(g: object, x: np.ndarray, p: np.ndarray) -> list:
    """From x − g(x, p) = 0."""

    def residual(x, p):
        return x - g(x, p)

    return (-np.linalg.inv(dp.jacfwd(residual, 0)(x, p)) @ dp.jacfwd(residual, 1)(x, p)).tolist()


# %% row_by_row
def settle(g, x, p):
    after = g(x, p)
    return after if all(abs(after - x) <= 1e-12) else settle(g, after, p)


def implicit_jacobian(g, x, p):
    rows = range(len(x))
    by_x = np.stack([dp.grad(lambda x: g(x, p)[k])(x) for k in rows])  # noqa: B023
    by_p = np.stack([dp.grad(lambda p: g(x, p)[k])(p) for k in rows])  # noqa: B023
    return np.linalg.lstsq(np.identity(len(x)) - by_x, by_p, rcond=None)[0]


# %% matrices
def implicit_jacobian(g, x, p):
    by_x, by_p = (np.asmatrix(dp.jacfwd(g, k)(x, p)) for k in (0, 1))
    return (np.eye(len(x)) - by_x).I * by_p
