"""Which tables each kind of request touches, and whether they are its department's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from bank import services
from bank.schema import metadata
from bank.services import Operation
from sscard.requests import Answer, Request

AGENCY = {"payment_records", "rights_record", "electronic_look", "electronic_activate"}
"""The social insurance agency's services; all others are the bank's or the service point's."""

_FINANCIAL = {"accounts", "payments", "arrivals", "own_channel"}


class Watch:
    """Notes every table that a service's statements name."""

    def __init__(self, engine: Engine, patch: pytest.MonkeyPatch) -> None:
        self.touched: dict[str, set[str]] = {}
        self._kind = ""
        answer_to = services.answer_to

        def watched(
            connection: Connection, request: Request, operation: Operation
        ) -> Answer | None:
            self._kind = request.kind
            try:
                return answer_to(connection, request, operation)
            finally:
                self._kind = ""

        patch.setattr(services, "answer_to", watched)
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self._kind:
            words = set(re.findall(r"[a-z_]+", statement.lower()))
            self.touched.setdefault(self._kind, set()).update(words & metadata.tables.keys())

    def pried(self) -> list[str]:
        """The services that looked into another department's tables, in words."""
        return [
            f"{kind} looked into {', '.join(sorted(too_many))}"
            for kind, tables in self.touched.items()
            if (too_many := tables & _forbidden(kind))
        ]


def _forbidden(kind: str) -> set[str]:
    if kind in AGENCY:
        return _FINANCIAL
    return {name for name in metadata.tables if name.startswith("agency_")}
