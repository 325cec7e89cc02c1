"""Folding: what is a token, what is not, and that nothing is lost or forged."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replaykit.core.model import Span
from replaykit.core.normalize import Folded, Rules, declare, fold, unfold
from replaykit.errors import UsageError
from tests.strategies import COSTLY

HERE = Span(home="/home/ada", folder="/home/ada/agent", temp="/scratch/t1")
RULES = Rules.of(HERE)

TOKENS = (
    "550e8400-e29b-41d4-a716-446655440000",
    "9f86d081884c7d659a2feaa0c55ad015",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "toolu_01AbCdEfGhIjKlMnOp",
    "V1StGXR8Z5jdHi6BmyT1",
    "2026-11-20T06:55:30.123Z",
    "2026-11-20 06:55:30",
    "Fri, 20 Nov 2026 06:55:30 GMT",
    "1795157730",
    "1795157730.25",
    "November 20, 2026",
    "24 Dec",
    "6:55 PM",
    "11/20/2026",
    "http://127.0.0.1:54321/v1",
    "/home/ada/agent/notes.txt",
    "/scratch/t1/tmpk3v9q2_x/out",
    "?at=2026-11-20T06%3A55%3A30Z",
)
GLUE = (" ", '"', "\\n", "\n", ",", ":", '":"', "\\", "\\\\", "%20", "%", "-", "_", "/", ".", "+", "a", "7", "é", "")

pieces = st.lists(st.sampled_from(TOKENS + GLUE) | st.text(max_size=4), max_size=30).map(
    lambda some: "".join(some).encode()
)
documents = st.lists(pieces | st.binary(max_size=6), max_size=8).map(b'"'.join)

AROUND = ("{}", "now {}.", '"{}"', '":{},"', r"\n{}\n", r"\\t{} ", "%20{}%0A", "({})", "é{}")


def texts(folded: Folded) -> list[tuple[str, str]]:
    """Kind and text of each token, as a test writes them."""
    return [(token.kind, token.text.decode()) for token in folded.tokens]


@given(documents)
def test_a_folded_text_unfolds_to_itself(data: bytes) -> None:
    """Skeleton and tokens give the text back, whatever bytes it has; offsets point at the tokens in both."""
    folded = fold(data, RULES)
    assert data == unfold(folded.skeleton, folded.tokens)
    for token in folded.tokens:
        assert token.text == data[token.start : token.end]
        assert folded.skeleton[token.seat : token.seat + 1] == b"\xff"


@COSTLY
@example(b"x", b'" at 06:55 ', b"\xff", b"y", b"\xff")  # a byte that is doubled shifts all that follows it
@given(documents, documents, documents, documents, documents)
def test_a_previous_text_spares_work_and_changes_nothing(
    head: bytes, tail: bytes, one: bytes, other: bytes, last: bytes
) -> None:
    """With and without a previous text the fold is the same, also when folds follow from folds."""
    first = fold(head + one + tail, RULES)
    second = fold(head + other + tail, RULES, first)
    third = fold(head + other + last + tail, RULES, second)
    assert fold(head + other + tail, RULES) == second
    assert fold(head + other + last + tail, RULES) == third


@given(documents, st.data())
def test_a_byte_outside_the_tokens_is_in_the_skeleton(data: bytes, draw: st.DataObject) -> None:
    """Changing any byte that is not part of a token changes the skeleton."""
    folded = fold(data, RULES)
    inside = {place for token in folded.tokens for place in range(token.start, token.end)}
    outside = [place for place in range(len(data)) if place not in inside]
    if not outside:
        return
    place = draw.draw(st.sampled_from(outside))
    byte = draw.draw(st.integers(0, 255).filter(lambda byte: byte != data[place]))
    changed = data[:place] + bytes([byte]) + data[place + 1 :]
    assert folded.skeleton != fold(changed, RULES).skeleton


@given(documents, documents)
def test_no_text_can_forge_a_placeholder(one: bytes, other: bytes) -> None:
    """A text that contains what a skeleton looks like has a skeleton of its own."""
    skeleton = fold(one, RULES).skeleton
    if fold(one, RULES).tokens:
        assert skeleton != fold(skeleton, RULES).skeleton
    assert (one == other) or fold(one, RULES) != fold(other, RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run-550e8400-e29b-41d4-a716-446655440000-0", [("id", "550e8400-e29b-41d4-a716-446655440000")]),
        ("{550E8400-E29B-41D4-A716-446655440000}", [("id", "550E8400-E29B-41D4-A716-446655440000")]),
        ("/jobs/550e8400-e29b-41d4-a716-446655440000/x", [("id", "550e8400-e29b-41d4-a716-446655440000")]),
        ("id=9f86d081884c7d659a2feaa0c55ad015&x", [("id", "9f86d081884c7d659a2feaa0c55ad015")]),
        ("--9f86d081884c7d659a2feaa0c55ad015--", [("id", "9f86d081884c7d659a2feaa0c55ad015")]),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", [("id", "01ARZ3NDEKTSV4RRFFQ69G5FAV")]),
        ('"toolu_01AbCdEfGhIjKlMnOp"', [("id", "01AbCdEfGhIjKlMnOp")]),
        ("toolu_bdrk_01AbCdEfGhIjKlMnOp", [("id", "01AbCdEfGhIjKlMnOp")]),
        ("call_k3v9q2xy,", [("id", "k3v9q2xy")]),
        ("call_QwErTyUiOpAsDfGhJkLzXcVb", [("id", "QwErTyUiOpAsDfGhJkLzXcVb")]),
        ("chatcmpl-A1b2C3d4E5f6G7h8I9", [("id", "A1b2C3d4E5f6G7h8I9")]),
        (r"{\"a\":\"\\n9f86d081884c7d65\"}", [("id", "9f86d081884c7d65")]),
    ],
)
def test_ids_are_found(text: str, expected: list[tuple[str, str]]) -> None:
    """An id is a token, without its prefix, in every spelling and surrounding."""
    assert expected == texts(fold(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "handleRequest2024",
        "getUserByEmailAddress2",
        "internationalization",
        "claude-sonnet-4-5 gpt-4o-mini text-embedding-3-small",
        "call_the_weather_service msg_count run_everything_twice",
        "BetaManagedAgentsToolset2Params",
        "deadbeef",
        "00000000000000000000000000",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "job 12345678",
        "x" * 70 + "1",
        "q7+V1StGXR8Z5jdHi6BmyT1/" * 3,
        "V1StGXR8Z5jdHi6BmyT1/" * 20,
        "550e8400-e29b-41d4-a716-4466554400000",
        "a550e8400-e29b-41d4-a716-446655440000",
        "pay to GB29NWBK60161331926819",
        "pay to 0x52908400098527886E0F7030069857D2E4169EE7",
        "at 0x5f3759df5f3759df5f",
        "deploy 9f86d081884c7d659a2feaa0c55ad0159a2feaa0",
        "app@sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
        "terminate i-0abc12def34567890",
        "drive 1V1StGXR8Z5jdHi6BmyT1QwErTyUiOpA",
        "exec ZWNobyBoaSB0aGVyZQ",
        "VIN 1HGCM82633A004352",
        "segment 0ujsszwN8NRY24YaXiTIE2VWDTS",
    ],
)
def test_names_and_base64_are_no_ids(text: str) -> None:
    """What a person wrote, and what is a piece of something longer, stays in the skeleton."""
    assert not fold(text.encode()).tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T06:55:30", "time"),
        ("2026-11-20T06:55", "time"),
        ("2026-11-20T06:55:30.123456+01:00", "time"),
        ("2026-11-20 06:55:30,123", "time"),
        ("2026-11-20 06:55:30 UTC", "time"),
        ("2026-11-20T06%3A55%3A30%2B01%3A00", "time"),
        ("20261120T065530Z", "time"),
        ("Fri, 20 Nov 2026 06:55:30 GMT", "time"),
        ("20 Nov 2026 06:55:30 +0000", "time"),
        ("Fri Nov 20 06:55:30 2026", "time"),
        ("1795157730", "time"),
        ("1795157730123", "time"),
        ("1795157730123456789", "time"),
        ("1795157730.5", "time"),
        ("06:55", "time"),
        ("06:55:30", "time"),
        ("6:55 am", "time"),
        ("6:55\u202fPM", "time"),
        ("2026-11-20", "date"),
        ("2026/11/20", "date"),
        (r"2026\/11\/20", "date"),
        ("20261120", "date"),
        ("November 20, 2026", "date"),
        ("Friday, November 20th, 2026", "date"),
        ("20 Nov 2026", "date"),
        ("Friday, the 20th of November 2026", "date"),
        ("24 Dec", "date"),
        ("Dec. 24", "date"),
        ("11/20/2026", "date"),
        ("11%2F20%2F2026", "date"),
        ("20.11.2026", "date"),
        ("November+20,+2026", "date"),
    ],
)
def test_times_and_dates_are_found_whole(text: str, expected: str) -> None:
    """Each form is one token of its kind, at the edges, in prose, in JSON, behind escapes and in URLs."""
    found = {around: texts(fold(around.format(text).encode())) for around in AROUND}
    assert {around: [(expected, text)] for around in AROUND} == found


@pytest.mark.parametrize(
    "text",
    [
        "00:1a:2b:3c:4d:5e",
        "12:34:56:78:90",
        "version 1.2.3 and 10.0.0.1",
        "25:61",
        "2026-13-45",
        "0.1795157730",
        "41795157730",
        "a1795157730b",
        "maybe 5 people march 3 abreast",
        "1234567",
        "Marching 3",
    ],
)
def test_other_numbers_are_no_times(text: str) -> None:
    """Addresses, versions, fractions and long numbers stay in the skeleton."""
    assert not fold(text.encode()).tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:5123/x", ["5123"]),
        ("localhost:80 and 0.0.0.0:81", ["80", "81"]),
        ("http://[::1]:65000", ["65000"]),
        ("url=http%3A%2F%2Flocalhost%3A4321%2F", ["4321"]),
        ("http://10.0.0.0:80 http://example.com:8080 notlocalhost:80 http://192.168.0.1:99", []),
    ],
)
def test_ports_of_the_own_machine_are_found(text: str, expected: list[str]) -> None:
    """The port of a loopback address is a token, that of another machine is not."""
    assert [("port", port) for port in expected] == texts(fold(text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/ada/agent/a.py", [("folder", "/home/ada/agent")]),
        ("in /home/ada.", [("folder", "/home/ada")]),
        ("file:///home/ada/x", [("folder", "/home/ada")]),
        (r"\/home\/ada\/x", [("folder", r"\/home\/ada")]),
        ("%2Fhome%2Fada%2Fx", [("folder", "%2Fhome%2Fada")]),
        ("/home/adalbert /srv/home/ada /home/ada-2", []),
        ("/scratch/t1/tmpk3v9q2_x/out", [("folder", "/scratch/t1"), ("temp", "k3v9q2_x")]),
        ("/scratch/t1/agent-k3v9q2ab.json", [("folder", "/scratch/t1"), ("temp", "k3v9q2ab")]),
        (r"\/scratch\/t1\/tmpk3v9q2_x", [("folder", r"\/scratch\/t1"), ("temp", "k3v9q2_x")]),
        ("/scratch/t1/report.txt /scratch/t1/report-november.txt", [("folder", "/scratch/t1")] * 2),
        (
            "/scratch/t1/pytest-of-ada/pytest-3/x",
            [("folder", "/scratch/t1"), ("temp", "ada"), ("temp", "3")],
        ),
    ],
)
def test_the_machine_s_own_folders_are_found(text: str, expected: list[tuple[str, str]]) -> None:
    """Home, project and temp folder are tokens where a path begins with them, and so are random names below temp."""
    assert expected == texts(fold(text.encode(), RULES))


def test_a_windows_path_is_found_in_json() -> None:
    """Backslashes are doubled in JSON, and the folder is still the folder."""
    rules = Rules.of(Span(home="C:\\Users\\ada"))
    text = json.dumps({"path": "C:\\Users\\ada\\notes.txt"}).encode()
    assert [("folder", r"C:\\Users\\ada")] == texts(fold(text, rules))


def test_the_root_folder_is_nobody_s_home() -> None:
    """A home of `/` or none at all would be found in every path, so it is not looked for."""
    assert not fold(b"/etc/passwd", Rules.of(Span(home="/", folder="", temp="/"))).tokens


def project(*rules: tuple[str, str, str]) -> Rules:
    """A project's own rules."""
    return Rules(tuple(declare(*rule) for rule in rules))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ticket T-1", [("id", "T-1")]),
        ("ticket 2026-11-20!", [("id", "2026-11-20")]),
        ("seq 17;2026-11-20", [("ignore", "17"), ("date", "2026-11-20")]),
        ("seq ;", []),
    ],
)
def test_a_project_s_rule_comes_first(text: str, expected: list[tuple[str, str]]) -> None:
    """A declared rule finds its group, before any built-in rule, and an empty group is nothing."""
    rules = project(("ticket", r"ticket ([\w-]+)", "id"), ("sequence", r"seq (\d*);", "ignore"))
    assert expected == texts(fold(text.encode(), rules))


