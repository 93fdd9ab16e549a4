"""What is other than the past: events, level shifts, successors, launches, ends, channels and working days."""

from typing import ClassVar

import company
import numpy as np
import pandas as pd
import pytest
from books import MemoryBook

from sop_xl.cycle.keeping import shaped
from sop_xl.cycle.run import run
from sop_xl.workbook.tables import TABLES

MAY = pd.Timestamp("2025-05-01")
OCT = pd.Timestamp("2026-10-01")
YEAR_END = pd.Timestamp("2026-12-31")


def put(frames, table, *rows):
    frames[table] = shaped(TABLES[table], pd.DataFrame([*rows]))


def set_(frames, **values):
    control = frames["control"]
    for name, value in values.items():
        control.loc[control["setting"].eq(name), "value"] = str(value)


def planned(frames, steps=("demand_planning",)):
    book = MemoryBook(frames)
    report = run(book, steps, now=company.NOW)
    return book.frames, report.says


def bare(frames):
    """The company without department inputs and overrides: what the statistics say stands."""
    for name in ("overrides", "inputs", "events"):
        frames[name] = frames[name].iloc[:0]
    return frames


def units(frames, table="consensus", **where):
    frame = frames[table]
    for column, value in where.items():
        frame = frame[frame[column].eq(value)]
    return frame.groupby("period")["quantity"].sum()


@pytest.fixture
def base(small):
    return planned(bare(dict(small)))[0]


def flat(frames, level=100.0, noise=4.0):
    """Every history made flat with a little noise: no season to lend."""
    history = frames["demand_history"]
    drawn = np.random.default_rng(3).normal(level, noise, len(history))
    frames["demand_history"] = history.assign(quantity=np.round(drawn))


class TestEvents:
    @pytest.fixture
    def promoted(self, small):
        frames = bare(dict(small))
        flat(frames)
        history = frames["demand_history"]
        hit = history["item"].eq("BIKE-2") & history["period"].isin([MAY, pd.Timestamp("2026-05-01")])
        history.loc[hit, "quantity"] = 200.0
        return frames

    PAST = (
        {"event": "May 25", "kind": "promotion", "item": "BIKE-2", "start": MAY, "end": pd.Timestamp("2025-05-31")},
        {"event": "May 26", "kind": "promotion", "item": "BIKE-2", "start": pd.Timestamp("2026-05-01"),
         "end": pd.Timestamp("2026-05-31")},
    )  # fmt: skip
    AHEAD: ClassVar = {
        "event": "Oct 26",
        "kind": "promotion",
        "item": "BIKE-2",
        "start": OCT,
        "end": pd.Timestamp("2026-10-31"),
    }

    def test_a_past_event_no_longer_leaks_into_the_baseline(self, promoted):
        put(promoted, "events", *self.PAST)
        frames, _ = planned(promoted)
        statistical = units(frames, "baseline", item="BIKE-2", measure="forecast")
        assert statistical.to_numpy() == pytest.approx(np.full(6, 100.0), rel=0.06)
        effects = frames["event_effects"].set_index("event")
        assert effects["uplift"].to_numpy() == pytest.approx([1.0, 1.0], abs=0.1)
        assert effects.loc["May 25", "says"].startswith("May 25 sold ")

    def test_without_the_event_the_same_months_are_part_of_the_baseline(self, promoted):
        with_events = dict(promoted)
        put(with_events, "events", *self.PAST)
        clean = units(planned(with_events)[0], "baseline", item="BIKE-2", measure="forecast")
        leaking = units(planned(promoted)[0], "baseline", item="BIKE-2", measure="forecast")
        assert leaking.sum() > clean.sum()

    def test_a_planned_event_without_an_uplift_takes_that_of_its_past_likes(self, promoted):
        put(promoted, "events", *self.PAST, self.AHEAD)
        frames, _ = planned(promoted)
        plan, base = units(frames, item="BIKE-2"), units(frames, "baseline", item="BIKE-2", measure="forecast")
        assert plan[OCT] == pytest.approx(2 * base[OCT], rel=0.06)
        assert plan.drop(OCT).sum() == pytest.approx(base.drop(OCT).sum(), rel=0.06)
        row = frames["event_effects"].set_index("event").loc["Oct 26"]
        assert row["uplift_used"] == pytest.approx(1.0, abs=0.1)
        assert "still ahead; past events of its kind did +" in row["says"]

    def test_what_is_typed_stands(self, promoted):
        put(promoted, "events", *self.PAST, self.AHEAD | {"uplift": 0.5, "dip": 0.0})
        frames, _ = planned(promoted)
        assert frames["event_effects"].set_index("event").loc["Oct 26", "uplift_used"] == 0.5
        base = units(frames, "baseline", item="BIKE-2", measure="forecast")
        assert units(frames, item="BIKE-2")[OCT] == pytest.approx(1.5 * base[OCT], abs=1)

    def test_sister_items_pay_the_share_typed(self, promoted):
        put(promoted, "events", self.AHEAD | {"uplift": 1.0, "dip": 0.0, "cannibalise": 0.5})
        frames, _ = planned(promoted)
        base = frames["baseline"].query("measure == 'forecast'").groupby(["item", "period"])["quantity"].sum()
        gained = base["BIKE-2", OCT]
        north = units(frames, "baseline", item="BIKE-1", measure="forecast")[OCT]
        # BIKE-1 sells in the shops of South and on the web of North: no sister in the shops of North
        assert units(frames, item="BIKE-1")[OCT] == pytest.approx(north, abs=1)
        assert units(frames, item="BIKE-2")[OCT] == pytest.approx(2 * gained, abs=1)

    def test_a_month_with_an_event_is_no_outlier(self, small):
        frames = bare(dict(small))
        month = frames["demand_history"].loc[frames["demand_history"]["item"].eq("BIKE-2"), "period"].iloc[20]
        found, _ = planned(dict(frames), ["data_gathering"])
        assert ((found["adjustments"]["period"] == month) & found["adjustments"]["reason"].eq("outlier")).any()
        put(
            frames, "events", {"event": "Order", "item": "BIKE-2", "start": month, "end": month + pd.Timedelta(days=27)}
        )
        found, _ = planned(frames, ["data_gathering"])
        assert not (found["adjustments"]["period"] == month).any()


