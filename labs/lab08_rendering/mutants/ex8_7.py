# %% [markdown]
# Wrong ways to do exercise 8.7 (a first guess); each loses marks, for the reason named.

# %% no_paper diagnosis="missing_term"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = colours
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.argmin(apart, axis=-1)


# %% paper_first diagnosis="constant_offset"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([np.ones(3), colours])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.argmin(apart, axis=-1)


# %% furthest diagnosis="swapped"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.ones(3)])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.argmax(apart, axis=-1)


# %% brightness_only diagnosis="wrong_rule"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.ones(3)])
    apart = np.abs(picture.mean(axis=-1)[:, :, None] - every.mean(axis=-1))
    return np.argmin(apart, axis=-1)


# %% black_paper diagnosis="wrong_argument"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.zeros(3)])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.argmin(apart, axis=-1)


# %% paper_is_minus_one diagnosis="constant_offset"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.ones(3)])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.where(np.argmin(apart, axis=-1) == len(colours), -1, np.argmin(apart, axis=-1))


# %% channels_cancel diagnosis="wrong_rule"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.ones(3)])
    apart = np.abs(np.sum(picture[:, :, None] - every, axis=-1))
    return np.argmin(apart, axis=-1)


# %% how_near diagnosis="wrong_argument"
def label(picture, colours):
    """The number of the nearest colour, (height, width); white paper is number n."""
    every = np.vstack([colours, np.ones(3)])
    apart = np.sum((picture[:, :, None] - every) ** 2, axis=-1)
    return np.min(apart, axis=-1)


# %% radius_in_pixels diagnosis="missing_factor"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) / np.pi)
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% area diagnosis="missing_factor"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = len(here) * PIXEL**2
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% no_pi diagnosis="missing_factor"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2)
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% no_root diagnosis="wrong_rule"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = len(here) * PIXEL**2 / np.pi
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% diameter diagnosis="factor"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = 2 * np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% y_before_x diagnosis="swapped"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.mean(axis=0)[::-1], radius, *colour])
    return np.array(rows)


# %% y_points_down diagnosis="sign"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*(here.mean(axis=0) * [1, -1]), radius, *colour])
    return np.array(rows)


# %% rows_and_columns diagnosis="wrong_argument"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = np.argwhere(labels == k)
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.mean(axis=0), radius, *colour])
    return np.array(rows)


# %% sum_of_places diagnosis="not_summed"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.sum(axis=0), radius, *colour])
    return np.array(rows)


# %% without_colours diagnosis="shape"
def look(picture, colours):
    """A first guess of the scene: a circle for each colour."""
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        radius = np.sqrt(len(here) * PIXEL**2 / np.pi)
        rows.append([*here.mean(axis=0), radius])
    return np.array(rows)


# %% absolute_values diagnosis="wrong_rule"
def label(picture, colours):
    every = np.vstack([colours, np.ones(3)])
    return np.argmin(np.abs(picture[:, :, None] - every).sum(-1), axis=-1)


# %% first_is_one diagnosis="constant_offset"
def label(picture, colours):
    every = np.vstack([colours, np.ones(3)])
    return 1 + np.argmin(((picture[:, :, None] - every) ** 2).sum(-1), axis=-1)


# %% white_by_a_threshold diagnosis="wrong_value"
def label(picture, colours):
    answer = np.argmin(((picture[:, :, None] - colours) ** 2).sum(-1), axis=-1)
    answer[picture.min(-1) > 0.9] = len(colours)
    return answer


# %% largest_first diagnosis="wrong_order"
def look(picture, colours):
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        rows.append([*here.mean(axis=0), np.sqrt(len(here) * PIXEL**2 / np.pi), *colour])
    return np.array(sorted(rows, key=lambda row: -row[2]))


# %% radius_last diagnosis="wrong_order"
def look(picture, colours):
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        rows.append([*here.mean(axis=0), *colour, np.sqrt(len(here) * PIXEL**2 / np.pi)])
    return np.array(rows)


# %% measured_colours diagnosis="wrong_argument"
def look(picture, colours):
    labels, rows = label(picture, colours), []
    for k in range(len(colours)):
        here, shades = POINTS[labels == k], picture[labels == k]
        rows.append(
            [*here.mean(axis=0), np.sqrt(len(here) * PIXEL**2 / np.pi), *shades.mean(axis=0)]
        )
    return np.array(rows)


# %% both_coordinates_counted diagnosis="factor"
def look(picture, colours):
    labels, rows = label(picture, colours), []
    for k, colour in enumerate(colours):
        here = POINTS[labels == k]
        rows.append([*here.mean(axis=0), np.sqrt(here.size * PIXEL**2 / np.pi), *colour])
    return np.array(rows)


# %% ready_made diagnosis="borrowed"
def look(picture, colours):
    guess = render.first_guesses(["circle"] * len(colours), picture, SHEET)[0][1]
    return np.hstack([guess["at"], guess["size"][:, None], guess["colour"]])