def test_a_project_s_rule_may_look_far() -> None:
    """With a declared rule, a previous text does not hide what the rule sees across its end."""
    rules = project(("across", r'"a" "b" (\d+)', "ignore"))
    before = fold(b'x"a" "b', rules)
    assert [("ignore", "17")] == texts(fold(b'x"a" "b" 17', rules, before))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (("x", "(", "id"), "cannot be read"),
        (("x", "abc", "id"), "0 groups"),
        (("x", "(a)(b)", "id"), "2 groups"),
        (("x", "(a)", "time"), "id, ignore"),
        (("uuid", "(a)", "id"), "another name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: tuple[str, str, str], expected: str) -> None:
    """The error names the rule and what is wrong with it."""
    with pytest.raises(UsageError, match=expected) as error:
        declare(*rule)
    assert repr(rule[0]) in str(error.value)


@pytest.mark.parametrize(
    "piece",
    ["1", "a1", "A1-", "1:", "1.", "Nov ", "/scratch/t1/a.", "%41", "\\n", "localhost:", "call_", "-", "1-1/", "0x0"],
)
def test_hostile_repetition_costs_no_more_than_its_length(piece: str) -> None:
    """A megabyte of anything is folded: no pattern backtracks over the whole text."""
    data = piece.encode() * (1_000_000 // len(piece))
    folded = fold(data, RULES)
    assert data == unfold(folded.skeleton, folded.tokens)