class TestLevelShifts:
    @pytest.fixture
    def shifted(self, small):
        frames = bare(dict(small))
        flat(frames)
        history = frames["demand_history"]
        history.loc[history["item"].eq("007") & (history["period"] >= "2025-11-01"), "quantity"] += 100.0
        return planned(frames, ["data_gathering"])

    def test_it_is_proposed_and_said(self, shifted):
        frames, says = shifted
        rows = frames["adjustments"].query("reason == 'level shift'")
        assert set(rows["item"]) == {"007"}
        assert rows["period"].max() == pd.Timestamp("2025-10-01")
        assert (rows["history"] + rows["adjustment"]).mean() == pytest.approx(200.0, rel=0.05)
        assert "a level shift in 1 series for you to accept" in says["data_gathering"]

    def test_it_counts_only_once_accepted(self, shifted):
        frames, _ = shifted
        blank = planned(dict(frames))[0]
        without = dict(frames)
        without["adjustments"] = frames["adjustments"].query("reason != 'level shift'")
        none = planned(without)[0]
        pd.testing.assert_frame_equal(blank["baseline"], none["baseline"])
        accepted = frames["adjustments"].copy()
        accepted.loc[accepted["reason"].eq("level shift"), "decision"] = "accept"
        yes = planned({**frames, "adjustments": accepted})[0]
        forecast = units(yes, "baseline", item="007", measure="forecast")
        assert forecast.to_numpy() == pytest.approx(np.full(6, 200.0), rel=0.05)
        assert not forecast.equals(units(blank, "baseline", item="007", measure="forecast"))

    def test_an_accepted_one_is_kept_when_data_is_gathered_again(self, shifted):
        frames = dict(shifted[0])
        accepted = frames["adjustments"].copy()
        accepted.loc[accepted["reason"].eq("level shift"), "decision"] = "accept"
        frames["adjustments"] = accepted
        set_(frames, level_shift_limit=20)
        again = planned(frames, ["data_gathering"])[0]["adjustments"].query("reason == 'level shift'")
        assert again["adjustment"].notna().all()
        assert len(again) == len(accepted.query("reason == 'level shift'"))
        assert again["decision"].eq("accept").all()


