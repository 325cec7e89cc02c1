"""The demo: a small model server, the bundled agent, and a story told with both.

Law: nothing but `replaykit demo` needs what is in here, and nothing in here needs a network.
"""
