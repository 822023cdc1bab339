"""The house around the code: which process may import what, what is installed and why, and what is shipped."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import resources
from core import catalog, registry

TOP = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "trainers", "workbench")
SOURCES = [TOP / "main.py", *(path for name in PACKAGES for path in (TOP / name).rglob("*.py"))]
# Distributions whose modules are not called as they are.
MODULES = {"imageio-ffmpeg": "imageio_ffmpeg", "pillow": "PIL", "pyqt6": "PyQt6"}


def project() -> dict[str, Any]:
    return tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("workbench.app", {"torch"}),
        ("workbench.commands", {"torch", "PyQt6"}),
        ("workbench.engine.worker", {"PyQt6", "vispy", "pyqtgraph"}),
        ("workbench.views", {"torch", "PyQt6"}),
        ("core.trace", {"torch", "PyQt6"}),
    ],
)
def test_import_leaves_out(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=TOP, timeout=60)
    assert done.returncode == 0, done.stderr
    assert absent & set(done.stdout.split()) == set()


def test_a_checkpoint_says_what_it_is_without_torch() -> None:
    file = resources.path("weights", "swiss-roll-flow.safetensors")
    code = f"import sys; from core import checkpoint as c; print(c.spec_of({str(file)!r}).objective.name, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=TOP, timeout=60)
    assert done.stdout.startswith("flow-matching"), done.stderr
    assert "torch" not in done.stdout.split()


def test_every_dependency_is_imported() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", text, flags=re.MULTILINE))
    names = [re.split(r"[<>=!~\[; ]", line)[0].lower() for line in project()["dependencies"]]
    assert [name for name in names if MODULES.get(name, name) not in imported] == []


def test_the_command_is_there() -> None:
    module, function = project()["scripts"]["flowscope"].split(":")
    code = f"import {module}; assert callable({module}.{function})"
    assert subprocess.run([sys.executable, "-c", code], cwd=TOP, timeout=60).returncode == 0


def test_icons_take_the_colour_of_the_text() -> None:
    for path in sorted(resources.path("icons").glob("*.svg")):
        root = ElementTree.parse(path).getroot()
        assert root.get("viewBox") == "0 0 24 24", path.name
        # the chevrons of combo boxes are named in a style sheet, which knows no currentColor
        if path.stem not in {"chevron-dark", "chevron-light"}:
            assert "currentColor" in {root.get("stroke"), root.get("fill")}, path.name


def test_fonts_load_under_the_names_that_are_asked_for(qapp: object) -> None:
    from PyQt6.QtGui import QFontDatabase

    families = set()
    for path in sorted(resources.path("fonts").glob("*.[ot]tf")):
        loaded = QFontDatabase.addApplicationFont(str(path))
        assert loaded >= 0, path.name
        families.update(QFontDatabase.applicationFontFamilies(loaded))
    assert {"Inter", "JetBrains Mono", "CMU Serif"} <= families


def test_each_typeface_brings_its_licence() -> None:
    for family in ("Inter", "JetBrainsMono", "CMU"):
        text = resources.path("fonts", f"LICENCE-{family}.txt").read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in text


def test_the_shipped_catalog_is_that_of_what_is_registered() -> None:
    """Forms stand by it before the engine is there. `python tools/make_resources.py catalog` makes it anew."""
    assert resources.path("catalog.json").read_bytes() == catalog.dump(catalog.live())


def test_the_readme_names_everything_that_is_registered() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9-]+)`", text))
    own = {name for kind in registry.PACKAGES for name in registry.entries(kind) if name != "none"}
    assert own - named == set()
