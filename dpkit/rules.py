"""The table of derivatives: every operation that dpkit can differentiate, one row each.

A row is written as it would be in a book, as text in the operation's arguments ``x`` and ``y`` and
its result ``z``:

* its **value**,
* its **local derivatives** ``dx`` (the slope of z as x moves and y stands still) and ``dy``,
* its **usual misreadings**: what people write instead of the local derivative, with the sentence
  that a tutor would say.

All engines live on this one table. `Scalar` multiplies the local derivatives together backwards,
`Dual` forwards, `Tensor` does so with whole arrays; `grad_source` and `compile_grad` print them;
and `diagnose` puts a misreading in the place of the truth to see whether it explains somebody's
wrong numbers. Adding an operation is adding a row.

Using the result z saves work: the slope of ``exp`` is its own value, and ``sigmoid`` and ``tanh``
need no second exponential. Where there is a choice, ``gx`` says how g is multiplied with ``dx`` if
both are whole arrays: so that no array of ones is made, and float32 stays float32.
"""

from __future__ import annotations

from dpkit.rule import Misreading, Rule, misread, rule

__all__ = ["RULES", "Misreading", "Rule"]

_LOST_MINUS = 2.85  # turns both slopes round, so a minus lost nearby is likelier


_TABLE = (
    # Arithmetic --------------------------------------------------------------------------------
    rule(
        "add", "x + y",
        misread("wrong_rule", "a sum was differentiated as if it were a product",
                dx="y", dy="x"),
        dx="1.0", dy="1.0", symbol="+",
    ),
    rule(
        "sub", "x - y",
        misread("sign", "the second term of a difference is subtracted, but its share was added",
                dy="1.0"),
        misread("swapped", "the two terms of the difference changed places",
                dx="-1.0", dy="1.0", rank=_LOST_MINUS),
        dx="1.0", dy="-1.0", symbol="−",
    ),
    rule(
        "mul", "x * y",
        misread("swapped", "each factor was given its own value as slope; in a product the slope "
                "with respect to one factor comes from the other", dx="x", dy="y"),
        # Of one factor alone that is a missing factor, and told as one.
        misread("wrong_rule", "a product was differentiated as if it were a sum",
                dx="1.0", dy="1.0", rank=1.55),
        misread("wrong_point", "the slope with respect to one factor is the other factor; here it "
                "is the product itself", dx="z", dy="z"),
        dx="y", dy="x", symbol="×",
    ),
    rule(
        "div", "x / y",
        misread("sign", "a larger denominator makes the quotient of positive numbers smaller; "
                "the denominator's share came out with the opposite sign", dy="z / y"),
        misread("wrong_rule", "in the denominator's share of the quotient rule, the denominator "
                "is divided by once too few", dy="-z"),
        misread("missing_factor", "in the denominator's share of the quotient rule, the numerator "
                "is missing", dy="-1.0 / (y * y)"),
        misread("missing_factor", "the numerator's share was not divided by the denominator",
                dx="1.0"),
        misread("wrong_rule", "the numerator's share was divided by the denominator twice",
                dx="1.0 / (y * y)"),
        misread("wrong_rule", "the numerator's share was multiplied by the denominator instead of "
                "divided", dx="y"),
        misread("wrong_rule", "in the quotient rule, everything is divided by the square of the "
                "denominator; here it was divided by the denominator once",
                dx="1.0", dy="-z"),
        misread("wrong_rule", "in the quotient rule, everything is divided by the square of the "
                "denominator; that division is missing",
                dx="y", dy="-x"),
        misread("swapped", "the two terms of the quotient rule were subtracted in the wrong "
                "order", dx="-1.0 / y", dy="z / y", rank=_LOST_MINUS),
        misread("swapped", "numerator and denominator changed places",
                dx="-z / y", dy="1.0 / y"),
        dx="1.0 / y", dy="-z / y", symbol="÷",
    ),
    rule(
        "neg", "-x",
        misread("sign", "the minus sign in front was lost", dx="1.0"),
        dx="-1.0", symbol="−",
    ),
    rule(
        # The `where`s keep x ** 0 and 0 ** y differentiable. A negative base has no neighbours
        # with real powers, so there the slope in the exponent is not a number.
        "power", "power(x, y)",
        misread("missing_factor", "the exponent did not come down as a factor",
                dx="power(x, y - 1.0)"),
        misread("wrong_rule", "the exponent came down as a factor, but was not lowered by one",
                dx="y * z"),
        misread("wrong_rule", "the exponent was raised by one instead of lowered",
                dx="y * z * x"),
        misread("wrong_rule", "the lowered exponent came down as the factor",
                dx="(y - 1.0) * power(x, y - 1.0)"),
        misread("missing_factor", "the exponent came down, but the base with its lowered exponent did "
                "not stay", dx="y"),
        misread("wrong_rule", "the power was integrated instead of differentiated",
                dx="z * x / (y + 1.0)"),
        misread("missing_factor", "the exponent varies here: its share lacks the factor that the "
                "logarithm of the base gives", dy="z"),
        misread("wrong_rule", "the exponent varies here, but was differentiated as if it were "
                "the base", dy="y * power(x, y - 1.0)"),
        misread("wrong_rule", "the exponent's share has the logarithm of the exponent instead of "
                "that of the base", dy="z * log(y)"),
        dx="y * power(where((x == 0.0) & (y == 0.0), 1.0, x), y - 1.0)",
        dy="where(x < 0.0, nan, z * log(where(x <= 0.0, 1.0, x)))",
        symbol="^",
    ),
    rule(
        "square", "x * x",
        misread("missing_factor", "the exponent did not come down as a factor", dx="x"),
        misread("wrong_rule", "the exponent came down as a factor, but was not lowered by one",
                dx="2.0 * z"),
        misread("missing_factor", "the exponent came down, but the base, now to the power of one, did "
                "not stay", dx="2.0"),
        misread("wrong_rule", "the square was integrated instead of differentiated",
                dx="z * x / 3.0"),
        dx="2.0 * x", symbol="²",
    ),
    # Exponentials and logarithms -----------------------------------------------------------------
    rule(
        "exp", "exp(x)",
        misread("wrong_rule", "an exponential was differentiated as if it were a power",
                dx="x * exp(x - 1.0)"),
        misread("wrong_rule", "the exponent itself was taken for the slope of exp", dx="x"),
        misread("wrong_rule", "the exponent came down as a factor", dx="x * z"),
        dx="z",
    ),
    rule(
        "expm1", "expm1(x)",
        misread("wrong_rule", "the value of expm1 was taken for its slope, as one may for exp",
                dx="z"),
        dx="z + 1.0",
    ),
    rule(
        "log", "log(x)",
        misread("wrong_point", "the reciprocal was taken of the logarithm, not of what the "
                "logarithm was taken of", dx="1.0 / z"),
        misread("wrong_rule", "the slope of log was multiplied where it should divide", dx="x"),
        misread("wrong_rule", "log was differentiated once too often", dx="-1.0 / (x * x)"),
        misread("wrong_rule", "the slope of log was divided by its argument twice",
                dx="1.0 / (x * x)"),
        misread("wrong_rule", "log was taken to be its own derivative, as exp is", dx="z"),
        dx="1.0 / x",
    ),
    rule(
        "log1p", "log1p(x)",
        misread("wrong_point", "the slope was taken at x, but log1p is the logarithm of 1 + x",
                dx="1.0 / x"),
        dx="1.0 / (1.0 + x)",
    ),
    rule(
        "sqrt", "sqrt(x)",
        misread("missing_factor", "a square root is a power, and its exponent, one half, must "
                "come down as a factor", dx="1.0 / z"),
        misread("wrong_rule", "the square root is still in the numerator of its slope",
                dx="0.5 * z"),
        misread("wrong_rule", "the root itself is missing from the slope of the root",
                dx="0.5 / x"),
        misread("wrong_rule", "the 2 of the square root's slope is on the wrong side of the "
                "fraction", dx="2.0 / z"),
        misread("wrong_rule", "the exponent one half was lowered by one only in part",
                dx="0.5 * power(x, -1.5)"),
        dx="0.5 / z", symbol="√",
    ),
    # Angles ------------------------------------------------------------------------------------
    rule(
        "sin", "sin(x)",
        misread("wrong_rule", "sin was taken to be its own derivative", dx="z"),
        misread("wrong_rule", "the slope of cos was used for sin", dx="-z"),
        dx="cos(x)",
    ),
    rule(
        "cos", "cos(x)",
        misread("sign", "cos falls where sin is positive: the slope of cos has lost its sign",
                dx="sin(x)"),
        misread("wrong_rule", "cos was taken to be its own derivative", dx="z"),
        misread("wrong_rule", "cos was taken to be its own derivative, up to a sign", dx="-z"),
        dx="-sin(x)",
    ),
    rule(
        "tan", "tan(x)",
        misread("wrong_rule", "the slope of tanh was used for tan", dx="1.0 - z * z"),
        misread("wrong_rule", "the cosine in the slope of tan is not squared", dx="1.0 / cos(x)"),
        misread("wrong_rule", "the slope of arctan was used for tan", dx="1.0 / (1.0 + x * x)"),
        dx="1.0 + z * z",
    ),
    rule(
        "arcsin", "arcsin(x)",
        misread("sign", "the slope of arccos was used for arcsin", dx="-1.0 / sqrt(1.0 - x * x)"),
        misread("wrong_rule", "the square root is missing from the slope of arcsin",
                dx="1.0 / (1.0 - x * x)"),
        misread("wrong_rule", "the slope of arctan was used for arcsin",
                dx="1.0 / (1.0 + x * x)"),
        dx="1.0 / sqrt(1.0 - x * x)",
    ),
    rule(
        "arccos", "arccos(x)",
        misread("sign", "the slope of arcsin was used for arccos", dx="1.0 / sqrt(1.0 - x * x)"),
        misread("wrong_rule", "the square root is missing from the slope of arccos",
                dx="-1.0 / (1.0 - x * x)"),
        dx="-1.0 / sqrt(1.0 - x * x)",
    ),
    rule(
        "arctan", "arctan(x)",
        misread("sign", "the square in the slope of arctan has the wrong sign",
                dx="1.0 / (1.0 - x * x)"),
        misread("wrong_rule", "the square is missing from the slope of arctan",
                dx="1.0 / (1.0 + x)"),
        misread("wrong_rule", "the slope of tan was used for arctan", dx="1.0 + power(tan(x), 2)"),
        misread("wrong_rule", "the slope of arcsin was used for arctan",
                dx="1.0 / sqrt(1.0 - x * x)"),
        dx="1.0 / (1.0 + x * x)",
    ),
    # Hyperbolic functions and the squashing functions of neural networks -----------------------
    rule(
        "sinh", "sinh(x)",
        misread("wrong_rule", "sinh was taken to be its own derivative", dx="z"),
        dx="cosh(x)",
    ),
    rule(
        "cosh", "cosh(x)",
        misread("wrong_rule", "cosh was taken to be its own derivative", dx="z"),
        misread("sign", "cosh was given the sign of cos: the hyperbolic rules have no minus",
                dx="-sinh(x)"),
        dx="sinh(x)",
    ),
    rule(
        "tanh", "tanh(x)",
        misread("sign", "the slope of tan was used for tanh", dx="1.0 + z * z"),
        misread("wrong_point", "the slope of tanh was written with its input where its output "
                "belongs", dx="1.0 - x * x"),
        misread("wrong_rule", "the output of tanh is not squared in its slope", dx="1.0 - z"),
        misread("wrong_rule", "the slope of sigmoid was used for tanh", dx="z * (1.0 - z)"),
        misread("repeated_factor", "the slope of tanh was multiplied in twice",
                dx="(1.0 - z * z) * (1.0 - z * z)"),
        dx="1.0 - z * z",
    ),
    rule(
        "sigmoid", "sigmoid(x)",
        misread("wrong_point", "the slope of sigmoid was written with its input where its output "
                "belongs", dx="x * (1.0 - x)"),
        misread("missing_factor", "one of the two factors of the sigmoid's slope is missing",
                dx="z"),
        misread("missing_factor", "one of the two factors of the sigmoid's slope is missing",
                dx="1.0 - z"),
        misread("wrong_rule", "the slope of tanh was used for sigmoid", dx="1.0 - z * z"),
        misread("sign", "a sign is wrong inside the slope of sigmoid", dx="z * (1.0 + z)"),
        misread("repeated_factor", "the slope of sigmoid was multiplied in twice",
                dx="z * z * (1.0 - z) * (1.0 - z)"),
        dx="z * (1.0 - z)", symbol="σ",
    ),
    rule(
        "softplus", "softplus(x)",
        misread("sign", "the sign of the exponent is wrong in the slope of softplus",
                dx="sigmoid(-x)"),
        misread("missing_factor", "the slope of softplus is a fraction, and its denominator is "
                "missing", dx="exp(x)"),
        misread("missing_factor", "the slope of softplus is a fraction, and its numerator is "
                "missing", dx="1.0 / (1.0 + exp(x))"),
        misread("wrong_rule", "the smooth ramp was differentiated as if it were relu",
                dx="where(x > 0.0, 1.0, 0.0)"),
        dx="sigmoid(x)",
    ),
    # Ramps, corners and choices ------------------------------------------------------------------
    rule(
        "relu", "relu(x)",
        misread("wrong_rule", "the value of relu was taken for its slope", dx="z"),
        misread("swapped", "the two sides of relu's kink changed places",
                dx="where(x > 0.0, 0.0, 1.0)"),
        dx="where(x > 0.0, 1.0, 0.0)", gx="where(z > 0.0, g, 0.0)",
    ),
    rule(
        "abs", "abs(x)",
        misread("missing_factor", "abs falls where its argument is negative, but was given the "
                "same slope on both sides", dx="1.0"),
        misread("wrong_rule", "abs was differentiated as if it were relu",
                dx="where(x > 0.0, 1.0, 0.0)"),
        misread("wrong_rule", "the value of abs was taken for its slope", dx="z"),
        dx="where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0))",
        gx="where(x > 0.0, g, where(x < 0.0, -g, 0.0))", symbol="| |",
    ),
    rule(
        "maximum", "maximum(x, y)",
        misread("wrong_rule", "only the larger argument moves the maximum, but both received a "
                "share", dx="1.0", dy="1.0"),
        misread("swapped", "the share went to the smaller argument",
                dx="where(x < y, 1.0, 0.0)", dy="where(y < x, 1.0, 0.0)"),
        dx="where(x > y, 1.0, where(x == y, 0.5, 0.0))",
        dy="where(y > x, 1.0, where(x == y, 0.5, 0.0))",
        gx="where(x > y, g, where(x == y, 0.5 * g, 0.0))",
        gy="where(y > x, g, where(x == y, 0.5 * g, 0.0))", symbol="max",
    ),
    rule(
        "minimum", "minimum(x, y)",
        misread("wrong_rule", "only the smaller argument moves the minimum, but both received a "
                "share", dx="1.0", dy="1.0"),
        misread("swapped", "the share went to the larger argument",
                dx="where(x > y, 1.0, 0.0)", dy="where(y > x, 1.0, 0.0)"),
        dx="where(x < y, 1.0, where(x == y, 0.5, 0.0))",
        dy="where(y < x, 1.0, where(x == y, 0.5, 0.0))",
        gx="where(x < y, g, where(x == y, 0.5 * g, 0.0))",
        gy="where(y < x, g, where(x == y, 0.5 * g, 0.0))", symbol="min",
    ),
)  # fmt: skip

RULES: dict[str, Rule] = {row.name: row for row in _TABLE}
