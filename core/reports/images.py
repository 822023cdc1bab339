"""A run's images beside real ones, in the features of one network: overall, class by class, and the floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core import registry
from core.assignments import apply_sets
from core.errors import SpecError, unknown
from core.features import FeatureNetwork
from core.finite import lost
from core.images.dataset import ImageDataset
from core.images.judge import Judge
from core.images.metrics import ImageMetric
from core.images.reference import to_bytes
from core.machine.device import IN_BFLOAT16
from core.parts.making import make
from core.reports import LOST, check_number
from core.setup import Setup, resolve
from core.spec import Part, RunSpec
from core.stepwise import Report, Steps, silent, within
from core.trace import Trace

SECTION = "features."
"""Before the settings of a feature network, among those of a spec."""
_GENERAL = "efficientnet-lite0"
"""The feature network of sets without a classifier of their own."""
_PARTS = ("sampler", "grid", "guidance", "clipping")


class Made(NamedTuple):
    """Images [N, C, H, W] uint8 of one run, their classes [N] or None, and what a report says of how they were made."""

    images: Tensor
    labels: Tensor | None
    said: dict[str, Any]


def made_of(images: Tensor, setup: Setup, nfe: int, in_bfloat16: bool, **more: Any) -> Made:
    """What a set-up made of its noise: images [N, C, H, W] in [-1, 1], after so many evaluations."""
    spec = setup.spec
    scale = spec.guidance.params.get("scale", getattr(setup.guidance, "scale", 1.0)) if setup.classes else 1.0
    parts = {kind: {"name": spec.part(kind).name, **spec.part(kind).params} for kind in _PARTS}
    said = {
        "method": registry.find("objective", spec.objective.name).family,
        "title": setup.sampler.title,
        "sampler": parts.pop("sampler"),
        "guidance scale": scale,
        "NFE": nfe,
        "products": "bfloat16" if in_bfloat16 else spec.precision,
        **parts,
        **more,
    }
    if gone := lost(setup, images.numpy()):
        said[LOST] = f"{gone} Those are measured as grey pictures."
    labels = setup.labels(spec.n_samples)
    return Made(to_bytes(images), None if labels is None else labels.cpu(), said)


def recorded(trace: Trace, spec: RunSpec, name: str) -> Made:
    """The first images at t = 1 of a trace, as many as the spec says.

    Raises:
        SpecError: it holds none.
    """
    if "x" not in trace or not len(trace["x"]) or trace["x"].column("t")[-1] < 1.0:
        raise SpecError("", f"{name} holds no images at t = 1. Name a trace of a whole sampling run.")
    stream = trace["x"]
    images = torch.from_numpy(stream[-1][: spec.n_samples])
    in_bfloat16 = trace.meta.get("precision", "").endswith(IN_BFLOAT16)
    return made_of(images, resolve(spec), int(stream.column("nfe")[-1]), in_bfloat16)


def is_of_images(data: str) -> bool:
    """Whether the data set of that name holds images."""
    return issubclass(registry.find("data", data), ImageDataset)


def metrics_named(names: Sequence[str] | None = None) -> list[ImageMetric]:
    """The metrics of images of those names, all without any.

    Raises:
        SpecError: there is none of a name.
    """
    known = registry.entries("image-metric")
    for name in names or []:
        if name not in known:
            raise SpecError("metrics", unknown("metric of images", name, known))
    return [known[name]() for name in names or known]


def features_for(dataset: ImageDataset, name: str | None = None, sets: Sequence[str] = ()) -> FeatureNetwork:
    """The feature network of that name, with its ``features.…`` settings; else the one that suits the data."""
    own_sets = [item for item in sets if item.startswith(SECTION)]
    params = apply_sets({"features": {}}, own_sets)["features"]  # a table of its own, read like those of a spec
    known = registry.entries("features")
    if name is not None and name not in known:
        raise SpecError("--features", unknown("feature network", name, known))
    usual = next((own for own, cls in known.items() if cls.knows == dataset.name), _GENERAL)
    network: FeatureNetwork = make("features", Part(name or usual, params))
    return network


def judge_of(spec: RunSpec, features: str | None = None, sets: Sequence[str] = (), report: Report = silent) -> Judge:
    """What holds the images of a spec against real ones, of its classes and as many.

    Raises:
        SpecError: the data are not here or too few, the feature network cannot be had, or its settings are wrong.
    """
    check_number(spec.n_samples)
    setup = resolve(spec)
    assert isinstance(setup.dataset, ImageDataset)  # the caller has looked
    labels = setup.labels(spec.n_samples)
    network = features_for(setup.dataset, features, sets)
    return Judge(setup.dataset, network, spec.n_samples, None if labels is None else labels.cpu(), setup.device, report)


def images_report(
    name: str, spec: RunSpec, judge: Judge, metrics: Sequence[ImageMetric], runs: Sequence[dict[str, Any]],
    floor: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """What a report says of runs of a spec: its judge and metrics, each run with its rows, and the floor."""
    return {
        "subject": name,
        "title": spec.title,
        "data": judge.dataset.title,
        "classes": list(judge.dataset.class_names),
        "n": spec.n_samples,
        "label": spec.label,
        "seed": spec.seed,
        "samples": f"particles 0 to {spec.n_samples - 1:,} of the seed, none left out, as 8-bit pictures",
        **judge.said(),
        "metrics": {metric.name: {"title": metric.title, "unit": metric.unit, **metric.facts()} for metric in metrics},
        "runs": list(runs),
        "floor": {"what": "a second real set of the same size and classes", "metrics": floor},
    }


def trace_report(trace: Trace, name: str) -> Steps[dict[str, Any]]:
    """The report of a trace of images, a step at a time.

    Raises:
        SpecError: it holds no images at t = 1, or they cannot be judged.
    """
    spec = trace.spec.replace(n_samples=trace["x"].declared.row_shape[0] if "x" in trace else trace.spec.n_samples)
    run, judge, metrics = recorded(trace, spec, name), judge_of(spec), metrics_named()
    n, floor, rows = spec.n_samples, dict[str, Any](), dict[str, Any]()
    total = 3 * n + 2 * len(metrics)
    yield from within(judge.looking_at_real(), 0, total)
    found = yield from within(judge.looking(run.images, run.labels), 2 * n, total)
    for i, metric in enumerate(metrics):  # one at a time: some take a second
        floor |= judge.floor([metric])
        yield 3 * n + 2 * i + 1, total
        rows |= judge.measure(found, [metric])
        yield 3 * n + 2 * i + 2, total
    return images_report(name, spec, judge, metrics, [run.said | {"metrics": rows}], floor)
