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


@pytest.mark.slow
def test_resnet_50_forward_and_backward_at_224():
    net = nn.ResNet50(rng=0, dtype=torch.float32)
    image = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    logits = net(image)
    assert tuple(logits.shape) == (2, 1000)
    nn.cross_entropy(logits, np.array([3, 7])).backward()
    for name, value in net.named_parameters():
        assert tuple(value.grad.shape) == tuple(value.shape), name
        assert bool(torch.isfinite(value.grad).all()) and float(value.grad.abs().max()) > 0, name


class Deep(nn.Module):
    """25 convolutions of 8 channels, with or without a way past each of them."""

    def __init__(self, skips):
        rng, like = np.random.default_rng(1), {"dtype": torch.float32}
        inside = [1] + [8] * 24
        self.convs = nn.ModuleList(nn.Conv2d(n, 8, 3, 1, 1, rng=rng, **like) for n in inside)
        self.out, self.skips = nn.Linear(128, 10, rng=rng, **like), skips

    def forward(self, x):
        h = dp.relu(self.convs[0](x))
        for conv in self.convs[1:]:
            step = dp.relu(conv(h))
            h = h + 0.2 * step if self.skips else step
        return self.out(dp.avg_pool2d(h, 2).reshape(len(x), 128))


@pytest.mark.slow
def test_25_convolutions_learn_the_digits_with_skips_only():
    """On scikit-learn's 8×8 digits: 97.8 % of unseen ones with skips (less on processors that round
    otherwise), chance without."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    images, labels = torch.tensor(images / 16).float().reshape(-1, 1, 8, 8), np.asarray(labels)
    order = np.random.default_rng(0).permutation(len(labels))
    seen, unseen = order[:1437], order[1437:]
    threads, right = torch.get_num_threads(), {}
    torch.set_num_threads(1)  # the convolutions are too small to share
    try:
        for skips, passes in ((True, 16), (False, 4)):
            net, rng = Deep(skips), np.random.default_rng(3)
            optimizer = optim.Adam(net.parameters(), lr=0.006)
            for k in range(passes):
                for batch in np.array_split(rng.permutation(seen), 30):
                    optimizer.zero_grad()
                    nn.cross_entropy(net(images[batch]), labels[batch]).backward()
                    optimizer.step()
                optimizer.param_groups[0]["lr"] = 0.006 * (1 - (k + 1) / passes)
            answers = net(images[unseen]).numpy().argmax(axis=1)
            right[skips] = float(np.mean(answers == labels[unseen]))
    finally:
        torch.set_num_threads(threads)
    print("right with and without skips:", right)
    assert right[True] >= 0.96, right
    assert right[False] <= 0.2, right
