"""How numpy's and torch's own functions find dpkit's: ``np.exp(t)``, ``np.sum(t, axis=0)``.

Before they do anything with a box, both libraries ask it. It looks for the function of the same
name and meaning in dpkit; what has none is refused, so that no derivative gets lost on the way.
Functions that look at values only, such as ``np.isnan``, give the library's own arrays.
"""

from __future__ import annotations

import inspect
import operator
from typing import Any

import numpy as np

from dpkit import functions
from dpkit.backends import backend_of
from dpkit.box import Box, apply, compared, plain

__all__ = ["install"]

_UFUNCS = {name: name for name in functions.__all__} | {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div",
    "negative": "neg", "absolute": "abs", "matmul": "matmul",
}  # fmt: skip
_REVERSED = {  # what array + t asks for
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__",
    "matmul": "__rmatmul__", "sub": "__rsub__", "mul": "__rmul__", "div": "__rtruediv__",
}  # fmt: skip
_OF_VALUES = {"isfinite", "isnan", "isinf", "sign"}
_OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "true_divide": "div",
    "matmul": "matmul", "pow": "power",
}  # fmt: skip
_COMPARISONS = {
    "less": operator.lt, "lt": operator.lt, "less_equal": operator.le, "le": operator.le,
    "greater": operator.gt, "gt": operator.gt, "greater_equal": operator.ge, "ge": operator.ge,
    "equal": operator.eq, "eq": operator.eq, "not_equal": operator.ne, "ne": operator.ne,
}  # fmt: skip

# What torch and numpy understand alike. (torch.max, torch.var and torch.split, say, they do not.)
_SAME_IN_TORCH = {
    "abs", "sum", "mean", "reshape", "squeeze", "stack", "concat", "concatenate", "where", "einsum",
    "softmax", "log_softmax", "logsumexp", "prod", "clip", "tril", "triu", "trace", "outer", "dot",
    "linalg_solve", "linalg_inv", "linalg_det", "linalg_cholesky", "linalg_slogdet", "flip", "roll",
    "cumsum", "cumprod", *(set(functions.__all__) - {"power"}),
}  # fmt: skip
_LOOK_AT_VALUES = {
    "allclose", "argwhere", "array_equal", "array_equiv", "count_nonzero", "digitize",
    "flatnonzero", "isclose", "nonzero", "searchsorted",
}  # fmt: skip
_OTHER_NAMES = {"a_min": "min", "a_max": "max"}
_SAME_OPTION = {"dim": "axis", "dims": "axis", "keepdim": "keepdims"}


def install(box: Any) -> None:
    """Let boxes be asked."""
    box.__array_ufunc__ = _ufunc
    box.__array_function__ = _array_function
    box.__torch_function__ = classmethod(_torch_function)


def _ufunc(self: Box, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    """np.exp, np.add and the like: functions of single elements."""
    name = ufunc.__name__
    if method == "__call__" and not options:
        if name in _COMPARISONS:
            return compared(_COMPARISONS[name], *inputs)
        if name in _OF_VALUES:
            return getattr(backend_of(plain(self)), name)(plain(self))
        if name in _REVERSED and inputs[1] is self:
            return getattr(self, _REVERSED[name])(inputs[0])
        if name in _UFUNCS:
            return apply(_UFUNCS[name], *inputs)
    called = name if method == "__call__" else f"{name}.{method}"
    raise _no_rule(f"np.{called}{' with ' + ', '.join(options) if options else ''}")


def _array_function(self: Box, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """np.sum, np.linalg.solve and the like."""
    if function is np.copy:
        return self.copy()
    return _ours(function, args, kwargs)


def _torch_function(
    cls: type, function: Any, types: Any, args: Any = (), kwargs: Any = None
) -> Any:
    """torch.exp, and operators with a torch tensor on the left."""
    name = function.__name__
    if name in _REVERSED and not kwargs and isinstance(args[1], Box):
        return getattr(args[1], _REVERSED[name])(args[0])
    options = {_SAME_OPTION.get(key, key): value for key, value in (kwargs or {}).items()}
    if name in _COMPARISONS:
        return compared(_COMPARISONS[name], *args)
    if name in _OPERATORS and not options:
        return apply(_OPERATORS[name], *args)
    if name not in _SAME_IN_TORCH:
        raise _no_rule(f"torch.{name}{' with ' + ', '.join(options) if options else ''}")
    return _ours(function, args, options)


def _ours(function: Any, args: Any, kwargs: Any) -> Any:
    """Call the function of dpkit that bears the same name."""
    from dpkit import arrays, linalg

    name = function.__name__.removeprefix("linalg_")  # torch.linalg.solve says linalg_solve
    if name in _LOOK_AT_VALUES:
        return function(*map(plain, args), **{key: plain(x) for key, x in kwargs.items()})
    homes: tuple[Any, ...] = (linalg, arrays.products)
    if function.__module__ != "numpy.linalg":  # whose trace, for example, takes the last two axes
        homes = (*homes, functions, arrays)
    ours = next((getattr(home, name) for home in homes if name in home.__all__), None)
    if ours is None:
        raise _no_rule(f"{function.__module__}.{name}".replace("numpy.", "np."))
    known = inspect.signature(ours).parameters
    kwargs = {_OTHER_NAMES.get(key, key): x for key, x in kwargs.items()}
    kwargs = {key: x for key, x in kwargs.items() if x is not None or key in known}
    try:
        inspect.signature(ours).bind(*args, **kwargs)
    except TypeError as problem:
        raise TypeError(
            f"{name} cannot be used in this way on a tensor: {problem}. It is the same as "
            f"dp.{name}({', '.join(known)})."
        ) from None
    return ours(*args, **kwargs)


def _no_rule(called: str) -> TypeError:
    return TypeError(
        f"{called} has no derivative rule, so it cannot be used on a tensor. See dpkit.arrays for "
        "what can be used; t.detach() makes a constant of t."
    )
