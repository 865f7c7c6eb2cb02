"""The page under attack: names of uploads, requests of other pages, other hosts, and files that mean harm.

What tests/test_serve.py holds already is not said twice; docs/security.md names the tests of both.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
from attacks_made import MARKER, SECRET, files_below, listening, packed
from small_workspace import ORIGIN, make_workspace

import fuling_gis as fg

pytest.importorskip("fastapi", reason="the extra `web` is not installed")

import httpx
from serve_made import finished, served

from fuling_gis.errors import FileError
from fuling_gis.serve.guard import Guard
from fuling_gis.serve.uploads import MOST_FILES, keep

DAY = "as_of=2024-06-01"
SITES = f"site_id,x,y\n1,{ORIGIN[0]},{ORIGIN[1] + 600}\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    workspace = fg.open_workspace(make_workspace(tmp_path_factory.mktemp("page") / "small"))
    with served(workspace) as address, httpx.Client(base_url=address, timeout=60) as asking:
        yield asking


def raw(client, request: bytes) -> bytes:
    """Send bytes as they are and give what comes back."""
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def form(filename: bytes, body: bytes) -> tuple[bytes, dict[str, str]]:
    """Make the body of an upload whose file may be called anything."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % filename
    return head + body + b"\r\n--x--\r\n", {"content-type": "multipart/form-data; boundary=x"}


