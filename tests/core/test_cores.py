"""Work on several cores: what comes out is what one core makes, in the same modes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from core.events import Chunk
from core.machine import cores
from core.run import sample
from core.spec import Part, RunSpec


def test_pieces_are_computed_at_one_time_and_come_back_in_order() -> None:
    together = threading.Barrier(2, timeout=10)

    def meet(piece: int, other: str) -> tuple[int, str]:
        together.wait()
        return piece, other

    assert cores.each(meet, range(4), "abcd", at_once=2) == list(enumerate("abcd"))
    assert cores.each(lambda piece: piece, range(7), at_once=3) == list(range(7))
    assert cores.each(lambda piece: piece, [], at_once=3) == []


@pytest.mark.parametrize("at_once", [1, 3])
def test_each_piece_has_one_thread_and_the_callers_modes(at_once: int) -> None:
    def modes(_: int) -> tuple[int, bool, bool]:
        return torch.get_num_threads(), torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    before = torch.get_num_threads()
    assert set(cores.each(modes, range(6), at_once=at_once)) == {(1, False, True)}
    with torch.inference_mode():
        assert set(cores.each(modes, range(6), at_once=at_once)) == {(1, True, False)}
    with torch.no_grad():
        assert set(cores.each(modes, range(6), at_once=at_once)) == {(1, False, False)}
    assert torch.get_num_threads() == before


def test_an_error_in_any_piece_is_the_callers() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        cores.each(lambda piece: 1 // (2 - piece), range(6), at_once=3)
    assert torch.get_num_threads() == before


NETWORK = Part("network", {"weights": "shipped:eight-gaussians-mean-flow"})
SPECS = {
    "a network": RunSpec(field=Part("network", {"weights": "shipped:swiss-roll-flow"}), data=Part("swiss-roll")),
    "jumps": RunSpec(field=NETWORK, sampler=Part("mean-flow", {"n_steps": 2}), objective=Part("mean-flow")),
    "steps of their own": RunSpec(sampler=Part("dormand-prince"), data=Part("moons")),
    "noise": RunSpec(sampler=Part("ddpm", {"n_steps": 6}), objective=Part("diffusion"), path=Part("vp-cosine")),
    "a class each": RunSpec(data=Part("three-gaussians"), label="0,1,2", guidance=Part("cfg")),
    "images": RunSpec(
        data=Part("cifar10"), label="0,1", sampler=Part("euler", {"n_steps": 2}), network=Part("unet"),
        field=Part("network", {"weights": "shipped:cifar10-flow"}), guidance=Part("cfg"), n_samples=9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_a_run_is_the_same_bit_for_bit_with_any_number_of_threads(name: str) -> None:
    spec = SPECS[name].replace(n_samples=9 if name == "images" else 1300, device="cpu")
    one, three = (_streams(spec.replace(threads=threads)) for threads in (1, 3))
    assert one.keys() == three.keys()
    for stream, values in one.items():
        np.testing.assert_array_equal(three[stream], values, err_msg=stream)


def _streams(spec: RunSpec) -> dict[str, np.ndarray]:
    found: dict[str, list[np.ndarray]] = {}
    for event in sample(spec):
        if isinstance(event, Chunk):
            found.setdefault(event.stream, []).append(event.data)
    return {name: np.concatenate(chunks) for name, chunks in found.items()}
