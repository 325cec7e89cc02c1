"""The standard streams of a program: what each is given, and the flows that carry and copy it.

Law: a terminal stays a terminal, anything else stays what is not one; no error is seen before output
that was printed first.

    standard input      given to the program                   the copy
    bytes from us       a pipe with these bytes, then its end  the bytes
    terminal            a pseudo-terminal, when the terminal   lines as the program reads them
                        is ours to read; else itself           none
    file                itself                                 what was read of it, by its offset
    pipe, socket        a pipe                                 what passed
    device, closed      itself                                 none

    standard output     given to the program                   the copy
    terminal            a pseudo-terminal                      the program's bytes, without echo
    file, pipe, device  a pipe                                 what passed
    closed              itself                                 none

    standard error      given to the program                   the copy
    where output goes   a pseudo-terminal or pipe of its own   none
    anything else       itself                                 none

Standard error passes through us only where it meets standard output again: inherited, it would
overtake it there, and a prompt would stand before the line that it follows.

A terminal is ours to read when we are in its foreground and standard output is not a pipe: in
`record -- agent | less` the keys belong to the pager, and an agent that wants some after all is
given the foreground (see `group.py`).
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.launch.command.flow import Flow, same
from replaykit.launch.command.keyboard import Keyboard
from replaykit.launch.command.spool import Spool
from replaykit.launch.command.terminal import Kind, Pty, Screen, foreground, kind, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STDIN, STDOUT, STDERR = 0, 1, 2


@dataclass(slots=True)
class Wiring:
    """What the program is given (None: inherit ours), and what runs on our side.

    `theirs` are descriptors to close once the program has them; `finish` are calls that complete
    the copies at the end; `outward` flows are shown in their order, where several are ready.
    """

    cleanup: ExitStack
    typed: Spool
    printed: Spool
    stdin: int | None = None
    stdout: int | None = None
    stderr: int | None = None
    inward: list[Flow] = field(default_factory=list)
    outward: list[Flow] = field(default_factory=list)
    theirs: list[int] = field(default_factory=list)
    finish: list[Callable[[], None]] = field(default_factory=list)
    ptys: list[Pty] = field(default_factory=list)
    controlling: bool = False

    def close_theirs(self) -> None:
        """Close the program's ends on our side, so that its end is the end of the stream."""
        while self.theirs:
            os.close(self.theirs.pop())


@contextmanager
def wire(given: bytes | None, keep: int) -> Iterator[Wiring]:
    """The wiring for our present standard streams; undone, and the terminal restored, at the end."""
    kinds = kind(STDIN), kind(STDOUT)
    with ExitStack() as cleanup:
        cleanup.enter_context(_standing())
        wiring = Wiring(cleanup, cleanup.enter_context(Spool(keep)), cleanup.enter_context(Spool(keep)))
        cleanup.callback(_close_all, wiring)
        _PLANS[_plan(given, *kinds)](wiring, given or b"")
        _output(wiring, kinds[1])
        _errors(wiring, kinds[1])
        yield wiring


def _plan(given: bytes | None, stdin: Kind, stdout: Kind) -> str:
    """The row of the table at the top that holds for standard input."""
    if given is not None:
        return "given"
    if stdin == "terminal":
        return "terminal" if stdout in ("terminal", "file", "device") and foreground(STDIN) else "itself"
    return {"file": "file", "pipe": "pipe"}.get(stdin, "itself")


def _itself(_wiring: Wiring, _given: bytes) -> None:
    """Leave standard input as it is."""


def _feed(wiring: Wiring, given: bytes) -> None:
    """Feed exactly these bytes, then the end."""
    wiring.typed.add(given)
    wiring.stdin, sink = _inlet(wiring)
    wiring.inward.append(Flow(None, sink, copy=wiring.typed.add, close=os.close, pending=given))


def _piped(wiring: Wiring, _given: bytes) -> None:
    """Pass on what comes through our standard input, which stays open for others."""
    wiring.stdin, sink = _inlet(wiring)
    wiring.inward.append(Flow(STDIN, sink, copy=wiring.typed.add, close=_closer(STDIN)))


def _filed(wiring: Wiring, _given: bytes) -> None:
    """Leave the file to the program; the copy is what its offset has passed over in the end."""
    start = os.lseek(STDIN, 0, os.SEEK_CUR)

    def finish() -> None:
        with suppress(OSError):
            _read_range(wiring.typed, start, os.lseek(STDIN, 0, os.SEEK_CUR))

    wiring.finish.append(finish)


