"""What a function may not call while it is checked."""

import textwrap

import numpy as np
import pytest

import dpkit as dp
from autograder.errors import StudentError
from autograder.probe import Student

WAYS = {
    "its own name": "import dpkit as dp\ndef own(x): return dp.softmax(x)",
    "the whole name": "import dpkit\ndef own(x): return dpkit.softmax(x)",
    "an alias": "from dpkit import softmax as s\ndef own(x): return s(x)",
    "an import inside": "def own(x):\n    import dpkit\n    return dpkit.softmax(x)",
    "a from inside": "def own(x):\n    from dpkit import softmax\n    return softmax(x)",
    "its module": "from dpkit.arrays import soft\ndef own(x): return soft.softmax(x)",
    "a helper": "import dpkit as dp\ndef helps(x): return dp.softmax(x)\n"
    "def own(x): return helps(x)",
    "nothing of one's own": "from dpkit import softmax as own",
    "a closed module": "import dpkit as dp\ndef own(x): return dp.relax.softmax(x, 1.0)",
    "what is in one": "from dpkit.relax import softmax as s\ndef own(x): return s(x, 1.0)",
    "a default": "import dpkit as dp\ndef own(x, ready=dp.softmax): return ready(x)",
    "a default by name": "import dpkit as dp\ndef own(x, *, ready=dp.relax): return ready.softmax(x, 1.0)",
    "the module, renamed": "from dpkit import relax as r\ndef own(x): return r.softmax(x, 1.0)",
}  # fmt: skip
CLOSED = ["dpkit.softmax", "dpkit.relax", "torch"]
ATTACKS = {
    "a variable of a function around it": "import dpkit as dp\n"
    "def make(ready):\n    def own(x): return ready(x)\n    return own\nown = make(dp.softmax)",
    "a module in such a variable": "import dpkit as dp\n"
    "def make(lib):\n    def own(x): return lib.softmax(x)\n    return own\nown = make(dp)",
    "a function in such a variable": "import dpkit as dp\ndef make(f):\n"
    "    def own(x): return f(x)\n    return own\nown = make(lambda x: dp.softmax(x))",
    "a function of its own as a default": "import dpkit as dp\n"
    "def own(x, f=lambda x: dp.softmax(x)): return f(x)",
    "import_module": "import importlib\n"
    "def own(x): return importlib.import_module('dpkit').softmax(x)",
    "import_module by itself": "from importlib import import_module as get\n"
    "def own(x): return get('dpkit.relax').softmax(x, 1.0)",
    "import_module inside": "def own(x):\n    from importlib import import_module\n"
    "    return import_module('dpkit').softmax(x)",
    "the list of modules": "import sys\ndef own(x): return sys.modules['dpkit'].softmax(x)",
    "the list of modules, renamed": "from sys import modules\n"
    "def own(x): return modules['dpkit.relax'].softmax(x, 1.0)",
    "a helper that imports": "def helps(x):\n    import dpkit\n    return dpkit.softmax(x)\n"
    "def own(x): return helps(x)",
    "__import__": "def own(x): return __import__('dpkit').softmax(x)",
    "__import__ of builtins": "import builtins\n"
    "def own(x): return builtins.__import__('dpkit').softmax(x)",
}
OPEN = {
    "a method": "import dpkit as dp\nclass Helper:\n    def go(self, x): return dp.softmax(x)\n"
    "def own(x): return Helper().go(x)",
}  # A class keeps its own globals: a copy of it would no longer be the class of what there is of it.


def student(source):
    namespace = {}
    exec(textwrap.dedent(source), namespace)
    return Student(namespace)


@pytest.mark.parametrize("way", WAYS)
def test_ready_made_answers_refuse(way):
    with pytest.raises(StudentError, match="is ready-made. Write your own here") as caught:
        student(WAYS[way]).rebind("own", without=CLOSED)(np.arange(3.0))
    assert caught.value.kind == "borrowed"
    assert "dpkit" not in caught.value.message  # students write dp


@pytest.mark.attack
@pytest.mark.parametrize(
    "way", [*ATTACKS, *(pytest.param(way, marks=pytest.mark.xfail) for way in OPEN)]
)
def test_there_is_no_way_round(way):
    theirs = student((ATTACKS | OPEN)[way])
    assert theirs.own(np.arange(3.0)) == pytest.approx(dp.softmax(np.arange(3.0)))
    with pytest.raises(StudentError, match="is ready-made. Write your own here") as caught:
        theirs.rebind("own", without=CLOSED)(np.arange(3.0))
    assert caught.value.kind == "borrowed"


