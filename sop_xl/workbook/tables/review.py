"""Pre-S&OP, Executive S&OP and Execution: what is discussed, decided and followed up."""

from __future__ import annotations

from sop_xl.workbook.schema import Group, Kind, Table
from sop_xl.workbook.tables.build import UNITS, calculated, key, result, typed
from sop_xl.workbook.tables.scenarios import SCENARIOS

_OPEN = ("open", "in work", "closed")
_MONEY = "{currency}"

PRE_SOP = (
    Table(
        "sop_grid",
        "Grid",
        Group.PRE_SOP,
        "The S&OP grid: past and plan of each family, row by row; family `Total` adds them up. The page SOPGrid reads it.",
        (
            key("family", "Family"),
            key(
                "block", "demand, supply, inventory, backlog or money; `demand value` and so on: the same rows in money"
            ),
            key("measure", "Row of the block"),
            result("unit", Kind.TEXT, "units, days, h, share or currency"),
        ),
        across=result("value", Kind.NUMBER, "Value"),
    ),
    Table(
        "gaps",
        "Gaps",
        Group.PRE_SOP,
        "Where demand and supply part, worst money first.",
        (
            key("family", "Family"),
            key("period", "Month", Kind.PERIOD),
            result("demand", Kind.NUMBER, "Units wanted", unit=UNITS),
            result("supply", Kind.NUMBER, "Units that can be delivered on time", unit=UNITS),
            result("gap", Kind.NUMBER, "Units short", unit=UNITS),
            result("money", Kind.MONEY, "Revenue at stake", unit=_MONEY),
            result("cause", Kind.TEXT, "Main cause and culprit"),
            result("first_day", Kind.DATE, "From when it is short, if demand comes evenly", unit="date"),
            result("says", Kind.TEXT, "In a sentence: cause, the best option, and what else there is"),
            typed("owner", Kind.TEXT, "Who closes it"),
            typed("due", Kind.DATE, "By when", unit="date"),
            typed("status", Kind.CODE, "open, in work or closed", choices=_OPEN),
        ),
    ),
    *SCENARIOS,
    Table(
        "risks",
        "Risks",
        Group.PRE_SOP,
        "Risks and opportunities that are not in the plan.",
        (
            key("risk", "Name"),
            typed("kind", Kind.CODE, "risk or opportunity", choices=("risk", "opportunity"), required=True),
            typed("family", Kind.CODE, "Family"),
            typed("probability", Kind.SHARE, "How likely", unit="share", low=0, high=1, required=True),
            typed("impact", Kind.MONEY, "Margin won or lost if it happens", unit=_MONEY, low=0, required=True),
            typed("trigger", Kind.DATE, "Day by which we know", unit="date"),
            typed("owner", Kind.TEXT, "Who watches it"),
            typed("status", Kind.CODE, "open, in work or closed", choices=_OPEN, default="open"),
            calculated(
                "weighted",
                Kind.MONEY,
                "Probability x impact, negative for a risk",
                'tbl_risks[[#This Row],[Probability]]*tbl_risks[[#This Row],[Impact]]*IF(tbl_risks[[#This Row],[Kind]]="risk",-1,1)',
                lambda frame: (
                    frame["probability"] * frame["impact"] * (1.0 - 2.0 * frame["kind"].eq("risk").astype(float))
                ),
                unit=_MONEY,
            ),
        ),
    ),
    Table(
        "assumptions",
        "Risks",
        Group.PRE_SOP,
        "What the plan takes for granted.",
        (
            key("assumption", "Name"),
            typed("says", Kind.TEXT, "What is assumed"),
            typed("value", Kind.TEXT, "Its value"),
            typed("owner", Kind.TEXT, "Who stands for it"),
            typed("evidence", Kind.TEXT, "Where it comes from"),
            typed("expires", Kind.DATE, "Last day it holds", unit="date"),
            typed("changed", Kind.FLAG, "Changed since the last cycle", default=False),
        ),
    ),
)

