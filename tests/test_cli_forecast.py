"""The command `sop-xl forecast`: files of every kind in, the same numbers out, and nothing half-written."""

import contextlib
import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sop_xl.demand.baseline
from sop_xl import cli
from sop_xl.store.series import SeriesColumns, decimal_mark, numbers, read_series

MONTHS = pd.date_range("2021-01-01", periods=30, freq="MS")
NUMBERS = ["forecast", "lo_80", "hi_80", "lo_95", "hi_95"]


def history():
    rng = np.random.default_rng(5)
    parts = [
        pd.DataFrame({"unique_id": name, "ds": MONTHS, "y": (rng.poisson(60, 30) / 4).round(2)})
        for name in ("007", "7", "ÄÖ, \"x\"")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def forecast(*arguments):
    return cli.main(["forecast", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def expected():
    return sop_xl.forecast(history(), 3)


@pytest.fixture
def sales(tmp_path):
    path = tmp_path / "sales.csv"
    history().to_csv(path, index=False)
    return path


def refused(capsys, code, *says):
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    for part in says:
        assert part in shown.err, shown.err
    return code


def same(got, expected):
    assert got["unique_id"].astype(str).tolist() == expected["unique_id"].tolist()
    assert pd.to_datetime(got["ds"]).tolist() == expected["ds"].tolist()
    assert got[NUMBERS].to_numpy(dtype=float) == pytest.approx(expected[NUMBERS].to_numpy(), rel=1e-9)
    assert got["method"].tolist() == expected["method"].tolist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_csv_of_any_separator(tmp_path, expected, separator, ending):
    source, out = tmp_path / f"in{ending}", tmp_path / f"out{ending}"
    history().to_csv(source, index=False, sep=separator)
    assert forecast(source, "--horizon", 3, "--out", out) == 0
    same(pd.read_csv(out, sep=separator, dtype={"unique_id": str}), expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, out.name])


def test_a_decimal_comma_is_told_by_the_values_and_written_back(tmp_path, expected):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    history().to_csv(source, index=False, sep=";", decimal=",", encoding="utf-8-sig")
    assert forecast(source, "--horizon", 3, "--out", out) == 0
    assert "," in out.read_text(encoding="utf-8").splitlines()[1].split(";")[2]
    same(pd.read_csv(out, sep=";", decimal=",", dtype={"unique_id": str}), expected)


def test_parquet(tmp_path, expected):
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    history().to_parquet(source, index=False)
    assert forecast(source, "--horizon", 3, "--out", out) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out), expected, check_dtype=False)


def test_parquet_of_text_and_numbers(tmp_path):
    source, out = tmp_path / "in.xlsx", tmp_path / "out.parquet"
    history().assign(unique_id=["7"] * 30 + [7] * 30 + ["A"] * 30).to_excel(source, index=False)
    assert forecast(source, "--horizon", 1, "--out", out) == 0
    assert pd.read_parquet(out)["unique_id"].tolist() == ["7", "7", "A"]


def test_without_pyarrow_parquet_is_refused_in_a_sentence(tmp_path, sales, monkeypatch, capsys):
    source = tmp_path / "in.parquet"
    history().to_parquet(source, index=False)
    monkeypatch.setattr("sop_xl.store.series.find_spec", lambda _: None)
    assert forecast(source, "--horizon", 3, "--out", tmp_path / "out.csv") == 3
    refused(capsys, 3, "in.parquet needs the package pyarrow", "pip install 'sop-xl[parquet]'")
    assert forecast(sales, "--horizon", 3, "--out", tmp_path / "out.parquet") == 3
    refused(capsys, 3, "out.parquet needs the package pyarrow")


def test_a_sheet_of_a_workbook(tmp_path, expected):
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    history().to_excel(source, index=False)
    assert forecast(source, "--horizon", 3, "--out", out) == 0
    same(pd.read_excel(out, dtype={"unique_id": object}), expected)


def test_columns_by_name_and_the_other_arguments(tmp_path, capsys):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    renamed = history().rename(columns={"unique_id": "Item", "ds": "Month", "y": "Quantity"}).assign(note="x")
    renamed.iloc[::-1].to_csv(source, index=False)
    arguments = (
        "--id",
        "item",
        "--date",
        "month",
        "--value",
        "quantity",
        "--level",
        "50,90",
        "--method",
        "drift",
        "--season",
        4,
    )
    assert forecast(source, "--horizon", 2, "--out", out, *arguments) == 0
    got = pd.read_csv(out, dtype={"item": str})
    assert list(got.columns) == ["item", "month", "forecast", "lo_50", "hi_50", "lo_90", "hi_90", "method"]
    assert set(got["method"]) == {"pinned: drift"}
    assert (
        capsys.readouterr().out == f"3 series forecast 2 periods ahead; by method: 3 pinned: drift\nwritten to {out}\n"
    )


