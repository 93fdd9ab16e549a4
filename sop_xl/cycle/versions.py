"""Plan versions: the same content is the same version, an approved one is frozen, a changed one is new."""

from __future__ import annotations

import hashlib

import pandas as pd

from sop_xl.cycle.keeping import plain
from sop_xl.cycle.step import Context, Frames

DRAFT, APPROVED, REOPENED, SUPERSEDED = "draft", "approved", "reopened", "superseded"
_KINDS = {
    "make": "production",
    "buy": "purchases",
    "subcontract": "purchases",
    "transfer": "transfers",
    "substitute": "transfers",
}
_SOURCE = ["kind", "supplier", "mode"]
"""What names the source of an order beside item and location; blank in every other measure."""


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of a frame's content, whatever the order of its rows and columns.

    >>> a = pd.DataFrame({"x": ["b", "a"], "y": [2.0, 1.0]})
    >>> fingerprint(a) == fingerprint(a.iloc[::-1][["y", "x"]])
    True
    """
    columns = sorted(frame.columns)
    rows = frame[columns].reset_index(drop=True)
    numbers = rows.select_dtypes("number").columns
    rows[numbers] = rows[numbers].round(6) + 0.0
    hashes = pd.util.hash_pandas_object(rows, index=False).sort_values().to_numpy()
    return hashlib.sha256("|".join(columns).encode() + hashes.tobytes()).hexdigest()


class Fingerprints:
    """Fingerprints of tables that do not change while it lives, each taken once."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[pd.DataFrame, str]] = {}

    def of(self, frame: pd.DataFrame) -> str:
        """The fingerprint of a table.

        >>> prints, frame = Fingerprints(), pd.DataFrame({"x": [1.0]})
        >>> prints.of(frame) == prints.of(frame) == fingerprint(frame)
        True
        """
        if id(frame) not in self._taken:
            self._taken[id(frame)] = (frame, fingerprint(frame))  # holding the frame keeps its id from being reused
        return self._taken[id(frame)][1]


def snapshot(frames: Frames) -> pd.DataFrame:
    """What is signed, by item, location and month [units]: demand, production, purchases, transfers, stock, orders.

    Orders stand in the month of their release, by source: the next plan may stay near them.
    """
    served = plain(frames["regions"]).set_index("region")["served_from"]
    demand = plain(frames["consensus"])
    demand = demand.assign(location=demand["region"].map(served), measure="demand")
    plan = plain(frames["supply_plan"])
    supply = plan[plan["measure"].eq("receipt")]
    supply = supply.assign(measure=supply["kind"].map(_KINDS))
    orders = plan[plan["measure"].eq("order") & plan["quantity"].gt(0)].assign(measure="orders")
    balance = plain(frames["projected_balance"])
    stock = balance[balance["measure"].eq("closing")].assign(measure="stock")
    keys = ["measure", "item", "location", *_SOURCE, "period"]
    sums = [f.assign(**dict.fromkeys(_SOURCE, "")) for f in (demand, supply, stock)]
    rows = pd.concat([f[[*keys, "quantity"]] for f in (*sums, orders)], ignore_index=True)
    rows = rows.groupby(keys)["quantity"].sum().reset_index()
    order = {m: n for n, m in enumerate(("demand", "production", "purchases", "transfers", "stock", "orders"))}
    rows = rows.assign(rank=rows["measure"].map(order)).sort_values(["rank", *keys[1:]], ignore_index=True)
    return rows[[*keys, "quantity"]].round({"quantity": 4})


def content(plan: pd.DataFrame) -> str:
    """The fingerprint of a signed plan, its seals aside; one signed before orders were kept has no columns for them.

    >>> rows = pd.DataFrame({"measure": ["stock"], "quantity": [5.0]})
    >>> content(rows.assign(kind="", supplier="", mode="")) == content(rows)
    True
    """
    old = not plan["measure"].eq("orders").any()
    return fingerprint(plan.drop(columns=["seal", *(_SOURCE if old else ())], errors="ignore"))


def last_orders(frames: Frames, context: Context) -> pd.DataFrame:
    """Orders of the plan approved last, by source and month of release, in the months planned [units]."""
    columns = ["item", "location", *_SOURCE, "period", "quantity"]
    signed = plain(frames["versions"])
    signed = signed[signed["status"].eq(APPROVED)]
    rows = plain(frames["approved_plan"])
    if signed.empty:
        return rows.loc[[], columns]
    name = signed.sort_values("created", kind="stable").iloc[-1]["version"]
    mine = rows["version"].eq(name) & rows["measure"].eq("orders") & rows["period"].isin(context.periods)
    return rows.loc[mine, columns].reset_index(drop=True)


