"""What the file system takes as the name of a trace can be one: what lies beside it meanwhile has no longer name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import TraceError
from core.run import sample
from core.spec import Part, RunSpec
from core.trace import TraceWriter, open_trace, save
from core.trace.build import collect
from core.trace.writer import begun, beside

SPEC = RunSpec(n_samples=4, data=Part("three-gaussians"), sampler=Part("euler", {"n_steps": 2}))


def longest(folder: Path, sign: str = "n") -> Path:
    most = os.pathconf(folder, "PC_NAME_MAX")
    stem = sign * ((most - len(".h5")) // len(sign.encode()))
    return folder / f"{stem}.h5"


@pytest.mark.parametrize("sign", ["n", "é", "雪"])
@pytest.mark.parametrize("shorter", [0, 1, 5, 9])
def test_the_longest_name_can_be_written_and_saved(tmp_path: Path, sign: str, shorter: int) -> None:
    path = longest(tmp_path, sign)
    path = path.with_name(path.name[shorter:])
    with TraceWriter(path) as writer:
        for event in sample(SPEC):
            writer.feed(event)
    trace = open_trace(path)
    again = path.with_name(f"{sign.upper()}{path.name[1:]}" if sign != "雪" else f"霜{path.name[1:]}")
    save(trace, again)
    trace.close()
    assert sorted(tmp_path.iterdir()) == sorted([path, again])  # and nothing stays beside them


def test_a_longer_one_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    path = longest(tmp_path)
    with pytest.raises(TraceError, match=r"n\.h5 cannot be written: File name too long\.$"):
        save(collect(sample(SPEC)), path.with_name(f"n{path.name}"))
    assert not any(tmp_path.iterdir())


def test_no_two_names_share_what_lies_beside_them(tmp_path: Path) -> None:
    path = longest(tmp_path)
    other = path.with_name(f"{path.name[:-4]}m.h5")
    assert len({path, other, begun(path), begun(other), beside(path, ".part"), begun(beside(path, ".part"))}) == 6
    short = tmp_path / "run.h5"
    assert begun(short).name == "run.h5.new"
