"""Every sampler converges as fast as it says: along the flow, and along one Brownian path."""

from __future__ import annotations

import pytest

from core import registry
from core.metrics.solver_order import error, has_order, measured_order
from tests.contracts import registered

ALONG_THE_FLOW = [name for name in registered.SAMPLERS if has_order(registry.find("sampler", name))]


def test_only_adaptive_jumping_and_random_samplers_have_no_order_along_the_flow() -> None:
    others = set(registered.SAMPLERS) - set(ALONG_THE_FLOW)
    assert others == {
        "dormand-prince", "mean-flow", "consistency", "ddpm", "dpmpp-2m-sde", "euler-maruyama", "predictor-corrector",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["vp-sde", "linear"])
@pytest.mark.parametrize("name", ALONG_THE_FLOW)
def test_measured_order_is_the_declared_one(name: str, path) -> None:
    sampler = registered.sampler(name)
    assert measured_order(sampler, path) == pytest.approx(sampler.order, abs=0.2)


def test_rk4_is_of_fourth_order_from_24_evaluations_on() -> None:
    assert measured_order(registered.sampler("rk4"), "linear", "t", (24, 100)) == pytest.approx(4, abs=0.2)


def test_the_published_third_order_multistep_method_is_of_second_order() -> None:
    assert measured_order(registered.sampler("dpmpp-3m", variant="published")) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("b", ["bh1", "bh2"])
@pytest.mark.parametrize("p", [1, 2])
def test_unipc_is_of_order_p_and_its_corrector_adds_one(p: int, b: str) -> None:
    for corrector in (False, True):
        sampler = registered.sampler("unipc", p=p, b=b, corrector=corrector)
        assert measured_order(sampler) == pytest.approx(p + corrector, abs=0.2)


def test_a_third_point_takes_unipc_beyond_third_order() -> None:
    """Order 4 in the limit; the first step, which has one point only, keeps it at 3.7 here."""
    assert measured_order(registered.sampler("unipc", p=3, corrector=False)) == pytest.approx(3, abs=0.2)
    assert measured_order(registered.sampler("unipc", p=3)) > 3.5


def test_higher_orders_of_dpm_solver_pay_from_20_and_from_48_evaluations_on() -> None:
    first, second, third = (registered.sampler(f"dpm-solver-{order}") for order in (1, 2, 3))
    for nfe in (20, 24, 32, 50, 100):
        assert error(second, nfe) < error(first, nfe)
    for nfe in (48, 60, 99):
        assert error(third, nfe) < error(second, nfe)


@pytest.mark.parametrize("name", ["dpm-solver-2", "dpm-solver-3"])
def test_a_step_below_its_least_nfe_a_single_step_solver_is_far_worse_than_the_first_order(name: str) -> None:
    sampler, first = registered.sampler(name), registered.sampler("dpm-solver-1")
    nfe = sampler.least_nfe - sampler.nfe_per_step
    assert error(sampler, nfe) > 2 * error(first, nfe)


def test_errors_are_those_that_were_measured_elsewhere() -> None:
    """Eight modes, VP 0.1 to 20, equal steps of log-SNR: RMS .110, .083, .071 at 20 evaluations for orders 1 to 3, on
    other starts."""
    errors = [error(registered.sampler(f"dpm-solver-{order}"), 20) for order in (1, 2, 3)]
    assert errors == pytest.approx([0.110, 0.083, 0.071], rel=0.1)
