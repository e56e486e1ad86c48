"""Lab 4: what each exercise asks the student's code, and how the answers are judged.

An operation is asked for its value and for what a sweep brings back to each argument, from a random
adjoint of the result; `dp.diagnose_vjp` names what is wrong with that. The `Tensor` is the lab's own,
from a locked cell; what an exercise needs of an earlier one is lent by dpkit, so that none depends on
another.
"""

from __future__ import annotations

import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree

lab = Lab(
    "lab04_price_of_a_gradient",
    "The price of a gradient",
    week=4,
    minutes=180,
    notes="week04.md",
    given=[  # by the worked examples
        "a, b = lift(a), lift(b)",
        "a = lift(a)",
    ],
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def lend(student, name, *earlier):
    """The student's function `name`, with what earlier exercises make lent by dpkit."""

    def operation(f):
        def apply(*operands, **options):
            nodes = [student.lift(each) for each in operands]
            values = [each.value for each in nodes]
            value, pull = dp.vjp(lambda *arrays: f(*arrays, **options), *values)

            pullbacks = [lambda g, k=k: pull(np.asarray(g, float))[k] for k in range(len(nodes))]
            return student.Tensor(value, nodes, pullbacks, "lent")

        return apply

    def unbroadcast(g, shape):
        g = np.asarray(g, float)
        return dp.vjp(lambda x: x + np.zeros(g.shape), np.zeros(shape))[1](g)[0]

    def total(a, axis=None, keepdims=False):
        return operation(lambda x: dp.sum(x, axis=axis, keepdims=keepdims))(a)

    lent = {
        "unbroadcast": unbroadcast,
        "mul": operation(lambda x, y: x * y),
        "matmul": operation(lambda x, y: x @ y),
        "total": total,
    }
    lent = {each: lent[each] for each in earlier}
    if "mul" not in earlier:
        return student.rebind(name, **lent)
    lent["add"] = operation(lambda x, y: x + y)  # the lab's own, but it needs `unbroadcast`
    # An `a * b` in the student's code is no call of the name `mul`: it leads through Tensor.
    return with_operators(student.Tensor, student.rebind(name, **lent), lent)


@lab.helper
def with_operators(Tensor, function, lent):
    """`function`; while it runs, the operators and methods of Tensor are made of what is lent."""
    from types import FunctionType

    kept = {name: each for name, each in vars(Tensor).items() if type(each) is FunctionType}

    def run(*operands, **options):
        try:
            for name, each in kept.items():
                room = {**each.__globals__, **lent}
                parts = (each.__name__, each.__defaults__, each.__closure__)
                setattr(Tensor, name, FunctionType(each.__code__, room, *parts))
            return function(*operands, **options)
        finally:
            for name, each in kept.items():
                setattr(Tensor, name, each)

    return run


@lab.helper
def brought_back(result, seed, given):
    """What a sweep from `result` brings to each of `given`, as it is: nothing is put into shape."""
    family, unasked = {result}, [result]
    while unasked:
        new = set(unasked.pop().parents) - family
        family |= new
        unasked.extend(new)
    adjoints = {id(result): seed}
    for node in sorted(family, key=lambda node: -node.born):
        if id(node) in adjoints:
            for parent, pullback in zip(node.parents, node.pullbacks, strict=True):
                part = np.asarray(pullback(adjoints[id(node)]))
                before = adjoints.get(id(parent))
                adjoints[id(parent)] = part if before is None else before + part
    return [adjoints.get(id(each), np.zeros(each.shape)) for each in given]


@lab.helper
def ask_operation(student, function, arrays, plain, options, seed):
    """One operation on arrays: its value and, from `seed`, what comes back to each argument."""
    arrays = [np.array(each, float) for each in arrays]
    copies = [each.copy() for each in arrays]
    given = [each if k in plain else student.Tensor(each) for k, each in enumerate(arrays)]
    result = function(*given, **options)
    if not isinstance(result, student.Tensor):
        return {"odd": type(result).__name__}
    if len(result.parents) != len(result.pullbacks):
        return {"odd": "pair", "counts": [len(result.parents), len(result.pullbacks)]}
    answer = {"odd": "", "value": result.value, "back": [], "intact": True}
    if seed is not None:
        seed = np.array(seed, float)
        before = seed.copy()
        nodes = [each for k, each in enumerate(given) if k not in plain]
        answer["back"] = brought_back(result, seed, nodes)
        answer["intact"] = bool(np.array_equal(seed, before))
    answer["same"] = all(np.array_equal(x, y) for x, y in zip(arrays, copies, strict=True))
    return answer


# ------------------------------------------------------------------------------------------------
# What verdicts share


OF_A_RULE = ("transposed", "not_summed", "averaged", "swapped", "wrong_rule", "missing_factor")


def judge_operation(ask, mark, name, f, arrays, *, plain=(), prefer=OF_A_RULE, **options):
    """Value, shapes and pullbacks of one operation; a wrong pullback is named by `diagnose_vjp`."""
    arrays = [np.asarray(each, float) for each in arrays]
    shapes = [list(each.shape) for each in arrays]
    given = {"operation": name, "shapes": shapes} | {k: str(v) for k, v in options.items()}
    evidence = {"given": given, "function": name}
    varied = [k for k in range(len(arrays)) if k not in plain]

    def explain(error, adjoint):
        """Fail with a sentence, where it is clear what an exception means."""
        if "has no attribute" in error.message and ("value" in error.message or plain):
            mark.fail(
                "missing_lift",
                f"`{name}` met a plain number or array, and asked it for something that only a Tensor "
                "has. `lift` every argument first.",
                got=error.message,
                **evidence,
            )
        if error.message.startswith("ValueError") and adjoint is not None:
            mark.fail(
                "shape",
                f"On the way back, shapes do not fit. The adjoint that comes in has the shape "
                f"{adjoint}, that of the result; what must be done with it so that the adjoint of "
                "each argument gets the argument's shape?",
                got=error.message,
                **evidence,
            )

    def asked(values, seed=None):
        try:
            answer = ask(name=name, arrays=values, plain=list(plain), options=options, seed=seed)
        except StudentError as error:
            explain(error, np.shape(seed) if seed is not None else None)
            raise
        if answer["odd"] == "pair":
            parents, pullbacks = answer["counts"]
            mark.fail(
                "shape",
                f"`{name}` has {count(parents, 'parent')} and {count(pullbacks, 'pullback')}: each "
                "parent needs its own, in the same order. For one parent, mind the comma: `(a,)`.",
                **evidence,
            )
        mark.that(
            answer["odd"] == "",
            kind="wrong_type",
            message=f"`{name}` should return a Tensor; {answer['odd']} came back.",
            **evidence,
        )
        return answer

    value = np.asarray(f(*arrays))
    answer = asked(arrays)
    mark.close(
        answer["value"],
        value,
        kind="wrong_value",
        message=f"The value of `{name}` is not right, so its pullback cannot be either.",
        **evidence,
    )
    seed = np.linspace(0.7, 1.9, value.size).reshape(value.shape) * (-1) ** np.arange(
        value.size
    ).reshape(value.shape)
    answer = asked(arrays, seed)
    mark.that(
        answer["intact"] and answer["same"],
        kind="mutated_input",
        message=f"`{name}` changed an array that was handed to it. Others may still need it: work "
        "on a copy.",
        **evidence,
    )
    for k, part in zip(varied, answer["back"], strict=True):
        judge_shape(mark, name, part, arrays[k].shape, value.shape, k, evidence)

    def pull(g, *values):
        filled = list(arrays)
        for k, each in zip(varied, values, strict=True):
            filled[k] = each
        back = asked(filled, np.asarray(g))["back"]
        return back[0] if len(back) == 1 else tuple(back)

    def of_the_varied(*values):
        filled = list(arrays)
        for k, each in zip(varied, values, strict=True):
            filled[k] = each
        return f(*filled)

    diagnosis = dp.diagnose_vjp(
        of_the_varied, pull, *(arrays[k] for k in varied), prefer=prefer, seconds=0.8
    )
    mark.gradient(diagnosis, where="", **evidence)


def judge_shape(mark, name, part, shape, result, k, evidence):
    """The adjoint of an array has the array's shape."""
    got = np.shape(part)
    if got == shape:
        return
    which = ("first", "second")[k]
    message = f"The adjoint of the {which} argument should have its shape, {shape}; it has {got}."
    kind = "shape"
    if got == result and np.size(part) > math.prod(shape):
        kind = "not_summed"
        message += " It still has the shape of the result: what was copied must be summed."
    elif got[::-1] == shape and len(shape) > 1:
        kind = "transposed"
        message += " That is the right shape, turned over."
    elif math.prod(got) == math.prod(shape):
        message += " The numbers may be right; an axis of length 1 is lost or too many."
    elif got == result:
        message += " A sum hands its adjoint to everyone who was summed: copy it along the axis."
    mark.fail(kind, message, got=list(got), expected=list(shape), **evidence)


def count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def draw(rng, *shape):
    """Numbers away from 0, of both signs."""
    return rng.uniform(0.4, 1.6, shape) * rng.choice([-1, 1], shape)


# ------------------------------------------------------------------------------------------------
# 4.1: a prediction, as 4.6 is. Trying earns the point.


@lab.exercise(
    "4.1",
    "Predict: one bias, a thousand rows",
    points=1,
    minutes=3,
    reread="week04.md#unbroadcast",
    hints=(
        "By how much does y grow when b[0] grows by 1?",
        "In how many numbers of Y is b[0] used?",
        "Each use hands back 1, and contributions add.",
    ),
)
class Bias:
    def probe(student):
        return student.my_prediction_of_the_bias()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -10_000, 10_000)


