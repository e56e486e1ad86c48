"""Lab 10: what each exercise asks the student's code, and how the answers are judged.

Truths are found by another route than the student's: sums over every combination of values instead of
tensors, plain loops over places instead of sorting at a stroke, a robot in plain Python instead of a
compiled program.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

import dpkit
from autograder.exercise import Lab, nudged

lab = Lab(
    "lab10_programs",
    "Programs that learn programs",
    week=10,
    minutes=180,
    notes="week10.md",
    preload=("numpy", "matplotlib.pyplot", "dpkit", "torch", "dpkit.programs.dnc",
             "dpkit.programs.terpret"),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def tensor(x, single=False):
    """A torch tensor of doubles (with `single`, of 32 bits), or of whole numbers."""
    import torch

    x = np.asarray(x)
    if x.dtype.kind != "f":
        return torch.tensor(x, dtype=torch.int64)
    return torch.tensor(x, dtype=torch.float32 if single else torch.float64)


@lab.helper
def plain(x):
    """The numbers in torch's tensors; in lists, tuples and dicts likewise."""
    import torch

    if isinstance(x, torch.Tensor):
        return x.detach().numpy().copy()
    if isinstance(x, dict):
        return {key: plain(each) for key, each in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(each) for each in x]
    return x


@lab.helper
def number(x):
    """What a tensor or an array of no axes holds; anything else as it is."""
    return x.item() if getattr(x, "ndim", None) == 0 else x


@lab.helper
def slopes(result, upstream, variables):
    """The derivatives of the sum of result · upstream by each of the variables; None where there is
    none at all."""
    import torch

    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return None
    total = (result * tensor(upstream)).sum()
    found = torch.autograd.grad(total, variables, allow_unused=True)
    pairs = zip(found, variables, strict=True)
    return [plain(torch.zeros_like(v) if each is None else each) for each, v in pairs]


@lab.helper
def alone(student, name, **lent):
    """The student's function, with the library's interpreters and memories out of reach."""
    return student.rebind(name, without=["dpkit.programs"], **lent)


@lab.helper
def lent_gate(weights, branches):
    """In place of `gate`: by logarithms."""
    import torch

    joint = weights.clamp_min(1e-300).log()[..., None] + branches.clamp_min(1e-300).log()
    return torch.softmax(torch.logsumexp(joint, -2), -1)


@lab.helper
def lent_apply(table, out, *given):
    """In place of `soft_apply`: one set of values after the other."""
    import torch

    parts = [[] for _ in range(out)]
    for values in np.ndindex(*table.shape):
        share = given[0][..., values[0]]
        for each, k in zip(given[1:], values[1:], strict=True):
            share = share * each[..., k]
        parts[int(table[values])].append(share)
    nothing = 0.0 * share
    return torch.stack([sum(each, nothing) for each in parts], -1)


# ------------------------------------------------------------------------------------------------
# What verdicts share


def judge_slopes(mark, got, truths, begin, rtol=1e-6, **evidence):
    """Slopes by several variables; None: there are none at all."""
    mark.that(
        isinstance(got, list) and len(got) == len(truths),
        kind="zero",
        message=f"{begin} has no slope at all: somewhere on the way it turns into plain numbers, or a "
        "hard decision.",
        **evidence,
    )
    for each, truth in zip(got, truths, strict=True):
        flat = isinstance(each, np.ndarray) and bool(np.all(each == 0) and np.any(truth != 0))
        mark.that(
            not flat,
            kind="zero",
            message=f"{begin} does not reach every argument: one slope is zero.",
            got=each,
            expected=truth,
            **evidence,
        )
        mark.close(
            each,
            truth,
            kind="missing_term",
            message=f"{begin} has a wrong slope: part of it may be cut off.",
            rtol=rtol,
            floor=1e-7,
            **evidence,
        )


def widened(got, shape):
    """An answer with an axis of length 1 where all are alike, as broad as the truth."""
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "iuf" or got.ndim != len(shape):
        return got
    fits = all(a in (1, b) for a, b in zip(got.shape[:-1], shape[:-1], strict=True))
    return np.broadcast_to(got, shape) if fits and got.shape[-1] == shape[-1] else got


def tangent(slope, at):
    """What is left of a slope if a distribution stays one: whoever divides by the sum once more has
    the same."""
    shape = np.shape(at)
    if not isinstance(slope, np.ndarray) or slope.shape != shape:
        return slope
    return slope - (slope * at).sum(-1)[..., None]


def dirichlet(rng, *shape):
    """Distributions along the last axis, none of them with a zero."""
    shares = rng.exponential(size=shape) + 0.05
    return shares / shares.sum(-1, keepdims=True)


DX, DY, MOST = (0, 1, 0, -1, 0), (0, 0, -1, 0, 1), 15


def robot(instr, goto, grid, x, y, steps=200):
    """The machine, in plain Python: (x, y, register)."""
    direction, count, line = 1, 0, 0
    while direction and steps:
        steps -= 1
        if instr[line] < 2:
            count = (count + 1 - 2 * instr[line]) % MOST
        elif instr[line] == 2:
            x, y = (x + DX[direction]) % grid.shape[0], (y + DY[direction]) % grid.shape[1]
        else:
            direction = int(grid[x, y])
        line = goto[line]
    return int(x), int(y), int(count)


# ------------------------------------------------------------------------------------------------
# 10.1


# Read as a file: the compiler would bring torch, which no verdict needs.
LISTING = (Path(dpkit.__file__).parent / "programs/terpret/library/hurried.tpt").read_text("utf-8")
SLIPS = 20  # lines that may be changed: more than eleven, since one mend may take two
DECLARED = 41  # the last line before the loop


