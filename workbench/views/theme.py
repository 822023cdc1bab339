"""Colours, sizes and type of the interface, each value once; style sheets, charts and painters read them here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.views.marks import Method

ThemeName = Literal["dark", "light"]
Rgba = tuple[float, float, float, float]


@dataclass(frozen=True)
class Theme:
    """One theme; every colour is ``#RRGGBB``."""

    name: ThemeName
    win: str
    panel: str
    raised: str
    hover: str
    sel: str
    canvas: str
    line: str
    line2: str
    ctl: str
    t1: str
    t2: str
    t3: str
    prim: str
    on_prim: str
    scrim: str
    arrow: str
    grid: Rgba
    methods: dict[Method, str]
    particle_alpha: float
    trail_alpha: float
    lightness: float
    chroma: tuple[float, float]
    """Particle colour by place in the noise, OKLCH: chroma = chroma[0] + chroma[1] r."""


DARK = Theme(
    name="dark", win="#101215", panel="#15181C", raised="#1B1F24", hover="#23282F", sel="#262C34", canvas="#0C0E11",
    line="#262B32", line2="#39404A", ctl="#6B7480", t1="#E8EAED", t2="#AAB1BB", t3="#8D95A0", prim="#E8EAED",
    on_prim="#101215", scrim="rgba(6, 7, 9, 158)", arrow="#C3CAD4", grid=(1.0, 1.0, 1.0, 0.05),
    methods={"diffusion": "#FBAB28", "flow": "#73B2E7", "one-step": "#9085F7", "real": "#E7F0F8", "exact": "#92D1AF",
             "error": "#D67497"},
    particle_alpha=0.92, trail_alpha=0.36, lightness=0.80, chroma=(0.015, 0.125),
)  # fmt: skip
LIGHT = Theme(
    name="light", win="#ECEEF1", panel="#F6F7F9", raised="#FFFFFF", hover="#E9EBEF", sel="#E3E6EB", canvas="#FFFFFF",
    line="#DADDE2", line2="#BFC4CC", ctl="#7C8490", t1="#15181C", t2="#474E58", t3="#5E6671", prim="#15181C",
    on_prim="#FFFFFF", scrim="rgba(30, 34, 40, 115)", arrow="#3A414B", grid=(0.0, 0.0, 0.0, 0.07),
    methods={"diffusion": "#9C5000", "flow": "#1E5E98", "one-step": "#3D1E96", "real": "#292929", "exact": "#007F5E",
             "error": "#85005E"},
    particle_alpha=0.85, trail_alpha=0.42, lightness=0.56, chroma=(0.02, 0.13),
)  # fmt: skip
THEMES: dict[ThemeName, Theme] = {"dark": DARK, "light": LIGHT}

#: The glyph (icon name) of a method: shape is never left out, colour is never the only sign.
GLYPHS: dict[Method, str] = {
    "diffusion": "disc", "flow": "diamond", "one-step": "triangle", "real": "square", "exact": "ring", "error": "cross",
}  # fmt: skip


def rgba(colour: str, alpha: float = 1.0) -> Rgba:
    """``#RRGGBB`` as floats."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255, alpha)


def noise_colours(x0: NDArray[np.float32], theme: Theme, alpha: float = 1.0) -> NDArray[np.float32]:
    """The colour of each particle by its place in the noise, [B, 4] from x0 [B, 2].

    OKLCH with r = min(1, |x0| / 1.6) and hue = atan2(y, x) + 0.6: the same particle has the same colour in every lane.
    Conversion: B. Ottosson, "A perceptual color space for image processing" (2020).
    """
    r = np.minimum(1.0, np.linalg.norm(x0, axis=1) / 1.6)
    hue = np.arctan2(x0[:, 1], x0[:, 0]) + 0.6
    chroma = theme.chroma[0] + theme.chroma[1] * r
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cone = np.stack([
        theme.lightness + 0.3963377774 * a + 0.2158037573 * b,
        theme.lightness - 0.1055613458 * a - 0.0638541728 * b,
        theme.lightness - 0.0894841775 * a - 1.2914855480 * b,
    ])  # fmt: skip
    to_rgb = np.array([
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ])  # fmt: skip
    linear = np.clip(to_rgb @ cone**3, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.concatenate([srgb.T, np.full((len(x0), 1), alpha)], axis=1).astype(np.float32)
