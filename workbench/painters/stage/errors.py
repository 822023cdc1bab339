"""What can go wrong with the screen painter."""

from __future__ import annotations

from core.errors import FlowscopeError


class StageError(FlowscopeError):
    """The stage cannot draw here: no OpenGL, a lost context, or more than it can hold."""
