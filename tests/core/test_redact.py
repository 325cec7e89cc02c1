"""Secrets in bodies: found in each form, replaced by what still parses, and everything else left alone."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

from replaykit.core.redact import Redactor, Rule, Secret, placeholder
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
PASSWORD = 'pä ss/"w\\ö+rd😀&7'
SECRETS = (Secret("API_KEY", KEY), Secret("DB_PASSWORD", PASSWORD))
REDACTOR = Redactor(SECRETS)
SIGNED = Redactor(SECRETS, untouchable=frozenset({"signature", "redacted_thinking.data"}))

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789"
IMAGE = base64.b64encode(bytes(range(256)) * 8).decode()


def hidden(text: str, redactor: Redactor = REDACTOR) -> str:
    """The text after redaction."""
    return redactor.text(text)[0]


def escaped(value: str, *, depth: int = 1, ascii_only: bool = True) -> str:
    """The value as it stands in JSON, or in JSON in JSON."""
    for _ in range(depth):
        value = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
    return value


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": escaped,
    "json, not ascii": lambda value: escaped(value, ascii_only=False),
    "json in json": lambda value: escaped(value, depth=2),
    "json in json in json": lambda value: escaped(value, depth=3, ascii_only=False),
    "json with escaped slashes": lambda value: escaped(value).replace("/", "\\/").replace("&", "\\u0026"),
    "url": lambda value: quote(value, safe=""),
    "url path": quote,
    "form": quote_plus,
    "url in lower case": lambda value: quote(value, safe="").replace("%C3%A4", "%c3%a4").replace("%2F", "%2f"),
}


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_hidden_in_every_form_of_text(secret: Secret, form: str) -> None:
    """Plain, JSON-escaped to any depth and URL-encoded, a value becomes its stand-in."""
    text = f"<{FORMS[form](secret.value)}>"
    assert (f"<[REDACTED:{secret.name}]>", (secret.name,)) == REDACTOR.text(text)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
@pytest.mark.parametrize("before", [b"", b"u", b"us", b"use", b"user:"])
def test_a_secret_is_hidden_in_base64_and_the_rest_still_decodes(
    encode: Callable[[bytes], bytes], secret: Secret, before: bytes
) -> None:
    """At each alignment, the base64 text then says what it said, with the stand-in for the secret."""
    sent = encode(before + secret.value.encode() + b" and more").decode()
    text, names = REDACTOR.text(f'{{"authorization_header": "Basic {sent}"}}')
    kept = json.loads(text)["authorization_header"].removeprefix("Basic ")
    assert before + placeholder(secret.name).encode() + b" and more" == base64.urlsafe_b64decode(
        kept.replace("+", "-").replace("/", "_")
    )
    assert (secret.name,) == names


def test_base64_without_padding_stays_without() -> None:
    """What was sent as base64url without padding is kept without padding."""
    sent = base64.urlsafe_b64encode(f"{KEY}!!".encode()).rstrip(b"=").decode()
    expected = base64.urlsafe_b64encode(b"[REDACTED:API_KEY]!!").rstrip(b"=").decode()
    assert expected == hidden(sent)


def test_two_secrets_in_one_base64_text_are_both_hidden() -> None:
    """Both are named, and the text around them decodes."""
    sent = base64.b64encode(f"{KEY}:{PASSWORD}".encode()).decode()
    text, names = REDACTOR.text(sent)
    assert b"[REDACTED:API_KEY]:[REDACTED:DB_PASSWORD]" == base64.b64decode(text)
    assert {"API_KEY", "DB_PASSWORD"} == set(names)


@pytest.mark.parametrize("upper", [False, True])
def test_a_secret_is_hidden_in_hexadecimal(upper: bool) -> None:  # noqa: FBT001 - pytest gives it by name
    """Hexadecimal digits in either case become those of the stand-in."""
    digits = KEY.encode().hex()
    assert f"x{b'[REDACTED:API_KEY]'.hex()}x" == hidden(f"x{digits.upper() if upper else digits}x")


def test_a_base64_text_that_does_not_decode_loses_the_secret_all_the_same() -> None:
    """What only the secret decides is cut out of a run of base64 that is none."""
    sent = base64.b64encode(f"x{KEY}".encode()).decode().rstrip("=")
    assert "[REDACTED:API_KEY]" in hidden(f"{sent}+-_/!")


def test_of_two_names_for_one_value_the_first_is_said() -> None:
    """The environment's order decides."""
    assert "[REDACTED:FIRST]" == hidden(KEY, Redactor((Secret("FIRST", KEY), Secret("SECOND", KEY))))


def test_of_two_values_one_inside_the_other_the_longer_is_hidden() -> None:
    """No end of the longer one stays behind."""
    redactor = Redactor((Secret("SHORT", KEY[:20]), Secret("LONG", KEY)))
    assert "[REDACTED:LONG] [REDACTED:SHORT]" == hidden(f"{KEY} {KEY[:20]}", redactor)


