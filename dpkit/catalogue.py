"""The catalogue of mistakes: what each is called, what to say about it, and where to reread.

The sentences are for whoever made the mistake. They say what happened and what to think of. Then
come three hints, to be opened one after the other: a question that makes one look again, where to
look and at what, and almost the answer. None of them gives the right expression away.

In a hint, ``{where}`` stands for the place in f and ``{operation}`` for the name of the operation;
`Diagnosis.hints` fills them in. ``reread`` is the section of the course notes: each kind has one in
"Reading other people's gradients", with an example and its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "Kind"]


@dataclass(frozen=True)
class Kind:
    """An entry of the catalogue.

    title: what the mistake is called. sentence: what happened, as half a sentence without a full
    stop. hints: three, from a nudge to almost the answer. reread: file and section of the notes.
    """

    title: str
    sentence: str
    hints: tuple[str, str, str]
    reread: str


# identifier: (title, sentence, (question, where to look, almost the answer))
_ENTRIES: dict[str, tuple[str, str, tuple[str, str, str]]] = {
    # No mistake, or none that has a name ---------------------------------------------------------
    "correct": (
        "Correct",
        "the gradient is right here and at other points",
        (
            "What would convince you that it is right everywhere, and not only at these points?",
            "Look at the points where f is special: a kink, a zero, the edge of its domain.",
            "Nothing is left to mend. If you want to try your luck, test a function in which every "
            "value is used twice: that is where most gradients break.",
        ),
    ),
    "unknown": (
        "Not the gradient",
        "the numbers are not the gradient, and no single mistake that we know explains them",
        (
            "Which components are right and which are wrong? What do the wrong ones have in common?",
            "Take f apart: test the gradient of its first step alone, then of the first two, and so "
            "on. The step at which it breaks is the place.",
            "There may be two mistakes at once. Write the value of every step at one point on paper, "
            "follow one adjoint back by hand beside your program, and stop at the first number that "
            "differs.",
        ),
    ),
    # Calculus: the derivative of one step --------------------------------------------------------
    "sign": (
        "Wrong sign",
        "a contribution has the opposite sign",
        (
            "If the argument grows a little, does f grow or shrink? What does your gradient say?",
            "Look at {where}. Which operation there turns a growing argument into a shrinking "
            "result?",
            "There is one minus too many or too few. Count them on the way back from the result: a "
            "subtraction, a negation, a reciprocal and a cosine each bring one.",
        ),
    ),
    "factor": (
        "Wrong scale",
        "a contribution is too large or too small by a constant factor",
        (
            "Divide what came back by what was expected. Is it the same number everywhere, and have "
            "you met that number before?",
            "Look at {where} for a constant that a derivative must keep, or must bring with it: an "
            "exponent, a ½, a number of samples.",
            "A ratio of 2 or ½ is often a square and its exponent; a ratio that counts something is "
            "a sum or a mean. Find the constant with this value, and follow it through your "
            "derivation.",
        ),
    ),
    "missing_factor": (
        "Missing factor",
        "one local derivative of the chain rule is missing",
        (
            "How many steps lie between the argument and the result? How many factors does your "
            "product have?",
            "Look at {where}. Its result moves at another rate than its argument does; where is "
            "this rate in your gradient?",
            "The chain rule has one factor for each function inside another. Name them from the "
            "outside in; the factor for {operation} is not in your code.",
        ),
    ),
    "repeated_factor": (
        "Repeated factor",
        "one local derivative was multiplied in twice",
        (
            "Suppose one step of f were twice as steep. Would your gradient double, or become four "
            "times as large?",
            "Look at {where}, and at each place in your code that multiplies by its local "
            "derivative. How many are there?",
            "Something that you multiply already contains the local derivative of {operation}. "
            "Often one function returns the error of a layer and its caller completes it once more.",
        ),
    ),
    "wrong_rule": (
        "Wrong rule",
        "the derivative of one operation is not the right one",
        (
            "Take {operation} by itself: how steep is it at a number that you can check with a "
            "pocket calculator?",
            "Look at {where}. Nudge its argument alone by 0.001, and compare how far its result "
            "moves with what your code says.",
            "All around it is right; only the derivative of {operation} is that of something else. "
            "Look it up, write it beside your line, and compare symbol by symbol, signs and "
            "exponents too.",
        ),
    ),
    "wrong_point": (
        "Wrong point",
        "a local derivative was evaluated at the wrong number",
        (
            "At which number is this derivative taken: at what goes into the operation, or at what "
            "comes out of it?",
            "Look at {where}. Print what goes in, what comes out, and what your derivative is given.",
            "The formula is right and its argument is not. A derivative written in terms of the "
            "result wants the result, one written in terms of the argument wants the argument; "
            "yours was given another number.",
        ),
    ),
    "constant_offset": (
        "Constant offset",
        "everywhere the same amount is added to the gradient or missing from it; look for a "
        "constant term, whose derivative is zero, or for a linear one",
        (
            "What is the derivative of a constant? And of a straight line?",
            "Subtract what was expected from what came back: it is the same at every point. Look "
            "for the term of f that could leave just this behind.",
            "A constant term was differentiated as if it varied, or a linear one was dropped. Go "
            "through the terms of f one by one, and ask of each what it leaves.",
        ),
    ),
    "swapped": (
        "Swapped",
        "two quantities changed places",
        (
            "Which two of your numbers would be right if they changed places?",
            "Look at {where}, and at the order in which its operands, or your results, are listed.",
            "Two roles are exchanged. Give the two quantities values and names that cannot be "
            "confused, follow each of them from f to your return statement, and see where they "
            "cross.",
        ),
    ),
    # Ways through the program ---------------------------------------------------------------------
    "missing_term": (
        "Missing term",
        "one way on which the argument influences the result is missing",
        (
            "Hold everything else still and move this argument alone. In how many places does f "
            "feel it?",
            "Look at {where}. Which of its operands depend on the argument? Each that does has a "
            "term of its own.",
            "One way from the argument to the result was taken for a constant. Write the gradient "
            "as a sum with one term for each way, and compare it with your code term by term.",
        ),
    ),
    "overwritten": (
        "Overwritten",
        "a value that is used several times collects one contribution for each use; only one of "
        "them was kept",
        (
            "Which value in f is used more than once? How many contributions does it receive, and "
            "how many are there at the end?",
            "Look at {where}, and at the line of yours that stores the adjoint. What becomes of "
            "what was stored there before?",
            "One contribution replaces the others, where they belong together. The difference "
            "between replacing and collecting is a single character.",
        ),
    ),
    "double_counted": (
        "Counted twice",
        "a contribution was passed on more than once",
        (
            "For b = a + a and c = b + b the derivative is 4. What does your program say, and how "
            "often does it visit b?",
            "Look at the moment at which a value passes its adjoint on. Can that happen twice, and "
            "what has changed in between?",
            "A running total was handed on, and later handed on again together with what had come "
            "since. A value may speak once: when it has heard everything.",
        ),
    ),
    "wrong_order": (
        "Wrong order",
        "adjoints were passed on before they were complete",
        (
            "When a value passes its adjoint on, have all the operations that use it had their "
            "turn?",
            "Draw f with `dp.draw_graph`, and number the boxes as your sweep visits them. Look for "
            "a box that is visited before one that was made from it.",
            "Where a short way and a long way lead to the same value, the short one arrives early; "
            "walking depth first or breadth first from the result is therefore not enough. Think of "
            "an order in which nothing comes before all of its users have.",
        ),
    ),
    "not_upstream": (
        "Nothing from above",
        "a local derivative was not multiplied by what comes from above",
        (
            "Your code knows how this step moves with its argument. Does it know how the result "
            "moves with this step?",
            "Look at {where}: which number arrives there from above, and where is it in your line?",
            "If f were multiplied by ten, every adjoint would be ten times as large. Find the line "
            "of yours that would not notice.",
        ),
    ),
    "wrong_seed": (
        "Wrong start",
        "the sweep begins with the derivative of the result with respect to itself",
        (
            "By how much does the result change when the result changes by one?",
            "Look at the line before your loop, the one that gives the result its own adjoint; or, "
            "if you go forwards, the ones that say which argument moves.",
            "The sweep started with a value where a derivative belongs. How anything changes with "
            "itself does not depend on what it is.",
        ),
    ),
    "zero": (
        "Zero",
        "the gradient is exactly zero although the result does depend on the argument",
        (
            "Move the argument a little. Does f move? Then where does the trail end?",
            "Follow the adjoint back from the result and print it at every step. Look for the step "
            "at which it becomes zero.",
            "Somewhere a number left the record: as a plain float, an integer, a comparison, or a "
            "copy that knows nothing of its origin. From there on it was taken for a constant.",
        ),
    ),
    # Arrays ---------------------------------------------------------------------------------------
    "transposed": (
        "Transposed",
        "the transpose of the gradient came back",
        (
            "What do the rows of your gradient count, and what do its columns? And those of the "
            "argument?",
            "Look at {where}. Write the shape beside every factor: entry (i, j) of the gradient "
            "belongs to entry (i, j) of the argument.",
            "The right numbers stand in mirrored places. Exchanging the factors of a matrix product "
            "mirrors its result; mostly the shapes tell you which way round it goes, and where the "
            "matrix is square, only the indices do.",
        ),
    ),
    "not_summed": (
        "Not summed",
        "an array that was stretched to fit going forwards must be summed over going backwards",
        (
            "How often does f use each entry of this argument? How many contributions does each "
            "entry of your gradient hold?",
            "Look at {where}. What was stretched there to fit: a bias to all rows of a batch, a "
            "number to a whole array?",
            "To copy forwards is to add backwards. Find the axis which the result has and the "
            "argument has not, or has with length one, and ask what should become of the "
            "contributions along it.",
        ),
    ),
    "averaged": (
        "Mean and sum",
        "a mean stands where a sum belongs, or the reverse",
        (
            "If every sample were listed twice, should the gradient change? Does yours?",
            "Look at {where}, and find each sum and each mean. By which number does each of them "
            "divide?",
            "The ratio of the numbers is a count: of samples, of columns, of entries. Either f or "
            "your gradient divides by it and the other does not, or one of them does so twice.",
        ),
    ),
    "wrong_argument": (
        "Another's gradient",
        "this is the gradient with respect to another argument",
        (
            "Whose gradient is this? Compare it with those of the other arguments.",
            "Look at the line that returns or stores this gradient: whose name stands there, and "
            "whose was meant?",
            "The numbers are right, but belong to another argument. Of two lines that are almost "
            "alike, one name or one index was not changed after copying.",
        ),
    ),
    "other_function": (
        "Another function",
        "this is the right gradient of another function",
        (
            "Does your gradient belong to the function that was asked about? Compare the values of "
            "the two functions at one point.",
            "Look at {where}, and at the same step of your own forward computation.",
            "Your backward steps are right for the forward steps that you took. Print both forward "
            "computations line by line, and find the first line at which they part.",
        ),
    ),
    # Numbers changed on the way out -----------------------------------------------------------------
    "magnitude": (
        "Size or sign lost",
        "only the sizes, or only the signs, of the derivatives came back",
        (
            "Is there a negative number in what was expected? In what came back? And do their sizes "
            "differ?",
            "Look for `abs`, for `sign`, or for a square and its root on the way out.",
            "A derivative says how fast, and in which direction. One of the two was thrown away "
            "after it had been computed rightly.",
        ),
    ),
    "clipped": (
        "Clipped",
        "the gradient was cut off at a largest size",
        (
            "What is the largest number in your gradient? Does it come up suspiciously often?",
            "Look for `clip`, `minimum` or `maximum`, or for a rescaling of what is too long, after "
            "the gradient is complete.",
            "To limit a step is the business of whoever takes the step. The gradient says how steep "
            "it is, however steep.",
        ),
    ),
    "normalised": (
        "Normalised",
        "the direction is right, but the length was fixed",
        (
            "As an arrow, how long is your gradient at one point, and how long at another?",
            "Look for a division by a norm, by a sum or by a largest entry in the last lines.",
            "The direction survives a division by the length; the steepness does not. If you want "
            "steps of equal length, divide where the steps are taken.",
        ),
    ),
    "weight_decay": (
        "Weight decay",
        "a multiple of the parameter itself was added to the gradient or is missing from it",
        (
            "Subtract what was expected from what came back, and divide by the parameter. What do "
            "you notice?",
            "Look for a penalty on the parameters, in f and in your gradient: is it in both, with "
            "the same factor, and for the same parameters?",
            "What is too much or too little is a multiple of the parameter, such as a squared "
            "length leaves when it is differentiated. One of the two has a penalty, or a factor in "
            "it, that the other has not.",
        ),
    ),
    "rounded": (
        "Rounded",
        "the gradient was rounded to a few digits",
        (
            "How many digits do your numbers have? Is it always the same number of them?",
            "Look for `round`, for an integer type, for text that was turned back into numbers, for "
            "figures copied from a printout.",
            "The derivation is right, as far as the digits go. Round for the reader where you "
            "print, and never in what you return.",
        ),
    ),
    "float32": (
        "Single precision",
        "the gradient is right to about seven digits, as numbers in float32 are. Compute in "
        "float64",
        (
            "To how many digits do the numbers agree? Which kind of number has so many?",
            "Print the dtype of every array on the way. Look for `float32`, for the default dtype "
            "of a library, for data read from a file.",
            "The derivation is right and the arithmetic is coarse. A single array in single "
            "precision spoils the later digits of everything that is made from it.",
        ),
    ),
    "finite_difference": (
        "Finite differences",
        "these numbers come from a difference quotient, not from the rules of differentiation",
        (
            "How does your error change if the step is made ten times as small?",
            "Look for a small number such as 1e-5 in your code, and for two values of f that are "
            "subtracted.",
            "A difference quotient needs no calculus. That makes it a good test of a derivation, "
            "and a poor substitute for one: use the rules, and keep the quotient to check them.",
        ),
    ),
    # The form of the answer -------------------------------------------------------------------------
    "shape": (
        "Wrong shape",
        "the gradient has the shape of the argument",
        (
            "How many numbers does this argument hold, and in which arrangement? And what came "
            "back?",
            "Print `np.shape` of the argument, of your gradient, and of each factor in the line "
            "that computes it.",
            "A gradient answers each entry of the argument, 'how much does f move with you?' So it "
            "has an answer in each place, and no others.",
        ),
    ),
    "missing": (
        "Nothing returned",
        "no gradient came back",
        (
            "What does a Python function give back that ends without saying what?",
            "Look at the last line of your function, and at each branch in which it can end.",
            "The gradient may well be computed, and computed rightly. On the way that was taken "
            "here it is not handed back.",
        ),
    ),
    "wrong_type": (
        "Not a number",
        "the gradient consists of plain numbers",
        (
            "What is the `type` of what you return, and of what is in it?",
            "Look at the return statement. Is there an object of the engine, a text or a gap where "
            "a plain number should be?",
            "Objects that take part in the recording carry their number with them. Hand back the "
            "number, not its carrier.",
        ),
    ),
    "not_finite": (
        "Not finite",
        "the gradient is infinite or not a number where the true one is finite",
        (
            "Which operation in your gradient can overflow or divide by zero, and which numbers was "
            "it given here?",
            "Print the values just before the first `inf` or `nan`. Look for exp of something "
            "large, for log or a reciprocal of something near zero, for 0 to some power.",
            "The true slope is finite, so on paper the infinities cancel. Rearrange your expression "
            "until they have cancelled before the machine meets them.",
        ),
    ),
    # Manners ------------------------------------------------------------------------------------------
    "accumulated": (
        "Left over from before",
        "asked again at the same point, the gradient grows: adjoints of the previous call are "
        "still there and were added to. Each call must begin from zero",
        (
            "Call your function twice in a row. What has changed the second time?",
            "Look for what outlives a call: adjoints kept in nodes, a list or a buffer outside the "
            "function, a default argument.",
            "Something is added to that nobody has emptied. Decide who does so at the start of each "
            "call, and think of the values in the middle of the graph too.",
        ),
    ),
    "nondeterministic": (
        "Not repeatable",
        "asked twice at the same point, the function gives different answers",
        (
            "What in your function can differ from one call to the next?",
            "Look for random numbers, for a counter or a list that lives outside the function, for "
            "a set whose order varies.",
            "A point has one gradient. What is drawn at random must be drawn beforehand and handed "
            "in; what is remembered must be forgotten when the next call begins.",
        ),
    ),
    "mutated_input": (
        "Changed its argument",
        "the function changed the array it was given; whoever called it still needs the old one. "
        "Work on a copy",
        (
            "After your function has run, does the caller's array still hold the same numbers?",
            "Look for `+=`, `*=`, `x[...] = ...`, `sort` or `out=` on anything that came in as an "
            "argument.",
            "Two names may mean one array, and `y = x` copies nothing. Before your function changes "
            "an array, it needs one of its own.",
        ),
    ),
    "aliased": (
        "Shared memory",
        "the gradient shares its memory with something else, and changes when that does",
        (
            "If somebody writes into the array that you returned, whose numbers change as well?",
            "Look at what you return. Is it fresh memory, or a buffer, or a slice of one, that the next "
            "call will use again?",
            "Slices, transposes and reshapes are views: they share memory with what they were taken "
            "from. What leaves your function should belong to nobody else.",
        ),
    ),
    # Training loops -----------------------------------------------------------------------------------
    "stale": (
        "Stale",
        "this is the gradient at an earlier point",
        (
            "At which point was this gradient computed, and at which point is it used?",
            "Look for a gradient, or a value saved for it, that is computed before the parameters "
            "move and used afterwards.",
            "These numbers were right once. Whatever depends on the parameters must be computed "
            "anew when they have moved; find what was kept from the last time.",
        ),
    ),
    "post_update": (
        "After the update",
        "values from after the update of the parameters were used where the old ones belong",
        (
            "Which values in your step were computed with the old parameters, and which with the "
            "new ones?",
            "Look at the order of the lines: is a parameter changed before another gradient, which "
            "needs its old value, is complete?",
            "All gradients of one step belong to one point. Nobody may move before everybody has "
            "been asked.",
        ),
    ),
    "ascent": (
        "Uphill",
        "each step goes along the gradient instead of against it",
        (
            "Does the loss rise or fall from step to step? And which way does a gradient point?",
            "Look at the line that changes the parameters, and at its sign.",
            "A gradient points to where the loss grows fastest. Whoever wants less of it walks the "
            "other way.",
        ),
    ),
    "learning_rate": (
        "Wrong step length",
        "the steps have the right direction, but are not the learning rate times the gradient",
        (
            "Divide the change of a parameter by its gradient. Which number comes out, and which "
            "was agreed on?",
            "Look at where the learning rate comes in: once for each parameter in each step, and "
            "always the same?",
            "The direction is right and the length is not. The rate is missing or comes in twice, "
            "or it got mixed up with a count of samples or of steps.",
        ),
    ),
    "no_update": (
        "No step",
        "the parameters stay as they are",
        (
            "Print a parameter before and after a step. Did the numbers change, and is it still the "
            "same object?",
            "Look at what stands on the left of the line that changes the parameter. Who else sees "
            "that name?",
            "A new value was computed, but what the caller holds is still the old one. Either the "
            "caller's object changes, or the caller is given the new one and uses it.",
        ),
    ),
    "late_evaluation": (
        "Evaluated late",
        "the loss was recorded after the update instead of before it",
        (
            "To which parameters does the first loss in your list belong?",
            "Look at the order of two lines in the loop: the one that records the loss and the one "
            "that changes the parameters.",
            "The list is right but begins one step late: each entry tells of the point after its "
            "step. The loss that belongs to a step is the one whose gradient was taken.",
        ),
    ),
}

CATALOGUE: dict[str, Kind] = {
    kind: Kind(title, sentence, hints, f"mistakes.md#{kind.replace('_', '-')}")
    for kind, (title, sentence, hints) in _ENTRIES.items()
}
