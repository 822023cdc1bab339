"""Charts: what their curves say."""

from __future__ import annotations

import time

import numpy as np
import pytest

import resources
from core.events import Chunk, RunStarted, StreamDeclared
from core.paths import Coefficients
from core.spec import RunSpec, Training, to_json
from core.trace import Trace, TraceBuilder, open_trace
from tests.workbench.image_traces import image_trace
from workbench.views.chart import charts, ways
from workbench.views.chart.chart_table import TABLE, WHILE_SAMPLING, WHILE_TRAINING, chart
from workbench.views.chart.charts import Chart, Subject, lines_of
from workbench.views.lane2d import Look, scene
from workbench.views.marks import Method
from workbench.views.theme import DARK
from workbench.views.time_axis import KINDS, time_axis

NONE = np.zeros((0, 16))


def sampling_charts(lanes: list[tuple[Method, Trace]]) -> list[Chart]:
    return [chart(key, [Subject(method, trace) for method, trace in lanes]) for key in WHILE_SAMPLING]


def training_charts(lanes: list[tuple[Method, Trace]]) -> list[Chart]:
    return [chart(key, [Subject(method, training=trace) for method, trace in lanes]) for key in WHILE_TRAINING]


def trace_of(x: np.ndarray, t: np.ndarray, data: np.ndarray, **meta: str) -> Trace:
    """A sampling trace with x [N, B, 2] at t [N], sigma = 1 - t, and real points."""
    builder = declared(x, data, **meta)
    builder.feed(Chunk("x", x.astype(np.float32), {"t": t, "sigma": 1 - t}))
    return builder.trace


def declared(x: np.ndarray, data: np.ndarray, **meta: str) -> TraceBuilder:
    """The same before its first row."""
    builder = TraceBuilder()
    builder.feed(RunStarted(to_json(RunSpec()), meta))
    builder.feed(
        StreamDeclared(
            name="x", row_shape=x.shape[1:], dims=("t", "particle", "xy"), kind="points", columns=("t", "sigma"),
            capacity=len(x), static={"data": data.astype(np.float32)},
        )
    )  # fmt: skip
    return builder


def training_of(
    loss: np.ndarray, error: np.ndarray, *, n_steps: int = 1000, status: str = "running", held_out: np.ndarray = NONE
) -> Trace:  # fmt: skip
    """A training with a loss at each step, the error at equal distances, and the held-out loss over t [R, T] too."""
    builder = TraceBuilder()
    builder.feed(RunStarted(to_json(RunSpec(training=Training(n_steps=n_steps))), {}))
    for name, values, columns in (
        ("loss", loss, {"step": np.arange(1.0, len(loss) + 1), "learning_rate": np.full(len(loss), 1e-3)}),
        ("metric/velocity_error", error, {"step": np.linspace(0, len(loss), len(error))}),
    ):
        builder.feed(
            StreamDeclared(
                name=name, row_shape=(), dims=("step",), kind="scalar", columns=tuple(columns), capacity=len(values)
            )
        )
        builder.feed(Chunk(name, values.astype(np.float32), columns))
    if len(held_out):
        columns = {"step": np.linspace(0, len(loss), len(held_out))}
        t = (np.arange(held_out.shape[1]) + 0.5) / held_out.shape[1]
        for name, values, more in (("loss", held_out.mean(axis=1), {}), ("loss_over_t", held_out, {"t": t})):
            builder.feed(
                StreamDeclared(
                    name=f"validation/{name}", row_shape=values.shape[1:], dims=("step", "t")[: values.ndim],
                    kind="scalar", columns=("step",), capacity=len(values), static=more,
                )
            )  # fmt: skip
            builder.feed(Chunk(f"validation/{name}", values.astype(np.float32), columns))
    builder.trace.status = status
    return builder.trace


