"""Lab 2: what each exercise asks the student's code, and how the answers are judged.

Dual numbers live in the probe only; what comes back is their primals and tangents, as numbers. A
probe works with the student's own `Dual` where that keeps what it is given, otherwise with dpkit's
as a stand-in, so that no exercise needs an earlier one. The truth about a derivative comes from
dpkit's transforms, which share nothing with the student's code.

The programs of `programs` are written once and run twice: on the student's numbers in a probe, on
dpkit's in a verdict.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree

lab = Lab(
    "lab02_forward_mode",
    "Forward mode: differentiate the program",
    week=2,
    minutes=150,
    notes="week02.md",
    given=[  # by the worked examples of addition and of the sine
        "a, b = lift(a), lift(b)",
        "a = lift(a)",
        "for _ in range(4):",  # by the program that is to be mended
    ],
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def stand_ins():
    """dpkit's dual numbers and functions, under the names of the lab."""
    from types import SimpleNamespace

    functions = {name: getattr(dp, name) for name in ("sin", "cos", "exp", "log", "sqrt")}
    return SimpleNamespace(Dual=dp.Dual, lift=lambda x: x + dp.Dual(0.0), own=False, **functions)


@lab.helper
def kit(student):
    """(Dual, lift, whether they are the student's own)."""
    try:
        first, still = student.Dual(2.5, -3.0), student.lift(4.0)
        seen = [first.primal, first.tangent, still.primal, still.tangent]
        seen += [student.Dual(1.5).tangent, student.lift(first) is first, first > 2, first < still]
        if seen == [2.5, -3.0, 4.0, 0.0, 0.0, True, True, True]:
            return student.Dual, student.lift, True
    except Exception:
        pass
    tools = stand_ins()
    return tools.Dual, tools.lift, False


@lab.helper
def bound(student, name):
    """The student's function `name`; where need be with stand-ins in the place of what it uses."""
    Dual, lift, own = kit(student)
    if own:
        return getattr(student, name)
    room = {"Dual": Dual, "lift": lift}
    known = [n for n in ("add", "mul", "neg", "sub", "div", "power") if n in student]
    for _ in range(3):  # functions of the student's that call one another
        room.update({n: student.rebind(n, **room) for n in known})
    return student.rebind(name, **room)


@lab.helper
def toolbox(student):
    """Dual, lift and the functions: the student's, if they agree with dpkit's at a few points."""
    tools, others = stand_ins(), stand_ins()
    try:
        tools.Dual, tools.lift, tools.own = kit(student)
        for name in ("sin", "cos", "exp", "log", "sqrt"):
            setattr(tools, name, getattr(student, name))
        agreed = []
        for each in (tools, others):
            a, b = each.Dual(1.3, 0.7), each.Dual(0.8, -1.9)
            results = [a + b, 2 + a, a + 2, a * b, 2 * a, a - b, 2 - a, a - 2, a / b, 2 / a]
            results += [a / 2, -a, a**3, a**-2]
            results += [each.sin(a), each.cos(a), each.exp(a), each.log(a), each.sqrt(a)]
            agreed.append([[result.primal, result.tangent] for result in results])
        if tools.own and np.allclose(*agreed, rtol=1e-10, atol=1e-12):
            return tools
    except Exception:
        pass
    return others


@lab.helper
def programs(tools):
    """Small programs, by name, written with these tools."""

    def loop(a):
        b = 1
        for _ in range(3):
            b = b + b * a
        return b

    def branch(a):
        if a > 0.5:
            b = 0
        else:
            b = 2 * a
        return b

    def wave(x):
        return tools.sin(x * x) / tools.sqrt(x + tools.exp(-x))

    def chain(x):
        return tools.log(1 + tools.cos(x) ** 2) - 3 / x

    def halving(x):
        while x > 1:
            x = x / 2 + tools.sin(x) / 8
        return x * x

    def two(x, y):
        return x * y + tools.sin(y) / x

    def three(x, y, z):
        return tools.exp(x - y) * z + y**2 / x

    def polar(r, t):
        return [r * tools.cos(t), r * tools.sin(t), r + 2 * t]

    def partly(x, y):
        return [x * y, 7.0, tools.log(x) - y]

    def four(x, y, z, w):
        return [x * y - w, tools.exp(z) / y]

    def single(x, y, z):
        return [x * y + tools.sqrt(z)]

    return {name: made for name, made in locals().items() if name != "tools"}


@lab.helper
def product(student):
    """(a Jacobian-vector product, the tools that go with it): the student's if they are right."""
    tools, others = toolbox(student), stand_ins()

    def stand_in(f, primals, tangents):
        return dp.jvp(f, tuple(map(float, primals)), tuple(map(float, tangents)))

    try:
        right = tools.own
        for name in ("two", "partly"):
            mine = student.jvp(programs(tools)[name], [1.2, 0.7], [0.3, -0.4])
            other = stand_in(programs(others)[name], [1.2, 0.7], [0.3, -0.4])
            right = right and all(np.allclose(mine[k], other[k]) for k in (0, 1))
        if right:
            return student.jvp, tools
    except Exception:
        pass
    return stand_in, others


@lab.helper
def parts_of(result):
    """A result as plain data: its primal and tangent; or what it was instead."""
    if hasattr(result, "primal") and hasattr(result, "tangent"):
        return {"odd": "", "primal": result.primal, "tangent": result.tangent}
    return {"odd": type(result).__name__}


@lab.helper
def told_of(function, sides):
    """The parts of function(*sides), and whether the sides are afterwards what they were."""
    before = [parts_of(each) for each in sides]
    told = parts_of(function(*sides))
    return told | {"intact": [parts_of(each) for each in sides] == before}


@lab.helper
def as_data(value):
    """Numbers and lists of them as they are; anything else by the name of its type."""
    if isinstance(value, (list, tuple)):
        return [as_data(each) for each in value]
    if isinstance(value, (bool, int, float, np.number, np.ndarray)):
        return value
    return "a " + type(value).__name__


# ------------------------------------------------------------------------------------------------
# What verdicts share


