"""`pytest -m contract`: every adopted contract is a test, without a line of Python.

    nothing, --replaykit=live, TEST_MODE=LIVE_SMOKE    its probes are sent to the real service
    --replaykit=golden, TEST_MODE=GOLDEN               what was recorded is checked instead
    --replaykit=mock, TEST_MODE=MOCK                   an error: a mock promises nothing

    asking    whether a run asks for contracts, from where, and which grades fail it
    nodes     what is collected: a file for each contract, a test for each probe
    run       one run: what may be sent, what came of it, and what is said of that
    share     how much of that one process of it has taken

Law: loaded only by a run whose `-m` asks for `contract`. What did not run is never shown as passed.
"""
