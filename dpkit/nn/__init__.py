"""Networks from modules, with torch's names: layers, their parameters, and losses.

    net = nn.MLP((2, 8, 1), rng=0)                       # Linear, Tanh, Linear
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        nn.binary_cross_entropy_with_logits(net(x), y).backward()
        optimizer.step()

A module computes with tensors like any other function; what it adds is that it knows its parameters
by name. `module` says how, `layers` has the layers, `chains` what holds several modules, `losses`
what is minimised. They work on numpy arrays and, with a torch `dtype` or a `device`, on torch
tensors, on CPU or GPU.
"""

from dpkit.nn.chains import MLP, ModuleList, Sequential
from dpkit.nn.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Sigmoid, Tanh
from dpkit.nn.losses import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    MSELoss,
    binary_cross_entropy_with_logits,
    cross_entropy,
    mse_loss,
)
from dpkit.nn.module import Module, functional_call
from dpkit.nn.resnet import ResNet50

__all__ = [
    "MLP",
    "BCEWithLogitsLoss",
    "BatchNorm2d",
    "Conv2d",
    "CrossEntropyLoss",
    "Flatten",
    "Linear",
    "MSELoss",
    "Module",
    "ModuleList",
    "ReLU",
    "ResNet50",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "functional_call",
    "mse_loss",
]
