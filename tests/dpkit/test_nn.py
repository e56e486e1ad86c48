"""Networks beside torch's, and beside gradients derived on paper."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dpkit as dp
from dpkit import nn, optim

torch = pytest.importorskip("torch")

from four_ways import WAYS, problem  # noqa: E402 (it needs torch)

OTHERS = [name for name in WAYS if name != "ByHand"]


def close(ours, theirs, digits=12):
    """Both as numpy arrays, whoever holds them."""
    ours, theirs = (
        each.detach().numpy() if isinstance(each, (dp.Tensor, torch.Tensor)) else each
        for each in (ours, theirs)
    )
    np.testing.assert_allclose(ours, theirs, rtol=10.0**-digits, atol=10.0**-digits)


# ------------------------------------------------------------------------------------------------
# One network in several ways


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("way", OTHERS)
def test_the_ways_agree_about_the_gradient(way, layers):
    X, y, weights = problem(layers)
    value, grads = WAYS["ByHand"](X, y, weights).gradient()
    found, given = WAYS[way](X, y, weights).gradient()
    assert found == pytest.approx(value, abs=1e-10)
    assert [g.shape for g in given] == [g.shape for g in grads]
    for ours, theirs in zip(given, grads, strict=True):
        close(ours, theirs, 10)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("way", OTHERS)
@pytest.mark.parametrize("method", ["sgd", "adam"])
def test_the_ways_agree_through_fifty_steps(way, method, layers):
    X, y, weights = problem(layers)
    hand, other = WAYS["ByHand"](X, y, weights), WAYS[way](X, y, weights)
    first = hand.gradient()[0]
    for _ in range(50):
        hand.step(method)
        other.step(method)
        for ours, theirs in zip(other.values(), hand.values(), strict=True):
            close(ours, theirs, 10)
    assert hand.gradient()[0] < 0.9 * first  # the way leads somewhere


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_gradient_by_hand_is_that_of_finite_differences(layers):
    X, y, weights = problem(layers)
    _, grads = WAYS["ByHand"](X, y, weights).gradient()
    for k, g in enumerate(grads):
        for index in np.ndindex(g.shape):
            values = []
            for h in (1e-5, -1e-5):
                moved = WAYS["ByHand"](X, y, weights)
                moved.numbers[k][index] += h
                values.append(moved.gradient()[0])
            assert g[index] == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8)


# ------------------------------------------------------------------------------------------------
# Layers


def both(ours, theirs):
    """Our layer, and torch's with the same parameters."""
    theirs = theirs.double()
    theirs.load_state_dict(
        {name: torch.as_tensor(each) for name, each in ours.state_dict().items()}, strict=False
    )
    return ours, theirs


def same_derivatives(ours, theirs, x):
    """Value, and the derivatives of a bent sum of it by the input and all parameters."""
    t = torch.tensor(x, requires_grad=True)
    expected = theirs(t)
    torch.sin(expected).sum().backward()
    for hold in (np.array, torch.tensor):
        if isinstance(next(ours.parameters()).data, torch.Tensor) != (hold is torch.tensor):
            continue
        leaf = dp.tensor(hold(x), requires_grad=True)
        ours.zero_grad()
        found = ours(leaf)
        dp.sin(found).sum().backward()
        close(found, expected)
        close(leaf.grad, t.grad)
        for (name, mine), (_, other) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            assert type(mine.grad) is type(mine.data), name
            close(mine.grad, other.grad)


