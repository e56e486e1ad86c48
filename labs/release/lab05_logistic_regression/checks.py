"""Lab 5: what each exercise asks the student's code, and how the answers are judged.

Hand-made gradients are held against dpkit's, and `dp.diagnose` names what is wrong with them. What is
written on the tape runs on the student's own engine where that keeps its contracts, and on dpkit's
otherwise. A function that needs an earlier exercise is lent a loss that is right for the small logits
it meets here, so that none depends on another.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

import dpkit as dp
from autograder.exercise import Lab, agree
from dpkit import nn

lab = Lab(
    "lab05_logistic_regression",
    "Logistic regression, 1 → N layers",
    week=5,
    minutes=165,
    notes="week05.md",
    given=["objectives = []"],
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def lent_loss(student):
    """The loss, written in the way that is good for small logits only."""
    engine = student.engine

    def loss(z, y):
        sides = 1 - 2 * np.asarray(y)
        return engine.log(1 + engine.exp(z * sides)).mean()

    return loss


@lab.helper
def lent_net(student, arrays):
    """A network of these weights and biases, with tanh between its layers."""
    engine = student.engine

    class Net:
        def __init__(self):
            self.held = [engine.Tensor(np.array(each, float)) for each in arrays]

        def parameters(self):
            return list(self.held)

        def __call__(self, x):
            pairs = list(zip(self.held[::2], self.held[1::2], strict=True))
            for k, (W, b) in enumerate(pairs):
                x = x @ W.T + b
                x = engine.tanh(x) if k + 1 < len(pairs) else x
            return x

        forward = __call__

    return Net()


@lab.helper
def with_tools(student, name, engine=False, **lent):
    """The student's function, with all that differentiates out of reach, but for the `engine` where
    that is what is asked for."""
    closed = ["dpkit", "torch", "jax", "tensorflow", "autograd"]
    return student.rebind(name, without=closed if engine else [*closed, "engine"], **lent)


@lab.helper
def swept(student, out, parameters):
    """The value of what a module gave, and the slopes of its entries' weighted sum."""
    if not isinstance(out, student.engine.Tensor):
        raise TypeError(f"`forward` should return a Tensor; {type(out).__name__} came back")
    weights = 1.0 + np.arange(out.value.size).reshape(out.shape)
    student.engine.backward((out * weights).sum())
    nothing = [each.grad is None for each in parameters]
    zeros = [np.zeros(each.shape) for each in parameters]
    slopes = [
        zero if none else np.array(each.grad)
        for each, zero, none in zip(parameters, zeros, nothing, strict=True)
    ]
    return np.array(out.value), slopes


# ------------------------------------------------------------------------------------------------
# What verdicts share


def draw(rng, *shape):
    """Numbers away from 0, of both signs."""
    return rng.uniform(0.4, 1.6, shape) * rng.choice([-1, 1], shape)


def labels(rng, count):
    """A column of labels, with both kinds in it, and not equally many."""
    y = (rng.uniform(size=count) < 0.5).astype(float)
    y[:3] = [1.0, 0.0, 1.0]
    return y[:, None]


def sigmoid(z):
    return (1 + np.tanh(np.asarray(z) / 2)) / 2


def true_loss(z, y):
    """The mean negative log-likelihood."""
    costs = nn.binary_cross_entropy_with_logits(
        np.asarray(z, float), np.asarray(y, float), reduction="none"
    )
    return math.fsum(cost / costs.size for cost in costs.ravel())  # no sum that could overflow


def true_slopes(logits, y, *weights):
    """(loss, gradients) of the model that makes logits of these weights."""

    def loss(*at):
        return nn.binary_cross_entropy_with_logits(logits(*at), y)

    value, slopes = dp.value_and_grad(loss, tuple(range(len(weights))))(*weights)
    return float(value), slopes


def pulled_back(bar, X, W):
    """The adjoint of W, where that of X Wᵀ is `bar`."""
    return dp.grad(lambda W: dp.sum(bar * (X @ W.T)))(W)


# ------------------------------------------------------------------------------------------------
# 5.1: a prediction, as 5.4 is. Trying earns the point.


@lab.exercise(
    "5.1",
    "Predict: sure, and wrong",
    points=1,
    minutes=3,
    reread="week05.md#stable-loss",
    hints=(
        "What is 1 − σ(z), written with one exponential?",
        "1 − σ(z) = 1 / (1 + e^z), and for large z the 1 hardly counts.",
        "The logarithm and the exponential nearly cancel each other.",
    ),
)
class SureAndWrong:
    def probe(student):
        return student.my_prediction_of_the_loss()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1_000_000, math.inf)


# ------------------------------------------------------------------------------------------------
# 5.2


@lab.exercise(
    "5.2",
    "A loss that survives",
    points=2,
    minutes=10,
    reread="week05.md#stable-loss",
    hints=(
        "For which label does an example cost softplus(z), and for which softplus(−z)?",
        "softplus(−z) = softplus(z) − z, so one formula serves both labels. And softplus(z) is the "
        "log-sum-exp of 0 and z: take the larger of the two out of the exponentials.",
        "What remains after the larger one is taken out is log(1 + e^(−|z|)), for which numpy has "
        "`log1p`; or look up `np.logaddexp`. Then the mean.",
    ),
)
class StableLoss:
    def probe(student, z, y):
        z, y = np.array(z, float), np.array(y, float)
        before = z.copy(), y.copy()
        nll = with_tools(student, "nll")
        with np.errstate(all="ignore"):
            got = nll(z, y)
        same = np.array_equal(z, before[0]) and np.array_equal(y, before[1])
        return {"got": got, "same": bool(same)}

    def verdict(ask, rng, mark):
        with mark.part("ordinary logits", 1):
            y = labels(rng, 7)
            judge_loss(ask, mark, 2.5 * draw(rng, 7, 1), y)
            judge_loss(ask, mark, draw(rng, 1, 1), np.array([[0.0]]))
        with mark.part("sure and wrong, ±10,000", 1):
            mark.only_after("ordinary logits")
            huge = 1e4 * rng.uniform(0.5, 1, (3, 1)) * np.array([[1.0], [-1.0], [1.0]])
            judge_loss(ask, mark, huge, np.array([[0.0], [1.0], [0.0]]))
            judge_loss(ask, mark, huge, np.array([[1.0], [0.0], [0.0]]))


def judge_loss(ask, mark, z, y):
    given = {"z": z[:, 0].round(4).tolist(), "y": y[:, 0].tolist()}
    shown = {"given": given, "function": "nll"}
    answer = ask(z=z, y=y)
    got, truth = answer["got"], true_loss(z, y)
    name_the_loss(mark, got, z, y, shown)
    if np.max(np.abs(z)) > 30 and agree(got, truth, rtol=1e-6) == ("value", ""):
        mark.fail(
            "clipped",
            "For huge logits the loss should grow like the logit itself; it does not. Was a "
            "probability kept away from 0 and 1 by force?",
            got=got,
            expected=truth,
            **shown,
        )
    if agree(got, truth, rtol=1e-3) is None and agree(got, truth, rtol=1e-6) is not None:
        mark.fail(
            "rounded",
            "The first digits are right, the others are not. Was something small added, or cut off?",
            got=got,
            expected=truth,
            **shown,
        )
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="This is not the mean negative log-likelihood.",
        rtol=1e-6,
        **shown,
    )
    mark.that(
        answer["same"],
        kind="mutated_input",
        message="`z` or `y` was changed on the way: work on a copy.",
        **shown,
    )


