"""Lab 6: what each exercise asks the student's code, and how the answers are judged.

A walk is asked for its points, on a problem that the verdict draws: the curvatures of a valley, the
weights of a small fit. What the student is handed is a gradient that counts how often it is asked. The
truth is a walk of the verdict's own, and the usual wrong walks are walked beside it, so that a wrong
answer can be called by its name.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree
from dpkit import images

lab = Lab(
    "lab06_optimisation",
    "Walking downhill: optimisation and inverse problems",
    week=6,
    minutes=150,
    notes="week06.md",
    given=[  # by the worked example, and by demonstrations
        "points = [x]",
        "points.append(x)",
        "for _ in range(n):",
        "return points",
        "root = math.sqrt(kappa)",
    ],
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def slope_of(A, b):
    """The gradient of ½ xᵀAx − bᵀx, for x of any shape with len(b) numbers; and how often, and at
    which points, it was asked."""
    A, b = np.array(A, float), np.array(b, float)
    asked = []

    def gradient(x):
        x = np.asarray(x, float)
        asked.append(x.copy())
        return (A @ x.reshape(-1) - b).reshape(x.shape)

    return gradient, asked


@lab.helper
def walked(walk, asked, start):
    """The walk that `walk()` returns, as plain data; anything else by the name of its type."""
    before = start.copy()
    points, used = by_hand(walk)
    odd = "" if isinstance(points, (list, tuple, np.ndarray)) else type(points).__name__
    return {
        "odd": odd,
        "used": used,
        "points": None if odd else [np.array(x) for x in points],
        "asked": len(asked),
        "intact": bool(np.array_equal(start, before)),
        "one": not odd and len(points) > 1 and all(x is points[-1] for x in points[-2:]),
    }


@lab.helper
def bare(value):
    """A tensor's numbers, and anything else as it is."""
    return value.numpy() if isinstance(value, dp.Tensor) else value


@lab.helper
def by_hand(call):
    """What `call` returns, and which of the optimisers of dpkit or torch it used on the way ("")."""
    import sys

    used = []
    makers = {"dpkit": dp.optim.Optimizer}
    if "torch" in sys.modules:
        makers["torch"] = sys.modules["torch"].optim.Optimizer
    begins = {library: maker.__init__ for library, maker in makers.items()}
    threshold = dp.optim.soft_threshold

    def watched(library):
        def begin(self, *args, **settings):
            used.append(f"{library}'s optim.{type(self).__name__}")
            begins[library](self, *args, **settings)

        return begin

    def shrink(*args, **settings):
        used.append("dpkit's optim.soft_threshold")
        return threshold(*args, **settings)

    try:
        for library, maker in makers.items():
            maker.__init__ = watched(library)
        dp.optim.soft_threshold = shrink
        answer = call()
    finally:
        for library, maker in makers.items():
            maker.__init__ = begins[library]
        dp.optim.soft_threshold = threshold
    return answer, used[0] if used else ""


# ------------------------------------------------------------------------------------------------
# What verdicts share


def draw_valley(rng, n, low=0.5, high=8.0):
    """(A, b, x): a valley aslant with curvatures from low to high, and a start."""
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    middle = low + (high - low) * rng.uniform(0.1, 0.8, n - 2)
    curvatures = np.array([low, *middle, high])
    A = turn @ np.diag(curvatures) @ turn.T
    return (A + A.T) / 2, rng.normal(size=n), rng.normal(size=n) * 2


def shown(numbers):
    return [round(float(each), 5) for each in np.ravel(numbers)]


def made_by_hand(mark, answer, given):
    mark.that(
        answer["used"] == "",
        kind="ready_made",
        message=f"{answer['used']} did the work. Here you write it yourself, with arithmetic and numpy; "
        "the libraries' walks are for comparing with yours.",
        given=given,
    )