# ------------------------------------------------------------------------------------------------
# 4.2


@lab.exercise(
    "4.2",
    "Undo the broadcast",
    points=3,
    minutes=12,
    reread="week04.md#unbroadcast",
    hints=(
        "Write the two shapes under each other, lined up at the right. Which axes differ?",
        "First sum away the axes that g has too many on the left; then, among those that remain, "
        "sum the ones that are 1 in `shape`, and keep them.",
        "`g.sum(axis=…)` takes a tuple of axes, and `keepdims=True` leaves a 1 where it summed. In "
        "mul, each pullback multiplies g with the other side first and un-broadcasts last.",
    ),
)
class Unbroadcast:
    def probe(student, name, arrays=None, plain=(), options=None, seed=None, shape=()):
        if name == "unbroadcast":
            g = np.array(seed, float)
            before = g.copy()
            got = student.unbroadcast(g, tuple(shape))
            return {"got": got, "intact": bool(np.array_equal(g, before))}
        function = lend(student, "mul", "unbroadcast")
        return ask_operation(student, function, arrays, plain, options, seed)

    def verdict(ask, rng, mark):
        with mark.part("axes added on the left", 0.5):
            judge_unbroadcast(ask, mark, rng, (4, 3), (3,))
            judge_unbroadcast(ask, mark, rng, (2, 3), ())
            judge_unbroadcast(ask, mark, rng, (3, 4), (3, 4))
        with mark.part("axes of length 1", 0.5):
            judge_unbroadcast(ask, mark, rng, (5, 4), (5, 1))
            judge_unbroadcast(ask, mark, rng, (5, 4), (1, 4))
        with mark.part("both at once", 0.5):
            judge_unbroadcast(ask, mark, rng, (2, 3, 4), (3, 1))

        def product(a, b):
            return a * b

        with mark.part("mul, equal shapes", 0.5):
            judge_operation(ask, mark, "mul", product, (draw(rng, 2, 3), draw(rng, 2, 3)))
        with mark.part("mul, with broadcasting and plain numbers", 1):
            judge_operation(ask, mark, "mul", product, (draw(rng, 4, 3), draw(rng, 3)))
            judge_operation(ask, mark, "mul", product, (draw(rng, 2, 1), draw(rng, 3)))
            judge_operation(ask, mark, "mul", product, (draw(rng), draw(rng, 2, 3)), plain=(0,))


