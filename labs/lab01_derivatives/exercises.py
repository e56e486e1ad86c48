"""Lab 1: what each exercise asks the student's code, and how the answers are judged.

Difference quotients are asked of cubics with large steps. There the quotient itself, truncation and
all, has a closed form, and so has every usual mistake: what came back is held against the right
number first and then against the wrong ones, so that the mistake can be called by its name. The
functions that a probe hands out write down where they were asked, which tells steps that are too
small from steps that are too large, and one-sided nudges from centred ones.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.exercise import Lab, agree

lab = Lab(
    "lab01_derivatives",
    "Derivatives you can trust",
    week=1,
    minutes=135,
    notes="week01.md",
)


# ------------------------------------------------------------------------------------------------
# What probes and verdicts share


@lab.helper
def cubic(c, asked):
    """The function c[0] + c[1] x + c[2] x² + c[3] x³, which writes down where it is asked."""

    def f(x):
        asked.append(x)
        return ((c[3] * x + c[2]) * x + c[1]) * x + c[0]

    return f


@lab.helper
def places(asked):
    """Where a function was asked: pairs of a real and an imaginary part, as floats."""
    found = [np.ravel(np.asarray(each)) for each in asked]
    return [[float(z.real), float(z.imag)] for each in found for z in each]


def draw_cubic(rng):
    """(coefficients, x, h): all slopes positive, no two mistakes with the same consequence."""
    c = [float(each) for each in rng.uniform(0.6, 1.9, 4)]
    return c, float(rng.uniform(0.7, 1.8)), float(rng.uniform(0.15, 0.4))


def tell(c, x, h=None):
    """The inputs as a student can use them."""
    c0, c1, c2, c3 = (round(each, 4) for each in c)
    text = f"f(x) = {c0} + {c1} x + {c2} x² + {c3} x³, x = {x:.4f}"
    return text if h is None else f"{text}, h = {h:.4f}"


def judge_number(mark, got, expected, mistakes, given, otherwise, function, **close):
    """Pass `got` where it is `expected`; otherwise look for it among `mistakes`.

    mistakes: (kind, the number that this mistake gives, a sentence). The first that fits is told.
    """
    tolerance = {"rtol": close.get("rtol", 1e-7), "floor": close.get("floor", 1e-9)}
    if isinstance(got, complex):
        mark.fail(
            "wrong_type",
            "A complex number came back; an ordinary one was expected. Which of its two parts "
            "holds the derivative?",
            got=got,
            given=given,
            function=function,
        )
    if agree(got, expected, **tolerance) == ("value", ""):
        for kind, number, message in mistakes:
            if agree(got, number, rtol=1e-6) is None:
                mark.fail(kind, message, got=got, expected=expected, given=given, function=function)
    mark.close(
        got,
        expected,
        kind="wrong_value",
        message=otherwise,
        given=given,
        function=function,
        **close,
    )


# ------------------------------------------------------------------------------------------------
# 1.1 and 1.2. The slope of a cubic's secant is the derivative, plus what truncation leaves.


def cubic_slope(c, x, first, second):
    """The derivative of the cubic at x, plus `first` times f''/2, plus `second` times f'''/6."""
    return c[1] + 2 * c[2] * x + 3 * c[3] * x**2 + first * (c[2] + 3 * c[3] * x) + second * c[3]


def to_one_side(c, x, h):
    """The slope from x to x + h; h may be negative."""
    return cubic_slope(c, x, h, h * h)


def to_both_sides(c, x, h):
    return cubic_slope(c, x, 0, h * h)


NOT_DIVIDED = "This is how far f rose. A slope is the rise divided by the run."
PRECEDENCE = (
    "Python divides before it subtracts: of your rise, only the second value was divided. Put the "
    "rise in brackets."
)


@lab.exercise(
    "1.1",
    "A slope for every function",
    points=1,
    minutes=5,
    reread="week01.md#secant",
    hints=(
        "The cell above does it for one function and one point. What would have to be different?",
        "Rise over run: evaluate `f` at both places, subtract, divide by the distance.",
        "The rise is the value at the far point minus the value at x, in brackets.",
    ),
)
class Secant:
    def probe(student, c, x, h):
        asked = []
        slope = student.secant(cubic(c, asked), x, h)
        return {"slope": slope, "asked": places(asked)}

    def verdict(ask, rng, mark):
        def judge(c, x, h):
            answer = ask(c=c, x=x, h=h)
            given = tell(c, x, h)
            mark.that(
                bool(answer["asked"]) or answer["slope"] is None,
                kind="not_asked",
                message="Your function never asked `f` for a value. The slope of *any* f is "
                "wanted: evaluate the one that is given.",
                given=given,
            )
            here, there = (np.polyval(c[::-1], x), np.polyval(c[::-1], x + h))
            right, left = to_one_side(c, x, h), to_one_side(c, x, -h)
            mistakes = (
                ("wrong_side", left, "This is the slope to the left, between x − h and x."),
                ("sign", -right, "The sign is wrong: which of the two values comes first?"),
                ("upside_down", 1 / right, "This is run over rise. Turn it round."),
                ("not_divided", there - here, NOT_DIVIDED),
                ("precedence", there - here / h, PRECEDENCE),
                (
                    "wrong_run",
                    (there - here) / (x + h),
                    "The rise is right. The run is the distance between the two points, not the "
                    "place of the second one.",
                ),
                (
                    "both_sides",
                    to_both_sides(c, x, h),
                    "This is the line through x − h and x + h. It is a better idea, and comes "
                    "next; here one point is x itself.",
                ),
                (
                    "ignores_h",
                    cubic_slope(c, x, 0, 0),
                    "This is the slope for a tiny step; the step that was given is another one. "
                    "Use `h`.",
                ),
            )
            judge_number(
                mark,
                answer["slope"],
                right,
                mistakes,
                given,
                "This is not the slope of the line through the two points.",
                "secant",
            )

        with mark.part("the slope of a secant", 1):
            judge(*draw_cubic(rng))
            ### BEGIN HIDDEN TESTS
            for _ in range(2):
                c, x, h = draw_cubic(rng)
                judge(c, -x, h)
                judge(c, x, -h)
            ### END HIDDEN TESTS


@lab.exercise(
    "1.2",
    "Stand in the middle",
    points=2,
    minutes=8,
    reread="week01.md#central-difference",
    hints=(
        "Draw the three places x − h, x and x + h. Between which two is the line?",
        "The value at x itself is not needed. How long is the run?",
        "From one end to the other it is twice h. Mind that `/ 2 * h` divides and then multiplies.",
    ),
)
class Central:
    def probe(student, c, x, h=None):
        asked = []
        rest = () if h is None else (h,)
        slope = student.central_difference(cubic(c, asked), x, *rest)
        return {"slope": slope, "asked": places(asked)}

    def verdict(ask, rng, mark):
        def judge(c, x, h):
            given = tell(c, x, h)
            slope = ask(c=c, x=x, h=h)["slope"]
            truth = to_both_sides(c, x, h)
            side = "The line should go from x − h to x + h; yours has one end at x."
            mistakes = (
                ("one_sided", to_one_side(c, x, h), side),
                ("one_sided", to_one_side(c, x, -h), side),
                (
                    "one_sided",
                    to_one_side(c, x, h) / 2,
                    side + " And the run was doubled all the same.",
                ),
                (
                    "factor",
                    2 * truth,
                    "Twice too large. How far apart are the two points?",
                ),
                (
                    "precedence",
                    truth * h**2,
                    "`/ 2 * h` divides by 2 and then *multiplies* by h. Put the run in brackets.",
                ),
                ("not_divided", truth * 2 * h, NOT_DIVIDED),
                (
                    "precedence",
                    np.polyval(c[::-1], x + h) - np.polyval(c[::-1], x - h) / (2 * h),
                    PRECEDENCE,
                ),
                ("sign", -truth, "The sign is wrong: which of the two values comes first?"),
                (
                    "half_step",
                    to_both_sides(c, x, h / 2),
                    "This is a central difference with half the step: each of the two points "
                    "should be h away from x.",
                ),
                (
                    "ignores_h",
                    cubic_slope(c, x, 0, 0),
                    "This is the slope for a tiny step; the step that was given is another one. "
                    "Use `h`.",
                ),
            )
            judge_number(
                mark,
                slope,
                truth,
                mistakes,
                given,
                "This is not the slope of the line through the two points.",
                "central_difference",
            )

        with mark.part("with a given step", 1.5):
            judge(*draw_cubic(rng))
            ### BEGIN HIDDEN TESTS
            c, x, h = draw_cubic(rng)
            judge(c, -x, h)
            judge(c, x, -h)
            judge(c, x, 2 * h)
            ### END HIDDEN TESTS
        with mark.part("with its own step", 0.5):
            c, x, _ = draw_cubic(rng)
            answer = ask(c=c, x=x)
            judge_step(mark, answer["asked"], x, tell(c, x), "central_difference")
            judge_number(
                mark,
                answer["slope"],
                cubic_slope(c, x, 0, 0),
                (),
                tell(c, x),
                "Without an h, the slope should be right to eight digits or so.",
                "central_difference",
                rtol=1e-7,
            )


def judge_step(mark, asked, x, given, function):
    """Whether the largest nudge was of a sensible size for central differences in float64."""
    step = max((abs(real - x) for real, _ in asked), default=0.0)
    for wrong, kind, why in (
        (
            step < 1e-7,
            "step_too_small",
            "below 10⁻⁷ rounding eats the digits of the difference: the h is too small",
        ),
        (
            step > 1e-3,
            "step_too_large",
            "above 10⁻³ the line cuts a corner that the curve does not: the h is too large",
        ),
    ):
        mark.that(
            not wrong,
            kind=kind,
            message=f"Without an h, your function nudges by {step:.0e}; {why}. The default in the "
            "text was a good one.",
            given=given,
            function=function,
        )


# ------------------------------------------------------------------------------------------------
# 1.3: a prediction, as 1.9 is


@lab.exercise(
    "1.3",
    "Predict: to the limit",
    points=1,
    minutes=3,
    reread="week01.md#rounding",
    hints=(
        "The table has a trend. And the third question of the warm-up has an answer.",
        "What is 1 + 1e-16, as a float?",
        "Then what is the rise?",
    ),
)
class ToTheLimit:
    def probe(student):
        return student.my_prediction_of_the_limit()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 1.4


@lab.exercise(
    "1.4",
    "The valley of the best step",
    points=3,
    minutes=12,
    reread="week01.md#best-step",
    hints=(
        "One error for each step: a loop, or a list comprehension.",
        "`method` is called like `secant`: with f, x and h. An error has no sign: `abs`.",
        "For `best_steps`, follow each curve down from the right until it turns ragged. Return the "
        "two steps themselves (such as 1e-3), not their exponents.",
    ),
)
class Valley:
    def probe(student, slope=0.0, x=0.0, steps=(), tilt=0.0, best=False):
        if best:
            steps = student.best_steps()
            return steps.tolist() if isinstance(steps, np.ndarray) else steps
        calls = []

        def line(z):
            return 3.0 * z

        def method(f, x, h):  # may be called by these names, and with all steps at once
            calls.extend([f is line, float(x), float(each)] for each in np.ravel(h))
            return slope + tilt * (np.asarray(h) - 0.3)[()] * float(x)

        errors = student.u_curve(method, line, slope, x, steps)
        if isinstance(errors, (list, tuple, np.ndarray)):
            errors = list(errors)
        told = {"type": type(errors).__name__, "calls": calls}
        return told | {"errors": errors if isinstance(errors, list) else []}

    def verdict(ask, rng, mark):
        def judge(steps):
            slope, x, tilt = (float(each) for each in rng.uniform(1.2, 2.9, 3))
            steps = [float(each) for each in steps]
            answer = ask(slope=slope, x=x, steps=steps, tilt=tilt)
            given = {"slope": round(slope, 4), "x": round(x, 4), "steps": steps}
            got, calls = answer["errors"], answer["calls"]
            evidence = {"given": given, "function": "u_curve"}
            mark.that(
                answer["type"] != "NoneType",
                kind="missing",
                message="Nothing came back (None). Is there a `return`?",
                **evidence,
            )
            mark.that(
                bool(calls) or answer["type"] == "generator",
                kind="not_asked",
                message="The `method` that was given was never called. Call it, whatever it is: "
                "the same function will measure secants, central differences, and what comes after.",
                **evidence,
            )
            mark.that(
                answer["type"] == "list",
                kind="wrong_type",
                message=f"A list with one error for each step was expected; {answer['type']} came "
                "back.",
                **evidence,
            )
            mark.that(
                len(got) == len(steps),
                kind="shape",
                message=f"{len(steps)} errors were expected, one for each step; the length of what came "
                f"back is {len(got)}. Is the `return` outside the loop?",
                **evidence,
            )
            mark.that(
                all(own and abs(at - x) < 1e-12 for own, at, _ in calls),
                kind="swapped",
                message="The method should be called with `f`, `x` and one step, in this order.",
                **evidence,
            )
            signed = [tilt * (h - 0.3) * x for h in steps]
            truth = [math.fabs(each) for each in signed]
            wrongs = (
                ("signed", signed, "Some errors are negative. By how *much* is the method wrong?"),
                ("signed", [-each for each in signed],
                 "Some errors are negative. By how *much* is the method wrong?"),
                ("relative", [each / slope for each in truth],
                 "These are errors in relation to the slope. Here the plain difference is wanted."),
                ("squared", [each**2 for each in truth],
                 "These are squares of the errors: a picture of them would be twice as steep."),
                ("not_an_error", [slope + each for each in signed],
                 "This is what the method says, not by how much it is wrong."),
                ("reversed", truth[::-1], "The errors are those of the steps in the reverse order."),
            )  # fmt: skip
            if agree(got, truth) == ("value", ""):
                for kind, numbers, message in wrongs:
                    if agree(got, numbers) is None:
                        mark.fail(kind, message, got=got, expected=truth, **evidence)
            mark.close(
                got,
                truth,
                kind="wrong_value",
                message="These are not the distances between what the method says and the slope.",
                **evidence,
            )

        with mark.part("u_curve", 1.5):
            judge(rng.uniform(0.05, 0.25, 3).tolist() + rng.uniform(0.4, 0.9, 2).tolist())
            ### BEGIN HIDDEN TESTS
            judge(rng.uniform(0.01, 0.9, 7))
            judge([0.125])
            ### END HIDDEN TESTS
        with mark.part("best_steps", 1.5):
            judge_best_steps(mark, ask(best=True))


def judge_best_steps(mark, said):
    """Within a decade of where theory puts the floor of each valley."""
    evidence = {"got": said, "function": "best_steps"}
    mark.that(
        said is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        **evidence,
    )
    mark.that(
        isinstance(said, (list, tuple)) and len(said) == 2,
        kind="shape",
        message="Two steps were expected: for the secant, for the central difference.",
        **evidence,
    )
    for each in said:
        mark.that(
            isinstance(each, (int, float, np.number)) and not isinstance(each, bool),
            kind="wrong_type",
            message="The steps should be numbers, such as 1e-3.",
            **evidence,
        )
        mark.that(
            0 < each < 1,
            kind="exponent",
            message="A step lies between 0 and 1. If you read off an exponent: return the step "
            "itself, such as 1e-3.",
            **evidence,
        )
    floors = [float(np.finfo(float).eps) ** (1 / order) for order in (2, 3)]
    away = [math.log10(each / floor) for each, floor in zip(said, floors, strict=True)]
    crossed = [math.log10(each / floor) for each, floor in zip(said[::-1], floors, strict=True)]
    if max(map(abs, away)) > 1 >= max(map(abs, crossed)):
        mark.fail(
            "swapped",
            "These two would be right if they changed places. Which curve is whose?",
            **evidence,
        )
    for name, distance in zip(("secant", "central difference"), away, strict=True):
        mark.that(
            distance >= -1.01,
            kind="step_too_small",
            message=f"For the {name} this step is too small: there the error is made of rounding, "
            "and a larger step would do better.",
            **evidence,
        )
        mark.that(
            distance <= 1.01,
            kind="step_too_large",
            message=f"For the {name} this step is too large: there the error is made of "
            "truncation, and a smaller step would do better.",
            **evidence,
        )


# ------------------------------------------------------------------------------------------------
# 1.5


@lab.exercise(
    "1.5",
    "The complex step",
    points=2,
    minutes=8,
    reread="week01.md#complex-step",
    hints=(
        "Evaluate `f` once, at the sideways point. Where in the result is the derivative?",
        "In the cube's imaginary part stand the derivative *times h*, and a term too small to "
        "matter.",
        "Take the imaginary part of the value, then divide by h.",
    ),
)
class ComplexStep:
    def probe(student, c, x, h=None, waves=None):
        asked = []
        f = cubic(c, asked)
        if waves is not None:

            def f(z):
                asked.append(z)
                return waves[0] * np.sin(waves[1] * z) * np.exp(z / 2) + waves[2] * z**3

        rest = () if h is None else (h,)
        slope = student.complex_step(f, x, *rest)
        return {"slope": slope, "asked": places(asked)}

    def verdict(ask, rng, mark):
        def judge_cubic(c, x, h):
            given = tell(c, x, h)
            answer = ask(c=c, x=x, h=h)
            sideways(answer["asked"], given)
            truth = cubic_slope(c, x, 0, -h * h)
            value = c[0] + c[1] * x + c[2] * (x**2 - h**2) + c[3] * (x**3 - 3 * x * h**2)
            mistakes = (
                ("not_divided", truth * h, "This is the derivative times h: divide by the step."),
                ("wrong_part", value / h, "This is made from the real part, which holds the value "
                 "of f. Its derivative is in the other one."),
                ("wrong_part", value, "This is the real part: the value of f."),
                ("wrong_part", math.hypot(value, truth * h) / h, "This is made from the absolute "
                 "value, in which both parts are mixed. Only one of them holds the derivative."),
                ("wrong_part", math.hypot(value, truth * h), "This is the absolute value, in which "
                 "both parts are mixed. Only one of them holds the derivative."),
                ("sign", -truth, "The sign is wrong: on which side of the real axis was f asked?"),
                ("factor", truth / 2, "Half of what it should be. One point is enough here: the "
                 "step goes from the real axis to it, and its length is h."),
                ("ignores_h", cubic_slope(c, x, 0, 0), "This is the derivative itself. With the "
                 "step that was given, the method is a little off: use `h`."),
            )  # fmt: skip
            judge_number(
                mark,
                answer["slope"],
                truth,
                mistakes,
                given,
                "This is not the imaginary part over the step.",
                "complex_step",
            )

        def sideways(asked, given):
            mark.that(
                any(imaginary != 0 for _, imaginary in asked) or not asked,
                kind="real_step",
                message="`f` was asked at real numbers only, so something had to be subtracted, "
                "and its digits were lost. Step sideways: to a complex number.",
                given=given,
                function="complex_step",
            )

        def judge_waves(x):
            a, b, c = (float(each) for each in rng.uniform(0.6, 1.6, 3))
            given = f"f(x) = {a:.4f} sin({b:.4f} x) exp(x / 2) + {c:.4f} x³, x = {x:.4f}"
            answer = ask(c=[0.0] * 4, x=x, waves=[a, b, c])
            sideways(answer["asked"], given)
            grown = a * math.exp(x / 2)
            truth = grown * (b * math.cos(b * x) + math.sin(b * x) / 2) + 3 * c * x**2
            step = max((abs(imaginary) for _, imaginary in answer["asked"]), default=0.0)
            mark.that(
                step < 1e-6 or not answer["asked"],
                kind="step_too_large",
                message=f"Without an h, your function steps sideways by {step:.0e}. Nothing is "
                "subtracted here, so h can be as small as you like.",
                given=given,
                function="complex_step",
            )
            judge_number(
                mark,
                answer["slope"],
                truth,
                (),
                given,
                "With its own h, the derivative should be right to the last digits.",
                "complex_step",
                rtol=1e-12,
                floor=1e-13,
            )

        with mark.part("with a given step", 1):
            judge_cubic(*draw_cubic(rng))
            ### BEGIN HIDDEN TESTS
            c, x, h = draw_cubic(rng)
            judge_cubic(c, -x, h)
            ### END HIDDEN TESTS
        with mark.part("to the last digit", 1):
            judge_waves(float(rng.uniform(0.4, 1.4)))
            ### BEGIN HIDDEN TESTS
            judge_waves(float(rng.uniform(-1.5, -0.3)))
            ### END HIDDEN TESTS


# ------------------------------------------------------------------------------------------------
# 1.6. f(x) = Σ a_k x_k³ + b Σ x_k x_{k+1}, over the entries in their order; its gradient is known.


@lab.exercise(
    "1.6",
    "The gradient, by nudging",
    points=4,
    minutes=15,
    reread="week01.md#partial-derivatives",
    hints=(
        "The worked example above does it for two inputs. Its three sub-goals are yours.",
        "Make your own array of floats first; then nothing that you do to it is seen by the "
        "caller. A fresh copy for each nudge is the safe way.",
        "`np.array(…, dtype=float)` always copies. Then, for each place: two nudged copies, the "
        "difference of the two values of f, over twice the step.",
    ),
)
class NumericGrad:
    def probe(student, weights, pull, x, form="array", h=None):
        given = np.array(x) if form != "list" else [float(each) for each in x]
        before = np.array(given)
        seen, intact = [], []

        def f(z):
            seen.append(np.array(z))
            intact.append(bool(np.array_equal(np.asarray(given), before)))
            flat = np.ravel(np.asarray(z))
            links = sum(flat[k] * flat[k + 1] for k in range(flat.size - 1))
            return float(
                sum(w * each**3 for w, each in zip(weights, flat, strict=True)) + pull * links
            )

        gradient = student.numeric_grad(f, given, **({} if h is None else {"h": h}))
        intact.append(bool(np.array_equal(np.asarray(given), before)))
        nudges, shapes = [], sorted({str(each.shape) for each in seen})
        if shapes == [str(before.shape)]:
            nudges = [np.ravel(each - before).astype(float) for each in seen]
        return {
            "gradient": np.array(gradient)
            if isinstance(gradient, (np.ndarray, list))
            else gradient,
            "type": type(gradient).__name__,
            "dtype": str(getattr(gradient, "dtype", "none")),
            "kinds": sorted({str(each.dtype) for each in seen}),
            "shapes": shapes,
            "nudges": [each for each in nudges if np.any(each)],
            "asked": len(seen),
            "intact": all(intact),
        }

    def verdict(ask, rng, mark):
        def draw(shape, integers=False):
            size = math.prod(shape)
            weights = [float(each) for each in rng.uniform(0.5, 1.7, size)]
            x = rng.integers(2, 7, shape) if integers else rng.uniform(0.5, 1.8, shape)
            return weights, float(rng.uniform(0.4, 1.1)), x

        def judge(shape, form="array", integers=False, h=None):
            weights, pull, x = draw(shape, integers)
            flat = np.ravel(x).astype(float)
            truth = 3 * np.array(weights) * flat**2 + (np.array(weights) * (h or 0) ** 2)
            truth[:-1] += pull * flat[1:]
            truth[1:] += pull * flat[:-1]
            truth = truth.reshape(shape)
            given = f"x = {np.array2string(np.asarray(x), precision=4)}"
            given += {"list": ", as a list"}.get(form, "") + (", integers" * integers)
            given += "" if h is None else f", h = {h:.4f}"
            evidence = {"given": given, "function": "numeric_grad"}
            answer = ask(weights=weights, pull=pull, x=x.tolist() if form == "list" else x,
                         form=form, h=h)  # fmt: skip
            judge_nudges(mark, answer, shape, h, evidence)
            got = answer["gradient"]
            mark.that(
                answer["type"] in ("ndarray", "NoneType"),
                kind="wrong_type",
                message=f"An array was expected; {answer['type']} came back.",
                **evidence,
            )
            if answer["type"] == "ndarray":
                mark.that(
                    got.shape == shape,
                    kind="shape",
                    message=f"The gradient should have the shape of x, {shape}; {got.shape} came "
                    "back.",
                    **evidence,
                )
                mark.that(
                    answer["dtype"] == "float64",
                    kind="truncated" if answer["dtype"].startswith("int") else "wrong_type",
                    message=f"The gradient is an array of {answer['dtype']}. Whoever writes a "
                    "float into it keeps only what fits. Make it float64.",
                    **evidence,
                )
            for kind, number, message in (
                ("factor", 2 * truth, "Twice too large: how far apart are the two points?"),
                ("sign", -truth, "The sign is wrong: which of the two values comes first?"),
                ("not_divided", truth * 2 * (h or 1e-5), NOT_DIVIDED),
                ("precedence", truth * (h or 1e-5) ** 2, "`/ 2 * h` divides by 2 and then "
                 "*multiplies* by h. Put the run in brackets."),
            ):  # fmt: skip
                if agree(got, number, rtol=1e-4, floor=1e-14) is None:
                    mark.fail(kind, message, got=got, expected=truth, **evidence)
            mark.close(
                got,
                truth,
                kind="wrong_value",
                message="These are not the partial derivatives.",
                rtol=1e-6,
                floor=1e-7,
                **evidence,
            )

        with mark.part("a vector", 1.5):
            judge((3,))
            judge((4,), h=float(rng.uniform(0.05, 0.2)))
            ### BEGIN HIDDEN TESTS
            judge((7,))
            judge((1,))
            ### END HIDDEN TESTS
        with mark.part("any shape", 1.5):
            judge((2, 3))
            ### BEGIN HIDDEN TESTS
            judge((3, 1, 2))
            judge(())
            ### END HIDDEN TESTS
        with mark.part("integers, and lists", 1):
            judge((3,), integers=True)
            judge((2,), form="list")
            ### BEGIN HIDDEN TESTS
            judge((2, 4), integers=True)
            ### END HIDDEN TESTS


def judge_nudges(mark, answer, shape, h, evidence):
    """What the calls of f tell: whose array was changed, and how the nudges were made."""
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="The caller's `x` was written to. Nudge copies: whoever called still needs it.",
        **evidence,
    )
    if answer["asked"] == 0:
        return  # a blank or an idle answer: what came back says it
    mark.that(
        answer["shapes"] == [str(shape)],
        kind="shape",
        message=f"`f` was called with arrays of shape {', '.join(answer['shapes'])}. It expects "
        f"what the caller has: shape {shape}.",
        **evidence,
    )
    mark.that(
        not any(each.startswith(("int", "uint")) for each in answer["kinds"]),
        kind="truncated",
        message="`f` was asked at arrays of integers: there 10⁻⁵ does not fit, and what is written "
        "into them is cut to a whole number. Make it float64 first.",
        **evidence,
    )
    mark.that(
        not {"float16", "float32"} & set(answer["kinds"]),
        kind="float32",
        message=f"`f` was asked at arrays of {answer['kinds'][0]}, which keep seven digits or fewer: "
        "of a nudge of 10⁻⁵ hardly any is left. Make it float64.",
        **evidence,
    )
    nudges = np.array(answer["nudges"], dtype=float).reshape(-1, math.prod(shape))
    mark.that(
        len(nudges) > 0,
        kind="no_nudge",
        message="No nudge arrived: f was only ever asked at x itself. Are the nudged arrays two, "
        "or two names for one? Then the nudge down undoes the nudge up.",
        **evidence,
    )
    rows = nudges.reshape(len(nudges), *(shape[:1] or (1,)), -1)
    mark.that(
        rows.shape[2] == 1
        or not np.all(np.count_nonzero(rows.any(axis=2), axis=1) == 1)
        or not np.allclose(rows, rows[:, :, :1], rtol=0, atol=1e-9),
        kind="whole_rows",
        message="A whole row was nudged at once. With two indices or more, `x[k]` is a row and not "
        "a number: walk through all places.",
        **evidence,
    )
    mark.that(
        bool(np.all(np.count_nonzero(nudges, axis=1) == 1)),
        kind="not_alone",
        message="Several entries were nudged at once, so nobody can tell which of them moved f. "
        "Begin each nudge from a fresh copy.",
        **evidence,
    )
    up, down = np.any(nudges > 0, axis=0), np.any(nudges < 0, axis=0)
    mark.that(
        bool(np.all(up | down)),
        kind="missing_term",
        message="Some entries were never nudged.",
        **evidence,
    )
    mark.that(
        bool(np.all(up & down)),
        kind="one_sided",
        message="Every entry should be nudged both up and down: a one-sided difference is wrong "
        "by about h.",
        **evidence,
    )
    size = float(np.max(np.abs(nudges)))
    if h is not None:
        mark.that(
            math.isclose(size, h, rel_tol=1e-6),
            kind="ignores_h",
            message=f"The step that was given is {h:.4f}; f was asked {size:.1e} away.",
            **evidence,
        )
        return
    for wrong, kind, why in (
        (size < 1e-7, "step_too_small", "there rounding eats the digits of the difference"),
        (size > 1e-3, "step_too_large", "there the line cuts corners"),
    ):
        mark.that(
            not wrong,
            kind=kind,
            message=f"Without an h, your nudges are {size:.0e}; {why}. The default in the text was "
            "a good one.",
            **evidence,
        )


# ------------------------------------------------------------------------------------------------
# 1.7


OF_A_RULE = ("sign", "swapped", "wrong_rule", "missing_factor", "wrong_point")
FIXED = "This is the answer for 28 m/s and 9.8 m/s². Others were given: use `u` and `g`."
FIXED_GRAVITY = "This is the answer for 9.8 m/s². Another gravity was given: use `g`."
FIXED_SPEED = "This is the answer for 28 m/s. Another speed was given: use `u`."


@lab.exercise(
    "1.7",
    "How far, and how much farther?",
    points=2,
    minutes=8,
    reread="week01.md#javelin",
    hints=(
        "For the range: when does it land? y(t) has a factor t, and the other factor is zero then.",
        "For the slope: u and g are constants. The sine has something inside, and the chain rule "
        "wants its derivative too.",
        "At 30° and the usual u and g, the range is 69.282 m and the slope is 80 m for each "
        "radian.",
    ),
)
class Javelin:
    def probe(student, name, theta, speed=None):
        function = getattr(student, name)
        return function(theta) if speed is None else function(theta, *speed)

    def verdict(ask, rng, mark):
        def judge_range(theta, speed):
            u, g = speed or (28.0, 9.8)
            flight = 2 * u * math.sin(theta) / g
            truth = u * math.cos(theta) * flight
            given = {"theta": round(theta, 6), "u": u, "g": g}
            mistakes = (
                ("missing_factor", truth / 2, "Half as far. When exactly is y(t) = 0? (Or: the "
                 "sine of the double angle brings a 2 with it.)"),
                ("factor", 2 * truth, "Twice as far. The identity sin 2θ = 2 sin θ cos θ uses up "
                 "a 2."),
                ("wrong_point", u * u / g * math.sin(theta), "The sine is taken at another angle "
                 "than it should be."),
                ("degrees", u * flight * math.cos(theta) * math.sin(math.radians(2 * theta))
                 / math.sin(2 * theta), "Angles are in radians here; yours was turned into "
                 "radians once more."),
                ("ignores_inputs", truth * g / u**2 * 28**2 / 9.8, FIXED),
                ("ignores_inputs", truth * g / 9.8, FIXED_GRAVITY),
                ("ignores_inputs", truth / u**2 * 28**2, FIXED_SPEED),
                ("wrong_power", truth / u, "Metres were expected; this has the units of a time. "
                 "How often does the speed come in?"),
                ("wrong_power", truth * g, "Gravity is missing: on the Moon it would fly as far."),
            )  # fmt: skip
            judge_number(
                mark,
                ask(name="javelin_range", theta=theta, speed=speed),
                truth,
                mistakes,
                given,
                "This is not where it lands.",
                "javelin_range",
            )

        def judge_slope(theta, speed):
            u, g = speed or (28.0, 9.8)
            evidence = {
                "given": {"theta": round(theta, 6), "u": u, "g": g},
                "function": "range_slope",
            }

            def landing(angle, u=u, g=g):
                return u * u / g * dp.sin(2 * angle)

            def slope(angle):
                return ask(name="range_slope", theta=float(angle), speed=speed)

            got, truth = slope(theta), float(dp.grad(landing)(theta))
            for kind, number, message in (
                ("sign", -truth, "The sign is wrong. Below 45°, does it help to throw higher?"),
                ("ignores_inputs", float(dp.grad(landing)(theta, 28.0, 9.8)), FIXED),
                ("ignores_inputs", float(dp.grad(landing)(theta, u, 9.8)), FIXED_GRAVITY),
                ("ignores_inputs", float(dp.grad(landing)(theta, 28.0, g)), FIXED_SPEED),
            ):
                if agree(got, truth) and agree(got, number) is None:
                    mark.fail(kind, message, got=got, expected=truth, **evidence)
            diagnosis = dp.diagnose(landing, slope, theta, prefer=OF_A_RULE)
            mark.gradient(diagnosis, where="", **evidence)

        def somewhere():
            return float(rng.uniform(0.25, 0.65))

        def elsewhere():
            return [float(rng.uniform(12, 35)), float(rng.uniform(1.5, 9))]

        with mark.part("the range", 1):
            judge_range(somewhere(), None)
            judge_range(somewhere() + 0.7, elsewhere())
            ### BEGIN HIDDEN TESTS
            judge_range(-somewhere(), elsewhere())
            ### END HIDDEN TESTS
        with mark.part("its slope", 1):
            judge_slope(somewhere(), None)
            judge_slope(somewhere() + 0.7, elsewhere())
            ### BEGIN HIDDEN TESTS
            judge_slope(somewhere(), elsewhere())
            ### END HIDDEN TESTS


# ------------------------------------------------------------------------------------------------
# 1.8. On a straight slope a (b − θ) the distance from b is multiplied by 1 − rate · a each time.


@lab.exercise(
    "1.8",
    "Climb",
    points=2,
    minutes=10,
    reread="week01.md#gradient-ascent",
    hints=(
        "Begin with a list that holds `start`. What is appended to it, and how often?",
        "The next place is the last one plus rate times the slope *there*.",
        "The last place in a list is `places[-1]`; ask the slope anew in every turn.",
    ),
)
class Climb:
    def probe(student, a, b, start, rate, steps, wavy=False):
        asked = []

        def slope(theta):
            asked.append(float(theta))
            return a * math.sin(b - theta) if wavy else a * (b - theta)

        visited = student.gradient_ascent(slope, start, rate, steps)
        if isinstance(visited, np.ndarray) or isinstance(visited, tuple):
            visited = list(visited)
        told = {"type": type(visited).__name__, "asked": len(asked)}
        data = isinstance(visited, (list, int, float, np.number))
        return told | {"visited": visited if data else None}

    def verdict(ask, rng, mark):
        def visits(given, **inputs):
            answer = ask(**inputs)
            visited, steps = answer["visited"], inputs["steps"]
            evidence = {"given": given, "function": "gradient_ascent"}
            if answer["type"] != "list":
                message = "The list of all places was expected; only one number came back."
                if visited is None:
                    message = f"A list was expected; what came back is a {answer['type']}."
                if answer["type"] == "NoneType":
                    message = "Nothing came back (None). Is there a `return`?"
                kind = "missing" if answer["type"] == "NoneType" else "wrong_type"
                mark.fail(kind, message, got=visited, **evidence)
            mark.that(
                len(visited) == steps + 1,
                kind="shape",
                message=f"{steps} steps visit {steps + 1} places, the start among them; "
                f"{len(visited)} came back.",
                **evidence,
            )
            mark.close(
                visited[0],
                inputs["start"],
                kind="late_evaluation",
                message="The first place in the list should be the start itself, before any step.",
                **evidence,
            )
            return visited, evidence

        def judge(steps):
            a, b, start = (float(each) for each in rng.uniform(1.2, 2.6, 3))
            start, rate = start - 3, float(rng.uniform(0.1, 0.3))
            given = {"slope": f"{a:.4f} ({b:.4f} - theta)", "start": round(start, 4),
                     "rate": round(rate, 4), "steps": steps}  # fmt: skip
            visited, evidence = visits(given, a=a, b=b, start=start, rate=rate, steps=steps)

            def walk(shrink):
                return [b + shrink**k * (start - b) for k in range(steps + 1)]

            truth = walk(1 - rate * a)
            first = rate * a * (b - start)
            wrongs = (
                ("sign", walk(1 + rate * a), "Each step goes downhill: that is gradient *descent*. "
                 "To climb, go along the slope."),
                ("learning_rate", walk(1 - a), "The steps are as long as the slope itself. Where "
                 "is the rate?"),
                ("learning_rate", walk(1 - rate**2 * a), "The rate comes in twice."),
                ("stale", [start + k * first for k in range(steps + 1)], "Every step uses the slope "
                 "at the start. Ask for the slope where you stand now."),
                ("no_update", [start] * (steps + 1), "Nothing moved: the new place is computed, "
                 "but not stepped to."),
                ("no_update", [start, *[start + first] * steps], "Every step begins at the start "
                 "again. Begin it where the last one ended."),
                ("learning_rate", [start + k * rate for k in range(steps + 1)], "All steps are "
                 "equally long. How steep it is should count, not only which way."),
            )  # fmt: skip
            if steps and agree(visited, truth) == ("value", ""):
                for kind, numbers, message in wrongs:
                    if agree(visited, numbers) is None:
                        mark.fail(kind, message, got=visited, expected=truth, **evidence)
            mark.close(
                visited,
                truth,
                kind="wrong_value",
                message="The places are not those of gradient ascent.",
                **evidence,
            )

        with mark.part("a few steps, one by one", 1.5):
            judge(4)
            ### BEGIN HIDDEN TESTS
            judge(9)
            judge(1)
            judge(0)
            ### END HIDDEN TESTS
        with mark.part("to the top", 0.5):
            a, b = (float(each) for each in rng.uniform(1.2, 2.6, 2))
            given = {"slope": f"{a:.4f} sin({b:.4f} - theta)", "rate": 0.2, "steps": 400}
            visited, evidence = visits(
                given, a=a, b=b, start=b - 1.5, rate=0.2, steps=400, wavy=True
            )
            mark.close(
                visited[-1],
                b,
                kind="wrong_value",
                message="After 400 steps it should stand on the top.",
                **evidence,
            )


# ------------------------------------------------------------------------------------------------
# 1.9


@lab.exercise(
    "1.9",
    "Predict: the boldest stride",
    points=1,
    minutes=5,
    reread="week01.md#stable-step",
    hints=(
        "By which factor is the distance multiplied in one step?",
        "A factor may be negative and the distance still shrink: then it changes sides.",
        "It shrinks while the factor lies between −1 and 1.",
    ),
)
class BoldestStride:
    def probe(student):
        return student.my_prediction_of_the_boldest_stride()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 1)
