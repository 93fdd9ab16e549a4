"""Options of gaps that people take: ticked on sheet GapOptions, written as changes of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd

from sop_xl import periods
from sop_xl.cycle import journal, scenario
from sop_xl.cycle.desk import context_of, write
from sop_xl.cycle.gap_options import BETWEEN, NEXT
from sop_xl.cycle.keeping import plain, records, shaped
from sop_xl.cycle.step import Context, Frames, silent
from sop_xl.errors import InputError, PlanningError
from sop_xl.supply.explain.gap_lever import Assumed
from sop_xl.workbook.book import Book
from sop_xl.workbook.tables import TABLES

AGREED = "Agreed options"
"""The scenario that holds the options taken, unless another is named."""

_TOGETHER: dict[str, Callable[[float, float], float]] = {
    "overtime": lambda a, b: min(a + b, max(a, b, Assumed().overtime)),
    "event": lambda a, b: a + b,
    "outside purchase": lambda a, b: a + b,
    "demand": lambda a, b: max(-1.0, a + b),
    "lead time": min,
}
"""How two options that change the same thing in the same months are one change; the larger of them elsewhere."""

Key = tuple[str, str, int, int]


def take(book: Book, gap: str, option: str, *, to: str = AGREED, now: datetime | None = None, user: str = "") -> str:
    """Take an option of a gap, as if ticked on the sheet, and write it as changes of a scenario; in a sentence.

    `gap` is family and month, such as `Bike Racks 2020-03`. What was ticked for the same gap before is ticked no more.
    """
    family, _, month = gap.strip().rpartition(" ")
    if not family or not periods.is_label(month):
        raise InputError(f"a gap is named by family and month, such as 'Bike Racks 2020-03'; got {gap!r}")
    with book.lock():
        frames, context = _open(book, now, user)
        table = plain(frames["gap_options"])
        mine = table["family"].eq(family) & table["period"].eq(pd.Timestamp(f"{month}-01"))
        if not mine.any():
            known = dict.fromkeys(
                f"{f} {periods.label(p)}" for f, p in zip(table["family"], table["period"], strict=True)
            )
            raise InputError(f"gap {gap!r} has no options; there are some for {', '.join(known)}")
        chosen = mine & table["option"].eq(option)
        if not chosen.any():
            raise InputError(f"gap {gap!r} has no option {option!r}; it has {', '.join(table.loc[mine, 'option'])}")
        row = records(table[chosen])[0]
        if not row["changes"]:
            raise PlanningError(f"{option} for {gap} cannot be taken into a scenario. {row['says']}")
        table.loc[mine, "take"] = chosen[mine]
        table.loc[chosen, "by"] = table.loc[chosen, "by"].where(table.loc[chosen, "by"].ne(""), context.user)
        return _write(book, frames, table, to, context, f"take {option} for {gap}")


def apply(book: Book, *, to: str = AGREED, now: datetime | None = None, user: str = "") -> str:
    """Write every option ticked on the sheet as changes of a scenario, and take out those ticked no more."""
    with book.lock():
        frames, context = _open(book, now, user)
        table = plain(frames["gap_options"])
        if not table["take"].any() and not plain(frames["scenarios"])["scenario"].eq(to).any():
            raise PlanningError("no option is ticked on sheet GapOptions; set Take to TRUE in the rows to be taken")
        ticked = table["take"] & table["by"].eq("")
        table["by"] = table["by"].mask(ticked, context.user)
        return _write(book, frames, table, to, context, "take options")


def changes_of(text: str, context: Context) -> dict[Key, float]:
    """The changes in a cell of column Changes: kind, target, first and last month of the horizon, to their value.

    >>> from sop_xl.workbook.tables import Settings
    >>> changes_of("overtime | Paint | 2020-04 to 2020-05 | 0.125", Context(Settings(), datetime(2020, 3, 3)))
    {('overtime', 'Paint', 2, 3): 0.125}
    """
    number = {periods.label(day): n for n, day in enumerate(context.periods, start=1)}
    found: dict[Key, float] = {}
    for change in filter(None, text.split(NEXT)):
        try:
            kind, target, months, value = change.split(BETWEEN)
            first, last = months.split(" to ")
            found[kind, target, number[first], number[last]] = float(value)
        except KeyError as error:
            raise PlanningError(
                f"an option changes {error.args[0]}, which is no longer planned; run Pre-S&OP and choose again"
            ) from None
        except ValueError:
            raise InputError(f"column Changes of sheet GapOptions cannot be read: {change!r}") from None
    return found


def agreed(frames: Frames, options: pd.DataFrame, name: str, context: Context) -> dict[str, pd.DataFrame]:
    """Tables `scenarios` and `scenario_changes` with the options ticked in `options` as a scenario.

    Rows of the scenario that no option would write are a person's own, and stay.
    """
    if name == scenario.BASE:
        raise InputError("the scenario Base is the plan itself; name another for the options taken")
    scenarios, changes = plain(frames["scenarios"]), plain(frames["scenario_changes"])
    taken = options[options["take"] & options["changes"].ne("")]
    wanted: dict[Key, float] = {}
    for text in taken["changes"]:
        for key, value in changes_of(text, context).items():
            join = _TOGETHER.get(key[0], max)
            wanted[key] = join(wanted[key], value) if key in wanted else value
    mine = changes["scenario"].eq(name)
    ours = {key for text in options["changes"] if text for key in _keys(text, context)}
    own = changes[mine & ~pd.Series([_key(row) in ours for row in records(changes)], index=changes.index, dtype=bool)]
    first = int(own["number"].max()) + 1 if len(own) else 1
    rows = pd.DataFrame(
        [
            {"scenario": name, "number": float(first + n), "kind": kind, "target": target,
             "first_period": float(start), "last_period": float(end), "value": value}
            for n, ((kind, target, start, end), value) in enumerate(wanted.items())
        ]
    )  # fmt: skip
    parts = [changes[~mine], own, shaped(TABLES["scenario_changes"], rows) if len(rows) else rows]
    listed = dict.fromkeys(f"{r['option']} for {r['family']} in {periods.label(r['period'])}" for r in records(taken))
    story = f"Agreed: {', '.join(listed)}" if listed else "Agreed: nothing"
    if scenarios["scenario"].eq(name).any():
        written = scenarios["scenario"].eq(name) & (
            scenarios["says"].eq("") | scenarios["says"].str.startswith("Agreed:")
        )
        scenarios["says"] = scenarios["says"].mask(written, story)
    else:
        new = pd.DataFrame([{"scenario": name, "says": story, "active": True, "owner": context.user}])
        scenarios = pd.concat([scenarios, shaped(TABLES["scenarios"], new)], ignore_index=True)
    return {
        "scenarios": scenarios,
        "scenario_changes": pd.concat([part for part in parts if len(part)] or [changes[:0]], ignore_index=True),
    }


def _keys(text: str, context: Context) -> list[Key]:
    """The keys of a cell; none where its months are no longer planned."""
    try:
        return list(changes_of(text, context))
    except PlanningError:
        return []


def _key(row: dict[str, object]) -> Key:
    first, last = (float(str(row[c])) for c in ("first_period", "last_period"))
    return str(row["kind"]), str(row["target"]), int(first) if first == first else 1, int(last) if last == last else 0  # noqa: PLR0124


def _open(book: Book, now: datetime | None, user: str) -> tuple[Frames, Context]:
    if "gap_options" not in book.tables():
        raise PlanningError(f"{book.where} has no sheet GapOptions; a workbook made by this version has it")
    frames = book.read(("control", "gap_options", "scenarios", "scenario_changes", *journal.OWN)).frames
    if frames["gap_options"].empty:
        raise PlanningError("there are no options yet; run Pre-S&OP first")
    return frames, context_of(frames["control"], now=now or datetime.now(), user=user)


def _write(book: Book, frames: Frames, table: pd.DataFrame, to: str, context: Context, command: str) -> str:
    made = agreed(frames, table, to, context)
    write(book, frames, {"gap_options": table, **made}, context, command, silent)
    count = int(made["scenario_changes"]["scenario"].eq(to).sum())
    ticked = table[table["take"]]
    silently = [
        f"{r['option']} for {r['family']} in {periods.label(r['period'])}" for r in records(ticked) if not r["changes"]
    ]
    left = f"; not written, for no kind of change says it: {', '.join(silently)}" if silently else ""
    many = "change" if count == 1 else "changes"
    return f"scenario {to} now has {count} {many}; run Pre-S&OP to compute it{left}"
