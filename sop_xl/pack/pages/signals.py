"""What looks odd in the forecast, and what people have changed in it."""

from __future__ import annotations

import pandas as pd

from sop_xl.cycle.keeping import records
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Cell, Head, Row, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, day, money, month, percent, sentence, short, signed, whole
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.styles import TABS

_COLOR = TABS[Group.DEMAND]
_STALE = ("baseline moved", "now agrees", "expired")
_TONES = {
    "applied": "good",
    "kept": "good",
    "expired": "watch",
    "expires this cycle": "watch",
    "now agrees": "watch",
    "baseline moved": "bad",
}


def pages(facts: Facts) -> list[Page]:
    """A page of anomalies and overrides, where there are any."""
    if facts.table("anomalies").empty and facts.table("overrides").empty:
        return []
    says = (
        "Anomalies by money at list price, one line an item; changes people typed, with what the last run made of them"
    )
    return [Page("Demand: what to look at", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def odd(facts: Facts) -> pd.DataFrame:
    """The anomalies nobody has decided on, the one with most money of each item, channel and region."""
    rows = facts.table("anomalies")
    rows = rows[rows["decision"].eq("")].sort_values("money", ascending=False, kind="stable")
    return rows.drop_duplicates(["item", "channel", "region"])


def stale(facts: Facts) -> pd.DataFrame:
    """Overrides whose baseline has moved, agrees or has expired, where the workbook has such a list."""
    radar = facts.rows("override_radar", "override", "status")
    return radar[radar["status"].isin(_STALE)]


def headline(facts: Facts) -> str:
    """How many forecasts ask for a look, and what overrides do to the plan."""
    found, overrides = odd(facts), facts.table("overrides")
    first = (
        f"{count(len(found), 'forecast')} ask for a look, up to {money(float(found['money'].sum()), facts.currency)}"
        if len(found)
        else "No forecast looks odd"
    )
    effects = facts.table("override_effects")
    moved = float((effects["after"] - effects["before"]).sum())
    verb = "moves" if len(overrides) == 1 else "move"
    second = f"{count(len(overrides), 'override')} {verb} the plan by {signed(moved)} units"
    if len(stale(facts)):
        second += f", {len(stale(facts))} of them are stale"
    return f"{first}; {second if len(overrides) else 'nobody has changed the forecast'}"


def _draw(paper: Paper, facts: Facts) -> None:
    overrides, found = facts.table("overrides"), odd(facts)
    kept = min(60 + 24.0 * len(overrides), 0.5 * BODY.h) if len(overrides) else 0.0
    y = BODY.y
    if len(found):
        y = _anomalies(paper, facts, found, BODY.above(BODY.bottom - kept)) + 16
    if len(overrides):
        _overrides(paper, facts, BODY.below(y))


def _anomalies(paper: Paper, facts: Facts, found: pd.DataFrame, box: Box) -> float:
    family = found["item"].map(facts.families)
    by = found.groupby(family)["money"].sum().sort_values(ascending=False)
    share = float(by.iloc[0] / by.sum()) if len(by) and by.sum() > 0 else 0.0
    title = f"{by.index[0]} make up {percent(share, 0)} of the money that looks odd" if len(by) else "What looks odd"
    area = paper.heading(box, title)
    heads = (
        Head("Item", 2.4),
        Head("Family", 2.2, most=1),
        Head("Channel, region", 2.6, most=1),
        Head("Month", 1.2),
        Head(facts.currency, 1, "right"),
        Head("What is odd", 8, most=2),
    )
    rows = [
        [
            r["item"],
            str(facts.families.get(r["item"], "")),
            ", ".join(w for w in (r["channel"], r["region"]) if w) or "all",
            month(r["period"]),
            short(r["money"]),
            r["says"],
        ]
        for r in records(found.head(40))
    ]
    rows += [[""] * 6] * (len(found) - len(rows))
    return table(paper, area, heads, rows, size=8, more="Anomalies")


def _overrides(paper: Paper, facts: Facts, box: Box) -> None:
    radar = facts.rows("override_radar", "override", "status", "says").drop_duplicates("override").set_index("override")
    effects = facts.table("override_effects").drop_duplicates("override").set_index("override")
    overrides = facts.table("overrides")
    ends = overrides["expires"].notna() & overrides["expires"].le(facts.end_of_cycle)
    title = f"{count(int(ends.sum()), 'override')} end{'s' if ends.sum() == 1 else ''} within this cycle"
    area = paper.heading(box, sentence(title))
    heads = (
        Head("Override", 1.2, most=1),
        Head("What", 3.4, most=2),
        Head("Months", 2.2),
        Head("Before", 1, "right"),
        Head("After", 1, "right"),
        Head("Reason", 1.8),
        Head("Owner", 2, most=2),
        Head("Expires", 1.4),
        Head("State", 2.1),
    )
    rows: list[Row] = []
    for r in records(overrides):
        effect = effects.loc[r["override"]] if r["override"] in effects.index else None
        state = str(radar.loc[r["override"], "status"]) if r["override"] in radar.index else ""
        state = state or (str(effect["status"]) if effect is not None else "not run")
        scope = ", ".join(r[c] for c in ("item", "family", "channel", "region") if r[c]) or "everything"
        last = r["last_period"] if pd.notna(r["last_period"]) else r["first_period"]
        span = month(r["first_period"]) + (f" to {month(last)}" if last != r["first_period"] else "")
        before, after = (whole(effect[c]) if effect is not None else "–" for c in ("before", "after"))
        rows.append(
            [
                r["override"],
                scope,
                span,
                before,
                after,
                r["reason"],
                r["owner"],
                day(r["expires"]) or "cycle end",
                Cell(state, _TONES.get(state, "plain")),
            ]
        )
    table(paper, area, heads, rows, size=8, more="Overrides")
