"""Weights from elsewhere: read as numbers alone, fitted by name or order, and refused where they are something else."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.errors import SpecError
from core.learned import build_network, load_field
from core.parts.making import make
from core.presets import load_one
from core.spec import Part
from trainers.foreign import convert, read_parameters
from workbench.commands import main

SPEC = load_one("three-gaussians-flow").replace(network=Part("concat-mlp"))


class Theirs(nn.Module):
    """The network of 001 as another program would write it, with names of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU())
        layers = [nn.Linear(34, 128), nn.Linear(128, 256), nn.Linear(256, 128)]
        self.trunk = nn.Sequential(*(each for layer in layers for each in (layer, nn.SiLU())))
        self.head = nn.Linear(128, 2)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        y: Tensor = self.head(self.trunk(torch.cat([x, self.embed(t[:, None])], dim=1)))
        return y


def theirs() -> Theirs:
    torch.manual_seed(3)
    return Theirs()


def velocity(file: Path, x: Tensor, t: float) -> Tensor:
    path = make("path", SPEC.path)
    field, at = load_field(file, path, torch.device("cpu"), torch.float32, (2,)), torch.tensor(t)
    return field(x, at).velocity(path.at(at))


@pytest.mark.parametrize("wrap", ["plain", "parallel", "nested"])
def test_a_network_from_elsewhere_is_the_same_field_here(tmp_path: Path, wrap: str) -> None:
    network = theirs()
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    saved = {"plain": network.state_dict(), "parallel": state, "nested": {"epoch": 3, "model_state_dict": state}}[wrap]
    torch.save(saved, tmp_path / "theirs.pt")
    out = tmp_path / "ours.safetensors"
    assert main(["convert", str(tmp_path / "theirs.pt"), "three-gaussians-flow", "--set", "network=concat-mlp",
                 "-o", str(out)]) == 0  # fmt: skip
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(velocity(out, x, 0.3), network(x, torch.full((50,), 0.3)))


def test_a_conversion_replaces_a_checkpoint_and_nothing_else(capsys, tmp_path: Path) -> None:
    torch.save(theirs().state_dict(), tmp_path / "theirs.pt")

    def converted(name: str) -> int:
        spec = ["three-gaussians-flow", "--set", "network=concat-mlp"]
        return main(["convert", str(tmp_path / "theirs.pt"), *spec, "-o", str(tmp_path / name)])

    assert converted("ours.safetensors") == converted("ours.safetensors") == 0
    (tmp_path / "folder.safetensors").mkdir()
    for name, other in (("short", "mine"), ("long", "mine " * 9)):
        (tmp_path / f"{name}.safetensors").write_text(other)
        assert converted(f"{name}.safetensors") == 2
        assert (tmp_path / f"{name}.safetensors").read_text() == other
        assert "is there and is something else" in capsys.readouterr().err
    assert converted("folder.safetensors") == 2
    assert "is a folder. Name a file." in capsys.readouterr().err


def test_our_own_names_are_known_in_any_order(tmp_path: Path) -> None:
    state = build_network(SPEC, (2,), 0).state_dict()
    torch.save(dict(reversed(state.items())), tmp_path / "own.pt")
    assert convert(read_parameters(tmp_path / "own.pt"), SPEC, tmp_path / "own.safetensors") == 71_778


def test_another_network_is_named_by_its_first_parameter_that_differs(tmp_path: Path) -> None:
    torch.save(theirs().state_dict(), tmp_path / "theirs.pt")
    wide = SPEC.replace(network=Part("concat-mlp", {"width": 64}))
    with pytest.raises(SpecError, match=r"trunk\.0\.weight, is 128 × 34, and .* is 64 × 34"):
        convert(read_parameters(tmp_path / "theirs.pt"), wide, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


class Evil:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def test_nothing_but_numbers_is_read(tmp_path: Path) -> None:
    """No code runs, nothing is unpacked that its size does not back, and each refusal is one line."""
    torch.save({"weights": Evil(tmp_path / "owned")}, tmp_path / "evil.pt")
    torch.save({"a": {"b": {"w": torch.zeros(2)}}}, tmp_path / "deep.pt")
    (tmp_path / "no.pt").write_bytes(b"not a checkpoint")
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"0" * 1_000_000)
    whole = (tmp_path / "deep.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    for name, said in (
        ("evil", "more than numbers"), ("deep", "There are a."), ("no", "no file of torch.save"),
        ("bomb", "is packed"), ("cut", "no file of torch.save"), ("gone", "cannot be read: No such file"),
    ):  # fmt: skip
        with pytest.raises(SpecError, match=said) as refused:
            read_parameters(tmp_path / f"{name}.pt")
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "owned").exists()
    assert list(read_parameters(tmp_path / "deep.pt", "a.b")) == ["w"]
