"""An episode by what a person calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import save
from replaykit.config import Config
from replaykit.core.model import Episode, Origin, Span
from replaykit.errors import CassetteError, NoSuchEpisode, StoreError, UsageError
from replaykit.session.names import named
from replaykit.store import Facts, Store
from tests.turns import agent, bodies

if TYPE_CHECKING:
    from pathlib import Path

ACCEPTED = 1_790_000_000.0
"""When the accepted run began."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def draft(config: Config, name: str, id: str = "", *, began: float = 0) -> str:  # noqa: A002 - the word
    with Store(config.store_path) as store:
        return store.begin(name, Origin(), Span(began), id=id)


def accept(config: Config, name: str, id: str = "episode_acc234") -> None:  # noqa: A002 - the word
    save(config.cassette_folder, Episode(id, name, span=Span(ACCEPTED)))


def found(config: Config, text: str) -> tuple[str, str, str]:
    """Id, state, and the newer draft that is told of."""
    each = named(text, config, config.store_path)
    return each.episode.id, each.episode.state, each.newer


def test_the_accepted_one_comes_first(config: Config) -> None:
    """A name means its cassette, and tells of a newer draft, but not of the draft that was accepted."""
    accept(config, "support")
    assert ("episode_acc234", "accepted", "") == found(config, "support")
    draft(config, "support", "episode_acc234", began=ACCEPTED)
    assert ("episode_acc234", "accepted", "") == found(config, "support")
    newer = draft(config, "support", began=ACCEPTED + 1)
    assert ("episode_acc234", "accepted", newer) == found(config, "support")
    assert (newer, "draft", "") == found(config, "draft:support")


def test_an_older_draft_is_not_newer(config: Config) -> None:
    """A draft that began before the accepted run is not told of, though it is the newest that is left."""
    accept(config, "support")
    draft(config, "support", began=ACCEPTED - 1)
    assert ("episode_acc234", "accepted", "") == found(config, "support")


def test_a_draft_by_any_of_its_names(config: Config) -> None:
    """Without a cassette a name is its newest draft; ids, beginnings of ids and `latest` are exact."""
    draft(config, "support", "episode_aaa222")
    draft(config, "support", "episode_aab333")
    draft(config, "other", "episode_bbb444")
    wanted = {
        "support": "episode_aab333",
        "draft:other": "episode_bbb444",
        "episode_aaa222": "episode_aaa222",
        "aaa": "episode_aaa222",
        "episode_bb": "episode_bbb444",
        "latest": "episode_bbb444",
    }
    assert wanted == {text: found(config, text)[0] for text in wanted}


def test_a_whole_id_is_never_ambiguous(config: Config) -> None:
    """An id that is the beginning of another is itself."""
    draft(config, "a", "episode_abc")
    draft(config, "b", "episode_abcd")
    assert "episode_abc" == found(config, "episode_abc")[0]


def test_the_beginning_of_two_ids(config: Config) -> None:
    """A beginning that several ids have is an error that names them; one or two letters mean nothing."""
    draft(config, "a", "episode_abc1")
    draft(config, "b", "episode_abc2")
    with pytest.raises(UsageError, match="episode_abc1, episode_abc2"):
        found(config, "abc")
    with pytest.raises(NoSuchEpisode):
        found(config, "ab")


def test_a_cassette_by_its_path(config: Config) -> None:
    """Tape and page of a cassette lead to it from anywhere."""
    accept(config, "support")
    for suffix in ("tape", "yaml"):
        assert "episode_acc234" == found(config, str(config.cassette_folder / f"support.{suffix}"))[0]


def test_nothing_of_that_name(config: Config) -> None:
    """An unknown name is an error with the names that come nearest, of cassettes and drafts."""
    with pytest.raises(NoSuchEpisode, match="replaykit list"):
        found(config, "support")
    assert not config.store_path.exists()
    accept(config, "support")
    draft(config, "report")
    with pytest.raises(NoSuchEpisode) as caught:
        found(config, "suport")
    assert "support" in caught.value.nearest
    with pytest.raises(NoSuchEpisode, match="report"):
        found(config, "draft:repor")


def test_a_broken_store_is_no_matter_to_a_cassette(config: Config) -> None:
    """A cassette is found whatever state the working store is in; a draft is not, and the store's error is told."""
    accept(config, "support")
    config.store_path.parent.mkdir()
    config.store_path.write_bytes(b"garbage" * 100)
    assert ("episode_acc234", "accepted", "") == found(config, "support")
    with pytest.raises(StoreError, match="not a database"):
        found(config, "other")


def test_a_broken_cassette_is_told(config: Config) -> None:
    """A damaged tape is an error, and never passed over for a draft of its name."""
    accept(config, "support")
    draft(config, "support")
    (config.cassette_folder / "support.tape").write_bytes(b"garbage")
    with pytest.raises(CassetteError, match=r"support\.tape: this is no tape"):
        found(config, "support")


@pytest.mark.parametrize(
    "text", ["", "\0", "../../etc/passwd", "a" * 5000, "a" * 5000 + ".tape", "\0.tape", "%", "draft:", "💥"]
)
def test_names_that_are_none(config: Config, text: str) -> None:
    """Whatever is typed is either a name or not."""
    draft(config, "support")
    with pytest.raises(NoSuchEpisode):
        found(config, text)


def test_an_episode_outlives_its_store(config: Config) -> None:
    """What was found can be read to its end when the store is closed, and gone."""
    with Store(config.store_path) as store:
        episode = store.begin("support", Origin(), Span())
        keeper = store.keeper(episode)
        for step in agent("support", 3):
            keeper.keep(step, Facts("anthropic messages"))
    each = named("support", config, config.store_path)
    config.store_path.unlink()
    assert bodies(agent("support", 3)) == bodies(each.episode.steps)
