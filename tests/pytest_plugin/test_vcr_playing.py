"""Who is answered from a vcrpy cassette, with what, and what becomes of everybody else."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import yaml

from replaykit.core.match import Found
from replaykit.errors import CassetteError, NotRecorded, Unreachable, UsageError
from replaykit.pytest_plugin.vcr.errors import CannotOverwriteExistingCassetteException
from replaykit.pytest_plugin.vcr.others import Shared
from replaykit.pytest_plugin.vcr.request import Request
from replaykit.pytest_plugin.vcr.settings import Vcr
from tests.pytest_plugin.vcrpy import CITIES, chat, opened, written
from tests.servers.script import plain
from tests.vcr.tapes import URL, answered, asked, cassette

if TYPE_CHECKING:
    from replaykit.pytest_plugin.vcr.case import Case
    from tests.servers.wire import Server

UNKNOWN = CannotOverwriteExistingCassetteException


def ask(city: str, library: Any = httpx, url: str = URL, **more: Any) -> str:
    """What is said about a city."""
    return str(library.post(url, json={"city": city}, **more).text)


def hows(case: Case) -> list[str]:
    """How each request was answered."""
    return [play.how for play in case.playing.plays]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_equal_requests_are_answered_in_recorded_order(tmp_path: Path, library: Any) -> None:
    """What is equal comes first, whatever the order, and equals come one after the other."""
    case = opened(written(tmp_path))
    with case.under_way(()):
        said = [ask(city, library) for city in ("Rome", "Paris", "Paris")]
    assert ["rain", "sun", "fog"] == said
    assert ["same"] * 3 == hows(case)


def test_async_clients_are_answered(tmp_path: Path) -> None:
    """A client that awaits is answered like any other."""

    async def run(library: Any) -> str:
        async with library.AsyncClient() as client:
            return str((await client.post(URL, json={"city": "Paris"})).text)

    with opened(written(tmp_path)).under_way(()):
        assert ["sun", "fog"] == [asyncio.run(run(library)) for library in (httpx, httpx2)]


def test_something_else_is_answered_loosely(tmp_path: Path) -> None:
    """What vcrpy's matching takes gets the first answer that is left, is counted, and can be explained."""
    case = opened(written(tmp_path))
    with case.under_way(()):
        assert ["sun", "rain"] == [ask("Paris"), ask("Oslo")]
    assert ["same", "loose"] == hows(case)
    assert {"same": 1, "after_rules": 0, "loose": 1, "missed": 0, "beside": 0, "kept": 0} == case.facts()
    assert [['city: "Rome" → "Oslo"']] == case.told()


def test_formatting_is_no_difference(tmp_path: Path) -> None:
    """The same document printed otherwise is the same after rules, and tells nothing."""
    case = opened(written(tmp_path))
    with case.under_way(()):
        assert (
            "rain" == httpx.post(URL, content=b'{ "city" : "Rome" }', headers={"content-type": "application/json"}).text
        )
    assert ["after_rules"] == hows(case)
    assert [] == case.told()


def test_a_strict_test_is_answered_with_equals_only(tmp_path: Path) -> None:
    """Nothing is loose there, and what differs is told."""
    case = opened(written(tmp_path), strict=True)
    with case.under_way(()), pytest.raises(UNKNOWN, match='"Rome" → "Oslo"'):
        ask("Oslo")
    assert [] == case.playing.plays


def test_each_recording_answers_once(tmp_path: Path) -> None:
    """A fourth request of three is not recorded; the error is ours, and names test, request and remedy."""
    case = opened(written(tmp_path))
    with case.under_way(()):
        assert ["sun", "fog", "rain"] == [ask("Paris") for _ in range(3)]
        with pytest.raises(UNKNOWN) as raised:
            ask("Paris")
    assert isinstance(raised.value, NotRecorded)
    assert "asked for once more than recorded" in str(raised.value)
    assert "pytest tests/test_it.py::test_it --replaykit-vcr --record-mode=rewrite" in str(raised.value)
    assert raised.value.failed_request.body == b'{"city":"Paris"}'
    assert raised.value.cassette.all_played
    assert [raised.value] == case.playing.misses


