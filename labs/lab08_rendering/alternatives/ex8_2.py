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
