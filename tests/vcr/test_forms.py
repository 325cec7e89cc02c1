"""Every form that vcrpy and its dialects have written, read exactly."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
import yaml
from backports import zstd

from replaykit.errors import CassetteError
from tests.vcr.tapes import ANSWERED, ASKED, answered, as_json, asked, cassette, only, read

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.core.model import Response

TEXT = '{"sun": true, "wind": "très fort"}'.encode()


def binary(data: bytes) -> str:
    """Bytes as YAML has them."""
    return f"!!binary {base64.b64encode(data).decode()}"


def response(folder: Path, body: str, headers: str = "{}", status: str = "{code: 200, message: OK}") -> Response:
    """The response of a cassette that holds this one."""
    found = only(folder, ASKED, answered(body, headers, status)).response
    assert found is not None
    return found


def test_what_vcrpy_writes(tmp_path: Path) -> None:
    """Method, address, headers and bodies are those of the file, and so is their order."""
    text = cassette((ASKED, ANSWERED), (asked("'b'"), answered("{string: two}", status="{code: 503, message: Busy}")))
    first, second = read(tmp_path, text).exchanges
    assert ("POST", "https://api.model.test/v1/chat", b'{"city":"Paris"}') == (
        first.request.method,
        first.request.url,
        first.request.body.data,
    )
    assert (("content-type", "application/json"),) == first.request.headers
    assert first.response is not None
    assert second.response is not None
    assert (200, "OK", b'{"sun":true}') == (first.response.status, first.response.reason, first.response.body.data)
    assert (503, "Busy", b"two") == (second.response.status, second.response.reason, second.response.body.data)
    assert first.began < second.began


def test_methods_are_capitals(tmp_path: Path) -> None:
    """What a caller wrote as `post` is POST on the wire."""
    assert "POST" == only(tmp_path, asked(method="post")).request.method


def test_headers_in_lists_and_alone(tmp_path: Path) -> None:
    """A header with several values stands that often; one without a list once, one without a value not at all."""
    headers = "{set-x: [a, b], plain: c, gone: null, none: [], length: [12], Plain: [d]}"
    expected = (("set-x", "a"), ("set-x", "b"), ("plain", "c"), ("length", "12"), ("Plain", "d"))
    assert expected == response(tmp_path, "{string: ''}", headers).headers


def test_headers_beyond_ascii(tmp_path: Path) -> None:
    """Latin-1 stays as it is, bytes are read as it, and what it lacks is UTF-8 on the wire."""
    headers = f"{{a: [très], b: [{binary('très'.encode('latin-1'))}], c: [☀]}}"
    expected = (("a", "très"), ("b", "très"), ("c", "☀".encode().decode("latin-1")))
    assert expected == response(tmp_path, "{string: ''}", headers).headers


@pytest.mark.parametrize("headers", ["null", "{}", "[]"])
def test_no_headers(tmp_path: Path, headers: str) -> None:
    """Filters of vcrpy take headers out, all of them if they like."""
    exchange = only(tmp_path, asked(headers=headers), answered(headers=headers))
    assert exchange.response is not None
    assert ((), ()) == (exchange.request.headers, exchange.response.headers)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{string: 'très'}", "très".encode()),
        ("{string: null}", b""),
        ("null", b""),
        ("plain", b"plain"),
        (f"{{string: {binary(b'%PDF' + bytes(range(256)))}}}", b"%PDF" + bytes(range(256))),
        (f"{{base64_string: {base64.b64encode(bytes(range(256))).decode()}}}", bytes(range(256))),
        (binary(b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_bodies_of_responses(tmp_path: Path, body: str, expected: bytes) -> None:
    """Text is its UTF-8, bytes are themselves, and nothing is no body."""
    found = response(tmp_path, body)
    assert (expected, (len(expected),) if expected else ()) == (found.body.data, found.lengths)


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("null", "", b""),
        ("'a=1'", "", b"a=1"),
        (binary(b"\x00\xff"), "", b"\x00\xff"),
        ("{model: m, n: [1, 2.5, null, true]}", "application/json", b'{"model": "m", "n": [1, 2.5, null, true]}'),
        ("[{a: 1}]", "", b'[{"a": 1}]'),
        ("{}", "", b"{}"),
        ("{a: '1 2', b: [x, y]}", "application/x-www-form-urlencoded", b"a=1+2&b=x&b=y"),
        (f"['one,', {binary(b'two')}]", "", b"one,two"),
        ("!!python/object/apply:builtins.iter {args: [[a, b]]}", "", b"ab"),
        ("!!python/object/new:_io.BytesIO {state: !!python/tuple [abc, 3, null]}", "", b"abc"),
        ("!!python/unicode 'old'", "", b"old"),
    ],
)
def test_bodies_of_requests(tmp_path: Path, body: str, kind: str, expected: bytes) -> None:
    """What aiohttp was given as a value is printed as aiohttp prints it; everything else is itself."""
    headers = f"{{content-type: [{kind}]}}" if kind else "{}"
    assert expected == only(tmp_path, asked(body, headers)).request.body.data


def test_the_dialect_with_parsed_bodies(tmp_path: Path) -> None:
    """`parsed_body` is printed as its own serializer does, numbers of any size and names beyond ASCII with it."""
    value = {"big": 12345678901234567890123, "part": 1e22, "text": "été ☀\nline", "none": None, "list": [{"a": []}]}
    written = json.dumps(value)  # JSON is YAML
    request = f"\n    headers: {{}}\n    method: POST\n    parsed_body: {written.replace('1e+22', '1.0e+22')}"
    reply = "\n    headers: {content-encoding: [gzip]}\n    parsed_body: {a: 'é'}\n    status: {code: 200, message: OK}"
    exchange = only(tmp_path, f"{request}\n    uri: https://a.test/x", reply)
    assert exchange.response is not None
    assert written.encode() == exchange.request.body.data
    assert (b'{"a": "\\u00e9"}', "gzip") == (exchange.response.body.data, exchange.response.encoding)


def test_the_form_of_older_httpx_stubs(tmp_path: Path) -> None:
    """`content`, `status_code` and `http_version` stand beside each other, and the text is decoded already."""
    reply = """
    content: '{"a":1}'
    headers: {content-encoding: [gzip], content-length: ['27']}
    http_version: HTTP/2
    status_code: 404"""
    found = only(tmp_path, ASKED, reply).response
    assert found is not None
    assert (404, "Not Found", "HTTP/2", "gzip", b'{"a":1}') == (
        found.status,
        found.reason,
        found.version,
        found.encoding,
        found.body.data,
    )


def test_header_names_of_aiohttp(tmp_path: Path) -> None:
    """A name that was an `istr` of multidict is text, in whichever of its homes it was written."""
    request = """
    body: null
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Accept
      : - application/json
      ? !!python/object/new:multidict._multidict_py.istr {args: [X-Two]}
      : - two
      Plain: [three]
    method: GET
    uri: https://a.test/x"""
    assert (("Accept", "application/json"), ("X-Two", "two"), ("Plain", "three")) == only(
        tmp_path, request
    ).request.headers


