# %% [markdown]
# Other right ways to do exercise 7.2 (soft-if, and its bias); each gets full marks.

# %% one_sigmoid
def soft_if(margin, yes, no, temperature):
    return no + (yes - no) * dp.sigmoid(margin / temperature)


def warmest(distance, jump, tolerance):
    share = tolerance / jump
    return -distance / np.log(share / (1 - share))


# %% by_tanh
import math
import warnings


def soft_if(margin, yes, no, temperature):
    warnings.warn("both sides are computed", stacklevel=1)
    balance = dp.tanh(margin / (2 * temperature))
    return (yes + no) / 2 + balance * (yes - no) / 2


def warmest(distance, jump, tolerance):
    low, high = 0.0, 1e6  # the error grows with the temperature: halve
    for _ in range(200):
        middle = (low + high) / 2
        error = jump / (1 + math.exp(min(700, distance / middle)))
        low, high = (middle, high) if error < tolerance else (low, middle)
    return middle
