# %% [markdown]
# Other right ways to do exercise 8.3 (coverage and layers); each gets full marks.

# %% tanh_and_logarithms
def coverage(distance, softness):
    return 0.5 - 0.5 * dp.tanh(0.5 * distance / softness)


def soft_or(covered):
    white = 1.0
    for k in range(len(covered)):
        white = white * (1.0 - covered[k])
    return 1.0 - white


def over(picture, covered, colour):
    share = dp.expand_dims(covered, -1)
    return (1.0 - share) * picture + share * colour


# %% channel_by_channel
import sys


def coverage(distance, softness):
    z = distance / softness
    return dp.exp(-dp.softplus(z))


def soft_or(covered):
    total = covered[0]
    for k in range(1, len(covered)):
        total = total + covered[k] - total * covered[k]
    return total


def over(picture, covered, colour):
    print("over", file=sys.stderr)
    return dp.stack(
        [picture[..., k] * (1 - covered) + colour[k] * covered for k in range(3)], axis=-1
    )


# %% two_branches
def coverage(distance, softness):
    z = -distance / softness
    small = dp.exp(-dp.abs(z))
    return dp.where(z >= 0, 1 / (1 + small), small / (1 + small))


def soft_or(covered):
    if len(covered) == 1:
        return covered[0]
    return covered[0] + (1 - covered[0]) * soft_or(covered[1:])


def over(picture, covered, colour):
    high, wide = covered.shape
    share = dp.reshape(covered, (high, wide, 1))
    return picture * (1 - share) + dp.reshape(colour, (1, 1, 3)) * share


# %% with_numpy
from functools import reduce


def coverage(distance, softness):
    return 1 / (1 + np.exp(dp.clip(distance / softness, -500, 500)))


def soft_or(covered):
    return 1.0 - reduce(lambda a, b: a * b, [1.0 - each for each in covered])


def over(picture, covered, colour):
    new, share = picture * 1.0, np.expand_dims(covered, axis=2)
    new = new * (1 - share)
    return new + share * colour


# %% logarithms_with_care
def soft_or(covered):
    return 1 - dp.exp(dp.sum(dp.log(1 - covered + 1e-300), axis=0))


def over(picture, covered, colour):
    share = dp.stack([covered] * 3, axis=-1)
    return picture - share * (picture - colour)
