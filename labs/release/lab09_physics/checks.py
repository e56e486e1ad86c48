"""Lab 9: what each exercise asks the student's code, and how the answers are judged.

Truths are found by another route than the student's: powers of a matrix instead of a loop, complex steps
instead of a tape, the roots of a polynomial instead of a formula for the time of impact.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np

import dpkit as dp
from autograder.errors import StudentError
from autograder.exercise import Lab, agree, nudged

lab = Lab(
    "lab09_physics",
    "Physics, memory, control",
    week=9,
    minutes=180,
    notes="week09.md",
    given=["def step(state, u):", "q, v = state", "height, speed = state"],  # as `naive_bounce` has
)


# ------------------------------------------------------------------------------------------------
# What probes share


@lab.helper
def numbers(x):
    """The numbers in dpkit's tensors, and in arrays of any kind; lists and tuples likewise."""
    if isinstance(x, (list, tuple)):
        return [numbers(each) for each in x]
    x = x.data if isinstance(x, dp.Tensor) else x
    if isinstance(x, np.generic):
        return x.item()
    return np.array(x) if isinstance(x, np.ndarray) else x


@lab.helper
def unaided(student, name, *names, **lent):
    """The student's function, with ready-made answers out of reach: `dp.physics`, and these. What is
    callable without being a function (a class, a `partial`) is taken as it is."""
    own = getattr(student, name)
    if callable(own) and not hasattr(own, "__globals__") and not lent:
        return own
    return student.rebind(name, without=["dpkit.physics", *names], **lent)


@lab.helper
def lent_rollout(step, state, inputs):
    """In place of `rollout`: each state from the very start. It takes its time."""
    todo = list(inputs)
    return [
        dp.fori_loop(0, k, lambda i, at: step(at, todo[i]), state) for k in range(len(todo) + 1)
    ]


@lab.helper
def lent_step(acceleration, dt):
    """In place of `semi_implicit`, for laws that are straight lines in q and v."""

    def step(state, u):
        still = acceleration(0.0, 0.0, u)
        by_q, by_v = acceleration(1.0, 0.0, u) - still, acceleration(0.0, 1.0, u) - still
        moved = dt * by_q * state[0] + (1 + dt * by_v) * state[1] + dt * still
        return state[0] + dt * moved, moved

    return step


@lab.helper
def untouched(before, after):
    """Whether an array that was lent came back as it was."""
    return bool(np.array_equal(before, after))


# ------------------------------------------------------------------------------------------------
# What verdicts share


def subtracted(ask, mark, shape, message, shown):
    """`ask`; where nothing could be subtracted since there was one entry too many, that is said."""
    more = str((shape[0] + 1, *shape[1:])).replace(" ", "")

    def asked(**inputs):
        try:
            return ask(**inputs)
        except StudentError as error:
            clash = "broadcast" in error.message and more in error.message.replace(" ", "")
            mark.that(not clash, kind="late_evaluation", message=message, **shown)
            raise

    return asked


def judge_pair(mark, got, what, **evidence):
    """A step's answer: two things, in a list, a tuple or an array."""
    mark.that(
        got is not None,
        kind="missing",
        message="Nothing came back (None). Is there a `return`?",
        **evidence,
    )
    rows = isinstance(got, list) or (isinstance(got, np.ndarray) and got.ndim > 0)
    mark.that(
        rows and len(got) == 2,
        kind="shape",
        message=f"A step should return the pair {what}.",
        got=got,
        **evidence,
    )


def judge_slope(mark, got, truth, begin, rtol=1e-5, **evidence):
    """A slope: none at all, or another than the truth. `begin` is how the sentences begin."""
    numeric = isinstance(got, (float, int, np.ndarray)) and np.shape(got) == np.shape(truth)
    flat = numeric and bool(np.all(np.asarray(got) == 0) and np.any(truth != 0))
    mark.that(
        not flat,
        kind="zero",
        message=f"{begin} is zero: somewhere on the way it turns into plain numbers.",
        got=got,
        expected=truth,
        **evidence,
    )
    mark.not_like(
        got, -np.asarray(truth), truth, "sign", f"{begin} has the wrong sign.", **evidence
    )
    if agree(got, truth, rtol=rtol, floor=1e-8) is not None:
        mark.that(
            agree(got, truth, rtol=5e-3, floor=1e-6) is not None,
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
        floor=1e-8,
        **evidence,
    )


def complex_gradient(f, x):
    """The gradient of an analytic f at x, to the last digit (Squire & Trapp 1998)."""
    x = np.asarray(x, float)
    return np.array([np.imag(f(x + 1e-30j * d)) / 1e-30 for d in np.eye(len(x))])


def hanging(p, dt):
    """A semi-implicit step of a hanging weight, as a matrix that acts on (q, v, 1)."""
    g, drag, spring = p
    kick = np.array([[1, 0, 0], [-dt * spring, 1 - dt * drag, -dt * g], [0, 0, 1]])
    drift = np.array([[1, dt, 0], [0, 1, 0], [0, 0, 1]])
    return drift @ kick


def hang(p, start, steps, dt):
    """(q, v) of the weight after some steps, by a power of the matrix."""
    return (np.linalg.matrix_power(hanging(p, dt), steps) @ np.array([*start, 1.0]))[:2]


# ------------------------------------------------------------------------------------------------
# 9.1: a prediction, as 9.4 is


@lab.exercise(
    "9.1",
    "Predict: half a percent",
    points=1,
    minutes=3,
    reread="week09.md#euler",
    hints=(
        "Energy is the *square* of the radius.",
        "Each step multiplies it by 1 + ω² dt². What is that here?",
        "1.01 a thousand times: e to the power of nearly 10.",
    ),
)
class Energy:
    def probe(student):
        return student.my_prediction_of_the_energy()

    def verdict(ask, rng, mark):
        mark.prediction(ask, 0, 10**9)


# ------------------------------------------------------------------------------------------------
# 9.2


