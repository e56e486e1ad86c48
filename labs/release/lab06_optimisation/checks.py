"""Lab 6: what each exercise asks the student's code, and how the answers are judged.

A walk is asked for its points, on a problem that the verdict draws: the curvatures of a valley, the
weights of a small fit. What the student is handed is a gradient that counts how often it is asked. The
truth is walked by dpkit's own optimisers, and so are the usual wrong walks, with other settings, so that
a wrong answer can be called by its name.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree
from dpkit import images, optim

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
def walked(points, asked, start, before):
    """A walk as plain data; anything else by the name of its type."""
    odd = "" if isinstance(points, (list, tuple, np.ndarray)) else type(points).__name__
    return {
        "odd": odd,
        "points": None if odd else [np.array(x) for x in points],
        "asked": len(asked),
        "intact": bool(np.array_equal(start, before)),
        "one": not odd and len(points) > 1 and all(x is points[0] for x in points),
    }


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
        message="All entries of the list are one and the same array, changed again and again.",
        given=given,
    )
    return points


def library(make, slope, x, n, *, look=None, read=None, after=None, **settings):
    """The points of a walk by one of dpkit's optimisers, `make([tensor])`.

    A usual slip is the same optimiser with `settings` that its constructor would refuse, with the
    gradient taken at `look(tensor, state)`, with another point read off, or with its memory changed
    `after` each step.
    """
    moved = dp.tensor(np.array(x, float), requires_grad=True)
    optimizer = make([moved])
    optimizer.param_groups[0].update(settings)
    state, points = optimizer.state[id(moved)], [x]

    def closure():
        state["asked"] = moved.data
        moved.grad = slope(look(moved, state) if look else moved.data)

    while len(points) <= n:
        if isinstance(optimizer, optim.ProximalGradient):
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
        points.append(read(moved, state) if read else moved.data)
        if after:
            after(optimizer, state, points)
    return points


def judge_walk(mark, answer, truth, wrong, given, *, first=(), calls=None, where=1e-9):
    """The points against the true walk; `wrong` lists (kind, another walk, what to say of it), and
    `first` the same with only the point after the first step."""
    n, shape = len(truth) - 1, np.shape(truth[0])
    points = read_walk(mark, answer, n, shape, given)
    mark.close(
        points[0],
        truth[0],
        kind="late_evaluation",
        message="The first point is not the start.",
        given=given,
    )
    if agree(points, np.array(truth), rtol=1e-9, floor=where) is not None:
        for kind, point, message in first:
            if agree(points[1], point, rtol=1e-10, floor=1e-12) is None:
                mark.fail(kind, message, got=points[1], expected=truth[1], given=given)
        for kind, walk, message in wrong:
            if agree(points, np.array(walk), rtol=1e-7, floor=1e-8) is None:
                mark.fail(kind, message, got=points[1], expected=truth[1], given=given)
        for k, (got, expected) in enumerate(zip(points, truth, strict=True)):
            mark.close(
                got,
                expected,
                kind="wrong_value",
                message=f"Point {k} is the first that is not where it should be."
                + (" The first step is already wrong." if k == 1 else ""),
                rtol=1e-9,
                floor=where,
                given=given,
            )
    mark.close(points, np.array(truth), kind="wrong_value", message="", rtol=1e-9, floor=where)
    if calls is not None:
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
            answer = student.best_step(np.array(A, float))
        else:
            answer = student.steps_needed(rate, gain)
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        return {"answer": answer, "type": type(answer).__name__}

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
            rate, gain = float(rng.uniform(0.9, 0.98)), float(rng.uniform(1e3, 1e5))
            judge_count(ask, mark, rate, gain)


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
    wrong = [
        ("learning_rate", 1 / high, "1/L is a safe step, and a common one. Almost twice as far goes "
         "better: balance the factors of the flattest and the steepest direction."),
        ("learning_rate", 2 / high, "2/L is where walks begin to fly apart: across the valley each "
         "step lands just as far on the other side."),
        ("factor", 1 / (low + high), "Half of the best step."),
        ("factor", (low + high) / 2, "That is a curvature. A step is measured in one over curvature."),
        ("wrong_argument", 2 / sum(largest), "Those are the entries on the diagonal of A. They are "
         "the curvatures only if the valley does not lie aslant."),
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
    one = optim.minimize(lambda x: 0.5 * x * x, gain, "sgd", lr=1 - rate, tol=1.0, max_iter=100_000)
    truth = one.nit  # counted in a walk from `gain` to 1
    mark.that(
        got is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    mark.that(
        isinstance(got, (int, float, np.integer, np.floating)) and not isinstance(got, bool),
        kind="wrong_type",
        message="A whole number was expected.",
        got=str(got)[:80],
        given=given,
    )
    for kind, telling, message in (
        ("sign", got < 0, "A negative number of steps. The logarithm of a number below 1 is negative."),
        ("rounded", got == truth - 1, "One step short: after that many the distance has not been "
         "divided by `gain` yet. Round up."),
        ("wrong_type", truth - 1 < got < truth, "A *whole* number of steps was expected: round up."),
    ):  # fmt: skip
        mark.that(not telling, kind=kind, message=message, got=got, expected=truth, given=given)
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
        before = start.copy()
        points = getattr(student, name)(gradient, start, step, momentum, n)
        return walked(points, asked, start, before)

    def verdict(ask, rng, mark):
        for name in ("heavy_ball", "nesterov"):
            with mark.part(name, 1):
                judge_momentum(ask, rng, mark, name, 3, 6)


def ball(slope, x, step, momentum, n, *, ahead):
    """The walk of optim.SGD. Its Nesterov keeps the point ahead, from which the way back is the last
    velocity's share."""

    def read(moved, state):
        return moved.data + step * momentum * state["velocity"] if ahead else moved.data

    def make(params):
        return optim.SGD(params, lr=1.0, momentum=0.5, nesterov=ahead)

    return library(make, slope, x, n, read=read, lr=step, momentum=momentum)


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

    answer = ask(name=name, A=A, b=b, start=x, step=step, momentum=momentum, n=n)
    ahead = name == "nesterov"
    truth = ball(slope, x, step, momentum, n, ahead=ahead)
    wrong = []
    if n > 1:
        wrong = [
            ("missing_term", ball(slope, x, step, 0, n, ahead=False), "The ball forgets: this is plain descent. Is "
             "the point before really the one before, or already the new one?"),
            ("wrong_point", ball(slope, x, step, momentum, n, ahead=not ahead), "The gradient was taken "
             + ("at x, as the heavy ball does. Nesterov asks at the point ahead." if ahead else
                "at the point ahead, as Nesterov does. The ball asks where it is.")),
            ("sign", ball(slope, x, step, -momentum, n, ahead=ahead), "The momentum points back: "
             "where the ball came from, not where it was going."),
            ("ascent", ball(slope, x, -step, momentum, n, ahead=ahead), "Every step goes along the gradient, "
             "uphill."),
            ("factor", ball(slope, x, (1 - momentum) * step, momentum, n, ahead=False), "The momentum "
             "is a running mean of gradients here, which makes every "
             "step shorter by 1 − β. In the formula the step keeps its full length."),
        ]  # fmt: skip
    judge_walk(mark, answer, truth, wrong, given, calls=n)


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
        before = start.copy()
        options = dict(options or {})
        if "betas" in options:
            options["betas"] = tuple(options["betas"])
        points = student.adam(gradient, start, step, n, **options)
        return walked(points, asked, start, before)

    def verdict(ask, rng, mark):
        with mark.part("the first step", 1):
            judge_adam(ask, rng, mark, 4, 1, {})
            judge_adam(ask, rng, mark, 3, 2, {})
        with mark.part("a whole trace", 1):
            judge_adam(ask, rng, mark, 4, 25, {})
        with mark.part("other betas, a larger epsilon", 1):
            betas = [float(rng.uniform(0.6, 0.8)), float(rng.uniform(0.9, 0.95))]
            judge_adam(ask, rng, mark, 3, 12, {"betas": betas, "eps": 0.3})


