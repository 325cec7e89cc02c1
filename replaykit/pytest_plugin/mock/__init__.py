"""A router of respx that answers every client of httpx2 and httpx, with ready answers for models.

    def test_packing(replaykit_mock):
        replaykit_mock.anthropic(replaykit_mock.tool("weather", city="Oslo"), "Take a coat.")
        assert pack("Oslo") == "Take a coat."

    anthropic(*answers, **patterns)            POST …/v1/messages
    openai(*answers, **patterns)               both of the next two
    openai.chat(…)  openai.responses(…)        POST …/chat/completions, POST …/responses
    tool(name, city=…)  message(*parts)        what is said             answers.py
    error(429)  overloaded()  timeout()        what goes wrong, also `message("It is", then=timeout())`
    get(url), route(…), calls, …               everything of respx

A single answer is given every time, several are given one after the other. A question that asks for a
stream gets one. No SDK waits before it tries again, and none misses its key.

    test                 mode mock     any other mode
    marked `episode`     the router    the episode: its cassette, or the real services
    not marked           the router    the router

Law: an unmocked request is an error, and fails the test whatever its code made of that; a real service
is never replaced where it was asked for. A route that nobody calls is no error, unless the test says
`assert_all_called()`.
"""