def judge_unbroadcast(ask, mark, rng, shape, wanted):
    g = draw(rng, *shape)
    answer = ask(name="unbroadcast", seed=g, shape=list(wanted))
    # The truth by multiplication: what was copied is a linear map, and this is its transpose.
    copied = np.zeros((math.prod(shape), math.prod(wanted)))
    for k, one in enumerate(np.eye(math.prod(wanted))):
        copied[:, k] = np.broadcast_to(one.reshape(wanted), shape).ravel()
    truth = (g.ravel() @ copied).reshape(wanted)
    given = {"g of shape": list(shape), "shape": list(wanted)}
    got = answer["got"]
    shown = {"given": given, "function": "unbroadcast"}
    if isinstance(got, (np.ndarray, float, int)) and np.shape(got) != wanted:
        left_over = np.shape(got) == shape
        mark.fail(
            "not_summed" if left_over else "shape",
            f"The shape should be {wanted}; {np.shape(got)} came back."
            + " It still has the shape of g." * left_over
            + " An axis of length 1 was stretched: sum it, and keep it."
            * (not left_over and np.size(got) == truth.size),
            **shown,
        )
    if g.size > truth.size and agree(got, truth * truth.size / g.size) is None:
        mark.fail("averaged", "These are means. Every copy counts in full: sum.", **shown)
    mark.close(
        got,
        truth,
        kind="wrong_value",
        message="The shape is right and the numbers are not: the wrong entries were summed.",
        **shown,
    )
    mark.that(
        answer["intact"],
        kind="mutated_input",
        message="`g` itself was changed; whoever handed it out may need it again.",
        **shown,
    )


# ------------------------------------------------------------------------------------------------
# 4.3


@lab.exercise(
    "4.3",
    "Matrix products",
    points=2,
    minutes=10,
    reread="week04.md#matrix-products",
    hints=(
        "Write the three shapes down. From which two of the three arrays can the adjoint of the "
        "third be made, so that the shapes fit?",
        "For the second factor, the same two lines of algebra as in the text, with dB in the place "
        "of dA: move A to the other side of the inner product.",
        "Moving a factor to the other side transposes it and keeps it on its side. For a vector b, "
        "entry (i, j) of the adjoint of A is entry i of g times entry j of b: `np.outer`.",
    ),
)
class Matmul:
    def probe(student, name, arrays, plain, options, seed):
        return ask_operation(student, lend(student, name), arrays, plain, options, seed)

    def verdict(ask, rng, mark):
        def product(a, b):
            return a @ b

        def judge(a, b, **how):
            judge_operation(ask, mark, "matmul", product, (draw(rng, *a), draw(rng, *b)), **how)

        with mark.part("matrix times matrix", 1):
            judge((2, 3), (3, 4))
            judge((3, 3), (3, 3))
        with mark.part("matrix times vector", 1):
            judge((2, 3), (3,))
            judge((3, 3), (3,))


# ------------------------------------------------------------------------------------------------
# 4.4


@lab.exercise(
    "4.4",
    "Sums and moves",
    points=3,
    minutes=12,
    reread="week04.md#sums-and-moves",
    hints=(
        "Every number in the adjoint of the result: to which numbers of `a` must it go?",
        "To all that were summed; to where it came from; there once more, if it was read twice. A "
        "mean is a sum times a number.",
        "`np.expand_dims(g, axis)` puts a summed axis back (not needed with keepdims, nor for "
        "axis=None), and `np.broadcast_to` copies. Indexing: start from zeros and `np.add.at`.",
    ),
)
class Moves:
    def probe(student, name, arrays, plain, options, seed):
        function = lend(student, name, "mul", "unbroadcast")
        if name == "take":
            options["index"] = {
                "number": -1,
                "slice": slice(1, None, 2),
                "list": [2, 0, 2],
                "pairs": (np.array([1, 0, 1, 1]), np.array([2, 1, 2, 0])),
                "mixed": (slice(None), [0, 0, 1]),
                "mask": np.arange(4) % 3 == 0,
            }[options["index"]]
        if "axis" in options and isinstance(options["axis"], list):
            options["axis"] = tuple(options["axis"])
        if "shape" in options:
            options["shape"] = tuple(options["shape"])
        return ask_operation(student, function, arrays, plain, options, seed)

    def verdict(ask, rng, mark):
        def reduced(name, shape, **options):
            how = {"sum": dp.sum, "mean": dp.mean}["mean" if name == "mean" else "sum"]
            kept = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
            prefer = ("averaged", "factor", "not_summed", "transposed")
            arrays = (draw(rng, *shape),)
            judge_operation(
                ask, mark, name, lambda a: how(a, **kept), arrays, prefer=prefer, **options
            )

        with mark.part("total", 0.75):
            reduced("total", (2, 3))
            reduced("total", (2, 3), axis=1)
            reduced("total", (3, 3), axis=1)
            reduced("total", (3, 3), axis=-1, keepdims=True)
        with mark.part("mean", 0.75):
            reduced("mean", (2, 3))
            reduced("mean", (4, 3), axis=0)
            reduced("mean", (2, 3), axis=1, keepdims=True)
        with mark.part("reshape and transpose", 0.5):
            for shape, new in (((2, 6), (3, 4)), ((2, 3), (6,)), ((4,), (2, -1))):
                judge_operation(
                    ask, mark, "reshape", lambda a, new=new: a.reshape(new), (draw(rng, *shape),),
                    shape=list(new),
                )  # fmt: skip
            for shape in ((2, 3), (3, 3), (2, 3, 4)):
                judge_operation(ask, mark, "transpose", dp.transpose, (draw(rng, *shape),))
        with mark.part("take, each number once", 0.5):
            for index in ("number", "slice"):
                judge_take(ask, mark, rng, index)
        with mark.part("take, a number twice", 0.5):
            judge_take(ask, mark, rng, "list")
            judge_take(ask, mark, rng, "pairs")


