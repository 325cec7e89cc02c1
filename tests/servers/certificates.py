"""Certificates for loopback servers: an authority made for the run, which nobody else trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Self

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """An authority, with one certificate for 127.0.0.1 and localhost."""

    authority: trustme.CA
    leaf: trustme.LeafCert = field(repr=False)

    @classmethod
    def issue(cls) -> Self:
        """A new authority and its certificate."""
        authority = trustme.CA()
        return cls(authority, authority.issue_cert("127.0.0.1", "localhost"))

    def server(self, *protocols: str) -> ssl.SSLContext:
        """What a server needs to be believed by `client`; `protocols` are offered by ALPN."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.leaf.configure_cert(context)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def client(self) -> ssl.SSLContext:
        """What a client needs to believe the server."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context
