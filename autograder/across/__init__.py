"""What both processes need so that an ordinary test can use the student's code across the boundary.

* `containers`: lists, tuples and dictionaries taken apart and put together again;
* `foreign`: torch's tensors and dpkit's numbers, by value;
* `library`: functions of well-known libraries, by name;
* `deeds`: what a test may do to an object in the student's process, besides calling it;
* `torch_calls`, `dpkit_calls`: derivatives of a function that runs in the other process;
* `callbacks`: a test's function as the student's code sees it.

The same code runs on both sides, and trusts the other on neither.
"""
