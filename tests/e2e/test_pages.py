"""Every page of the menu, light and dark, on a desk and on a phone."""

import pytest

from tests.e2e.conftest import DESKTOP, PHONE, Visit, Visitor

LINK = '[data-testid="stSidebarNavLink"]'
MENU = ("Home", "Dataset", "Augmentation", "Live")


def menu_addresses(visit: Visit) -> dict[str, str]:
    """Titles in the menu with their addresses below the app's own."""
    visit.open()
    found = {}
    for link in visit.page.locator(LINK).all():
        title = link.locator("[label]").first.get_attribute("label") or ""
        address = (link.get_attribute("href") or "").removeprefix(visit.app.url)
        found[title] = f"/{address.lstrip('/')}"
    return found


def overflow_px(visit: Visit) -> int:
    """How far the page can be scrolled sideways."""
    script = """() => ['html', '[data-testid="stMain"]']
        .map(name => document.querySelector(name))
        .map(element => element.scrollWidth - element.clientWidth)"""
    return max(visit.page.evaluate(script))


def test_menu_names_every_page_and_its_address(visit: Visitor) -> None:
    found = menu_addresses(visit())
    assert set(MENU) <= set(found)
    assert {"/", "/dataset", "/augmentation", "/live"} <= set(found.values())


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_opens_clean(visit: Visitor, dark: bool, size: dict[str, int]) -> None:
    for title, address in menu_addresses(visit()).items():
        seen = visit(dark=dark, size=size)
        seen.open(address)
        assert seen.exceptions() == [], title
        assert seen.errors == [], title
        assert seen.strays == [], f"{title} asks other machines"
        assert overflow_px(seen) <= 0, f"{title} scrolls sideways at {size['width']} px"


@pytest.mark.parametrize(("dark", "expected"), [(False, "rgb(255, 255, 255)"), (True, "dark")])
def test_theme_follows_the_system(visit: Visitor, dark: bool, expected: str) -> None:
    seen = visit(dark=dark)
    seen.open("/live")
    script = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    colour = seen.page.evaluate(script)
    brightest = max(int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")[:3])
    assert brightest < 64 if dark else colour == expected


def test_going_through_the_menu_keeps_the_session(visit: Visitor) -> None:
    """Pages are changed by clicking, forth and back, in one session."""
    seen = visit()
    seen.open()
    for title in (*MENU, *reversed(MENU)):
        seen.page.locator(LINK).filter(has_text=title).click()
        seen.settle()
        assert seen.exceptions() == [], title
    assert seen.errors == []


def test_unknown_address_is_answered_kindly(visit: Visitor) -> None:
    seen = visit()
    seen.open("/no-such-page")
    seen.page.get_by_text("Page not found").wait_for()
    assert seen.exceptions() == []