@lab.exercise(
    "9.2",
    "Rollout",
    points=2,
    minutes=12,
    reread="week09.md#rollout",
    hints=(
        "Start a list with the state. Which of its entries does each step go on from?",
        "`explicit(acceleration, dt)` returns a *function* of (state, u): define it inside. Unpack the "
        "state first: `q, v = state`.",
        "The two differ in one thing only: whether q moves with the speed from before the step or with "
        "the one after it. The acceleration is the same.",
    ),
)
class Rollout:
    def probe(student, which, start, inputs=None, law=None, dt=None, taped=False):
        if which == "rollout":
            run = unaided(student, "rollout")

            def step(state, u):
                q, v = state
                return 0.5 * q + v * u, v + q * q - 0.25 * u

            if taped:

                def end(inputs):
                    q, v = run(step, tuple(start), inputs)[-1]
                    return q + 2.0 * v

                return numbers(dp.grad(end)(np.array(inputs, float)))
            path = run(step, tuple(start), inputs)
            listed = isinstance(path, (list, tuple))
            return {"path": numbers(path) if listed else None, "type": type(path).__name__}
        calls = [0]

        def acceleration(q, v, u):
            calls[0] += 1
            return -law[0] * q - law[1] * v * abs(v) + law[2] * u

        state = tuple(np.array(each, float) if np.ndim(each) else float(each) for each in start)
        before = [np.copy(each) for each in state]
        step = unaided(student, which)(acceleration, dt)
        if taped:

            def end(x):
                q, v = step((x[0], x[1]), x[2])
                return q + 2.0 * v

            return numbers(dp.grad(end)(np.array([*start, inputs])))
        if not callable(step):
            return {"step": type(step).__name__, "got": None, "calls": 0, "intact": True}
        got = numbers(step(state, inputs))
        same = all(untouched(a, b) for a, b in zip(before, state, strict=True))
        return {"step": "", "got": got, "calls": calls[0], "intact": same}

    def verdict(ask, rng, mark):
        def walked(start, inputs):
            """The same walk, by a fold of pairs."""

            def on(path, u):
                q, v = path[-1]
                return [*path, [0.5 * q + v * u, v + q * q - 0.25 * u]]  # fmt: skip

            return functools.reduce(on, inputs, [list(start)])

        def walk(inputs):
            start = [float(rng.uniform(0.2, 0.6)), float(rng.uniform(-0.6, -0.2))]
            got = ask(which="rollout", start=start, inputs=inputs)
            shown = {"given": {"state": tuple(start), "inputs": inputs}, "function": "rollout"}
            right = walked(start, inputs)
            mark.that(
                got["path"] is not None,
                kind="missing" if got["type"] == "NoneType" else "wrong_type",
                message="A list of states was expected: the start, and one after each input. What came "
                f"back is of the type {got['type']}.",
                **shown,
            )
            path, n = got["path"], len(inputs)
            for kind, wrong, message in (
                ("early_stop", right[1:], "The start itself is missing."),
                ("early_stop", right[:-1], "One step too few: there should be one state more than there "
                 "are inputs."),
                ("truncated", right[-1], "That is the last state only; the whole path is asked for."),
                ("stale", [right[0]] + [walked(start, [u])[1] for u in inputs], "Every step goes on from "
                 "the start. Go on from the state before."),
                ("aliased", [right[-1]] * (n + 1), "Every entry is the last state: one list was changed "
                 "again and again."),
                ("wrong_argument", walked(start, list(range(n))), "The steps are handed their number "
                 "instead of the input."),
            ):  # fmt: skip
                mark.not_like(path, wrong, right, kind, message, **shown)
            mark.close(path, right, kind="wrong_value", message="Not the path.", **shown)

        with mark.part("rollout", 0.75):
            walk([float(u) for u in rng.uniform(0.5, 1.5, 4)])
            walk([float(u) for u in rng.uniform(0.5, 1.5, 1)])
        with mark.part("rollout, on a tape", 0.25):
            mark.only_after("rollout")
            start, inputs = [0.4, -0.3], rng.uniform(0.5, 1.5, 5)
            got = ask(which="rollout", start=start, inputs=inputs, taped=True)

            def end(inputs):
                q, v = walked(start, list(inputs))[-1]
                return q + 2.0 * v

            begin = "The path is right, but its derivative by the inputs"
            judge_slope(mark, got, complex_gradient(end, inputs), begin, function="rollout")

        def stepped(which, start, dt=0.05):
            law = [float(each) for each in rng.uniform([2, 0.3, 0.5], [6, 0.9, 1.5])]
            u = float(rng.uniform(0.5, 2))
            got = ask(which=which, start=start, inputs=u, law=law, dt=dt)
            shown = {"given": {"(q, v)": start, "u": u, "dt": dt,
                               "acceleration": f"-{law[0]:.3g} q - {law[1]:.3g} v|v| + {law[2]:.3g} u"},
                     "function": which}  # fmt: skip
            mark.that(
                not got["step"],
                kind="wrong_type",
                message=f"`{which}` should return a function step(state, u); it returned something of "
                f"the type {got['step']}.",
                **shown,
            )
            q, v = (np.asarray(each, float) for each in start)
            drift = np.array([[1.0, dt], [0.0, 1.0]])

            def kicked(q, v):
                return np.array([0 * q, dt * (-law[0] * q - law[1] * v * np.abs(v) + law[2] * u)])

            now = np.stack([q, v])
            old = np.tensordot(drift, now, 1) + kicked(q, v)
            new = np.tensordot(drift, now + kicked(q, v), 1)
            late = np.tensordot(drift, now, 1)
            late = late + kicked(*late)
            here, other = (old, new) if which == "explicit" else (new, old)
            fast = v if which == "explicit" else new[1]

            def moved(kick, dt=dt):
                drift = np.array([[1.0, dt], [0.0, 1.0]])
                first, then = (0 * kick, kick) if which == "explicit" else (kick, 0 * kick)
                return np.tensordot(drift, now + first, 1) + then

            answer = got["got"]
            judge_pair(mark, answer, "(q, v)", **shown)
            for kind, wrong, message in (
                ("post_update" if which == "explicit" else "stale", other, "Explicit Euler moves q with "
                 "the speed from *before* the step, semi-implicit with that *after* it. Here it is the "
                 "other way round."),
                ("wrong_order", late, "q was moved first, and the acceleration asked at the new place. "
                 "It should be asked at the old state."),
                ("swapped", here[::-1], "q and v changed places."),
                ("missing_factor", here + (kicked(q, v) / dt) * (1 - dt), "The acceleration is not "
                 "multiplied by dt."),
                ("swapped", moved(kicked(v, q)), "The acceleration is asked for q and v in each other's "
                 "places."),
                ("sign", moved(-kicked(q, v)), "The acceleration is subtracted."),
                ("missing_factor", here + (1 - dt) * np.stack([fast, 0 * v]), "q moves by the whole of "
                 "v: a metre per second is no metre."),
                ("wrong_argument", moved(kicked(q, v) * 0.05 / dt, 0.05), "The step is of the length DT; dt "
                 "is an argument here."),
                ("no_update", here - now, "That is the change; the next state is asked for."),
                ("no_update", now, "Nothing moved."),
                ("sign", now - (here - now), "That goes back in time."),
            ):  # fmt: skip
                mark.not_like(answer, list(wrong), list(here), kind, message, **shown)
            mark.close(
                answer, list(here), kind="wrong_value", message="Not the next (q, v).", **shown
            )
            mark.that(
                got["calls"] == 1,
                kind="accumulated",
                message=f"The acceleration was asked {got['calls']} times in a step; once is enough.",
                **shown,
            )
            mark.that(
                got["intact"],
                kind="mutated_input",
                message="The state that was handed in was changed. Make new numbers: `q = q + …`.",
                **shown,
            )

        def on_a_tape(which, dt=0.1):
            law = [float(each) for each in rng.uniform([2, 0.3, 0.5], [6, 0.9, 1.5])]
            x = rng.uniform(0.4, 1.2, 3)
            got = ask(which=which, start=x[:2], inputs=float(x[2]), law=law, dt=dt, taped=True)
            pulls = 2 * dt if which == "explicit" else 2 * dt + dt * dt

            def end(x):
                forces = np.array([-x[0], -x[1] * x[1], x[2]])
                return x[0] + (2 + dt) * x[1] + pulls * np.dot(law, forces)

            begin = "The step is right, but the derivative of q' + 2v' by (q, v, u)"
            judge_slope(mark, got, complex_gradient(end, x), begin, function=which)

        for which in ("explicit", "semi_implicit"):
            with mark.part(which, 0.5):
                q, v = (float(each) for each in rng.uniform(0.4, 1.2, 2))
                stepped(which, [q, v])
                stepped(which, [[q, -v], [v, 0.5]], 0.1)
                on_a_tape(which)


# ------------------------------------------------------------------------------------------------
# 9.3


