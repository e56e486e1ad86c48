"""Lab 3: what each exercise asks the student's code, and how the answers are judged.

Graphs travel as rows, parents before children: `[value, [places of the parents], [partials]]`; the
last row is the result. The probe builds them from the student's own `Var` where that keeps what it
is given, otherwise from a stand-in, so that no exercise needs an earlier one. The truth about a
graph is a linear system: if P[i, j] is the partial of node i by its parent j, the derivatives of
node y by all nodes are the solution of (I - P)ᵀ g = e_y.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree

lab = Lab(
    "lab03_reverse_mode",
    "Reverse mode: your own tape",
    week=3,
    minutes=150,
    notes="week03.md",
    given=[  # by the worked example of addition, and by the engines in the museum
        "a, b = lift(a), lift(b)",
        "for parent, partial in zip(node.parents, node.partials, strict=True):",
    ],
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def workshop(student):
    """What graphs are built with, and whether it is the student's own `Var` or a stand-in."""
    try:
        first = student.Var(2.5)
        second = student.Var(0.5, (first,), (-3.0,))
        recorded = (first.value, second.value, tuple(second.partials), tuple(first.parents))
        ordered = isinstance(second.parents, (tuple, list))
        if (
            ordered
            and recorded == (2.5, 0.5, (-3.0,), ())
            and tuple(map(id, second.parents)) == (id(first),)
        ):
            return student.Var, True
    except Exception:
        pass
    from dataclasses import make_dataclass

    fields = [
        ("value", float),
        ("parents", tuple, ()),
        ("partials", tuple, ()),
        ("op", str, ""),
        ("name", str, ""),
    ]
    return make_dataclass("Var", [*fields, ("grad", float, 0.0)], eq=False), False


@lab.helper
def operation(student, name):
    """The student's function `name`, working on what the workshop has; then the workshop's."""
    Var, own = workshop(student)
    if own:
        return getattr(student, name), Var, own

    def lift(x):
        return x if isinstance(x, Var) else Var(x)

    return student.rebind(name, Var=Var, lift=lift), Var, own


@lab.helper
def build(Var, rows):
    """The nodes that the rows describe."""
    nodes = []
    for value, parents, partials in rows:
        nodes.append(Var(value, tuple(nodes[k] for k in parents), tuple(partials)))
    return nodes


@lab.helper
def portrait(result, given):
    """A result as plain data: its value, and the rows of all that it was made from.

    `places` says which row each of the `given` is; -1 where it is none.
    """
    for name in ("value", "parents", "partials"):
        if not hasattr(result, name):
            return {"odd": "result", "type": type(result).__name__, "lacks": name}
    found, rows = [result], []
    for node in found:
        for parent in node.parents:
            if not hasattr(parent, "parents"):
                return {"odd": "parent", "type": type(parent).__name__}
            if not any(parent is other for other in found):
                found.append(parent)
        for partial in node.partials:
            if not isinstance(partial, (int, float, np.number)):
                return {"odd": "partial", "type": type(partial).__name__}
    places = {id(node): k for k, node in enumerate(found)}
    for node in found:
        rows.append([[places[id(parent)] for parent in node.parents], list(node.partials)])
    where = [places.get(id(each), -1) for each in given]
    return {"odd": "", "value": result.value, "rows": rows, "places": where}


# ------------------------------------------------------------------------------------------------
# What verdicts share


MOST_ROWS = 50  # more than any graph here has, few enough for a matrix


def derivatives(rows: list, result: int = -1) -> np.ndarray:
    """The derivatives of node `result` by every node; a row ends in (parents, partials)."""
    system = np.eye(len(rows))
    for child, (*_, parents, partials) in enumerate(rows):
        for parent, partial in zip(parents, partials, strict=True):
            system[parent, child] -= partial
    return np.linalg.solve(system, np.eye(len(rows))[result])


def read_portrait(mark, answer, given):
    """The derivatives by each argument, read off a portrait."""
    evidence = {"given": given, "function": given["operation"]}
    if answer["odd"]:
        what = article(answer["type"])
        message = {
            "result": f"The result should be a Var; {what} came back, which has no "
            f"`{answer.get('lacks')}`.",
            "parent": f"The parents should be the Vars themselves; among them is {what}. The way "
            "back leads through the parents, so a bare number is a dead end.",
            "partial": f"A local partial should be a number; {what} came back. Take the `.value` "
            "of this moment: it may be another one later.",
        }[answer["odd"]]
        mark.fail("wrong_type", message, **evidence)
    rows = answer["rows"]
    if len(rows) > MOST_ROWS:
        mark.fail("shape", f"One operation left {len(rows)} nodes; a few are enough.", **evidence)
    for parents, partials in rows:
        if len(parents) != len(partials):
            mark.fail(
                "shape",
                f"{count(len(parents), 'parent')} but {count(len(partials), 'local partial')}: each "
                "parent needs its own, in the same order.",
                **evidence,
            )
    slopes = derivatives(rows, 0)
    return [float(slopes[place]) if place >= 0 else 0.0 for place in answer["places"]]


def judge_operation(ask, mark, name, f, arguments):
    """Value and local partials of one operation; a wrong partial is named by `dp.diagnose`."""
    arguments = [float(each) for each in arguments]
    given = {"operation": name, "at": [round(each, 6) for each in arguments]}

    def partials(*at):
        answer = ask(name=name, arguments=[float(each) for each in at])
        slopes = read_portrait(mark, answer, given)[: len(at)]
        return slopes[0] if len(at) == 1 else tuple(slopes)

    answer = ask(name=name, arguments=arguments)
    say_whose(mark, answer["own"], "Var")
    partials(*arguments)
    mark.close(
        answer["value"],
        float(f(*arguments)),
        kind="wrong_value",
        message=f"The value of `{name}` is not right, so its derivative cannot be either.",
        given=given,
        function=name,
    )
    # One rule is at fault, so mistakes in rules come first among those with the same consequence.
    diagnosis = dp.diagnose(f, partials, *arguments, prefer=OF_A_RULE)
    mark.gradient(diagnosis, given=given, where="", function=name)


