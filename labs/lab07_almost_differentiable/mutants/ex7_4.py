# %% [markdown]
# Wrong ways to do exercise 7.4 (soft IoU); each loses marks, for the reason named.

# %% hard_overlap diagnosis="zero"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return dp.relu(dp.minimum(a1, b1) - dp.maximum(a0, b0))


# %% temperature_once diagnosis="missing_factor"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return dp.softplus((dp.minimum(a1, b1) - dp.maximum(a0, b0)) / t)


# %% no_temperature diagnosis="wrong_argument"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return dp.softplus(dp.minimum(a1, b1) - dp.maximum(a0, b0))


# %% gap_for_overlap diagnosis="sign"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return t * dp.softplus((dp.maximum(a0, b0) - dp.minimum(a1, b1)) / t)


# %% covers_for_shares diagnosis="swapped"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return t * dp.softplus((dp.maximum(a1, b1) - dp.minimum(a0, b0)) / t)


# %% hard_areas diagnosis="missing_factor"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (
        (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared(a, b)
    )


# %% counted_twice diagnosis="missing_term"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (shared(a, a) + shared(b, b))


# %% no_union diagnosis="wrong_argument"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b)


# %% lengths_added diagnosis="wrong_rule"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across + soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (shared(a, a) + shared(b, b) - shared(a, b))


# %% uphill diagnosis="ascent"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] + rate * t * slope)
    return boxes


# %% no_logarithm diagnosis="other_function"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -soft_iou(box, target, t))(boxes[-1])
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes


# %% step_without_t diagnosis="learning_rate"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate * slope)
    return boxes


# %% never_cools diagnosis="stale"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for _ in temperatures:
        t = temperatures[0]
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes


# %% forgets_the_start diagnosis="shape"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes[1:]


# %% last_box_only diagnosis="wrong_type"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes[-1]


# %% target_is_soft diagnosis="missing_term"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (dp.stop_gradient(shared(a, a)) + shared(b, b) - shared(a, b))


# %% moves_the_start diagnosis="mutated_input"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(box.copy())
        box -= rate * t * slope
        boxes.append(box)
    return boxes


# %% ready_made diagnosis="borrowed"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""
    return dp.relax.soft_iou(a, b, t)


# %% a_lies_left_of_b diagnosis="wrong_argument"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return t * dp.softplus((a1 - b0) / t)


# %% none_lies_inside diagnosis="wrong_argument"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return t * dp.softplus(dp.minimum(a1 - b0, b1 - a0) / t)


# %% overflows diagnosis="raised"
def soft_overlap(a0, a1, b0, b1, t):
    """The length that the intervals [a0, a1] and [b0, b1] share, softly."""
    return t * dp.log(1 + dp.exp((dp.minimum(a1, b1) - dp.maximum(a0, b0)) / t))


# %% corners_misread diagnosis="swapped"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[1], b[0], b[1], t)
        return across * soft_overlap(a[2], a[3], b[2], b[3], t)

    return shared(a, b) / (shared(a, a) + shared(b, b) - shared(a, b))


# %% the_loss_for_the_ratio diagnosis="sign"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return 1 - shared(a, b) / (shared(a, a) + shared(b, b) - shared(a, b))


# %% slope_at_the_start diagnosis="stale"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(box)
        boxes.append(boxes[-1] - rate * t * slope)
    return boxes


# %% step_over_t diagnosis="learning_rate"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes = [box]
    for t in temperatures:
        slope = dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(boxes[-1])
        boxes.append(boxes[-1] - rate / t * slope)
    return boxes


# %% one_array_many_times diagnosis="aliased"
def find(box, target, temperatures, rate):
    """A list of boxes on the way from box to target, one more than there are temperatures."""
    boxes, here = [box], box.copy()
    for t in temperatures:
        here -= rate * t * dp.grad(lambda box, t=t: -dp.log(soft_iou(box, target, t)))(here)
        boxes.append(here)
    return boxes


# %% overlap_added_to_the_union diagnosis="sign"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""

    def shared(a, b):
        across = soft_overlap(a[0], a[2], b[0], b[2], t)
        return across * soft_overlap(a[1], a[3], b[1], b[3], t)

    return shared(a, b) / (shared(a, a) + shared(b, b) + shared(a, b))


# %% ratio_of_hard_areas diagnosis="zero"
def soft_iou(a, b, t):
    """Intersection over union of two boxes (left, bottom, right, top), softly."""
    return hard_iou(a, b)