class TestSuccession:
    def test_a_successor_inherits_the_history(self, small, base):
        frames = bare(dict(small))
        put(frames, "succession", {"old": "BIKE-2", "new": "BIKE-1", "from": company.PLANNED[0], "share": 1.0})
        after, _ = planned(frames)
        assert units(after, item="BIKE-2").sum() == 0
        both = units(base, item="BIKE-1").sum() + units(base, item="BIKE-2").sum()
        assert units(after, item="BIKE-1").sum() == pytest.approx(both, rel=0.02)

    def test_one_still_ahead_moves_the_forecast_from_its_month(self, small, base):
        frames = bare(dict(small))
        put(frames, "succession", {"old": "BIKE-2", "new": "BIKE-1", "from": OCT, "share": 0.75})
        after, _ = planned(frames)
        old, was = units(after, item="BIKE-2"), units(base, item="BIKE-2")
        assert old[old.index < OCT].equals(was[was.index < OCT])
        assert old[old.index >= OCT].sum() == pytest.approx(0.25 * was[was.index >= OCT].sum(), abs=2)
        assert units(after).sum() == pytest.approx(units(base).sum(), abs=2)


class TestLaunches:
    @pytest.fixture
    def frames(self, small):
        frames = bare(dict(small))
        new = frames["items"].iloc[[1]].assign(item="BIKE-3", launch=pd.NaT)
        young = frames["items"].iloc[[1]].assign(item="BIKE-0")
        frames["items"] = pd.concat([frames["items"], new, young], ignore_index=True)
        rising = np.minimum(10.0 * np.arange(1, 25), 60.0)
        history = pd.DataFrame(
            {"item": "BIKE-0", "channel": "shop", "region": "North", "period": company.MONTHS[-24:], "quantity": rising}
        )
        frames["demand_history"] = pd.concat([frames["demand_history"], history], ignore_index=True)
        return frames

    ROW: ClassVar = {
        "item": "BIKE-3",
        "like_1": "BIKE-0",
        "launch": pd.Timestamp("2026-08-01"),
        "volume": 1200.0,
        "ramp": 1.0,
    }

    def test_a_launch_follows_the_shape_of_its_likes(self, frames):
        put(frames, "launches", self.ROW)
        after, _ = planned(frames)
        plan = units(after, item="BIKE-3")
        shape = np.minimum(10.0 * np.arange(1, 13), 60.0)
        expected = 1200.0 * shape / shape.sum()
        assert plan.to_numpy() == pytest.approx([0.0, *expected[:5]], abs=1)
        assert set(after["consensus"].query("item == 'BIKE-3'")["channel"]) == {"shop"}
        december = after["baseline"][after["baseline"]["period"].eq("2026-12-01")]
        rows = december[december["item"].eq("BIKE-3")].set_index("measure")["quantity"]
        assert rows["low"] < rows["forecast"] < rows["high"]

    def test_a_later_launch_date_moves_it(self, frames):
        put(frames, "launches", self.ROW | {"launch": pd.Timestamp("2026-11-01")})
        plan = units(planned(frames)[0], item="BIKE-3")
        assert plan[plan.index < "2026-11-01"].sum() == 0
        assert plan[pd.Timestamp("2026-11-01")] > 0

    def test_own_months_take_over(self, frames):
        frames["items"].loc[frames["items"]["item"].eq("BIKE-3"), "launch"] = pd.Timestamp("2026-01-01")
        own = pd.DataFrame(
            {"item": "BIKE-3", "channel": "shop", "region": "North", "period": company.MONTHS[-6:], "quantity": 20.0}
        )
        frames["demand_history"] = pd.concat([frames["demand_history"], own], ignore_index=True)
        put(frames, "launches", self.ROW | {"launch": pd.NaT})
        plan = units(planned(frames)[0], item="BIKE-3")
        # half of each: 20 of its own, and 1200 x the months 7 to 12 of the profile
        assert plan.to_numpy() == pytest.approx(np.full(6, (20.0 + 1200.0 * 60 / 570) / 2), abs=2)


