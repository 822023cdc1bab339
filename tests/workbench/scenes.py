"""Small scenes for tests that draw."""

from __future__ import annotations

import numpy as np

from workbench.views.marks import Arrows, Lane, Mark, Points, Scene, Trails

EXTENT = (-2.0, 2.0, -2.0, 2.0)


def points(positions: list[list[list[float]]], *, glide: bool = True, size: float = 9.0) -> Points:
    """White particles at positions [N][B][2], recorded at equal steps of t from 0 to 1."""
    places = np.array(positions, np.float32).reshape(len(positions), -1, 2)
    times = np.linspace(0, 1, len(places)) if len(places) > 1 else np.zeros(len(places))
    return Points("particles", places, times, np.ones((places.shape[1], 4), np.float32), size, glide)


def scene(*marks: Mark, title: str = "Flow matching", colour_key: bool = False) -> Scene:
    """A lane with 10 evaluations, alpha = t and sigma = 1 - t."""
    times = np.linspace(0, 1, 11)
    lane = Lane("flow", title, "Euler 10, linear path", "ode", times, np.arange(11), 10, times, 1 - times)
    return Scene(lane, marks, EXTENT, colour_key)


def full_scene(particles: int, rows: int, seed: int = 0) -> Scene:
    """All kinds of marks, from noise to a ring."""
    rng = np.random.default_rng(seed)
    x0 = rng.normal(size=(particles, 2)).astype(np.float32)
    x1 = x0 / np.maximum(np.linalg.norm(x0, axis=1, keepdims=True), 1e-6)
    t = np.linspace(0, 1, rows) if rows > 1 else np.zeros(rows)
    ways = ((1 - t)[:, None, None] * x0 + t[:, None, None] * x1).astype(np.float32)
    colours = np.full((particles, 4), 0.7, np.float32)
    grid = np.stack(np.meshgrid(np.arange(-2, 3), np.arange(-2, 3)), -1).reshape(-1, 2).astype(np.float32)
    vectors = np.tile(-grid, (rows, 1, 1))
    presence = np.ones((rows, len(grid)), np.float32)
    return scene(
        Arrows("field", grid, vectors, presence, t, 0.65, 2.0, (0.8, 0.8, 0.8, 1.0)),
        Trails("trails", ways, t, colours),
        Points("particles", ways, t, colours, 3.4),
        colour_key=True,
    )
