"""The parts of `autograder.grade`, each of which knows one thing.

survey     which submissions wait, and the longest first
recorder   nbgrader's autograde in its two halves: a notebook to mark, and its marks recorded
gradebook  nbgrader's gradebook, opened once, a submission a transaction
queue      jobs through an executor whose processes may die
"""
