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