def _typed(wiring: Wiring, _given: bytes) -> None:
    """Put a pseudo-terminal before the real one, which hands over each key from now on."""
    pty = _pseudo(wiring, STDIN)
    wiring.stdin, wiring.controlling = pty.theirs, True
    wiring.cleanup.enter_context(raw(STDIN))
    keyboard = Keyboard(wiring.typed.add, pty.flags)
    wiring.finish.append(keyboard.flush)
    wiring.inward.append(Flow(STDIN, os.dup(pty.ours), copy=keyboard.typed, close=_closer(STDIN)))
    if kind(STDOUT) == "terminal":
        _display(wiring, pty, keyboard.unechoed)
    else:
        _echo(wiring, pty)


_PLANS: dict[str, Callable[[Wiring, bytes], None]] = {
    "given": _feed,
    "terminal": _typed,
    "file": _filed,
    "pipe": _piped,
    "itself": _itself,
}


def _output(wiring: Wiring, stdout: Kind) -> None:
    """Give the program its standard output, where standard input has not done so already."""
    if stdout == "closed" or wiring.stdout is not None:
        return
    if stdout == "terminal":
        _display(wiring, _pseudo(wiring, STDOUT), same)
        return
    source, wiring.stdout = _outlet(wiring)
    wiring.outward.append(Flow(source, STDOUT, copy=wiring.printed.add, close=_closer(STDOUT)))


def _errors(wiring: Wiring, stdout: Kind) -> None:
    """Take standard error through us where it goes to the same place as standard output."""
    if stdout == "closed" or kind(STDERR) == "closed" or not os.path.samestat(os.fstat(STDOUT), os.fstat(STDERR)):
        return
    if stdout == "terminal":
        pty = _pseudo(wiring, STDERR)
        pty.bare()
        source, wiring.stderr = os.dup(pty.ours), pty.theirs
    else:
        source, wiring.stderr = _outlet(wiring)
    wiring.outward.append(Flow(source, STDERR, copy=_ignore, close=_closer(STDERR)))


def _display(wiring: Wiring, pty: Pty, strip: Callable[[bytes], bytes]) -> None:
    """Show what comes out of the pseudo-terminal, and keep the program's share of it."""
    screen = Screen(pty)
    wiring.stdout = pty.theirs
    wiring.finish.append(lambda: wiring.printed.add(screen.rest()))
    wiring.outward.append(
        Flow(
            os.dup(pty.ours),
            STDOUT,
            copy=lambda data: wiring.printed.add(strip(screen.plain(data))),
            close=_closer(STDOUT),
            show=screen.show,
        )
    )


def _echo(wiring: Wiring, pty: Pty) -> None:
    """Show the echo, and what is written to the terminal by its name: none of it is standard output."""
    real = os.open(os.ttyname(STDIN), os.O_WRONLY | os.O_NOCTTY)
    screen = Screen(pty)
    wiring.outward.append(Flow(os.dup(pty.ours), real, copy=_ignore, close=os.close, show=screen.show))


def _pseudo(wiring: Wiring, real: int) -> Pty:
    """A pseudo-terminal in the likeness of this one; each flow has an end of its own."""
    pty = Pty.like(real)
    wiring.ptys.append(pty)
    wiring.theirs.append(pty.theirs)
    wiring.cleanup.callback(os.close, pty.ours)
    return pty


def _inlet(wiring: Wiring) -> tuple[int, int]:
    """A pipe to the program: its end, and ours, which never blocks."""
    theirs, ours = os.pipe()
    wiring.theirs.append(theirs)
    os.set_blocking(ours, False)
    return theirs, ours


def _outlet(wiring: Wiring) -> tuple[int, int]:
    """A pipe from the program: our end, which never blocks, and its."""
    ours, theirs = os.pipe()
    wiring.theirs.append(theirs)
    os.set_blocking(ours, False)
    return ours, theirs


def _read_range(spool: Spool, start: int, end: int) -> None:
    """Keep the bytes of the file behind standard input from `start` to `end`, without moving its offset."""
    while start < end and not spool.cut:
        data = os.pread(STDIN, min(end - start, 1 << 20), start)
        if not data:
            return
        spool.add(data)
        start += len(data)


def _closer(shared: int) -> Callable[[int], None]:
    """Closes descriptors of ours, and leaves the shared one open."""
    return lambda descriptor: None if descriptor == shared else os.close(descriptor)


def _ignore(_data: bytes) -> None:
    """Keep nothing."""


def _close_all(wiring: Wiring) -> None:
    """Close whatever is still open on our side."""
    wiring.close_theirs()
    for flow in (*wiring.inward, *wiring.outward):
        flow.stop()


@contextmanager
def _standing() -> Iterator[None]:
    """Numbers 0 to 2 are taken, so that nothing of ours is mistaken for a standard stream.

    The placeholders are closed on execution: the program finds closed what it would find closed.
    """
    taken: list[int] = []
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 -- standard error
        taken.append(descriptor)
    os.close(descriptor)
    try:
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