PLACES = {
    "number": -1,
    "slice": slice(1, None, 2),
    "list": [2, 0, 2],
    "pairs": ([1, 0, 1, 1], [2, 1, 2, 0]),
    "mixed": (slice(None), [0, 0, 1]),
    "mask": [True, False, False, True],
}


def judge_take(ask, mark, rng, index):
    """Indexing, as the matrix that it is: which number of the result came from where."""
    a = draw(rng, 4, 3)
    places = np.arange(a.size).reshape(a.shape)[PLACES[index]]
    moved = np.zeros((places.size, a.size))
    moved[np.arange(places.size), places.ravel()] = 1
    given = {"a of shape": [4, 3], "index": str(PLACES[index])}
    g = draw(rng, *places.shape)
    answer = ask(name="take", arrays=[a], plain=[], options={"index": index}, seed=g)
    mark.that(
        answer["odd"] == "",
        kind="wrong_type",
        message="`take` should return a Tensor with a parent and a pullback, each in a tuple.",
        given=given,
    )
    mark.close(
        answer["value"],
        (moved @ a.ravel()).reshape(places.shape),
        kind="wrong_value",
        message="The value should be `a.value[index]`.",
        given=given,
    )
    (back,) = answer["back"]
    judge_shape(mark, "take", back, a.shape, places.shape, 0, {"given": given})
    truth = (g.ravel() @ moved).reshape(a.shape)
    last = np.zeros(a.size)
    last[places.ravel()] = g.ravel()
    twice = len(set(places.ravel())) < places.size
    mark.that(
        not twice or agree(back, last.reshape(a.shape)) is not None,
        kind="overwritten",
        message="Where a number was read twice, only the last contribution arrived. It was used "
        "twice, so it gets both, added.",
        given=given,
        got=back,
        expected=truth,
    )
    mark.close(
        back,
        truth,
        kind="wrong_adjoint",
        message="The adjoints went to the wrong places, or not at all.",
        given=given,
    )
    mark.that(
        answer["intact"] and answer["same"],
        kind="mutated_input",
        message="`take` changed an array that was handed to it.",
        given=given,
    )


# ------------------------------------------------------------------------------------------------
# 4.5


@lab.exercise(
    "4.5",
    "Log-sum-exp, and three small ones",
    points=2,
    minutes=12,
    reread="week04.md#log-sum-exp",
    hints=(
        "The three small ones are `exp` once more, with another slope. The slope is taken at the "
        "argument, or made from the value.",
        "Subtract the largest entry along the axis (keep the axis, so that it lines up), and add "
        "it again at the end. Its own derivative cancels out.",
        "The softmax is exp of (entry − result): never larger than 1. The axis is gone from g: "
        "`np.expand_dims(g, axis)`.",
    ),
)
class Functions:
    def probe(student, name, arrays, plain, options, seed):
        function = lend(student, name, "mul", "unbroadcast", "total", "matmul")
        with np.errstate(all="ignore"):
            return ask_operation(student, function, arrays, plain, options, seed)

    def verdict(ask, rng, mark):
        def judge(name, f, array, **options):
            prefer = ("wrong_rule", "wrong_point", "missing_factor", "averaged")
            judge_operation(ask, mark, name, f, (array,), prefer=prefer, **options)

        with mark.part("log", 0.25):
            judge("log", dp.log, np.abs(draw(rng, 2, 3)))
        with mark.part("tanh", 0.25):
            judge("tanh", dp.tanh, draw(rng, 2, 3))
        with mark.part("relu", 0.5):
            judge("relu", dp.relu, draw(rng, 3, 2))
            judge_kink(ask, mark)
        with mark.part("logsumexp, ordinary numbers", 0.5):
            judge("logsumexp", lambda a: dp.logsumexp(a, axis=-1), draw(rng, 2, 3))
            judge("logsumexp", lambda a: dp.logsumexp(a, axis=0), draw(rng, 3, 3), axis=0)
        with mark.part("logsumexp, ±10,000", 0.5):
            judge_extremes(ask, mark, 1e4 + draw(rng, 2, 3))
            judge_extremes(ask, mark, -1e4 + draw(rng, 2, 3))


def judge_kink(ask, mark):
    answer = ask(name="relu", arrays=[[-1.0, 0.0, 2.0]], plain=[], options={}, seed=[1.5, 2.5, 0.5])
    mark.that(answer["odd"] == "", kind="wrong_type", message="`relu` should return a Tensor.")
    mark.close(
        answer["back"][0],
        [0.0, 0.0, 0.5],
        kind="wrong_value",
        message="At the kink, 0, the slope of `relu` should be 0, as on its left.",
        given=[-1.0, 0.0, 2.0],
        function="relu",
    )