TRUE = programs(stand_ins())  # on dpkit's numbers
TOLD = {  # what a student reads of them
    "loop": "b = 1, three times b = b + b * a",
    "branch": "0 if a > 0.5 else 2 * a",
    "wave": "sin(x * x) / sqrt(x + exp(-x))",
    "chain": "log(1 + cos(x) ** 2) - 3 / x",
    "halving": "while x > 1: x = x / 2 + sin(x) / 8; then x * x",
    "two": "x * y + sin(y) / x",
    "three": "exp(x - y) * z + y ** 2 / x",
    "polar": "[r * cos(t), r * sin(t), r + 2 * t]",
    "partly": "[x * y, 7.0, log(x) - y]",
    "four": "[x * y - w, exp(z) / y] of (x, y, z, w)",
    "single": "[x * y + sqrt(z)]",
}
EXACT = {"rtol": 1e-11, "floor": 1e-12}  # a derivative without an h is right to the last digits
OF_A_RULE = ("sign", "swapped", "wrong_rule", "missing_factor", "wrong_point")


def article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def shown(numbers) -> list[float]:
    return [round(float(each), 6) for each in numbers]


def say_whose(mark, own: bool, name: str) -> None:
    """Tell the student which engine was used."""
    text = (
        f"your own {name}"
        if own
        else f"a stand-in for {name}, because yours does not pass its own exercise yet"
    )
    if f"Marked with {text}." not in mark.notes:
        mark.note(f"Marked with {text}.")


def read(mark, answer, given, function=""):
    """(primal, tangent) of what came back, if it was a Dual that holds numbers."""
    if answer["odd"]:
        what = article(answer["odd"])
        mark.fail(
            "missing" if answer["odd"] == "NoneType" else "wrong_type",
            "Nothing came back (None). Is there a `return`?"
            if answer["odd"] == "NoneType"
            else f"A Dual was expected; {what} came back, which has no `primal` and `tangent`.",
            given=given,
            function=function,
        )
    for name in ("primal", "tangent"):
        mark.that(
            isinstance(answer[name], (int, float, np.number)) and answer[name] is not True,
            kind="wrong_type",
            message=f"The `{name}` should be a number. Is there a whole Dual inside a Dual?",
            got=str(answer[name])[:80],
            given=given,
            function=function,
        )
    return float(answer["primal"]), float(answer["tangent"])


def untouched(mark, answer, given, function):
    """The Duals that were handed in are as they were."""
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message=f"`{function}` wrote into a Dual that was handed to it, and the program may still need "
        "that: in `x * x` both sides are the same one. Return a new Dual. (`lift` makes none where "
        "there is one already.)",
        given=given,
        function=function,
    )


def exactly(mark, got, truth, *, message, given, kind="wrong_value", function=""):
    """A derivative that is right to rounding; one that is right to some digits is named."""
    trouble = agree(got, truth, **EXACT)
    if trouble == ("value", "") and agree(got, truth, rtol=1e-4, floor=1e-5) is None:
        mark.fail(
            "finite_difference",
            "It is right to some digits only, as a finite difference is. Tangents are exact: no "
            "step h is needed anywhere.",
            got=got,
            expected=truth,
            given=given,
            function=function,
        )
    mark.close(got, truth, kind=kind, message=message, given=given, function=function, **EXACT)


# ------------------------------------------------------------------------------------------------
# 2.1


@lab.exercise(
    "2.1",
    "A value and a speed",
    points=2,
    minutes=10,
    reread="week02.md#dual-numbers",
    hints=(
        "Two things are to be kept, as they are given. How fast does the number 3 move?",
        "A comparison decides which branch runs, and the program runs as it would on plain "
        "numbers: the tangents have no say. The right side may be a plain number.",
        "`isinstance(x, Dual)` says whether there is anything to do in `lift`; the comparisons "
        "can call `lift` on the right side, and then compare two primals.",
    ),
)
class Moving:
    def probe(student, primal, tangent, others=()):
        made, bare = student.Dual(primal, tangent), student.Dual(primal)
        seen = {
            name: [getattr(each, name, "absent") for each in (made, bare)]
            for name in ("primal", "tangent")
        }
        seen["borrowed"] = isinstance(made, dp.Dual)
        if others == ():
            return seen
        if others == "lift":
            lifted = student.lift(primal)
            return seen | {"lifted": parts_of(lifted), "same": student.lift(made) is made}
        answers = []
        for value, speed, dual in others:
            right = student.Dual(value, speed) if dual else value
            row = [made < right, made <= right, made > right, made >= right]
            answers.append(
                [bool(it) if isinstance(it, (bool, np.bool_)) else type(it).__name__ for it in row]
            )
        return seen | {"answers": answers}

    def verdict(ask, rng, mark):
        value, speed = float(rng.uniform(1, 3)), -float(rng.uniform(0.5, 2))

        with mark.part("it keeps what it is given", 0.5):
            seen = ask(primal=value, tangent=speed)
            for name in ("primal", "tangent"):
                mark.that(
                    all(not isinstance(each, str) for each in seen[name]),
                    kind="missing",
                    message=f"A Dual has no `{name}`. Set `self.{name}` in `__init__`.",
                )
            mark.that(
                not seen["borrowed"],
                kind="borrowed",
                message="This is dpkit's Dual under your name. It would do, but the lab is about "
                "building one: begin with an empty class.",
            )
            given = f"Dual({value:.6g}, {speed:.6g})"
            mark.that(
                agree([seen["primal"][0], seen["tangent"][0]], [speed, value]) is not None,
                kind="swapped",
                message="Primal and tangent have changed places.",
                given=given,
            )
            mark.close(
                [seen["primal"][0], seen["tangent"][0]],
                [value, speed],
                kind="wrong_value",
                message="`primal` and `tangent` should be the two numbers given, in this order.",
                given=given,
            )
            mark.close(
                seen["tangent"][1],
                0.0,
                kind="wrong_seed",
                message="Without a tangent, a Dual stands still.",
                given=f"Dual({value:.6g})",
            )
        with mark.part("a plain number stands still", 0.5):
            given = f"lift({value:.6g})"
            seen = ask(primal=value, tangent=speed, others="lift")
            primal, tangent = read(mark, seen["lifted"], given)
            mark.close(
                primal,
                value,
                kind="wrong_value",
                message="The primal is not the number.",
                given=given,
            )
            mark.close(
                tangent,
                0.0,
                kind="wrong_seed",
                message="A plain number in a program is a constant: whatever the input does, it "
                "stays where it is. Its tangent says how fast it moves.",
                given=given,
            )
            mark.that(
                seen["same"],
                kind="wrong_type",
                message="`lift` of a Dual should be that very Dual: otherwise its tangent is lost, "
                "or a Dual ends up inside a Dual.",
                given="lift(a Dual)",
            )
        with mark.part("the value decides", 1):
            gap = float(rng.uniform(0.2, 0.6))
            # The tangents always say the opposite of the values, or differ where values are equal.
            others = [
                [value + gap, speed - 1.5, True],
                [value - gap, speed + 1.5, True],
                [value, speed + 1.0, True],
                [value, speed - 1.0, True],
                [value + gap, 0.0, False],
                [value - gap, 0.0, False],
            ]
            judge_comparisons(ask, mark, value, speed, others)
            ### BEGIN HIDDEN TESTS
            judge_comparisons(ask, mark, value, speed, [[value, 0.0, False], [value, speed, True]])
            judge_comparisons(ask, mark, -value, -speed, [[0, 0.0, False], [-value, 0.0, True]])
            ### END HIDDEN TESTS


