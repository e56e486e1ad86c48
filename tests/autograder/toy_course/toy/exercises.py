"""The toy lab's exercises: small, with a hidden case each, and a kind for every classic mistake."""

import numpy as np

from autograder.exercise import Lab

lab = Lab("toy", "A slope, a mean and a word", week=0, minutes=15)


def mistake(got, x):
    """What a wrong slope of x cubed looks like."""
    right = 3 * x**2
    for kind, wrong in {"sign": -right, "missing_factor": x**2, "zero": 0.0}.items():
        if isinstance(got, (int, float)) and np.isclose(got, wrong):
            return kind
    return "wrong_value"


MESSAGES = {
    "sign": "The slope has the wrong sign.",
    "missing_factor": "The 3 in front is missing: the exponent comes down as a factor.",
    "zero": "The slope is zero everywhere, so nothing ever changes.",
    "wrong_value": "This is not the slope of x³.",
}


@lab.exercise(
    "1.1",
    "A slope",
    points=2,
    minutes=3,
    reread="week00.md#slopes",
    hints=("What does the exponent do?", "The power rule.", "The 3 comes down."),
)
class Slope:
    def probe(student, x):
        return student.slope(x)

    def verdict(ask, rng, mark):
        with mark.part("at a positive point", 1):
            x = float(rng.uniform(1, 2))
            got = ask(x=x)
            kind = mistake(got, x)
            mark.close(got, 3 * x**2, kind=kind, message=MESSAGES[kind], given={"x": x})
        ### BEGIN HIDDEN TESTS
        with mark.part("at a negative point", 1, hidden=True):
            x = float(rng.uniform(-2, -1))
            got = ask(x=x)
            kind = mistake(got, x)
            mark.close(got, 3 * x**2, kind=kind, message=MESSAGES[kind], given={"x": x})
        ### END HIDDEN TESTS


@lab.exercise("1.2", "A centred list", points=2, minutes=3, reread="week00.md#means")
class Centre:
    def probe(student, numbers):
        given = list(numbers)
        return {"centred": student.centre(given), "given": given}

    def verdict(ask, rng, mark):
        numbers = [float(number) for number in rng.uniform(1, 2, 4)]
        right = [number - sum(numbers) / 4 for number in numbers]
        wrong = {"kind": "wrong_value", "message": "The numbers are not centred on their mean."}
        with mark.part("values", 1):
            mark.close(ask(numbers=numbers)["centred"], right, given={"numbers": numbers}, **wrong)
        with mark.part("the list that was given", 1):
            got = ask(numbers=numbers)
            mark.close(got["centred"], right, **wrong)  # doing nothing at all earns nothing
            mark.close(
                got["given"],
                numbers,
                kind="mutated_input",
                message="The list that was given has been changed: make a new one.",
            )
