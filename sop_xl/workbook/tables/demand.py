"""Demand Planning: baseline, human input and agreed plan stand apart (three rows, never one)."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import SERIES, UNITS, key, result, typed

_SCOPE = (
    typed("item", Kind.CODE, "Item; blank is all", refers="items.item"),
    typed("family", Kind.CODE, "Family; blank is all"),
    typed("channel", Kind.CODE, "Channel; blank is all", refers="channels.channel"),
    typed("region", Kind.CODE, "Region; blank is all", refers="regions.region"),
)

DEMAND = (
    Table(
        "segments",
        "Segments",
        Group.DEMAND,
        "Class of each item: ABC by revenue, XYZ by variability, and the kind of its demand.",
        (
            key("item", "Item", refers="items.item"),
            result("abc", Kind.CODE, "A, B or C by cumulative revenue"),
            result("xyz", Kind.CODE, "X steady, Y varying, Z erratic"),
            result("demand_class", Kind.CODE, "smooth, erratic, intermittent, lumpy, new or ended (Syntetos-Boylan)"),
            result("adi", Kind.NUMBER, "Mean interval between months with demand", unit="months"),
            result("cv2", Kind.NUMBER, "Squared variation of the months with demand"),
            result("revenue", Kind.MONEY, "Revenue of the last 12 months", unit="{currency}"),
        ),
    ),
    Table(
        "baseline",
        "Baseline",
        Group.DEMAND,
        "Statistical forecast with its interval and method. Nobody types here.",
        (
            *SERIES,
            key(
                "measure",
                "forecast; low and high of the interval on Control; low 95 and high 95 of the 95 % interval",
                choices=("forecast", "low", "high", "low 95", "high 95"),
            ),
            result("method", Kind.TEXT, "How it was forecast"),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
    Table(
        "inputs",
        "Inputs",
        Group.DEMAND,
        "What each department expects, at the level it thinks in. Blank item, family, channel or region means all.",
        (
            key("department", "Department", refers="departments.department"),
            key("item", "Item; blank is all", refers="items.item", required=False),
            key("family", "Family; blank is all", required=False),
            key("channel", "Channel; blank is all", refers="channels.channel", required=False),
            key("region", "Region; blank is all", refers="regions.region", required=False),
            typed("owner", Kind.TEXT, "Who says so"),
            typed("reason", Kind.TEXT, "Why"),
        ),
        across=typed("quantity", Kind.NUMBER, "Units expected in total at this level", unit=UNITS, low=0),
    ),
    Table(
        "overrides",
        "Overrides",
        Group.DEMAND,
        "Changes to the forecast by a person. They survive every re-forecast until they expire.",
        (
            key("override", "Name or number of the override"),
            *_SCOPE,
            typed("first_period", Kind.PERIOD, "First month", required=True),
            typed("last_period", Kind.PERIOD, "Last month; blank is the first"),
            typed(
                "kind", Kind.CODE, "absolute, units or percent", choices=("absolute", "units", "percent"), required=True
            ),
            typed(
                "value",
                Kind.NUMBER,
                "Total a month at this level, units added, or share added (0.1 is +10 %)",
                required=True,
            ),
            typed(
                "reason",
                Kind.TEXT,
                "Why",
                choices=(
                    "Customer input",
                    "Promotion",
                    "New listing",
                    "Delisting",
                    "Price change",
                    "Competitor",
                    "Tender",
                    "Supply constraint",
                    "Data error",
                    "Management",
                ),
                required=True,
            ),
            typed("owner", Kind.TEXT, "Who", required=True),
            typed("entered", Kind.DATE, "When", unit="date"),
            typed("expires", Kind.DATE, "Last day it counts; blank is the end of the cycle", unit="date"),
            typed("locked", Kind.FLAG, "Later changes at a higher level leave it alone", default=False),
            typed("note", Kind.TEXT, "Evidence"),
        ),
    ),
    Table(
        "override_effects",
        "Overrides",
        Group.DEMAND,
        "What became of each override at the last run.",
        (
            key("override", "Override", refers="overrides.override"),
            result("status", Kind.TEXT, "applied, expired, outside the horizon, or nothing matched"),
            result("rows", Kind.INTEGER, "Series and months it reached"),
            result("before", Kind.NUMBER, "Units before it", unit=UNITS),
            result("after", Kind.NUMBER, "Units after it", unit=UNITS),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "demand_steps",
        "DemandSteps",
        Group.DEMAND,
        "From statistical forecast to consensus, step by step.",
        (
            key("family", "Family"),
            key("step", "Step", choices=("statistical", "events", "inputs", "overrides", "consensus")),
        ),
        across=result("quantity", Kind.NUMBER, "Units after this step", unit=UNITS),
    ),
    Table(
        "consensus",
        "Consensus",
        Group.DEMAND,
        "The agreed, unconstrained demand plan in whole units.",
        SERIES,
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
    Table(
        "accuracy",
        "Accuracy",
        Group.DEMAND,
        "Accuracy over rolling origins of the history and the value each step adds over naive. Error = actual - forecast; bias is positive when we forecast too much.",
        (
            key("level", "total, family or item"),
            key("name", "Which family or item"),
            key("step", "naive, seasonal naive or statistical"),
            result("wmape", Kind.SHARE, "Sum of absolute errors / sum of actuals", unit="share"),
            result("bias", Kind.SHARE, "Sum of (forecast - actual) / sum of actuals", unit="share"),
            result("mase", Kind.NUMBER, "Mean absolute error / that of seasonal naive in the past"),
            result("tracking_signal", Kind.NUMBER, "Sum of errors / mean absolute deviation", unit="MAD"),
            result("fva", Kind.SHARE, "WMAPE of naive - WMAPE of this step: positive adds value", unit="share"),
            result("months", Kind.INTEGER, "Months judged", unit="months"),
        ),
    ),
    Table(
        "forecast_error",
        "ForecastError",
        Group.DEMAND,
        "How far forecasts missed at each stocking location: what safety stock has to cover.",
        (
            key("item", "Item", refers="items.item"),
            key("location", "Location that serves the demand", refers="locations.location"),
            result("sigma", Kind.NUMBER, "Standard deviation of the monthly error, actual - forecast", unit=UNITS),
            result("months", Kind.INTEGER, "Errors it rests on", unit="months"),
        ),
    ),
    Table(
        "error_shape",
        "ErrorShape",
        Group.DEMAND,
        "How the errors of the rolling origins are spread, in standard deviations: what an empirical distribution of sheet Policy is made of. Blank class is all of them.",
        (
            key("demand_class", "smooth, erratic, intermittent or lumpy; blank is all", required=False),
            key("share", "Share of the errors that are this or less", Kind.SHARE),
            result("error", Kind.NUMBER, "Error (actual - forecast) / its standard deviation", unit="sd"),
            result("errors", Kind.INTEGER, "Errors it rests on"),
        ),
    ),
)