def test_cassettes_of_vcrpy_before_1(tmp_path: Path) -> None:
    """A bare list, with a request in parts and headers as pairs and lines, is read as today's form is."""
    text = """\
- request: !!python/object:vcr.request.Request
    body: null
    headers: !!python/object/apply:__builtin__.frozenset
    - - !!python/tuple [accept, '*/*']
    host: a.test
    method: GET
    path: /ip?x=1
    port: 80
    protocol: http
  response:
    body: {string: !!python/unicode "{}"}
    headers: [!!python/unicode "content-type: text/plain\\r\\n", "x-time: 10:20\\r\\n"]
    status: {code: 200, message: OK}
"""
    (found,) = read(tmp_path, text).exchanges
    assert found.response is not None
    assert ("http://a.test/ip?x=1", (("accept", "*/*"),)) == (found.request.url, found.request.headers)
    assert (("content-type", "text/plain"), ("x-time", "10:20")) == found.response.headers


def test_the_json_serializer(tmp_path: Path) -> None:
    """The same structure as JSON, in a file of any name."""
    request = {"method": "GET", "uri": "https://a.test/x", "body": None, "headers": {"accept": ["*/*"]}}
    reply = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "☀ \U0001f600"}}
    for name in ("tape.json", "tape.yaml"):
        (found,) = read(tmp_path, as_json((request, reply)), name).exchanges
        assert found.response is not None
        assert ("☀ \U0001f600".encode(), (("accept", "*/*"),)) == (found.response.body.data, found.request.headers)


