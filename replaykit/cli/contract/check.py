"""`contract check`: recorded or live exchanges against the project's contracts."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.running import JSON, STORE
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.config import Config
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract
    from replaykit.core.model import Episode
    from replaykit.report.drift import Report


@click.command()
@click.argument("episodes", nargs=-1, metavar="EPISODE…")
@click.option(
    "--all", "is_all", is_flag=True, help="All that is stored and accepted, against drafts of contracts, too."
)
@click.option(
    "--live", is_flag=True, help="Send the probes of each contract to its service, and check what comes back."
)
@click.option("--max-calls", type=click.IntRange(0), default=100, metavar="N", help="--live: calls in all (100).")
@click.option(
    "--max-tokens", type=click.IntRange(0), default=200_000, metavar="N", help="--live: tokens in all (200,000)."
)
@click.option("--strict", is_flag=True, help="A RISK fails the check, too.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "md", "html", "json"]),
    default="text",
    help="How it is written; text by default.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for it, instead of standard output.")
@STORE
@JSON
def check(  # noqa: PLR0913, PLR0917 - click's options
    episodes: tuple[str, ...],
    is_all: bool,  # noqa: FBT001
    live: bool,  # noqa: FBT001
    max_calls: int,
    max_tokens: int,
    strict: bool,  # noqa: FBT001
    kind: str,
    output: Path | None,
    store: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check exchanges against the contracts of this project: what is sent, answers, streams, errors, headers.

    EPISODE is a name, an id or a cassette, as everywhere. With --all: what the contracts, and drafts that
    are not yet published, say of every episode there is. With --live: what the services answer now.

    Exit code 0: nothing departs. 1: something does (BREAK; with --strict RISK and OURS, too). 2: nothing
    could be checked.
    """
    from replaykit.config import load

    if bool(episodes) + is_all + live != 1:
        raise UsageError(
            "there is nothing to check"
            if not (episodes or is_all or live)
            else "it is one of EPISODE…, --all and --live",
            remedy="name an episode, `replaykit contract check EPISODE`, or check all there are: --all",
        )
    config = load(Path.cwd())
    contracts = _contracts(config, edited=is_all)
    fails: frozenset[Grade] = frozenset({"BREAK", "RISK", "OURS"}) if strict else frozenset({"BREAK"})
    if live:
        from replaykit.checks.cap import Cap
        from replaykit.checks.live import check as check_live

        cap = Cap(max_calls, max_tokens)
        report = check_live(contracts, config, fails, cap, partial(click.echo, err=True), store)
    else:
        from replaykit.checks.recordings import check as check_recordings

        path = store or config.store_path
        report = check_recordings(contracts, _episodes(episodes, config, path), config, fails)
    _write(report, "json" if as_json else kind, output)
    sys.exit(1 if report.failing else 0 if report.ran and not report.failed else 2)


def _contracts(config: Config, *, edited: bool) -> tuple[Contract, ...]:
    """The contracts of the project; `UsageError` when it has none."""
    from replaykit.contracts.checking import adopted
    from replaykit.contracts.registry import adopted as registry

    found = adopted(registry(config.contract_folder).sound(), edited=edited)
    if not found:
        raise UsageError(
            "this project has no contracts",
            remedy="adopt one, `replaykit contract add NAME` (`replaykit contract list` has the names), "
            "or learn one: `replaykit contract infer NAME --from EPISODE`",
        )
    return found


def _episodes(texts: Sequence[str], config: Config, path: Path) -> Sequence[Episode | str]:
    """The episodes that are meant; all that there are when none is named."""
    from replaykit.checks.recordings import everything
    from replaykit.session.names import named

    if not texts:
        return tuple(everything(config, path))
    return tuple(named(text, config, path).episode for text in texts)


def _write(report: Report, kind: str, output: Path | None) -> None:
    """The report in the format that was asked for."""
    from replaykit.report.terminal import keep, plain, write

    if kind == "text":
        from replaykit.report.drift.lines import lines, steps

        write(lines(report)) if output is None else keep(plain(lines(report)), output)
        for each in steps(report):
            click.echo(each, err=True)
    else:
        keep(_text(report, kind), output)


def _text(report: Report, kind: str) -> str:
    if kind == "json":
        import json

        from replaykit.report.drift.document import as_json

        return json.dumps(as_json(report), indent=2) + "\n"
    if kind == "md":
        from replaykit.report.drift.markdown import markdown

        return markdown(report)
    from replaykit.report.html.drift import drift

    return drift(report)
