"""The curriculum, the loss and the training."""

import numpy as np
import pytest
import torch

from dpkit.programs import npi


def test_hard_frames_are_drawn_more_often_but_no_program_starves():
    programs = np.array([0] * 990 + [1] * 10)
    curriculum = npi.AdaptiveCurriculum(programs, {0: 0.5}, rng=0)
    assert np.mean(programs[curriculum.draw(4000)] == 1) == pytest.approx(0.5, abs=0.04)
    losses = np.full(1000, 1e-4)
    losses[7] = 5.0
    curriculum.update(losses)
    drawn = curriculum.draw(4000)
    assert np.mean(drawn == 7) == pytest.approx(0.25, abs=0.03)  # half of its program's half
    assert len(set(drawn[programs[drawn] == 0].tolist())) > 300  # the others are met now and then
    with pytest.raises(ValueError, match="shares of programs must be positive"):
        npi.AdaptiveCurriculum(programs, {0: -0.5, 1: 0.1})


def fresh(seed=0):
    pad = npi.Pad
    return npi.NPI(
        pad.programs, npi.SymbolEncoder(pad.symbols, pad.arguments), pad.arguments, seed=seed
    )


def some_frames(count=40):
    pairs = npi.problems(count, 2, 5)
    return npi.unique(f for pair in pairs for f in npi.Adder(npi.Pad(*pair)).record("ADD"))


def test_the_loss_is_minus_log_of_the_product_of_probabilities():
    net, frames = fresh(), some_frames(6)
    losses = npi.frame_losses(net, npi.Examples.of(net, frames)).detach().numpy()
    for frame, loss in zip(frames, losses, strict=True):
        state, likely = net.start(), 1.0
        given = torch.zeros(1, 3, dtype=torch.long)
        program = torch.tensor([net.number(frame.program)])
        for step in frame.steps:
            answer, state = net(torch.tensor(step.observation)[None], given, program, state)
            end = torch.sigmoid(answer.end).item()
            if step.end:
                likely *= end
                continue
            likely *= (1 - end) * torch.softmax(answer.programs[0], 0)[net.number(step.call)].item()
            arguments = (*step.arguments, 0, 0, 0)[:3]
            for logits, value in zip(answer.arguments, arguments, strict=True):
                likely *= torch.softmax(logits[0], 0)[value].item()
        assert loss == pytest.approx(-np.log(likely), rel=1e-4)


def test_training_on_each_device(device):
    net, frames = fresh().to(device), some_frames()
    seen = []
    history = npi.train(net, frames, steps=60, batch=64, learning_rate=1e-2, look_every=20,
                        callback=lambda step, loss: seen.append((step, loss)))  # fmt: skip
    assert [step for step, _ in seen] == list(range(60)) and seen[-1][1] == history.losses[-1]
    assert np.mean(history.losses[-10:]) < 0.3 * history.losses[0] and not history.learnt
    assert [step for step, _ in history.worst] == [20, 40, 60]
    assert net.device.type == device and np.all(np.isfinite(history.losses))
    npi.run_batch(net, [npi.Pad(1, 2)], "ADD", max_steps=50)


def test_the_callback_ends_it_and_the_seed_decides():
    frames = some_frames()
    runs = [
        npi.train(
            fresh(), frames, steps=50, batch=32, seed=seed, callback=lambda step, _: step == 7
        )
        for seed in (3, 3, 4)
    ]
    assert [len(run.losses) for run in runs] == [8, 8, 8]
    assert runs[0].losses == runs[1].losses != runs[2].losses


def test_in_double_precision():
    """The same losses as in single, and runs: nothing is made in a dtype of its own."""
    frames, single, double = some_frames(6), fresh(), fresh().double()
    losses = [npi.frame_losses(net, npi.Examples.of(net, frames)) for net in (single, double)]
    assert losses[1].dtype == torch.float64
    torch.testing.assert_close(losses[1], losses[0].double(), rtol=1e-4, atol=1e-4)
    assert np.all(np.isfinite(npi.train(double, frames, steps=2, batch=8).losses))
    npi.run_batch(double, [npi.Pad(1, 2)], "ADD", max_steps=9)
    picture = npi.PictureEncoder(npi.View.shape, npi.View.arguments)
    eye = npi.NPI(npi.View.programs, picture, npi.View.arguments).double()
    npi.run_batch(eye, [npi.View(npi.Car(0), 3, 1)], "GOTO", max_steps=3)


def test_what_is_no_number_or_no_training():
    frames, spoilt = some_frames(6), fresh()
    spoilt.M_key.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="loss of step 0 is nan"):
        npi.train(spoilt, frames, steps=5, batch=8)
    for wrong in ({"steps": 0}, {"batch": 0}, {"look_every": 0}):
        with pytest.raises(ValueError, match="are 1 at least"):
            npi.train(fresh(), frames, **{"steps": 3, "batch": 8, **wrong})


def test_it_stops_when_the_worst_frame_is_known():
    frames = [f for f in some_frames() if f.program == "LSHIFT"][:5]
    net = fresh()
    history = npi.train(net, frames, steps=400, batch=32, learning_rate=1e-2, until=0.1)
    assert history.learnt and len(history.losses) < 400 and history.worst[-1][1] < 0.1
    assert npi.verify(net, frames) == []
