# %% [markdown]
# Other right ways to do exercise 8.8 (learning an inverse); each gets full marks.

# %% with_squares_by_hand
def regression(g, x, y):
    gap = x - g(y)
    return dp.sum(gap * gap) / gap.size


def consistency(g, f, y):
    return dp.mean(dp.square(y - f(g(y))))


def polish(g, f, y, steps, rate):
    x = np.array(g(y))
    for _ in range(steps):
        x -= rate * dp.grad(lambda x: dp.sum(dp.square(y - f(x))))(x)
    return x


# %% with_an_optimiser
import warnings


def regression(g, x, y):
    answers = g(y)
    warnings.warn("regression", stacklevel=1)
    return dp.mean(answers**2 - 2 * answers * x + x**2)


def consistency(g, f, y):
    return regression(lambda y: f(g(y)), y, y)


def polish(g, f, y, steps, rate):
    x = dp.tensor(g(y), requires_grad=True)
    sgd = dp.optim.SGD([x], lr=rate)
    for _ in range(steps):
        sgd.zero_grad()
        dp.sum((f(x) - y) ** 2).backward()
        sgd.step()
    return x.data
