"""Walking downhill: torch's optimisers on dpkit's tensors, and `minimize` for whole problems.

    w = dp.tensor(np.zeros(3), requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        loss(w).backward()
        optimizer.step()

    result = optim.minimize(loss, np.zeros(3), method="lbfgs")      # x, fun, and the way there

`sgd` (plain, heavy ball, Nesterov), `adam`, `lbfgs` and `proximal` (ISTA, FISTA) hold one method
each, `line_search` the step lengths of L-BFGS. All take numpy arrays and torch tensors, on CPU or GPU.
"""

from dpkit.optim.adam import Adam
from dpkit.optim.lbfgs import LBFGS
from dpkit.optim.minimize import Result, Trace, minimize
from dpkit.optim.optimizer import Optimizer
from dpkit.optim.proximal import ProximalGradient, soft_threshold
from dpkit.optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adam",
    "Optimizer",
    "ProximalGradient",
    "Result",
    "Trace",
    "minimize",
    "soft_threshold",
]