def judge_extremes(ask, mark, a):
    """Huge entries: the truth from shifted rows, each sum taken exactly."""
    g = np.array([1.25, -0.75])
    values, slopes = [], []
    for row in a:
        top = max(row)
        parts = [math.exp(each - top) for each in row]
        values.append(top + math.log(math.fsum(parts)))
        slopes.append([part / math.fsum(parts) for part in parts])
    given = {"entries": [[float(each) for each in row] for row in a]}
    try:
        answer = ask(name="logsumexp", arrays=[a], plain=[], options={}, seed=g)
    except StudentError as error:
        if error.message.startswith(("OverflowError", "FloatingPointError")):
            mark.fail("not_finite", f"It overflows ({error.message}).", given=given)
        raise
    mark.that(answer["odd"] == "", kind="wrong_type", message="It should return a Tensor.")
    shown = {"given": given, "function": "logsumexp"}
    mark.close(
        answer["value"],
        values,
        kind="wrong_value",
        message="For huge entries the value is wrong.",
        rtol=1e-12,
        **shown,
    )
    back = answer["back"][0]
    if isinstance(back, np.ndarray) and not np.all(np.isfinite(back)):
        mark.fail(
            "not_finite",
            "The value is right, but its gradient, the softmax, overflows (nan or inf). It needs "
            "the shift, too.",
            **shown,
        )
    mark.close(
        back,
        g[:, None] * np.array(slopes),
        kind="wrong_adjoint",
        message="For huge entries the gradient is not the softmax times what comes in.",
        rtol=1e-7,
        **shown,
    )


# ------------------------------------------------------------------------------------------------
# 4.6


@lab.exercise(
    "4.6",
    "Predict: where the brackets go",
    points=1,
    minutes=3,
    reread="week04.md#brackets",
    hints=(
        "What is the first product of each mode, and what shape comes out of it?",
        "Count the products of a square with a square, and those that have the row in them.",
        "Forward: nine large products and a thin one. Reverse: ten thin ones.",
    ),
)
class Brackets:
    def probe(student):
        return student.my_prediction_of_the_brackets()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 1_000_000_000)


# ------------------------------------------------------------------------------------------------
# 4.7


@lab.exercise(
    "4.7",
    "The meter",
    points=2,
    minutes=12,
    reread="week04.md#cheap-gradient",
    hints=(
        "Brackets: follow one mode by hand for three matrices, and write down the shape of the "
        "product so far. Which of its two sizes never changes?",
        "Forward, the product so far always has sizes[0] columns; in reverse it always has "
        "sizes[-1] rows. A meter visits every node once: you have an order for that.",
        'Three matrices need two products. In price, skip nodes without parents, ask for "@" '
        "first, and look all others up in PRICES; an array has a `.size`.",
    ),
)
class Meter:
    def probe(student, sizes=None, rows=None):
        if sizes is not None:
            answer = student.bracket_costs(list(sizes))
        else:
            nodes = []
            for op, shape, parents in rows:
                made_from = [nodes[k] for k in parents]
                pullbacks = [None] * len(made_from)
                nodes.append(student.Tensor(np.ones(shape), made_from, pullbacks, op))
            answer = student.price(nodes[-1])
        if not isinstance(answer, (tuple, list, np.ndarray)) or np.ndim(answer) != 1:
            return {"type": type(answer).__name__}
        return {"type": "", "numbers": list(answer)}

    def verdict(ask, rng, mark):
        def numbers(given, **question):
            answer = ask(**question)
            mark.that(
                answer["type"] == "" and len(answer.get("numbers", ())) == 2,
                kind="wrong_type",
                message="Two numbers were expected: forward and back (or reverse).",
                given=given,
            )
            return answer["numbers"]

        def brackets(sizes):
            got = numbers({"sizes": sizes}, sizes=sizes)
            shown = {"given": {"sizes": sizes}, "got": got, "function": "bracket_costs"}
            forward, reverse = chain_by_hand(sizes), chain_by_hand(sizes, True)
            mark.that(
                forward == reverse or agree(got, [reverse, forward]) is not None,
                kind="swapped",
                message="Right, but the wrong way round. Forward mode starts at the inputs, with "
                "J₁J₀.",
                **shown,
            )
            mark.that(
                forward == 0 or agree(got, [2 * forward, 2 * reverse]) is not None,
                kind="factor",
                message="Count multiplications only: a product of m × k and k × n takes m·k·n.",
                **shown,
            )
            mark.close(
                got,
                [forward, reverse],
                kind="wrong_value",
                message="These are not the numbers of multiplications. Follow the shape of the "
                "product so far, from one factor to the next.",
                **{k: v for k, v in shown.items() if k != "got"},
            )

        with mark.part("brackets", 0.75):
            brackets([3, 5, 2])
            brackets([2, 7, 3, 5])
            n, R = int(rng.integers(20, 60)), int(rng.integers(3, 9))
            sizes = [n] * (R + 1) + [1]
            got = numbers({"sizes": sizes}, sizes=sizes)
            mark.close(
                got,
                [(R - 1) * n**3 + n**2, R * n**2],
                kind="wrong_value",
                message=f"For {R} square layers of {n} and a last row the counts are wrong.",
                given={"sizes": sizes},
            )

        def price(name, rows):
            got = numbers({"program": name}, rows=rows)
            shown = {"given": {"program": name}, "function": "price"}
            for kind, told, count in (
                ("double_counted", "A node that is used twice is paid for twice; it ran once.",
                 priced(rows, paths=True)),
                ("swapped", "Forward first, then back.", priced(rows)[::-1]),
                ("not_upstream", "Only the last step was paid for; it was made from others.",
                 priced(rows[:1] * (len(rows) - 1) + rows[-1:])),
                ("wrong_argument", "The largest array of a step may be a parent: a sum of a "
                 "thousand numbers costs a thousand.", priced(rows, largest=False)),
            ):  # fmt: skip
                mark.that(
                    count == priced(rows) or agree(got, list(count)) is not None,
                    kind=kind,
                    message=told,
                    got=got,
                    **shown,
                )
            mark.close(
                got,
                list(priced(rows)),
                kind="wrong_value",
                message="The meter does not show what the price list says.",
                **shown,
            )

        with mark.part("the meter, elementary steps", 0.5):
            price("tanh(x) of 6 numbers", [["", [6], []], ["tanh", [6], [0]]])
            rows = [["", [6], []], ["exp", [6], [0]], ["*", [6], [1, 0]]]
            price("exp(x) * x", rows)
            price("the sum of 5 × 4 numbers", [["", [5, 4], []], ["sum", [], [0]]])
            rows = [["", [6], []], ["exp", [6], [0]], ["+", [6], [1, 1]], ["*", [6], [2, 2]]]
            price("c = b * b, b = a + a, a = exp(x)", rows)
        with mark.part("the meter, matrix products", 0.5):
            rows = [["", [5, 3], []], ["", [3, 4], []], ["@", [5, 4], [0, 1]]]
            price("(5 × 3) @ (3 × 4)", rows)
            rows = [["", [5, 3], []], ["", [3], []], ["@", [5], [0, 1]], ["relu", [5], [2]]]
            price("relu((5 × 3) @ vector)", rows)


