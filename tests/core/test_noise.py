"""What differs between runs of an unchanged program is told from what a change of it did."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from replaykit.core.diff import Noise, diff, noise
from replaykit.core.model import Outputs, ToolCall
from tests.core.agents import Agent, answer, episode, exchange, question

if TYPE_CHECKING:
    from replaykit.core.diff import Difference
    from replaykit.core.model import Episode

ACCEPTED = Agent(seed="aB")
RUN = replace(ACCEPTED, seed="cD")


def news(difference: Difference, known: Noise) -> list[str]:
    """What a difference tells that is not noise."""
    anyway, steps = known.of(difference), difference.steps
    alone = [pair for pair in steps if pair.kind in ("added", "removed") and not anyway.covers(pair)]
    places = [place for pair in steps for place in pair.places if not anyway.covers(pair, place)]
    outputs = [place for place in difference.outputs if not anyway.covers(None, place)]
    return [*(f"{pair.kind} {pair.title}" for pair in alone), *(place.text for place in (*places, *outputs))]


def between(*runs: Episode) -> Noise:
    """What differs between runs, one compared with the next."""
    return noise([diff(one, other) for one, other in pairwise(runs)])


def test_what_a_model_words_otherwise_in_every_run_is_noise() -> None:
    """The last answer differs in any words, also in stdout; a prompt that changed is news."""
    known = between(RUN.episode(), replace(RUN, verdict="They are all warm.").episode())
    changed = diff(ACCEPTED.episode(), replace(RUN, system="Be brief.", verdict="All warm, so pack light!").episode())
    assert ['turn 1, system prompt: "You must always answer politely." → "Be brief."'] == news(changed, known)


def test_an_answer_that_is_the_same_in_every_run_is_news_when_it_differs() -> None:
    """Noise in one answer says nothing of another one."""
    known = between(RUN.episode(), replace(RUN, verdict="They are all warm.").episode())
    changed = diff(ACCEPTED.episode(), replace(RUN, cities=("Paris", "Bergen", "Rome")).episode())
    assert 'answer, tool call get_weather.city: "Oslo" → "Bergen"' in news(changed, known)


def _tool(**result: object) -> Episode:
    return episode(ToolCall("count", b"{}", json.dumps(result).encode()), ToolCall("count", b'{"all":true}', b"1"))


def test_a_tools_result_is_noise_by_its_place() -> None:
    """A field that differs anyway covers what is below it, and no other field, nor the next call."""
    known = between(_tool(took=1, found=2, by={"host": "a"}), _tool(took=2, found=2, by={"host": "b"}))
    before = _tool(took=1, found=2, by={"host": "a", "port": 1})
    changed = diff(before, _tool(took=9, found=3, by={"host": "c", "port": 2}))
    assert ["result of count.found 2 → 3", "result of count.by.port 1 → 2"] == news(changed, known)
    longer = diff(before, replace(before, steps=(before.steps[0], ToolCall("count", b'{"all":true}', b"2"))))
    assert ["result of count 1 → 2"] == news(longer, known)


def test_what_a_place_lies_in_covers_it() -> None:
    """A list that is another one in every run is noise with all that is in it."""
    known = between(_tool(rows=None), _tool(rows=[{"a": 1}]))
    assert [] == news(diff(_tool(rows=[{"a": 1}]), _tool(rows=[{"a": 2}])), known)


def test_a_step_that_not_every_run_takes_is_noise() -> None:
    """A call that some runs make once more, by its title and place among equals, from either side."""
    short, long = RUN.episode(), replace(RUN, cities=("Paris", "Oslo", "Rome", "Rome")).episode()
    for known in (between(short, long), between(long, short)):
        again = diff(ACCEPTED.episode(), replace(long, id="again"))
        assert [] == [text for text in news(again, known) if text.startswith("added")]
        more = diff(ACCEPTED.episode(), replace(RUN, cities=("Paris", "Oslo", "Rome", "Rome", "Rome")).episode())
        assert 2 == sum(text.startswith("added") for text in news(more, known))
        fewer = diff(ACCEPTED.episode(), replace(RUN, cities=("Paris",)).episode())
        assert [text for text in news(fewer, known) if text.startswith("removed")]


def test_a_line_of_output_is_noise_by_its_number() -> None:
    """The line that differs anyway, and no other one."""
    one, other, changed = (
        episode(exchange(question("Hi"), answer("Hello.")), outputs=Outputs(text, 0))
        for text in (b"took 1 s\nfound 2\n", b"took 2 s\nfound 2\n", b"took 5 s\nfound 3\n")
    )
    assert ['stdout line 2: "2" → "3" (in "found …")'] == news(diff(one, changed), between(one, other))


def test_runs_that_do_not_differ_have_no_noise() -> None:
    """Then everything is news."""
    assert Noise() == between(RUN.episode(), replace(RUN, seed="eF").episode())
    changed = diff(ACCEPTED.episode(), replace(RUN, system="Be brief.").episode())
    assert 1 == len(news(changed, Noise()))
