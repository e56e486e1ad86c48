"""Lab 8: what each exercise asks the student's code, and how the answers are judged.

Values and slopes are asked for together: this renderer is there to be run backwards, so dpkit's reverse
mode is run through the student's functions in the student's process. The truths are those of
`dpkit.render`, which has its own tests, and their slopes are centred differences of it. What
`dpkit.render` has ready-made is out of reach of a student's function meanwhile.
"""

from __future__ import annotations

import numpy as np

import dpkit as dp
from autograder.exercise import Lab, agree, nudged
from dpkit import render as drawn

lab = Lab(
    "lab08_rendering",
    "Pictures, backwards",
    week=8,
    minutes=180,
    notes="week08.md",
    given=[
        "adam.zero_grad()"
    ],  # Adam's loop is lab 6's, and two demonstrations train networks by it
)

SHEET = drawn.Canvas(32)
POINTS, PIXEL = SHEET.points(), SHEET.pixel


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def array(x):
    """Plain arrays and numbers from lists and numbers that travelled."""
    return np.array(x, float) if np.ndim(x) else float(x)


@lab.helper
def numbers(x):
    """The numbers in dpkit's tensors, and in arrays of any kind; lists of them likewise."""
    if isinstance(x, (list, tuple)):
        return [numbers(each) for each in x]
    x = x.data if isinstance(x, dp.Tensor) else x
    return np.array(x) if isinstance(x, np.ndarray) else x


@lab.helper
def slopes_of(f, arguments, weights, by):
    """(value, slope) of f(*arguments), weighted and summed, by the argument `by`, in reverse mode."""
    arguments, weights = [array(each) for each in arguments], np.array(weights, float)

    def weighed(x):
        return dp.sum(f(*arguments[:by], x, *arguments[by + 1 :]) * weights)

    value, slope = dp.value_and_grad(weighed)(arguments[by])
    return {"value": value, "slope": slope}


@lab.helper
def unaided(student, name, **lent):
    """The student's function, while what dpkit's renderer has ready-made is out of reach: not its
    sheet, its look at colours and its blur."""
    from dpkit import render

    kept = ("SHAPES", "Canvas", "blur", "clusters", "sketch")  # blur lives in the module `sketch`
    names = ["shapes", "cover", "strokes", *(each for each in render.__all__ if each not in kept)]
    return student.rebind(name, without=[f"dpkit.render.{each}" for each in names], **lent)


@lab.helper
def values_and_intact(function, arguments):
    """What came out, and whether the arguments are as they were."""
    arguments = [array(each) for each in arguments]
    before = [np.copy(each) for each in arguments]
    got = numbers(function(*arguments))
    pairs = zip(arguments, before, strict=True)
    return {"got": got, "intact": all(bool(np.array_equal(*pair)) for pair in pairs)}


@lab.helper
def lent_paint(scene, softness):
    """A picture of circles on a sheet of 32 × 32, in place of `paint`: so that what uses it is marked
    by itself."""
    step = 2 / 32
    x = (np.arange(32) - 15.5) * step
    picture = np.ones((32, 32, 3))
    for k in range(len(scene)):
        wide, high = x[None, :] - scene[k, 0], -x[:, None] - scene[k, 1]
        distance = dp.sqrt(wide * wide + high * high + 1e-18) - scene[k, 2]
        layer = dp.expand_dims(1 / (1 + dp.exp(dp.clip(distance / (softness * step), -60, 60))), -1)
        picture = picture * (1 - layer) + layer * scene[k, 3:]
    return picture


# ------------------------------------------------------------------------------------------------
# What verdicts share


def not_like(mark, got, wrongs, truth, **evidence):
    """Fail with a name where the answer is one of the wrong ones: (kind, wrong answer, message)."""
    for kind, wrong, message in wrongs:
        mark.not_like(got, wrong, truth, kind, message, **evidence)


def judge_value(mark, answer, truth, wrongs, what, **evidence):
    """A value that is right, and arguments that were left alone."""
    not_like(mark, answer["got"], wrongs, truth, **evidence)
    mark.close(
        answer["got"],
        truth,
        kind="wrong_value",
        message=f"The numbers of {what} are not right.",
        rtol=1e-6,
        **evidence,
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message=f"`{what}` changed an array that was handed to it. Make a new one.",
        **evidence,
    )


def judge_slope(mark, answer, f, x, what, **evidence):
    """A value, and then its slope, against the differences of the truth f."""
    mark.close(
        answer["value"],
        f(x),
        kind="wrong_value",
        message=f"The value of {what} is not right yet. Its slope comes after that.",
        rtol=1e-6,
        **evidence,
    )
    got, truth = answer["slope"], nudged(f, x)
    flat = isinstance(got, (float, np.ndarray)) and bool(np.all(got == 0) and np.any(truth != 0))
    mark.that(
        not flat,
        kind="zero",
        message=f"The slope of {what} is zero: somewhere on the way it turns into plain numbers, or a "
        "hard decision. Stay with `dp` functions.",
        got=got,
        expected=truth,
        **evidence,
    )
    mark.that(
        not isinstance(got, np.ndarray) or bool(np.all(np.isfinite(got))),
        kind="not_finite",
        message=f"The value of {what} is right, but its slope is not a number everywhere. Does a "
        "logarithm, a root or a division meet a 0 on the way?",
        got=got,
        expected=truth,
        **evidence,
    )
    mark.close(
        got,
        truth,
        kind="missing_term",
        message=f"The value of {what} is right, but its slope is not: part of it may be cut off from "
        "the tape.",
        rtol=1e-5,
        floor=1e-6,
        **evidence,
    )


NAMES = {
    "circle": ("points", "centre", "radius"),
    "segment": ("points", "start", "end"),
    "coverage": ("distance", "softness"),
    "soft_or": ("covered",),
    "over": ("picture", "covered", "colour"),
}


def shown_of(which, arguments, by=None, weights=None):
    """The evidence of a call: its arguments by their names, and of what the slope was taken."""
    given = dict(zip(NAMES[which], arguments, strict=True))
    if by is not None:
        given |= {"the slope by": NAMES[which][by], "of the sum weighted by": weights}
    return {"given": given, "function": which}


def logistic(z):
    """1 / (1 + exp(-z)), for any z."""
    return 0.5 * (1 + np.tanh(np.asarray(z, float) / 2))


# ------------------------------------------------------------------------------------------------
# 8.1: a prediction, as 8.6 is


@lab.exercise(
    "8.1",
    "Predict: the slope of a hard picture",
    points=1,
    minutes=3,
    reread="week08.md#hard-pictures",
    hints=(
        "Move the disc by a millionth. How many of the 65,536 points change sides?",
        "What is the derivative of each yes or no? And of their mean?",
        "Last week's argmax had the same derivative.",
    ),
)
class Hard:
    def probe(student):
        return student.my_prediction_of_the_slope()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 8.2


