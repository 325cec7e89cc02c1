"""Digest authentication (RFC 7616, MD5, qop=auth), as a route of the scripted server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from tests.servers.script import Asked, Script, plain

REALM: Final = "agents"
NONCE: Final = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
CHALLENGE: Final = f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{NONCE}", opaque="5ccc069c403ebaf9"'


@dataclass(frozen=True, slots=True)
class Digest:
    """A route that lets in one user, and challenges everybody else."""

    user: str
    password: str

    def __call__(self, asked: Asked) -> Script:
        """The secret page to who proves the password, a challenge to others."""
        if self._proves(asked):
            return plain(b"inside")
        return plain(b"who are you?", 401, (("WWW-Authenticate", CHALLENGE),), "Unauthorized")

    def _proves(self, asked: Asked) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', asked.headers.get("authorization", "")))
        one = _md5(f"{self.user}:{REALM}:{self.password}")
        two = _md5(f"{asked.method}:{asked.path}")
        proof = _md5(f"{one}:{NONCE}:{said.get('nc')}:{said.get('cnonce')}:auth:{two}")
        return said.get("response") == proof


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