def name_the_loss(mark, got, z, y, shown, made=""):
    """Say it where a loss is one of the usual wrong ones; `made`: how else a sum may come about."""
    truth = true_loss(z, y)
    if isinstance(got, np.ndarray) and got.shape:
        mark.fail(
            "shape",
            f"One number was expected, the mean of {len(z)} losses; an array of shape {got.shape} "
            "came back.",
            **shown,
        )
    wrong = [
        ("sign", -truth, "The sign is turned: a loss is positive, since the logarithm of a "
         "probability is negative."),
        ("factor", truth * len(z), f"This is the sum over the {len(z)} examples; the mean was asked "
         f"for.{made}"),
        ("swapped", true_loss(z, 1 - y), "This is the loss of the opposite labels: which of the two "
         "terms belongs to y = 1?"),
    ]  # fmt: skip
    for kind, number, message in wrong:
        if agree(number, truth) is not None and agree(got, number) is None:
            mark.fail(kind, message, got=got, expected=truth, **shown)


# ------------------------------------------------------------------------------------------------
# 5.3


SQUARED = (
    "This is the slope of the squared error, (σ(z) − y)². The loss here is the negative "
    "log-likelihood."
)
OF_A_LAYER = ("sign", "missing_factor", "factor", "averaged", "transposed", "wrong_point")


@lab.exercise(
    "5.3",
    "The gradient of one layer",
    points=2,
    minutes=10,
    reread="week05.md#one-layer",
    hints=(
        "The worked example has the slope by each logit. What is left is week 4: a matrix product, "
        "pulled back.",
        "z_bar has the shape (N, 1) and the gradient (1, D). Which product of z_bar and X has it?",
        "Turn z_bar over and put it in front of X. Where does the 1/N of the mean go? To z_bar.",
    ),
)
class OneLayer:
    def probe(student, W, X, y):
        given = [np.array(each, float) for each in (W, X, y)]
        before = [each.copy() for each in given]
        slopes_one = with_tools(student, "slopes_one")
        with np.errstate(all="ignore"):
            got = slopes_one(*given)
        return {"got": got, "same": all(map(np.array_equal, given, before))}

    def verdict(ask, rng, mark):
        with mark.part("shape and value", 1):
            judge_one(ask, mark, rng, 6, 3)
        with mark.part("other sizes", 1):
            judge_one(ask, mark, rng, 4, 4)
            judge_one(ask, mark, rng, 5, 3, huge=True)


def judge_one(ask, mark, rng, count, width, huge=False):
    X, y = draw(rng, count, width), labels(rng, max(count, 3))[:count]
    X[:, -1] = 1
    W = draw(rng, 1, width)
    if huge:  # one logit, at least, beyond what exp can take
        W = 3000.0 * np.abs(W) * np.sign(X[:1])
    logits, mu = X @ W.T, sigmoid(X @ W.T)
    given = {"X of shape": [count, width]}
    if huge:
        given["logits"] = np.rint(logits[:, 0]).tolist()
    shown = {"given": given, "function": "slopes_one"}
    answer = ask(W=W, X=X, y=y)
    got = answer["got"]
    judge_shapes(mark, got, W.shape, "the gradient by W", shown)

    for kind, bar, message in (
        ("repeated_factor", (mu - y) * mu * (1 - mu), "There is one slope of the sigmoid too many: "
         "in the slope by the logit it has cancelled already."),
        ("other_function", X @ W.T - y, "Belief minus truth: the belief is the probability, not the "
         "logit."),
        ("missing_term", mu, "This gradient does not know the labels: where is y?"),
        ("other_function", 2 * (mu - y) * mu * (1 - mu), SQUARED),
    ):  # fmt: skip
        same = agree(got, pulled_back(bar / count, X, W)) is None
        mark.that(not same or np.allclose(bar, mu - y), kind=kind, message=message, **shown)
    judge_digits(
        mark, got, pulled_back((mu - y) / count, X, W), shown, floor=1e-10 if huge else 1e-12
    )

    def loss(W):
        z = X @ W.T
        return dp.mean(dp.softplus(z) - y * z)

    mark.gradient(
        dp.diagnose(loss, lambda at: ask(W=at, X=X, y=y)["got"], W, prefer=OF_A_LAYER, seconds=0.5),
        where="",
        **shown,
    )
    judge_unchanged(mark, answer, shown)


def judge_digits(mark, got, truth, shown, floor=1e-12):
    """A gradient that is nearly right is no derivative."""
    nearly = agree(got, truth, rtol=1e-4, floor=1e-6) is None
    mark.that(
        not nearly or agree(got, truth, rtol=1e-12, floor=floor) is None,
        kind="float32" if got.dtype == np.float32 else "finite_difference",
        message="The first digits are right, and no more: so it is with nudges (week 1), and with "
        "float32. Here a formula is asked for, in float64: right to the last digits.",
        got=got, expected=truth, **shown,
    )  # fmt: skip


def judge_unchanged(mark, answer, shown):
    """The arrays that were given are the caller's."""
    mark.that(
        answer["same"],
        kind="mutated_input",
        message="An array that was given has changed on the way: work on a copy.",
        **shown,
    )


def judge_shapes(mark, got, shape, what, shown):
    """The gradient by an array has the array's shape."""
    mark.that(
        got is not None,
        kind="missing",
        message=f"For {what} nothing came back (None). Is there a `return`?",
        **shown,
    )
    mark.that(
        isinstance(got, np.ndarray),
        kind="wrong_type",
        message=f"For {what} an array was expected.",
        got=str(type(got).__name__),
        **shown,
    )
    if got.shape != shape:
        turned = got.shape == shape[::-1]
        mark.fail(
            "transposed" if turned else "shape",
            f"Expected for {what}: the shape {shape}. Received: {got.shape}."
            + " That is the right one, turned over." * turned,
            got=list(got.shape),
            expected=list(shape),
            **shown,
        )


# ------------------------------------------------------------------------------------------------
# 5.4


@lab.exercise(
    "5.4",
    "Predict: four corners",
    points=1,
    minutes=3,
    reread="week05.md#xor",
    hints=(
        "Draw the four corners of a square, mark the diagonal pairs, and lay a ruler on them.",
        "Can one corner be cut off? Can two opposite ones be put on one side, alone?",
        "Cutting off one corner of the ones leaves a side with three corners.",
    ),
)
class Corners:
    def probe(student):
        return student.my_prediction_of_the_corners()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 4)


