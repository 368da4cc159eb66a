"""The dashboard over the published copy: `make dashboard`, then http://127.0.0.1:8050.

    LENDING_HOME             folder of the warehouse (default warehouse)
    LENDING_DASHBOARD_PORT   port (default 8050)

It listens on this machine only, reads the published file read-only, and asks nothing of the network.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import vizro.models as vm
from vizro import Vizro

sys.path.insert(0, str(Path(__file__).resolve().parent))
import parts  # noqa: E402
import queries  # noqa: E402

PAGES = {
    "overview": "Overview",
    "segment": "Segment",
    "migration": "Migration",
    "policy": "Policy",
    "claims": "Claims",
    "quality": "Data quality",
    "client": "Client",
}


def build() -> Vizro:
    pages = [import_module(f"pages.{name}").page() for name in PAGES]
    dashboard = parts.LabelledDashboard(
        title="Lending segments",
        theme="vizro_light",
        pages=pages,
        navigation=vm.Navigation(
            nav_selector=vm.NavBar(
                position="top", items=[vm.NavLink(label=label, pages=[name]) for name, label in PAGES.items()]
            )
        ),
    )
    return Vizro(assets_folder=str(Path(__file__).resolve().parent / "assets")).build(dashboard)


def main() -> int:
    try:
        queries.release()
    except queries.NoRelease as reason:
        print(reason, file=sys.stderr)
        return 1
    port = int(os.environ.get("LENDING_DASHBOARD_PORT", "8050"))
    build().run(host="127.0.0.1", port=port, debug=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
