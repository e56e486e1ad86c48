# %% [markdown]
# Other right ways to do exercise 3.1 (a node that remembers); each gets full marks.

# %% with_slots
class Var:
    __slots__ = ("value", "parents", "partials", "op", "name", "grad")

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        self.value, self.grad = float(value), 0.0
        self.parents, self.partials = (*parents,), (*partials,)
        self.op, self.name = op, name

    def __repr__(self):
        return f"Var({self.value})"


# %% as_a_dataclass
from dataclasses import dataclass


@dataclass(eq=False)
class Var:
    value: float
    parents: tuple = ()
    partials: tuple = ()
    op: str = ""
    name: str = ""
    grad: float = 0.0

    def __post_init__(self):
        self.value = float(self.value)
        self.parents = tuple(self.parents)
        self.partials = tuple(self.partials)


# %% talking_to_stderr
import sys
import warnings


class Var:
    def __init__(self, value, parents=(), partials=(), op="", name=""):
        warnings.warn("a Var is born", stacklevel=1)
        print("value", value, file=sys.stderr)
        for key, kept in dict(parents=parents, partials=partials).items():
            setattr(self, key, tuple(kept))
        self.__dict__.update(value=value * 1.0, op=op, name=name, grad=0)