@lab.exercise(
    "10.1",
    "Bug hunt: eleven slips",
    points=3,
    minutes=20,
    reread="week10.md#language",
    hints=(
        "Mend line 2 first: until then the compiler sees nothing else. Two of its four numbers belong to "
        "the maze, two to the pictures.",
        "Every element is set once on every path. Where is one set twice, which `else` is missing, and "
        "what is never set once the robot has halted?",
        "`INC(reg[t + 1])` reads what it is about to set. `pos` does not exist: open X[t] and Y[t] in one "
        "`with`. The last line of the loop knows `i` only inside of `with`: twelve blanks.",
    ),
)
class Hunt:
    def probe(student, listing, small, cases):
        from dpkit.programs import terpret

        # The compiler may be asked inside, too; what gives away the library's text is out of reach.
        given_away = ["source_of", "LIBRARY", "Program", "learn_maze"]
        closed = [f"dpkit.programs.terpret.{each}" for each in given_away]
        mends = student.rebind("my_mends", without=closed)()
        if not isinstance(mends, dict):
            return {"form": type(mends).__name__}
        for k, v in mends.items():
            if not isinstance(k, (int, np.integer)) or not isinstance(v, str):
                return {"form": "dict", "odd": [type(k).__name__, type(v).__name__]}
        old = dict(enumerate(listing.splitlines(), 1))
        mends = {int(k): str(v) for k, v in mends.items() if old.get(int(k)) != str(v)}
        lines, origin = [], []
        for number, line in enumerate(listing.splitlines(), 1):
            new = mends.get(number, line).split("\n")
            lines += new
            origin += [number] * len(new)
        text, added = "\n".join(lines) + "\n", len(lines) - len(listing.splitlines())
        problems = [
            [each.line, each.kind, f"{each.message} {each.remedy}"]
            for told in terpret.check(text) or terpret.check(text, **small)
            for each in [told.renumbered(origin)]
        ]
        found = {"form": "", "changed": sorted(mends), "added": added, "problems": problems}
        if problems:
            return found
        program, answers = terpret.Program(text, **small), []
        for case in cases:
            grid = np.asarray(case["grid"])
            shown = np.broadcast_to(grid[..., None, None], (*grid.shape, small["w"], small["h"]))
            inputs = {"img_grid": shown, "init_X": case["x"], "init_Y": case["y"]}
            params = {"instr": case["instr"], "goto": case["goto"]}
            out = program.run(params, inputs, {"LOOK": lambda picture: int(picture.flat[0])})
            answers.append([int(out[name]) for name in ("final_X", "final_Y", "path_len")])
        return {**found, "answers": answers}

    def verdict(ask, rng, mark):
        small = {"W": 4, "H": 3, "T": 13, "w": 2, "h": 3}
        filled = [([3, 2, 0], [1, 2, 0]), ([3, 0, 2], [2, 0, 1])]
        cases = []
        for k in range(40):
            program = filled[k % 2] if k < 16 else (rng.integers(0, 4, 3), rng.integers(0, 3, 3))
            instr, goto = ([int(each) for each in part] for part in program)
            grid = rng.integers(0, 5, (4, 3))
            at = {"x": int(rng.integers(4)), "y": int(rng.integers(3))}
            cases.append({"instr": instr, "goto": goto, "grid": grid, **at})
        # Four steps need twelve turns: what is counted at the very end counts.
        grid = np.array([[1, 2, 3], [4, 0, 3], [4, 2, 0], [2, 1, 3]])
        cases.append({"instr": [3, 2, 0], "goto": [1, 2, 0], "grid": grid, "x": 3, "y": 0})
        shown = {"function": "my_mends"}
        heard = []

        def answer():
            if not heard:
                heard.append(ask(listing=LISTING, small=small, cases=cases))
            got = heard[0]
            mark.that(
                got["form"] != "NoneType",
                kind="missing",
                message="Nothing came back (None). Is there a `return`?",
                **shown,
            )
            mark.that(
                got["form"] in ("", "dict"),
                kind="wrong_type",
                message="A dictionary was expected, {number of a line: its new text}; something of the "
                f"type {got['form']} came back.",
                **shown,
            )
            if got["form"]:
                key, value = got["odd"]
                mark.fail(
                    "wrong_type",
                    "The dictionary goes from the number of a line (int) to its new text (str, with "
                    f'"\\n" in it where it becomes two lines); one of its entries goes from {key} to '
                    f"{value}.",
                    **shown,
                )
            changed, lines = got["changed"], len(LISTING.splitlines())
            mark.that(
                len(changed) <= SLIPS and -SLIPS < got["added"] <= SLIPS,
                kind="too_much",
                message=f"{len(changed)} lines are changed, and there are eleven slips. Mend, do not "
                "rewrite.",
                **shown,
            )
            beyond = [k for k in changed if not 1 <= k <= lines]
            mark.that(
                not beyond,
                kind="out_of_range",
                message=f"The listing has the lines 1 to {lines}; there is no line {beyond[:1]}.",
                **shown,
            )
            return got

        def problems(upto):
            got = answer()
            told = got["problems"]
            wrong = [each for each in told if each[1] == "syntax" or each[0] <= upto]
            if wrong:
                line, kind, message = wrong[0]
                more = f" ({len(wrong)} problems here in all.)" if len(wrong) > 1 else ""
                place = f"Line {line}" if line else "The program"
                mark.fail(
                    kind.replace(" ", "_"),
                    f"{place} is refused. {message}{more}",
                    got=place.lower(),
                    **shown,
                )
            mark.that(True, kind="", message="")
            return got

        with mark.part("accepted: the declarations", 0.75):
            problems(DECLARED)
        with mark.part("accepted: all of it", 0.75):
            problems(10**6)
        with mark.part("it runs right", 1.5):
            got = answer()
            mark.that(
                not got["problems"],
                kind="refused",
                message="It can be run once it is accepted.",
                **shown,
            )
            answers = got["answers"]
            mark.that(
                len(answers) == len(cases), kind="missing", message="Not every maze was walked."
            )
            for case, found in zip(cases, answers, strict=True):
                instr, goto, grid = case["instr"], case["goto"], case["grid"]
                right = robot(instr, goto, grid, case["x"], case["y"], small["T"] - 1)
                names = ("final_X", "final_Y", "path_len")
                off = [n for n, a, b in zip(names, found, right, strict=True) if a != b]
                if off:
                    known = {"INC": 0, "DEC": 1}
                    hint = ""
                    if off == ["path_len"] and set(instr) & set(known.values()):
                        hint = " Look at what counts."
                    mark.fail(
                        "wrong_value",
                        f"It is accepted, and does something else: {' and '.join(off)} "
                        f"{'differs' if len(off) == 1 else 'differ'} from the robot's.{hint}",
                        got=dict(zip(names, found, strict=True)),
                        expected=dict(zip(names, right, strict=True)),
                        given={**case, "T": small["T"]},
                        **shown,
                    )
                mark.that(True, kind="", message="")


# ------------------------------------------------------------------------------------------------
# 10.2


@lab.exercise(
    "10.2",
    "Soft apply",
    points=2,
    minutes=15,
    reread="week10.md#lifting",
    hints=(
        "For one argument: a matrix with a 1 in row x and column table[x]. Distribution times matrix.",
        "For two: the outer product p[..., :, None] * q[..., None, :] has the probability of each pair. "
        "Flatten its last two axes, and the table.",
        "`torch.nn.functional.one_hot(table.flatten(), out)` is that matrix, of whole numbers: bring it "
        "to the dtype of the distributions. A loop makes the outer product of any number of arguments.",
    ),
)
class Apply:
    def probe(student, table, out, given, upstream=None, single=False):
        import torch

        soft_apply = alone(student, "soft_apply")
        given = [tensor(each, single) for each in given]
        if upstream is None:
            came = [tensor(table), *given]
            before = [each.clone() for each in came]
            got = soft_apply(came[0], out, *given)
            same = all(bool((a == b).all()) for a, b in zip(came, before, strict=True))
            kind = "" if isinstance(got, torch.Tensor) or got is None else type(got).__name__
            dtype = str(getattr(got, "dtype", "")).removeprefix("torch.")
            return {"got": plain(got), "kind": kind, "dtype": dtype, "intact": same}
        for each in given:
            each.requires_grad_()
        return slopes(soft_apply(tensor(table), out, *given), upstream, given)

    def verdict(ask, rng, mark):
        def truth(table, out, given):
            """The sum over all sets of values, one at a time."""
            front = np.broadcast_shapes(*(np.shape(each)[:-1] for each in given))
            found = np.zeros((*front, out))
            for values in np.ndindex(*table.shape):
                share = np.ones(front)
                for each, k in zip(given, values, strict=True):
                    share = share * each[..., k]
                found[..., table[values]] += share
            return found

        def case(sizes, out, fronts):
            table = rng.integers(0, out - 1, sizes)  # the largest value never happens
            table.flat[: out - 1] = np.arange(out - 1)
            table = rng.permutation(table.flat).reshape(sizes)
            given = [dirichlet(rng, *front, n) for front, n in zip(fronts, sizes, strict=True)]
            return table, out, given

        def applied(sizes, out, fronts, single=False):
            table, out, given = case(sizes, out, fronts)
            answer = ask(table=table, out=out, given=given, single=single)
            got, right = answer["got"], truth(table, out, given)
            shown = {"given": {"table": table, "out": out, "distributions": given},
                     "function": "soft_apply"}  # fmt: skip
            near = 1e-4 if single else 1e-6
            mark.that(
                not answer["kind"],
                kind="wrong_type",
                message="A torch tensor was expected, for gradients go through it; something of the "
                f"type {answer['kind']} came back.",
                got=got,
                **shown,
            )
            hard = np.zeros_like(right)
            likeliest = np.broadcast_arrays(*(each.argmax(-1) for each in given))
            np.put_along_axis(hard, table[tuple(likeliest)][..., None], 1.0, -1)
            flat = np.zeros_like(right) + [np.mean(table == k) for k in range(out)]
            mean = (right * np.arange(out)).sum(-1)
            wrongs = [
                ("zero", hard, "That is the value of the likeliest arguments, and certain of it. Every "
                 "value of an argument sends its share."),
                ("not_summed", mean, "That is the mean of the value. Its whole distribution is asked "
                 "for: probabilities of 0 … out − 1."),
                ("wrong_argument", flat, "The table alone was counted; the distributions were not used."),
                ("normalised", right / right.max(-1, keepdims=True), "These do not add to 1."),
            ]  # fmt: skip
            if len(sizes) > 1:
                only = truth(table, out, [*given[:-1], np.full_like(given[-1], 1 / sizes[-1])])
                wrongs += [("ignored_argument", only, "The last argument is taken for even. Use its "
                            "distribution.")]  # fmt: skip
                added = np.zeros_like(right)
                for values in np.ndindex(*table.shape):
                    each = zip(given, values, strict=True)
                    added[..., table[values]] += sum(p[..., k] for p, k in each)
                wrongs += [("wrong_rule", added, "The probabilities of the arguments were added. Both "
                            "have their values at once with the *product*.")]  # fmt: skip
            elif sizes[0] == out:
                wrongs += [("transposed", given[0][..., table], "Here place k fetches the probability of "
                            "table[k]. The other way round: x *sends* its own to table[x].")]  # fmt: skip
            for kind, wrong, message in wrongs:
                mark.not_like(got, wrong, right, kind, message, rtol=near, **shown)
            if isinstance(got, np.ndarray) and np.shape(got) == (*right.shape[:-1], out - 1):
                mark.fail("shape", "The largest value never happens here, and has a place none the less: "
                          "the last axis has the length `out`.", got=got, expected=right, **shown)  # fmt: skip
            mark.close(
                got,
                right,
                kind="swapped" if len(sizes) > 1 else "wrong_value",
                message="Not the distribution of the function's value. Do the axes of the table and of "
                "the joint probabilities come in the same order?",
                rtol=1e-5 if single else 1e-7,
                floor=1e-6 if single else 1e-9,
                **shown,
            )
            came = "float32" if single else "float64"
            mark.that(
                answer["dtype"] == came,
                kind="float32",
                message=f"{came} came in, and {answer['dtype']} went out. Take the dtype of the "
                "distributions.",
                **shown,
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The table, or a distribution, was changed.",
                **shown,
            )

        with mark.part("one argument", 0.5):
            applied((4,), 4, [()])
            applied((6,), 5, [(3,)])
            applied((4,), 3, [(2,)], single=True)
        with mark.part("two arguments", 0.75):
            applied((3, 2), 4, [(), ()])
            applied((4, 4), 5, [(3,), (3,)])
        with mark.part("arguments of other shapes, and more of them", 0.25):
            applied((3, 4), 3, [(2, 1), (1, 5)])
            applied((2, 3, 4), 6, [(), (2,), (3, 1)])
        with mark.part("slopes", 0.5):
            table, out, given = case((3, 3), 4, [(2, 1), (1, 3)])
            upstream = rng.normal(size=(2, 3, out))
            got = ask(table=table, out=out, given=given, upstream=upstream)
            right = [
                nudged(
                    lambda x, k=k: np.sum(
                        upstream * truth(table, out, [*given[:k], x, *given[k + 1 :]])
                    ),
                    given[k],
                    1e-3,
                )
                for k in range(2)
            ]
            if isinstance(got, list) and len(got) == 2:
                got = [tangent(*each) for each in zip(got, given, strict=True)]
            right = [tangent(*each) for each in zip(right, given, strict=True)]
            judge_slopes(mark, got, right, "The distribution", function="soft_apply")
            given = [np.eye(3)[[[0], [2]]], given[1]]
            got = ask(table=table, out=out, given=given, upstream=upstream)
            mark.that(
                isinstance(got, list) and all(np.all(np.isfinite(each)) for each in got),
                kind="not_finite",
                message="If an argument is certain, the slope is no number. Is a logarithm of 0 on the "
                "way, or a division by it?",
                given={"table": table, "out": out, "distributions": given},
                function="soft_apply",
            )


