"""The lab has ordinary test cells only. What its sandbox imports before the first submission is
said here."""

from autograder.exercise import Lab

lab = Lab(
    "derivatives",
    "Derivatives, five ways",
    week=0,
    minutes=60,
    preload=("numpy", "torch", "matplotlib.pyplot"),
)