def test_repeats_where_they_are_allowed(tmp_path: Path) -> None:
    """Then the first that fits answers, again and again."""
    case = opened(written(tmp_path), allow_playback_repeats=True)
    with case.under_way(()) as tape:
        assert ["rain", "rain", "sun", "sun"] == [ask(city) for city in ("Rome", "Rome", "Oslo", "Oslo")]
        assert (4, False) == (tape.play_count, tape.all_played)
    assert ["same", "same", "loose", "loose"] == hows(case)


def test_a_missing_file_holds_nothing(tmp_path: Path) -> None:
    """Without a recording mode nothing is sent, and the account says so."""
    case = opened(tmp_path / "none.yaml")
    with case.under_way(()), pytest.raises(UNKNOWN, match="the cassette holds nothing, or is not there"):
        ask("Paris")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """File and line, and what to do."""
    path = written(tmp_path, CITIES.replace("method: POST", "method: 7", 1))
    with pytest.raises(CassetteError, match=r"it\.yaml:\d+: interaction 1: its method is no text\nrestore .*rewrite"):
        opened(path)


def test_further_cassettes(tmp_path: Path) -> None:
    """What the first lacks is looked for in the others; a file that is named twice is read once."""
    more = written(tmp_path, cassette(chat("Oslo", "snow")), "more.yaml")
    case = opened(written(tmp_path), more, more)
    with case.under_way(()) as tape:
        assert ["snow", "sun"] == [ask("Oslo"), ask("Paris")]
        assert 4 == len(tape)


def test_other_libraries_are_refused(tmp_path: Path) -> None:
    """What does not come through us reaches nothing beyond this machine, unless its host is allowed or ignored."""
    case = opened(written(tmp_path), ignore_hosts=[re.compile(r"203\.0\.113\..*")])
    with case.under_way((r"192\.0\.2\.",)), socket.socket(type=socket.SOCK_DGRAM) as endpoint:
        endpoint.connect(("192.0.2.1", 9))  # a datagram's: nothing is sent
        endpoint.connect(("203.0.113.1", 9))
        with pytest.raises(Unreachable, match=r"198\.51\.100\.1"):
            endpoint.connect(("198.51.100.1", 9))
    assert ["192.0.2.1", "203.0.113.1", "198.51.100.1"] == [each.what for each in case.playing.unseen]


@pytest.mark.parametrize(
    ("match_on", "request_", "fits"),
    [
        (["method"], ("POST", "https://else.test/", {}), True),
        (["method"], ("GET", URL, {}), False),
        (["host", "port"], ("GET", "http://api.model.test:443/", {}), True),
        (["scheme"], ("POST", URL.replace("https", "http"), {}), False),
        (["path"], ("POST", "https://else.test/v1/chat?x=1", {}), True),
        (["query"], ("POST", f"{URL}?x=1", {}), False),
        (["uri"], ("POST", f"{URL}?x=1", {}), False),
        (["body"], ("POST", "https://else.test/", {"content-type": "application/json"}), True),
        (["raw_body"], ("POST", URL, {"content-type": "application/json"}), False),
        (["headers"], ("POST", URL, {"Content-Type": "application/json"}), True),
        (["headers"], ("POST", URL, {"content-type": "text/plain"}), False),
        (["method", "body"], ("POST", URL, {"content-type": "text/plain"}), False),
    ],
)
def test_the_matchers_of_vcrpy(tmp_path: Path, match_on: list[str], request_: Any, fits: bool) -> None:  # noqa: FBT001
    """Each looks at its own part; JSON is compared as what it says."""
    case = opened(written(tmp_path, cassette(chat("Paris", "sun"))), match_on=match_on)
    method, url, headers = request_
    live = Request(method, url, b'{ "city": "Paris" }', headers)
    assert ([0] if fits else []) == case.cassette.fitting(live)


