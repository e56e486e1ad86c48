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
