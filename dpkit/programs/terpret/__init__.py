"""Programs with holes, filled by gradient descent: a differentiable interpreter language.

    from dpkit.programs import terpret

    program = terpret.Program("maze", W=3, H=3, T=9)     # a text, checked line by line
    found = terpret.fit(program, examples, restarts=16)  # from inputs and outputs alone
    print(found.listing())                               # what was learnt, as a program

A program computes with whole numbers of a finite range. Some of them are `Param`s: nobody says what
they are. Run on *distributions* instead of numbers, the same program has a slope with respect to
each, and what it should have answered tells what they should have been.

==========  =====================================================================================
`problems`  what is wrong with a program: the line, why, the remedy
`declared`  variables with a range, pictures, functions
`static`    what is known before anything runs: numbers, and the tables of functions
`names`     what names and expressions stand for
`declare`   declarations are read
`unroll`    statements: loops unrolled, branches merged, everything checked
`graph`     what remains: a list of nodes
`discrete`  it runs on numbers
`algebra`   distributions, as probabilities or as their logarithms
`soft`      it runs on distributions
`given`     what is given to it: complete, of the right shape, in its range
`program`   all of this behind one name
`listing`   a learned program, printed for a reader
`filling`   what it says once its Params are known
`times`     where it can be told without the time
`learn`     functions of pictures that are learnt with it
`fit`       many descents at once
`search`    verification; and search without gradients
`worlds`    mazes of signs
`tasks`     small programs to be found
`recipes`   the maze, learned whole
`picture`   Params that sharpen, a robot that walks
==========  =====================================================================================

After Gaunt, Brockschmidt, Singh, Kushman, Kohli, Taylor and Tarlow, *TerpreT: A Probabilistic
Programming Language for Program Induction*, 2016; and Gaunt, Brockschmidt, Kushman and Tarlow,
*Differentiable Programs with Neural Libraries*, ICML 2017.
"""

from dpkit.programs.terpret.fit import Fit, fit
from dpkit.programs.terpret.learn import Bank
from dpkit.programs.terpret.picture import draw_params, sharpening, walk
from dpkit.programs.terpret.problems import Problem, ProgramError
from dpkit.programs.terpret.program import LIBRARY, Program, check, source_of
from dpkit.programs.terpret.recipes import RIGHT, is_right, learn_maze
from dpkit.programs.terpret.search import Examples, search, verify
from dpkit.programs.terpret.tasks import SYMBOLS, TASKS, Task
from dpkit.programs.terpret.worlds import HALT, MOVES, maze, mazes, signs

__all__ = [
    "HALT",
    "LIBRARY",
    "MOVES",
    "RIGHT",
    "SYMBOLS",
    "TASKS",
    "Bank",
    "Examples",
    "Fit",
    "Problem",
    "Program",
    "ProgramError",
    "Task",
    "check",
    "draw_params",
    "fit",
    "is_right",
    "learn_maze",
    "maze",
    "mazes",
    "search",
    "sharpening",
    "signs",
    "source_of",
    "verify",
    "walk",
]
