"""One seed, other step count: stochastic samplers follow the same Brownian path and approach the path of their SDE."""

from __future__ import annotations

import pytest

from core.metrics.strong_order import KNOWN, strong_order
from tests.contracts import registered


@pytest.mark.parametrize(("name", "params"), KNOWN, ids=str)
def test_more_steps_approach_one_path_at_the_known_strong_order(name: str, params) -> None:
    measured = strong_order(registered.sampler(name, **dict(params)), steps=(20, 40, 80), fine=640)
    assert measured.slope == pytest.approx(KNOWN[name, params].order, abs=0.2)
    assert list(measured.distances) == sorted(measured.distances, reverse=True)


@pytest.mark.parametrize(("name", "params"), [("edm-heun", {"s_churn": 10.0}), ("predictor-corrector", {})])
def test_noise_that_is_drawn_afresh_follows_no_path(name: str, params: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no Brownian path"):
        strong_order(registered.sampler(name, **params), steps=(25, 50), fine=100)