def chain_by_hand(sizes, from_the_output=False):
    """Multiplications to multiply a chain up, one factor after the other, by the shapes alone."""
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    if from_the_output:  # transposed, the chain runs the other way
        shapes = [(columns, rows) for rows, columns in reversed(shapes)]
    (rows, columns), count = shapes[0], 0
    for more, inner in shapes[1:]:
        assert inner == rows
        count += more * inner * columns
        rows = more
    return count


LISTED = {
    "+": (1, 2), "*": (1, 4), "**": (1, 4), "exp": (1, 2), "log": (1, 2), "tanh": (1, 4),
    "relu": (1, 2), "sum": (1, 1), "move": (1, 1), "lse": (4, 4),
}  # fmt: skip


def priced(rows, paths=False, largest=True):
    """What a program costs, forward and back; with `paths`, every step for each way that leads to
    it; without `largest`, by the size of the result alone."""
    times = [0] * len(rows)
    times[-1] = 1
    if paths:
        for k in reversed(range(len(rows))):
            for p in rows[k][2]:
                times[p] += times[k]
    else:
        for k in reversed(range(len(rows))):
            for p in rows[k][2] if times[k] else ():
                times[p] = 1
    bill = np.zeros(2, int)
    for (op, shape, parents), often in zip(rows, times, strict=True):
        if op == "@":
            inner = rows[parents[0]][1][-1]
            bill += often * math.prod(shape) * np.array([2 * inner - 1, 4 * inner])
        elif op:
            sizes = [math.prod(shape), *(math.prod(rows[p][1]) for p in parents)]
            bill += often * (max(sizes) if largest else sizes[0]) * np.array(LISTED[op])
    return [int(each) for each in bill]


# ------------------------------------------------------------------------------------------------
# 4.8

LISTING = """\
def forward_nn(A, b, Z):
    X = [Z]
    for r in range(len(A)):
        X.append(np.tanh(A[r] @ X[r] + b[r]))
    return X

def backward_nn(A, b, X, Y):
    R = len(A)
    gA, gb = [None] * R, [None] * R
    gx = X[R] - Y  # the loss is the sum of (X[R] - Y) ** 2 / 2
    for r in range(R - 1, -1, -1):
        M = (1 - X[r] ** 2) * gx
        gx = A[r].T @ M
        gA[r] = X[r] @ M.T
        gb[r] = M.sum(axis=1, keepdims=True)
    return gA, gb
"""


