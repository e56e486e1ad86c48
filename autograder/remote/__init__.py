"""Ordinary nbgrader tests, run by the judge with the student's code in another process.

    assert np.isclose(area(2.0), 4 * np.pi)

runs here, in trusted code: `np` and `assert` are the judge's own, `area` is a proxy. Calling it
runs the student's function in the student's process; plain data crosses by value, so nothing done
to an argument there is seen here. What comes back and is not plain data stays there, and a proxy
stands for it.

* `names`: the global names of a test;
* `proxy`: what can be done with an object of the student's, and what is refused;
* `boundary`: values and calls to the student's process and back, for the time of one test;
* `callbacks`: the test's own functions, called by the student's code;
* `inout`: arguments whose changes in place the test wants to see;
* `training`: a student's `torch.nn.Module` with parameters of the judge's;
* `raised`: exceptions of the student's code, as the test may expect them.

What both processes need is in `autograder.across`.
"""

from autograder.remote.names import TrustedNames, definitions, readable
from autograder.remote.proxy import Remote

__all__ = ["Remote", "TrustedNames", "definitions", "readable"]
