"""Every sampler does what its class facts say, and a new one is found by everybody."""

from __future__ import annotations

import itertools
import re
import sys
import textwrap

import pytest
import torch

from core import registry
from core.assignments import apply_sets
from core.catalog import live
from core.errors import FlowscopeError
from core.metrics.solver_order import measured_order
from core.numerics.noise import normal
from core.spec import Part, RunSpec
from tests.contracts import registered
from workbench.model.setup import sections


class Recorded:
    """Noise that says whether it was drawn."""

    def __init__(self, z: torch.Tensor) -> None:
        self.z, self.drawn = z, False

    def increment(self, t: float, s: float) -> torch.Tensor:
        self.drawn = True
        return self.z

    def fresh(self, t: float, draw: int) -> torch.Tensor:
        return self.increment(t, t)


@registered.variants
def test_what_a_sampler_says_of_itself_is_what_it_does(name: str, params: dict[str, object]) -> None:
    """In three steps through images in single precision: its evaluations, its noise and what that needs, and numbers
    that keep shape and precision."""
    sampler = registered.sampler(
        name, **{"n_steps": 3, **params} if not registry.find("sampler", name).jumps else params
    )
    field = registered.Counted(registered.GaussianField([0.1 * i for i in range(12)], 0.3, registered.path("vp-sde")))
    x = normal(1, "source", torch.arange(8), 12).reshape(8, 3, 2, 2).float()
    noise, state, last = Recorded(torch.ones_like(x)), None, 1.0 if sampler.jumps else 0.6
    for t, s in itertools.pairwise(torch.linspace(0.3, last, sampler.n_steps + 1, dtype=torch.float64)):
        step = sampler.step(field, x, t, s, state, noise)
        for values in (step.x, step.estimate.x1, step.estimate.x0):
            assert values.shape == x.shape
            assert values.dtype == torch.float32
            assert values.isfinite().all()
        c = field.path.at(t)
        if "s_churn" not in params:  # which looks elsewhere
            torch.testing.assert_close(c.alpha * step.estimate.x1 + c.sigma * step.estimate.x0, x, rtol=1e-4, atol=1e-4)
        x, state = step.x, step.state
    assert len(field.times) == sampler.n_steps * sampler.evaluations or sampler.adaptive
    assert noise.drawn == sampler.draws == ("normal-source" in sampler.needs)
    assert sampler.draws or not sampler.stochastic or params
    assert ("flow-map" in sampler.needs) == sampler.jumps


PLUGIN = '''
from typing import Annotated, Any
from msgspec import Meta
from core.registry import register
from core.samplers import Sampler, Step

@register("sampler")
class Midpoint(Sampler, frozen=True, kw_only=True):
    """Follows the velocity at the middle of each step."""
    name = "midpoint-plugin"
    title = "Midpoint"
    reference = "Runge 1895"
    order = 2
    nfe_per_step = 2
    twist: Annotated[float, Meta(ge=0, le=1, title="Twist")] = 0.5

    def step(self, field, x, t, s, state, noise):
        estimate = field(x, t)
        middle = 0.5 * (t + s)
        half = x + (middle - t) * estimate.velocity(field.path.at(t))
        return Step(x + (s - t) * field(half, middle).velocity(field.path.at(middle)), state, estimate)
'''


LACKING = '''
from core.registry import register
from core.samplers import Sampler

@register("sampler")
class Lacking(Sampler, frozen=True, kw_only=True):
    """Says nothing of its order."""

    name, title, reference = "lacking", "Lacking", ""
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "my_sampler.py").write_text(textwrap.dedent(PLUGIN))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "my_sampler")
    monkeypatch.setattr(registry, "_discovered", False)
    monkeypatch.delitem(sys.modules, "my_sampler", raising=False)
    before = dict(registry._entries["sampler"])
    yield "midpoint-plugin"
    registry._entries["sampler"].clear()
    registry._entries["sampler"].update(before)


def test_a_plug_in_that_is_not_there_is_named(monkeypatch) -> None:
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "json, no_such_sampler")
    monkeypatch.setattr(registry, "_discovered", False)
    with pytest.raises(FlowscopeError, match="FLOWSCOPE_PLUGINS names no_such_sampler"):
        registry.entries("sampler")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:", "sampler_with_a_fault.py, line 1): SyntaxError"),
        ("import no_such_thing", "sampler_with_a_fault.py, line 1): ModuleNotFoundError: No module named 'no_such"),
        ("\n1 / 0", "sampler_with_a_fault.py, line 2): ZeroDivisionError"),
        ("raise SystemExit(3)", "sampler_with_a_fault.py, line 1): SystemExit: 3"),
        (
            "from core.registry import register\n\nregister('samplers')",
            "sampler_with_a_fault.py, line 3): ValueError: There is no kind “samplers”. Did you mean sampler?",
        ),
        (LACKING, "Lacking of sampler_with_a_fault cannot be listed: AttributeError: type object 'Lacking' has no"),
    ],
)
def test_a_plugin_with_a_fault_is_named_with_its_line(tmp_path, monkeypatch, text: str, words: str) -> None:
    (tmp_path / "sampler_with_a_fault.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "sampler_with_a_fault")
    monkeypatch.setattr(registry, "_discovered", False)
    monkeypatch.delitem(sys.modules, "sampler_with_a_fault", raising=False)
    monkeypatch.setitem(registry._entries, "sampler", dict(registry._entries["sampler"]))
    with pytest.raises(FlowscopeError, match=re.escape(words)) as raised:
        registry.discover()
    assert "?." not in str(raised.value)


def test_a_plug_in_keeps_the_parameters_that_another_sampler_has_too(plugin: str) -> None:
    data = {"sampler": {"name": "ddim", "n_steps": 6, "eta": 0.5}}
    assert apply_sets(data, [f"sampler={plugin}"])["sampler"] == {"name": plugin, "n_steps": 6}
    data = {"sampler": {"name": plugin, "n_steps": 6, "twist": 0.2}}
    assert apply_sets(data, [f"sampler={plugin}"]) == data


def test_a_sampler_in_one_new_file_is_found_and_measured(plugin: str) -> None:
    entry = live().parts["sampler"][plugin]
    assert entry.facts["order"] == 2
    assert entry.params["twist"]["maximum"] == 1
    assert "n_steps" in entry.params
    form = {section.title: section for section in sections(live(), RunSpec(sampler=Part(plugin)), ["cpu"])}
    rows = {row.field: row for row in form["Sampler"].rows}
    assert "Midpoint" in [choice.title for choice in rows["sampler.name"].choices]
    assert rows["sampler.twist"].value == 0.5
    assert form["Sampler"].fact == "order 2 · 2 NFE a step"
    assert measured_order(registered.sampler(plugin)) == pytest.approx(2, abs=0.2)