OF_A_RULE = ("sign", "swapped", "wrong_rule", "missing_factor", "wrong_point")


def picture(rows: list, grads: object = None) -> str:
    """The graph as SVG; nodes carry their place among the rows, and `grads` where they are numbers."""
    known = agree(grads, np.zeros(len(rows)), floor=math.inf) is None
    nodes: list[SimpleNamespace] = []
    for k, (value, parents, partials) in enumerate(rows):
        nodes.append(
            SimpleNamespace(
                name=f"node {k}",
                value=value,
                parents=[nodes[place] for place in parents],
                partials=partials,
                grad=float(grads[k]) if known else None,
            )
        )
    return dp.draw_graph(nodes[-1], partials=known).svg


def article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def say_whose(mark, own: bool, name: str) -> None:
    """Tell the student which engine was used."""
    text = (
        f"your own {name}"
        if own
        else f"a stand-in for {name}, because yours does not pass its own exercise yet"
    )
    if f"Marked with {text}." not in mark.notes:
        mark.note(f"Marked with {text}.")


# ------------------------------------------------------------------------------------------------
# 3.1


@lab.exercise(
    "3.1",
    "A node that remembers",
    points=2,
    minutes=10,
    reread="week03.md#recording",
    hints=(
        "Six things are to be kept; the docstring lists them.",
        "An attribute belongs to one node: it is set on `self`, inside `__init__`.",
        "`float(…)` and `tuple(…)` make the value and the two sequences what they should be; the "
        "adjoint starts at 0.0.",
    ),
)
class Node:
    def probe(student, value, inner_value, partials):
        def look(node, given):
            seen = {name: getattr(node, name, "absent") for name in ("value", "op", "name", "grad")}
            for name in ("parents", "partials"):
                kept = getattr(node, name, "absent")
                seen[name + " in"] = type(kept).__name__
                seen[name] = kept if isinstance(kept, str) else list(kept)
            if seen["parents"] != "absent":
                kept = [id(parent) for parent in seen["parents"]]
                seen["identity"] = [id(each) in kept for each in given]
                seen["in order"] = kept == [id(each) for each in given]
                seen["parents"] = len(kept)
            return seen

        leaf, other = student.Var(value, name="x"), student.Var(inner_value)
        made = student.Var(inner_value, [leaf, other], list(partials), "op", "name")
        return {"leaf": look(leaf, []), "made": look(made, [leaf, other])}

    def verdict(ask, rng, mark):
        value = int(rng.integers(3, 9))
        inner, first, second = (float(each) for each in rng.uniform(0.5, 2, 3))

        def look(which, needed):
            seen = ask(value=value, inner_value=inner, partials=[first, -second])[which]
            for name in needed:
                mark.that(
                    seen[name] != "absent",
                    kind="missing",
                    message=f"A Var has no `{name}`. Set `self.{name}` in `__init__`.",
                )
            return seen

        with mark.part("an input", 1):
            leaf = look("leaf", ("value", "parents", "partials", "op", "name", "grad"))
            mark.close(
                leaf["value"],
                value,
                kind="wrong_value",
                message="`value` is not the number given.",
                given=value,
            )
            mark.that(
                type(leaf["value"]) is float,
                kind="wrong_type",
                message="`value` should be a float also when an int is given: later on 1 / value "
                "must not be 0.",
                given=value,
                got=type(leaf["value"]).__name__,
                expected="float",
            )
            mark.that(
                leaf["parents"] == 0 and leaf["partials"] == [],
                kind="wrong_value",
                message="An input has no parents and no partials.",
                got=[leaf["parents"], leaf["partials"]],
                expected=[0, []],
            )
            mark.that(
                leaf["grad"] == 0 and type(leaf["grad"]) in (int, float),
                kind="wrong_value",
                message="Before any backward sweep the adjoint is 0.0.",
                got=leaf["grad"],
                expected=0.0,
            )
        with mark.part("the result of an operation", 1):
            made = look("made", ("parents", "partials", "op"))
            mark.that(
                made["parents"] == 2 and all(made["identity"]),
                kind="missing_parent",
                message="Two Vars were given as parents, and they are not both there. The parents "
                "themselves are kept, not copies of them and not their values: the way back leads "
                "through them.",
                **({} if made["parents"] == 2 else {"got": made["parents"], "expected": 2}),
            )
            mark.that(
                [made["parents in"], made["partials in"]] == ["tuple", "tuple"],
                kind="wrong_type",
                message="Keep tuples: they have an order, and what was recorded must not change "
                "afterwards.",
                got=[made["parents in"], made["partials in"]],
                expected=["tuple", "tuple"],
            )
            mark.that(
                made["in order"],
                kind="swapped",
                message="The parents are kept in another order than they were given, so each "
                "partial now belongs to the wrong one.",
            )
            mark.close(
                made["partials"],
                [first, -second],
                kind="wrong_value",
                message="The partials are not those that were given, in that order.",
            )
            mark.that(
                made["op"] == "op" and made["name"] == "name",
                kind="wrong_value",
                message="`op` and `name` should be what was given: pictures show them.",
                got=[made["op"], made["name"]],
                expected=["op", "name"],
            )