def test_what_a_function_keeps_goes_on():
    """A counter that two functions share, one that calls itself, and the ordinary use of sys."""
    theirs = student(
        """
        import importlib
        import sys
        def make():
            count = 0
            def down(n):
                nonlocal count
                count += 1
                return n if n <= 0 else down(n - 1)
            def counted(): return count
            return down, counted
        down, counted = make()
        def logged(f):
            def around(*given): return f(*given)
            return around
        @logged
        def own(n):
            assert importlib.import_module("math").pi > 3 and "math" in sys.modules
            assert sys.modules["math"].pi > 3 and sys.maxsize > 0 and late() == 0
            return helper(down(n))
        def helper(x): return x
        def outer():
            def late(): return unset
            unset = 0
            return late
        late = outer()
        """
    )
    assert theirs.rebind("own", without=CLOSED)(3) == 0
    assert theirs.counted() == 4
    assert theirs.rebind("own", helper=lambda x: x + 10)(1) == 10  # through the decorator, too


@pytest.mark.parametrize("way", WAYS)
def test_nothing_refuses_afterwards(way):
    theirs = student(WAYS[way])
    with pytest.raises(StudentError):
        theirs.rebind("own", without=CLOSED)(np.arange(3.0))
    assert theirs.own(np.arange(3.0)) == pytest.approx(dp.softmax(np.arange(3.0)))


@pytest.mark.parametrize(
    "body",
    [
        "nn.layers.Linear(1, 1)",
        "nn.layers.Linear",
        "nn.Linear(1, 1)",
        "import dpkit.nn.layers; dpkit.nn.layers.Linear(1, 1)",
        "from dpkit.nn.layers import Linear; Linear(1, 1)",
        "class Mine(nn.Module): pass",
        "nn.layers.nested.deeper.still()",
    ],
)
def test_a_closed_package_is_closed_all_the_way_down(body):
    theirs = student(f"from dpkit import nn\ndef own():\n    {body}")
    with pytest.raises(StudentError, match="is ready-made") as caught:
        theirs.rebind("own", without=["dpkit.nn"])()
    assert caught.value.kind == "borrowed"
    assert "`dp.nn." in caught.value.message


def test_everything_else_goes_on():
    theirs = student(
        """
        import math
        import dpkit as dp
        import numpy as np
        from dpkit import nn

        def own(x):
            assert isinstance(dp.tensor(x), dp.Tensor) and issubclass(nn.Linear, nn.Module)
            raised = dp.exp(x - dp.max(x))
            return np.asarray(raised / dp.sum(raised)) * math.exp(0)
        """
    )
    got = theirs.rebind("own", without=CLOSED)(np.arange(3.0))
    assert got == pytest.approx(dp.softmax(np.arange(3.0)))


def test_the_slope_of_a_guarded_function():
    theirs = student("import dpkit as dp\ndef own(x): return dp.sum(dp.sin(x))")
    slope = dp.grad(theirs.rebind("own", without=CLOSED))(np.array([0.3, 0.4]))
    assert slope == pytest.approx(np.cos([0.3, 0.4]))


def test_what_is_lent_is_never_closed():
    theirs = student("def own(x): return lent(x)")
    assert theirs.rebind("own", without=CLOSED, lent=dp.softmax)(np.zeros(2)) == pytest.approx(0.5)


def test_a_library_that_is_not_there_is_no_matter():
    theirs = student("def own(x):\n    import nowhere\n    return nowhere.answer(x)")
    with pytest.raises(ModuleNotFoundError):
        theirs.rebind("own", without=["nowhere"])(1.0)
    assert student("def own(x): return x").rebind("own", without=["nowhere.at_all"])(2.0) == 2.0


def test_a_thing_of_the_student_s_by_its_global_name():
    theirs = student(
        """
        class Engine:
            def sin(self, x): return x
        engine = Engine()
        def own(x): return engine.sin(x)
        """
    )
    assert theirs.rebind("own")(1.0) == 1.0
    with pytest.raises(StudentError, match="`engine.sin` is ready-made"):
        theirs.rebind("own", without=["engine"])(1.0)
