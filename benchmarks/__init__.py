"""replaykit beside its peers and the floor, in one run: `make bench`, or `python -m benchmarks --only replay`.

Law: the same workload, the same client and its same settings for everybody; what is compared is
measured in the same process or in turn with it, so that noise hits both. A figure is the median of
several rounds after an uncounted first one; of whole processes it is the fastest. The peers live in
environments of their own under `benchmarks/.envs/`, in the fastest configuration that we found in
which they tell two bodies apart.

    floor         httpx2.MockTransport that answers from a list: what a client costs by itself
    bare          the same client and server with nobody in between: what recording adds to
    vcrpy         match_on raw_body, JSON serializer (match_on body: 14 to 23 times slower)
    cassetter     match_on body, TOML (YAML cannot load the 200 turns it wrote)

All of them support httpx2, so nothing has to be compared across libraries.
"""
