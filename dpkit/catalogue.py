"""The catalogue of mistakes: what each is called, what to say about it, and where to reread.

The sentences are for whoever made the mistake. They say what happened and what to think of; none of
them gives the right answer away. ``reread`` is the anchor of a section in the course notes.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "Kind"]


@dataclass(frozen=True)
class Kind:
    """An entry of the catalogue: what a mistake is called, in a sentence, and where to reread."""

    title: str
    sentence: str
    reread: str


CATALOGUE: dict[str, Kind] = {
    "correct": Kind(
        "Correct", "the gradient is right here and at other points", "gradient"
    ),
    "unknown": Kind(
        "Not the gradient",
        "the numbers are not the gradient, and no single mistake that we know explains them",
        "gradient-check",
    ),
    "sign": Kind("Wrong sign", "a contribution has the opposite sign", "local-derivatives"),
    "factor": Kind("Wrong scale", "a contribution is too large or too small by a constant factor",
                   "chain-rule"),
    "missing_factor": Kind(
        "Missing factor", "one local derivative of the chain rule is missing", "chain-rule"
    ),
    "repeated_factor": Kind(
        "Repeated factor", "one local derivative was multiplied in twice", "chain-rule"
    ),
    "missing_term": Kind(
        "Missing term", "one way on which the argument influences the result is missing",
        "fan-out",
    ),
    "swapped": Kind("Swapped", "two quantities changed places", "local-derivatives"),
    "wrong_rule": Kind(
        "Wrong rule", "the derivative of one operation is not the right one", "local-derivatives"
    ),
    "wrong_point": Kind(
        "Wrong point", "a local derivative was evaluated at the wrong number", "chain-rule"
    ),
    "overwritten": Kind(
        "Overwritten",
        "a value that is used several times collects one contribution for each use; only one of "
        "them was kept",
        "fan-out",
    ),
    "double_counted": Kind(
        "Counted twice", "a contribution was passed on more than once", "topological-order"
    ),
    "wrong_order": Kind(
        "Wrong order", "adjoints were passed on before they were complete", "topological-order"
    ),
    "not_upstream": Kind(
        "Nothing from above",
        "a local derivative was not multiplied by what comes from above", "backward-sweep",
    ),
    "wrong_seed": Kind(
        "Wrong start", "the sweep begins with the derivative of the result with respect to itself",
        "backward-sweep",
    ),
    "accumulated": Kind(
        "Left over from before",
        "asked again at the same point, the gradient grows: adjoints of the previous call are "
        "still there and were added to. Each call must begin from zero",
        "zeroing",
    ),
    "zero": Kind(
        "Zero", "the gradient is exactly zero although the result does depend on the argument",
        "recording",
    ),
    "constant_offset": Kind(
        "Constant offset",
        "everywhere the same amount is added to the gradient or missing from it; look for a "
        "constant term, whose derivative is zero, or for a linear one",
        "local-derivatives",
    ),
    "shape": Kind("Wrong shape", "the gradient has the shape of the argument", "gradient"),
    "missing": Kind("Nothing returned", "no gradient came back", "gradient"),
    "wrong_type": Kind("Not a number", "the gradient consists of plain numbers", "gradient"),
    "not_finite": Kind(
        "Not finite", "the gradient is infinite or not a number where the true one is finite",
        "floating-point",
    ),
    "mutated_input": Kind(
        "Changed its argument",
        "the function changed the array it was given; whoever called it still needs the old one. "
        "Work on a copy",
        "aliasing",
    ),
    "nondeterministic": Kind(
        "Not repeatable",
        "asked twice at the same point, the function gives different answers", "gradient-check",
    ),
    "float32": Kind(
        "Single precision",
        "the gradient is right to about seven digits, as numbers in float32 are. Compute in "
        "float64",
        "floating-point",
    ),
    "finite_difference": Kind(
        "Finite differences",
        "these numbers come from a difference quotient, not from the rules of differentiation",
        "finite-differences",
    ),
}  # fmt: skip
