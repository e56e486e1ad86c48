"""Networks and regressions in arrays, with whole backward passes written by hand in numpy.

Sizes differ from each other, except where a square matrix is the point: there a transpose fits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case, Problem, pick


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def linear_regression(rng: np.random.Generator) -> Iterator[Case | Problem]:
    n, d = int(rng.integers(6, 9)), int(rng.integers(2, 5))
    X, y = rng.normal(size=(n, d)), rng.normal(size=n)

    def f(w, b):
        residual = X @ w + b - y
        return (residual**2).mean()

    def backward(w, b, faults=()):
        r = X @ w + b - y
        r = pick(faults, {"residual without b": X @ w - y, "residual without y": X @ w + b}, r)
        g = pick(faults, {"no 2": r / n, "sum for mean": 2 * r, "divided twice": 2 * r / n**2,
             "residual itself left out": np.full(n, 2 / n), "only its sign": np.sign(r) / n,
             "divided by the number of weights": 2 * r / d}, 2 * r / n)  # fmt: skip
        dw = pick(faults, {"first datum only": X[0] * g[0], "last datum only": X[-1] * g[-1],
              "data left out": np.full(d, g.sum())}, X.T @ g)  # fmt: skip
        db = pick(faults, {"b not summed": g, "b averaged": g.mean(), "b forgotten": 0.0,
              "b of the first datum": g[0]}, g.sum())  # fmt: skip
        return pick(faults, {"upside down": (-dw, -db), "nothing": (0 * dw, 0.0),
                "b upside down": (dw, -db)}, (dw, db))  # fmt: skip

    problem = Problem("linear regression", f, backward, (rng.normal(size=d), float(rng.normal())))
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("sum for mean", "averaged"),
        ("divided twice", "averaged"),
        ("residual itself left out", "missing_factor", "power square"),
        ("residual without b", "other_function", "add"),
        ("residual without y", "other_function wrong_point", "sub power square"),
        ("divided by the number of weights", "averaged factor"),
        ("first datum only", "missing_term not_summed overwritten"),
        ("last datum only", "overwritten missing_term not_summed"),
        ("b not summed", "not_summed"),
        ("b averaged", "averaged"),
        ("b forgotten", "missing_term zero", "add"),
        ("b of the first datum", "missing_term overwritten not_summed"),
        ("upside down", "sign"),
        ("b upside down", "sign"),
        ("nothing", "zero"),
        ("data left out", "missing_factor", "matmul"),
    )

    def after_the_step(w, b):
        dw, db = backward(w, b)
        return backward(w - 0.1 * dw, b - 0.1 * db)

    def one_after_the_other(w, b):
        dw, _ = backward(w, b)
        return dw, backward(w - 0.1 * dw, b)[1]

    for name, wrong in (
        ("after the step", after_the_step),
        ("one after the other", one_after_the_other),
    ):
        yield Case(f"linear regression: {name}", f, wrong, problem.args, "post_update")


def logistic_regression(rng: np.random.Generator) -> Iterator[Case | Problem]:
    n, d = int(rng.integers(7, 10)), int(rng.integers(2, 5))
    X, y = rng.normal(size=(n, d)), rng.integers(0, 2, n).astype(float)
    strength = rng.uniform(0.05, 0.2)

    def f(w, b):
        p = dp.sigmoid(X @ w + b)
        loss = -dp.mean(y * dp.log(p) + (1 - y) * dp.log(1 - p))
        return loss + strength * dp.sum(w**2)

    def backward(w, b, faults=()):
        p = sigmoid(X @ w + b)
        dp_ = (
            pick(
                faults,
                {
                    "sign between the logarithms": -(y / p + (1 - y) / (1 - p)),
                    "logarithms left out": -(y - (1 - y)),
                    "second logarithm forgotten": -y / p,
                    "minus in front lost": y / p - (1 - y) / (1 - p),
                },
                -(y / p - (1 - y) / (1 - p)),
            )
            / n
        )
        slope = pick(faults, {"σ' left out": 1.0, "σ' = p": p, "σ' = 1 - p": 1 - p, "σ' = 1 - p²": 1 - p * p,
                 "σ' twice": (p * (1 - p)) ** 2, "σ' of its input": (X @ w + b) * (1 - X @ w - b),
                 "σ' with a plus": p * (1 + p)}, p * (1 - p))  # fmt: skip
        g = dp_ * slope
        if "sum for mean" in faults:
            g = g * n
        keep = pick(faults, {"regulariser forgotten": 0.0, "regulariser without 2": 1.0,
                "regulariser four times": 4.0, "regulariser upside down": -2.0}, 2.0)  # fmt: skip
        dw = X.T @ g + keep * strength * w
        return dw, pick(
            faults,
            {"b regularised too": g.sum() + 2 * strength * b, "b averaged": g.mean()},
            g.sum(),
        )

    problem = Problem("logistic regression", f, backward, (rng.normal(size=d), 0.7))
    yield problem
    yield from problem.cases(
        ("sign between the logarithms", "sign", ""),
        ("logarithms left out", "missing_factor", "log"),
        ("second logarithm forgotten", "missing_term", ""),
        ("σ' left out", "missing_factor", "sigmoid", "p = dp.sigmoid"),
        ("σ' = p", "missing_factor", "sigmoid", "p = dp.sigmoid"),
        ("σ' = 1 - p", "missing_factor", "sigmoid", "p = dp.sigmoid"),
        ("σ' = 1 - p²", "wrong_rule", "sigmoid", "p = dp.sigmoid"),
        ("σ' twice", "repeated_factor", "sigmoid", "p = dp.sigmoid"),
        ("σ' of its input", "wrong_point", "sigmoid", "p = dp.sigmoid"),
        ("σ' with a plus", "sign wrong_rule", "sigmoid", "p = dp.sigmoid"),
        ("minus in front lost", "sign", "neg"),
        ("sum for mean", "averaged"),
        ("regulariser forgotten", "missing_term weight_decay", ""),
        ("regulariser without 2", "missing_factor factor weight_decay", ""),
        ("regulariser four times", "factor weight_decay double_counted repeated_factor", ""),
        ("regulariser upside down", "sign weight_decay", ""),
        ("b regularised too", "weight_decay"),
        ("b averaged", "averaged"),
    )


def classifier(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Softmax and cross-entropy, with as many inputs as classes and with a different number."""
    n, k = int(rng.integers(6, 9)), int(rng.integers(3, 5))
    for name, d in (("oblong classifier", k + 1), ("square classifier", k)):
        X, labels = rng.normal(size=(n, d)), rng.integers(0, k, n)
        labels[:k] = np.arange(k)
        truth = np.eye(k)[labels]

        def f(W, b, X=X, labels=labels):
            logp = dp.log_softmax(X @ W + b)
            return -logp[np.arange(n), labels].mean()

        def backward(W, b, faults=(), X=X, truth=truth):
            p = softmax(X @ W + b)
            g = pick(faults, {"labels not taken off": p, "shares forgotten": -truth,
                 "upside down": truth - p, "shares' slope again": (p - truth) * p * (1 - p),
                 "softmax over the data": softmax((X @ W + b).T).T - truth}, p - truth)  # fmt: skip
            g = pick(
                faults,
                {"sum for mean": g, "divided by the classes": g / k, "divided by both": g / n / k},
                g / n,
            )
            dW, db = X.T @ g, g.sum(axis=0)
            return pick(faults, {
                "transposed": (dW.T, db), "b not summed": (dW, g), "b averaged": (dW, g.mean(axis=0)),
                "b summed away": (dW, g.sum()), "b over the wrong axis": (dW, g.sum(axis=1)),
                "b first row": (dW, g[0]), "b last row": (dW, g[-1]), "W like b": (db, db),
                "wrong way round": (db, dW), "last datum only": (np.outer(X[-1], g[-1]), g[-1]),
                "kept dimension": (dW, g.sum(axis=0, keepdims=True)), "flattened": (dW.ravel(), db),
                "one array": np.concatenate([dW.ravel(), db]),
            }, (dW, db))  # fmt: skip

        problem = Problem(name, f, backward, (rng.normal(size=(d, k)), rng.normal(size=k)))
        yield problem
        yield problem.case("transposed", "transposed")
        if d == k:
            yield problem.case("upside down", "sign")
            continue
        yield from problem.cases(
            ("labels not taken off", "missing_term constant_offset", "log_softmax getitem"),
            ("shares forgotten", "missing_term", "log_softmax"),
            ("shares' slope again", "repeated_factor other_function unknown", ""),
            ("sum for mean", "averaged"),
            ("divided by the classes", "averaged factor"),
            ("divided by both", "averaged factor"),
            ("b not summed", "not_summed"),
            ("b averaged", "averaged"),
            ("b summed away", "shape not_summed"),
            ("b over the wrong axis", "shape not_summed"),
            ("b first row", "missing_term not_summed overwritten"),
            ("b last row", "overwritten missing_term not_summed"),
            ("last datum only", "overwritten missing_term not_summed"),
            ("W like b", "wrong_argument shape"),
            ("wrong way round", "swapped wrong_argument"),
            ("kept dimension", "shape"),
            ("flattened", "shape"),
            ("one array", "shape"),
        )


