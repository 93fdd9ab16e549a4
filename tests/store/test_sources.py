import gzip
import sqlite3
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from sop_xl.errors import BookError, InputError
from sop_xl.store.mapping import mapping_from, read_mapping
from sop_xl.store.sources import empty_tables, gather


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "products.csv").write_text(
        "number,subcategory,price\n007,Bikes,10\n=1+1,Bikes,\n-3,+Parts,2.5\n@x,Parts,1\n"
    )
    with gzip.open(tmp_path / "lines.csv.gz", "wt") as out:
        out.write("day,item,units\n2020-01-05,007,3\n2020-01-20,007,4\n2020-03-01,007,100\n")
    return tmp_path


def items(**more):
    return mapping_from({"items": {"from": "products", **more}})


def test_codes_and_formula_like_text_stay_text(folder):
    frame = gather(folder, items(columns={"item": "number", "family": "subcategory"}))["items"]
    assert list(frame["item"]) == ["007", "=1+1", "-3", "@x"]
    assert list(frame["family"]) == ["Bikes", "Bikes", "+Parts", "Parts"]


def test_without_columns_all_come_under_their_own_names_and_empty_is_none(folder):
    frame = gather(folder, items())["items"]
    assert list(frame.columns) == ["number", "subcategory", "price"]
    assert frame["price"].isna().tolist() == [False, True, False, False]


def test_constants_and_where(folder):
    section = items(columns={"item": "number"}, constants={"unit": "EA", "abc": 1}, where="subcategory = 'Parts'")
    frame = gather(folder, section)["items"]
    assert frame.to_dict("records") == [{"item": "@x", "unit": "EA", "abc": 1}]


def test_a_constant_takes_the_place_of_a_column_of_its_name(folder):
    assert gather(folder, items(constants={"price": 9}))["items"]["price"].tolist() == [9, 9, 9, 9]


@pytest.mark.parametrize("as_of", [date(2020, 2, 29), pd.Timestamp("2020-02-29"), "2020-02-29"])
def test_a_query_binds_the_parameters_of_the_cycle(folder, as_of):
    sql = "SELECT item, sum(units) AS quantity FROM lines WHERE day <= :as_of GROUP BY item"
    frame = gather(folder, mapping_from({"history": {"sql": sql}}), {"as_of": as_of, "unused": 1})["history"]
    assert frame.to_dict("records") == [{"item": "007", "quantity": 7}]


def test_only_files_the_mapping_names_are_read(folder):
    (folder / "broken.csv").write_bytes(b"caf\xe9\n\xff\n")
    assert len(gather(folder, items())["items"]) == 4


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_is_that_of_the_heading(tmp_path, separator):
    rows = ["item,text", '1,"a', 'b, c"', "", "2,d"]
    (tmp_path / "products.csv").write_text(
        "\n".join(rows).replace(",", separator, 1).replace("1,", f"1{separator}").replace("2,", f"2{separator}")
    )
    frame = gather(tmp_path, items())["items"]
    assert frame["item"].tolist() == ["1", "2"]
    assert frame["text"].tolist() == ["a\nb, c", "d"]


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path):
    (tmp_path / "products.csv").write_bytes("item\r\nÖl\r\n".encode("utf-8-sig"))
    assert gather(tmp_path, items())["items"].to_dict("list") == {"item": ["Öl"]}


def test_headings_with_colons_and_quotes(tmp_path):
    (tmp_path / "products.csv").write_text('"a:b","c""d"\n1,2\n')
    frame = gather(tmp_path, items(columns={"item": "a:b", "family": 'C"D'}))["items"]
    assert frame.to_dict("records") == [{"item": "1", "family": "2"}]


def test_parquet_keeps_its_types(tmp_path):
    source = pd.DataFrame({"item": ["007", None], "units": [1.5, None], "day": pd.to_datetime(["2020-02-29", None])})
    source = source.assign(price=[Decimal("2.50"), None], due=[date(2020, 3, 1), None], sold=pd.array([True, None]))
    source.to_parquet(tmp_path / "products.parquet")
    frame = gather(tmp_path, items())["items"]
    assert frame["item"][0] == "007"
    assert frame["units"][0] == 1.5
    assert frame["day"][0] == "2020-02-29"
    assert frame[["price", "due", "sold"]].iloc[0].tolist() == ["2.50", "2020-03-01", "TRUE"]
    assert frame.iloc[1].isna().all()


def test_a_broken_parquet_file_is_named(tmp_path):
    (tmp_path / "products.parquet").write_bytes(b"not parquet")
    with pytest.raises(BookError, match=r"products\.parquet cannot be read"):
        gather(tmp_path, items())


def test_the_mapping_is_looked_for_in_the_folder(folder):
    (folder / "mapping.toml").write_text('[items]\nfrom = "products"\n')
    assert list(gather(folder)) == ["items"]


def test_empty_tables_are_reported(folder):
    frames = gather(folder, items(where="price = 'no'"))
    assert "no rows for the table 'items'" in empty_tables(frames)[0]
    assert list(frames["items"].columns) == ["number", "subcategory", "price"]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "erp.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE products (number TEXT, units INTEGER)")
        connection.execute("INSERT INTO products VALUES ('007', 5)")
    connection.close()
    return f"sqlite:///{path}"


def test_a_database_is_read_with_its_own_types(database):
    frame = gather(database, items(columns={"item": "number", "quantity": "units"}))["items"]
    assert frame.to_dict("records") == [{"item": "007", "quantity": 5}]