def judge_comparisons(ask, mark, value, speed, others):
    signs = ("<", "<=", ">", ">=")
    try:
        answers = ask(primal=value, tangent=speed, others=others)["answers"]
    except StudentError as error:
        if "has no attribute" in error.message:
            mark.fail(
                "missing_lift",
                "A comparison met a plain number and asked it for something that only a Dual has.",
                got=error.message,
            )
        raise
    for (other, tangent, dual), row in zip(others, answers, strict=True):
        right = f"Dual({other:.4g}, {tangent:.4g})" if dual else f"{other:.4g}"
        truth = [value < other, value <= other, value > other, value >= other]
        for sign, got, expected in zip(signs, row, truth, strict=True):
            given = f"Dual({value:.4g}, {speed:.4g}) {sign} {right}"
            mark.that(
                isinstance(got, bool),
                kind="wrong_type",
                message="A comparison should give True or False.",
                got=got,
                expected=expected,
                given=given,
            )
            mark.that(
                got == expected,
                kind="wrong_value",
                message="The program would take another branch than it takes on plain numbers. "
                + ("What if the values are equal?" if other == value else "Who decided here?"),
                got=got,
                expected=expected,
                given=given,
            )


# ------------------------------------------------------------------------------------------------
# 2.2 and 2.3


@lab.exercise(
    "2.2",
    "The rest of arithmetic",
    points=4,
    minutes=12,
    reread="week02.md#arithmetic",
    hints=(
        "Write both sides with ε, multiply out, and strike whatever has ε² in it.",
        "A product moves because one factor does, and because the other does: two terms. In a "
        "quotient the divisor pulls the other way.",
        "Tangents are made of primals and tangents: each term has exactly one tangent in it. The "
        "reflected ones can call `sub` and `div`, with the sides in the right order.",
    ),
)
class Arithmetic:
    def probe(student, name, primals, tangents, constants=()):
        function = bound(student, name)
        Dual, _, own = kit(student)
        sides = [
            primals[k] if k in constants or k >= len(tangents) else Dual(primals[k], tangents[k])
            for k in range(len(primals))
        ]
        return told_of(function, sides) | {"own": own}

    def verdict(ask, rng, mark):
        def draw(n):
            return [float(each) for each in rng.uniform(0.6, 2.4, n) * rng.choice([-1, 1], n)]

        def judge(name, f, sides, power=None):
            judge_operation(ask, mark, name, f, draw(sides), draw(sides), power)

        with mark.part("mul", 0.75):
            judge("mul", lambda a, b: a * b, 2)
        with mark.part("neg and sub", 0.5):
            judge("neg", lambda a: -a, 1)
            judge("sub", lambda a, b: a - b, 2)
        with mark.part("div", 0.75):
            judge("div", lambda a, b: a / b, 2)
        with mark.part("power", 0.75):
            for n in (3, -2):
                judge("power", lambda a, n=n: a**n, 1, n)
            ### BEGIN HIDDEN TESTS
            at, speeds = [abs(each) for each in draw(1)], draw(1)
            judge_operation(ask, mark, "power", lambda a: a**2.5, at, speeds, 2.5)
            judge("power", lambda a: a**1, 1, 1)
            ### END HIDDEN TESTS
        with mark.part("plain numbers in mul, sub and div", 0.5):
            for name, f in SIDES.items():
                for constant in (0, 1):
                    judge_constant(ask, mark, name, f, draw(2), draw(2), constant)
        with mark.part("the reflected operators", 0.75):
            for name, f in REFLECTED.items():
                judge_reflected(ask, mark, name, f, draw(2), draw(1)[0])
                ### BEGIN HIDDEN TESTS
                judge_reflected(ask, mark, name, f, [draw(1)[0], 3], draw(1)[0])
                ### END HIDDEN TESTS


SIDES = {"mul": lambda a, b: a * b, "sub": lambda a, b: a - b, "div": lambda a, b: a / b}
REFLECTED = {"reflected_sub": lambda b, a: a - b, "reflected_div": lambda b, a: a / b}


