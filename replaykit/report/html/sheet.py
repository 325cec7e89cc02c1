"""A page as one file: a template filled in, with the style and the script inside.

Law: one door. Whatever a template shows is made harmless and escaped here, whether it was recorded or
not; the page may load nothing, run nothing but this script and use nothing but this style, for its
policy names both by their digests (Content Security Policy, level 3).
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from replaykit.core.plain import harmless
from replaykit.report.html.kinds import CHIPS, WORDS
from replaykit.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(template: str, **values: object) -> str:
    """The page that a template makes of these values."""
    style, script = _asset("report.css"), _asset("report.js")
    page = _environment().get_template(template)
    return page.render({**values, "style": style, "script": script, "policy": _policy(style, script)})


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("replaykit.report.html", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"version": VERSION, "words": WORDS, "chips": CHIPS}
    return environment


def _shown(value: object) -> object:
    """A value on its way into the page; what a template made itself goes as it is."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else harmless(value)


@cache
def _asset(name: str) -> str:
    return files("replaykit.report.html").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    """What a policy calls a text by (CSP level 3, 2.3.1)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
