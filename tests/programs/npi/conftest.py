"""Networks that several tests ask about: trained once, in a short setting, on one thread."""

import pytest
import torch

from dpkit.programs import npi


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def adder(one_thread):
    return npi.learn_addition(steps=900)[0]


@pytest.fixture(scope="package")
def sorter(one_thread):
    return npi.learn_sorting(examples=1000, steps=450)[0]
