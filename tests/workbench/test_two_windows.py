"""Two windows on one folder: what one of them keeps is not undone by the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import folders
from workbench.model.recents import Recents
from workbench.model.settings import Store


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("one.h5", "two.h5")]
    for file in made:
        file.write_bytes(b"a trace")
    return made


def test_recent_runs_are_those_of_both(files: list[Path]) -> None:
    one, other = Recents(), Recents()
    for each, file in zip((one, other), files, strict=True):
        each.add(file, file.stem, "flow")
    assert [entry.title for entry in Recents().entries] == ["two", "one"]
    one.read()
    assert [entry.title for entry in one.entries] == ["two", "one"]
    one.moved(str(files[0]), files[0].with_name("three.h5"))
    assert [Path(entry.path).name for entry in Recents().entries] == ["two.h5", "three.h5"]


def test_settings_keep_what_the_other_has_chosen() -> None:
    one, other = Store(), Store()
    one.set(theme="light")
    other.set(scale=1.25)
    assert (Store().now.theme, Store().now.scale) == ("light", 1.25)
    assert other.now.theme == "dark", "a window does not change by itself"
    folders.write(folders.home() / "settings.json", b"{no json")
    one.set(still=True)
    assert (Store().now.theme, Store().now.still) == ("light", True)