def adam_walk(slope, x, n, step, betas, eps, after=None):
    """The walk of optim.Adam (Kingma & Ba's algorithm 1)."""
    return library(
        lambda params: optim.Adam(params, lr=step, betas=betas, eps=eps), slope, x, n, after=after
    )


def first_slips(g, first, second, eps):
    """How far Adam's first step goes in units of `step`, if it goes wrong: (kind, how far, message)."""
    size = np.abs(g)
    with np.errstate(invalid="ignore"):
        unsquared = g / (np.sqrt(g) + eps)
    return (
        ("missing_factor", (1 - first) * g / (np.sqrt(1 - second) * size + eps), "There is no bias "
         "correction: m and v begin at 0 and are still far too small in the first steps, m ten times, "
         "and v a thousand times."),
        ("missing_factor", g / (np.sqrt(1 - second) * size + eps), "m is corrected and v is not: the "
         "first steps are far too long."),
        ("missing_factor", (1 - first) * g / (size + eps), "v is corrected and m is not: the first "
         "steps are far too short."),
        ("wrong_point", g / (1 + first) / (size / np.sqrt(1 + second) + eps), "The steps are counted "
         "from 2: in the first one the correction is 1 − β, so t is 1 there."),
        ("wrong_order", g / np.sqrt(size**2 + eps), "ε stands under the root. It is added to the root: "
         "√v̂ + ε."),
        ("missing_factor", g / (size**2 + eps), "The root is missing: m̂ was divided by v̂, which is a "
         "square."),
        ("wrong_rule", unsquared, "v is the running mean of the gradient's *square*; here it is that "
         "of the gradient."),
        ("ascent", -g / (size + eps), "Every step goes along the gradient, uphill."),
        ("not_summed", g / (np.linalg.norm(g) + eps), "All numbers share one size. Adam gives each its "
         "own: nothing is summed over them."),
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

    betas, eps = options.get("betas", (0.9, 0.999)), options.get("eps", 1e-8)
    try:
        answer = ask(A=A, b=b, start=x, step=step, n=n, options=options)
    except StudentError as error:
        if "ZeroDivisionError" in error.message or "division by zero" in error.message:
            mark.fail(
                "wrong_point",
                "Divided by zero: 1 − β⁰ is 0. The steps are counted from 1.",
                got=error.message,
                given=given,
            )
        raise
    truth = adam_walk(slope, x, n, step, betas, eps)
    first = [
        (kind, x - step * far, message)
        for kind, far, message in first_slips(slope(x), *betas, eps)
        if agree(x - step * far, truth[1], rtol=1e-10, floor=1e-12) is not None
    ]

    def keep_the_hats(optimizer, state, points):
        state["mean"] = state["mean"] / (1 - betas[0] ** state["step"])
        state["square"] = state["square"] / (1 - betas[1] ** state["step"])

    wrong = [
        ("accumulated", adam_walk(slope, x, n, step, betas, eps, after=keep_the_hats), "The corrected "
         "means were kept and went on into the next step. m and v themselves stay as they are; the "
         "hats are for this step only."),
        ("swapped", adam_walk(slope, x, n, step, betas[::-1], eps), "The two betas have changed places: "
         "the first belongs to the mean of the gradient, the second to that of its square."),
    ]  # fmt: skip
    points = answer["points"] or []
    if (
        len(points) > 1
        and np.asarray(points[1]).dtype.kind == "f"
        and np.shape(points[1]) == x.shape
    ):
        finite = np.isfinite(points[1])
        for kind, point, message in first:
            if not np.all(finite) and np.array_equal(finite, np.isfinite(point)):
                mark.fail(kind, message, given=given)
        mark.that(
            bool(np.all(finite)),
            kind="wrong_point",
            message="The first step is not finite: 1 − β⁰ is 0. The steps are counted from 1.",
            given=given,
        )
    judge_walk(mark, answer, truth, wrong, given, first=first, calls=n, where=1e-11)


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
        X, y, w = (np.array(each, float) for each in (X, y, w))
        before = w.copy()
        answer = student.batch_gradient(X, y, w, np.array(rows))
        return {"got": answer, "intact": bool(np.array_equal(w, before))}

    def verdict(ask, rng, mark):
        with mark.part("batches", 1):
            judge_batches(ask, rng, mark, 23, 5)
            judge_batches(ask, rng, mark, 24, 6)
        with mark.part("the gradient of a batch", 0.5):
            judge_batch_gradient(ask, rng, mark, 11, 3, 4)
        with mark.part("unbiased", 0.5):
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
        count <= size or size == 1 or sorted(inside) != blocks,
        kind="wrong_order",
        message="The batches were shuffled among each other, but neighbours stay together. Shuffle the "
        "rows, then cut.",
        got=inside[:3],
        given=given,
    )