# ------------------------------------------------------------------------------------------------
# 5.5


@lab.exercise(
    "5.5",
    "The gradients of two layers",
    points=3,
    minutes=15,
    reread="week05.md#two-layers",
    hints=(
        "Start at the end: the last layer is exercise 5.3, with ν in the place of X.",
        "Then pull z2_bar back to ν (a matrix product), through the sigmoid (entry by entry), and "
        "from there to W1 (5.3 once more).",
        "Shapes: z2_bar (N, 1), nu_bar (N, H), z1_bar (N, H). The slope of the sigmoid is made from "
        "ν, and sits between nu_bar and z1_bar.",
    ),
)
class TwoLayers:
    def probe(student, W1, W2, X, y):
        given = [np.array(each, float) for each in (W1, W2, X, y)]
        before = [each.copy() for each in given]
        answer = with_tools(student, "slopes_two")(*given)
        same = all(map(np.array_equal, given, before))
        if not isinstance(answer, (tuple, list)):
            return {"odd": type(answer).__name__, "count": 0, "slopes": [], "same": same}
        return {"odd": "", "count": len(answer), "slopes": list(answer), "same": same}

    def verdict(ask, rng, mark):
        with mark.part("the gradient by W2", 1):
            judge_two(ask, mark, rng, 1, (7, 3, 4))
        with mark.part("the gradient by W1", 1):
            judge_two(ask, mark, rng, 0, (7, 3, 4))
        with mark.part("both, with other sizes", 1):
            judge_two(ask, mark, rng, None, (5, 4, 2))


def judge_two(ask, mark, rng, which, sizes):
    """The gradient by W1 (which = 0), W2 (1), or both (None), for (N, D, H)."""
    count, width, hidden = sizes
    X, y = draw(rng, count, width), labels(rng, count)
    W1, W2 = draw(rng, hidden, width), draw(rng, 1, hidden)
    given = {"X of shape": [count, width], "W1 of shape": [hidden, width]}
    shown = {"given": given, "function": "slopes_two"}

    def slopes(W1, W2):
        answer = ask(W1=W1, W2=W2, X=X, y=y)
        mark.that(
            answer["odd"] == "" and answer["count"] == 2,
            kind="missing" if answer["odd"] == "NoneType" else "wrong_type",
            message="Two arrays were expected: the gradient by W1 and the gradient by W2.",
            got=answer["odd"] or f"{answer['count']} things",
            **shown,
        )
        judge_unchanged(mark, answer, shown)
        return answer["slopes"]

    first = slopes(W1, W2)
    shapes = (W1.shape, W2.shape)
    asked = (0, 1) if which is None else (which,)
    if W1.shape != W2.shape and all(
        isinstance(each, np.ndarray) and each.shape == other
        for each, other in zip(first, shapes[::-1], strict=True)
    ):
        mark.fail("swapped", "The two gradients have changed places: W1's comes first.", **shown)
    for k in asked:
        judge_shapes(mark, first[k], shapes[k], f"the gradient by W{k + 1}", shown)

    inner = sigmoid(X @ W1.T)
    belief = sigmoid(inner @ W2.T)
    bar, bend = (belief - y) / count, belief * (1 - belief)
    _, (inner_bar,) = true_slopes(lambda inner: inner @ W2.T, y, inner)

    def both(bar):
        """Both gradients, where the last logits' adjoint is `bar`."""
        return dp.grad(lambda a, b: dp.sum(bar * (dp.sigmoid(X @ a.T) @ b.T)), (0, 1))(W1, W2)

    for of, wrong, kind, message in (
        (0, pulled_back(inner_bar * bend, X, W1), "wrong_point", "On the way through the hidden "
         "sigmoid its slope is taken at μ, the value of the last layer; it belongs to ν."),
        (1, pulled_back(bar, X @ W1.T, W2), "wrong_point", "The last layer was given ν. Here its "
         "input is taken to be the hidden logits, from before their sigmoid."),
        *((k, both(bar * bend)[k], "repeated_factor", "There is one slope of the sigmoid too many: "
           "in the slope by the last logit it has cancelled already.") for k in (0, 1)),
        *((k, both(2 * bar * bend)[k], "other_function", SQUARED) for k in (0, 1)),
    ):  # fmt: skip
        same = of in asked and agree(first[of], wrong) is None
        mark.that(not same, kind=kind, message=message, **shown)
    for k in asked:
        judge_digits(mark, first[k], both(bar)[k], shown)

    def loss(W1, W2):
        z = dp.sigmoid(X @ W1.T) @ W2.T
        return dp.mean(dp.softplus(z) - y * z)

    if which is None:
        diagnosis = dp.diagnose(
            loss, lambda *at: tuple(slopes(*at)), W1, W2, prefer=OF_A_LAYER, seconds=0.6
        )
    else:
        at = [W1, W2]

        def of_one(W):
            return loss(*(W if k == which else each for k, each in enumerate(at)))

        def wrong(W):
            return slopes(*(W if k == which else each for k, each in enumerate(at)))[which]

        diagnosis = dp.diagnose(of_one, wrong, at[which], prefer=OF_A_LAYER, seconds=0.6)
    mark.gradient(diagnosis, where="", **shown)


# ------------------------------------------------------------------------------------------------
# 5.6


ON_THE_TAPE = (
    " Did you divide already? Then look at the shapes: `logsumexp` drops the axis that it sums over, "
    "and (N,) beside (N, 1) makes a table of N × N."
)