def test_a_column_called_as_one_of_the_forecast_s(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    history().rename(columns={"unique_id": "method"}).to_csv(source, index=False)
    assert forecast(source, "--horizon", 1, "--out", out, "--id", "method") == 0
    assert list(pd.read_csv(out).columns) == ["unique_id", "ds", *NUMBERS, "method"]


def test_period_numbers_and_blank_values(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("unique_id,ds,y\nA,1,5\nA,2,\nA,3,NA\nA,4,5\n", encoding="utf-8")
    assert forecast(source, "--horizon", 2, "--out", out, "-q") == 0
    assert pd.read_csv(out)[["ds", "forecast"]].to_numpy().tolist() == [[5, 5], [6, 5]]


def test_hours_are_written_with_their_time(tmp_path):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("unique_id,ds,y\nA,2024-05-31 22:00,5\nA,2024-05-31 23:00,6\n", encoding="utf-8")
    assert forecast(source, "--horizon", 2, "--out", out) == 0
    assert pd.read_csv(out)["ds"].tolist() == ["2024-06-01 00:00:00", "2024-06-01 01:00:00"]


@pytest.fixture
def promoted(tmp_path):
    """Weeks 1 to 60 with price and deal, and the four weeks after them."""
    rng = np.random.default_rng(3)
    names, weeks = ["007", "A", "B"], np.arange(1, 65)
    frame = pd.DataFrame({"unique_id": np.repeat(names, 64), "ds": np.tile(weeks, 3)})
    frame["price"] = rng.choice([2.5, 2.0, 1.75], len(frame))
    frame["deal"] = (rng.random(len(frame)) < 0.2).astype(int)
    frame["y"] = (90 * frame["price"] ** -2 * (1 + frame["deal"]) * rng.lognormal(0, 0.1, len(frame))).round()
    past = frame["ds"] <= 60
    frame[past].to_csv(tmp_path / "in.csv", index=False)
    frame[~past].drop(columns="y").to_csv(tmp_path / "future.csv", index=False)
    return frame[past], frame[~past].drop(columns="y")


def test_regressors_and_their_future(tmp_path, promoted):
    paths = (tmp_path / "in.csv", "--future", tmp_path / "future.csv", "--out", tmp_path / "out.csv")
    assert forecast(*paths, "--horizon", 4, "--regressors", "price, deal") == 0
    same_numbers = sop_xl.forecast(promoted[0], 4, exogenous=["price", "deal"], future=promoted[1])
    got = pd.read_csv(tmp_path / "out.csv", dtype={"unique_id": str})
    assert got[["unique_id", "ds"]].to_numpy().tolist() == same_numbers[["unique_id", "ds"]].to_numpy().tolist()
    assert got[NUMBERS].to_numpy() == pytest.approx(same_numbers[NUMBERS].to_numpy(), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.iloc[:-1], "future has no row for series 'B' in 64"),
        (lambda f: f.assign(price=np.nan), "future has no price for series '007' in 61"),
        (
            lambda f: f.assign(price="dear"),
            "series '007' has price = dear, which is not a number (row 1 of future.csv)",
        ),
        (lambda f: f.drop(columns="deal"), "future.csv has no column 'deal'"),
    ],
)
def test_a_future_that_is_not_known(tmp_path, promoted, capsys, change, says):
    change(promoted[1]).to_csv(tmp_path / "future.csv", index=False)
    paths = (tmp_path / "in.csv", "--future", tmp_path / "future.csv", "--out", tmp_path / "out.csv")
    assert forecast(*paths, "--horizon", 4, "--regressors", "price,deal") == 2
    refused(capsys, 2, says)


def test_regressors_and_future_belong_together(sales, tmp_path, capsys):
    for arguments in (("--regressors", "price"), ("--future", sales)):
        assert forecast(sales, "--horizon", 1, "--out", tmp_path / "out.csv", *arguments) == 2
        refused(capsys, 2, "--regressors and --future belong together")
    future = tmp_path / "future.csv"
    future.write_text("unique_id,ds,price\n", encoding="utf-8")
    assert forecast(sales, "--horizon", 1, "--out", future, "--regressors", "price", "--future", future) == 2
    refused(capsys, 2, "is the file that is read")