@lab.exercise(
    "8.2",
    "Distances",
    points=2,
    minutes=12,
    reread="week08.md#distances",
    hints=(
        "How far is a point from the centre? How much of that is inside?",
        "For the segment: the foot is start + f · (end − start), f between 0 and 1. `dp.clip(f, 0, 1)`, "
        "and `dp.expand_dims(f, -1)` so that it multiplies a vector.",
        "The distance is the length of (point − start) − f · (end − start). For a dot ⟨a, a⟩ is 0: "
        "divide by `dp.maximum(…, 1e-12)`.",
    ),
)
class Distances:
    def probe(student, which, arguments, weights=None, by=None):
        function = unaided(student, which)
        if by is None:
            return values_and_intact(function, arguments)
        return slopes_of(function, arguments, weights, by)

    def verdict(ask, rng, mark):
        truths = {"circle": drawn.circle, "segment": drawn.segment}

        def wrong_circles(p, c, r):
            gap = p - c
            length = np.linalg.norm(gap, axis=-1)
            return (
                ("sign", r - length, "The sign is turned round: negative is *inside*."),
                ("missing_term", length, "That is the distance from the centre. From the border?"),
                ("clipped", np.abs(length - r), "Inside, it should be negative."),
                ("clipped", np.maximum(length - r, 0.0), "Inside, it should be negative."),
                ("wrong_rule", length**2 - r**2, "That is a difference of squares: 0 at the right places, "
                 "but not a distance."),
                ("wrong_rule", np.abs(gap).sum(-1) - r, "That adds the two sides instead of taking the "
                 "length: a diamond."),
                ("factor", length / r - 1, "That is in radii. A distance is in the unit of the points."),
                ("wrong_rule", np.abs(gap).max(-1) - r, "That takes the longer side instead of the length: a "
                 "square."),
                ("ignored_argument", np.linalg.norm(p, axis=-1) - r, "The centre is not used: the distance "
                 "is counted from (0, 0)."),
                ("wrong_order", length**2 - r, "The root is missing: that is the square of the length, less "
                 "the radius."),
            )  # fmt: skip

        def wrong_segments(p, start, end):
            a, q = end - start, p - start
            square = max(float(a @ a), 1e-12)
            f = q @ a / square

            def at(f, q=q, a=a):
                return np.linalg.norm(q - np.asarray(f)[..., None] * a, axis=-1)

            right = at(np.clip(f, 0, 1))
            return (
                ("wrong_rule", at(f), "That is the distance from the endless line. The foot must stay on "
                 "the segment."),
                ("clipped", at(np.maximum(f, 0)), "It goes on for ever beyond the end."),
                ("clipped", at(np.minimum(f, 1)), "It goes on for ever before the start."),
                ("missing_factor", at(np.clip(q @ a, 0, 1)), "The share of the way is ⟨p, a⟩ divided by "
                 "⟨a, a⟩."),
                ("missing_factor", at(np.clip(q @ a / np.sqrt(square), 0, 1)), "Divide by ⟨a, a⟩, the "
                 "square of the length."),
                ("wrong_rule", right**2, "That is the distance squared."),
                ("wrong_rule", np.minimum(at(0 * f), at(0 * f + 1)), "That is the distance from the "
                 "nearer *end*."),
                ("wrong_point", np.linalg.norm(p - np.clip(f, 0, 1)[..., None] * a, axis=-1), "The foot is "
                 "counted from the start. Count the point from there, too."),
                ("wrong_point", at(np.clip(p @ a / square, 0, 1)), "For the share, too, the point is counted "
                 "from the start: p is point − start."),
                ("wrong_argument", np.clip(f, 0, 1), "That is the share of the way to the foot. How far is the "
                 "point from there?"),
                ("not_summed", at(np.clip(np.sum(q * a) / square, 0, 1)), "One share for all points: sum over "
                 "the last axis only."),
                ("averaged", at(0 * f + 0.5), "That is the distance from the middle."),
                ("wrong_rule", (q[..., 0] * a[1] - q[..., 1] * a[0]) / np.sqrt(square), "That is the distance "
                 "from the endless line, with a sign. The foot must stay on the segment."),
            )  # fmt: skip

        def value(which, *arguments):
            answer = ask(which=which, arguments=list(arguments))
            arguments = [np.asarray(each, float) for each in arguments]
            shown = shown_of(which, arguments)
            wrongs = (wrong_circles if which == "circle" else wrong_segments)(*arguments)
            truth = truths[which](*arguments)
            if (
                isinstance(answer["got"], (float, np.ndarray))
                and np.shape(answer["got"]) != truth.shape
            ):
                mark.fail(
                    "shape",
                    f"One distance for each point was expected, {truth.shape}; for points "
                    f"{arguments[0].shape} came back {np.shape(answer['got'])}. The two coordinates are "
                    "along the *last* axis.",
                    got=answer["got"],
                    **shown,
                )
            judge_value(mark, answer, truth, wrongs, which, **shown)

        def slope(which, by, *arguments):
            arguments = [np.asarray(each, float) for each in arguments]
            weights = rng.uniform(0.5, 1.5, arguments[0].shape[:-1])
            answer = ask(which=which, arguments=arguments, weights=weights, by=by)

            def truth(x):
                given = [*arguments[:by], x, *arguments[by + 1 :]]
                return float(np.sum(truths[which](*given) * weights))

            shown = shown_of(which, arguments, by, weights)
            judge_slope(mark, answer, truth, arguments[by], which, **shown)

        def some(*shape):
            return rng.uniform(-1, 1, (*shape, 2))

        centre, radius = rng.uniform(-0.4, 0.4, 2), float(rng.uniform(0.4, 0.7))
        near = centre + 0.3 * radius * np.array([[0.6, 0.8], [-0.8, 0.6]])  # inside of it
        start, end = np.array([-0.5, -0.25]) + 0.1 * some(), np.array([0.35, 0.45]) + 0.1 * some()
        along = end - start
        round_it = np.array([
            start - 0.3 * along + 0.1, end + 0.4 * along, start + 0.4 * along + [-0.2, 0.3], [0.3, -0.8],
        ])  # fmt: skip
        with mark.part("circle, values", 0.5):
            value("circle", np.vstack([near, [[0.9, -0.8], [-0.7, 0.95]]]), centre, radius)
            value("circle", some(4, 3), centre, 1.5 * radius)
        with mark.part("circle, slopes", 0.25):
            mark.only_after("circle, values")
            slope("circle", 1, some(3, 4), centre, radius)
            slope("circle", 2, some(5), centre, radius)
            answer = ask(
                which="circle", arguments=[[list(centre), [0.9, 0.1]], centre, radius],
                weights=[1.0, 0.0], by=1,
            )  # fmt: skip
            mark.that(
                isinstance(answer["slope"], np.ndarray)
                and bool(np.all(np.isfinite(answer["slope"]))),
                kind="not_finite",
                message="At the very centre the slope is not a number: a square root at 0. The first "
                "trap.",
                got=answer["slope"],
                function="circle",
            )
        with mark.part("segment, values", 0.75):
            value("segment", round_it, start, end)
            value("segment", some(4, 3), end, start)
        with mark.part("segment, slopes", 0.25):
            mark.only_after("segment, values")
            slope("segment", 1, round_it, start, end)
            slope("segment", 2, round_it, start, end)
            touched = np.vstack([start, some(2)])
            answer = ask(
                which="segment", arguments=[touched, start, end], weights=np.ones(3), by=2
            )  # fmt: skip
            mark.that(
                isinstance(answer["slope"], np.ndarray)
                and bool(np.all(np.isfinite(answer["slope"]))),
                kind="not_finite",
                message="For a point that lies on the segment the slope is not a number: a square root "
                "at 0. The first trap.",
                got=answer["slope"],
                function="segment",
            )
        with mark.part("segment, a dot", 0.25):
            mark.only_after("segment, values")
            points = some(5)
            got = ask(which="segment", arguments=[points, start, start])["got"]
            mark.that(
                not isinstance(got, np.ndarray) or bool(np.all(np.isfinite(got))),
                kind="not_finite",
                message="Where start and end are the same point, the distance is not a number: 0 is "
                "divided by 0. The second trap.",
                got=got,
                given={"points": points, "start": start, "end": start},
                function="segment",
            )
            value("segment", points, start, start)
            answer = ask(
                which="segment", arguments=[points, start, start], weights=np.ones(5), by=2
            )  # fmt: skip
            mark.that(
                isinstance(answer["slope"], np.ndarray)
                and bool(np.all(np.isfinite(answer["slope"]))),
                kind="not_finite",
                message="Where start and end are the same point, the slope is not a number.",
                got=answer["slope"],
                function="segment",
            )


# ------------------------------------------------------------------------------------------------
# 8.3


