"""What the window's process gives back of its memory."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys

import pytest

_ARRAYS_THAT_COME_AND_GO = """
import os
import sys

import numpy as np

from workbench.control import memory

if sys.argv[1] == "mended":
    memory.give_back()
before, kept = memory.held(os.getpid()), []
for round in range(6):
    large = [np.ones(700_000 + 1000 * i) for i in range(20)]
    kept.append(np.ones(20_000))
    del large[::2]
    kept.append(np.ones(20_000))
    del large
print(memory.held(os.getpid()) - before)
"""


_THREADS_AT_WORK = """
import os
import threading

import numpy as np

from workbench.control import memory

memory.give_back()
n, before = 8, memory.held(os.getpid())
together = threading.Barrier(n)


def work():
    together.wait()
    held = [np.ones(60_000) for _ in range(25)]
    together.wait()
    del held


threads = [threading.Thread(target=work) for _ in range(n)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(memory.held(os.getpid()) - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator has other manners")
def test_threads_keep_no_memory_each_of_what_they_had() -> None:
    assert int(subprocess.check_output([sys.executable, "-c", _THREADS_AT_WORK])) < 40e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator has other manners")
def test_what_large_arrays_held_goes_back_to_the_system() -> None:
    """Blocks that are kept lie between them: on the heap they would keep all of it."""
    grown = {
        how: int(subprocess.check_output([sys.executable, "-c", _ARRAYS_THAT_COME_AND_GO, how]))
        for how in ("as it is", "mended")
    }
    assert grown["mended"] < 20e6 < grown["as it is"]


def test_what_the_window_is_made_of_is_kept_out_of_searches_for_garbage(qtbot) -> None:
    from workbench.app import App

    gc.unfreeze()
    app = App([])
    qtbot.addWidget(app.window)
    app.start()
    assert gc.get_freeze_count() == 0
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 10_000, timeout=20_000)
    app.engine.shutdown()
    app.window.close()
