"""Parts of networks and models from statistics and physics, as whole gradients and as single
vector-Jacobian products: then f is Σ g·layer(x), and the vjp of the layer at g is its gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case, Problem, pick
from tests.diagnosis.networks import softmax


def filtering(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A convolution in one dimension, by slices."""
    n, m = int(rng.integers(8, 11)), 3
    t = rng.normal(size=n - m + 1)

    def f(x, w):
        y = sum(w[k] * x[k : k + n - m + 1] for k in range(m))
        return dp.sum((y - t) ** 2)

    def backward(x, w, faults=()):
        windows = np.stack([x[k : k + n - m + 1] for k in range(m)])
        g = 2 * (w @ windows - t)
        dw = pick(faults, {"w one window further": np.array([g @ np.roll(x, -k - 1)[: n - m + 1] for k in range(m)]),
              "w turned over": (windows @ g)[::-1], "w of the first place": windows[:, 0] * g[0],
              "w of the last place": windows[:, -1] * g[-1], "w averaged": windows @ g / len(g),
              "w without g": windows.sum(axis=1)}, windows @ g)  # fmt: skip
        dx = np.zeros(n)
        kernel = pick(faults, {"kernel turned over": w[::-1], "kernel left out": np.ones(m)}, w)
        for k in range(m):
            if "windows overwrite" in faults:
                dx[k : k + len(g)] = kernel[k] * g
            elif "first tap only" in faults and k:
                continue
            else:
                dx[k : k + len(g)] += kernel[k] * g
        return pick(
            faults, {"x upside down": (-dx, dw), "valid part": (dx[: len(g)], dw)}, (dx, dw)
        )

    problem = Problem("filtering", f, backward, (rng.normal(size=n), rng.normal(size=m)))
    yield problem
    yield from problem.cases(
        ("w turned over", "swapped"),
        ("w of the first place", "missing_term overwritten not_summed"),
        ("w of the last place", "overwritten missing_term not_summed"),
        ("w averaged", "averaged"),
        ("w without g", "not_upstream"),
        ("kernel turned over", "swapped", ""),
        ("kernel left out", "missing_factor", "mul"),
        ("windows overwrite", "overwritten", ""),
        ("first tap only", "missing_term overwritten", ""),
        ("x upside down", "sign"),
        ("valid part", "shape"),
    )
    yield problem.case("w one window further", "unknown wrong_point swapped", family="strange")