@lab.exercise(
    "8.3",
    "Coverage and layers",
    points=3,
    minutes=12,
    reread="week08.md#coverage",
    hints=(
        "Deep inside, the distance is very negative, and the coverage 1.",
        "`dp.sigmoid` never overflows. soft_or: what must every layer do, so that nothing is covered? "
        "`dp.prod(…, axis=0)`.",
        "over: go from the old picture towards the colour, by the share that is covered: "
        "old + share · (colour − old), with the share made (height, width, 1).",
    ),
)
class Coverage:
    def probe(student, which, arguments, weights=None, by=None):
        function = unaided(student, which)
        if by is None:
            with np.errstate(all="ignore"):
                return values_and_intact(function, arguments)
        return slopes_of(function, arguments, weights, by)

    def verdict(ask, rng, mark):
        def blend(picture, covered, colour):
            return drawn.over([(covered, colour)], picture)

        truths = {"coverage": drawn.coverage, "soft_or": drawn.soft_or, "over": blend}
        wrongs = {
            "coverage": lambda d, s: (
                ("sign", logistic(d / s), "It is 1 *outside*: a sign is turned round."),
                ("wrong_argument", logistic(-d * s), "The softness is the wrong way up."),
                ("missing_factor", logistic(-d), "The softness is not used."),
                ("zero", 1.0 * (d < 0), "That is the hard coverage: it has no slope."),
                ("factor", logistic(-2 * d / s), "Twice too sharp."),
                ("wrong_rule", np.tanh(-d / s), "A tanh goes from −1 to 1; coverage from 0 to 1."),
                ("wrong_rule", np.exp(-((d / s) ** 2)), "That is the ink of a stroke, and falls again "
                 "inside."),
                ("clipped", np.clip(0.5 - d / (2 * s), 0, 1), "A ramp has no slope beyond its ends. The "
                 "logistic function never goes quite flat."),
            ),
            "soft_or": lambda c: (
                ("accumulated", c.sum(0), "Two layers of 0.6 do not cover 1.2."),
                ("other_function", c.max(0), "That is the largest layer: the others have no say, and no "
                 "slope."),
                ("averaged", c.mean(0), "A mean: another layer could make it *less* covered."),
                ("swapped", c.prod(0), "Covered by one *and* all others. What is the chance that all "
                 "miss?"),
                ("sign", (1 - c).prod(0), "That is what stays white."),
                ("missing_term", 1 - c.prod(0), "That is 1 unless *all* cover. What is the chance that "
                 "all miss?"),
                ("clipped", np.minimum(c.sum(0), 1.0), "Cut off at 1: there the layers have no slope, and "
                 "two of ½ would hide everything."),
            ),
            "over": lambda p, c, k: (
                ("swapped", k + c[..., None] * (p - k), "The old picture shows where it should be hidden: "
                 "the two changed places."),
                ("missing_term", p + c[..., None] * k, "The old picture must fade where the colour "
                 "covers it."),
                ("missing_term", c[..., None] * k + 0 * p, "The old picture is gone."),
                ("averaged", (p + c[..., None] * k) / 2, "Not a mean: the share is `covered`."),
                ("wrong_rule", p * (1 - c[..., None] * (1 - k)), "That is transparent film. Paint hides "
                 "what is below."),
                ("ignored_argument", 1 - c[..., None] * (1 - k), "That is painted on white. Paint on the "
                 "picture that was handed over."),
                ("sign", p - c[..., None] * (k - p), "That goes away from the colour: a sign is turned "
                 "round."),
                ("missing_term", c[..., None] * (k - p), "That is the change alone; the old picture is to "
                 "be added."),
                ("zero", np.where(c[..., None] > 0.5, k, p), "All or nothing: a share of the colour, as "
                 "much as `covered` says."),
            ),
        }  # fmt: skip

        def value(which, *arguments):
            arguments = [np.asarray(each, float) for each in arguments]
            answer = ask(which=which, arguments=arguments)
            shown = shown_of(which, arguments)
            with np.errstate(over="ignore"):
                truth = np.asarray(truths[which](*arguments))
            if which == "soft_or":
                others = [
                    (*truth.shape[:1], len(arguments[0])),
                    (len(arguments[0]), *truth.shape[1:]),
                ]
                got = getattr(answer["got"], "shape", truth.shape)
                if got != truth.shape and (got in others or got[::-1] in others):
                    mark.fail("shape", "The layers are along the *first* axis.", **shown)
            judge_value(mark, answer, truth, wrongs[which](*arguments), which, **shown)

        def slope(which, by, *arguments):
            arguments = [np.asarray(each, float) for each in arguments]
            weights = rng.uniform(0.5, 1.5, np.shape(truths[which](*arguments)))
            answer = ask(which=which, arguments=arguments, weights=weights, by=by)

            def truth(x):
                return float(
                    np.sum(truths[which](*arguments[:by], x, *arguments[by + 1 :]) * weights)
                )

            shown = shown_of(which, arguments, by, weights)
            judge_slope(mark, answer, truth, arguments[by], which, **shown)

        def shares(*shape):
            return rng.uniform(0.15, 0.85, shape)

        s = float(rng.uniform(0.15, 0.4))
        with mark.part("coverage", 0.75):
            value("coverage", rng.uniform(-0.6, 0.6, (3, 4)), s)
            value("coverage", rng.uniform(-0.6, 0.6, 5), 2 * s)
            slope("coverage", 0, rng.uniform(-0.6, 0.6, (3, 2)), s)
        with mark.part("coverage, far away", 0.25):
            mark.only_after("coverage")
            value("coverage", [-5000.0, 5000.0, 0.01], 0.02)
            answer = ask(
                which="coverage", arguments=[[-5000.0, 5000.0], 0.02], weights=[1.0, 1.0], by=0
            )  # fmt: skip
            far = {"distance": [-5000.0, 5000.0], "softness": 0.02}
            mark.that(
                not isinstance(answer["slope"], np.ndarray)
                or bool(np.all(np.isfinite(answer["slope"]))),
                kind="not_finite",
                message="Far from the border the slope is not a number: the exponential of a huge number "
                "overflows, and going back, infinity times 0 has no value.",
                given=far,
                got=answer["slope"],
                function="coverage",
            )
            mark.close(
                answer["slope"],
                np.zeros(2),
                kind="wrong_value",
                message="Far from the border coverage should not change.",
                given=far,
                function="coverage",
            )
        with mark.part("soft_or", 1):
            value("soft_or", shares(2, 3, 4))
            value("soft_or", shares(5, 2, 3))
            slope("soft_or", 0, shares(3, 2, 4))
            whole = shares(2, 2, 3)
            whole[0, 0], whole[1, 1] = 1.0, 0.0  # a layer that hides all, and one that is not there
            value("soft_or", whole)
            slope("soft_or", 0, whole)
        with mark.part("over", 0.75):
            value("over", shares(3, 4, 3), shares(3, 4), shares(3))
            slope("over", 1, shares(2, 4, 3), shares(2, 4), shares(3))
            slope("over", 2, shares(2, 4, 3), shares(2, 4), shares(3))
        with mark.part("over, a new picture", 0.25):
            mark.only_after("over")
            value("over", np.ones((4, 2, 3)), shares(4, 2), shares(3))


# ------------------------------------------------------------------------------------------------
# 8.4