# ------------------------------------------------------------------------------------------------
# 3.2 and 3.3


@lab.exercise(
    "3.2",
    "The rest of arithmetic",
    points=3,
    minutes=12,
    reread="week03.md#local-derivatives",
    hints=(
        "For each operation ask: I hold one side still and nudge the other; how much does the "
        "result move?",
        "The partials of a quotient come from the quotient rule with one side held constant at a "
        "time; both have the divisor in them. A power with a constant exponent has one parent.",
        "Partials are numbers: built from `a.value` and `b.value`, in the order (by a, by b). "
        "`lift` both sides first.",
    ),
)
class Arithmetic:
    def probe(student, name, arguments, constants=()):
        function, Var, own = operation(student, name)
        given = [each if k in constants else Var(each) for k, each in enumerate(arguments)]
        return portrait(function(*given), given) | {"own": own}

    def verdict(ask, rng, mark):
        def draw():
            return float(rng.uniform(0.6, 2.4) * rng.choice([-1, 1]))

        with mark.part("mul", 0.5):
            judge_operation(ask, mark, "mul", lambda a, b: a * b, (draw(), draw()))
        with mark.part("neg and sub", 0.5):
            judge_operation(ask, mark, "neg", lambda a: -a, (draw(),))
            judge_operation(ask, mark, "sub", lambda a, b: a - b, (draw(), draw()))
        with mark.part("div", 0.75):
            judge_operation(ask, mark, "div", lambda a, b: a / b, (draw(), draw()))
        with mark.part("power", 0.75):
            for n in (3, -2):
                judge_power(ask, mark, draw(), n)
            ### BEGIN HIDDEN TESTS
            judge_power(ask, mark, abs(draw()), 2.5)
            judge_power(ask, mark, draw(), 1)
            ### END HIDDEN TESTS
        with mark.part("plain numbers on either side", 0.5):
            for name, f in ARITHMETIC.items():
                for constant in (0, 1):
                    judge_constant(ask, mark, name, f, [draw(), draw()], constant)


ARITHMETIC = {
    "mul": lambda a, b: a * b,
    "sub": lambda a, b: a - b,
    "div": lambda a, b: a / b,
}


def judge_power(ask, mark, a, n):
    """The exponent is a plain number, so the power is a function of one argument."""

    def raised(name, arguments):
        return ask(name=name, arguments=[*arguments, n], constants=[1])

    judge_operation(raised, mark, "power", lambda a: a**n, (a,))


def judge_constant(ask, mark, name, f, arguments, constant):
    """One side is a plain number: the derivative by the other must not mind."""
    given = {
        "operation": name,
        "left": arguments[0],
        "right": arguments[1],
        "a plain number": ("left", "right")[constant],
    }
    try:
        answer = ask(name=name, arguments=arguments, constants=[constant])
    except StudentError as error:
        if "has no attribute" in error.message:
            mark.fail(
                "missing_lift",
                f"`{name}` met a plain number and asked it for something that only a Var has. Make "
                "both sides Vars first.",
                given=given,
                function=name,
                got=error.message,
            )
        raise
    slope = read_portrait(mark, answer, given)[1 - constant]
    mark.close(
        answer["value"],
        float(f(*arguments)),
        kind="wrong_value",
        message=f"The value of `{name}` is wrong when one side is a plain number.",
        given=given,
        function=name,
    )
    truth = float(dp.grad(f, 1 - constant)(*arguments))
    between_vars = read_portrait(mark, ask(name=name, arguments=arguments), given)[1 - constant]
    if agree(between_vars, truth) is None:  # otherwise it has cost its points already
        mark.close(
            slope,
            truth,
            kind="constant_side",
            message=f"The derivative of `{name}` by the Var is wrong when the other side is a plain "
            "number, though it is right between two Vars.",
            given=given,
            function=name,
        )


@lab.exercise(
    "3.3",
    "Four functions",
    points=2,
    minutes=8,
    reread="week03.md#local-derivatives",
    hints=(
        "One parent, one partial: the school derivative, as a number.",
        "The derivative is taken at the parent's value, before the function was applied.",
        "Two of the four can be written with the value that was just computed: keep it in a "
        "variable.",
    ),
)
class Functions:
    def probe(student, name, arguments):
        function, Var, own = operation(student, name)
        given = [Var(each) for each in arguments]
        return portrait(function(*given), given) | {"own": own}

    def verdict(ask, rng, mark):
        for name, f in (("exp", dp.exp), ("log", dp.log), ("sqrt", dp.sqrt), ("sin", dp.sin)):
            with mark.part(name, 0.5):
                judge_operation(ask, mark, name, f, (float(rng.uniform(1.2, 2.9)),))
                ### BEGIN HIDDEN TESTS
                judge_operation(ask, mark, name, f, (float(rng.uniform(0.1, 0.9)),))
                ### END HIDDEN TESTS


# ------------------------------------------------------------------------------------------------
# 3.4: a prediction, as 3.6 is. Trying earns the point.


@lab.exercise(
    "3.4",
    "Predict: the second day",
    points=1,
    minutes=3,
    reread="week03.md#fan-out",
    hints=(
        "Follow the loop with a pencil, one parent at a time.",
        "`walk_back` reaches x three times.",
        "What does `=` do to what was there before?",
    ),
)
class SecondDay:
    def probe(student):
        return student.my_prediction_of_the_second_day()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -100, 100)


# ------------------------------------------------------------------------------------------------
# 3.5


