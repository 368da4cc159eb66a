"""Pictures of the dashboard's pages for README and docs: docs/images/dashboard-<page>.png, 1280 pixels wide.

    make screenshots

Runs in the environment of the browser tests, over the published copy in LENDING_HOME.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "dashboard"))
from conftest import CHROMIUM_FLAGS, PAGES, Screen, chromium, home, serving  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

TARGET = ROOT / "docs" / "images"
LARGEST = 300_000
# what the first screens of a page show; the tables behind are cut
HEIGHT = 1180


def small(picture: bytes) -> bytes:
    """The same picture in fewer bytes."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    with serving(home()) as address, sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        for name in PAGES:
            screen = Screen(browser.new_page(viewport={"width": 1280, "height": HEIGHT}), address)
            screen.open(name)
            picture = small(screen.page.screenshot())
            file = TARGET / f"dashboard-{name}.png"
            file.write_bytes(picture)
            print(f"{file.relative_to(ROOT)}: {len(picture):,} bytes")
            if len(picture) >= LARGEST:
                print(f"{file.name} is {len(picture):,} bytes, more than {LARGEST:,}.", file=sys.stderr)
                return 1
            screen.page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
