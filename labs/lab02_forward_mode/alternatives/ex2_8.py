# %% [markdown]
# Other right ways to do exercise 2.8 (the slide's program, mended); each gets full marks.

# %% three_names_and_an_identity_matrix
def wander(x):
    a, b, c = x
    grows = a * a + sin(b) + exp(-c)
    total = a + b + c
    for _ in range(4):
        for _ in range(3):
            total = total + grows
    return total


def value_and_gradient(f, x):
    def g(*entries):
        return f([*entries])

    passes = [jvp(g, x, list(row)) for row in np.eye(len(x))]
    return passes[0][0], [speed for _, speed in passes]


# %% a_copy_that_is_written_into
def wander(x):
    y = [each for each in x]
    for _ in range(4):
        for k in range(len(y)):
            y[k] += x[0] ** 2 + sin(x[1]) + exp(-x[2])
    return sum(y)


def value_and_gradient(f, x):
    slopes = []
    for i, _ in enumerate(x):
        speeds = [0.0 for _ in x]
        speeds[i] = 1.0
        y, y_dot = jvp(lambda *entries: f(list(entries)), list(x), speeds)
        slopes += [y_dot]
    return [y, slopes]


# %% an_array_with_a_warning
import warnings


def wander(x):
    warnings.warn("an array of objects", stacklevel=1)
    y = np.array(list(x), dtype=object)
    for _ in range(4):
        y = y + (x[0] ** 2 + sin(x[1]) + 1 / exp(x[2]))
    return lift(y.sum())


def value_and_gradient(f, x):
    slopes = np.zeros(len(x))
    for i in range(len(x)):
        value, slopes[i] = jvp(lambda *e: f(list(e)), x, [int(i == j) for j in range(len(x))])
    return value, slopes
