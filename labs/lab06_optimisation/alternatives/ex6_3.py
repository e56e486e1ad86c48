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
