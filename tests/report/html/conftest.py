"""A real browser for the tests of pages: one for each file that asks for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

Scheme: TypeAlias = Literal["light", "dark"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What `make browser` looks for."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(slots=True)
class Visit:
    """A page that is open, with all that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, script: str, argument: Any = None) -> Any:
        """What a script says of the page."""
        return self.page.evaluate(script, argument)

    def texts(self, selector: str) -> list[str]:
        """What the elements say that one can see."""
        return [each.inner_text() for each in self.page.query_selector_all(selector) if each.is_visible()]

    def listen(self) -> None:
        """From now on, what the page asks for and complains of is noted."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It ends with the file: its event loop must not meet those of other tests."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium on the PATH: `make browser` installs one")
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:  # a machine that lets no browser run says nothing of our pages
            pytest.skip(f"{path} does not start here: {error.message.partition(chr(10))[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Visit:
    """What is visited in: one tab for all, since a new one takes longer than most tests (0.3 s)."""
    visit = Visit(browser.new_context(reduced_motion="reduce").new_page())
    visit.listen()
    return visit


@pytest.fixture
def visit(tab: Visit, tmp_path: Path) -> Callable[..., Visit]:
    """Opens a page from a file, in place of the one before: `visit(text, "#step-2", width=360, scheme="dark")`."""
    numbers = count()

    def opened(text: str, fragment: str = "", width: int = 1280, scheme: Scheme = "light") -> Visit:
        path = tmp_path / f"{next(numbers)}.html"
        path.write_bytes(text.encode())
        tab.page.goto("about:blank")
        tab.page.set_viewport_size({"width": width, "height": 800})
        tab.page.emulate_media(color_scheme=scheme)
        tab.requests.clear()
        tab.complaints.clear()
        tab.page.goto(path.as_uri() + fragment)
        return tab

    return opened