def two_layers(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A hidden layer and one output; the parameters come as a list."""
    n, d, h = int(rng.integers(7, 9)), int(rng.integers(2, 4)), int(rng.integers(4, 6))
    X, y = rng.normal(size=(n, d)), rng.normal(size=n)

    def f(W1, b1, w2, b2):
        H = dp.tanh(X @ W1 + b1)
        out = H @ w2 + b2
        return dp.mean((out - y) ** 2)

    def backward(W1, b1, w2, b2, faults=()):
        A = X @ W1 + b1
        H = np.tanh(A)
        out = H @ w2 + b2
        g = 2 * (out - y) / n
        if "no 2" in faults:
            g = g / 2
        if "sum for mean" in faults:
            g = g * n
        dH = pick(faults, {"w2 left out": np.outer(g, np.ones(h)), "g left out": np.outer(np.ones(n), w2),
              "upside down behind": -np.outer(g, w2)}, np.outer(g, w2))  # fmt: skip
        slope = pick(faults, {"tanh' left out": 1.0, "tanh' = 1 - h": 1 - H, "tanh' of its input": 1 - A * A,
                 "tanh' = h(1 - h)": H * (1 - H), "tanh' twice": (1 - H * H) ** 2,
                 "relu's slope": (A > 0) * 1.0}, 1 - H * H)  # fmt: skip
        dA = dH * slope
        dW1 = pick(faults, {"ones for the data": np.ones((d, n)) @ dA}, X.T @ dA)
        db1 = pick(faults, {"b1 not summed": dA, "b1 averaged": dA.mean(axis=0), "b1 summed away": dA.sum(),
               "b1 without tanh'": dH.sum(axis=0), "b1 last row": dA[-1]}, dA.sum(axis=0))  # fmt: skip
        dw2 = pick(faults, {"input of tanh for w2": A.T @ g, "first layer for w2": 0 * w2}, H.T @ g)
        db2 = pick(
            faults, {"b2 averaged": g.mean(), "b2 forgotten": 0.0, "b2 not summed": g}, g.sum()
        )
        return pick(faults, {
            "only the last layer": (0 * W1, 0 * b1, dw2, db2), "W1 transposed": (dW1.T, db1, dw2, db2),
            "b1 and w2 exchanged": (dW1, dw2, db1, db2), "in the other order": (db2, dw2, db1, dW1),
            "b2 missing": (dW1, db1, dw2), "b2 None": (dW1, db1, dw2, None),
            "W1 upside down": (-dW1, db1, dw2, db2), "W1 of one datum": (np.outer(X[-1], dA[-1]), db1, dw2, db2),
        }, (dW1, db1, dw2, db2))  # fmt: skip

    args = rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=h), 0.3
    problem = Problem("two layers", f, backward, args)
    yield problem
    yield from problem.cases(
        ("no 2", "missing_factor factor", "power square"),
        ("sum for mean", "averaged"),
        ("w2 left out", "missing_factor", "matmul", "H @ w2"),
        ("g left out", "not_upstream", "matmul", "H @ w2"),
        ("upside down behind", "sign", "", ""),
        ("tanh' left out", "missing_factor", "tanh", "dp.tanh(X @ W1"),
        ("tanh' = 1 - h", "wrong_rule", "tanh", "dp.tanh(X @ W1"),
        ("tanh' of its input", "wrong_point", "tanh", "dp.tanh(X @ W1"),
        ("tanh' = h(1 - h)", "wrong_rule", "tanh", "dp.tanh(X @ W1"),
        ("tanh' twice", "repeated_factor", "tanh", "dp.tanh(X @ W1"),
        ("relu's slope", "wrong_rule other_function", "tanh", "dp.tanh(X @ W1"),
        ("ones for the data", "missing_factor", "matmul", "X @ W1"),
        ("b1 not summed", "not_summed"),
        ("b1 averaged", "averaged"),
        ("b1 summed away", "shape not_summed"),
        ("b1 without tanh'", "missing_factor", "tanh"),
        ("b1 last row", "overwritten missing_term not_summed"),
        ("input of tanh for w2", "wrong_point", ""),
        ("b2 averaged", "averaged"),
        ("b2 forgotten", "missing_term zero"),
        ("b2 not summed", "not_summed"),
        ("only the last layer", "missing_term", ""),
        ("W1 transposed", "transposed"),
        ("b1 and w2 exchanged", "swapped wrong_argument"),
        ("in the other order", "swapped wrong_argument shape"),
        ("b2 missing", "shape missing"),
        ("b2 None", "missing"),
        ("W1 upside down", "sign"),
        ("W1 of one datum", "overwritten missing_term not_summed"),
    )


def three_layers(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A square layer in the middle: there the transpose of W fits as well as W."""
    n, d, h, k = 7, 3, int(rng.integers(4, 6)), 2
    X, Y = rng.normal(size=(n, d)), rng.normal(size=(n, k))

    def f(p):
        H1 = dp.relu(X @ p["W1"] + p["b1"])
        H2 = dp.sigmoid(H1 @ p["W2"] + p["b2"])
        out = H2 @ p["W3"] + p["b3"]
        return 0.5 * dp.sum((out - Y) ** 2) / n

    def backward(p, faults=()):
        W2, W3 = p["W2"], p["W3"]
        A1 = X @ p["W1"] + p["b1"]
        H1 = np.maximum(A1, 0)
        A2 = H1 @ W2 + p["b2"]
        H2 = sigmoid(A2)
        g3 = (H2 @ W3 + p["b3"] - Y) / n
        if "0.5 and 2 both" in faults:
            g3 = 2 * g3
        dH2 = g3 @ W3.T
        slope2 = pick(faults, {"σ' left out": 1.0, "σ' = h": H2, "σ' of its input": A2 * (1 - A2),
                  "σ' of tanh": 1 - H2**2, "σ' twice": (H2 * (1 - H2)) ** 2,
                  "σ' of σ": sigmoid(H2) * (1 - sigmoid(H2))}, H2 * (1 - H2))  # fmt: skip
        g2 = dH2 * slope2
        back = pick(
            faults, {"W for its transpose": W2, "updated W2": (W2 - 0.1 * H1.T @ g2).T}, W2.T
        )
        dH1 = g2 @ back
        gate = pick(faults, {"relu' left out": 1.0, "relu' = relu": H1, "relu' at its other side": (A1 <= 0) * 1.0,
                "gate of the wrong layer": (A2 > 0) * 1.0}, (A1 > 0) * 1.0)  # fmt: skip
        g1 = dH1 * gate
        if "skips a layer" in faults:
            g1 = g2 * gate
        out = {
            "W1": X.T @ g1, "b1": g1.sum(axis=0),
            "W2": pick(faults, {"input for output of layer 1": A1.T @ g2, "square layer transposed": (H1.T @ g2).T,
                   "output for input of layer 2": H2.T @ g2}, H1.T @ g2),
            "b2": pick(faults, {"b2 averaged": g2.mean(axis=0)}, g2.sum(axis=0)),
            "W3": pick(faults, {"input for output of layer 2": A2.T @ g3}, H2.T @ g3),
            "b3": g3.sum(axis=0),
        }  # fmt: skip
        if "biases exchanged" in faults:
            out["b1"], out["b2"] = out["b2"], out["b1"]
        if "weights decay" in faults:
            out = {name: g + 0.01 * p[name] if name[0] == "W" else g for name, g in out.items()}
        if "clipped" in faults:
            out = {name: np.clip(g, -0.02, 0.02) for name, g in out.items()}
        if any(name in faults for name in ("normalised", "clipped by norm")):
            norm = np.sqrt(sum((g * g).sum() for g in out.values()))
            out = {name: g / norm for name, g in out.items()}
        if "signs only" in faults:
            out = {name: np.sign(g) for name, g in out.items()}
        if "sizes only" in faults:
            out = {name: np.abs(g) for name, g in out.items()}
        if "rounded" in faults:
            out = {name: np.round(g, 3) for name, g in out.items()}
        if "times the learning rate" in faults:
            out = {name: -0.05 * g for name, g in out.items()}
        if "first layer detached" in faults:
            out["W1"], out["b1"] = 0 * out["W1"], 0 * out["b1"]
        if "first layer forgotten" in faults:
            del out["W1"], out["b1"]
        if "parameters given back" in faults:
            out = {name: p[name] for name in p}
        if "parameters after a step" in faults:
            out = {name: p[name] - 0.1 * g for name, g in out.items()}
        return out

    args = {"W1": rng.normal(size=(d, h)), "b1": rng.normal(size=h), "W2": rng.normal(size=(h, h)),
            "b2": rng.normal(size=h), "W3": rng.normal(size=(h, k)), "b3": rng.normal(size=k)}  # fmt: skip
    problem = Problem("three layers", f, backward, (args,))
    yield problem
    yield from problem.cases(
        ("0.5 and 2 both", "missing_factor factor", ""),
        ("σ' left out", "missing_factor", "sigmoid", "H2 = dp.sigmoid"),
        ("σ' = h", "missing_factor", "sigmoid", "H2 = dp.sigmoid"),
        ("σ' of its input", "wrong_point", "sigmoid", "H2 = dp.sigmoid"),
        ("σ' of tanh", "wrong_rule", "sigmoid", "H2 = dp.sigmoid"),
        ("σ' twice", "repeated_factor", "sigmoid", "H2 = dp.sigmoid"),
        ("σ' of σ", "wrong_point repeated_factor", "sigmoid", "H2 = dp.sigmoid"),
        ("W for its transpose", "transposed swapped wrong_rule", "matmul", 'H1 @ p["W2"]'),
        ("updated W2", "post_update", ""),
        ("relu' left out", "missing_factor", "relu", "H1 = dp.relu"),
        ("relu' = relu", "wrong_rule", "relu", "H1 = dp.relu"),
        ("relu' at its other side", "swapped wrong_rule", "relu", "H1 = dp.relu"),
        ("skips a layer", "missing_factor", "matmul", 'H1 @ p["W2"]'),
        ("input for output of layer 1", "wrong_point", ""),
        ("input for output of layer 2", "wrong_point", ""),
        ("output for input of layer 2", "wrong_point swapped", ""),
        ("square layer transposed", "transposed", ""),
        ("b2 averaged", "averaged"),
        ("biases exchanged", "swapped wrong_argument"),
        ("weights decay", "weight_decay"),
        ("clipped", "clipped"),
        ("normalised", "normalised"),
        ("signs only", "magnitude"),
        ("sizes only", "magnitude"),
        ("rounded", "rounded"),
        ("times the learning rate", "factor"),
        ("first layer detached", "missing_term zero"),
        ("first layer forgotten", "shape missing"),
    )

    def by_differences(p, h=1e-6):
        slopes = {name: np.zeros_like(value) for name, value in p.items()}
        for name, value in p.items():
            for k in np.ndindex(value.shape):
                moved = {**p, name: value.copy()}
                moved[name][k] += h
                slopes[name][k] = (f(moved) - f(p)) / h
        return slopes

    def single(p):
        halves = backward({name: value.astype(np.float32) for name, value in p.items()})
        return {name: g.astype(np.float32) for name, g in halves.items()}

    for name, wrong, kind in (
        ("by differences", by_differences, "finite_difference"),
        ("in float32", single, "float32"),
    ):
        yield Case(f"three layers: {name}", f, wrong, problem.args, kind, family="manners")
    yield problem.case(
        "parameters after a step", "unknown post_update other_function", family="strange"
    )
    yield problem.case(
        "gate of the wrong layer", "unknown wrong_point wrong_rule", family="strange"
    )


def recurrent(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A recurrent network, by backpropagation through time."""
    steps, d, h = 4, 2, int(rng.integers(3, 5))
    xs, h0, t = rng.normal(size=(steps, d)), rng.normal(size=h), rng.normal()

    def f(W, U, b, v):
        state = h0
        for x in xs:
            state = dp.tanh(state @ W + x @ U + b)
        return (state @ v - t) ** 2

    def backward(W, U, b, v, faults=()):
        states = [h0]
        for x in xs:
            states.append(np.tanh(states[-1] @ W + x @ U + b))
        dy = 2 * (states[-1] @ v - t)
        dv, dstate = dy * states[-1], dy * v
        dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
        for k in reversed(range(steps)):
            slope = pick(faults, {"tanh' left out": 1.0, "tanh' = 1 - h": 1 - states[k + 1],
                     "tanh' of the state before": 1 - states[k] ** 2}, 1 - states[k + 1] ** 2)  # fmt: skip
            da = dstate * slope
            share = pick(faults, {"state after the step": np.outer(states[k + 1], da),
                     "outer the wrong way": np.outer(da, states[k])}, np.outer(states[k], da))  # fmt: skip
            dW = (
                share
                if any(name in faults for name in ("W overwritten", "all overwritten"))
                else dW + share
            )
            dU = np.outer(xs[k], da) + (
                0 if any(name in faults for name in ("U overwritten", "all overwritten")) else dU
            )
            db = da + (
                0 if any(name in faults for name in ("b overwritten", "all overwritten")) else db
            )
            dstate = pick(faults, {"W for its transpose": da @ W, "W left out": da}, W @ da)
            if "one step back only" in faults:
                break
            if "two steps back only" in faults and k == steps - 2:
                break
        if "averaged over time" in faults:
            dW, dU, db = dW / steps, dU / steps, db / steps
        return pick(
            faults,
            {"v forgotten": (dW, dU, db, 0 * v), "b and v exchanged": (dW, dU, dv, db)},
            (dW, dU, db, dv),
        )

    args = (
        0.6 * rng.normal(size=(h, h)),
        rng.normal(size=(d, h)),
        rng.normal(size=h),
        rng.normal(size=h),
    )
    problem = Problem("recurrent network", f, backward, args)
    yield problem
    yield from problem.cases(
        ("tanh' left out", "missing_factor", "tanh", "dp.tanh(state @ W"),
        ("tanh' = 1 - h", "wrong_rule", "tanh", "dp.tanh(state @ W"),
        ("tanh' of the state before", "wrong_point", "tanh", "dp.tanh(state @ W"),
        ("state after the step", "wrong_point", ""),
        ("outer the wrong way", "transposed swapped", ""),
        ("W overwritten", "overwritten", "matmul"),
        ("U overwritten", "overwritten", "matmul"),
        ("b overwritten", "overwritten", "add"),
        ("all overwritten", "overwritten", ""),
        ("W for its transpose", "transposed swapped wrong_rule", "matmul"),
        ("W left out", "missing_factor", "matmul"),
        ("one step back only", "missing_term overwritten"),
        ("two steps back only", "missing_term overwritten"),
        ("averaged over time", "averaged factor"),
        ("v forgotten", "missing_term zero"),
        ("b and v exchanged", "swapped wrong_argument"),
    )


def embedding(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """Words as rows of a matrix; one word occurs three times, and one never."""
    words, size = 5, 3
    sentence = np.array([1, 3, 1, 0, 1, 4])
    target, places = rng.normal(size=size), 0.3 * rng.normal(size=(len(sentence), size))

    def f(E, w):
        rows = E[sentence]
        mixed = dp.tanh(rows * w + places).mean(axis=0)
        return dp.sum((mixed - target) ** 2)

    def backward(E, w, faults=()):
        rows = E[sentence]
        A = rows * w + places
        T = np.tanh(A)
        g = 2 * (T.mean(axis=0) - target)
        dT = np.tile(g, (len(sentence), 1))
        dT = dT if "sum for mean" in faults else dT / len(sentence)
        inner = pick(
            faults, {"tanh' left out": dT, "tanh' of its input": dT * (1 - A**2)}, dT * (1 - T * T)
        )
        drows = pick(faults, {"w left out": inner, "rows for w": inner * rows}, inner * w)
        dE = np.zeros_like(E)
        if "repeated words overwrite" in faults:
            dE[sentence] = drows
        elif "repeated words added once" in faults:
            dE[sentence] += drows
        elif "average of repeated words" in faults:
            np.add.at(dE, sentence, drows)
            dE /= np.maximum(np.bincount(sentence, minlength=words), 1)[:, None]
        elif "next word" in faults:
            np.add.at(dE, (sentence + 1) % words, drows)
        else:
            np.add.at(dE, sentence, drows)
        dw = pick(
            faults,
            {"w not summed": inner * rows, "w averaged": (inner * rows).mean(axis=0)},
            (inner * rows).sum(axis=0),
        )
        return pick(
            faults,
            {"rows instead of the matrix": (drows, dw), "E transposed": (dE.T, dw)},
            (dE, dw),
        )

    problem = Problem(
        "embedding", f, backward, (rng.normal(size=(words, size)), rng.normal(size=size))
    )
    yield problem
    yield from problem.cases(
        ("sum for mean", "averaged"),
        ("tanh' left out", "missing_factor", "tanh", "dp.tanh(rows * w"),
        ("tanh' of its input", "wrong_point", "tanh", "dp.tanh(rows * w"),
        ("w left out", "missing_factor", "mul", "dp.tanh(rows * w"),
        ("rows for w", "swapped", "mul", "dp.tanh(rows * w"),
        ("repeated words overwrite", "overwritten", "getitem", "rows = E[sentence]"),
        ("repeated words added once", "overwritten", "getitem", "rows = E[sentence]"),
        ("w not summed", "not_summed"),
        ("w averaged", "averaged"),
        ("rows instead of the matrix", "shape not_summed"),
        ("E transposed", "transposed"),
    )
    yield problem.case("next word", "unknown wrong_point swapped", family="strange")
    yield problem.case("average of repeated words", "averaged unknown", family="strange")


def tied(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """An autoencoder whose decoder is the transpose of its encoder: one matrix, used twice."""
    n, d, h = int(rng.integers(6, 9)), 4, int(rng.integers(2, 4))
    X = rng.normal(size=(n, d))

    def f(W, b, c):
        code = dp.tanh(X @ W + b)
        back = code @ W.T + c
        return dp.sum((back - X) ** 2) / n

    def backward(W, b, c, faults=()):
        code = np.tanh(X @ W + b)
        g = 2 * (code @ W.T + c - X) / n
        decoder = pick(faults, {"decoder upside down": -g.T @ code}, g.T @ code)
        dcode = pick(faults, {"W left out": g @ np.ones((d, h))}, g @ W)
        da = dcode * pick(
            faults, {"tanh' left out": 1.0, "tanh' twice": (1 - code**2) ** 2}, 1 - code**2
        )
        encoder = X.T @ da
        dW = pick(
            faults,
            {"decoder forgotten": encoder, "encoder forgotten": decoder, "mean of both": (encoder + decoder) / 2,
             "difference of both": decoder - encoder, "product of both": encoder * decoder},
            encoder + decoder,
        )  # fmt: skip
        db = pick(faults, {"b not summed": da}, da.sum(axis=0))
        dc = pick(
            faults,
            {"c averaged": g.mean(axis=0), "c like the input": X.sum(axis=0) / n},
            g.sum(axis=0),
        )
        return dW, db, dc

    args = 0.5 * rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=d)
    problem = Problem("tied weights", f, backward, args)
    yield problem
    yield from problem.cases(
        ("decoder upside down", "sign", ""),
        ("W left out", "missing_factor", "matmul"),
        ("tanh' left out", "missing_factor", "tanh", "dp.tanh(X @ W"),
        ("tanh' twice", "repeated_factor", "tanh", "dp.tanh(X @ W"),
        ("decoder forgotten", "overwritten missing_term", ""),
        ("encoder forgotten", "overwritten missing_term", ""),
        ("mean of both", "factor averaged", ""),
        ("b not summed", "not_summed"),
        ("c averaged", "averaged"),
    )
    yield problem.case("product of both", "unknown wrong_rule", family="strange")
    yield problem.case("c like the input", "unknown", family="strange")


def gated(rng: np.random.Generator) -> Iterator[Case | Problem]:
    """A cell with a memory, an input gate and a forget gate, over a few steps."""
    steps, h = 3, int(rng.integers(3, 5))
    xs, start, target = rng.normal(size=(steps, h)), rng.normal(size=h), rng.normal(size=h)

    def f(a, b, c):
        memory = start
        for x in xs:
            keep = dp.sigmoid(a * x)
            let = dp.sigmoid(b * x)
            memory = keep * memory + let * dp.tanh(c * x)
        return dp.sum((memory - target) ** 2)

    def backward(a, b, c, faults=()):
        memories = [start]
        for x in xs:
            memories.append(sigmoid(a * x) * memories[-1] + sigmoid(b * x) * np.tanh(c * x))
        g = 2 * (memories[-1] - target)
        da, db, dc = np.zeros(h), np.zeros(h), np.zeros(h)
        for k in reversed(range(steps)):
            x, before = xs[k], memories[k]
            keep, let, new = sigmoid(a * x), sigmoid(b * x), np.tanh(c * x)
            at = pick(faults, {"memory after the step": memories[k + 1]}, before)
            dkeep = pick(faults, {"memory left out": g}, g * at)
            slope = pick(
                faults,
                {"gate's slope left out": 1.0, "gate's slope of its input": a * x * (1 - a * x)},
                keep * (1 - keep),
            )
            share = dkeep * slope * x
            da = share if "a overwritten" in faults else da + share
            dlet = pick(faults, {"gates exchanged": g * keep}, g * new)
            db = db + dlet * pick(faults, {"let' = let": let}, let * (1 - let)) * x
            through = pick(faults, {"gate left out": g}, g * let)
            dc = dc + through * pick(faults, {"tanh' = 1 - h": 1 - new}, 1 - new**2) * x
            g = pick(
                faults, {"memory kept whole": g, "memory through the wrong gate": g * let}, g * keep
            )
            if "one step only" in faults:
                break
        return pick(
            faults,
            {"a and b exchanged": (db, da, dc), "c forgotten": (da, db, 0 * dc)},
            (da, db, dc),
        )

    problem = Problem("gated cell", f, backward, tuple(rng.normal(size=(3, h))))
    yield problem
    yield from problem.cases(
        ("memory after the step", "wrong_point", ""),
        ("memory left out", "missing_factor", "mul", "keep * memory"),
        ("gate's slope left out", "missing_factor", "sigmoid", "keep = dp.sigmoid"),
        ("gate's slope of its input", "wrong_point", "sigmoid", "keep = dp.sigmoid"),
        ("a overwritten", "overwritten missing_term", ""),
        ("let' = let", "missing_factor", "sigmoid", "let = dp.sigmoid"),
        ("gate left out", "missing_factor", "mul", "let * dp.tanh"),
        ("tanh' = 1 - h", "wrong_rule", "tanh", "let * dp.tanh"),
        ("memory kept whole", "missing_factor", "mul", "keep * memory"),
        ("one step only", "missing_term overwritten", ""),
        ("a and b exchanged", "swapped wrong_argument"),
        ("c forgotten", "missing_term zero"),
    )
    yield problem.case(
        "memory through the wrong gate", "unknown wrong_point swapped", family="strange"
    )
    yield problem.case("gates exchanged", "unknown wrong_point swapped", family="strange")


PROBLEMS = (
    linear_regression, logistic_regression, classifier, two_layers, three_layers, recurrent,
    embedding, tied, gated,
)  # fmt: skip
