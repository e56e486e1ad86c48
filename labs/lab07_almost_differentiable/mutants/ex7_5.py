# %% [markdown]
# Wrong ways to do exercise 7.5 (choose hard, learn soft); each loses marks, for the reason named.

# %% one_logarithm diagnosis="missing_factor"
def gumbel(u):
    """Gumbel numbers from uniform ones."""
    return -np.log(u)


# %% gumbel_sign diagnosis="sign"
def gumbel(u):
    """Gumbel numbers from uniform ones."""
    return np.log(-np.log(u))


# %% soft_value diagnosis="swapped"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return soft


# %% hard_only diagnosis="zero"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return hard + 0 * soft


# %% everything_stopped diagnosis="zero"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return dp.stop_gradient(soft + hard - soft) + 0 * soft


# %% soft_choice diagnosis="swapped"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return softmax(noisy, temperature)


# %% no_dice diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + 0 * gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, temperature))


# %% dice_in_the_hard_part_only diagnosis="wrong_argument"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(logits, temperature))


# %% no_temperature diagnosis="missing_factor"
def choose(logits, u, temperature):
    """One of several by lot: hard in value, soft in its derivative."""
    noisy = logits + gumbel(u)
    return straight_through(one_hot(noisy), softmax(noisy, 1.0))


# %% half_straight diagnosis="wrong_value"
def straight_through(hard, soft):
    """The value of hard, the derivative of soft."""
    return soft + hard - dp.stop_gradient(soft) / 2
