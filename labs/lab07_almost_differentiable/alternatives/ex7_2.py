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


# %% by_softplus
def soft_if(margin: float, yes: float, no: float, temperature: float) -> float:
    print("margin", margin)
    return no + (yes - no) * dp.exp(-dp.softplus(-margin / temperature))


def warmest(distance: float, jump: float, tolerance: float) -> float:
    share = tolerance / jump
    return distance / (2 * np.arctanh(1 - 2 * share))


# %% two_stable_halves
def soft_if(margin, yes, no, temperature):
    tail = dp.exp(-dp.abs(margin) / temperature)
    likely = 1 / (1 + tail)
    sure = dp.where(margin > 0, likely, 1 - likely)
    return yes * sure + no * (1 - sure)


def warmest(distance, jump, tolerance):
    return np.array(distance / (np.log(jump - tolerance) - np.log(tolerance)))
