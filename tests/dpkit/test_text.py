"""dpkit is a text that is read: its examples run, and its public names are described."""

import doctest
import importlib
import pkgutil
import re

import pytest

import dpkit as dp

MODULES = [module.name for module in pkgutil.walk_packages(dp.__path__, "dpkit.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module, extraglobs={"np": importlib.import_module("numpy")})
    assert results.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in MODULES]
    assert sum(len(test.examples) for module in modules for test in finder.find(module)) > 10


@pytest.mark.parametrize("name", dp.__all__)
def test_public_names_are_described(name):
    assert getattr(dp, name).__doc__


def test_everything_public_is_listed():
    functions = importlib.import_module("dpkit.functions")
    assert set(functions.__all__) <= set(dp.__all__)


def test_the_order_of_reading_names_every_module():
    named = set(re.findall(r"`(\w+)`", dp.__doc__))
    assert named == {module.name for module in pkgutil.iter_modules(dp.__path__)}
