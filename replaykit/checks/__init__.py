"""A project's contracts, checked: against what was recorded, or against what a service answers tonight.

    recordings    episodes of the store and cassettes
    live          every probe of every contract, sent to the real services within a cap
    night         one probe: what became of it, and what its answer says
    sending       a request really sent, recorded, tried again where that helps
    patience      connections that are ended when an answer takes too long
    models        which models are asked for, and what became of them
    canary        a drift planted in a copy of each answer, which has to be found
    summing       what was seen, as a report

Law: both come to one report, and what could not be checked is in it.
"""
