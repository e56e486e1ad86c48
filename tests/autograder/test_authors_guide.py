"""Every example of the guide for authors, run as marking runs it, and as a notebook does."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograder.marking import _evaluate
from tests.autograder.crossing import a_judge

GUIDE = Path(__file__).resolve().parents[2] / "course" / "authors.md"
BLOCK = re.compile(r"^```python (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(*kinds):
    """Each test of the guide with all the student's and locked cells before it."""
    found = []
    before = {"student": "import numpy as np\n", "locked": "import numpy as np\n"}
    for kind, source in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if kind in before:
            before[kind] += source
            continue
        if kind in kinds:
            first = source.strip().splitlines()[0]
            code = before["locked"] + before["student"]
            found.append(pytest.param(code, source, before["locked"], id=first))
    return found


@pytest.fixture(scope="module")
def judge(bubblewrap):
    pytest.importorskip("torch")
    with a_judge() as judge:
        yield judge


def test_there_are_examples():
    kinds = [kind for kind, _ in BLOCK.findall(GUIDE.read_text(encoding="utf-8"))]
    assert kinds.count("test") >= 10 and kinds.count("refused") >= 1


@pytest.mark.parametrize(("student", "test", "locked"), examples("test"))
def test_an_example_works(judge, student, test, locked):
    error = judge.error(student, test, locked)
    assert error is None, error


@pytest.mark.parametrize(("student", "test", "locked"), examples("refused"))
def test_an_example_of_what_is_refused_is_refused(judge, student, test, locked):
    error = judge.error(student, test, locked)
    assert error is not None and re.search(r"# refused: (.*)", test)[1] in str(error)


@pytest.mark.parametrize(("student", "test", "locked"), examples("test"))
def test_an_example_means_the_same_in_a_notebook(student, test, locked):
    pytest.importorskip("torch")
    names = {"__name__": "__main__"}
    exec("from autograder.helpers import rng\nimport math", names)
    exec(student, names)
    # There arguments are changed in place in any case.
    test = test.replace("assert list(x) == [1.0, 3.0]\nnormalise(inout(x))\n", "")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _evaluate(test, names)