@lab.exercise(
    "5.6",
    "No more by hand",
    points=2,
    minutes=12,
    reread="week05.md#on-the-tape",
    hints=(
        "Only `engine.…` functions and operators leave a trace on the tape; `np.…` does not.",
        "softplus(z) is the log-sum-exp of 0 and z. Make a Tensor with rows [0, z], and take "
        "`engine.logsumexp` over its axis 1.",
        "`z @ np.array([[0.0, 1.0]])` has the rows [0, z]. Then as in 5.2: softplus minus y times "
        "z, and `.mean()`. The model is two products with `.T` and a sigmoid between them.",
    ),
)
class OnTheTape:
    def probe(student, z=None, W1=None, W2=None, X=None, y=None):
        engine = student.engine
        y = np.array(y, float)
        made = []

        def watched(f):
            def loss(*at):
                made.append(f(*at))
                if not isinstance(made[-1], engine.Tensor):
                    raise TypeError(
                        f"a Tensor was expected, {type(made[-1]).__name__} came back. Is there a "
                        "`return`, and is every step the engine's?"
                    )
                return made[-1]

            return loss

        if z is not None:
            cost = with_tools(student, "loss_on_tape", engine=True)
            with np.errstate(all="ignore"):  # the verdict says it in words
                slopes = engine.gradient(watched(lambda z: cost(z, y)), np.array(z, float))
        else:
            lent = {"loss_on_tape": lent_loss(student)}
            model = with_tools(student, "two_layers_on_tape", engine=True, **lent)
            X = np.array(X, float)
            slopes = engine.gradient(watched(lambda a, b: model(a, b, X, y)), W1, W2)
        return {"value": np.asarray(made[-1].value), "slopes": [np.asarray(s) for s in slopes]}

    def verdict(ask, rng, mark):
        def judge(z, y, message):
            given = {"z": np.ravel(z).tolist(), "y": np.ravel(y).tolist()}
            shown = {"given": given, "function": "loss_on_tape"}
            answer = ask(z=z, y=y)
            value = answer["value"]
            if isinstance(value, np.ndarray) and value.size == 1:
                value = value.reshape(())
            truth = true_loss(z, y)
            name_the_loss(mark, value, z, y, shown, made=ON_THE_TAPE)
            mark.close(
                value, truth, kind="wrong_value", rtol=1e-9,
                message="The value is not the mean negative log-likelihood.", **shown,
            )  # fmt: skip
            mark.that(
                any(np.any(slopes) for slopes in answer["slopes"]),
                kind="wrong_adjoint",
                message="The value is right, but nothing comes back along the tape: every slope is 0. "
                "Where does the way from the loss to z leave the tape?",
                got=answer["slopes"][0], **shown,
            )  # fmt: skip
            mark.close(
                answer["slopes"][0],
                (sigmoid(z) - y) / len(z),
                kind="wrong_adjoint",
                message=message,
                **shown,
            )

        usual = "The value is right; the slopes that come back along the tape are not its slopes."
        with mark.part("the loss", 0.5):
            judge(draw(rng, 6, 1), labels(rng, 6), usual)
        with mark.part("the loss, ±10,000", 0.5):
            mark.only_after("the loss")
            judge(np.array([[1e4], [-1e4], [-9e3]]), np.array([[0.0], [1.0], [0.0]]), usual)
        with mark.part("the loss, exactly at 0", 0.25):
            mark.only_after("the loss")
            z = np.array([[0.0], [1.5], [0.0]])
            judge(
                z,
                np.array([[1.0], [0.0], [0.0]]),
                "At z = 0 exactly, where every network begins that starts from zeros, the slope is "
                "not σ(0) − y. A kink was put there that softplus does not have.",
            )
        with mark.part("the model", 0.75):
            judge_model(ask, mark, rng, (6, 3, 4))


def judge_model(ask, mark, rng, sizes):
    count, width, units = sizes
    X, y = draw(rng, count, width), labels(rng, count)
    W1, W2 = draw(rng, units, width), draw(rng, 1, units)
    given = {"X of shape": [count, width], "W1 of shape": [units, width]}
    shown = {"given": given, "function": "two_layers_on_tape"}
    answer = ask(W1=W1, W2=W2, X=X, y=y)
    loss, slopes = true_slopes(lambda a, b: dp.sigmoid(X @ a.T) @ b.T, y, W1, W2)
    value = answer["value"]
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(())
    last = sigmoid(X @ W1.T) @ W2.T
    for kind, z, message in (
        ("repeated_factor", sigmoid(last), "A sigmoid too many: the loss takes logits, and has "
         "the last sigmoid inside."),
        ("missing_factor", X @ W1.T @ W2.T, "There is no sigmoid between the layers: together they "
         "are a single one."),
    ):  # fmt: skip
        mark.that(
            agree(value, true_loss(z, y)) is not None, kind=kind, message=message, got=value,
            expected=loss, **shown,
        )  # fmt: skip
    for got, truth, kind, message in (
        (value, loss, "wrong_value", "The model's loss is wrong."),
        (answer["slopes"][1], slopes[1], "wrong_adjoint", "The gradient by W2 is wrong."),
        (
            answer["slopes"][0],
            slopes[0],
            "wrong_adjoint",
            "The loss and the gradient by W2 are right, the gradient by W1 is not: did the tape break "
            "between the layers?",
        ),
    ):
        got = got.reshape(()) if isinstance(got, np.ndarray) and got.size == 1 else got
        mark.close(got, truth, kind=kind, message=message, **shown)


# ------------------------------------------------------------------------------------------------
# 5.7


@lab.exercise(
    "5.7",
    "Modules, and N layers",
    points=3,
    minutes=20,
    reread="week05.md#modules",
    hints=(
        "parameters: what are the four kinds of thing that an attribute can be?",
        "A function that looks at one thing: a Tensor is noted, a Module's attributes and a list's "
        "items are looked at in turn, everything else is passed over.",
        "`isinstance(thing, engine.Tensor)`; “noted already?” is asked with `is`, since `==` of "
        "arrays is something else. In MLP, keep the layers in a list, and treat the last by itself.",
    ),
)
class Modules:
    def probe(student, what, dims=None, seed=0, x=None, tree=None):
        Tensor = student.engine.Tensor
        rng = np.random.default_rng(seed)
        if what == "parameters":

            class Tree(student.Module):
                pass

            shared = Tree()
            shared.label, shared.inside = "a text", Tensor(tree[1])
            top = Tree()
            top.first, top.number, top.child = Tensor(tree[0]), 3.5, shared
            if dims:  # lists, and lists in lists
                leaf = Tree()
                leaf.table, leaf.both = {"no": "Tensor"}, [Tensor(tree[3]), None]
                top.many = [Tensor(tree[2]), (leaf, shared)]
                top.again = shared.inside
            top.last = Tensor(tree[4])
            found = top.parameters()
            other = Tree()
            other.only = Tensor(tree[0])
            alone = other.parameters()
            if not isinstance(found, (list, tuple)):
                return {"odd": type(found).__name__, "found": [], "alone": 0}
            odd = next((type(p).__name__ for p in found if not isinstance(p, Tensor)), "")
            found = [] if odd else [p.value for p in found]
            return {"odd": odd, "found": found, "alone": len(alone)}
        if what == "linear":
            layer = student.Linear(*dims, rng)
            held = {"W": layer.W, "b": layer.b}
            odd = {each: type(p).__name__ for each, p in held.items() if not isinstance(p, Tensor)}
            if odd or x is None or layer.b.shape != (dims[1],):
                return {"odd": odd} | {each: np.asarray(p.value) for each, p in held.items()
                                       if each not in odd}  # fmt: skip
            weights, start = layer.W.value.copy(), layer.b.value.copy()
            layer.b.value = np.linspace(-1, 1, dims[1])
            out, slopes = swept(student, layer(Tensor(x)), list(held.values()))
            return {"odd": odd, "W": weights, "b": start, "out": out, "slopes": slopes}
        net = student.MLP(list(dims), rng)
        found = list(net.parameters())
        for k, each in enumerate(found):
            if len(each.shape) == 1:
                each.value = np.linspace(-0.7, 0.9, each.shape[0]) + 0.1 * k
        out, slopes = swept(student, net(np.array(x, float)), found)
        values = [np.array(each.value) for each in found]
        return {"found": values, "out": out, "slopes": slopes}

    def verdict(ask, rng, mark):
        def judge_tree(deep):
            tree = [draw(rng, k + 1) for k in range(5)]
            answer = ask(what="parameters", dims=[1] if deep else None, tree=tree)
            shown = {"function": "Module.parameters"}
            mark.that(
                answer["odd"] == "",
                kind="wrong_type",
                message=f"A list of Tensors was expected; there was a {answer['odd']}.",
                **shown,
            )
            mark.that(
                answer["alone"] <= 1,
                kind="accumulated",
                message="A second module, with one Tensor in it, was asked next, and gave more than "
                "that. Is the list kept from one call to the next?",
                got=answer["alone"], expected=1, **shown,
            )  # fmt: skip
            got = [len(np.atleast_1d(each)) for each in answer["found"]]
            expected = [1, 2, 3, 4, 5] if deep else [1, 2, 5]
            lengths = "each number stands for a Tensor of that length"
            mark.that(
                set(expected) <= set(got),
                kind="missing_parameters",
                message="Not all parameters were found. "
                + ("Some are in a list or a tuple, or in a list inside it." if deep
                   else "Look at the Tensors among the attributes, and into the Modules."),
                got=got, expected=expected, given=lengths, **shown,
            )  # fmt: skip
            mark.that(
                len(set(got)) == len(got),
                kind="double_counted",
                message="A Tensor that is reached twice is listed twice; a step would move it twice.",
                got=got, expected=expected, given=lengths, **shown,
            )  # fmt: skip
            mark.that(
                got == expected,
                kind="wrong_order",
                message="All were found, in another order than that of the attributes.",
                got=got, expected=expected, given=lengths, **shown,
            )  # fmt: skip
            for each, truth in zip(answer["found"], [tree[k - 1] for k in expected], strict=True):
                mark.close(each, truth, kind="wrong_value", message="A value was changed.", **shown)

        with mark.part("parameters: Tensors and Modules", 0.5):
            judge_tree(False)
        with mark.part("parameters: lists, and nothing twice", 0.5):
            judge_tree(True)
        with mark.part("Linear", 1):
            judge_linear(ask, mark, rng)
        with mark.part("MLP", 1):
            judge_mlp(ask, mark, rng, [3, 5, 4, 2])
            judge_mlp(ask, mark, rng, [2, 6, 1])


