"""The screen painter: scenes on one OpenGL canvas."""

from workbench.painters.stage.camera import Camera, lane_spans
from workbench.painters.stage.errors import StageError
from workbench.painters.stage.measure import frame_ms
from workbench.painters.stage.stage import Stage

__all__ = ["Camera", "Stage", "StageError", "frame_ms", "lane_spans"]
