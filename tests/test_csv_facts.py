"""What goes wrong reading the CSVs of shops: right, or rejected, or refused; told."""

import pytest

from regpipe.errors import DataError, InputFileError
from worlds import asked, customers, declared, orders, put, run

FIELDS = "external_id email last_name postcode"
HEADER = "external_id,email,last_name,postcode\n"
ANNA = "1,a@x.se,Berg,11122\n"
BO = "2,b@x.se,Ek,0812\n"


@pytest.fixture
def shop(tmp_path):
    """Run a shop's file without saying how it is written; give what became of it."""

    def shop(content, fields=FIELDS, **more):
        put(tmp_path / "shop.csv", content)
        source = customers(fields, "shop.csv", **more)
        return Shop(tmp_path, run(declared(tmp_path, {"shop": source})))

    return shop


class Shop:
    """What a run made of one file."""

    def __init__(self, folder, outcome):
        self.registry = folder / "registry.duckdb"
        self.warnings = outcome.warnings
        (file,) = outcome.files
        self.counts = (file.read, file.accepted, file.rejected)

    def rows(self, *columns):
        """Give these columns of the records, by external_id."""
        listed = ", ".join(columns)
        query = f"select {listed} from source_records order by external_id"
        return asked(self.registry, query)

    @property
    def rejects(self):
        """Give row, original text and checks of what was rejected."""
        query = "select row_number, original, [r.check for r in reasons] from rejects"
        return sorted(asked(self.registry, query))


def test_1_a_number_sign_begins_no_comment(tmp_path):
    put(
        tmp_path / "orders.csv",
        "order_id,ordered_at\n#1001,2026-01-01\n#1002,2026-01-02",
    )
    shop = declared(tmp_path, {"sales": orders("order_id ordered_at")})
    assert run(shop).files[0].accepted == 2
    query = "select order_id from orders order by 1"
    assert asked(tmp_path / "registry.duckdb", query) == [("#1001",), ("#1002",)]


