"""Contracts: what traffic is promised to look like, and how it departs from that.

    model       a contract, a finding, and a contract's document read and written
    grades      every kind of finding: its grade and its words
    schema      whether one JSON Schema accepts all that another does

Law: pure. Validators, dates and evidence are passed in; nothing here reads a file or a clock.
"""