LAYERS = {
    "linear": (nn.Linear, torch.nn.Linear, (3, 5), {}, (7, 3)),
    "linear, without bias": (nn.Linear, torch.nn.Linear, (3, 5), {"bias": False}, (7, 3)),
    "linear, more axes": (nn.Linear, torch.nn.Linear, (3, 5), {}, (2, 7, 3)),
    "linear, one example": (nn.Linear, torch.nn.Linear, (3, 5), {}, (3,)),
    "conv": (nn.Conv2d, torch.nn.Conv2d, (2, 3, 3), {}, (4, 2, 7, 6)),
    "conv, stride and padding": (
        nn.Conv2d, torch.nn.Conv2d, (2, 3, (3, 2)), {"stride": (2, 1), "padding": (1, 0)},
        (4, 2, 7, 6),
    ),
    "conv, without bias": (nn.Conv2d, torch.nn.Conv2d, (2, 3, 1), {"bias": False}, (4, 2, 7, 6)),
    "batch norm": (nn.BatchNorm2d, torch.nn.BatchNorm2d, (3,), {"momentum": 0.2}, (4, 3, 5, 6)),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [None, torch.float64])
def test_layers_are_torchs(name, dtype):
    ours, theirs, sizes, options, shape = LAYERS[name]
    seed = {} if "norm" in name else {"rng": 4}
    ours, theirs = both(ours(*sizes, dtype=dtype, **seed, **options), theirs(*sizes, **options))
    same_derivatives(ours, theirs, np.random.default_rng(0).normal(size=shape))


def test_batch_norm_remembers_as_torchs_does():
    rng = np.random.default_rng(1)
    ours, theirs = both(nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3))
    for _ in range(3):
        x = rng.normal(2.0, 3.0, size=(4, 3, 5, 6))
        ours(x), theirs(torch.tensor(x))
        for name in ("running_mean", "running_var"):
            close(ours.state_dict()[name], getattr(theirs, name))
    ours.eval(), theirs.eval()
    before = ours.state_dict()
    same_derivatives(ours, theirs, rng.normal(size=(1, 3, 1, 1)))
    assert all((before[name] == each).all() for name, each in ours.state_dict().items())