@lab.exercise(
    "9.3",
    "Sensitivity",
    points=3,
    minutes=20,
    reread="week09.md#through-time",
    hints=(
        "`final` is one line: a rollout, its last state, of this the place. `sensitivity` is another.",
        "By hand: begin with q̄ = 1, v̄ = 0. Each step back does three things: v̄ receives dt · q̄; then p "
        "receives its share of v̄; then q̄ and v̄ pass through the acceleration.",
        "With v̄ as it is after the first of the three, g receives −dt v̄, drag −dt v̄ v, and the spring "
        "−dt v̄ q: with the state from *before* the step. Then q̄ loses dt k v̄, and v̄ keeps 1 − dt c of "
        "itself.",
    ),
)
class Sensitivity:
    def probe(student, which, p, start, steps, dt, path=None, taped=False):
        p = np.array(p, float)
        before, begin, plain = p.copy(), (float(start[0]), float(start[1])), []
        lent = {"rollout": lent_rollout, "semi_implicit": lent_step}
        if which == "final":
            own = unaided(student, "final", **lent)
            if taped:
                return numbers(dp.grad(lambda p: own(p, begin, steps, dt))(p))
            got = numbers(own(p, begin, steps, dt))
        elif which == "sensitivity":

            def final(p, start, steps, dt):
                plain.append(isinstance(p, np.ndarray))
                return lent_rollout(lent_step(student.weight(p), dt), start, range(steps))[-1][0]

            got = unaided(student, "sensitivity", final=final, **lent)(p, begin, steps, dt)
            got = "a function" if callable(got) else numbers(got)
        else:
            states = [(float(q), float(v)) for q, v in path]
            got = numbers(unaided(student, "by_hand", "dpkit", "torch")(p, states, dt))
            if states != [(float(q), float(v)) for q, v in path]:
                before = None
        return {
            "got": got,
            "intact": untouched(before, p),
            "nudged": len(plain) > 2 and all(plain),
        }

    def verdict(ask, rng, mark):
        def case(steps, dt=0.05):
            p = rng.uniform([3, 0.2, 5], [12, 0.8, 25])
            start = [float(each) for each in rng.uniform(0.2, 0.8, 2)]
            return p, start, steps, dt

        def asked(which, case, **more):
            p, start, steps, dt = case
            answer = ask(which=which, p=p, start=start, steps=steps, dt=dt, **more)
            given = {"p": p, "start": start, "steps": steps, "dt": dt}
            return answer, {"given": given, "function": which}

        def walked(case, gusts):
            """The states (q, v, 1), where each step ends with a gust."""
            p, start, _, dt = case
            begin = [np.array([*start, 1.0])]
            moved = lambda path, gust: [*path, hanging(p, dt) @ path[-1] + [*gust, 0.0]]  # noqa: E731
            return np.array(functools.reduce(moved, gusts, begin))

        def shares(case, path):
            """What each step, alone, adds to the gradient: its own p nudged, by a complex step."""
            p, _, steps, dt = case
            rest = hanging(p, dt)

            def end(own, k):
                return (np.linalg.matrix_power(rest, steps - 1 - k) @ hanging(own, dt) @ path[k])[0]

            return np.array(
                [complex_gradient(lambda own, k=k: end(own, k), p) for k in range(steps)]
            )

        def calm(case):
            return walked(case, np.zeros((case[2], 2)))

        def end_of(case):
            answer, shown = asked("final", case)
            p, start, steps, dt = case
            right = hang(p, start, steps, dt)
            euler = np.eye(3) + dt * np.array([[0, 1, 0], [-p[2], -p[1], -p[0]], [0, 0, 0]])
            looser = (np.linalg.matrix_power(euler, steps) @ np.array([*start, 1.0]))[0]
            for kind, wrong, message in (
                ("swapped", right[1], "That is the *speed* at the end."),
                ("early_stop", hang(p, start, steps - 1, dt)[0], "One step too few."),
                ("late_evaluation", hang(p, start, steps + 1, dt)[0], "One step too many."),
                ("no_update", start[0], "That is the place at the start."),
                ("other_function", looser, "That is explicit Euler's; the semi-implicit was asked for."),
                ("wrong_argument", hang(p, start, steps, 0.05)[0], "The steps are those of DT; dt is an "
                 "argument here."),
                ("wrong_argument", hang(p, (0, 0), steps, dt)[0], "It begins at (0, 0) instead of at "
                 "`start`."),
                ("wrong_argument", hang([9.81, 0.4, 20.0], start, steps, dt)[0], "That is for `EARTH`; p is "
                 "an argument here."),
            ):  # fmt: skip
                mark.not_like(answer["got"], wrong, right[0], kind, message, **shown)
            mark.close(
                answer["got"], right[0], kind="wrong_value", message="Not the final place.", **shown
            )

        with mark.part("final", 0.5):
            end_of(case(7, 0.04))
            end_of(case(1))
        with mark.part("final, on a tape", 0.25):
            mark.only_after("final")
            followed = case(5, 0.08)
            right = shares(followed, calm(followed)).sum(0)
            got, shown = asked("final", followed, taped=True)
            judge_slope(mark, got, right, "The place is right, but its gradient by p", **shown)

        def follow(case):
            answer, shown = asked("sensitivity", case)
            right = shares(case, calm(case)).sum(0)
            speed = complex_gradient(lambda p: hang(p, *case[1:])[1], case[0])
            mark.that(
                not isinstance(answer["got"], str),
                kind="wrong_type",
                message="A function came back. `dp.grad(…)` makes one; the gradient is what it returns.",
                **shown,
            )
            mark.that(
                not (isinstance(answer["got"], list) and len(answer["got"]) == 2),
                kind="shape",
                message="Two things came back: the value, too? Three numbers were expected.",
                got=answer["got"],
                **shown,
            )
            mark.not_like(answer["got"], speed, right, "wrong_argument", "That is the gradient of the "
                     "*speed* at the end.", **shown)  # fmt: skip
            judge_slope(mark, answer["got"], right, "The gradient of the final place", **shown)
            mark.that(
                not answer["nudged"],
                kind="finite_difference",
                message="The numbers are right, but `final` was only ever given plain ones: those are "
                "nudges. Let `dp` differentiate.",
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="p itself was changed.", **shown
            )

        with mark.part("sensitivity", 0.75):
            follow(case(6))

        def back(case, windy=0.0):
            path = walked(case, windy * rng.normal(size=(case[2], 2)))
            answer, shown = asked("by_hand", case, path=path[:, :2].tolist())
            p, _, steps, dt = case
            shown["given"] = {"p": p, "path": path[:, :2], "dt": dt}
            each, got = shares(case, path), answer["got"]
            right, first = each.sum(0), path[:-1, [2, 1, 0]]
            after, upwards = path[1:, [2, 1, 0]], path[-2::-1, [2, 1, 0]]
            moved, turned = each[:, :1] * after, each[:, :1] * upwards
            of_speed = complex_gradient(lambda p: hang(p, *case[1:])[1], p)
            g, c, k = p

            def swept(q_to_v=dt, keeps=1.0, v_to_q=-dt * k, rest=1 - dt * c):
                """With other numbers in the two matrices that carry (q̄, v̄) a step back."""
                receive = np.array([[1.0, 0.0], [q_to_v, keeps]])
                back = np.array([[1.0, v_to_q], [0.0, rest]]) @ receive
                bars = [np.linalg.matrix_power(back, j)[:, 0] for j in range(steps)]
                return -dt * (np.array(bars[::-1]) @ receive[1]) @ first

            def walked_back(states, second):
                """Over these states, beginning with (1, second) as the adjoint."""
                total, bars = np.zeros(3), np.array([1.0, second])
                for q, v in states[:, :2]:
                    bars = np.array([[1.0, 0.0], [dt, 1.0]]) @ bars
                    total = total - dt * bars[1] * np.array([1.0, v, q])
                    bars = np.array([[1.0, -dt * k], [0.0, 1 - dt * c]]) @ bars
                return total

            for kind, wrong, message in (
                ("late_evaluation", walked_back(path[::-1], 0.0), "It walks over one state too many: no "
                 "step begins at the last one of the path."),
                ("wrong_point", walked_back(path[-2::-1], 1.0), "It seems to begin with v̄ = 1. How much "
                 "does the last *place* change if the last speed does?"),
                ("overwritten", each[0], "That is the share of the first step alone: the shares of the "
                 "others were overwritten. They add up."),
                ("truncated", each[-1], "That is the share of the last step alone. Walk on."),
                ("early_stop", each[1:].sum(0), "The first step's share is missing."),
                ("early_stop", each[:-1].sum(0), "The last step's share is missing."),
                ("wrong_point", moved.sum(0), "The partial derivatives are taken at the state *after* "
                 "each step. The acceleration was asked before it."),
                ("averaged", right / steps, "Shares add up; these are averaged."),
                ("missing_factor", right / dt, "A factor dt is missing in what p receives."),
                ("sign", -right, "The sign is turned round."),
                ("swapped", right[[0, 2, 1]], "Drag and spring changed places."),
                ("wrong_order", turned.sum(0), "The path is walked from its first state on. Going back, "
                 "the last step comes first."),
                ("overwritten", swept(keeps=0.0), "v̄ is overwritten by what it receives from q̄. It adds up."),
                ("missing_factor", swept(q_to_v=1.0), "A factor dt is missing in what v̄ receives from q̄."),
                ("swapped", swept(v_to_q=-dt * c, rest=1 - dt * k), "Drag and spring changed places on the "
                 "way back."),
                ("missing_term", swept(rest=-dt * c), "v̄ loses itself: v' = v + a dt holds v directly, too."),
                ("missing_term", swept(rest=1.0), "On the way back v̄ does not pass through the drag."),
                ("missing_term", swept(v_to_q=0.0), "On the way back q̄ receives nothing from the spring."),
                ("sign", swept(v_to_q=dt * k), "What q̄ receives from the spring has the wrong sign."),
                ("post_update", swept(v_to_q=-dt * k * (1 - dt * c)), "q̄ is moved by a v̄ that has already "
                 "passed through the drag. Both need v̄ as it was."),
                ("wrong_argument", of_speed, "That is the gradient of the *speed* at the end. Which of "
                 "q̄ and v̄ is 1 there?"),
                ("wrong_point", shares(case, calm(case)).sum(0), "That belongs to a simulation from the "
                 "first state. On this path there were gusts of wind: go by its states."),
            ):  # fmt: skip
                if steps > 1 or kind in (
                    "sign",
                    "swapped",
                    "wrong_point",
                    "missing_factor",
                    "overwritten",
                ):
                    mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got,
                right,
                kind="missing_term",
                message="Not the gradient. Each step back: undo q' = q + v' dt first (v̄ receives), then "
                "v' = v + a dt (p, q̄ and v̄ receive).",
                rtol=1e-8,
                **shown,
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="p or the path was changed.",
                **shown,
            )

        with mark.part("by hand, three steps", 0.5):
            back(case(3))
        with mark.part("by hand, many steps", 1):
            back(case(6, 0.04), windy=0.1)


# ------------------------------------------------------------------------------------------------
# 9.4


@lab.exercise(
    "9.4",
    "Predict: the slope of a bounce",
    points=1,
    minutes=3,
    reread="week09.md#contact",
    hints=(
        "Follow the height through `naive_bounce`. What becomes of it in the step that hits?",
        "What is the derivative of the constant that takes its place? And does the speed just before "
        "depend on the height?",
        "The speed is v − g · dt · (number of steps), and the number is no variable of the tape's.",
    ),
)
class Slope:
    def probe(student):
        return student.my_prediction_of_the_slope()

    def verdict(ask, rng, mark):
        mark.prediction(ask, -1000, 1000)


# ------------------------------------------------------------------------------------------------
# 9.5


