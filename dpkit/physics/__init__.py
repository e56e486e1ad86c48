"""Things that move, as functions that can be differentiated: simulated, recognised, steered.

    from dpkit import physics

    ball = physics.impact_step(0.05, gravity=9.81, restitution=0.8)
    path = physics.rollout(ball, {"q": 1.0, "v": 0.0}, 40)

================  ================================================================================
`integrate`       steps of time, and paths made of them
`dormand_prince`  steps that choose their own size
`systems`         springs, pendulums, planets, a cart with a pole, a javelin: laws and energies
`contact`         the bounce, whose derivative the obvious program gets wrong
`look`            how moving discs look, and where they are seen
`identify`        the numbers in a law, from tracks and from films
`control`         plans made by descent, and a pendulum swung up by sight
`hamiltonian`     networks that learn a law, and one that cannot lose energy
`unlabelled`      an encoder that finds the discs in films without labels
`recurrent`       networks with a state, in the same `rollout`
================  ================================================================================
"""

from dpkit.physics.contact import impact_step, impact_time, naive_step, reflecting_step
from dpkit.physics.control import Plan, Planner, Run, World, mpc, swing_up_cost
from dpkit.physics.dormand_prince import adaptive
from dpkit.physics.hamiltonian import HamiltonianNetwork, RateNetwork, train_rates
from dpkit.physics.identify import Found, first_starts, fit_tracks, physics_from_video
from dpkit.physics.integrate import (
    euler,
    leapfrog,
    repeated,
    rk4,
    rollout,
    symplectic_euler,
)
from dpkit.physics.look import Discs, Look, Rod
from dpkit.physics.recurrent import (
    GRU,
    RNN,
    clip_gradients,
    echo,
    jacobian_norms,
    run_network,
)
from dpkit.physics.systems import CartPole, Javelin, Mechanics, Pendulum, Spring, TwoBody, throw
from dpkit.physics.unlabelled import Encoder, Learned, learn_places

__all__ = [
    "GRU",
    "RNN",
    "CartPole",
    "Discs",
    "Encoder",
    "Found",
    "HamiltonianNetwork",
    "Javelin",
    "Learned",
    "Look",
    "Mechanics",
    "Pendulum",
    "Plan",
    "Planner",
    "RateNetwork",
    "Rod",
    "Run",
    "Spring",
    "TwoBody",
    "World",
    "adaptive",
    "clip_gradients",
    "echo",
    "euler",
    "first_starts",
    "fit_tracks",
    "impact_step",
    "impact_time",
    "jacobian_norms",
    "leapfrog",
    "learn_places",
    "mpc",
    "naive_step",
    "physics_from_video",
    "reflecting_step",
    "repeated",
    "rk4",
    "rollout",
    "run_network",
    "swing_up_cost",
    "symplectic_euler",
    "throw",
    "train_rates",
]
