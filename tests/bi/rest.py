"""Superset's REST interface as a person's browser uses it: a login form, a session cookie, a token against forgery."""

from __future__ import annotations

import re
from typing import Any

import requests

SECONDS = 120


class Client:
    """One session with a server; without a password it stays anonymous."""

    def __init__(self, address: str, user: str | None = None, password: str | None = None) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers: dict[str, str] = {}
        if user is not None:
            page = self.session.get(f"{address}/login/", timeout=SECONDS).text
            found = re.search(r'csrf_token[^>]*value="([^"]+)"', page) or re.search(
                r"csrf_token.{1,20}?([\w.-]{40,})", page
            )
            assert found is not None, "The login page has no token."
            form = {"username": user, "password": password, "csrf_token": found.group(1)}
            self.session.post(f"{address}/login/", data=form, timeout=SECONDS)
            self.headers = {"X-CSRFToken": self.get("security/csrf_token/")["result"], "Referer": address}

    def answer(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(
            method, f"{self.address}/api/v1/{path}", json=body, headers=self.headers, timeout=SECONDS
        )

    def get(self, path: str) -> Any:
        answer = self.answer("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json()

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        """Everything of a kind: chart, dataset, dashboard, database."""
        found = self.get(f"{kind}/?q=(page:0,page_size:100)")
        assert found["count"] == len(found["result"]), f"More {kind}s than one page."
        return found["result"]

    def chart_rows(self, chart: int) -> list[dict[str, Any]]:
        """What the chart's stored question answers."""
        result = self.get(f"chart/{chart}/data/")["result"][0]
        assert result["status"] == "success" and result["error"] is None
        return result["data"]

    def chart_question(self, chart: dict[str, Any], question: dict[str, Any]) -> requests.Response:
        """Asks as a dashboard does: POST /api/v1/chart/data."""
        return self.answer("POST", f"chart/data?form_data=%7B%22slice_id%22%3A{chart['id']}%7D", question)

    def sql(self, database: int, statement: str) -> requests.Response:
        """Runs a statement in SQL Lab."""
        body = {"database_id": database, "sql": statement, "schema": "marts", "runAsync": False}
        return self.answer("POST", "sqllab/execute/", body)