@lab.exercise(
    "4.8",
    "The adjoint test, and a hunt",
    points=2,
    minutes=15,
    reread="week04.md#adjoint-test",
    hints=(
        "The test: two inner products, of arrays of any shape; multiply entry by entry and sum. "
        "The hunt: put the listing beside the four formulas.",
        "`np.linalg.norm` takes arrays of any shape. In the listing, ask of each line: which state "
        "does it use, and what shape would it have if the layers had different widths?",
        "1 − tanh² is made from what comes *out* of the tanh. And the adjoint of a weight matrix has "
        "as many rows as the layer has outputs.",
    ),
)
class AdjointTest:
    def probe(
        student, matrix=None, pulled=None, shapes=None, v=None, w=None, cases=None, listing=""
    ):
        if matrix is not None:
            out, into = (tuple(each) for each in shapes)
            calls = {"push": 0, "pull": 0}

            def push(x):
                calls["push"] += 1
                return (matrix @ np.asarray(x).ravel()).reshape(out)

            def pull(y):
                calls["pull"] += 1
                return (np.asarray(y).ravel() @ pulled).reshape(into)

            v, w = np.array(v, float).reshape(into), np.array(w, float).reshape(out)
            before = [v.copy(), w.copy()]
            gap = student.adjoint_gap(push, pull, v, w)
            same = bool(np.array_equal(v, before[0]) and np.array_equal(w, before[1]))
            return {"gap": gap, "same": same}
        mends = student.hunt()
        lines = listing.splitlines()
        if not isinstance(mends, dict):
            return {"form": "dictionary", "type": type(mends).__name__}
        for line, mend in mends.items():
            whole = isinstance(line, (int, np.integer)) and not isinstance(line, bool)
            if not whole or not 1 <= line <= len(lines):
                return {"form": "line", "line": repr(line)}
            if not isinstance(mend, str) or len(mend.strip().splitlines()) != 1:
                return {"form": "mend", "line": str(line)}
            lines[line - 1] = mend.rstrip()
        try:
            room = {"np": np}
            exec("\n".join(lines), room)
            after = []
            for A, b, Z, Y in cases:
                X = room["forward_nn"](A, b, Z)
                gA, gb = room["backward_nn"](A, b, X, Y)
                after.append([[np.asarray(each) for each in gA], [np.asarray(each) for each in gb]])
        except Exception as error:
            after = f"{type(error).__name__}: {error}"
        return {"form": "", "lines": sorted(map(int, mends)), "after": after}

    def verdict(ask, rng, mark):
        def gap(out, into, slip):
            """(what came back, the truth) for a map with a wrong transpose."""
            rows, columns = math.prod(out), math.prod(into)
            J = draw(rng, rows, columns)
            pulled = J + slip * draw(rng, rows, columns)
            v, w = draw(rng, columns), draw(rng, rows)
            answer = ask(matrix=J, pulled=pulled, shapes=[list(out), list(into)], v=v, w=w)
            mark.that(
                answer["same"],
                kind="mutated_input",
                message="`v` or `w` was changed on the way.",
                function="adjoint_gap",
            )
            difference = w @ J @ v - w @ pulled @ v
            norms = [np.linalg.norm(each) for each in (J @ v, w, v, w @ pulled)]
            return answer["gap"], difference, max(norms[0] * norms[1], norms[2] * norms[3])

        with mark.part("the adjoint test", 0.75):
            for out, into in (((4,), (3,)), ((2, 3), (4, 2)), ((5,), (2, 2))):
                given = {"v of shape": list(into), "w of shape": list(out)}
                shown = {"given": given, "function": "adjoint_gap"}
                got, difference, scale = gap(out, into, 0.3)
                mark.that(
                    agree(got, difference) is not None and agree(got, abs(difference)) is not None,
                    kind="missing_factor",
                    message="That is the difference itself. A gap of 1 means nothing beside numbers "
                    "of a million: divide by the scale.",
                    got=got,
                    **shown,
                )
                mark.that(
                    agree(got, -abs(difference) / scale) is not None,
                    kind="sign",
                    message="The gap is a size: positive, whichever number is larger.",
                    got=got,
                    **shown,
                )
                mark.close(
                    got,
                    abs(difference) / scale,
                    kind="wrong_value",
                    message="For a `pull` that is not quite the transpose, the gap is wrong.",
                    **shown,
                )
            got, _, _ = gap((3,), (4,), 0.0)
            mark.close(
                got,
                0.0,
                kind="false_alarm",
                message="`pull` was exactly the transpose, and the gap is not 0.",
                floor=1e-12,
                function="adjoint_gap",
            )

        cases = []
        for widths, samples in (([3, 3, 3], 4), ([2, 4, 3, 5], 6)):
            A = [draw(rng, n, m) / 2 for m, n in zip(widths, widths[1:], strict=False)]
            b = [draw(rng, n, 1) / 2 for n in widths[1:]]
            cases.append([A, b, draw(rng, widths[0], samples), draw(rng, widths[-1], samples)])
        truth = [network_gradients(*case) for case in cases]

        def mended():
            answer = ask(cases=cases, listing=LISTING)
            mark.that(
                answer["form"] == "",
                kind="wrong_type",
                message={
                    "dictionary": f"A dictionary was expected; {answer.get('type')} came back.",
                    "line": f"{answer.get('line')} is not the number of a line of the listing: the "
                    f"keys are whole numbers from 1 to {len(LISTING.splitlines())}.",
                    "mend": f"For line {answer.get('line')}, one line of Python was expected, as text.",
                }.get(answer["form"], ""),
                function="hunt",
            )
            mark.that(
                not isinstance(answer["after"], str),
                kind="does_not_run",
                message="With your lines in their places, the listing does not run on layers of "
                "different widths. Mind the indentation and the shapes.",
                got=answer["after"],
                function="hunt",
            )
            mark.that(
                len(answer["lines"]) <= 2,
                kind="wrong_line",
                message="Only two lines are wrong; more were changed.",
                got=answer["lines"],
                function="hunt",
            )
            return answer["after"]

        def judge_hunt(which, name):
            after = mended()
            for k in range(len(cases)):
                got, expected = after[k][which], truth[k][which]
                for r in range(len(expected)):
                    mark.close(
                        got[r],
                        expected[r],
                        kind="not_mended",
                        message=f"With your lines in their places, the adjoint of {name}[{r}] is "
                        "still wrong.",
                        given={"layers": len(expected)},
                        function="hunt",
                    )

        with mark.part("the hunt: biases", 0.5):
            judge_hunt(1, "b")
        with mark.part("the hunt: weights", 0.75):
            judge_hunt(0, "A")


def network_gradients(A, b, Z, Y):
    """The gradients of the network's loss, by dpkit."""

    def loss(A, b):
        x = Z
        for weights, bias in zip(A, b, strict=True):
            x = dp.tanh(weights @ x + bias)
        return ((x - Y) ** 2).sum() / 2

    gA, gb = dp.grad(loss, (0, 1))(A, b)
    return [list(gA), list(gb)]


# ------------------------------------------------------------------------------------------------
# 4.9