def test_a_matcher_decides_between_equals(tmp_path: Path) -> None:
    """Where a project's own matcher tells equal requests apart, it is asked for those, too."""

    def tenant(live: Request, recorded: Request) -> None:
        assert live.headers.get("x-tenant") == recorded.headers.get("x-tenant")

    pairs = ((asked("null", f"{{x-tenant: [{name}]}}", method="GET"), answered(f"{{string: {name}}}")) for name in "ab")
    vcr = Vcr("none", "")
    vcr.register_matcher("tenant", tenant)
    vcr.match_on = ["uri", "tenant"]
    case = opened(written(tmp_path, cassette(*pairs)), vcr=vcr)
    with case.under_way(()):
        assert ["b", "a"] == [httpx.get(URL, headers={"x-tenant": name}).text for name in "ba"]
        with pytest.raises(UNKNOWN):
            httpx.get(URL, headers={"x-tenant": "c"})


def test_filters_apply_to_both_sides(tmp_path: Path) -> None:
    """Keys in the address, in the body and in headers were taken out of the file, and are of the live request."""
    url = "https://api.model.test/v1/chat?city=Paris"
    path = written(tmp_path, cassette((asked("""'{"user":"HIDDEN"}'""", "{}", url), answered("{string: sun}"))))
    case = opened(
        path,
        match_on=["uri", "method", "body"],
        filter_headers=["authorization", ("x-name", "HIDDEN")],
        filter_query_parameters=["key"],
        filter_post_data_parameters=["token", ("user", lambda key, value, request: "HIDDEN")],  # noqa: ARG005
    )
    with case.under_way(()):
        live = {"user": "ann", "token": "t0p"}
        headers = {"authorization": "Bearer t0p", "x-name": "ann"}
        assert "sun" == httpx.post(f"{url}&key=t0p", json=live, headers=headers).text
    (play,) = case.playing.plays
    assert (url, b'{"user": "HIDDEN"}') == (play.live.url, play.live.body.data)
    assert "t0p" not in str(play.live.headers)
    assert ("x-name", "HIDDEN") in play.live.headers


def test_a_form_is_filtered(tmp_path: Path) -> None:
    """Parameters of a form are taken out by their plain name; the others stay as they were written."""
    case = opened(written(tmp_path), filter_post_data_parameters=["a:key", ("b", "x")])
    live = Request("POST", URL, b"a%3Akey=1&b=2&c=%20&d", {"content-type": "application/x-www-form-urlencoded"})
    sift = case.playing._settings.sift  # noqa: SLF001 - what it was made of
    assert sift is not None
    assert b"b=x&c=%20&d" == (sift(live) or live).body


PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="key"\r\n\r\n\xff\r\nkey\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["key"], PARTS.partition(b"%b\r\n")[2]),
        ([("key", "x")], PARTS % (b"key", b"x")),
        ([("key", lambda key, value, request: f"{key}={value}")], PARTS % (b"key", b"key=1")),  # noqa: ARG005
        (["else", "name", "filename"], PARTS % (b"key", b"1")),
    ],
)
@pytest.mark.parametrize("boundary", ["x", '"x"; charset=utf-8'])
def test_a_form_in_parts_is_filtered(tmp_path: Path, said: list[Any], expected: bytes, boundary: str) -> None:
    """Parts are taken out or written over by their name, and all other bytes stay as they were."""
    case = opened(written(tmp_path), filter_post_data_parameters=said)
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    sift = case.playing._settings.sift  # noqa: SLF001 - what it was made of
    assert sift is not None
    left = sift(Request("POST", URL, PARTS % (b"key", b"1"), kind))
    assert left is not None
    assert expected.removeprefix(b"\r\n") == left.body


def test_a_matcher_of_the_projects_own_does_not_make_a_difference(tmp_path: Path) -> None:
    """JSON that is written otherwise is the same after rules there, too, before anything is taken loosely."""
    vcr = Vcr("none", str(tmp_path))
    vcr.register_matcher("method", lambda live, recorded: live.method == recorded.method)
    case = opened(written(tmp_path), vcr=vcr)
    with case.under_way(()):
        assert "rain" == httpx.post(URL, content=b'{ "city" : "Rome" }').text
        assert "sun" == ask("Oslo")
    assert ["after_rules", "loose"] == hows(case)


