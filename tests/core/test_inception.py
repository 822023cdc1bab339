"""FID's Inception network: as large as published, with the names of its file, and read only where that is given."""

from __future__ import annotations

import pytest
import torch

from core.errors import SpecError
from core.features import inception
from core.features.inception import InceptionV3
from core.images.inception import Inception
from core.networks import count_parameters


@pytest.fixture(scope="module")
def network() -> Inception:
    return Inception().eval()


def test_is_as_large_as_published_without_its_classes(network: Inception) -> None:
    """23,834,568 with its thousand classes, as torchvision counts it, of which the last layer has 2,049,000."""
    assert count_parameters(network) == 23_834_568 - 2_049_000
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 99, 99)).shape == (1, 2048)


def test_a_twin_convolution_reads_what_its_twin_reads(network: Inception) -> None:
    block = network.Mixed_7c
    assert block.branch3x3_2b.conv.weight.shape == (384, 384, 3, 1)
    assert block.branch3x3dbl_3b.conv.weight.shape == (384, 384, 3, 1)
    x = torch.rand(1, 2048, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        y, half = block(x), block.branch3x3_1(x)
        # outputs in the order of the branches: 320, then both twins of 384
        torch.testing.assert_close(y[:, 320:704], block.branch3x3_2a(half))
        torch.testing.assert_close(y[:, 704:1088], block.branch3x3_2b(half))


def test_reads_the_file_that_is_named_and_refuses_another(network: Inception, tmp_path) -> None:
    file = tmp_path / "weights.pth"
    torch.save(network.state_dict() | {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}, file)
    loaded = InceptionV3(weights=str(file)).load()
    torch.testing.assert_close(loaded.state_dict(), network.state_dict())
    inception._load.cache_clear()
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("not weights")
    for name, words in (("other.pth", "does not hold"), ("text.pth", "does not hold"), ("gone.pth", "cannot be read")):
        with pytest.raises(SpecError, match=words):
            InceptionV3(weights=str(tmp_path / name)).load()
    for name, words in (("~nobodyx/a.pth", "a user who does not exist"), ("a\0b.pth", "has a zero byte")):
        with pytest.raises(SpecError, match=words):
            InceptionV3(weights=name).load()
    with pytest.raises(SpecError, match="Inception does not ship"):
        InceptionV3().load()
