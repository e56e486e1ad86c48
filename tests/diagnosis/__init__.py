"""The judge of `dpkit.diagnose`: a corpus of wrong gradients, derived by hand, and what to call them.

    python -m tests.diagnosis            the score, with a confusion table
    python -m tests.diagnosis --seed 7   the same mistakes at other numbers and in other shapes

Nothing here is taken from dpkit's tables: a wrong gradient is what a student wrote in numpy or in
an engine of their own. Most come from a right derivation with switches, one for each mistake, so
that the derivation itself can be tested with the switches off (`test_cases`).

    families                                             what `diagnose` has to say
    single   one mistake in a derivation                 its kind, one of `kinds`
    engine   one mistake in an engine or a framework     its kind, one of `kinds`
    manners  changes arguments, remembers, repeats       its kind, one of `kinds`
    pair     two mistakes at once                        one of the two, or "unknown"
    strange  not a mistake of differentiation            "unknown", or a name that is true
    right    right, in unusual dress                     "correct"

Every module has a function ``cases(rng)``; numbers and sizes are drawn from it.
"""