def test_what_a_filter_drops_is_sent(tmp_path: Path, server: Server) -> None:
    """An ignored host is asked for real, and so is what a hook gives None for."""
    url = server.on("GET /a", plain(b"real"))
    for said in (
        {"ignore_localhost": True},
        {"ignore_hosts": ["127.0.0.1"]},
        {"before_record_request": _nothing_local},
    ):
        case = opened(written(tmp_path), **said)
        with case.under_way(()):
            assert "real" == httpx.get(url).text
            assert "sun" == ask("Paris")
        assert ["same"] == hows(case)
    assert 3 == len(server.requests)


def _nothing_local(request: Request) -> Request | None:
    return None if request.host == "127.0.0.1" else request


def test_hooks_change_what_is_served(tmp_path: Path) -> None:
    """What `before_record_response` gives is served and seen; one that gives None drops the interaction."""

    def louder(response: dict[str, Any]) -> dict[str, Any] | None:
        if response["body"]["string"] == b"rain":
            return None
        response["body"]["string"] = response["body"]["string"].upper()
        response["headers"]["x-by"] = ["hook"]
        return response

    case = opened(written(tmp_path), before_record_response=louder)
    with case.under_way(()) as tape:
        said = httpx.post(URL, json={"city": "Paris"})
    assert ("SUN", "hook", 2) == (said.text, said.headers["x-by"], len(tape))
    assert [b"SUN", b"FOG"] == [each["body"]["string"] for each in tape.responses]


def test_compressed_answers(tmp_path: Path) -> None:
    """A client reads them decoded; a test sees them as the file has them, unless they are to be decoded."""
    packed = gzip.compress(b"sun", mtime=0)
    document = {
        "version": 1,
        "interactions": [
            {
                "request": {"method": "GET", "uri": URL, "body": None, "headers": {}},
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"Content-Encoding": ["gzip"], "Content-Length": [str(len(packed))]},
                    "body": {"string": packed},
                },
            }
        ],
    }
    path = written(tmp_path, yaml.safe_dump(document))
    for decode, body, headers in ((False, packed, True), (True, b"sun", False)):
        case = opened(path, decode_compressed_response=decode)
        with case.under_way(()) as tape:
            assert "sun" == httpx.get(URL).text
        assert body == tape.responses[0]["body"]["string"]
        assert headers is ("Content-Encoding" in tape.responses[0]["headers"])


def test_a_serializer_of_the_projects_own(tmp_path: Path) -> None:
    """It is given the text of the file, and what it gives is played; what it raises is told with the file."""

    class Lines:
        """A cassette of lines: a city, a colon, an answer."""

        def deserialize(self, text: str) -> Any:
            pairs = (line.split(":") for line in text.splitlines())
            return {"interactions": [{"request": _asked(city), "response": _said(word)} for city, word in pairs]}

        def serialize(self, document: Any) -> str:
            return json.dumps(document)

    def _asked(city: str) -> Any:
        return {"method": "POST", "uri": URL, "body": json.dumps({"city": city}), "headers": {}}

    def _said(word: str) -> Any:
        return {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": word}}

    vcr = Vcr("none", "")
    vcr.register_serializer("lines", Lines())
    case = opened(written(tmp_path, "Paris:sun\nRome:rain\n", "it.lines"), vcr=vcr, serializer="lines")
    with case.under_way(()):
        assert "rain" == ask("Rome")
    with pytest.raises(CassetteError, match=r"it\.lines: the serializer Lines fails on it: ValueError"):
        opened(written(tmp_path, "Paris", "it.lines"), vcr=vcr, serializer="lines")


def test_the_cassette_that_a_test_looks_into(tmp_path: Path) -> None:
    """Requests, answers, counts, path and mode are there, by vcrpy's names."""
    path = written(tmp_path)
    with opened(path).under_way(()) as tape:
        ask("Rome")
        assert (3, 1, False, {1: 1}) == (len(tape), tape.play_count, tape.all_played, dict(tape.play_counts))
        assert [b'{"city":"Paris"}', b'{"city":"Rome"}'] == [each.body for each in tape.requests[:2]]
        assert tape.requests[0] is tape.requests[0]
        assert ("POST", "api.model.test", 443, "/v1/chat") == (
            tape.requests[0].method,
            tape.requests[0].host,
            tape.requests[0].port,
            tape.requests[0].path,
        )
        assert ({"code": 200, "message": "OK"}, b"rain") == (
            tape.responses[1]["status"],
            tape.responses[1]["body"]["string"],
        )
        assert (str(path), "none", True) == (tape._path, tape.record_mode, tape.write_protected)  # noqa: SLF001
        assert Request("GET", URL, b"", {}) not in tape
        tape.append(Request("GET", URL, b"", {}), tape.responses[0])
        assert (4, "GET") == (len(tape), tape.requests[3].method)
    assert CITIES == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"record_mode": "sometimes"}, "record_mode='sometimes' is no mode"),
        ({"match_on": ["color"]}, "no matcher is called 'color'"),
        ({"serializer": "toml"}, "no serializer is called 'toml'"),
        ({"drop_unused_requests": True}, "not supported yet by --replaykit-vcr: drop_unused_requests=True"),
        ({"custom_patches": [1]}, "leave out custom_patches"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, said: dict[str, Any], told: str) -> None:
    """By name, with what to do about it."""
    with pytest.raises(UsageError) as raised:
        opened(written(tmp_path), **said)
    assert told in str(raised.value)


