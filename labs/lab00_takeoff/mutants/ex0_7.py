# %% [markdown]
# Wrong ways to do exercise 0.7 (ink meets ink); each loses marks, for the reason named.

# %% adds diagnosis="wrong_rule"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.sum(ink, axis=0)


# %% adds_and_cuts_off diagnosis="clipped"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.minimum(dp.sum(ink, axis=0), 1.0)


# %% darkest_only diagnosis="wrong_rule"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.max(ink, axis=0)


# %% white_for_dark diagnosis="sign"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.prod(1 - ink, axis=0)


# %% and_for_or diagnosis="wrong_rule"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.prod(ink, axis=0)


# %% over_the_pixels diagnosis="shape"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return 1 - dp.prod(1 - ink, axis=1)


# %% over_all diagnosis="shape"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return 1 - dp.prod(1 - ink)


# %% average diagnosis="averaged"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return dp.mean(ink, axis=0)


# %% writes_into_the_ink diagnosis="mutated_input"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    ink *= -1
    ink += 1
    return 1 - dp.prod(ink, axis=0)


# %% sum_for_mean diagnosis="not_averaged"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.sum((page - target) ** 2)


# %% no_square diagnosis="no_square"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.mean(page - target)


# %% square_of_the_mean diagnosis="no_square"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.mean(page - target) ** 2


# %% absolute diagnosis="wrong_rule"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.mean(dp.abs(page - target))


# %% root diagnosis="wrong_rule"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.sqrt(dp.mean((page - target) ** 2))


# %% one_for_each_pixel diagnosis="shape"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return (page - target) ** 2


# %% float_cuts_the_thread diagnosis="cut"
def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return float(dp.mean((page - target) ** 2))


# %% plain_numpy_cuts_the_thread diagnosis="cut"
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return 1 - np.prod(np.array(1 - ink), axis=0)
