"""The kinds of files that an export can be, by the ending of their names, and what a film of each weighs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Film:
    """A kind of film. ``bytes_a_pixel`` is what a pixel of a moving frame weighs, measured on the shipped runs;
    ``even``: its frames have even numbers of pixels, since colour is kept for two by two of them."""

    title: str
    bytes_a_pixel: float
    ffmpeg: tuple[str, ...] = ()
    even: bool = False


#: Without an ending a film is a folder of pictures; HTML is a page that replays it.
FILMS: dict[str, Film] = {
    ".gif": Film("GIF", 0.08),
    ".mp4": Film("MP4", 0.03, (
        "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast",
        # so short a search for motion takes a fifth off the time, at the same PSNR and for an eighth more bytes
        "-subq", "1", "-crf", "18", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "iec61966-2-1",
        "-movflags", "+faststart", "-f", "mp4",
    ), even=True),
    ".webp": Film("WebP", 0.1, (
        "-c:v", "libwebp_anim", "-quality", "90", "-compression_level", "1", "-loop", "0", "-f", "webp",
    )),
    ".apng": Film("APNG", 0.3, (
        "-pix_fmt", "rgb24", "-c:v", "apng", "-pred", "none", "-compression_level", "1", "-plays", "0", "-f", "apng",
    )),
    ".html": Film("HTML", 0.13),
    "": Film("PNG frames", 0.47),
}  # fmt: skip
PICTURES: dict[str, str] = {".png": "PNG", ".svg": "SVG", ".pdf": "PDF"}
TABLES: dict[str, str] = {".csv": "CSV", ".npz": "NPZ"}
PIXELS = frozenset({*FILMS, ".png"})
"""What is made of pixels, and can have more of them at the same size of type."""
LEAST_SIDE, MOST_SIDE = 240, 3840
"""Pixels of a page, across and down; the most with its scale."""
SCALES = (1, 2)
"""Pixels for one of a page's size: with two a page of 1920 x 1080 fills a screen of 3840 x 2160, and all on it is drawn
as large as on the smaller one and twice as sharp."""


def fitted(suffix: str, size: tuple[int, int], scale: int) -> tuple[int, int]:
    """The size of a page nearest below this one whose pixels a kind of file can hold."""
    even = suffix in FILMS and FILMS[suffix].even and scale % 2
    width, height = size
    return (width // 2 * 2, height // 2 * 2) if even else (width, height)


def pixels(size: tuple[int, int]) -> str:
    """``3840 × 2160 pixels``."""
    return f"{size[0]} × {size[1]} pixels"


def weight(suffix: str, size: tuple[int, int], moving: int, held: int) -> str:
    """``120 frames, about 8 MB``: what a film will take. Held frames weigh nothing but as pictures of their own."""
    drawn = moving + held if suffix == "" else moving
    millions = drawn * size[0] * size[1] * FILMS[suffix].bytes_a_pixel / 1e6
    return f"{moving + held:,} frames, " + (f"about {millions:,.0f} MB" if millions >= 1 else "under 1 MB")
