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
