# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Toy lab · A slope, a mean and a word
#
# Everything that a lab may hold, once: exercises with a probe and a verdict, an ordinary test cell,
# a written answer.

# %% nbgrader={"grade_id": "setup", "locked": true}
import numpy as np

from autograder import check

# %% [markdown]
# ## 1.1 A slope (2 points, 3 minutes)
#
# The derivative of $x^3$.


# %% nbgrader={"grade_id": "ex1_1", "solution": true}
def slope(x):
    """The derivative of x cubed."""
    ### BEGIN SOLUTION
    return 3 * x**2
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_1", "grade": true, "points": 2}
check("1.1")

# %% [markdown]
# ## 1.2 A centred list (2 points, 3 minutes)
#
# A new list: every number minus the mean of them all. The list that was given stays as it was.


# %% nbgrader={"grade_id": "ex1_2", "solution": true}
def centre(numbers):
    """A new list: the numbers minus their mean."""
    ### BEGIN SOLUTION
    mean = sum(numbers) / len(numbers)
    return [number - mean for number in numbers]
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_2", "grade": true, "points": 2}
check("1.2")

# %% [markdown]
# ## 1.3 A sum (1 point, 3 minutes)
#
# The sum of a list, tested by an ordinary cell of asserts.


# %% nbgrader={"grade_id": "ex1_3", "solution": true}
def total(numbers):
    """The sum of the numbers."""
    ### BEGIN SOLUTION
    running = 0
    for number in numbers:
        running += number
    return running
    ### END SOLUTION


# %% nbgrader={"grade_id": "check1_3", "grade": true, "points": 1}
assert total([1, 2]) == 3, "1 + 2 should be 3"
### BEGIN HIDDEN TESTS
assert total([]) == 0, "the sum of nothing should be 0"
assert np.isclose(total([0.5] * 9), 4.5), "nine halves should be 4.5"
### END HIDDEN TESTS

# %% [markdown]
# ## 1.4 A word (2 points, 5 minutes)
#
# Why does the slope of $x^3$ never fall below zero?

# %% [markdown] nbgrader={"grade_id": "why1_4", "grade": true, "solution": true, "points": 2}
# It is three times a square, and the square of a real number is never negative.
