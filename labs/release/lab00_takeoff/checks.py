"""Lab 0: what each exercise asks the student's code, and how the answers are judged.

The truth is computed on plain numbers in the simplest way there is: loops where the exercise asks
for broadcasting, products of slopes where it asks for a chain. A wrong answer is then compared with
what the usual mistakes would have given on the same random numbers; where one fits, the message
names it, and where none does the message only says what was expected.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab
from autograder.mark import agree

lab = Lab(
    "lab00_takeoff",
    "Take-off",
    week=0,
    minutes=75,
    notes="week00.md",
    given=[  # the lines that the colleague left, to be mended
        "return 2 * d / WIDTH**2 * ink(d)",
        "return 1 / (1 + d**2)",
    ],
)


# ------------------------------------------------------------------------------------------------
# What verdicts share


def compare(mark, got, expected, mistakes, *, kind="wrong_value", message, floor=1e-9, **evidence):
    """`mark.close`, but numbers that a usual mistake gives are called by its name.

    mistakes: triples (the numbers it gives, its kind, its sentence), likeliest first.
    """
    if agree(got, expected, floor=floor) is not None:
        for numbers, name, sentence in mistakes:
            if agree(got, numbers) is None:
                mark.fail(name, sentence, got=got, expected=expected, **evidence)
    mark.close(got, expected, kind=kind, message=message, floor=floor, **evidence)


def unchanged(mark, after, before, what, **evidence):
    """The caller's array holds what it held before."""
    mark.that(
        agree(after, before) is None,
        kind="mutated_input",
        message=f"The caller's {what} was changed. Make a new array, and write into that. (In the "
        "notes: “References and copies”.)",
        **evidence,
    )


# ------------------------------------------------------------------------------------------------
# 0.1


@lab.exercise(
    "0.1",
    "Read the panel, then mend",
    points=2,
    minutes=6,
    reread="week00.md#refresh-chain-rule",
    hints=(
        "Have you deleted the `raise` lines and run the cell? Then the panel speaks of the "
        "colleague's lines.",
        "Each panel names one mistake, and the place in the function whose slope is not as it "
        "should be. Only that has to change.",
        "In `ink` look at the sign in the exponent: it is an operation, too. In `fade` ask what "
        "stands inside the logarithm, and how fast that moves.",
    ),
)
class Mend:
    def probe(student, name, d):
        return getattr(student, name)(d)

    def verdict(ask, rng, mark):
        for name, f in (("ink_slope", ink), ("fade_slope", fade)):
            with mark.part(name, 1):
                judge_slope(ask, mark, name, f, float(rng.uniform(0.3, 1.1)))


WIDTH = 0.8


def ink(d):
    """The ink of the worked example, as the lab has it: a diagnosis quotes its lines."""
    return dp.exp(-(d**2) / WIDTH**2)


def fade(d):
    """The second curve of the worked example."""
    return dp.log(1 + d**2)


def judge_slope(ask, mark, name, f, d):
    """The slope of f at d; a wrong one is named by `dp.diagnose`."""
    got = ask(name=name, d=d)
    mark.that(
        got is not None,
        kind="missing",
        message=f"`{name}` gave nothing back (None). Is there a `return`?",
        function=name,
    )
    diagnosis = dp.diagnose(f, lambda at: ask(name=name, d=float(at)), d)
    mark.gradient(diagnosis, given={"d": round(d, 6)}, function=name)


# ------------------------------------------------------------------------------------------------
# 0.2


