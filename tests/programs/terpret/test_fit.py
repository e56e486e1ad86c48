"""What can be asked of a fit, of verification and of search."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dpkit.programs import terpret

PARITY = terpret.TASKS["parity of 4"]


def fit(**options):
    return terpret.fit(PARITY.program(), PARITY.examples, **{"restarts": 8, "steps": 20, **options})


def test_one_seed_is_one_result():
    one, same, other = fit(rng=1), fit(rng=1), fit(rng=2)
    np.testing.assert_array_equal(one.history, same.history)
    assert torch.equal(one.params["x"], same.params["x"])
    assert not torch.equal(one.params["x"], other.params["x"])


def test_it_goes_on_from_where_it_was():
    start = fit()
    untouched = start.params["x"].clone()
    more = fit(start=start, steps=30)
    assert torch.equal(start.params["x"], untouched)
    np.testing.assert_array_equal(more.history[:20], start.history)
    assert more.history.shape == (50, 8) and more.path[-1][0] == 50
    assert np.allclose(more.history[20], start.losses, atol=1e-6)
    assert more.losses.mean() < start.losses.mean()


def test_the_best_are_kept():
    found = fit()
    some = found.kept(3)
    np.testing.assert_array_equal(some.losses, np.sort(found.losses)[:3])
    assert some.best == 0 and some.history.shape == (20, 3)
    assert some.values()["x"].tolist() == found.values()["x"].tolist()
    assert all(each["x"].shape == (3, 4, 2) for _, each in some.path)
    assert torch.equal(some.path[-1][1]["x"], some.params["x"])


def test_params_go_to_a_program_of_another_size():
    small, large = (terpret.Program(terpret.SYMBOLS, W=k, H=k, T=6) for k in (2, 3))
    found = terpret.fit(small, terpret.mazes(None, 2, 2, (0, 1), 4), restarts=2, steps=2)
    moved = found.on(large)
    assert moved.program is large and moved.params is found.params
    on = terpret.fit(large, terpret.mazes(None, 3, 3, (0, 1), 4), start=moved, steps=2)
    assert on.program is large and on.history.shape == (4, 2)


def test_the_path_begins_at_the_start_and_ends_at_the_end():
    found = fit(steps=100)
    steps = [step for step, _ in found.path]
    assert steps[0] == 0 and steps[-1] == 100 and steps == sorted(set(steps)) and len(steps) < 30
    begun = PARITY.program().random_params(8, torch.Generator().manual_seed(0))
    assert torch.equal(found.path[0][1]["x"], begun["x"])
    assert torch.equal(found.path[-1][1]["x"], found.params["x"])


def test_a_callback_sees_each_step_and_ends_it():
    seen = []
    found = fit(callback=lambda step, losses: seen.append(losses.shape) or step == 6)
    assert seen == [(8,)] * 7 and found.history.shape == (7, 8) and found.path[-1][0] == 7


def test_what_is_no_number_is_not_the_best():
    found = fit(steps=0)
    assert found.history.shape == (0, 8) and found.kept(2).history.shape == (0, 2)
    losses = found.losses.copy()
    losses[found.best] = np.nan
    broken = replace(found, losses=losses)
    assert broken.best == int(np.nanargmin(losses)) and not np.isnan(broken.kept(7).losses).any()


def test_entropy_keeps_params_uncertain():
    def certainty(found):
        return torch.softmax(found.params["x"], -1).amax(-1).mean()

    assert certainty(fit(entropy=5.0)) < certainty(fit()) - 0.1


def test_noise_is_added_and_falls_off():
    calm, noisy, same = fit(), fit(noise=1.0), fit(noise=1.0)
    assert torch.equal(noisy.params["x"], same.params["x"])
    assert (calm.history[1] != noisy.history[1]).any()
    np.testing.assert_array_equal(calm.history[0], noisy.history[0])


@pytest.mark.parametrize("space", ["linear", "log"])
def test_either_number_system_learns(space):
    found = fit(steps=100, space=space, restarts=20)
    right = {(0, 0, 0, 0), (1, 1, 1, 1)}
    assert found.share(lambda values: tuple(values["x"].tolist()) in right) > 0.8


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_it_learns_on_this_device(device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    pictures = terpret.signs(20, np.random.default_rng(0))
    found = terpret.learn_maze(pictures, restarts=2, steps=2, polish=1, device=device)
    assert found.params["instr"].device.type == device and np.isfinite(found.history[0]).all()
    assert next(found.learned["LOOK"].parameters()).device.type == device
    assert terpret.draw_params(found.params) and found.listing()


def test_what_cannot_be_learnt_is_said():
    with pytest.raises(ValueError, match="no Learn function HEAR"):
        fit(learned={"HEAR": None})
    program = terpret.Program("x = Input(2); y = Output(2); y.set_to(x)")
    with pytest.raises(ValueError, match="no Param and no Learn function"):
        terpret.fit(program, ({"x": [0]}, {"y": [0]}))


def test_search_finds_all_and_no_more_than_it_may():
    program = PARITY.program()
    examples = PARITY.examples(np.random.default_rng(0))
    for chunk in (2048, 3):
        found = terpret.search(program, examples, chunk=chunk)
        assert [each["x"].tolist() for each in found] == [[0] * 4, [1] * 4]
    with pytest.raises(ValueError, match="There are 16 programs, more than 15"):
        terpret.search(program, examples, most=15)


def test_verification_is_exact_and_for_each_example():
    task = terpret.TASKS["half adder"]
    values = {"gate": [2, 0], "left": [1, 1], "right": [0, 0], "into": [2, 1]}
    inputs, outputs = task.examples(np.random.default_rng(0))
    assert terpret.verify(task.program(), values, (inputs, outputs)).all()
    outputs["y"][2] = 1 - outputs["y"][2]
    found = terpret.verify(task.program(), values, (inputs, outputs))
    assert found.tolist() == [True, True, False, True]


# Each task of the list can be done: a solution by hand, checked on all its examples.
BY_HAND = {
    "parity of 8": {"x": [1] * 8},
    "swap": {"gate": [2, 2, 2], "left": [0, 1, 0], "right": [1, 0, 1], "into": [0, 1, 0]},
    "invert": {"write": [[0] * 3, [1, 0, 2]], "move": [[0] * 3, [1, 1, 0]],
               "become": [[0] * 3, [1, 1, 0]]},
    # State 1 carries a zero, state 2 a one.
    "prepend zero": {"write": [[0] * 3, [0, 0, 0], [1, 1, 1]], "move": [[0] * 3, [1] * 3, [1] * 3],
                     "become": [[0] * 3, [1, 2, 0], [1, 2, 0]]},
    "decrement": {"write": [[0] * 3, [1, 0, 2], [0] * 3], "move": [[0] * 3, [1, 0, 0], [0] * 3],
                  "become": [[0] * 3, [1, 0, 0], [0] * 3]},
    "maze of symbols": {"instr": [3, 2, 0], "goto": [1, 2, 0]},
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_a_task_has_a_solution(name):
    task = terpret.TASKS[name]
    examples = task.examples(np.random.default_rng(3))
    assert terpret.verify(task.program(), BY_HAND[name], examples).all()
    assert "y" not in examples[0] and examples[1]


@pytest.mark.parametrize("name", ["parity of 4", "half adder", "swap"])
def test_the_batch_solves_it(name):
    """Those that take a second; the others are solved by the benchmark."""
    task = terpret.TASKS[name]
    program, examples = task.program(), task.examples(np.random.default_rng(0))
    found = terpret.fit(program, task.examples, restarts=100, **{"steps": 300, **task.options})
    assert terpret.verify(program, found.values(), examples).all()
