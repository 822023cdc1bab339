"""What `info` says of traces from elsewhere, whose meta data say what they like."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from core.run import sample
from core.spec import Part, RunSpec
from core.trace import save
from core.trace.build import collect
from workbench.commands import main


@pytest.mark.parametrize(
    ("meta", "line"),
    [
        ({}, "made at an unknown time"),
        ({"created": "2031", "device": "cpu", "threads": "many", "parameters": "1.4M"}, "made 2031 on cpu"),
        ({"processor": "Abacus", "threads": "1", "torch": "3"}, "made at an unknown time on Abacus, 1 thread, torch 3"),
    ],
)
def test_only_what_a_trace_says_of_its_making_is_told(capsys, tmp_path: Path, meta: dict[str, str], line: str) -> None:
    spec = RunSpec(n_samples=1, data=Part("moons"), sampler=Part("euler", {"n_steps": 1}))
    save(collect(iter(sample(spec))), file := tmp_path / "elsewhere.h5")
    with h5py.File(file, "r+") as h5:
        h5.attrs["meta"] = json.dumps(meta)
    assert main(["info", str(file)]) == 0
    assert line in capsys.readouterr().out.splitlines()
