"""Lab 7: what each exercise asks the student's code, and how the answers are judged.

Values and slopes are asked for together: a relaxation is there to be differentiated, so dpkit's reverse
mode is run through the student's function in the student's process. The truths are written out here
in plain numpy, entry by entry, and their slopes come from formulas or centred differences.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree, nudged

lab = Lab(
    "lab07_almost_differentiable",
    "Almost differentiable",
    week=7,
    minutes=165,
    notes="week07.md",
    given=["for t in temperatures:"],  # the loop that cools, in every demonstration
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def slope_of(f, x):
    """(value, derivative) of f at x by reverse mode, and whether x is as it was. Where nothing of f
    can be differentiated, the derivative is None."""
    x = np.array(x, float) if np.ndim(x) else float(x)
    before = np.copy(x)
    value, slope = dp.value_and_grad(f)(x)
    return {"value": value, "slope": slope, "intact": bool(np.array_equal(x, before))}


@lab.helper
def numbers(x):
    """The numbers in dpkit's tensors, and in arrays of any kind; lists of them likewise."""
    if isinstance(x, (list, tuple)):
        return [numbers(each) for each in x]
    x = x.data if isinstance(x, dp.Tensor) else x
    return np.array(x) if isinstance(x, np.ndarray) else x


@lab.helper
def unaided(student, name, *names, **lent):
    """The student's function, with dpkit's ready-made answers out of reach: `dp.relax`, and these."""
    return student.rebind(name, without=["dpkit.relax", *names], **lent)


# ------------------------------------------------------------------------------------------------
# What verdicts share


def judge_slope(mark, got, truth, begin, rtol=1e-4, **evidence):
    """A slope: none at all, or another than the truth. `begin` is how the sentences begin."""
    flat = isinstance(got, (float, np.ndarray)) and np.all(got == 0) and np.any(truth != 0)
    mark.that(
        not flat,
        kind="zero",
        message=f"{begin} is zero: somewhere on the way it turns into plain numbers, or a hard "
        "decision. Stay with `dp` functions.",
        got=got,
        expected=truth,
        **evidence,
    )
    mark.not_like(got, -truth, truth, "sign", f"{begin} has the wrong sign.", **evidence)
    mark.not_like(got, 2 * truth, truth, "factor", f"{begin} is twice too large.", **evidence)
    if agree(got, truth, rtol=rtol, floor=1e-6) is not None:
        mark.that(
            agree(got, truth, rtol=2e-3, floor=1e-6) is not None,
            kind="finite_difference",
            message=f"{begin} is only nearly right, as a difference quotient is. Let `dp` "
            "differentiate.",
            got=got,
            expected=truth,
            **evidence,
        )
    mark.close(
        got,
        truth,
        kind="missing_term",
        message=f"{begin} is wrong: part of it may be cut off from the tape.",
        rtol=rtol,
        floor=1e-6,
        **evidence,
    )


def judge_both(mark, answer, value, slope, what, **evidence):
    """A value, and only then its slope."""
    mark.close(
        answer["value"],
        value,
        kind="wrong_value",
        message=f"The value of {what} is not right yet. Its slope comes after that.",
        rtol=1e-6,
        **evidence,
    )
    begin = f"The value of {what} is right, but its slope"
    judge_slope(mark, answer["slope"], slope, begin, **evidence)