@lab.exercise(
    "3.5",
    "An order that always works",
    points=2,
    minutes=12,
    reread="week03.md#topological-order",
    hints=(
        "A node may be written into the list once all its parents are in it.",
        "Keep a list of what is to do. When a node is met for the first time, its parents must be "
        "done before it: come back to it afterwards.",
        "Put pairs on the list: (node, False) for “look at it”, (node, True) for “its parents are "
        "done, write it down”. Remember which nodes were looked at.",
    ),
)
class Order:
    def probe(student, rows=None, chain=0):
        Var, _ = workshop(student)
        if chain:
            nodes = [Var(1.0)]
            for _ in range(chain):
                nodes.append(Var(1.0, (nodes[-1],), (1.0,)))
        else:
            nodes = build(Var, rows)
        before = [tuple(map(id, node.parents)) for node in nodes]
        order = student.topological_order(nodes[-1])
        if not isinstance(order, (list, tuple)):
            return {"type": type(order).__name__}
        place = {id(node): k for k, node in enumerate(nodes)}
        intact = before == [tuple(map(id, node.parents)) for node in nodes]
        return {
            "type": "list",
            "order": np.array([place.get(id(node), -1) for node in order], int),
            "intact": intact,
        }

    def verdict(ask, rng, mark):
        with mark.part("small graphs", 1):
            for parents in SMALL_GRAPHS:
                judge_order(ask, mark, parents)
            ### BEGIN HIDDEN TESTS
            for _ in range(4):
                parents = [[]]
                for k in range(1, 12):
                    parents.append(
                        [int(p) for p in rng.integers(0, k, 2)] if rng.random() < 0.8 else []
                    )
                judge_order(ask, mark, parents)
            ### END HIDDEN TESTS
        with mark.part("a ladder of 40 diamonds", 0.5):
            # A walk that repeats nodes would never come back from the ladder.
            mark.only_after("small graphs")
            ladder = [[], *([k, k] for k in range(40))]
            judge_order(ask, mark, ladder)
        with mark.part("a chain of 20,000 steps (100,000 at marking)", 0.5):
            judge_chain(ask, mark, 20_000)
            ### BEGIN HIDDEN TESTS
            judge_chain(ask, mark, 100_000)
            ### END HIDDEN TESTS


SMALL_GRAPHS = (
    [[], [0], [1]],  # a chain
    [[], [], [0, 1], [2, 0]],  # an input used early and late
    [[], [0, 0], [1, 1]],  # b = a + a, c = b + b
    [[], [0], [1], [0, 2], [3, 1], [4, 0]],  # a short way and a long way round
    [[], [], [1], [0, 2], [], [3, 1]],  # with a node that the result was not made from
)


def judge_order(ask, mark, parents):
    """One graph. Half of its nodes hold the same number: they are different nodes all the same."""
    rows = [[float(k % 2), places, [1.0] * len(places)] for k, places in enumerate(parents)]
    given = {"parents of each node": {str(k): places for k, places in enumerate(parents)}}
    answer = ask(rows=rows)
    require_list(mark, answer, given)
    order = [int(k) for k in answer["order"]]
    needed = {len(parents) - 1}
    for k in reversed(range(len(parents))):
        if k in needed:
            needed.update(parents[k])

    def require(ok, kind, message):
        if not ok:
            mark.fail(kind, message, got=order, given=given, picture=picture(rows))
        mark.that(ok, kind=kind, message=message)

    require(
        -1 not in order,
        "wrong_type",
        "The list should hold the nodes themselves; something else is in it.",
    )
    require(
        len(set(order)) == len(order),
        "duplicated",
        "A node is in the list more than once: it would pass its adjoint on more than once.",
    )
    require(
        needed <= set(order),
        "missing_node",
        "A node is not in the list, though the result was made from it. Nodes with equal values "
        "are still different nodes.",
    )
    require(
        set(order) <= needed,
        "extra_node",
        "A node is in the list that the result was not made from.",
    )
    late = wrong_way(order, parents)
    require(
        not late or bool(wrong_way(order[::-1], parents)),
        "reversed",
        "Every node stands before its parents: that is the right order from the wrong end.",
    )
    for parent, node in late:
        mark.fail(
            "wrong_order",
            f"Node {node} stands before its parent {parent}. On the way back, the parent would "
            "speak before this node has spoken to it.",
            got=order,
            given=given,
            picture=picture(rows),
        )
    require(order[-1] == len(parents) - 1, "wrong_order", "The result itself should be last.")
    require(
        answer["intact"],
        "mutated_input",
        "The parents of a node were changed on the way. The graph is still needed: look, do not "
        "take.",
    )


def wrong_way(order: list[int], parents: list[list[int]]) -> list[tuple[int, int]]:
    """The (parent, node) pairs that stand in the wrong order."""
    return [(p, k) for k in order for p in parents[k] if order.index(p) > order.index(k)]


def require_list(mark, answer, given):
    mark.that(
        answer["type"] == "list",
        kind="wrong_type",
        message=f"A list of nodes was expected; {article(answer['type'])} came back. Is there a "
        "`return`?",
        given=given,
    )


def judge_chain(ask, mark, length):
    try:
        answer = ask(chain=length)
    except StudentError as error:
        if error.message.startswith("RecursionError"):
            mark.fail(
                "recursion",
                f"On a chain of {length:,} steps the function called itself too deeply "
                "(RecursionError). Keep your own list of what is still to do, and loop until it "
                "is empty.",
                given=f"a chain of {length:,} steps",
            )
        raise
    require_list(mark, answer, f"a chain of {length:,} steps")
    mark.that(
        len(answer["order"]) == length + 1 and bool(np.all(np.diff(answer["order"]) == 1)),
        kind="wrong_order",
        message=f"A chain of {length:,} steps has one right order, from its beginning to its end. "
        "Another came back.",
        given=f"a chain of {length:,} steps",
    )