@pytest.mark.parametrize("name", ["Tanh", "ReLU", "Sigmoid", "Flatten"])
def test_activations_are_torchs(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    close(getattr(nn, name)()(x), getattr(torch.nn, name)()(torch.tensor(x)))


@pytest.mark.parametrize(
    "make",
    [
        lambda n: n.Linear(400, 300, **({"rng": 0} if n is nn else {})),
        lambda n: n.Conv2d(16, 200, 5, **({"rng": 0} if n is nn else {})),
    ],
)
def test_first_weights_have_torchs_range(make):
    torch.manual_seed(0)
    for ours, theirs in zip(make(nn).parameters(), make(torch.nn).parameters(), strict=True):
        ours, theirs = ours.numpy(), theirs.detach().numpy()
        assert ours.shape == theirs.shape
        bound = 1 / math.sqrt(400)  # 400 = 16 · 5 · 5, too
        for each in (ours, theirs):
            assert 0.9 * bound < abs(each).max() <= bound * (1 + 1e-6)  # torch's are rounded
            assert each.std() == pytest.approx(bound / math.sqrt(3), rel=0.15)
            assert abs(each.mean()) < bound / 5


def test_a_seed_gives_the_same_weights_again_and_each_layer_others():
    one, two, other = (nn.MLP((4, 4, 4), rng=seed).state_dict() for seed in (5, 5, 6))
    assert all((one[name] == two[name]).all() for name in one)
    assert not (one["0.weight"] == other["0.weight"]).any()
    assert not (one["0.weight"] == one["2.weight"]).any()


@pytest.mark.parametrize("dtype", [np.float32, torch.float32, torch.float64])
def test_the_dtype_is_kept(dtype):
    net = nn.MLP((2, 3, 1), rng=0, dtype=dtype)
    x = np.ones((5, 2), dtype=dtype) if dtype is np.float32 else torch.ones(5, 2, dtype=dtype)
    loss = nn.mse_loss(net(x), 0 * x[:, :1])
    loss.backward()
    optim.Adam(net.parameters()).step()
    for each in net.parameters():
        assert each.dtype == each.grad.dtype == dtype


def test_names_and_letters_are_torchs():
    def network(n):
        return n.Sequential(
            n.Conv2d(1, 4, 3, padding=1),
            n.Sequential(n.ReLU(), n.Tanh()),
            n.Linear(64, 3, bias=False),
            n.Sigmoid(),
        )

    ours, theirs = network(nn), network(torch.nn)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    assert repr(nn.Linear(2, 3)) == repr(torch.nn.Linear(2, 3))


def bottleneck(inside, narrow, stride):
    """The layers of a block of ResNet-50: 1×1, 3×3, 1×1, and the way past them if sizes change."""
    layers = [
        nn.Conv2d(inside, narrow, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU(),
        nn.Conv2d(narrow, narrow, 3, stride, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU(),
        nn.Conv2d(narrow, 4 * narrow, 1, bias=False), nn.BatchNorm2d(4 * narrow),
    ]  # fmt: skip
    if inside != 4 * narrow:
        layers.append(nn.Conv2d(inside, 4 * narrow, 1, stride, bias=False))
        layers.append(nn.BatchNorm2d(4 * narrow))
    return nn.ModuleList(layers)


def test_resnet_50_has_the_published_number_of_parameters():
    net = nn.ModuleList([nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)])
    inside = 64
    for narrow, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for k in range(blocks):
            net.append(bottleneck(inside, narrow, 1 if k or narrow == 64 else 2))
            inside = 4 * narrow
    net.append(nn.Linear(2048, 1000))
    assert sum(each.size for each in net.parameters()) == 25_557_032
    assert sum(each.size for each in net.state_dict().values()) == 25_557_032 + 2 * 26_560


# ------------------------------------------------------------------------------------------------
# Modules


class Twice(nn.Module):
    """Uses one layer twice, and has a parameter of its own."""

    def __init__(self):
        self.scale = dp.tensor(2.0, requires_grad=True)
        self.layer = nn.Linear(3, 3, rng=1)
        self.again = self.layer

    def forward(self, x):
        return self.scale * self.again(dp.tanh(self.layer(x)))


def test_a_shared_layer_is_counted_once_and_its_gradients_add_up():
    net, x = Twice(), np.random.default_rng(0).normal(size=(4, 3))
    assert [name for name, _ in net.named_parameters()] == ["scale", "layer.weight", "layer.bias"]
    (net(x) ** 2).sum().backward()
    W, b = (torch.tensor(each.data, requires_grad=True) for each in net.layer.parameters())
    h = torch.tanh(torch.tensor(x) @ W.T + b) @ W.T + b
    ((2 * h) ** 2).sum().backward()
    close(net.layer.weight.grad, W.grad)
    close(net.layer.bias.grad, b.grad)


def test_modules_that_know_each_other_are_walked_through_once():
    net = nn.Sequential(nn.Linear(2, 2))
    net[0].parent = net
    assert [name for name, _ in net.named_modules()] == ["", "0"]
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias"]


def test_a_resting_parameter_is_in_the_state_but_does_not_move():
    net = nn.MLP((2, 3, 1), rng=0)
    net[0].weight.requires_grad = False
    assert [name for name, _ in net.named_parameters()] == ["0.bias", "2.weight", "2.bias"]
    before = net.state_dict()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    (net(np.ones((2, 2))) ** 2).sum().backward()
    optimizer.step()
    after = net.state_dict()
    moved = {name for name in before if (before[name] != after[name]).any()}
    assert moved == {"0.bias", "2.weight", "2.bias"}
    net[0].weight.requires_grad = True
    assert len(list(net.parameters())) == 4


def test_zero_grad_forgets():
    net = nn.MLP((2, 3, 1), rng=0)
    net(np.ones((1, 2))).sum().backward()
    assert all(each.grad is not None for each in net.parameters())
    net.zero_grad()
    assert all(each.grad is None for each in net.parameters())


def test_train_and_eval_reach_every_part():
    net = nn.Sequential(nn.ModuleList([nn.Tanh()]), nn.Sequential(nn.BatchNorm2d(2)))
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net[1].train()
    assert [module.training for module in net.modules()] == [False, False, False, True, True]
    assert all(module.training for module in net.train().modules())


def test_apply_goes_from_the_inside_to_the_outside():
    def names(net):
        seen = []
        assert net.apply(lambda module: seen.append(type(module).__name__)) is net
        return seen

    def network(n):
        return n.Sequential(n.Linear(2, 2), n.Sequential(n.Tanh(), n.ReLU()))

    assert names(network(nn)) == names(network(torch.nn))


def test_buffers_belong_to_the_state_and_are_not_learnt():
    net = nn.Module()
    net.register_buffer("count", dp.tensor(3.0))
    net.noted = dp.tensor([1.0, 2.0])  # any tensor, not of the state
    assert list(net.parameters()) == []
    assert list(net.state_dict()) == ["count"]


def test_the_state_goes_through_files_torch_and_copies(tmp_path):
    x = np.random.default_rng(2).normal(size=(5, 2))
    net, fresh = nn.MLP((2, 4, 3), rng=0), nn.MLP((2, 4, 3), rng=1)
    np.savez(tmp_path / "net.npz", **net.state_dict())
    fresh.load_state_dict(np.load(tmp_path / "net.npz"))
    close(fresh(x), net(x))
    theirs = torch.nn.Sequential(
        torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)
    ).double()
    optimizer = optim.SGD(fresh.parameters(), lr=0.1)
    fresh.load_state_dict(theirs.state_dict())
    close(fresh(x), theirs(torch.tensor(x)))
    fresh(x).sum().backward()
    optimizer.step()  # which was made before: the tensors are the same, their data are new
    assert abs(fresh(x).numpy() - theirs(torch.tensor(x)).detach().numpy()).max() > 0.01
    on_torch = nn.MLP((2, 4, 3), dtype=torch.float64)
    on_torch.load_state_dict(net.state_dict())
    close(on_torch(torch.tensor(x)).data, net(x))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        close(twin(x), net(x))
        twin[0].weight.data[...] = 0.0
        assert (net[0].weight.data != 0).all()
        assert repr(twin) == repr(net)


def test_the_state_is_a_copy():
    net = nn.Linear(2, 1, rng=0)
    state = net.state_dict()
    state["weight"][...] = 7.0
    assert (net.weight.data != 7.0).all()


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda state: state.pop("2.bias"), KeyError, r"Missing: 2\.bias; unknown: none"),
        (lambda state: state.update(extra=1.0), KeyError, "Missing: none; unknown: extra"),
        (
            lambda state: state.update({"2.bias": np.ones(3)}),
            ValueError,
            r"2\.bias has the shape \(3,\), but this MLP has \(1,\)",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(spoil, error, words):
    net = nn.MLP((2, 4, 1), rng=0)
    state = {name: each + 1 for name, each in net.state_dict().items()}
    spoil(state)
    before = net.state_dict()
    with pytest.raises(error, match=words):
        net.load_state_dict(state)
    assert all((before[name] == each).all() for name, each in net.state_dict().items())


class InList(nn.Module):
    def __init__(self, container):
        self.layers = container


def hidden(kind):
    layers = [nn.Linear(2, 2), nn.Linear(2, 1)]
    return {
        "list": layers,
        "tuple": tuple(layers),
        "dict": {"a": layers[0], "b": layers[1]},
        "nested": [[layers[0], 1], {"b": layers[1]}],
    }[kind]


@pytest.mark.parametrize("kind", ["list", "tuple", "dict", "nested"])
def test_layers_in_a_plain_container_are_found_out(kind):
    net = InList(hidden(kind))
    for use in (net.parameters, net.named_parameters, net.state_dict):
        with pytest.raises(
            TypeError, match=r"InList\.layers is a plain \w+ with 2 modules.*ModuleL"
        ):
            list(use())
    with pytest.raises(TypeError, match=r"InList\.layers \(in 1\) is a plain"):
        optim.SGD(nn.Sequential(nn.Tanh(), net).parameters(), lr=0.1)


def test_layers_appended_later_are_found_out_too():
    net = InList([])
    assert list(net.parameters()) == []
    net.layers.append(nn.Linear(2, 2))
    with pytest.raises(TypeError, match="plain list with 1 modules"):
        net.zero_grad()


def test_parameters_in_a_plain_list_are_found_out():
    net = InList([dp.tensor(1.0, requires_grad=True)])
    with pytest.raises(TypeError, match="plain list with 1 parameters.*an attribute for each"):
        list(net.parameters())


def test_a_list_that_hides_nothing_is_left_alone():
    net = InList([np.ones(2), dp.tensor([1.0]), "tanh"])
    assert list(net.parameters()) == []
    net.first, net.second = nn.Linear(2, 2), nn.Linear(2, 1)
    net.layers = [net.first, net.second]
    net.scale = dp.tensor(1.0, requires_grad=True)
    net.noted = {"scale": net.scale}
    assert len(list(net.parameters())) == 5


def test_a_module_list_is_found():
    net = InList(nn.ModuleList([nn.Linear(2, 2)]).append(nn.Linear(2, 1)))
    assert [name for name, _ in net.named_parameters()] == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    ]  # fmt: skip
    assert len(net.layers) == 2
    assert [type(each) for each in net.layers[:1]] == [nn.Linear]
    assert net.layers[-1].out_features == 1
    with pytest.raises(NotImplementedError, match="ModuleList has no `forward`"):
        net.layers(np.ones(2))


