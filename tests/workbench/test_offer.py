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
