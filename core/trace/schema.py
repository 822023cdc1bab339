"""The layout of a trace file, named once for writer and reader.

Root attributes: ``schema``, ``version`` (major.minor), ``spec`` (JSON), ``meta`` (JSON), ``created``, ``status``,
``message``. One group per stream under ``/streams``: ``data`` [rows, ...], one dataset per timeline column, the scalar
``committed``, the group ``static``, and the attributes ``dims``, ``units``, ``kind``, ``columns``, ``capacity`` and
NXdata's ``signal`` and ``axes``.
"""

SCHEMA = "flowscope-trace"
MAJOR, MINOR = 1, 1
#: Files are kept to what HDF5 1.10 reads, the first version with SWMR.
LIBVER = ("v110", "v110")
STREAMS = "streams"
DATA = "data"
COMMITTED = "committed"
STATIC = "static"


def group_path(stream: str) -> str:
    """The HDF5 path of a stream's group; a slash in its name is a level."""
    return f"{STREAMS}/{stream}"