def judge_linear(ask, mark, rng):
    shown = {"given": {"inputs": 3, "outputs": 2}, "function": "Linear"}
    x = draw(rng, 5, 3)
    answer = ask(what="linear", dims=[3, 2], seed=7, x=x)
    mark.that(
        not answer["odd"],
        kind="wrong_type",
        message="`W` and `b` should be Tensors of the engine: nobody could find or train them.",
        got=answer["odd"], **shown,
    )  # fmt: skip
    judge_shapes(mark, answer["W"], (2, 3), "`W`", shown)
    judge_shapes(mark, answer["b"], (2,), "`b`", shown)
    mark.close(
        answer["b"], np.zeros(2), kind="wrong_value", message="`b` should begin as zeros.", **shown
    )
    mark.close(
        answer["out"],
        x @ answer["W"].T + np.linspace(-1, 1, 2),
        kind="wrong_value",
        message="The result is not x Wᵀ + b.",
        **shown,
    )
    weights = 1.0 + np.arange(10).reshape(5, 2)
    judge_swept(mark, answer["slopes"], [weights.T @ x, weights.sum(axis=0)], shown)
    for inputs, outputs in ((400, 60), (30, 500)):
        weights = ask(what="linear", dims=[inputs, outputs], seed=11)["W"]
        judge_shapes(mark, weights, (outputs, inputs), "`W`", shown)
        spread, expected = float(np.std(weights)), inputs**-0.5
        far = float(np.mean(np.abs(weights) > 2 * expected))  # of a normal number: 0.0455
        mark.that(
            abs(spread / expected - 1) < 0.05
            and abs(float(np.mean(weights))) < 0.05 * expected
            and 0.03 < far < 0.06,
            kind="wrong_spread",
            message=f"The weights of Linear({inputs}, {outputs}, rng) should be normal numbers "
            f"around 0, with the standard deviation 1/√{inputs}.",
            got=spread, expected=expected, function="Linear",
        )  # fmt: skip
    again, other = (ask(what="linear", dims=[3, 2], seed=seed)["W"] for seed in (7, 8))
    judge_drawn(mark, [answer["W"]], [again], [other], shown)


def judge_swept(mark, got, truth, shown):
    """The slopes by the parameters, when a module has computed and the engine has gone back."""
    for k, (slopes, expected) in enumerate(zip(got, truth, strict=True)):
        mark.close(
            slopes,
            expected,
            kind="wrong_adjoint",
            message="The values are right, but the gradient that comes back to "
            f"{'Wb'[k % 2]} of layer {k // 2 + 1} is not: such a network cannot learn. Does `forward` "
            "leave the tape somewhere?",
            **shown,
        )


def judge_drawn(mark, first, again, other, shown):
    """Weights come from the generator that is given: the same from the same, others from another."""
    same = all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    stuck = any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    mark.that(
        same and not stuck,
        kind="rng_ignored",
        message="The weights should be drawn from the `rng` that is given, and from nothing else: "
        + ("another one gave the same weights." if stuck else "an equal one gave other weights."),
        **shown,
    )


def judge_mlp(ask, mark, rng, dims):
    x = draw(rng, 4, dims[0])
    shown = {"given": {"dims": dims}, "function": "MLP"}
    seed = int(rng.integers(1000))
    answer = ask(what="mlp", dims=dims, seed=seed, x=x)
    shapes = []
    for n, m in zip(dims, dims[1:], strict=False):
        shapes += [(m, n), (m,)]
    got = [np.shape(each) for each in answer["found"]]
    mark.that(
        got == shapes,
        kind="missing_parameters",
        message="The parameters should be W and b of each layer, from the first to the last."
        + ("" if got else " None was found. Where are the layers kept, and does your walk go there?"),
        got=[list(each) for each in got], expected=[list(each) for each in shapes], **shown,
    )  # fmt: skip
    weights, biases = answer["found"][::2], answer["found"][1::2]

    def run(bends):
        value = x
        for W, b, bend in zip(weights, biases, bends, strict=True):
            value = bend(value @ W.T + b)
        return value

    def plain(value):
        return value

    layers = len(weights)
    mark.that(
        layers == 1 or agree(answer["out"], run([plain] * layers)) is not None,
        kind="no_bends",
        message="There is no tanh between the layers: together they are one single affine map.",
        **shown,
    )
    mark.that(
        agree(answer["out"], run([np.tanh] * layers)) is not None,
        kind="bend_at_the_end",
        message="After the last layer there should be no tanh: a logit may be any number.",
        **shown,
    )
    mark.close(
        answer["out"],
        run([np.tanh] * (layers - 1) + [plain]),
        kind="wrong_value",
        message="The network's result is wrong. Which layers are applied, in which order, and is it "
        "tanh that bends?",
        **shown,
    )
    mixed = 1.0 + np.arange(np.size(answer["out"])).reshape(np.shape(answer["out"]))

    def weighted(*arrays):
        value = x
        for k in range(layers):
            value = value @ arrays[2 * k].T + arrays[2 * k + 1]
            value = dp.tanh(value) if k + 1 < layers else value
        return dp.sum(mixed * value)

    truth = dp.grad(weighted, tuple(range(2 * layers)))(*answer["found"])
    judge_swept(mark, answer["slopes"], truth, shown)
    again, other = (ask(what="mlp", dims=dims, seed=each, x=x) for each in (seed, seed + 1))
    judge_drawn(mark, weights, again["found"][::2], other["found"][::2], shown)


