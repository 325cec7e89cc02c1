"""Secrets in URLs, in headers and in an environment: what is taken for one, and what stays of it."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest

from replaykit.core.redact import Redactor, Secret, placeholder, secrets_of

KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
DRAWN = "aB3dE5gH7jK9mN1p"
HEX = "4f8a2c9d1e7b3a6f5c0d8e2b9a1f7c3d"
SURE = ("access_key", "auth_key", "api-token", "pwd", "private_token", "hapikey")
NAMED = (
    "X-Api-Token",
    "X-Token",
    "Token",
    "X-Session-Token",
    "X-Functions-Key",
    "X-RapidAPI-Key",
    "X-Subscription-Token",
    "X-Vault-Token",
    "DD-APPLICATION-KEY",
    "X-GitHub-Token",
    "X-Auth-Key",
    "X-JWT",
    "x-client-secret",
)
DRAWN_ = ("token", "key", "sig", "appid", "session_id", "vault_token")
OPEN = ("sort_key", "cache_key", "next_page_token", "public_key", "job_id", "cursor")
REDACTOR = Redactor((Secret("API_KEY", KEY),), credentials=frozenset({"x-tenant"}), query=frozenset({"ticket"}))


@pytest.mark.parametrize(
    ("url", "kept", "names"),
    [
        ("https://x/v1/messages?beta=true", "https://x/v1/messages?beta=true", ()),
        (f"https://x/{KEY}/y", "https://x/[REDACTED:API_KEY]/y", ("API_KEY",)),
        (f"https://x/?q=1&api_key={KEY}#top", "https://x/?q=1&api_key=[REDACTED:API_KEY]#top", ("API_KEY",)),
        ("https://x/?api_key=paris", "https://x/?api_key=[REDACTED]", ("query api_key",)),
        ("https://x/?X-Amz-Signature=ab&x=1", "https://x/?X-Amz-Signature=[REDACTED]&x=1", ("query x-amz-signature",)),
        (f"https://x/?key={DRAWN}", "https://x/?key=[REDACTED]", ("query key",)),
        ("https://x/?key=paris&token=next", "https://x/?key=paris&token=next", ()),
        *((f"https://x/?{name}=ab", f"https://x/?{name}=[REDACTED]", (f"query {name}",)) for name in SURE),
        *((f"https://x/?{name}={HEX}&a=1", f"https://x/?{name}=[REDACTED]&a=1", (f"query {name}",)) for name in DRAWN_),
        *((f"https://x/?{name}={DRAWN}", f"https://x/?{name}={DRAWN}", ()) for name in OPEN),
        (f"https://x/?sv=1&sig={DRAWN}%2Bab%3D", "https://x/?sv=1&sig=[REDACTED]", ("query sig",)),
        ("https://x/?ticket=7", "https://x/?ticket=[REDACTED]", ("query ticket",)),
        (f"https://x/cb#access_token={DRAWN}&n=1", "https://x/cb#access_token=[REDACTED]&n=1", ("query access_token",)),
        ("https://bob:pw@x/", "https://bob:REDACTED@x/", ("url password",)),
        (f"https://bob:{KEY}@x/", "https://bob:REDACTED-API_KEY@x/", ("API_KEY",)),
        (f"https://{DRAWN}@x/", "https://REDACTED@x/", ("url password",)),
        ("https://bob@x/", "https://bob@x/", ()),
        (f"https://{KEY}.x/", "https://REDACTED-API_KEY.x/", ("API_KEY",)),
        ("mailto:bob@x?subject=a", "mailto:bob@x?subject=a", ()),
        ("", "", ()),
    ],
)
def test_a_url_is_kept_without_its_credentials(url: str, kept: str, names: tuple[str, ...]) -> None:
    """Parameters, userinfo and secrets go; the rest stays, parses, and does not change once more."""
    assert (kept, names) == REDACTOR.url(url)
    assert (kept, ()) == REDACTOR.url(kept)
    assert urlsplit(url).path.count("/") == urlsplit(kept).path.count("/")


@pytest.mark.parametrize(
    ("name", "value", "kept", "hid"),
    [
        ("Authorization", f"Bearer {KEY}", "Bearer [REDACTED:API_KEY]", "API_KEY"),
        ("authorization", "Bearer abc", "Bearer [REDACTED]", "header authorization"),
        ("authorization", "abc", "[REDACTED]", "header authorization"),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic [REDACTED]", "header authorization"),
        ("Proxy-Authorization", "Digest a=1, b=2", "Digest [REDACTED]", "header proxy-authorization"),
        ("x-api-key", KEY, "[REDACTED:API_KEY]", "API_KEY"),
        ("X-Goog-Api-Key", "abc", "[REDACTED]", "header x-goog-api-key"),
        ("X-Vendor-Api-Key", "abc", "[REDACTED]", "header x-vendor-api-key"),
        *((name, "abc", "[REDACTED]", f"header {name.lower()}") for name in NAMED),
        ("X-Tenant", "abc", "[REDACTED]", "header x-tenant"),
        ("x-debug", f"a {KEY} b", "a [REDACTED:API_KEY] b", "API_KEY"),
        ("set-cookie", "sid=38a; Path=/; HttpOnly", "sid=[REDACTED]; Path=/; HttpOnly", "header set-cookie"),
        ("location", "https://x/?access_token=1", "https://x/?access_token=[REDACTED]", "query access_token"),
    ],
)
def test_a_header_is_kept_without_its_credential(name: str, value: str, kept: str, hid: str) -> None:
    """The scheme, a cookie's name and attributes and everything around a secret stay, now and the next time."""
    assert (((name, kept),), (hid,)) == REDACTOR.headers(((name, value),))
    assert (((name, kept),), ()) == REDACTOR.headers(((name, kept),))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "application/json"),
        ("mcp-session-id", "1868a90c3f8b4d9e"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("idempotency-key", DRAWN),
        ("x-cache-key", DRAWN),
        ("sec-websocket-key", DRAWN),
        ("access-control-allow-credentials", "true"),
        ("www-authenticate", 'Basic realm="shop"'),
        ("set-cookie", "sid=; Max-Age=0; Path=/"),
        ("authorization", ""),
        ("x-name", "caf\xe9 \xff"),
    ],
)
def test_other_headers_stay(name: str, value: str) -> None:
    """Sessions, limits, deleted cookies and empty values are no credentials."""
    assert (((name, value),), ()) == REDACTOR.headers(((name, value),))