@lab.exercise(
    "8.4",
    "Judged by the hard picture",
    points=2,
    minutes=10,
    reread="week08.md#dial",
    hints=(
        "When the distance grows, does coverage grow or shrink?",
        "σ′(z) is σ(z)(1 − σ(z)). Here z is −distance / softness, and z changes with the distance by "
        "−1 / softness.",
        "cosine: the sum of products, divided by the roots of both sums of squares. change: "
        "picture(p + h) minus picture(p − h), over the way between.",
    ),
)
class Judged:
    def probe(student, which, arguments, form=None):
        if which == "pull":

            def lent(distance, softness):
                return 0.5 * (1 - dp.tanh(distance / softness / 2))

            function = unaided(student, "pull", coverage=lent)
            with np.errstate(all="ignore"):
                return values_and_intact(function, arguments)
        if which == "change":
            scale, p, h = arguments
            scale = np.array(scale, float)

            def picture(p):
                if form == "stairs":
                    return np.floor(8 * scale * p)
                return dp.sin(scale * p) if form == "sine" else scale * p * p * p

            return {"got": numbers(unaided(student, "change")(picture, p, h)), "intact": True}
        return values_and_intact(unaided(student, which), arguments)

    def verdict(ask, rng, mark):
        def pull(distance, s):
            distance = np.asarray(distance, float)
            answer = ask(which="pull", arguments=[distance, s])
            c = logistic(-distance / s)
            # from both tails, so that nothing cancels
            truth = -np.exp(-np.abs(distance) / s) / (1 + np.exp(-np.abs(distance) / s)) ** 2 / s
            wrongs = (
                ("sign", -truth, "The further away, the *less* is covered."),
                ("missing_factor", truth * s, "z = −distance / softness changes with the distance, too: "
                 "the chain rule has another factor."),
                ("missing_factor", -truth * s, "That is σ′(z). z = −distance / softness changes with the "
                 "distance, too: the chain rule has another factor, with a sign."),
                ("wrong_argument", truth * s * s, "Divide by the softness once more: you multiplied."),
                ("wrong_rule", -c / s, "The slope of a logistic function has two factors, σ and 1 − σ."),
                ("wrong_rule", -(1 - c) / s, "The slope of a logistic function has two factors."),
                ("wrong_argument", c + 0 * truth, "That is the coverage itself."),
                ("repeated_factor", truth / s, "Divided by the softness once too often."),
                ("wrong_argument", -truth * distance / s, "That is the derivative by the *softness*."),
            )  # fmt: skip
            shown = {"given": {"distance": distance, "softness": s}, "function": "pull"}
            judge_value(mark, answer, truth, wrongs, "pull", **shown)

        s = float(rng.uniform(0.2, 0.6))
        with mark.part("pull", 0.75):
            pull(rng.uniform(-0.5, 0.5, (2, 3)), s)
            pull(rng.uniform(-0.5, 0.5, 4), 2.5 * s)
            pull([-900.0, 900.0, 0.03], 0.5)

        def change(form, shape, p, h):
            signs = np.resize([1, -1], shape)  # some pixels grow darker
            scale = rng.uniform(0.5, 1.5, shape) * signs
            got = ask(which="change", arguments=[scale, p, h], form=form)["got"]

            def picture(p):
                if form == "stairs":
                    return np.floor(8 * scale * p)
                return np.sin(scale * p) if form == "sine" else scale * p**3

            truth = (picture(p + h) - picture(p - h)) / (2 * h)
            shown = {"given": {"p": p, "h": h, "shape": shape}, "function": "change"}
            wrongs = (
                ("truncated", (picture(p + h) - picture(p)) / h, "That looks to one side only."),
                ("truncated", (picture(p) - picture(p - h)) / h, "That looks to one side only."),
                ("factor", 2 * truth, "The way from p − h to p + h is *two* steps long."),
                ("missing_factor", 2 * h * truth, "That is how far it changed; divide by the way."),
                ("sign", -truth, "The two changed places."),
                ("clipped", np.abs(truth), "A pixel may also grow darker: leave the sign."),
                ("wrong_argument", (picture(p + h / 2) - picture(p - h / 2)) / h, "`h` is the step to *each* "
                 "side."),
                ("wrong_order", h * h * truth, "Mind the brackets: divide by (2 * h)."),
                ("missing_term", picture(p + h) / (2 * h) - picture(p - h), "Mind the brackets."),
                ("not_summed", np.sum(truth), "One number. How does *each* pixel change?"),
                ("averaged", np.mean(truth), "One number. How does *each* pixel change?"),
            )  # fmt: skip
            not_like(mark, got, wrongs, truth, **shown)
            if form != "stairs":
                slope = scale * np.cos(scale * p) if form == "sine" else 3 * scale * p**2
                message = "That is the exact derivative; here it is the nudge that is asked for."
                not_like(mark, got, [("other_function", slope, message)], truth, **shown)
            mark.close(
                got, truth, kind="wrong_value", message="Not the centred difference.", **shown
            )

        with mark.part("change", 0.5):
            change("cube", (2, 3), 0.7, 0.2)
            change("stairs", (3, 5), float(rng.uniform(0.5, 0.6)), 0.25)

        def cosine(a, b):
            answer = ask(which="cosine", arguments=[a, b])
            dot, aa, bb = np.sum(a * b), np.sum(a * a), np.sum(b * b)
            truth = float(dot / np.sqrt(aa * bb))
            flat_a, flat_b = a - a.mean(), b - b.mean()
            wrongs = (
                ("normalised", dot, "Divide by both lengths: a cosine is never above 1."),
                ("normalised", np.mean(a * b), "Divide by both lengths, not by the number of pixels."),
                ("wrong_rule", dot / (aa * bb), "The lengths are the *roots* of the sums of squares."),
                ("missing_factor", dot / np.sqrt(aa), "Both lengths count."),
                ("missing_factor", dot / np.sqrt(bb), "Both lengths count."),
                ("missing_factor", dot / aa, "Both lengths count, once each."),
                ("wrong_rule", np.sum(flat_a * flat_b) / np.sqrt(np.sum(flat_a**2) * np.sum(flat_b**2)),
                 "That is the correlation: the means are not to be subtracted."),
                ("clipped", abs(truth), "Opposite directions have −1."),
                ("wrong_argument", np.arccos(truth), "That is the angle; its cosine is asked for."),
                ("swapped", 1 - truth, "That is how far they are apart, 1 − cosine."),
                ("repeated_factor", truth**2, "That is the square of the cosine, which has lost the sign."),
                ("averaged", np.mean(np.sum(a * b, -1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)),
                 "That is a mean over rows. Each array is *one* long vector."),
                ("wrong_rule", dot / (np.sum(np.abs(a)) * np.sum(np.abs(b))), "A length is the root of the sum "
                 "of squares."),
            )  # fmt: skip
            shown = {"given": {"a": a, "b": b}, "function": "cosine"}
            judge_value(mark, answer, truth, wrongs, "cosine", **shown)

        with mark.part("cosine", 0.75):
            for shape in ((3, 4), (5,)):
                a = rng.uniform(0.5, 2, shape)
                cosine(a, a + rng.uniform(-1, 1, shape))
            a = rng.uniform(0.5, 2, (2, 3))
            cosine(a, -2 * a + rng.uniform(-0.5, 0.5, (2, 3)))


# ------------------------------------------------------------------------------------------------
# 8.5