@lab.exercise(
    "0.2",
    "Links of a chain",
    points=2,
    minutes=6,
    reread="week00.md#refresh-chain-rule",
    hints=(
        "Take two links and a pencil. Which number goes into the second function?",
        "Slopes along a chain multiply, and each is taken where its own function is applied.",
        "Loop over the links. Keep two things: the product so far (what does it start with?), and "
        "where you are now. Multiply before you go on.",
    ),
)
class Chain:
    def probe(student, links, x):
        # A link is a * u + b * sin(u): different at every point, and so is its slope.
        def link(a, b):
            def f(u):
                return a * u + b * math.sin(u)

            def f_slope(u):
                asked.append(u)
                return a + b * math.cos(u)

            return f, f_slope

        asked = []
        slope = student.chain_slope([link(a, b) for a, b in links], x)
        return {"slope": slope, "asked": len(asked)}

    def verdict(ask, rng, mark):
        def draw(length):
            return [[float(each) for each in rng.uniform(0.4, 1.6, 2)] for _ in range(length)]

        with mark.part("one link", 0.5):
            judge_chain(ask, mark, draw(1), float(rng.uniform(0.3, 1.2)))
        with mark.part("two links", 0.75):
            judge_chain(ask, mark, draw(2), float(rng.uniform(0.3, 1.2)))
        with mark.part("more links", 0.75):
            judge_chain(ask, mark, draw(4), float(rng.uniform(0.3, 1.2)))


def judge_chain(ask, mark, links, x):
    """The slope of a chain of links a * u + b * sin(u) at x."""

    def slope(place, u):
        a, b = links[place]
        return a + b * math.cos(u)

    points = [x]
    for a, b in links:
        points.append(a * points[-1] + b * math.sin(points[-1]))
    count = len(links)
    slopes = [slope(k, points[k]) for k in range(count)]
    backwards = x
    wrong_way = 1.0
    for k in reversed(range(count)):
        wrong_way *= slope(k, backwards)
        backwards = links[k][0] * backwards + links[k][1] * math.sin(backwards)
    mistakes = [
        (
            math.prod(slope(k, x) for k in range(count)),
            "wrong_point",
            "Every slope was taken at the x that went into the first function. From the second link "
            "on, the number that goes in is another one.",
        ),
        (
            math.prod(slope(k, points[k + 1]) for k in range(count)),
            "wrong_point",
            "Each slope was taken at what came *out* of its function. It belongs to what goes in.",
        ),
        (
            sum(slopes),
            "wrong_rule",
            "The slopes were added. Think of gears: if the first wheel turns the second three times "
            "as fast, and that the third twice as fast, how fast is the third?",
        ),
        (
            1 + sum(slopes),
            "wrong_rule",
            "The slopes were added (to a 1). Along a chain they do something else.",
        ),
        (0.0, "zero", "The product is 0 whatever the links are. What does it start with?"),
        (
            wrong_way,
            "wrong_order",
            "The links were applied from the last to the first. The first in the list goes first.",
        ),
        (points[-1], "other_function", "This is the value of the chain; asked for is its slope."),
        *(
            (
                math.prod(slopes[:k] + slopes[k + 1 :]),
                "missing_factor",
                "The slope of one link is missing from the product.",
            )
            for k in range(count)
            if count > 1
        ),
    ]
    answer = ask(links=links, x=x)
    evidence = {"given": {"number of links": count, "x": round(x, 6)}, "function": "chain_slope"}
    compare(
        mark,
        answer["slope"],
        math.prod(slopes),
        mistakes,
        message="This is not the slope of the chain.",
        **evidence,
    )
    mark.that(
        answer["asked"] > 0,
        kind="not_asked",
        message="The number is right (to some digits), but no link was asked for its slope. Nudging "
        "is next week; here the slopes are given, one with each link.",
        **evidence,
    )


# ------------------------------------------------------------------------------------------------
# 0.3


@lab.exercise(
    "0.3",
    "Shapes that fit",
    points=2,
    minutes=5,
    reread="week00.md#refresh-shapes",
    hints=(
        "Write the shapes under the letters. Which axis should disappear?",
        "In `A @ B` the last axis of A meets the second last of B, and they vanish together.",
        "Both arrays have k as their last axis; turn one of them round with `.T`. `b` then lines up "
        "with the last axis of the result by itself.",
    ),
)
class Shapes:
    def probe(student, X, W, b):
        return student.answers(np.array(X), np.array(W), np.array(b))

    def verdict(ask, rng, mark):
        with mark.part("7 points, 3 numbers each, 5 questions", 1):
            judge_answers(ask, mark, rng, 7, 3, 5)
        with mark.part("other sizes, square ones too", 1):
            judge_answers(ask, mark, rng, 4, 4, 4)
            judge_answers(ask, mark, rng, 1, 6, 2)