# ------------------------------------------------------------------------------------------------
# 5.8


NEED, MOST_STEPS, MOST_NUMBERS = 0.95, 400, 150


@lab.exercise(
    "5.8",
    "Train",
    points=2,
    minutes=15,
    reread="week05.md#regularisation",
    hints=(
        "One step: the objective as a Tensor, one sweep, and a new value for each parameter.",
        "Start from `loss_on_tape(net(X), y)`, and add the penalty for each parameter that has two "
        "axes. Note the objective before you move anything.",
        "`p.value = p.value - lr * p.grad`, after `engine.backward(objective)`. For the settings: one "
        "hidden layer of 8, or two; too small a step wastes the 400.",
    ),
)
class Training:
    def probe(student, what, arrays=None, X=None, y=None, how=None):
        if what == "settings":
            return student.settings()
        lent = {"loss_on_tape": lent_loss(student)}
        train = with_tools(student, "train", engine=True, **lent)
        net = lent_net(student, arrays)
        X, y = np.array(X, float), np.array(y, float)
        with np.errstate(all="ignore"):
            objectives = train(net, X, y, how["steps"], how["lr"], how["decay"])
        if isinstance(objectives, (list, tuple)):
            if any(isinstance(each, student.engine.Tensor) for each in objectives):
                raise TypeError("the objectives should be floats; there is a Tensor among them")
        return {"objectives": objectives, "after": [np.array(p.value) for p in net.held]}

    def verdict(ask, rng, mark):
        shown = {"function": "train"}

        def judge_steps(steps, lr, decay, dims):
            arrays = first_weights(rng, dims)
            X, y = draw(rng, 6, dims[0]), labels(rng, 6)
            how = {"steps": steps, "lr": lr, "decay": decay}
            evidence = shown | {"given": {"dims": dims} | how}
            answer = ask(what="train", arrays=arrays, X=X, y=y, how=how)
            objectives, after = descent(arrays, X, y, **how)
            still = all(agree(a, b) is None for a, b in zip(answer["after"], arrays, strict=True))
            mark.that(
                not still, kind="no_update", message="After the training every parameter is what it "
                "was.", **evidence,
            )  # fmt: skip
            for kind, change, message in (
                ("ascent", {"lr": -lr}, "The steps lead uphill: subtract the gradient."),
                ("weight_decay", {"decay": 0.0}, "The parameters move as if there were no penalty."),
                ("weight_decay", {"decay": 2 * decay}, "The penalty counts twice: λ/2 was asked for."),
                ("weight_decay", {"decay": -decay}, "The penalty has the wrong sign: large weights "
                 "are to be dear."),
                ("steps", {"steps": steps + 1}, "This is one step more than was asked for."),
                ("steps", {"steps": steps - 1}, "This is one step less than was asked for."),
                ("decayed_bias", {"biases": True}, "The biases are held back, too: only arrays with "
                 "two axes should be."),
            ):  # fmt: skip
                other = descent(arrays, X, y, **(how | change))[1]
                same = all(agree(a, b) is None for a, b in zip(answer["after"], other, strict=True))
                idle = decay == 0 and kind in ("weight_decay", "decayed_bias")
                mark.that(not same or idle, kind=kind, message=message, **evidence)
            once = descent(arrays, X, y, 1, lr, decay)[1]
            frozen = [a + steps * (b - a) for a, b in zip(arrays, once, strict=True)]
            mark.that(
                steps == 1
                or any(
                    agree(a, b) is not None for a, b in zip(answer["after"], frozen, strict=True)
                ),
                kind="stale",
                message="Every step goes the way of the first: the gradient is never computed anew.",
                **evidence,
            )
            for k, (got, truth) in enumerate(zip(answer["after"], after, strict=True)):
                mark.close(
                    got, truth, kind="wrong_value",
                    message=f"After {steps} step(s), parameter {k} is not where gradient descent "
                    "would have brought it.", **evidence,
                )  # fmt: skip
            mark.that(
                isinstance(answer["objectives"], (list, tuple, np.ndarray))
                and np.shape(answer["objectives"])[:1] == (steps,),
                kind="wrong_type",
                message=f"The parameters are right. A list of {steps} objectives was expected, too.",
                got=str(answer["objectives"])[:80], **evidence,
            )  # fmt: skip
            without = descent(arrays, X, y, **how, penalty=False)[0]
            mark.that(
                decay == 0 or agree(answer["objectives"], without) is not None,
                kind="missing_term",
                message="The parameters are right. The objectives are the losses alone: the penalty is "
                "a part of what is made small.", got=answer["objectives"], expected=objectives,
                **evidence,
            )  # fmt: skip
            mark.close(
                answer["objectives"], objectives, kind="late_evaluation",
                message="The parameters are right. The objectives (loss plus penalty, before each "
                "step) are not.", **evidence,
            )  # fmt: skip

        with mark.part("the steps", 1):
            judge_steps(1, 0.3, 0.2, [3, 4, 1])
            judge_steps(3, 0.5, 0.1, [2, 3, 4, 1])
        with mark.part("95 % of rings and moons", 1):
            how = judge_settings(ask, mark)
            # The same points in every notebook: what passes there passes here.
            for data in (rings, moons):
                judge_accuracy(mark, np.random.default_rng(5), data, how, NEED)


def judge_settings(ask, mark):
    """The settings, if they can be trained with."""
    how = ask(what="settings")
    shown = {"function": "settings", "got": str(how)[:100]}
    mark.that(
        isinstance(how, dict) and {"dims", "steps", "lr", "decay"} <= set(how),
        kind="wrong_type",
        message="A dictionary with dims, steps, lr and decay was expected.",
        **shown,
    )
    how = {each: plain_number(value) for each, value in how.items()}
    dims = how["dims"]
    if isinstance(dims, (list, tuple, np.ndarray)):
        how["dims"] = dims = [plain_number(each) for each in dims]
    numbers = [how["steps"], how["lr"], how["decay"]]
    mark.that(
        isinstance(dims, list)
        and len(dims) >= 2
        and all(type(each) is int and 1 <= each <= 1000 for each in dims)
        and type(numbers[0]) is int
        and all(type(each) in (int, float) and math.isfinite(each) for each in numbers)
        and numbers[1] > 0
        and numbers[2] >= 0,
        kind="wrong_type",
        message="dims should be a list of widths, steps a whole number, lr positive, and decay not "
        "negative.",
        **shown,
    )
    mark.that(
        dims[0] == 2 and dims[-1] == 1,
        kind="shape",
        message="The data have two features and the result is one logit: dims begins with 2 and "
        "ends with 1.",
        **shown,
    )
    size = sum((n + 1) * m for n, m in zip(dims, dims[1:], strict=False))
    mark.that(
        size <= MOST_NUMBERS and 0 < how["steps"] <= MOST_STEPS,
        kind="too_dear",
        message=f"{size} numbers to learn and {how['steps']} steps; {MOST_NUMBERS} and {MOST_STEPS} "
        "are allowed.",
        **shown,
    )
    return {"dims": dims, "steps": how["steps"], "lr": how["lr"], "decay": how["decay"]}