# ------------------------------------------------------------------------------------------------
# 3.6


@lab.exercise(
    "3.6",
    "Predict: asked twice",
    points=1,
    minutes=3,
    reread="week03.md#zeroing",
    hints=(
        "Write the three adjoints down after the first call.",
        "Which of them are reset before the second call?",
        "`u_bar` starts the second call at 2.",
    ),
)
class AskedTwice:
    def probe(student):
        return student.my_prediction_of_the_second_answer()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -100, 100)


# ------------------------------------------------------------------------------------------------
# 3.7


@lab.exercise(
    "3.7",
    "The backward sweep",
    points=3,
    minutes=10,
    reread="week03.md#backward-sweep",
    hints=(
        "Clean every adjoint, seed the result with 1, then let every node speak to its parents.",
        "What a node gives to a parent is its own adjoint times its local partial by that parent. "
        "Contributions add.",
        "Two loops: one over the order, one over the order from the back; inside it "
        "`zip(node.parents, node.partials)`.",
    ),
)
class Sweep:
    def probe(student, rows, stale, calls=1):
        Var, own_var = workshop(student)
        nodes = build(Var, rows)
        for node, grad in zip(nodes, stale, strict=True):
            node.grad = grad
        needed, waiting = {len(rows) - 1}, [len(rows) - 1]
        for k in waiting:
            waiting += [p for p in rows[k][1] if p not in needed]
            needed.update(rows[k][1])
        own_order = False
        try:  # on a copy: an order that eats the graph must not spoil the sweep
            trial = build(Var, rows)
            order = list(student.topological_order(trial[-1]))
            place = {id(node): k for k, node in enumerate(order)}
            early = all(place[id(p)] < place[id(node)] for node in order for p in node.parents)
            whole = [len(node.parents) for node in trial] == [
                len(parents) for _, parents, _ in rows
            ]
            own_order = early and whole and len(order) == len(place) == len(needed)
            own_order = own_order and order[-1] is trial[-1]
        except Exception:
            pass
        if own_order:
            backward = student.backward
        else:
            backward = student.rebind(
                "backward", topological_order=lambda y: [nodes[k] for k in sorted(needed)]
            )
        for _ in range(calls):
            backward(nodes[-1])
        return {"grads": [node.grad for node in nodes], "own": [own_var, own_order]}

    def verdict(ask, rng, mark):
        owners = []

        def draw(n):
            return [float(each) for each in rng.uniform(0.6, 1.9, n)]

        def sweep(rows, **how):
            answer = ask(rows=rows, **({"stale": [0.0] * len(rows)} | how))
            owners.append(answer["own"])
            return answer["grads"]

        def judge(name, f, rows_at, inputs):
            """First the inputs, with a diagnosis; then every node in between."""

            def gradient(*at):
                grads = sweep(rows_at(*at))[: len(at)]
                return grads[0] if len(at) == 1 else tuple(grads)

            given = {"graph": name, "at": [round(each, 6) for each in inputs]}
            rows = rows_at(*inputs)
            grads = sweep(rows)
            bare = [[parents, [1.0] * len(parents)] for _, parents, _ in rows]
            mark.that(
                agree(grads, derivatives(bare)) is not None,
                kind="missing_factor",
                message="The adjoints were handed on as they are: the local partials play no part.",
                given=given,
            )
            drawn = picture(rows, grads)
            mark.that(
                agree(grads, swept_forwards(rows)) is not None,
                kind="wrong_order",
                message="The nodes spoke in the order in which they were made, so the first had "
                "nothing to say yet. Who must speak first?",
                given=given,
                picture=drawn,
            )
            turned = [[parents, [-each for each in partials]] for _, parents, partials in rows]
            mark.that(
                agree(grads, derivatives(turned)) is not None,
                kind="sign",
                message="Every contribution was taken away from the parent's adjoint, and should be "
                "added to it.",
                given=given,
                picture=drawn,
            )
            diagnosis = dp.diagnose(f, gradient, *inputs, prefer=SWEEPING)
            mark.gradient(of_the_sweep(diagnosis), given=given, picture=drawn)
            mark.close(
                grads,
                derivatives(rows),
                kind="wrong_adjoint",
                message="The inputs come out right, but a node in between does not.",
                given=given,
                picture=drawn,
            )

        with mark.part("a chain", 0.5):
            judge("exp(−sqrt(x))", lambda x: dp.exp(-dp.sqrt(x)), rows_chain, draw(1))
        with mark.part("a number used twice", 0.5):
            judge("p·q + p", lambda p, q: p * q + p, rows_twice, draw(2))
        with mark.part("where ways meet again", 1):
            judge("a·c, c = b + b, b = a + a", diamonds, rows_diamonds, draw(1))
            judge("the loss of the worked example", ell, rows_ell, draw(2))
            ### BEGIN HIDDEN TESTS
            rows = [[1.5, [], []], [0.5, [], []]]
            for k in range(2, 9):
                rows.append([1.0, [k - 1, int(rng.integers(0, k))], draw(2)])
            mark.close(
                sweep(rows),
                derivatives(rows),
                kind="wrong_adjoint",
                message="On a larger graph with many ways the adjoints are wrong.",
            )
            ### END HIDDEN TESTS
        with mark.part("asked twice", 1):
            mark.only_after("a chain")
            rows = rows_chain(*draw(1))
            mark.close(
                sweep(rows, calls=2),
                derivatives(rows),
                kind="accumulated",
                message="The second call gives another answer than the first. Something still held "
                "its adjoint from before: clean every node, the ones in between too.",
                given="backward(y) twice",
            )
            mark.close(
                sweep(rows, stale=draw(4)),
                derivatives(rows),
                kind="accumulated",
                message="Old numbers in `grad` found their way into the answer. The contract says: "
                "whatever the `grad`s held before.",
                given="grads that were not 0 before the call",
            )
            ### BEGIN HIDDEN TESTS
            apart = [[1.0, [], []], [2.0, [], []], [3.0, [1], [0.5]]]
            mark.close(
                sweep(apart, stale=[0.25, 0.5, 0.75])[1:],
                [0.5, 1.0],
                kind="accumulated",
                message="A small graph with old numbers in `grad` came out wrong.",
            )
            ### END HIDDEN TESTS
        if owners:
            say_whose(mark, all(own_var for own_var, _ in owners), "Var")
            say_whose(mark, all(own_order for _, own_order in owners), "topological_order")