class TestEnds:
    @pytest.fixture
    def ending(self, small):
        frames = bare(dict(small))
        frames["items"] = frames["items"].copy()
        frames["items"].loc[frames["items"]["item"].eq("007"), "end"] = pd.Timestamp("2026-10-31")
        return frames

    def test_demand_falls_to_nothing_by_the_end(self, ending, base):
        after, _ = planned(ending)
        plan, was = units(after, item="007"), units(base, item="007")
        assert plan[plan.index > "2026-10-31"].sum() == 0
        ratio = (plan / was)[plan.index <= "2026-10-31"].to_numpy()
        assert ratio[0] == pytest.approx(1.0, abs=0.01)
        assert (np.diff(ratio) < 0).all()
        assert ratio[-1] == pytest.approx(1 / 6, abs=0.02)

    def test_what_was_decided_is_no_anomaly(self, ending):
        odd = planned(ending)[0]["anomalies"]
        assert not (odd["item"].eq("007") & odd["period"].gt("2026-10-31")).any()

    def test_a_sudden_end_keeps_the_months_before(self, ending, base):
        set_(ending, ramp_months=0)
        plan, was = units(planned(ending)[0], item="007"), units(base, item="007")
        assert plan[plan.index <= "2026-10-31"].equals(was[was.index <= "2026-10-31"])

    def test_the_last_buy_covers_what_is_to_come(self, ending):
        frames, says = planned(ending, ["demand_planning", "supply_planning"])
        (row,) = frames["last_buy"].to_dict("records")
        assert row["item"] == "007"
        assert row["demand"] == pytest.approx(units(frames, item="007").sum(), abs=1)
        assert (row["stock"], row["supply"]) == (300.0, 250.0)
        assert row["needed"] > row["demand"]
        assert row["last_buy"] == max(np.ceil(row["needed"] - 550.0), 0.0)
        assert row["says"].startswith("007 ends on 2026-10-31")
        assert "1 item ends, see sheet LastBuy" in says["supply_planning"]

    def test_nothing_ends_nothing_is_bought(self, base):
        assert planned(base, ["supply_planning"])[0]["last_buy"].empty


class TestChannels:
    SHIFT: ClassVar = {"shift": "S1", "from_channel": "shop", "to_channel": "web", "share": 0.2, "first_period": OCT}

    def test_a_shift_keeps_the_total(self, small, base):
        frames = bare(dict(small))
        put(frames, "channel_shifts", self.SHIFT)
        after, _ = planned(frames)
        assert units(after).sum() == pytest.approx(units(base).sum(), abs=2)
        shop, was = units(after, channel="shop"), units(base, channel="shop")
        assert shop[shop.index < OCT].equals(was[was.index < OCT])
        assert shop[OCT] == pytest.approx(0.8 * was[OCT], abs=2)

    def test_returns_are_shown_and_do_not_change_the_plan(self, small, base):
        frames = bare(dict(small))
        frames["channels"] = frames["channels"].assign(returns_rate=[0.25, np.nan])
        after, _ = planned(frames)
        pd.testing.assert_frame_equal(after["consensus"], base["consensus"])
        sums = after["net_demand"].groupby(["channel", "measure"])["quantity"].sum()
        assert sums["web", "returns"] == pytest.approx(0.25 * sums["web", "gross"])
        assert sums["web", "net"] == pytest.approx(0.75 * sums["web", "gross"])
        assert sums["shop", "net"] == sums["shop", "gross"]


class TestWorkingDays:
    @pytest.fixture
    def daily(self, small):
        """The shops of 007 sell by the working day, and days differ a lot between the years."""
        frames = bare(dict(small))
        months = pd.date_range(company.MONTHS[0], company.PLANNED[-1], freq="MS")
        days = np.random.default_rng(5).integers(12, 24, len(months)).astype(float)
        put(frames, "calendar", *({"period": m, "working_days": d} for m, d in zip(months, days, strict=True)))
        history = frames["demand_history"].copy()
        per_month = dict(zip(months, days, strict=True))
        web = history["channel"].eq("web")
        history.loc[web, "quantity"] = (10 * history["period"].map(per_month)).where(web)
        frames["demand_history"] = history
        return frames, pd.Series(per_month)

    def test_a_channel_that_sells_by_the_day_is_forecast_by_the_day(self, daily):
        frames, days = daily
        after, says = planned(frames)
        assert "web forecast per working day" in says["demand_planning"]
        plan = units(after, "baseline", item="007", measure="forecast")
        assert plan.to_numpy() == pytest.approx(10 * days[plan.index].to_numpy(), rel=0.02)
        for measure in ("low", "high"):
            assert len(units(after, "baseline", item="007", measure=measure)) == 6

    def test_never_is_never(self, daily):
        frames, days = daily
        set_(frames, working_day_rule="never")
        after, says = planned(frames)
        assert "working day" not in says["demand_planning"]
        plan = units(after, "baseline", item="007", measure="forecast")
        assert plan.to_numpy() != pytest.approx(10 * days[plan.index].to_numpy(), rel=0.02)

    def test_accuracy_is_told_in_units_sold(self, daily):
        frames, _ = daily
        table = planned(frames)[0]["accuracy"]
        mine = table[table["name"].eq("007")].set_index("step")["wmape"]
        assert mine["statistical"] < 0.02
