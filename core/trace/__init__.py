"""The record of a run: built live from events, or read lazily from an HDF5 file. No torch."""

from core.trace.build import TraceBuilder
from core.trace.reader import open_trace
from core.trace.save import save
from core.trace.trace import Stream, Trace
from core.trace.writer import TraceWriter, begun

__all__ = ["Stream", "Trace", "TraceBuilder", "TraceWriter", "begun", "open_trace", "save"]
