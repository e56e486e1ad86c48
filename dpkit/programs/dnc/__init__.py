"""The differentiable neural computer: a network that learns to use a memory as a computer does.

    from dpkit.programs import dnc

    network = dnc.DNC(7, 6)
    dnc.train(network, dnc.copy, lengths=(1, 8))
    dnc.exact(lambda x: network(x, places=64), dnc.copy(16, 100))    # twice as long, more memory

============  ===================================================================================
`addressing`  one function for each equation of the paper: where to read and write
`access`      one step: what the controller says, what becomes of the memory
`network`     the controller beside it
`tasks`       copying, associative recall, a ride through a map that was shown in pieces
`training`    descent; and the LSTM that it is compared with
`movie`       a run as a picture of places and times, and as a movie of it
============  ===================================================================================

After Graves, Wayne, Reynolds, Harley et al., *Hybrid computing using a neural network with dynamic
external memory*, Nature 538, 471–476 (2016).
"""

from dpkit.programs.dnc import addressing, movie
from dpkit.programs.dnc.access import Interface, State, step
from dpkit.programs.dnc.network import DNC, Trace
from dpkit.programs.dnc.tasks import copy, exact, recall, traversal
from dpkit.programs.dnc.training import LSTM, train

__all__ = [
    "DNC",
    "LSTM",
    "Interface",
    "State",
    "Trace",
    "addressing",
    "copy",
    "exact",
    "movie",
    "recall",
    "step",
    "train",
    "traversal",
]