def test_a_secret_that_is_given_as_a_name_is_hidden() -> None:
    """Name and value are easily taken for each other."""
    kept = (("[REDACTED:API_KEY]", "[REDACTED]"),)
    assert (kept, ("API_KEY", "header [redacted:api_key]")) == REDACTOR.headers(((KEY, "x-api-key"),))
    assert (kept, ()) == REDACTOR.headers(kept)


def test_headers_keep_their_order_and_repeats() -> None:
    """Two cookies of one name remain two, in place."""
    sent = (("set-cookie", "a=1"), ("date", "now"), ("set-cookie", "a=2; Path=/"))
    kept = (("set-cookie", "a=[REDACTED]"), ("date", "now"), ("set-cookie", "a=[REDACTED]; Path=/"))
    assert (kept, ("header set-cookie", "header set-cookie")) == REDACTOR.headers(sent)


def test_each_cookie_of_a_request_is_hidden() -> None:
    """The names stay, and a cookie jar reads what is left."""
    ((_, value),), names = REDACTOR.headers((("Cookie", f"a=1; b={KEY}; c="),))
    assert {"a": "[REDACTED]", "b": "[REDACTED:API_KEY]", "c": ""} == {
        name: morsel.value for name, morsel in SimpleCookie(value).items()
    }
    assert ("header cookie", "API_KEY") == names


