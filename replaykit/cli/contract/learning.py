"""`contract infer`: a contract learned from recordings, and compared with what an SDK declares."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replaykit.cli.contract import telling
from replaykit.cli.running import JSON, STORE
from replaykit.core.plain import counted, line, listed
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.config import Config
    from replaykit.contracts.registry import Registry
    from replaykit.core.contract.infer import Declaration, Group, Inference
    from replaykit.core.contract.model import Binds, Contract
    from replaykit.core.model import Exchange

SHOWN = 12
"""Disagreements that are told one by one: `--json` has all."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which exchanges are meant, where the contract's name does not say it; only those of `host` are looked at."""

    method: str = ""
    host: str = ""
    path: str = ""

    def fits(self, group: Group) -> bool:
        """Whether a group of exchanges is what was asked for."""
        from replaykit.core.contract.bound import behind
        from replaykit.core.contract.infer.groups import template

        about = group.binds  # of a provider: its own path, whatever stands before that at a gateway
        if self.method and self.method.upper() != about.method:
            return False
        same = about.path in {self.path, template(self.path)}
        return not self.path or same or (bool(about.provider) and behind(self.path, about.path))

    def binds(self, name: str) -> Binds | None:
        """What a contract is about of which nothing was recorded; None for one that the package knows."""
        from replaykit.contracts.registry import shipped
        from replaykit.core.contract.model import Binds

        if self.host and self.path:
            return Binds(host=self.host, method=self.method.upper() or "POST", path=self.path)
        if name in shipped().names:
            return None
        raise UsageError(
            f"what is {name} about?", remedy="nothing was recorded of it: give --host, --path and --method"
        )