SWEEPING = ("overwritten", "not_upstream", "double_counted", "wrong_order", "wrong_seed", "zero")


def of_the_sweep(diagnosis):
    """The partials are given here, so no rule is at fault: among mistakes with the same consequence
    those count that are about the sweep, and not about one operation."""
    likely = [each for each in (diagnosis, *diagnosis.alternatives) if not each.operation]
    if not likely:
        return diagnosis
    first, *others = likely
    return replace(
        first, confidence=1 / len({each.kind for each in likely}), alternatives=tuple(others)
    )


def swept_forwards(rows):
    """What a sweep from the inputs to the result leaves behind."""
    grads = [0.0] * (len(rows) - 1) + [1.0]
    for k, (_, parents, partials) in enumerate(rows):
        for parent, partial in zip(parents, partials, strict=True):
            grads[parent] += partial * grads[k]
    return grads


def rows_chain(x):
    root = math.sqrt(x)
    last = math.exp(-root)
    return [[x, [], []], [root, [0], [0.5 / root]], [-root, [1], [-1.0]], [last, [2], [last]]]


def rows_twice(p, q):
    return [[p, [], []], [q, [], []], [p * q, [0, 1], [q, p]], [p * q + p, [2, 0], [1.0, 1.0]]]


def diamonds(a):
    b = a + a
    c = b + b
    return c * a


def rows_diamonds(a):
    return [
        [a, [], []],
        [2 * a, [0, 0], [1.0, 1.0]],
        [4 * a, [1, 1], [1.0, 1.0]],
        [4 * a * a, [2, 0], [a, 4 * a]],
    ]


def ell(t1, t2):
    b = t2 * dp.exp(t1)
    return b * dp.sqrt(t1 + b)


def rows_ell(t1, t2):
    a = math.exp(t1)
    b, d = t2 * a, math.sqrt(t1 + t2 * a)
    return [
        [t1, [], []],
        [t2, [], []],
        [a, [0], [a]],
        [b, [1, 2], [a, t2]],
        [t1 + b, [0, 3], [1.0, 1.0]],
        [d, [4], [0.5 / d]],
        [b * d, [3, 5], [d, b]],
    ]


# ------------------------------------------------------------------------------------------------
# 3.8


