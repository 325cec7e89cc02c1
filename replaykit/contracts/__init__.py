"""Contracts as files: what a project has adopted or published, and what belongs to it.

    files       a file of `contracts/` read within bounds; several written, all or none
    layout      a contract's document as text that one can review
    lock        `contracts.lock`: the digest of everything that was published
    registry    the contracts of a folder: a project's, or those that come with the package
    schemas     whether what a contract says can be used
    publish     a draft becomes a version; the package's versions become a project's
    acks        `acks.json`: findings that somebody has seen, and until when that is enough
    journal     `drift.json`: since when which finding is there
    probes      `probes.toml`: the small requests of a nightly run
    sample      probes made of what was recorded; `toml` writes them
    reference   what a person names: a version, a draft, a file with a schema
    types       what an SDK declares, as a schema
    validators  documents against schemas, fast; `patterns` finds patterns for both of them

Law: a version never changes once it is published; what is read is checked against the lock before it is
believed. What is written stands there whole, or not at all.
"""
