"""What tests of the engine stand on."""

from __future__ import annotations

import pytest


@pytest.fixture
def forked_engines() -> None:
    """Engines start here as a user's do."""