@lab.exercise(
    "3.8",
    "A gradient test that explains",
    points=2,
    minutes=12,
    reread="week03.md#gradient-check",
    hints=(
        "One entry at a time: copy x twice, nudge one copy up and the other down.",
        "The formula in the text says when an entry is wrong; for entries that are right, go on "
        "with the next.",
        "Look for a zero first, then compare got with −1, 2 and ½ times expected: a product never "
        "divides by zero.",
    ),
)
class Gradcheck:
    def probe(student, c, x, claims):
        seen = []

        def f(v):
            seen.append([float(each) for each in v])
            bend = c[3] * (v[3] - x[3]) ** 3 + c[4] * v[3]
            return c[0] * math.sin(v[0]) + c[1] * v[0] * v[1] ** 2 + c[2] * math.exp(v[2]) + bend

        mine = list(x)
        report = student.gradcheck(f, lambda v: list(claims), mine)
        if not isinstance(report, (list, tuple)):
            return {"type": type(report).__name__}
        rows = [
            list(row) if isinstance(row, (list, tuple)) else type(row).__name__ for row in report
        ]
        nudges = np.sign(np.array(seen).reshape(-1, len(x)) - np.array(x))
        one_sided = [k for k, side in enumerate(nudges.T) if len(set(side) - {0.0}) == 1]
        alone = bool(np.all(np.count_nonzero(nudges, axis=1) <= 1))
        intact = mine == list(x)
        return {
            "type": "list",
            "rows": rows,
            "intact": intact,
            "centred": not one_sided,
            "alone": alone,
        }

    def verdict(ask, rng, mark):
        def draw():
            c = [float(each) for each in rng.uniform(0.8, 2.2, 4)] + [0.0]
            x = [float(each) for each in rng.uniform(0.3, 1.2, 4)]
            return c, x, truth_at(c, x)

        def truth_at(c, x):
            first = c[0] * math.cos(x[0]) + c[1] * x[1] ** 2
            return [first, 2 * c[1] * x[0] * x[1], c[2] * math.exp(x[2]), c[4]]

        def report(c, x, claims, given):
            answer = ask(c=c, x=x, claims=claims)
            mark.that(
                answer["type"] == "list",
                kind="wrong_type",
                message=f"A list of tuples was expected; {article(answer['type'])} came back. An "
                "empty list says that all is well.",
                given=given,
            )
            for row in answer["rows"]:
                mark.that(
                    isinstance(row, list) and len(row) == 4,
                    kind="shape",
                    message="Each entry of the report should be a tuple (i, got, expected, guess).",
                    got=row,
                    given=given,
                )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The caller's `x` was changed. Nudge copies.",
                given=given,
            )
            mark.that(
                answer["alone"],
                kind="swapped",
                message="Several inputs were nudged at once, so nobody can tell which of them "
                "moved f.",
                given=given,
            )
            mark.that(
                answer["centred"],
                kind="finite_difference",
                message="Every input should be nudged both up and down. A one-sided difference is "
                "wrong by about h, and h is larger than the tolerance.",
                given=given,
            )
            return answer["rows"]

        def alarm(rows, truth):
            """Why a test complains of a right gradient whose last entry is 0."""
            places = [row[0] for row in rows]
            if places == [len(truth) - 1]:
                return "An entry that is honestly 0 needs the floor."
            if agree([row[2] for row in rows], [truth[k] for k in places], rtol=1e-4, floor=1e-4):
                return (
                    "What it expected is not the derivative: by how much did f change, and over "
                    "what distance?"
                )
            return "The two numbers agree to within the tolerance: only wrong entries are reported."

        with mark.part("a right gradient raises no alarm", 0.5):
            c, x, truth = draw()
            rows = report(c, x, truth, "a right gradient, one entry of it 0")
            mark.that(
                not rows,
                kind="false_alarm",
                message="The gradient was right, and the test complained. " + alarm(rows, truth),
                got=rows,
                expected=[],
            )
            big = [1e6 * each for each in (*c[:3], 0, 2)]
            rows = report(big, x, truth_at(big, x), "a right gradient with large entries")
            mark.that(
                not rows,
                kind="false_alarm",
                message="The gradient was right and its entries large, and the test complained: "
                "an error is judged in relation to what it is an error of.",
                got=rows,
                expected=[],
            )
            wrong = [each + 10 for each in truth]
            rows = report(c, x, wrong, "a gradient of which every entry is wrong")
            mark.that(
                bool(rows),
                kind="missed",
                message="Every entry was wrong, and there was no complaint. A test that never "
                "complains tests nothing.",
                got=rows,
            )
        with mark.part("wrong entries are found", 1):
            c, x, truth = draw()
            claims = [truth[0], truth[1] - 0.3, truth[2] * (1 + 1e-4), 0.25]
            rows = report(
                c, x, claims, "entries 1, 2 and 3 are wrong, entry 2 by one part in 10,000"
            )
            mark.that(
                [row[0] for row in rows] == [1, 2, 3],
                kind="missed",
                message="Entries 1, 2 and 3 were wrong. The report should name these, in this "
                "order.",
                got=[row[0] for row in rows],
                expected=[1, 2, 3],
            )
            mark.close(
                [row[1] for row in rows],
                claims[1:],
                kind="swapped",
                message="`got` should be the entry of the gradient under test.",
            )
            mark.close(
                [row[2] for row in rows],
                truth[1:],
                kind="wrong_value",
                message="`expected` should be the centred difference of f in that entry.",
                floor=1e-6,
            )
            ### BEGIN HIDDEN TESTS
            small = [each / 50 for each in c]
            claims = [each / 50 * 1.001 for each in truth]
            rows = report(small, x, claims, "small entries, wrong by one part in 1,000")
            mark.that(
                {0, 1, 2} <= {row[0] for row in rows},
                kind="missed",
                message="Entries that are small and wrong by one part in 1,000 were let through.",
            )
            ### END HIDDEN TESTS
        with mark.part("and explained", 0.5):
            for wrongs in ((0, -1, 2), (0.5, 0, -1), (-3, 2, 1.05)):
                c, x, truth = draw()
                claims = [*(wrongs[k] * truth[k] for k in range(3)), 0.25]
                words = {0: "zero", -1: "sign", 2: "factor", 0.5: "factor"}
                expected = [*(words.get(factor, "unknown") for factor in wrongs), "unknown"]
                given = f"entries that are {wrongs} times the truth; the last should be 0"
                rows = report(c, x, claims, given)
                mark.that(
                    [row[3] for row in rows] == expected,
                    kind="wrong_guess",
                    message="The guesses are not those of the table.",
                    got=[row[3] for row in rows],
                    expected=expected,
                    given=given,
                )


# ------------------------------------------------------------------------------------------------
# 3.9

LISTING_A = """\
def grad_loss(w1, w2, x, target):
    p = w1 * x
    h = math.tanh(p)
    z = w2 * h
    e = z - target  # the loss is e ** 2
    z_bar = 2 * e
    w2_bar = z_bar * h
    h_bar = z_bar * w2
    p_bar = h_bar * (1 - p ** 2)
    w1_bar = p_bar * x
    return w1_bar, w2_bar
"""

LISTING_B = """\
def push(node, upstream):
    node.grad += upstream
    for k in range(len(node.parents)):
        push(node.parents[k], node.grad * node.partials[k])
"""


@lab.helper
def run_listing(hunt, text, cases):
    """What a listing gives for each case: the mended one in a probe, the printed one in a verdict."""

    class Point:
        def __init__(self, parents=(), partials=()):
            self.parents, self.partials, self.grad = parents, partials, 0.0

    room = {"math": math}
    exec(text, room)
    if hunt == "hunt_a":
        return [[float(each) for each in room["grad_loss"](*case)] for case in cases]
    found = []
    for first, second, third in cases:
        a = Point()
        b = Point((a, a), (first, first))
        c = Point((b, b, a), (second, second, third))
        room["push"](c, 1.0)
        found.append(a.grad)
    return found


