"""The bench's page in a real browser: a whole visit by clicks alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.desk.desks import PATIENCE_S, SIZE, RunningDesk, running_desk

pytestmark = pytest.mark.timeout(300)

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1600,1200",
)  # fmt: skip

T = TypeVar("T")


class Page:
    """The bench in the browser, and the person in front of it."""

    def __init__(self, browser: webdriver.Chrome, desk: RunningDesk) -> None:
        self.browser = browser
        self.desk = desk
        browser.get(desk.bench.url)

    def find(self, name: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, f'[data-testid="{name}"]')

    def until(self, is_so: Callable[[], T], what: str) -> T:
        wait = WebDriverWait(
            self.browser, PATIENCE_S, ignored_exceptions=[StaleElementReferenceException]
        )
        return wait.until(lambda _: is_so(), what)

    def shows(self, name: str, text: str) -> None:
        self.until(lambda: text in self.find(name).text, f"{name} does not show {text}")

    def has(self, name: str) -> WebElement:
        """The element, once the page has it."""
        selector = f'[data-testid="{name}"]'
        found = self.until(
            lambda: self.browser.find_elements(By.CSS_SELECTOR, selector), f"{name} is not there"
        )
        return found[0]

    def clicks(self, name: str) -> None:
        element = self.has(name)
        self.until(element.is_enabled, f"{name} cannot be clicked")
        element.click()

    def touches(self, button: str) -> None:
        """Click the picture of the screen where the button is."""
        with httpx.Client(base_url=self.desk.bench.url, trust_env=False) as bench:
            box = self.until(
                lambda: bench.get("/boxes").json().get(button), f"no {button} on the screen"
            )
        screen = self.find("screen")
        self.browser.execute_script("window.scrollTo(0, 0)")
        scale = screen.size["width"] / SIZE[0]
        x = (box["x"] + box["w"] / 2) * scale - screen.size["width"] / 2
        y = (box["y"] + box["h"] / 2) * scale - screen.size["height"] / 2
        ActionChains(self.browser).move_to_element_with_offset(
            screen, round(x), round(y)
        ).click().perform()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture
def page(desk: RunningDesk, tmp_path: Path) -> Iterator[Page]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in (*_ARGUMENTS, f"--user-data-dir={tmp_path / 'browser'}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield Page(browser, desk)
        log = browser.get_log("browser")  # type: ignore[no-untyped-call]
        said = [each["message"] for each in log if not each["message"].startswith("chrome://")]
        # A picture may be asked for in the very moment the power goes: 503.
        complaints = [each for each in said if "/screen.png" not in each]
        assert not complaints
    finally:
        browser.quit()


def test_a_balance_visit_is_served_by_clicks_alone(page: Page) -> None:
    page.shows("view-state", "idle")
    page.has("card-insert-chen")
    page.touches("balance")
    page.shows("view-state", "balance.id_card")
    page.clicks("id-lay-chen")
    page.shows("view-state", "balance.card")
    page.clicks("card-insert-chen")
    page.shows("view-state", "balance.password")
    page.shows("pad-state", "waits for a password")
    for key in ("2", "4", "6", "8", "1", "0", "enter"):
        page.clicks(f"pad-{key}")
    page.shows("view-state", "balance.result")
    page.touches("print")
    receipt = page.has("receipt-1")
    picture = receipt.find_element(By.TAG_NAME, "img")
    page.until(
        lambda: page.browser.execute_script("return arguments[0].naturalWidth", picture),
        "the receipt is not drawn",
    )
    page.shows("view-state", "balance.result")
    page.clicks("printer-tear-off")
    page.shows("receipt-1", "torn off")
    page.touches("done")
    page.shows("view-state", "take_card")
    page.clicks("card-pull")
    page.clicks("id-lift")
    page.shows("view-state", "goodbye")
    page.touches("done")
    page.shows("view-state", "idle")


def test_the_line_and_the_power_are_cut_and_given_back_by_clicks(page: Page) -> None:
    page.shows("view-state", "idle")
    page.clicks("line-down")
    page.shows("summary", "cut")
    page.clicks("line-up")
    page.shows("summary", "up")
    page.clicks("power-cut")
    page.shows("summary", "no power")
    page.clicks("power-on")
    page.shows("view-state", "idle")
    page.until(lambda: "the power is back" in page.find("log").text, "the log does not tell")


def test_the_screen_is_shown_live(page: Page) -> None:
    page.shows("view-state", "idle")
    screen = page.find("screen")
    page.until(lambda: screen.get_attribute("src"), "no picture")
    page.until(
        lambda: page.browser.execute_script("return arguments[0].naturalWidth", screen),
        "the picture is not drawn",
    )
    before = screen.get_attribute("src")
    page.touches("language")
    page.until(lambda: screen.get_attribute("src") != before, "the picture stands still")
    page.touches("language")
    page.shows("view-state", "idle")


def test_a_bin_and_a_telephone_with_the_app_are_a_click_away(page: Page) -> None:
    page.clicks("bin-fitted")
    page.shows("bin-count", "cards in it: 0")
    page.clicks("app-code")
    page.shows("camera-state", "a code is held up")
    page.clicks("camera-take-away")
    page.clicks("bin-none")
    page.until(lambda: not page.find("bin-empty").is_enabled(), "there is a bin still")


def test_every_control_has_a_name(page: Page) -> None:
    page.has("card-insert-chen")
    nameless = [
        control.get_attribute("outerHTML")
        for control in page.browser.find_elements(By.CSS_SELECTOR, "button, input, img, summary")
        if control.is_displayed() and not control.accessible_name
    ]
    assert nameless == []