@lab.exercise(
    "8.5",
    "From picture to scene",
    points=3,
    minutes=15,
    reread="week08.md#coarse-to-fine",
    hints=(
        "misfit is one line. In refine, what does the optimiser need to own, and what must be made zero "
        "before each backward pass?",
        "`dp.tensor(start, requires_grad=True)` is a copy on a tape. In the loop: `adam.zero_grad()`, the "
        "loss of that tensor and its `.backward()`, `adam.step()`. Its numbers are `.data`.",
        "anneal: a list that begins with the start. For each softness, refine a function of the "
        "parameters alone, `lambda p: loss(p, soft)`, from the *last* entry, and append.",
    ),
)
class Backwards:
    def probe(student, which, scene=None, picture=None, softness=None, slope=False, scale=None,
              goal=None, steps=None, rate=None):  # fmt: skip
        if which == "misfit":
            function = unaided(student, "misfit", paint=lent_paint)
            scene, picture = np.array(scene, float), np.array(picture, float)
            before = scene.copy(), picture.copy()
            if slope:
                value, by = dp.value_and_grad(lambda s: function(s, picture, softness))(scene)
                return {"value": value, "slope": by}
            got = numbers(function(scene, picture, softness))
            same = np.array_equal(scene, before[0]) and np.array_equal(picture, before[1])
            return {"got": got, "intact": bool(same)}
        if which == "refine":
            scale, goal = np.array(scale, float), np.array(goal, float)
            start = np.array(scene, float)
            before = start.copy()
            got = unaided(student, "refine")(
                lambda parameters: dp.sum(scale * (parameters - goal) ** 2) / 2,
                start,
                int(steps),
                rate,
            )
            plain = not isinstance(got, dp.Tensor)
            same = bool(np.array_equal(start, before))
            plain = plain and isinstance(got, np.ndarray)
            return {"got": numbers(got), "intact": same and got is not start, "plain": plain}
        if which == "anneal":
            goal, heard = np.array(goal, float), []

            def loss(parameters, softness):
                heard.append(float(softness))
                return dp.sum((parameters - goal) ** 2) * softness

            def lent(loss, start, steps, rate):  # a way of its own, in which everything tells
                start = np.array(numbers(start), float)
                return 0.75 * start + rate * steps + 0.01 * float(numbers(loss(start)))

            start = np.array(scene, float)
            before = start.copy()
            got = unaided(student, "anneal", refine=lent)(loss, start, list(softness), int(steps))
            listed = isinstance(got, (list, tuple)) or getattr(got, "ndim", 0) > np.ndim(start)
            same = bool(np.array_equal(start, before))
            return {
                "got": [numbers(each) for each in got] if listed else None,
                "intact": same,
                "heard": heard,
            }
        # all of it: the student's own three functions, on a lent sheet
        picture = np.array(picture, float)
        misfit = unaided(student, "misfit", paint=lent_paint)
        way = unaided(student, "anneal")(
            lambda parameters, softness: misfit(parameters, picture, softness),
            np.array(scene, float),
            list(softness),
            int(steps),
        )
        return {"got": array(numbers(way[-1]))}

    def verdict(ask, rng, mark):
        def some(count):
            """Circles in corners of the sheet, which do not touch."""
            corners = np.array([[-0.45, 0.4], [0.4, -0.35], [0.45, 0.5]])[:count]
            at = corners + rng.uniform(-0.08, 0.08, (count, 2))
            shades = np.array([[0.1, 0.3, 0.7], [0.8, 0.4, 0.1], [0.2, 0.6, 0.3]])[:count]
            shades = shades + rng.uniform(-0.1, 0.1, (count, 3))
            return np.hstack([at, rng.uniform(0.25, 0.35, (count, 1)), shades])

        def painted(scene, softness):
            rows = {"at": scene[:, :2], "turn": 0 * scene[:, 2], "size": scene[:, 2],
                    "colour": scene[:, 3:]}  # fmt: skip
            return drawn.render(["circle"] * len(scene), rows, SHEET, softness, samples=1)

        def apart(count, softness):
            """A scene, and the picture of another one."""
            scene, other = some(count), some(count)
            return scene, painted(other, 0.2) + rng.normal(0, 0.03, (32, 32, 3)), softness

        with mark.part("misfit, values", 0.5):
            for count, softness in ((2, 1.0), (3, 0.4)):
                scene, picture, softness = apart(count, softness)
                answer = ask(which="misfit", scene=scene, picture=picture, softness=softness)
                gap = painted(scene, softness) - picture
                truth = float(np.mean(gap**2))
                wrongs = [
                    ("not_summed", np.sum(gap**2), "That is the sum; a mean does not depend on the size "
                     "of the sheet."),
                    ("wrong_rule", np.mean(np.abs(gap)), "Squares, not absolute values."),
                    ("wrong_rule", np.sqrt(truth), "No root: the mean square itself."),
                    ("sign", np.mean(gap), "Without the square, too bright and too dark cancel."),
                    ("factor", truth / 2, "There is a factor ½ too many."),
                    ("wrong_order", np.mean(gap) ** 2, "First the squares, then the mean."),
                    ("shape", gap**2, "One number: the mean of all squares."),
                    ("ignored_argument", np.mean((painted(scene, 0.2) - picture) ** 2), "The softness is "
                     "not handed on."),
                    ("ignored_argument", np.mean((painted(scene, 1.0) - picture) ** 2), "The softness is "
                     "not handed on."),
                    ("repeated_factor", np.mean((painted(scene, softness * PIXEL) - picture) ** 2), "The "
                     "softness is in pixels already: hand it on as it is."),
                    ("not_summed", 3 * truth, "That adds the three colours. The mean is over them, too."),
                ]  # fmt: skip
                shown = {"given": {"scene": scene, "softness": softness}, "function": "misfit"}
                judge_value(mark, answer, truth, wrongs, "misfit", **shown)
        with mark.part("misfit, slopes", 0.25):
            mark.only_after("misfit, values")
            scene, picture, softness = apart(2, 1.5)
            answer = ask(
                which="misfit", scene=scene, picture=picture, softness=softness, slope=True
            )
            judge_slope(
                mark, answer, lambda s: float(np.mean((painted(s, 1.5) - picture) ** 2)), scene,
                "misfit", given={"scene": scene, "softness": 1.5}, function="misfit",
            )  # fmt: skip

        def adam(
            scale, goal, start, steps, rate, sign=-1.0, forget=False, keep=False, instead=None
        ):
            """Where Adam is; `forget` to make the gradient zero; with `keep`, by the first one. Or
            where others are `instead`."""
            p, m, v, total, first, push = np.array(start), 0.0, 0.0, 0.0, None, 0.0
            for k in range(1, steps + 1):
                g = scale * (p - goal)
                total = total + g
                first = g if first is None else first
                g = total if forget else first if keep else g
                m, v, push = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g, 0.9 * push + g
                step = m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
                others = {"plain": g, "momentum": push, "fresh": g / (np.abs(g) + 1e-8)}
                p = p + sign * rate * others.get(instead, step)
            return p

        def refines(shape, steps, rate):
            scale, goal = rng.uniform(0.5, 2, shape), rng.uniform(-1, 1, shape)
            start = goal + rng.uniform(0.4, 0.9, shape) * rng.choice([-1, 1], shape)
            answer = ask(
                which="refine", scene=start, scale=scale, goal=goal, steps=steps, rate=rate
            )  # fmt: skip
            right = adam(scale, goal, start, steps, rate)
            wrongs = (
                ("ascent", adam(scale, goal, start, steps, rate, sign=1.0), "That goes uphill."),
                ("accumulated", adam(scale, goal, start, steps, rate, forget=True), "Gradients of all "
                 "steps pile up: make them zero before each backward pass."),
                ("no_update", start, "Nothing moved. When the optimiser steps, the gradient must be there: "
                 "zero, backward, step."),
                ("other_function", adam(scale, goal, start, steps, rate, instead="plain"), "That is plain "
                 "gradient descent. Adam makes its steps alike for all parameters."),
                ("other_function", adam(scale, goal, start, steps, rate, instead="momentum"), "That is "
                 "descent with momentum. Adam makes its steps alike for all parameters."),
                ("stale", adam(scale, goal, start, steps, rate, instead="fresh"), "Every step is as long as "
                 "the first: an optimiser that is made anew for each step remembers nothing."),
                ("learning_rate", adam(scale, goal, start, steps, 0.001), "The rate is not handed on."),
                ("late_evaluation", adam(scale, goal, start, steps + 1, rate), "One step too many."),
                ("late_evaluation", adam(scale, goal, start, max(steps - 1, 0), rate), "One step too "
                 "few."),
                ("truncated", adam(scale, goal, start, 1, rate), "Only one step was taken."),
                ("stale", adam(scale, goal, start, steps, rate, keep=True), "Every step uses the gradient "
                 "at the start."),
                ("wrong_argument", scale * (adam(scale, goal, start, steps - 1, rate) - goal), "That is the "
                 "last gradient. Where are the parameters?"),
            )  # fmt: skip
            given = {"start": start, "steps": steps, "rate": rate}
            shown = {"given": given, "function": "refine"}
            not_like(mark, answer["got"], wrongs, right, **shown)
            mark.that(
                agree(answer["got"], goal, floor=1e-4) is not None
                or agree(right, goal, floor=1e-4) is None,
                kind="ignored_argument",
                message="That is the very bottom. Where do just so many steps of Adam end?",
                got=answer["got"],
                **shown,
            )
            mark.close(
                answer["got"], right, kind="wrong_value", message="Not where Adam leads.", rtol=1e-6,
                **shown,
            )  # fmt: skip
            mark.that(
                answer["plain"],
                kind="wrong_type",
                message="A plain array, please: the tensor's `.data`.",
                **shown,
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="`start` itself was moved.",
                **shown,
            )

        with mark.part("refine", 0.75):
            refines((3,), 40, 0.05)  # long enough to come round: then no two mistakes end alike
            refines((2, 6), 7, 0.02)

        def anneals(softnesses, steps):
            goal, start = rng.uniform(-1, 1, 3), rng.uniform(1, 2, 3)
            answer = ask(which="anneal", scene=start, goal=goal, softness=softnesses, steps=steps)

            def walk(rate=lambda s: 0.03 * min(1, s), stay=False, softs=softnesses, count=steps):
                stations = [start]
                for s in softs:
                    at = start if stay else stations[-1]
                    stations.append(
                        0.75 * at + rate(s) * count + 0.01 * s * np.sum((at - goal) ** 2)
                    )
                return stations

            right = np.array(walk())
            given = {"softnesses": softnesses, "steps": steps}
            shown = {"given": given, "function": "anneal"}
            mark.that(
                answer["got"] is not None,
                kind="wrong_type",
                message="A list of all stations was expected.",
                **shown,
            )
            heard = [
                s
                for s, last in zip(answer["heard"], [None, *answer["heard"]], strict=False)
                if s != last
            ]
            late = " A `lambda` looks a loop's variable up when it is *called*."
            mark.that(
                heard == list(softnesses) or agree(answer["got"], right, rtol=1e-6) is None,
                kind="wrong_order",
                message=f"The loss was asked at the softnesses {answer['heard']}; one refinement for each "
                "of those given, in their order, was expected."
                + late
                * (len(softnesses) > 1 and heard == list(softnesses[-1:])),
                **shown,
            )
            mark.that(
                len(answer["got"]) == len(right),
                kind="shape",
                message=f"{len(softnesses)} softnesses make {len(right)} stations with the start; "
                f"{len(answer['got'])} came back.",
                **shown,
            )
            wrongs = (
                ("stale", np.array(walk(stay=True)), "Each refinement starts at the beginning again. Go "
                 "on from where the last one ended."),
                ("learning_rate", np.array(walk(rate=lambda s: 0.03)), "The rate is 0.03 for every "
                 "softness: it should shrink below one pixel."),
                ("learning_rate", np.array(walk(rate=lambda s: 0.03 * s)), "The rate grows without bound "
                 "with the softness: `min(1, …)`."),
                ("learning_rate", np.array(walk(rate=lambda s: 0.03 * max(1, s))), "`min`, not `max`."),
                ("missing_factor", np.array(walk(count=steps // len(softnesses))), "`steps` are for *each* "
                 "softness, not for all of them together."),
                ("aliased", np.array([right[-1]] * len(right)), "All stations are one and the same array, "
                 "changed in place. Keep a copy of each."),
            )  # fmt: skip
            not_like(mark, answer["got"], wrongs, right, **shown)
            mark.close(
                answer["got"], right, kind="wrong_value", message="Not the stations expected.",
                rtol=1e-6, **shown,
            )  # fmt: skip
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The start itself was moved.",
                **shown,
            )

        with mark.part("anneal", 1):
            anneals([3.0, 0.5, 0.25], 10)
        with mark.part("all together", 0.5):
            for part in ("misfit, values", "misfit, slopes", "refine", "anneal"):
                mark.only_after(part)
            true = some(2)
            picture = painted(true, 0.2) + rng.normal(0, 0.02, (32, 32, 3))
            off = rng.uniform(0.06, 0.1, true.shape) * rng.choice([-1, 1], true.shape)
            got = ask(which="all", scene=true + off, picture=picture, softness=[1.0, 0.2], steps=40)
            got = got["got"]
            mark.that(
                isinstance(got, np.ndarray) and got.shape == true.shape,
                kind="shape",
                message="A scene was expected at the end of the way.",
            )
            worst = float(np.max(np.abs(got - true)[:, :3]) / PIXEL)
            mark.that(
                worst < 0.25,
                kind="wrong_value",
                message=f"From about 1.3 pixels away, the circles end {worst:.2f} pixels off; a quarter "
                "of a pixel was expected.",
            )


# ------------------------------------------------------------------------------------------------
# 8.6


@lab.exercise(
    "8.6",
    "Predict: ten random starts",
    points=1,
    minutes=3,
    reread="week08.md#look-first",
    hints=(
        "Which of your circles is for which disc? Who decides that?",
        "What happens to two circles that begin near the same disc?",
        "Neither none nor all.",
    ),
)
class Starts:
    def probe(student):
        return student.my_prediction_of_the_starts()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 10)