@lab.exercise(
    "3.9",
    "Bug hunt: two listings",
    points=2,
    minutes=12,
    reread="week03.md#bug-hunt",
    hints=(
        "Run the listing, and run the truth (nudge, or trace by hand). Where do they part?",
        "A: one gradient is right, so all that it used is right. B: what exactly does a node hand "
        "on, when it is reached for the second time?",
        "A: at which point is the derivative of tanh taken, and what is it made of? B: only what "
        "has just arrived may be handed on.",
    ),
)
class BugHunt:
    def probe(student, hunt, listing, cases):
        answer = getattr(student, hunt)()
        if not isinstance(answer, (tuple, list)) or len(answer) != 3:
            return {"form": f"{type(answer).__name__}"}
        line, symptom, mend = answer
        lines = listing.splitlines()
        if isinstance(line, bool) or not isinstance(line, int) or not 1 <= line <= len(lines):
            return {"form": "line", "line": str(line)}
        if not isinstance(mend, str) or len(mend.strip().splitlines()) != 1:
            return {"form": "mend"}
        mended = "\n".join([*lines[: line - 1], mend.rstrip(), *lines[line:]])
        try:
            after = run_listing(hunt, mended, cases)
        except Exception as error:
            after = f"{type(error).__name__}: {error}"
        symptom = list(symptom) if isinstance(symptom, (tuple, set, list)) else symptom
        symptom = [symptom] if isinstance(symptom, str) else symptom
        return {"form": "", "line": line, "symptom": symptom, "after": after}

    def verdict(ask, rng, mark):
        truth_a = dp.grad(lambda w1, w2, x, target: (w2 * dp.tanh(w1 * x) - target) ** 2, (0, 1))
        cases = [[float(each) for each in rng.uniform(0.4, 1.6, 4)] for _ in range(3)]
        expected = [[float(each) for each in truth_a(*case)] for case in cases]
        judge_hunt(ask, mark, "hunt_a", LISTING_A, cases, expected, name_wrong_gradients)
        ways = [
            [1.0, 1.0, 0.0],
            *([float(each) for each in rng.uniform(0.5, 1.5, 3)] for _ in range(2)),
        ]
        expected = [4 * first * second + third for first, second, third in ways]
        judge_hunt(
            ask, mark, "hunt_b", LISTING_B, ways, expected, lambda before, _: float(before[0])
        )
        ### BEGIN HIDDEN TESTS
        for hunt, listing, given, line in (
            ("hunt_a", LISTING_A, cases, 9),
            ("hunt_b", LISTING_B, ways, 4),
        ):
            with mark.part(f"{hunt}: the line", 0.25, hidden=True):
                mark.that(
                    ask(hunt=hunt, listing=listing, cases=given).get("line") == line,
                    kind="wrong_line",
                    message="This is not the line where the mistake is made.",
                )
        ### END HIDDEN TESTS


def name_wrong_gradients(before, expected):
    """The symptom of listing A: which of its numbers differ from the truth."""
    wrong = ~np.all(np.isclose(np.array(before), np.array(expected), rtol=1e-7, atol=1e-9), axis=0)
    return [name for name, is_wrong in zip(("w1", "w2"), wrong, strict=True) if is_wrong]


def judge_hunt(ask, mark, hunt, listing, cases, expected, symptom_of):
    """The mended listing must be right; the symptom must be what the listing, as printed, does."""

    def answered():
        answer = ask(hunt=hunt, listing=listing, cases=cases)
        mark.that(
            answer["form"] == "",
            kind="wrong_type",
            message={
                "line": "The first answer should be the number of a line, from 1 to "
                f"{len(listing.splitlines())}; {answer.get('line')} came back.",
                "mend": "The third answer should be one line of Python, as text.",
            }.get(
                answer["form"],
                f"Three answers were expected: line, symptom, mended line. {hunt} gave something "
                "else.",
            ),
        )
        return answer

    with mark.part(f"{hunt}: the symptom", 0.25):
        answer = answered()
        truth = symptom_of(run_listing(hunt, listing, cases), expected)
        said = answer["symptom"]
        if isinstance(truth, float):
            mark.that(
                agree(said, truth) is None,
                kind="wrong_symptom",
                message="That is not what the listing leaves in `a.grad`. Run it, or follow it "
                "with a pencil.",
                got=said,
            )
        else:
            # The listing calls them w1_bar and w2_bar.
            names = (
                [str(each).removesuffix("_bar") for each in said] if isinstance(said, list) else []
            )
            mark.that(
                bool(names) and set(names) <= {"w1", "w2"},
                kind="wrong_symptom",
                message='The symptom should be a list that holds `"w1"`, `"w2"` or both: those '
                "that get a wrong gradient.",
                got=said,
            )
            mark.that(
                sorted(set(names)) == truth,
                kind="wrong_symptom",
                message="These are not the gradients that come out wrong. Compare each with a "
                "nudge.",
                got=said,
            )
    with mark.part(f"{hunt}: the mend", 0.5):
        answer = answered()
        mark.that(
            not isinstance(answer["after"], str),
            kind="does_not_run",
            message="With your line in its place, the listing does not run."
            + " Mind the indentation." * str(answer["after"]).startswith("IndentationError"),
            got=answer["after"],
        )
        mark.close(
            answer["after"],
            expected,
            kind="not_mended",
            message="With your line in its place, the listing still gives a wrong gradient.",
            given=cases,
        )