def approved_version(versions: pd.DataFrame, cycle: str) -> str:
    """The version approved in a cycle, blank where there is none or it was reopened.

    >>> approved_version(pd.DataFrame({"version": ["v1"], "cycle": ["2020-03"], "status": ["approved"]}), "2020-03")
    'v1'
    """
    mine = versions.loc[versions["status"].eq(APPROVED) & versions["cycle"].eq(cycle), "version"]
    return str(mine.iloc[-1]) if len(mine) else ""


def next_name(versions: pd.DataFrame, cycle: str) -> str:
    """The name of the next version of a cycle.

    >>> next_name(pd.DataFrame({"version": ["2020-03 v1", "2020-02 v3"], "cycle": ["2020-03", "2020-02"]}), "2020-03")
    '2020-03 v2'
    """
    mine = versions.loc[versions["cycle"].eq(cycle), "version"].str.extract(r" v(\d+)$")[0].dropna().astype(int)
    return f"{cycle} v{int(mine.max()) + 1 if len(mine) else 1}"


def version_rows(frames: Frames, context: Context, plan: pd.DataFrame, revenue: float) -> tuple[pd.DataFrame, str]:
    """Table `versions` with the plan as it stands, and the name of its version: an old name if nothing changed."""
    columns = ["version", "cycle", "status", "created", "by", "hash", "demand", "revenue"]
    before, found, cycle = plain(frames["versions"])[columns], content(plan), context.settings.cycle
    same = before[before["hash"].eq(found) & before["cycle"].eq(cycle) & before["status"].ne(REOPENED)]
    if len(same):
        return before, str(same.iloc[-1]["version"])
    name = next_name(before, cycle)
    old_draft = before["status"].eq(DRAFT) & before["cycle"].eq(cycle)
    kept = before.assign(status=before["status"].where(~old_draft, SUPERSEDED))
    demand = float(plan.loc[plan["measure"].eq("demand"), "quantity"].sum())
    new = pd.DataFrame(
        [(name, cycle, DRAFT, pd.Timestamp(context.now), context.user, found, demand, revenue)], columns=columns
    )
    return pd.concat([kept, new], ignore_index=True) if len(kept) else new, name


def approval_rows(before: pd.DataFrame, version: str, roles: list[str]) -> pd.DataFrame:
    """Table `approvals` with a row for every role that must sign this version; what is signed stays."""
    columns = ["version", "role", "name", "decision", "date", "note"]
    asked = pd.DataFrame({"version": version, "role": roles})
    new = asked[~asked["role"].isin(before.loc[before["version"].eq(version), "role"])]
    blank = new.assign(name="", decision="", date=pd.Timestamp("NaT"), note="")[columns]
    said = before["decision"].ne("") | before["name"].ne("") | before["version"].eq(version)
    rows = pd.concat([f for f in (before.loc[said, columns], blank) if len(f)] or [blank], ignore_index=True)
    status = rows["decision"].map({"approve": "approved", "reject": "rejected"}).fillna("asked")
    return rows.assign(status=status)


def is_approved(approvals: pd.DataFrame, version: str, roles: list[str]) -> bool:
    """Whether every role has approved the version.

    >>> signed = pd.DataFrame({"version": "v1", "role": ["CFO", "CEO"], "decision": ["approve", ""]})
    >>> is_approved(signed, "v1", ["CFO"]), is_approved(signed, "v1", ["CFO", "CEO"])
    (True, False)
    """
    mine = approvals[approvals["version"].eq(version) & approvals["decision"].eq("approve")]
    return set(roles) <= set(mine["role"])


def freeze(
    frames: Frames, versions: pd.DataFrame, version: str, plan: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `versions` and `approved_plan` with this version approved; an approved plan is never changed again."""
    stored = plain(frames["approved_plan"])
    row = versions.index[versions["version"].eq(version)][0]
    if versions.loc[row, "status"] == APPROVED:
        return versions, stored
    cycle = versions.loc[row, "cycle"]
    earlier = versions["status"].eq(APPROVED) & versions["cycle"].eq(cycle)
    versions = versions.assign(status=versions["status"].where(~earlier, SUPERSEDED))
    versions.loc[row, "status"] = APPROVED
    frozen = plan.assign(version=version)[["version", *plan.columns]]
    return versions, pd.concat([f for f in (stored, frozen) if len(f)], ignore_index=True)