def judge_answers(ask, mark, rng, n, k, m):
    """All answers for n points, k numbers each, and m questions."""
    X, W, b = rng.normal(size=(n, k)), rng.normal(size=(m, k)), rng.normal(size=m)
    given = {"X": [n, k], "W": [m, k], "b": [m]}
    expected = [[math.fsum(X[i] * W[j]) + b[j] for j in range(m)] for i in range(n)]
    expected = np.array(expected)
    try:
        got = ask(X=X, W=W, b=b)
    except StudentError as error:
        if "ValueError" in error.message and ("matmul" in error.message or "shapes" in error.message
                                              or "broadcast" in error.message):  # fmt: skip
            mark.fail(
                "shape",
                "Two arrays met whose shapes do not fit. Write each shape down, and see which axis "
                "of the one should meet which axis of the other.",
                got=error.message,
                given=given,
                function="answers",
            )
        raise
    if isinstance(got, np.ndarray) and got.shape != expected.shape:
        turned = got.shape == expected.shape[::-1]
        mark.fail(
            "transposed" if turned else "shape",
            f"Points should be rows and questions columns, shape {expected.shape}; "
            + ("it came back the other way round." if turned else f"{got.shape} came back."),
            given=given,
            function="answers",
        )
    product = expected - b
    mistakes = [
        (product, "missing_term", "The numbers are right but for `b`: each question adds its own."),
        (
            product + 2 * b,
            "double_counted",
            "`b` was added twice.",
        ),
    ]
    if n == m:
        mistakes += [
            (
                product + b[:, None],
                "transposed",
                "Each point got its own entry of `b`; each *question* should. On a square result "
                "nothing warns you.",
            ),
            (
                expected.T,
                "transposed",
                "Points and questions have changed places. On a square result nothing warns you.",
            ),
            (
                product.T + b,
                "transposed",
                "Points and questions have changed places in the product. On a square result nothing "
                "warns you.",
            ),
        ]
    if k == m:
        mistakes.append(
            (
                X @ W + b,
                "transposed",
                "`W` has a row for each question, and was used as if it had a column for each. On a "
                "square array nothing warns you.",
            )
        )
    compare(
        mark,
        got,
        expected,
        mistakes,
        message="These are not the answers.",
        given=given,
        function="answers",
    )


# ------------------------------------------------------------------------------------------------
# 0.4


@lab.exercise(
    "0.4",
    "All pairs at once",
    points=2,
    minutes=6,
    reread="week00.md#refresh-broadcasting",
    hints=(
        "The result has one axis for P and one for Q; while you compute there is a third, for the "
        "two coordinates.",
        "Shapes line up from the right, and an axis of length 1 stretches. What must stand between "
        "n and 2 in P's shape so that (m, 2) fits?",
        "`P[:, None, :]` has the shape (n, 1, 2). The coordinates are on the last axis: that is the "
        "one to sum over, after squaring, before the root.",
    ),
)
class Pairs:
    def probe(student, P, Q):
        return student.distances(np.array(P), np.array(Q))

    def verdict(ask, rng, mark):
        with mark.part("6 points and 4", 1):
            judge_distances(ask, mark, rng, 6, 4)
        with mark.part("other numbers of points", 1):
            judge_distances(ask, mark, rng, 5, 5)
            judge_distances(ask, mark, rng, 1, 3)


