"""Mazes and signs: walks are as they were drawn, and examples tell no meanings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpkit.programs import terpret


@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(2, 7), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_the_signs_lead_along_the_walk(seed, width, height, length):
    grid, walk = terpret.maze(np.random.default_rng(seed), width, height, length)
    assert grid.shape == (width, height) and len(walk) == length + 1 == len(set(walk))
    for (x, y), after in zip(walk, walk[1:], strict=False):
        dx, dy = terpret.MOVES[grid[x, y]]
        assert after == (x + dx, y + dy) and 0 <= after[0] < width and 0 <= after[1] < height
    assert grid[walk[-1]] == terpret.HALT


def test_a_walk_too_long_for_its_maze_is_refused():
    with pytest.raises(ValueError, match="No walk of 4 steps was found in a maze of 2 × 2 cells"):
        terpret.maze(np.random.default_rng(0), 2, 2, 4)


def test_examples_are_pictures_starts_and_ends_and_nothing_else():
    pictures = terpret.signs(50, np.random.default_rng(0))
    draw = terpret.mazes(pictures, 3, 4, (0, 2), 30)
    inputs, outputs = draw(np.random.default_rng(1))
    assert inputs.keys() == {"img_grid", "init_X", "init_Y"}
    assert outputs.keys() == {"final_X", "final_Y", "path_len"}
    assert inputs["img_grid"].shape == (30, 3, 4, 12, 12) and inputs["img_grid"].dtype == np.float32
    assert set(outputs["path_len"]) == {0, 1, 2}
    again = draw(np.random.default_rng(1))
    np.testing.assert_array_equal(inputs["img_grid"], again[0]["img_grid"])
    # Each cell shows one of the pictures; which sign it is of, only a look at it says.
    known = pictures.astype(np.float32).reshape(250, -1)
    for cell in inputs["img_grid"][0].reshape(12, -1):
        assert (known == cell).all(1).sum() == 1


def test_signs_are_of_five_sorts_and_no_two_alike():
    found = terpret.signs(1000, np.random.default_rng(0), side=16)
    assert found.shape == (5, 1000, 16, 16) and found.min() > -0.5 and found.max() < 1.5
    mean = found.mean(1)
    for turns, label in ((0, 1), (1, 2), (2, 3), (3, 4)):  # one arrow, turned (rows grow downwards)
        assert abs(np.rot90(mean[1], turns) - mean[label]).max() < 0.07
    assert abs(mean[1] - mean[3]).max() > 0.14
    assert len(np.unique(found.reshape(5000, -1), axis=0)) == 5000
