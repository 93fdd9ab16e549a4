"""Accuracy: what each step of the forecast adds, and where it misses most."""

from __future__ import annotations

from sop_xl.pack.charts import compare, stairs
from sop_xl.pack.facts import Facts, Page
from sop_xl.pack.lists import Head, table
from sop_xl.pack.paper import BODY, Box, Paper
from sop_xl.pack.words import count, percent
from sop_xl.workbook.schema import Group
from sop_xl.workbook.template.pages.canvas import BLUE, ORANGE, SILVER
from sop_xl.workbook.template.styles import GREY, INK, TABS

_COLOR = TABS[Group.DEMAND]
_STEPS = ("naive", "seasonal naive", "statistical")
_NAMES = {"naive": "naive: last month again", "seasonal naive": "a year ago again", "statistical": "our forecast"}


def pages(facts: Facts) -> list[Page]:
    """The accuracy page, once accuracy has been measured."""
    steps = _total(facts)
    if "statistical" not in steps or "naive" not in steps:
        return []
    rows = facts.table("accuracy")
    months = int(rows["months"].max())
    says = (
        f"WMAPE over the last {count(months, 'month')}, {count(facts.settings.accuracy_lag, 'month')} ahead, "
        "forecast again as if each had been the last known; errors by item"
    )
    return [Page("Demand: accuracy", headline(facts), says, _COLOR, lambda paper: _draw(paper, facts))]


def _total(facts: Facts) -> dict[str, float]:
    rows = facts.table("accuracy")
    rows = rows[rows["level"].eq("total") & rows["wmape"].notna()]
    return {str(s): float(w) for s, w in zip(rows["step"], rows["wmape"], strict=True)}


def headline(facts: Facts) -> str:
    """How far the forecast misses, and what that is against naive."""
    steps = _total(facts)
    ours, naive = steps["statistical"], steps["naive"]
    verb = "saves" if ours <= naive else "costs"
    points = f"{100 * abs(naive - ours):.1f} points"
    return f"The forecast misses by {percent(ours)}; it {verb} {points} against naive's {percent(naive)}"


def _draw(paper: Paper, facts: Facts) -> None:
    left, right = BODY.split(0.5, 30)
    steps = _total(facts)
    shown = [(s, steps[s]) for s in _STEPS if s in steps]
    area = paper.heading(left, _stairs(shown))
    chart = Box(area.x, area.y, area.w, 225)
    colors = {"naive": SILVER, "seasonal naive": "#7C8592", "statistical": ORANGE}
    stairs(paper, chart, [(_NAMES[s], v) for s, v in shown], colors=[colors[s] for s, _ in shown])
    _frozen(paper, facts, left.below(chart.bottom + 16))
    _by_family(paper, facts, right)


def _stairs(steps: list[tuple[str, float]]) -> str:
    first, last = steps[0][1], steps[-1][1]
    best = min(v for _, v in steps)
    words = (
        "every step takes error off"
        if [v for _, v in steps] == sorted((v for _, v in steps), reverse=True)
        else ("our forecast is the best of them" if last == best else "our forecast is not the best of them")
    )
    return f"From {percent(first)} to {percent(last)}: {words}"


def _frozen(paper: Paper, facts: Facts, box: Box) -> None:
    """What each step of the frozen plans added, once months of them have sold."""
    rows = facts.table("fva")
    rows = rows[rows["basis"].eq("frozen plans") & rows["told_by"].eq("step") & rows["name"].eq("Total")]
    if rows.empty:
        words = "No month of a signed plan has sold yet: what people's changes added is not known."
        _rehearsed(paper, facts, box.below(paper.paragraph(box, words, 9, GREY) + 8))
        return
    months = int(rows["months"].max())
    area = paper.heading(box, f"Signed plans, judged by {count(months, 'month')} sold: what each step added")
    heads = (
        Head("Step", 3),
        Head("Forecasts changed", 2, "right"),
        Head("WMAPE after", 2, "right"),
        Head("Points saved", 2, "right"),
        Head("Verdict", 3),
    )
    cells = []
    for _, row in rows.iterrows():
        saved = (
            "–"
            if row["fva"] != row["fva"]
            else f"{100 * row['fva']:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")
        )
        cells.append(
            [str(row["step"]), f"{row['changes']:,.0f}", percent(row["error_after"]), saved, str(row["verdict"])]
        )
    y = table(paper, area, heads, cells, size=8, more="FVA")
    _rehearsed(paper, facts, box.below(y + 10))


def _rehearsed(paper: Paper, facts: Facts, box: Box) -> None:
    """The sentence of the rehearsal, where one has been made."""
    rows = facts.rows("replay", "cycle", "says")
    rows = rows[rows["cycle"].eq("all")]
    if len(rows) and box.h > 40:
        paper.paragraph(box, f"Rehearsal: {rows.iloc[0]['says']}", 9, INK, most=4)


def _by_family(paper: Paper, facts: Facts, box: Box) -> None:
    rows = facts.table("accuracy")
    rows = rows[rows["level"].eq("family")]
    wide = rows.pivot_table(index="name", columns="step", values="wmape")
    bias = rows[rows["step"].eq("statistical")].set_index("name")["bias"]
    if "statistical" not in wide or "naive" not in wide:
        return
    volume = facts.summed("demand", "consensus") if len(facts.table("sop_grid")) else bias * 0
    order = volume.reindex(wide.index).fillna(0.0).sort_values(ascending=False).index
    shown = list(order[:16])
    worse = wide.loc[wide["statistical"] > wide["naive"]].index
    words = (
        f"{count(len(worse), 'family', 'families')} of {len(wide)} would do better with naive"
        if len(worse)
        else "The forecast beats naive in every family"
    )
    area = paper.heading(box, f"{words}; the largest families, with their bias")
    data = [(str(f), float(wide.loc[f, "statistical"]), float(wide.loc[f, "naive"])) for f in shown]
    notes = [
        f"{percent(float(wide.loc[f, 'statistical']), 0)}  bias {100 * float(bias.get(f, 0.0)):+.0f} %" for f in shown
    ]
    y = compare(
        paper, area.above(area.bottom - 16), data, ("WMAPE of our forecast", "naive"), (ORANGE, BLUE), notes=notes
    )
    rest = len(order) - len(shown)
    more = f"and {rest} more on sheet Accuracy; " if rest > 0 else ""
    paper.text(box.x, y + 12, f"{more}a positive bias forecast too much", 8, GREY)
