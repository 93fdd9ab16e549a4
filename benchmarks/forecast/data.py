"""The series the benchmark forecasts: public sets from a folder, or the demo company's own history.

The sets are Parquet files in long format: `unique_id`, `ds` (first day of the month), `y`, `split` ("train", "test").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecast.score import Cases, Floats
from sop_xl.demand.cleansing.history import complete, to_series
from sop_xl.demand.segments import ADI_LIMIT
from sop_xl.demo import SETTINGS, folder
from sop_xl.periods import since
from sop_xl.store.sources import gather

SEASON = 12


@dataclass(frozen=True)
class Source:
    """A set of monthly series: file, what it is called, how far it is forecast [months]."""

    name: str
    file: str
    title: str
    horizon: int


SOURCES = {
    source.name: source
    for source in (
        Source("m3", "m3_monthly.parquet", "M3 monthly", 18),
        Source("dev", "m4_monthly_dev1000.parquet", "M4 monthly dev", 18),
        Source("tourism", "tourism_monthly.parquet", "Tourism monthly", 24),
    )
}
"""The public sets by the name `--sets` knows them by."""

DEMO = Source("demo", "", "Demo company", 3)
"""Items of the packaged demo company in regular demand for 18 months and more; the last three are the test."""

LEAST = 18


@dataclass(frozen=True)
class Part:
    """Series forecast together: `train` as the forecast takes it, `test` as `unique_id`, `h`, `y`, both sorted."""

    train: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Set:
    """What is forecast and scored under one name: one part for the test, one per origin for development.

    origins : how many origins inside the training part the parts are; 0 is the test part
    """

    source: Source
    parts: tuple[Part, ...]
    origins: int = 0

    @property
    def series(self) -> int:
        """How many forecasts are scored."""
        return sum(part.train["unique_id"].nunique() for part in self.parts)

    def cases(self) -> Cases:
        """The series of all parts, for the scorer."""
        train = [piece for part in self.parts for piece in values(part.train)]
        actual = np.vstack([grid(part.test, "y") for part in self.parts])
        return Cases(tuple(train), actual, SEASON)


def values(frame: pd.DataFrame) -> list[Floats]:
    """The values of each series of a frame sorted by `unique_id`."""
    ids, y = frame["unique_id"].to_numpy(), frame["y"].to_numpy(dtype=float)
    return np.split(y, np.flatnonzero(ids[1:] != ids[:-1]) + 1)


def grid(frame: pd.DataFrame, column: str) -> Floats:
    """A column of a sorted frame, one row per series and one column per step."""
    return frame[column].to_numpy(dtype=float).reshape(frame["unique_id"].nunique(), -1)


def read(source: Source, data: Path) -> pd.DataFrame:
    """The long frame of a set, sorted; leaves with a sentence where the file cannot be read."""
    if source is DEMO:
        return demo()
    path = data / source.file
    if not path.exists():
        raise SystemExit(
            f"{source.title}: {path} is not there; --data names the folder of the sets, and --sets leaves this one out"
        )
    try:
        frame = pd.read_parquet(path, columns=["unique_id", "ds", "y", "split"])
    except ImportError:
        raise SystemExit("reading the sets needs pyarrow: pip install sop-xl[parquet]") from None
    frame = frame.assign(unique_id=frame["unique_id"].astype("str"), split=frame["split"].astype("str"))
    return frame.sort_values(["unique_id", "ds"], ignore_index=True)


def demo() -> pd.DataFrame:
    """The demo company's monthly demand by item, the last months marked as the test."""
    sold = demand("demand_history")
    left = sold.groupby("unique_id").cumcount(ascending=False)
    known = sold["y"].gt(0).where(left >= DEMO.horizon).groupby(sold["unique_id"])
    regular = known.transform("mean").ge(1 / ADI_LIMIT) & known.transform("size").ge(LEAST)
    return sold.assign(split=np.where(left < DEMO.horizon, "test", "train"))[regular].reset_index(drop=True)


def demand(table: str) -> pd.DataFrame:
    """Monthly demand of the demo company's items on sale from a table of its extracts: `unique_id`, `ds`, `y`, sorted."""
    as_of = SETTINGS["as_of"]
    raw = gather(folder(), parameters={"as_of": as_of, "first_day": as_of, "horizon_end": as_of})
    on_sale = raw["items"].loc[raw["items"]["end"].isna(), "item"]
    lines = raw[table].assign(
        period=pd.to_datetime(raw[table]["period"]), quantity=raw[table]["quantity"].astype(float)
    )
    months = since(lines["period"].min(), lines["period"].max())
    whole = complete(lines[lines["item"].isin(on_sale)], months, keys=["item"])
    return to_series(whole, keys=["item"])[["unique_id", "ds", "y"]].sort_values(["unique_id", "ds"], ignore_index=True)


def load(source: Source, data: Path, *, origins: int = 0, most: int | None = None) -> Set:
    """A set ready to be forecast.

    Parameters
    ----------
    source, data
        which set, and where the files are
    origins
        0 scores the test part. From 1, that many origins half a year apart *inside* the training part are scored and the
        test part is not read at all: the place to choose methods
    most
        at most this many series, evenly spread over the names

    """
    frame = read(source, data)
    if most is not None:
        ids = frame["unique_id"].unique()
        chosen = ids[np.linspace(0, len(ids) - 1, min(most, len(ids))).round().astype(int)]
        frame = frame[frame["unique_id"].isin(chosen)]
    if origins == 0:
        ahead = frame["split"].eq("test")
        return Set(source, (_part(frame[~ahead], frame[ahead], source.horizon),))
    frame = frame[frame["split"].eq("train")]
    cuts = (inside(frame, source.horizon, 6 * k, f" @{k + 1}") for k in range(origins))
    parts = tuple(_part(train, test, source.horizon) for train, test in cuts if len(test))
    if not parts:
        raise SystemExit(f"{source.title}: the training parts are too short for an origin inside them")
    return Set(source, parts, len(parts))


def inside(train: pd.DataFrame, horizon: int, back: int, mark: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test of an origin `horizon + back` [months] before the end; under two years of history are left out."""
    size = train.groupby("unique_id")["y"].transform("size")
    left = train.groupby("unique_id").cumcount(ascending=False) - back
    train = train.assign(unique_id=train["unique_id"] + mark)
    enough = size >= back + horizon + 2 * SEASON
    return train[enough & (left >= horizon)], train[enough & (left >= 0) & (left < horizon)]


def _part(train: pd.DataFrame, test: pd.DataFrame, horizon: int) -> Part:
    steps = (test.groupby("unique_id").cumcount() + 1).to_numpy()
    if len(test) != horizon * test["unique_id"].nunique() or not len(test):
        raise SystemExit(f"every series must have {horizon} months to be scored on")
    return Part(
        train[["unique_id", "ds", "y"]].reset_index(drop=True),
        test[["unique_id", "y"]].assign(h=steps).reset_index(drop=True),
    )