def judge_distances(ask, mark, rng, n, m):
    """The distances of n points from m others."""
    P, Q = rng.uniform(-2, 2, (n, 2)), rng.uniform(-2, 2, (m, 2))
    given = {"P": [n, 2], "Q": [m, 2]}
    expected = np.array([[math.dist(p, q) for q in Q] for p in P])
    taxi = np.array([[abs(p[0] - q[0]) + abs(p[1] - q[1]) for q in Q] for p in P])
    try:
        got = ask(P=P, Q=Q)
    except StudentError as error:
        if "could not be broadcast" in error.message:
            mark.fail(
                "shape",
                f"Two shapes did not line up. Compare {n, 2} and {m, 2} from the right: 2 meets 2, "
                f"but {n} meets {m}. Give one of them an axis of length 1 there.",
                got=error.message,
                given=given,
                function="distances",
            )
        raise
    if isinstance(got, np.ndarray) and got.shape != expected.shape:
        turned = got.shape == (m, n)
        mark.fail(
            "transposed" if turned else "shape",
            f"One row for each P and one column for each Q were asked for, {n, m}; "
            + ("they have changed places." if turned else f"{got.shape} came back."),
            given=given,
            function="distances",
        )
    mistakes = [
        (expected**2, "no_root", "These are the squares of the distances."),
        (taxi, "wrong_rule", "These are the distances of a taxi, along the streets: the sizes of the "
         "differences were added. (A root taken *before* the sum undoes the squares.)"),
        (np.abs(taxi) ** 0.5, "wrong_rule", "The root was taken, but nothing was squared before."),
    ]  # fmt: skip
    if n == m and n > 1:
        sentence = "Rows and columns have changed places. Between equal numbers of points no shape "
        mistakes.append((expected.T, "transposed", sentence + "warns you."))
    compare(
        mark,
        got,
        expected,
        mistakes,
        message="These are not the distances.",
        given=given,
        function="distances",
    )


# ------------------------------------------------------------------------------------------------
# 0.5: a prediction, as 0.9 is. Trying earns the point.


@lab.exercise(
    "0.5",
    "Predict: three pens",
    points=1,
    minutes=2,
    reread="week00.md#refresh-closures",
    hints=(
        "Three functions are made first, and used afterwards.",
        "What does `width` stand for when `pens[0]` is called?",
        "A function keeps names, and looks them up when it runs.",
    ),
)
class ThreePens:
    def probe(student):
        return student.my_prediction_of_the_pens()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 0.6


@lab.exercise(
    "0.6",
    "Two traps of Python",
    points=2,
    minutes=8,
    reread="week00.md#refresh-closures",
    hints=(
        "`make_pens`: in your prediction all pens shared one name. Each needs a name of its own. "
        "`nudged`: how many arrays are there?",
        "Each *call* of a function has its own local names. And `y = x`, `x[:]` and `np.asarray(x)` "
        "make no new array.",
        "Write a function that takes one width and returns one pen, and call it for each width. "
        "For the copy, `np.array(x, dtype=float)` always makes a new one, of floats.",
    ),
)
class Traps:
    def probe(student, task, numbers, more):
        if task == "pens":
            widths = list(numbers)
            pens = student.make_pens(widths)
            if not isinstance(pens, (list, tuple)):
                return {"odd": type(pens).__name__}
            if not all(callable(pen) for pen in pens):
                odd = next(type(pen).__name__ for pen in pens if not callable(pen))
                return {"odd": f"a list that holds something of type {odd}"}
            drawn = [[pen(dots) for dots in more] for pen in pens]
            widths[:] = [-1.0 for _ in widths]
            later = [[pen(dots) for dots in more] for pen in pens]
            return {"odd": "", "drawn": drawn, "later": later}
        x = np.array(numbers)
        i, h = more
        y = student.nudged(x, i, h)
        found = {"type": type(y).__name__, "value": y, "after": x.tolist()}
        if isinstance(y, np.ndarray):
            found["kind"], found["shared"] = y.dtype.kind, bool(np.shares_memory(x, y))
            found["dtype"] = str(y.dtype)
            if y.dtype.kind not in "biuf":
                found["value"] = []  # nothing that could be passed on; its type says enough
        return found

    def verdict(ask, rng, mark):
        with mark.part("make_pens", 1):
            judge_pens(ask, mark, rng, 3)
        with mark.part("nudged", 1):
            judge_nudge(ask, mark, rng.uniform(-2, 2, 5), 3, float(rng.uniform(0.2, 0.7)))
            whole = rng.integers(2, 9, 4)
            judge_nudge(ask, mark, whole, 1, float(rng.uniform(0.2, 0.7)))


