"""The file as others read it: what the page and the README promise holds for the shipped traces and for new ones."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import resources
from core.checker import checked
from core.errors import TraceError
from core.spec import Part, RunSpec, Training
from core.trace import open_trace, schema
from core.trace.repair import repair
from tests.core.test_trace import SMALL
from tests.core.test_verify import SHIPPED, record

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "trace.md").read_text(encoding="utf-8")
TRAIN = RunSpec(
    action="train", data=Part("moons"), n_samples=20, sampler=Part("euler", {"n_steps": 4}),
    training=Training(n_steps=8, n_snapshots=2, batch_size=32),
)  # fmt: skip


def test_the_script_in_the_readme_plots_a_trace(tmp_path) -> None:
    section = (TOP / "README.md").read_text(encoding="utf-8").partition("## Read a trace without Flowscope")[2]
    script = section.partition("```python\n")[2].partition("```")[0]
    imported = {
        name.name for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Import) for name in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"h5py", "numpy"}
    assert len(script.replace("\n\n", "\n").splitlines()) <= 15
    (tmp_path / "resources").symlink_to(resources.path())
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
    pixels = np.asarray(Image.open(tmp_path / "trace.png"))
    assert pixels.shape == (300, 1200)
    with h5py.File(SHIPPED[0].with_stem("swiss-roll-flow")) as file:
        end = file["streams/x/data"][-1]
    # the last panel is inked where particles end, and nowhere else
    at = np.floor((end + 5) / 10 * 300).astype(int)
    inked = np.zeros((300, 300), bool)
    inked[299 - at[:, 1], at[:, 0]] = True
    np.testing.assert_array_equal(pixels[:, 900:] < 255, inked)


@pytest.mark.parametrize("spec", [SMALL, TRAIN], ids=["sampling", "training"])
def test_a_new_file_holds_what_the_page_says(spec, tmp_path) -> None:
    said = set(re.findall(r"`([a-zA-Z_0-9/]+)`", PAGE))
    with h5py.File(record(spec, tmp_path / "run.h5")) as file:
        assert file.attrs["version"] == f"{schema.MAJOR}.{schema.MINOR}"
        assert f"version {schema.MAJOR}.{schema.MINOR}" in PAGE.splitlines()[0]
        assert set(file.attrs) <= said
        assert {name for name in json.loads(file.attrs["meta"]) if not name.endswith("_title")} <= said
        assert file.attrs["default"] == "streams"
        shown = file["streams"][file["streams"].attrs["default"]]
        assert shown.name in ("/streams/x", "/streams/loss")

        def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if not isinstance(item, h5py.Group) or name.endswith("static"):
                return
            if "capacity" not in item.attrs:
                assert item.attrs["NX_class"] == "NXcollection"
                return
            assert set(item.attrs) <= said
            assert name in said or name.startswith("metric/")
            assert {*item} == {"data", "committed", "static", *item.attrs["columns"]}
            n = item["committed"][()]
            assert n == item.attrs["capacity"]
            # what NeXus asks of NXdata: a signal, and for each of its axes a dataset of its length, or a dot
            signal, axes = item[item.attrs["signal"]], item.attrs["axes"]
            assert item.attrs["NX_class"] == "NXdata"
            assert signal.ndim == len(axes) == len(item.attrs["dims"])
            assert item[axes[0]].shape == (n,) == signal.shape[:1]
            assert set(axes[1:]) <= {"."}

        file["streams"].visititems(visit)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_preview_follows_from_how_particles_move_as_the_page_says(file) -> None:
    """Particles move with the velocity v = dx/dt, taken by differences of recorded rows; the page gives x1_hat."""
    with h5py.File(file) as h5:
        x, preview, t = (h5[f"streams/{name}"][:] for name in ("x/data", "x1_hat/data", "x/t"))
        a, s, da, ds = (
            h5[f"streams/x/{name}"][:][1:-1, None, None] for name in ("alpha", "sigma", "d_alpha", "d_sigma")
        )
    v = (x[2:] - x[:-2]) / (t[2:] - t[:-2])[:, None, None]
    x1_hat = (ds * x[1:-1] - s * v) / (a * ds - s * da)
    inside = slice(len(t) // 4, -len(t) // 4)
    assert np.median(np.abs(x1_hat - preview[1:-1])[inside]) < 0.05


@pytest.fixture
def of_later_version(tmp_path) -> Callable[[str], Path]:
    """A trace with what only a version still to come knows."""

    def make(version: str) -> Path:
        file = record(SMALL, tmp_path / "later.h5")
        with h5py.File(file, "r+") as h5:
            spec = json.loads(h5.attrs["spec"])
            spec |= {"later": {"name": "more"}, "training": spec["training"] | {"later": 1}}
            h5.attrs.update({"version": version, "spec": json.dumps(spec), "later": 3})
            h5["streams/x"].attrs["later"] = "more"
            if version.startswith("2"):
                h5.create_dataset("later", data=["a word"], dtype=h5py.string_dtype())
        return file

    return make


def test_a_later_minor_version_is_read_as_the_page_says_without_what_is_not_known(of_later_version) -> None:
    trace = open_trace(checked(of_later_version("1.99")))
    assert trace.spec == SMALL
    assert len(trace["x"]) == 7
    trace.close()


def test_a_later_major_version_is_refused_as_that_whatever_is_in_it(of_later_version) -> None:
    file = of_later_version("2.0")
    for opened in (checked, open_trace):
        with pytest.raises(
            TraceError, match=r"it has version 2\.0; .* reads up to 1\.x\. A newer Flowscope opens it\.$"
        ):
            opened(file)


def test_a_repair_loses_nothing_of_a_later_version(of_later_version, tmp_path) -> None:
    file = of_later_version("1.99")
    with h5py.File(file, "r+") as h5:
        h5.attrs["status"] = "running"
    before = file.read_bytes()
    for out in (None, tmp_path / "copy.h5"):
        with pytest.raises(TraceError, match=r"is of a later version than 1\.\d+, .* Flowscope that wrote it\.$"):
            repair(file, out)
    assert file.read_bytes() == before
    assert not (tmp_path / "copy.h5").exists()
