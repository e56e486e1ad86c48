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


# %% keywords
import functools


def misfit(scene, picture, softness):
    gap = dp.ravel(paint(scene, softness) - picture)
    return gap @ gap / len(gap)


def anneal(loss, start, softnesses, steps):
    way = [start]
    for soft in softnesses:
        now = functools.partial(loss, softness=soft)
        way += [
            refine(loss=now, start=way[-1], steps=steps, rate=0.03 if soft >= 1 else 0.03 * soft)
        ]
    return way


# %% looks_at_the_loss
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    adam, values = dp.optim.Adam([parameters], lr=rate), []
    for _ in range(steps):
        parameters.grad = None
        value = loss(parameters)
        value.backward()
        adam.step()
        values.append(value.item())
    return parameters.detach().data


def anneal(loss, start, softnesses, steps):
    way = [np.array(start)]
    for k in range(len(softnesses)):
        now = lambda p, k=k: loss(p, softnesses[k])  # noqa: E731
        way.append(refine(now, way[k], steps, 0.03 * np.minimum(1, softnesses[k])))
        print(softnesses[k], now(way[-1]))
    return tuple(way)


# %% gradient_put_in
def refine(loss, start, steps, rate):
    parameters = dp.tensor(start, requires_grad=True)
    adam, slope = dp.optim.Adam([parameters], lr=rate), dp.grad(loss)
    for _ in range(steps):
        parameters.grad = slope(parameters.data)
        adam.step()
    return np.array(parameters.data)
