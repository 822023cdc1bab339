"""Measurements side by side: what compares, which is best, what is left out, and the words that leave the window."""

from __future__ import annotations

import csv
import io
import json

from workbench.views.reports import REAL, LaneReport, as_csv, as_json, as_text, table


def points(n: int = 100, nfe: int = 20, **rows: tuple[float, float | None] | str) -> dict:
    metrics = {
        name: {"title": name.upper(), "left out": row}
        if isinstance(row, str)
        else {"title": name.upper(), "unit": "length", "better": "lower", "value": row[0], "floor": row[1]}
        for name, row in rows.items()
    }
    return {
        "data": "Moons", "n": n, "seed": 3, "label": "", "NFE": nfe, "guidance": {"name": "none"}, "metrics": metrics,
    }  # fmt: skip


def images(agreement: float, kernel: float, nearest: float, scale: float = 1.0) -> dict:
    values = {"a": {"value": agreement}, "k": {"value": kernel, "std": 0.05}, "n": {"value": nearest}}
    better = {"a": "higher", "k": "lower", "n": "as real images"}
    guidance = {"name": "none" if scale == 1.0 else "cfg"}
    return {
        "data": "MNIST", "n": 16, "seed": 3, "label": "0,1", "reference": {"from": "the shipped sample"},
        "features": {"title": "a classifier"},
        "metrics": {name: {"title": name, "unit": "", "better": words} for name, words in better.items()},
        "runs": [{"NFE": 5, "guidance": guidance, "guidance scale": scale, "metrics": values}],
        "floor": {"metrics": {"a": {"value": 0.9}, "k": {"value": 0.0, "std": 0.05}, "n": {"value": 30.0}}},
    }  # fmt: skip


def lanes(*reports: dict | str | None) -> list[LaneReport]:
    return [
        LaneReport(
            f"Lane {i}", "Euler 20", "flow", report if isinstance(report, dict) else None,
            report if isinstance(report, str) else "",
        )
        for i, report in enumerate(reports)
    ]  # fmt: skip


def marks(shown, title: str) -> list[int]:
    line = next(line for line in shown.lines if line.title.startswith(title))
    return [i for i, cell in enumerate(line.cells) if cell.best]


def test_lanes_that_meet_the_same_sets_share_their_floor_and_others_have_their_own() -> None:
    few, many = points(w2=(0.4, 0.3)), points(n=900, w2=(0.2, 0.1))
    shown = table(lanes(few, few | {"NFE": 50}, many))
    assert [head.title for head in shown.heads] == ["Lane 0", "Lane 1", REAL, "Lane 2", REAL]
    rows = {line.title: [cell.text for cell in line.cells] for line in shown.lines}
    assert rows["W2, length"] == ["0.4000", "0.4000", "0.3000", "0.2000", "0.1000"]
    assert rows["NFE"] == ["20", "50", "", "20", ""]
    assert [caption.partition(" samples")[0] for caption in shown.captions] == ["Moons: 100", "Moons: 900"]
    assert marks(shown, "W2") == []  # the smaller number is of other sets, and is not better


def test_the_best_is_marked_only_where_a_difference_can_be_told() -> None:
    shown = table(lanes(points(far=(0.5, 0.3), near=(0.2, 0.3)), points(far=(0.4, 0.3), near=(0.1, 0.3))))
    assert marks(shown, "FAR") == [1]
    assert marks(shown, "NEAR") == []  # both are as near as two real sets
    shown = table(lanes(points(far=(0.5, 0.3)), points(far=(0.2, 0.3)), points(far=(0.25, 0.3))))
    assert marks(shown, "FAR") == [1, 2]
    assert marks(table(lanes(points(far=(0.5, 0.3)))), "FAR") == []
    ways = table(lanes(points(way=(1.5, None)), points(way=(1.2, None))))
    assert marks(ways, "WAY") == [1]
    assert [cell.text for cell in ways.lines[-1].cells] == ["1.500", "1.200", ""]


def test_of_images_more_agreement_and_distances_like_those_of_real_ones_are_better() -> None:
    shown = table(lanes(images(0.7, 0.10, 31.0), images(0.8, 0.12, 25.0, scale=2.0)))
    assert (marks(shown, "a"), marks(shown, "k"), marks(shown, "n")) == ([1], [], [0])
    rows = {line.title: [cell.text for cell in line.cells] for line in shown.lines}
    assert rows["Guidance"] == ["–", "2", ""]
    assert rows["k"] == ["0.1000 ± 0.050", "0.1200 ± 0.050", "0.000 ± 0.050"]
    first, second = shown.captions
    assert "16 images beside two sets of 16 real ones from the shipped sample, classes 0,1, seed 3" in first
    assert "in the features of a classifier" in first
    assert second.startswith("16 images are few")


def test_what_is_left_out_says_why_and_what_is_not_known_yet_says_nothing() -> None:
    jumps, loses = "JUMP needs a network that jumps.", "There are none."
    shown = table(lanes(points(jump=jumps, w2=(1, 1)), points(jump=jumps, w2=loses), "The engine stopped", None))
    assert shown.notes == (
        "– Lane 2: The engine stopped",
        "– JUMP needs a network that jumps.",
        "– Lane 1: W2: There are none.",
    )
    rows = {line.title: [cell.text for cell in line.cells] for line in shown.lines}
    assert rows["JUMP"] == ["–", "–", "–", "", ""]
    assert rows["W2, length"] == ["1.000", "–", "–", "", "1.000"]


def test_words_hold_what_the_table_shows_and_numbers_in_full() -> None:
    known = lanes(points(w2=(1 / 3, 0.1), jump="It cannot."), points(w2=(-1e-5, 0.1)), "Cancelled")
    text = as_text(known)
    assert "0.3333" in text
    assert "−1.000e−5 *" in text
    assert "Cancelled" in text
    assert "JUMP: It cannot." in text
    _, heads, *lines = text.splitlines()
    numbers = next(line for line in lines if line.startswith("W2"))
    assert numbers.index("0.1000") + len("0.1000") == heads.index(REAL) + len(REAL)
    saved = json.loads(as_json(known))["lanes"]
    assert saved[0]["metrics"]["w2"]["value"] == 1 / 3
    assert saved[2] == {"lane": "Lane 2", "problem": "Cancelled"}
    rows = list(csv.DictReader(io.StringIO(as_csv(known))))
    assert [(row["lane"], row["metric"]) for row in rows] == [("Lane 0", "W2"), ("Lane 0", "JUMP"), ("Lane 1", "W2")]
    assert float(rows[0]["value"]) == 1 / 3
    assert rows[1]["left out"] == "It cannot."
