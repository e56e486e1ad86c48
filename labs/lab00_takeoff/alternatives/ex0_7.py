# %% [markdown]
# Other right ways to do exercise 0.7 (ink meets ink); each gets full marks.

# %% product_of_whites
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return 1 - dp.prod(1 - ink, axis=0)


def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    off = page - target
    return dp.sum(off * off) / len(target)


# %% one_stroke_after_the_other
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    import sys

    print("strokes:", len(ink), file=sys.stderr)
    page = 0
    for k in range(ink.shape[0]):
        page = page + ink[k] - page * ink[k]
    return page


def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return dp.mean(dp.square(target - page))


# %% the_names_of_numpy
def compose(ink):
    """How dark each pixel is under all strokes: (strokes, pixels) gives (pixels,)."""
    return 1 - np.exp(np.sum(np.log(1 - ink), axis=0))


def loss(page, target):
    """How far the page is from the target: the mean squared difference of the pixels."""
    return np.mean((page - target) ** 2)
