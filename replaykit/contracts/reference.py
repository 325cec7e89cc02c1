"""What a person names on a command line: a version of a contract, or a file with a schema.

    anthropic.messages            the project's newest version, else the package's
    anthropic.messages@1.0.0      that version
    shop.orders@draft             what is not published yet
    package:anthropic.messages    the package's, whatever the project has
    schemas/order.json            a JSON Schema, or the document of a contract

Law: what is named is found, or it is said what there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.contracts.files import content, document
from replaykit.contracts.registry import SHIPPED, Registry, checked, parsed, shipped, unknown
from replaykit.errors import ContractError, UsageError

if TYPE_CHECKING:
    from replaykit.core.contract.model import Contract, Schema

PACKAGE = "package:"
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Named:
    """What was named: a contract, or a schema that is none. `path` is its file, `registry` where a contract is from."""

    title: str
    path: Path
    contract: Contract | None = None
    schema: Schema | None = None
    registry: Registry | None = None

    @property
    def is_package(self) -> bool:
        """Whether it is the package's, and not adopted."""
        return self.registry is not None and self.registry.folder == SHIPPED


def named(text: str, project: Registry) -> Named:
    """What a person means by a name or a path; `UsageError` when there is none, `ContractError` when it is damaged."""
    if text.endswith(".json") or "/" in text:
        return file(Path(text))
    contract, found = one(text, project)
    name = f"{contract.version}.json" if contract.version else f"{DRAFT}.json"
    return Named(contract.title, found.path(contract.name, name), contract, registry=found)


def one(text: str, project: Registry) -> tuple[Contract, Registry]:
    """The contract that a name means, and the registry it is from."""
    name, _, version = text.removeprefix(PACKAGE).partition("@")
    found = owner(text, project)
    if version == DRAFT:
        draft = found.draft(name)
        if draft is None:
            raise UsageError(
                f"{name} has no draft", remedy=f"make one: `replaykit contract infer {name} --from EPISODE`"
            )
        return draft, found
    versions = found.versions(name)
    return found.contract(name, version or versions[-1]), found


def owner(text: str, project: Registry) -> Registry:
    """The registry that a name belongs to: the project's when it has the contract, else the package's."""
    name, _, version = text.removeprefix(PACKAGE).partition("@")
    checked(name)
    package = shipped()
    if not text.startswith(PACKAGE) and (
        name in project.names or (version == DRAFT and project.draft(name) is not None)
    ):
        return project
    if name in package.names:
        return package
    if name in project.drafts():
        raise UsageError(
            f"{name} is not published yet",
            remedy=f"its draft is {name}@draft; publish it: `replaykit contract publish {name}`",
        )
    known = tuple(dict.fromkeys((*project.names, *package.names)))
    raise unknown(name, known, "this project, nor in the package")


def file(path: Path) -> Named:
    """The schema, or the contract, that a file holds."""
    try:
        data = content(path.parent, path)
    except ContractError as error:
        raise UsageError(
            error.message, remedy="name a contract (`replaykit contract list`) or a file with a schema"
        ) from error
    found = document(data, path)
    if isinstance(found, dict) and "contract" in found and "$defs" in found:
        contract = parsed(data, path)
        return Named(contract.title, path, contract)
    if not isinstance(found, dict | bool):
        raise ContractError("this is no JSON Schema: it is to be an object, true or false", path=str(path))
    return Named(path.name, path, schema=found)