def judge_pens(ask, mark, rng, count):
    """`count` pens of different widths, used once, and again after the list of widths changed."""
    widths = [float(each) for each in rng.uniform(0.5, 1.5, count) + 2 * np.arange(count)]
    dots = [float(each) for each in rng.uniform(1, 4, 2)]
    given = {"widths": [round(w, 6) for w in widths], "dots": [round(each, 6) for each in dots]}
    answer = ask(task="pens", numbers=widths, more=dots)
    mark.that(
        answer["odd"] == "",
        kind="wrong_type",
        message="A list of functions was expected, one for each width. What came back: "
        f"{answer['odd']}.",
        given=given,
        function="make_pens",
    )
    expected = np.outer(widths, dots)
    drawn = answer["drawn"]
    mark.that(
        isinstance(drawn, list) and len(drawn) == count,
        kind="shape",
        message=f"{count} widths were given, so there should be {count} pens; {len(drawn)} came "
        "back.",
        given=given,
        function="make_pens",
    )
    mistakes = [
        (
            np.outer([widths[-1]] * count, dots),
            "late_binding",
            "Every pen draws with the last width. They share one name, and look it up when they are "
            "used; by then the loop is over.",
        ),
        (
            np.outer([widths[0]] * count, dots),
            "late_binding",
            "Every pen draws with the first width. Each should have its own.",
        ),
    ]
    compare(
        mark,
        drawn,
        expected,
        mistakes if count > 1 else [],
        message="The pens do not draw what they should: `w * dots`, in the order of the widths.",
        given=given,
        function="make_pens",
    )
    compare(
        mark,
        answer["later"],
        expected,
        [],
        kind="aliased",
        message="The pens were right, until the caller put other numbers into the list `widths`. "
        "They still look their width up in the caller's list.",
        given=given,
        function="make_pens",
    )


def judge_nudge(ask, mark, x, i, h):
    """A copy of x with entry i moved by h."""
    given = {"x": x.tolist(), "i": i, "h": h}
    evidence = {"given": given, "function": "nudged"}
    answer = ask(task="nudge", numbers=x.tolist(), more=[i, h])
    mark.that(
        answer["value"] is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        **evidence,
    )
    unchanged(mark, answer["after"], x, "`x`", **evidence)
    mark.that(
        answer["type"] == "ndarray",
        kind="wrong_type",
        message=f"A numpy array was expected. What came back is of the type {answer['type']}.",
        **evidence,
    )
    mark.that(
        answer["kind"] == "f",
        kind="wrong_type",
        message="The array holds no floats. A nudge of a fraction has no room in an array of "
        "integers: it is cut off.",
        **evidence,
    )
    mark.that(
        answer["dtype"] == "float64",
        kind="float32",
        message=f"The array holds numbers of {answer['dtype']}, which keep fewer digits than Python's "
        "floats: a small nudge is lost in them. Make it an array of `float`.",
        **evidence,
    )
    mark.that(
        answer["shared"] is False,
        kind="aliased",
        message="What came back is the caller's own array under a second name.",
        **evidence,
    )
    expected = np.array(x, float)
    expected[i] += h
    replaced = np.array(x, float)
    replaced[i] = h
    mistakes = [
        (x + h, "swapped", "Every entry was nudged. Only entry i should be."),
        (2 * x - expected, "sign", "The entry was nudged the wrong way: `h` is to be added."),
        (replaced, "overwritten", "Entry i was replaced by `h`. It should be moved by it."),
        (np.array(x, float), "no_update", "The array came back as it was: nothing was nudged."),
    ]
    if x.dtype.kind == "i":  # a copy that is turned into floats only when all is over
        cut_off = np.array(x)
        cut_off[i] += int(h)
        sentence = "The nudge was written into an array of integers, and cut off there; what was "
        sentence += "made of floats afterwards has lost it. First floats, then the nudge."
        mistakes.insert(0, (cut_off.astype(float), "truncated", sentence))
    compare(
        mark,
        answer["value"],
        expected,
        mistakes,
        message="This is not x with h added to entry i.",
        **evidence,
    )


# ------------------------------------------------------------------------------------------------
# 0.7


