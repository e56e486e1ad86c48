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


# %% ready_made diagnosis="borrowed"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    return dp.relax.soft_if(margin, yes, no, temperature)


# %% bare_tanh diagnosis="wrong_rule"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = dp.tanh(margin / temperature)
    return sure * yes + (1 - sure) * no


# %% tanh_of_the_whole_margin diagnosis="factor"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = (1 + dp.tanh(margin / temperature)) / 2
    return sure * yes + (1 - sure) * no


# %% one_number_only diagnosis="raised"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    tail = dp.exp(-dp.abs(margin) / temperature)
    sure = 1 / (1 + tail) if margin > 0 else tail / (1 + tail)
    return sure * yes + (1 - sure) * no


# %% changes_the_margins diagnosis="mutated_input"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    if isinstance(margin, np.ndarray):
        margin /= temperature
        temperature = 1.0
    sure = dp.sigmoid(margin / temperature)
    return sure * yes + (1 - sure) * no


# %% slope_is_lost_far_away diagnosis="not_finite"
def soft_if(margin, yes, no, temperature):
    """`yes` as far as the margin is positive, otherwise `no`."""
    sure = 1 / (1 + np.exp(-margin / temperature))
    return sure * yes + (1 - sure) * no
