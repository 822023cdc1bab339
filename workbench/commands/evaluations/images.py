"""`evaluate` for images: distances in a named feature network, overall and class by class, beside two real sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.errors import SpecError
from core.images.judge import Judge
from core.reports import LEFT_OUT, LOST, figures
from core.reports.images import SECTION, Made, images_report, judge_of, metrics_named
from core.spec import RunSpec, names_weights
from core.words import counted
from workbench.commands.evaluations.subjects import made, spec_of_subject, swept
from workbench.commands.progress import ProgressLine


class Wish(NamedTuple):
    """What the command line asks for beyond a subject."""

    metrics: list[str] | None = None
    sets: Sequence[str] = ()
    n: int | None = None
    seed: int | None = None
    features: str | None = None
    nfes: Sequence[int] = ()
    guidances: Sequence[float] = ()
    rungs: bool = False


def evaluate_images(name: str, wish: Wish) -> tuple[dict[str, Any], list[Made], Judge]:
    """The report of a checkpoint or a trace of images, what was made, and the real sets that it was held against.

    Raises:
        SpecError: a name is unknown, a metric asks for what there is not, or the run cannot be sampled.
    """
    wanted = [item for item in wish.sets if not item.startswith(SECTION)]
    spec = spec_of_subject(name, wanted, wish.n, wish.seed)
    runs = swept(spec, wish.nfes, wish.guidances) if names_weights(name) else _as_it_is(spec, wish)
    metrics = metrics_named(wish.metrics)
    line = Looking()
    judge = judge_of(spec, wish.features, wish.sets, line.update)
    # real images first: what a metric asks for and does not get is told before hours of sampling, not after
    floor = judge.floor(metrics, strict=wish.metrics is not None)
    results, kept = [], []
    for run in made(name, runs):
        found = judge.seen(run.images, run.labels)
        results.append(run.said | {"metrics": judge.measure(found, metrics)})
        kept.append(run)
    report = images_report(name, spec, judge, metrics, results, floor)
    if wish.rungs:
        report["rungs"] = judge.rungs(metrics)
    line.close()
    return report, kept, judge


class Looking:
    """Progress of looking at one set of images after the other."""

    def __init__(self) -> None:
        self._line = ProgressLine("looking at images")

    def update(self, done: int, total: int) -> None:
        if done == 0:  # another set begins, and its own time counts
            self.close()
            self._line = ProgressLine("looking at images")
        self._line.update(done, total)

    def close(self) -> None:
        self._line.close()


def _as_it_is(spec: RunSpec, wish: Wish) -> list[RunSpec]:
    if wish.nfes or wish.guidances:
        raise SpecError("--nfe", "A trace is measured as it was made. Name a checkpoint to sample it otherwise.")
    return [spec]


def table(report: dict[str, Any]) -> str:
    """The report as lines of text: a row for each run, then the real sets."""
    names = [name for name, row in report["metrics"].items() if not _left_out(report, name)]
    titles = [report["metrics"][name]["title"] for name in names]
    lines = [
        f"{report['title'] or report['subject']}: {report['n']:,} images beside {report['data']}, "
        f"seed {report['seed']}, features of {report['features']['title']}",
        f"{'':34}" + "".join(f"{title:>24}" for title in titles),
    ]
    rows = [(_run_title(run), run["metrics"]) for run in report["runs"]]
    rows += [("a second real set", report["floor"]["metrics"]), *report.get("rungs", {}).items()]
    lines += [f"{title:34}" + "".join(f"{figures(row[name]):>24}" for name in names) for title, row in rows]
    for run in report["runs"]:
        if "images a second" in run:
            lines.append(
                f"{_run_title(run)}: {run['images a second']:g} images a second, {counted(run['threads'], 'thread')}"
            )
    lines += [f"{_run_title(run)}: {run[LOST]}" for run in report["runs"] if LOST in run]
    floor = report["floor"]["metrics"]
    missing = {name: _left_out(report, name) or floor[name].get(LEFT_OUT) for name in report["metrics"]}
    return "\n".join([*lines, *(f"{report['metrics'][name]['title']}: {why}" for name, why in missing.items() if why)])


def _left_out(report: dict[str, Any], name: str) -> str:
    return str(next((run["metrics"][name].get(LEFT_OUT, "") for run in report["runs"]), ""))


def _run_title(run: dict[str, Any]) -> str:
    clipping = "" if run["clipping"]["name"] == "none" else f", {run['clipping']['name']}"
    return f"{run['title']}, NFE {run['NFE']}, guidance {run['guidance scale']:g}{clipping}"