def plain_number(value):
    """A number of numpy as one of Python, everything else as it is."""
    return value.item() if isinstance(value, np.number) else value


def judge_accuracy(mark, rng, data, how, need):
    """Trained here, by the descent that the text describes, so that it is the settings that are
    judged."""
    X, y = data(200, rng)
    fresh, truth = data(400, rng)
    share = 0.0
    for _ in range(3):  # an unlucky start is nobody's mistake
        arrays = first_weights(rng, how["dims"], zero=True)
        with np.errstate(all="ignore"):
            objectives, trained = descent(arrays, X, y, how["steps"], how["lr"], how["decay"])
            logits = logits_of(trained, fresh)
        share_now = float(np.mean((logits > 0) == (truth > 0.5)))
        mark.that(
            share_now >= need or bool(objectives[-1] <= objectives[0]),
            kind="learning_rate",
            message=f"On {data.__name__} the objective was larger at the end than at the beginning, or "
            "no number any more: it ran away. Is the step too long?",
            got=objectives[-1],
            expected=f"less than {objectives[0]:.4g}",
            given=how,
            function="settings",
        )
        share = max(share, share_now)
        if share >= need:
            break
    mark.that(
        share >= need,
        kind="not_good_enough",
        message=f"{share:.1%} of 400 fresh points of {data.__name__} are right, at the best of three "
        f"starts; {need:.0%} are needed. "
        "Can this network bend? Are the steps long enough, the weights free enough?",
        got=round(share, 4),
        expected=need,
        given=how,
        function="settings",
    )


def first_weights(rng, dims, zero=False):
    """W, b, W, b, …"""
    arrays = []
    for n, m in zip(dims, dims[1:], strict=False):
        arrays.append(rng.normal(size=(m, n)) / math.sqrt(n))
        arrays.append(np.zeros(m) if zero else 0.5 * draw(rng, m))
    return arrays


def logits_of(arrays, X):
    """What a network of these weights and biases says of X."""
    for W, b in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
        X = np.tanh(X @ W.T + b)
    return X @ arrays[-2].T + arrays[-1]


def descent(arrays, X, y, steps, lr, decay, biases=False, penalty=True):
    """(objectives, parameters) of gradient descent, by dpkit's own network and optimiser; the penalty
    is always descended, and `penalty` says whether the objectives have it."""
    net = nn.MLP([X.shape[1], *map(len, arrays[1::2])], rng=0)
    for parameter, array in zip(net.parameters(), arrays, strict=True):
        parameter.data = np.array(array)
    held = [each for each in net.parameters() if each.ndim == 2 or biases]
    free = [each for each in net.parameters() if each.ndim == 1 and not biases]
    groups = [{"params": held, "lr": lr, "weight_decay": decay}, {"params": free, "lr": lr}]
    method, objectives = dp.optim.SGD(groups), []
    for _ in range(steps):
        method.zero_grad()
        loss = nn.binary_cross_entropy_with_logits(net(X), y)
        held_back = decay / 2 * sum(np.sum(p.data**2) for p in held)
        objectives.append(float(loss.data) + penalty * held_back)
        loss.backward()
        method.step()
    return objectives, [each.data for each in net.parameters()]


def rings(count, rng):
    """The rings of the lab."""
    y = np.arange(count) % 2
    radius = np.where(y == 1, 1.1, 0.45) + 0.1 * rng.normal(size=count)
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1), y[:, None].astype(float)


def moons(count, rng):
    """The moons of the lab."""
    y = np.arange(count) % 2
    angle, side = rng.uniform(0, np.pi, count), 2 * y - 1
    X = np.stack([side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25)], 1)
    return X + 0.12 * rng.normal(size=(count, 2)), y[:, None].astype(float)


# ------------------------------------------------------------------------------------------------
# 5.9


