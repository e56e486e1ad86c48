# %% [markdown]
# Wrong ways to do exercise 8.2 (distances); each loses marks, for the reason named.

# %% inside_is_positive diagnosis="sign"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return radius - dp.linalg.norm(points - centre, axis=-1)


# %% from_the_centre diagnosis="missing_term"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.linalg.norm(points - centre, axis=-1)


# %% never_negative diagnosis="clipped"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.abs(dp.linalg.norm(points - centre, axis=-1) - radius)


# %% nothing_inside diagnosis="clipped"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.relu(dp.linalg.norm(points - centre, axis=-1) - radius)


# %% difference_of_squares diagnosis="wrong_rule"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.sum((points - centre) ** 2, axis=-1) - radius**2


# %% a_diamond diagnosis="wrong_rule"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.sum(dp.abs(points - centre), axis=-1) - radius


# %% in_radii diagnosis="factor"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.linalg.norm(points - centre, axis=-1) / radius - 1


# %% root_at_zero diagnosis="not_finite"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.sqrt(dp.sum((points - centre) ** 2, axis=-1)) - radius


# %% one_number diagnosis="shape"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.linalg.norm(points - centre) - radius


# %% plain_numbers diagnosis="zero"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.linalg.norm(points - dp.stop_gradient(centre), axis=-1) - dp.stop_gradient(radius)


# %% ready_made diagnosis="borrowed"
def circle(points, centre, radius):
    """Signed distance of points (…, 2) from a circle."""
    return dp.render.circle(points, centre, radius)


# %% endless_line diagnosis="wrong_rule"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.sum(away * along, axis=-1) / square
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% beyond_the_end diagnosis="clipped"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.maximum(dp.sum(away * along, axis=-1) / square, 0.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% before_the_start diagnosis="clipped"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.minimum(dp.sum(away * along, axis=-1) / square, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% not_divided diagnosis="missing_factor"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    foot = dp.clip(dp.sum(away * along, axis=-1), 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% by_the_length diagnosis="missing_factor"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / dp.sqrt(square), 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% squared diagnosis="wrong_rule"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / square, 0.0, 1.0)
    return dp.sum((away - dp.expand_dims(foot, -1) * along) ** 2, axis=-1)


# %% nearer_end diagnosis="wrong_rule"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    return dp.minimum(dp.linalg.norm(away, axis=-1), dp.linalg.norm(away - along, axis=-1))


# %% counted_from_zero diagnosis="wrong_point"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / square, 0.0, 1.0)
    return dp.linalg.norm(points - dp.expand_dims(foot, -1) * along, axis=-1)


# %% no_dot diagnosis="not_finite"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = end - start, points - start
    foot = dp.clip(dp.sum(away * along, axis=-1) / dp.sum(along * along), 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% end_is_a_constant diagnosis="zero"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    along, away = dp.stop_gradient(end) - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / square, 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% ready_made_segment diagnosis="borrowed"
def segment(points, start, end):
    """Distance of points (…, 2) from the straight line between two points."""
    return dp.render.segment(points, start, end)


# %% a_square diagnosis="wrong_rule"
def circle(points, centre, radius):
    return dp.max(dp.abs(points - centre), axis=-1) - radius


# %% centre_forgotten diagnosis="ignored_argument"
def circle(points, centre, radius):
    return dp.linalg.norm(points, axis=-1) - radius


# %% root_forgotten diagnosis="wrong_order"
def circle(points, centre, radius):
    return dp.sum((points - centre) ** 2, axis=-1) - radius


# %% foot_from_the_origin diagnosis="wrong_point"
def segment(points, start, end):
    along, away = end - start, points - start
    foot = dp.clip(dp.sum(points * along, axis=-1) / dp.maximum(dp.sum(along**2), 1e-12), 0.0, 1.0)
    return dp.linalg.norm(away - dp.expand_dims(foot, -1) * along, axis=-1)


# %% only_the_share diagnosis="wrong_argument"
def segment(points, start, end):
    along, away = end - start, points - start
    return dp.clip(dp.sum(away * along, axis=-1) / dp.maximum(dp.sum(along**2), 1e-12), 0.0, 1.0)


# %% one_share_for_all diagnosis="not_summed"
def segment(points, start, end):
    along, away = end - start, points - start
    foot = dp.clip(dp.sum(away * along) / dp.maximum(dp.sum(along**2), 1e-12), 0.0, 1.0)
    return dp.linalg.norm(away - foot * along, axis=-1)


# %% line_with_a_sign diagnosis="wrong_rule"
def segment(points, start, end):
    along, away = end - start, points - start
    crossed = away[..., 0] * along[1] - away[..., 1] * along[0]
    return crossed / dp.linalg.norm(along)


# %% root_on_the_segment diagnosis="not_finite"
def segment(points, start, end):
    along, away = end - start, points - start
    square = dp.maximum(dp.sum(along * along), 1e-12)
    foot = dp.clip(dp.sum(away * along, axis=-1) / square, 0.0, 1.0)
    gap = away - dp.expand_dims(foot, -1) * along
    return dp.sqrt(dp.sum(gap * gap, axis=-1))


# %% endless_recursion diagnosis="raised"
def circle(points, centre, radius):
    return circle(points - centre, 0 * centre, radius)
