# %% [markdown]
# Other right ways to do exercise 8.2 (distances); each gets full marks.

# %% by_columns
def circle(points, centre, radius):
    wide, high = points[..., 0] - centre[0], points[..., 1] - centre[1]
    return dp.sqrt(wide * wide + high * high + 1e-24) - radius


def segment(points, start, end):
    ax, ay = end[0] - start[0], end[1] - start[1]
    px, py = points[..., 0] - start[0], points[..., 1] - start[1]
    f = dp.clip((px * ax + py * ay) / (ax * ax + ay * ay + 1e-12), 0.0, 1.0)
    return dp.sqrt((px - f * ax) ** 2 + (py - f * ay) ** 2 + 1e-24)


# %% envelope
import sys


def circle(points, centre, radius):
    print("circle", file=sys.stderr)
    return dp.linalg.norm(centre - points, axis=-1) - radius


def segment(points, start, end):
    along, away = end - start, points - start
    square = dp.sum(along * along) + 1e-12
    foot = dp.stop_gradient(dp.sum(away * along, axis=-1) / square)
    foot = dp.minimum(dp.maximum(foot, 0.0), 1.0)
    nearest = start + dp.expand_dims(foot, -1) * along
    return dp.linalg.norm(points - nearest, axis=-1)


# %% three_cases
def segment(points, start, end):
    along = end - start
    length = dp.linalg.norm(along)
    unit = along / dp.maximum(length, 1e-9)
    away = points - start
    t = dp.sum(away * unit, axis=-1)
    side = dp.linalg.norm(away - dp.expand_dims(t, -1) * unit, axis=-1)
    before, beyond = dp.linalg.norm(away, axis=-1), dp.linalg.norm(points - end, axis=-1)
    return dp.where(t <= 0.0, before, dp.where(t >= length, beyond, side))


# %% point_by_point
def circle(points, centre, radius):
    if points.ndim > 1:
        return dp.stack([circle(each, centre, radius) for each in points])
    return dp.linalg.norm(points - centre) - radius


def segment(points, start, end):
    if points.ndim > 1:
        return dp.stack([segment(each, start, end) for each in points])
    a, p = end - start, points - start
    foot = dp.dot(a, p) / dp.maximum(dp.dot(a, a), 1e-12)
    return dp.linalg.norm(p - dp.minimum(1.0, dp.maximum(0.0, foot)) * a)


# %% careful_root
def length(v):
    square = dp.sum(v * v, axis=-1)
    tiny = square < 1e-24
    return dp.where(tiny, 0.0, dp.sqrt(dp.where(tiny, 1.0, square)))


def circle(points, centre, radius):
    return length(points - centre) - radius


def segment(points, start, end):
    a, p = end - start, points - start
    if np.array_equal(start, end):
        return length(p)
    f = (p @ a) / (a @ a)
    f = dp.where(f < 0, 0.0, dp.where(f > 1, 1.0, f))
    return length(points - (start + dp.stack([f * a[0], f * a[1]], axis=-1)))


# %% flat_and_numpy
def circle(points, centre, radius):
    return np.linalg.norm(points - centre, axis=-1) - radius


def segment(points, start, end):
    flat, a = dp.reshape(points, (-1, 2)) - start, end - start
    f = dp.sum(flat * a, axis=1) / dp.maximum(dp.sum(a**2), 1e-12)
    f = dp.relu(f) - dp.relu(f - 1)
    return dp.reshape(dp.linalg.norm(flat - dp.outer(f, a), axis=1), points.shape[:-1])