# ------------------------------------------------------------------------------------------------
# 8.7


@lab.exercise(
    "8.7",
    "A first guess",
    points=2,
    minutes=10,
    reread="week08.md#look-first",
    hints=(
        "Which numbers tell how near two colours are? Which function says *where* the smallest is?",
        "`picture[:, :, None] - every` is (height, width, n + 1, 3) if `every` holds the colours and, as "
        "the last row, white. Squares, summed over the last axis; then `np.argmin`.",
        "`POINTS[labels == k]` are the places of circle k. Their number times `PIXEL**2` is an area, and "
        "the area of a disc is π r².",
    ),
)
class Look:
    def probe(student, which, picture, colours):
        picture, colours = np.array(picture, float), np.array(colours, float)
        if which == "label":
            return values_and_intact(unaided(student, "label"), [picture, colours])

        def lent(picture, colours):
            every = np.concatenate([colours, np.ones((1, 3))])
            apart = np.stack([((picture - each) ** 2).sum(2) for each in every])
            return apart.argmin(0)

        return values_and_intact(unaided(student, "look", label=lent), [picture, colours])

    def verdict(ask, rng, mark):
        def nearest(picture, every):
            return np.argmin(((picture[:, :, None] - every) ** 2).sum(-1), axis=-1)

        def labels(count, shape):
            while True:  # colours of which each is the nearest one somewhere
                colours = rng.uniform(0, 0.8, (count, 3))
                picture = rng.uniform(0, 1, (*shape, 3))
                picture[0, 0] = rng.uniform(0.95, 1, 3)  # nearly paper
                palette = np.vstack([colours, np.ones(3)])
                truth = nearest(picture, palette)
                black = nearest(picture, np.vstack([colours, np.zeros(3)]))
                plain = np.argmin(np.abs(picture[:, :, None] - palette).sum(-1), axis=-1)
                if len(np.unique(truth)) == len(np.unique(black)) == count + 1 and np.any(
                    plain != truth
                ):
                    break
            answer = ask(which="label", picture=picture, colours=colours)
            grey = np.argmin(np.abs(picture.mean(-1)[..., None] - palette.mean(-1)), axis=-1)
            far = np.argmax(((picture[:, :, None] - palette) ** 2).sum(-1), axis=-1)
            wrongs = (
                ("missing_term", nearest(picture, colours), "White paper is missing among the colours."),
                ("constant_offset", nearest(picture, np.vstack([np.ones(3), colours])), "White comes "
                 "last: it is number n, and the first colour number 0."),
                ("swapped", far, "That is the colour *furthest* away."),
                ("wrong_rule", grey, "All three channels count, not only brightness."),
                ("wrong_argument", nearest(picture, np.vstack([colours, np.zeros(3)])), "Paper is white, "
                 "(1, 1, 1)."),
                ("constant_offset", np.where(truth == count, -1, truth), "White paper is number n."),
                ("constant_offset", truth + 1, "The first colour is number 0."),
                ("wrong_argument", np.min(((picture[:, :, None] - palette) ** 2).sum(-1), axis=-1), "That is "
                 "how near the nearest one is. Which *number* has it?"),
                ("wrong_rule", plain, "Near by "
                 "the sum of the *squares* of the differences, as places are."),
                ("wrong_rule", np.argmin(np.abs((picture[:, :, None] - palette).sum(-1)), axis=-1),
                 "Differences of the channels must not cancel: square them first."),
            )  # fmt: skip
            shown = {"given": {"colours": colours}, "function": "label"}
            judge_value(mark, answer, truth, wrongs, "label", **shown)

        with mark.part("label", 1):
            labels(2, (6, 7))
            labels(3, (8, 5))

        def looks(count):
            at = np.array([[-0.5, 0.4], [0.45, 0.2], [0.1, -0.55]])[:count]
            at = at + rng.uniform(-0.1, 0.1, (count, 2))
            radius = rng.uniform(0.2, 0.35, count)
            base = np.array([[0.1, 0.3, 0.8], [0.8, 0.3, 0.1], [0.2, 0.7, 0.3]])[:count]
            colours = base + rng.uniform(-0.1, 0.1, (count, 3))
            rows = {"at": at, "turn": 0 * radius, "size": radius, "colour": colours}
            picture = drawn.render_hard(["circle"] * count, rows, SHEET)
            order = rng.permutation(count)  # in no order of sizes
            while (
                count > 1
                and np.all(np.diff(radius[order]) < 0)
                or (count > 2 and np.all(np.diff(radius[order]) > 0))
            ):
                order = rng.permutation(count)
            colours = colours[order]
            answer = ask(which="look", picture=picture, colours=colours)
            found = nearest(picture, np.vstack([colours, np.ones(3)]))

            def scene(place, size, colour=lambda k: colours[k]):
                return np.array([
                    [*place(found == k), size(np.sum(found == k)), *colour(k)] for k in range(count)
                ])  # fmt: skip

            def middle(here):
                return POINTS[here].mean(axis=0)

            def radius_of(n):
                return np.sqrt(n * PIXEL**2 / np.pi)

            truth = scene(middle, radius_of)
            wrongs = (
                ("missing_factor", scene(middle, lambda n: np.sqrt(n / np.pi)), "The radius is in pixels; "
                 "the world's unit was expected."),
                ("missing_factor", scene(middle, lambda n: n * PIXEL**2), "That is the area."),
                ("missing_factor", scene(middle, lambda n: np.sqrt(n * PIXEL**2)), "The area of a disc "
                 "is π r²."),
                ("wrong_rule", scene(middle, lambda n: n * PIXEL**2 / np.pi), "That is r². Its root?"),
                ("factor", scene(middle, lambda n: 2 * radius_of(n)), "That is the diameter."),
                ("swapped", scene(lambda h: middle(h)[::-1], radius_of), "x and y changed places."),
                ("sign", scene(lambda h: middle(h) * [1, -1], radius_of), "y points *up*: use `POINTS`."),
                ("wrong_argument", scene(lambda h: np.argwhere(h).mean(axis=0), radius_of), "These are "
                 "rows and columns. `POINTS` knows the places."),
                ("not_summed", scene(lambda h: POINTS[h].sum(axis=0), radius_of), "That is the sum of "
                 "the places, not their mean."),
                ("factor", scene(middle, lambda n: radius_of(2 * n)), "Each place has two numbers, and counts "
                 "once: `len`, not `size`."),
                ("wrong_order", truth[:, [0, 1, 3, 4, 5, 2]], "A row is x, y, radius, red, green, blue."),
                ("wrong_order", truth[np.argsort(-truth[:, 2])], "Row k is the circle of colour k: leave them in "
                 "the order of the colours."),
                ("wrong_argument", scene(middle, radius_of, lambda k: picture[found == k].mean(axis=0)), "That "
                 "is the mean colour of its pixels, borders and all. The k-th of the `colours` is asked "
                 "for."),
            )  # fmt: skip
            shown = {"given": {"colours": colours}, "function": "look"}
            judge_value(mark, answer, truth, wrongs, "look", **shown)

        with mark.part("look", 1):
            looks(3)
            looks(2)


# ------------------------------------------------------------------------------------------------
# 8.8


