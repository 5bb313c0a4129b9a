"""What axe-core finds grave in pages, in a real browser."""

import pytest

WIDTHS = (1400, 390)  # of a screen on a desk, and of a phone's


def faults_on(page):
    """What axe-core finds serious or critical, and whether the page is wider than the screen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="not installed")
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += [
            (width, one["id"], one["nodes"][0]["html"])
            for one in axe.Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical") or one["id"].startswith("landmark")
        ]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append((width, "wider than the screen", ""))
    return faults


def faults_of(browser, path):
    """The same, of a page that is opened from its file."""
    page = browser.new_page()
    page.goto(path.as_uri())
    faults = faults_on(page)
    page.close()
    return faults