def test_a_slice_of_a_chain_is_a_chain_with_the_same_layers():
    net, x = nn.MLP((2, 4, 1), rng=0), np.ones((3, 2))
    close(net[2:](net[:2](x)), net(x))
    assert net[:1][0] is net[0]


def test_a_parameter_replaced_by_a_computed_tensor_is_found_out():
    layer = nn.Linear(2, 1, rng=0)
    layer(np.ones(2)).sum().backward()
    layer.weight = layer.weight - 0.1 * layer.weight.grad
    with pytest.raises(TypeError, match=r"weight was a parameter and is now a computed tensor"):
        list(layer.parameters())


def test_functional_call_is_the_module_as_a_function_of_its_parameters():
    net, x = nn.MLP((3, 4, 1), rng=0), np.random.default_rng(0).normal(size=(6, 3))

    def loss(parameters):
        return (nn.functional_call(net, parameters, x) ** 2).sum()

    (net(x) ** 2).sum().backward()
    names = dict(net.named_parameters())
    found = dp.grad(loss)(net.state_dict())
    assert list(found) == list(names)
    for name, each in names.items():
        close(found[name], each.grad)
        assert vars(net[int(name[0])])[name[2:]] is each  # all is as before

    way = {name: np.ones_like(each) for name, each in net.state_dict().items()}
    second = dp.jvp(dp.grad(loss), (net.state_dict(),), (way,))[1]
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    theirs.load_state_dict({name: torch.tensor(e) for name, e in net.state_dict().items()})
    grads = torch.autograd.grad(
        (theirs(torch.tensor(x)) ** 2).sum(), list(theirs.parameters()), create_graph=True
    )
    expected = torch.autograd.grad(sum(g.sum() for g in grads), list(theirs.parameters()))
    for name, each in zip(names, expected, strict=True):
        close(second[name], each, 10)


