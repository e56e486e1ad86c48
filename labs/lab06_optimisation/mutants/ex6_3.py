# %% [markdown]
# Wrong ways to do exercise 6.3 (momentum); each loses marks, for the reason named.

# %% before_too_early diagnosis="missing_term"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        before = x
        x = x - step * gradient(x) + momentum * (x - before)
        points.append(x)
    return points


# %% ball_looks_ahead diagnosis="wrong_point"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * gradient(x + momentum * (x - before)) + momentum * (x - before), x
        points.append(x)
    return points


# %% nesterov_stays diagnosis="wrong_point"
def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = ahead - step * gradient(x), x
        points.append(x)
    return points


# %% pulled_back diagnosis="sign"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * gradient(x) + momentum * (before - x), x
        points.append(x)
    return points


# %% nesterov_behind diagnosis="sign"
def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        ahead = x - momentum * (x - before)
        x, before = ahead - step * gradient(ahead), x
        points.append(x)
    return points


# %% uphill diagnosis="ascent"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        x, before = x + step * gradient(x) + momentum * (x - before), x
        points.append(x)
    return points


# %% in_place diagnosis="mutated_input"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        x, before = x.__isub__(step * gradient(x) - momentum * (x - before)), x.copy()
        points.append(x)
    return points


# %% without_the_start diagnosis="shape"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [], x
    for _ in range(n):
        x, before = x - step * gradient(x) + momentum * (x - before), x
        points.append(x)
    return points


def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    points, before = [], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = ahead - step * gradient(ahead), x
        points.append(x)
    return points


# %% a_running_mean diagnosis="factor"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, v = [x], 0.0 * x
    for _ in range(n):
        v = momentum * v + (1 - momentum) * gradient(x)
        x = x - step * v
        points.append(x)
    return points


# %% last_point_only diagnosis="shape"
def heavy_ball(gradient, x, step, momentum, n):
    """Polyak's ball: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * gradient(x) + momentum * (x - before), x
        points.append(x)
    return points[-1:]


def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = ahead - step * gradient(ahead), x
        points.append(x)
    return points[-1:]


# %% asks_twice diagnosis="repeated_pass"
def nesterov(gradient, x, step, momentum, n):
    """Momentum first, then the gradient: the list of n + 1 points."""
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        gradient(x)
        x, before = ahead - step * gradient(ahead), x
        points.append(x)
    return points
