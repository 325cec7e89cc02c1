"""Contracts from what was recorded, and from what SDKs declare.

    operations   what there is to infer in recordings
    infer        a contract from the exchanges of one operation
    reconciled   the same, together with what sources declare, and where they disagree
    unbound      headers that name a version, for a person to bind the contract to

    contract     part by part into one         traffic     what exchanges say, part by part
    groups       exchanges by operation
    learn, text  documents as shapes           headers     header parts
    order        how events follow each other  pool        shapes put together
    versions     headers that name one
    sources      where sources disagree        write       shapes as schemas
    reader       a JSON Schema as shapes
    known        what is published, grown      spelled     schemas, one keyword at a time
    shape        the values that all of these speak in

Law: pure. Whatever was seen is accepted by what was inferred. Words of an interface enter a contract;
what somebody wrote, ids and secrets do not.
"""

from __future__ import annotations

from replaykit.core.contract.infer.contract import BODIES, Declaration, Inference, infer, reconciled
from replaykit.core.contract.infer.groups import Group, operations
from replaykit.core.contract.infer.sources import Disagreement
from replaykit.core.contract.infer.versions import unbound

__all__ = [
    "BODIES",
    "Declaration",
    "Disagreement",
    "Group",
    "Inference",
    "infer",
    "operations",
    "reconciled",
    "unbound",
]
