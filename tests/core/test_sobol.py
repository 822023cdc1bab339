"""The Sobol sequence: rows by their number, without gaps, uniform in every scrambling."""

from __future__ import annotations

import pytest
import torch

from core.numerics import sobol
from core.numerics.mixture import Mixture
from core.numerics.noise import uniform
from core.numerics.sobol import Sobol


@pytest.mark.parametrize("pieces", [[50, 50], [7, 1, 92], [100]])
def test_rows_are_the_same_however_they_are_asked_for(monkeypatch, pieces: list[int]) -> None:
    monkeypatch.setattr(sobol, "_SPAN", 32)
    whole, again = Sobol(3, 4).rows(20, 100), Sobol(3, 4)
    again.rows(90, 5)  # from elsewhere first
    place, parts = 20, []
    for n in pieces:
        parts.append(again.rows(place, n))
        place += n
    assert torch.equal(torch.cat(parts), whole)


def test_spans_and_seeds_differ(monkeypatch) -> None:
    monkeypatch.setattr(sobol, "_SPAN", 64)
    rows = Sobol(3, 2).rows(0, 128)
    for other in (rows[64:], Sobol(4, 2).rows(0, 64)):
        assert torch.cdist(rows[:64], other).min() > 0


def test_no_gap_is_left_in_any_direction() -> None:
    rows = Sobol(5, 16).rows(1 << 10, 1 << 10)  # a stretch that begins at a multiple of its length
    for bins in (1 << 5, 1 << 10):
        counts = torch.stack([torch.bincount(column, minlength=bins) for column in (rows * bins).long().T])
        assert (counts == (1 << 10) // bins).all()
    assert rows.min() > 0
    assert rows.max() < 1


def test_means_err_far_less_than_by_chance_and_without_bias() -> None:
    def f(u: torch.Tensor) -> torch.Tensor:
        return torch.exp(u.sum(1)) / (torch.e - 1) ** 4  # of mean one over the cube

    n, seeds = 1 << 12, range(32)
    even = torch.stack([f(Sobol(seed, 4).rows(0, n)).mean() - 1 for seed in seeds])
    chance = torch.stack([f(uniform(seed, "pair", torch.arange(n), 4)).mean() - 1 for seed in seeds])
    assert even.square().mean().sqrt() < 0.05 * chance.square().mean().sqrt()
    assert abs(even.mean()) < 3 * even.std() / len(seeds) ** 0.5


def test_a_mixture_stands_at_its_numbers() -> None:
    centres = torch.tensor([[-2.0, 0.0], [3.0, 1.0], [0.0, 4.0]], dtype=torch.float64)
    shares = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    mixture = Mixture(centres, 0.4, shares.log(), labels=torch.tensor([0, 1, 0]))
    n = 1 << 14
    x, labels = mixture.at(Sobol(1, 3).rows(0, n))
    assert labels is not None
    torch.testing.assert_close((labels == 1).double().mean(), shares[1], atol=1 / n, rtol=0)
    mean, std = mixture.mean_std()
    torch.testing.assert_close(x.mean(0), mean, atol=2e-3, rtol=0)
    torch.testing.assert_close(x.std(0), std, atol=2e-3, rtol=0)
    middle = torch.tensor([[0.2, 0.5, 0.5], [0.6, 0.5, 0.5], [0.9, 0.5, 0.5]], dtype=torch.float64)
    torch.testing.assert_close(mixture.at(middle).x, centres)
