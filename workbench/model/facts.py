"""Facts of parts in a few words: what stands beside their names in menus, and beside a section's title."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog import Catalog
from core.parts.entry import Entry
from core.spec import Part, RunSpec, Training


def said(catalog: Catalog, spec: RunSpec, kind: str, entry: Entry) -> str:
    """What a menu says beside a name."""
    match kind:
        case "sampler":
            return order_of(entry)
        case "network":
            return size(entry, _shape(catalog, spec))
    return ""


def order_of(sampler: Entry) -> str:
    """``order 1 · 1 NFE a step``."""
    stochastic = " · draws noise" if sampler.facts.get("stochastic") else ""
    if sampler.facts.get("adaptive"):
        return f"order {sampler.facts.get('order')} · as many NFE as its tolerance asks"
    return f"order {sampler.facts.get('order')} · {sampler.facts.get('nfe_per_step')} NFE a step{stochastic}"


def size(network: Entry, shape: Sequence[int]) -> str:
    """``1.27 M · 0.13 GFLOP``: parameters and operations of one evaluation of one image, with its defaults."""
    cost = next((each for each in network.facts.get("costs", ()) if each["shape"] == list(shape)), None)
    if cost is not None:
        return f"{cost['parameters'] / 1e6:.2f} M · {cost['flops'] / 1e9:.2f} GFLOP"
    known = network.facts.get("parameters")
    return "" if known is None else f"{known:,} parameters"


def size_of(catalog: Catalog, spec: RunSpec, parameters: int | None = None) -> str:
    """That of the chosen network: as long as it is as it comes the catalog knows it, else once they are counted."""
    if size_question(catalog, spec) is None:
        return size(catalog.entry("network", spec.network.name), _shape(catalog, spec))
    if parameters is None:
        return ""
    return f"{parameters / 1e6:.2f} M" if len(_shape(catalog, spec)) > 1 else f"{parameters:,} parameters"


def size_question(catalog: Catalog, spec: RunSpec) -> RunSpec | None:
    """What has to be known to count the chosen network's parameters; None where the catalog says them."""
    network, objective = catalog.entry("network", spec.network.name), catalog.entry("objective", spec.objective.name)
    as_it_comes = catalog.values("network", spec.network) == catalog.values("network", Part(spec.network.name))
    classes = catalog.entry("data", spec.data.name).facts.get("classes", ()) if spec.training.conditional else ()
    if as_it_comes and len(classes) == network.facts.get("classes") and not objective.facts.get("two_times"):
        return None
    return RunSpec(
        action="size", data=spec.data, source=spec.source, coupling=spec.coupling, path=spec.path, grid=spec.grid,
        objective=spec.objective, network=spec.network, field=Part("network"), sampler=Part(spec.sampler.name),
        training=Training(conditional=spec.training.conditional),
    )  # fmt: skip


def _shape(catalog: Catalog, spec: RunSpec) -> Sequence[int]:
    shape: Sequence[int] = catalog.entry("data", spec.data.name).facts.get("shape", ())
    return shape