def draw_fit(rng, n, d):
    return rng.normal(size=(n, d)) + 0.5, rng.normal(size=n) * 2 + 1, rng.normal(size=d)


def half_squares(X, y, w):
    """The gradient by w of half the sum of squared residuals."""
    return dp.grad(lambda w: 0.5 * dp.sum(dp.square(y - X @ w)))(w)


def judge_batch_gradient(ask, rng, mark, n, d, size):
    X, y, w = draw_fit(rng, n, d)
    rows = rng.permutation(n)[:size]
    given = {"X": [n, d], "rows": rows.tolist(), "w": shown(w)}
    answer = ask(what="gradient", X=X, y=y, w=w, rows=rows)
    got = answer["got"]

    def total(chosen):
        return half_squares(X[chosen], y[chosen], w)

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
        message="`w` has changed. Whoever called still needs it.",
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
        half_squares(X, y, w) / 5,
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
        before = start.copy()
        if name == "soft_threshold":
            answer = student.soft_threshold(start, t)
            return {"got": answer, "intact": bool(np.array_equal(start, before))}
        gradient, asked = slope_of(A, b)

        def shrink(x, t):
            from dpkit import optim

            return optim.soft_threshold(np.asarray(x, float), t)

        walk = student.rebind(name, soft_threshold=shrink)
        return walked(walk(gradient, start, step, weight, n), asked, start, before)

    def verdict(ask, rng, mark):
        with mark.part("soft_threshold", 1):
            judge_threshold(ask, rng, mark, (7,))
        for name in ("ista", "fista"):
            with mark.part(name, 1):
                judge_proximal(ask, rng, mark, name, 5, 8)


