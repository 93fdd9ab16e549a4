"""What the statistical forecast is fitted to: the corrected history without past events, passed on to successors.

And per working day, in the channels where a test says that it helps. The forecast is brought back to months after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.demand.calendars import calendar
from sop_xl.demand.causes import event_effects, promotions
from sop_xl.demand.causes.events import apply_events
from sop_xl.demand.cleansing import history as demand_history
from sop_xl.demand.lifecycles import lifecycle, succession

SERIES = ["item", "channel", "region"]


@dataclass(frozen=True)
class Events:
    """The events as the plan counts with them, what they were measured to have done, and what sister items pay.

    found : effects as measured, row by row; effects : the table of the sheet
    """

    known: pd.DataFrame
    found: pd.DataFrame
    effects: pd.DataFrame
    shares: dict[str, float]

    def applied(self, plan: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
        """The plan lifted by its events."""
        if self.shares:
            return promotions.apply_with_sisters(plan, self.known, items, self.shares)
        return apply_events(plan, self.known, items)

    def removed(self, history: pd.DataFrame, items: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
        """The history without the events that have begun."""
        begun = (self.known["start"] <= as_of).to_numpy() if len(self.known) else np.zeros(0, dtype=bool)
        if not begun.any():
            return history
        return promotions.baseline_without_promotions(
            history, self.known[begun], items, found=self.found[begun], shares=self.shares
        )


def measured_events(clean: pd.DataFrame, frames: Frames, context: Context) -> Events:
    """Past events measured; what is typed of planned ones stands, blanks take what their past likes did."""
    typed, items = plain(frames["events"]), plain(frames["items"])
    if typed.empty or clean.empty:
        return Events(typed, pd.DataFrame(), pd.DataFrame(), {})
    found = event_effects.effects(clean, typed, items)
    known = promotions.with_suggestions(typed, found)
    said = typed[typed["cannibalise"] > 0]
    shares = {str(e): float(s) for e, s in zip(said["event"], said["cannibalise"], strict=True)}
    return Events(known, found, effects_table(typed, known, found, context.as_of), shares)


def effects_table(typed: pd.DataFrame, known: pd.DataFrame, found: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Table `event_effects`: what was measured, and the uplift the plan counts with."""
    table = found.drop(columns="halo").assign(uplift_used=known["uplift"].to_numpy(float))
    for column in ("first_month", "last_month"):
        table[column] = pd.to_datetime(table[column].replace("", None), format="%Y-%m")
    ahead = (typed["start"] > as_of).to_numpy()
    table["says"] = [
        _ahead(row) if later else str(row["says"]) for row, later in zip(records(table), ahead, strict=True)
    ]
    return table


def _ahead(row: dict[str, object]) -> str:
    typed, used = (float(str(row[c])) for c in ("planned_uplift", "uplift_used"))
    if np.isfinite(typed):
        return f"{row['event']} is still ahead; the plan counts with the {typed:+.0%} typed.".replace("%", " %")
    if np.isfinite(used):
        return f"{row['event']} is still ahead; past events of its kind did {used:+.0%}.".replace("%", " %")
    return f"{row['event']} is still ahead and counts nothing: no uplift is typed and no past event is like it."


@dataclass(frozen=True)
class WorkingDays:
    """Working days of each month over those of a mean month, and the channels that are forecast by them."""

    ratio: pd.Series
    channels: frozenset[str]

    @classmethod
    def of(cls, history: pd.DataFrame, frames: Frames, context: Context) -> WorkingDays:
        """By the rule on Control: where a test of the channel says it helps, never, or always."""
        days = days_of(history, frames, context)
        ratio = days.set_index("period")["working_days"]
        ratio = ratio / ratio.mean()
        match context.settings.working_day_rule:
            case "never":
                chosen: set[str] = set()
            case "always":
                chosen = set(history["channel"])
            case _:
                test = calendar.trading_day_test(history, days, by=["channel"])
                chosen = set(test.loc[test["helps"], "channel"])
        return cls(ratio, frozenset(chosen))

    def normalised(self, history: pd.DataFrame, column: str = "quantity", period: str = "period") -> pd.DataFrame:
        """The history as if every month had a mean number of working days; unknown where a month has none."""
        factor = self._factor(history, period)
        return history.assign(**{column: history[column] / factor.where(factor > 0)})

    def denormalised(self, frame: pd.DataFrame, columns: Sequence[str], period: str = "period") -> pd.DataFrame:
        """The same columns by the working days of their months."""
        factor = self._factor(frame, period)
        return frame.assign(**{c: frame[c] * factor for c in columns})

    def _factor(self, frame: pd.DataFrame, period: str) -> pd.Series:
        return frame[period].map(self.ratio).where(frame["channel"].isin(self.channels), 1.0)

    @property
    def says(self) -> str:
        """For the sentence of the step."""
        return f"; {', '.join(sorted(self.channels))} forecast per working day" if self.channels else ""


def days_of(history: pd.DataFrame, frames: Frames, context: Context) -> pd.DataFrame:
    """Working days of every month of history and plan: as typed on Control, Monday to Friday where nothing is."""
    months = pd.date_range(history["period"].min(), context.periods[-1], freq="MS")
    usual = calendar.working_days(months)
    typed = plain(frames["calendar"]).dropna(subset="working_days").drop_duplicates("period")
    known = usual["period"].map(typed.set_index("period")["working_days"])
    return usual.assign(working_days=known.fillna(usual["working_days"]))


@dataclass(frozen=True)
class Basis:
    """The history to be forecast.

    panel : `unique_id`, `ds`, `y` and the keys, of what is on sale and of the ended series that lend their season
    series : the keys by `unique_id`, of what is on sale
    groups : the channel by `unique_id`
    """

    panel: pd.DataFrame
    series: pd.DataFrame
    groups: dict[str, str]
    events: Events
    days: WorkingDays


def basis(clean: pd.DataFrame, on_sale: pd.DataFrame, frames: Frames, context: Context) -> Basis:
    """From the corrected history to what is forecast."""
    items = plain(frames["items"])
    events = measured_events(clean, frames, context)
    without = events.removed(clean, items, context.as_of)
    replaced = plain(frames["succession"])
    replaced = replaced[replaced["from"] <= context.periods[0]]
    if len(replaced):
        without = succession.with_succession(without, replaced)
    launched = plain(frames["launches"])["item"]
    asks = on_sale.assign(like_item=on_sale["like_item"].mask(on_sale["item"].isin(launched), ""))
    live = lifecycle.with_like_items(without[without["item"].isin(on_sale["item"])], asks, without)
    # young items borrow the season of their channel, to which the ended ones testify
    ended = without[~without["item"].isin(on_sale["item"])]
    days = WorkingDays.of(without, frames, context)
    live = days.normalised(live)
    panel = demand_history.to_series(pd.concat([live, days.normalised(ended)], ignore_index=True))
    names = demand_history.to_series(live)["unique_id"].unique()
    by_name = panel.drop_duplicates("unique_id").set_index("unique_id")
    groups = {str(name): str(channel) for name, channel in by_name["channel"].items()}
    return Basis(panel, by_name.loc[names, SERIES], groups, events, days)