# ------------------------------------------------------------------------------------------------
# 10.3


@lab.exercise(
    "10.3",
    "The gate",
    points=1,
    minutes=7,
    reread="week10.md#gates",
    hints=(
        "A mixture: every branch with its weight, added up.",
        "weights[..., None] * branches has the axes (…, K, size). Sum over which?",
        "After the sum over K divide by the sum over the values, with `keepdim=True`.",
    ),
)
class Gate:
    def probe(student, weights, branches, upstream=None):
        gate = alone(student, "gate")
        weights, branches = tensor(weights), tensor(branches)
        if upstream is None:
            before = weights.clone(), branches.clone()
            got = gate(weights, branches)
            same = bool((weights == before[0]).all() and (branches == before[1]).all())
            return {"got": plain(got), "intact": same}
        variables = [weights.requires_grad_(), branches.requires_grad_()]
        return slopes(gate(weights, branches), upstream, variables)

    def verdict(ask, rng, mark):
        def mixed(weights, branches):
            total = np.einsum("...k,...kn->...n", weights, branches)
            return total / total.sum(-1)[..., None]

        def gated(front, K, size, off=0.0):
            """off: by how much what comes in is no distribution."""
            weights = dirichlet(rng, *front[0], K) * (1 + off)
            each = rng.uniform(0.2, 1, (*front[1], K, 1))
            branches = dirichlet(rng, *front[1], K, size) * (1 - off * each)
            answer = ask(weights=weights, branches=branches)
            got = answer["got"]
            full = np.broadcast_shapes(*front)
            wide = np.broadcast_to(weights, (*full, K)), np.broadcast_to(branches, (*full, K, size))
            right = mixed(*wide)
            plain_sum = np.einsum("...k,...kn->...n", *wide)
            hard = np.take_along_axis(wide[1], wide[0].argmax(-1)[..., None, None], -2)[..., 0, :]
            soft = np.exp(plain_sum) / np.exp(plain_sum).sum(-1)[..., None]
            even = mixed(np.ones_like(wide[0]), wide[1])
            first = mixed(wide[0], wide[1] / wide[1].sum(-1)[..., None])
            light = plain_sum / wide[0].sum(-1)[..., None]
            shown = {"given": {"weights": weights, "branches": branches}, "function": "gate"}
            for kind, wrong, message in (
                ("not_normalised", plain_sum, "The mixture is right, but what comes in is not exactly "
                 "normalised, and so neither is what comes out. Divide by the sum."),
                ("averaged", plain_sum / K, "The weights add to 1 already: sum, do not average."),
                ("zero", hard, "That is the likeliest branch alone. A mixture takes a share of each."),
                ("wrong_rule", soft, "A softmax changes the probabilities. Divide by the sum."),
                ("ignored_argument", even, "All branches have the same share: the weights are not used."),
                ("normalised", right * size, "Divided by the mean, not by the sum."),
                ("wrong_order", first, "Each branch was brought to the sum 1 *before* it was mixed. Mix "
                 "what came in, and divide the mixture."),
                ("not_normalised", light, "The weights were brought to the sum 1, and the mixture was not. "
                 "Divide after mixing."),
                ("normalised", plain_sum / plain_sum.sum(), "Divided by the sum over everything. Each "
                 "distribution has a sum of its own."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, rtol=1e-9, **shown)
            if K == size:
                values = (wide[0][..., None] * wide[1]).sum(-1)
                values = values / values.sum(-1)[..., None]
                mark.not_like(got, values, right, "transposed", "Summed over the values. The branches are "
                         "the axis before the last.", rtol=1e-9, **shown)  # fmt: skip
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="Not the mixture. Does each weight multiply its own branch?",
                rtol=1e-9,
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="What came in was changed.", **shown
            )

        with mark.part("gate", 0.75):
            gated(((), ()), 3, 3, 0.01)
            gated(((2,), (2,)), 4, 5, 0.01)
            gated(((2, 3), (2, 1)), 3, 4)
            gated(((3, 1), (1, 1)), 2, 3, 0.01)
        with mark.part("gate, slopes", 0.25):
            mark.only_after("gate")
            weights, branches = dirichlet(rng, 3), dirichlet(rng, 3, 4)
            upstream = rng.normal(size=4)
            got = ask(weights=weights, branches=branches, upstream=upstream)
            right = [
                nudged(lambda w: upstream @ mixed(w, branches), weights),
                nudged(lambda b: upstream @ mixed(weights, b), branches),
            ]
            judge_slopes(mark, got, right, "The mixture", rtol=1e-5, function="gate")
            weights, branches = np.array([0.4, 0.0, 0.6]), np.eye(4)[[1, 2, 1]]
            got = ask(weights=weights, branches=branches, upstream=upstream)
            mark.that(
                isinstance(got, list) and all(np.all(np.isfinite(each)) for each in got),
                kind="not_finite",
                message="If branches are certain, the slope is no number. Is a logarithm of 0 on the way, "
                "or a division by it?",
                given={"weights": weights, "branches": branches},
                function="gate",
            )


# ------------------------------------------------------------------------------------------------
# 10.4