def judge_threshold(ask, rng, mark, shape):
    t = float(rng.uniform(0.4, 0.6))
    x = rng.uniform(0.7, 2, shape) * rng.choice([-1, 1], shape)
    flat = x.reshape(-1)
    flat[:4] = 0.5 * t, -0.6 * t, 1.7, -1.9
    given = {"x": shown(x), "t": round(t, 4)}
    answer = ask(name="soft_threshold", x=x, t=t)
    got, truth = answer["got"], optim.soft_threshold(x, t)
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


def proximal_walk(slope, x, step, weight, n, fast, **slip):
    """The walk of optim.ProximalGradient, ISTA or FISTA, with the price weight · Σ|x|."""

    def price(v, s):
        return optim.soft_threshold(v, weight * s)

    return library(
        lambda params: optim.ProximalGradient(params, step, price, fast), slope, x, n, **slip
    )


def first_proximal_slips(slope, x, step, weight):
    """Where the first step ends, if it goes wrong: (kind, point, message)."""
    shrink, g, t = optim.soft_threshold, slope(x), step * weight
    shrunk = shrink(x, t)
    late = (
        "Shrunk first and stepped after. The gradient step comes first; so what is returned really has "
        "zeros."
    )
    return (
        ("missing_factor", shrink(x - step * g, weight), "The threshold does not know the step: it "
         "should be step · weight. Otherwise a shorter step means a heavier price."),
        ("missing_term", x - step * g, "Nothing is shrunk: the walk is that of f alone."),
        ("wrong_order", shrunk - step * slope(shrunk), late),
        ("wrong_order", shrunk - step * g, late),
        ("ascent", shrink(x + step * g, t), "The gradient step goes along the gradient, uphill."),
    )  # fmt: skip


# What goes wrong in FISTA beyond its first step: how the optimiser's memory is changed after each.
def with_the_new_t(optimizer, state, points):
    state["ahead"] = points[-1] + (1 - 1 / optimizer._t) * (points[-1] - points[-2])


def behind(optimizer, state, points):
    state["ahead"] = 2 * points[-1] - state["ahead"]


def from_where_it_asked(optimizer, state, points):
    before = math.sqrt(optimizer._t * (optimizer._t - 1))
    state["ahead"] = points[-1] + (before - 1) / optimizer._t * (points[-1] - state["asked"])


