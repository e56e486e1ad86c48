"""Learning is real: chance does not do it, wrong answers teach nothing, and pictures get their names
from what moves."""

import numpy as np
import pytest
import torch

from dpkit.programs import terpret
from dpkit.programs.terpret.fit import Fit

INSTR, GOTO = terpret.RIGHT[0]
KNOWN = {"instr": INSTR, "goto": GOTO}


@pytest.fixture(scope="module")
def pictures():
    return terpret.signs(600, np.random.default_rng(0))


@pytest.fixture(scope="module")
def maze():
    return terpret.Program("maze", W=3, H=3, T=9)


def bank(seed=0):
    return terpret.Bank(1, (144, 64, 5), generator=torch.Generator().manual_seed(seed))


def test_one_random_start_in_four_hundred_is_right(maze):
    """4 of 4³ · 3³ programs are; and that is how often a beginning decodes to one."""
    params = maze.random_params(40_000, torch.Generator().manual_seed(0))
    found = {name: each.argmax(-1).numpy() for name, each in params.items()}
    rights = sum(
        ((found["instr"] == instr).all(1) & (found["goto"] == goto).all(1)).sum()
        for instr, goto in terpret.RIGHT
    )
    assert rights == pytest.approx(40_000 * 4 / 1728, rel=0.4)


def test_descent_finds_the_program_and_from_shuffled_answers_it_does_not():
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=9)
    draw = terpret.mazes(None, 3, 3, (0, 2), 20)

    def shuffled(rng):
        inputs, outputs = draw(rng)
        order = rng.permutation(20)
        return inputs, {name: each[order] for name, each in outputs.items()}

    found, not_found = (
        terpret.fit(program, each, restarts=16, steps=150) for each in (draw, shuffled)
    )
    assert found.share(terpret.is_right) >= 2 / 16 and terpret.is_right(found.values())
    assert found.losses.min() < 0.01
    assert not_found.share(terpret.is_right) == 0 and not_found.losses.min() > 1


@pytest.mark.parametrize(("instr", "looks"), [([3, 2, 0], True), ([1, 2, 0], False)])
def test_a_picture_that_is_never_looked_at_teaches_nothing(maze, pictures, instr, looks):
    inputs, outputs = terpret.mazes(pictures, 3, 3, (0, 2), 8)(np.random.default_rng(1))
    inputs, outputs = (
        {n: torch.as_tensor(v) for n, v in each.items()} for each in (inputs, outputs)
    )
    look = bank()
    params = maze.certain_params({"instr": instr, "goto": GOTO})
    maze.loss(params, inputs, outputs, {"LOOK": look}).sum().backward()
    largest = max(float(each.grad.abs().max()) for each in look.parameters())
    assert largest > 1e-3 if looks else largest == 0


@pytest.fixture(scope="module")
def look(maze, pictures):
    """LOOK, learnt within the right program from where walks end and how long they are."""
    sure = maze.certain_params(KNOWN)
    start = Fit(maze, sure, {"LOOK": bank().kept([0])}, np.zeros(1), np.zeros((0, 1)))
    found = terpret.fit(
        maze, terpret.mazes(pictures, 3, 3, (0, 2), 64), start=start, steps=200, dropout=0.5
    )
    assert terpret.is_right(found.values())
    return found.networks()["LOOK"]


def test_no_class_changes_places_with_another(look):
    """Nobody named a sign; what each is called follows from where it leads."""
    unseen = terpret.signs(200, np.random.default_rng(99))
    confusion = np.array([np.bincount(look.classify(each), minlength=5) for each in unseen])
    assert (confusion.argmax(1) == np.arange(5)).all()
    assert np.trace(confusion) / confusion.sum() > 0.85


def test_it_is_used_unchanged_in_another_program(look):
    """`count` was never trained: it is told what to count, and shown rows of signs not seen before."""
    rng = np.random.default_rng(98)
    unseen, rows = terpret.signs(100, rng), rng.integers(0, 5, (200, 6))
    inputs = {"row": unseen[rows, rng.integers(0, 100, rows.shape)]}
    program = terpret.Program("count")
    named = look.classify(inputs["row"].reshape(-1, 12, 12)).numpy().reshape(rows.shape)
    for what in range(5):
        seen = {"total": (named == what).sum(1)}
        assert terpret.verify(program, {"what": what}, (inputs, seen), {"LOOK": look}).all()
        truth = {"total": (rows == what).sum(1)}
        assert terpret.verify(program, {"what": what}, (inputs, truth), {"LOOK": look}).mean() > 0.5


