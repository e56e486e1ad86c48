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


# %% from_the_library diagnosis="ready_made"
def heavy_ball(gradient, x, step, momentum, n):
    place, points = dp.tensor(x, requires_grad=True), [x]
    walker = optim.SGD([place], lr=step, momentum=momentum)
    for _ in range(n):
        place.grad = gradient(place.data)
        walker.step()
        points.append(place.data)
    return points


# %% from_torch diagnosis="ready_made"
def heavy_ball(gradient, x, step, momentum, n):
    import torch

    place, points = torch.tensor(x, requires_grad=True), [x]
    walker = torch.optim.SGD([place], lr=step, momentum=momentum)
    for _ in range(n):
        place.grad = torch.tensor(gradient(place.detach().numpy()))
        walker.step()
        points.append(place.detach().numpy().copy())
    return points


# %% velocity_outlives_the_call diagnosis="stale"
KEPT = {}


def heavy_ball(gradient, x, step, momentum, n):
    points, velocity = [x], KEPT.get(x.shape, 0.0)
    for _ in range(n):
        velocity = momentum * velocity - step * gradient(x)
        x = x + velocity
        points.append(x)
    KEPT[x.shape] = velocity
    return points


# %% one_array_for_all diagnosis="aliased"
def heavy_ball(gradient, x, step, momentum, n):
    points, x, velocity = [x], x.copy(), 0.0
    for _ in range(n):
        velocity = momentum * velocity - step * gradient(x)
        x += velocity
        points.append(x)
    return points


# %% points_ahead diagnosis="wrong_argument"
def nesterov(gradient, x, step, momentum, n):
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = ahead - step * gradient(ahead), x
        points.append(ahead)
    return points


# %% as_in_torch diagnosis="wrong_argument"
def nesterov(gradient, x, step, momentum, n):
    points, velocity = [x], 0.0
    for _ in range(n):
        g = gradient(x)
        velocity = momentum * velocity + g
        x = x - step * (g + momentum * velocity)
        points.append(x)
    return points


# %% steps_from_x diagnosis="wrong_point"
def nesterov(gradient, x, step, momentum, n):
    points, before = [x], x
    for _ in range(n):
        ahead = x + momentum * (x - before)
        x, before = x - step * gradient(ahead), x
        points.append(x)
    return points


# %% comes_from_zero diagnosis="wrong_point"
def heavy_ball(gradient, x, step, momentum, n):
    points, before = [x], np.zeros_like(x)
    for _ in range(n):
        x, before = x - step * gradient(x) + momentum * (x - before), x
        points.append(x)
    return points


# %% before_stays_the_start diagnosis="stale"
def heavy_ball(gradient, x, step, momentum, n):
    points, before = [x], x
    for _ in range(n):
        x = x - step * gradient(x) + momentum * (x - before)
        points.append(x)
    return points


# %% gradient_of_the_start diagnosis="stale"
def heavy_ball(gradient, x, step, momentum, n):
    points, before, g = [x], x, gradient(x)
    for _ in range(n):
        x, before = x - step * g + momentum * (x - before), x
        points.append(x)
    return points


# %% one_minus_momentum diagnosis="factor"
def heavy_ball(gradient, x, step, momentum, n):
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * gradient(x) + (1 - momentum) * (x - before), x
        points.append(x)
    return points


# %% step_times_momentum diagnosis="factor"
def heavy_ball(gradient, x, step, momentum, n):
    points, before = [x], x
    for _ in range(n):
        x, before = x - step * (gradient(x) - momentum * (x - before)), x
        points.append(x)
    return points


# %% single_precision diagnosis="float32"
def heavy_ball(gradient, x, step, momentum, n):
    x = x.astype(np.float32)
    points, before = [x], x
    for _ in range(n):
        new = x - step * gradient(x) + momentum * (x - before)
        x, before = new.astype(np.float32), x
        points.append(x)
    return points