@lab.exercise(
    "10.4",
    "The soft step",
    points=2,
    minutes=20,
    reread="week10.md#gates",
    hints=(
        "For each variable: what would INC, DEC, MOVE and LOOK make of it, in this order? Most of them "
        "leave it as it is. `stack` the four, and choose by `do`.",
        "X: MOVE alone changes it, to MOVE_X(X, dir). `dir`: LOOK alone, to what the cells say. The "
        "pointer chooses among the lines of `goto`. At the end choose between the old and the new "
        "state, one variable at a time.",
        "What LOOK sees is chosen by `cells(X, Y)`, and stands fourth in the `stack` of `dir`, after "
        "three times the old one. In `stack(old, new)` the old one is first, as `sides` has it.",
    ),
)
class Step:
    def probe(student, state, params, upstream=None, hard=False):
        import torch

        def choose(weights, branches):
            if not hard:
                return lent_gate(weights, branches)
            best = torch.nn.functional.one_hot(weights.argmax(-1), weights.shape[-1])
            return (best.to(branches.dtype)[..., None] * branches).sum(-2)

        soft_step = alone(student, "soft_step", gate=lent_gate, soft_apply=lent_apply)
        state, params = [tensor(each) for each in state], [tensor(each) for each in params]
        came = [*state, *params]
        before = [each.clone() for each in came]
        if upstream is not None:
            for each in came:
                each.requires_grad_()
        new = soft_step(student.State(*state), *params, choose)
        if not isinstance(new, (tuple, list)) or len(new) != 5:
            return {"got": [], "form": type(new).__name__}
        if upstream is not None:
            pairs = zip(new, upstream, strict=True)
            total = sum((each * tensor(up)).sum() for each, up in pairs)
            return slopes(total, 1.0, came)
        same = all(bool((a == b).all()) for a, b in zip(came, before, strict=True))
        return {"got": plain(list(new)), "form": "", "intact": same}

    def verdict(ask, rng, mark):
        def draw(R=2, B=3, W=3, H=4, halting=None, begin=False):
            """begin: as `soft_run` begins, with an axis of length 1 where all are alike."""
            fronts = [(1, B), (1, B), (1, 1), (1, 1), (1, 1)] if begin else [(R, B)] * 5
            sizes = (W, H, 5, MOST, 3)
            state = [dirichlet(rng, *at, n) for at, n in zip(fronts, sizes, strict=True)]
            if halting is not None:
                state[2] = np.zeros((R, B, 5))
                state[2][..., 0 if halting else 2] = 1.0
            params = (
                dirichlet(rng, R, 1, 3, 4),
                dirichlet(rng, R, 1, 3, 3),
                dirichlet(rng, 1, B, W, H, 5),
            )
            return state, params

        def follow(state, params, looked=None, facing=None, dx=DX, dy=DY):
            """What each variable would be if nobody had halted, by adding up what every line, every
            instruction and every value would do. looked: the place that LOOK sees, if another."""
            (X, Y, dir, reg, ptr), (instr, goto, signs) = state, params
            at = looked or (X, Y)
            seen = np.zeros(dir.shape)
            for x, y in np.ndindex(X.shape[-1], Y.shape[-1]):
                seen += at[0][..., x, None] * at[1][..., y, None] * signs[..., x, y, :]
            facing = seen if facing == "seen" else dir
            done = np.zeros((*ptr.shape[:-1], 4))
            for line in range(3):
                done += ptr[..., line, None] * instr[..., line, :]
            inc, dec, move, look = (done[..., k, None] for k in range(4))

            def moved(place, by):
                size, to = place.shape[-1], np.zeros(place.shape)
                for k, d in np.ndindex(size, 5):
                    to[..., (k + by[d]) % size] += place[..., k] * facing[..., d]
                return move * to + (1 - move) * place

            up, down = np.roll(reg, 1, -1), np.roll(reg, -1, -1)
            return [
                moved(X, dx),
                moved(Y, dy),
                look * seen + (1 - look) * dir,
                inc * up + dec * down + (move + look) * reg,
                sum(ptr[..., line, None] * goto[..., line, :] for line in range(3)),
            ]

        def halted(state, new, by=None):
            share = (state[2] if by is None else by)[..., :1]
            return [share * old + (1 - share) * each for old, each in zip(state, new, strict=True)]

        NAMES = ("X", "Y", "dir", "reg", "ptr")

        def stepped(parts, **options):
            state, params = draw(**options)
            answer = ask(state=state, params=params)
            shown = {"given": {"state": dict(zip(NAMES, state, strict=True)), "instr": params[0],
                               "goto": params[1]}, "function": "soft_step"}  # fmt: skip
            mark.that(
                not answer["form"],
                kind="wrong_type",
                message=f"A State was expected, of five distributions; a {answer['form']} came back.",
                **shown,
            )
            instr, goto, signs = params
            front = (len(instr), signs.shape[1])
            state = [np.broadcast_to(each, (*front, each.shape[-1])) for each in state]
            new = follow(state, params)
            right = halted(state, new)
            got = [widened(a, b.shape) for a, b in zip(answer["got"], right, strict=True)]
            swapped = follow(state, (instr[..., [1, 0, 2, 3]], goto, signs))
            looks = follow(state, (instr[..., [0, 1, 3, 2]], goto, signs))
            later = follow(state, params, facing="seen")
            ahead = follow([*state[:4], new[4]], params)
            moved = follow(state, params, looked=new[:2])
            other = follow(state, params, dx=DY, dy=DX)
            back = np.einsum("rbl,rbkl->rbk", state[4], goto + 0 * state[4][..., None, :])
            turned = [*new[:4], back / back.sum(-1)[..., None]]
            if state[0].shape == state[1].shape:
                turned[2] = follow(state, (instr, goto, signs.swapaxes(2, 3)))[2]
            evenly = follow([*state[:4], np.full_like(state[4], 1 / 3)], params)
            old = "Everything comes from the *old* state."
            for k in parts:
                name = NAMES[k]
                wrongs = [
                    ("missing_term", new[k], f"Whoever has halted stays: {name} goes on. Choose between "
                     "old and new by `sides(dir)`."),
                    ("no_update", state[k], f"{name} has not changed."),
                    ("swapped", state[2][..., :1] * new[k] + (1 - state[2][..., :1]) * state[k],
                     "The two sides of `if halted` changed places."),
                    ("swapped", halted(state, swapped)[k], "INC and DEC changed places."),
                    ("swapped", halted(state, looks)[k], "MOVE and LOOK changed places."),
                    ("swapped", halted(state, other)[k], "MOVE_X and MOVE_Y changed places."),
                    ("post_update", halted(state, later)[k], f"{name} uses what was seen in this very "
                     f"turn. {old}"),
                    ("post_update", halted(state, moved)[k], f"LOOK sees the place that MOVE leads to. {old}"),
                    ("post_update", halted(state, ahead)[k], f"The line is chosen by the new pointer. {old}"),
                    ("post_update", halted(state, new, new[2])[k], "Whether somebody has halted is asked of "
                     f"the new direction. {old}"),
                    ("transposed", halted(state, turned)[k], "`goto` is read the wrong way round: the "
                     "pointer chooses a line, and the line says where to go." if k == 4 else
                     "LOOK sees the sign at (y, x). `signs` has the axis of X first."),
                    ("ignored_argument", halted(state, evenly)[k], "The pointer is not used: all lines "
                     "have the same share."),
                ]  # fmt: skip
                for kind, wrong, message in wrongs:
                    mark.not_like(got[k], wrong, right[k], kind, message, **shown)
                mark.close(
                    got[k],
                    right[k],
                    kind="wrong_value",
                    message=f"Not the next {name}.",
                    **shown,
                )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The old state, or a parameter, was changed.",
                **shown,
            )

        with mark.part("soft_step: direction", 0.5):
            stepped((2,), W=3, H=3)
            stepped((2,), halting=False)
        with mark.part("soft_step: register and pointer", 0.5):
            stepped((3, 4))
            stepped((3, 4), halting=False)
            stepped((3, 4), begin=True)
        with mark.part("soft_step: place", 0.5):
            stepped((0, 1))
            stepped((0, 1), halting=False)
        with mark.part("soft_step: every choice by `choose`", 0.25):
            for part in ("register and pointer", "place", "direction"):
                mark.only_after(f"soft_step: {part}")
            # One restart for each instruction, and one that has halted. The likeliest line is no
            # majority: whoever mixes the lines first finds another instruction, and another line.
            done = np.array([0, 1, 2, 3, 3])
            state, params = draw(R=5, B=1)
            line, rest = rng.permutation(3)[0], rng.permutation(3)
            instr, goto = np.full((5, 1, 3, 4), 0.03), np.full((5, 1, 3, 3), 0.05)
            for r, do in enumerate(done):
                for k in range(3):
                    instr[r, 0, k, do if k == line else (do + 1) % 4] = 0.91
                    goto[r, 0, k, rest[0] if k == line else rest[1]] = 0.9
            state[4][...] = 0.3
            state[4][..., line] = 0.4
            state[2][...] = (0.1, 0.2, 0.3, 0.15, 0.25)
            state[2][2] = np.eye(5)[rng.integers(1, 5)]
            state[2][4] = (0.7, 0.1, 0.1, 0.05, 0.05)
            params = (instr, goto, params[2])
            answer = ask(state=state, params=params, hard=True)
            sure = np.eye(4)[instr.argmax(-1)], goto, params[2]
            right = follow([*state[:4], np.eye(3)[state[4].argmax(-1)]], sure)
            x, y = state[0][3, 0].argmax(), state[1][3, 0].argmax()
            right[2][3, 0] = params[2][0, 0, x, y]
            right = [
                np.concatenate([each[:4], old[4:]]) for each, old in zip(right, state, strict=True)
            ]
            for name, got, truth in zip(NAMES, answer["got"], right, strict=True):
                mark.close(
                    widened(got, truth.shape),
                    truth,
                    kind="ignored_argument",
                    message="Another `choose` was handed over, one that takes the likeliest branch and "
                    f"nothing of the others, and {name} still is a mixture, or was chosen by one.",
                    function="soft_step",
                )
        with mark.part("soft_step: slopes", 0.25):
            for part in ("register and pointer", "place", "direction"):
                mark.only_after(f"soft_step: {part}")
            state, params = draw(R=1, B=2, W=2, H=3)
            came = [*state, *params]
            upstream = [rng.normal(size=each.shape) for each in state]
            got = ask(state=state, params=params, upstream=upstream)

            def total(which, x):
                changed = [*came]
                changed[which] = x
                # What is no distribution any more is brought back, where it is mixed.
                changed = [each / each.sum(-1)[..., None] for each in changed]
                found = halted(changed[:5], follow(changed[:5], changed[5:]))
                return sum(np.sum(a * b) for a, b in zip(found, upstream, strict=True))

            mark.that(
                isinstance(got, list) and len(got) == len(came),
                kind="zero",
                message="The new state has no slope at all: somewhere on the way it turns into plain "
                "numbers, or a hard decision.",
                function="soft_step",
            )
            names = (*NAMES, "instr", "goto", "signs")
            for k in (5, 6, 7, 0, 1, 2, 3, 4):
                right = nudged(lambda x, k=k: total(k, x), came[k], 1e-5)
                judge_slopes(
                    mark,
                    [tangent(got[k], came[k])],
                    [tangent(right, came[k])],
                    "The new state",
                    rtol=1e-4,
                    given={"the slope by": names[k]},
                    function="soft_step",
                )


