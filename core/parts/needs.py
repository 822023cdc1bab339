"""What parts need of each other, and what they provide: one place for forms and for runs. No torch.

A part may need, for example, ``normal-source``: standard normal x0, independent of x1. The source provides it, and a
coupling or an objective that pairs noise with data spoils it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Which parts provide; the field stands for its objective where it is a trained network.
PROVIDERS = ("source", "coupling", "path", "objective", "field")

#: what is needed, and what has it
_WORDS = {
    "discrete-path": ("a discrete path", "such as VP with linear β"),
    "normal-source": ("normal, independent noise", "not a shape, optimal transport or reflow"),
    "independent-pairs": ("independent pairs", "not optimal transport or reflow"),
    "finite-velocity": ("a path of finite velocity", "such as the linear one"),
    "field": ("a field", "and this objective learns jumps alone"),
    "flow-map": ("a network that jumps", "trained as MeanFlow, shortcut or consistency model"),
    "exact-field": ("the exact field", "in closed form"),
    "classes": ("data with classes", "such as the eight Gaussians"),
}


def provided(facts: Iterable[Mapping[str, Any]]) -> set[str]:
    """What parts with these class facts provide together."""
    parts = list(facts)
    spoiled = {name for part in parts for name in part.get("spoils", ())}
    return {name for part in parts for name in part.get("provides", ())} - spoiled


def words(need: str) -> str:
    """What is missing, to follow "needs" in a menu."""
    return _WORDS.get(need, (need, ""))[0]


def sentence(need: str) -> str:
    """The same with what would work, to follow "needs" in a message."""
    return ", ".join(_WORDS.get(need, (need,)))
