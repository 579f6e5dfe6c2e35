"""What an upload is told to hold, and its rows again."""
import math
import statistics

import pytest

TABLE = ("age,city,member,since,paid\n"
         "31,Bern,yes,2024-02-29,0.1\n"
         "64,Chur,no,2023-07-01T08:15:00,12.75\n"
         ",Bern,yes,,3\n"
         "47,,no,2024-03-01,0.1\n")


def by_name(described):
    return {column["name"]: column for column in described["columns"]}


def test_each_column_of_the_upload_is_reported(client, name):
    made = client.put_csv(name, TABLE, target="paid").json
    assert made == client.get(f"/v1/datasets/{name}").json
    columns = by_name(made)
    assert [column["name"] for column in made["columns"]] == TABLE.split("\n")[0].split(",")
    assert [column["type"] for column in made["columns"]] == \
        ["numeric", "categorical", "boolean", "datetime", "numeric"]
    assert columns["age"]["quartiles"] == [39, 47, 55.5]
    assert columns["age"]["histogram"] == \
        {"from": 31, "to": 64, "counts": [1, 0, 0, 0, 1, 0, 0, 0, 0, 1]}
    assert columns["city"]["frequent"] == [{"value": "Bern", "count": 2}, {"value": "Chur", "count": 1}]
    assert columns["since"]["earliest"] == "2023-07-01T08:15:00"
    assert columns["since"]["latest"] == "2024-03-01T00:00:00"
    assert columns["paid"]["frequent"][0] == {"value": 0.1, "count": 2}
    assert {n: column["missing"] for n, column in columns.items()} == \
        {"age": 1, "city": 1, "member": 0, "since": 1, "paid": 0}
    assert made["rejected"] == {"count": 0, "first": []} and made["sampled_rows"] == 4


def test_statistics_are_those_of_python(client, name):
    values = [(7 * i * i + i) % 101 / 4 for i in range(500)]
    text = "v,y\n" + "".join(f"{v},{i % 2}\n" for i, v in enumerate(values))
    v = by_name(client.put_csv(name, text).json)["v"]
    assert math.isclose(v["mean"], statistics.fmean(values), rel_tol=1e-12)
    assert math.isclose(v["standard_deviation"], statistics.pstdev(values), rel_tol=1e-12)
    assert v["quartiles"] == statistics.quantiles(values, n=4, method="inclusive")
    assert v["distinct"] == len(set(values))
    most = max(map(values.count, set(values)))
    assert v["frequent"][0]["count"] == most == values.count(v["frequent"][0]["value"])
    width = (max(values) - min(values)) / 10
    bins = [min(9, int((value - min(values)) / width)) for value in values]
    assert v["histogram"]["counts"] == [bins.count(b) for b in range(10)]


def test_rows_come_back_page_by_page(client, name):
    client.put_csv(name, TABLE, target="paid")
    page = client.get(f"/v1/datasets/{name}/rows").json
    assert page["rows"] == [[31, "Bern", "yes", "2024-02-29T00:00:00", 0.1],
                            [64, "Chur", "no", "2023-07-01T08:15:00", 12.75],
                            [None, "Bern", "yes", None, 3],
                            [47, None, "no", "2024-03-01T00:00:00", 0.1]]
    rows, offset = [], 0
    while offset is not None:
        part = client.get(f"/v1/datasets/{name}/rows?offset={offset}&limit=3").json
        rows, offset = rows + part["rows"], part["next"]
    assert rows == page["rows"] and page["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "offset=x", "page=2"])
def test_pages_that_cannot_be(client, name, query):
    client.put_csv(name, TABLE, target="paid")
    client.get(f"/v1/datasets/{name}/rows?{query}", expect=400)


def test_rows_of_no_data_set(client, name):
    client.get(f"/v1/datasets/{name}/rows", expect=404)
