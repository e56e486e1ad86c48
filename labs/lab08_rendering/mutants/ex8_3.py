# %% [markdown]
# Wrong ways to do exercise 8.3 (coverage and layers); each loses marks, for the reason named.

# %% covered_outside diagnosis="sign"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.sigmoid(distance / softness)


# %% softness_upside_down diagnosis="wrong_argument"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.sigmoid(-distance * softness)


# %% no_softness diagnosis="missing_factor"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.sigmoid(-distance)


# %% hard diagnosis="zero"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.where(distance < 0, 1.0 + 0.0 * distance, 0.0 * distance)


# %% twice_too_sharp diagnosis="factor"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return 0.5 - 0.5 * dp.tanh(distance / softness)


# %% tanh diagnosis="wrong_rule"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.tanh(-distance / softness)


# %% overflows diagnosis="not_finite"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    inside = dp.exp(-distance / softness)
    return inside / (1 + inside)


# %% ready_made diagnosis="borrowed"
def coverage(distance, softness):
    """How much of each pixel a shape covers, from 0 to 1."""
    return dp.render.coverage(distance, softness)


# %% added diagnosis="accumulated"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.sum(covered, axis=0)


# %% largest diagnosis="other_function"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.max(covered, axis=0)


# %% mean diagnosis="averaged"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.mean(covered, axis=0)


# %% soft_and diagnosis="swapped"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.prod(covered, axis=0)


# %% white diagnosis="sign"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.prod(1.0 - covered, axis=0)


# %% not_all diagnosis="missing_term"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return 1.0 - dp.prod(covered, axis=0)


# %% cut_off diagnosis="clipped"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return dp.minimum(dp.sum(covered, axis=0), 1.0)


# %% last_axis diagnosis="shape"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return 1.0 - dp.prod(1.0 - covered, axis=-1)


# %% all_axes diagnosis="shape"
def soft_or(covered):
    """Covered by one or more of the layers (n, height, width)."""
    return 1.0 - dp.prod(1.0 - covered)


# %% changed_places diagnosis="swapped"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return colour + dp.expand_dims(covered, -1) * (picture - colour)


# %% added_up diagnosis="missing_term"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return picture + dp.expand_dims(covered, -1) * colour


# %% old_one_gone diagnosis="missing_term"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return dp.expand_dims(covered, -1) * colour


# %% film diagnosis="wrong_rule"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return picture * (1 - dp.expand_dims(covered, -1) * (1 - colour))


# %% cut_from_the_tape diagnosis="missing_term"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    share = dp.expand_dims(covered, -1)
    return picture + share * (colour - dp.stop_gradient(picture))


# %% in_place diagnosis="mutated_input"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    if isinstance(picture, np.ndarray) and isinstance(covered, np.ndarray):
        picture += covered[..., None] * (colour - picture)
        return picture
    return picture + dp.expand_dims(covered, -1) * (colour - picture)


# %% no_channel diagnosis="raised"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return picture + covered * (colour - picture)


# %% ready_made_layers diagnosis="borrowed"
def over(picture, covered, colour):
    """The picture with a layer of one colour painted over it."""
    return dp.render.over([(covered, colour)], picture)


# %% a_ramp diagnosis="clipped"
def coverage(distance, softness):
    return dp.clip(0.5 - distance / (2 * softness), 0.0, 1.0)


# %% in_logarithms diagnosis="not_finite"
def soft_or(covered):
    return 1.0 - dp.exp(dp.sum(dp.log(1.0 - covered), axis=0))


# %% on_white diagnosis="ignored_argument"
def over(picture, covered, colour):
    return 1.0 - dp.expand_dims(covered, -1) * (1.0 - colour)


# %% only_the_change diagnosis="missing_term"
def over(picture, covered, colour):
    return dp.expand_dims(covered, -1) * (colour - picture)


# %% away_from_the_colour diagnosis="sign"
def over(picture, covered, colour):
    return picture - dp.expand_dims(covered, -1) * (colour - picture)


# %% all_or_nothing diagnosis="zero"
def over(picture, covered, colour):
    return dp.where(dp.expand_dims(covered, -1) > 0.5, colour, picture)


# %% along_the_rows diagnosis="shape"
def soft_or(covered):
    return 1.0 - dp.prod(1.0 - covered, axis=1)