@lab.exercise(
    "5.9",
    "Line, symptom, mend",
    points=2,
    minutes=20,
    reread="week05.md#bug-hunt",
    hints=(
        "A: which functions leave no trace on the tape, and which gradient belongs to which weights? "
        "B: where does dpkit.nn look for parameters, and what bends? C: which letters of the "
        "function's head are never used?",
        "Run each listing in the workbench, read the error or watch a number, and mend one line at a "
        "time: the next slip often shows only then.",
        "A5, A8, B3, B7, C4 and C5. In C, gradients add up from step to step: somebody must empty them "
        "before the sweep, so that mend needs two lines.",
    ),
)
class Hunt:
    def probe(student, listings=None, cases=None):
        found = student.hunt()
        if not isinstance(found, dict):
            return {"form": "dictionary", "what": type(found).__name__}
        texts = {letter: text.splitlines() for letter, text in listings.items()}
        changed = {letter: 0 for letter in listings}
        symptoms = []
        for place, answer in found.items():
            place = str(place).strip().upper()
            letter, number = place[:1], place[1:]
            if letter not in texts or not number.isdecimal():
                return {"form": "place", "what": str(place)[:40]}
            if not 1 <= int(number) <= len(texts[letter]):
                return {"form": "place", "what": str(place)[:40]}
            pair = isinstance(answer, (tuple, list)) and len(answer) == 2
            if not pair or not all(isinstance(each, str) for each in answer):
                return {"form": "answer", "what": str(place)[:40]}
            symptoms.append(str(place) + " " + answer[0].strip(" ()").lower())
            texts[letter][int(number) - 1] = answer[1]
            changed[letter] += 1
        outcomes = {}
        for letter, case in (cases or {}).items():
            try:
                room = {"np": np, "dp": dp, "engine": student.engine}
                room.update(nn=dp.nn, sigmoid_on_tape=student.sigmoid_on_tape)
                exec("\n".join(texts[letter]), room)
                if letter == "A":
                    after = room["update"](*(np.array(each, float) for each in case))
                    outcomes[letter] = [np.asarray(each) for each in after]
                elif letter == "B":
                    net = room["Net"](case["dims"], np.random.default_rng(3))
                    shapes = [list(np.shape(p.data)) for p in net.parameters()]
                    ends = room["Net"](case["dims"][:2], np.random.default_rng(3))
                    at = [np.array(x, float) for x in case["x"]]
                    outcomes[letter] = {
                        "shapes": shapes,
                        "deep": [net(x).numpy() for x in at],
                        "flat": [ends(x).numpy() for x in at],
                    }
                else:
                    net = dp.nn.MLP((2, 3, 1), rng=5)
                    for p, value in zip(net.parameters(), case["start"], strict=True):
                        p.data = np.array(value, float)
                    X, y = np.array(case["X"]), np.array(case["y"])
                    room["train"](net, X, y, case["lr"], case["steps"])
                    outcomes[letter] = [np.asarray(p.data) for p in net.parameters()]
            except Exception as error:
                outcomes[letter] = f"{type(error).__name__}: {error}"[:300]
        return {"form": "", "symptoms": symptoms, "changed": changed, "outcomes": outcomes}

    def verdict(ask, rng, mark):
        shown = {"function": "hunt"}
        forms = {
            "dictionary": "A dictionary was expected; what came back is a {}.",
            "place": "{!r} is no place in the listings; the line 3 of listing B is 'B3'.",
            "answer": "For {} two texts were expected: the letter of the symptom and the line mended.",
        }

        def hunted(letter, case):
            """What listing `letter` does with the student's lines in their places."""
            answer = ask(listings=LISTINGS, cases={letter: case})
            if answer["form"]:
                kind = "missing" if answer["what"] == "NoneType" else "wrong_type"
                mark.fail(kind, forms[answer["form"]].format(answer["what"]), **shown)
            changed = answer["changed"][letter]
            mark.that(
                changed <= 2,
                kind="wrong_line",
                message=f"Listing {letter} has two slips; {changed} lines were changed.",
                **shown,
            )
            outcome = answer["outcomes"][letter]
            mark.that(
                not isinstance(outcome, str),
                kind="does_not_run",
                message=f"With your lines in their places, listing {letter} does not run. Mind the "
                "indentation, and read the error.",
                got=outcome,
                **shown,
            )
            return outcome

        with mark.part("listing A", 0.5):
            X, y = draw(rng, 5, 3), labels(rng, 5)
            W1, W2, lr = draw(rng, 4, 3), draw(rng, 1, 4), 0.1
            _, slopes = true_slopes(lambda a, b: dp.sigmoid(X @ a.T) @ b.T, y, W1, W2)
            many = lr * len(X)  # the listing has a sum, not a mean
            truth = [W1 - many * slopes[0], W2 - many * slopes[1]]
            for got, expected, name in zip(
                hunted("A", [W1, W2, X, y, lr]), truth, ("W1", "W2"), strict=True
            ):
                mark.close(
                    got, expected, kind="not_mended",
                    message=f"Listing A runs, but the new {name} is still wrong.", **shown,
                )  # fmt: skip
        with mark.part("listing B", 0.5):
            x, step = draw(rng, 4, 2), draw(rng, 4, 2)
            outcome = hunted("B", {"dims": [2, 3, 4, 1], "x": [x - step, x, x + step]})
            mark.that(
                outcome["shapes"] == [[3, 2], [3], [4, 3], [4], [1, 4], [1]],
                kind="not_mended",
                message="Listing B runs, but parameters() does not find those of all layers.",
                got=outcome["shapes"], **shown,
            )  # fmt: skip
            bend, flat = (
                np.abs(np.asarray(low) - 2 * np.asarray(middle) + np.asarray(high)).max()
                for low, middle, high in (outcome["deep"], outcome["flat"])
            )
            mark.that(
                bend > 1e-6,
                kind="not_mended",
                message="Listing B runs, but the network is still one affine map, whatever its depth.",
                **shown,
            )
            mark.that(
                flat < 1e-9,
                kind="bend_at_the_end",
                message="Now the last layer is bent, too; out of it should come logits.",
                **shown,
            )
        with mark.part("listing C", 0.5):
            start = [draw(rng, 3, 2), draw(rng, 3), draw(rng, 1, 3), draw(rng, 1)]
            X, y = draw(rng, 5, 2), labels(rng, 5)
            case = {"start": start, "X": X, "y": y, "lr": 0.3, "steps": 3}
            after = hunted("C", case)
            truth = descent(start, X, y, 3, 0.3, 0.0)[1]
            for got, expected in zip(after, truth, strict=True):
                mark.close(
                    got, expected, kind="not_mended",
                    message="Listing C runs, but after three steps the parameters are not where "
                    "gradient descent on the mean loss would have brought them.", **shown,
                )  # fmt: skip
        with mark.part("the symptoms", 0.5):
            answer = ask(listings=LISTINGS)
            if answer["form"]:
                kind = "missing" if answer["what"] == "NoneType" else "wrong_type"
                mark.fail(kind, forms[answer["form"]].format(answer["what"]), **shown)
            seen = (digest(each) for each in answer["symptoms"])
            right = len({ELSEWHERE.get(each, each) for each in seen} & SEEN)
            mark.that(
                right == len(SEEN) == len(answer["symptoms"]),
                kind="wrong_symptom",
                message=f"{right} of the six slips stand at their place with their symptom. Run the "
                "listing with all its other slips mended: what does this one do, alone?",
                **shown,
            )


def digest(text):
    """A place and a letter, so that nobody reads the answers here by accident."""
    return hashlib.sha256(f"lab 5, {text}".encode()).hexdigest()[:16]


SEEN = {
    "0253c156c2da116f",
    "1c3a413583b80a2a",
    "21268718f0560f9d",
    "471ee468064f7111",
    "8fcf7621f148d3a1",
    "fbecf9618f69cc46",
}

# Where one line can be put in one place or another, any of them does.
ELSEWHERE = {
    "054b1bfae234ab14": "fbecf9618f69cc46",
    "0c76df51f67f55d6": "fbecf9618f69cc46",
    "1649286579bd3bee": "fbecf9618f69cc46",
    "51f3b315a9950d96": "fbecf9618f69cc46",
}

LISTINGS = {
    "A": """\
def update(W1, W2, X, y, lr):
    W1, W2 = engine.Tensor(W1), engine.Tensor(W2)
    hidden = sigmoid_on_tape(X @ W1.T)
    mu = sigmoid_on_tape(hidden @ W2.T)
    nll = -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()
    engine.backward(nll)
    W1_new = W1.value - lr * W1.grad
    W2_new = W2.value - lr * W1.grad
    return W1_new, W2_new
""",
    "B": """\
class Net(nn.Module):
    def __init__(self, dims, rng):
        self.layers = [nn.Linear(n, m, rng=rng) for n, m in zip(dims, dims[1:])]

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x)
        return self.layers[-1](x)
""",
    "C": """\
def train(net, X, y, lr, steps):
    for step in range(steps):
        z = net(X)
        nll = dp.softplus(-z).mean()
        nll.backward()
        for W in net.parameters():
            W.data = W.data - lr * W.grad
""",
}
