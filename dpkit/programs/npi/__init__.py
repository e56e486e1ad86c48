"""A neural programmer-interpreter: a network that runs programs, and learns them by watching.

    from dpkit.programs import npi

    adder, history = npi.learn_addition()             # from sums of at most three digits
    pad = npi.Pad(271828182845904523536, 314159265358979323846)
    npi.run(adder, pad, "ADD")
    print(pad.result)
    npi.verify(adder, npi.every_frame())              # []: it adds numbers of every length

`every_sorting_frame` is the same for `learn_sorting`: rows of every length.

==============  ==================================================================================
`trace`         teachers: programs in plain Python that write down what they call
`core`          the network: f_enc, f_lstm, f_end, f_prog, f_arg, and the memory of programs
`encoders`      f_enc for symbols and for pictures
`curriculum`    which frames to learn from next
`training`      learning them
`interpreter`   running what was learnt, with a stack of calls
`verify`        every frame that can happen, looked at: a proof, or counterexamples
`viewer`        who called whom, with the scratch pad beside it
`recipes`       the four tasks below, taught with settings that were measured
`explain`       a picture becomes a program, and the program exact
`envs`          the worlds: `addition`, `sorting`, `car`, `drawing` (with `pictures` and `scenes`)
==============  ==================================================================================

Source: Reed & de Freitas, "Neural Programmer-Interpreters", 2016; Cai, Shin & Song, "Making Neural
Programming Architectures Generalize via Recursion", 2017; both International Conference on Learning
Representations.
"""

from dpkit.programs.npi.core import ACT, NPI, Answer, State, select
from dpkit.programs.npi.curriculum import AdaptiveCurriculum
from dpkit.programs.npi.encoders import PictureEncoder, SymbolEncoder
from dpkit.programs.npi.envs.addition import Adder, LoopAdder, Pad, every_frame, problems
from dpkit.programs.npi.envs.car import Car, Parker, View
from dpkit.programs.npi.envs.drawing import Artist, Sheet
from dpkit.programs.npi.envs.pictures import (
    SOFTNESS,
    Command,
    Program,
    overlap,
    refine_constants,
)
from dpkit.programs.npi.envs.scenes import Scene, lessons, some_scene
from dpkit.programs.npi.envs.sorting import LoopSorter, Row, Sorter, every_sorting_frame, rows
from dpkit.programs.npi.explain import Explanation, doubt, explain
from dpkit.programs.npi.interpreter import Call, Ending, Unfinished, run, run_batch
from dpkit.programs.npi.recipes import (
    learn_addition,
    learn_car,
    learn_drawing,
    learn_sorting,
)
from dpkit.programs.npi.trace import Environment, Frame, IllegalAct, Step, Teacher, unique
from dpkit.programs.npi.training import Examples, History, frame_losses, train
from dpkit.programs.npi.verify import Counterexample, verify
from dpkit.programs.npi.viewer import RunView, tree, view

__all__ = [
    "ACT",
    "NPI",
    "SOFTNESS",
    "AdaptiveCurriculum",
    "Adder",
    "Answer",
    "Artist",
    "Call",
    "Car",
    "Command",
    "Counterexample",
    "Ending",
    "Environment",
    "Examples",
    "Explanation",
    "Frame",
    "History",
    "IllegalAct",
    "LoopAdder",
    "LoopSorter",
    "Pad",
    "Parker",
    "PictureEncoder",
    "Program",
    "Row",
    "RunView",
    "Scene",
    "Sheet",
    "Sorter",
    "State",
    "Step",
    "SymbolEncoder",
    "Teacher",
    "Unfinished",
    "View",
    "doubt",
    "every_frame",
    "every_sorting_frame",
    "explain",
    "frame_losses",
    "learn_addition",
    "learn_car",
    "learn_drawing",
    "learn_sorting",
    "lessons",
    "overlap",
    "problems",
    "refine_constants",
    "rows",
    "run",
    "run_batch",
    "select",
    "some_scene",
    "train",
    "tree",
    "unique",
    "verify",
    "view",
]