def test_functional_call_puts_things_back_after_an_error():
    layer = nn.Linear(3, 1, rng=0)
    weight = layer.weight
    with pytest.raises(ValueError, match="shape"):
        nn.functional_call(layer, {"weight": np.ones((2, 1, 3))}, np.ones((4, 2)))
    assert layer.weight is weight
    with pytest.raises(KeyError, match="no w; it has bias, weight"):
        nn.functional_call(layer, {"w": np.ones((1, 3))}, np.ones(3))


def test_an_mlp_has_the_activation_that_was_asked_for():
    x = np.random.default_rng(0).normal(size=(9, 2))
    functions = {"tanh": np.tanh, "relu": lambda z: z * (z > 0), "sigmoid": dp.sigmoid}
    for name, activation in functions.items():
        net = nn.MLP((2, 5, 3), activation=name, rng=0)
        W, b, V, c = net.state_dict().values()
        close(net(x), activation(x @ W.T + b) @ V.T + c)
    affine = nn.MLP((2, 5, 3), activation=None, rng=0)
    W, b, V, c = affine.state_dict().values()
    close(affine(x), x @ (V @ W).T + (V @ b + c))


class NoForward(nn.Module):
    pass


@pytest.mark.parametrize(
    ("mistake", "error", "words"),
    [
        (lambda: nn.Linear(3, 2)(np.ones((4, 5))), ValueError, r"shape \(4, 5\).*3 elements"),
        (lambda: nn.Linear(3, 2)(1.0), ValueError, r"shape \(\)"),
        (lambda: nn.Linear(0, 2), ValueError, "`in_features` is a whole number.*was 0"),
        (lambda: nn.Linear(2, 1.5), ValueError, "`out_features`.*1.5"),
        (lambda: nn.Linear(3, 2)(torch.ones(4, 3)), TypeError, "different libraries"),
        (lambda: nn.Conv2d(1, 2, 0), ValueError, "`kernel_size`.*at least 1.*was 0"),
        (lambda: nn.Conv2d(1, 2, 3)(np.ones((1, 2, 5, 5))), ValueError, "2 channels"),
        (lambda: nn.BatchNorm2d(2)(np.ones((1, 2, 1, 1))), ValueError, "no variance.*eval"),
        (lambda: nn.BatchNorm2d(2)(np.ones((3, 2))), ValueError, r"shape \(3, 2\).*images"),
        (lambda: nn.Flatten()(2.0), ValueError, "single number"),
        (lambda: nn.MLP((3,)), ValueError, r"two widths.*\(3,\)"),
        (lambda: nn.MLP((3, 1), activation="gelu"), ValueError, "no activation 'gelu'.*tanh"),
        (lambda: nn.Sequential(nn.Linear(2, 2), dp.tanh), TypeError, "holds modules.*function"),
        (lambda: NoForward()(1.0), NotImplementedError, "NoForward has no `forward`.*indented"),
    ],
)
def test_mistakes_are_explained(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()


# ------------------------------------------------------------------------------------------------
# Losses


def exact(z, t):
    """−t log σ(z) − (1 − t) log(1 − σ(z)), by the numbers' own size."""

    def softplus(u):
        return math.log1p(math.exp(u)) if u < 0 else u + math.log1p(math.exp(-u))

    return t * softplus(-z) + (1 - t) * softplus(z)


@example(40.0, 1.0)
@example(-40.0, 0.0)
@example(700.0, 1.0)
@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 0.25, 1.0]))
def test_the_loss_of_yes_and_no_is_accurate_for_all_logits(z, t):
    leaf = dp.tensor([z], requires_grad=True)
    loss = nn.binary_cross_entropy_with_logits(leaf, np.array([t]))
    loss.backward()
    assert loss.item() == pytest.approx(exact(z, t), rel=1e-14, abs=1e-300)
    sigma = 1 / (1 + math.exp(-z)) if z > -700 else 0.0
    assert leaf.grad[0] == pytest.approx(sigma - t, abs=1e-15)