def judge_operation(ask, mark, name, f, primals, tangents, power=None):
    """Value and tangent of one operation at one point; a wrong tangent gets its name."""
    extra = [] if power is None else [power]

    def told(speeds):
        answer = ask(name=name, primals=[*primals, *extra], tangents=speeds)
        found = read(mark, answer, given, name)
        untouched(mark, answer, given, name)
        return found, answer["own"]

    given = {"operation": name, "primals": shown([*primals, *extra]), "tangents": shown(tangents)}
    (value, tangent), own = told(tangents)
    say_whose(mark, own, "Dual")
    known, truth = (float(each) for each in dp.jvp(f, tuple(primals), tuple(tangents)))
    mark.close(
        value,
        known,
        kind="wrong_value",
        message=f"The value of `{name}` is not right, so its tangent cannot be either.",
        given=given,
        function=name,
    )
    if agree(tangent, truth, **EXACT) is None:
        mark.close(tangent, truth, kind="wrong_rule", message="", **EXACT)
        return
    for kind, looks_like, message in (*LOOKALIKES.get(name, []), *EVERYWHERE):
        if agree(tangent, looks_like(f, truth, primals, tangents)) is None:
            mark.fail(kind, message, got=tangent, expected=truth, given=given, function=name)
    (_, twice), _ = told([2 * speed for speed in tangents])
    if agree(twice, tangent) is None and tangent:
        mark.fail(
            "missing_factor",
            f"The tangent of `{name}` is the same however fast its argument moves. The slope is "
            "only half of the chain rule.",
            got=tangent,
            expected=truth,
            given=given,
            function=name,
        )

    def slopes(*at):
        """The partial derivatives, one unit tangent after the other."""
        found = []
        for k in range(len(at)):
            units = [float(j == k) for j in range(len(at))]
            answer = ask(name=name, primals=[*map(float, at), *extra], tangents=units)
            found.append(read(mark, answer, given, name)[1])
        return found[0] if len(found) == 1 else tuple(found)

    diagnosis = dp.diagnose(f, slopes, *primals, prefer=OF_A_RULE, seconds=0.5)
    mark.gradient(diagnosis, given=given, where="", function=name)
    exactly(
        mark,
        tangent,
        truth,
        kind="wrong_rule",
        message=f"`{name}` is right when one side moves with speed 1 and the other stands still, "
        "and wrong when both move: contributions add, each in proportion to its speed.",
        given=given,
        function=name,
    )


# operation: (kind, the wrong tangent from f, the right one, primals and tangents; what to say)
LOOKALIKES = {
    "mul": [
        (
            "wrong_rule",
            lambda f, truth, at, speeds: speeds[0] * speeds[1],
            "The two tangents were multiplied with each other. The speed of a product is not the "
            "product of the speeds: that term carries ε², which is 0.",
        ),
        (
            "wrong_rule",
            lambda f, truth, at, speeds: truth + speeds[0] * speeds[1],
            "One term too many: tangent times tangent carries ε², and ε² = 0.",
        ),
    ],
    "sub": [
        (
            "swapped",
            lambda f, truth, at, speeds: -truth,
            "The tangents were subtracted in the other order than the values.",
        ),
    ],
    "div": [
        (
            "wrong_rule",
            lambda f, truth, at, speeds: speeds[0] / speeds[1],
            "One tangent was divided by the other. The speed of a quotient is not the quotient of "
            "the speeds.",
        ),
        (
            "swapped",
            lambda f, truth, at, speeds: -truth,
            "The two terms of the quotient rule were subtracted in the wrong order.",
        ),
    ],
}
LOOKALIKES["cos"] = LOOKALIKES["exp"] = [
    (
        "wrong_rule",
        lambda f, truth, at, speeds: float(f(speeds[0])),
        "The function was applied to the tangent, too. The tangent of the result is a slope times "
        "the tangent of the argument.",
    ),
]
EVERYWHERE = [
    (
        "sign",
        lambda f, truth, at, speeds: -truth,
        "The tangent has the opposite sign. If the argument grows, does the result grow or shrink?",
    ),
]


def ask_with_number(ask, mark, given, name, **inputs):
    """Ask where one side is a plain number; the usual stumble gets its name."""
    try:
        return ask(name=name, **inputs)
    except StudentError as error:
        if "has no attribute" in error.message:
            mark.fail(
                "missing_lift",
                f"`{name}` met a plain number and asked it for something that only a Dual has. Make "
                "both sides Duals first.",
                given=given,
                function=name,
                got=error.message,
            )
        raise


def judge_constant(ask, mark, name, f, primals, tangents, constant):
    """One side is a plain number and stands still."""
    given = {
        "operation": name,
        "left": round(primals[0], 6),
        "right": round(primals[1], 6),
        "a plain number": ("left", "right")[constant],
    }
    answer = ask_with_number(
        ask, mark, given, name, primals=primals, tangents=tangents, constants=[constant]
    )
    value, tangent = read(mark, answer, given, name)
    mark.close(
        value,
        float(f(*primals)),
        kind="wrong_value",
        message=f"The value of `{name}` is wrong when one side is a plain number.",
        given=given,
        function=name,
    )
    speeds = [0.0 if k == constant else speed for k, speed in enumerate(tangents)]
    truth = float(dp.jvp(f, tuple(primals), tuple(speeds))[1])
    between = read(mark, ask(name=name, primals=primals, tangents=speeds), given, name)[1]
    if agree(between, truth) is None:  # otherwise it has cost its points already
        mark.close(
            tangent,
            truth,
            kind="constant_side",
            message=f"The tangent of `{name}` is wrong when one side is a plain number, though it is "
            "right between two Duals. How fast does a plain number move?",
            given=given,
            function=name,
        )


def judge_reflected(ask, mark, name, f, primals, speed):
    """The Dual comes first though it stands on the right; the left side is a plain number."""
    given = {
        "called": f"{name}(b, a)",
        "b, a Dual": shown([primals[0], speed]),
        "a, a plain number": primals[1],
    }
    answer = ask_with_number(
        ask, mark, given, name, primals=primals, tangents=[speed], constants=[1]
    )
    value, tangent = read(mark, answer, given, name)
    untouched(mark, answer, given, name)
    mark.that(
        agree(value, float(f(primals[1], primals[0]))) is not None,
        kind="swapped",
        message=f"`{name}` took its sides in the order in which they came. Python hands over the "
        "right side first: what stands on the left in the program is the second argument.",
        given=given,
        function=name,
        got=value,
    )
    mark.close(
        value,
        float(f(*primals)),
        kind="wrong_value",
        message=f"The value of `{name}` is not right.",
        given=given,
        function=name,
    )
    truth = float(dp.jvp(lambda b: f(b, primals[1]), (primals[0],), (speed,))[1])
    mark.that(
        agree(tangent, -truth, **EXACT) is not None,
        kind="sign",
        message=f"The value of `{name}` is right and its tangent has the opposite sign. If the right "
        "side grows, does the result grow or shrink?",
        got=tangent,
        expected=truth,
        given=given,
        function=name,
    )
    exactly(
        mark,
        tangent,
        truth,
        kind="wrong_rule",
        message=f"The value of `{name}` is right and its tangent is not.",
        given=given,
        function=name,
    )