# ------------------------------------------------------------------------------------------------
# 10.5: a prediction, as 10.7 is


@lab.exercise(
    "10.5",
    "Predict: without the division",
    points=1,
    minutes=3,
    reread="week10.md#renormalise",
    hints=(
        "If the weights add to 1 + a, and the branches to 1 + b, what does the mixture add to?",
        "Nearly 1 + a + b. And the next step mixes several things that are already so far off.",
        "If each step makes the error about four times as large, eighteen steps make it 4^18 times: "
        "nearly a hundred thousand million.",
    ),
)
class Sum:
    def probe(student):
        return number(student.my_prediction_of_the_sum())

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 10**9)


# ------------------------------------------------------------------------------------------------
# 10.6


@lab.exercise(
    "10.6",
    "Learn, then verify",
    points=3,
    minutes=25,
    reread="week10.md#restarts",
    hints=(
        "`surprise`: of found[name], pick for each example the probability of its true value. "
        "`each = torch.arange(len(truth))` counts the examples.",
        "`descend`: the sum over restarts has, for each of them, the gradient of its own loss. Zero, "
        "backward, step. `verify`: `argmax(-1).tolist()` of a restart's logits.",
        "found[name][:, each, truth] has the shape (restarts, examples). Clamp, logarithm, mean over the "
        "examples; minus; summed over the outputs. `interpret(values, grid, x, y)` gives a tuple: compare "
        "it with the tuple of the three truths.",
    ),
)
class Learn:
    def probe(
        student, which, found=None, outputs=None, upstream=None, start=None, goals=None, lr=None,
        steps=None, logits=None, restart=None, inputs=None, momentum=0.0,
    ):  # fmt: skip
        import torch

        if which == "surprise":
            run = alone(student, "surprise")
            found = {name: tensor(each) for name, each in found.items()}
            outputs = {name: np.array(each) for name, each in outputs.items()}
            if upstream is None:
                return plain(run(found, outputs))
            variables = [each.requires_grad_() for each in found.values()]
            return slopes(run(found, outputs), upstream, variables)
        if which == "descend":
            place, goals = tensor(start).requires_grad_(), tensor(goals)
            asked, watched, seen = [], [], []

            def loss_of():
                asked.append(plain(place))
                return ((place - goals[len(asked) - 1]) ** 2).sum(-1)

            def watch(step):
                watched.append(plain(step))
                seen.append(plain(place))

            run = alone(student, "descend")
            optimizer = torch.optim.SGD([place], lr, momentum=momentum)
            history = run(optimizer, loss_of, steps, watch)
            kind = type(history).__name__
            return {"history": plain(history), "kind": kind, "end": plain(place),
                    "asked": asked, "watched": watched, "seen": seen}  # fmt: skip

        def interpret(values, grid, x, y, steps=200):
            """In place of the robot: something else, that depends on all that it is given."""
            code = sum(values["instr"]) + 2 * sum(values["goto"])
            code = code + int(
                np.sum(np.asarray(grid) * np.arange(np.size(grid)).reshape(np.shape(grid)))
            )
            return (int(x) + code) % 101, (int(y) + 2 * code) % 103, (code + 5 * int(x)) % 107

        run = alone(student, "verify", interpret=interpret)
        logits = {name: tensor(each).requires_grad_() for name, each in logits.items()}
        inputs = {name: np.array(each) for name, each in inputs.items()}
        outputs = {name: np.array(each) for name, each in outputs.items()}
        got = run(logits, restart, inputs, outputs)
        pair = isinstance(got, (tuple, list)) and len(got) == 2
        kind = type(got[1]).__name__ if pair else ""
        return {"got": plain(list(got)) if pair else type(got).__name__, "pair": pair, "kind": kind}

    def verdict(ask, rng, mark):
        def sizes(R, B, zero=False, reverse=False):
            """reverse: the outputs come in another order than what was found of them."""
            many = (5, 5, 5) if reverse else (3, 4, 5)
            found = {name: dirichlet(rng, R, B, size)
                     for name, size in zip(("final_X", "final_Y", "path_len"), many, strict=True)}  # fmt: skip
            outputs = {name: rng.integers(0, each.shape[-1], B) for name, each in found.items()}
            if reverse:
                outputs = dict(reversed(outputs.items()))
            if zero:
                found["path_len"][0, 0] = np.eye(5)[(outputs["path_len"][0] + 1) % 5]
            return found, outputs

        def told(found, outputs):
            """The probability of each truth: {name: (R, B)}."""
            return {
                name: np.array(
                    [[row[b][truth[b]] for b in range(len(truth))] for row in found[name]]
                )
                for name, truth in outputs.items()
            }

        def surprised(R, B, zero=False, reverse=False):
            found, outputs = sizes(R, B, zero, reverse)
            got = ask(which="surprise", found=found, outputs=outputs)
            each = {name: np.maximum(p, 1e-30) for name, p in told(found, outputs).items()}
            joint = sum(-np.log(p) for p in each.values())
            right = joint.mean(-1)
            shown = {"given": {"outputs": outputs, "found": found}, "function": "surprise"}
            if zero and isinstance(got, np.ndarray) and not np.all(np.isfinite(got)):
                mark.fail("not_finite", "One probability is 0, and its logarithm no number. Take none for "
                          "smaller than TINY.", got=got, **shown)  # fmt: skip
            last = -np.log(each[list(outputs)[-1]]).mean(-1)
            spread, crossed = 0.0, 0.0
            for name, told_so in outputs.items():
                each_truth = found[name][:, :, told_so]  # of every example the truth of every other
                spread = spread - np.log(np.maximum(each_truth, 1e-30)).mean((-2, -1))
                raised = np.log(np.exp(found[name]).sum(-1)) - told(found, outputs)[name]
                crossed = crossed + raised.mean(-1)
            placed = joint
            if reverse:
                turned = dict(zip(found, outputs.values(), strict=True))
                placed = sum(-np.log(p) for p in told(found, turned).values())
            for kind, wrong, message in (
                ("sign", -right, "A surprise is not negative: minus the logarithm."),
                ("not_summed", joint.sum(-1), "Averaged over the examples, not summed."),
                ("shape", right.mean(), "One number for *each* restart; these were averaged over them."),
                ("shape", right.sum(), "One number for *each* restart; these were summed over them."),
                ("averaged", right / 3, "Summed over the three outputs, not averaged."),
                ("overwritten", last, "That is the last output's alone. Sum over all three."),
                ("factor", right / math.log(2), "In nats: the natural logarithm."),
                ("wrong_order", -np.log(np.mean(np.prod(list(each.values()), 0), -1)), "The logarithm of "
                 "a mean. Take the mean of the logarithms."),
                ("wrong_order", sum(-np.log(p.mean(-1)) for p in each.values()), "The logarithm of a mean. "
                 "Take the mean of the logarithms."),
                ("missing_factor", sum(1 - p for p in each.values()).mean(-1), "Those are the missing "
                 "probabilities. Take logarithms."),
                ("swapped", placed.mean(-1), "The outputs come in another order here than what was found. "
                 "They belong together by their names."),
                ("double_counted", spread, "Each example was asked for the true values of *all* examples. "
                 "To example k belongs its own, the k-th."),
                ("other_function", crossed, "`cross_entropy` takes a softmax first. These are "
                 "probabilities already."),
            ):  # fmt: skip
                if not zero:
                    mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="Not the surprise. Is for every example the probability of *its own* true value "
                "taken?",
                **shown,
            )

        with mark.part("surprise", 0.75):
            surprised(2, 4)
            surprised(3, 1)
            surprised(2, 5, zero=True)
            surprised(2, 3, reverse=True)
        with mark.part("surprise, slopes", 0.25):
            mark.only_after("surprise")
            found, outputs = sizes(2, 3)
            upstream = rng.normal(size=2)
            got = ask(which="surprise", found=found, outputs=outputs, upstream=upstream)
            right = []
            for name, p in told(found, outputs).items():
                slope = np.zeros_like(found[name])
                for r, b in np.ndindex(2, 3):
                    slope[r, b, outputs[name][b]] = -upstream[r] / p[r, b] / 3
                right.append(slope)
            judge_slopes(mark, got, right, "The surprise", function="surprise")
            found, outputs = sizes(2, 4, zero=True)
            got = ask(which="surprise", found=found, outputs=outputs, upstream=upstream)
            mark.that(
                isinstance(got, list) and all(np.all(np.isfinite(each)) for each in got),
                kind="not_finite",
                message="One probability is 0, and the slope is no number. Do not let the logarithm see "
                "the 0: what comes after it is too late.",
                given={"outputs": outputs, "found": found},
                function="surprise",
            )

        def descended(R, steps, momentum=0.0):
            start, lr = rng.uniform(1, 2, (R, 2)), float(rng.uniform(0.05, 0.12))
            goals = rng.uniform(-1, 1, (3 * steps, R, 2))
            answer = ask(
                which="descend", start=start, goals=goals, lr=lr, steps=steps, momentum=momentum
            )
            shown = {"given": {"start": start, "learning rate": lr, "momentum": momentum, "steps": steps},
                     "function": "descend"}  # fmt: skip
            asked = len(answer["asked"])
            mark.that(asked >= 1, kind="no_update", message="`loss_of()` was never asked.", **shown)
            place, path, losses, pile, heap = start.copy(), [start.copy()], [], 0.0, [start.copy()]
            mild, bare, fast, mildly, heaped = start.copy(), start.copy(), 0.0, 0.0, 0.0
            for k in range(steps):
                losses.append(((place - goals[k]) ** 2).sum(-1))
                fast = momentum * fast + 2 * (place - goals[k])
                place = place - lr * fast
                path.append(place.copy())
                pile = pile + 2 * (heap[-1] - goals[k])
                heaped = momentum * heaped + pile
                heap.append(heap[-1] - lr * heaped)
                mildly = momentum * mildly + 2 * (mild - goals[k]) / R
                mild = mild - lr * mildly
                bare = bare - lr * 2 * (bare - goals[k])
            right, end = np.array(losses), answer["end"]
            for kind, wrong, message in (
                ("no_update", start, "The parameters have not moved. backward() finds the way, "
                 "optimizer.step() goes it."),
                ("accumulated", heap[-1], "Gradients of earlier steps pile up: zero them before each "
                 "backward()."),
                ("early_stop", path[-2], "One step too few."),
                ("other_function", bare, "This optimizer has a momentum, and the parameters went without "
                 "it. Let optimizer.step() go."),
                ("ascent", 2 * start - path[-1] if steps == 1 else start * math.nan, "That goes uphill."),
            ):  # fmt: skip
                mark.not_like(end, wrong, path[-1], kind, message, **shown)
            if R > 1:
                mark.not_like(end, mild, path[-1], "averaged", "Each restart's gradient is divided by the "
                         "number of restarts. The *sum* gives each its own.", **shown)  # fmt: skip
            mark.that(
                asked == steps,
                kind="late_evaluation",
                message=f"{steps} steps, and `loss_of()` was asked {asked} times: each time it draws a new "
                "batch.",
                **shown,
            )
            mark.close(
                end,
                path[-1],
                kind="wrong_value",
                message="The parameters end elsewhere.",
                **shown,
            )
            mark.that(
                answer["kind"] == "ndarray",
                kind="wrong_type",
                message=f"The losses should be a numpy array; a {answer['kind']} came back.",
                **shown,
            )
            got = answer["history"]
            mark.not_like(got, right.sum(-1), right, "shape", "The losses of all restarts were summed. "
                     "Keep each.", **shown)  # fmt: skip
            mark.not_like(got, right.T, right, "transposed", "One row for each step.", **shown)
            mark.close(got, right, kind="wrong_value", message="Not the losses.", **shown)
            mark.that(
                answer["watched"] == list(range(steps)),
                kind="not_asked",
                message=f"`watch` should be called with 0, 1, 2, …, once in each step; it was called with "
                f"{answer['watched'][:5]}.",
                **shown,
            )
            seen = np.array(answer["seen"])
            early = np.array(path[:-1])
            mark.not_like(seen, early, np.array(path[1:]), "wrong_order", "`watch` is called before the "
                     "step is gone, and sees the old parameters. End each step with it.", **shown)  # fmt: skip
            mark.close(
                seen,
                np.array(path[1:]),
                kind="wrong_order",
                message="`watch` sees other parameters than those after the step.",
                **shown,
            )

        with mark.part("descend", 1):
            descended(3, 4)
            descended(2, 1)
            descended(2, 3, momentum=0.5)

        def other(values, grid, x, y):
            code = sum(values["instr"]) + 2 * sum(values["goto"])
            code += int(np.sum(grid * np.arange(grid.size).reshape(grid.shape)))
            return (x + code) % 101, (y + 2 * code) % 103, (code + 5 * x) % 107

        def verified(R, restart, B):
            logits = {"instr": rng.normal(size=(R, 3, 4)), "goto": rng.normal(size=(R, 3, 3))}
            grid = rng.integers(0, 5, (B, 3, 2))
            x, y = rng.integers(0, 3, B), rng.integers(0, 2, B)
            inputs = {"img_grid": grid, "init_X": x, "init_Y": y}
            values = {
                name: [max(range(len(row)), key=row.__getitem__) for row in each[restart]]
                for name, each in logits.items()
            }
            ends = np.array([other(values, *each) for each in zip(grid, x, y, strict=True)])
            said_ends = ends.copy()
            off = rng.integers(0, 5, B)  # which output is wrong: 0, 1, 2, or none
            off[: min(B, 5)] = rng.permutation(5)[: min(B, 5)]
            for k in range(3):
                ends[off == k, k] += 1
            truth = {"final_X": ends[:, 0], "final_Y": ends[:, 1], "path_len": ends[:, 2]}
            answer = ask(
                which="verify", logits=logits, restart=restart, inputs=inputs, outputs=truth
            )
            shown = {"given": {"logits": logits, "restart": restart}, "function": "verify"}
            mark.that(
                answer["pair"],
                kind="wrong_type",
                message="Two things were expected: the values, and an array.",
                got=answer["got"],
                **shown,
            )
            said, got = answer["got"]
            mark.that(
                isinstance(said, dict) and sorted(said) == ["goto", "instr"],
                kind="wrong_type",
                message="The values are a dictionary with `instr` and `goto`.",
                got=said,
                **shown,
            )
            first = {
                n: [max(range(len(r)), key=r.__getitem__) for r in each[0]]
                for n, each in logits.items()
            }
            for name in ("instr", "goto"):
                if restart:
                    mark.not_like(said[name], first[name], values[name], "wrong_argument", "Those are the "
                             "values of the first restart, not of the one asked for.", **shown)  # fmt: skip
                mark.close(
                    said[name],
                    values[name],
                    kind="wrong_value",
                    message=f"Not the likeliest values of {name}, one for each line.",
                    **shown,
                )
            shown["given"] = {"the output that differs (3, 4: none)": off}
            right = off >= 3
            same = isinstance(got, (list, np.ndarray)) and np.shape(got) == (B,)
            kind = answer["kind"]
            mark.that(
                not same or kind not in ("list", "tuple"),
                kind="wrong_type",
                message=f"The second should be an array, so that one can ask it for `.all()`; it is a "
                f"{kind}.",
                got=got,
                expected=right,
                **shown,
            )
            mark.that(
                same,
                kind="shape",
                message="One answer for each example: is it entirely right?",
                got=got,
                expected=right,
                **shown,
            )
            got = np.array([bool(each) for each in got])
            if B > 4:
                mark.that(
                    bool(np.any(got != ~right)),
                    kind="sign",
                    message="True where it is right, and not where it is wrong.",
                    got=got,
                    expected=right,
                    **shown,
                )
                for k, name in enumerate(("final_X", "final_Y", "path_len")):
                    mark.that(
                        not np.array_equal(got, right | (off == k)),
                        kind="missing_term",
                        message=f"{name} is not compared.",
                        got=got,
                        expected=right,
                        **shown,
                    )
                mark.that(
                    not np.all(got),
                    kind="wrong_value",
                    message="Every example is called right, and some are not.",
                    got=got,
                    expected=right,
                    **shown,
                )
                turned = np.array(
                    [other(values, g, b, a) for g, a, b in zip(grid, x, y, strict=True)]
                )
                for asked, told in ((turned, ends), (said_ends, ends[:, [1, 0, 2]]),
                                    (turned, ends[:, [1, 0, 2]])):  # fmt: skip
                    wrong = (asked == told).all(1)
                    mark.that(
                        np.array_equal(wrong, right) or not np.array_equal(got, wrong),
                        kind="swapped",
                        message="x and y changed places: in what `interpret` is given, or in what its "
                        "answers are compared with.",
                        got=got,
                        expected=right,
                        **shown,
                    )
                mark.that(
                    bool(np.any(got)),
                    kind="wrong_value",
                    message="No example is called right, and some are. Is a tuple compared with a tuple, "
                    "of three numbers each?",
                    got=got,
                    expected=right,
                    **shown,
                )
            mark.that(
                bool(np.array_equal(got, right)),
                kind="wrong_value",
                message="Not the examples that are right in all three outputs.",
                got=got,
                expected=right,
                **shown,
            )

        with mark.part("verify", 1):
            verified(3, 1, 7)


