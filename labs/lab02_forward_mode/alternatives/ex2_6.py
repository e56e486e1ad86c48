# %% [markdown]
# Other right ways to do exercise 2.6 (a Jacobian); each gets full marks.

# %% directions_from_the_identity
def jacobian(f, xs):
    return np.stack([np.array(jvp(f, xs, row)[1]) for row in np.eye(len(xs))], axis=1)


# %% filled_in_place_on_stderr
import sys


def jacobian(f, xs):
    n = len(xs)
    table = None
    for j in range(n):
        print("column", j, file=sys.stderr)
        values, speeds = jvp(f, list(xs), [1.0 if k == j else 0.0 for k in range(n)])
        if table is None:
            table = np.zeros((len(values), n))
        table[:, j] = speeds
    return table


# %% differences_of_directions
def jacobian(f, xs):
    """Columns from directions that are no axes: the last is the whole minus all others."""
    n = len(xs)
    whole = np.array(jvp(f, xs, [1.0] * n)[1])
    columns = [np.array(jvp(f, xs, [float(k == j) for k in range(n)])[1]) for j in range(n - 1)]
    return np.column_stack([*columns, whole - sum(columns)])
