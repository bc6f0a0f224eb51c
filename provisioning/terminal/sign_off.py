"""The last step: what the terminal found out about itself, signed and handed in.

It is in service when the office has taken its newest report and has nothing against it. A report is
written down before it is sent, so that one whose answer was lost is sent again as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk.shelf import FileShelf
from provisioning import wire
from provisioning.terminal.identity import Credentials
from provisioning.terminal.office_line import OfficeLine


class _Answered(msgspec.Struct, frozen=True):
    """A report as it was signed, and the office's answer; None: not yet heard."""

    signed: wire.SignedReport
    answer: wire.ReportTaken | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the terminal may serve, and if not, why: plain sentences."""

    in_service: bool
    because: tuple[str, ...]


class SignOff:
    """The newest report of a terminal, in a folder. Methods raise `OSError` for the disk."""

    def __init__(self, folder: Path) -> None:
        self._shelf = FileShelf(folder / "report.json")

    @property
    def standing(self) -> Standing:
        """What the newest report came to. Asks nobody."""
        kept = self._kept()
        if kept is None:
            return Standing(False, ("it has not been tested",))
        if kept.answer is None:
            return Standing(False, ("its report has not been handed in",))
        return Standing(kept.answer.in_service, kept.answer.because)

    def write(self, report: wire.ReadinessReport, credentials: Credentials) -> None:
        """Sign a new report and keep it; from now on only this one counts. Raises `KeyFailed`."""
        content = wire.report_bytes(report)
        signed = wire.SignedReport(content, credentials.key.sign(content))
        self._shelf.begin(msgspec.json.encode(_Answered(signed)))

    def hand_in(self, line: OfficeLine, credentials: Credentials) -> wire.ReportTaken | None:
        """Hand the newest report in, if it is not; None: there is none. Raises `OfficeFailed`."""
        kept = self._kept()
        if kept is None or kept.answer is not None:
            return None if kept is None else kept.answer
        answer = line.report(credentials, kept.signed)
        self._shelf.begin(msgspec.json.encode(_Answered(kept.signed, answer)))
        return answer

    @property
    def report(self) -> wire.ReadinessReport | None:
        """The newest report; None: there is none."""
        kept = self._kept()
        return None if kept is None else wire.read_report(kept.signed.report)

    def findings(self) -> Sequence[wire.Finding]:
        """What the newest report found."""
        return () if self.report is None else self.report.findings

    def _kept(self) -> _Answered | None:
        try:
            return msgspec.json.decode(self._shelf.read(), type=_Answered)
        except (OSError, msgspec.MsgspecError):
            return None
