# %% [markdown]
# Wrong ways to do exercise 6.7 (ISTA and FISTA); each loses marks, for the reason named.

# %% hard_threshold diagnosis="wrong_rule"
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    return np.where(np.abs(x) > t, x, 0)


# %% positive_only diagnosis="magnitude"
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    return np.maximum(x - t, 0)


# %% signs_lost diagnosis="magnitude"
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    return np.maximum(np.abs(x) - t, 0)


# %% through_zero diagnosis="wrong_rule"
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    return np.sign(x) * (np.abs(x) - t)


# %% what_is_taken_away diagnosis="wrong_rule"
def soft_threshold(x, t):
    """Each number of x, moved towards 0 by t, but no further than 0."""
    return np.clip(x, -t, t)


# %% threshold_without_step diagnosis="missing_factor"
def ista(gradient, x, step, weight, n):
    """Proximal descent on f + weight·Σ|x|: the list of n + 1 points. `gradient` is that of f."""
    points = [x]
    for _ in range(n):
        x = soft_threshold(x - step * gradient(x), weight)
        points.append(x)
    return points


def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (new - x)
        x = new
        points.append(x)
    return points


# %% ista_without_threshold diagnosis="missing_term"
def ista(gradient, x, step, weight, n):
    """Proximal descent on f + weight·Σ|x|: the list of n + 1 points. `gradient` is that of f."""
    points = [x]
    for _ in range(n):
        x = x - step * gradient(x)
        points.append(x)
    return points


# %% shrunk_first diagnosis="wrong_order"
def ista(gradient, x, step, weight, n):
    """Proximal descent on f + weight·Σ|x|: the list of n + 1 points. `gradient` is that of f."""
    points = [x]
    for _ in range(n):
        x = soft_threshold(x, step * weight)
        x = x - step * gradient(x)
        points.append(x)
    return points


# %% uphill diagnosis="ascent"
def ista(gradient, x, step, weight, n):
    """Proximal descent on f + weight·Σ|x|: the list of n + 1 points. `gradient` is that of f."""
    points = [x]
    for _ in range(n):
        x = soft_threshold(x + step * gradient(x), step * weight)
        points.append(x)
    return points


# %% gradient_at_x diagnosis="wrong_point"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(x), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (new - x)
        x = new
        points.append(x)
    return points


# %% no_momentum diagnosis="missing_term"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new
        x = new
        points.append(x)
    return points


# %% x_too_early diagnosis="missing_term"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        x = new
        y = new + (before - 1) / t * (new - x)
        points.append(x)
    return points


# %% new_t_on_top diagnosis="post_update"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (t - 1) / t * (new - x)
        x = new
        points.append(x)
    return points


# %% momentum_backwards diagnosis="sign"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (x - new)
        x = new
        points.append(x)
    return points


# %% points_ahead diagnosis="wrong_argument"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (new - x)
        x = new
        points.append(y)
    return points


# %% from_the_old_y diagnosis="wrong_argument"
def fista(gradient, x, step, weight, n):
    """The same with a growing momentum: the list of the n + 1 points x."""
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        t, before = (1 + math.sqrt(1 + 4 * t**2)) / 2, t
        y = new + (before - 1) / t * (new - y)
        x = new
        points.append(x)
    return points


# %% threshold_from_the_library diagnosis="ready_made"
def soft_threshold(x, t):
    return optim.soft_threshold(x, t)


# %% threshold_by_its_name diagnosis="ready_made"
from dpkit.optim import soft_threshold


# %% walk_from_the_library diagnosis="ready_made"
def fista(gradient, x, step, weight, n):
    place, points = dp.tensor(x, requires_grad=True), [x]
    walker = optim.ProximalGradient([place], step, lambda v, s: soft_threshold(v, s * weight))

    def closure():
        place.grad = gradient(place.data)
        return 0.0

    for _ in range(n):
        walker.step(closure)
        points.append(place.data)
    return points


# %% divided_by_the_size diagnosis="not_finite"
def soft_threshold(x, t):
    return x / np.abs(x) * np.maximum(np.abs(x) - t, 0)


# %% away_from_zero diagnosis="sign"
def soft_threshold(x, t):
    return np.where(np.abs(x) <= t, 0, x - t)


# %% as_a_whole diagnosis="not_summed"
def soft_threshold(x, t):
    return x * max(0, 1 - t / np.linalg.norm(x))


# %% writes_into_x diagnosis="mutated_input"
def soft_threshold(x, t):
    x[np.abs(x) <= t] = 0
    x -= t * np.sign(x)
    return x


# %% threshold_without_weight diagnosis="missing_factor"
def ista(gradient, x, step, weight, n):
    points = [x]
    for _ in range(n):
        x = soft_threshold(x - step * gradient(x), step)
        points.append(x)
    return points


# %% weight_over_step diagnosis="wrong_rule"
def ista(gradient, x, step, weight, n):
    points = [x]
    for _ in range(n):
        x = soft_threshold(x - step * gradient(x), weight / step)
        points.append(x)
    return points


# %% down_the_corner diagnosis="wrong_rule"
def ista(gradient, x, step, weight, n):
    points = [x]
    for _ in range(n):
        x = x - step * (gradient(x) + weight * np.sign(x))
        points.append(x)
    return points


# %% gradient_shrunk diagnosis="wrong_argument"
def ista(gradient, x, step, weight, n):
    points = [x]
    for _ in range(n):
        x = x - step * soft_threshold(gradient(x), weight)
        points.append(x)
    return points


# %% only_the_root_halved diagnosis="wrong_rule"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        later = 1 + math.sqrt(1 + 4 * t**2) / 2
        y = new + (t - 1) / later * (new - x)
        x, t = new, later
        points.append(x)
    return points


# %% t_not_squared diagnosis="missing_factor"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        later = (1 + math.sqrt(1 + 4 * t)) / 2
        y = new + (t - 1) / later * (new - x)
        x, t = new, later
        points.append(x)
    return points


# %% another_schedule diagnosis="wrong_rule"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        later = t + 1
        y = new + (t - 1) / (t + 2) * (new - x)
        x, t = new, later
        points.append(x)
    return points


# %% old_t_below diagnosis="wrong_argument"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        later = (1 + math.sqrt(1 + 4 * t**2)) / 2
        y = new + (t - 1) / t * (new - x)
        x, t = new, later
        points.append(x)
    return points


# %% t_from_zero diagnosis="wrong_point"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 0.0
    for _ in range(n):
        new = soft_threshold(y - step * gradient(y), step * weight)
        later = (1 + math.sqrt(1 + 4 * t**2)) / 2
        y = new + (t - 1) / later * (new - x)
        x, t = new, later
        points.append(x)
    return points


# %% steps_from_x diagnosis="wrong_point"
def fista(gradient, x, step, weight, n):
    points, y, t = [x], x, 1.0
    for _ in range(n):
        new = soft_threshold(x - step * gradient(y), step * weight)
        later = (1 + math.sqrt(1 + 4 * t**2)) / 2
        y = new + (t - 1) / later * (new - x)
        x, t = new, later
        points.append(x)
    return points