@lab.exercise(
    "2.3",
    "Four more functions",
    points=2,
    minutes=8,
    reread="week02.md#functions",
    hints=(
        "Slope here, times how fast the argument moves.",
        "The slope is the school derivative, at the primal that went in.",
        "Two of the four can be written with the value that was just computed: keep it in a "
        "variable. One of the four falls where the sine is positive.",
    ),
)
class Functions:
    def probe(student, name, primals, tangents):
        function = bound(student, name)
        Dual, _, own = kit(student)
        sides = [Dual(primals[0], tangents[0])] if tangents else list(primals)
        return told_of(function, sides) | {"own": own}

    def verdict(ask, rng, mark):
        for name in ("cos", "exp", "log", "sqrt"):
            with mark.part(name, 0.5):
                f, speed = getattr(dp, name), float(rng.uniform(1.2, 2.9))
                at = float(rng.uniform(1.2, 2.9))
                judge_operation(ask, mark, name, f, [at], [-speed])
                given = f"{name}({at:.6g})"
                answer = ask_with_number(ask, mark, given, name, primals=[at], tangents=[])
                mark.close(
                    read(mark, answer, given, name),
                    [float(f(at)), 0.0],
                    kind="constant_side",
                    message="A plain number should be lifted: the result has the right value and "
                    "stands still.",
                    given=given,
                    function=name,
                )
                ### BEGIN HIDDEN TESTS
                at = float(rng.uniform(0.1, 0.9))
                judge_operation(ask, mark, name, f, [at], [speed])
                ### END HIDDEN TESTS


# ------------------------------------------------------------------------------------------------
# 2.4


@lab.exercise(
    "2.4",
    "One input, or a direction",
    points=2,
    minutes=12,
    reread="week02.md#jvp",
    hints=(
        "Make Duals of the inputs, run `f` on them once, and take the result apart.",
        "`zip(primals, tangents)` gives the pairs. The result may be a Dual, a plain number, or a "
        "list in which both occur.",
        "`lift` makes a Dual of whatever the program returned. `derivative` has one input, which "
        "moves with speed 1, and returns a function: `def` inside `def`, or `lambda`.",
    ),
)
class Directions:
    def probe(student, what, program, primals, tangents=()):
        tools = toolbox(student)
        own = tools.own
        room = {} if own else {"Dual": tools.Dual, "lift": tools.lift}
        jvp = student.rebind("jvp", **room) if room else student.jvp
        f, runs = programs(tools)[program], []

        def counted(*inputs):
            runs.append(len(inputs))
            return f(*inputs)

        if what == "jvp":
            answer = jvp(counted, primals, tangents)
            kind = type(answer).__name__
        else:
            take = student.rebind("derivative", jvp=jvp, **room) if room else student.derivative
            slope = take(counted)
            if not callable(slope):
                return {"own": own, "type": type(slope).__name__}
            answer = slope(primals[0])
            kind = "function"
        return {"own": own, "type": kind, "answer": as_data(answer), "runs": len(runs)}

    def verdict(ask, rng, mark):
        def draw(n, low=0.6, high=2.2):
            return [float(each) for each in rng.uniform(low, high, n)]

        with mark.part("jvp in a direction", 0.75):
            for program, n in (("two", 2), ("three", 3)):
                tangents = draw(n, 0.5, 1.5)
                tangents[1] = -tangents[1]
                judge_jvp(ask, mark, program, draw(n), tangents)
        with mark.part("jvp of lists, and of plain numbers", 0.5):
            judge_jvp(ask, mark, "polar", draw(2), draw(2))
            judge_jvp(ask, mark, "partly", draw(2), draw(2))
            judge_jvp(ask, mark, "branch", draw(1, 0.6, 0.9), draw(1))
            ### BEGIN HIDDEN TESTS
            judge_jvp(ask, mark, "four", draw(4), [0.0, *draw(3)])
            judge_jvp(ask, mark, "single", draw(3), draw(3))
            ### END HIDDEN TESTS
        with mark.part("derivative", 0.75):
            for program in ("wave", "chain", "loop"):
                judge_derivative(ask, mark, program, draw(1)[0])
            judge_derivative(ask, mark, "branch", draw(1, 0.1, 0.4)[0])
            judge_derivative(ask, mark, "branch", draw(1, 0.6, 0.9)[0])
            ### BEGIN HIDDEN TESTS
            judge_derivative(ask, mark, "halving", draw(1, 3.0, 6.0)[0])
            judge_derivative(ask, mark, "loop", -draw(1)[0])
            ### END HIDDEN TESTS


def heard_of_numbers(ask, mark, given, **inputs):
    """Ask; where a result without a tangent made the code stumble, say so."""
    try:
        return ask(**inputs)
    except StudentError as error:
        if "object has no attribute" in error.message and inputs["program"] in ("branch", "partly"):
            mark.fail(
                "missing_lift",
                "The program returned a plain number, or a list with one in it, because nothing "
                "there depends on the inputs. It stands still.",
                given=given,
                got=error.message,
            )
        raise