# ------------------------------------------------------------------------------------------------
# 10.7


@lab.exercise(
    "10.7",
    "Predict: of a hundred",
    points=1,
    minutes=3,
    reread="week10.md#restarts",
    hints=(
        "By guessing alone, how many of a hundred would be right?",
        "Does a line of a program get better by itself, or only together with the others?",
        "Walks of no step teach what ends at once, walks of one step what moves: there is a slope to "
        "begin with. But it does not lead everybody to the same place.",
    ),
)
class Restarts:
    def probe(student):
        return number(student.my_prediction_of_the_restarts())

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 100)


# ------------------------------------------------------------------------------------------------
# 10.8


@lab.exercise(
    "10.8",
    "Content weights",
    points=2,
    minutes=15,
    reread="week10.md#content",
    hints=(
        "The cosine is the product of two *unit* vectors, summed over the W numbers of a place.",
        "The key has no axis for places: key[..., None, :] has one, and goes with every place.",
        "`memory / (memory.square().sum(-1, keepdim=True) + EPSILON).sqrt()`; the key likewise; multiply, "
        "sum, times strength[..., None], softmax over the last axis.",
    ),
)
class Content:
    def probe(student, memory, key, strength, upstream=None):
        run = alone(student, "content_weights")
        given = [tensor(np.asarray(each, float)) for each in (memory, key, strength)]
        if upstream is None:
            before = [each.clone() for each in given]
            got = run(*given)
            same = all(bool((a == b).all()) for a, b in zip(given, before, strict=True))
            return {"got": plain(got), "intact": same}
        for each in given:
            each.requires_grad_()
        return slopes(run(*given), upstream, given)

    def verdict(ask, rng, mark):
        def cosine(m, k):
            long = math.sqrt(math.fsum(m * m) + 1e-6) * math.sqrt(math.fsum(k * k) + 1e-6)
            return math.fsum(m * k) / long

        def shares(scores):
            parts = [math.exp(each - max(scores)) for each in scores]
            return np.array(parts) / math.fsum(parts)

        def over(front, memory, key, strength, score, last=shares):
            """One example after the other."""
            memory = np.broadcast_to(memory, (*front, *memory.shape[-2:]))
            key = np.broadcast_to(key, (*front, key.shape[-1]))
            strength = np.broadcast_to(strength, front)
            found = np.zeros((*front, memory.shape[-2]))
            for at in np.ndindex(*front):
                found[at] = last([score(m, key[at], strength[at]) for m in memory[at]])
            return found

        def asked(fronts, N, W, scale=1.0):
            memory, key = (
                rng.normal(size=(*fronts[0], N, W)),
                scale * rng.normal(size=(*fronts[1], W)),
            )
            memory = scale * memory * rng.uniform(0.5, 3, (*fronts[0], N, 1))
            strength = rng.uniform(2, 5, fronts[2])
            answer = ask(memory=memory, key=key, strength=strength)
            got = answer["got"]
            front = np.broadcast_shapes(*fronts)

            def all_by(score, last=shares):
                return over(front, memory, key, strength, score, last)

            right = all_by(lambda m, k, s: s * cosine(m, k))
            best = np.eye(N)[right.argmax(-1)]
            shown = {"given": {"memory": memory, "key": key, "strength": strength},
                     "function": "content_weights"}  # fmt: skip
            unit = lambda v: v / np.linalg.norm(v)  # noqa: E731
            if scale < 1:
                mark.close(
                    got,
                    right,
                    kind="wrong_rule",
                    message="Where the numbers in memory, or in the key, are as small as 0.001, EPSILON "
                    "counts: it stands under the root of each of the two lengths.",
                    rtol=1e-4,
                    **shown,
                )
                return
            mark.that(
                not isinstance(got, np.ndarray) or not np.array_equal(got, best),
                kind="zero",
                message="That is the likeliest place alone.",
                got=got,
                **shown,
            )
            for kind, wrong, message in (
                ("not_normalised", all_by(lambda m, k, s: s * (m @ k)), "That goes by the plain product: a "
                 "long row of memory wins over a like one. Divide by both lengths."),
                ("not_normalised", all_by(lambda m, k, s: s * (m @ unit(k))), "The memory's rows are not "
                 "brought to unit length."),
                ("not_normalised", all_by(lambda m, k, s: s * (unit(m) @ k)), "The key is not brought to "
                 "unit length."),
                ("ignored_argument", all_by(lambda m, k, s: cosine(m, k)), "The strength is not used."),
                ("wrong_argument", all_by(lambda m, k, s: cosine(m, k) / s), "The strength *multiplies*: "
                 "stronger is sharper."),
                ("sign", all_by(lambda m, k, s: -s * cosine(m, k)), "The least alike place wins: a sign "
                 "is turned round."),
                ("other_function", all_by(lambda m, k, s: -s * float(np.sum((m - k) ** 2))), "That is by "
                 "distance; the cosine of the angle was asked for."),
                ("missing_factor", all_by(lambda m, k, s: s * cosine(m, k), np.array), "Those are the "
                 "cosines times the strength. The softmax is missing."),
                ("wrong_order", strength[..., None] * all_by(lambda m, k, s: cosine(m, k)), "The strength "
                 "multiplies the cosines, before the softmax."),
                ("repeated_factor", all_by(lambda m, k, s: s * (m @ k) / (m @ m) / (k @ k)), "Divided by "
                 "the *squares* of the lengths."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, rtol=1e-4, **shown)
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="Not the weighting. Does the softmax go over places?",
                rtol=1e-4,
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="What came in was changed.", **shown
            )

        with mark.part("weights", 1):
            asked(((), (), ()), 4, 3)
            asked(((2,), (2,), (2,)), 5, 3)
            asked(((3, 1), (3, 1), (3, 1)), 4, 6)
        with mark.part("slopes", 0.5):
            mark.only_after("weights")
            memory, key = rng.normal(size=(3, 4)), rng.normal(size=4)
            strength, upstream = np.array(rng.uniform(1.5, 3)), rng.normal(size=3)

            def total(memory, key, strength):
                return upstream @ over((), memory, key, strength, lambda m, k, s: s * cosine(m, k))

            got = ask(memory=memory, key=key, strength=strength, upstream=upstream)
            right = [
                nudged(lambda x: total(x, key, strength), memory),
                nudged(lambda x: total(memory, x, strength), key),
                nudged(lambda x: total(memory, key, x), strength),
            ]
            judge_slopes(mark, got, right, "The weighting", rtol=1e-3, function="content_weights")
        with mark.part("an empty memory", 0.5):
            mark.only_after("weights")
            memory, key, upstream = np.zeros((5, 3)), rng.normal(size=3), rng.normal(size=5)
            given = {"memory": memory, "key": key, "strength": 2.0}
            shown = {"given": given, "function": "content_weights"}
            even = ask(memory=memory, key=key, strength=2.0)["got"]
            mark.close(
                even,
                np.full(5, 0.2),
                kind="not_finite",
                message="Where there is nothing, all places are alike.",
                **shown,
            )
            got = ask(memory=memory, key=key, strength=2.0, upstream=upstream)
            mark.that(
                isinstance(got, list) and all(np.all(np.isfinite(each)) for each in got),
                kind="not_finite",
                message="The slope at an empty memory is no number: a length has none at 0.",
                **shown,
            )
            largest = float(np.max(np.abs(got[0])))
            mark.that(
                largest < 1e4,
                kind="magnitude",
                message=f"The slope at an empty memory is {largest:.1e}: one over EPSILON. Put EPSILON "
                "under the root.",
                got=largest,
                **shown,
            )
            mark.that(
                largest > 1,
                kind="zero",
                message="At an empty memory the slope is (nearly) zero: is EPSILON small, and nothing cut "
                "off?",
                got=largest,
                **shown,
            )
            memory, key = rng.normal(size=(5, 3)), np.zeros(3)
            got = ask(memory=memory, key=key, strength=2.0, upstream=upstream)
            mark.that(
                isinstance(got, list)
                and all(np.all(np.isfinite(each)) and np.max(np.abs(each)) < 1e4 for each in got),
                kind="not_finite",
                message="If the key is zero, the slope is no number, or as large as one over EPSILON. The "
                "key's length needs its EPSILON under the root, too.",
                given={"memory": memory, "key": key, "strength": 2.0},
                function="content_weights",
            )
            asked(((), (), ()), 4, 3, 1e-3)