EXECUTIVE = (
    Table(
        "scorecard",
        "Scorecard",
        Group.EXECUTIVE,
        "How we do, on one page.",
        (
            key("kpi", "Figure", Kind.TEXT),
            result("unit", Kind.TEXT, "Unit"),
            result("value", Kind.NUMBER, "Value"),
            result("target", Kind.NUMBER, "Target; blank where there is none"),
            result("status", Kind.TEXT, "good, watch, bad or -"),
            result("says", Kind.TEXT, "How it is measured"),
        ),
    ),
    Table(
        "financials",
        "Financials",
        Group.EXECUTIVE,
        "The plan in money against the budget.",
        (
            key("family", "Family"),
            key("measure", "revenue, cost, margin, stock value, budget revenue, budget cost, budget margin or gap"),
        ),
        across=result("money", Kind.MONEY, "Money", unit=_MONEY),
    ),
    Table(
        "bridge",
        "Bridge",
        Group.EXECUTIVE,
        "From budget to plan, revenue and margin, in steps that add up to the cent.",
        (
            key("of", "revenue or margin", choices=("revenue", "margin")),
            key("family", "Family"),
            key("step", "budget, new and ended, volume, mix, price, cost (of the margin) or plan"),
            result("money", Kind.MONEY, "Money", unit=_MONEY),
        ),
    ),
    Table(
        "working_capital",
        "WorkingCapital",
        Group.EXECUTIVE,
        "Money bound at the end of each month, and the cash of the plan: stock + receivables - payables, by the days on Control.",
        (key("measure", "stock, receivables, payables, working capital, cash in, cash out, cash or running cash"),),
        across=result("money", Kind.MONEY, "Money", unit=_MONEY),
    ),
    Table(
        "decisions",
        "Decisions",
        Group.EXECUTIVE,
        "What was decided, by whom, and what it is worth.",
        (
            key("decision", "Number"),
            typed("date", Kind.DATE, "When", unit="date"),
            typed("issue", Kind.TEXT, "What it was about"),
            typed("options", Kind.TEXT, "Options seen"),
            typed("decided", Kind.TEXT, "What was decided"),
            typed("who", Kind.TEXT, "By whom"),
            typed("effect", Kind.MONEY, "Effect", unit=_MONEY),
            typed("effective", Kind.PERIOD, "From which month"),
            typed("review", Kind.DATE, "Looked at again on", unit="date"),
            typed("status", Kind.CODE, "open, in work or closed", choices=_OPEN, default="open"),
        ),
    ),
    Table(
        "approvals",
        "Decisions",
        Group.EXECUTIVE,
        "Who signs which version. When every role has approved a version, the next run freezes it.",
        (
            key("version", "Version, as on the sheet Versions", Kind.TEXT),
            key("role", "Role", Kind.TEXT),
            typed("name", Kind.TEXT, "Person"),
            typed("decision", Kind.CODE, "approve or reject", choices=("approve", "reject")),
            typed("date", Kind.DATE, "When", unit="date"),
            typed("note", Kind.TEXT, "Conditions"),
            result("status", Kind.TEXT, "asked, approved or rejected"),
        ),
    ),
    Table(
        "versions",
        "Versions",
        Group.EXECUTIVE,
        "Plan versions by content: the same hash is the same plan.",
        (
            key("version", "Version", Kind.TEXT),
            result("cycle", Kind.CODE, "Cycle"),
            result("status", Kind.TEXT, "draft, approved, reopened or superseded"),
            result("created", Kind.MOMENT, "When"),
            result("by", Kind.TEXT, "By whom"),
            result("hash", Kind.TEXT, "SHA-256 of demand plan, supply plan and stock"),
            result("demand", Kind.NUMBER, "Demand over the horizon", unit=UNITS),
            result("revenue", Kind.MONEY, "Revenue over the horizon", unit=_MONEY),
            typed("note", Kind.TEXT, "Why an approved plan is to be reopened; then press Reopen"),
        ),
    ),
    Table(
        "approved_plan",
        "ApprovedPlan",
        Group.EXECUTIVE,
        "The signed plan, frozen. A later run does not touch it; roll-over keeps it as last plan.",
        (
            key("version", "Version", Kind.TEXT),
            key("measure", "demand, production, purchases, transfers, stock, or orders in the month of their release"),
            key("item", "Item", refers="items.item"),
            key("location", "Location"),
            key("kind", "Of an order: make, buy ...", required=False),
            key("supplier", "Of an order", required=False),
            key("mode", "Of an order", required=False),
            result("seal", Kind.CODE, "Two signs for each month, made from its number when it was signed"),
        ),
        across=result("quantity", Kind.NUMBER, "Units", unit=UNITS),
    ),
)