def read_walk(mark, answer, n, shape, given):
    """The points of a walk, as an array of n + 1 rows; says what else came back."""
    mark.that(
        answer["odd"] != "NoneType",
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    mark.that(
        answer["odd"] == "",
        kind="wrong_type",
        message=f"A list of points was expected; {answer['odd']} came back.",
        given=given,
    )
    made_by_hand(mark, answer, given)
    points = answer["points"]
    mark.that(
        answer["intact"] is True,
        kind="mutated_input",
        message="The start that was handed in has changed. `x -= …` writes into the caller's array; "
        "`x = x - …` makes a new one.",
        given=given,
    )
    count = len(points)
    mark.that(
        count == n + 1,
        kind="shape",
        message=f"{n} steps have {n + 1} points, the start first; {count} came back.",
        got=count,
        expected=n + 1,
        given=given,
    )
    for point in points:
        mark.close(
            np.zeros(np.shape(point)),
            np.zeros(shape),
            kind="shape",
            message="Each point has the shape of the start.",
            given=given,
        )
    mark.that(
        not answer["one"],
        kind="aliased",
        message="Entries of the list are one and the same array, changed again and again. Each point "
        "needs an array of its own.",
        given=given,
    )
    return points


def judge_walk(mark, answer, truth, wrong, given, *, calls, again=None, rtol=1e-9, floor=1e-9):
    """The points against the true walk; `wrong` lists (kind, another walk, what to say of it).
    `again` is the answer to the same question, asked once more.

    A wrong walk is held to what the true one is: several lie close to it, and to one another.
    """
    n, shape = len(truth) - 1, np.shape(truth[0])
    points = read_walk(mark, answer, n, shape, given)
    coarse = any(point.dtype.kind == "f" and point.dtype.itemsize < 8 for point in points)
    mark.that(
        not (coarse and agree(points, np.array(truth), rtol=1e-3, floor=1e-3) is None)
        or agree(points, np.array(truth), rtol=rtol, floor=floor) is None,
        kind="float32",
        message="Right to some seven digits: these are numbers in single precision. Compute in float64.",
        given=given,
    )
    mark.close(
        points[0],
        truth[0],
        kind="late_evaluation",
        message="The first point is not the start.",
        given=given,
    )
    if agree(points, np.array(truth), rtol=rtol, floor=floor) is not None:
        close = [
            (float(np.max(np.abs(np.array(points) - walk))), kind, message)
            for kind, walk, message in wrong
            if agree(points, np.array(walk), rtol=rtol, floor=floor) is None
        ]
        if close:
            k = next(k for k in range(n + 1) if agree(points[k], truth[k], rtol=rtol, floor=floor))
            _, kind, message = min(close)
            mark.fail(kind, message, got=points[k], expected=truth[k], given=given)
        mark.that(
            again is None or np.array_equal(points, again["points"]),
            kind="stale",
            message="The same question, asked twice, got two different walks: something is kept from "
            "one call to the next. Every walk begins anew, inside the function.",
            got=None if again is None else again["points"][-1:],
            expected=points[-1:],
            given=given,
        )
        for k, (got, expected) in enumerate(zip(points, truth, strict=True)):
            mark.close(
                got,
                expected,
                kind="wrong_value",
                message=f"Point {k} is the first that is not where it should be."
                + (" The first step is already wrong." if k == 1 else ""),
                rtol=rtol,
                floor=floor,
                given=given,
            )
    mark.close(points, np.array(truth), kind="wrong_value", message="", rtol=rtol, floor=floor)
    mark.that(
        again is None or agree(again["points"], np.array(truth), rtol=rtol, floor=floor) is None,
        kind="stale",
        message="Right at the first call, and wrong when the same is asked again: something is kept "
        "from one call to the next. Every walk begins anew, inside the function.",
        got=None if again is None else str(again["points"])[:80],
        given=given,
    )
    mark.that(
        answer["asked"] == calls,
        kind="repeated_pass",
        message=f"The points are right, but {answer['asked']} gradients were asked for in {calls} "
        "steps. Gradients are what a walk pays with: one a step, kept in a variable.",
        got=answer["asked"],
        expected=calls,
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 6.1: a prediction, as 6.5 is. Trying earns the point.


@lab.exercise(
    "6.1",
    "Predict: from two metres to a micrometre",
    points=1,
    minutes=3,
    reread="week06.md#best-step",
    hints=(
        "What does one step leave of the distance, if κ = 100?",
        "Each step leaves 99/101. How many of them leave a half?",
        "About 35 halve the distance. From 2 to 10⁻⁶ it must be halved some 21 times.",
    ),
)
class Steps:
    def probe(student):
        return student.my_prediction_of_the_steps()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 1, 10_000_000)


# ------------------------------------------------------------------------------------------------
# 6.2


@lab.exercise(
    "6.2",
    "The best step, and its rate",
    points=3,
    minutes=12,
    reread="week06.md#best-step",
    hints=(
        "Which two curvatures decide, and how does one get at them if the valley lies aslant?",
        "`np.linalg.eigvalsh` returns all curvatures, in rising order; both formulas stand above "
        "the exercise.",
        "For the number of steps solve rateⁿ = 1/gain for n: logarithms. Then round up.",
    ),
)
class BestStep:
    def probe(student, what, A=None, rate=None, gain=None):
        if what == "best":
            mine = np.array(A, float)
            answer = student.best_step(mine)
            intact = bool(np.array_equal(mine, A))
        else:
            answer = student.steps_needed(rate, gain)
            intact = True
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        return {"answer": answer, "type": type(answer).__name__, "intact": intact}

    def verdict(ask, rng, mark):
        def both(n, low, high):
            A, _, x = draw_valley(rng, n, low, high)
            answer = ask(what="best", A=A)
            given = {"A": f"symmetric, {n} × {n}, curvatures from {low:.4g} to {high:.4g}"}
            mark.that(
                answer["answer"] is not None,
                kind="missing",
                message="Nothing came back (None). Is there a `return`?",
                given=given,
            )
            mark.that(
                answer["type"] in ("tuple", "list") and len(answer["answer"]) == 2,
                kind="wrong_type",
                message="A pair was expected: the step, and the rate.",
                got=str(answer["answer"])[:80],
                given=given,
            )
            mark.that(
                answer["intact"] is True,
                kind="mutated_input",
                message="`A` has changed. Whoever called still needs it.",
                given=given,
            )
            return A, x, answer["answer"], given

        with mark.part("the step", 1):
            low, high = float(rng.uniform(0.3, 0.7)), float(rng.uniform(6, 9))
            A, x, (step, _), given = both(4, low, high)
            judge_step(mark, step, A, low, high, given)
        with mark.part("the rate, predicted and measured", 1):
            low, high = float(rng.uniform(0.5, 1.5)), float(rng.uniform(15, 30))
            A, x, (step, rate), given = both(5, low, high)
            judge_rate(mark, rate, low, high, given)
            measured = rate_of(A, x, 2 / (low + high))
            mark.that(
                bool(abs(math.log(rate) / math.log(measured) - 1) < 0.02),
                kind="wrong_value",
                message="The rate is not the one that a walk has: they differ by more than 2 %.",
                got=rate,
                expected=measured,
                given=given,
            )
        with mark.part("how many steps", 1):
            rate = float(rng.uniform(0.9, 0.98))
            gain = rate ** -float(rng.integers(100, 200) + rng.uniform(0.2, 0.4))
            judge_count(ask, mark, rate, gain)  # a little more than a whole number of steps
            judge_count(ask, mark, 0.25, 16.0)  # exactly two


def rate_of(A, x, step):
    """What a step leaves, measured late in a walk towards 0."""
    sizes = []
    for _ in range(600):
        x = x - step * A @ x
        sizes.append(np.linalg.norm(x))
        if sizes[-1] < 1e-100:
            break
    late = len(sizes) - 1
    return float((sizes[late] / sizes[late // 2]) ** (1 / (late - late // 2)))


def judge_step(mark, step, A, low, high, given):
    largest = np.max(np.diag(A)), np.min(np.diag(A))
    middle = np.linalg.eigvalsh(A)
    rate = (high - low) / (high + low)
    wrong = [
        ("learning_rate", 1 / high, "1/L is a safe step, and a common one. Almost twice as far goes "
         "better: balance the factors of the flattest and the steepest direction."),
        ("learning_rate", 2 / high, "2/L is where walks begin to fly apart: across the valley each "
         "step lands just as far on the other side."),
        ("factor", 1 / (low + high), "Half of the best step."),
        ("factor", (low + high) / 2, "That is a curvature. A step is measured in one over curvature."),
        ("wrong_argument", 2 / sum(largest), "Those are the entries on the diagonal of A. They are "
         "the curvatures only if the valley does not lie aslant."),
        ("swapped", rate, "That is the rate. In the pair the step comes first."),
        ("wrong_argument", 2 / (low + np.linalg.norm(A)), "`np.linalg.norm(A)` is the root of the sum of "
         "all squares. That is more than the largest curvature."),
    ]  # fmt: skip
    wrong += [
        ("wrong_argument", 2 / (a + b), "That step balances two of the curvatures, but not the smallest "
         "and the largest. Which comes first in what numpy returned?")
        for k, a in enumerate(middle) for b in middle[k:] if (a, b) != (middle[0], middle[-1])
    ]  # fmt: skip
    for kind, value, message in wrong:
        mark.that(
            agree(step, value) is not None,
            kind=kind,
            message=message,
            got=step,
            expected=2 / (low + high),
            given=given,
        )
    mark.close(
        step,
        2 / (low + high),
        kind="wrong_value",
        message="This is not the step that balances the flattest and the steepest direction.",
        given=given,
    )


def judge_rate(mark, rate, low, high, given):
    kappa, truth = high / low, (high - low) / (high + low)
    root = math.sqrt(kappa)
    wrong = [
        ("wrong_rule", 1 - 1 / kappa, "That is the rate of the step 1/L. The best step does better."),
        ("wrong_rule", (root - 1) / (root + 1), "With √κ: that is what momentum will reach. Plain "
         "descent has κ."),
        ("swapped", 1 / truth, "A rate above 1 would mean that the distance grows. Top and bottom of "
         "the fraction have changed places."),
        ("factor", truth**2, "The value falls at this rate. The *distance* falls at its square root."),
        ("sign", -truth, "The rate has the wrong sign: a share of the distance is positive."),
        ("wrong_rule", kappa, "That is κ, the condition number. The rate is made from it."),
        ("swapped", 2 / (low + high), "That is the step. In the pair the rate comes second."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        mark.that(
            agree(rate, value) is not None,
            kind=kind,
            message=message,
            got=rate,
            expected=truth,
            given=given,
        )
    mark.close(
        rate,
        truth,
        kind="wrong_value",
        message="This is not what a step of the best length leaves of the distance.",
        given=given,
    )


def judge_count(ask, mark, rate, gain):
    given = {"rate": round(rate, 6), "gain": round(gain, 3)}
    got = ask(what="count", rate=rate, gain=gain)["answer"]
    exact = math.log(gain) / -math.log(rate)
    truth = math.ceil(exact)
    mark.that(
        got is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    mark.that(
        isinstance(got, (int, float, np.number)) and not isinstance(got, bool),
        kind="wrong_type",
        message="A whole number was expected.",
        got=str(got)[:80],
        given=given,
    )
    for kind, value, message in (
        ("sign", -exact, "A negative number of steps. The logarithm of a number below 1 is negative."),
        ("sign", math.ceil(-exact), "A negative number of steps: the logarithm of a number below 1 is."),
        ("sign", math.floor(-exact), "A negative number of steps: the logarithm of a number below 1 is."),
        ("rounded", truth - 1, "One step short: after that many the distance has not been divided by "
         "`gain` yet. Round up."),
        ("rounded", truth + 1, "One step too many: the distance has been divided by `gain` a step before. "
         "A number of steps that is already whole stays as it is."),
        ("wrong_type", exact, "A *whole* number of steps was expected: round up."),
    ):  # fmt: skip
        mark.that(
            value == truth or agree(got, value) is not None,
            kind=kind,
            message=message,
            got=got,
            expected=truth,
            given=given,
        )
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="After n steps rateⁿ of the distance is left; look for the first n with which that is "
        "at most 1/gain.",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 6.3


@lab.exercise(
    "6.3",
    "Two ways to remember",
    points=2,
    minutes=12,
    reread="week06.md#momentum",
    hints=(
        "Which points does the formula need? Which of them must survive a turn of the loop?",
        "Keep the point before in a second variable. When x gets its new value, the old one becomes "
        "the one before: both at once, `x, before = …, x`.",
        "The ball asks for the gradient at x. Nesterov first writes down the point ahead, and then "
        "uses it twice: as the place to start from and as the place to ask.",
    ),
)
class Momentum:
    def probe(student, name, A, b, start, step, momentum, n):
        gradient, asked = slope_of(A, b)
        start = np.array(start, float)
        walk = getattr(student, name)
        return walked(lambda: walk(gradient, start, step, momentum, n), asked, start)

    def verdict(ask, rng, mark):
        for name in ("heavy_ball", "nesterov"):
            with mark.part(name, 1):
                judge_momentum(ask, rng, mark, name, 3, 6)


def ball(slope, x, step, momentum, n, *, at=0.0, sign=1.0, before=None, keep=""):
    """A walk with momentum; the gradient is taken `at` times the way ahead.

    `keep`: "ahead" for the points ahead instead of the points, "before" for a point before that stays
    where it is, "place" for steps that start at x."""
    before, points = x if before is None else before, [x]
    while len(points) <= n:
        push = sign * momentum * (x - before)
        place = x if keep == "place" else x + push
        new = place - step * slope(x + at * push)
        points.append(x + push if keep == "ahead" else new)
        x, before = new, before if keep == "before" else x
    return points


def judge_momentum(ask, rng, mark, name, size, n, shape=None):
    A, b, x = draw_valley(rng, size)
    x = x.reshape(shape or (size,))
    step, momentum = float(rng.uniform(0.05, 0.09)), float(rng.uniform(0.5, 0.8))
    given = {
        "called": f"{name}(gradient, x, {step:.4f}, {momentum:.4f}, {n})",
        "x": shown(x),
        "curvatures": shown(np.linalg.eigvalsh(A)),
    }

    def slope(x):
        return (A @ x.reshape(-1) - b).reshape(x.shape)

    question = {"name": name, "A": A, "b": b, "start": x} | {
        "step": step,
        "momentum": momentum,
        "n": n,
    }
    answer, again = ask(**question), ask(**question)
    at = {"heavy_ball": 0.0, "nesterov": 1.0}[name]
    truth = ball(slope, x, step, momentum, n, at=at)
    wrong = []
    if n > 1:
        velocity = [x]
        v = np.zeros_like(x)
        for _ in range(n):
            v = momentum * v + (1 - momentum) * slope(velocity[-1])
            velocity.append(velocity[-1] - step * v)
        wrong = [
            ("missing_term", ball(slope, x, step, 0, n), "The ball forgets: this is plain descent. Is "
             "the point before really the one before, or already the new one?"),
            ("wrong_point", ball(slope, x, step, momentum, n, at=1 - at), "The gradient was taken at "
             + ("the point ahead, as Nesterov does. The ball asks where it is." if at == 0 else
                "x, as the heavy ball does. Nesterov asks at the point ahead.")),
            ("sign", ball(slope, x, step, momentum, n, at=at, sign=-1), "The momentum points back: "
             "where the ball came from, not where it was going."),
            ("ascent", ball(slope, x, -step, momentum, n, at=at), "Every step goes along the gradient, "
             "uphill."),
            ("factor", velocity, "The momentum is a running mean of gradients here, which makes every "
             "step shorter by 1 − β. In the formula the step keeps its full length."),
            ("factor", ball(slope, x, step, step * momentum, n, at=at), "The momentum was multiplied by "
             "the step, too. Only the gradient is."),
            ("factor", ball(slope, x, step, 1 - momentum, n, at=at), "1 − β stands where β is meant: "
             "that share of the last step is kept."),
            ("wrong_point", ball(slope, x, step, momentum, n, at=at, before=0 * x), "The ball does not "
             "rest at the start: the point before the first is the first itself, not 0."),
            ("stale", ball(slope, x, step, momentum, n, at=at, keep="before"), "The point before is the "
             "start in every step. It moves along, one step behind."),
            ("stale", ball(lambda _: slope(x), x, step, momentum, n), "Every step uses the gradient "
             "at the start. Ask anew in each."),
        ]  # fmt: skip
        if at:
            ahead = ball(slope, x, step, momentum, n + 1, at=at, keep="ahead")
            message = "The points ahead, y, were returned. The walk is made of the x."
            wrong += [
                ("wrong_argument", [x, *ahead[1:-1]], message),
                ("wrong_argument", [x, *ahead[2:]], message),
                ("wrong_point", ball(slope, x, step, momentum, n, at=at, keep="place"), "The gradient "
                 "is that of the point ahead, but the step starts from x. It starts from y."),
            ]  # fmt: skip
    judge_walk(mark, answer, truth, wrong, given, calls=n, again=again)


# ------------------------------------------------------------------------------------------------
# 6.4


@lab.exercise(
    "6.4",
    "Adam, to the last digit",
    points=3,
    minutes=12,
    reread="week06.md#adam",
    hints=(
        "Two numbers survive a turn of the loop beside x. What are they at the start?",
        "The hats are made anew each time and thrown away: m and v themselves go on without them. "
        "Count the steps from 1.",
        "Seven lines in the loop: the gradient, m, v, m hat, v hat, the new x, and the list. ε is "
        "added to the root, not under it.",
    ),
)
class Adam:
    def probe(student, A, b, start, step, n, options=None):
        gradient, asked = slope_of(A, b)
        start = np.array(start, float)
        options = dict(options or {})
        if "betas" in options:
            options["betas"] = tuple(options["betas"])
        walk = student.adam
        return walked(lambda: walk(gradient, start, step, n, **options), asked, start)

    def verdict(ask, rng, mark):
        with mark.part("the first step", 1):
            judge_adam(ask, rng, mark, 4, 1, {})
            judge_adam(ask, rng, mark, 4, 2, {})
        with mark.part("a whole trace", 1):
            judge_adam(ask, rng, mark, 4, 25, {})
        with mark.part("other betas, a larger epsilon", 1):
            betas = [float(rng.uniform(0.6, 0.8)), float(rng.uniform(0.9, 0.95))]
            judge_adam(ask, rng, mark, 3, 12, {"betas": betas, "eps": 0.3})


def adam_like(slope, x, step, n, betas=(0.9, 0.999), eps=1e-8, mistake=""):
    """Kingma & Ba's algorithm 1; or with one mistake."""
    first, second = betas[::-1] if mistake == "swapped" else betas
    points, m, v = [x], np.zeros_like(x), np.zeros_like(x)
    for t in 1 + np.arange(n):
        g = slope(x)
        old, new = ((first, second), (1 - first, 1 - second))
        if mistake == "shares":
            old, new = new, old
        if mistake == "whole":
            new = (1.0, 1.0)
        m = old[0] * m + new[0] * g
        v = old[1] * v + new[1] * (g if mistake == "not squared" else g * g)
        m_hat = m if mistake in ("bare", "bare m") else m / (1 - first**t)
        v_hat = v if mistake in ("bare", "bare v") else v / (1 - second**t)
        if mistake == "late":
            m_hat, v_hat = m / (1 - first ** (t + 1)), v / (1 - second ** (t + 1))
        if mistake == "begin":
            m, v = (g, g * g) if t == 1 else (m, v)
            m_hat, v_hat = m, v
        if mistake == "no power":
            m_hat, v_hat = m / (1 - first), v / (1 - second)
        if mistake == "kept":
            m, v = m_hat, v_hat
        if mistake == "norm":
            v_hat = np.full_like(x, np.sum(v_hat))
        with np.errstate(invalid="ignore"):
            size = np.sqrt(v_hat + eps) if mistake == "under" else np.sqrt(v_hat) + eps
        if mistake == "no eps":
            size = np.sqrt(v_hat)
        if mistake == "eps before":
            size = (np.sqrt(v) + eps) / math.sqrt(1 - second**t)
        x = x - (-1 if mistake == "uphill" else 1) * step * m_hat / (
            v_hat + eps if mistake == "no root" else size
        )
        points.append(x)
    return points


MISTAKES = (  # (mistake, kind, what to say of it)
    ("bare", "missing_factor", "There is no bias correction: m and v begin at 0 and are still far too "
     "small in the first steps, m ten times, and v a thousand times."),
    ("bare v", "missing_factor", "m is corrected and v is not: the first steps are far too long."),
    ("bare m", "missing_factor", "v is corrected and m is not: the first steps are far too short."),
    ("late", "wrong_point", "The steps are counted from 2: in the first one the correction is 1 − β, "
     "so t is 1 there."),
    ("kept", "accumulated", "The corrected means were kept and went on into the next step. m and v "
     "themselves stay as they are; the hats are for this step only."),
    ("under", "wrong_order", "ε stands under the root. It is added to the root: √v̂ + ε."),
    ("no eps", "missing_term", "There is no ε. Where a gradient is 0 from the start, 0 is divided by 0."),
    ("eps before", "wrong_order", "ε was added to the root of v, before the correction. It is added to "
     "the root of the corrected v̂."),
    ("whole", "missing_factor", "The means take in the whole gradient. A running mean of which a share "
     "β is kept takes in a share 1 − β."),
    ("shares", "swapped", "β and 1 − β have changed places: the larger share, β, is what is kept."),
    ("begin", "wrong_rule", "m and v begin with the first gradient and its square. They begin at 0, and the "
     "correction makes up for it."),
    ("no power", "missing_factor", "The correction is the same in every step. After t steps the missing "
     "weight is a power of β."),
    ("no root", "missing_factor", "The root is missing: m̂ was divided by v̂, which is a square."),
    ("not squared", "wrong_rule", "v is the running mean of the gradient's *square*; here it is that of "
     "the gradient."),
    ("swapped", "swapped", "The two betas have changed places: the first belongs to the mean of the "
     "gradient, the second to that of its square."),
    ("uphill", "ascent", "Every step goes along the gradient, uphill."),
    ("norm", "not_summed", "All numbers share one size. Adam gives each its own: nothing is summed over "
     "them."),
)  # fmt: skip


def judge_adam(ask, rng, mark, size, n, options, shape=None):
    A, b, x = draw_valley(rng, size)
    x = x.reshape(shape or (size,))
    step = float(rng.uniform(0.05, 0.2))
    given = {"step": round(step, 5), "n": n, "x": shown(x)} | {
        name: shown(value) if name == "betas" else value for name, value in options.items()
    }

    def slope(x):
        return (A @ x.reshape(-1) - b).reshape(x.shape)

    settings = {"step": step, "n": n} | options
    question = {"A": A, "b": b, "start": x, "step": step, "n": n, "options": options}
    try:
        answer, again = ask(**question), ask(**question)
    except StudentError as error:
        if "ZeroDivisionError" in error.message or "division by zero" in error.message:
            mark.fail(
                "wrong_point",
                "Divided by zero: 1 − β⁰ is 0. The steps are counted from 1.",
                got=error.message,
                given=given,
            )
        raise
    truth = adam_like(slope, x, **settings)
    wrong = [
        (kind, adam_like(slope, x, **settings, mistake=name), message)
        for name, kind, message in MISTAKES
    ]
    for name, other in (("betas", (0.9, 0.999)), ("eps", 1e-8)):
        if name in options:
            walk = adam_like(slope, x, **settings | {name: other})
            message = f"`{name}` was handed in, and the usual value was used all the same."
            wrong.append(("wrong_argument", walk, message))
    points = answer["points"]
    if (
        points is not None
        and len(points) > 1
        and not all(
            np.all(np.isfinite(p))
            for p in points
            if isinstance(p, np.ndarray) and p.dtype.kind == "f"
        )
    ):
        for name, kind, message in MISTAKES:
            if name == "not squared":
                walk = adam_like(slope, x, **settings, mistake=name)
                if np.array_equal(np.isfinite(points[1]), np.isfinite(walk[1])):
                    mark.fail(kind, message, given=given)
        mark.that(
            bool(np.all(np.isfinite(points[1]))),
            kind="wrong_point",
            message="The first step is not finite: 1 − β⁰ is 0. The steps are counted from 1.",
            given=given,
        )
    judge_walk(mark, answer, truth, wrong, given, calls=n, again=again, rtol=1e-11, floor=1e-11)


# ------------------------------------------------------------------------------------------------
# 6.5


@lab.exercise(
    "6.5",
    "Predict: a hundred times the work",
    points=1,
    minutes=3,
    reread="week06.md#stochastic",
    hints=(
        "How does the scatter of a mean depend on how many numbers are in it?",
        "Variances add; the mean divides by the number, and the variance by its square.",
        "The variance shrinks in proportion to the number, its root more slowly.",
    ),
)
class Scatter:
    def probe(student):
        return student.my_prediction_of_the_scatter()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 1_000_000)


# ------------------------------------------------------------------------------------------------
# 6.6


@lab.exercise(
    "6.6",
    "Stochastic gradients",
    points=2,
    minutes=12,
    reread="week06.md#stochastic",
    hints=(
        "How would you deal cards to players, so that every card goes to somebody?",
        "`rng.permutation(count)` is the shuffled pack; slices of it are the hands. In the gradient, "
        "only the rows of the batch take part, and the mean is over them.",
        "`range(0, count, size)` are the places where to cut; a slice that is too long ends by itself. "
        "Each residual is multiplied with its own row of X.",
    ),
)
class Stochastic:
    def probe(student, what, count=0, size=1, seed=0, X=None, y=None, w=None, rows=None):
        if what == "batches":
            rng = np.random.default_rng(seed)
            answer = student.batches(count, size, rng)
            if not isinstance(answer, (list, tuple)):
                return {"odd": type(answer).__name__, "hands": []}
            return {"odd": "", "hands": [np.asarray(hand) for hand in answer]}
        mine = [np.array(X, float), np.array(y, float), np.array(w, float), np.array(rows)]
        answer = student.batch_gradient(*mine)
        same = [np.array_equal(*pair) for pair in zip(mine, (X, y, w, rows), strict=True)]
        return {"got": bare(answer), "intact": all(same)}

    def verdict(ask, rng, mark):
        with mark.part("batches", 1):
            judge_batches(ask, rng, mark, 23, 5)
            judge_batches(ask, rng, mark, 24, 6)
        with mark.part("the gradient of a batch", 0.5):
            judge_batch_gradient(ask, rng, mark, 11, 3, 4)
        with mark.part("unbiased", 0.5):
            mark.only_after("the gradient of a batch")
            judge_unbiased(ask, rng, mark)


def judge_batches(ask, rng, mark, count, size):
    seeds = [int(each) for each in rng.choice(10_000, 3, replace=False)]
    given = {"count": count, "size": size}
    answers = [ask(what="batches", count=count, size=size, seed=s) for s in (*seeds, seeds[0])]
    odd = answers[0]["odd"]
    mark.that(
        odd != "NoneType",
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    mark.that(
        odd == "",
        kind="wrong_type",
        message=f"A list of arrays was expected; {odd} came back.",
        given=given,
    )
    orders = []
    for answer in answers:
        hands = answer["hands"]
        for hand in hands:
            mark.that(
                hand.ndim == 1 and hand.dtype.kind in "iu",
                kind="wrong_type",
                message="Each batch is an array of whole numbers, the rows.",
                got=str(hand)[:80],
                given=given,
            )
        lengths = [len(hand) for hand in hands]
        dealt = np.concatenate([*hands, np.zeros(0, int)])
        missing = sorted(set(range(count)) - set(dealt.tolist()))
        rest = count % size
        mark.that(
            not (missing and len(dealt) == len(set(dealt.tolist())) == count - rest),
            kind="missing_term",
            message=f"The last batch was dropped: {count} rows in batches of {size} leave {rest}, and "
            "they belong to the data, too.",
            got=lengths,
            given=given,
        )
        mark.that(
            len(dealt) == len(set(dealt.tolist())),
            kind="double_counted",
            message="Some row was dealt twice. Draw without putting back: shuffle, then cut.",
            got=shown(sorted(dealt))[:30],
            given=given,
        )
        mark.that(
            not missing and len(dealt) == count and min(dealt) >= 0,
            kind="missing_term",
            message="Not every row from 0 to count − 1 was dealt.",
            got=shown(sorted(dealt))[:30],
            given=given,
        )
        truth = [size] * (count // size) + [rest] * (rest > 0)
        mark.that(
            lengths == truth,
            kind="shape",
            message="The batches have the wrong sizes. All have `size` rows, but for the last one.",
            got=lengths,
            expected=truth,
            given=given,
        )
        orders.append(dealt.tolist())
    mark.that(
        orders[0] == orders[3],
        kind="nondeterministic",
        message="The same `rng` gave two different orders. All chance should come from the `rng` that "
        "is handed in: then a run can be repeated.",
        given=given,
    )
    if count <= size:
        return  # in a single batch any order will do
    still = orders[0] == orders[1] == orders[2]
    mark.that(
        not (still and orders[0] == list(range(count))),
        kind="no_update",
        message="The rows come in their old order. If the data are sorted, a batch then says nothing "
        "about the rest: shuffle first.",
        given=given,
    )
    mark.that(
        not still,
        kind="no_update",
        message="Three different `rng` gave the same order. Shuffle with the `rng` that is handed in.",
        given=given,
    )
    inside = [sorted(hand.tolist()) for hand in answers[0]["hands"]]
    blocks = [list(range(k, min(k + size, count))) for k in range(0, count, size)]
    mark.that(
        size == 1 or inside != blocks,
        kind="wrong_order",
        message="Each batch was shuffled within itself, but holds old neighbours. Shuffle all rows, then "
        "cut.",
        got=inside[:3],
        given=given,
    )
    mark.that(
        size == 1 or sorted(inside) != blocks,
        kind="wrong_order",
        message="The batches were shuffled among each other, but neighbours stay together. Shuffle the "
        "rows, then cut.",
        got=inside[:3],
        given=given,
    )
    together = [sum(abs(a - b) == 1 for a, b in zip(o, o[1:], strict=False)) for o in orders[:3]]
    mark.that(
        min(together) < count / 2,
        kind="wrong_order",
        message="Most rows still stand beside their old neighbours. After a shuffle every order is as "
        "likely as any other.",
        got=orders[0][:12],
        given=given,
    )


def draw_fit(rng, n, d):
    return rng.normal(size=(n, d)) + 0.5, rng.normal(size=n) * 2 + 1, rng.normal(size=d)


def judge_batch_gradient(ask, rng, mark, n, d, size):
    X, y, w = draw_fit(rng, n, d)
    rows = rng.permutation(n)[:size]
    given = {"X": [n, d], "rows": rows.tolist(), "w": shown(w)}
    answer = ask(what="gradient", X=X, y=y, w=w, rows=rows)
    got = answer["got"]

    def total(chosen):
        return X[chosen].T @ (X[chosen] @ w - y[chosen])

    truth = total(rows) / size
    wrong = [
        ("averaged", total(rows), "The sum over the batch, where the mean is meant: with a larger batch "
         "the steps would grow.", size > 1),
        ("averaged", total(rows) / n, "The sum over the batch was divided by the number of *all* "
         "examples. The mean is over the rows that take part.", size < n),
        ("stale", total(np.arange(n)) / n, "This is the gradient over all examples. Only those in "
         "`rows` should take part.", size < n),
        ("wrong_argument", total(np.arange(size)) / size, "These are the first rows of the data, not "
         "the ones that were drawn.", sorted(rows) != list(range(size))),
        ("sign", -truth, "The opposite sign: the residual is prediction minus truth.", True),
        ("averaged", total(rows) / d, "The sum was divided by the number of weights. The mean is over the "
         "rows that take part.", size != d),
        ("missing_term", X[rows].T @ (X[rows] @ w) / size, "`y` is missing: the prediction stands where "
         "the residual is meant.", True),
        ("not_upstream", np.mean(X[rows], axis=0) * np.mean(X[rows] @ w - y[rows]), "The mean of the "
         "residuals was multiplied with the mean of the rows. Each residual belongs to its own row.",
         size > 1),
        ("factor", 2 * truth, "Twice the gradient. The ½ of the loss cancels the 2 of the square.",
         True),
    ]  # fmt: skip
    for kind, value, message, telling in wrong:
        if telling and agree(got, value) is None:
            mark.fail(kind, message, got=got, expected=truth, given=given)
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="This is not the gradient by `w` of the mean of ½(x·w − y)² over the rows.",
        given=given,
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="What was handed in, `X`, `y`, `w` or `rows`, has changed. Whoever called still needs it.",
        given=given,
    )


def judge_unbiased(ask, rng, mark):
    """Over all pairs of rows, the mean of the batch gradients is the whole gradient."""
    X, y, w = draw_fit(rng, 5, 2)
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    every = [ask(what="gradient", X=X, y=y, w=w, rows=list(pair))["got"] for pair in pairs]
    for got in every:
        mark.close(
            np.zeros(np.shape(got)) if agree(got, np.zeros(2)) in (None, ("value", "")) else got,
            np.zeros(2),
            kind="shape",
            message="A gradient has the shape of `w`.",
        )
    mark.close(
        np.mean(every, axis=0),
        X.T @ (X @ w - y) / 5,
        kind="averaged",
        message="The mean over all batches of two rows is not the gradient of the whole loss: the "
        "guess is biased.",
        given={"X": [5, 2], "batches": "all pairs of rows"},
    )


# ------------------------------------------------------------------------------------------------
# 6.7


@lab.exercise(
    "6.7",
    "ISTA and FISTA",
    points=3,
    minutes=12,
    reread="week06.md#proximal",
    hints=(
        "Take the size of each number and its sign apart, shrink the size, and put them together.",
        "`np.maximum(…, 0)` stops at zero. One step of length τ may shrink by τ times the weight: the "
        "threshold goes with the step.",
        "FISTA keeps three things: x, y and t. The gradient is that at y, and the momentum is the way "
        "from the old x to the new x, so the old x is needed until y is made.",
    ),
)
class Proximal:
    def probe(student, name, x, t=0.0, A=None, b=None, step=0.0, weight=0.0, n=0):
        start = np.array(x, float)
        if name == "soft_threshold":
            own, library = student.soft_threshold, dp.optim.soft_threshold
            answer, used = by_hand(lambda: own(start, t))
            used = "dpkit's optim.soft_threshold" if own is library else used
            return {"got": bare(answer), "used": used, "intact": bool(np.array_equal(start, x))}
        gradient, asked = slope_of(A, b)

        def shrink(x, t):
            x = np.asarray(x, float)
            return np.where(x > t, x - t, np.where(x < -t, x + t, 0.0))

        walk = student.rebind(name, soft_threshold=shrink)
        return walked(lambda: walk(gradient, start, step, weight, n), asked, start)

    def verdict(ask, rng, mark):
        with mark.part("soft_threshold", 1):
            judge_threshold(ask, rng, mark, (3, 4))
        for name in ("ista", "fista"):
            with mark.part(name, 1):
                judge_proximal(ask, rng, mark, name, 5, 8)


def shrunk(x, t):
    return np.where(x > t, x - t, np.where(x < -t, x + t, 0.0))


def judge_threshold(ask, rng, mark, shape):
    t = float(rng.uniform(0.4, 0.6))
    x = rng.uniform(0.7, 2, shape) * rng.choice([-1, 1], shape)
    flat = x.reshape(-1)
    flat[:5] = 0.5 * t, -0.6 * t, 1.7, -1.9, 0.0
    given = {"x": shown(x), "t": round(t, 4)}
    answer = ask(name="soft_threshold", x=x, t=t)
    got, truth = answer["got"], shrunk(x, t)
    made_by_hand(mark, answer, given)
    if isinstance(got, np.ndarray) and got.shape == shape and np.isnan(got[x == 0]).any():
        message = "Of a 0 came nan. A sky is mostly black: nothing may be divided by the size of a number."
        mark.fail("not_finite", message, got=got, expected=truth, given=given)
    wrong = [
        ("wrong_rule", np.where(abs(x) > t, x, 0), "The large numbers stayed as they are: a *hard* "
         "threshold. The soft one moves every number towards 0."),
        ("magnitude", np.maximum(x - t, 0), "Negative numbers were wiped out. They move up, towards "
         "0, as positive ones move down."),
        ("magnitude", np.maximum(abs(x) - t, 0), "All signs are lost: only the sizes came back."),
        ("wrong_rule", np.sign(x) * (abs(x) - t), "Small numbers went through 0 and came out on the "
         "other side. They stop at 0."),
        ("wrong_rule", x - t * np.sign(x), "Small numbers went through 0 and came out on the other "
         "side. They stop at 0."),
        ("wrong_rule", np.clip(x, -t, t), "This is what the soft threshold takes *away*."),
        ("wrong_rule", x - t, "Everything moved down, also what is below 0."),
        ("sign", np.where(abs(x) > t, x - t, 0), "Negative numbers moved down, away from 0."),
        ("sign", np.sign(x) * (abs(x) + t), "Everything moved away from 0."),
        ("wrong_rule", np.sign(x) * abs(abs(x) - t), "Small numbers turned back and grew again. They "
         "stop at 0."),
        ("not_summed", x * max(0, 1 - t / np.linalg.norm(x)), "The array was shrunk as a whole. Each "
         "number moves by itself."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        if agree(got, value) is None:
            mark.fail(kind, message, got=got, expected=truth, given=given)
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="Each number should move towards 0 by `t`, but no further than 0.",
        given=given,
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="The array that was handed in has changed.",
        given=given,
    )


def proximal_like(slope, x, step, weight, n, *, momentum=True, mistake=""):
    y, t, points = x, 0.0 if mistake == "from 0" else 1.0, [x]
    for _ in range(n):
        place = x if mistake == "at x" else y
        amounts = {"unscaled": weight, "none": 0.0, "step only": step, "over": weight / step}
        amount = amounts.get(mistake, step * weight)
        if mistake == "first":
            new = shrunk(place, amount)
            new = new - step * slope(new)
        elif mistake == "first, elsewhere":
            new = shrunk(place, amount) - step * slope(place)
        else:
            new = shrunk(place - (-1 if mistake == "uphill" else 1) * step * slope(place), amount)
        if mistake == "at x":
            new = shrunk(y - step * slope(x), amount)
        if mistake == "from x":
            new = shrunk(x - step * slope(y), amount)
        if mistake == "corner":
            new = place - step * (slope(place) + weight * np.sign(place))
        if mistake == "gradient":
            new = place - step * shrunk(slope(place), weight)
        later = (1 + math.sqrt(1 + 4 * t * t)) / 2
        factor = (later - 1) / later if mistake == "late t" else (t - 1) / later
        if mistake == "sign":
            factor = -factor
        if mistake == "brackets":
            later = 1 + math.sqrt(1 + 4 * t * t) / 2
            factor = (t - 1) / later
        if mistake == "no square":
            later = (1 + math.sqrt(1 + 4 * t)) / 2
            factor = (t - 1) / later
        if mistake == "linear":
            later = t + 1
            factor = (t - 1) / (t + 2)
        if mistake == "old below":
            factor = (t - 1) / t
        y_old = y
        y = new + factor * (new - (y_old if mistake == "from y" else x)) if momentum else new
        if mistake == "y":
            points.append(y)
        else:
            points.append(new)
        x, t = new, later
    return points


PROXIMAL_MISTAKES = (
    ("unscaled", "missing_factor", "The threshold does not know the step: it should be step · weight. "
     "Otherwise a shorter step means a heavier price."),
    ("none", "missing_term", "Nothing is shrunk: the walk is that of f alone."),
    ("first", "wrong_order", "Shrunk first and stepped after. The gradient step comes first; so what is "
     "returned really has zeros."),
    ("first, elsewhere", "wrong_order", "Shrunk first and stepped after. The gradient step comes first; "
     "so what is returned really has zeros."),
    ("uphill", "ascent", "The gradient step goes along the gradient, uphill."),
    ("step only", "missing_factor", "The threshold does not know the weight: it should be step · weight."),
    ("over", "wrong_rule", "The weight was divided by the step. A shorter step shrinks by less."),
    ("corner", "wrong_rule", "The corner was walked down like a slope, by the signs of x. That jumps "
     "over 0 and never stops there; the threshold does."),
    ("gradient", "wrong_argument", "The gradient went through the threshold. What goes through is the "
     "point after the gradient step."),
)  # fmt: skip
FISTA_MISTAKES = (
    ("at x", "wrong_point", "The gradient was taken at x. It belongs to the point ahead, y."),
    ("late t", "post_update", "The factor (t − 1)/t′ was made with the new t on top. On top stands the "
     "old one."),
    ("sign", "sign", "The point y lies behind x instead of ahead: the momentum has the wrong sign."),
    ("from y", "wrong_argument", "The momentum is the way from the old x to the new x; here it begins at "
     "the old y."),
    ("y", "wrong_argument", "The points ahead, y, were returned. The answer is in the x: they have "
     "passed the threshold."),
    ("from x", "wrong_point", "The gradient is that at y, but the step starts from x. It starts from y."),
    ("brackets", "wrong_rule", "t grows too fast: in t′ the whole sum, the 1 included, is halved."),
    ("no square", "missing_factor", "t grows too slowly: under the root stands its square."),
    ("linear", "wrong_rule", "The momentum grows by another rule, (k − 1)/(k + 2). It works, too; here "
     "it is made from t and t′."),
    ("old below", "wrong_argument", "The momentum was divided by the old t; the new one, t′, stands "
     "below."),
    ("from 0", "wrong_point", "t begins at 0. It begins at 1, so that the first step has no momentum."),
)  # fmt: skip


def judge_proximal(ask, rng, mark, name, size, n, shape=None):
    A, b, x = draw_valley(rng, size, 0.3, 4.0)
    x = x.reshape(shape or (size,))
    b = b * 2
    step, weight = float(rng.uniform(0.15, 0.24)), float(rng.uniform(0.5, 0.9))
    given = {
        "called": f"{name}(gradient, x, {step:.4f}, {weight:.4f}, {n})",
        "x": shown(x),
        "curvatures": shown(np.linalg.eigvalsh(A)),
    }

    def slope(x):
        return (A @ x.reshape(-1) - b).reshape(x.shape)

    question = {"name": name, "x": x, "A": A, "b": b, "step": step, "weight": weight, "n": n}
    answer, again = ask(**question), ask(**question)
    fast = name == "fista"
    truth = proximal_like(slope, x, step, weight, n, momentum=fast)
    wrong = [
        (kind, proximal_like(slope, x, step, weight, n, momentum=fast, mistake=mistake), message)
        for mistake, kind, message in PROXIMAL_MISTAKES + FISTA_MISTAKES * fast
    ]
    if fast and n > 2:
        message = "There is no momentum: this is ISTA. Does t grow, and does it before y is made?"
        wrong.append(
            ("missing_term", proximal_like(slope, x, step, weight, n, momentum=False), message)
        )
    judge_walk(mark, answer, truth, wrong, given, calls=n, again=again)


# ------------------------------------------------------------------------------------------------
# 6.8


@lab.exercise(
    "6.8",
    "A loss for a picture",
    points=2,
    minutes=10,
    reread="week06.md#total-variation",
    hints=(
        "Which pixels have a neighbour below *and* one to the right?",
        "Slices: `u[1:, :-1]` are the neighbours below of `u[:-1, :-1]`. One root for each pixel, over "
        "both squares and the softness.",
        "The loss is two lines: what the camera would see of u, minus what it saw; then half the sum of "
        "squares, plus the weight times the function above.",
    ),
)
class PictureLoss:
    def probe(student, what, u, small=None, factor=1, weight=0.0, soft=1.0, gradient=False):
        u = np.array(u, float)
        before = u.copy()
        if what == "total_variation":

            def f(u):
                return student.total_variation(u, soft)
        else:

            def total_variation(u, soft=3e-3):
                down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
                return dp.sum((down * down + right * right + soft * soft) ** 0.5)

            loss = student.rebind("picture_loss", total_variation=total_variation)

            def f(u):
                return loss(u, np.array(small, float), factor, weight, soft)

        if not gradient:
            answer = bare(f(u))
            if isinstance(answer, np.ndarray) and answer.ndim == 0:
                answer = float(answer)
            return {"got": answer, "intact": bool(np.array_equal(u, before))}
        value = f(dp.tensor(u, requires_grad=True))
        if not isinstance(value, dp.Tensor):
            return {"odd": type(value).__name__}
        return {"odd": "", "got": dp.grad(f)(u)}

    def verdict(ask, rng, mark):
        with mark.part("total variation", 0.75):
            judge_variation(ask, rng, mark, 4, 6)
        with mark.part("the loss", 0.75):
            judge_loss(ask, rng, mark, 4, 6, 2)
        with mark.part("its gradient, by every pixel", 0.5):
            for what in ("total_variation", "picture_loss"):
                judge_picture_gradient(ask, rng, mark, what)


def variation(u, soft):
    down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    return float(np.sum(np.sqrt(down**2 + right**2 + soft**2)))


def judge_variation(ask, rng, mark, rows, columns):
    u, soft = rng.uniform(0, 1, (rows, columns)), float(rng.uniform(0.1, 0.3))
    given = {"u": f"{rows} × {columns} numbers from 0 to 1", "soft": round(soft, 4)}
    answer = ask(what="total_variation", u=u, soft=soft)
    got, truth = answer["got"], variation(u, soft)
    down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    below, beside = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
    wrong = [
        ("missing_term", variation(u, 0), "The softness s is missing: without it the root has a corner, "
         "and on a flat surface no slope."),
        ("missing_term", variation(u, math.sqrt(soft)), "Under the root stands the *square* of `soft`."),
        ("wrong_rule", np.sum(abs(down)) + np.sum(abs(right)), "Sizes were added, not taken together "
         "under one root: that prefers edges along the axes."),
        ("wrong_rule", np.sum(np.sqrt(down**2 + soft**2)) + np.sum(np.sqrt(right**2 + soft**2)),
         "Each direction has a root of its own; both belong under one."),
        ("wrong_rule", np.sqrt(np.sum(down**2 + right**2 + soft**2)), "One root over the whole sum. Each "
         "pixel has its own: otherwise a sharp edge costs more than a ramp."),
        ("wrong_rule", np.sum(down**2 + right**2 + soft**2), "The root is missing. Squares make an edge "
         "dear, and smear it."),
        ("wrong_argument", variation(u, 3e-3), "The usual softness was used, not the `soft` that was "
         "handed in."),
        ("wrong_order", variation(u, 0) + soft * down.size, "The softness was added to the roots. It "
         "belongs under them, as a square."),
        ("wrong_order", variation(u, 0) + soft, "The softness was added to the sum. It belongs under each "
         "root, as a square."),
        ("averaged", truth / down.size, "The mean over the pixels came back; the sum was asked for."),
        ("double_counted", np.sum(np.sqrt(below**2 + beside**2 + soft**2)), "The last row was compared "
         "with the first (`roll` goes round). The sum runs only where both neighbours exist."),
        ("missing_term", np.sum(np.sqrt(down**2 + soft**2)), "Only differences between rows count here; "
         "those between columns are missing."),
        ("missing_term", np.sum(np.sqrt(right**2 + soft**2)), "Only differences between columns count "
         "here; those between rows are missing."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        if agree(got, float(value)) is None:
            mark.fail(kind, message, got=got, expected=truth, given=given)
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="This is not the total variation.",
        given=given,
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="The picture that was handed in has changed.",
        given=given,
    )


def judge_loss(ask, rng, mark, rows, columns, factor):
    u = rng.uniform(0, 1, (rows, columns))
    small = rng.uniform(0, 1, (rows // factor, columns // factor))
    weight, soft = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.1, 0.3))
    given = {
        "u": [rows, columns],
        "factor": factor,
        "weight": round(weight, 4),
        "soft": round(soft, 4),
    }
    answer = ask(what="picture_loss", u=u, small=small, factor=factor, weight=weight, soft=soft)
    got, tv = answer["got"], variation(u, soft)
    squares = float(np.sum((images.shrink(u, factor) - small) ** 2))
    truth = 0.5 * squares + weight * tv
    wrong = [
        ("factor", squares + weight * tv, "The ½ is missing."),
        ("factor", truth - 0.5 * weight * tv, "The ½ was taken of all. It belongs to the squares alone."),
        ("swapped", 0.5 * weight * squares + tv, "The weight belongs to the total variation, not to the "
         "squares."),
        ("wrong_order", 0.5 * np.sum(images.shrink(u, factor) - small) ** 2 + weight * tv, "The sum was "
         "squared. Square first: or what is too bright cancels what is too dark."),
        ("averaged", 0.5 * squares / small.size + weight * tv, "The mean of the squares stands where "
         "their sum is meant: the prior would then weigh far more."),
        ("averaged", squares / small.size + weight * tv, "The mean of the squares stands where half "
         "their sum is meant: the prior would then weigh far more."),
        ("missing_term", 0.5 * squares, "The total variation is missing: nothing chooses among the "
         "many pictures that the camera would see alike."),
        ("missing_factor", 0.5 * squares + tv, "The weight of the total variation is missing."),
        ("sign", 0.5 * squares - weight * tv, "The total variation was subtracted: this loss likes "
         "ripples."),
        ("wrong_argument", 0.5 * squares + weight * variation(u, 3e-3), "The softness that was handed "
         "in did not get through to the total variation."),
        ("wrong_argument", 0.5 * squares + weight * variation(images.shrink(u, factor), soft), "The "
         "total variation is that of the small picture; it belongs to the large one, which is unknown."),
        ("wrong_rule", 0.5 * np.sum((u[::factor, ::factor] - small) ** 2) + weight * tv, "The camera "
         "does not pick every so manieth pixel, it takes means: `images.shrink`."),
        ("wrong_rule", 0.5 * math.sqrt(squares) + weight * tv, "The root of the sum of squares; no root "
         "was asked for."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        if agree(got, float(value)) is None:
            mark.fail(kind, message, got=got, expected=truth, given=given)
    mark.close(got, truth, kind="wrong_value", message="This is not the loss.", given=given)


def judge_picture_gradient(ask, rng, mark, what):
    u, small = rng.uniform(0, 1, (4, 6)), rng.uniform(0, 1, (2, 3))
    u[:2, :2] = u[0, 0]  # a flat surface
    weight, soft = float(rng.uniform(0.2, 0.4)), float(rng.uniform(0.1, 0.3))
    given = {"u": [4, 6], "function": what}
    settings = {"what": what, "small": small, "factor": 2, "weight": weight, "soft": soft}
    answer = ask(u=u, gradient=True, **settings)
    mark.that(
        answer["odd"] == "",
        kind="zero",
        message=f"Nothing can be differentiated: the result is a plain {answer['odd']}, which knows "
        "nothing of the picture. Keep to slices, arithmetic and dpkit's functions; `float` and "
        "`np.array` cut the thread.",
        given=given,
    )

    def f(u):
        down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
        steep = dp.sum(dp.sqrt(down**2 + right**2 + soft**2))
        if what == "total_variation":
            return steep
        return 0.5 * dp.sum((images.shrink(u, 2) - small) ** 2) + weight * steep

    mark.close(
        answer["got"],
        dp.grad(f)(u),
        kind="wrong_value",
        message=f"The gradient of `{what}` by the pixels is not right.",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 6.9


@lab.exercise(
    "6.9",
    "An affine guess",
    points=1,
    minutes=10,
    reread="week06.md#registration",
    hints=(
        "With `theta` all zeros nothing moves: which pair comes back?",
        "First measure from the middle, then divide by it; the shift is added to the place as it was, "
        "in pixels.",
        "`images.warp(moving, *places)` is the warped scan. Subtract, square, and take `dp.mean`.",
    ),
)
class Affine:
    def probe(student, what, theta=None, rows=None, columns=None, size=0, moving=None, still=None):
        if what == "affine":
            mine = [np.array(each, float) for each in (theta, rows, columns)]
            places = student.affine(*mine, size)
            if not isinstance(places, (tuple, list, np.ndarray, dp.Tensor)) or len(places) != 2:
                return {"odd": type(places).__name__, "places": None}
            same = [
                np.array_equal(*pair) for pair in zip(mine, (theta, rows, columns), strict=True)
            ]
            answer = {"odd": "", "places": [np.asarray(bare(each)) for each in places]}
            return answer | {"intact": all(same)}
        if what == "slope":
            at = dp.tensor(np.array(theta, float), requires_grad=True)
            places = student.affine(at, np.array(rows, float), np.array(columns, float), size)
            if not all(isinstance(each, dp.Tensor) for each in places):
                return {"slope": None}
            dp.sum(places[0] * rows + places[1] * columns).backward()
            return {"slope": np.zeros(6) if at.grad is None else np.asarray(at.grad)}
        moving, still = np.array(moving, float), np.array(still, float)
        rows, columns = np.array(rows, float), np.array(columns, float)
        value = bare(student.mismatch(moving, still, (rows, columns)))
        if value is None:
            return {"got": None, "slope": None, "odd": ""}
        at = dp.tensor(rows, requires_grad=True)
        traced = student.mismatch(moving, still, (at, columns))
        if not isinstance(traced, dp.Tensor):
            return {"got": value, "slope": None, "odd": type(traced).__name__}
        traced.backward()
        return {"got": value, "slope": np.asarray(at.grad), "odd": ""}

    def verdict(ask, rng, mark):
        with mark.part("affine", 0.5):
            judge_affine(ask, rng, mark, 10, (3, 4))
        with mark.part("mismatch", 0.5):
            judge_mismatch(ask, rng, mark, 5, 6)


def judge_affine(ask, rng, mark, size, shape):
    theta = rng.uniform(0.5, 2.5, 6) * rng.choice([-1, 1], 6)
    rows, columns = rng.uniform(0, size - 1, (2, *shape))
    given = {"theta": shown(theta), "size": size, "places": list(shape)}
    answer = ask(what="affine", theta=theta, rows=rows, columns=columns, size=size)
    mark.that(
        answer["odd"] != "NoneType",
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    mark.that(
        answer["odd"] == "",
        kind="wrong_type",
        message="A pair was expected: the rows and the columns of the places.",
        given=given,
    )
    mark.that(
        answer["intact"] is True,
        kind="mutated_input",
        message="What was handed in has changed. `rows += …` writes into the caller's array; "
        "`rows = rows + …` makes a new one.",
        given=given,
    )
    got = answer["places"]

    def places(middle=(size - 1) / 2, scale=None, theta=theta, keep=1.0):
        scale = middle if scale is None else scale
        u, v = (rows - middle) / scale, (columns - middle) / scale
        first = keep * rows + theta[0] * u + theta[1] * v + theta[2]
        return [first, keep * columns + theta[3] * u + theta[4] * v + theta[5]]

    truth = places()
    bare = places(0.0, 1.0)
    wrong = [
        ("swapped", truth[::-1], "Rows and columns have changed places in the pair."),
        ("wrong_point", places(size / 2), "The middle of pixels 0 … size − 1 lies at (size − 1)/2."),
        ("wrong_point", bare, "The coordinates were not measured from the middle: everything would turn "
         "about the corner."),
        ("missing_factor", places((size - 1) / 2, 1.0), "Measured from the middle, but not divided by "
         "it: a `theta` of 1 would move the border by half the picture."),
        ("missing_term", places(keep=0.0), "The places themselves are missing: with `theta` all zeros "
         "each pixel should look at itself."),
        ("swapped", places(theta=theta[[1, 0, 2, 4, 3, 5]]), "u and v have changed places: u belongs to "
         "the rows."),
        ("missing_term", places(theta=theta * [1, 1, 0, 1, 1, 0]), "The shifts are missing: theta[2] "
         "and theta[5]."),
        ("wrong_point", places(float((size - 1) // 2)), "The middle may lie between two pixels: (size − 1)/2, "
         "not rounded."),
        ("wrong_point", places(size - 1.0), "Measured from the last pixel, not from the middle."),
        ("wrong_point", places(0.0, (size - 1) / 2), "The coordinates were divided, but not measured from "
         "the middle: everything would turn about the corner."),
        ("sign", places(theta=-theta), "The places moved the other way: what `theta` says is added."),
        ("wrong_argument", places(theta=theta[[0, 2, 4, 1, 3, 5]]), "The six numbers were dealt in turn. "
         "The first three belong to the rows, the last three to the columns."),
        ("swapped", places(theta=theta[[2, 0, 1, 5, 3, 4]]), "The shift is the third number of each "
         "three, not the first."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        if all(agree(a, b) is None for a, b in zip(got, value, strict=True)):
            mark.fail(
                kind, message, got=shown(got[0])[:3], expected=shown(truth[0])[:3], given=given
            )
    for k, which in enumerate(("rows", "columns")):
        mark.close(
            got[k],
            truth[k],
            kind="wrong_value",
            message=f"The {which} of the places are not right.",
            given=given,
        )
    slope = ask(what="slope", theta=theta, rows=rows, columns=columns, size=size)["slope"]
    mark.that(
        slope is not None,
        kind="zero",
        message="The places are right, but know nothing of `theta`: nothing can be differentiated. Keep "
        "to arithmetic and dpkit's functions; `float` and `np.array` cut the thread.",
        given=given,
    )
    centre = 0.5 * (size - 1)
    ways = [(rows - centre) / centre, (columns - centre) / centre, np.ones(shape)]
    mark.close(
        slope,
        [np.sum(weight * way) for weight in (rows, columns) for way in ways],
        kind="wrong_value",
        message="The slope of the places by `theta` is not right.",
        given=given,
    )


def judge_mismatch(ask, rng, mark, height, width):
    moving, still = rng.uniform(0, 1, (2, height, width))
    rows, columns = (each.astype(float) for each in np.mgrid[:height, :width])
    rows, columns = rows + rng.uniform(0.1, 0.4), columns + rng.uniform(0.1, 0.4)
    given = {"scans": [height, width], "places": "shifted by less than a pixel"}
    answer = ask(what="mismatch", moving=moving, still=still, rows=rows, columns=columns)
    got = answer["got"]
    warped = images.warp(moving, rows, columns)
    truth = float(np.mean((warped - still) ** 2))
    wrong = [
        ("averaged", np.sum((warped - still) ** 2), "The sum of the squares; the mean was asked for."),
        ("swapped", np.mean((images.warp(still, rows, columns) - moving) ** 2), "The still scan was "
         "warped. The moving one is to be."),
        ("swapped", np.mean((images.warp(moving, columns, rows) - still) ** 2), "Rows and columns have "
         "changed places on the way to `warp`."),
        ("wrong_rule", np.mean(abs(warped - still)), "The mean *size* of the difference; squares were "
         "asked for."),
        ("missing_term", np.mean((moving - still) ** 2), "The moving scan was not warped at all."),
        ("wrong_rule", math.sqrt(truth), "The root of the mean; no root was asked for."),
        ("factor", truth / 2, "Half of the mean squared difference."),
        ("wrong_rule", np.mean(warped - still) ** 2, "The mean was squared. Square first, or what is too "
         "bright cancels what is too dark."),
    ]  # fmt: skip
    for kind, value, message in wrong:
        if agree(got, float(value)) is None:
            mark.fail(kind, message, got=got, expected=truth, given=given)
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="This is not the mean squared difference of the warped scan and the still one.",
        given=given,
    )
    mark.that(
        answer["odd"] == "",
        kind="zero",
        message=f"Nothing can be differentiated: the result is a plain {answer['odd']}. Keep to "
        "arithmetic and dpkit's functions.",
        given=given,
    )
    slope = dp.grad(lambda r: dp.mean((images.warp(moving, r, columns) - still) ** 2))(rows)
    mark.close(
        answer["slope"],
        slope,
        kind="wrong_value",
        message="The slope of the mismatch by the places is not right.",
        given=given,
    )
