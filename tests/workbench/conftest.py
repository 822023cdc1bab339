"""What tests of the window stand on."""

from __future__ import annotations

import multiprocessing as mp
from types import SimpleNamespace

import pytest

from tests.workbench.forked import Forked
from workbench.engine import link


@pytest.fixture(autouse=True)
def forked_engines(monkeypatch) -> None:
    """A window's engine is there at once, where the system can; in `engine` it starts as a user's does."""
    if "forkserver" in mp.get_all_start_methods():
        monkeypatch.setattr(link, "mp", SimpleNamespace(get_context=lambda _: Forked()))