NAMES = (
    b"../../../../tmp/a.csv", b"..\\..\\a.csv", b"/etc/cron.d/a.csv", b"C:\\Windows\\a.csv", b"\\\\host\\share\\a.csv",
    b"CON.csv",
    b"a.csv:stream.csv", b"a\x00.csv", b"a\nb.csv", b"\x1b[31ma\x1b]0;t\x07.csv", b"\xe2\x80\xae.csv", b"\xff\xfe.csv",
    b"<img src=x onerror=alert(1)>.csv", b"${7*7}{{7*7}}.csv", b"=cmd|'/c calc'!A1.csv",
    b"a" * 4000 + b".csv", b".csv", b"-rf.csv",
    b"upload-1.csv", b"file:///etc/passwd.csv", b"CSV:a.csv",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_an_upload_writes_nowhere_and_says_nothing(client, tmp_path, monkeypatch, caplog, name):
    monkeypatch.chdir(tmp_path)
    before = files_below(tmp_path)
    body, headers = form(name, SITES.encode())
    with caplog.at_level(logging.INFO, logger="fuling_gis.serve"):
        logging.getLogger("fuling_gis.serve").propagate = True
        reply = client.post(f"/api/jobs?{DAY}&outputs=csv&crs=EPSG:4545", content=body, headers=headers)
        assert reply.status_code in (202, 400), reply.text
        if reply.status_code == 202:
            state = finished(client, reply.json()["id"])
            assert state["state"] == "done", state
            answer = client.get(f"/api/jobs/{state['id']}/answer").json()
            source = answer["sites"][0]["source"]
            assert source == state["name"].replace("\\", "/").rpartition("/")[2]
            assert source.isprintable()
            assert not {"/", "\\"} & set(source)
    assert "set-cookie" not in reply.headers
    assert reply.headers["content-type"] == "application/json"
    assert files_below(tmp_path) == before
    for record in caplog.records:
        assert record.getMessage().isprintable()


def test_a_form_of_very_many_parts_is_refused(client):
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%d.csv"\r\n\r\na\r\n'
    body = b"".join(part % n for n in range(5000)) + b"--x--\r\n"
    reply = client.post("/api/jobs", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert reply.status_code == 400
    assert client.get("/api/health").status_code == 200


def test_an_upload_of_more_files_than_anybody_sends_is_refused(client):
    def sent(n):
        files = [("file", (f"{number}.csv", SITES)) for number in range(n)]
        return client.post(f"/api/jobs?{DAY}&outputs=csv&crs=EPSG:4545", files=files)

    assert MOST_FILES == 20
    most = sent(20)
    assert most.status_code == 202
    client.delete(f"/api/jobs/{most.json()['id']}")
    refused = sent(21)
    assert refused.status_code == 400
    assert refused.json()["error"]["en"] == "at most 20 files are taken at a time"


def test_more_files_than_anybody_sends_are_not_kept_whoever_hands_them_over(tmp_path):
    """The second lock by itself: behind a form that lets all of them through, none is written."""

    class File:
        filename = "a.csv"

        def __init__(self):
            self.pieces = [SITES.encode()]

        async def read(self, _size):
            return self.pieces.pop() if self.pieces else b""

    with pytest.raises(FileError, match="at most 20 files"):
        asyncio.run(keep([File() for _ in range(21)], tmp_path))
    assert files_below(tmp_path) == set()
    assert len(asyncio.run(keep([File() for _ in range(20)], tmp_path))[0]) == 20


def test_an_upload_that_points_to_another_file_reads_none(client, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(SECRET, "utf-8")
    with listening() as found:
        for place in (secret, f"/vsicurl/{found.url}/a.csv"):
            text = (
                f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{place}</SrcDataSource>'
                '<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
            )
            for name in ("a.geojson", "a.csv", "a.kml"):
                begun = client.post(f"/api/jobs?{DAY}&crs=EPSG:4545", files=[("file", (name, text))])
                state = finished(client, begun.json()["id"])
                assert state["state"] == "failed"
                assert MARKER not in json.dumps(state)
    assert found.calls == []


def test_an_upload_that_swells_is_refused_and_the_server_goes_on(client, tmp_path):
    bomb = packed(tmp_path / "a.zip", {"a.csv": bytes(80 << 20)}).read_bytes()
    begun = client.post(f"/api/jobs?{DAY}", files=[("file", ("a.zip", bomb))])
    state = finished(client, begun.json()["id"])
    assert state["state"] == "failed"
    assert "beyond measure" in state["error"]["en"]
    assert client.get("/api/health").status_code == 200


def test_a_packed_body_is_not_unpacked(client):
    import gzip

    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert client.post("/api/check", content=gzip.compress(bytes(64 << 20)), headers=headers).status_code == 400


def test_a_form_of_another_page_starts_no_job_and_ends_none(client):
    """A form is sent without asking first, wherever the page comes from; so is a request without a body."""
    body, headers = form(b"a.csv", SITES.encode())
    evil = {"origin": "http://evil.example"}
    assert client.post(f"/api/jobs?{DAY}", content=body, headers={**headers, **evil}).status_code == 403
    begun = client.post(f"/api/jobs?{DAY}&crs=EPSG:4545", content=body, headers=headers).json()["id"]
    assert client.delete(f"/api/jobs/{begun}", headers=evil).status_code == 403
    assert client.get(f"/api/jobs/{begun}", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get(f"/api/jobs/{begun}").status_code == 200


def test_who_is_refused_while_still_sending_gets_the_answer(client):
    # More than a server takes in before anybody asks for it.
    size = 4_000_000
    head = (
        b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: %d\r\n\r\n"
        % size
    )
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(head + bytes(size))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.split(b" ", 2)[1] == b"403"


HOSTS = ("127.0.0.1@evil.example", "localhost.evil.example", "localhost.", "evil.example#localhost",
         "127.0.0.1:80@evil", "2130706433", "0x7f000001", "127.1", "[::ffff:7f00:1]", "localhost\tevil")  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_only_looks_like_this_machine_is_refused(client, host):
    answer = raw(client, f"GET /api/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] in (b"421", b"400"), answer[:200]


@pytest.mark.parametrize(
    "hosts",
    [(b"localhost", b"evil.example"), (b"evil.example", b"localhost"), ()],
    ids=["good first", "bad first", "none"],
)
def test_two_hosts_or_none_are_refused(client, hosts):
    lines = b"".join(b"Host: %s\r\n" % host for host in hosts)
    answer = raw(client, b"GET /api/health HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] in (b"421", b"400"), answer[:200]


def test_a_body_of_two_lengths_is_one_request_at_most(client):
    inner = b"DELETE /api/jobs/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = raw(client, head + both + inner)
    assert answer.count(b"HTTP/1.1 204") == 0
    assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize("said", [b"99999999999", b"1000000000"])
def test_what_says_that_it_is_too_large_is_refused_whatever_it_sends(client, said):
    head = b"POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
    answer = raw(client, head + b"Content-Length: " + said + b"\r\nConnection: close\r\n\r\n")
    # The body, for which the server would have to ask, is never sent.
    assert answer.split(b" ", 2)[1] == b"413", answer[:200]


def test_a_map_is_downloaded_and_never_shown_in_the_pages_own_name(client):
    begun = client.post(f"/api/jobs?{DAY}&outputs=map&crs=EPSG:4545", files=[("file", ("a.csv", SITES))])
    state = finished(client, begun.json()["id"])
    reply = client.get(f"/api/jobs/{state['id']}/files/map.html")
    assert reply.status_code == 200
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_name_in_a_request_adds_no_line_to_a_reply_or_the_log(client, caplog):
    with caplog.at_level(logging.INFO, logger="fuling_gis.serve"):
        logging.getLogger("fuling_gis.serve").propagate = True
        for path in ("/a%0d%0aSet-Cookie:%20a=b", "/api/jobs/%0d%0aX:%20y", "/assets/%e2%80%a8%1b[2J", "/%00%85%9b"):
            reply = client.get(path)
            assert reply.status_code == 404
            assert not {"set-cookie", "x"} & set(reply.headers)
    assert len(caplog.records) >= 4
    assert all(record.getMessage().isprintable() for record in caplog.records)


# The guard by itself: the server in front of it refuses some of this before, and another server need not.


def answered(app, *headers, path="/api/health", method="GET"):
    """Ask a guarded application; give the status of its reply."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    guard = Guard(app, names=("localhost", "evil.example"), addresses=False, limits={"/api": 100})
    asyncio.run(guard({"type": "http", "method": method, "path": path, "headers": list(headers)}, receive, send))
    return sent[0]["status"]


async def lets_in(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


HOST, OTHER = (b"host", b"localhost"), (b"Host", b"evil.example")
OWN, FOREIGN = (b"origin", b"http://localhost"), (b"Origin", b"http://evil.example")


def test_a_second_host_makes_both_unusable_in_the_guard_itself():
    """Both are names of this server, so that each by itself is let in."""
    assert (answered(lets_in, HOST), answered(lets_in, OTHER)) == (200, 200)
    assert (answered(lets_in, HOST, OTHER), answered(lets_in, OTHER, HOST)) == (421, 421)
    assert answered(lets_in, HOST, HOST) == 421


def test_a_second_origin_makes_both_unusable_in_the_guard_itself():
    assert answered(lets_in, HOST, OWN) == 200
    assert answered(lets_in, HOST, OWN, FOREIGN) == 403
    assert answered(lets_in, HOST, FOREIGN, OWN) == 403
    assert answered(lets_in, HOST, OWN, OWN) == 403


def test_a_fault_whose_text_has_line_breaks_adds_no_line_to_the_log(caplog):
    async def breaks(_scope, _receive, _send):
        text = "a\nb\r\nERROR forged\u2028c\x1b[2J"
        raise ValueError(text)

    with caplog.at_level(logging.INFO, logger="fuling_gis.serve"):
        logging.getLogger("fuling_gis.serve").propagate = True
        assert answered(breaks, HOST) == 500
    told = {record.getMessage() for record in caplog.records if record.levelno == logging.ERROR}
    assert told == {"request: ValueError: a?b??ERROR forged?c?[2J"}