@lab.exercise(
    "9.5",
    "Time of impact",
    points=2,
    minutes=15,
    reread="week09.md#contact",
    hints=(
        "A quadratic equation has two roots. Which one lies in the future if the height is positive?",
        "At the floor the height is exactly 0, and the speed has been braked by g times the time; then "
        "it is turned round and shortened by e.",
        "After the bounce a free fall goes on from height 0, for what is left of dt. Write free fall "
        "once, as a function of (height, speed, time).",
    ),
)
class Impact:
    def probe(student, which, ball, g, e=None, dt=None, by=None, hit=None):
        if which == "impact_time":
            make = unaided(student, "impact_time")
            run = lambda x: make(x[0], x[1], x[2])  # noqa: E731
        else:
            gravity = g

            # In place of the student's: the tangent of the truth at this very ball, which was sent along.
            def impact_time(height, speed, g):
                t, by_height, by_speed, by_g = hit
                here = by_height * (height - ball[0]) + by_speed * (speed - ball[1])
                return t + here + by_g * (g - gravity)

            make = unaided(student, "impact_bounce", impact_time=impact_time)

            def run(x):
                state = make(x[2], x[3], dt)((x[0], x[1]), 0)
                return state if by is None else state[by]

        x = [float(each) for each in (*ball, g, *([] if e is None else [e]))]
        if by is None:
            return numbers(run(x))
        return numbers(dp.grad(run)(np.array(x)))

    def verdict(ask, rng, mark):
        def when(x):
            """The last root of the height as a polynomial in time."""
            return float(np.max(np.roots([-x[2] / 2, x[1], x[0]]).real))

        def after(x, dt):
            """Where an exact ball is: two pieces of parabola, joined at the root."""
            height, speed, g, e = x
            piece, t = np.poly1d([-g / 2, speed, height]), when(x)
            if t < dt:
                piece, dt = np.poly1d([-g / 2, -e * piece.deriv()(t), 0.0]), dt - t
            return [float(piece(dt)), float(piece.deriv()(dt))]

        def touch(height, speed, g):
            """The time of impact, and its derivatives: from h(t) = 0, by its own partial ones."""
            t = when([height, speed, g])
            fast = g * t - speed
            return [t, 1 / fast, t / fast, -t * t / 2 / fast]

        def hits(height, speed, g):
            got = ask(which="impact_time", ball=[height, speed], g=g)
            right = when([height, speed, g])
            given = {"height": height, "speed": speed, "g": g}
            shown = {"given": given, "function": "impact_time"}
            early = float(np.min(np.roots([-g / 2, speed, height]).real))
            for kind, wrong, message in (
                ("wrong_argument", early, "That is the *earlier* root: when it would have left the "
                 "floor."),
                ("sign", -right, "A negative time."),
                ("missing_term", math.sqrt(2 * height / g), "That is for a ball at rest: the speed is "
                 "not used."),
                ("factor", 2 * right, "Twice too late."),
                ("factor", right / 2, "Twice too early."),
                ("sign", when([height, -speed, g]), "The sign of the speed: upwards is positive."),
            ):  # fmt: skip
                if math.isfinite(wrong):
                    mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="The height is not 0 then.", **shown)

        with mark.part("impact_time", 0.5):
            hits(*(float(each) for each in rng.uniform([0.5, 0.2, 5], [2, 1.5, 12])))
            hits(*(float(each) for each in rng.uniform([0.5, -1.5, 5], [2, -0.5, 12])))
        with mark.part("impact_time, on a tape", 0.25):
            mark.only_after("impact_time")
            x = rng.uniform([0.5, 0.2, 5], [2, 1.5, 12])
            got = ask(which="impact_time", ball=x[:2], g=x[2], by=0)
            begin = "The time is right, but its gradient by (height, speed, g)"
            judge_slope(mark, got, nudged(when, x), begin, rtol=1e-6, function="impact_time")

        def bounces(height, speed, g, e, dt):
            x = [height, speed, g, e]
            got = ask(which="bounce", ball=x[:2], g=g, e=e, dt=dt, hit=touch(*x[:3]))
            right, t = after(x, dt), when(x)
            given = {"height": height, "speed": speed, "g": g, "e": e, "dt": dt}
            shown = {"given": given, "function": "impact_bounce"}
            judge_pair(mark, got, "(height, speed)", **shown)
            free = [height + speed * dt - g * dt * dt / 2, speed - g * dt]
            hit = speed - g * t
            left = dt - t
            fast = -e * hit - g * left
            wrongs = [
                ("swapped", right[::-1], "Height and speed changed places."),
                ("other_function", [height + free[1] * dt, free[1]], "That is an Euler step. Free fall "
                 "has a formula: be exact."),
            ]  # fmt: skip
            wrongs += [
                ("wrong_argument", after([height, speed, 6.0, e], dt), "That is with MARS_AND_A_HALF; g is "
                 "an argument here."),
                ("wrong_argument", after([height, speed, g, 0.8], dt), "That is with KEEPS; e is an argument "
                 "here."),
            ]  # fmt: skip
            bounced = [-e * hit * left - g * left**2 / 2, fast]
            if left < 0:
                wrongs += [
                    ("wrong_rule", bounced, "It bounced, though dt was over before it met the floor."),
                    ("double_counted", after([height, e * speed, g, e], dt), "It bounced at the start of "
                     "the step. On the floor, but on its way up, it does not hit."),
                ]  # fmt: skip
            if left > 0:
                wrongs += [
                    ("repeated_factor", after([height, speed, g, e * e], dt), "e is used twice."),
                    ("missing_term", free, "It fell through the floor."),
                    ("truncated", [0.0, -e * hit], "It stops at the floor; what is left of dt is lost."),
                    ("missing_factor", after([height, speed, g, 1.0], dt), "Nothing is lost in the "
                     "bounce: e is not used."),
                    ("sign", [hit * e * left - g * left**2 / 2, e * hit - g * left], "The speed is not "
                     "turned round."),
                    ("double_counted", [-e * hit * dt - g * dt * dt / 2, -e * hit - g * dt], "After the "
                     "bounce only the rest of dt is left, not all of it again."),
                    ("stale", [-e * speed * left - g * left**2 / 2, -e * speed - g * left], "It bounces "
                     "with the speed that it had at the start of the step."),
                    ("other_function", [-e * free[0], -e * free[1]], "Reflected at the floor: an old "
                     "mend, and not exact."),
                    ("missing_term", [-e * hit * left - g * left**2 / 2, -e * hit], "After the bounce "
                     "the speed goes on changing."),
                    ("missing_term", [-e * hit * left, fast], "After the bounce the height curves, "
                     "too: g."),
                    ("missing_term", [-e * hit * left, -e * hit], "After the bounce it flies straight "
                     "on, as if there were no g: height and speed both lack it."),
                ]  # fmt: skip
            for kind, wrong, message in wrongs:
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not where the ball is.", **shown)

        def draw(low, high):
            return [float(each) for each in rng.uniform(low, high)]

        with mark.part("impact_bounce, in the air", 0.25):
            bounces(*draw([1.5, -1, 5, 0.6], [2, 1, 12, 0.9]), 0.15)
        with mark.part("impact_bounce, hitting", 0.5):
            bounces(*draw([0.4, -1.5, 5, 0.6], [0.6, -0.5, 7, 0.9]), 0.5)
        with mark.part("impact_bounce, its slopes", 0.5):
            mark.only_after("impact_bounce, hitting")
            x, dt = (
                np.array(draw([0.9, 0.1, 5, 0.6], [1.2, 0.5, 7, 0.9])),
                0.95,
            )  # always one bounce
            for by, name in enumerate(("height", "speed")):
                asked = {"ball": x[:2], "g": x[2], "e": x[3], "dt": dt, "hit": touch(*x[:3])}
                got = ask(which="bounce", by=by, **asked)
                right = nudged(lambda x, by=by: after(x, dt)[by], x)
                begin = f"The last {name} is right, but its gradient by (height, speed, g, e)"
                judge_slope(mark, got, right, begin, rtol=1e-6, function="impact_bounce")


# ------------------------------------------------------------------------------------------------
# 9.6


