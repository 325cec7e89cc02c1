"""Pages in a real browser: they load nothing, run nothing recorded, fit a telephone, and filter without delay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import ToolCall
from replaykit.report import html
from replaykit.report.html.drift import drift
from replaykit.report.review import reviewed
from tests.report.drifted import NIGHT, attack
from tests.report.html import agents, hostile
from tests.report.html.conftest import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"

FOREIGN = """
[...document.querySelectorAll("img, iframe, object, embed, link, base, form[action], [src], [style]")].length
+ [...document.querySelectorAll("a")].filter((a) => !a.getAttribute("href").startsWith("#")).length
+ [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).length
+ Math.abs(document.scripts.length - 1) + Math.abs(document.querySelectorAll("meta[http-equiv]").length - 1)
"""
"""How many elements of a page could fetch, run or lead anywhere, beside its own script and policy."""

UNSEEN = r"document.documentElement.textContent.match(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\p{Cs}]/u)"

CONTRAST = """
(selectors) => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("canvas");
  };
  const found = {};
  for (const selector of selectors) {
    const element = document.querySelector(selector);
    if (!element) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => x - y);
    found[selector] = (b + 0.05) / (a + 0.05);
  }
  return found;
}
"""
"""The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3)."""

WORDS = (
    *("body", ".tile .say", "dl.facts dt", "dl.facts .warns dd", ".chip .count", ".number", ".head .facts", ".note"),
    *(".asks .role", ".answers .role", ".acts .role", ".bad .role", ".error", ".key", ".str", ".num", ".word"),
    *(".to b", ".verb", ".held", ".badge", ".badge.bad", ".badge.warns", ".badge.changed", ".badge.added"),
    *(".badge.removed", ".kicker", ".sides del", ".sides ins", ".sides th", ".skipped td", "a[href]", "footer"),
)
"""What is written on a page, by selector."""


@pytest.fixture(scope="module")
def coder() -> str:
    return html.episode(agents.episode(agents.coder()), agents.BILL)


@pytest.fixture(scope="module")
def review() -> str:
    before = agents.episode(agents.coder(), state="accepted")
    system = agents.SYSTEM.replace("show the diff", "never show the diff")
    answer = agents.ANSWER.replace("A child of ten", "A child").replace("| 20  |  75.00 | 75.00 |\n", "")
    run = agents.coder(1, system=system, answer=answer, careful=True)
    run.steps = [each for each in run.steps if not (isinstance(each, ToolCall) and each.name == "deploy")]
    after = agents.episode(run)
    return html.review([reviewed("mend-the-build", before, after)])


@pytest.fixture(scope="module")
def long() -> str:
    return html.episode(agents.long(), agents.BILL)


@pytest.fixture(scope="module")
def evil() -> tuple[str, ...]:
    """Hostile pages: an episode, and a review of several, one of which changed, one is new and one is gone."""
    one, other = hostile.episode(), hostile.episode(1)
    several = [reviewed(hostile.EVIL, one, other), reviewed("new", None, other), reviewed("old", one, None)]
    return html.episode(one, agents.BILL), html.review(several)


def test_a_page_loads_nothing(coder: str, review: str, visit: Callable[..., Visit]) -> None:
    """The browser asks for the file and for nothing else, and has nothing to complain of."""
    for page in (coder, review):
        opened = visit(page)
        assert [opened.page.url] == opened.requests
        assert [] == opened.complaints


def test_nothing_recorded_runs_or_leads_away(evil: tuple[str, ...], visit: Callable[..., Visit]) -> None:
    """Hostile text in every field stays text: no script ran, no request went out, nothing unseen stands in it."""
    for page in evil:
        opened = visit(page)
        opened.page.locator("summary").evaluate_all("(all) => all.forEach((each) => each.click())")
        opened.page.fill("#search", "<script> onerror")
        assert opened.ask("window.ran") is None
        assert [opened.page.url.partition("#")[0]] == opened.requests
        assert [] == opened.complaints
        assert 0 == opened.ask(FOREIGN)
        assert opened.ask(UNSEEN) is None
        assert "<script>window.ran=1</script>" in opened.ask("document.querySelector('main').textContent")


def test_a_policy_stands_in_the_way_of_scripts(coder: str, visit: Callable[..., Visit]) -> None:
    """A script or a style that somebody got into a page, nevertheless, is not run; an image is not fetched."""
    foreign = "<script>window.ran=1</script><img src='https://evil.example/x.png' onerror='window.ran=1'>"
    opened = visit(coder.replace("</main>", f"{foreign}<p id=bold style='font-weight:900'>x</p></main>"))
    assert opened.ask("window.ran") is None
    assert "900" != opened.ask("getComputedStyle(document.querySelector('#bold')).fontWeight")
    assert all("Content Security Policy" in each for each in opened.complaints)
    assert opened.complaints


def test_what_is_written_can_be_read(coder: str, review: str, visit: Callable[..., Visit]) -> None:
    """Every text has a contrast of 4.5 to 1, in light and in dark."""
    known = set[str]()
    for page in (coder, review):
        opened = visit(page)
        for dark in (False, True):
            opened.page.emulate_media(color_scheme="dark" if dark else "light")
            found = opened.ask(CONTRAST, WORDS)
            assert [] == [(dark, *item) for item in found.items() if item[1] < 4.5]
            known |= found.keys()
    assert known == set(WORDS)


def test_a_telephone_is_wide_enough(coder: str, evil: tuple[str, ...], visit: Callable[..., Visit]) -> None:
    """At 360 px no page scrolls sideways, with all that can be unfolded unfolded."""
    for page in (coder, *evil):
        opened = visit(page, width=360)
        opened.ask("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert 0 == opened.ask(OVERFLOW)


def test_sides_stand_above_each_other_on_a_telephone(review: str, visit: Callable[..., Visit]) -> None:
    """What was and what is stand side by side, and one below the other where there is no room."""
    places = "[...document.querySelector('.start tr.changed').cells].map((cell) => cell.getBoundingClientRect().y)"
    opened = visit(review)
    old, new = opened.ask(places)
    assert old == new
    opened.page.set_viewport_size({"width": 360, "height": 800})
    old, new = opened.ask(places)
    assert old < new


def test_a_page_is_whole_without_its_script(coder: str, browser: Browser) -> None:
    """With scripts off, all steps can be read and unfolded; what would do nothing is not shown."""
    with browser.new_context(java_script_enabled=False) as context:
        opened = Visit(context.new_page())
        opened.page.set_content(coder)
        assert 15 == len(opened.texts(".step h3"))
        assert [] == opened.texts(".filter") + opened.texts(".theme") + opened.texts(".keys")
        opened.page.click("#step-4 .more summary")
        assert "assert Decimal('75.00') == Decimal('50.00')" in opened.page.inner_text("#step-4")


def test_the_filter_finds_text_and_says_how_much(coder: str, visit: Callable[..., Visit]) -> None:
    """Words that a step says, in any case and order; the address remembers them; Esc shows all again."""
    opened = visit(coder)
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("YOUTH careful")
    assert ["1 of 15 steps"] == opened.texts(".shown")
    assert ["1"] == opened.texts(".step .number")
    assert opened.page.url.endswith("#q=YOUTH%20careful")
    assert 14 == opened.ask("new Set([...document.querySelectorAll('.bar.off')].map((bar) => bar.href.baseVal)).size")
    opened.page.keyboard.press("Escape")
    assert ["15 steps"] == opened.texts(".shown")
    assert "#" not in opened.page.url
    opened.page.fill("#search", "no such words")
    assert ["No step is like that. Esc shows all again."] == opened.texts(".none")


def test_chips_show_sorts_of_steps(coder: str, visit: Callable[..., Visit]) -> None:
    """Sorts add up, failures narrow; counts stand on the chips; a page that is opened again shows the same."""
    opened = visit(coder)
    assert [6, 6, 3, 3] == [int(each) for each in opened.texts(".chip .count")]
    for chip in ("tool", "http", "failed"):
        opened.page.click(f"[data-only={chip}]")
    for _ in range(2):
        assert ["3 of 15 steps"] == opened.texts(".shown")
        assert ["6", "3", "3"] == opened.texts(".chip[aria-pressed=true] .count")
        assert opened.page.url.endswith("#only=tool,http,failed")
        opened.page.reload()


def test_only_what_changed_can_be_shown(review: str, visit: Callable[..., Visit]) -> None:
    """In a review the folded steps that are the same go away, and unfold where they are searched for."""
    opened = visit(review)
    assert ["8 steps the same", "2 steps the same", "2 steps the same"] == opened.texts(".stay summary")
    opened.page.click("[data-only=changed]")
    assert [] == opened.texts(".stay summary")
    assert ["1", "10", "12", "15"] == opened.texts(".step .number")
    opened.page.keyboard.press("Escape")
    opened.page.fill("#search", "write_file")
    assert ["12"] == opened.texts(".stay .number")


def test_a_link_leads_to_a_step(review: str, coder: str, visit: Callable[..., Visit]) -> None:
    """A step is found by its address, in a fold and behind a filter, too; a bar of the time line leads to it."""
    opened = visit(review, "#step-4")
    assert "step-4" == opened.ask("document.activeElement.id")
    assert opened.page.is_visible("#step-4")
    opened = visit(coder, "#step-9&only=model")
    assert "step-9" == opened.ask("document.activeElement.id")
    opened.page.locator("a.bar[href='#step-4']").first.dispatch_event("click")
    assert "step-4" == opened.page.wait_for_function("document.activeElement.id").json_value()


def test_keys_go_from_step_to_step(coder: str, visit: Callable[..., Visit]) -> None:
    """J is the next step that is shown, k the one before; t turns light into dark; in the search they are letters."""
    opened = visit(coder, "#only=http")
    found = []
    for key in "jjjk":
        opened.page.keyboard.press(key)
        found.append(opened.ask("document.activeElement.id"))
    assert found == [f"step-{number}" for number in (found[0][5:], *(int(found[0][5:]) + n for n in (1, 2, 1)))]
    opened.page.keyboard.press("t")
    opened.page.reload()
    assert "dark" == opened.ask("document.documentElement.dataset.theme")
    opened.page.focus("#search")
    opened.page.keyboard.type("jtk")
    assert "jtk" == opened.page.input_value("#search")
    assert "dark" == opened.ask("document.documentElement.dataset.theme")
    opened.ask("localStorage.clear()")


def test_two_thousand_steps_open_and_filter_quickly(long: str, visit: Callable[..., Visit]) -> None:
    """A long run is there, and is filtered, in a fraction of what would be noticed (4 s are for a busy machine)."""
    began = time.perf_counter()
    opened = visit(long, width=360)
    assert ["2,000 steps"] == opened.texts(".shown")
    filtering = "(word) => { const search = document.querySelector('#search'); const began = performance.now();"
    filtering += "search.value = word; search.dispatchEvent(new Event('input')); document.body.offsetHeight;"
    filtering += "return performance.now() - began; }"
    took = [opened.ask(filtering, word) for word in ("FileNotFoundError", "", "part_1995")]
    assert ["4 of 2,000 steps"] == opened.texts(".shown")
    assert 0 == opened.ask(OVERFLOW)
    assert max(took) < 4_000
    assert time.perf_counter() - began < 20


def test_what_services_said_in_a_night_stays_text(visit: Callable[..., Visit]) -> None:
    """Hostile text in every field stays text, also on a telephone, and the page asks for nothing."""
    opened = visit(drift(attack(hostile.EVIL)), width=360)
    assert opened.ask("window.ran") is None
    assert [opened.page.url] == opened.requests
    assert [] == opened.complaints
    assert 0 == opened.ask(FOREIGN)
    assert opened.ask(UNSEEN) is None
    assert 0 == opened.ask(OVERFLOW)
    assert "<script>window.ran=1</script>" in opened.ask("document.querySelector('main').textContent")


def test_a_night_can_be_read_and_narrowed(visit: Callable[..., Visit]) -> None:
    """In light and in dark, every text has its contrast; chips count and show what is open, worst, or acknowledged."""
    opened = visit(drift(NIGHT))
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)
        assert [] == [each for each in opened.ask(CONTRAST, WORDS).items() if each[1] < 4.5]
    assert ["4", "1", "3", "1", "1"] == opened.texts(".chip .count")
    opened.page.click("[data-only=acked]")
    assert ["acme.messages /b"] == opened.texts(".step .title")
    assert [] == opened.complaints