EXECUTION = (
    Table(
        "monitor",
        "Monitor",
        Group.EXECUTION,
        "Actuals against the approved plan. Adherence sees the mix, attainment only the sum.",
        (
            key("measure", "demand or production"),
            key("family", "Family"),
            key("period", "Month", Kind.PERIOD),
            result("plan", Kind.NUMBER, "Planned", unit=UNITS),
            result("actual", Kind.NUMBER, "Actual", unit=UNITS),
            calculated(
                "variance",
                Kind.NUMBER,
                "Actual - plan",
                "tbl_monitor[[#This Row],[Actual]]-tbl_monitor[[#This Row],[Plan]]",
                lambda frame: frame["actual"] - frame["plan"],
                unit=UNITS,
            ),
            result("cumulative", Kind.NUMBER, "Cumulative variance", unit=UNITS),
            result("adherence", Kind.SHARE, "max(0, 1 - sum of absolute item variances / plan)", unit="share"),
            result("attainment", Kind.SHARE, "Actual / plan", unit="share"),
            result("status", Kind.TEXT, "in band, watch or out of band"),
        ),
    ),
    Table(
        "alerts",
        "Alerts",
        Group.EXECUTION,
        "What needs a person, and whether it needs a new plan.",
        (
            key("kind", "variance, bias, stock, backlog, expiry or risk"),
            key("name", "Which item, family, override or risk"),
            key("period", "Month", Kind.PERIOD),
            result("value", Kind.NUMBER, "Value found"),
            result("limit", Kind.NUMBER, "Limit"),
            result("replan", Kind.FLAG, "Triggers a re-plan", default=False),
            result("says", Kind.TEXT, "In a sentence"),
            typed("owner", Kind.TEXT, "Who acts"),
            typed("action", Kind.TEXT, "What is done"),
            typed("status", Kind.CODE, "open, in work or closed", choices=_OPEN),
        ),
    ),
    Table(
        "rollover",
        "Rollover",
        Group.EXECUTION,
        "What the next cycle took over from the last one.",
        (
            key("object", "override, assumption, decision, risk, plan or history", Kind.TEXT),
            key("name", "Which", Kind.TEXT),
            result("outcome", Kind.TEXT, "carried, expired or kept"),
            result("says", Kind.TEXT, "In a sentence"),
        ),
    ),
)

LOG = (
    Table(
        "audit_log",
        "AuditLog",
        Group.LOG,
        "Every run: who, when, what it wrote. Rows are only added.",
        (
            key("number", "Running number", Kind.INTEGER),
            result("when", Kind.MOMENT, "When"),
            result("user", Kind.TEXT, "Who"),
            result("command", Kind.TEXT, "Command"),
            result("table", Kind.CODE, "Table written"),
            result("rows", Kind.INTEGER, "Rows now"),
            result("changed", Kind.INTEGER, "Rows changed, added or removed"),
            result("says", Kind.TEXT, "Product version, method and inputs"),
        ),
    ),
    Table(
        "journal",
        "Journal",
        Group.LOG,
        "Before-images of what a run replaced, so that it can be undone. Compressed text; not for reading.",
        (
            key("number", "Number of the run", Kind.INTEGER),
            key("table", "Table"),
            key("part", "Part of the image", Kind.INTEGER),
            result("when", Kind.MOMENT, "When"),
            result("command", Kind.TEXT, "Command"),
            result("image", Kind.TEXT, "The table before the run"),
        ),
    ),
)