def test_two_values_that_overlap_are_hidden_as_one() -> None:
    """Neither's end stays behind."""
    redactor = Redactor((Secret("A", "abcdefgh1234"), Secret("B", "1234ijklmnop")))
    assert ("<[REDACTED:A]>", ("A", "B")) == redactor.text("<abcdefgh1234ijklmnop>")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("nightwatch-77", "\n" + "ightwatch-77 nightwatch-77"),
        ("u00e9-abcdef-1", "\u00e9-abcdef-1"),
        ("00e9abcdef-12", "\u00e9abcdef-12"),
        ("t\\abcdefghijk1", "\t\\abcdefghijk1"),
    ],
)
def test_json_stays_json_where_a_secret_begins_inside_an_escape(value: str, text: str) -> None:
    r"""The `n` of `\n` may be a secret's first letter, too; the document still parses without the secret."""
    sent = json.dumps({"text": text})
    kept = json.loads(hidden(sent, Redactor((Secret("NAME", value),))))
    assert value not in kept["text"]


def test_the_placeholder_says_in_a_replay_what_the_recording_says() -> None:
    """A program that quotes, encodes and logs its key sends the same, redacted, with key and with placeholder."""

    def sent(key: str) -> bytes:
        basic = base64.b64encode(f"user:{key}".encode()).decode()
        return json.dumps(
            {"key": key, "basic": basic, "url": f"https://x/?q={quote(key)}", "hex": key.encode().hex()}
        ).encode()

    replay = Redactor((Secret("API_KEY", placeholder("API_KEY")),))
    assert REDACTOR.body(sent(KEY))[0] == replay.body(sent(placeholder("API_KEY")))[0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"password": "hunter2", "n": 1}', '{"password": "[REDACTED]", "n": 1}'),
        ('{"db_password":"a\\"b\\\\"}', '{"db_password":"[REDACTED]"}'),
        ('{"openaiApiKey":"x","X-API-KEY":"y"}', '{"openaiApiKey":"[REDACTED]","X-API-KEY":"[REDACTED]"}'),
        ('{"Authorization": "Bearer abc"}', '{"Authorization": "Bearer [REDACTED]"}'),
        ('{"client_secret":"a","refresh_token":"b"}', '{"client_secret":"[REDACTED]","refresh_token":"[REDACTED]"}'),
        (
            '{"a":"{\\"api_key\\": \\"z\\\\\\"y\\", \\"k\\": 1}"}',
            '{"a":"{\\"api_key\\": \\"[REDACTED]\\", \\"k\\": 1}"}',
        ),
        ('"{\\"secret\\":\\"z\\\\\\\\\\"}"', '"{\\"secret\\":\\"[REDACTED]\\"}"'),
        ('{"secret": "cut o', '{"secret": "[REDACTED]'),
        (f'{{"token": "{LETTERS}"}}', '{"token": "[REDACTED]"}'),
        (f'{{"a":"{{\\"deviceToken\\": \\"{LETTERS}\\"}}"}}', '{"a":"{\\"deviceToken\\": \\"[REDACTED]\\"}"}'),
        (f'{{"pwd": "{LETTERS}", "jwt": "x"}}', '{"pwd": "[REDACTED]", "jwt": "x"}'),
        (f'{{"api_key": "{KEY}"}}', '{"api_key": "[REDACTED:API_KEY]"}'),
        (f'{{"secret": "is {KEY}"}}', '{"secret": "[REDACTED]"}'),
        ("grant_type=x&client_secret=a%20b&code=c", "grant_type=x&client_secret=[REDACTED]&code=c"),
        ("--password=hunter2", "--password=[REDACTED]"),
    ],
)
def test_credential_fields_are_hidden_textually(text: str, kept: str) -> None:
    """The value goes at whatever depth, the rest of the document stays as it was written."""
    assert kept == hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        '{{"type": "thinking", "signature": "{}"}}',
        '{{"content": "{{\\"signature\\": \\"{}\\"}}"}}',
        '{{"type": "redacted_thinking", "data": "{}"}}',
        '{{"data":"{}","type":"redacted_thinking"}}',
    ],
)
def test_signatures_are_never_touched(text: str) -> None:
    """What a provider signed or encrypted stays byte for byte, even where it holds what looks like a key."""
    sent = text.format(f"{IMAGE[:60]}{KEY}{IMAGE[:60]}=").encode()
    assert (sent, ()) == SIGNED.body(sent)


@pytest.mark.parametrize("text", ['{{"type": "tool_result", "data": "{}"}}', '{{"signature": "with spaces {}"}}'])
def test_other_fields_of_the_same_name_are_searched(text: str) -> None:
    """`data` is untouchable only where its object is of the type, and prose is no signature."""
    assert text.format("[REDACTED:API_KEY]") == hidden(text.format(KEY), SIGNED)


def test_bytes_that_are_no_text_pass_through() -> None:
    """What is not UTF-8 stays, and does not keep a secret from being found."""
    assert b"\xff\xfe[REDACTED:API_KEY]\x80\x00" == REDACTOR.body(b"\xff\xfe" + KEY.encode() + b"\x80\x00")[0]