def test_progress_is_shown_to_the_end(sales, tmp_path, monkeypatch):
    told = []

    @contextlib.contextmanager
    def watched(_title, *, quiet=False):
        yield lambda doing, share: told.append((doing, share))

    monkeypatch.setattr(cli.forecasting, "progress", watched)
    assert forecast(sales, "--horizon", 1, "--out", tmp_path / "out.csv") == 0
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[0] == ("reading sales.csv", 0.0)
    assert told[-1] == ("writing out.csv", 0.95)
    assert len(told) > 3


def test_quiet_says_nothing(sales, tmp_path, capsys):
    assert forecast(sales, "--horizon", 1, "--out", tmp_path / "out.csv", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_the_input_is_never_written_over(sales, tmp_path, capsys):
    before = sales.read_bytes()
    link = tmp_path / "link.csv"
    link.symlink_to(sales)
    for out in (sales, tmp_path / "." / "sales.csv", link):
        assert forecast(sales, "--horizon", 1, "--out", out) == 2
        refused(capsys, 2, "is the file that is read; name another one with --out")
    assert sales.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", 3, "is empty: its first line must hold the column names"),
        ("item,ds,y\nA,2024-01,1\n", 2, "has no column 'unique_id'; its columns are item, ds, y; name the ones to read with --id"),
        ("unique_id,ds,y\n", 2, "history has no rows"),
        ("unique_id,ds,y\nA,2024-01,1,5\n", 3, "line 2 of"),
        ("unique_id,ds,y\nA,2024-01,1\nA,2024-02,two\n", 2, "series 'A' has y = two, which is not a number (row 2 of in.csv)"),
        ("unique_id,ds,y\nA,2024-01,1\nA,2024-02,inf\n", 2, "series 'A' has y = inf, which is infinite"),
        ("unique_id;ds;y\nA;2024-01;1,5\nA;2024-02;2.5\n", 2, "series 'A' has y = 1,5, which is not a number"),
        ("unique_id;ds;y\nA;2024-01;1,200\nA;2024-02;3\n", 2, "could be 1200 or 1.200; say which with --decimal"),
        ("unique_id;ds;y\nA;2024-01;1.200\nA;2024-02;3\n", 2, "could be 1200 or 1.200; say which with --decimal"),
        ("unique_id,ds,y\nA,31/01/2024,1\n", 2, "series 'A' has ds = 31/01/2024, which is not a date"),
        ("unique_id,ds,y\nA,2024-01,1\nA,2024-01,2\n", 2, "series 'A' has two rows for 2024-01-01"),
        ("unique_id,ds,y\n,2024-01,1\n", 2, "row 1 of history has no unique_id"),
        ("unique_id,ds,y\nA,2024-01,\n", 2, "series 'A' has no value at all"),
        ("unique_id,ds,y,Y\nA,2024-01,1,1\n", 3, "has two columns called 'Y'"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_a_sentence(tmp_path, capsys, text, code, says):
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(text, encoding="utf-8")
    out.write_text("as it was", encoding="utf-8")
    assert forecast(source, "--horizon", 1, "--out", out) == code
    refused(capsys, code, says)
    assert out.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("in.csv", "unique_id,ds,y\nÄ,2024-01,1\n".encode("latin-1"), "is not UTF-8 text"),
        ("in.csv.gz", b"not compressed", "cannot be read"),
        ("in.csv.gz", gzip.compress(b"unique_id,ds,y\nA,2024-01,1\n" * 99, mtime=0)[:40], "cannot be read"),
        ("in.parquet", b"PAR1 and no more", "cannot be read as Parquet"),
        ("in.xlsx", b"PK and no more", "cannot be read as a workbook"),
        ("in.xls", b"", "in.xls is no file of series: its name must end with .csv, .csv.gz, .parquet, .xlsx"),
        ("elsewhere.csv", None, "there is no file"),
        ("elsewhere.xlsx", None, "there is no file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, capsys, name, data, says):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert forecast(tmp_path / name, "--horizon", 1, "--out", tmp_path / "out.csv") == 3
    refused(capsys, 3, says)


def test_places_that_cannot_be_written(sales, tmp_path, capsys):
    for out, says in (
        (tmp_path / "none" / "out.csv", "there is no folder"),
        (tmp_path / "out.txt", "no file of series"),
    ):
        assert forecast(sales, "--horizon", 1, "--out", out) == 3
        refused(capsys, 3, says)
    (tmp_path / "folder.csv").mkdir()
    assert forecast(sales, "--horizon", 1, "--out", tmp_path / "folder.csv") == 3
    refused(capsys, 3, "is a folder; name a file")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--horizon", 0), "the horizon must lie between 1 and 600"),
        (("--horizon", 601), "the horizon must lie between 1 and 600"),
        (("--horizon", 1, "--season", 0), "the season must be"),
        (("--horizon", 1, "--level", "100"), "the level of an interval must"),
        (("--horizon", 1, "--method", "magic"), "the methods are auto, combination, naive"),
        (("--horizon", 1, "--id", "ds"), "the column 'ds' is asked for twice"),
        (("--horizon", 1, "--value", "yy"), "has no column 'yy'; did you mean 'y'?"),
    ],
)
def test_bad_arguments(sales, tmp_path, capsys, arguments, says):
    assert forecast(sales, "--out", tmp_path / "out.csv", *arguments) == 2
    refused(capsys, 2, says)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("arguments", [("--horizon", "two"), ("--horizon", "1", "--level", "wide"), ()])
def test_wrong_usage(sales, tmp_path, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        forecast(sales, "--out", tmp_path / "out.csv", *arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("moment", ["sop_xl.demand.baseline.forecast", "pandas.DataFrame.to_csv"])
def test_ctrl_c_leaves_the_old_file(sales, tmp_path, capsys, monkeypatch, moment):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    out = tmp_path / "out.csv"
    out.write_text("as it was", encoding="utf-8")
    monkeypatch.setattr(moment, interrupted)
    assert forecast(sales, "--horizon", 1, "--out", out) == 130
    refused(capsys, 130, "interrupted; nothing was written")
    assert out.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "sales.csv"]


def test_from_a_shell_with_help(sales, tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "sop_xl", "forecast", "--help"], capture_output=True, text=True, check=True
    )
    for part in (
        "year first",
        "--horizon N",
        "examples:",
        "sop-xl forecast sales.csv --horizon 12 --out forecast.csv",
        "4-4-5",
    ):
        assert part in said.stdout
    assert max(map(len, said.stdout.split("examples:")[0].splitlines())) <= 80


@pytest.mark.parametrize(
    ("cells", "separator", "mark"),
    [
        (["1,5", "2"], ";", ","), (["1.5", "2"], ";", "."), (["1", "2"], ";", "."), (["1.234,5"], ";", ","),
        (["1,234.5"], ",", "."), (["1.234", "12.5"], ";", "."), (["0.125"], ";", "."), (["1.234"], ",", "."),
        (["1234,567"], ";", ","), ([None, "3,1"], "\t", ","),
    ],
)  # fmt: skip
def test_decimal_marks(cells, separator, mark):
    assert decimal_mark(pd.Series(cells, dtype="str"), "y", separator) == mark


@pytest.mark.parametrize(
    ("cells", "mark", "values"),
    [
        (["1.234,5", "-1.000", "7"], ",", [1234.5, -1000, 7]),
        (["1,234.5", "1,000,000", " 7 "], ".", [1234.5, 1e6, 7]),
        (["1.5", "12,34,5", "x", None], ",", [np.nan] * 4),
        (["1,5", "1e3", "-.5"], ".", [np.nan, 1000, -0.5]),
    ],
)
def test_numbers_written_as_text(cells, mark, values):
    got = numbers(pd.Series(cells, dtype="str"), mark)
    np.testing.assert_array_equal(got.to_numpy(), values)


def test_only_the_wanted_columns_are_kept(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("price,Y,UNIQUE_ID,ds,more\n9,1,007,2024-01,x\n", encoding="utf-8")
    frame, _ = read_series(path, SeriesColumns(values=("y", "price")))
    assert frame.to_dict("list") == {"unique_id": ["007"], "ds": ["2024-01"], "y": [1.0], "price": [9.0]}


def test_the_example_of_the_guide_runs(tmp_path):
    guide = Path(__file__).parent.parent / "docs" / "guide"
    text = (guide / "forecast-command.md").read_text(encoding="utf-8")
    command = next(line for line in text.splitlines() if line.startswith("sop-xl forecast "))
    words = [str(guide / w) if w == "sales.csv" else w for w in command.split()[1:-1]]
    assert cli.main([*words, str(tmp_path / "forecast.csv")]) == 0
    got = pd.read_csv(tmp_path / "forecast.csv")
    assert f"| {' | '.join(got.columns)} |" in text
    for item, month in zip(got["item"].head(4), got["month"].head(4), strict=True):
        assert f"| {item} | {month} |" in text
