r"""A small part of TeX, as boxes: ``x_s = \alpha_s \hat x_1 + \sigma_s \hat x_0``.

Letters, digits, Greek names, ``_`` and ``^`` with a letter, a name or a group behind, the accents ``\hat``, ``\dot``,
``\tilde`` and ``\bar``, ``\frac{}{}``, ``\sqrt{}``, ``\text{}`` and a few signs. Spaces are kept as they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

Accent = Literal["", "hat", "dot", "tilde", "bar"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "epsilon": "ε", "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
}  # fmt: skip
_SIGNS = {
    "half": "½", "nabla": "∇", "sum": "∑", "prod": "∏", "sim": "∼", "le": "≤", "leftarrow": "←", "rightarrow": "→",
    "log": "log", "cos": "cos", "E": "E", "d": "d", "cdot": "·",
}  # fmt: skip
_CLOSE = ("d", "nabla", "prod", "sum")
_ACCENTS: dict[str, Accent] = {"hat": "hat", "dot": "dot", "tilde": "tilde", "bar": "bar"}
_PLAIN = {"-": "−", "'": "′", "|": "|"}
_TOKEN = re.compile(r"\\([A-Za-z]+)|(\s+)|(\d+(?:\.\d+)?)|(.)", re.DOTALL)

#: What lanes follow, by the names that samplers and traces give them.
NAMED: dict[str, str] = {
    "ode": r"\frac{\d x}{\d t} = v_\theta(x, t)",
    "ode-score": r"\frac{\d x}{\d t} = \frac{\dot\alpha}{\alpha} x + \sigma (\sigma \frac{\dot\alpha}{\alpha}"
    r" - \dot\sigma) s_\theta(x, t)",
    "ode-noise": r"\frac{\d x}{\d t} = \frac{\dot\alpha}{\alpha} x + (\dot\sigma - \sigma \frac{\dot\alpha}{\alpha})"
    r" \epsilon_\theta(x, t)",
    "ddim": r"x_s = \alpha_s \hat x_1 + \sigma_s \hat x_0",
    "ddpm": r"x_s \sim q(x_s | x_t, \hat x_1)",
    "sde": r"\d x = (v_\theta + \half g^2 s_\theta) \d t + g \d W",
    "jump": r"x_s = x_t + (s - t) u_\theta(x_t, t, s)",
    "consistency": r"\hat x_1 = f_\theta(x_t, t)",
    "data": r"x_1 \sim p_{\text{data}}",
    "exact": r"v_*(x, t) = \E[\frac{\d x_t}{\d t} | x_t = x]",
    "error": r"| v_\theta - v_* |",
    "forward": r"x_t = \alpha_t x_1 + \sigma_t x_0",
}


@dataclass(frozen=True)
class Text:
    """A letter, number or sign; Latin variables are italic. ``sub`` and ``sup`` stand beside it, smaller."""

    letters: str
    italic: bool = False
    accent: Accent = ""
    sub: Formula = ()
    sup: Formula = ()


@dataclass(frozen=True)
class Fraction:
    over: Formula
    under: Formula


@dataclass(frozen=True)
class Root:
    inner: Formula


Formula = tuple["Text | Fraction | Root", ...]


@lru_cache(maxsize=1024)
def parse(source: str) -> Formula:
    """The boxes of a formula.

    Raises:
        ValueError: a name that is not known, or a group that does not end.
    """
    return _Reader(source).row("")


@dataclass
class _Reader:
    source: str
    at: int = 0
    accent: Accent = field(default="")

    def row(self, end: str) -> Formula:
        """Boxes up to ``end``, a closing brace or nothing."""
        out: list[Text | Fraction | Root] = []
        while self.at < len(self.source):
            if end and self.source[self.at] == end:
                self.at += 1
                return tuple(out)
            sign = self.source[self.at]
            if sign in "_^":
                self.at += 1
                last = out.pop() if out else Text("")
                if not isinstance(last, Text):
                    out.append(last)
                    last = Text("")
                inner = self._argument()
                out.append(replace(last, sub=inner) if sign == "_" else replace(last, sup=inner))
                continue
            out.append(self._box())
        if end:
            raise ValueError(f"{self.source!r}: a group does not end")
        return tuple(out)

    def _argument(self) -> Formula:
        """A group in braces, or the next box."""
        while self.at < len(self.source) and self.source[self.at] == " ":
            self.at += 1
        if self.at < len(self.source) and self.source[self.at] == "{":
            self.at += 1
            return self.row("}")
        return (self._box(),)

    def _box(self) -> Text | Fraction | Root:
        token = _TOKEN.match(self.source, self.at)
        if token is None:
            raise ValueError(f"{self.source!r}: something is missing at its end")
        self.at = token.end()
        name, space, number, sign = token.groups()
        if space:
            return Text(" ")
        if number:
            return Text(number)
        if name:
            return self._named(name)
        return Text(_PLAIN.get(sign, sign), italic=sign.isalpha())

    def _named(self, name: str) -> Text | Fraction | Root:
        if name in _GREEK:
            return Text(_GREEK[name])
        if name in _SIGNS:
            if name in _CLOSE:  # no gap between this sign and what it belongs to
                self.at += len(self.source[self.at :]) - len(self.source[self.at :].lstrip())
            return Text(_SIGNS[name])
        if name == "frac":
            return Fraction(self._argument(), self._argument())
        if name == "sqrt":
            return Root(self._argument())
        if name == "text":
            inner = self._argument()
            return Text("".join(item.letters for item in inner if isinstance(item, Text)))
        if name in _ACCENTS:
            (inner_box,) = self._argument()
            assert isinstance(inner_box, Text)  # an accent stands on a letter
            return replace(inner_box, accent=_ACCENTS[name])
        raise ValueError(f"{self.source!r}: \\{name} is not known")


def plain(formula: Formula) -> str:
    """All letters in a row, for those who hear it or search it."""
    out = []
    for item in formula:
        match item:
            case Text(letters=letters, sub=sub, sup=sup):
                out.append(letters + plain(sub) + ("^" + plain(sup) if sup else ""))
            case Fraction(over=over, under=under):
                out.append(f"({plain(over)})/({plain(under)})")
            case Root(inner=inner):
                out.append(f"√({plain(inner)})")
    return "".join(out)
