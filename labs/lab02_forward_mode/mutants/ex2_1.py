# %% [markdown]
# Wrong ways to do exercise 2.1 (a value and a speed); each loses marks, for the reason named.

# %% constants_move diagnosis="wrong_seed"
def lift(x):
    """x as a Dual: a plain number stands still."""
    return x if isinstance(x, Dual) else Dual(x, 1.0)


# %% moves_by_default diagnosis="wrong_seed"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=1.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% ignores_the_tangent diagnosis="wrong_value"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = 0.0

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% changes_places diagnosis="swapped"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = tangent
        self.tangent = primal

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% forgets_the_tangent diagnosis="missing"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% speeds_decide diagnosis="wrong_value"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.tangent < lift(other).tangent

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.tangent > lift(other).tangent

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% speeds_break_ties diagnosis="wrong_value"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return (self.primal, self.tangent) <= (lift(other).primal, lift(other).tangent)

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% strict_for_both diagnosis="wrong_value"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal > lift(other).primal


# %% compares_with_duals_only diagnosis="missing_lift"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < other.primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return self.primal > lift(other).primal

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% compares_to_a_dual diagnosis="wrong_type"
class Dual:
    """A number and how fast it moves: primal + tangent · ε, where ε² = 0."""

    def __init__(self, primal, tangent=0.0):
        """A Dual that keeps what it is given."""
        self.primal = primal
        self.tangent = tangent

    def __repr__(self):
        return f"Dual({self.primal:.6g}, {self.tangent:.6g})"

    def __lt__(self, other):
        """self < other: True or False"""
        return self.primal < lift(other).primal

    def __le__(self, other):
        """self <= other"""
        return self.primal <= lift(other).primal

    def __gt__(self, other):
        """self > other"""
        return Dual(self.primal > lift(other).primal)

    def __ge__(self, other):
        """self >= other"""
        return self.primal >= lift(other).primal


# %% wraps_a_dual_again diagnosis="wrong_type"
def lift(x):
    """x as a Dual: a plain number stands still."""
    return Dual(x, 0.0)


# %% dpkit_s_own diagnosis="borrowed"
class Dual(dp.Dual):
    pass


def lift(x):
    return x if isinstance(x, Dual) else Dual(x)
