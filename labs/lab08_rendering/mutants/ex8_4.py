# %% [markdown]
# Wrong ways to do exercise 8.4 (judged by the hard picture); each loses marks, for the reason named.

# %% grows diagnosis="sign"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return covered * (1.0 - covered) / softness


# %% no_chain_rule diagnosis="missing_factor"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return -covered * (1.0 - covered)


# %% times_softness diagnosis="wrong_argument"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return -covered * (1.0 - covered) * softness


# %% one_factor diagnosis="wrong_rule"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return -covered / softness


# %% the_other_factor diagnosis="wrong_rule"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return -(1.0 - covered) / softness


# %% the_value diagnosis="wrong_argument"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return covered


# %% divided_twice diagnosis="repeated_factor"
def pull(distance, softness):
    """The derivative of coverage(distance, softness) by the distance."""
    covered = coverage(distance, softness)
    return -covered * (1.0 - covered) / softness**2


# %% one_side diagnosis="truncated"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return (picture(p + h) - picture(p)) / h


# %% looks_back diagnosis="truncated"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return (picture(p) - picture(p - h)) / h


# %% one_step_long diagnosis="factor"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return (picture(p + h) - picture(p - h)) / h


# %% brackets diagnosis="wrong_order"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return (picture(p + h) - picture(p - h)) / 2 * h


# %% not_divided diagnosis="missing_factor"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return picture(p + h) - picture(p - h)


# %% backwards diagnosis="sign"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return (picture(p - h) - picture(p + h)) / (2 * h)


# %% one_number diagnosis="not_summed"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    return np.sum(picture(p + h) - picture(p - h)) / (2 * h)


# %% step_of_its_own diagnosis="wrong_value"
def change(picture, p, h):
    """How each pixel of picture(p) changes with p: a centred difference."""
    h = 0.01
    return (picture(p + h) - picture(p - h)) / (2 * h)


# %% not_normalised diagnosis="normalised"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.sum(a * b)


# %% a_mean diagnosis="normalised"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.mean(a * b)


# %% no_roots diagnosis="wrong_rule"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.sum(a * b) / (np.sum(a * a) * np.sum(b * b))


# %% one_length diagnosis="missing_factor"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.sum(a * b) / np.sum(a * a)


# %% correlation diagnosis="wrong_rule"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


# %% no_direction diagnosis="clipped"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return abs(np.sum(a * b)) / np.sqrt(np.sum(a * a) * np.sum(b * b))


# %% the_angle diagnosis="wrong_argument"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.arccos(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)))


# %% normalises_in_place diagnosis="mutated_input"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    a /= np.linalg.norm(a)
    return np.sum(a * b) / np.linalg.norm(b)


# %% row_by_row diagnosis="shape"
def cosine(a, b):
    """The cosine of the angle between two arrays of one shape."""
    return np.sum(a * b, axis=-1) / np.sqrt(np.sum(a * a, axis=-1) * np.sum(b * b, axis=-1))


# %% by_the_softness diagnosis="wrong_argument"
def pull(distance, softness):
    covered = coverage(distance, softness)
    return covered * (1.0 - covered) * distance / softness**2


# %% never_darker diagnosis="clipped"
def change(picture, p, h):
    return np.abs(picture(p + h) - picture(p - h)) / (2 * h)


# %% half_a_step diagnosis="wrong_argument"
def change(picture, p, h):
    return (picture(p + h / 2) - picture(p - h / 2)) / h


# %% by_rows diagnosis="averaged"
def cosine(a, b):
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.mean(np.sum(a * b, axis=-1) / lengths)


# %% how_far_apart diagnosis="swapped"
def cosine(a, b):
    return 1.0 - np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b))


# %% squared diagnosis="repeated_factor"
def cosine(a, b):
    return np.sum(a * b) ** 2 / (np.sum(a * a) * np.sum(b * b))


# %% ready_made diagnosis="borrowed"
def pull(distance, softness):
    return dp.grad(lambda d: dp.sum(render.coverage(d, softness)))(distance)