@lab.exercise(
    "4.9",
    "Memory for time",
    points=2,
    minutes=12,
    reread="week04.md#checkpointing",
    hints=(
        "Which states does the sweep need first? Which checkpoint lies before them?",
        "Take the last checkpoint, run up to the next one (or to the end), keeping these states; "
        "sweep over them from the last; forget them; go on with the checkpoint before.",
        "`pull` wants the state at which a step started, so the last state of all is never pulled. "
        "The last stretch may be shorter: `min(first + every, steps)`.",
    ),
)
class Memory:
    def probe(student, steps, every, rates, seed):
        import gc
        import weakref

        alive, counts = weakref.WeakSet(), {"peak": 0, "runs": 0, "pulls": 0, "bad": ""}

        class State:
            """One moment of the recurrence; opaque to the student."""

            def __init__(self, place, number):
                self._place, self._number = place, number
                alive.add(self)
                counts["peak"] = max(counts["peak"], len(alive))

        def step(state):
            counts["runs"] += 1
            k = state._place
            if k >= steps:
                counts["bad"] = "beyond"
                return State(k + 1, state._number)
            return State(k + 1, np.sin(rates[k] @ state._number))

        def pull(state, g):
            counts["pulls"] += 1
            k = state._place
            if k >= steps:
                counts["bad"] = "end"
                return g, np.zeros((2, 2))
            slope = np.cos(rates[k] @ state._number) * g
            return rates[k].T @ slope, np.outer(slope, state._number)

        enabled = gc.isenabled()
        gc.disable()
        try:
            answer = student.checkpointed(
                step, pull, State(0, np.array([0.8, -0.5])), steps, every, seed
            )
        finally:
            if enabled:
                gc.enable()
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            return {"type": type(answer).__name__}
        return {"type": "", "answer": [np.asarray(each, float) for each in answer], **counts}

    def verdict(ask, rng, mark):
        def run(steps, every):
            turn = np.array([[0.6, -0.9], [1.1, 0.5]])  # steps in another order, another result
            rates = [turn + rng.uniform(-0.3, 0.3, (2, 2)) for _ in range(steps)]
            seed = draw(rng, 2)
            answer = ask(steps=steps, every=every, rates=rates, seed=seed)
            given = {"steps": steps, "every": every}
            mark.that(
                answer["type"] == "",
                kind="wrong_type",
                message="Two things were expected: the adjoint of start and that of W.",
                given=given,
            )
            told = {
                "end": "`pull` was asked about the very last state. It wants the state at which a "
                "step *started*, and from the last one no step was taken.",
                "beyond": "A step was run beyond the last one.",
            }
            mark.that(
                answer["bad"] == "",
                kind="wrong_argument",
                message=told.get(answer["bad"], ""),
                given=given,
            )
            return answer, recurrence(rates, seed), given

        def judge_start(steps, every):
            answer, (by_start, _, _), given = run(steps, every)
            mark.that(
                answer["pulls"] == steps,
                kind="missing_term" if answer["pulls"] < steps else "double_counted",
                message="Every step must be pulled exactly once.",
                got=answer["pulls"],
                expected=steps,
                given=given,
            )
            mark.close(
                answer["answer"][0],
                by_start,
                kind="wrong_adjoint",
                message="The adjoint of `start` is wrong: from the last step to the first, each "
                "hands on what the one after it brought.",
                given=given,
            )

        def judge_weights(steps, every):
            answer, (_, by_weights, parts), given = run(steps, every)
            got = answer["answer"][1]
            mark.that(
                agree(got, parts[0]) is not None and agree(got, parts[-1]) is not None,
                kind="overwritten",
                message="Only one step's contribution to W is there. W was used at every step, and "
                "contributions add.",
                given=given,
                got=got,
                expected=by_weights,
            )
            mark.that(
                agree(got, by_weights / steps) is not None,
                kind="averaged",
                message="That is the mean of the steps' contributions; each counts in full.",
                given=given,
            )
            mark.close(
                got,
                by_weights,
                kind="missing_term",
                message="The adjoint of W is not the sum of the contributions of all steps.",
                given=given,
            )

        with mark.part("the adjoint of the start", 0.5):
            judge_start(6, 1)
            judge_start(6, 3)
            judge_start(7, 3)
        with mark.part("the adjoint of the shared weights", 0.5):
            judge_weights(6, 3)
            judge_weights(7, 3)
        with mark.part("memory and price", 1):
            for steps, every in ((100, 10), (90, 6)):
                answer, (by_start, _, _), given = run(steps, every)
                mark.close(
                    answer["answer"][0],
                    by_start,
                    kind="wrong_adjoint",
                    message="The adjoint of `start` is wrong.",
                    given=given,
                )
                # While a helper makes the next stretch, a name may still hold the one before.
                most = steps // every + 2 * every + 3
                mark.that(
                    answer["peak"] <= most,
                    kind="too_much_memory",
                    message="Too many states were alive at once. Between checkpoints, the first run "
                    "forgets; on the way back, a stretch is forgotten before the next is run.",
                    got=answer["peak"],
                    expected=f"at most {most}",
                    given=given,
                )
                mark.that(
                    answer["runs"] <= 2 * steps,
                    kind="too_slow",
                    message="A step was run more than twice. Each stretch is run again once, and its "
                    "states are kept until it is swept.",
                    got=answer["runs"],
                    expected=f"at most {2 * steps}",
                    given=given,
                )


def recurrence(rates, seed, start=(0.8, -0.5)):
    """(derivative by the start, derivative by a common part of all rates, its terms) of the
    recurrence x -> sin(rate @ x): by the Jacobian of what follows each step, made from the front."""
    x = np.array(start)
    jacobians, states, outer = [], [], []
    for rate in rates:
        states.append(x)
        slope = np.cos(rate @ x)
        jacobians.append(slope[:, None] * rate)
        outer.append(slope)
        x = np.sin(rate @ x)
    parts = []
    for k in range(len(rates)):
        after = np.eye(2)
        for J in jacobians[k + 1 :]:
            after = J @ after
        parts.append(np.outer((seed @ after) * outer[k], states[k]))
    whole = np.eye(2)
    for J in jacobians:
        whole = J @ whole
    return seed @ whole, sum(parts), parts
