# %% [markdown]
# Other right ways to do exercise 2.1 (a value and a speed); each gets full marks.

# %% slots_and_an_operator
import operator


class Dual:
    __slots__ = ("primal", "tangent")

    def __init__(self, primal, tangent=0.0):
        self.primal, self.tangent = primal, tangent

    def _by(self, compare, other):
        return compare(self.primal, getattr(other, "primal", other))

    def __lt__(self, other):
        return self._by(operator.lt, other)

    def __le__(self, other):
        return self._by(operator.le, other)

    def __gt__(self, other):
        return self._by(operator.gt, other)

    def __ge__(self, other):
        return self._by(operator.ge, other)


def lift(x):
    if hasattr(x, "tangent"):
        return x
    return Dual(x)


# %% two_comparisons_from_two_others
class Dual:
    def __init__(self, primal, tangent=0.0):
        self.primal = float(primal)
        self.tangent = float(tangent)

    def __lt__(self, other):
        return self.primal < lift(other).primal

    def __le__(self, other):
        return not (self > other)

    def __gt__(self, other):
        return lift(other).primal < self.primal

    def __ge__(self, other):
        return not (self < other)


def lift(x):
    try:
        x.tangent
    except AttributeError:
        return Dual(x, 0)
    return x


# %% numpy_with_a_warning
import warnings
from dataclasses import dataclass


@dataclass(eq=False)
class Dual:
    primal: float
    tangent: float = np.float64(0.0)

    def __lt__(self, other):
        return np.less(self.primal, lift(other).primal)

    def __le__(self, other):
        return np.less_equal(self.primal, lift(other).primal)

    def __gt__(self, other):
        return np.greater(self.primal, lift(other).primal)

    def __ge__(self, other):
        return np.greater_equal(self.primal, lift(other).primal)


def lift(x):
    warnings.warn("lifting", stacklevel=1)
    return x if isinstance(x, Dual) else Dual(np.float64(x))
