"""Tables in every format, whole and in pieces, new and behind others; what is wrong leaves nothing."""
import gzip
import http.client
import json
import struct
import subprocess
import urllib.parse

import daemon as daemons
import pytest
import samples

TABLE = [("a", "color", "label"), (1.5, "red", "x"), (2, "blue", "y"), (-3, "red", "x"),
         (None, "green", "y")]


def csv_text(rows=TABLE, separator=","):
    return "\n".join(separator.join("" if cell is None else str(cell) for cell in row)
                     for row in rows) + "\n"


def ndjson_text(rows=TABLE):
    return "\n".join(json.dumps(dict(zip(rows[0], row))) for row in rows[1:]) + "\n"


def npy(rows, dtype="<f4"):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}"
    header = header.ljust(117) + "\n"
    cells = [cell for row in rows for cell in row]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack(f"<{len(cells)}f", *cells))


def idx(shape, values):
    return (struct.pack(">HBB", 0, 8, len(shape)) + b"".join(struct.pack(">I", n) for n in shape) +
            bytes(values))


def safetensors(tensors):
    header, body = {}, b""
    for name, rows in tensors.items():
        flat = [cell for row in rows for cell in row]
        data = struct.pack(f"<{len(flat)}f", *flat)
        header[name] = {"dtype": "F32", "shape": [len(rows), len(rows[0])],
                        "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


NUMBERS = [[1.0, 2.0, 0.0], [3.0, 4.5, 1.0], [5.0, 6.0, 1.0]]
NUMBERS_CSV = "c0,c1,c2\n1,2,0\n3,4.5,1\n5,6,1\n"


def put(client, name, body, query="", *, expect=201, content_type=None, headers=None):
    return client.call("PUT", f"/v1/datasets/{name}{query}", body, expect=expect,
                       content_type=content_type, headers=headers)


# --- formats ---------------------------------------------------------------------------------

@pytest.mark.parametrize("body, content_type, query", [
    (csv_text(), None, ""), (csv_text(), "text/csv", ""), (csv_text(separator=";"), None, ""),
    (csv_text(separator="\t"), "text/tab-separated-values", ""), (csv_text(separator="|"), None, ""),
    (csv_text(separator=" "), None, "?separator=space"),
    (csv_text().replace("\n", "\r\n"), None, ""), ("\ufeff" + csv_text(), None, ""),
    ("# made up\n" + csv_text().replace("\n", "\n#x,y\n"), None, "?comment=%23"),
    (csv_text().replace("red", '"red"'), None, ""),
    (ndjson_text(), None, ""), (ndjson_text(), "application/x-ndjson", ""),
    (ndjson_text(), None, "?format=ndjson"),
    ({"columns": TABLE[0], "rows": TABLE[1:]}, None, "")])
def test_the_same_table_in_every_format(client, name, body, content_type, query):
    wanted = put(client, name, csv_text()).json
    again = put(client, name, body, query, expect=200, content_type=content_type).json
    assert again["sha256"] == wanted["sha256"]
    assert again["rows"] == 4 and again["classes"] == ["x", "y"]


@pytest.mark.parametrize("body", [npy(NUMBERS), safetensors({"c": NUMBERS}), NUMBERS_CSV])
def test_arrays_are_tables_of_numbers(client, name, body):
    wanted = put(client, name, NUMBERS_CSV.replace("c0,c1,c2", "a,b,y"), "?target=y").json
    column = "c.2" if body[:1] not in (b"\x93", "c") else "c2"
    got = put(client, name, body, f"?target={column}", expect=200).json
    assert got["rows"] == 3 and got["features"] == 2
    assert got["classes"] == wanted["classes"] == ["0", "1"]


def test_csv_without_a_header(client, name):
    got = put(client, name, "1,2,a\n3,4,b\n", "?header=false").json
    assert got["targets"] == ["c2"] and got["features"] == 2
    answer = client.refused("PUT", f"/v1/datasets/{name}", "5.1,3.5,1\n4,5,6\n", status=400,
                            content_type="text/csv")
    assert "header=false" in answer.json["detail"]


def test_images_and_their_labels(client, name):
    images = idx([4, 2, 3], range(24))
    first = put(client, name, gzip.compress(images)).json
    assert (first["rows"], first["features"], first["targets"]) == (4, 6, [])
    labels = gzip.compress(idx([4], [7, 0, 7, 3]))
    both = client.call("PUT", f"/v1/datasets/{name}/target?name=digit", labels, expect=200).json
    assert both["targets"] == ["digit"] and both["classes"] == ["0", "3", "7"]
    assert both["sha256"] != first["sha256"]
    few = idx([3], [7, 0, 7])
    answer = client.refused("PUT", f"/v1/datasets/{name}/target", few, status=400)
    assert "3 rows, the data set 4" in answer.json["detail"]
    client.refused("PUT", "/v1/datasets/no-such-set/target", labels, status=404)
    words = client.call("PUT", f"/v1/datasets/{name}/target", "kind\nu\nv\nu\nw\n", expect=200,
                        content_type="text/csv").json
    assert words["targets"] == ["kind"] and words["classes"] == ["u", "v", "w"]


def test_a_set_without_a_target_cannot_be_trained_on(client, name):
    put(client, name, "a,b\n1,2\n3,4\n", "?target=")
    client.post("/v1/models", samples.model(name), expect=201)
    client.refused("POST", "/v1/jobs", samples.job(name), status=400, pointer="/dataset")


# --- gzip ------------------------------------------------------------------------------------

def test_compressed_bodies(client, name):
    wanted = put(client, name, csv_text()).json["sha256"]
    packed = gzip.compress(csv_text().encode())
    for headers in ({"Content-Encoding": "gzip"}, {"Content-Encoding": "x-gzip"}, {}):
        got = put(client, name, packed, expect=200, headers=headers)
        assert got.json["sha256"] == wanted
    halves = gzip.compress(csv_text()[:20].encode()) + gzip.compress(csv_text()[20:].encode())
    assert put(client, name, halves, expect=200).json["sha256"] == wanted


def test_a_bad_encoding_is_refused(client, name):
    with client.nothing_changes():
        answer = put(client, name, csv_text(), expect=415, headers={"Content-Encoding": "br"})
        assert "gzip" in answer.json["detail"]
        packed = gzip.compress(csv_text().encode())
        for body in (packed[:-9], packed + b"more", b"\x1f\x8b" + b"\0" * 30):
            answer = put(client, name, body, expect=400)
            assert "byte" in answer.json["detail"]
        answer = put(client, name, csv_text(), expect=400, headers={"Content-Encoding": "gzip"})


def test_a_bomb_is_refused(client, name):
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * (8 << 20), 9)
    with client.nothing_changes():
        put(client, name, gzip.compress(bomb, 9), expect=400)  # gzip in gzip is no table
        lines = gzip.compress(b"\n" * (64 << 20), 9)
        answer = put(client, name, lines, expect=413)
        assert "1000" in answer.json["detail"]