def test_what_is_to_be_counted_is_learnt_with_the_known_look(look, pictures):
    """And LOOK, being known, stays as it was."""
    rng = np.random.default_rng(97)
    rows = rng.integers(0, 5, (30, 6))
    row = pictures[rows, rng.integers(0, 600, rows.shape)]
    before = [each.clone() for each in look.parameters()]
    found = terpret.fit(
        terpret.Program("count"), ({"row": row}, {"total": (rows == 3).sum(1)}), restarts=4,
        steps=40, learned={"LOOK": look},
    )  # fmt: skip
    assert found.values() == {"what": 3}
    assert all(map(torch.equal, before, look.parameters()))
    assert found.networks()["LOOK"].restarts == 1 and found.kept(2).learned["LOOK"].restarts == 1


def test_one_seed_is_one_result_whatever_else_was_drawn(maze, pictures):
    """Networks are learnt with dropout, which draws, too."""

    def learned(seed, steps=3, start=None):
        torch.manual_seed(np.random.default_rng().integers(1 << 30))
        before = torch.get_rng_state()
        found = terpret.fit(
            maze,
            terpret.mazes(pictures, 3, 3, (0, 2), 4),
            restarts=3,
            steps=steps,
            rng=seed,
            start=start,
        )
        assert torch.equal(torch.get_rng_state(), before)  # and others' draws are left alone
        return found

    one, same, other = learned(1), learned(1), learned(2)
    np.testing.assert_array_equal(one.history, same.history)
    assert all(map(torch.equal, one.learned["LOOK"].weights, same.learned["LOOK"].weights))
    assert (one.history != other.history).any()
    on, too = (learned(4, start=each).history for each in (one, same))
    np.testing.assert_array_equal(on, too)


def test_dropout_is_a_share_of_what_is_hidden():
    """Against torch's own: as many are dropped, what remains is as much more."""
    x = torch.ones(200, 500)
    some = terpret.Bank(1, (4, 2), dropout=0.3).train()
    some.masks = torch.Generator().manual_seed(0)
    dropped = some._dropped(x)
    torch.manual_seed(0)
    assert torch.equal(dropped, torch.nn.functional.dropout(x, 0.3))
    assert torch.equal(some.eval()._dropped(x), x)


def test_a_known_function_can_be_learnt_on_in_every_restart(maze, pictures):
    draw = terpret.mazes(pictures, 3, 3, (0, 2), 4)
    known = bank().kept([0])
    found = terpret.fit(maze, draw, restarts=3, steps=1, learned={"LOOK": known})
    more = terpret.fit(maze, draw, start=found, steps=2)
    assert more.learned["LOOK"].restarts == 3 and known.restarts == 1
    assert (more.learned["LOOK"].weights[0] != known.weights[0]).any()


def test_pictures_that_are_no_numbers_are_told(maze):
    nothing = np.full((5, 4, 12, 12), np.nan)
    with pytest.raises(ValueError, match="No restart has come to a finite loss"):
        terpret.fit(maze, terpret.mazes(nothing, 3, 3, (0, 2), 4), restarts=2, steps=2)


def test_interrupted_it_leaves_what_it_began_with(maze, pictures):
    draw = terpret.mazes(pictures, 3, 3, (0, 2), 4)
    start = terpret.fit(maze, draw, restarts=2, steps=1)
    before = [start.params["instr"].clone(), start.learned["LOOK"].weights[0].clone()]

    def interrupt(step, losses):
        if step == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        terpret.fit(maze, draw, start=start, steps=3, callback=interrupt)
    assert torch.equal(start.params["instr"], before[0])
    assert torch.equal(start.learned["LOOK"].weights[0], before[1])
    assert not start.learned["LOOK"].training and start.history.shape == (1, 2)


def test_the_whole_recipe_in_small(pictures):
    told = []
    found = terpret.learn_maze(
        pictures, restarts=3, steps=4, polish=4,
        callback=lambda step, losses: told.append((step, len(losses))),
    )  # fmt: skip
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3), (4, 1), (5, 1), (6, 1), (7, 1)]
    assert found.program.constants["W"] == 4 and len(found.losses) == 1
    assert [step for step, _ in found.path] == list(range(9))
    assert not any(each.requires_grad for each in found.learned["LOOK"].parameters())
    ended = terpret.learn_maze(
        pictures, restarts=2, steps=2, polish=3, callback=lambda step, losses: step == 3
    )
    assert len(ended.history) == 4
