# %% [markdown]
# Other right ways to do exercise 6.3 (momentum); each gets full marks.

# %% with_a_velocity
def heavy_ball(gradient, x, step, momentum, n):
    velocity, points = np.zeros_like(x), [x]
    for _ in range(n):
        velocity = momentum * velocity - step * gradient(x)
        x = x + velocity
        points.append(x)
    return points


def nesterov(gradient, x, step, momentum, n):
    velocity, points = np.zeros_like(x), [x]
    for _ in range(n):
        velocity = momentum * velocity - step * gradient(x + momentum * velocity)
        x = x + velocity
        points.append(x)
    return points


# %% from_the_list_itself
def _walk(advance, x, n):
    points = [x.copy()]
    while len(points) <= n:
        now, before = points[-1], points[max(len(points) - 2, 0)]
        points.append(advance(now, now - before))
    return np.array(points)


def heavy_ball(gradient, x, step, momentum, n):
    return _walk(lambda now, last: now + momentum * last - step * gradient(now), x, n)


def nesterov(gradient, x, step, momentum, n):
    def advance(now, last):
        y = now + momentum * last
        return y - step * gradient(y)

    return _walk(advance, x, n)


# %% in_place_on_its_own
def heavy_ball(gradient, x, step, momentum, n):
    x, velocity, points = x.copy(), np.zeros(x.shape), [x]
    for _ in range(n):
        velocity *= momentum
        velocity -= step * gradient(x)
        x += velocity
        points.append(x.copy())
    return tuple(points)


def nesterov(gradient, x, step, momentum, n):
    points, y = [x.tolist()], x
    for _ in range(n):
        new = y - step * gradient(y)
        y, x = new + momentum * (new - x), new
        points.append(x.tolist())
    return points


# %% one_walk_for_both
import functools


def _walk(gradient, x, step, momentum, n, look):
    points, before = [x], x
    for _ in range(n):
        y = x + momentum * (x - before)
        x, before = y - step * gradient(y if look else x), x
        points.append(x)
    return points


heavy_ball = functools.partial(_walk, look=False)
nesterov = functools.partial(_walk, look=True)