# ------------------------------------------------------------------------------------------------
# 10.9


@lab.exercise(
    "10.9",
    "Allocate and write",
    points=3,
    minutes=20,
    reread="week10.md#allocation",
    hints=(
        "`full, order = usage.sort(-1)`. The product *before* the j-th: begin with 1, leave out the last, "
        "and multiply up with `torch.cumprod`.",
        "What you have is in the order of fullness. The j-th share belongs to the place order[j]: "
        "`scatter` puts, `gather` takes.",
        "`torch.zeros_like(usage).scatter(-1, order, (1 - full) * before)`. For `write`, weights[..., None] "
        "is the share of each place, erase[..., None, :] goes to all places.",
    ),
)
class Allocate:
    def probe(student, which, given, upstream=None):
        run = alone(student, which)
        given = [tensor(np.asarray(each, float)) for each in given]
        if upstream is None:
            before = [each.clone() for each in given]
            got = run(*given)
            same = all(bool((a == b).all()) for a, b in zip(given, before, strict=True))
            return {"got": plain(got), "intact": same}
        for each in given:
            each.requires_grad_()
        return slopes(run(*given), upstream, given)

    def verdict(ask, rng, mark):
        def free(usage):
            """For each place: its own freedom, times the fullness of all that are freer."""
            found = np.zeros(usage.shape)
            for *at, n in np.ndindex(*usage.shape):
                row, mine = usage[tuple(at)], usage[tuple(at)][n]
                found[(*at, n)] = (1 - mine) * math.prod(
                    float(u) for k, u in enumerate(row) if u < mine or (u == mine and k < n)
                )
            return found

        def gathered(usage):
            """The classical mistake: sorted once more instead of put back."""
            order = np.argsort(usage, -1)
            shares = np.sort(usage, -1)
            before = np.cumprod(
                np.concatenate([np.ones_like(shares[..., :1]), shares[..., :-1]], -1), -1
            )
            return np.take_along_axis((1 - shares) * before, order, -1), (1 - shares) * before

        def allocated(usage):
            answer = ask(which="allocation", given=[usage])
            got, right = answer["got"], free(usage)
            twice, by_order = gathered(usage)
            inside = right * usage
            order = np.argsort(np.argsort(-usage, -1), -1)
            down = -np.sort(-usage, -1)
            first = np.cumprod(
                np.concatenate([np.ones_like(down[..., :1]), down[..., :-1]], -1), -1
            )
            fullest = np.take_along_axis((1 - down) * first, order, -1)
            levels = np.sort(usage, -1)
            just = np.concatenate([np.ones_like(levels[..., :1]), levels[..., :-1]], -1)
            one_before = np.zeros_like(usage)
            np.put_along_axis(one_before, np.argsort(usage, -1), (1 - levels) * just, -1)
            flat = free(usage.reshape(-1)).reshape(usage.shape)
            shown = {"given": {"usage": usage}, "function": "allocation"}
            for kind, wrong, message in (
                ("wrong_order", twice, "That is sorted once more instead of un-sorted. The j-th share "
                 "belongs *to* the place order[j]: put it there."),
                ("wrong_order", by_order, "These are in the order of fullness. Put each share back to its "
                 "place."),
                ("late_evaluation", inside, "The product goes over the places *before*; a place's own "
                 "usage is not in it."),
                ("missing_factor", 1 - usage, "That is how free each place is. The freest should get "
                 "nearly all: the others get what it leaves."),
                ("missing_factor", one_before, "Multiplied by the usage of the place just before. The "
                 "product goes over *all* that are freer."),
                ("wrong_order", flat, "Sorted over everything at once. Each memory has an order of its "
                 "own, over the last axis."),
                ("sign", fullest, "From the freest to the fullest, and not the other way."),
                ("zero", np.eye(usage.shape[-1])[usage.argmin(-1)], "All to the freest place: that has no "
                 "slope."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, rtol=1e-4, **shown)
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="Not the allocation.",
                rtol=1e-4,
                floor=1e-5,
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="The usage was changed.", **shown
            )

        def uneven(*shape):
            """Usages that are far enough apart, in an order that is not its own inverse."""
            levels = np.linspace(0.1, 0.9, shape[-1]) + rng.uniform(-0.03, 0.03, shape)
            turn = rng.integers(1, shape[-1])
            while 2 * turn % shape[-1] == 0:
                turn = rng.integers(1, shape[-1])
            return np.roll(levels, turn, -1)

        with mark.part("allocation", 1):
            allocated(np.array([0.85, 0.15, 0.5]) + rng.uniform(-0.04, 0.04, 3))
            allocated(uneven(2, 5))
            allocated(np.array([1.0, 0.0, 1.0, 0.25]))
        with mark.part("allocation, slopes", 1):
            mark.only_after("allocation")
            usage = uneven(2, 4)
            upstream = rng.normal(size=usage.shape)
            got = ask(which="allocation", given=[usage], upstream=upstream)
            right = [nudged(lambda x: np.sum(upstream * free(x)), usage)]
            judge_slopes(mark, got, right, "The allocation", rtol=1e-3, function="allocation")

        def written(front, N, W):
            memory = rng.normal(size=(*front, N, W))
            weights = rng.uniform(0.1, 0.6, (*front, N))
            erase, vector = rng.uniform(0.2, 0.9, (*front, W)), rng.normal(size=(*front, W))
            answer = ask(which="write", given=[memory, weights, erase, vector])
            got = answer["got"]
            w, e, v = weights[..., None], erase[..., None, :], vector[..., None, :]
            share = np.zeros_like(memory)
            added = np.zeros_like(memory)
            for *at, n, k in np.ndindex(*memory.shape):
                here = tuple(at)
                share[(*here, n, k)] = weights[(*here, n)] * erase[(*here, k)]
                added[(*here, n, k)] = weights[(*here, n)] * vector[(*here, k)]
            right = memory - memory * share + added
            shown = {"given": {"memory": memory, "weights": weights, "erase": erase, "vector": vector},
                     "function": "write"}  # fmt: skip
            for kind, wrong, message in (
                ("missing_term", memory + added, "Nothing is erased."),
                ("missing_term", memory - memory * share, "Nothing is added."),
                ("wrong_order", (memory + added) * (1 - share), "What is new is erased, too. First erase, "
                 "then add."),
                ("missing_factor", memory * (1 - e) + added, "Everything is erased everywhere. Erase by "
                 "the weights, too."),
                ("missing_factor", memory * (1 - w) + added, "Erasing goes by the weights alone; `erase` "
                 "says which numbers."),
                ("missing_factor", memory * (1 - share) + v + 0 * w, "The vector is added everywhere. Add it "
                 "by the weights."),
                ("repeated_factor", memory * (1 - share) + share * v, "The vector is added by `erase`, too. "
                 "Add it by the weights alone."),
                ("swapped", memory * (1 - w * v) + w * e, "`erase` and `vector` changed places."),
                ("no_update", memory, "The memory has not changed."),
                ("wrong_rule", memory * share + added, "What should be erased is kept, and the other way "
                 "round."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got, right, kind="wrong_value", message="Not the memory after writing.", **shown
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The old memory was changed in place. Return a new one.",
                **shown,
            )

        with mark.part("write", 0.75):
            written((), 4, 3)
            written((2,), 3, 5)
        with mark.part("write, slopes", 0.25):
            mark.only_after("write")
            given = [rng.normal(size=(3, 2)), rng.uniform(0.1, 0.6, 3), rng.uniform(0.2, 0.9, 2),
                     rng.normal(size=2)]  # fmt: skip
            upstream = rng.normal(size=(3, 2))

            def total(memory, weights, erase, vector):
                """The sum over places and words, one at a time."""
                return sum(
                    upstream[n, k]
                    * (memory[n, k] - memory[n, k] * weights[n] * erase[k] + weights[n] * vector[k])
                    for n, k in np.ndindex(3, 2)
                )

            got = ask(which="write", given=given, upstream=upstream)
            right = [
                nudged(lambda x, k=k: total(*given[:k], x, *given[k + 1 :]), given[k])
                for k in range(4)
            ]
            judge_slopes(mark, got, right, "The memory after writing", rtol=1e-5, function="write")
