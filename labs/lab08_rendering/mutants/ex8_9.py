# %% [markdown]
# Wrong ways to do exercise 8.9 (ink); each loses marks, for the reason named.

# %% grows diagnosis="sign"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.exp((distance / width) ** 2)


# %% a_spike diagnosis="wrong_rule"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.exp(-distance / width)


# %% width_not_squared diagnosis="wrong_order"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.exp(-(distance**2) / width)


# %% a_half diagnosis="factor"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.exp(-0.5 * (distance / width) ** 2)


# %% no_width diagnosis="missing_factor"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.exp(-(distance**2))


# %% as_a_shape diagnosis="wrong_rule"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.sigmoid(-distance / width)


# %% a_hard_pen diagnosis="zero"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.where(distance < width, 1.0 + 0.0 * distance, 0.0 * distance)


# %% ready_made diagnosis="borrowed"
def glow(distance, width):
    """The ink of a stroke at a distance from it."""
    return dp.render.glow(distance, width)


# %% paper diagnosis="sign"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return 1.0 - soft_or(dp.stack(inks))


# %% added diagnosis="accumulated"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return dp.sum(dp.stack(inks), axis=0)


# %% darkest diagnosis="other_function"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return dp.max(dp.stack(inks), axis=0)


# %% mean diagnosis="averaged"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return dp.mean(dp.stack(inks), axis=0)


# %% columns_misread diagnosis="wrong_argument"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, ::2], lines[k, 1::2]), width) for k in range(len(lines))]
    return soft_or(dp.stack(inks))


# %% first_stroke diagnosis="truncated"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return inks[0]


# %% layers diagnosis="shape"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    inks = [glow(segment(points, lines[k, :2], lines[k, 2:]), width) for k in range(len(lines))]
    return dp.stack(inks)


# %% ready_made_ink diagnosis="borrowed"
def draw(lines, width, points):
    """The ink of strokes (n, 4) at the points (height, width, 2)."""
    return dp.render.ink_plain(lines[:, :2], lines[:, 2:], np.ones(len(lines)), width, None)


# %% ink_for_paper diagnosis="swapped"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = draw(lines, width, points)
    difference = render.blur(sheet, blurred) - render.blur(image, blurred)
    return dp.mean(difference * difference)


# %% sharp diagnosis="missing_term"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(lines, width, points)
    difference = sheet - image
    return dp.mean(difference * difference)


# %% image_is_sharp diagnosis="missing_term"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(lines, width, points)
    difference = render.blur(sheet, blurred) - image
    return dp.mean(difference * difference)


# %% a_sum diagnosis="not_summed"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(lines, width, points)
    difference = render.blur(sheet, blurred) - render.blur(image, blurred)
    return dp.sum(difference * difference)


# %% absolute diagnosis="wrong_rule"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(lines, width, points)
    difference = render.blur(sheet, blurred) - render.blur(image, blurred)
    return dp.mean(dp.abs(difference))


# %% squares_blurred diagnosis="wrong_order"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(lines, width, points)
    difference = sheet - image
    return dp.mean(render.blur(difference * difference, blurred))


# %% off_the_tape diagnosis="zero"
def sketch_loss(lines, image, width, points, blurred):
    """How far the sheet with the strokes is from an image, both blurred."""
    sheet = 1.0 - draw(dp.stop_gradient(lines), width, points)
    difference = render.blur(sheet, blurred) - render.blur(image, blurred)
    return dp.mean(difference * difference)


# %% squared_away diagnosis="sign"
def glow(distance, width):
    return dp.exp((-distance / width) ** 2)


# %% cut_at_three_widths diagnosis="wrong_value"
def glow(distance, width):
    return dp.where(distance < 3 * width, dp.exp(-((distance / width) ** 2)), 0.0)


# %% dots diagnosis="wrong_argument"
def draw(lines, width, points):
    inks = [glow(segment(points, line[:2], line[:2]), width) for line in lines]
    return soft_or(dp.stack(inks))


# %% counted_from_the_start diagnosis="wrong_argument"
def draw(lines, width, points):
    inks = [glow(segment(points, line[:2], line[:2] + line[2:]), width) for line in lines]
    return soft_or(dp.stack(inks))


# %% no_ink diagnosis="missing_term"
def draw(lines, width, points):
    return soft_or(dp.stack([segment(points, line[:2], line[2:]) for line in lines]))


# %% never_stacked diagnosis="raised"
def draw(lines, width, points):
    return soft_or([glow(segment(points, line[:2], line[2:]), width) for line in lines])


# %% half_on_the_tape diagnosis="missing_term"
def draw(lines, width, points):
    inks = [glow(segment(points, line[:2], dp.stop_gradient(line[2:])), width) for line in lines]
    return soft_or(dp.stack(inks))


# %% blurred_by_the_pen diagnosis="wrong_argument"
def sketch_loss(lines, image, width, points, blurred):
    sheet = 1.0 - draw(lines, width, points)
    return dp.mean((render.blur(sheet, width) - render.blur(image, width)) ** 2)


# %% a_root diagnosis="wrong_rule"
def sketch_loss(lines, image, width, points, blurred):
    sheet = 1.0 - draw(lines, width, points)
    return dp.sqrt(dp.mean((render.blur(sheet, blurred) - render.blur(image, blurred)) ** 2))


# %% a_half_too_many diagnosis="factor"
def sketch_loss(lines, image, width, points, blurred):
    sheet = 1.0 - draw(lines, width, points)
    return dp.mean((render.blur(sheet, blurred) - render.blur(image, blurred)) ** 2) / 2


# %% into_the_photograph diagnosis="mutated_input"
def sketch_loss(lines, image, width, points, blurred):
    image -= 1.0
    return dp.mean(render.blur(draw(lines, width, points) + image, blurred) ** 2)
