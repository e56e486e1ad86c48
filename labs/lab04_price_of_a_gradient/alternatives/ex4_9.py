# %% [markdown]
# Other right ways to do exercise 4.9 (memory for time); each gets full marks.

# %% a_list_of_checkpoints
def checkpointed(step, pull, start, steps, every, seed):
    def run(x, count):
        for _ in range(count):
            x = step(x)
        return x

    firsts = list(range(0, steps, every))
    kept = [start]
    for _ in firsts[1:]:
        kept.append(run(kept[-1], every))
    x_bar, parts = seed, []
    while firsts:
        first = firsts.pop()
        states = [kept.pop()]
        for _ in range(min(every, steps - first) - 1):
            states.append(step(states[-1]))
        for x in states[::-1]:
            x_bar, part = pull(x, x_bar)
            parts.append(part)
        del states, x
    return x_bar, sum(parts)


# %% by_place
import warnings


def checkpointed(step, pull, start, steps, every, seed):
    warnings.warn("keeping some", stacklevel=1)
    kept = {0: start}
    x = start
    for k in range(1, steps):
        x = step(x)
        if k % every == 0:
            kept[k] = x
    del x
    weights = 0
    for k in range(steps - 1, -1, -1):
        first = k - k % every
        for j in range(first + 1, k + 1):
            if j not in kept:
                kept[j] = step(kept[j - 1])
        seed, part = pull(kept[k], seed)
        weights = weights + part
        del kept[k]
    return seed, weights


# %% stretch_by_stretch
def checkpointed(step, pull, start, steps, every, seed):
    corners, x = [], start
    for k in range(steps):
        if not k % every:
            corners.append((x, min(every, steps - k)))
        x = step(x)
    x = None
    g, total_part = seed, None

    def back(x, count, g):
        """A stretch by a function that calls itself: the calls keep the states."""
        if count == 0:
            return g, 0.0
        g, later = back(step(x), count - 1, g) if count > 1 else (g, 0.0)
        g, part = pull(x, g)
        return g, later + part

    while corners:
        g, part = back(*corners.pop(), g)
        total_part = part if total_part is None else total_part + part
    return g, total_part


# %% a_function_for_a_stretch
def checkpointed(step, pull, start, steps, every, seed):
    def stretch(x, n):
        out = [x]
        while len(out) < n:
            out.append(step(out[-1]))
        return out

    kept, x = [], start
    for k in range(steps):
        if k % every == 0:
            kept.append((k, x))
        x = step(x)
    g, W = seed, 0
    for k, x in reversed(kept):
        states = stretch(x, min(every, steps - k))
        for s in reversed(states):
            g, w = pull(s, g)
            W = W + w
    return g, W
