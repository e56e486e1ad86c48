"""What kind of mistake is in this gradient?

    >>> import dpkit as dp
    >>> def f(a, b):
    ...     return a * dp.sin(b)
    >>> def my_gradient(a, b):
    ...     return dp.sin(b), a * dp.sin(b)
    >>> print(dp.diagnose(f, my_gradient, 2.0, 0.7))
    Wrong rule (`dp.sin(b)`, line 2 of f): sin was taken to be its own derivative.

An ordinary gradient test says that two numbers differ. This one goes on and asks *what mistake
gives exactly these numbers*. It looks, in this order, at

1. manners (`manners`): does the gradient change its arguments, or answer differently when asked
   again?
2. form (`forms`): number, array or tuple, in the right shape, finite?
3. the numbers (`question`), at the point given and at fresh points beside it: are they right?
4. the whole (`wholes`): is everything, or all of an argument, 0, turned round, scaled, transposed?
5. single mistakes, hundreds of them. f is run once and written down (`recording`, `program`); then
   one rule is put wrong (`mistakes`, `misplaced`), or the rules are put together wrongly (`sweeps`,
   `replaced`, `detours`, `calculus`), and a screening that costs an inner product for each
   (`search`) leaves the few that fit. If none does, quotients and differences may be made of other
   operations (`composed`);
6. the way it was computed (`wholes.numerics`): in float32, rounded, by finite differences?
7. right gradients of something else (`values`): of another function, after the update, of one
   sample only;
8. two mistakes at once (`pairs`).

A mistake is named only if it reproduces the numbers at *all* points. If none does, the answer is
"unknown", with the numbers. Several mistakes may have the same consequence; then the likeliest is
told first and the others are in ``.alternatives`` (`explanation`).

`diagnose_vjp` and `diagnose_jvp` do the same for products with a Jacobian, `diagnose_training` for
whole training loops. The method, without the fast screening, is that of mutation analysis: a
program's tests are judged there by the faults that they notice (DeMillo, Lipton & Sayward, "Hints on
test data selection", Computer 11, 1978); here a fault is recognised by what it does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from dpkit.catalogue import CATALOGUE, Kind
from dpkit.diagnose.explanation import explanation, until
from dpkit.diagnose.products import diagnose_jvp, diagnose_vjp
from dpkit.diagnose.question import Question
from dpkit.diagnose.result import Diagnosis
from dpkit.diagnose.training import diagnose_training

__all__ = [
    "CATALOGUE", "Diagnosis", "Kind", "diagnose", "diagnose_jvp", "diagnose_training", "diagnose_vjp",
]  # fmt: skip


def diagnose(
    f: Callable[..., Any],
    wrong_grad: Callable[..., Any],
    *args: Any,
    prefer: Iterable[str] = (),
    seconds: float = 1.2,
) -> Diagnosis:
    """Find out what is wrong with somebody's gradient of f.

    f: takes `args`, written with operators and dp functions; returns one number.
    wrong_grad: called as ``wrong_grad(*args)``; returns the gradient, shaped like the argument, if
    there is one argument, and a tuple of such if there are several. It is asked five times as a rule
    and nine times at most, at `args` and at fresh points beside it.
    args: numbers, arrays of floats, or containers of these. All of them vary.
    prefer: kinds of mistake to name first when several explain the same numbers. The numbers cannot
    always tell a faulty engine (prefer "overwritten", "not_upstream") from a faulty derivation.
    seconds: of processor time, so that a busy machine finds what an idle one finds. After it, counted
    from the first question, the search ends with what it has; if wrong_grad is slow, it still has
    half of it.

    Raises whatever wrong_grad raises at `args`, and TypeError if f or args are unfit for it.
    """
    started = time.process_time()
    question = Question(f, wrong_grad, args)
    return (
        question.manners()
        or question.form()
        or question.correctness()
        or explanation(question, tuple(prefer), until(started, seconds))
    )
