# %% [markdown]
# Other right ways to do exercise 2.4 (one input, or a direction); each gets full marks.

# %% with_loops_and_a_def
def jvp(f, primals, tangents):
    inputs = []
    for k in range(len(primals)):
        inputs.append(Dual(primals[k], tangents[k]))
    y = f(*inputs)
    if type(y) is not list:
        return getattr(y, "primal", y), getattr(y, "tangent", 0.0)
    values, speeds = [], []
    for each in y:
        each = lift(each)
        values.append(each.primal)
        speeds.append(each.tangent)
    return values, speeds


def derivative(f):
    def slope(x):
        value, speed = jvp(f, (x,), (1,))
        return speed

    return slope


# %% derivative_by_itself_and_noise_on_stderr
import sys


def jvp(f, primals, tangents):
    print("one pass", file=sys.stderr)
    y = f(*map(Dual, primals, tangents))
    if isinstance(y, list):
        pairs = [(lift(each).primal, lift(each).tangent) for each in y]
        return tuple(list(each) for each in zip(*pairs))
    return [lift(y).primal, lift(y).tangent]


def derivative(f):
    return lambda x: np.float64(lift(f(Dual(x, 1.0))).tangent)


# %% a_plain_zero_is_added
def jvp(f, primals, tangents):
    y = f(*[Dual(x, v) for x, v in zip(np.asarray(primals), np.asarray(tangents))])
    several = isinstance(y, (list, tuple))
    moving = [each + Dual(0.0) for each in (y if several else [y])]
    values, speeds = [each.primal for each in moving], [each.tangent for each in moving]
    return (values, speeds) if several else (values[0], speeds[0])


def derivative(f):
    return lambda x: jvp(f, [x], [1.0])[-1]
