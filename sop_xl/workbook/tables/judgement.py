"""Was it worth it? Accuracy of frozen plans, value added, weights earned by it, and what to look at before the meeting."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, key, result, typed

JUDGEMENT = (
    Table(
        "accuracy_lags",
        "LagAccuracy",
        Group.DEMAND,
        "How the frozen plans fared: each closed month against what was said of it 1, 3 and 6 months before (and at the lag on Control). Empty until a plan is signed and a month of it has sold. Items are told for the statistical forecast and the consensus.",
        (
            key("lag", "Months between the last history and the month judged", Kind.INTEGER),
            key("level", "total, family or item"),
            key("name", "Which family or item"),
            key("step", "naive, seasonal naive, statistical, events, inputs, overrides or consensus"),
            result("wmape", Kind.SHARE, "Sum of absolute errors / sum of actuals", unit="share"),
            result("bias", Kind.SHARE, "Sum of (forecast - actual) / sum of actuals", unit="share"),
            result("mase", Kind.NUMBER, "Mean absolute error / that of seasonal naive in the past"),
            result("tracking_signal", Kind.NUMBER, "Sum of errors / mean absolute deviation", unit="MAD"),
            result("fva", Kind.SHARE, "WMAPE of naive - WMAPE of this step: positive adds value", unit="share"),
            result("months", Kind.INTEGER, "Months judged", unit="months"),
            result("forecasts", Kind.INTEGER, "Forecasts of an item in a month judged"),
        ),
    ),
    Table(
        "fva",
        "FVA",
        Group.DEMAND,
        "Forecast value added: did each step, person, reason and department make the forecast better? Errors are WMAPE at the lag on Control. Frozen plans are judged as their months come in; rolling origins replay the history for the statistical steps.",
        (
            key("basis", "frozen plans or rolling origins"),
            key("told_by", "step, person, reason, size and direction, or department"),
            key("name", "Total or family; or who, why, or how"),
            key("step", "Step of the demand plan"),
            result("months", Kind.INTEGER, "Months judged", unit="months"),
            result("changes", Kind.INTEGER, "Forecasts it changed"),
            result("error_before", Kind.SHARE, "WMAPE before it", unit="share"),
            result("error_after", Kind.SHARE, "WMAPE after it", unit="share"),
            result("fva", Kind.SHARE, "Error before - after: positive adds value", unit="share"),
            result("verdict", Kind.TEXT, "adds value, no difference, costs accuracy, or too few months"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
    Table(
        "department_weights",
        "Weights",
        Group.DEMAND,
        "The weight of each department in the consensus: as typed on sheet Lists, or earned by accuracy where it is blank there.",
        (
            key("department", "Department", refers="departments.department"),
            result("weight", Kind.NUMBER, "Weight used"),
            result("earned", Kind.NUMBER, "Weight its accuracy has earned; the statistical forecast has 1"),
            result("mae", Kind.NUMBER, "Mean absolute error of what it submitted", unit=UNITS),
            result("months", Kind.INTEGER, "Months judged", unit="months"),
            result("says", Kind.TEXT, "Where the weight comes from"),
        ),
    ),
    Table(
        "anomalies",
        "Anomalies",
        Group.DEMAND,
        "What to look at before the meeting, most money first; at most 200 are listed. Blank channel and region means all of them.",
        (
            key("item", "Item"),
            key("channel", "Sales channel; blank is all", required=False),
            key("region", "Region; blank is all", required=False),
            key("kind", "What is odd"),
            key("period", "Month, the one with most money where it is odd in several", Kind.PERIOD),
            result("unit", Kind.TEXT, "units, or share where accuracy is told"),
            result("value", Kind.NUMBER, "What is"),
            result("expected", Kind.NUMBER, "What was to be expected"),
            result("months", Kind.INTEGER, "Months that are odd in this way", unit="months"),
            result("money", Kind.MONEY, "Difference of all of them at list price", unit="{currency}"),
            result("says", Kind.TEXT, "In a sentence"),
            typed("seen_by", Kind.TEXT, "Who has looked at it"),
            typed("decision", Kind.CODE, "What was decided", choices=("right as it is", "changed", "watch")),
        ),
    ),
)
