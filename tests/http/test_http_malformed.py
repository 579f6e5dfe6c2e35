"""Malformed HTTP on a raw socket: an answer or a closed connection, never a crash or a hang."""
import contextlib
import re
import socket
import time

import pytest
import samples

HOST = "Host: 127.0.0.1\r\n"
JSON = "Content-Type: application/json\r\n"


def talk(port, *pieces, timeout=30, half_close=False):
    """Sends the pieces and gives all that comes until the peer closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout) as raw:
        reply = b""
        try:
            for piece in pieces:
                raw.sendall(piece if isinstance(piece, bytes) else piece.encode())
            if half_close:
                with contextlib.suppress(OSError):  # closed by the peer already
                    raw.shutdown(socket.SHUT_WR)
            while chunk := raw.recv(65536):
                reply += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        return reply


def statuses(reply):
    return [int(s) for s in re.findall(rb"^HTTP/1\.1 (\d{3}) ", reply, re.MULTILINE)]


@pytest.fixture
def port(client):
    """The shared daemon's port; afterwards it must answer as before."""
    holdings = client.holdings()
    yield client.port
    client.get("/livez")
    assert client.holdings() == holdings


REFUSED = {
    "two content lengths": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}"
                           "Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}GET / ",
    "the same length twice": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}"
                             "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length and chunks": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Content-Length: 2\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks and length": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Transfer-Encoding: chunked\r\n"
                         "Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "negative length": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Content-Length: -1\r\n\r\n",
    "length with a sign": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Content-Length: +2\r\n\r\n{{}}",
    "length that is a word": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Content-Length: two\r\n\r\n",
    "length beyond 64 bits": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}"
                             "Content-Length: 99999999999999999999999\r\n\r\n",
    "unknown transfer coding": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}"
                               "Transfer-Encoding: gzip\r\n\r\n",
    "chunked twice": f"POST /v1/models HTTP/1.1\r\n{HOST}{JSON}Transfer-Encoding: chunked\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a zero byte in the path": f"GET /v1/models/a%00b HTTP/1.1\r\n{HOST}\r\n",
    "dots and a slash in the path": f"GET /v1/models/..%2f..%2fetc HTTP/1.1\r\n{HOST}\r\n",
    "dots in the path": f"GET /v1/../etc/passwd HTTP/1.1\r\n{HOST}\r\n",
    "a broken escape": f"GET /v1/models/%zz HTTP/1.1\r\n{HOST}\r\n",
    "a cut escape": f"GET /v1/models/%4 HTTP/1.1\r\n{HOST}\r\n",
    "no host": "GET /livez HTTP/1.1\r\n\r\n",
    "two hosts": f"GET /livez HTTP/1.1\r\n{HOST}Host: other\r\n\r\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_400_and_closed(port, what):
    reply = talk(port, REFUSED[what])
    # libmicrohttpd itself refuses some of them, and says so twice where the length is at fault
    assert set(statuses(reply)) in ({400}, {413}, {501}), reply[:500]
    assert b"connection: close" in reply.lower()


@pytest.mark.parametrize("bytes_", [b"\r\n\r\n", b"\0\0\0\0\0\0\0\0\r\n\r\n", b"GET\r\n\r\n",
                                    b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n",
                                    b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\n",
                                    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_garbage_is_survived(port, bytes_):
    reply = talk(port, bytes_, half_close=True)
    assert all(s >= 400 for s in statuses(reply)), reply[:300]


@pytest.mark.parametrize("size", [20_000, 200_000, 2_000_000])
def test_huge_header(port, size):
    reply = talk(port, f"GET /livez HTTP/1.1\r\n{HOST}X-Big: {'x' * size}\r\n\r\n",
                 half_close=True)
    assert all(s in (400, 413, 414, 431) for s in statuses(reply)) or \
        (size <= 20_000 and statuses(reply) == [200])


def test_huge_request_line(port):
    reply = talk(port, f"GET /{'x' * 500_000} HTTP/1.1\r\n{HOST}\r\n", half_close=True)
    assert all(s in (400, 404, 413, 414, 431) for s in statuses(reply))


def test_many_headers(port):
    lines = "".join(f"X-{i}: {i}\r\n" for i in range(20_000))
    reply = talk(port, f"GET /livez HTTP/1.1\r\n{HOST}{lines}\r\n", half_close=True)
    assert all(s in (400, 413, 431) for s in statuses(reply))


@pytest.mark.parametrize("target, kind", [("POST /v1/models", "application/json"),
                                          ("PUT /v1/datasets/cut", "text/csv")])
def test_truncated_body_leaves_nothing(port, client, target, kind):
    talk(port, f"{target} HTTP/1.1\r\n{HOST}Content-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
               "x,y\n1,2\n", half_close=True)
    client.get("/v1/datasets/cut", expect=404)


def test_chunked_upload_that_breaks_off_leaves_nothing(port, client):
    talk(port, f"PUT /v1/datasets/cut HTTP/1.1\r\n{HOST}Content-Type: text/csv\r\n"
               "Transfer-Encoding: chunked\r\n\r\n8\r\nx,y\n1,2\n\r\n", half_close=True)
    client.get("/v1/datasets/cut", expect=404)


def test_bad_chunk_leaves_nothing(port, client):
    reply = talk(port, f"PUT /v1/datasets/cut HTTP/1.1\r\n{HOST}Content-Type: text/csv\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n8\r\nx,y\n1,2\n\r\nzz\r\n\r\n",
                 half_close=True)
    assert all(s >= 400 for s in statuses(reply))
    client.get("/v1/datasets/cut", expect=404)


def test_chunked_upload_byte_by_byte(client, name):
    text = samples.blobs_text(5).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in text) + b"0\r\n\r\n"
    head = f"PUT /v1/datasets/{name} HTTP/1.1\r\n{HOST}Content-Type: text/csv\r\n" \
           "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert statuses(talk(client.port, head, chunks)) == [201]
    whole = client.put_csv(f"{name}-whole", text).json
    assert client.get(f"/v1/datasets/{name}").json["sha256"] == whole["sha256"]


def test_upload_without_length_or_chunks_is_empty(port, client):
    reply = talk(port, f"PUT /v1/datasets/cut HTTP/1.1\r\n{HOST}Content-Type: text/csv\r\n"
                       "Connection: close\r\n\r\n")
    assert statuses(reply)[0] >= 400


def test_expect_100_continue(client):
    body = '{"instances": []}'
    reply = talk(client.port, f"POST /v1/models/nobody/predict HTTP/1.1\r\n{HOST}{JSON}"
                              f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n"
                              "Connection: close\r\n\r\n", body)
    assert statuses(reply)[-1] == 404


def test_pipelined_requests_answer_in_order(client):
    one = f"GET /livez HTTP/1.1\r\n{HOST}\r\n"
    last = f"GET /v1/models/nobody HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
    assert statuses(talk(client.port, one * 5 + last)) == [200] * 5 + [404]


def test_client_that_leaves_before_the_answer(port, client):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(f"GET /v1/models HTTP/1.1\r\n{HOST}\r\n".encode())
    client.get("/livez")


def test_header_that_never_ends_is_closed(port):
    begin = time.monotonic()
    reply = talk(port, "GET /livez HTTP/1.1\r\nHost:", timeout=60)
    assert time.monotonic() - begin < 30
    assert all(s >= 400 for s in statuses(reply))