@click.command()
@click.argument("name")
@click.option("--from", "episodes", multiple=True, metavar="EPISODE", help="What was recorded; may be given again.")
@click.option(
    "--from-type", "types", multiple=True, metavar="MODULE:TYPE[=PART]", help="What an SDK declares of a part; again."
)
@click.option("--method", default="", help="Only exchanges with this method.")
@click.option("--host", default="", help="Only exchanges with this host.")
@click.option("--path", default="", help="Only exchanges with this path; /orders/{id} means any order.")
@click.option("--afresh", is_flag=True, help="Take nothing over from the version that is published.")
@JSON
@STORE
def infer(  # noqa: PLR0913, PLR0917 - click's options
    name: str,
    episodes: tuple[str, ...],
    types: tuple[str, ...],
    method: str,
    host: str,
    path: str,
    afresh: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """Learn the contract NAME from recordings, and write it to contracts/NAME/draft.json.

    EPISODE is an episode, or a cassette of vcrpy. PART is request, response (by default), event or error,
    with the place of the type within it: response/result. Where sources disagree the draft takes what is more
    permissive, and says so. Probes are written, too, where there are none.

    Where a version of NAME is published, the draft goes on from the newest: what that says and the recordings do
    not contradict stays, and evidence adds up. Not so with --afresh, nor with --from-type.

    \b
    replaykit contract infer shop.orders --from shopping --path /orders
    replaykit contract infer anthropic.messages --from support --from-type anthropic.types:Message
    """
    from replaykit.cli.contract.scope import scope
    from replaykit.config import load
    from replaykit.contracts.registry import adopted, checked

    config = load(Path.cwd())
    checked(name)
    if not episodes and not types:
        raise UsageError("from what?", remedy="give --from EPISODE, --from-type MODULE:TYPE, or both")
    registry = adopted(config.contract_folder).sound()
    declarations = tuple(map(_declaration, types))
    exchanges = tuple(each for text in episodes for each in _exchanges(text, config, store or config.store_path))
    published = registry.newest(name)
    sought = Sought(method, host, path)
    group = _group(name, exchanges, sought, published) if episodes else None
    binds = group.binds if group is not None else published.binds if published is not None else sought.binds(name)
    known = None if afresh or types else published
    about = group.exchanges if group is not None else ()
    found = _inferred(name, about, declarations, binds, known)
    if published is not None:
        found = _decided(found, published)
    probes = _keep(registry, found.contract, group)
    held = scope(about, found.contract.binds, config.gateways)
    if as_json:
        more = {"known": known.version if known is not None else None, **held.document}
        telling.put(_as_json(found, registry, probes) | more)
    for each in _lines(found, registry, probes, [*_origin(published, known), *held.lines()]):
        telling.say(each)


def _origin(published: Contract | None, known: Contract | None) -> Iterator[str]:
    """What the draft goes on from, in words; nothing where nothing was published before."""
    from replaykit.core.contract.infer.known import answers

    if known is not None:
        yield f"goes on from {known.version}, {counted(answers(known.sources), 'answer')}"
    elif published is not None:
        yield f"afresh: nothing is taken over from {published.version}"


def _declaration(text: str) -> Declaration:
    """What `MODULE:TYPE[=PART[/PLACE]]` declares."""
    from replaykit.contracts.types import schema_of
    from replaykit.core.contract.infer import BODIES, Declaration

    target, _, place = text.partition("=")
    part, slash, at = (place or "response").partition("/")
    if part not in BODIES:
        raise UsageError(f"{part[:40]!r} is no part of a contract", remedy=f"parts are {listed(BODIES)}")
    declared = schema_of(target)
    return Declaration(part, f"{declared.source}: {target}", declared.schema, slash + at)


def _exchanges(text: str, config: Config, store: Path) -> Sequence[Exchange]:
    """The exchanges of an episode, or of the cassettes of vcrpy in a file or a folder."""
    from replaykit.session.names import named

    path = Path(text)
    if path.is_dir() or (path.is_file() and not path.with_suffix(".tape").is_file()):
        from replaykit import vcr
        from replaykit.session.hiding import Hiding
        from replaykit.vcr.files import found

        hiding = Hiding(config)
        return [each for file in found([path])[0] for each in vcr.read(file, hiding).exchanges]
    return named(text, config, store).episode.exchanges


def _group(name: str, exchanges: Sequence[Exchange], sought: Sought, published: Contract | None) -> Group:
    """The exchanges that are meant; `UsageError` with what there is when that cannot be told."""
    from replaykit.contracts.registry import shipped
    from replaykit.core.contract.infer import operations

    recorded = operations(exchanges, sought.host, sought.path)
    groups = [group for group in recorded if sought.fits(group)]
    same = [group for group in groups if published is not None and _about(group.binds) == _about(published.binds)]
    called = [group for group in groups if group.name == name]
    known = name in shipped().names  # what it is about is known: no other operation is meant by that name
    for found in (same, called, [] if known else groups):
        if len(found) == 1:
            return found[0]
    known_as = groups or recorded or operations(exchanges)
    there = [f"{each.name} ({_place(each)}, {counted(len(each.exchanges), 'exchange')})" for each in known_as]
    if not there:
        raise UsageError("no exchange was recorded there", remedy="look: `replaykit show EPISODE`")
    said = f"which is {name}?" if groups else "nothing of the kind was recorded there."
    raise UsageError(
        f"{said} There is {listed(there, 12)}",
        remedy="take one of these names, or say which is meant by --method, --host and --path (/orders/{id}: any)",
    )


def _place(group: Group) -> str:
    return f"{group.binds.method} {group.binds.host}{group.binds.path}"


def _about(binds: Binds) -> tuple[str, ...]:
    """What two contracts of the same thing have in common."""
    return binds.provider, binds.operation, binds.method, binds.host, binds.path


def _inferred(
    name: str,
    exchanges: Sequence[Exchange],
    declarations: Sequence[Declaration],
    binds: Binds | None,
    known: Contract | None,
) -> Inference:
    """What was learned, from there on what is known; `UsageError` when there is nothing to learn from."""
    from replaykit.contracts.checking import today
    from replaykit.core.contract.infer import reconciled
    from replaykit.core.contract.model import Unfit

    try:
        return reconciled(name, exchanges, declarations, date=today(), binds=binds, known=known)
    except Unfit as error:
        raise UsageError(f"{name}: {error.reason}", remedy="record it: `replaykit record -- COMMAND`") from error


def _decided(found: Inference, published: Contract) -> Inference:
    """The same, with what a person has decided of the published one: its policies and dates."""
    policy = tuple(dict.fromkeys((*found.contract.policy, *published.policy)))
    retires = {**published.retires, **found.contract.retires}
    return replace(found, contract=replace(found.contract, policy=policy, retires=retires))


def _keep(registry: Registry, contract: Contract, group: Group | None) -> tuple[int, int] | None:
    """How many probes were written, and how many of them are not sent; None when there were some already."""
    from replaykit.contracts.files import alone, save
    from replaykit.contracts.layout import laid
    from replaykit.contracts.registry import DRAFT, PROBES
    from replaykit.core.contract.model import write

    path = registry.path(contract.name, PROBES)
    texts = {registry.path(contract.name, DRAFT): laid(write(contract))}
    count = None
    if group is not None and not path.exists() and not path.is_symlink():
        data, count = _probes(contract.name, group)
        texts |= {path: data} if sum(count) else {}
    with alone(registry.folder):
        save(registry.folder, texts)
    return count


def _probes(name: str, group: Group) -> tuple[bytes, tuple[int, int]]:
    """The text of a contract's probes: the package's when it has some for it, else from what was recorded."""
    from replaykit.contracts import probes
    from replaykit.contracts.registry import PROBES, shipped
    from replaykit.contracts.sample import probes as sampled
    from replaykit.contracts.toml import written
    from replaykit.session.facts import facts_of

    def cost(exchange: Exchange) -> int:
        facts = facts_of(exchange)
        return (facts.input_tokens or 0) + (facts.output_tokens or 0)

    package = shipped()
    ready = {each: probes.read(package.folder, package.path(each, PROBES)) for each in package.names}
    if name in ready and name == f"{group.binds.provider}.{group.binds.operation}":
        return package.path(name, PROBES).read_bytes(), _sent(ready[name])
    harmless = {each for each, found in ready.items() if all(probe.send for probe in found)}
    made = sampled(name, group.exchanges, harmless, cost)
    return written(made, HEAD), _sent(made)


HEAD = """\
What a nightly run asks for, made of the smallest requests that were recorded.
Read them; take `send = false` out of those that may be sent every night."""
"""What stands above the probes that were written."""


def _sent(found: Sequence[Any]) -> tuple[int, int]:
    return len(found), sum(not each.send for each in found)


def _as_json(found: Inference, registry: Registry, probes: tuple[int, int] | None) -> dict[str, Any]:
    from replaykit.contracts.registry import DRAFT

    contract = found.contract
    return {
        "name": contract.name,
        "draft": str(registry.path(contract.name, DRAFT)),
        "sources": list(contract.sources),
        "parts": list(contract.parts),
        "thin": dict(_thin(contract)),
        "disagreements": [
            {"part": each.part, "path": each.path, "traffic": each.traffic, "source": each.source}
            for each in found.disagreements
        ],
        "probes": probes[0] if probes else 0,
        "unsent": probes[1] if probes else 0,
    }


def _thin(contract: Contract) -> dict[str, int]:
    from replaykit.cli.contract.outline import thin
    from replaykit.core.contract.infer.learn import ENOUGH

    return dict(thin(contract, ENOUGH))


def _lines(found: Inference, registry: Registry, probes: tuple[int, int] | None, about: Sequence[str]) -> Iterator[str]:
    """What was learned, what else there is to know `about` it, where the sources disagree, and what comes next."""
    from replaykit.contracts.registry import DRAFT, PROBES
    from replaykit.core.contract.infer.learn import ENOUGH
    from replaykit.report.terminal import near

    contract = found.contract
    name = contract.name
    yield f"{name}: {'; '.join(line(each, 160) for each in contract.sources)}"
    yield from (f"    {each}" for each in about)
    yield f"    {near(registry.path(name, DRAFT))}   {listed(contract.parts)}"
    if weak := _thin(contract):
        claims = counted(sum(weak.values()), "claim")
        yield f"    {claims} on less than {ENOUGH} sightings, in {listed(list(weak), 6)}"
    for each in found.disagreements[:SHOWN]:
        yield f"    sources disagree: {line(str(each), 240)}"
    if len(found.disagreements) > SHOWN:
        yield f"    and {len(found.disagreements) - SHOWN} more disagreements (--json has all)"
    if probes is not None and probes[0]:
        yield f"    {near(registry.path(name, PROBES))}   {counted(probes[0], 'probe')}"
        if probes[1]:
            yield f"    {probes[1]} may do harm, and {'is' if probes[1] == 1 else 'are'} not sent: read, and enable"
    known = registry.versions(name)
    if known:
        yield f"next: replaykit contract diff {shlex.quote(name)} {shlex.quote(name)}@draft"
    yield f"{'then' if known else 'next'}: replaykit contract publish {shlex.quote(name)}"
