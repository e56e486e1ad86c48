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


# %% with_losses_of_nn
def regression(g, x, y):
    return nn.mse_loss(g(y), x)


def consistency(g, f, y):
    return dp.nn.mse_loss(f(g(y)), y)


def polish(g, f, y, steps, rate, x=None):
    x = g(y) if x is None else x
    if steps == 0:
        return x
    slope = dp.grad(lambda z: dp.sum((f(z) - y) ** 2))(x)
    return polish(g, f, y, steps - 1, rate, x - rate * slope)


# %% pulled_back
def polish(g, f, y, steps, rate):
    x = np.copy(g(y))
    for _ in range(steps):
        made, back = dp.vjp(f, x)
        x = x - rate * back(2 * (made - y))[0]
    return x


# %% a_tensor_each_time
def polish(g, f, y, steps, rate):
    x = np.asarray(g(y), float).copy()
    for _ in range(steps):
        here = dp.tensor(x, requires_grad=True)
        loss = ((f(here) - y) ** 2).sum()
        loss.backward()
        x -= rate * here.grad
    return x