RULES = (Rule("e-mail", r"[\w.]+@[\w.]+\w", "someone@example.com"), Rule("name", "Käthe|😀+", "N. N."))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("to käthe.k@firma.de!", "to someone@example.com!"),
        ("ä Käthe ö Käthe", "ä N. N. ö N. N."),
        ('{"a": "x\\nbob@firma.de\\n"}', '{"a": "x\\nsomeone@example.com\\n"}'),
        ("someone@example.com", "someone@example.com"),
        ("ü😀😀", "üN. N."),
    ],
)
def test_a_projects_rules_are_applied_to_text(text: str, kept: str) -> None:
    """Rules see characters, not bytes, and leave escapes whole."""
    assert kept == hidden(text, Redactor(rules=RULES))


def test_a_rule_reports_its_name_once_per_occurrence() -> None:
    """Two addresses are two occurrences."""
    assert ("e-mail", "e-mail") == Redactor(rules=RULES).text("a@b.c d@e.f")[1]


@pytest.mark.parametrize(
    ("pattern", "stand_in", "said"),
    [
        ("(", "x", "no regular expression"),
        ("x*", "y", "empty text"),
        ("x", 'a"b', "escaping"),
        ("x", "a\nb", "escaping"),
    ],
)
def test_a_rule_that_would_break_bodies_is_refused(pattern: str, stand_in: str, said: str) -> None:
    """The error names the rule and what is wrong with it."""
    with pytest.raises(UsageError, match=f"rule 'mine'.*{said}"):
        Rule("mine", pattern, stand_in)


def test_a_secret_is_not_printed() -> None:
    """Neither a secret nor the redactor that knows it shows the value."""
    assert KEY not in repr(SECRETS) + repr(REDACTOR)


def test_only_what_is_new_is_searched() -> None:
    """A body that repeats a clean prefix is hidden past it; what stands before was vouched for."""
    history = '{"messages": [' + ", ".join(f'"turn {n} of many"' for n in range(500))
    data = f'{history}, "{KEY}"]}}'.encode()
    expected = f'{history}, "[REDACTED:API_KEY]"]}}'.encode()
    assert (expected, ("API_KEY",)) == REDACTOR.body(data, clean_prefix=len(history))
    vouched = f'{{"{KEY}": {history}}}'.encode()
    assert (vouched, ()) == REDACTOR.body(vouched, clean_prefix=len(vouched) - 1)


@pytest.mark.parametrize("end", ['"', '\\\\"', "\n", "\\\\n", "…", "..."])
def test_the_beginning_of_a_secret_is_hidden_where_a_text_ends(end: str) -> None:
    """Of a snapshot of a text that grows, or of a line that somebody shortened, no part of a key is kept."""
    assert f'a: "[REDACTED:API_KEY]{end} b' == hidden(f'a: "{KEY[:21]}{end} b')


@pytest.mark.parametrize("text", ['"sk-ant-api03-"', f'"{KEY[:14]}"', f"{KEY[:24]} is how it begins", '"pä"'])
def test_what_keys_of_one_kind_share_is_no_secret(text: str) -> None:
    """A prompt may say how keys begin; a replay without a key has to find it as it was."""
    assert text == hidden(text)


def test_a_beginning_that_is_a_word_is_no_secret() -> None:
    """Of a password that begins with a word, the word alone may stand in any text."""
    redactor = Redactor((Secret("NAME", "changeme-hunter-2024"),))
    assert '"changeme" "changeme-hunter"' == hidden('"changeme" "changeme-hunter"', redactor)
    assert '"[REDACTED:NAME]"' == hidden('"changeme-hunter-202"', redactor)


def test_a_scan_takes_over_what_an_earlier_one_found() -> None:
    """The history's secrets are hidden and named again, at the cost of what is new."""
    history = f'{{"messages": ["{KEY}", ' + ", ".join(f'"turn {n} of many"' for n in range(500))
    first = REDACTOR.scan(f"{history}]}}".encode())
    data = f'{history}, "and {KEY}"]}}'.encode()
    again = REDACTOR.scan(data, first, len(history))
    assert REDACTOR.body(data) == (again.data, again.names)
    assert ("API_KEY", "API_KEY") == again.names


@pytest.mark.parametrize(
    ("value", "before", "behind"),
    [
        ("correct horse 77 battery", "{}correct horse 77 ", "battery."),
        ("hunter2", '{}"password": "' + "many words " * 90, 'more"'),
        (KEY, '{}"x": "' + KEY[:30], KEY[30:] + '"'),
        (IMAGE[:900], "{}" + IMAGE[:800], IMAGE[800:900]),
    ],
)
def test_a_secret_across_the_end_of_what_is_shared_is_found(value: str, before: str, behind: str) -> None:
    """Wherever two bodies part, also in the middle of a secret that has white space or is long."""
    redactor = Redactor((Secret("NAME", value),))
    before = before.format("turn and turn again " * 100)
    later = (before + behind).encode()
    again = redactor.scan(later, redactor.scan((before + "another end").encode()), len(before))
    assert (again.data, again.names) == redactor.body(later)
    assert 1 == len(again.names)
