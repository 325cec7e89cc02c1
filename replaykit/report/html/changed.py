"""What a review shows of an episode: figures, what differed first, the rest by sort, and every step in its order.

Law: words and order are those of `report.review`, as in every other format. Steps that are the same are
told by their number, and by their titles where somebody unfolds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from replaykit.cassette.naming import Names
from replaykit.cassette.story import story
from replaykit.core.attempts import wholes
from replaykit.core.model import ToolCall
from replaykit.core.plain import counted
from replaykit.core.steps import Asked
from replaykit.report.html.cards import card
from replaykit.report.html.facts import outputs, tiles
from replaykit.report.html.kinds import failed
from replaykit.report.html.spots import spot, what
from replaykit.report.review import ALONE, CAUSES, sections, summary
from replaykit.session.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.cassette.story import Told
    from replaykit.core.compare.place import Place
    from replaykit.core.diff import Difference, Pair
    from replaykit.core.model import Episode, Step
    from replaykit.report.html.cards import Card
    from replaykit.report.html.facts import Tile
    from replaykit.report.html.kinds import Kind
    from replaykit.report.html.prose import Member
    from replaykit.report.html.spots import Spot
    from replaykit.report.review import Fate, Reviewed
    from replaykit.report.review import Row as Figure

LISTED = 12
"""Lines of one sort in the list of what else differs: all are told below."""

_FATES: dict[Fate, str] = {"changed": "changed", "added": "new", "removed": "no more", "same": "the same"}
"""What became of an episode, in a word or two."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step of both sides, or of one (`card`: all that it says); `anchor` is its name in the page."""

    anchor: str
    number: int
    kind: Kind
    fate: Fate
    title: str
    failed: bool
    renumbered: str = ""
    asked: tuple[Spot, ...] = ()
    answered: tuple[Spot, ...] = ()
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Steps in a row that are the same."""

    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """What differed first: the step, what made it differ, in words, and where."""

    move: Move
    cause: str
    words: str
    alone: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of what else differs: `label` leads to it."""

    anchor: str
    label: str
    said: str


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one sort, the first of them; `more` is how many there are besides."""

    name: str
    count: int
    entries: tuple[Entry, ...]

    @property
    def more(self) -> int:
        """How many are told below, and not here."""
        return self.count - len(self.entries)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One episode of a review; `tiles`, `printed` and `cards` tell of one that stands on one side only."""

    anchor: str
    name: str
    fate: Fate
    sides: tuple[str, str] = ("", "")
    figures: tuple[Figure, ...] = ()
    start: Start | None = None
    groups: tuple[Group, ...] = ()
    outputs: tuple[Spot, ...] = ()
    course: tuple[Move | Stay, ...] = ()
    allowed: str = ""
    tiles: tuple[Tile, ...] = ()
    printed: tuple[Member, ...] = ()
    cards: tuple[Card, ...] = ()

    @property
    def moves(self) -> tuple[Move, ...]:
        """All steps, in their order."""
        return tuple(move for each in self.course for move in (each.moves if isinstance(each, Stay) else (each,)))


_Told: TypeAlias = "Mapping[int, Told]"
_Steps: TypeAlias = "Mapping[int, Step]"


def chapter(review: Reviewed, number: int, *, alone: bool) -> Chapter:
    """The chapter of an episode; `alone`: it is the only one, so that its steps are called by their number."""
    anchor = f"episode-{number}"
    if review.difference is None:
        return _alone(review, anchor)
    return _Writer(review, review.difference, "" if alone else f"{anchor}-").chapter(anchor)


def _alone(review: Reviewed, anchor: str) -> Chapter:
    """The chapter of an episode that stands on one side only."""
    episode, bill = review.there, review.bills[review.after is not None]
    told = tuple(story(episode, Names(episode.span).shown))
    return Chapter(
        anchor,
        review.name,
        review.fate,
        tiles=tiles(episode, told, bill),
        printed=outputs(episode.outputs),
        cards=tuple(map(card, told)),
    )


@dataclass(frozen=True)
class _Writer:
    """One episode that stands on both sides; `prefix` begins the names of its steps in the page."""

    review: Reviewed
    difference: Difference
    prefix: str

    def chapter(self, anchor: str) -> Chapter:
        """All of it."""
        difference = self.difference
        sides = _steps(self.review.before), _steps(self.review.after)
        told = self.review.alone["removed"], self.review.alone["added"]
        moves = {id(pair): self._move(pair, sides, told) for pair in difference.steps}
        return Chapter(
            anchor,
            self.review.name,
            self.review.fate,
            (difference.before, difference.after),
            summary(self.review),
            self._start(moves),
            tuple(self._groups()),
            tuple(map(spot, difference.outputs)),
            tuple(_course([moves[id(pair)] for pair in difference.steps])),
            difference.allowed,
        )

    def _move(self, pair: Pair, sides: tuple[_Steps, _Steps], told: tuple[_Told, _Told]) -> Move:
        late = pair.after is not None
        step, known = sides[late][pair.number], told[late].get(pair.number)
        renumbered = f"was {pair.before}" if late and pair.before not in (None, pair.after) else ""
        return Move(
            self._anchor(pair),
            pair.number,
            _kind(step),
            pair.kind,
            pair.title,
            failed(step),
            renumbered,
            tuple(map(spot, pair.asked)),
            tuple(map(spot, pair.answered)),
            card(known) if known is not None else None,
        )

    def _anchor(self, pair: Pair) -> str:
        """Steps that are no more have numbers of their own: another step may have theirs by now."""
        return f"{self.prefix}{'step' if pair.after is not None else 'was'}-{pair.number}"

    def _start(self, moves: Mapping[int, Move]) -> Start | None:
        first = self.difference.first
        if first is None:
            return None
        alone = ALONE.get(first.pair.kind, "")
        places = tuple(map(spot, first.places))
        return Start(moves[id(first.pair)], first.cause, CAUSES[first.cause], alone, places)

    def _groups(self) -> Iterator[Group]:
        for section in sections(self.difference):
            entries = tuple(self._entry(*item) for item in section.items[:LISTED])
            yield Group(section.name, len(section.items), entries)
        if places := self.difference.outputs:
            entries = tuple(Entry(f"{self.prefix}outputs", each.place, what(each)) for each in places[:LISTED])
            yield Group("outputs", len(places), entries)

    def _entry(self, pair: Pair, places: Sequence[Place]) -> Entry:
        said = "; ".join(place.text for place in places) or f"{ALONE.get(pair.kind, pair.kind)}: {pair.title}"
        return Entry(self._anchor(pair), f"step {pair.number}", said)


def tally(fates: Sequence[Fate]) -> str:
    """What became of several episodes: `2 episodes changed, 1 added`."""
    said = [f"{count} {words}" for fate, words in _FATES.items() if (count := fates.count(fate))]
    return f"{counted(len(fates), 'episode')}: {', '.join(said)}" if said else "no episode differs"


def _steps(episode: Episode | None) -> _Steps:
    return {whole.number: whole.step for whole in wholes(episode)} if episode is not None else {}


def _kind(step: Step) -> Kind:
    """The sort of a step; what it asked is read only where no model answered."""
    if isinstance(step, ToolCall):
        return "tool"
    if facts_of(step).model:
        return "model"
    question = Asked(step.request).question
    return "model" if question is not None and question.model else "http"


def _course(moves: Sequence[Move]) -> Iterator[Move | Stay]:
    """The steps in their order, those that are the same together."""
    for same, group in groupby(moves, key=lambda move: move.fate == "same"):
        if same:
            yield Stay(tuple(group))
        else:
            yield from group