def test_a_cassette_without_a_version(tmp_path: Path) -> None:
    """Some serializers leave it out; an empty cassette has no steps."""
    assert 1 == len(read(tmp_path, cassette((ASKED, ANSWERED), end="")).steps)
    assert () == read(tmp_path, "interactions: []\nversion: 1\n").steps


def test_without_libyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, its own parser reads the same, only slower."""
    text = cassette((asked(f"{binary(b'1')}", "&a {a: [b]}"), ANSWERED), (asked("'é'", "*a"), ANSWERED))
    fast = read(tmp_path, text).exchanges
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert fast == read(tmp_path, text).exchanges
    with pytest.raises(CassetteError, match=r"tape\.yaml:1: it is nested more than 200 levels deep"):
        read(tmp_path, "a: " + "[" * 5_000)
    with pytest.raises(CassetteError, match=r"tape\.yaml:2: this is no text"):
        read(tmp_path, b"a: b\nc: \xff\n")


def test_a_list_that_belongs_to_two(tmp_path: Path) -> None:
    """Vcrpy writes an alias where one object stands twice."""
    text = cassette((asked(headers="&id001 {a: [b]}"), answered()), (asked(headers="*id001"), answered()))
    assert [(("a", "b"),), (("a", "b"),)] == [each.request.headers for each in read(tmp_path, text).exchanges]


@pytest.mark.parametrize("code", ["gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "deflate, gzip"])
def test_compressed_bodies_are_decoded(tmp_path: Path, code: str) -> None:
    """What is compressed as its header says is kept decoded, with the encoding noted."""
    packed = {
        "deflate": zlib.compress(TEXT),
        "br": brotli.compress(TEXT),
        "zstd": zstd.compress(TEXT) + zstd.compress(b"more"),
        "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
    }.get(code, gzip.compress(TEXT))
    found = response(tmp_path, f"{{string: {binary(packed)}}}", f"{{Content-Encoding: ['{code}']}}")
    assert (TEXT + b"more" * (code == "zstd"), code) == (found.body.data, found.encoding)


@pytest.mark.parametrize("code", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("body", ["'{\"a\": 1}'", binary(b"\x89PNG\r\n\xff\xd8"), "''"])
def test_bodies_that_were_decoded_before(tmp_path: Path, code: str, body: str) -> None:
    """An encoding over a body that has none is noted as undone, so that no client undoes it again."""
    found = response(tmp_path, f"{{string: {body}}}", f"{{content-encoding: ['{code}']}}")
    assert code == found.encoding
    assert found.body.data in {b'{"a": 1}', b"\x89PNG\r\n\xff\xd8", b""}


@pytest.mark.parametrize("code", ["identity", "aws-chunked", "gzip, unheard-of"])
def test_encodings_that_nobody_here_knows(tmp_path: Path, code: str) -> None:
    """A body is served as it is, under the header that it had."""
    found = response(tmp_path, f"{{string: {binary(gzip.compress(TEXT))}}}", f"{{content-encoding: ['{code}']}}")
    assert (gzip.compress(TEXT)[10:], "") == (found.body.data[10:], found.encoding)


def test_a_damaged_body_is_served_as_it_was_sent(tmp_path: Path) -> None:
    """What begins as gzip and breaks off in noise is the client's to stumble over, as it was on the wire."""
    damaged = gzip.compress(TEXT)[:10] + b"\xff" * 40
    found = response(tmp_path, f"{{string: {binary(damaged)}}}", "{content-encoding: [gzip]}")
    assert (damaged, "") == (found.body.data, found.encoding)