@lab.exercise(
    "0.7",
    "Ink meets ink",
    points=3,
    minutes=8,
    reread="week00.md#soft-strokes",
    hints=(
        "Take one pixel and two strokes with ink 0.5 and 0.4. How much white comes through the "
        "first, and how much of that through the second?",
        "White multiplies; dark is what is not white. Which axis holds the strokes, and is to "
        "disappear?",
        "Make whites of the inks, multiply them over axis 0 (`dp.prod` does), and turn white into "
        "dark again at the end. The loss needs a difference, a square, and a mean.",
    ),
)
class Compose:
    def probe(student, task, first, second=None):
        first = np.array(first)
        if task == "compose":
            before = first.copy()
            page = student.compose(first)
            return {"page": page, "intact": bool(np.array_equal(first, before))}
        if task == "loss":
            return student.loss(first, np.array(second))
        if task == "back through compose":
            weights = np.array(second)
            return dp.grad(lambda ink: dp.sum(weights * student.compose(ink)))(first)
        target = np.array(second)
        return dp.grad(lambda page: student.loss(page, target))(first)

    def verdict(ask, rng, mark):
        with mark.part("compose", 1):
            judge_page(ask, mark, rng.uniform(0.1, 0.8, (4, 6)))
            judge_page(ask, mark, rng.uniform(0.1, 0.8, (5, 5)))
        with mark.part("loss", 1):
            judge_loss(ask, mark, rng, 7)
        with mark.part("slopes find their way back through both", 1):
            judge_way_back(ask, mark, rng)


def judge_page(ask, mark, ink):
    """One page of all strokes."""
    given = {"ink": list(ink.shape), "the first pixel's inks": ink[:, 0].tolist()}
    evidence = {"given": given, "function": "compose"}
    answer = ask(task="compose", first=ink)
    page, white = answer["page"], np.prod(1 - ink, axis=0)
    mark.that(
        page is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        **evidence,
    )
    if isinstance(page, np.ndarray) and page.shape != white.shape:
        message = f"One number for each of the {ink.shape[1]} pixels was expected, {white.shape}; "
        message += f"{page.shape} came back. The axis of the strokes is axis 0."
        mark.fail("shape", message, **evidence)
    mistakes = [
        (white, "sign", "This is how *white* each pixel stays. Asked for is how dark it is."),
        (ink.sum(axis=0), "wrong_rule", "The inks were added. Ten strokes of ink 0.5 would be five "
         "times as dark as black."),
        (np.minimum(ink.sum(axis=0), 1), "clipped", "The inks were added and cut off at black. Where "
         "it is cut off, no stroke feels anything any more."),
        (ink.max(axis=0), "wrong_rule", "Only the darkest stroke counts at each pixel; the others "
         "should darken it, too."),
        (ink.mean(axis=0), "averaged", "The inks were averaged: one stroke among two hundred would "
         "hardly be seen."),
        (np.prod(ink, axis=0), "wrong_rule", "The inks were multiplied: dark only where one stroke "
         "*and* every other is. It is the whites that multiply."),
        (1 - np.prod(ink, axis=0), "wrong_rule", "The inks were multiplied, and then made white. It is "
         "the whites that multiply."),
    ]  # fmt: skip
    if ink.shape[0] == ink.shape[1]:
        mistakes.append(
            (
                1 - np.prod(1 - ink, axis=1),
                "transposed",
                "The pixels of each stroke were put together. Asked for are the strokes at each "
                "pixel. On a square array no shape warns you.",
            )
        )
    compare(
        mark, page, 1 - white, mistakes, message="This is not how dark the pixels are.", **evidence
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="The caller's `ink` was changed. Compute new arrays.",
        **evidence,
    )