Z = np.array([-1e4, -800.0, -37.0, -1.0, 0.0, 2.0, 40.0, 1e4])
LOSSES = {
    "yes and no": (
        "binary_cross_entropy_with_logits", np.r_[Z, Z], np.r_[0 * Z, 0 * Z + 1.0],
    ),
    "yes and no, probabilities": ("binary_cross_entropy_with_logits", Z, 0 * Z + 0.3),
    "classes": (
        "cross_entropy", np.array([[1e4, 0, -1e4], [-1e4, 0, 1e4], [1, 2, 3], [9, 9, 9.5]]),
        np.array([2, 2, 0, 1]),
    ),
    "classes, probabilities": (
        "cross_entropy", np.array([[500.0, 0, -500.0], [1, 2, 3]]),
        np.array([[0.2, 0.3, 0.5], [0.0, 0.9, 0.1]]),
    ),
    "squares": ("mse_loss", Z, Z[::-1] + 1.0),
}  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("hold", [np.array, torch.tensor])
def test_losses_are_torchs_at_the_extremes(name, reduction, hold):
    function, z, t = LOSSES[name]
    leaf, theirs = dp.tensor(hold(z), requires_grad=True), torch.tensor(z, requires_grad=True)
    found = getattr(nn, function)(leaf, hold(t), reduction=reduction)
    expected = getattr(torch.nn.functional, function)(theirs, torch.tensor(t), reduction=reduction)
    assert found.shape == tuple(expected.shape)
    dp.sum(found).backward()
    expected.sum().backward()
    close(found.data, expected)
    close(leaf.grad, theirs.grad)
    assert np.isfinite(np.asarray(leaf.grad)).all()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (nn.BCEWithLogitsLoss, "yes and no"),
        (nn.CrossEntropyLoss, "classes"),
        (nn.MSELoss, "squares"),
    ],
)
def test_losses_are_modules_too(module, name):
    function, z, t = LOSSES[name]
    for options in ({}, {"reduction": "sum"}):
        close(module(**options)(z, t), getattr(nn, function)(z, t, **options))