@lab.exercise(
    "8.8",
    "Learning an inverse",
    points=2,
    minutes=10,
    reread="week08.md#inverse-functions",
    hints=(
        "Which of the two losses needs the true cause, and which needs f?",
        "In consistency, the network's cause goes through f, and is compared with the *result*.",
        "polish: x starts as g(y) and is never the network's again. Differentiate a function of x alone, "
        "`lambda x: dp.sum((f(x) - y) ** 2)`, at the present x.",
    ),
)
class Inverse:
    def probe(student, which, scale, x, y, forward, steps=None, rate=None, slope=False):
        scale, x, y = np.array(scale, float), np.array(x, float), np.array(y, float)
        before = x.copy(), y.copy()

        def f(x):
            if forward == "square":
                return x * x
            if forward == "mix":
                return x @ np.array([[1.0, 0.5, -0.3], [-0.2, 0.8, 0.6]])
            return dp.tanh(x) * 1.5 + 0.25 * x

        def g_of(scale):
            return lambda y: dp.sin(y * scale) + 0.5

        def intact():
            return bool(np.array_equal(x, before[0]) and np.array_equal(y, before[1]))

        def loss(scale):
            if which == "regression":
                return unaided(student, which)(g_of(scale), x, y)
            return unaided(student, which)(g_of(scale), f, y)

        if which == "polish":  # x is what the network answers
            got = unaided(student, which)(lambda y: x, f, y, int(steps), rate)
            return {"got": numbers(got), "intact": intact()}
        if slope:
            value, by = dp.value_and_grad(loss)(scale)
            return {"value": value, "slope": by}
        return {"got": numbers(loss(scale)), "intact": intact()}

    def verdict(ask, rng, mark):
        mix = np.array([[1.0, 0.5, -0.3], [-0.2, 0.8, 0.6]])
        forwards = {  # and their pullbacks: of a difference u of the results, at the causes x
            "square": (lambda x: x * x, lambda x, u: 2 * x * u),
            "bend": (
                lambda x: 1.5 * np.tanh(x) + 0.25 * x,
                lambda x, u: (1.5 / np.cosh(x) ** 2 + 0.25) * u,
            ),
            "mix": (lambda x: x @ mix, lambda x, u: u @ mix.T),
        }

        def g(scale, y):
            return np.sin(y * scale) + 0.5

        def losses(which, forward, shape):
            f = forwards[forward][0]
            scale = rng.uniform(0.5, 1.5, shape[-1:])
            gap = np.ones(shape)
            while np.all(gap > 0) or np.all(gap < 0):  # so that signs matter
                x, y = rng.uniform(-1, 1, shape), rng.uniform(0.2, 3, shape)
                made = g(scale, y)
                gap = made - x if which == "regression" else f(made) - y

            def truth(scale):
                made = g(scale, y)
                gap = made - x if which == "regression" else f(made) - y
                return float(np.mean(gap**2))

            wrongs = [
                ("not_summed", np.sum(gap**2), "That is the sum. The *mean* of the squares."),
                ("wrong_rule", np.mean(np.abs(gap)), "Squares, not absolute values."),
                ("wrong_rule", np.sqrt(np.mean(gap**2)), "No root: the mean square itself."),
                ("sign", np.mean(gap), "Without the square, errors cancel."),
                ("wrong_order", np.mean(gap) ** 2, "First the squares, then the mean."),
                ("factor", np.mean(gap**2) / 2, "There is a factor ½ too many."),
                ("not_summed", np.mean(np.sum(gap**2, axis=-1)), "That adds up each row. The mean is over "
                 "*all* entries."),
            ]  # fmt: skip
            if which == "regression":
                wrongs += [
                    ("swapped", np.mean((g(scale, x) - y) ** 2), "g goes from the result y to the cause x."),
                    ("wrong_argument", np.mean((made - y) ** 2), "Compared with the result. Regression "
                     "compares *causes*."),
                    ("wrong_argument", np.mean((g(scale, x) - x) ** 2), "The network sees the result y, not "
                     "the cause."),
                ]  # fmt: skip
            else:
                wrongs += [
                    ("swapped", np.mean((g(scale, f(y)) - y) ** 2), "First g, then f: f(g(y))."),
                    ("missing_term", np.mean((made - y) ** 2), "That compares a cause with a result: f is "
                     "missing."),
                    ("missing_term", np.mean((f(y) - y) ** 2), "The network is not in it."),
                    ("wrong_argument", np.mean((f(made) - made) ** 2), "Compare with the result y that was "
                     "given."),
                ]  # fmt: skip
            asked = {"which": which, "scale": scale, "x": x, "y": y, "forward": forward}
            shown = {"given": {"x": x, "y": y, "f": forward}, "function": which}
            judge_value(mark, ask(**asked), truth(scale), wrongs, which, **shown)
            shown["given"] |= {"g": "sin(scale · y) + ½", "the slope by": "scale", "scale": scale}
            judge_slope(mark, ask(**asked, slope=True), truth, scale, which, **shown)

        for which in ("regression", "consistency"):
            with mark.part(which, 0.5):
                losses(which, "square", (3, 2))
                losses(which, "bend", (4, 1))

        def polishes(forward, shape, steps, rate):
            f, back = forwards[forward]
            scale, seen = rng.uniform(0.5, 1.5, shape[-1:]), rng.uniform(0.3, 1, shape)
            first = g(scale, seen)
            y = rng.uniform(0.3, 1, f(first).shape)

            def by(x, y=y):
                return 2 * back(x, f(x) - y)

            def walk(rate=rate, steps=steps, start=first, slope=by, stay=False, pile=False):
                x, total = start, 0.0
                for _ in range(steps):
                    new = slope(start if stay else x)
                    total = total + new
                    x = x - rate * (total if pile else new)
                return x

            def adam():
                x, m, v = first, 0.0, 0.0
                for k in range(1, steps + 1):
                    m, v = 0.9 * m + 0.1 * by(x), 0.999 * v + 0.001 * by(x) ** 2
                    x = x - rate * m / (1 - 0.9**k) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
                return x

            asked = {"which": "polish", "scale": scale, "x": first, "y": y, "forward": forward}
            answer = ask(**asked, steps=steps, rate=rate)
            truth = walk()
            wrongs = [
                ("ascent", walk(rate=-rate), "That goes uphill: further from the result."),
                ("no_update", walk(steps=0), "That is the network's answer, unpolished."),
                ("averaged", walk(rate=rate / y.size), "The *sum* of the squares: with a mean, each example "
                 "learns more slowly the more there are."),
                ("factor", walk(rate=rate / 2), "The derivative of a square has a 2."),
                ("stale", walk(stay=True), "Each step uses the slope at the network's answer. Ask again at "
                 "each step."),
                ("wrong_point", walk(start=0 * first), "It starts at 0. Let the network say where."),
                ("late_evaluation", walk(steps=steps + 1), "One step too many."),
                ("late_evaluation", walk(steps=max(steps - 1, 0)), "One step too few."),
                ("truncated", walk(steps=1), "That is where a single step ends. Does each step go on from "
                 "where the last one ended?"),
                ("learning_rate", walk(rate=1.0), "The rate is not used."),
                ("accumulated", walk(pile=True), "Gradients of all steps pile up: make them zero before each "
                 "backward pass."),
                ("other_function", adam(), "That is Adam. Plain gradient descent was asked for."),
                ("wrong_rule", walk(slope=lambda x: by(x) / 2 / np.linalg.norm(f(x) - y)), "The sum of the "
                 "squares, without a root."),
                ("wrong_argument", f(truth), "These are results; the causes x were asked for."),
            ]  # fmt: skip
            if y.shape == first.shape:
                wrongs += [
                    ("wrong_point", walk(start=y), "It starts at y. Let the network say where."),
                    ("wrong_point", walk(start=f(first)), "It starts at a result, f(g(y)). Causes were asked "
                     "for."),
                    ("missing_factor", walk(slope=lambda x: 2 * (f(x) - y)), "The slope of f is missing: the "
                     "chain rule."),
                    ("missing_term", walk(slope=lambda x: 2 * (x - y)), "That compares a cause with a result: "
                     "f is missing."),
                ]  # fmt: skip
            given = {"y": y, "f": forward, "steps": steps, "rate": rate}
            shown = {"given": given, "function": "polish"}
            judge_value(mark, answer, truth, wrongs, "polish", **shown)

        with mark.part("polish", 1):
            polishes("square", (3, 2), 3, 0.1)
            polishes("bend", (4,), 5, 0.05)
            polishes("mix", (3, 2), 4, 0.1)


# ------------------------------------------------------------------------------------------------
# 8.9