def test_2_an_apostrophe_quotes_nothing_and_one_is_taken_off_ids_and_zips(shop):
    found = shop(HEADER + "'1,a@x.se,'t Hooft,'0812\n'2,b@x.se,O'Brien,'51178\n")
    assert found.counts == (2, 2, 0)
    assert found.rows("external_id", "last_name", "postcode") == [
        ("1", "'t Hooft", "0812"),
        ("2", "O'Brien", "51178"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_3_one_ragged_row_does_not_make_one_column_of_the_file(shop, delimiter):
    found = shop((HEADER + ANNA + "2,b@x.se\n").replace(",", delimiter))
    assert found.counts == (2, 1, 1)
    assert found.rejects == [(3, ["2", "b@x.se"], ["too_few_cells"])]


@pytest.mark.parametrize("page", ["cp850", "cp1252", "mac_roman"])
def test_4_a_record_beyond_ascii_is_lost_to_no_wrong_encoding(shop, page):
    plain = "".join(f"{n},{n}@x.se,Smith,{n}\n" for n in range(10, 99))
    found = shop((HEADER + plain + "1,a@x.se,Québec,1\n").encode(page))
    assert found.counts == (90, 90, 0)
    assert found.rows("last_name")[0] == ("Québec",)
    assert any(f"read as {page}, by its letters" in told for told in found.warnings)


@pytest.mark.parametrize("page", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_5_a_file_is_decoded_by_its_mark_or_its_bytes(shop, page):
    found = shop((HEADER + "1,a@x.se,Åkesson – Öberg,1\n").encode(page))
    assert found.rows("last_name") == [("Åkesson – Öberg",)]


ENDS = {
    "LF in a quoted header cell": HEADER.strip()
    + ',"note\nfrom us"\r\n1,a@x.se,Berg,11122,x\r\n2,b@x.se,Ek,0812,y\r\n',
    "a stray LF": HEADER.replace("\n", "\r\n") + ANNA + BO.replace("\n", "\r\n"),
    "a header in CRLF": HEADER.replace("\n", "\r\n") + ANNA + BO,
    "CR CR LF": (HEADER + ANNA + BO).replace("\n", "\r\r\n"),
    "CR alone": (HEADER + ANNA + BO).replace("\n", "\r"),
    "no end": (HEADER + ANNA + BO).rstrip("\n"),
}


@pytest.mark.parametrize("content", ENDS.values(), ids=ENDS.keys())
def test_6_records_end_however_lines_do(shop, content):
    found = shop(content, "external_id email last_name")
    assert found.counts == (2, 2, 0)
    assert found.rows("last_name") == [("Berg",), ("Ek",)]


def test_7_an_unbalanced_quote_takes_no_record_along_unseen(shop):
    found = shop(HEADER + ANNA + '2,"b@x.se,Ek,1\n3,c@x.se,Falk,1\n')
    assert found.counts[0] == sum(found.counts[1:])
    assert found.rows("external_id") == [("1",)]
    ((row, original, checks),) = found.rejects
    assert (row, checks) == (3, ["unclosed_quote"])
    assert "c@x.se" in "".join(original)


def test_7_an_unbalanced_quote_in_the_header_is_refused(shop):
    with pytest.raises(InputFileError):
        shop('external_id,"email,last_name,postcode\n' + ANNA + BO)


def test_8_title_rows_blank_rows_and_rows_of_commas_are_no_records(shop):
    titles = "Customers,,,\nmade on 2026-01-01,,,\n\n"
    found = shop(titles + HEADER + ANNA + ",,,\n\n" + BO + ",,,\n,,,\n")
    assert found.counts == (2, 2, 0)
    assert any("above row 4" in told for told in found.warnings)
    assert any("4 blank ones left out" in told for told in found.warnings)
    query = "select row_number from source_records order by 1"
    assert asked(found.registry, query) == [(5,), (8,)]


def test_8_a_footer_and_a_second_table_are_rejects_with_their_rows(shop):
    found = shop(HEADER + ANNA + "Total,,,2\n" + "Id,Kind\n9,x\n")
    assert found.counts == (4, 1, 3)
    assert [row for row, _, _ in found.rejects] == [3, 4, 5]


def test_9_the_line_that_tells_excel_the_delimiter_is_no_record(shop):
    found = shop("sep=;\r\n" + (HEADER + ANNA + BO).replace(",", ";"))
    assert found.counts == (2, 2, 0)


def test_10_a_file_without_its_header_is_refused_and_not_read_past_a_record(shop):
    with pytest.raises(InputFileError) as refused:
        shop(ANNA + BO)
    assert "names none of the 4 mapped columns" in str(refused.value)
    assert "Berg" not in str(refused.value)


def test_11_names_of_columns_that_repeat_are_told_apart_and_shifted_cells_rejected(
    shop,
):
    header = HEADER.replace("last_name", "email,last_name")
    found = shop(header + "1,a@x.se,other,Berg,11122\n2,b,x@x.se,Ek,Bo,\n")
    assert found.counts == (2, 1, 1)
    assert found.rows("email", "last_name") == [("a@x.se", "Berg")]


def test_12_words_that_look_like_nothing_are_data(shop):
    fields = "external_id email last_name city note"
    rows = '17850.0,a@x.se,NULL,NA,"-5"\n2,b@x.se,N/A,-,=SUM(A1)\n3,c@x.se,"",,+44 1\n'
    found = shop(fields.replace(" ", ",") + "\n" + rows, fields)
    assert found.counts == (3, 3, 0)
    assert found.rows("external_id", "last_name", "city", "note") == [
        ("17850.0", "NULL", "NA", "-5"),
        ("2", "N/A", "-", "=SUM(A1)"),
        ("3", None, None, "+44 1"),
    ]


def test_13_a_row_with_several_faults_is_one_reject_with_all_its_reasons(shop):
    found = shop(HEADER + ANNA + ",no-mail,Ek,1\n")
    assert found.counts == (2, 1, 1)
    ((row, _, checks),) = found.rejects
    assert (row, len(checks) >= 2) == (3, True)


def test_14_offsets_clocks_and_decimals_are_read_as_declared_or_rejected(tmp_path):
    columns = {
        "order_id": "no",
        "ordered_at": {"from": "at", "format": ["%Y-%m-%d %H:%M:%S %z", "%d.%m.%Y"]},
        "total": {"from": "total", "decimal": ","},
    }
    rows = [
        "1;2014-11-25 14:45:53 +1100;12,00",
        "2;2014-05-25 14:45:53 +1000;1.234,50",
        "3;25.11.2014;7",
        "4;11/25/14;12,00",
        "5;25.11.2014;12.00",
    ]
    put(tmp_path / "o.csv", "no;at;total\n" + "\n".join(rows))
    source = {"kind": "orders", "files": "o.csv", "columns": columns}
    outcome = run(declared(tmp_path, {"sales": source}))
    assert (outcome.files[0].accepted, outcome.files[0].rejected) == (3, 2)
    query = "select cast(ordered_at as varchar), total from orders order by order_id"
    assert [
        (at, str(total)) for at, total in asked(tmp_path / "registry.duckdb", query)
    ] == [
        ("2014-11-25 03:45:53", "12.0000"),
        ("2014-05-25 04:45:53", "1234.5000"),
        ("2014-11-25 00:00:00", "7.0000"),
    ]


def test_a_file_that_is_still_written_is_refused(shop, monkeypatch, tmp_path):
    from regpipe.stages import extract

    counted = extract.count

    def slow(path, *words):
        with path.open("a") as file:
            file.write(BO)
        return counted(path, *words)

    monkeypatch.setattr(extract, "count", slow)
    with pytest.raises(InputFileError) as refused:
        shop(HEADER + ANNA)
    assert "changes while it is read" in str(refused.value)
    assert not (tmp_path / "registry.duckdb").exists()


def test_a_record_that_is_cut_off_at_the_end_is_refused(shop, tmp_path):
    with pytest.raises(InputFileError) as refused:
        shop(HEADER + ANNA + "2,b@x")
    assert "ends in the middle of a record" in str(refused.value)
    assert not (tmp_path / "registry.duckdb").exists()


def test_nothing_but_bad_rows_stops_the_run(shop):
    with pytest.raises(DataError):
        shop(HEADER + "x\ny\n")