def test_targets_may_be_whole_numbers_and_truth_values():
    z = np.array([-1.0, 0.5, 2.0])
    expected = nn.binary_cross_entropy_with_logits(z, np.array([0.0, 1.0, 1.0]))
    for hold in (np.array, torch.tensor):
        for t in ([0, 1, 1], [False, True, True]):
            close(nn.binary_cross_entropy_with_logits(hold(z), hold(t)), expected)


bce, ce = nn.binary_cross_entropy_with_logits, nn.cross_entropy


@pytest.mark.parametrize(
    ("mistake", "error", "words"),
    [
        (lambda: bce(np.ones((3, 1)), np.ones(3)), ValueError, r"\(3, 1\).*\(3,\)"),
        (lambda: nn.mse_loss(np.ones((3, 1)), np.ones(3)), ValueError, r"\(3, 1\).*\(3,\)"),
        (lambda: bce(np.ones(2), np.array([-1.0, 1.0])), ValueError, r"-1 to 1.*\(y \+ 1\) / 2"),
        (lambda: bce(np.ones(2), np.array([0.0, np.nan])), ValueError, "0 and 1"),
        (lambda: ce(np.ones(3), np.array([0, 1, 1])), ValueError, r"\(N, classes\).*\(3,\)"),
        (lambda: ce(np.ones((3, 2)), np.array([0, 1])), ValueError, r"3 targets.*shape \(3,\)"),
        (lambda: ce(np.ones((2, 3)), np.array([0, 3])), ValueError, "0 to 2.*from 0 to 3"),
        (lambda: ce(np.ones((2, 3)), np.array([-1, 1])), ValueError, "0 to 2.*from -1 to 1"),
        (lambda: ce(np.ones((2, 1)), np.array([0, 1])), ValueError, "binary_cross_entropy"),
        (lambda: ce(np.ones((2, 3)), np.array([0.0, 2.0])), TypeError, r"y\.astype\(int\)"),
        (lambda: nn.mse_loss(np.ones(2), np.ones(2), "average"), ValueError, "'average'"),
    ],
)
def test_mistakes_with_losses_are_explained(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()
