"""Pairing: what may stand for what in a run, and that nothing meaningful is ever hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.model import Span
from replaykit.core.normalize import Bindings, Conflict, Facts, Paired, Rules, declare, fold, pair

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR, DAY = 3600, 86_400
THEN = 1_795_157_730.0  # 2026-11-20 06:55:30 UTC, a Friday
TODAY = THEN + 40 * DAY + 3 * HOUR  # 2026-12-30 09:55:30 UTC, a Wednesday
RECORDED = Span(THEN, THEN + 20, "/home/ada", "/home/ada/agent", "/scratch/t1")
LIVE = Span(TODAY, TODAY + 9, "/root", "/builds/7/agent", "/var/scratch")
FACTS = Facts(RECORDED, LIVE)

A = "550e8400-e29b-41d4-a716-446655440000"
B = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
X = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
Y = "7d444840-9dc0-11d1-b245-5ffdce74fad2"


def meet(
    recorded: str, live: str, *, bindings: Bindings | None = None, facts: Facts = FACTS, rules: Rules | None = None
) -> Paired | Conflict:
    """Both texts folded and paired; their skeletons are equal."""
    rules = rules or Rules.of(facts.recorded, facts.live)
    one, other = fold(recorded.encode(), rules), fold(live.encode(), rules)
    assert one.skeleton == other.skeleton
    return pair(one.tokens, other.tokens, bindings or Bindings(), facts)


def paired(recorded: str, live: str, **more: object) -> Paired:
    """The two texts pair."""
    result = meet(recorded, live, **more)  # type: ignore[arg-type]  # the keywords of `meet`
    assert isinstance(result, Paired), result
    return result


def conflict(recorded: str, live: str, **more: object) -> str:
    """The two texts do not pair; why."""
    result = meet(recorded, live, **more)  # type: ignore[arg-type]  # the keywords of `meet`
    assert isinstance(result, Conflict), result
    return result.reason


def test_an_id_stands_for_the_same_id_in_the_whole_run() -> None:
    """What has been bound stays bound, in both directions, from one request to the next."""
    bindings = paired(f"get {A}", f"get {X}").bindings
    assert bindings == paired(f"put {A}", f"put {X}", bindings=bindings).bindings
    assert f"stands for {X.replace('-', '')}" in conflict(f"put {A}", f"put {Y}", bindings=bindings)
    assert f"stands in for {A.replace('-', '')}" in conflict(f"put {B}", f"put {X}", bindings=bindings)
    assert paired(f"put {B}", f"put {Y}", bindings=bindings)


def test_two_jobs_that_are_swapped_do_not_pair() -> None:
    """Asking for job 2 where job 1 was asked for is another question, though both look alike."""
    bindings = paired(f"start {A}, {B}", f"start {X}, {Y}").bindings
    assert "in this run" in conflict(f"result of {A}?", f"result of {Y}?", bindings=bindings)
    assert "in this run" in conflict(f"{A} {B}", f"{X} {X}")


def test_an_equal_id_is_bound_to_itself() -> None:
    """An id that did not change may not change later, nor stand in for another."""
    bindings = paired(A, A).bindings
    assert "in this run" in conflict(A, X, bindings=bindings)
    assert "in this run" in conflict(B, A, bindings=bindings)


def test_an_id_from_an_answer_matches_only_itself() -> None:
    """Replay gave the recorded id as it was, so another id in its place is another thing."""
    facts = replace(FACTS, given=lambda text: text == A.encode())
    assert "came from an answer" in conflict(f"job {A}", f"job {X}", facts=facts)
    assert paired(f"job {A}", f"job {A}", facts=facts)
    assert paired(f"job {B}", f"job {X}", facts=facts)


def test_a_live_id_that_is_in_the_recording_matches_only_itself() -> None:
    """An id known to the recording means what it means there."""
    facts = replace(FACTS, stands=lambda text: text in f"… {B} …".encode())
    assert "in the recording itself" in conflict(f"job {A}", f"job {B}", facts=facts)
    assert paired(f"job {B}", f"job {B}", facts=facts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A, A.upper().replace("E", "F")),
        ("9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0"),
        ("9f86d081884c7d659a2feaa0c55ad015", "9F86D081884C7D659A2FEAA0C55AD016"),
        ("call_k3v9q2xy", "call_k3v9q2xyz1"),
    ],
)
def test_ids_of_different_shapes_do_not_pair(one: str, other: str) -> None:
    """Length, case and alphabet are those of one maker."""
    assert "different shapes" in conflict(one, other)


def test_another_spelling_of_an_id_is_the_same_id() -> None:
    """A UUID with and without dashes, in capitals or not, is one id."""
    bindings = paired(A, X).bindings
    assert paired(A.replace("-", ""), X.replace("-", ""), bindings=bindings)
    assert "in this run" in conflict(A.upper(), Y.upper(), bindings=bindings)


def test_a_conflict_leaves_no_trace() -> None:
    """After a failed pairing the bindings are what they were, and the next one starts from them."""
    before = paired(A, X).bindings
    kept = dict(before.partner), dict(before.owner), dict(before.changes), before.settled
    assert conflict(f"{B} {A}", f"{Y} {B}", bindings=before)
    assert kept == (before.partner, before.owner, before.changes, before.settled)
    assert paired(B, Y, bindings=before)


def test_the_rules_that_were_used_come_back_with_their_places() -> None:
    """A verdict can say which rule made two texts the same, and where; equal tokens needed none."""
    uses = paired(f"{B} at 06:55 {A}", f"{B} at 09:55 {X}").uses
    assert [("time", 40, "06:55", "09:55"), ("id", 46, A, X)] == [
        (use.kind, use.recorded.start, use.recorded.text.decode(), use.live.text.decode()) for use in uses
    ]


def test_texts_with_other_tokens_do_not_pair() -> None:
    """Where skeletons differ there is nothing to pair, and no exception."""
    one, two, clock = fold(A.encode()).tokens, fold(f"{A} {B}".encode()).tokens, fold(b"06:55").tokens
    assert isinstance(pair(one, two), Conflict)
    assert isinstance(pair(one, clock), Conflict)


FORMATS = (
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.250Z",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H%%3A%M%%3A%S%%2B00%%3A00",
    "%Y%m%dT%H%M%SZ",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %B %Y %H:%M:%S +0000",
    "%a %b %d %H:%M:%S %Y",
    "%H:%M",
    "%H:%M:%S",
    "%I:%M %p",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%A, %B %d, %Y",
    "%a, %b %d %Y",
    "%B %dth",
    "%d %b",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
)


def formatted(form: str) -> Callable[[float], str]:
    """A function that writes a moment in UTC."""
    return lambda moment: datetime.fromtimestamp(moment, UTC).strftime(form)


WRITERS: dict[str, Callable[[float], str]] = {
    **{form: formatted(form) for form in FORMATS},
    "seconds": lambda moment: str(int(moment)),
    "milliseconds": lambda moment: str(int(moment * 1e3)),
    "nanoseconds": lambda moment: str(int(moment) * 10**9),
    "fraction": lambda moment: f"{moment + 0.25}",
    "no padding": lambda moment: "{0.day}.{0.month}.{0.year}".format(datetime.fromtimestamp(moment, UTC)),
    "one zone": lambda moment: datetime.fromtimestamp(moment + 2 * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%S+02:00"),
}


@pytest.mark.parametrize("form", WRITERS)
def test_now_is_now_in_every_form(form: str) -> None:
    """The time of either run, written alike, pairs; hours or days later it is another time."""
    write = WRITERS[form]
    assert paired(f"it is {write(THEN + 3)}", f"it is {write(TODAY + 3)}")
    assert paired(write(THEN), write(TODAY))
    other = 2 * HOUR if form in {"%H:%M", "%H:%M:%S", "%I:%M %p"} else 2 * DAY
    assert "was not the" in conflict(write(THEN + other), write(TODAY))
    assert "is not the" in conflict(write(THEN), write(TODAY - other))
    assert paired(write(THEN + other), write(THEN + other))


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("fly on 24 Dec", "fly on 25 Dec"),
        ("fly on 2026-12-24", "fly on 2026-12-25"),
        ("fly on 20 Nov", "fly on 24 Dec"),
        ("fly on 24 Dec", "fly on 30 Dec"),
        ("table at 19:30", "table at 20:30"),
        ("as of December 24, 2026", "as of December 25, 2026"),
        ("model-20250929", "model-20251001"),
        ("created 1720000000", "created 1730000000"),
        ("Thursday, November 20, 2026", "Wednesday, December 30, 2026"),
        ("20 Nov 2025", "30 Dec 2025"),
    ],
)
def test_the_24th_of_december_is_not_now(recorded: str, live: str) -> None:
    """A date or a time that somebody meant is no clock reading, on either side."""
    assert conflict(recorded, live)


def test_a_meant_date_that_is_today_on_both_sides_pairs() -> None:
    """On the 24th, and replayed on the 25th, "today" is written as just these dates."""
    recorded, live = (Span(began=datetime(2026, 12, day, 12, tzinfo=UTC).timestamp()) for day in (24, 25))
    assert paired("fly on 24 Dec", "fly on 25 Dec", facts=Facts(recorded, live))
    assert conflict("fly on 25 Dec", "fly on 24 Dec", facts=Facts(recorded, live))


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("2026-11-20 06:55:30", "2026-12-30T09:55:30"),
        ("2026-11-20T06:55:30Z", "2026-12-30T09:55:30"),
        ("2026-11-20T06:55:30", "2026-12-30T09:55"),
        ("1795157730", "1798624530000"),
        ("06:55", "9:55"),
        ("06:55 AM", "09:55 am"),
        ("November 20", "Dec 30"),
        ("20.11.2026", "12/30/2026"),
        ("Nov 20, 2026", "December 30, 2026"),
    ],
)
def test_another_format_is_another_text(recorded: str, live: str) -> None:
    """A prompt that writes its dates in a new way has changed, though both are now."""
    rules = Rules.of(RECORDED, LIVE)
    one, other = fold(recorded.encode(), rules), fold(live.encode(), rules)
    assert isinstance(pair(one.tokens, other.tokens, Bindings(), FACTS), Conflict)


def test_local_time_is_local_on_both_sides() -> None:
    """Each run has its own zone; what was UTC in one may not be local in the other."""
    facts = Facts(replace(RECORDED, zone=HOUR), replace(LIVE, zone=-5 * HOUR))
    assert paired("2026-11-20 07:55:30", "2026-12-30 04:55:30", facts=facts)
    assert paired("2026-11-20 06:55:30", "2026-12-30 09:55:30", facts=facts)
    assert "time zones" in conflict("2026-11-20 06:55:30", "2026-12-30 04:55:30", facts=facts)
    assert "time zones" in conflict("07:55", "09:55", facts=facts)


def test_the_day_is_the_day_of_the_run_s_own_zone() -> None:
    """Late in the evening of New York it is tomorrow in UTC, and both are today."""
    late = Span(began=datetime(2026, 11, 21, 2, tzinfo=UTC).timestamp(), zone=-5 * HOUR)
    facts = Facts(late, LIVE)
    assert paired("November 20, 2026", "December 30, 2026", facts=facts)
    assert paired("November 21, 2026", "December 30, 2026", facts=facts)
    assert conflict("November 22, 2026", "December 30, 2026", facts=facts)


def test_without_a_span_nothing_is_now() -> None:
    """A run whose time is unknown has only equal times."""
    facts = Facts(Span(), Span())
    assert conflict("06:55", "09:55", facts=facts)
    assert paired("06:55", "06:55", facts=facts)


def test_a_few_seconds_around_a_run_are_still_now() -> None:
    """Clocks are read a little before a run begins and written a little after it ends, but not a minute."""
    assert paired(f"{THEN - 4:.0f}", f"{TODAY + 12:.0f}")
    assert conflict(f"{THEN - 60:.0f}", f"{TODAY:.0f}")
    assert conflict(f"{THEN:.0f}", f"{TODAY + 69:.0f}")


def test_no_calendar_has_such_a_day() -> None:
    """The 30th of February and half past 14 PM are never now."""
    assert conflict("30 Feb 2026", "30 Dec 2026")
    assert conflict("2026-02-30", "2026-12-30")
    assert conflict("18:55 PM", "09:55 AM")


def test_ports_are_one_to_one() -> None:
    """A server that got another port is the same server; two servers stay two."""
    bindings = paired("http://localhost:50001/", "http://localhost:60001/").bindings
    assert conflict("http://localhost:50001/", "http://localhost:60002/", bindings=bindings)
    assert conflict("http://localhost:50002/", "http://localhost:60001/", bindings=bindings)
    assert paired("http://localhost:50002/", "http://localhost:50003/", bindings=bindings)


def test_a_port_that_means_a_service_is_only_itself() -> None:
    """Below 32768 a port was chosen by a person: a database is not another one."""
    assert conflict("stop localhost:5432", "stop localhost:3306")
    assert conflict("stop localhost:50001", "stop localhost:3306")
    assert paired("stop localhost:5432", "stop localhost:5432")


def test_folders_pair_by_what_they_are() -> None:
    """Home for home, project for project, temp for temp, wherever the two machines have them."""
    assert paired("/home/ada/x /home/ada/agent/y", "/root/x /builds/7/agent/y")
    assert "not the same folder" in conflict("/home/ada/agent/y", "/root/y")
    assert "not the same folder" in conflict("/home/ada/x", "/var/scratch/x")
    assert paired("never touch /root", "never touch /root")


def test_random_names_below_temp_are_one_to_one() -> None:
    """A temp folder's random name stands for one other random name; a chosen name only for itself."""
    bindings = paired("/scratch/t1/tmpk3v9q2_x/a", "/var/scratch/tmpa8b7c6d5/a").bindings
    assert conflict("/scratch/t1/tmpk3v9q2_x/a", "/var/scratch/tmpzzzzzzz1/a", bindings=bindings)
    rules = Rules.of(RECORDED, LIVE)
    chosen = [fold(f"/scratch/t1/{name}.txt".encode(), rules).skeleton for name in ("report", "summary")]
    assert chosen[0] != chosen[1]