def test_a_secret_in_a_header_is_found_as_utf_8() -> None:
    """Header values are bytes read as Latin-1, whatever characters a program meant."""
    redactor = Redactor((Secret("NAME", "Käsebrötchen-77"),))
    sent = (("x-note", "Käsebrötchen-77".encode().decode("latin-1")),)
    assert ((("x-note", "[REDACTED:NAME]"),), ("NAME",)) == redactor.headers(sent)


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "openai_api_key",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "DJANGO_SECRET_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "PGPASSWORD_PROD",
        "STRIPE_KEY_TEST",
        "JWT",
        "SMTP_PASS",
        "GOOGLE_CREDENTIALS_JSON",
    ],
)
def test_a_variable_whose_name_says_secret_is_one(name: str) -> None:
    """Its value is hidden, and white space at its ends does not matter."""
    assert ((Secret(name, KEY),), ()) == secrets_of({name: f"{KEY}\n"})


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "PWD",
        "OLDPWD",
        "MAX_TOKENS",
        "TOKEN_URL",
        "SECRET_NAME",
        "PASSWORD_FILE",
        "SSH_AUTH_SOCK",
        "KEYBOARD",
        "API_KEY_HEADER",
        "TOKENIZERS_PARALLELISM",
        "AUTHOR",
        "MONKEY",
        "PASSWORD_STORE",
    ],
)
def test_a_variable_that_only_mentions_secrets_is_none(name: str) -> None:
    """Nothing is hidden, and nothing is said."""
    assert ((), ()) == secrets_of({name: KEY})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("test", "shorter than 12 characters"),
        ("changeme-please", "made of plain words"),
        ("replaykit development", "made of plain words"),
        ("/home/bob/.config/key-2024.json", "a path"),
        ("~/secrets/production.pem", "a path"),
        ("C:\\keys\\production.pem", "a path"),
        ("https://vault.example.com:8200/v1", "an address"),
    ],
)
def test_a_value_that_would_eat_other_texts_is_said_and_not_hidden(value: str, why: str) -> None:
    """The warning names the variable and the reason, and never the value."""
    secrets, (warning,) = secrets_of({"APP_SECRET": value})
    assert () == secrets
    assert f"APP_SECRET is named like a secret, but its value is {why}: it is not hidden" == warning


@pytest.mark.parametrize("value", ["", " ", "1", "true", "FALSE", "none"])
def test_a_switch_is_no_secret(value: str) -> None:
    """`USE_TOKEN=1` is not worth a warning."""
    assert ((), ()) == secrets_of({"USE_TOKEN": value})


@pytest.mark.parametrize(
    "value",
    [
        KEY,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "/JalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY",
        "https://hooks.example.com/services/T00/B00/aB3dE5gH7jK9mN1p",
        "postgres://bob:hunter22@db/x",
        '{"type": "service_account"}',
        "QwErTyUiOpAsDfGh",
        "passwort mit leerzeichen 1",
        "0123456789abcdef",
    ],
)
def test_a_value_that_stands_nowhere_by_chance_is_hidden(value: str) -> None:
    """Keys that begin like a path, addresses with a secret in them and sentences with a digit are secrets."""
    assert ((Secret("APP_SECRET", value),), ()) == secrets_of({"APP_SECRET": value})


@pytest.mark.parametrize(
    ("name", "expected"), [("A_KEY", "[REDACTED:A_KEY]"), ("ProgramFiles(x86)", "[REDACTED:ProgramFiles_x86_]")]
)
def test_a_placeholder_is_the_stand_in(name: str, expected: str) -> None:
    """What a replay puts into a missing variable is a secret again, and stands for itself."""
    assert expected == placeholder(name)
    secrets, _ = secrets_of({"A_KEY": expected})
    assert (Secret("A_KEY", expected),) == secrets
    assert (f"<{expected}>", ()) == Redactor(secrets).text(f"<{expected}>")
