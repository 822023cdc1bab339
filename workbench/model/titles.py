"""What the form calls the fields of a run, and messages in which they are called so: the window's, where a file and
the command line have dotted names. No Qt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from core.spec import PARTS, RunSpec

#: The kinds of parts, as the rows of the form in which one is chosen.
KINDS = {
    "data": "Data set", "source": "Starts from", "coupling": "Paired", "path": "Path", "objective": "Method",
    "network": "Layers", "optimiser": "Optimiser", "schedule": "Schedule", "field": "Field", "guidance": "Guidance",
    "clipping": "Clipping", "grid": "Times", "sampler": "Sampler",
}  # fmt: skip
#: A dotted name that is no part of a path or of a file's name, and what it is to be set to.
_NAMED = re.compile(
    r"(?:(?P<set>[Ss]et) )?(?<![\w./\\~-])(?P<name>[a-z]+\.\w+)(?![\w/\\-]|\.\w)(?P<value> = (?:true|false)\b| =(?= ))?"
)


def title_of(name: str, schema: Mapping[str, Any]) -> str:
    """Of a field with this JSON Schema property, with its symbol where it has one."""
    title, symbol = str(schema.get("title", name.rpartition(".")[2].capitalize())), schema.get("symbol")
    return f"{title} {symbol}" if symbol else title


def titles(catalog: Catalog, spec: RunSpec) -> dict[str, str]:
    """The title of each field that a spec has, by its dotted name; a kind alone is the choice of its part."""
    out = KINDS | {f"{kind}.name": title for kind, title in KINDS.items()}
    schemas = dict(catalog.run)
    schemas |= {f"training.{name}": schema for name, schema in catalog.training.items()}
    for kind in PARTS:
        entry = catalog.parts[kind].get(spec.part(kind).name)  # a plug-in's part may not be here
        schemas |= {f"{kind}.{name}": schema for name, schema in (entry.params if entry else {}).items()}
    return out | {name: title_of(name, schema) for name, schema in schemas.items()}


def in_titles(catalog: Catalog, spec: RunSpec, message: str) -> str:
    """A message on a run of this spec, as somebody reads it who knows the form alone.

    The field at fault is named before it, unless the message begins with that name in any case; fields that stand
    within it are put in quotes.
    """
    names = titles(catalog, spec)

    def said(match: re.Match[str]) -> str:
        title = names.get(match["name"])
        if title is None:
            return match[0]
        verb, value = match["set"], match["value"] or ""
        if verb and value.endswith(("true", "false")):
            return f"{'Turn' if verb == 'Set' else 'turn'} “{title}” {'on' if value.endswith('true') else 'off'}"
        is_ = " to" if verb and value else value.replace("true", "on").replace("false", "off")
        return f"{verb} “{title}”{is_}" if verb else f"“{title}”{is_}"

    field, colon, rest = message.partition(": ")
    if not colon or field not in names:
        return _NAMED.sub(said, message)
    title, rest = names[field], _NAMED.sub(said, rest)
    return rest if rest.startswith(f"{title} ") else f"{title}: {rest}"