def test_a_project_s_ids_are_one_to_one_in_any_shape() -> None:
    """A declared id may be long or short, and is bound like any other; what is ignored is not."""
    rules = Rules((declare("ticket", r"ticket ([\w-]+)"), declare("noise", r"noise (\w+)", "ignore")))
    bindings = paired("ticket T-1 noise a", "ticket T-1000 noise bb", rules=rules).bindings
    assert paired("ticket T-1 noise a", "ticket T-1000 noise c", rules=rules, bindings=bindings)
    assert conflict("ticket T-1 noise a", "ticket T-2 noise a", rules=rules, bindings=bindings)


ids = st.sampled_from([f"{number:08x}-1111-4222-8333-{number:012x}" for number in range(0xA0, 0xA5)])
turns = st.lists(st.lists(st.tuples(ids, ids), min_size=1, max_size=3), max_size=8)


def play(requests: list[list[tuple[str, str]]]) -> tuple[Bindings, list[bool]]:
    """The bindings after these requests, and which of them paired."""
    bindings, served = Bindings(), []
    for request in requests:
        one, other = (" ".join(pair_[side] for pair_ in request) for side in (0, 1))
        result = meet(one, other, bindings=bindings)
        served.append(isinstance(result, Paired))
        if isinstance(result, Paired):
            bindings = result.bindings
    return bindings, served


@given(turns)
def test_the_map_is_one_to_one(requests: list[list[tuple[str, str]]]) -> None:
    """No two recorded ids ever stand for one live id, nor one for two, whatever was asked in which order."""
    bindings, served = play(requests)
    accepted = {(one, other) for request, fine in zip(requests, served, strict=True) if fine for one, other in request}
    assert len(accepted) == len({one for one, _ in accepted}) == len({other for _, other in accepted})
    assert {one for one, _ in accepted} == {_dashed(key) for _, key in bindings.partner}
    assert {(other, one) for (_, one), other in bindings.partner.items()} == {
        (key, owner) for (_, key), owner in bindings.owner.items()
    }


def _dashed(bare: bytes) -> str:
    text = bare.decode()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@given(turns)
def test_pairing_is_symmetric(requests: list[list[tuple[str, str]]]) -> None:
    """With both sides exchanged the same requests pair, and the map is the inverse."""
    bindings, served = play(requests)
    turned, alike = play([[(other, one) for one, other in request] for request in requests])
    assert served == alike
    assert bindings.partner == turned.owner
    assert bindings.owner == turned.partner