def test_a_setting_that_nobody_knows_is_left_alone(tmp_path: Path) -> None:
    """Projects keep settings of their own in `vcr_config`, as vcrpy lets them."""
    assert 3 == len(opened(written(tmp_path), owner="us", custom_patches=()).cassette)


def test_a_secret_is_told_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the account of a miss nor that of a difference holds the value of a secret variable."""
    monkeypatch.setenv("MODEL_API_KEY", "sk-0123456789abcdef0123")
    case = opened(written(tmp_path))
    with case.under_way(()):
        ask("sk-0123456789abcdef0123")
        with pytest.raises(UNKNOWN) as raised:
            httpx.get(f"{URL}?q=sk-0123456789abcdef0123", headers={"x-key": "sk-0123456789abcdef0123"})
    assert "REDACTED" in str(case.told())
    assert "0123456789abcdef" not in str(raised.value) + str(case.told())


def test_stubs_of_vcrpy_share_the_cassette(tmp_path: Path) -> None:
    """What vcrpy's stubs for other libraries play is counted with ours, each once; a miss is remembered apart."""
    case = opened(written(tmp_path), filter_headers=["authorization"], ignore_hosts=["mine.test"])
    shared = Shared(case.cassette, case.playing)
    rome = Request("POST", URL, '{"city":"Rome"}', {"authorization": "Bearer t0p"})
    with case.under_way(()):
        assert "sun" == ask("Paris")
        assert shared.can_play_response_for(rome)
        assert b"rain" == shared.play_response(rome)["body"]["string"]
        assert "fog" == ask("Paris")
        assert case.cassette.all_played
        assert not shared.can_play_response_for(rome)
        assert shared.filter_request(Request("GET", "https://mine.test/", None, {})) is None
        with pytest.raises(UNKNOWN):
            shared.filter_request(rome)
        with pytest.raises(UNKNOWN):
            shared.play_response(rome)
    assert (["same"] * 3, 2, []) == (hows(case), len(case.playing.beside), case.playing.misses)


@pytest.mark.skipif("REPLAYKIT_CORPUS" not in os.environ, reason="REPLAYKIT_CORPUS names no folder of cassettes")
def test_recordings_of_real_projects_play_as_they_are() -> None:
    """Every request of every cassette that can be read is answered with what the file holds, and is the same."""
    files = [*Path(os.environ["REPLAYKIT_CORPUS"]).rglob("*.yaml")]
    played = 0
    for file in files:
        try:
            case = opened(file)
        except CassetteError:
            continue
        for each in case.cassette.interactions:
            found = case.playing.find(each.exchange.request)
            assert isinstance(found, Found)
            played += 1
        assert case.cassette.all_played
        assert ["same"] * len(case.cassette) == hows(case)
    assert played > len(files)
