"""Lab 6: what each exercise asks the student's code, and how the answers are judged.

A walk is asked for its points, on a problem that the verdict draws: the curvatures of a valley, the
weights of a small fit. What the student is handed is a gradient that counts how often it is asked. The
truth is walked by dpkit's own optimisers, and so are the usual wrong walks, with one slip each, so that
a wrong answer can be called by its name.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

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
    """What `call` returns, and what of dpkit's or torch's that does the exercise it used on the way ("")."""
    import sys

    from dpkit import images

    used = []
    makers = {"dpkit": dp.optim.Optimizer}
    if "torch" in sys.modules:
        makers["torch"] = sys.modules["torch"].optim.Optimizer
    begins = {library: maker.__init__ for library, maker in makers.items()}
    ready = {(dp.optim, "soft_threshold"): "optim", (images, "total_variation"): "images"}
    functions = {place: getattr(*place) for place in ready}

    def watched(library):
        def begin(self, *args, **settings):
            used.append(f"{library}'s optim.{type(self).__name__}")
            begins[library](self, *args, **settings)

        return begin

    def noted(place):
        def function(*args, **settings):
            used.append(f"dpkit's {ready[place]}.{place[1]}")
            return functions[place](*args, **settings)

        return function

    try:
        for library, maker in makers.items():
            maker.__init__ = watched(library)
        for place in ready:
            setattr(*place, noted(place))
        answer = call()
    finally:
        for library, maker in makers.items():
            maker.__init__ = begins[library]
        for place in ready:
            setattr(*place, functions[place])
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
        "what the libraries have is for comparing with yours.",
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


def library(make, slope, x, n, *, begin=None, look=None, slip=None, read=None, **settings):
    """The points of a walk by one of dpkit's optimisers, `make([tensor])`.

    A usual mistake is the same optimiser with `settings` that its constructor would refuse, with a
    memory changed at the start (`begin`) or by each step (`slip`), with the gradient asked at another
    point (`look`), or with another point read off (`read`). Each of these is handed the walk.
    """
    moved = dp.tensor(np.array(x, float), requires_grad=True)
    optimizer = make([moved])
    optimizer.param_groups[0].update(settings)
    walk = SimpleNamespace(optimizer=optimizer, moved=moved, state=optimizer.state[id(moved)])
    walk.points = [x]

    def closure():
        walk.ahead = moved.data
        place = look(walk) if look else moved.data
        moved.grad = slope(place)

    if begin:
        begin(walk)
    with np.errstate(all="ignore"):
        while len(walk.points) <= n:
            if isinstance(optimizer, optim.ProximalGradient):
                walk.t = optimizer._t
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
            if slip:
                slip(walk)
            walk.points.append(read(walk) if read else moved.data)
    return walk.points


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
            ### BEGIN HIDDEN TESTS
            A, x, (step, _), given = both(7, 3.0, 40.0)
            judge_step(mark, step, A, 3.0, 40.0, given)
            ### END HIDDEN TESTS
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
            ### BEGIN HIDDEN TESTS
            A, x, (step, rate), given = both(3, 2.0, 2.6)
            judge_rate(mark, rate, 2.0, 2.6, given)
            ### END HIDDEN TESTS
        with mark.part("how many steps", 1):
            rate = float(rng.uniform(0.9, 0.98))
            gain = rate ** -float(rng.integers(100, 200) + rng.uniform(0.2, 0.4))
            judge_count(ask, mark, rate, gain)  # a little more than a whole number of steps
            judge_count(ask, mark, 0.25, 16.0)  # exactly two
            ### BEGIN HIDDEN TESTS
            judge_count(ask, mark, 0.5, 1000.0)
            judge_count(ask, mark, 0.999, 2.0)
            ### END HIDDEN TESTS


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
        ("rounded", got == truth + 1, "One step too many: the distance has been divided by `gain` a step "
         "before. A number of steps that is already whole stays as it is."),
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
        walk = getattr(student, name)
        return walked(lambda: walk(gradient, start, step, momentum, n), asked, start)

    def verdict(ask, rng, mark):
        for name in ("heavy_ball", "nesterov"):
            with mark.part(name, 1):
                judge_momentum(ask, rng, mark, name, 3, 6)
                ### BEGIN HIDDEN TESTS
                judge_momentum(ask, rng, mark, name, 3, 1)
                judge_momentum(ask, rng, mark, name, 4, 40)
                judge_momentum(ask, rng, mark, name, 4, 9, shape=(2, 2))
                ### END HIDDEN TESTS


def ball(slope, x, step, momentum, n, *, ahead, comes_from=None, stays_at=None, **slips):
    """The walk of optim.SGD. Its Nesterov keeps the point ahead, from which the way back is the last
    velocity's share.

    `comes_from`: a point before the start, in place of rest; `stays_at`: one that each step takes for the
    point before."""

    def read(walk):
        return (
            walk.moved.data + step * momentum * walk.state["velocity"] if ahead else walk.moved.data
        )

    def remember(before):
        def change(walk):
            now = read(walk) if walk.state else walk.moved.data
            walk.state["velocity"] = (before - now) / step
            walk.moved.data = now + momentum * (now - before) if ahead else now

        return change

    if comes_from is not None:
        slips["begin"] = remember(comes_from)
    if stays_at is not None:
        slips["slip"] = remember(stays_at)

    def make(params):
        return optim.SGD(params, lr=1.0, momentum=0.5, nesterov=ahead)

    slips = {"read": read, "lr": step, "momentum": momentum} | slips
    return library(make, slope, x, n, **slips)


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
    ahead = name == "nesterov"
    truth = ball(slope, x, step, momentum, n, ahead=ahead)
    wrong = []
    if n > 1:
        wrong = [
            ("missing_term", ball(slope, x, step, 0, n, ahead=False), "The ball forgets: this is plain "
             "descent. Is the point before really the one before, or already the new one?"),
            ("wrong_point", ball(slope, x, step, momentum, n, ahead=not ahead), "The gradient was taken "
             + ("at x, as the heavy ball does. Nesterov asks at the point ahead." if ahead else
                "at the point ahead, as Nesterov does. The ball asks where it is.")),
            ("sign", ball(slope, x, step, -momentum, n, ahead=ahead), "The momentum points back: "
             "where the ball came from, not where it was going."),
            ("ascent", ball(slope, x, -step, momentum, n, ahead=ahead), "Every step goes along the "
             "gradient, uphill."),
            ("factor", ball(slope, x, (1 - momentum) * step, momentum, n, ahead=False), "The momentum is "
             "a running mean of gradients here, which makes every "
             "step shorter by 1 − β. In the formula the step keeps its full length."),
            ("factor", ball(slope, x, step, step * momentum, n, ahead=ahead), "The momentum was multiplied "
             "by the step, too. Only the gradient is."),
            ("factor", ball(slope, x, step, 1 - momentum, n, ahead=ahead), "1 − β stands where β is meant: "
             "that share of the last step is kept."),
            ("wrong_point", ball(slope, x, step, momentum, n, ahead=ahead, comes_from=0 * x), "The ball "
             "does not rest at the start: the point before the first is the first itself, not 0."),
            ("stale", ball(slope, x, step, momentum, n, ahead=ahead, stays_at=x), "The point before is the "
             "start in every step. It moves along, one step behind."),
            ("stale", ball(lambda _: slope(x), x, step, momentum, n, ahead=False), "Every step uses the "
             "gradient at the start. Ask anew in each."),
        ]  # fmt: skip
        if ahead:

            def further(walk):
                now, before = walk.points[-1], walk.points[-2:][0]
                return now + momentum * (now - before)

            ways = ball(slope, x, step, momentum, n, ahead=True, read=lambda walk: walk.moved.data)
            message = "The points ahead, y, were returned. The walk is made of the x."
            wrong += [
                ("wrong_argument", [x, *ways[:-1]], message),
                ("wrong_argument", ways, message),
                ("wrong_point", ball(slope, x, step, 0, n, ahead=False, look=further), "The gradient "
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
            ### BEGIN HIDDEN TESTS
            judge_adam(ask, rng, mark, 6, 120, {}, shape=(2, 3))
            ### END HIDDEN TESTS
        with mark.part("other betas, a larger epsilon", 1):
            betas = [float(rng.uniform(0.6, 0.8)), float(rng.uniform(0.9, 0.95))]
            judge_adam(ask, rng, mark, 3, 12, {"betas": betas, "eps": 0.3})
            ### BEGIN HIDDEN TESTS
            judge_adam(ask, rng, mark, 5, 30, {"betas": [0.0, 0.99], "eps": 1e-3})
            ### END HIDDEN TESTS


def adam_walk(slope, x, n, step, betas, eps, /, **slips):
    """The walk of optim.Adam (Kingma & Ba's algorithm 1)."""
    return library(
        lambda params: optim.Adam(params, lr=step, betas=betas, eps=eps), slope, x, n, **slips
    )


def adam_slips(slope, x, step, betas, eps):
    """What goes wrong in Adam: (kind, the slip, what to say of it)."""
    first, second = betas
    g, long_ago = slope(x), 10**6  # after so many steps there is nothing left to correct

    def starting(**memory):
        return {"begin": lambda walk: walk.state.update(memory)}

    def instead(far):
        """Another way from the two means; c and d are the weights that they have collected."""

        def slip(walk):
            m, v, t = (walk.state[name] for name in ("mean", "square", "step"))
            c, d = 1 - np.power(betas, t)
            walk.moved.data = walk.points[-1] - step * far(m, v, c, d)

        return {"slip": slip}

    def keep_the_hats(walk):
        walk.state["mean"] = walk.state["mean"] / (1 - first ** walk.state["step"])
        walk.state["square"] = walk.state["square"] / (1 - second ** walk.state["step"])

    def never_count(walk):
        walk.state["step"] = 0

    def turn_the_shares(walk):
        g = slope(walk.moved.data)
        for name, beta, new in (("mean", first, g), ("square", second, g * g)):
            walk.state[name] = (
                (1 - beta) * walk.state.get(name, 0.0) + (2 * beta - 1) * new
            ) / beta
        return walk.moved.data

    root = np.sqrt
    wrong = [
        ("missing_factor", instead(lambda m, v, c, d: m / (root(v) + eps)), "There is no bias correction: "
         "m and v begin at 0 and are still far too small in the first steps, m ten times, and v a thousand "
         "times."),
        ("missing_factor", instead(lambda m, v, c, d: m / c / (root(v) + eps)), "m is corrected and v is "
         "not: the first steps are far too long."),
        ("missing_factor", instead(lambda m, v, c, d: m / (root(v / d) + eps)), "v is corrected and m is "
         "not: the first steps are far too short."),
        ("wrong_point", starting(step=1), "The steps are counted from 2: in the first one the correction "
         "is 1 − β, so t is 1 there."),
        ("accumulated", {"slip": keep_the_hats}, "The corrected means were kept and went on into the next "
         "step. m and v themselves stay as they are; the hats are for this step only."),
        ("wrong_order", instead(lambda m, v, c, d: m / c / root(v / d + eps)), "ε stands under the root. "
         "It is added to the root: √v̂ + ε."),
        ("missing_term", {"eps": 0.0}, "There is no ε. Where a gradient is 0 from the start, 0 is divided "
         "by 0."),
        ("wrong_order", instead(lambda m, v, c, d: root(d) * m / c / (root(v) + eps)), "ε was added to the "
         "root of v, before the correction. It is added to the root of the corrected v̂."),
        ("missing_factor", {"lr": step * root(1 - second) / (1 - first), "eps": eps * root(1 - second)},
         "The means take in the whole gradient. A running mean of which a share β is kept takes in a share "
         "1 − β."),
        ("wrong_rule", starting(mean=g, square=g * g, step=long_ago), "m and v begin with the first "
         "gradient and its square. They begin at 0, and the correction makes up for it."),
        ("missing_factor", {"slip": never_count}, "The correction is the same in every step. After t steps "
         "the missing weight is a power of β."),
        ("missing_factor", instead(lambda m, v, c, d: m / c / (v / d + eps)), "The root is missing: m̂ was "
         "divided by v̂, which is a square."),
        ("wrong_rule", not_squared(slope, second), NOT_SQUARED),
        ("swapped", {"betas": betas[::-1]}, "The two betas have changed places: the first belongs to the "
         "mean of the gradient, the second to that of its square."),
        ("ascent", {"lr": -step}, "Every step goes along the gradient, uphill."),
        ("not_summed", instead(lambda m, v, c, d: m / c / (root(np.sum(v / d)) + eps)), "All numbers share "
         "one size. Adam gives each its own: nothing is summed over them."),
    ]  # fmt: skip
    if all(betas):
        message = "β and 1 − β have changed places: the larger share, β, is what is kept."
        wrong.append(("swapped", {"look": turn_the_shares}, message))
    return wrong


NOT_SQUARED = "v is the running mean of the gradient's *square*; here it is that of the gradient."


def not_squared(slope, second):
    """The slip with which Adam's second mean is of the gradient itself."""

    def look(walk):
        g = slope(walk.moved.data)
        walk.state["square"] = walk.state.get("square", 0.0) + (1 - second) / second * (g - g * g)
        return walk.moved.data

    return {"look": look}


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
    truth = adam_walk(slope, x, n, step, betas, eps)
    wrong = [
        (kind, adam_walk(slope, x, n, step, betas, eps, **slip), message)
        for kind, slip, message in adam_slips(slope, x, step, betas, eps)
    ]
    for name, other in (("betas", (0.9, 0.999)), ("eps", 1e-8)):
        if name in options:
            walk = adam_walk(slope, x, n, step, betas, eps, **{name: other})
            message = f"`{name}` was handed in, and the usual value was used all the same."
            wrong.append(("wrong_argument", walk, message))
    points = answer["points"] or []
    if len(points) == n + 1 and all(
        np.shape(point) == x.shape and np.asarray(point).dtype.kind == "f" for point in points
    ):
        finite = np.isfinite(points[1])
        walk = adam_walk(slope, x, n, step, betas, eps, **not_squared(slope, betas[1]))
        same = np.allclose(points, walk, rtol=1e-9, atol=1e-9, equal_nan=True)
        same = same or not np.all(finite) and np.array_equal(finite, np.isfinite(walk[1]))
        if same and not np.all(np.isfinite(points)):
            mark.fail("wrong_rule", NOT_SQUARED, given=given)
        mark.that(
            bool(np.all(finite)),
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
            ### BEGIN HIDDEN TESTS
            judge_batches(ask, rng, mark, 7, 10)
            judge_batches(ask, rng, mark, 31, 1)
            ### END HIDDEN TESTS
        with mark.part("the gradient of a batch", 0.5):
            judge_batch_gradient(ask, rng, mark, 11, 3, 4)
            ### BEGIN HIDDEN TESTS
            judge_batch_gradient(ask, rng, mark, 9, 5, 1)
            judge_batch_gradient(ask, rng, mark, 6, 4, 6)
            ### END HIDDEN TESTS
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
        ("averaged", total(rows) / d, "The sum was divided by the number of weights. The mean is over the "
         "rows that take part.", size != d),
        ("missing_term", half_squares(X[rows], 0 * y[rows], w) / size, "`y` is missing: the prediction stands where "
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
        start, ready = np.array(x, float), dp.optim.soft_threshold
        if name == "soft_threshold":
            own = student.soft_threshold
            answer, used = by_hand(lambda: own(start, t))
            used = "dpkit's optim.soft_threshold" if own is ready else used
            return {"got": bare(answer), "used": used, "intact": bool(np.array_equal(start, x))}
        gradient, asked = slope_of(A, b)

        def shrink(x, t):
            return ready(np.asarray(x, float), t)

        walk = student.rebind(name, soft_threshold=shrink)
        return walked(lambda: walk(gradient, start, step, weight, n), asked, start)

    def verdict(ask, rng, mark):
        with mark.part("soft_threshold", 1):
            judge_threshold(ask, rng, mark, (3, 4))
            ### BEGIN HIDDEN TESTS
            judge_threshold(ask, rng, mark, (7,))
            ### END HIDDEN TESTS
        for name in ("ista", "fista"):
            with mark.part(name, 1):
                judge_proximal(ask, rng, mark, name, 5, 8)
                ### BEGIN HIDDEN TESTS
                judge_proximal(ask, rng, mark, name, 4, 1)
                judge_proximal(ask, rng, mark, name, 6, 50, shape=(2, 3))
                ### END HIDDEN TESTS


def judge_threshold(ask, rng, mark, shape):
    t = float(rng.uniform(0.4, 0.6))
    x = rng.uniform(0.7, 2, shape) * rng.choice([-1, 1], shape)
    flat = x.reshape(-1)
    flat[:5] = 0.5 * t, -0.6 * t, 1.7, -1.9, 0.0
    given = {"x": shown(x), "t": round(t, 4)}
    answer = ask(name="soft_threshold", x=x, t=t)
    got, truth = answer["got"], optim.soft_threshold(x, t)
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


def proximal_walk(slope, x, step, weight, n, fast, **slips):
    """The walk of optim.ProximalGradient, ISTA or FISTA, with the price weight · Σ|x|."""

    def price(v, s):
        return optim.soft_threshold(v, weight * s)

    return library(
        lambda params: optim.ProximalGradient(params, step, price, fast), slope, x, n, **slips
    )


def proximal_slips(slope, step, weight):
    """What goes wrong in ISTA, and in FISTA as well: (kind, another slope, the slip, what to say)."""
    shrink = optim.soft_threshold

    def free(v, s):
        return v

    def shrunk_first(walk):
        walk.moved.data = shrink(walk.moved.data, step * weight)
        return walk.moved.data

    def shrunk_beside(walk):
        walk.moved.data = shrink(walk.moved.data, step * weight)
        return walk.ahead

    late = (
        "Shrunk first and stepped after. The gradient step comes first; so what is returned really has "
        "zeros."
    )
    return (
        ("missing_factor", slope, {"prox": lambda v, s: shrink(v, weight)}, "The threshold does not know "
         "the step: it should be step · weight. Otherwise a shorter step means a heavier price."),
        ("missing_term", slope, {"prox": free}, "Nothing is shrunk: the walk is that of f alone."),
        ("wrong_order", slope, {"prox": free, "look": shrunk_first}, late),
        ("wrong_order", slope, {"prox": free, "look": shrunk_beside}, late),
        ("ascent", lambda x: -slope(x), {}, "The gradient step goes along the gradient, uphill."),
        ("missing_factor", slope, {"prox": shrink}, "The threshold does not know the weight: it should be "
         "step · weight."),
        ("wrong_rule", slope, {"prox": lambda v, s: shrink(v, weight / s)}, "The weight was divided by the "
         "step. A shorter step shrinks by less."),
        ("wrong_rule", lambda x: slope(x) + weight * np.sign(x), {"prox": free}, "The corner was walked "
         "down like a slope, by the signs of x. That jumps over 0 and never stops there; the threshold "
         "does."),
        ("wrong_argument", lambda x: shrink(slope(x), weight), {"prox": free}, "The gradient went through "
         "the threshold. What goes through is the point after the gradient step."),
    )  # fmt: skip


# What goes wrong in FISTA beyond its step: how the optimiser's memory is changed by it.
def momentum_by(rule):
    """`rule` makes of t and the next t: the t that is kept, and the factor of the momentum."""

    def slip(walk):
        walk.optimizer._t, factor = rule(walk.t, walk.optimizer._t)
        walk.state["ahead"] = walk.moved.data + factor * (walk.moved.data - walk.points[-1])

    return {"slip": slip}


def slower(t):
    return (1 + math.sqrt(1 + 4 * t)) / 2


def faster(t):
    return 1 + math.sqrt(1 + 4 * t * t) / 2


def from_where_it_asked(walk):
    way = walk.moved.data - walk.ahead
    walk.state["ahead"] = walk.moved.data + (walk.t - 1) / walk.optimizer._t * way


def back_to_x(walk):
    walk.moved.data = walk.points[-1]
    return walk.ahead


def from_zero(walk):
    walk.optimizer._t = 0.0


FISTA_SLIPS = (
    ("wrong_point", {"look": lambda walk: walk.points[-1]}, "The gradient was taken at x. It belongs to "
     "the point ahead, y."),
    ("post_update", momentum_by(lambda t, later: (later, 1 - 1 / later)), "The factor (t − 1)/t′ was made "
     "with the new t on top. On top stands the old one."),
    ("sign", momentum_by(lambda t, later: (later, (1 - t) / later)), "The point y lies behind x instead of "
     "ahead: the momentum has the wrong sign."),
    ("wrong_argument", {"slip": from_where_it_asked}, "The momentum is the way from the old x to the new "
     "x; here it begins at the old y."),
    ("wrong_argument", {"read": lambda walk: walk.state["ahead"]}, "The points ahead, y, were returned. "
     "The answer is in the x: they have passed the threshold."),
    ("wrong_point", {"look": back_to_x}, "The gradient is that at y, but the step starts from x. It starts "
     "from y."),
    ("wrong_rule", momentum_by(lambda t, later: (faster(t), (t - 1) / faster(t))), "t grows too fast: in "
     "t′ the whole sum, the 1 included, is halved."),
    ("missing_factor", momentum_by(lambda t, later: (slower(t), (t - 1) / slower(t))), "t grows too "
     "slowly: under the root stands its square."),
    ("wrong_rule", momentum_by(lambda t, later: (t + 1, (t - 1) / (t + 2))), "The momentum grows by "
     "another rule, (k − 1)/(k + 2). It works, too; here it is made from t and t′."),
    ("wrong_argument", momentum_by(lambda t, later: (later, (t - 1) / t)), "The momentum was divided by "
     "the old t; the new one, t′, stands below."),
    ("wrong_point", {"begin": from_zero}, "t begins at 0. It begins at 1, so that the first step has no "
     "momentum."),
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
    truth = proximal_walk(slope, x, step, weight, n, fast)
    wrong = [
        (kind, proximal_walk(other, x, step, weight, n, fast, **slip), message)
        for kind, other, slip, message in proximal_slips(slope, step, weight)
    ]
    wrong += [
        (kind, proximal_walk(slope, x, step, weight, n, True, **slip), message)
        for kind, slip, message in FISTA_SLIPS * fast
    ]
    if fast and n > 2:
        message = "There is no momentum: this is ISTA. Does t grow, and does it before y is made?"
        wrong.append(("missing_term", proximal_walk(slope, x, step, weight, n, False), message))
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
        from dpkit import images

        u = np.array(u, float)
        before, ready = u.copy(), images.total_variation
        if what == "total_variation":
            own = student.total_variation

            def f(u):
                return own(u, soft)
        else:

            def total_variation(u, soft=3e-3):
                return ready(u, soft)

            loss = student.rebind("picture_loss", total_variation=total_variation)

            def f(u):
                return loss(u, np.array(small, float), factor, weight, soft)

        if not gradient:
            answer, used = by_hand(lambda: f(u))
            if what == "total_variation" and own is ready:
                used = "dpkit's images.total_variation"
            answer = bare(answer)
            if isinstance(answer, np.ndarray) and answer.ndim == 0:
                answer = float(answer)
            return {"got": answer, "used": used, "intact": bool(np.array_equal(u, before))}
        value = f(dp.tensor(u, requires_grad=True))
        if not isinstance(value, dp.Tensor):
            return {"odd": type(value).__name__}
        return {"odd": "", "got": dp.grad(f)(u)}

    def verdict(ask, rng, mark):
        with mark.part("total variation", 0.75):
            judge_variation(ask, rng, mark, 4, 6)
            ### BEGIN HIDDEN TESTS
            judge_variation(ask, rng, mark, 7, 3)
            ### END HIDDEN TESTS
        with mark.part("the loss", 0.75):
            judge_loss(ask, rng, mark, 4, 6, 2)
            ### BEGIN HIDDEN TESTS
            judge_loss(ask, rng, mark, 6, 9, 3)
            ### END HIDDEN TESTS
        with mark.part("its gradient, by every pixel", 0.5):
            for what in ("total_variation", "picture_loss"):
                judge_picture_gradient(ask, rng, mark, what)


def variation(u, soft):
    return float(images.total_variation(u, soft))


def judge_variation(ask, rng, mark, rows, columns):
    u, soft = rng.uniform(0, 1, (rows, columns)), float(rng.uniform(0.1, 0.3))
    given = {"u": f"{rows} × {columns} numbers from 0 to 1", "soft": round(soft, 4)}
    answer = ask(what="total_variation", u=u, soft=soft)
    made_by_hand(mark, answer, given)
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
    squares = float(np.linalg.norm(small - images.shrink(u, factor)) ** 2)
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
            ### BEGIN HIDDEN TESTS
            judge_affine(ask, rng, mark, 64, (2, 5))
            ### END HIDDEN TESTS
        with mark.part("mismatch", 0.5):
            judge_mismatch(ask, rng, mark, 5, 6)
            ### BEGIN HIDDEN TESTS
            judge_mismatch(ask, rng, mark, 7, 4)
            ### END HIDDEN TESTS


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
    still = np.stack([rows, columns])
    mark.close(
        slope,
        [np.sum(still * (places(theta=one) - still)) for one in np.eye(6)],
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
    _, pull_back = dp.vjp(lambda r: images.warp(moving, r, columns), rows)
    slope = pull_back(2 * (warped - still) / still.size)[0]
    mark.close(
        answer["slope"],
        slope,
        kind="wrong_value",
        message="The slope of the mismatch by the places is not right.",
        given=given,
    )
