"""What an audit tells of a test: every request that was answered loosely, and none that rules make the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from replaykit.pytest_plugin.vcr.settings import Vcr
from tests.pytest_plugin.vcrpy import opened, written
from tests.vcr.tapes import URL, answered, asked, cassette

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.pytest_plugin.vcr.case import Case

ONE, TWO, THREE, FOUR = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{'0b7e5a1c3d52'}" for digit in "3567")
"""Ids as programs draw them."""

JSON = "{content-type: [application/json]}"

LONG = "word " * 100_000


def step(ref: str, said: str = "sun", tenant: str = "") -> tuple[str, str]:
    """An exchange in which somebody named an id, and was told this."""
    headers = f"{{content-type: [application/json], tenant: [{tenant}]}}" if tenant else JSON
    return asked(f"""'{{"ref":"{ref}"}}'""", headers), answered(f"{{string: '{said}'}}")


def asking(case: Case, *refs: str, **more: Any) -> list[str]:
    """What is answered to requests with these ids."""
    with case.under_way(()):
        return [httpx2.post(URL, json={"ref": ref}, **more).text for ref in refs]


def hows(case: Case) -> list[str]:
    """How each request was answered."""
    return [play.how for play in case.playing.plays]


def tenants(folder: Path) -> Vcr:
    """Settings with a matcher of the project's own."""
    vcr = Vcr("none", str(folder))
    vcr.register_matcher("tenant", lambda live, recorded: live.headers.get("tenant") == recorded.headers.get("tenant"))
    vcr.match_on = ("method", "uri", "tenant")
    return vcr


def test_an_id_from_elsewhere_in_the_cassette_is_told(tmp_path: Path) -> None:
    """An id that the cassette holds means what it means there, and one in its place is another request."""
    case = opened(written(tmp_path, cassette(step(ONE, said=TWO))))
    assert [TWO] == asking(case, TWO)
    assert [[f'ref: "{ONE}" → "{TWO}"']] == case.told()


def test_an_id_that_stands_for_two_is_told(tmp_path: Path) -> None:
    """Of two ids in the place of one, the first may be it, and the second is another."""
    case = opened(written(tmp_path, cassette(step(ONE), step(ONE, said="rain"))))
    assert ["sun", "rain"] == asking(case, THREE, FOUR)
    assert ["after_rules", "loose"] == hows(case)
    assert [[f'ref: "{ONE}" → "{FOUR}"']] == case.told()


@pytest.mark.parametrize("own", [False, True])
def test_an_id_that_was_drawn_anew_is_none_of_it(tmp_path: Path, own: bool) -> None:  # noqa: FBT001 - a parameter
    """Rules make it the same, whether the project has matchers of its own or not."""
    text = cassette(step(ONE, tenant="a" if own else ""))
    case = opened(written(tmp_path, text), vcr=tenants(tmp_path) if own else None)
    assert ["sun"] == asking(case, THREE, headers={"tenant": "a"} if own else {})
    assert (["after_rules"], []) == (hows(case), case.told())


def test_rules_serve_nothing_that_a_matcher_refuses(tmp_path: Path) -> None:
    """Of two steps that rules make the same, the one is served that the matcher takes; the other is left."""
    text = cassette(step(ONE, tenant="a"), step(ONE, said="rain", tenant="b"))
    case = opened(written(tmp_path, text), vcr=tenants(tmp_path))
    assert ["rain"] == asking(case, THREE, headers={"tenant": "b"})
    assert ["sun"] == asking(case, THREE, headers={"tenant": "a"})
    assert ["after_rules", "after_rules"] == hows(case)


@pytest.mark.parametrize("repeats", [False, True])
def test_the_same_json_keeps_the_order_of_the_file(tmp_path: Path, repeats: bool) -> None:  # noqa: FBT001 - a parameter
    """An older answer comes first, though its request has other spaces than the one that is equal byte for byte."""
    spaced = asked(f"""'{{"ref": "{ONE}"}}'""", JSON), answered("{string: 'old'}")
    case = opened(written(tmp_path, cassette(spaced, step(ONE, said="new"))), allow_playback_repeats=repeats)
    assert ["old", "new"] == asking(case, ONE, ONE)
    assert (["after_rules", "same"], []) == (hows(case), case.told())


def test_a_large_request_is_told_rather_than_looked_at_under_rules(tmp_path: Path) -> None:
    """Where the project's matchers decide anyway, a body of half a megabyte costs no more than vcrpy's matching."""
    text = cassette((asked(f"""'{{"ref":"{ONE}","text":"{LONG}"}}'""", JSON), answered("{string: 'sun'}")))
    case = opened(written(tmp_path, text), vcr=tenants(tmp_path))
    with case.under_way(()):
        httpx2.post(URL, json={"ref": THREE, "text": LONG})
    assert (["loose"], [[f'ref: "{ONE}" → "{THREE}"']]) == (hows(case), case.told())