@pytest.mark.parametrize(
    ("kind", "body", "lengths"),
    [
        ("text/event-stream", b"data: 1\n\ndata: 22\n\n", (9, 10)),
        ("text/event-stream", b": hi\r\n\r\ndata: 1\r\n\r\ndata: [DO", (8, 11, 9)),
        ("application/json", b"data: 1\n\ndata: 22\n\n", (9, 10)),
        ("application/x-ndjson", b'{"a":1}\n{"b":22}\n', (8, 9)),
        ("application/json", b'[{"a": 1}, {"b": 2}]', (20,)),
        ("text/event-stream", b"", ()),
    ],
)
def test_a_stream_stays_a_stream(tmp_path: Path, kind: str, body: bytes, lengths: tuple[int, ...]) -> None:
    """A body of events is cut where they end, by whatever type it came; anything else is one chunk."""
    found = response(tmp_path, f"{{string: {binary(body)}}}", f"{{content-type: [{kind}]}}")
    assert (lengths, body) == (found.lengths, b"".join(found.chunks()))
    assert len(found.lengths) == len(found.times)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("{code: 200, message: OK}", (200, "OK")),
        ("{code: 200, message: null}", (200, "OK")),
        ("{code: 404, message: ''}", (404, "Not Found")),
        ("{code: '201'}", (201, "Created")),
        ("{code: 299}", (299, "")),
    ],
)
def test_statuses(tmp_path: Path, status: str, expected: tuple[int, str]) -> None:
    """A status without a phrase gets the one that clients know it by, as vcrpy leaves it to them."""
    found = response(tmp_path, "{string: ''}", status=status)
    assert expected == (found.status, found.reason)


def test_retries_are_attempts(tmp_path: Path) -> None:
    """A retry of an SDK is an attempt of its step, as in a recording."""
    assert 2 == only(tmp_path, asked(headers="{x-stainless-retry-count: ['2']}")).attempt


def test_when_it_was(tmp_path: Path) -> None:
    """The servers' `Date` says when the run was; a step that says nothing follows the one before it."""
    dates = ["Sat, 13 Sep 2025 10:31:32 GMT", None, "Sat, 13 Sep 2025 10:31:40 GMT", "nonsense"]
    found = read(
        tmp_path, cassette(*((ASKED, answered(headers=f"{{Date: ['{each}']}}" if each else "{}")) for each in dates))
    )
    assert (1_757_759_492.0, 1_757_759_500.0) == (found.span.began, found.span.ended)
    assert [0, 1, 8 * 10**9, 8 * 10**9 + 1] == [step.began - found.steps[0].began for step in found.steps]


def test_what_it_says_itself_of_when_it_was(tmp_path: Path) -> None:
    """`recorded_at` comes before what servers say; without either, nothing is known."""
    text = cassette((ASKED, answered(headers="{date: ['Sat, 13 Sep 2025 10:31:32 GMT']}")))
    assert (
        1_700_000_000.0
        == read(tmp_path, text.replace("  response", "  recorded_at: 1700000000\n  response")).span.began
    )
    assert 0.0 == read(tmp_path, cassette((ASKED, ANSWERED))).span.began


def test_secrets_are_hidden(tmp_path: Path) -> None:
    """A cassette that was never filtered is redacted as a recording is; what was filtered stays."""
    request = asked(headers="{authorization: [Bearer abcdefgh12345678], x-api-key: ['**REDACTED**']}")
    exchange = only(tmp_path, request, answered('{string: \'{"access_token":"q8Zr5TnW2pXkLmV7"}\'}'))
    assert exchange.response is not None
    assert ("authorization", "Bearer [REDACTED]") == exchange.request.headers[0]
    assert b'{"access_token":"[REDACTED]"}' == exchange.response.body.data
    assert {"header authorization", "field access_token"} <= set(exchange.hidden)