def shifted(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Particles that stand 3 right of the data at first and on it in the end."""
    data = np.random.default_rng(0).normal(size=(n, 2))
    t = np.linspace(0, 1, 11)
    x = data[None] + 3.0 * (1 - t)[:, None, None] * np.array([1.0, 0.0])
    return x, data


def test_distance_to_shifted_data_is_the_mean_of_the_shift_over_directions() -> None:
    x, data = shifted()
    distance, noise, speed = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 11), data))])
    # the RMS distance of quantiles is |shift . direction|, whose mean over all directions is 2 / pi |shift|
    expected = 3.0 * (1 - distance.curves[0].x) * 2 / np.pi
    np.testing.assert_allclose(distance.curves[0].y, expected, atol=0.01)
    np.testing.assert_allclose(noise.curves[0].y, 1 - noise.curves[0].x)
    np.testing.assert_allclose(speed.curves[0].y, 3.0, rtol=1e-4)


@pytest.mark.parametrize("n_data", [150, 400, 1000])
def test_distance_does_not_need_as_many_real_points_as_particles(n_data: int) -> None:
    rng = np.random.default_rng(1)
    x = np.repeat(rng.normal(size=(1, 400, 2)), 3, axis=0)
    trace = trace_of(x, np.linspace(0, 1, 3), rng.normal(size=(n_data, 2)))
    assert sampling_charts([("flow", trace)])[0].curves[0].y.max() < 0.2


def test_a_diverged_row_has_no_distance_and_the_others_do() -> None:
    x, data = shifted()
    x[4, 7] = np.inf
    y = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 11), data))])[0].curves[0].y
    assert not np.isfinite(y[4])
    assert np.isfinite(np.delete(y, 4)).all()


def test_a_long_run_is_read_in_part() -> None:
    x = np.zeros((600, 4, 2))
    distance, noise, speed = sampling_charts([("flow", trace_of(x, np.linspace(0, 1, 600), np.zeros((4, 2))))])
    assert len(distance.curves[0].x) <= 60
    assert distance.curves[0].x[[0, -1]].tolist() == [0.0, 1.0]
    assert len(noise.curves[0].x) == 600
    assert len(speed.curves[0].x) < 60


def test_charts_without_real_points_or_without_rows_have_fewer_curves() -> None:
    bare = trace_of(np.zeros((3, 4, 2)), np.linspace(0, 1, 3), np.zeros((0, 2)))
    distance, noise, speed = sampling_charts([("flow", bare)])
    assert (len(distance.curves), len(noise.curves), len(speed.curves)) == (0, 1, 1)
    assert all(chart.curves == () for chart in sampling_charts([]))
    assert all(chart.curves == () for chart in training_charts([]))


def test_lanes_of_one_method_differ_by_dash_and_name() -> None:
    x, data = shifted()
    traces = [trace_of(x, np.linspace(0, 1, 11), data, sampler_title=name) for name in ("Euler", "Heun", "DDIM")]
    chart = sampling_charts(list(zip(("flow", "flow", "diffusion"), traces, strict=True)))[1]
    assert [(c.variant, c.name) for c in chart.curves] == [(0, "Euler 10"), (1, "Heun 10"), (0, "")]


def test_the_loss_is_smoothed_over_its_raw_values() -> None:
    rng = np.random.default_rng(2)
    loss = 1.0 + 0.3 * rng.normal(size=5000)
    curve = training_charts([("flow", training_of(loss, np.ones(3)))])[0].curves[0]
    assert len(curve.x) == len(curve.y) == len(curve.raw) <= 600
    assert curve.x[-1] == 5000
    assert curve.y[20:].std() < curve.raw.std() / 2
    constant = training_charts([("flow", training_of(np.full(700, 2.5), np.ones(3)))])[0].curves[0]
    np.testing.assert_allclose(constant.y, 2.5, rtol=1e-6)


@pytest.mark.parametrize("n", [30, 300, 3000, 30_000])
@pytest.mark.parametrize("fall", [lambda k: 5 / (1 + k / 5), lambda k: 0.2 + 4 * np.exp(-k / 40)])
def test_the_smoothed_loss_stays_close_to_one_that_falls_fast(n: int, fall) -> None:
    """However long the training is; and where the loss scatters, through the middle of what is drawn."""
    loss = fall(np.arange(n))
    curve = training_charts([("flow", training_of(loss, np.ones(3)))])[0].curves[0]
    np.testing.assert_allclose(curve.y, curve.raw, rtol=0.25)
    scatter = np.random.default_rng(3).normal(0, 0.5, n)
    noisy = training_charts([("flow", training_of(loss * np.exp(scatter), np.ones(3)))])[0].curves[0]
    away = np.log(noisy.raw / noisy.y)
    assert abs(away.mean()) < 0.15
    assert np.log(noisy.y / curve.y).std() < 1.001 * np.log(noisy.raw / curve.raw).std()


def test_a_loss_that_is_no_number_ends_the_smoothed_one() -> None:
    smooth = charts.smoothed(np.array([4.0, 2.0, 0.0, np.nan, 1.0]), 50.0)
    assert np.isfinite(smooth[:3]).all()
    assert np.isnan(smooth[3:]).all()


def test_the_axis_of_a_training_has_room_for_what_comes_and_ends_where_it_ends_or_was_stopped() -> None:
    stopped = training_of(np.ones(50), np.ones(2), n_steps=5000, status="stopped")
    assert {chart.end for chart in training_charts([("flow", stopped)])} == {50.0}
    ends = []
    for done in range(1, 5000, 83):
        running = training_of(np.ones(done), np.ones(2), n_steps=5000)
        (end,) = {chart.end for chart in training_charts([("flow", running)])}
        assert done < end <= 5000.0
        assert end <= max(200.0, 2.3 * done)  # what is done fills nearly half of it at least
        ends.append(end)
    assert len(set(ends)) <= 7  # and it does not move with every step
    assert ends[-1] == 5000.0


def test_the_error_against_the_exact_field_is_what_was_recorded() -> None:
    error = training_charts([("flow", training_of(np.ones(50), np.array([1.0, 0.5, 0.2])))])[1].curves[0]
    np.testing.assert_allclose(error.y, [1.0, 0.5, 0.2], rtol=1e-6)
    assert charts.value_at(error, error.x[1]) == pytest.approx(0.5)
    assert charts.value_at(error, error.x[-1] + 1) is None


def test_jumps_have_their_lanes_dash_and_are_thin() -> None:
    lanes = []
    for name in ("MeanFlow", "Shortcut"):
        trace = training_of(np.ones(50), np.array([1.0, 0.2]))
        trace.meta["network_title"] = name
        trace.streams["metric/jump_error"] = trace["metric/velocity_error"]
        lanes.append(Subject("one-step", training=trace))
    told = [(each.name, each.variant, each.second) for each in chart("error", lanes).curves]
    assert told == [
        ("MeanFlow", 0, False), ("MeanFlow jumps", 0, True), ("Shortcut", 1, False), ("Shortcut jumps", 1, True),
    ]  # fmt: skip


FALLING = np.array([[4.0, 8.0], [1.0, 5.0], [0.5, 2.5]])
"""Held-out losses in two bins of t, at three steps."""


def test_the_held_out_loss_is_a_thin_named_curve_beside_the_loss() -> None:
    learned, bare = training_of(np.ones(50), np.ones(2), held_out=FALLING), training_of(np.ones(50), np.ones(2))
    lanes = [Subject("flow", training=learned), Subject("diffusion", training=bare)]
    loss, held_out, other = chart("loss", lanes).curves
    assert [(each.method, each.name, each.second) for each in (loss, held_out, other)] == [
        ("flow", "", False), ("flow", "held-out", True), ("diffusion", "", False),
    ]  # fmt: skip
    assert held_out.x.tolist() == [0.0, 25.0, 50.0]
    np.testing.assert_allclose(held_out.y, [6.0, 3.0, 1.5])


@pytest.mark.parametrize(("step", "row"), [(0.0, 0), (24.0, 0), (25.0, 1), (49.0, 1), (np.inf, 2)])
def test_the_held_out_loss_over_t_is_the_last_one_that_the_shown_weights_had(step: float, row: int) -> None:
    trace = training_of(np.ones(50), np.ones(2), held_out=FALLING)
    (curve,) = chart("held-out", [Subject("flow", training=trace, step=step), Subject("diffusion")]).curves
    assert curve.x.tolist() == [0.25, 0.75]
    np.testing.assert_allclose(curve.y, FALLING[row])
    assert curve.name == f"step {25 * row}"


def test_a_lane_keeps_its_dash_where_another_of_its_method_has_no_curve() -> None:
    """The legend names lanes by it, above all charts."""
    x, data = shifted()
    lanes = [Subject("flow"), Subject("flow", trace_of(x, np.linspace(0, 1, 11), data))]
    assert [curve.variant for curve in chart("noise", lanes).curves] == [1]


def test_charts_are_cheap_enough_for_the_windows_thread() -> None:
    lanes = [
        (method, open_trace(resources.path("traces", f"swiss-roll-{name}.h5")))
        for method, name in (("diffusion", "diffusion"), ("flow", "flow"))
    ]
    long = [("flow", training_of(np.ones(1_000_000), np.ones(3)))]
    for call in (lambda: sampling_charts(lanes), lambda: training_charts(long)):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            call()
            took.append(time.perf_counter() - began)
        assert min(took) < 0.1  # 11 and 5 ms where this was written; the limit is loose for busy machines
    for _, trace in lanes:
        trace.close()


def test_the_bend_of_ways_integrates_to_their_straightness() -> None:
    import torch

    from core.metrics.straightness import Straightness

    rng = np.random.default_rng(5)
    t = np.sort(rng.uniform(0.01, 1, size=12))
    x = rng.normal(size=(12, 40, 2)).astype(np.float32)
    part = ways.Particles.of(trace_of(x, t, x[0])["x"])
    assert ways.straightness(part) == pytest.approx(Straightness().measure(torch.tensor(x), torch.tensor(t)), rel=1e-5)
    straight = x[0] + (t - t[0])[:, None, None] * (x[1] - x[0])
    assert ways.straightness(ways.Particles.of(trace_of(straight, t, x[0])["x"])) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kind", ["data", "eps", "velocity", "v", "score", "edm"])
def test_conditioning_is_the_determinant_that_decoding_divides_by(kind: str) -> None:
    import torch

    from core.predictions import row

    trace = open_trace(resources.path("traces", "swiss-roll-diffusion.h5"))
    trace.meta["predicts"] = kind
    (curve,) = chart("conditioning", [Subject("diffusion", trace)]).curves
    x = trace["x"]
    c = Coefficients(*(torch.tensor(x.column(name)) for name in ("alpha", "sigma", "d_alpha", "d_sigma")))
    a, b = row(kind, c, float(x.static["data"].std()))
    size = (c.alpha * b - c.sigma * a).abs().numpy()
    expected = np.interp(curve.x, x.column("t"), np.where(np.isfinite(size), size, 0.0))
    np.testing.assert_allclose(curve.y, expected, rtol=1e-6)
    trace.close()


def test_the_preview_converges_to_where_the_particles_end() -> None:
    trace = open_trace(resources.path("traces", "swiss-roll-flow.h5"))
    (curve,) = chart("preview", [Subject("flow", trace)]).curves
    x1 = trace["x"][len(trace["x"]) - 1][:500]
    first = np.sqrt(np.square(trace["x1_hat"][0][:500] - x1).sum(axis=1).mean())
    assert curve.y[0] == pytest.approx(float(first), rel=1e-4)
    assert curve.y[-1] < 0.02 * curve.y[0]
    trace.close()


def test_the_preview_of_images_converges_to_those_that_come_out() -> None:
    trace = image_trace(rows=5, count=20)
    (curve,) = chart("preview", [Subject("flow", trace)]).curves
    assert curve.x.tolist() == [0.0, 0.25, 0.5, 0.75]
    np.testing.assert_allclose(curve.y, 0.0, atol=1e-6)  # it is true from the start
    trace.streams["x1_hat"] = trace["x"]  # a preview that knows nothing but x_t
    (curve,) = chart("preview", [Subject("flow", trace)]).curves
    x = trace["x"][:][:, :16]
    np.testing.assert_allclose(curve.y, np.sqrt(np.square(x - x[-1]).mean(axis=(1, 2, 3, 4)))[:-1], rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_curves_and_cursor_follow_the_axis_and_keep_their_values(kind: str) -> None:
    traces = [open_trace(resources.path("traces", f"swiss-roll-{name}.h5")) for name in ("diffusion", "flow")]
    lanes = [scene(trace, Look(DARK)).lane for trace in traces]
    plain = chart("speed", [Subject(lane.method, trace) for lane, trace in zip(lanes, traces, strict=True)])
    read = [Subject(lane.method, trace, axis=time_axis(kind, lane)) for lane, trace in zip(lanes, traces, strict=True)]
    on_axis = chart("speed", read)
    for before, after in zip(plain.curves, on_axis.curves, strict=True):
        assert (np.diff(after.x) > 0).all()
        assert (after.x[0], after.x[-1]) >= (0.0, 0.0)
        assert after.x[-1] <= 1.0 + 1e-9
        here = charts.value_at(after, after.axis.place(0.6))
        assert here == pytest.approx(charts.value_at(before, 0.6), rel=0.03)
    for trace in traces:
        trace.close()


def test_every_chart_says_why_it_is_empty() -> None:
    for key in TABLE:
        empty = chart(key, [])
        assert empty.curves == ()
        assert empty.words


# --- the painter ---------------------------------------------------------------------------------------------------


def test_lanes_of_one_method_are_named_by_what_tells_them_apart() -> None:
    data, t = np.zeros((50, 2), np.float32), np.linspace(0, 1, 3)
    x = np.zeros((3, 5, 2), np.float32)
    of = lambda data_title, network: trace_of(  # noqa: E731
        x, t, data, data_title=data_title, network_title=network, sampler_title="Euler"
    )
    for first, second, wanted in (
        (("MNIST", "U-Net"), ("CIFAR-10", "U-Net"), ["MNIST", "CIFAR-10"]),
        (("MNIST", "U-Net"), ("MNIST", "Residual U-Net"), ["U-Net", "Residual U-Net"]),
        (("MNIST", "U-Net"), ("MNIST", "U-Net"), ["Euler 2", "Euler 2"]),
    ):
        lines = lines_of([(Subject("flow"), of(*each)) for each in (first, second)])
        assert [line.name for line in lines] == wanted
    jumps = [of("MNIST", "U-Net") for _ in range(2)]
    for trace, title in zip(jumps, ("MeanFlow", "Shortcut model"), strict=True):  # of one colour, by one sampler
        trace.meta["method_title"] = title
    lines = lines_of([(Subject("one-step"), trace) for trace in jumps])
    assert [line.name for line in lines] == ["MeanFlow", "Shortcut model"]
    for words, wanted in (
        (["η 0", "η 0.5"], ["η 0", "η 0.5"]),
        (["seed 1", "seed 1", "seed 2"], ["Euler 2, seed 1", "Euler 2, seed 1", "Euler 2, seed 2"]),
    ):
        lines = lines_of([(Subject("flow", apart=each), of("MNIST", "U-Net")) for each in words])
        assert [line.name for line in lines] == wanted
        under_a_legend = lines_of([(Subject("flow", apart=each, named=False), of("MNIST", "U-Net")) for each in words])
        assert [line.name for line in under_a_legend] == [""] * len(words)


def test_a_training_that_has_just_begun_has_done_no_steps() -> None:
    """The first event of a run arrives before its streams are declared."""
    builder = TraceBuilder()
    builder.feed(RunStarted(to_json(RunSpec(action="train")), {}))
    assert charts.steps_done(builder.trace) == 0.0


@pytest.mark.parametrize(("status", "words"), [("running", "yet"), ("stopped", "trained here")])
def test_what_a_training_has_still_to_record_is_awaited(status: str, words: str) -> None:
    """Its first step may take a minute: nobody is told meanwhile that nothing was trained."""
    begun = training_of(np.ones(1), np.ones(1), status=status)
    empty = chart("loss", [Subject("flow", training=begun)])
    assert empty.words.endswith(words)
    without = chart("held-out", [Subject("flow", training=begun)])
    assert without.words == "No held-out loss measured in training"