@lab.exercise(
    "9.6",
    "Identify",
    points=2,
    minutes=12,
    reread="week09.md#identify",
    hints=(
        "How many steps lead from the first entry of the track to the last?",
        "The linear model says misses(p + Δ) ≈ misses(p) + J Δ. Which Δ makes the right side small?",
        "A is `dp.jacfwd(misses)(p).reshape(-1, len(p))`, b is the flattened misses; the solution is "
        "*subtracted* from p. All anew in each round.",
    ),
)
class Identify:
    def probe(student, which, p, track=None, dt=None, rounds=None, shape=None, along=None):
        p = np.array(p, float)
        before, plain = p.copy(), []
        if which == "track_misses":
            own = unaided(student, which, rollout=lent_rollout, semi_implicit=lent_step)
            track = np.array(track, float)
            kept = track.copy()
            if along is not None:
                run = lambda: dp.jvp(lambda p: own(p, track, dt), (p,), (np.array(along),))[1]  # noqa: E731
            else:
                run = lambda: own(p, track, dt)  # noqa: E731
            got = run()
            intact = untouched(before, p) and untouched(kept, track)
            return {"got": numbers(got), "list": isinstance(got, (list, tuple)), "intact": intact}
        places = np.linspace(0.2, 2.0, math.prod(shape))
        seen = 1.5 * np.exp(-0.7 * places) - 0.02 * np.cos(9 * places)

        def misses(p):
            plain.append(isinstance(p, np.ndarray))
            wave = p[0] * dp.exp(-p[1] * places) - seen
            return dp.reshape(wave + p[2] * places if len(before) > 2 else wave, tuple(shape))

        got = numbers(unaided(student, "gauss_newton")(misses, p, rounds))
        return {
            "got": got,
            "intact": untouched(before, p),
            "nudged": len(plain) > len(before) and all(plain),
        }

    def verdict(ask, rng, mark):
        def places(p, n, dt):
            law = [p[1], 0.0, p[0]]
            return np.array([hang(law, p[2:], k, dt)[0] for k in range(n)])

        def case(n):
            p = rng.uniform([5, 4, -0.5, -1], [25, 12, 0.5, 1])
            return p, rng.uniform(-1, 1, n)

        def missed(n, dt=0.05):
            p, track = case(n)
            shown = {"given": {"p": p, "track": track, "dt": dt}, "function": "track_misses"}
            message = (
                f"The path has {n + 1} places, the track {n}: its first entry is the start itself, so "
                "there is one step less than there are entries."
            )
            short = subtracted(ask, mark, (n,), message, shown)
            answer = short(which="track_misses", p=p, track=track, dt=dt)
            got, right = answer["got"], places(p, n, dt) - track
            swapped = places(p[[1, 0, 2, 3]], n, dt) - track
            mark.that(
                not answer["list"],
                kind="wrong_type",
                message="An array of misses was expected; a list came back. `dp.stack` makes one of it.",
                got=got,
                **shown,
            )
            euler = np.array([[1, dt, 0], [-dt * p[0], 1, -dt * p[1]], [0, 0, 1]])
            begin = np.array([p[2], p[3], 1.0])
            looser = np.array([(np.linalg.matrix_power(euler, k) @ begin)[0] for k in range(n)])
            for kind, wrong, message in (
                ("sign", -right, "Seen minus simulated; the other way round, please."),
                ("late_evaluation", places(p, n + 1, dt)[1:] - track, "One step late: the first entry of "
                 "the track is the start itself."),
                ("swapped", swapped, "Spring and gravity changed places."),
                ("shape", places(p, n + 1, dt), "One place too many."),
                ("missing_term", right + track, "Those are the simulated places; what was seen is to be "
                 "subtracted."),
                ("repeated_factor", right**2, "Squared misses. Gauss–Newton wants them plain."),
                ("missing_term", places([p[0], 0.0, *p[2:]], n, dt) - track, "Gravity is not there."),
                ("sign", places([p[0], -p[1], *p[2:]], n, dt) - track, "Gravity pulls upwards here."),
                ("other_function", looser - track, "That is explicit Euler's path; the semi-implicit one "
                 "was asked for."),
                ("wrong_argument", places([*p[:2], track[0], p[3]], n, dt) - track, "It starts where the "
                 "track does. The first place is one of the unknowns: p holds it."),
                ("wrong_argument", places(p, n, 0.05) - track, "The steps are those of DT; dt is an "
                 "argument here."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the misses.", **shown)
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="p or the track was changed.",
                **shown,
            )

        with mark.part("track_misses", 0.5):
            missed(6, 0.04)
        with mark.part("track_misses, on a tape", 0.25):
            mark.only_after("track_misses")
            (p, track), along = case(7), rng.uniform(0.5, 1, 4)
            got = ask(which="track_misses", p=p, track=track, dt=0.05, along=along)["got"]
            right = (places(p + 1e-6 * along, 7, 0.05) - places(p - 1e-6 * along, 7, 0.05)) / 2e-6
            begin = "The misses are right, but how they move with p"
            judge_slope(mark, got, right, begin, rtol=1e-6, function="track_misses")

        def gone(p, rounds, size, how="", first=None):
            """Gauss-Newton by its normal equations; or another way."""
            if rounds == 0:
                return np.array(p)
            x = np.linspace(0.2, 2.0, size)
            decay = np.exp(-p[1] * x)
            off = p[0] * decay - 1.5 * np.exp(-0.7 * x) + 0.02 * np.cos(9 * x)
            off = off + p[2] * x if len(p) > 2 else off
            J = np.array([decay, -p[0] * x * decay, x])[: len(p)] if first is None else first
            if how == "scrambled":
                J = np.reshape(J.T, J.shape)
            step = J @ off if how == "downhill" else np.linalg.inv(J @ J.T) @ (J @ off)
            return gone(p - step, rounds - 1, size, how, J if how == "chord" else None)

        def newton(p, rounds, shape):
            answer = ask(which="gauss_newton", p=p, rounds=rounds, shape=shape)
            given = {"misses": "a(t) − seen, a(t) = p₀ exp(−p₁ t)" + " + p₂ t" * (len(p) > 2),
                     "their shape": tuple(shape), "p": p, "rounds": rounds}  # fmt: skip
            shown = {"given": given, "function": "gauss_newton"}
            size, p = math.prod(shape), np.array(p)
            got, right, once = answer["got"], gone(p, rounds, size), gone(p, 1, size)
            for kind, wrong, message in (
                ("sign", 2 * p - once, "The step goes the wrong way."),
                ("no_update", p, "p did not move."),
                ("truncated", once, "Only one round."),
                ("late_evaluation", gone(p, 40, size), "It went on until nothing changed; only so many "
                 "rounds were asked for."),
                ("late_evaluation", gone(p, rounds + 1, size), "One round too many."),
                ("stale", p + rounds * (once - p), "Every round takes the step of the first one. "
                 "Ask for the misses and their Jacobian again."),
                ("stale", gone(p, rounds, size, "chord"), "The misses are new in every round, but the "
                 "Jacobian is that of the first."),
                ("no_update", once - p, "That is the step; p itself is asked for."),
                ("factor", p + (once - p) / 2, "Half the step. Gauss–Newton takes all of it."),
                ("other_function", gone(p, rounds, size, "downhill"), "That is gradient descent. Solve the "
                 "least-squares problem."),
                ("transposed", gone(p, rounds, size, "scrambled"), "The Jacobian's last axis counts the "
                 "parameters. `reshape` alone never turns rows into columns."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got, right, kind="wrong_value", message="Not where Gauss–Newton leads.", rtol=1e-6,
                **shown,
            )  # fmt: skip
            mark.that(
                not answer["nudged"],
                kind="finite_difference",
                message="The numbers are right, but `misses` was only ever given plain ones: those are "
                "nudges. Let `dp` differentiate.",
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="p itself was changed.", **shown
            )

        def guess(*low):
            return [float(each) for each in rng.uniform(low, np.array(low) + 0.2)]

        with mark.part("gauss_newton, one round", 0.5):
            newton([float(rng.uniform(1.2, 1.4)), float(rng.uniform(0.5, 0.9))], 1, [6])
        with mark.part("gauss_newton, several", 0.5):
            newton(guess(1.2, 1.0), 3, [6])
        with mark.part("gauss_newton, misses of any shape", 0.25):
            newton(guess(1.2, 1.0), 2, [3, 2])


# ------------------------------------------------------------------------------------------------
# 9.7


@lab.exercise(
    "9.7",
    "From frames",
    points=2,
    minutes=15,
    reread="week09.md#frames",
    hints=(
        "Exactly as `track_misses`, with a picture of each height in place of the height.",
        "The horizon is a slice of the film: `film[:n]`. Gauss–Newton takes a function of p alone.",
        "Keep a list of guesses; each call of `gauss_newton` begins at its last entry.",
    ),
)
class Frames:
    def probe(student, which, p, film=None, horizons=None, rounds=None, along=None, taught=None):
        p = np.array(p, float)
        if which == "film_misses":
            # In place of the student's: a timetable of the ball that is let go from RELEASED, and of no
            # other, up to its second bounce. A step looks its state up there.
            def impact_bounce(g, e, dt):
                first, table = (2 * 1.3 / g) ** 0.5, []
                for k in range(20):
                    t = k * dt
                    late, fast = t - first, e * g * first
                    falling = 1.3 - g * t * t / 2, -g * t
                    rising = fast * late - g * late * late / 2, fast - g * late
                    table.append(rising if late > 0 else falling)

                def step(state, u):
                    far = [abs(y - state[0]) + abs(v - state[1]) for y, v in table[:-1]]
                    return table[min(range(19), key=far.__getitem__) + 1]

                return step

            own = unaided(student, which, rollout=lent_rollout, impact_bounce=impact_bounce)
            film = np.array(film, float)
            kept = film.copy()
            if along is not None:
                run = lambda: dp.jvp(lambda p: own(p, film), (p,), (np.array(along),))[1]  # noqa: E731
            else:
                run = lambda: own(p, film)  # noqa: E731
            got = run()
            intact, listed = untouched(kept, film), isinstance(got, (list, tuple))
            return {"got": numbers(got), "list": listed, "intact": intact}
        calls = []

        # In place of the student's: they only write down what they are asked, and nudge p.
        def film_misses(p, film):
            return np.sum(film, (1, 2)) + 0 * p[0]

        def gauss_newton(misses, p, rounds):
            seen = misses(p)
            calls.append([numbers(seen), rounds])
            for _ in range(rounds):
                p = np.array([1.5, 0.5]) * p + np.array([0.25, 0.125]) + 0.5 * len(seen)
            return p

        own = unaided(student, which, film_misses=film_misses, gauss_newton=gauss_newton)
        film = np.ones((max(horizons) + 3, 2, 2)) * np.arange(max(horizons) + 3.0)[:, None, None]
        before = p.copy()
        got = numbers(own(film, p, horizons, rounds))
        return {"got": got, "calls": calls, "intact": untouched(before, p)}

    def verdict(ask, rng, mark):
        pixel = 2.0 / 24
        up = 0.8 + (11.5 - np.arange(24)[:, None]) * pixel
        across = (np.arange(24) - 11.5) * pixel

        def heights(p, n):
            """Of a ball let go from 1.3 m, by the formula for its first two flights."""
            g, e = p
            t, first = 0.05 * np.arange(n), math.sqrt(2 * 1.3 / g)
            late, speed = t - first, e * math.sqrt(2 * 1.3 * g)
            return np.where(late < 0, 1.3 - g * t * t / 2, speed * late - g * late * late / 2)

        def drawn(p, n, lift=0.2):
            far = np.stack([np.hypot(across, up - y - lift) - 0.2 for y in heights(p, n)])
            return 0.5 - 0.5 * np.tanh(far / pixel / 2)

        def missed(n, g):
            p, film = [g, float(rng.uniform(0.6, 0.9))], rng.uniform(0, 1, (n, 24, 24))
            shown = {"given": {"p": p, "frames": n}, "function": "film_misses"}
            message = (
                f"There are {n + 1} pictures, but {n} frames: the first frame shows RELEASED itself, so "
                "there is one step less than there are frames."
            )
            short = subtracted(ask, mark, (n, 24, 24), message, shown)
            answer = short(which="film_misses", p=p, film=film)
            got, right = answer["got"], drawn(p, n) - film
            mark.that(
                not answer["list"],
                kind="wrong_type",
                message="An array in the shape of the film was expected; a list came back. `dp.stack` "
                "makes one of it.",
                **shown,
            )
            for kind, wrong, message in (
                ("sign", -right, "Seen minus rendered; the other way round, please."),
                ("late_evaluation", drawn(p, n + 1)[1:] - film, "One frame late: the first frame shows "
                 "RELEASED itself."),
                ("missing_term", right + film, "Those are the pictures; the film is to be subtracted."),
                ("missing_term", heights(p, n), "Those are heights. Take pictures of them."),
                ("repeated_factor", right**2, "Squared misses. Gauss–Newton wants them plain."),
                ("swapped", drawn(p[::-1], n) - film, "Gravity and bounciness changed places."),
                ("double_counted", drawn(p, n, 0.4) - film, "The ball's radius is added twice: `picture` "
                 "takes the height of its lowest point, as the bounce does."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, rtol=1e-5, given=shown["given"],
                         function="film_misses")  # fmt: skip
            mark.that(
                not (isinstance(got, np.ndarray) and got.shape != right.shape),
                kind="shape",
                message=f"The misses should have the shape of the film, {right.shape}; "
                f"{np.shape(got)} came back.",
                **shown,
            )
            mark.that(
                np.shape(got) != right.shape
                or agree(got[0], right[0], rtol=1e-6, floor=1e-7) is None,
                kind="wrong_argument",
                message="Already the first frame is not that of RELEASED.",
                **shown,
            )
            trouble = agree(got, right, rtol=1e-6, floor=1e-7)
            kind, message = trouble or ("", "")
            mark.that(
                trouble is None,
                kind=kind if kind != "value" else "wrong_value",
                message=message or "Not the rendered minus the seen pixels.",
                **shown,
            )
            mark.that(
                answer["intact"], kind="mutated_input", message="The film was changed.", **shown
            )

        with mark.part("film_misses", 0.5):
            missed(5, float(rng.uniform(8, 12)))
        with mark.part("film_misses, on a tape", 0.5):
            mark.only_after("film_misses")
            p = np.array([float(rng.uniform(9, 11)), float(rng.uniform(0.7, 0.9))])
            along, n = np.array([1.0, 0.5]), 14
            film = rng.uniform(0, 1, (n, 24, 24))
            got = ask(which="film_misses", p=p, film=film, along=along)["got"]
            right = (drawn(p + 1e-6 * along, n) - drawn(p - 1e-6 * along, n)) / 2e-6
            begin = "The misses are right, but how they move with p"
            judge_slope(mark, got, right, begin, function="film_misses")

        def taught(horizons, rounds):
            p = rng.uniform([5, 0.5], [9, 0.9])
            answer = ask(which="curriculum", p=p, horizons=horizons, rounds=rounds)
            given = {"p": p, "horizons": horizons, "rounds": rounds}
            shown = {"given": given, "function": "curriculum"}
            horizon_of = lambda call: np.size(call[0])  # noqa: E731
            stages = [list(each) for _, each in itertools.groupby(answer["calls"], horizon_of)]
            for stage in stages:
                seen, often = stage[0][0], sum(each for _, each in stage)
                mark.that(
                    agree(seen, 4.0 * np.arange(np.size(seen))) is None,
                    kind="wrong_argument",
                    message="The misses should be those of the film's *first* n frames.",
                    **shown,
                )
                mark.that(
                    often == rounds,
                    kind="wrong_argument",
                    message=f"On {np.size(seen)} frames `gauss_newton` was asked for {often} rounds instead "
                    f"of {rounds}.",
                    **shown,
                )
            asked = [int(np.size(stage[0][0])) for stage in stages]
            mark.that(
                asked == list(horizons),
                kind="wrong_argument",
                message=f"Gauss–Newton saw {asked} frames, one horizon after the other; the horizons "
                f"were {list(horizons)}.",
                **shown,
            )

            def on(p, n):
                """The lent Gauss-Newton, as a geometric series."""
                grown = np.array([1.5, 0.5]) ** rounds
                pushed = np.array([0.25, 0.125]) + 0.5 * n
                return grown * p + pushed * (grown - 1) / [0.5, -0.5]

            right = functools.reduce(lambda path, n: [*path, on(path[-1], n)], horizons, [p])
            got = answer["got"]
            for kind, wrong, message in (
                ("stale", [p, *(on(p, n) for n in horizons)], "Every horizon begins at the first guess. "
                 "Go on from the one before."),
                ("truncated", right[-1], "That is the last guess only; all were asked for."),
                ("early_stop", right[1:], "The first guess is missing."),
                ("early_stop", right[:-1], "The last guess is missing."),
                ("aliased", [right[-1]] * len(right), "Every entry is the last guess: one array was changed "
                 "again and again."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the list of guesses.", **shown)
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The first guess was changed.",
                **shown,
            )

        with mark.part("curriculum", 1):
            taught([3, 5, 8], 2)


# ------------------------------------------------------------------------------------------------
# 9.8


@lab.exercise(
    "9.8",
    "How far back?",
    points=2,
    minutes=15,
    reread="week09.md#recurrent",
    hints=(
        "`cell` is one line: a function of (h, x).",
        "The chain rule multiplies the newest Jacobian on the left of the product so far. Start with the "
        "identity matrix.",
        "`(1 - h**2)[:, None] * W` is diag(1 − h²) W, with the state *after* the step. For `clip`, "
        "compare the length with the limit before you divide by it.",
    ),
)
class Reach:
    def probe(
        student, which, W=None, U=None, h=None, inputs=None, gradient=None, limit=None, by=None
    ):
        if which == "clip":
            gradient = np.array(gradient, float)
            before = gradient.copy()
            got = unaided(student, "clip")(gradient, limit)
            listed = isinstance(got, (list, tuple))
            return {"got": numbers(got), "list": listed, "intact": untouched(before, gradient)}
        W, U, h = np.array(W, float), np.array(U, float), np.array(h, float)
        if which == "cell":
            own = unaided(student, "cell")
            x = np.array(inputs, float)
            if by:
                return numbers(dp.grad(lambda W: dp.sum(own(W, U)(h, x) ** 2))(W))
            return numbers(own(W, U)(h, x))

        def cell(W, U):
            return lambda h, x: np.sinh(W @ h + U @ x) / np.cosh(W @ h + U @ x)

        own = unaided(student, "reach", rollout=lent_rollout, cell=cell)
        inputs = [np.array(x, float) for x in inputs]
        return numbers(own(W, U, h, inputs))

    def verdict(ask, rng, mark):
        def draw(n, m, batch=()):
            W, U = rng.uniform(-0.9, 0.9, (n, n)), rng.uniform(-0.9, 0.9, (n, m))
            return W, U, rng.uniform(-0.8, 0.8, (n, *batch)), rng.uniform(-1, 1, (m, *batch))

        def stepped(n, m, batch=()):
            W, U, h, x = draw(n, m, batch)
            got = ask(which="cell", W=W, U=U, h=h, inputs=x)
            both = np.tensordot(np.hstack([W, U]), np.concatenate([h, x]), 1)
            right = np.sinh(both) / np.cosh(both)
            shown = {"given": {"W": W, "U": U, "h": h, "x": x}, "function": "cell"}
            flat = np.tensordot(np.hstack([W.T, U]), np.concatenate([h, x]), 1)
            for kind, wrong, message in (
                ("missing_term", both, "The tanh is missing."),
                ("wrong_order", np.tensordot(np.hstack([W, U]), np.concatenate([np.tanh(h), x]), 1), "The "
                 "tanh comes last, round the whole sum."),
                ("transposed", np.sinh(flat) / np.cosh(flat), "W is transposed."),
                ("wrong_rule", 1 / (1 + np.exp(-both)), "That is the logistic function, not tanh."),
                ("missing_term", np.tanh(np.tensordot(W, h, 1)), "The input is not used."),
                ("missing_term", np.tanh(np.tensordot(U, x, 1)), "The state is not used: no memory."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the next state.", **shown)

        with mark.part("cell", 0.5):
            stepped(3, 2)
            stepped(4, 1, (5,))
            W, U, h, x = draw(3, 2)
            got = ask(which="cell", W=W, U=U, h=h, inputs=x, by=True)

            def squares(flat):
                both = flat.reshape(3, 3) @ h + U @ x
                return np.sum((np.sinh(both) / np.cosh(both)) ** 2)

            right = complex_gradient(squares, W.ravel()).reshape(3, 3)
            judge_slope(
                mark, got, right, "The state is right, but its derivative by W", function="cell"
            )

        def jacobians(W, U, h, inputs):
            """Of each state by the first: every column by a complex step. And what the tanh is given."""
            columns, sums = [], []
            for d in np.eye(len(h)):
                state, column, sums = h + 1e-30j * d, [d], []
                for x in inputs:
                    sums.append(W @ state + U @ x)
                    state = np.sinh(sums[-1]) / np.cosh(sums[-1])
                    column.append(state.imag / 1e-30)
                columns.append(column)
            return np.transpose(columns, (1, 2, 0)), np.real(sums)

        def largest(matrices):
            return [float(np.linalg.svd(each)[1][0]) for each in matrices]

        def reached(n, m, steps):
            W, U, h, _ = draw(n, m)
            inputs = rng.uniform(-1, 1, (steps, m))
            got = ask(which="reach", W=W, U=U, h=h, inputs=inputs)
            given = {"W": W, "U": U, "h": h, "inputs": inputs}
            shown = {"given": given, "function": "reach"}
            true, sums = jacobians(W, U, h, inputs)
            right = largest(true)
            powers = [np.linalg.matrix_power(W, k) for k in range(steps + 1)]
            rates = 1 / np.cosh(sums) ** 2  # the slopes of tanh
            each = [np.eye(n), *(np.diag(rate) @ W for rate in rates)]
            turned = functools.reduce(lambda path, J: [*path, path[-1] @ J], each[1:], [np.eye(n)])
            earlier = [1 - h * h, *rates[:-1]]

            def chain(one):
                """Norms of the products of what `one` makes of each step's number."""
                return largest(
                    functools.reduce(
                        lambda path, k: [*path, one(k) @ path[-1]], range(steps), [np.eye(n)]
                    )
                )

            for kind, wrong, message in (
                ("missing_factor", largest(powers), "Those are powers of W. The tanh has a slope, too."),
                ("magnitude", [1.0, *(float(np.sqrt(np.sum(J * J))) for J in true[1:])], "That is the root of the sum "
                 "of squares. The norm asked for is `np.linalg.norm(J, 2)`."),
                ("early_stop", right[1:], "The first norm, 1, is missing."),
                ("early_stop", right[:-1], "One too few."),
                ("stale", largest(each), "Those are the Jacobians of single steps. Multiply them up."),
                ("wrong_order", largest(turned), "The product is in the wrong order: the newest step "
                 "stands on the left."),
                ("shape", true, "Those are the Jacobians themselves. Take their norms."),
                ("missing_factor", largest([np.diag(np.prod(rates[:k], 0)) for k in range(steps + 1)]), "W is "
                 "missing: those are the slopes of tanh alone."),
                ("double_counted", [1.0, *largest(J @ W for J in true[1:])], "One W too many: the product "
                 "begins with the identity."),
                ("wrong_order", [1.0, *np.cumprod(largest(each[1:]))], "Norms are multiplied: that is a "
                 "bound. Multiply the Jacobians, and take the norm of the product."),
                ("magnitude", [float(np.abs(np.linalg.eigvals(J)).max()) for J in true], "That is the "
                 "largest eigenvalue. The norm, `np.linalg.norm(J, 2)`, is the most that J can stretch."),
                ("transposed", chain(lambda k: rates[k][:, None] * W.T), "W is transposed."),
                ("wrong_point", chain(lambda k: earlier[k][:, None] * W), "The slope of tanh is taken at "
                 "the state before the step. It is 1 − h'², with the state after it."),
                ("wrong_point", chain(lambda k: rates[k] * W), "The slopes of tanh multiply the columns of "
                 "W. Each belongs to a row: to what comes out."),
                ("wrong_rule", largest(itertools.accumulate(each[1:], np.multiply, initial=np.eye(n))), "`*` "
                 "multiplies entry by entry; Jacobians are chained by `@`."),
                ("wrong_point", chain(lambda k: (1 - np.tanh(np.tanh(sums[k])) ** 2)[:, None] * W), "A "
                 "tanh too many: the state has been through it already."),
            ):  # fmt: skip
                mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(
                got,
                right,
                kind="wrong_value",
                message="Not the norms. What is the Jacobian of one step, and on which side does it join "
                "the product?",
                rtol=1e-6,
                **shown,
            )

        with mark.part("reach", 1):
            reached(3, 2, 4)

        def clipped(gradient, limit):
            answer = ask(which="clip", gradient=gradient, limit=limit)
            gradient, got = np.array(gradient, float), answer["got"]
            shown = {"given": {"gradient": gradient, "limit": limit}, "function": "clip"}
            length = math.sqrt(math.fsum(gradient.ravel() ** 2))
            right = gradient * min(1.0, limit / length) if length else gradient
            rows = np.linalg.norm(gradient, axis=-1, keepdims=True)
            mark.that(
                not answer["list"],
                kind="wrong_type",
                message="An array was expected, as the gradient is; a list came back.",
                got=got,
                **shown,
            )
            for kind, wrong, message in (
                ("wrong_rule", np.clip(gradient, -limit, limit), "Each entry is clipped by itself: that "
                 "turns the direction. Shorten the whole."),
                ("normalised", gradient * (limit / length) if length else math.nan, "A gradient that is "
                 "short enough should stay as it is."),
                ("no_update", gradient, "It is longer than the limit."),
                ("normalised", gradient / length if length else math.nan, "Its length should be the limit, "
                 "not 1."),
                ("repeated_factor", gradient * (limit / length**2) if length else math.nan, "Divided by the "
                 "square of its length."),
                ("magnitude", gradient * limit / np.abs(gradient).sum() if length else math.nan, "The length "
                 "is the root of the sum of squares."),
                ("magnitude", gradient * limit / np.abs(gradient).max() if length else math.nan, "The length "
                 "is the root of the sum of squares, not the largest entry."),
                ("magnitude", gradient * limit / np.linalg.norm(gradient, 2) if length else math.nan, "Of a "
                 "matrix `np.linalg.norm(…, 2)` is the largest singular value. The length is by all entries."),
                ("wrong_rule", gradient * np.minimum(1, limit / rows) if length else math.nan, "Each row is "
                 "clipped by itself. Shorten the whole."),
            ):  # fmt: skip
                if np.all(np.isfinite(wrong)):
                    mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the clipped gradient.", **shown)
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The gradient that was handed in was changed.",
                **shown,
            )

        with mark.part("clip", 0.5):
            long = rng.uniform(1, 3, 4) * [1, -1, 1, -1]
            clipped(long, 1.5)
            clipped(0.25 * long, 6.0)
            clipped(np.zeros(3), 0.5)
            clipped(rng.uniform(1, 3, (3, 2)), 0.75)


# ------------------------------------------------------------------------------------------------
# 9.9


@lab.exercise(
    "9.9",
    "Swing it up",
    points=3,
    minutes=20,
    reread="week09.md#control",
    hints=(
        "`price` is a rollout with the plan as inputs. Which of its states does the plan still change?",
        "The plan is the variable: differentiate a function of the plan alone, with the state fixed.",
        "`np.append(plan[1:], 0.0)` first; then a loop of `plan = plan - rate * clip(gradient, 0.5)`; "
        "then `plan[0], plan`.",
    ),
)
class Control:
    def probe(student, which, state, plan, rounds=None, rate=None, taped=False, weights=None):
        plan = np.array(plan, float)
        before, state = plan.copy(), (float(state[0]), float(state[1]))
        if which == "price":

            def step(state, u):
                q, v = state
                return q + 0.25 * v, 0.75 * v - 0.5 * q + u

            def cost(state):
                q, v = state
                return q * q + 0.5 * (v - 1.0) * (v - 1.0)

            own = unaided(student, "price", rollout=lent_rollout)
            if taped:
                run = lambda: dp.grad(lambda plan: own(step, cost, state, plan))(plan)  # noqa: E731
            else:
                run = lambda: own(step, cost, state, plan)  # noqa: E731
            return {"got": numbers(run()), "intact": untouched(before, plan)}
        weights = np.array(weights, float)

        plain, limits = [], []

        def price_of(state, plan):
            plain.append(isinstance(plan, np.ndarray))
            goal = state[0] + state[1] * np.arange(len(plan))
            return dp.sum(np.resize(weights, len(plan)) * (plan - goal) ** 2)

        def clip(gradient, limit):  # for the only limit that is asked here
            limits.append(numbers(limit))
            return gradient / max(1.0, 2.0 * float(gradient @ gradient) ** 0.5)

        got = unaided(student, "mpc_step", clip=clip)(price_of, state, plan, rounds, rate)
        pair = isinstance(got, (tuple, list)) and len(got) == 2
        got = numbers(got) if pair else type(got).__name__
        return {
            "got": got,
            "pair": pair,
            "limits": limits,
            "nudged": len(plain) > len(plan) and all(plain),
            "intact": untouched(before, plan),
        }

    def verdict(ask, rng, mark):
        def costs(state, plan):
            """Of all states, the start first: each state by a power of the step's matrix, and what the
            pushes before it still do."""
            A, found = np.array([[1.0, 0.25], [-0.5, 0.75]]), []
            for k in range(len(plan) + 1):
                here = np.linalg.matrix_power(A, k) @ np.array(state)
                for j in range(k):
                    here = here + np.linalg.matrix_power(A, k - 1 - j)[:, 1] * plan[j]
                found.append(here[0] ** 2 + 0.5 * (here[1] - 1.0) ** 2)
            return np.array(found)

        def worth(state, plan):
            each = costs(state, plan)[1:]
            return each.mean() + each[-1]

        def priced(n):
            state, plan = [float(each) for each in rng.uniform(-1, 1, 2)], rng.uniform(-1, 1, n)
            answer = ask(which="price", state=state, plan=plan)
            given = {"step": "(q + v/4, 3v/4 − q/2 + u)", "cost": "q² + (v − 1)²/2", "state": state,
                     "plan": plan}  # fmt: skip
            shown = {"given": given, "function": "price"}
            each, got, right = costs(state, plan), answer["got"], worth(state, plan)
            for kind, wrong, message in (
                ("missing_term", each[1:].mean(), "The last state's cost should come once more."),
                ("missing_term", each[-1], "Only the last state is counted; the mean is missing."),
                ("late_evaluation", each.mean() + each[-1], "The start is counted, too. No plan can change "
                 "it."),
                ("not_summed", each[1:].sum() + each[-1], "The mean, not the sum."),
                ("early_stop", each[:-1].mean() + each[-1], "The mean is of all states *after* the start."),
                ("not_summed", each[1:].sum() / (n + 1) + each[-1], "The sum is divided by one too many."),
                ("averaged", (each[1:].sum() + each[-1]) / n, "The last cost is averaged with the others. It "
                 "should come on top of the mean, whole."),
                ("missing_term", each[1:-1].sum() / n + each[-1], "The last state belongs to the mean, too."),
                ("missing_term", each[1:-1].sum() / max(n - 1, 1) + each[-1], "The last state belongs to the "
                 "mean, too."),
                ("double_counted", each[1:].mean() + 2 * each[-1], "The last cost comes on top once, not "
                 "twice."),
            ):  # fmt: skip
                if n > 1:
                    mark.not_like(got, wrong, right, kind, message, **shown)
            mark.close(got, right, kind="wrong_value", message="Not the price.", **shown)

        with mark.part("price", 0.75):
            priced(4)
        with mark.part("price, on a tape", 0.25):
            mark.only_after("price")
            state, plan = [float(each) for each in rng.uniform(-1, 1, 2)], rng.uniform(-1, 1, 5)
            got = ask(which="price", state=state, plan=plan, taped=True)["got"]
            right = complex_gradient(lambda plan: worth(state, plan), plan)
            judge_slope(mark, got, right, "The price is right, but its gradient by the plan",
                        function="price")  # fmt: skip

        def after(state, plan, weights, rounds, rate, cut=True):
            """Descent on a bowl, in closed form: never clipped, or clipped in a single round."""
            goal = state[0] + state[1] * np.arange(len(weights))
            slope = 2 * weights * (plan - goal)
            far = np.linalg.norm(slope)
            if far > 0.5 and cut:
                if rounds > 1:
                    raise ValueError("a closed form for one clipped round only")
                return plan - rate * slope * 0.5 / far
            return goal + (1 - 2 * rate * weights) ** rounds * (plan - goal)

        def stepped(n, rounds, rate, far):
            state = [float(each) for each in rng.uniform(0.2, 0.5, 2)]
            weights = rng.uniform(0.5, 1.0, n)
            goal = state[0] + state[1] * np.arange(n)
            plan = np.empty(n)
            plan[1:] = goal[:-1] + far * rng.uniform(0.5, 1, n - 1)
            plan[0] = goal[0] - far * 0.75
            weights[-1] = 0.06 / goal[-1] if far < 0.1 else weights[-1]
            answer = ask(which="mpc_step", state=state, plan=plan, rounds=rounds, rate=rate,
                         weights=weights)  # fmt: skip
            given = {"price": "a bowl in the plan", "plan": plan, "rounds": rounds, "rate": rate}
            shown = {"given": given, "function": "mpc_step"}
            mark.that(
                answer["pair"],
                kind="missing" if answer["got"] == "NoneType" else "wrong_type",
                message="A pair was expected: the first push, and the improved plan.",
                got=answer["got"],
                **shown,
            )
            push, got = answer["got"]
            warm = np.array([*plan[1:], 0.0])
            right = after(state, warm, weights, rounds, rate)

            def like(wrong, kind, message):
                mark.not_like(got, wrong, right, kind, message, **shown)

            once = far > 0.1
            if np.shape(push) == (n,):
                mark.fail("swapped", "First the push, then the plan.", got=answer["got"], **shown)
            if once or np.linalg.norm(2 * weights * (plan - goal)) <= 0.5:
                like(after(state, plan, weights, rounds, rate), "stale", "The old plan was not moved on: "
                     "its first push has been spent.")  # fmt: skip
            rolled = np.array([*plan[1:], plan[0]])
            if once or np.linalg.norm(2 * weights * (rolled - goal)) <= 0.5:
                like(after(state, rolled, weights, rounds, rate), "wrong_rule", "The spent push came back "
                     "at the end of the plan. Append a zero.")  # fmt: skip
            last = np.array([*plan[1:], plan[-1]])
            if once or np.linalg.norm(2 * weights * (last - goal)) <= 0.5:
                like(after(state, last, weights, rounds, rate), "wrong_rule", "The last push was "
                     "repeated. Append a zero.")  # fmt: skip
            front = np.array([0.0, *plan[:-1]])
            if once or np.linalg.norm(2 * weights * (front - goal)) <= 0.5:
                like(after(state, front, weights, rounds, rate), "wrong_order", "The plan was moved the other "
                     "way: it is the *first* push that has been spent.")  # fmt: skip
            mark.that(
                np.shape(got) == (n,) or np.ndim(got) != 1,
                kind="shape",
                message=f"A plan of {n} pushes was expected, as long as before: the first has been spent, "
                f"and a zero is appended. One of {np.size(got)} came back.",
                **shown,
            )
            like(warm, "no_update", "The plan was moved on, but not improved.")
            if once or np.linalg.norm(2 * weights * (plan - goal)) <= 0.5:
                late = after(state, plan, weights, rounds, rate)
                like(np.array([*late[1:], 0.0]), "wrong_order", "The old plan was improved, and moved "
                     "on afterwards. Move it on first: the push to apply is the first of the plan that "
                     "was improved.")  # fmt: skip
            slope = 2 * weights * (warm - goal)
            far_off = np.linalg.norm(slope)

            def strided(plan, _):
                steep = weights * (plan - goal)
                return plan - rate * 0.5 * steep / np.linalg.norm(steep)

            if once:
                like(
                    warm - np.clip(rate * slope, -0.5, 0.5),
                    "wrong_rule",
                    "Each entry is clipped by itself.",
                )
                like(warm - rate * np.clip(slope, -0.5, 0.5), "wrong_rule", "Each entry is clipped by itself: "
                     "that turns the direction.")  # fmt: skip
                like(warm - slope * min(rate, 0.5 / far_off), "wrong_order", "The step is clipped. It is the "
                     "gradient that should be, before it is multiplied by the rate.")  # fmt: skip
                like(
                    after(state, right, weights, 1, rate), "late_evaluation", "One round too many."
                )
            else:
                like(
                    after(state, warm, weights, rounds + 1, rate),
                    "late_evaluation",
                    "One round too many.",
                )
                like(warm - rounds * rate * slope, "stale", "Every round takes the gradient of the first. Ask "
                     "for it again.")  # fmt: skip
                like(functools.reduce(strided, range(rounds), warm), "normalised", "A gradient that is short "
                     "enough should stay as it is.")  # fmt: skip
            like(after(state, warm, weights, rounds, rate, cut=False), "clipped", "The gradient is not "
                 "clipped to the length 0.5.")  # fmt: skip
            if once:
                like(2 * warm - right, "ascent", "That goes uphill.")
            else:
                like(after(state, warm, weights, 1, rate), "truncated", "Only one round.")
                like(after(state, warm, weights, rounds, -rate), "ascent", "That goes uphill.")
            like(np.array([*right[1:], 0.0]), "wrong_order", "The plan was moved on *after* it was "
                 "improved. What is returned should begin with the push that is applied.")  # fmt: skip
            mark.close(got, right, kind="wrong_value", message="Not the improved plan.", **shown)
            mark.that(
                all(limit == 0.5 for limit in answer["limits"]),
                kind="wrong_argument",
                message="`clip` was asked for another length than 0.5.",
                got=answer["limits"],
                **shown,
            )
            mark.that(
                not answer["nudged"],
                kind="finite_difference",
                message="The plan is right, but `price_of` was only ever given plain numbers: those are "
                "nudges. Let `dp` differentiate.",
                **shown,
            )
            shown["given"] = {**given, "improved plan": right}
            for kind, wrong, message in (
                ("late_evaluation", plan[0], "That push is of the old plan: it has been applied already."),
                ("stale", warm[0], "The push is of the plan before it was improved."),
                ("wrong_argument", right[-1], "That is the last push. The first is applied."),
            ):  # fmt: skip
                mark.not_like(push, wrong, right[0], kind, message, **shown)
            mark.close(
                push, right[0], kind="wrong_value", message="Not the plan's first push.", **shown
            )
            mark.that(
                answer["intact"],
                kind="mutated_input",
                message="The old plan was changed in place. Make a new array.",
                **shown,
            )

        with mark.part("mpc_step, one clipped round", 1):
            stepped(5, 1, 0.3, 2.0)
        with mark.part("mpc_step, several rounds", 1):
            stepped(5, 4, 0.2, 0.05)
