"""Anything that an episode may hold, for Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import settings
from hypothesis import strategies as st

from replaykit.core.model import (
    Body,
    Episode,
    Exchange,
    Failure,
    Origin,
    Outputs,
    Request,
    Span,
    ToolCall,
    Unseen,
)
from tests.turns import response

if TYPE_CHECKING:
    from replaykit.core.model import Step

COSTLY: Final = settings(max_examples=settings().max_examples * 2 // 5)
"""For laws whose examples take 5 ms and more: two fifths of what the profile asks of all others."""

# Lone surrogates are what Python makes of bytes that are not UTF-8, in arguments and file names.
texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\udc80\udcff")), max_size=20)
words = texts.filter(lambda text: "\0" not in text)
variables = words.filter(lambda text: text != "" and "=" not in text)
numbers = st.integers(0, 2**62)
durations = st.integers(0, 2**40 - 1)
headers = st.lists(st.tuples(texts, texts), max_size=4).map(tuple)
names = st.lists(texts, max_size=3).map(tuple)
failures = st.builds(Failure, texts, texts)
requests = st.builds(Request, texts, texts, headers, st.binary(max_size=200).map(Body.of))


responses = st.builds(
    response, st.integers(100, 599), st.lists(st.binary(min_size=1, max_size=50), max_size=5), headers
)
exchanges = st.builds(
    Exchange,
    requests,
    st.none() | responses,
    st.none() | failures,
    began=numbers,
    first=durations,
    took=durations,
    left=st.booleans(),
    attempt=st.integers(0, 9),
    hidden=names,
    within=numbers,
)
tool_calls = st.builds(
    ToolCall,
    texts,
    st.binary(max_size=50),
    st.binary(max_size=50),
    st.none() | failures,
    began=numbers,
    took=durations,
    opaque=st.booleans(),
    hidden=names,
    within=numbers,
)
steps: st.SearchStrategy[Step] = st.one_of(exchanges, tool_calls)
origins = st.builds(
    Origin,
    st.lists(words, max_size=3).map(tuple),
    words,
    st.binary(max_size=20),
    st.dictionaries(variables, words, max_size=3),
    st.lists(variables, max_size=3).map(tuple),
    words,
    words,
    texts,
    st.dictionaries(texts, texts, max_size=3),
    texts,
    texts,
)
spans = st.builds(Span, st.floats(0, 1e10), st.floats(0, 1e10), words, words, words, st.integers(-50_000, 50_000))
outputs = st.builds(
    Outputs,
    st.binary(max_size=40),
    st.none() | st.integers(-20, 255),
    st.dictionaries(texts, st.sampled_from([b"1", b'"a"', b"[]"]), max_size=3),
)
episodes = st.builds(
    Episode,
    st.just("episode_abc234"),
    st.just("support"),
    st.just("accepted"),
    st.booleans(),
    origins,
    spans,
    st.lists(steps, max_size=8).map(lambda found: tuple(sorted(found, key=lambda step: step.began))),
    outputs,
    st.lists(st.builds(Unseen, texts, texts, st.integers(1, 9)), max_size=3).map(tuple),
)
