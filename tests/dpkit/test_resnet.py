"""ResNet-50 from its blocks, against torch, and what a skip connection is good for."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import nn, optim
from dpkit.nn.resnet import Bottleneck

torch = pytest.importorskip("torch")


def torch_block(inside, channels, stride):
    """The same block in torch's own modules, with the names of its parts."""
    t, out = torch.nn, 4 * channels

    class Block(t.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = (
                t.Conv2d(inside, channels, 1, bias=False),
                t.BatchNorm2d(channels),
            )
            self.conv2 = t.Conv2d(channels, channels, 3, stride, 1, bias=False)
            self.bn2, self.bn3 = t.BatchNorm2d(channels), t.BatchNorm2d(out)
            self.conv3 = t.Conv2d(channels, out, 1, bias=False)
            self.downsample = None
            if inside != out or stride != 1:
                past = t.Conv2d(inside, out, 1, stride, bias=False)
                self.downsample = t.Sequential(past, t.BatchNorm2d(out))

        def forward(self, x):
            y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
            past = x if self.downsample is None else self.downsample(x)
            return (past + self.bn3(self.conv3(y))).relu()

    return Block().double()


@pytest.mark.parametrize(("inside", "channels", "stride"), [(6, 2, 1), (8, 2, 1), (4, 3, 2)])
def test_a_block_is_torch_s(inside, channels, stride):
    ours, theirs = (
        Bottleneck(inside, channels, stride, rng=1),
        torch_block(inside, channels, stride),
    )
    x = np.random.default_rng(2).normal(size=(3, inside, 6, 6))
    named = dict(theirs.named_parameters())
    assert [name for name, _ in ours.named_parameters()] != []
    assert {name for name, _ in ours.named_parameters()} == set(named)
    with torch.no_grad():
        for name, value in ours.named_parameters():
            named[name].copy_(torch.tensor(np.asarray(value.data)))
    got, truth = ours(x), theirs(torch.tensor(x))
    np.testing.assert_allclose(got.numpy(), truth.detach().numpy(), rtol=1e-10, atol=1e-12)
    (got * got).sum().backward()
    (truth * truth).sum().backward()
    for name, value in ours.named_parameters():
        slope = named[name].grad.numpy()
        np.testing.assert_allclose(
            value.grad, slope, rtol=1e-8, atol=1e-9 * abs(slope).max() + 1e-9
        )


def test_the_published_number_of_parameters():
    net = nn.ResNet50(rng=0, dtype=torch.float32)
    assert sum(each.size for each in net.parameters()) == 25_557_032
    stages = [sum(p.size for p in getattr(net, f"layer{k}").parameters()) for k in (1, 2, 3, 4)]
    assert stages == [215_808, 1_219_584, 7_098_368, 14_964_736]


def gradient_sizes(skips, seed):
    """The sizes of the gradients of ResNet-50's 49 convolutions on the main way, before any step."""
    net = nn.ResNet50(rng=seed, dtype=torch.float32, skips=skips)
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(seed + 1))
    logits = net(images)
    assert tuple(logits.shape) == (2, 1000)
    nn.cross_entropy(logits, np.array([3, 7])).backward()
    sizes = []
    for name, value in net.named_parameters():
        assert tuple(value.grad.shape) == tuple(value.shape), name
        assert bool(torch.isfinite(value.grad).all()) and float(value.grad.abs().max()) > 0, name
        if value.ndim == 4 and "downsample" not in name:
            sizes.append(float(value.grad.norm()))
    return sizes


@pytest.mark.slow
def test_resnet_50_forward_and_backward_at_224_with_and_without_skips(seed=0):
    """Normalised, nothing vanishes; towards the input it grows, without skips 30 times as much."""
    past, plain = gradient_sizes(True, seed), gradient_sizes(False, seed)
    assert len(past) == len(plain) == 49
    assert 100 < past[0] / past[-1] < 300
    assert 3_000 < plain[0] / plain[-1] < 12_000


def test_without_skips_a_block_is_its_three_convolutions():
    block = Bottleneck(4, 3, 2, rng=1, skips=False)
    assert not any("downsample" in name for name, _ in block.named_parameters())
    for each in (block.bn1, block.bn2, block.bn3):
        each.eval()  # not normalised: relu and convolutions alone are left
    x = np.random.default_rng(2).normal(size=(2, 4, 6, 6))
    shrunk = 1 / np.sqrt(1 + block.bn1.eps)
    y = np.maximum(shrunk * block.conv1(x).numpy(), 0)
    y = np.maximum(shrunk * block.conv2(y).numpy(), 0)
    y = np.maximum(shrunk * block.conv3(y).numpy(), 0)
    np.testing.assert_allclose(block(x).numpy(), y, rtol=1e-12, atol=1e-14)


# ------------------------------------------------------------------------------------------------
# 25 convolutions on the handwritten digits


class Deep(nn.Module):
    """25 convolutions of 8 channels, with or without a way past each of them."""

    def __init__(self, skips, rng):
        like = {"rng": rng, "dtype": torch.float32}
        self.convs = nn.ModuleList(nn.Conv2d(n, 8, 3, 1, 1, **like) for n in [1] + [8] * 24)
        self.out, self.skips = nn.Linear(8 * 8 * 8, 10, **like), skips

    def forward(self, x):
        h = dp.relu(self.convs[0](x))
        for conv in self.convs[1:]:
            step = dp.relu(conv(h))
            h = h + 0.2 * step if self.skips else step
        return self.out(h.reshape(len(x), 8 * 8 * 8))


@pytest.fixture(scope="module")
def digits():
    """Images (1797, 1, 8, 8) from 0 to 1, labels, and which are for training and which are not."""
    images, labels = pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images = torch.tensor(images / 16).float().reshape(-1, 1, 8, 8)
    return images, np.asarray(labels), order[:1437], order[1437:]


@pytest.fixture
def one_thread():
    """These convolutions are too small to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def share_read(digits, skips, seed, passes):
    """What part of the unseen digits is read rightly, after so many passes through the others."""
    images, labels, seen, unseen = digits
    net, rng = Deep(skips, np.random.default_rng(seed)), np.random.default_rng(seed + 100)
    optimizer, batches = optim.Adam(net.parameters()), 20
    order = (
        batch for _ in range(passes) for batch in np.array_split(rng.permutation(seen), batches)
    )
    for k, batch in enumerate(order):  # steps that grow at first, and shrink to nothing
        down = (1 + np.cos(np.pi * k / (passes * batches))) / 2
        optimizer.param_groups[0]["lr"] = 0.008 * min(1, k / 30) * down
        optimizer.zero_grad()
        nn.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()
    return float(np.mean(net(images[unseen]).numpy().argmax(axis=1) == labels[unseen]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_25_convolutions_with_skips_read_the_digits(digits, one_thread, seed):
    """From eight starts, 97.8 to 99.4 % (median 99.2 %) of the 360 unseen digits."""
    assert share_read(digits, True, seed, passes=14) >= 0.97


def test_25_convolutions_without_skips_guess(digits, one_thread):
    assert share_read(digits, False, seed=1, passes=4) <= 0.15