def judge_loss(ask, mark, rng, pixels):
    """The mean squared difference of two pages."""
    target = rng.uniform(0.4, 0.6, pixels)
    page = target + rng.uniform(0.1, 0.4, pixels) * (-1) ** np.arange(pixels)  # too dark, too light
    off = [p - t for p, t in zip(page.tolist(), target.tolist(), strict=True)]
    expected = math.fsum(each**2 for each in off) / pixels
    given = (
        {"page": page.tolist(), "target": target.tolist()} if pixels < 10 else f"{pixels} pixels"
    )
    mistakes = []
    if pixels > 1:
        mistakes = [
            (expected * pixels, "not_averaged", "This is the *sum* over the pixels. The mean does not "
             "grow with the size of the page."),
            (math.sqrt(expected), "wrong_rule", "The root was taken at the end: leave it out."),
            (math.sqrt(expected * pixels), "not_averaged", "This is the length of the difference: no "
             "root, and the mean over the pixels."),
            (math.fsum(off) / pixels, "no_square", "The differences were not squared, so too dark "
             "and too light cancel."),
            (abs(math.fsum(off) / pixels), "no_square", "The mean was taken before anything was "
             "squared, so too dark and too light cancel."),
            ((math.fsum(off) / pixels) ** 2, "no_square", "The mean was squared. First square, then "
             "average: otherwise too dark and too light cancel."),
            (math.fsum(map(abs, off)) / pixels, "wrong_rule", "This is the mean *absolute* "
             "difference; asked for is the squared one."),
            (expected / 2, "factor", "There is a ½ too many."),
        ]  # fmt: skip
    got = ask(task="loss", first=page, second=target)
    if isinstance(got, np.ndarray) and got.shape:
        message = f"The loss should be one number; {got.shape} came back."
        mark.fail("shape", message, given=given, function="loss")
    compare(
        mark,
        got,
        expected,
        mistakes,
        message="This is not the mean squared difference.",
        given=given,
        function="loss",
    )


def judge_way_back(ask, mark, rng):
    """Derivatives by dpkit through the student's functions, against those by hand."""
    ink, weights = rng.uniform(0.1, 0.8, (4, 3)), rng.uniform(-1, 1, 3)
    others = [np.prod(np.delete(1 - ink, k, axis=0), axis=0) for k in range(4)]
    page, target = rng.uniform(0, 1, 6), rng.uniform(0, 1, 6)
    for task, name, first, second, expected in (
        ("back through compose", "compose", ink, weights, weights * np.array(others)),
        ("back through loss", "loss", page, target, 2 * (page - target) / 6),
    ):
        try:
            got = ask(task=task, first=first, second=second)
        except StudentError as error:
            if error.kind in ("blank", "undefined"):
                raise
            mark.fail(
                "cut",
                f"dpkit could not follow `{name}` back from its result. Was a number taken out of "
                "its hands, by `float(…)`, `np.array(…)`, `math.…`, or by writing into an array?",
                got=error.message,
                function=name,
            )
        mark.close(
            got,
            expected,
            kind="cut",
            message=f"The slopes that come back through `{name}` are not right: on some way from "
            "its result to its input the thread is cut, or `{name}` computes something else."
            .replace("{name}", name),
            given=task,
            function=name,
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------
# 0.8


@lab.exercise(
    "0.8",
    "One step downhill",
    points=3,
    minutes=8,
    reread="week00.md#downhill",
    hints=(
        "What do you know of each stroke: a row of five slopes. How long is that row, as an arrow?",
        "A row divided by its own length has length 1. `keepdims=True` keeps the lengths a column, "
        "so that they line up with the rows.",
        "Where a length is 0, divide by 1 instead: `np.where` chooses between two arrays. And the "
        "slopes point uphill; where do you want to go?",
    ),
)
class Step:
    def probe(student, strokes, slopes, rate):
        strokes, slopes = np.array(strokes), np.array(slopes)
        before = strokes.copy(), slopes.copy()
        with np.errstate(all="ignore"):
            moved = student.step(strokes, slopes, rate)
        return {
            "moved": moved,
            "intact": bool(
                np.array_equal(strokes, before[0]) and np.array_equal(slopes, before[1])
            ),
        }

    def verdict(ask, rng, mark):
        with mark.part("downhill, every stroke by the rate", 1.5):
            judge_step(ask, mark, rng, 4)
            judge_step(ask, mark, rng, 5)
        with mark.part("a stroke without slopes stays", 0.75):
            judge_step(ask, mark, rng, 4, still=[2])
        with mark.part("the strokes that were given stay as they were", 0.75):
            answer = judge_step(ask, mark, rng, 6)
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The caller's arrays were changed. With `-=` or `/=` you write into the "
                "array that was given; make a new one.",
                function="step",
            )