# --- wrong rows ------------------------------------------------------------------------------

def test_wrong_rows_can_be_skipped(client, name):
    text = "a,y\n0.5,1\noops,2\n1.5\n2.5,\n3.5,2\n"
    client.refused("PUT", f"/v1/datasets/{name}", text, status=400, content_type="text/csv")
    got = put(client, name, text, "?on_error=skip").json
    assert got["rows"] == 2
    assert client.get(f"/v1/datasets/{name}").json == got
    client.refused("PUT", f"/v1/datasets/{name}?on_error=maybe", text, status=400)
    client.refused("PUT", f"/v1/datasets/{name}?on_error=skip", "a,y\n1,\n2,\n", status=400,
                   content_type="text/csv")


@pytest.mark.parametrize("query", ["?types=a:colour", "?types=z:numeric", "?ignore=z",
                                   "?target=z", "?weight=z"])
def test_columns_that_are_not_there(client, name, query):
    field = "/" + query[1:].split("=")[0]
    with client.nothing_changes():
        answer = put(client, name, csv_text(), query, expect=400)
    assert field in answer.pointers(), answer.json


# --- rows behind others ----------------------------------------------------------------------

def test_rows_behind_others(client, name):
    head, tail = TABLE[:3], [TABLE[0], *TABLE[3:]]
    wanted = put(client, name, csv_text()).json
    for body, kind in ((csv_text(tail), "text/csv"), (ndjson_text(tail), None),
                       ({"columns": TABLE[0], "rows": TABLE[3:]}, None),
                       (csv_text([row[::-1] for row in tail]), None)):
        put(client, name, csv_text(head), expect=200)
        got = client.call("POST", f"/v1/datasets/{name}/rows", body, expect=200,
                          content_type=kind).json
        assert got["sha256"] == wanted["sha256"] and got["rows"] == 4
    for body in ("a,color\n1,red\n", "a,color,kind\n1,red,x\n", "a,color,label\nu,red,x\n",
                 "a,color,label\n1,red,\n"):
        client.refused("POST", f"/v1/datasets/{name}/rows", body, status=400,
                       content_type="text/csv")
    client.refused("POST", "/v1/datasets/no-such-set/rows", csv_text(), status=404,
                   content_type="text/csv")


