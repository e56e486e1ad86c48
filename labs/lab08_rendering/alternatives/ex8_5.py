# %% [markdown]
# Other right ways to do exercise 8.5 (from picture to scene); each gets full marks.

# %% by_hand
def misfit(scene, picture, softness):
    difference = picture - paint(scene, softness)
    return dp.sum(difference * difference) / picture.size


def refine(loss, start, steps, rate):
    here, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for k in range(1, steps + 1):
        slope = dp.grad(loss)(here)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        here = here - rate * (mean / (1 - 0.9**k)) / (np.sqrt(square / (1 - 0.999**k)) + 1e-8)
    return here


def anneal(loss, start, softnesses, steps):
    if len(softnesses) == 0:
        return [start]
    soft = softnesses[0]
    after = refine(lambda p: loss(p, soft), start, steps, 0.03 * min(1, soft))
    return [start] + anneal(loss, after, softnesses[1:], steps)


# %% by_value_and_grad
import sys


def misfit(scene, picture, softness):
    return dp.mean(dp.square(paint(scene, softness) - picture))


def refine(loss, start, steps, rate):
    w = dp.tensor(start.copy(), requires_grad=True)
    adam = dp.optim.Adam([w], lr=rate)
    while steps > 0:
        value = loss(w)
        value.backward()
        adam.step()
        adam.zero_grad()
        steps -= 1
        print(float(value.data), file=sys.stderr)
    return w.data.copy()


def anneal(loss, start, softnesses, steps):
    here, seen = start, (start,)
    for soft in softnesses:

        def now(p):
            return loss(p, soft)  # noqa: B023

        here = refine(now, here, steps, min(0.03, 0.03 * soft))
        seen = (*seen, here)
    return np.array(seen)
