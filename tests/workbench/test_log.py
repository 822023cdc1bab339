"""The log where its folder cannot be written."""

from __future__ import annotations

import logging

from workbench import log


def test_a_log_that_cannot_be_written_goes_to_standard_error(monkeypatch) -> None:
    handlers: list[logging.Handler] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **how: handlers.extend(how["handlers"]))
    log.file().mkdir(parents=True)
    log.begin()
    assert [type(each) for each in handlers] == [logging.StreamHandler]
