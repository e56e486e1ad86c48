# %% [markdown]
# Wrong ways to do exercise 3.1 (a node that remembers); each loses marks, for the reason named.

# %% keeps_values_of_parents diagnosis="missing_parent"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(parent.value for parent in parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% keeps_lists diagnosis="wrong_type"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = list(parents)
        self.partials = list(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% forgets_the_adjoint diagnosis="missing"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% adjoint_is_none diagnosis="wrong_value"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = None

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% adjoint_starts_at_one diagnosis="wrong_value"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 1.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% value_stays_an_int diagnosis="wrong_type"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = value
        self.parents = tuple(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% parents_in_a_set diagnosis="wrong_type"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = set(parents)
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% parents_reversed diagnosis="swapped"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(reversed(parents))
        self.partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"


# %% local_names_only diagnosis="missing"
class Var:
    """One number of a computation, and how it was made.

    value     the number itself
    parents   the Vars it was made from, in order; empty for an input
    partials  its derivative by each parent, in the same order
    op, name  what to write beside it in a picture
    grad      its adjoint: 0.0 until a backward sweep has been here
    """

    def __init__(self, value, parents=(), partials=(), op="", name=""):
        """A Var that keeps what it is given."""
        self.value = float(value)
        self.parents = tuple(parents)
        partials = tuple(partials)
        self.op = op
        self.name = name
        self.grad = 0.0

    def __repr__(self):
        return f"Var({self.value:.6g})"
