"""What plug-ins bring is known before a lane can ask for it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from core import catalog, registry
from workbench.engine.client import EngineClient
from workbench.engine.commands import Hello, Offer

PLUGIN = """
from core.registry import register
from core.samplers.euler import Euler


@register("sampler")
class Mine(Euler, frozen=True):
    name = "mine"
    title = "My sampler"
"""


def test_a_plug_in_with_a_fault_is_named_and_not_tried_again(qtbot: QtBot, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "no_such_plug_in")
    client, deaths, refused = EngineClient(), [], []
    client.died.connect(deaths.append)
    client.refused.connect(refused.append)
    with qtbot.waitSignal(client.unavailable, timeout=60_000):
        client.start()
    assert refused == [
        "FLOWSCOPE_PLUGINS names no_such_plug_in, and Python finds no such module. Set PYTHONPATH to its folder."
    ]
    assert deaths == []
    assert client.pid is None


def test_the_offer_comes_first_where_there_are_plug_ins(qtbot: QtBot, tmp_path, monkeypatch) -> None:
    (tmp_path / "mine_alone.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(registry.PLUGINS_VARIABLE, "mine_alone")
    client, heard = EngineClient(), []
    client.hello.connect(heard.append)
    client.offered.connect(heard.append)
    client.start()
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=60_000)
    client.shutdown()
    assert [type(report) for report in heard] == [Offer, Hello]
    assert "mine" in catalog.load(heard[0].catalog).parts["sampler"]
