# %% [markdown]
# Other right ways to do exercise 7.4 (soft IoU); each gets full marks.

# %% in_arrays
def soft_overlap(a0, a1, b0, b1, t):
    right, left = dp.where(a1 < b1, a1, b1), dp.where(a0 > b0, a0, b0)
    return t * dp.logsumexp(dp.stack([0.0 * (right - left), (right - left) / t]))


def soft_iou(a, b, t):
    ab, aa, bb = (
        soft_overlap(p[0], p[2], q[0], q[2], t) * soft_overlap(p[1], p[3], q[1], q[3], t)
        for p, q in ((a, b), (a, a), (b, b))
    )
    return 1 / ((aa + bb) / ab - 1)


def find(box, target, temperatures, rate):
    way = [np.array(box)]
    for t in temperatures:

        def better(box):
            return dp.log(soft_iou(box, target, t))  # noqa: B023

        way.append(way[-1] + t * rate * dp.grad(better)(way[-1]))
    return way


# %% by_recursion
import sys


def soft_overlap(a0, a1, b0, b1, t):
    u = (dp.minimum(a1, b1) - dp.maximum(a0, b0)) / t
    return t * (dp.maximum(u, 0.0) + dp.log1p(dp.exp(-dp.abs(u))))


def soft_iou(a, b, t):
    def area(p, q):
        product = 1.0
        for k in range(2):
            product = product * soft_overlap(p[k], p[k + 2], q[k], q[k + 2], t)
        return product

    shared = area(a, b)
    return shared / (area(a, a) - shared + area(b, b))


def find(box, target, temperatures, rate):
    if len(temperatures) == 0:
        return [box]
    t = temperatures[0]
    value, slope = dp.value_and_grad(lambda box: soft_iou(box, target, t))(box)
    print("soft IoU", value, file=sys.stderr)
    return [box, *find(box + rate * t * slope / value, target, temperatures[1:], rate)]


# %% arrays_and_tuples
def soft_overlap(a0, a1, b0, b1, t):
    common = min(a1, b1) - max(a0, b0)
    return dp.relu(common) + t * dp.log(1 + dp.exp(-dp.abs(common) / t))


def soft_iou(a, b, t):
    def pair(a, b):
        u = dp.minimum(a[2:], b[2:]) - dp.maximum(a[:2], b[:2])
        return dp.prod(t * dp.softplus(u / t))

    middle = pair(a, b)
    return middle / (pair(a, a) + pair(b, b) - middle)


def find(box, target, temperatures, rate):
    here, seen = box.copy(), [box]
    for t in temperatures:
        here -= rate * t * dp.grad(lambda box: dp.log(1 / soft_iou(box, target, t)))(here)  # noqa: B023
        seen.append(here.copy())
    return np.array(seen)


# %% with_an_optimiser
def find(box, target, temperatures, rate):
    w = dp.tensor(box, requires_grad=True)
    way = [box]
    for t in temperatures:
        sgd = dp.optim.SGD([w], lr=rate * t)
        sgd.zero_grad()
        (-dp.log(soft_iou(w, target, t))).backward()
        sgd.step()
        way.append(w.data.copy())
    return tuple(way)


# %% tensors_all_the_way
def find(box, target, temperatures, rate):
    way = [dp.tensor(box, requires_grad=True)]
    for t in temperatures:
        (-dp.log(soft_iou(way[-1], target, t))).backward()
        next_one = way[-1].data - rate * t * way[-1].grad
        way.append(dp.tensor(next_one, requires_grad=True))
    return way
