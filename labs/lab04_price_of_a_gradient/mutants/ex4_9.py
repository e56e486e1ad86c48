# %% [markdown]
# Wrong ways to do exercise 4.9 (memory for time); each loses marks, for the reason named.

# %% keeps_every_state diagnosis="too_much_memory"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% starts_again_from_the_beginning diagnosis="too_slow"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    x_bar, W_bar = seed, 0.0
    for k in range(steps - 1, -1, -1):
        x = start
        for _ in range(k):
            x = step(x)
        x_bar, part = pull(x, x_bar)
        W_bar = W_bar + part
    return x_bar, W_bar


# %% keeps_the_last_weights_only diagnosis="overwritten"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = part
    return x_bar, W_bar


# %% mean_over_the_steps diagnosis="averaged"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar / steps


# %% pulls_the_last_state diagnosis="wrong_argument"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps) + 1):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% forgets_the_short_stretch diagnosis="wrong_argument"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, first + every):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% sweeps_a_stretch_forwards diagnosis="wrong_adjoint"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(0), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% takes_stretches_from_the_beginning diagnosis="wrong_adjoint"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first = min(kept)
        x = kept.pop(first)
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% each_stretch_begins_with_the_seed diagnosis="wrong_adjoint"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        x_bar = seed
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% only_checkpoints_are_pulled diagnosis="missing_term"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% forgets_no_stretch diagnosis="too_much_memory"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    everything = []
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        everything.extend(stretch)
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar, W_bar


# %% forgets_the_weights diagnosis="wrong_type"
def checkpointed(step, pull, start, steps, every, seed):
    """(adjoint of start, adjoint of the shared W) of a recurrence, holding few states at once."""
    # 1. run, and keep some   2. from the last kept one: run its stretch again   3. sweep over it
    kept, x = {}, start
    for k in range(steps):
        if k % every == 0:
            kept[k] = x
        x = step(x)
    x_bar, W_bar = seed, 0.0
    while kept:
        first, x = kept.popitem()
        stretch = [x]
        for _ in range(first + 1, min(first + every, steps)):
            stretch.append(step(stretch[-1]))
        while stretch:
            x_bar, part = pull(stretch.pop(), x_bar)
            W_bar = W_bar + part
    return x_bar
