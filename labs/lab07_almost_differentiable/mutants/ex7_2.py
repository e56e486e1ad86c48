# %% [markdown]
# Wrong ways to do exercise 7.2 (soft-if, and its bias); each loses marks, for the reason named.

# %% sides_swapped diagnosis="swapped"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.sigmoid(margin / temperature)
    return sure * no + (1 - sure) * yes


# %% temperature_upside_down diagnosis="wrong_argument"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.sigmoid(margin * temperature)
    return sure * yes + (1 - sure) * no


# %% no_temperature diagnosis="missing_factor"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.sigmoid(margin)
    return sure * yes + (1 - sure) * no


# %% still_hard diagnosis="zero"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.where(margin > 0, 1.0, 0.0) + 0 * margin
    return sure * yes + (1 - sure) * no


# %% overflows diagnosis="not_finite"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.exp(margin / temperature) / (1 + dp.exp(margin / temperature))
    return sure * yes + (1 - sure) * no


# %% plain_numbers diagnosis="zero"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.stop_gradient(dp.sigmoid(margin / temperature))
    return sure * yes + (1 - sure) * no


# %% forgets_the_other_side diagnosis="wrong_value"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.sigmoid(margin / temperature)
    return sure * yes


# %% ratio_upside_down diagnosis="wrong_argument"
def warmest(distance, jump, tolerance):
    """The temperature at which a soft-if errs by `tolerance`, `distance` away from a `jump`."""
    return np.log(jump / tolerance - 1) / distance


# %% logarithm_upside_down diagnosis="sign"
def warmest(distance, jump, tolerance):
    """The temperature at which a soft-if errs by `tolerance`, `distance` away from a `jump`."""
    return distance / np.log(1 / (jump / tolerance - 1))


# %% tail_for_share diagnosis="magnitude"
def warmest(distance, jump, tolerance):
    """The temperature at which a soft-if errs by `tolerance`, `distance` away from a `jump`."""
    return distance / np.log(jump / tolerance)


# %% forgets_the_jump diagnosis="missing_factor"
def warmest(distance, jump, tolerance):
    """The temperature at which a soft-if errs by `tolerance`, `distance` away from a `jump`."""
    return distance / np.log(1 / tolerance - 1)
