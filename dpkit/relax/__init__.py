"""Relaxations: soft versions of hard decisions, and gradients of expectations.

A comparison, an argmax, a sort or a throw of dice is flat almost everywhere and jumps elsewhere, so
its derivative is zero or missing. A *relaxation* is a smooth function beside it, with a
*temperature*: towards 0 the hard decision returns, and with it the flatness; a higher temperature
lets slopes through from further away, and is further from what was meant. Whatever was trained warm
is judged cold: by the hard function.

    from dpkit import relax

    relax.soft_argmax(scores, temperature=0.1)                 # a place between the places
    relax.score_function(reward, relax.Bernoulli, 0.3, rng)      # a slope from a coin

===============  ================================================================================
`choice`         which is largest: `softmax`, `soft_choice`, `soft_argmax`, `soft_max`
`branch`         if and abs: `soft_step`, `soft_if`, `huber`
`boxes`          how far two boxes overlap: `iou`, `soft_iou`
`permutations`   sorting and matching: `sinkhorn`, `soft_permutation`, `soft_sort`
`gumbel`         one of several, by lot: `gumbel_softmax`, `straight_through`
`distributions`  dice that depend on parameters: `Normal`, `Bernoulli`, `Categorical`
`estimators`     the slope of an expectation: `score_function`, `reparameterize`
`annealing`      from warm to cold: `anneal`
`given`          what the functions check, and arrays of the same kind
===============  ================================================================================

All take numbers, numpy arrays, torch tensors and dpkit's own numbers and tensors, and are
differentiated as any other function is.
"""

from dpkit.relax.annealing import anneal
from dpkit.relax.boxes import iou, soft_iou
from dpkit.relax.branch import huber, soft_if, soft_step
from dpkit.relax.choice import soft_argmax, soft_choice, soft_max, softmax
from dpkit.relax.distributions import Bernoulli, Categorical, Normal
from dpkit.relax.estimators import Estimate, reparameterize, score_function
from dpkit.relax.gumbel import gumbel_softmax, straight_through
from dpkit.relax.permutations import sinkhorn, soft_permutation, soft_sort

__all__ = [
    "Bernoulli",
    "Categorical",
    "Estimate",
    "Normal",
    "anneal",
    "gumbel_softmax",
    "huber",
    "iou",
    "reparameterize",
    "score_function",
    "sinkhorn",
    "soft_argmax",
    "soft_choice",
    "soft_if",
    "soft_iou",
    "soft_max",
    "soft_permutation",
    "soft_sort",
    "soft_step",
    "softmax",
    "straight_through",
]