FISTA_SLIPS = (
    ({"look": lambda moved, state: state.get("x", moved.data)}, "wrong_point", "The gradient was taken "
     "at x. It belongs to the point ahead, y."),
    ({"after": with_the_new_t}, "post_update", "The factor (t − 1)/t′ was made with the new t on top. "
     "On top stands the old one."),
    ({"after": behind}, "sign", "The point y lies behind x instead of ahead: the momentum has the wrong "
     "sign."),
    ({"after": from_where_it_asked}, "wrong_argument", "The momentum is the way from the old x to the "
     "new x; here it begins at the old y."),
    ({"read": lambda moved, state: state["ahead"]}, "wrong_argument", "The points ahead, y, were "
     "returned. The answer is in the x: they have passed the threshold."),
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

    answer = ask(name=name, x=x, A=A, b=b, step=step, weight=weight, n=n)
    fast = name == "fista"
    truth = proximal_walk(slope, x, step, weight, n, fast)
    wrong = [
        (kind, proximal_walk(slope, x, step, weight, n, True, **slip), message)
        for slip, kind, message in FISTA_SLIPS * (fast and n > 1)
    ]
    if fast and n > 2:
        message = "There is no momentum: this is ISTA. Does t grow, and does it before y is made?"
        wrong.append(("missing_term", proximal_walk(slope, x, step, weight, n, False), message))
    first = first_proximal_slips(slope, x, step, weight)
    judge_walk(mark, answer, truth, wrong, given, first=first, calls=n)


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
                from dpkit import images

                return images.total_variation(u, soft)

            loss = student.rebind("picture_loss", total_variation=total_variation)

            def f(u):
                return loss(u, np.array(small, float), factor, weight, soft)

        if not gradient:
            answer = f(u)
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
    return float(images.total_variation(u, soft))


def judge_variation(ask, rng, mark, rows, columns):
    u, soft = rng.uniform(0, 1, (rows, columns)), float(rng.uniform(0.1, 0.3))
    given = {"u": f"{rows} × {columns} numbers from 0 to 1", "soft": round(soft, 4)}
    answer = ask(what="total_variation", u=u, soft=soft)
    got, truth = answer["got"], variation(u, soft)
    down, right = np.diff(u, axis=0)[:, :-1], np.diff(u, axis=1)[:-1]
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
    squares = float(np.linalg.norm(small - images.shrink(u, factor)) ** 2)
    truth = 0.5 * squares + weight * tv
    wrong = [
        ("factor", squares + weight * tv, "The ½ is missing."),
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

    truth = dp.grad(lambda u: images.total_variation(u, soft))(u)
    if what == "picture_loss":  # a block's residual goes to each of its four pixels, a quarter each
        residual = images.shrink(u, 2) - small
        truth = weight * truth + np.kron(residual, np.full((2, 2), 0.25))
    mark.close(
        answer["got"],
        truth,
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
            places = student.affine(
                np.array(theta, float), np.array(rows, float), np.array(columns, float), size
            )
            if not isinstance(places, (tuple, list)):
                return {"odd": type(places).__name__, "places": None}
            return {"odd": "", "places": [np.asarray(each) for each in places]}
        moving, still = np.array(moving, float), np.array(still, float)
        rows, columns = np.array(rows, float), np.array(columns, float)
        value = student.mismatch(moving, still, (rows, columns))
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
            judge_affine(ask, rng, mark, 9, (3, 4))
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
        answer["odd"] == "" and len(answer["places"]) == 2,
        kind="wrong_type",
        message="A pair was expected: the rows and the columns of the places.",
        given=given,
    )
    got = answer["places"]

    def places(middle=(size - 1) / 2, scale=None, theta=theta, keep=1.0):
        scaled = (np.stack([rows, columns]) - middle) / (middle if scale is None else scale)
        basis = np.stack([*scaled, np.ones(shape)])
        return list(keep * np.stack([rows, columns]) + np.tensordot(theta.reshape(2, 3), basis, 1))

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


def judge_mismatch(ask, rng, mark, height, width):
    moving, still = rng.uniform(0, 1, (2, height, width))
    rows, columns = (each.astype(float) for each in np.mgrid[:height, :width])
    rows, columns = rows + rng.uniform(0.1, 0.4), columns + rng.uniform(0.1, 0.4)
    given = {"scans": [height, width], "places": "shifted by less than a pixel"}
    answer = ask(what="mismatch", moving=moving, still=still, rows=rows, columns=columns)
    got = answer["got"]
    warped = images.warp(moving, rows, columns)
    truth = float(np.linalg.norm(still - warped) ** 2 / still.size)
    wrong = [
        ("averaged", np.sum((warped - still) ** 2), "The sum of the squares; the mean was asked for."),
        ("swapped", np.mean((images.warp(still, rows, columns) - moving) ** 2), "The still scan was "
         "warped. The moving one is to be."),
        ("swapped", np.mean((images.warp(moving, columns, rows) - still) ** 2), "Rows and columns have "
         "changed places on the way to `warp`."),
        ("wrong_rule", np.mean(abs(warped - still)), "The mean *size* of the difference; squares were "
         "asked for."),
        ("missing_term", np.mean((moving - still) ** 2), "The moving scan was not warped at all."),
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
    _, pull_back = dp.vjp(lambda r: images.warp(moving, r, columns), rows)
    slope = pull_back(2 * (warped - still) / still.size)[0]
    mark.close(
        answer["slope"],
        slope,
        kind="wrong_value",
        message="The slope of the mismatch by the places is not right.",
        given=given,
    )
