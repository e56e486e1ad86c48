# %% [markdown]
# Other right ways to do exercise 8.4 (judged by the hard picture); each gets full marks.

# %% by_the_tape
def pull(distance, softness):
    return dp.grad(lambda d: dp.sum(coverage(d, softness)))(distance)


def change(picture, p, h):
    before, after = (np.asarray(picture(each)) for each in (p - h, p + h))
    return (after - before) / h / 2


def cosine(a, b):
    a, b = a.ravel() / np.linalg.norm(a), b.ravel() / np.linalg.norm(b)
    return float(a @ b)


# %% in_halves
import sys


def pull(distance, softness):
    print("pull", file=sys.stderr)
    covered, missed = coverage(distance, softness), coverage(-distance, softness)
    return -(covered * missed) / softness


def change(picture, p, h):
    forward = (picture(p + h) - picture(p)) / h
    back = (picture(p) - picture(p - h)) / h
    return 0.5 * (forward + back)


def cosine(a, b):
    return np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


# %% number_by_number
import math


def pull(distance, softness):
    if np.ndim(distance) == 0:
        covered = coverage(distance, softness)
        return (covered**2 - covered) / softness
    return np.array([pull(each, softness) for each in distance])


def change(picture, p, h):
    return dp.mean(dp.stack([picture(p + h) / h, -picture(p - h) / h]), axis=0)


def cosine(a, b):
    pairs = list(zip(np.ravel(a), np.ravel(b), strict=True))
    long = math.sqrt(sum(x * x for x, _ in pairs)) * math.sqrt(sum(y * y for _, y in pairs))
    return sum(x * y for x, y in pairs) / long


# %% own_formula
def pull(distance, softness):
    return -1 / (4 * softness * np.cosh(np.clip(distance / softness, -600, 600) / 2) ** 2)


def cosine(a, b):
    return dp.sum(a * b) / (dp.linalg.norm(dp.ravel(a)) * dp.linalg.norm(dp.ravel(b)))


# %% forward_mode
def pull(distance, softness):
    return dp.jvp(lambda d: coverage(d, softness), (distance,), (np.ones_like(distance),))[1]


def cosine(a, b):
    return np.tensordot(a, b, axes=a.ndim) / np.sqrt((a**2).sum()) / np.sqrt((b**2).sum())