def test_rows_of_arrays_behind_others(client, name):
    put(client, name, npy(NUMBERS[:1]), "?target=c2")
    got = client.call("POST", f"/v1/datasets/{name}/rows", npy(NUMBERS[1:]), expect=200).json
    assert got["rows"] == 3 and got["targets"] == ["c2"]
    got = client.call("POST", f"/v1/datasets/{name}/rows?header=false", "7,8,1\n", expect=200).json
    assert got["rows"] == 4
    client.refused("POST", f"/v1/datasets/{name}/rows", npy([[1.0, 2.0]]), status=400)


# --- conditions ------------------------------------------------------------------------------

def test_conditions(client, name):
    put(client, name, csv_text(), expect=412, headers={"If-Match": "*"})
    first = put(client, name, csv_text(), headers={"If-None-Match": "*"})
    tag = first.headers["etag"]
    assert tag == f'"{first.json["sha256"]}"'
    assert client.get(f"/v1/datasets/{name}").headers["etag"] == tag
    with client.nothing_changes():
        put(client, name, csv_text(), expect=412, headers={"If-None-Match": "*"})
        put(client, name, csv_text(), expect=412, headers={"If-Match": '"other"'})
        put(client, name, csv_text(), expect=400, headers={"If-Match": "other"})
        client.call("POST", f"/v1/datasets/{name}/rows", csv_text(), expect=412,
                    headers={"If-Match": '"other"'})
        client.call("PUT", f"/v1/datasets/{name}/target", "t\n1\n2\n3\n4\n", expect=412,
                    headers={"If-Match": '"other"'})
    second = put(client, name, NUMBERS_CSV, expect=200, headers={"If-Match": tag})
    assert second.headers["etag"] != tag
    put(client, name, NUMBERS_CSV, expect=412, headers={"If-Match": tag})
    put(client, name, csv_text(), expect=200, headers={"If-Match": "*"})


# --- pieces ----------------------------------------------------------------------------------