def logistic(z):
    """1 / (1 + exp(-z)), for any z."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


# ------------------------------------------------------------------------------------------------
# 7.1: a prediction, as 7.6 is


@lab.exercise(
    "7.1",
    "Predict: the slope of a jump",
    points=1,
    minutes=3,
    reread="week07.md#wrong-slope",
    hints=(
        "Draw the program, and put a narrow bell of noise on top of 0.5. Move the bell to the right.",
        "What is gained on the left side by moving, and what is lost at the cliff?",
        "The cliff is 1 high, and the bell's height there is 0.4 / 0.1 = 4.",
    ),
)
class Jump:
    def probe(student):
        return student.my_prediction_of_the_jump()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 7.2


@lab.exercise(
    "7.2",
    "Soft-if, and its bias",
    points=2,
    minutes=10,
    reread="week07.md#soft-if",
    hints=(
        "Which share belongs to which side when the margin is very large?",
        "For `warmest`: the share of the wrong side, at margin m, is a logistic function of −m / t. "
        "Set jump times this share equal to the tolerance.",
        "From 1 / (1 + e^z) = q follows e^z = 1/q − 1. Here z is m / t, and you want t.",
    ),
)
class SoftIf:
    def probe(student, which, arguments, by=None):
        if which == "warmest":
            return student.warmest(*arguments)
        soft_if = unaided(student, "soft_if")
        arguments = [np.array(each, float) if np.ndim(each) else float(each) for each in arguments]
        if by is None:
            before = [np.copy(each) for each in arguments]
            got = soft_if(*arguments)
            pairs = zip(arguments, before, strict=True)
            return {"got": numbers(got), "intact": all(np.array_equal(*pair) for pair in pairs)}

        def along(x):
            return dp.sum(soft_if(*arguments[:by], x, *arguments[by + 1 :]))

        return slope_of(along, arguments[by])

    def verdict(ask, rng, mark):
        def truth(margin, yes, no, t):
            share = logistic(margin / t)
            return share * yes + (1 - share) * no

        def share_by_tanh(margin, yes, no, t):
            return no + math.tanh(margin / t) * (yes - no)

        def heard(margin, yes, no, t, by=None):
            given = {"margin": margin, "yes": yes, "no": no, "temperature": t}
            shown = {"given": given, "function": "soft_if"}
            try:
                return ask(which="soft_if", arguments=[margin, yes, no, t], by=by), shown
            except StudentError as error:
                if error.message.startswith("OverflowError"):
                    mark.fail("not_finite", f"It overflows ({error.message}).", **shown)
                raise

        def value(margin, yes, no, t):
            answer, shown = heard(margin, yes, no, t)
            got = answer["got"]
            right = np.vectorize(truth, otypes=[float])(margin, yes, no, t)
            for kind, wrong, message in (
                ("swapped", np.vectorize(truth)(margin, no, yes, t),
                 "The two sides changed places: a large margin means `yes`."),
                ("wrong_argument", np.vectorize(truth)(margin, yes, no, 1 / t),
                 "The temperature is the wrong way up: warmer must be softer."),
                ("missing_factor", np.vectorize(truth)(margin, yes, no, 1.0),
                 "The temperature is not used."),
                ("zero", np.where(np.asarray(margin) > 0, yes, no),
                 "That is the hard answer: one side or the other."),
                ("factor", np.vectorize(truth)(margin, yes, no, t / 2),
                 "Twice too sharp. By a `tanh`? Then compare it with σ at a margin of 1."),
                ("wrong_rule", np.vectorize(share_by_tanh)(margin, yes, no, t),
                 "A `tanh` goes from −1 to 1. A share goes from 0 to 1."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="The mixture of the two sides is not right.",
                **shown,
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="`soft_if` changed an array that was handed to it.",
                **shown,
            )

        t = float(rng.uniform(0.2, 0.6))
        with mark.part("soft_if, values", 0.5):
            value(float(rng.uniform(0.1, 0.5)), 3.25, 1.5, t)
            value(-0.31, 2.0, -1.25, t)
            value([-0.3, 0.2], [1.5, 2.0], [0.5, -0.75], t)
        with mark.part("soft_if, huge margins", 0.25):
            for margin in (900.0, -900.0, 1.0, -1.0):
                value(margin, 3.5, 1.25, 1e-3 if abs(margin) == 1 else 0.5)
            value([900.0, -900.0], [3.5, 2.0], [1.25, 0.5], 0.5)
            for margin in (900.0, -900.0):
                answer, shown = heard(margin, 3.5, 1.25, 0.5, by=0)
                mark.close(
                    answer["slope"],
                    0.0,
                    kind="wrong_value",
                    message="So far from the jump the slope by the margin should be zero.",
                    **shown,
                )
        with mark.part("soft_if, slopes", 0.5):
            arguments = [float(rng.uniform(-0.3, 0.3)), 2.75, 1.25, t]
            for by, name in enumerate(("the margin", "yes", "no")):
                answer, shown = heard(*arguments, by=by)
                right = nudged(lambda x, by=by: truth(*arguments[:by], x, *arguments[by + 1 :]),
                               arguments[by])  # fmt: skip
                begin = f"The value of soft_if is right, but its slope by {name}"
                mark.close(
                    answer["value"],
                    truth(*arguments),
                    kind="wrong_value",
                    message="The value is not right yet. Its slopes come after that.",
                    **shown,
                )
                judge_slope(mark, answer["slope"], float(right), begin, **shown)
        with mark.part("warmest", 0.75):
            for distance, jump, tolerance in (
                (float(rng.uniform(0.5, 2)), 2.0, 0.125),
                (0.3, float(rng.uniform(0.6, 1.5)), 0.01),
            ):
                got = ask(which="warmest", arguments=[distance, jump, tolerance])
                shown = {
                    "given": {"distance": distance, "jump": jump, "tolerance": tolerance},
                    "function": "warmest",
                }
                odds = math.log(jump - tolerance) - math.log(tolerance)
                right = distance / odds
                for kind, wrong, message in (
                    ("sign", -right, "A negative temperature: the logarithm is upside down."),
                    ("wrong_argument", odds / distance, "The ratio is upside down: further away, "
                     "it may be warmer."),
                    ("magnitude", distance / math.log(jump / tolerance), "Nearly: it is the tail of "
                     "the share, exp(−m / t), that you used, not the share itself."),
                    ("missing_factor", distance / (-math.log(tolerance) + math.log1p(-tolerance))
                     if tolerance < 1 else math.inf,
                     "The error is the share times the *jump*."),
                ):  # fmt: skip
                    if math.isfinite(wrong):
                        mark.not_like(got, wrong, right, kind, message, **shown)
                mark.close(
                    got,
                    right,
                    kind="wrong_value",
                    message="At this temperature the error is not the tolerance.",
                    **shown,
                )


# ------------------------------------------------------------------------------------------------
# 7.3


@lab.exercise(
    "7.3",
    "Softmax with a temperature",
    points=2,
    minutes=10,
    reread="week07.md#temperature",
    hints=(
        "Do the shares change if every entry grows by the same amount?",
        "Subtract the largest entry before you divide by the temperature: the largest exponent is "
        "then 0. The other two are means by the shares.",
        "A mean by shares is the sum of share times thing. The things are the places 0, 1, 2, … for "
        "one, and the entries themselves for the other.",
    ),
)
class Softmax:
    def probe(student, which, x, temperature, weights=None):
        function = unaided(student, which, "dpkit.softmax", "dpkit.log_softmax")
        with np.errstate(all="ignore"):
            if weights is None:
                row = np.array(x, float)
                got = function(row, temperature)
                return {"got": numbers(got), "intact": bool(np.array_equal(row, x))}
            weights = np.array(weights, float)

            def mixed(x):
                return dp.sum(function(x, temperature) * weights)

            return slope_of(mixed, x)

    def verdict(ask, rng, mark):
        def shares(x, t):
            top = max(x)
            parts = [math.exp((each - top) / t) for each in x]
            return [part / math.fsum(parts) for part in parts]

        truths = {
            "softmax": lambda x, t: np.array(shares(x, t)),
            "soft_argmax": lambda x, t: sum(k * s for k, s in enumerate(shares(x, t))),
            "soft_max": lambda x, t: sum(s * each for s, each in zip(shares(x, t), x, strict=True)),
        }
        wrongs = {
            "softmax": (
                ("missing_factor", lambda x, t: truths["softmax"](x, 1.0),
                 "The temperature is not used."),
                ("wrong_argument", lambda x, t: truths["softmax"](x, 1 / t),
                 "The temperature is the wrong way up: colder must be sharper."),
                ("sign", lambda x, t: truths["softmax"]([-each for each in x], t),
                 "The smallest entry wins: a sign is turned round."),
                ("normalised", lambda x, t: np.exp((np.array(x) - max(x)) / t),
                 "These do not add to 1."),
            ),
            "soft_argmax": (
                ("zero", lambda x, t: float(np.argmax(x)),
                 "That is the hard place. Take the mean of all places, by their shares."),
                ("constant_offset", lambda x, t: truths["soft_argmax"](x, t) + 1,
                 "Places count from 0."),
                ("averaged", lambda x, t: truths["soft_argmax"](x, t) / len(x),
                 "The shares add to 1 already: sum, do not average."),
                ("wrong_argument", lambda x, t: truths["soft_max"](x, t),
                 "That is the mean *entry*; the place is asked for."),
                ("swapped", lambda x, t: float(np.dot(truths["softmax"](range(len(x)), t), x)),
                 "The roles changed places: the shares come from the entries, and the mean is of "
                 "places."),
            ),
            "soft_max": (
                ("zero", lambda x, t: float(max(x)), "That is the hard maximum."),
                ("averaged", lambda x, t: truths["soft_max"](x, t) / len(x),
                 "The shares add to 1 already: sum, do not average."),
                ("other_function", lambda x, t: max(x) + t * math.log(
                    math.fsum(math.exp((each - max(x)) / t) for each in x)),
                 "That is log-sum-exp: another soft maximum, which lies *above* the largest entry."),
                ("wrong_argument", lambda x, t: truths["soft_argmax"](x, t),
                 "That is the mean *place*; the entry is asked for."),
            ),
        }  # fmt: skip

        def value(which, x, t):
            answer = ask(which=which, x=x, temperature=t)
            got = answer["got"]
            shown = {"given": {"x": x, "temperature": t}, "function": which}
            right = truths[which](x, t)
            for kind, wrong, message in wrongs[which]:
                with np.errstate(over="ignore"):
                    mark.not_like(got, wrong(x, t), right, kind, message, **shown)
            if isinstance(got, (float, np.ndarray)) and not np.all(np.isfinite(got)):
                mark.fail("not_finite", "It overflows. What may be subtracted first?", **shown)
            mark.close(
                got, right, kind="wrong_value", message="The numbers are not right.", **shown
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message=f"`{which}` changed the row that was handed to it.",
                **shown,
            )

        def slope(which, x, t):
            weights = [1.5, -0.5, 2.0, 0.75][: len(x)] if which == "softmax" else [1.25]
            answer = ask(which=which, x=x, temperature=t, weights=weights)

            def truth(x):
                return float(np.sum(np.array(weights) * truths[which](list(x), t)))

            shown = {"given": {"x": x, "temperature": t}, "function": which}
            judge_both(mark, answer, truth(x), nudged(truth, x), which, **shown)

        x = [float(each) for each in rng.permutation([0.4, 1.1, 1.9, 2.3]) + rng.uniform(0, 0.1, 4)]
        t = float(rng.uniform(0.4, 0.7))
        with mark.part("softmax", 0.75):
            value("softmax", x, t)
            value("softmax", x[:3], 2 * t)
            slope("softmax", x, t)
        with mark.part("softmax, huge and cold", 0.25):
            value("softmax", [10_000.0, 9_999.0, 10_000.5], 1.25)
            value("softmax", [-12.0, 0.5, 0.25, -18.0], 1e-2)  # neither end, nor the mean, will do
        with mark.part("soft_argmax", 0.5):
            value("soft_argmax", x, t)
            slope("soft_argmax", x, t)
        with mark.part("soft_max", 0.5):
            value("soft_max", x, t)
            slope("soft_max", x, t)


# ------------------------------------------------------------------------------------------------
# 7.4


@lab.exercise(
    "7.4",
    "Soft IoU",
    points=3,
    minutes=15,
    reread="week07.md#soft-iou",
    hints=(
        "For two intervals: which right end counts, and which left end, for what they share?",
        "u is `dp.minimum` of the right ends minus `dp.maximum` of the left ends; for boxes, write a "
        "small function for ⟨a, b⟩ and use it three times. A box with itself is softened, too.",
        "In `find`, differentiate a function of the box alone, minus `dp.log` of the soft IoU; the next "
        "box is the last one minus rate · t · slope. Build a new array each time.",
    ),
)
class SoftIou:
    def probe(student, which, a, b=None, t=None, temperatures=(), rate=None, slope=False):
        if which == "soft_overlap":
            return student.soft_overlap(*a, t)
        a, b = np.array(a, float), np.array(b, float)
        if which == "soft_iou":
            soft_iou = unaided(student, "soft_iou")
            return slope_of(lambda a: soft_iou(a, b, t), a) if slope else soft_iou(a, b, t)

        # In place of `soft_iou`, so that `find` is marked by itself.
        def share(a, b, t):
            parts = []
            for k in (0, 1):
                gap = dp.maximum(a[k], b[k]) - dp.minimum(a[k + 2], b[k + 2])
                parts.append(dp.softplus(-gap / t))
            return parts[0] * parts[1]

        def lent(a, b, t):
            middle = share(a, b, t)
            return middle / (share(a, a, t) + share(b, b, t) - middle)

        before = a.copy()
        boxes = student.rebind("find", soft_iou=lent)(a, b, list(temperatures), rate)
        boxes = numbers(boxes)
        return {
            "boxes": [np.array(each) for each in boxes]
            if isinstance(boxes, (list, tuple)) or getattr(boxes, "ndim", 0) == 2
            else None,
            "intact": bool(np.array_equal(a, before)),
        }

    def verdict(ask, rng, mark):
        def ramp(u, t):
            return t * (max(u / t, 0.0) + math.log1p(math.exp(-abs(u / t))))

        def length(a0, a1, b0, b1, t):
            return ramp(min(a1, b1) - max(a0, b0), t)

        def product(a, b, t):
            return length(a[0], a[2], b[0], b[2], t) * length(a[1], a[3], b[1], b[3], t)

        def truth(a, b, t):
            both = product(a, b, t)
            return both / (product(a, a, t) + product(b, b, t) - both)

        def area(a):
            return (a[2] - a[0]) * (a[3] - a[1])

        def interval(a0, a1, b0, b1, t):
            got = ask(which="soft_overlap", a=[a0, a1, b0, b1], t=t)
            right = length(a0, a1, b0, b1, t)
            hard = max(0.0, min(a1, b1) - max(a0, b0))
            u = min(a1, b1) - max(a0, b0)
            shown = {"given": {"a": [a0, a1], "b": [b0, b1], "t": t}, "function": "soft_overlap"}
            for kind, wrong, message in (
                ("zero", hard, "That is the hard length: it is flat where the intervals miss."),
                ("missing_factor", right / t, "The result is a length, so the temperature comes "
                 "twice: once inside, once in front."),
                ("wrong_argument", math.log1p(math.exp(u)) if u < 500 else u,
                 "The temperature is not used."),
                ("sign", ramp(-u, t), "The further apart, the larger? A sign is turned round."),
                ("wrong_argument", ramp(a1 - b0, t), "This holds only where a lies to the left of b. "
                 "Which two ends count in general?"),
                ("wrong_argument", ramp(min(a1 - b0, b1 - a0), t), "One interval may lie inside the "
                 "other: then they share no more than its length."),
                ("swapped", ramp(max(a1, b1) - min(a0, b0), t), "That is the length that they cover "
                 "together. What do they share?"),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got, right, kind="wrong_value", message="This is not the soft length.", **shown
            )

        t = float(rng.uniform(0.3, 0.8))
        d = rng.uniform(0.0, 0.2, 4)
        with mark.part("soft_overlap", 0.75):
            interval(0.0, 1.25 + d[0], 0.5, 2.5, t)
            interval(0.25, 1.0, 2.0 + d[1], 3.5, t)
            interval(3.0, 4.5, 0.5, 2.25, t)
            interval(0.0, 800.0, 1.0, 900.0, 0.5)

        near = ([0.1, 0.3, 2.0 + d[0], 1.5], [1.0, 0.75, 2.75, 3.0 + d[1]])
        far = ([0.5, 0.25, 1.75, 2.0], [3.0 + d[2], 1.0, 4.25, 3.5])

        def iou(a, b, t):
            a, b = [float(each) for each in a], [float(each) for each in b]
            got = ask(which="soft_iou", a=a, b=b, t=t)
            right = truth(a, b, t)
            both = product(a, b, t)
            sides = [min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1)]
            shared = max(0.0, sides[0]) * max(0.0, sides[1])
            hard = shared / (area(a) + area(b) - shared)

            def added(a, b):
                return length(a[0], a[2], b[0], b[2], t) + length(a[1], a[3], b[1], b[3], t)

            sums = added(a, b) / (added(a, a) + added(b, b) - added(a, b))
            mixed = truth([a[k] for k in (0, 2, 1, 3)], [b[k] for k in (0, 2, 1, 3)], t)
            shown = {"given": {"a": a, "b": b, "t": t}, "function": "soft_iou"}
            for kind, wrong, message in (
                ("missing_factor", both / (area(a) + area(b) - both), "The areas in the denominator "
                 "are hard ones. Soften them too, or equal boxes do not give 1."),
                ("missing_term", both / (product(a, a, t) + product(b, b, t)), "What they share is "
                 "counted twice below the line."),
                ("sign", both / (product(a, a, t) + product(b, b, t) + both), "Below the line, what "
                 "they share is counted three times. Once in a, once in b: how often should it count?"),
                ("zero", hard, "That is the hard ratio, flat where the boxes miss. Is your "
                 "soft_overlap soft, and in use?"),
                ("wrong_argument", both, "That is what they share; divide it by what they cover."),
                ("wrong_rule", sums, "Lengths in two directions make an area by *multiplying*."),
                ("swapped", mixed, "A box is (left, bottom, right, top): across, it reaches from the "
                 "first number to the third."),
                ("sign", 1 - truth(a, b, t), "That is the loss, 1 − IoU. The ratio itself is asked for."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="The ratio is not right.", **shown)

        with mark.part("soft_iou, values", 0.75):
            iou(*near, t)
            iou(*far, t)
            iou(near[0], near[0], t)
        with mark.part("soft_iou, slopes", 0.5):
            for a, b in (near, far):
                answer = ask(which="soft_iou", a=a, b=b, t=t, slope=True)
                right = nudged(lambda a, b=b: truth(a, b, t), a)
                shown = {"given": {"a": a, "b": b, "t": t}, "function": "soft_iou"}
                judge_both(mark, answer, truth(a, b, t), right, "soft_iou", **shown)

        def down(a, b, temperatures, rate, sign=-1.0, power=1, log=True, stay=False):
            way = [np.array(a, float)]
            for t in temperatures:
                f = (lambda a, t=t: math.log(truth(a, b, t))) if log else (
                    lambda a, t=t: truth(a, b, t))  # fmt: skip
                slope = nudged(f, way[0] if stay else way[-1])
                way.append(way[-1] - sign * rate * t**power * slope)
            return np.array(way)

        def trip(a, b, temperatures, rate):
            got = ask(which="find", a=a, b=b, temperatures=temperatures, rate=rate)
            given = {"box": a, "target": b, "temperatures": temperatures, "rate": rate}
            shown = {"given": given, "function": "find"}
            boxes = got["boxes"]
            mark.that(
                boxes is not None,
                kind="wrong_type",
                message="`find` should return a list of boxes.",
                **shown,
            )
            count = len(temperatures) + 1
            mark.that(
                len(boxes) == count,
                kind="shape",
                message=f"{len(temperatures)} temperatures make {count} boxes with the start; "
                f"{len(boxes)} came back.",
                **shown,
            )
            mark.that(
                got["intact"],
                kind="mutated_input",
                message="The start itself was moved. Build a new array at each step.",
                **shown,
            )
            right = down(a, b, temperatures, rate)
            for kind, wrong, message in (
                ("ascent", down(a, b, temperatures, rate, sign=1.0), "The box runs away: it goes uphill "
                 "on what should shrink."),
                ("learning_rate", down(a, b, temperatures, rate, power=0), "The step is the slope "
                 "times rate times *t*."),
                ("learning_rate", down(a, b, temperatures, rate, power=-1), "The step is divided by "
                 "*t*; it should be multiplied by it."),
                ("other_function", down(a, b, temperatures, rate, log=False), "Descend on the "
                 "logarithm: from far away the soft IoU itself is nearly flat."),
                ("stale", down(a, b, temperatures[:1] * len(temperatures), rate), "Every step is taken "
                 "at the first temperature."),
                ("stale", down(a, b, temperatures, rate, stay=True), "Every step uses the slope at "
                 "the start. Differentiate where the box is now."),
                ("aliased", np.array([a, *[right[-1]] * len(temperatures)]), "From the second on, all "
                 "boxes are the last one: the list holds one array, which was changed in place. Build "
                 "a new one at each step."),
            ):  # fmt: skip
                if agree(right, wrong, rtol=1e-4) is not None:
                    mark.that(
                        agree(boxes, wrong, rtol=1e-4, floor=1e-4) is not None,
                        kind=kind,
                        message=message,
                        **shown,
                    )
            mark.close(
                boxes,
                right,
                kind="wrong_value",
                message="The boxes on the way are not where descent leads.",
                rtol=1e-4,
                floor=1e-4,
                **shown,
            )

        with mark.part("find", 1):
            trip(*far, [0.9, 0.6, 0.4], 0.2)


# ------------------------------------------------------------------------------------------------
# 7.5


@lab.exercise(
    "7.5",
    "Choose hard, learn soft",
    points=2,
    minutes=12,
    reread="week07.md#gumbel",
    hints=(
        "Straight-through: which two things must cancel in the value, and must not in the derivative?",
        "soft, plus something that is hard − soft in value and a constant for the tape.",
        "choose: add the Gumbel numbers to the logits *once*; both the hard row and the soft one are "
        "made from that same sum, and it is the sum that is divided by the temperature.",
    ),
)
class Choose:
    def probe(student, which, x, u=None, temperature=None, weights=None, lots=None):
        if which == "gumbel":
            return numbers(student.gumbel(np.array(u, float)))
        if which == "straight_through":
            hard, straight_through = np.array(u, float), unaided(student, "straight_through")

            def through(x):
                return straight_through(hard, dp.tanh(x) * temperature)

        else:
            hard = uniform = np.array(u, float)
            lot_of = dict(zip(u, lots, strict=True))  # other numbers than u's win nothing

            def lent(u):
                if np.ndim(u) == 0:
                    return lot_of.get(float(u), 0.0)
                return np.array([lot_of.get(float(each), 0.0) for each in u])

            asked = unaided(
                student,
                "choose",
                softmax=lambda x, temperature: dp.softmax(x / temperature),
                gumbel=lent,
                straight_through=dp.relax.straight_through,
            )

            def through(x):
                return asked(x, uniform, temperature)

        x, before = np.array(x, float), hard.copy()
        weights = np.array(weights, float)
        answer = slope_of(lambda x: dp.sum(through(x) * weights), x)
        answer["row"] = np.array(through(x))
        answer["intact"] = bool(answer["intact"] and np.array_equal(hard, before))
        return answer

    def verdict(ask, rng, mark):
        def shares(x, t):
            raised = np.exp((x - np.max(x)) / t)
            return raised / np.sum(raised)

        with mark.part("gumbel", 0.5):
            for size in (3, 5):
                u = rng.uniform(0.05, 0.95, size)
                got = ask(which="gumbel", x=0, u=u)
                right = np.array([-math.log(-math.log(each)) for each in u])
                shown = {"given": {"u": u}, "function": "gumbel"}
                mark.not_like(got, -right, right, "sign", "A sign is turned round.", **shown)
                message = "That is an exponential number. Gumbel's has one more logarithm."
                mark.not_like(
                    got, [-math.log(v) for v in u], right, "missing_factor", message, **shown
                )
                mark.close(got, right, kind="wrong_value", message="Not Gumbel numbers.", **shown)

        with mark.part("straight_through", 0.75):
            x, hard = rng.uniform(-1, 1, 3), np.array([2.0, -1.0, 0.5])
            weights = np.array([1.5, -0.75, 2.25])
            answer = ask(which="straight_through", x=x, u=hard, temperature=1.75, weights=weights)
            soft = 1.75 * np.tanh(x)
            shown = {"given": {"hard": hard, "soft": soft}, "function": "straight_through"}
            message = "That is the soft value. The *value* should be the hard one."
            mark.not_like(answer["row"], soft, hard, "swapped", message, **shown)
            mark.close(
                answer["row"],
                hard,
                kind="wrong_value",
                message="The value should be that of `hard`.",
                **shown,
            )
            right = weights * 1.75 / np.cosh(x) ** 2
            begin = "The value of straight_through is right, but its slope"
            judge_slope(mark, answer["slope"], right, begin, **shown)
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The row `hard` was changed in place.",
                **shown,
            )

        with mark.part("choose", 0.75):
            for size, t in ((4, 0.7), (3, 1.6)):
                # Only a draw in which each wrong way with the dice has another winner.
                winners = [0]
                while len(set(winners)) < 3:
                    x, u = rng.uniform(-1, 1, size), rng.uniform(0.05, 0.95, size)
                    dice = -np.log(-np.log(u))
                    winners = [int(np.argmax(each)) for each in (x + dice, x, x - dice)]
                lots, (winner, plain, other) = x + dice, winners
                weights = np.array([1.5, -0.75, 2.25, 0.5])[:size]
                answer = ask(which="choose", x=x, u=u, temperature=t, weights=weights, lots=dice)
                hard = np.zeros(size)
                hard[winner] = 1.0
                shown = {"given": {"logits": x, "u": u, "temperature": t}, "function": "choose"}
                message = "These are shares. The *value* should be the winner's one-hot row."
                mark.not_like(answer["row"], shares(lots, t), hard, "swapped", message, **shown)
                for wrong, kind, message in (
                    (plain, "wrong_argument", "The largest logit won: the dice, `gumbel` of this very "
                     "`u`, are not in it."),
                    (other, "sign", "Another one won: the dice are to be added."),
                ):  # fmt: skip
                    row = np.zeros(size)
                    row[wrong] = 1.0
                    mark.not_like(answer["row"], row, hard, kind, message, **shown)
                mark.close(
                    answer["row"], hard, kind="wrong_value", message="Another one won.", **shown
                )

                def slope(p, t, weights=weights):
                    return p * (weights - np.sum(p * weights)) / t

                right = slope(shares(lots, t), t)
                for kind, wrong, message in (
                    ("wrong_argument", slope(shares(x, t), t), "The derivative is that of a softmax "
                     "without the dice: make hard and soft from the *same* noisy logits."),
                    ("missing_factor", slope(shares(lots, 1.0), 1.0), "The temperature is not used."),
                    ("wrong_argument", slope(shares(lots, 1 / t), 1 / t), "The temperature is the wrong "
                     "way up."),
                    ("missing_factor", slope(shares(x / t + dice, 1.0), t), "The logits are divided by "
                     "the temperature, the dice are not. Divide their sum."),
                    ("repeated_factor", slope(shares(lots + dice, t), t), "The dice are in the soft row "
                     "twice."),
                ):  # fmt: skip
                    mark.not_like(answer["slope"], wrong, right, kind, message, **shown)
                begin = "The value of choose is right, but its slope"
                judge_slope(mark, answer["slope"], right, begin, **shown)


# ------------------------------------------------------------------------------------------------
# 7.6


@lab.exercise(
    "7.6",
    "Predict: a loss that stands still",
    points=1,
    minutes=3,
    reread="week07.md#faces",
    hints=(
        "How far is it from one picture to another, once all of them are the same point?",
        "Both distances are the same number. Put it into the triplet loss.",
        "What is left of max(0, p − n + margin) when p and n are 0?",
    ),
)
class Collapse:
    def probe(student):
        return student.my_prediction_of_the_collapse()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 7.7


@lab.exercise(
    "7.7",
    "By the path, by the score, by trial",
    points=3,
    minutes=15,
    reread="week07.md#two-estimators",
    hints=(
        "The samples are theta + sigma · noise. How far does each move when theta moves by 1?",
        "By the path: the slope of f at each sample; `dp.grad` of a sum gives all of them. By the "
        "score: nothing is differentiated, only evaluated and multiplied.",
        "Subtract the baseline from f before you multiply with noise / sigma. In the z-score the "
        "standard deviation is divided by the square root of the number of samples.",
    ),
)
class TwoSlopes:
    def probe(
        student, which, f="", theta=0.0, sigma=1.0, noise=None, baseline=None, slopes=None, truth=0
    ):
        if which == "z_score":
            slopes = np.array(slopes, float)
            before = slopes.copy()
            got = student.z_score(slopes, truth)
            return {"got": numbers(got), "intact": bool(np.array_equal(slopes, before))}
        functions = {
            "x * x": lambda x: x * x,
            "sin(2 x)": lambda x: dp.sin(2.0 * x),
            "x**3 - x": lambda x: x**3 - x,
            "1 where x > 0.5, else x": lambda x: dp.where(x > 0.5, 1.0 + 0.0 * x, x),
        }
        noise = np.array(noise, float)
        before = noise.copy()
        more = () if baseline is None else (baseline,)
        got = getattr(student, which)(functions[f], theta, sigma, noise, *more)
        return {"got": numbers(got), "intact": bool(np.array_equal(noise, before))}

    def verdict(ask, rng, mark):
        truths = {
            "x * x": (lambda x: x * x, lambda x: x + x),
            "sin(2 x)": (lambda x: np.sin(x + x), lambda x: 2 * np.cos(x + x)),
            "x**3 - x": (lambda x: x * (x * x - 1), lambda x: 3 * x * x - 1),
            "1 where x > 0.5, else x": (
                lambda x: np.where(x > 0.5, 1.0, x), lambda x: np.where(x > 0.5, 0.0, 1.0)
            ),
        }  # fmt: skip

        def estimates(which, f, theta, sigma, noise, baseline=None):
            answer = ask(which=which, f=f, theta=theta, sigma=sigma, noise=noise, baseline=baseline)
            got, (value, slope) = answer["got"], truths[f]
            given = {"f": f, "theta": theta, "sigma": sigma, "noise": noise}
            if baseline is not None:
                given["baseline"] = baseline
            shown = {"given": given, "function": which}
            x = np.array([theta + sigma * each for each in noise])
            less = 0.0 if baseline is None else baseline
            if which == "path_slopes":
                right = slope(x)
                wrongs = (
                    ("wrong_point", slope(theta + np.array(noise)), "The samples are spread by "
                     "`sigma`; here they are not."),
                    ("wrong_point", slope(np.full(len(noise), theta)), "Every slope is taken at "
                     "theta. Take each at its own sample."),
                    ("factor", right * sigma, "That is the derivative by something that moves x by "
                     "sigma. When theta moves by 1, x moves by 1."),
                    ("repeated_factor", right * np.array(noise), "That is the derivative by *sigma*."),
                )  # fmt: skip
            else:
                n = np.array(noise)
                right = (value(x) - less) * n / sigma
                wrongs = (
                    ("missing_factor", (value(x) - less) * n, "Something is not divided by sigma."),
                    ("repeated_factor", right / sigma, "Sigma divides twice."),
                    ("sign", -right, "The sign is turned round."),
                    ("factor", (value(x) - less) * n * sigma, "Multiplied by sigma, where it divides: "
                     "wide noise says little about one theta."),
                    ("wrong_point", (value(theta + n) - less) * n / sigma, "The samples are spread by "
                     "`sigma`; here they are not."),
                    ("missing_term", value(x) * n / sigma, "The baseline is not used."),
                    ("sign", (value(x) + less) * n / sigma, "The baseline is added; it should be "
                     "subtracted."),
                    ("wrong_rule", value(x) * n / sigma - less, "The baseline must be subtracted "
                     "from f, before anything is multiplied: this shifts the mean."),
                    ("wrong_argument", (value(x) - less) * x / sigma, "Multiply with the *noise*, "
                     "not with the sample."),
                    ("other_function", slope(x), "That is the path. By the score, f is evaluated and "
                     "never differentiated."),
                )  # fmt: skip
            if isinstance(got, (float, int)) and not isinstance(got, bool):
                mark.fail(
                    "shape",
                    "One number came back. One estimate for each sample is asked for: their spread "
                    "matters as much as their mean.",
                    got=got,
                    **shown,
                )
            for kind, wrong, message in wrongs:
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got, right, kind="wrong_value", message="The estimates are not right.", **shown
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The array of noise was changed.",
                **shown,
            )

        theta, sigma = float(rng.uniform(0.6, 1.4)), float(rng.uniform(0.3, 0.8))
        noise = rng.standard_normal(5)
        with mark.part("path_slopes", 1):
            estimates("path_slopes", "x * x", theta, sigma, noise)
            estimates("path_slopes", "sin(2 x)", -theta, sigma, noise[:3])
        with mark.part("score_slopes", 0.5):
            estimates("score_slopes", "x * x", theta, sigma, noise)
            estimates("score_slopes", "sin(2 x)", -theta, sigma, noise[:3])
        with mark.part("score_slopes, with a baseline", 0.5):
            estimates("score_slopes", "x * x", theta, sigma, noise, 0.75)
        with mark.part("z_score", 1):
            for size, truth, off in ((4, 1.25, 2.5), (7, -0.5, -2.5)):
                slopes = truth + off + rng.uniform(-1, 1, size)
                answer = ask(which="z_score", slopes=slopes, truth=truth)
                got = answer["got"]
                mean = math.fsum(slopes) / size
                spread = math.sqrt(math.fsum((each - mean) ** 2 for each in slopes) / (size - 1))
                right = (mean - truth) * math.sqrt(size) / spread
                shown = {"given": {"slopes": slopes, "truth": truth}, "function": "z_score"}
                for kind, wrong, message in (
                    ("missing_factor", right / math.sqrt(size), "That is in standard *deviations* of "
                     "one estimate. A mean of n is surer than one."),
                    ("sign", -right, "The sign is turned round, or lost: too "
                     "large is positive, too small negative."),
                    ("factor", right * math.sqrt(size / (size - 1)), "Divide by n − 1 in the standard "
                     "deviation (`ddof=1`)."),
                    ("repeated_factor", right * math.sqrt(size), "Divide by the square root of n, not "
                     "by n."),
                    ("wrong_rule", right / size, "The root of n is on the wrong side: the more samples, "
                     "the more does the same distance count."),
                    ("wrong_order", mean - truth * math.sqrt(size) / spread, "Brackets: the *difference* "
                     "is divided by the standard error."),
                    ("repeated_factor", right / spread, "That divides by the *variance*."),
                ):  # fmt: skip
                    mark.not_like(got, wrong, right, kind, message, **shown)
                mark.close(got, right, kind="wrong_value", message="Not the z-score.", **shown)
                mark.that(
                    answer["intact"],
                    kind="mutated_input",
                    message="The array of slopes was changed.",
                    **shown,
                )


# ------------------------------------------------------------------------------------------------
# 7.8


@lab.exercise(
    "7.8",
    "Through the optimiser",
    points=2,
    minutes=12,
    reread="week07.md#hypergradient",
    hints=(
        "Which variable is the derivative by? Write the whole run as a function of that one.",
        "`descend` must make a new `w` at each step: `w -= …` would change the caller's array, and the "
        "tape cannot follow it.",
        "`dp.value_and_grad` of a function of the rate: descend with it, then the loss of where you "
        "are.",
    ),
)
class Hyper:
    def probe(
        student, which, start, rate, steps, scale=None, bend=0.0, taped=False, goal=None, loss=""
    ):
        scale = np.array(scale, float)

        def slope(w):
            return scale * w + bend * w**3

        start = np.array(start, float)
        before = start.copy()
        if which == "descend":
            descend = student.descend
            if taped:
                return slope_of(lambda rate: dp.sum(descend(slope, start, rate, steps)), rate)
            got = descend(slope, start, rate, steps)
            same = got is start or (isinstance(got, np.ndarray) and np.shares_memory(got, start))
            return {
                "got": got,
                "intact": bool(np.array_equal(start, before)),
                "alias": same and steps > 0,
            }

        rates = []

        # In place of `descend`: where descent on a quadratic is after all its steps.
        def lent(slope, start, rate, steps):
            rates.append(isinstance(rate, (int, float, np.number, np.ndarray)))
            return start * (1 - rate * slope(np.ones(len(start)))) ** steps

        goal = np.array(goal, float)
        losses = {
            "squares": lambda w: dp.sum((w - goal) ** 2),
            "tanh": lambda w: dp.sum(dp.tanh(w) * goal),
        }
        hyper = student.rebind("hypergradient", descend=lent)
        got = hyper(losses[loss], slope, start, rate, steps)
        pair = isinstance(got, (tuple, list)) and len(got) == 2
        plain = len(rates) > 1 and all(
            rates
        )  # nudged: several runs, and none with a rate on a tape
        return {"pair": pair, "got": numbers(got) if pair else type(got).__name__, "plain": plain}

    def verdict(ask, rng, mark):
        def closed(start, scale, rate, steps):
            return np.array(start) * (1 - rate * np.array(scale)) ** steps

        def walked(start, scale, rate, steps, bend=0.0, first=False):
            """Where descent on a bent slope is; with `first`, by the slope at the start alone."""
            scale, here = np.array(scale), np.array(start, float)
            for _ in range(steps):
                at = np.array(start) if first else here
                here = here - rate * (scale * at + bend * at**3)
            return here

        def walk(start, scale, rate, steps, bend=0.0):
            asked = {"start": start, "rate": rate, "steps": steps, "scale": scale, "bend": bend}
            got = ask(which="descend", **asked)
            slope = f"{scale} · w" + (f" + {bend:g} · w³" if bend else "")
            given = {"start": start, "slope": slope, "rate": rate, "steps": steps}
            shown = {"given": given, "function": "descend"}
            right = walked(start, scale, rate, steps, bend)
            for kind, wrong, message in (
                ("ascent", walked(start, scale, -rate, steps, bend), "That goes uphill."),
                ("no_update", np.array(start), "Nothing moved."),
                ("stale", walked(start, scale, rate, steps, bend, first=True), "Every step uses the "
                 "slope at the start. Ask again at each step."),
                ("late_evaluation", walked(start, scale, rate, steps + 1, bend), "One step too many."),
                ("late_evaluation", walked(start, scale, rate, max(steps - 1, 0), bend), "One step too "
                 "few."),
                ("learning_rate", walked(start, scale, 1.0, steps, bend), "The rate is not used."),
                ("truncated", walked(start, scale, rate, min(steps, 1), bend), "Only one step was taken."),
            ):  # fmt: skip
                mark.not_like(got["got"], wrong, right, kind, message, **shown)
            if np.shape(got["got"]) == (steps + 1, *np.shape(start)):
                mark.fail("shape", "That is the whole way; only its end is asked for.", **shown)
            mark.close(
                got["got"], right, kind="wrong_value", message="Not where descent leads.", **shown
            )
            mark.that(
                got["intact"] and not got["alias"],
                kind="mutated_input",
                message="`start` itself was changed. Make a new array at each step.",
                **shown,
            )

        scale = [float(each) for each in rng.uniform(0.5, 2.5, 3)]
        start = [float(each) for each in rng.uniform(0.5, 1.5, 3) * [1, -1, 1]]
        goal = [float(each) for each in rng.uniform(-1, 1, 3)]
        with mark.part("descend", 0.5):
            walk(start, scale, 0.15, 4)
            walk(start[:2], scale[:2], 0.3, 1)
            walk(start, scale, 0.15, 0)
        with mark.part("descend, on a tape", 0.25):
            mark.only_after("descend")
            asked = {"start": start, "rate": 0.15, "steps": 4, "scale": scale, "taped": True}
            try:
                answer = ask(which="descend", **asked)
            except StudentError as error:
                if error.message.startswith("UFuncTypeError"):
                    mark.fail(
                        "overwritten",
                        "Where it arrives is right, but an array of plain numbers, changed in place, "
                        "cannot take up a rate that is on a tape. Make a new array at each step.",
                        function="descend",
                    )
                raise
            right = float(nudged(lambda rate: np.sum(walked(start, scale, rate, 4)), 0.15))
            begin = "Descent arrives where it should, but its derivative by the rate"
            judge_slope(mark, answer["slope"], right, begin, rtol=1e-5, function="descend")

        losses = {
            "squares": lambda w: float(np.sum((w - goal) ** 2)),
            "tanh": lambda w: float(np.sum(np.tanh(w) * goal)),
        }

        def answers(loss, rate, steps):
            got = ask(
                which="hypergradient", start=start, rate=rate, steps=steps, scale=scale, goal=goal,
                loss=loss,
            )  # fmt: skip
            shown = {
                "given": {"loss": loss, "start": start, "slope": f"{scale} · w", "rate": rate,
                          "steps": steps},
                "function": "hypergradient",
            }  # fmt: skip
            mark.that(
                got["pair"],
                kind="wrong_type",
                message="Two numbers were expected: the loss, and its derivative by the rate.",
                got=got["got"],
                **shown,
            )

            def end(rate):
                return losses[loss](closed(start, scale, float(rate), steps))

            return (*got["got"], got["plain"]), end, shown

        with mark.part("hypergradient, the loss", 0.25):
            (value, _, _), end, shown = answers("squares", 0.15, 4)
            by_loss = 2 * (
                1 - np.array(goal)
            )  # what the lent `descend` makes of the loss's own slope
            for kind, wrong, message in (
                ("other_function", losses["squares"](closed(start, by_loss, 0.15, 4)), "The descent "
                 "followed the gradient of `loss`. It should follow `slope`, which may be another's."),
                ("other_function", losses["squares"](goal + (np.array(start) - goal) * 0.7**4), "The "
                 "descent followed the gradient of `loss`. It should follow `slope`."),
                ("late_evaluation", losses["squares"](closed(start, scale, 0.15, 3)), "That is the loss "
                 "one step before the end."),
                ("early_stop", losses["squares"](np.array(start)), "That is the loss at the start."),
            ):  # fmt: skip
                mark.not_like(value, wrong, end(0.15), kind, message, **shown)
            mark.close(
                value,
                end(0.15),
                kind="wrong_value",
                message="The first number should be the loss after descent along `slope`.",
                **shown,
            )
        with mark.part("hypergradient, by the rate", 1):
            for loss, rate, steps in (
                ("squares", 0.15, 4),
                ("tanh", 0.2, 3),
            ):
                (_, got, plain), end, shown = answers(loss, rate, steps)
                right = float(nudged(end, rate))
                by_hand = np.array(closed(start, scale, rate, steps))
                by_w = 2 * (by_hand - goal) if loss == "squares" else goal / np.cosh(by_hand) ** 2
                for kind, wrong, message in (
                    ("wrong_argument", by_w, "That is the derivative by *w*, at the end. By the rate."),
                    ("sign", -right, "The sign is turned round."),
                    ("stale", float(-np.sum(by_w * scale * closed(start, scale, rate, steps - 1)))
                     if steps > 1 else math.inf,
                     "Only the last step was differentiated; each of them used the rate."),
                    ("repeated_factor", right * rate, "That is the derivative by the *logarithm* of "
                     "the rate."),
                ):  # fmt: skip
                    if np.all(np.isfinite(wrong)):
                        mark.that(
                            agree(got, wrong, rtol=1e-5) is not None,
                            kind=kind,
                            message=message,
                            got=got,
                            **shown,
                        )
                begin = "The derivative by the rate"
                judge_slope(mark, got, right, begin, rtol=1e-5, **shown)
                mark.that(
                    not plain,
                    kind="finite_difference",
                    message="The number is right, but it comes from nudges: the descent ran several "
                    "times, never with a rate that is on a tape. Let `dp` differentiate the run.",
                    got=got,
                    **shown,
                )


# ------------------------------------------------------------------------------------------------
# 7.9


@lab.exercise(
    "7.9",
    "The slope of an equilibrium",
    points=2,
    minutes=12,
    reread="week07.md#implicit",
    hints=(
        "Bring both terms with dx to one side. Which matrix stands before it?",
        "The matrix is the identity minus the Jacobian by x; on the other side is the Jacobian by p.",
        "`np.eye(len(x))`, two calls of `dp.jacfwd`, one `np.linalg.solve`. In settle, compare the new x "
        "with the one before it, entry by entry, in absolute value.",
    ),
)
class Equilibrium:
    def probe(student, which, A, B, x, p, kind):
        A, B = np.array(A, float), np.array(B, float)
        calls = [0]

        def g(x, p):
            calls[0] += 1
            if calls[0] > 5000:
                raise RuntimeError("g was called 5,000 times, and x no longer changes: stop there.")
            y = A @ x + B @ p
            return dp.tanh(y) if kind == "tanh" else y

        x, p = np.array(x, float), np.array(p, float)
        before = x.copy(), p.copy()
        got = unaided(student, which, "dpkit.fixed_point")(g, x, p)
        same = bool(np.array_equal(x, before[0]) and np.array_equal(p, before[1]))
        return {"got": numbers(got), "intact": same, "calls": calls[0]}

    def verdict(ask, rng, mark):
        def system(n, m):
            A = rng.uniform(0.2, 1.0, (n, n)) * rng.choice([-1, 1], (n, n))
            return 0.6 * A / np.abs(A).sum(axis=1).max(), rng.uniform(0.3, 1.2, (n, m))

        def at_rest(A, B, p, kind):
            """The fixed point: by a linear system, or by Newton's method."""
            x = np.zeros(len(A))
            for _ in range(60):
                y = A @ x + B @ p
                h, D = (np.tanh(y), 1 / np.cosh(y) ** 2) if kind == "tanh" else (y, np.ones(len(A)))
                x = x - np.linalg.inv(D[:, None] * A - np.eye(len(A))) @ (h - x)
            return x

        def settles(n, m, kind, A=None, off=None):
            """With `off`, from a start so far away from rest."""
            (any_A, B), p = system(n, m), rng.uniform(-1, 1, m)
            A = any_A if A is None else np.array(A)
            right = at_rest(A, B, p, kind)
            x = rng.uniform(-1, 1, n) if off is None else right + np.array(off)
            answer = ask(which="settle", A=A, B=B, x=x, p=p, kind=kind)
            given = {"g": f"{kind} of A x + B p", "A": A, "start − rest": x - right}
            shown, got = {"given": given, "function": "settle"}, answer["got"]
            if isinstance(got, np.ndarray) and got.shape == right.shape:
                off = float(np.max(np.abs(got - right)))
                mark.that(
                    not 1e-10 < off < 0.05,
                    kind="magnitude",
                    message=f"Stopped too early: {off:.0e} away from rest.",
                    got=got,
                    **shown,
                )
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="x = g(x, p) does not hold for every entry.",
                rtol=1e-9,
                **shown,
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="x or p was changed in place.",
                **shown,
            )

        def moves(n, m, kind):
            (A, B), p = system(n, m), rng.uniform(-1, 1, m)
            x = at_rest(A, B, p, kind)
            answer = ask(which="implicit_jacobian", A=A, B=B, x=x, p=p, kind=kind)
            got = answer["got"]
            given = {"g": f"{kind} of A x + B p", "len(x)": n, "len(p)": m}
            shown = {"given": given, "function": "implicit_jacobian"}
            D = 1 / np.cosh(A @ x + B @ p)[:, None] ** 2 if kind == "tanh" else 1.0
            right = np.linalg.inv(np.eye(n) - D * A) @ (D * B)
            for kind_, wrong, message in (
                ("missing_term", D * B + 0 * right, "That is ∂g/∂p alone: p moves x, and x moves x "
                 "again, and again."),
                ("sign", np.linalg.inv(np.eye(n) + D * A) @ (D * B), "A sign is turned round in the "
                 "matrix."),
                ("sign", -right, "The whole answer has the opposite sign."),
                ("stale", D * B + D * A @ (D * B), "That follows the loop for one more turn. It has "
                 "infinitely many."),
                ("transposed", np.linalg.inv(np.eye(n) - (D * A).T) @ (D * B), "The Jacobian by x is "
                 "transposed."),
                ("wrong_rule", np.linalg.pinv(1 - D * A) @ (D * B), "1 − J changes every entry of J; "
                 "the identity matrix has its ones on the diagonal only."),
                ("missing_term", np.linalg.pinv(D * A) @ (D * B), "One of the two terms with dx is "
                 "missing: the one on the left of the equation."),
                ("shape", right.T, "Right, but turned over: row i belongs to x[i]."),
            ):  # fmt: skip
                if np.shape(wrong) == np.shape(right) or kind_ == "shape":
                    mark.that(
                        agree(got, wrong) is not None, kind=kind_, message=message, got=got, **shown
                    )
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="x does not move like this.",
                rtol=1e-6,
                **shown,
            )
            mark.that(
                answer["calls"] <= 4 * (n + m) + 20,
                kind="accumulated",
                message=f"`g` was called {answer['calls']} times: the loop ran again. x is at rest "
                "already; differentiate the equation.",
                **shown,
            )

        with mark.part("settle", 0.75):
            settles(2, 1, "linear", [[0.25, 0.5], [0.5, 0.25]], [1.0, 1.0])  # all entries fall
            settles(3, 2, "linear")
            settles(2, 4, "tanh")
        with mark.part("implicit_jacobian", 1.25):
            moves(3, 2, "linear")
            moves(3, 2, "tanh")