def images(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """dp.conv2d, one image and several channels, differentiated by four loops."""
    c, o, side, m = 2, 3, 5, 2
    x = rng.normal(size=(2, c, side, side))
    weight = rng.normal(size=(2, o, side - m + 1, side - m + 1))

    def f(w, b):
        z = dp.conv2d(x, w) + b.reshape(1, o, 1, 1)
        return dp.sum(weight * dp.relu(z))

    def backward(w, b, faults=()):
        places = range(side - m + 1)
        z = np.array([[[[(x[i, :, r : r + m, s : s + m] * w[k]).sum() + b[k] for s in places]
                        for r in places] for k in range(o)] for i in range(2)])  # fmt: skip
        gate = pick(faults, {"relu' left out": 1.0, "relu' turned round": z <= 0}, z > 0)
        g = weight * gate
        if "kernel turned over" in faults:
            flipped = w[:, :, ::-1, ::-1]
            z = np.array([[[[(x[i, :, r : r + m, s : s + m] * flipped[k]).sum() + b[k] for s in places]
                            for r in places] for k in range(o)] for i in range(2)])  # fmt: skip
            g = weight * (z > 0)
        dw = np.zeros_like(w)
        for i in range(2):
            for k in range(o):
                for r in places:
                    for s in places:
                        patch = x[i, :, r : r + m, s : s + m] * g[i, k, r, s]
                        dw[k] = patch if "places overwrite" in faults else dw[k] + patch
            if "first image only" in faults:
                break
        if "gradient turned over" in faults:
            dw = dw[:, :, ::-1, ::-1]
        if "kernels transposed" in faults:
            dw = dw.transpose(0, 1, 3, 2)
        db = pick(
            faults,
            {"b averaged": g.mean(axis=(0, 2, 3)), "b of one image": g[0].sum(axis=(1, 2))},
            g.sum(axis=(0, 2, 3)),
        )
        return dw, db

    problem = Problem("images", f, backward, (rng.normal(size=(o, c, m, m)), rng.normal(size=o)))
    yield problem
    yield from problem.cases(
        ("relu' left out", "missing_factor", "relu", "dp.relu(z)"),
        ("relu' turned round", "swapped wrong_rule", "relu", "dp.relu(z)"),
        ("first image only", "missing_term overwritten not_summed"),
        ("places overwrite", "overwritten missing_term unknown"),
        ("gradient turned over", "swapped"),
        ("kernels transposed", "transposed swapped"),
        ("b averaged", "averaged"),
        ("b of one image", "missing_term overwritten not_summed"),
    )
    yield problem.case(
        "kernel turned over", "unknown other_function wrong_point swapped", family="strange"
    )


def normalisation(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Every row is brought to mean 0 and variance 1."""
    n, d, eps = 4, int(rng.integers(5, 7)), 1e-3
    g = rng.normal(size=(n, d))

    def f(x, gamma, beta):
        centred = x - x.mean(axis=1, keepdims=True)
        variance = (centred**2).mean(axis=1, keepdims=True)
        normal = centred / dp.sqrt(variance + eps)
        return dp.sum(g * (gamma * normal + beta))

    def backward(x, gamma, beta, faults=()):
        c = x - x.mean(axis=1, keepdims=True)
        v = (c * c).mean(axis=1, keepdims=True)
        if "divided by n - 1" in faults:
            v = (c * c).sum(axis=1, keepdims=True) / (d - 1)
        s = np.sqrt(v + (0 if "eps forgotten" in faults else eps))
        normal = c / s
        dn = g * (
            normal if "normal for gamma" in faults else 1.0 if "gamma left out" in faults else gamma
        )
        ds = -(dn * c).sum(axis=1, keepdims=True) / s**2
        if "plus at the quotient" in faults:
            ds = -ds
        dv = pick(faults, {"root left out": ds, "2 above": 2 * ds / s}, ds / (2 * s))
        share = pick(
            faults,
            {"variance summed": 2 * c * dv, "2 of the square left out": c * dv / d},
            2 * c * dv / d,
        )
        dc = dn / s + (0 if "variance held" in faults else share)
        dx = dc - pick(
            faults,
            {"mean held": 0.0, "mean not divided": dc.sum(axis=1, keepdims=True)},
            dc.mean(axis=1, keepdims=True),
        )
        if "both held" in faults:
            dx = dn / s
        dgamma, dbeta = (g * normal).sum(axis=0), g.sum(axis=0)
        return pick(faults, {
            "gamma not summed": (dx, g * normal, dbeta), "beta not summed": (dx, dgamma, g),
            "beta averaged": (dx, dgamma, g.mean(axis=0)), "gamma averaged": (dx, (g * normal).mean(axis=0), dbeta),
            "gamma by x": (dx, (g * x).sum(axis=0), dbeta), "gamma over the wrong axis": (dx, (g * normal).sum(axis=1), dbeta),
            "gamma and beta exchanged": (dx, dbeta, dgamma),
        }, (dx, dgamma, dbeta))  # fmt: skip

    args = rng.normal(size=(n, d)), rng.uniform(0.5, 1.5, d), rng.normal(size=d)
    problem = Problem("normalisation", f, backward, args)
    yield problem
    yield from problem.cases(
        ("divided by n - 1", "other_function averaged"),
        ("eps forgotten", "other_function"),
        ("normal for gamma", "swapped", "mul"),
        ("gamma left out", "missing_factor", "mul"),
        ("plus at the quotient", "sign", "div"),
        ("root left out", "missing_factor", "sqrt", "dp.sqrt(variance"),
        ("2 above", "wrong_rule factor", "sqrt", "dp.sqrt(variance"),
        ("variance summed", "averaged", ""),
        ("2 of the square left out", "missing_factor factor", "power square", "(centred**2)"),
        ("variance held", "missing_term overwritten missing_factor", ""),
        ("mean held", "missing_term overwritten", ""),
        ("mean not divided", "averaged", ""),
        ("gamma not summed", "not_summed"),
        ("beta not summed", "not_summed"),
        ("gamma averaged", "averaged"),
        ("beta averaged", "averaged"),
        ("gamma by x", "wrong_point wrong_argument"),
        ("gamma over the wrong axis", "shape not_summed"),
        ("gamma and beta exchanged", "swapped wrong_argument"),
    )
    yield problem.case("both held", "missing_term overwritten unknown", family="pair")


def attention(rng: np.random.Generator) -> Iterator[Case | Problem]:
    n, d = int(rng.integers(4, 6)), 3
    g = rng.normal(size=(n, d))

    def f(Q, K, V):
        scores = Q @ K.T / np.sqrt(d)
        weights = dp.softmax(scores, axis=1)
        return dp.sum(g * (weights @ V))

    def backward(Q, K, V, faults=()):
        scores = Q @ K.T / (1.0 if "scale forgotten everywhere" in faults else np.sqrt(d))
        axis = 0 if "softmax over the queries" in faults else 1
        P = softmax(scores) if axis else softmax(scores.T).T
        dP = g @ V.T
        dS = pick(faults, {"only the diagonal": P * (1 - P) * dP, "sum not taken off": P * dP,
              "softmax left out": dP, "sum without shares": P * (dP - dP.sum(axis=1, keepdims=True)),
              "sum over the wrong axis": P * (dP - (P * dP).sum(axis=0, keepdims=True)),
              "sum over everything": P * (dP - (P * dP).sum())}, P * (dP - (P * dP).sum(axis=axis, keepdims=True)))  # fmt: skip
        scale = pick(faults, {"scale forgotten everywhere": 1.0, "scale left out": 1.0, "scale of the wrong kind": 1 / d,
                 "multiplied by the scale": np.sqrt(d)}, 1 / np.sqrt(d))  # fmt: skip
        dS = dS * scale
        dQ, dK, dV = dS @ K, dS.T @ Q, P.T @ g
        return pick(faults, {
            "Q and K exchanged": (dK, dQ, dV), "dS not transposed": (dQ, dS @ Q, dV),
            "weights not transposed": (dQ, dK, P @ g), "V without weights": (dQ, dK, g),
            "Q for K": (dS @ Q, dK, dV), "scores for weights": (dQ, dK, scores.T @ g),
            "K held": (dQ, 0 * dK, dV), "K transposed": (dQ, dK.T, dV), "all like V": (dV, dV, dV),
        }, (dQ, dK, dV))  # fmt: skip

    problem = Problem("attention", f, backward, tuple(rng.normal(size=(3, n, d))))
    yield problem
    yield from problem.cases(
        ("scale forgotten everywhere", "other_function"),
        ("softmax over the queries", "other_function"),
        ("only the diagonal", "missing_term", "softmax"),
        ("sum not taken off", "missing_term", "softmax"),
        ("softmax left out", "missing_factor", "softmax"),
        ("sum without shares", "missing_factor", "softmax"),
        ("scale left out", "missing_factor", "div"),
        ("multiplied by the scale", "wrong_rule", "div"),
        ("Q and K exchanged", "swapped wrong_argument"),
        ("dS not transposed", "transposed swapped wrong_rule", "matmul"),
        ("weights not transposed", "transposed swapped wrong_rule", "matmul", "weights @ V"),
        ("V without weights", "missing_factor", "matmul", "weights @ V"),
        ("Q for K", "swapped wrong_point", "matmul", "Q @ K.T"),
        ("K held", "missing_term zero", ""),
        ("K transposed", "transposed"),
        ("all like V", "wrong_argument"),
    )
    yield problem.case("scores for weights", "wrong_point unknown", family="strange")
    yield problem.case(
        "sum over the wrong axis", "wrong_rule missing_term unknown swapped", family="strange"
    )


def gaussian(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Minus the log-likelihood of independent normal numbers; widths as logarithms."""
    n, d = int(rng.integers(5, 8)), 3
    x = rng.normal(size=(n, d)) + 0.5

    def f(mu, rho):
        z = (x - mu) * dp.exp(-rho)
        return dp.sum(0.5 * z**2 + rho)

    def backward(mu, rho, faults=()):
        e = np.exp(-rho)
        z = (x - mu) * e
        dz = pick(faults, {"no 2": 0.5 * z, "half left out": 2 * z}, z)
        minus = 1.0 if "minus of mu lost" in faults else -1.0
        dmu = minus * dz * (pick(faults, {"exp left out": 1.0, "exp of plus": np.exp(rho)}, e))
        drho = pick(faults, {"minus of rho lost": dz * z, "rho only in the sum": 0 * z}, -dz * z)
        extra = pick(faults, {"normaliser forgotten": 0.0, "normaliser once": 1 / n}, 1.0)
        return pick(faults, {
            "mu not summed": (dmu, (drho + extra).sum(axis=0)), "mu averaged": (dmu.mean(axis=0), (drho + extra).sum(axis=0)),
            "everything averaged": (dmu.mean(axis=0), (drho + extra).mean(axis=0)),
            "mu of one datum": (dmu[-1], (drho + extra).sum(axis=0)),
        }, (dmu.sum(axis=0), (drho + extra).sum(axis=0)))  # fmt: skip

    problem = Problem("gaussian", f, backward, (rng.normal(size=d), rng.uniform(-0.5, 0.5, d)))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("half left out", "missing_factor factor", "mul"),
        ("minus of mu lost", "sign", "sub"),
        ("exp left out", "missing_factor", "mul"),
        ("minus of rho lost", "sign", ""),
        ("rho only in the sum", "missing_term", ""),
        ("normaliser forgotten", "missing_term constant_offset overwritten", "add"),
        ("normaliser once", "averaged missing_term not_summed overwritten", ""),
        ("mu not summed", "not_summed"),
        ("mu averaged", "averaged"),
        ("everything averaged", "averaged"),
        ("mu of one datum", "overwritten missing_term not_summed"),
    )


def curve(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A cubic spline with one knot that can move, and a penalty on the coefficients."""
    n = int(rng.integers(8, 12))
    x, y = np.sort(rng.uniform(-1, 1, n)), rng.normal(size=n)
    strength = rng.uniform(0.01, 0.1)

    def f(c, knot):
        bend = dp.maximum(x - knot, 0.0) ** 3
        curve = c[0] + c[1] * x + c[2] * x**2 + c[3] * bend
        return dp.mean((curve - y) ** 2) + strength * dp.sum(c * c)

    def backward(c, knot, faults=()):
        ramp = np.maximum(x - knot, 0)
        columns = np.stack([np.ones(n), x, x**2, ramp**3])
        g = 2 * (c @ columns - y) / n
        dc = columns @ g + pick(faults, {"penalty forgotten": 0.0, "penalty halved": strength * c,
                            "penalty not on the first": 2 * strength * np.array([0, *c[1:]]),
                            "penalty shrinks the wrong way": -2 * strength * c}, 2 * strength * c)  # fmt: skip
        db = c[3] * g
        dramp = pick(faults, {"exponent left out": ramp**2, "not lowered": 3 * ramp**3,
                 "exponent raised": 3 * ramp**4, "integrated": ramp**4 / 4}, 3 * ramp**2)  # fmt: skip
        sign = 1.0 if "knot has lost its minus" in faults else -1.0
        dknot = (db * dramp * sign).sum()
        return pick(faults, {
            "sum for mean": (n * (columns @ g) + 2 * strength * c, n * dknot),
            "powers in the other order": (columns[::-1] @ g + 2 * strength * c, dknot),
            "knot without c": (dc, (g * dramp * sign).sum()),
            "first and last exchanged": (dc[[3, 1, 2, 0]], dknot),
            "knot not summed": (dc, db * dramp * sign),
            "knot forgotten": (dc, 0.0),
        }, (dc, dknot))  # fmt: skip

    problem = Problem("curve", f, backward, (rng.normal(size=4), 0.1))
    yield problem
    yield from problem.cases(
        ("penalty forgotten", "missing_term weight_decay", ""),
        ("penalty halved", "missing_factor factor weight_decay missing_term overwritten", ""),
        ("penalty not on the first", "weight_decay missing_term"),
        ("penalty shrinks the wrong way", "sign weight_decay", ""),
        ("exponent left out", "missing_factor factor", "power square", "** 3"),
        ("not lowered", "wrong_rule", "power square", "** 3"),
        ("exponent raised", "wrong_rule", "power square", "** 3"),
        ("integrated", "wrong_rule", "power square", "** 3"),
        ("knot has lost its minus", "sign", ""),
        ("sum for mean", "averaged"),
        ("knot without c", "missing_factor", "mul"),
        ("first and last exchanged", "swapped"),
        ("knot not summed", "not_summed"),
        ("knot forgotten", "missing_term zero"),
    )
    yield problem.case("powers in the other order", "unknown swapped", family="strange")


def rollout(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A pendulum in small steps: where does it arrive? The adjoint runs back in time."""
    dt, steps, goal = 0.3, 5, rng.normal(size=2)

    def f(place, speed, stiffness):
        for _ in range(steps):
            speed = speed - dt * stiffness * dp.sin(place)
            place = place + dt * speed
        return dp.sum((place - goal) ** 2)

    def backward(place, speed, stiffness, faults=()):
        before = []
        for _ in range(steps):
            before.append(place)
            speed = speed - dt * stiffness * np.sin(place)
            place = place + dt * speed
        dplace, dspeed, dk = 2 * (place - goal), np.zeros(2), 0.0
        if "no 2" in faults:
            dplace = dplace / 2
        after = [*before[1:], place]
        for k in reversed(range(steps)):
            at = after[k] if "place after the step" in faults else before[k]
            dspeed = dplace * dt if "speed overwritten" in faults else dspeed + dplace * dt
            if "dt left out" in faults:
                dspeed = dspeed + dplace * (1 - dt)
            kick = dspeed if "sign of the force" in faults else -dspeed
            slope = pick(
                faults,
                {"sin' = sin": np.sin(at), "sin' = -cos": -np.cos(at), "sin' left out": 1.0},
                np.cos(at),
            )
            more = (kick * dt * np.sin(at)).sum()
            dk = more if "stiffness overwritten" in faults else dk + more
            if "force held" in faults:
                slope = 0.0
            through = kick * dt * slope * (1.0 if "stiffness left out" in faults else stiffness)
            dplace = through if "place overwritten" in faults else dplace + through
        return pick(faults, {
            "place and speed exchanged": (dspeed, dplace, dk),
            "stiffness of the first number": (dplace, dspeed, float((kick * dt * np.sin(at))[0])),
        }, (dplace, dspeed, dk))  # fmt: skip

    problem = Problem("rollout", f, backward, (*rng.normal(size=(2, 2)), rng.uniform(0.6, 1.2)))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("place after the step", "wrong_point", "sin"),
        ("speed overwritten", "overwritten missing_term", ""),
        ("place overwritten", "overwritten missing_term", ""),
        ("stiffness overwritten", "overwritten", ""),
        ("dt left out", "missing_factor", "mul", "dt * speed"),
        ("sign of the force", "sign", ""),
        ("sin' = sin", "wrong_rule", "sin", "dp.sin(place)"),
        ("sin' = -cos", "sign", "", "speed - dt"),
        ("sin' left out", "missing_factor", "sin", "dp.sin(place)"),
        ("force held", "missing_term", ""),
        ("stiffness left out", "missing_factor", "mul", "stiffness"),
        ("place and speed exchanged", "swapped wrong_argument"),
    )


def robust(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Huber's loss: a parabola in the middle, straight lines outside."""
    n, d = 9, int(rng.integers(2, 4))
    X, w, edge = rng.normal(size=(n, d)), rng.normal(size=d), 0.8
    y = X @ w + np.resize([0.3, -1.6, -0.4, 1.9], n)  # residuals inside and outside

    def f(w):
        r = X @ w - y
        size = dp.abs(r)
        return dp.sum(dp.where(size < edge, 0.5 * r**2, edge * (size - 0.5 * edge)))

    def backward(w, faults=()):
        r = X @ w - y
        inside = np.abs(r) < edge
        parabola = pick(faults, {"no 2": 0.5 * r, "half left out": 2 * r}, r)
        line = pick(
            faults,
            {"sign left out": edge, "edge left out": np.sign(r), "line held": 0.0},
            edge * np.sign(r),
        )
        parts = pick(
            faults,
            {"parabola everywhere": parabola, "line everywhere": line + 0 * r, "sides exchanged": np.where(inside, line, parabola),
             "both": parabola + line},
            np.where(inside, parabola, line),
        )  # fmt: skip
        return X.T @ parts

    problem = Problem("robust", f, backward, (w,))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("half left out", "missing_factor factor", "mul"),
        ("sign left out", "missing_factor", "abs", "dp.abs(r)"),
        ("edge left out", "missing_factor", "mul"),
        ("line held", "missing_term overwritten", ""),
    )
    yield problem.case(
        "parabola everywhere", "unknown other_function wrong_rule double_counted", family="strange"
    )
    yield problem.case("sides exchanged", "unknown swapped", family="strange")
    yield problem.case("both", "unknown double_counted not_upstream", family="strange")


def system(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A linear system, and a function of its solution: the adjoint solves the transposed system."""
    n = int(rng.integers(3, 5))
    t = rng.normal(size=n)

    def f(A, b):
        x = dp.linalg.solve(A, b)
        return dp.sum((x - t) ** 2)

    def backward(A, b, faults=()):
        x = np.linalg.solve(A, b)
        g = pick(faults, {"no 2": x - t}, 2 * (x - t))
        matrix = A if "A not transposed" in faults else A.T
        db = g if "system left out" in faults else np.linalg.solve(matrix, g)
        dA = pick(
            faults,
            {"minus lost": np.outer(db, x), "A transposed": -np.outer(x, db), "b for the solution": -np.outer(db, b),
             "A held": 0 * A, "above for the adjoint": -np.outer(g, x)},
            -np.outer(db, x),
        )  # fmt: skip
        return dA, db

    problem = Problem(
        "linear system", f, backward, (rng.normal(size=(n, n)) + 3 * np.eye(n), rng.normal(size=n))
    )
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("A not transposed", "transposed swapped wrong_rule", "solve"),
        ("system left out", "missing_factor", "solve"),
        ("minus lost", "sign", "solve"),
        ("A transposed", "transposed", ""),
        ("b for the solution", "wrong_point", "solve"),
        ("A held", "missing_term zero", ""),
        ("above for the adjoint", "missing_factor", "solve"),
    )


# Single vector-Jacobian products ------------------------------------------------------------------


def products(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """The vjps of the usual layers: f is Σ g·layer(...)."""
    n, d, k = 5, 3, 4
    G = rng.normal(size=(n, k))

    def affine(x, W, b):
        return dp.sum(G * (x @ W + b))

    def affine_vjp(x, W, b, faults=()):
        dx, dW, db = G @ W.T, x.T @ G, G.sum(axis=0)
        return pick(faults, {
            "W transposed": (dx, dW.T, db), "b averaged": (dx, dW, G.mean(axis=0)),
            "b not summed": (dx, dW, G), "x upside down": (-dx, dW, db),
            "ones for g": (np.ones((n, k)) @ W.T, x.T @ np.ones((n, k)), np.full(k, float(n))),
            "b kept": (dx, dW, G.sum(axis=0, keepdims=True)),
        }, (dx, dW, db))  # fmt: skip

    layer = Problem("affine vjp", affine, affine_vjp,
                    (rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)))  # fmt: skip
    yield layer
    yield from layer.cases(
        ("W transposed", "transposed"), ("b averaged", "averaged"), ("b not summed", "not_summed"),
        ("x upside down", "sign"), ("ones for g", "not_upstream wrong_seed missing_factor"), ("b kept", "shape"),
    )  # fmt: skip

    S = rng.normal(size=(d, d))

    def square(A, B):
        return dp.sum(S * (A @ B))

    def square_vjp(A, B, faults=()):
        return pick(faults, {
            "A for Aᵀ": (S @ B.T, A @ S), "B for Bᵀ": (S @ B, A.T @ S), "S in the wrong place": (B.T @ S, A.T @ S),
            "both values": (S @ A.T, B.T @ S), "element by element": (S * B, S * A),
            "both transposed": ((S @ B.T).T, (A.T @ S).T), "exchanged": (A.T @ S, S @ B.T),
        }, (S @ B.T, A.T @ S))  # fmt: skip

    layer = Problem("matmul vjp", square, square_vjp, tuple(rng.normal(size=(2, d, d))))
    yield layer
    yield from layer.cases(
        ("A for Aᵀ", "transposed swapped wrong_rule", "matmul"), ("B for Bᵀ", "transposed swapped wrong_rule", "matmul"),
        ("S in the wrong place", "swapped wrong_order", "matmul"), ("both values", "swapped wrong_argument", "matmul"),
        ("element by element", "wrong_rule missing_factor", "matmul"), ("both transposed", "transposed"),
        ("exchanged", "swapped wrong_argument"),
    )  # fmt: skip

    v = rng.normal(size=n)

    def shares(x):
        return dp.sum(v * dp.softmax(x))

    def shares_vjp(x, faults=()):
        p = softmax(x)
        return pick(faults, {"only the diagonal": v * p * (1 - p), "sum not taken off": v * p,
                "plus": p * (v + p @ v), "softmax left out": v, "shares squared": p * p * (v - p @ v),
                "unweighted": p * (v - v.mean())}, p * (v - p @ v))  # fmt: skip

    layer = Problem("softmax vjp", shares, shares_vjp, (rng.normal(size=n),))
    yield layer
    yield from layer.cases(
        ("only the diagonal", "missing_term", "softmax"), ("sum not taken off", "missing_term", "softmax"),
        ("softmax left out", "missing_factor", "softmax"), ("plus", "sign", "softmax"),
        ("unweighted", "missing_factor wrong_rule averaged", "softmax"),
    )  # fmt: skip

    weight = rng.normal(size=n)

    def spread(X, s):
        centred = X - X.mean(axis=0)
        return dp.sum(weight * (centred / s).sum(axis=1)) + dp.sum(dp.amax(X * X, axis=1))

    def spread_vjp(X, s, faults=()):
        dc = np.outer(weight, 1 / s)
        mean = pick(faults, {"mean held": 0.0, "mean not divided": dc.sum(axis=0)}, dc.mean(axis=0))
        top = (X * X == (X * X).max(axis=1, keepdims=True)) * 1.0
        top = pick(faults, {"everyone the largest": np.ones_like(X), "largest of each column":
               (X * X == (X * X).max(axis=0)) * 1.0}, top)  # fmt: skip
        two = X if "X·X once" in faults else 2 * X
        ds = -(weight[:, None] * (X - X.mean(axis=0))).sum(axis=0) / s**2
        return pick(faults, {"s not summed": (dc - mean + top * two, -weight[:, None] * (X - X.mean(axis=0)) / s**2),
                "s not squared": (dc - mean + top * two, ds * s),
                "s upside down": (dc - mean + top * two, -ds)}, (dc - mean + top * two, ds))  # fmt: skip

    layer = Problem(
        "spread vjp", spread, spread_vjp, (rng.normal(size=(n, d)), rng.uniform(0.5, 2, d))
    )
    yield layer
    yield from layer.cases(
        ("mean held", "missing_term overwritten", ""), ("mean not divided", "averaged", ""),
        ("everyone the largest", "wrong_rule", "amax max"), ("X·X once", "missing_term factor missing_factor overwritten", "mul"),
        ("s not summed", "not_summed"), ("s not squared", "wrong_rule missing_factor", "div"), ("s upside down", "sign", "div"),
    )  # fmt: skip

    L = rng.normal(size=(d, n))

    def arranged(x, y):
        table = dp.concatenate([dp.reshape(x, (d, 2)), y.T], axis=1)
        running = dp.cumsum(table, axis=1)
        return dp.sum(L * running[:, ::-1])

    def arranged_vjp(x, y, faults=()):
        g = L if "not turned back" in faults else L[:, ::-1]
        g = pick(
            faults,
            {"summed from the front": np.cumsum(g, axis=1), "not summed on": g},
            np.cumsum(g[:, ::-1], axis=1)[:, ::-1],
        )
        dx, dy = g[:, :2], g[:, 2:].T
        if "pieces in the wrong order" in faults:
            dx, dy = g[:, -2:], g[:, :-2].T
        dx = dx.reshape(-1, order="F") if "column by column" in faults else dx.ravel()
        return dx, g[:, 2:] if "y not turned" in faults else dy

    layer = Problem("arranged vjp", arranged, arranged_vjp,
                    (rng.normal(size=2 * d), rng.normal(size=(n - 2, d))))  # fmt: skip
    yield layer
    yield from layer.cases(
        ("not turned back", "swapped", ""), ("summed from the front", "wrong_order swapped", ""),
        ("not summed on", "missing_term", ""), ("pieces in the wrong order", "swapped", ""),
        ("column by column", "swapped transposed", ""), ("y not turned", "transposed"),
    )  # fmt: skip


PROBLEMS = (
    filtering, images, normalisation, attention, gaussian, curve, rollout, robust, system, products,
)  # fmt: skip
