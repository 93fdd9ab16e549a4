"""A signed plan stays as it was signed: seals that show which number was changed, and what a run would change of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sop_xl import periods
from sop_xl.cycle import frozen
from sop_xl.cycle.keeping import plain, records
from sop_xl.cycle.step import Context, Frames
from sop_xl.cycle.versions import APPROVED, REOPENED, approved_version, content, snapshot
from sop_xl.errors import PlanningError

KEYS = ["measure", "item", "location", "kind", "supplier", "mode"]
"""What a row of a signed plan is known by."""
SEAL = "seal"
SHOWN = 3
"""Numbers named in a sentence."""
_SIGNS = np.array(list("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
_DIGITS = 4


def sealed(plan: pd.DataFrame) -> pd.DataFrame:
    """A plan with the seal of each row: two signs for each of its months, made from key, month and number.

    Parameters
    ----------
    plan
        Columns `KEYS`, period and quantity [units], long.

    Returns
    -------
    pandas.DataFrame
        The same rows with the column `seal`, the same in every month of a row.

    >>> plan = pd.DataFrame({name: ["x", "x"] for name in KEYS}).assign(
    ...     period=pd.to_datetime(["2020-03-01", "2020-04-01"]), quantity=[5.0, 6.0])
    >>> sealed(plan)["seal"].str.len().tolist()
    [4, 4]

    """
    if plan.empty:
        return plan.assign(seal="")
    wide = _wide(plan)
    seals = _seals(wide)
    return plan.assign(seal=seals.reindex(pd.MultiIndex.from_frame(plan[KEYS])).to_numpy())


def _wide(plan: pd.DataFrame) -> pd.DataFrame:
    return plan.groupby([*KEYS, "period"])["quantity"].sum().unstack("period")


def _seals(wide: pd.DataFrame) -> pd.Series:
    """Two signs for each month of each row: 1 in 1,024 other numbers has the same."""
    keys = pd.util.hash_pandas_object(wide.index.to_frame(index=False), index=False).to_numpy()
    months = pd.util.hash_array(wide.columns.to_numpy().astype("int64"))
    numbers = pd.util.hash_array((wide.fillna(0.0).to_numpy().round(_DIGITS) + 0.0).reshape(-1)).reshape(wide.shape)
    mixed = pd.util.hash_array(
        (keys[:, None] ^ (months[None, :] * np.uint64(3)) ^ (numbers * np.uint64(5))).reshape(-1)
    )
    signs = np.char.add(_SIGNS[(mixed & 31).astype(int)], _SIGNS[((mixed >> np.uint64(5)) & np.uint64(31)).astype(int)])
    return pd.Series(["".join(row) for row in signs.reshape(wide.shape)], index=wide.index)


def altered(frames: Frames) -> list[str]:
    """What is no longer as it was signed, each number in a sentence; nothing where every signed plan is whole."""
    versions, stored = plain(frames["versions"]), plain(frames["approved_plan"])
    said: list[str] = []
    for row in records(versions[versions["status"].eq(APPROVED)]):
        mine = stored[stored["version"].eq(row["version"])]
        if content(mine.drop(columns="version")) != row["hash"]:
            said += _altered(str(row["version"]), mine)
    return said


def _altered(version: str, mine: pd.DataFrame) -> Iterator[str]:
    named = [f"{version}: {what}" for what in _broken_seals(mine)] if len(mine) else []
    yield from named or [f"{version}: rows were taken out of it"]


def _broken_seals(mine: pd.DataFrame) -> Iterator[str]:
    wide = _wide(mine)
    now = _seals(wide)
    then = mine.drop_duplicates(KEYS).set_index(KEYS)[SEAL].reindex(now.index).fillna("")
    for key, seal_now, seal_then in zip(now.index, now, then, strict=True):
        if seal_now == seal_then:
            continue
        name = _name(dict(zip(KEYS, key, strict=True)))
        if len(seal_now) != len(seal_then):
            yield f"{name} was not part of it"
            continue
        for month, column in enumerate(wide.columns):
            if seal_now[2 * month : 2 * month + 2] != seal_then[2 * month : 2 * month + 2]:
                value = float(np.nan_to_num(wide.loc[key, column]))
                yield f"{name} in {periods.label(pd.Timestamp(column))} is {value:,.10g} now"


def _name(key: dict[str, str]) -> str:
    source = " ".join(part for part in (key["kind"], key["supplier"], key["mode"]) if part)
    where = f" at {key['location']}" if key["location"] else ""
    return f"{key['measure']} of {key['item']}{where}{f' ({source})' if source else ''}"


def approved_now(frames: Frames, context: Context) -> str:
    """The version approved in this cycle, blank where there is none or it was reopened."""
    return approved_version(frames["versions"], context.settings.cycle)


def drift(frames: Frames, context: Context) -> pd.DataFrame:
    """Where the plan on the sheets is not the approved one: `KEYS`, period, approved and now [units], largest first.

    Empty where no plan of this cycle is approved.
    """
    columns = [*KEYS, "period", "approved", "now"]
    version = approved_now(frames, context)
    if not version:
        return pd.DataFrame(columns=columns)
    stored = plain(frames["approved_plan"])
    stored = stored[stored["version"].eq(version)]
    today = snapshot(frames)
    if not stored["measure"].eq("orders").any():
        today = today[today["measure"].ne("orders")]
    both = pd.concat([stored.assign(side="approved"), today.assign(side="now")], ignore_index=True)
    wide = both.pivot_table(index=[*KEYS, "period"], columns="side", values="quantity", aggfunc="sum", observed=True)
    wide = wide.reindex(columns=["approved", "now"]).fillna(0.0).reset_index()
    moved = (wide["now"] - wide["approved"]).abs()
    found = wide[moved > 10.0**-_DIGITS]
    return found.loc[moved[found.index].sort_values(ascending=False, kind="stable").index, columns].reset_index(
        drop=True
    )


def drift_words(found: pd.DataFrame) -> str:
    """The largest differences in words.

    >>> row = dict.fromkeys(KEYS, "") | {"measure": "demand", "item": "A", "approved": 5.0, "now": 7.0}
    >>> drift_words(pd.DataFrame([row | {"period": pd.Timestamp("2020-03-01")}]))
    'demand of A in 2020-03 from 5 to 7'
    """
    said = [
        f"{_name({k: str(row[k]) for k in KEYS})} in {periods.label(row['period'])} "
        f"from {row['approved']:,.10g} to {row['now']:,.10g}"
        for row in records(found.head(SHOWN))
    ]
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return "; ".join(said) + more


def said(frames: Frames, context: Context) -> list[str]:
    """What to say of signed plans beside their status: changed after they were signed, or no longer on the sheets."""
    lines = [f"changed after it was signed: plan {what}" for what in altered(frames)]
    moved = drift(frames, context)
    if len(moved):
        version, count = approved_now(frames, context), len(moved)
        numbers = f"{count:,} number{'s' if count > 1 else ''}"
        lines.append(f"the sheets are not approved plan {version} in {numbers}: {drift_words(moved)}")
    return lines


def refuse_changes(before: Frames, after: Frames, context: Context) -> None:
    """Refuse a run that would change an approved plan.

    Raises
    ------
    PlanningError
        If the plan of this cycle is approved and not reopened, and a number of it would be another, with its name.

    """
    version = approved_now(before, context)
    if not version:
        return
    found = drift({**before, **after}, context)
    if found.empty:
        return
    known = drift(before, context).assign(known=True)
    new = found.merge(known, on=list(found.columns), how="left")
    new = new.loc[new["known"].isna(), list(found.columns)]
    if len(new):
        raise PlanningError(
            f"plan {version} is approved, and this would change {len(new):,} of its numbers: {drift_words(new)}; "
            "reopen it first (button Reopen, or sop-xl reopen), which starts a new version, or put the inputs back"
        )


def reopened(frames: Frames, context: Context, why: str) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables with the approved plan of this cycle reopened: the next Executive S&OP names a new version.

    The signed numbers stay on sheet ApprovedPlan; sheet Decisions gets a line that says who reopened it and why.

    Raises
    ------
    PlanningError
        If no plan of this cycle is approved, or no reason is given.

    """
    version = approved_now(frames, context)
    if not version:
        raise PlanningError(f"no plan of cycle {context.settings.cycle} is approved, so there is none to reopen")
    if not why.strip():
        raise PlanningError(f"say why plan {version} is reopened: it stands in the register of decisions")
    versions = plain(frames["versions"])
    versions["status"] = versions["status"].mask(versions["version"].eq(version), REOPENED)
    decisions = plain(frames["decisions"])
    taken = set(decisions["decision"])
    number = next(f"R{n}" for n in range(1, len(taken) + 2) if f"R{n}" not in taken)
    line = {
        "decision": number,
        "date": pd.Timestamp(context.now).normalize(),
        "issue": f"Approved plan {version}",
        "options": "",
        "decided": f"Reopened: {why.strip()}",
        "who": context.user,
        "effect": float("nan"),
        "effective": context.periods[0],
        "review": pd.NaT,
        "status": "closed",
    }
    new = pd.DataFrame([line])[list(decisions.columns)].astype(decisions.dtypes.to_dict())
    decisions = pd.concat([decisions, new], ignore_index=True) if len(decisions) else new
    kept = {table: frozen.reopened(plain(frames[table]), context) for table in ("snapshots", "frozen_changes")}
    return {"versions": versions, "decisions": decisions, **kept}, (
        f"plan {version} is reopened ({number} on sheet Decisions); run the steps; Executive S&OP names a new version"
    )
