"""A file that the user names as data: found, of a sane size, and known again when it has changed."""

from __future__ import annotations

from pathlib import Path

from core.checker import checked
from core.errors import FlowscopeError, SpecError, shown

LIMIT = 64 * 1024**2
"""Bytes that such a file may have."""
_LONGEST = 400
PICTURES = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "TGA", "ICO")
"""Formats of pictures read by Pillow alone; EPS, which it hands to another program, is not among them."""


def place(field: str, name: str) -> Path:
    """The path of a file or a folder that a field names, whether or not there is one; ``~`` is the user's own folder.

    Raises:
        SpecError: no path can have this name, or it begins with a user who does not exist.
    """
    check_name(field, name)
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise SpecError(field, f"{shown(name)} begins with a user who does not exist. Write the whole path.") from None


def check_name(field: str, name: str) -> None:
    """Refuse what no system takes as the name of a file."""
    if "\0" in name:
        raise SpecError(field, f"{shown(name)} has a zero byte in it, which no file's name can have. Leave it out.")


def find(name: str, choose: str) -> Path:
    """The path of ``data.file``; ``choose`` is what to say where no file is named.

    Raises:
        SpecError: none is named, there is none, it is no ordinary file, or it is too large.
    """
    if not name.strip():
        raise SpecError("data.file", choose)
    try:
        path = Path(name.strip()).expanduser()
        found, is_file = path.exists(), path.is_file()
        size = path.stat().st_size if is_file else 0
    except (OSError, RuntimeError, ValueError) as error:  # no permission; no such user; a zero byte in the name
        raise SpecError("data.file", f"{name} cannot be opened ({one_line(error)}).") from error
    if not found:
        raise SpecError("data.file", f"There is no file {name}. Choose one that exists.")
    if not is_file:
        raise SpecError("data.file", f"{name} is not a file. Choose a file, not a folder or a device.")
    if size > LIMIT:
        raise SpecError(
            "data.file",
            f"{name} has {size / 1024**2:,.0f} MB where {LIMIT // 1024**2} MB are allowed. Choose a smaller file.",
        )
    if size == 0:
        raise SpecError("data.file", f"{name} is empty. Choose a file with data in it.")
    return path.resolve()


def find_picture(name: str, choose: str) -> Path:
    """The same for a picture, which a child process has decoded once: decoders are large, and a file can break one."""
    path = find(name, choose)
    try:
        checked(path, "picture")
    except FlowscopeError as error:
        raise SpecError("data.file", f"{error} PNG and JPEG would work.") from None
    return path


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of the last change: what a file is kept under, so that an edited one is read again."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def one_line(error: Exception | str) -> str:
    """What a library says of a file, as part of a sentence; what the file smuggled into it cannot reach a terminal."""
    text = "".join(sign if sign.isprintable() else " " for sign in str(error)[:_LONGEST])
    return " ".join(text.split()).rstrip(".")