@lab.exercise(
    "8.9",
    "Ink",
    points=2,
    minutes=12,
    reread="week08.md#strokes",
    hints=(
        "On the stroke itself the ink is 1. What does the exponential need for that, and so that ink "
        "falls on both sides?",
        "draw: for each row, `segment(points, row[:2], row[2:])`; its glow; all of them stacked; your "
        "`soft_or` of the stack.",
        "sketch_loss: ink is dark and the image bright, so compare 1 − ink with the image, after the same "
        "blur of both.",
    ),
)
class Ink:
    def probe(student, which, lines=None, width=None, points=None, image=None, blurred=None,
              slope=False):  # fmt: skip
        def lent_segment(points, start, end):
            way, from_it = end - start, points - start
            foot = dp.sum(from_it * way, axis=-1) / (dp.sum(way * way) + 1e-12)
            gap = from_it - dp.expand_dims(dp.clip(foot, 0.0, 1.0), -1) * way
            return dp.sqrt(dp.sum(gap * gap, axis=-1) + 1e-18)

        def lent_or(covered):
            if isinstance(covered, (list, tuple)):  # some can do that: can the student's own?
                return student.soft_or(covered)
            white = 1.0
            for k in range(len(covered)):
                white = white * (1.0 - covered[k])
            return 1.0 - white

        def lent_glow(distance, width):
            return dp.exp(0.0 - (distance / width) * (distance / width))

        def lent_draw(lines, width, points):
            return lent_or(dp.stack([
                lent_glow(lent_segment(points, lines[k, :2], lines[k, 2:]), width)
                for k in range(len(lines))
            ]))  # fmt: skip

        if which == "glow":
            glow = unaided(student, "glow")
            if slope:
                return slopes_of(glow, [lines, width], np.ones(np.shape(lines)), 0)
            return values_and_intact(glow, [lines, width])
        points, lines = np.array(points, float), np.array(lines, float)
        image = None if image is None else np.array(image, float)
        before = [np.copy(each) for each in (lines, points, image)]
        if which == "draw":
            inner = unaided(student, "draw", segment=lent_segment, soft_or=lent_or, glow=lent_glow)

            def run(lines):
                return inner(lines, width, points)

        else:
            inner = unaided(student, "sketch_loss", draw=lent_draw)

            def run(lines):
                return inner(lines, image, width, points, blurred)

        if not slope:
            got, pairs = numbers(run(lines)), zip((lines, points, image), before, strict=True)
            return {"got": got, "intact": all(bool(np.array_equal(*pair)) for pair in pairs)}

        def weighed(lines):  # by an image; a loss has no pixels
            return dp.sum(run(lines) * image) if which == "draw" else run(lines)

        value, by = dp.value_and_grad(weighed)(lines)
        return {"value": value, "slope": by}

    def verdict(ask, rng, mark):
        def glows(distance, width):
            distance = np.asarray(distance, float)
            answer = ask(which="glow", lines=distance, width=width)
            z = distance / width
            truth = drawn.glow(distance, width)
            with np.errstate(over="ignore"):
                wrongs = (
                    ("sign", np.exp(z**2), "The ink grows with the distance: a minus is missing, or was "
                     "squared away."),
                    ("wrong_rule", np.exp(-z), "Without the square: a spike on the line."),
                    ("wrong_order", np.exp(-(distance**2) / width), "The *ratio* is squared, width and "
                     "all."),
                    ("factor", np.exp(-(z**2) / 2), "There is a factor ½ too many in the exponent."),
                    ("missing_factor", np.exp(-(distance**2)), "The width is not used."),
                    ("wrong_argument", np.exp(-((distance * width) ** 2)), "The width is the wrong way "
                     "up."),
                    ("zero", 1.0 * (distance < width), "That is a hard pen: it has no slope."),
                    ("swapped", 1 - truth, "That is the paper that is left."),
                    ("wrong_rule", logistic(-z), "On the line itself the ink should be 1."),
                )  # fmt: skip
            shown = {"given": {"distance": distance, "width": width}, "function": "glow"}
            judge_value(mark, answer, truth, wrongs, "glow", **shown)

        with mark.part("glow", 0.5):
            w = float(rng.uniform(0.1, 0.4))
            glows(rng.uniform(0, 0.6, (2, 3)), w)
            glows([0.0, 0.5 * w, 3.5 * w, 40.0], w)
            distance = rng.uniform(0.1, 0.6, 4)
            answer = ask(which="glow", lines=distance, width=w, slope=True)
            judge_slope(
                mark, answer, lambda d: float(np.sum(drawn.glow(d, w))), distance, "glow",
                given={"distance": distance, "width": w}, function="glow",
            )  # fmt: skip

        sheet = drawn.Canvas(5, 7)
        points = sheet.points()

        def some(count):
            return rng.uniform(-0.8, 0.8, (count, 4))

        def inks(lines, width):
            layers = np.stack([
                drawn.glow(drawn.segment(points, line[:2], line[2:]), width) for line in lines
            ])  # fmt: skip
            return drawn.soft_or(layers), layers

        def draws(count, width):
            lines = some(count)
            answer = ask(which="draw", lines=lines, width=width, points=points)
            truth, layers = inks(lines, width)
            crossed, _ = inks(lines[:, [0, 2, 1, 3]], width)
            dots, _ = inks(lines[:, [0, 1, 0, 1]], width)
            ways, _ = inks(np.hstack([lines[:, :2], lines[:, :2] + lines[:, 2:]]), width)
            apart = [drawn.segment(points, line[:2], line[2:]) for line in lines]
            wrongs = (
                ("sign", 1 - truth, "That is the paper that is left; the ink is asked for."),
                ("accumulated", layers.sum(0), "Where strokes cross there is more than all ink: soft_or."),
                ("other_function", layers.max(0), "That is the darkest stroke; use your soft_or."),
                ("averaged", layers.mean(0), "A mean of the strokes; use your soft_or."),
                ("wrong_argument", crossed, "A row is x, y of the start, then x, y of the end."),
                ("truncated", layers[0], "Only the first stroke is there."),
                ("truncated", layers[-1], "Only the last stroke is there."),
                ("shape", layers, "One sheet: the layers are not put together yet."),
                ("wrong_argument", dots, "These are dots: each stroke ends where it begins."),
                ("wrong_argument", ways, "The last two of a row are the end itself, not the way to it."),
                ("missing_term", drawn.soft_or(np.stack(apart)), "These are distances. Ink is their "
                 "`glow`."),
            )  # fmt: skip
            shown = {"given": {"lines": lines, "width": width}, "function": "draw"}
            judge_value(mark, answer, truth, wrongs, "draw", **shown)

        with mark.part("draw", 0.75):
            draws(3, 0.3)
            draws(2, 0.5)
            lines, weights = some(3), rng.uniform(0.5, 1.5, (5, 7))
            answer = ask(
                which="draw", lines=lines, width=0.4, points=points, image=weights, slope=True
            )
            judge_slope(
                mark, answer, lambda x: float(np.sum(inks(x, 0.4)[0] * weights)), lines, "draw",
                given={"lines": lines, "width": 0.4}, function="draw",
            )  # fmt: skip

        def loss(lines, image, width, blurred):
            gap = drawn.blur(1 - inks(lines, width)[0] - image, blurred)
            return float(np.mean(gap**2))

        def compares(count, width, blurred):
            lines, image = some(count), rng.uniform(0.2, 1, (5, 7))
            asked = {"which": "sketch_loss", "lines": lines, "image": image, "width": width,
                     "points": points, "blurred": blurred}  # fmt: skip
            ink = inks(lines, width)[0]
            gap = drawn.blur(1 - ink - image, blurred)
            wrongs = (
                ("swapped", np.mean(drawn.blur(ink - image, blurred) ** 2), "Ink was compared with "
                 "brightness: the sheet is 1 where there is *no* ink."),
                ("missing_term", np.mean((1 - ink - image) ** 2), "Compared sharply: both are to be "
                 "blurred."),
                ("missing_term", np.mean((drawn.blur(1 - ink, blurred) - image) ** 2), "The image is not "
                 "blurred."),
                ("missing_term", np.mean((1 - ink - drawn.blur(image, blurred)) ** 2), "The sheet is not "
                 "blurred."),
                ("not_summed", np.sum(gap**2), "That is the sum. The *mean* of the squares."),
                ("wrong_rule", np.mean(np.abs(gap)), "Squares, not absolute values."),
                ("wrong_order", np.mean(drawn.blur((1 - ink - image) ** 2, blurred)), "Blur the pictures, "
                 "not the squares."),
                ("repeated_factor", np.mean(drawn.blur(gap, blurred) ** 2), "Blurred twice."),
                ("wrong_argument", np.mean(drawn.blur(1 - ink - image, width) ** 2), "Blurred by the width of "
                 "the pen; `blurred` says how much."),
                ("wrong_rule", np.sqrt(np.mean(gap**2)), "No root: the mean square itself."),
                ("factor", np.mean(gap**2) / 2, "There is a factor ½ too many."),
            )  # fmt: skip
            truth = loss(lines, image, width, blurred)
            shown = {"given": {"lines": lines, "width": width, "blurred": blurred},
                     "function": "sketch_loss"}  # fmt: skip
            judge_value(mark, ask(**asked), truth, wrongs, "sketch_loss", **shown)
            judge_slope(
                mark, ask(**asked, slope=True), lambda x: loss(x, image, width, blurred), lines,
                "sketch_loss", **shown,
            )  # fmt: skip

        with mark.part("sketch_loss", 0.75):
            compares(3, 0.3, 0.75)