def put_in_pieces(client, name, body, cut):
    """Chunked, and each chunk in a write of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
    connection.request("PUT", f"/v1/datasets/{name}", body=iter([body[:cut], body[cut:]]),
                       encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert response.status in (200, 201), answer
    return answer["sha256"]


@pytest.mark.parametrize("body", [
    csv_text().encode(), ndjson_text().encode(), npy(NUMBERS), idx([4, 2], range(8)),
    safetensors({"c": NUMBERS}), gzip.compress(csv_text().encode())])
def test_a_body_cut_anywhere_is_the_same(client, name, body):
    wanted = put(client, name, body).json["sha256"]
    for cut in range(1, len(body), 7):
        assert put_in_pieces(client, name, body, cut) == wanted


# --- bodies that are wrong -------------------------------------------------------------------

@pytest.mark.parametrize("body", [
    npy(NUMBERS)[:-1], npy(NUMBERS) + b"x", npy(NUMBERS)[:40], b"\x93NUMPY\x09\x00" + b"\0" * 80,
    npy(NUMBERS).replace(b"(3, 3)", b"(3,-3)"), npy(NUMBERS).replace(b"<f4", b"|O "),
    idx([4, 2], range(7)), idx([4, 2], range(9)), idx([0], []), b"\0\0\x07\x01\0\0\0\1",
    b"\0\0\x08\x01", safetensors({"c": NUMBERS})[:-1], safetensors({"c": NUMBERS}) + b"x",
    struct.pack("<Q", 10) + b"{" + b" " * 12, '{"a": 1}\n{"a": oops}\n', '{"a": {"b": 1}}\n',
    "{}\n", "a,b\n1,2\0\n", 'a,b\n1,"2\n3,4\n', b"a,b\n1,\xff\xfe\n", "a,b\n" + "1" * (5 << 20)],
    ids=range(21))
def test_bad_bodies_leave_nothing(client, name, body):
    with client.nothing_changes():
        answer = put(client, name, body, expect=400)
    assert answer.json["detail"]


@pytest.mark.parametrize("body", [
    npy(NUMBERS).replace(b"(3, 3)", b"(1,1000000000)").replace(b"  \n", b"\n", 1),
    idx([1 << 31, 1 << 31], []), ",".join(f"c{i}" for i in range(70000)) + "\n1\n"],
    ids=["npy", "idx", "csv"])
def test_too_many_columns(client, name, body):
    with client.nothing_changes():
        answer = put(client, name, body, expect=413)
    assert answer.json["detail"]


def test_a_client_that_leaves_leaves_nothing(client, name):
    with client.nothing_changes():
        connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=30)
        connection.putrequest("PUT", f"/v1/datasets/{name}")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders()
        connection.send(b"a,b\n" + b"1,2\n" * 1000)
        connection.close()
        client.get("/livez")


def test_names_are_quoted_as_they_come(client, name):
    text = 'a,"b,c",y\n1,"x,y",0\n2,"z\n",1\n'
    got = put(client, name, text, "?target=" + urllib.parse.quote("b,c")).json
    assert got["targets"] == ["b,c"] and got["classes"] == ["x,y", "z\n"]


# --- memory ----------------------------------------------------------------------------------

def anonymous_kib(pid):
    """What the process holds beside the pages of files."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def long_csv(megabytes):
    """Pieces of a table of 28 numbers a row."""
    rows = "".join(",".join(f"{(i * 37 + j * 11) % 1000 / 999:.6f}" for j in range(28)) + f",{i % 2}\n"
                   for i in range(4000)).encode()
    yield (",".join(f"x{j}" for j in range(28)) + ",y\n").encode()
    for _ in range(megabytes * 1000000 // len(rows)):
        yield rows


@pytest.mark.skipif("asan" in str(daemons.BINARY), reason="AddressSanitizer holds what is freed")
def test_memory_of_an_upload_is_bounded(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    pid = client.daemon.process.pid
    before, most = anonymous_kib(pid), 0
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.putrequest("PUT", "/v1/datasets/long")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for piece in long_csv(100):
        connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
        most = max(most, anonymous_kib(pid))
    connection.send(b"0\r\n\r\n")
    answer = json.loads(connection.getresponse().read())
    most = max(most, anonymous_kib(pid))
    assert answer["rows"] > 300000
    assert most - before < 64 * 1024, f"{before} KiB grew to {most} KiB"
    assert anonymous_kib(pid) - before < 32 * 1024


# --- a full disk -----------------------------------------------------------------------------

@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place],
                      capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_told_and_leaves_nothing(start, small_disk):
    client = start(data_dir=small_disk / "data")
    kept = put(client, "kept", csv_text()).json
    body = b"".join(long_csv(80))
    answer = put(client, "long", body, expect=507)
    assert "No space left" in answer.json["detail"]
    assert [d["name"] for d in client.get("/v1/datasets").json["datasets"]] == ["kept"]
    assert client.get("/v1/datasets/kept").json == kept
    assert len(list((small_disk / "data/blobs").iterdir())) == 1
    put(client, "short", csv_text())
    client.daemon.kill()