def judge_jvp(ask, mark, program, primals, tangents):
    given = {"program": TOLD[program], "primals": shown(primals), "tangents": shown(tangents)}
    answer = heard_of_numbers(
        ask, mark, given, what="jvp", program=program, primals=primals, tangents=tangents
    )
    say_whose(mark, answer["own"], "Dual")
    pair = answer["answer"]
    mark.that(
        answer["type"] in ("tuple", "list") and len(pair) == 2,
        kind="wrong_type",
        message=f"A pair (y, y_dot) was expected; {article(answer['type'])} came back.",
        given=given,
    )
    y, y_dot = pair
    f = TRUE[program]
    value, truth = (
        np.asarray(each, float).tolist() for each in dp.jvp(f, tuple(primals), tuple(tangents))
    )
    changed = agree(y, truth, **EXACT) is None and agree(y_dot, value, **EXACT) is None
    changed = changed and value != truth
    mark.that(
        not changed,
        kind="swapped",
        message="The pair is the wrong way round: first the value, then how fast it moves.",
        given=given,
    )
    mark.close(
        y,
        value,
        kind="wrong_value",
        message="The value y is not that of the program.",
        given=given,
    )
    ones = np.asarray(dp.jvp(f, tuple(primals), (1.0,) * len(primals))[1], float).tolist()
    if agree(truth, ones) is not None:
        mark.that(
            agree(y_dot, ones, **EXACT) is not None,
            kind="wrong_seed",
            message="All inputs were moved with speed 1: the tangents that were given played no "
            "part.",
            got=y_dot,
            expected=truth,
            given=given,
        )
    mark.that(
        agree(y_dot, np.zeros(np.shape(truth)).tolist()) is not None or not np.any(truth),
        kind="wrong_seed",
        message="Nothing moves. Did the tangents get into the Duals that the program ran on?",
        got=y_dot,
        expected=truth,
        given=given,
    )
    exactly(
        mark,
        y_dot,
        truth,
        kind="wrong_seed",
        message="The value is right and the tangent is not. Does each input carry its own tangent?",
        given=given,
    )
    mark.that(
        answer["runs"] == 1,
        kind="repeated_pass",
        message=f"The program ran {answer['runs']} times. One pass carries any one direction: all "
        "inputs move at once, each with its own speed.",
        got=answer["runs"],
        expected=1,
        given=given,
    )


def judge_derivative(ask, mark, program, x):
    given = {"program": TOLD[program], "at": round(x, 6)}
    answer = heard_of_numbers(ask, mark, given, what="derivative", program=program, primals=[x])
    mark.that(
        answer["type"] == "function",
        kind="wrong_type",
        message=f"`derivative(f)` should be a function of a number; {article(answer['type'])} came "
        "back.",
        given=given,
    )
    got, f = answer["answer"], TRUE[program]
    mark.that(
        got != "a Dual" and not isinstance(got, list),
        kind="wrong_type",
        message="A number was expected: the tangent alone.",
        got=str(got)[:80],
        given=given,
    )
    truth, value = float(dp.grad(lambda a: f(a) + 0 * a)(x)), float(f(x))
    if truth:
        mark.that(
            agree(got, value, **EXACT) is not None or value == truth,
            kind="wrong_value",
            message="That is the value of the program, not its derivative.",
            got=got,
            expected=truth,
            given=given,
        )
        mark.that(
            agree(got, 0.0) is not None,
            kind="wrong_seed",
            message="The derivative came out as 0. With which speed did the input move?",
            got=got,
            expected=truth,
            given=given,
        )
        mark.that(
            agree(got, x * truth, **EXACT) is not None,
            kind="wrong_seed",
            message="The derivative came out multiplied by the input. With which speed did the input "
            "move?",
            got=got,
            expected=truth,
            given=given,
        )
    exactly(
        mark,
        got,
        truth,
        message="This is not the derivative of the branch that ran.",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 2.5: a prediction, as 2.7 is. Trying earns the point.


@lab.exercise(
    "2.5",
    "Predict: on the border",
    points=1,
    minutes=3,
    reread="week02.md#branches",
    hints=(
        "Run the program with a pencil, at exactly ½.",
        "Which branch runs there? Read the condition once more.",
        "The tangent is that of the branch that runs, and of nothing else.",
    ),
)
class OnTheBorder:
    def probe(student):
        return student.my_prediction_on_the_border()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1_000_000, 1_000_000)


# ------------------------------------------------------------------------------------------------
# 2.6


@lab.exercise(
    "2.6",
    "A Jacobian, column by column",
    points=2,
    minutes=10,
    reread="week02.md#jacobian",
    hints=(
        "One pass gives one column. Which inputs move in it?",
        "In pass j only input j moves, with speed 1; begin each pass with fresh speeds.",
        "Collect what `jvp` gives, pass by pass: a list of columns. An array of them has the "
        "columns as its rows, so turn it over.",
    ),
)
class Jacobian:
    def probe(student, program, xs):
        jvp, tools = product(student)
        if tools.own:
            make = student.jacobian
        else:
            make = student.rebind("jacobian", jvp=jvp, Dual=tools.Dual, lift=tools.lift)
        answer = make(programs(tools)[program], list(xs))
        return {"own": tools.own, "type": type(answer).__name__, "answer": as_data(answer)}

    def verdict(ask, rng, mark):
        def draw(n):
            return [float(each) for each in rng.uniform(0.6, 1.9, n)]

        with mark.part("three outputs of two inputs", 1):
            judge_jacobian(ask, mark, "polar", draw(2))
        with mark.part("two outputs of four inputs", 1):
            judge_jacobian(ask, mark, "four", draw(4))
            ### BEGIN HIDDEN TESTS
            judge_jacobian(ask, mark, "single", draw(3))
            judge_jacobian(ask, mark, "partly", draw(2))
            ### END HIDDEN TESTS


