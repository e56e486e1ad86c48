# %% [markdown]
# Other right ways to do exercise 6.7 (ISTA and FISTA); each gets full marks.

# %% by_cases_and_a_velocity
def soft_threshold(x, t):
    return np.where(x > t, x - t, np.where(x < -t, x + t, 0.0))


def ista(gradient, x, step, weight, n):
    points = [x]
    while len(points) <= n:
        points.append(soft_threshold(points[-1] - step * gradient(points[-1]), step * weight))
    return points


def fista(gradient, x, step, weight, n):
    points, velocity, t = [x], 0 * x, 1.0
    for _ in range(n):
        ahead = points[-1] + velocity
        points.append(soft_threshold(ahead - step * gradient(ahead), step * weight))
        new_t = 0.5 + math.sqrt(0.25 + t * t)
        velocity = (t - 1) / new_t * (points[-1] - points[-2])
        t = new_t
    return points


# %% what_is_left_after_clipping
def soft_threshold(x, t):
    return x - np.clip(x, -t, t)


def _proximal(gradient, x, step, weight, n, fast):
    points, y, t = np.empty((n + 1, *x.shape)), x, 1.0
    points[0] = x
    for k in range(n):
        points[k + 1] = soft_threshold(y - step * gradient(y), step * weight)
        new_t = (1 + (1 + 4 * t**2) ** 0.5) / 2
        y = points[k + 1] + fast * (t - 1) / new_t * (points[k + 1] - points[k])
        t = new_t
    return points


def ista(gradient, x, step, weight, n):
    return _proximal(gradient, x, step, weight, n, 0)


def fista(gradient, x, step, weight, n):
    return _proximal(gradient, x, step, weight, n, 1)


# %% two_ramps_and_one_walk
def soft_threshold(x, t):
    return np.maximum(x - t, 0) - np.maximum(-x - t, 0)


def ista(gradient, x, step, weight, n):
    return fista(gradient, x, step, weight, n, fast=False)


def fista(gradient, x, step, weight, n, fast=True):
    points, y, t = [x], x, 1
    for _ in range(n):
        new = soft_threshold(y - gradient(y) * step, t=step * weight)
        later = (1 + np.sqrt(1 + 4 * t * t)) / 2
        y = new + ((t - 1) / later if fast else 0) * (new - x)
        x, t = new, later
        points.append(x)
    return tuple(points)


# %% number_by_number
def soft_threshold(x, t):
    out = np.zeros(np.shape(x))
    for place, each in np.ndenumerate(x):
        if abs(each) > t:
            out[place] = each - math.copysign(t, each)
    return out
