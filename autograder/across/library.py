"""Functions, types and modules of well-known libraries cross by name: `slope(np.sin, 0.5)`.

From the judge to the student's process only. The other way round a name would be that process's
word for what something is. (What `math.sin` means there is the student's affair, as in a
notebook.)"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

__all__ = ["by_name", "name_of"]

MODULES = (
    "math cmath operator numpy numpy.linalg numpy.fft scipy.special torch torch.nn "
    "torch.nn.functional torch.special torch.linalg torch.optim dpkit"
).split()
BUILTINS = "abs bool complex dict float int len list max min pow range round str sum tuple".split()


def name_of(value: Any) -> str | None:
    """The name under which `value` crosses, as "numpy:sin"; None when it is nothing well known."""
    if isinstance(value, types.ModuleType):
        name = next((name for name in MODULES if sys.modules.get(name) is value), None)
        return None if name is None else f"{name}:"
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, (torch.dtype, torch.device)):
        text = str(value)
        return f"torch:{text.removeprefix('torch.')}" if isinstance(value, torch.dtype) else None
    name = getattr(value, "__name__", None) if callable(value) else None
    if type(name) is not str:
        return None
    if name in BUILTINS and getattr(sys.modules["builtins"], name) is value:
        return f"builtins:{name}"
    for module in MODULES:
        if getattr(sys.modules.get(module), name, None) is value:
            return f"{module}:{name}"
    return None


def by_name(name: str) -> Any:
    """What `name_of` named. Raises `ImportError` or `AttributeError` where it is missing."""
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found
