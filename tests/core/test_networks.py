"""Networks for images: what they promise, whichever they are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from core.architecture.blocks import Attention, TimeFeatures, attend
from core.architecture.cost import count_flops
from core.architecture.unets import ImageNetwork
from core.errors import SpecError
from core.networks import count_parameters
from core.networks.base_unet import BaseUNet
from core.networks.conditional_unet import ConditionalUNet
from core.networks.residual_unet import ResidualUNet
from core.networks.tiny_unet import TinyUNet
from core.networks.unet import UNet

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
NETWORKS = (UNet, BaseUNet, ResidualUNet, ConditionalUNet, TinyUNet)
SMALL: tuple[ImageNetwork, ...] = (
    UNet(base=8),
    UNet(base=8, multipliers="1,2", unshuffle=2, blocks=2),
    BaseUNet(base=8, multipliers="1,2", units=16, attention=True),
    ResidualUNet(base=8, multipliers="1,2", units=16, attention=True),
    ConditionalUNet(base=8),
    TinyUNet(base=8),
)


def small_id(network: ImageNetwork) -> str:
    return network.name


def built(network: ImageNetwork, two_times: bool = False, zeros: bool = False) -> nn.Module:
    """For images of 3 x 8 x 8 in four classes; without the zeros at the start unless they are asked for."""
    torch.manual_seed(0)
    module = network.build((3, 8, 8), n_classes=4, two_times=two_times)
    if not zeros:
        for parameter in module.parameters():
            if not parameter.any():
                nn.init.normal_(parameter, std=0.1)
    return module


def batch(n: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, 3, 8, 8, generator=generator), torch.linspace(0.1, 0.9, n)


@pytest.mark.parametrize(
    ("network", "shape", "classes", "millions"),
    [
        (ConditionalUNet(), GREY, 10, 1.44),
        (TinyUNet(), COLOUR, 10, 1.34),
    ],
)
def test_peers_have_their_stated_sizes(
    network: ImageNetwork, shape: tuple[int, ...], classes: int, millions: float
) -> None:
    assert round(count_parameters(network.build(shape, classes)) / 1e6, 2) == millions


def test_sizes_of_the_default() -> None:
    assert 1.1e6 < count_parameters(UNet().build(GREY, 10)) < 1.3e6
    assert 2.9e6 < count_parameters(UNet().build(COLOUR, 10)) < 4e6


def test_tiny_keeps_its_limit_in_the_dual_time_form() -> None:
    assert count_parameters(TinyUNet().build(COLOUR, 10, two_times=True)) <= 1.5e6


def test_base_and_residual_are_matched() -> None:
    base, residual = (count_parameters(network.build(GREY, 10)) for network in (BaseUNet(), ResidualUNet()))
    assert abs(base / residual - 1) < 0.02


@pytest.mark.parametrize("network", SMALL, ids=small_id)
def test_flops_agree_with_torch(network: ImageNetwork) -> None:
    module = built(network)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.zeros(1, 3, 8, 8), torch.zeros(1))
    assert count_flops(module, (3, 8, 8)) == counter.get_total_flops()


@pytest.mark.parametrize("cls", NETWORKS)
def test_facts_tell_size_and_cost(cls: type[ImageNetwork]) -> None:
    grey, colour = cls.facts()["costs"]
    assert grey["shape"] == list(GREY)
    assert 0 < grey["flops"] < colour["flops"]
    assert cls.facts()["parameters"] == grey["parameters"]


@pytest.mark.parametrize("network", SMALL, ids=small_id)
class TestEveryNetwork:
    def test_starts_at_zero(self, network: ImageNetwork) -> None:
        x, t = batch()
        assert not built(network, zeros=True)(x, t).any()

    def test_label_and_time_change_the_output(self, network: ImageNetwork) -> None:
        x, t = batch()
        module = built(network)
        labels = torch.tensor([0, 1, 2, 3])
        y = module(x, t, labels)
        assert y.shape == x.shape
        for other in (module(x, t, labels.roll(1)), module(x, t + 0.05, labels)):
            assert ((y - other).flatten(1).abs().amax(1) > 1e-4).all()

    def test_the_label_past_the_last_is_no_class(self, network: ImageNetwork) -> None:
        x, t = batch()
        module = built(network)
        assert torch.equal(module(x, t), module(x, t, torch.full((4,), 4)))
        assert not torch.equal(module(x, t), module(x, t, torch.zeros(4, dtype=torch.int64)))

    def test_without_classes_there_is_nothing_to_say(self, network: ImageNetwork) -> None:
        x, t = batch()
        assert network.build((3, 8, 8))(x, t).shape == x.shape

    def test_images_of_a_batch_do_not_meet(self, network: ImageNetwork) -> None:
        x, t = batch()
        module = built(network).eval()
        alone = module(x[1:2], t[1:2], torch.tensor([2]))
        torch.testing.assert_close(module(x, t, torch.tensor([0, 2, 1, 4]))[1:2], alone)

    def test_one_batch_is_learned_by_heart(self, network: ImageNetwork) -> None:
        x, t = batch(8)
        target = torch.tanh(2 * x.roll(1, 3))
        module = built(network, zeros=True)
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-2)
        losses = []
        for _ in range(20):
            loss = (module(x, t) - target).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < 0.4 * losses[0]

    # torch itself uses what it deprecates, on the first forward derivative of a process
    @pytest.mark.parametrize("training", [True, False])
    def test_forward_derivative(self, network: ImageNetwork, training: bool) -> None:
        """As MeanFlow takes it, along (dx, 1, 0) in (x, t, s): against a central difference in float64."""
        x, t = batch()
        x, t = x.double(), t.double()
        module = built(network, two_times=True).double().train(training)
        s, v, h = t + 0.05, x.roll(1, 0), 1e-5

        def call(x: Tensor, t: Tensor, s: Tensor) -> Tensor:
            y: Tensor = module(x, t, None, s)
            return y

        derivative = torch.func.jvp(call, (x, t, s), (v, torch.ones_like(t), torch.zeros_like(s)))[1]
        numeric = (call(x + h * v, t + h, s) - call(x - h * v, t - h, s)) / (2 * h)
        torch.testing.assert_close(derivative, numeric, rtol=1e-5, atol=1e-6)
        assert derivative.abs().max() > 0.01

    def test_half_precision_is_near(self, network: ImageNetwork) -> None:
        x, t = batch()
        module = built(network)
        full = module(x, t, torch.tensor([0, 1, 2, 4]))
        with torch.autocast("cpu", torch.bfloat16):
            half = module(x, t, torch.tensor([0, 1, 2, 4]))
        assert half.dtype == torch.float32
        assert ((half - full).norm() / full.norm()).item() < 0.03
        half.sum().backward()

    def test_weights_of_one_time_serve_two(self, network: ImageNetwork) -> None:
        """Until the span is trained, the average velocity is the velocity."""
        x, t = batch()
        one, two = built(network), built(network, two_times=True, zeros=True)
        missing = two.load_state_dict(one.state_dict(), strict=False)
        assert all("span" in name for name in missing.missing_keys)
        assert not missing.unexpected_keys
        assert torch.equal(two(x, t, None, t + 0.1), one(x, t))

    def test_the_target_time_changes_the_output(self, network: ImageNetwork) -> None:
        x, t = batch()
        module = built(network, two_times=True)
        assert torch.equal(module(x, t), module(x, t, None, t))
        assert (module(x, t, None, t + 0.1) - module(x, t)).abs().max() > 1e-4


@pytest.mark.parametrize("cls", [BaseUNet, ResidualUNet])
def test_attention_starts_as_the_identity(cls: type[BaseUNet | ResidualUNet]) -> None:
    x, t = batch()
    plain = built(cls(base=8, multipliers="1,2", units=16), zeros=True)
    attentive = built(cls(base=8, multipliers="1,2", units=16, attention=True), zeros=True)
    missing = attentive.load_state_dict(plain.state_dict(), strict=False)
    assert missing.missing_keys
    for module in (plain, attentive):
        nn.init.ones_(module.outlet.weight)  # type: ignore[arg-type,union-attr]  # a convolution
    torch.testing.assert_close(attentive(x, t), plain(x, t))


def test_plain_and_fused_attention_agree() -> None:
    q, k, v = torch.randn(3, 2, 4, 6, 10, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(attend(q, k, v, fused=True), attend(q, k, v, fused=False))
    module = Attention(8)
    nn.init.normal_(module.out.weight)
    x = torch.randn(2, 8, 4, 4)
    torch.testing.assert_close(module.train()(x), module.eval()(x))


def test_attention_sees_the_whole_image() -> None:
    module = Attention(8)
    nn.init.normal_(module.out.weight)
    x = torch.randn(1, 8, 4, 4, requires_grad=True)
    module(x)[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    assert (x.grad.abs().sum((0, 1)) > 0).all()


def test_time_features_tell_times_apart_and_stay_slow() -> None:
    t = torch.linspace(0, 1, 101)
    features = TimeFeatures(64)(t)
    distance = torch.cdist(features, features) + 9 * torch.eye(101)
    assert distance.min() > 0.05
    assert features.diff(dim=0).abs().max() * 100 < 31  # the derivative by t that MeanFlow takes


@pytest.mark.parametrize(
    ("network", "shape", "says"),
    [
        (UNet(), (2,), "takes images"),
        (UNet(multipliers="1,2,4", unshuffle=4), (1, 28, 28), "multiple of 16"),
        (TinyUNet(), (3, 30, 30), "multiple of 4"),
        (BaseUNet(multipliers="1,2,2,2"), (1, 28, 28), "multiple of 8"),
        (ConditionalUNet(), (1, 27, 27), "multiple of 2"),
    ],
)
def test_data_that_do_not_fit(network: ImageNetwork, shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        network.build(shape)