def judge_jacobian(ask, mark, program, xs):
    f = TRUE[program]
    alone = np.eye(len(xs))
    columns = [np.asarray(dp.jvp(f, tuple(xs), tuple(row))[1], float) for row in alone]
    truth = np.stack(columns, axis=1)
    given = {"program": TOLD[program], "at": shown(xs), "outputs": len(truth), "inputs": len(xs)}
    answer = ask(program=program, xs=xs)
    say_whose(mark, answer["own"], "jvp")
    got = answer["answer"]
    mark.that(
        answer["type"] != "NoneType",
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        given=given,
    )
    sums = truth.sum(axis=1)
    for wrong in (sums, np.tile(sums[:, None], (1, len(xs))), np.tile(sums, (len(xs), 1))):
        mark.that(
            agree(got, wrong, **EXACT) is not None,
            kind="wrong_seed",
            message="Each number is the sum of a row of the Jacobian: all inputs moved at once, so "
            "nobody can tell which of them moved the output.",
            got=got,
            expected=truth,
            given=given,
        )
    if truth.shape != truth.T.shape:
        mark.that(
            agree(got, truth.T, **EXACT) is not None,
            kind="transposed",
            message=f"The Jacobian lies on its side: {truth.T.shape} came back. Outputs are rows, "
            "inputs are columns.",
            given=given,
        )
    mark.that(
        agree(got, truth.cumsum(axis=1), **EXACT) is not None,
        kind="accumulated",
        message="The first column is right, and each later one has those before it in it: an input "
        "that had its turn still moves.",
        got=got,
        expected=truth,
        given=given,
    )
    mark.that(
        answer["type"] == "ndarray",
        kind="wrong_type",
        message=f"A numpy array was expected; {article(answer['type'])} came back.",
        given=given,
    )
    exactly(
        mark,
        got,
        truth,
        message="The numbers are not the derivatives of the outputs (rows) by the inputs (columns).",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 2.7


@lab.exercise(
    "2.7",
    "Predict: two names",
    points=1,
    minutes=3,
    reread="week02.md#aliasing",
    hints=(
        "How many arrays are there? Draw one box for each.",
        "`y = x` does not copy. What does `+=` do to the array that y is a name of?",
        "When the second turn begins, what is `x[0]`?",
    ),
)
class TwoNames:
    def probe(student):
        return student.my_prediction_of_two_names()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 2.8


@lab.exercise(
    "2.8",
    "The slide's program, mended",
    points=2,
    minutes=12,
    reread="week02.md#aliasing",
    hints=(
        "Give y a list of its own, and make a new list in each turn instead of writing into one.",
        "The same amount is added to each entry of y. For the gradient: one pass for each entry of "
        "x, in which it alone moves.",
        "`jvp` calls its function with the inputs one by one, and `f` wants one list: put a small "
        "function in between that collects them, `def g(*entries)`.",
    ),
)
class Mended:
    def probe(student, what, xs, tangents=(), program="three"):
        if what == "wander":
            tools = toolbox(student)
            names = ("Dual", "lift", "sin", "cos", "exp", "log", "sqrt")
            room = {} if tools.own else {name: getattr(tools, name) for name in names}
            run = student.rebind("wander", **room) if room else student.wander
            x = (
                [tools.Dual(*pair) for pair in zip(xs, tangents, strict=True)]
                if tangents
                else list(xs)
            )
            before = list(x)
            result = run(x)
            kept = len(x) == len(before) and all(a is b for a, b in zip(x, before, strict=True))
            return parts_of(result) | {"own": tools.own, "kept": kept}
        jvp, tools = product(student)
        if tools.own:
            make = student.value_and_gradient
        else:
            room = {"jvp": jvp, "Dual": tools.Dual, "lift": tools.lift}
            make = student.rebind("value_and_gradient", **room)
        f, came = programs(tools)[program], []

        def of_a_list(*arguments):
            came.append(type(arguments[0]).__name__ if len(arguments) == 1 else "several arguments")
            return f(*(arguments[0] if isinstance(arguments[0], (list, tuple)) else arguments))

        x = list(xs)
        answer = make(of_a_list, x)
        return {
            "own": tools.own,
            "type": type(answer).__name__,
            "answer": as_data(answer),
            "came": came,
            "kept": x == list(xs),
        }

    def verdict(ask, rng, mark):
        def draw(n):
            return [float(each) for each in rng.uniform(0.6, 1.9, n)]

        with mark.part("wander: its value", 0.5):
            judge_wander(ask, mark, [2.0, 3.0, -2.0], [0.0, 0.0, 0.0])
            judge_wander(ask, mark, draw(3), [0.0, 0.0, 0.0])
        with mark.part("wander: its tangent", 0.5):
            first, second, third = draw(3)
            judge_wander(ask, mark, draw(3), [first, -second, third])
            ### BEGIN HIDDEN TESTS
            for k in range(3):
                judge_wander(ask, mark, draw(3), [float(j == k) for j in range(3)])
            ### END HIDDEN TESTS
        with mark.part("value_and_gradient", 1):
            judge_value_and_gradient(ask, mark, "three", draw(3))
            judge_value_and_gradient(ask, mark, "two", draw(2))
            ### BEGIN HIDDEN TESTS
            judge_value_and_gradient(ask, mark, "wave", draw(1))
            ### END HIDDEN TESTS


def wandered(x, y, z):
    """What the slide's program computes, in closed form."""
    return x + y + z + 12 * (x * x + dp.sin(y) + dp.exp(-z))


def judge_wander(ask, mark, xs, tangents):
    given = {"x": shown(xs), "tangents": shown(tangents)}
    answer = ask(what="wander", xs=xs, tangents=tangents)
    say_whose(mark, answer["own"], "Dual and its functions")
    mark.that(
        answer["kept"],
        kind="mutated_input",
        message="The list that was given has been changed: y was a second name for x, or something "
        "was written into x.",
        given=given,
    )
    mark.that(
        answer["odd"] != "list",
        kind="wrong_type",
        message="One Dual was expected, the sum of y; a list came back.",
        given=given,
    )
    value, tangent = read(mark, answer, given, "wander")
    known, truth = (float(each) for each in dp.jvp(wandered, tuple(xs), tuple(tangents)))
    mark.close(
        value,
        known,
        kind="wrong_value",
        message="The value is not that of the program. How does y start, and what is added to each "
        "of its entries, how often?",
        given=given,
        function="wander",
    )
    mark.close(
        tangent,
        truth,
        kind="missing_term",
        message="The value is right and the tangent is not: somewhere on the way a tangent was left "
        "behind.",
        given=given,
        function="wander",
        **EXACT,
    )


def judge_value_and_gradient(ask, mark, program, xs):
    given = {"program": TOLD[program], "x": shown(xs)}
    answer = ask(what="gradient", xs=xs, program=program)
    say_whose(mark, answer["own"], "jvp")
    mark.that(
        set(answer["came"]) <= {"list"},
        kind="wrong_argument",
        message="The function was not called with one list, as it wants to be.",
        got=answer["came"][:1],
        expected=["list"],
        given=given,
    )
    mark.that(
        answer["kept"],
        kind="mutated_input",
        message="The caller's list has been changed.",
        given=given,
    )
    pair = answer["answer"]
    mark.that(
        answer["type"] in ("tuple", "list") and len(pair) == 2,
        kind="wrong_type",
        message=f"A pair was expected, (value, list); {article(answer['type'])} came back.",
        given=given,
    )
    f = TRUE[program]
    truth = [
        float(dp.jvp(f, tuple(xs), tuple(float(j == k) for k in range(len(xs))))[1])
        for j in range(len(xs))
    ]
    value, slopes = pair
    mark.that(
        not isinstance(value, list),
        kind="swapped",
        message="The value comes first, and then the list of derivatives.",
        got=pair,
        given=given,
    )
    mark.close(
        value, float(f(*xs)), kind="wrong_value", message="The value is not f(x).", given=given
    )
    if len(xs) > 1:
        mark.that(
            agree(slopes, [sum(truth)] * len(xs), **EXACT) is not None
            and agree(slopes, sum(truth), **EXACT) is not None,
            kind="wrong_seed",
            message="The sum of all derivatives came back: all entries of x moved at once.",
            got=slopes,
            expected=truth,
            given=given,
        )
    exactly(
        mark,
        slopes,
        truth,
        message="The list should hold the derivative by each entry of x, in their order.",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 2.9


@lab.exercise(
    "2.9",
    "Until nothing moves",
    points=2,
    minutes=12,
    reread="week02.md#iterations",
    hints=(
        "Keep the x before the step, take the step, compare the two.",
        "There are two distances, that of the primals and that of the tangents; both must be small.",
        "`lift` both the start and what the step returns. A `for` over `range(most)`, a `return` "
        "inside it, and a `raise` behind it.",
    ),
)
class Settle:
    def probe(student, step, parameter, start, tol=None, most=None):
        tools = toolbox(student)
        room = {} if tools.own else {"Dual": tools.Dual, "lift": tools.lift}
        settle = student.rebind("settle", **room) if room else student.settle
        a, steps = tools.Dual(*parameter), []
        known = {
            "heron": lambda x: (x + a / x) / 2,
            "cosine": lambda x: tools.cos(a * x),
            "still": lambda x: 1.5,
            "doubling": lambda x: 2 * x,
        }

        def taken(x):
            steps.append(1)
            if len(steps) > 5000:
                raise RuntimeError("settle took more than 5000 steps; `most` allows fewer")
            return known[step](x)

        limits = {key: it for key, it in (("tol", tol), ("most", most)) if it is not None}
        try:
            result = settle(
                taken, start if isinstance(start, float) else tools.Dual(*start), **limits
            )
        except ValueError:
            return {"odd": "ValueError", "own": tools.own, "steps": len(steps)}
        return parts_of(result) | {"own": tools.own, "steps": len(steps)}

    def verdict(ask, rng, mark):
        a = float(rng.uniform(2.0, 7.0))
        speed = float(rng.uniform(0.5, 1.5))

        def rest(step, parameter, start, truth, given, **limits):
            answer = ask(step=step, parameter=parameter, start=start, **limits)
            say_whose(mark, answer["own"], "Dual and its functions")
            mark.that(
                answer["odd"] != "ValueError",
                kind="gave_up",
                message="It gave up with a ValueError, though the iteration comes to rest.",
                given=given,
                got=f"{answer['steps']} steps",
            )
            found = read(mark, answer, given, "settle")
            for name, got, expected in zip(("value", "tangent"), found, truth, strict=True):
                mark.close(
                    got,
                    expected,
                    kind="early_stop",
                    message=f"The {name} is not where it comes to rest. Was the loop left while "
                    "one of the two was still moving?",
                    given=given,
                    rtol=1e-8,
                )
            return answer["steps"]

        root = math.sqrt(a)
        c = float(rng.uniform(0.5, 0.8))
        x = 1.0
        for _ in range(500):
            x = math.cos(c * x)
        slope = -x * math.sin(c * x) / (1 + c * math.sin(c * x))
        with mark.part("value and tangent come to rest", 0.75):
            rest("heron", [a, speed], 1.0, [root, speed / (2 * root)], f"Heron's √{a:.4g} from 1")
            rest("cosine", [c, 1.0], 0.0, [x, slope], f"x ← cos({c:.4g} x) from 0")
        with mark.part("one of them rests first", 0.75):
            rest("cosine", [c, 1.0], x, [x, slope],
                 f"x ← cos({c:.4g} x) from {x:.6g}: the value is at rest from the beginning")  # fmt: skip
            whole = float(rng.integers(2, 9))
            rest("heron", [whole**2, 1.0], whole, [whole, 0.5 / whole],
                 f"Heron's √{whole**2:g} from {whole:g}: the value is right from the beginning")  # fmt: skip
            rest("heron", [a, 0.0], 1.0, [root, 0.0],
                 f"Heron's √{a:.4g} from 1, where {a:.4g} does not move")  # fmt: skip
            ### BEGIN HIDDEN TESTS
            rest("heron", [whole**2, speed], [whole, -3.0], [whole, speed / 2 / whole],
                 f"Heron's √{whole**2:g} from a start that moves")  # fmt: skip
            rest("still", [a, speed], 4.0, [1.5, 0.0], "a step that returns a plain number")
            ### END HIDDEN TESTS
        with mark.part("`tol` and `most` are heeded", 0.5):
            parameter, given = [0.6, 1.0], "x ← cos(0.6 x) from 0"
            fine = ask(step="cosine", parameter=parameter, start=0.0, tol=1e-12)["steps"]
            rough = ask(step="cosine", parameter=parameter, start=0.0, tol=1e-2)["steps"]
            mark.that(
                0 < rough < fine,
                kind="ignored_argument",
                message="With a larger `tol` it should rest sooner.",
                got={"tol=1e-12": f"{fine} steps", "tol=1e-2": f"{rough} steps"},
                given=given,
            )
            answer = ask(step="doubling", parameter=parameter, start=1.0, most=15)
            mark.that(
                answer["odd"] == "ValueError",
                kind="no_alarm",
                message="The iteration x ← 2x never rests, and `settle` returned as if it had. After "
                "`most` steps it should raise a ValueError.",
                given="x ← 2x from 1, most=15",
            )
            mark.that(
                answer["steps"] <= 16,
                kind="ignored_argument",
                message="It took more steps than `most` allows.",
                got=answer["steps"],
                expected=15,
                given="x ← 2x from 1, most=15",
            )
