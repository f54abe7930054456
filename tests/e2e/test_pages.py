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


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    """Titles in the menu with their addresses, filled by the first who looks."""
    return {}


def check(visit: Visit, title: str, dark: bool) -> None:
    """No fault, nothing asked of others, no need to scroll sideways, the system's theme."""
    assert visit.exceptions() == [], title
    assert visit.errors == [], title
    assert visit.strays == [], f"{title} asks other machines"
    assert overflow_px(visit) <= 0, f"{title} scrolls sideways"
    script = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    colour = visit.page.evaluate(script)
    brightest = max(int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")[:3])
    assert brightest < 64 if dark else colour == "rgb(255, 255, 255)", title


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_opens_clean(
    visit: Visitor, addresses: dict[str, str], dark: bool, size: dict[str, int]
) -> None:
    seen = visit(dark=dark, size=size)
    if not addresses:
        addresses |= menu_addresses(seen)
        assert set(MENU) <= set(addresses)
        assert {"/", "/dataset", "/augmentation", "/live"} <= set(addresses.values())
    for title, address in addresses.items():
        seen.open(address)
        check(seen, title, dark)


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