def test_a_schema_may_stand_before_the_table(database):
    assert len(gather(database, mapping_from({"items": {"from": "main.products"}}))["items"]) == 1


@pytest.mark.parametrize("sql", ["DELETE FROM products", "  drop table products", "-- SELECT\nDELETE FROM products"])
def test_a_source_is_only_read(database, sql):
    with pytest.raises(InputError, match="must start with SELECT or WITH"):
        gather(database, mapping_from({"items": {"sql": sql}}))
    assert len(gather(database, items())["items"]) == 1


def test_a_writing_query_in_disguise_is_refused_by_the_database(database):
    sneaky = "WITH gone AS (SELECT 1) DELETE FROM products"
    with pytest.raises(InputError, match="readonly"):
        gather(database, mapping_from({"items": {"sql": sneaky}}))
    assert len(gather(database, items())["items"]) == 1


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"from": "product"}, r"no file product\.csv, .*did you mean 'products'\?"),
        (
            {"from": "products", "columns": {"item": "numbr"}},
            r"'products' has no column 'numbr'; did you mean 'number'\?",
        ),
        ({"from": "products", "where": "nonsense = 1"}, r"section \[items\]: the database does not take .*nonsense"),
        ({"sql": "SELECT * FROM nowhere"}, "no such table: nowhere"),
        ({"sql": "SELECT :other AS item"}, "no parameter :other; there are :as_of"),
        ({"sql": "SELECT 1 AS a, 2 AS a"}, "two columns called 'a'"),
    ],
)
def test_a_mapping_that_does_not_fit_says_where(folder, section, says):
    with pytest.raises(InputError, match=says):
        gather(folder, mapping_from({"items": section}), {"as_of": "2020-02-29"})


def test_a_missing_table_of_a_database_has_a_hint(database):
    with pytest.raises(InputError, match=r"no table 'prodcts'; did you mean 'products'\?"):
        gather(database, mapping_from({"items": {"from": "prodcts"}}))


def test_a_workbook_among_the_extracts_is_not_read(folder):
    (folder / "stock.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="save its sheet as `CSV UTF-8`"):
        gather(folder, mapping_from({"stock": {"from": "stock"}}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"caf\xe9\n1\n", "is not UTF-8 text"),
        (b"a,b\n1,2\n3\n", "line 3 of .* has 1 cells where the heading has 2"),
        (b"a,A\n1,2\n", "two columns called 'A'"),
        (b"a,\n1,2\n", "no heading over column 2"),
        (b"", "is empty"),
        (b'a\n"open\n', "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, says):
    (tmp_path / "products.csv").write_bytes(content)
    with pytest.raises(BookError, match=says):
        gather(tmp_path, items())


def test_a_file_that_is_not_compressed_is_named(tmp_path):
    (tmp_path / "products.csv.gz").write_bytes(b"item\n1\n")
    with pytest.raises(BookError, match=r"products\.csv\.gz cannot be read"):
        gather(tmp_path, items())


def test_two_files_of_one_name_are_refused(folder):
    (folder / "lines.csv").write_text("day\n")
    with pytest.raises(BookError, match="would both be the table 'lines'"):
        gather(folder, items())


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("sqlite:///nowhere/erp.db", "no database file nowhere/erp.db"),
        ("nodialect://server/erp", "not a database URL"),
        ("://", "not a database URL"),
    ],
)
def test_a_database_that_is_not_there_says_so(source, says):
    with pytest.raises((BookError, InputError), match=says):
        gather(source, items())


def test_a_file_that_is_no_database_says_so(tmp_path):
    (tmp_path / "erp.db").write_bytes(b"not a database, only some text that is long enough to be a page" * 20)
    with pytest.raises((BookError, InputError), match="not a database"):
        gather(f"sqlite:///{tmp_path / 'erp.db'}", items())


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(BookError, match="there is no folder"):
        gather(tmp_path / "nowhere", items())
    with pytest.raises(BookError, match="no mapping file"):
        gather(tmp_path)
    with pytest.raises(InputError, match="needs a mapping file"):
        gather("sqlite:///erp.db")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "maps no table"),
        ("[items", "is not TOML"),
        ("items = 1", "must be a section"),
        ("[itms]\nfrom = 'a'", r"a table 'itms' that a plan does not have; did you mean 'items'\?"),
        ("[items]\nfrm = 'a'", r"unknown entry 'frm'; did you mean 'from'\?"),
        ("[items]\nwhere = 'a'", "give either `from` or `sql`"),
        ("[items]\nfrom = 'a'\nsql = 'SELECT 1'", "give either `from` or `sql`"),
        ("[items]\nsql = 'SELECT 1'\nwhere = 'a'", "a query stands alone"),
        ("[items]\nfrom = ''", "'from' must be text"),
        ("[items]\nfrom = 'a'\ncolumns = ['b']", "'columns' must be like"),
        ("[items]\nfrom = 'a'\ncolumns = { item = 1 }", "must name a source column, got 1"),
        ("[items]\nfrom = 'a'\ncolumns = { item = 'b' }\nconstants = { item = 1 }", "both a column and a constant"),
    ],
)
def test_a_mapping_file_with_a_mistake_says_which(tmp_path, text, says):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises((InputError, BookError), match=says):
        read_mapping(path, known_tables=["items", "stock"])


def test_a_mapping_file_in_another_encoding_says_so(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_bytes(b"# caf\xe9")
    with pytest.raises(BookError, match="not UTF-8"):
        read_mapping(path)