def judge_step(ask, mark, rng, count, still=(), scale=1.0):
    """One step of `count` strokes; those in `still` have no slope."""
    strokes, slopes = rng.uniform(0, 1, (count, 5)), scale * rng.normal(size=(count, 5))
    slopes *= np.linspace(0.5, 2, count)[:, None]  # rows of different lengths
    slopes[list(still)] = 0
    rate = float(rng.uniform(0.02, 0.3))
    # Whoever adds a grain (1e-8, say) to the lengths, so that nothing is divided by 0, is right.
    floor = max(1e-9, 1e-7 * rate / scale)
    given = {"strokes": [count, 5], "slopes": slopes[:2].tolist(), "rate": rate}
    evidence = {"given": given, "function": "step"}
    lengths = [math.sqrt(math.fsum(row**2)) for row in slopes]
    moves = np.array([row / n if n else 0 * row for row, n in zip(slopes, lengths, strict=True)])
    answer = ask(strokes=strokes, slopes=slopes, rate=rate)
    moved, expected = answer["moved"], strokes - rate * moves
    mark.that(
        moved is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        **evidence,
    )
    if still and isinstance(moved, np.ndarray) and moved.dtype.kind == "f":
        lost = not np.all(np.isfinite(moved))
        mark.that(
            not lost,
            kind="not_finite",
            message="A stroke whose slopes are all 0 became nan: 0 was divided by 0. Such a stroke "
            "has no direction, and stays where it is.",
            **evidence,
        )
    columns = np.sqrt((slopes**2).sum(axis=0))
    mistakes = [
        (strokes + rate * moves, "ascent", "Every stroke moved *uphill*. The slopes say where the "
         "loss grows."),
        (strokes - rate * slopes, "learning_rate", "Each stroke moved by the rate times its slopes, so "
         "steep ones went far and flat ones hardly moved. All should go equally far."),
        (strokes + rate * slopes, "ascent", "The strokes moved *uphill*, and not all equally far."),
        (-rate * moves, "missing_term", "These are the moves alone. Asked for is where the strokes are "
         "afterwards."),
        (strokes - moves, "missing_factor", "Every stroke moved by the length 1. Where is the rate?"),
        (strokes, "no_update", "Nothing has moved."),
        (strokes - rate * np.sign(slopes), "learning_rate", "Each of the five numbers moved by the rate, "
         "so the stroke as a whole went further. The rate is the length of the whole row."),
    ]  # fmt: skip
    if not still:
        whole = math.sqrt(math.fsum((slopes**2).ravel()))
        mistakes += [
            (strokes - rate * slopes / whole, "normalised", "All slopes were divided by one length, that "
             "of the whole array. Each stroke has its own."),
            (strokes - rate * slopes / columns, "transposed", "Each *column* was brought to length 1. "
             "Each row should be: a stroke is a row."),
            (strokes - rate * moves / np.array(lengths)[:, None], "repeated_factor", "The slopes were "
             "divided by the sum of the squares. Where is the root?"),
            (strokes - rate * slopes / np.abs(slopes).sum(axis=1, keepdims=True), "wrong_rule",
             "The length of a row is the root of the sum of its squares, not the sum of its "
             "sizes."),
        ]  # fmt: skip
        if count == 5:
            mistakes.append(
                (strokes - rate * slopes / np.array(lengths), "transposed", "The lengths were laid "
                 "along the columns: on a square array no shape warns you. Keep them a column."),
            )  # fmt: skip
    compare(
        mark,
        moved,
        expected,
        mistakes,
        message="The strokes are not where they should be.",
        floor=floor,
        **evidence,
    )
    return answer


# ------------------------------------------------------------------------------------------------
# 0.9


@lab.exercise(
    "0.9",
    "Predict: a hundred times as far",
    points=1,
    minutes=2,
    reread="week00.md#downhill",
    hints=(
        "Where is a stroke after its first step of two page-widths?",
        "How does a pixel hear of a stroke that lies far beside the page?",
        "And what does a page score on which nothing is drawn?",
    ),
)
class Bold:
    def probe(student):
        return student.my_prediction_of_the_bold_sketch()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 10000)
