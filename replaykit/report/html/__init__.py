"""The HTML report: what `replaykit show --html` and `replaykit diff --format html` write.

    episode    a run: its figures, what came out, a time line, the conversation
    review     differences: figures, what differed first, the rest, step by step, side by side

    cards, timeline, facts    what a page of an episode shows
    changed, spots, sides     what a page of differences shows
    kinds, prose              what sort of step, what sort of text
    sheet                     templates, style and script in one file

Law: one file that needs no other. It loads nothing, whatever was recorded; it can be read without its
script, which only filters and finds; and it grows with what was said, not with how often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.cassette.naming import Names
from replaykit.cassette.story import story
from replaykit.report.html.cards import card
from replaykit.report.html.changed import chapter, tally
from replaykit.report.html.facts import decisions, facts, outputs, tiles
from replaykit.report.html.sheet import rendered
from replaykit.report.html.timeline import timeline
from replaykit.report.review import decisions as accepted_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.model import Episode
    from replaykit.report.cost import Bill
    from replaykit.report.review import Reviewed


def episode(episode: Episode, bill: Bill) -> str:
    """The page of an episode; `bill` is what it cost."""
    told = tuple(story(episode, Names(episode.span).shown))
    return rendered(
        "episode.html",
        episode=episode,
        tiles=tiles(episode, told, bill),
        facts=facts(episode),
        outputs=outputs(episode.outputs),
        decisions=decisions(episode),
        timeline=timeline(told),
        cards=tuple(map(card, told)),
    )


def review(reviewed: Sequence[Reviewed], unread: Sequence[str] = ()) -> str:
    """The page of the differences of these episodes, one or several; `unread` says why others cannot be compared."""
    alone = len(reviewed) == 1
    chapters = tuple(chapter(each, number, alone=alone) for number, each in enumerate(reviewed, start=1))
    return rendered(
        "review.html",
        chapters=chapters,
        tally=tally([each.fate for each in reviewed]),
        decided=accepted_by(reviewed[0]) if alone else (),
        unread=unread,
    )
