# %% [markdown]
# Other right ways to do exercise 3.8 (a gradient test); each gets full marks.

# %% with_numpy
def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    x = np.array(x, float)
    got = np.array(grad_f(x.tolist()), float)
    nudges = h * np.eye(len(x))
    expected = np.array([(f((x + d).tolist()) - f((x - d).tolist())) / (2 * h) for d in nudges])
    scale = np.maximum(np.maximum(abs(got), abs(expected)), floor)
    with np.errstate(divide="ignore"):
        ratio = got / expected
    names = np.select(
        [got == 0, abs(ratio + 1) < 1e-3, (abs(ratio - 2) < 1e-3) | (abs(ratio - 0.5) < 1e-3)],
        ["zero", "sign", "factor"],
        "unknown",
    )
    bad = np.flatnonzero(abs(got - expected) > tol * scale)
    return [(int(i), float(got[i]), float(expected[i]), str(names[i])) for i in bad]


# %% two_small_functions
def _slope(f, x, i, h):
    def at(step):
        return f([value + step * (k == i) for k, value in enumerate(x)])

    return (at(h) - at(-h)) / (2 * h)


def _guess(got, expected):
    if got == 0:
        return "zero"
    for ratio, name in ((-1, "sign"), (2, "factor"), (1 / 2, "factor")):
        if expected and abs(got / expected - ratio) < 0.001:
            return name
    return "unknown"


def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    pairs = [(got, _slope(f, x, i, h)) for i, got in enumerate(grad_f(list(x)))]
    return tuple(
        [i, got, expected, _guess(got, expected)]
        for i, (got, expected) in enumerate(pairs)
        if abs(got - expected) > tol * max(abs(got), abs(expected), floor)
    )


# %% nudge_and_put_back_on_a_copy
import sys


def gradcheck(f, grad_f, x, h=1e-5, tol=1e-6, floor=1e-3):
    gradient, report, x = grad_f(x), [], list(x)
    for i in range(len(x)):
        print("entry", i, file=sys.stderr)
        kept = x[i]
        x[i] = kept + h
        above = f(x)
        x[i] = kept - h
        below = f(x)
        x[i] = kept
        got, expected = gradient[i], (above - below) / 2 / h
        if abs(got - expected) / max(abs(got), abs(expected), floor) > tol:
            close = [k for k in (-1, 2, 0.5) if math.isclose(got, k * expected, rel_tol=1e-3)]
            guess = {-1: "sign", 2: "factor", 0.5: "factor"}[close[0]] if close else "unknown"
            report.append((i, got, expected, guess if got else "zero"))
    return report
