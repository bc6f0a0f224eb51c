"""Health as time series, to any store that has VictoriaMetrics' import of the Prometheus text format.

The newest is what counts: what the store does not take is counted and dropped, nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from monitoring.wire.messages import Health

IMPORT_PATH = "/api/v1/import/prometheus"
_PATIENCE_S = 5.0
_FIGURES = {
    "kiosk_queue_waiting": "waiting",
    "kiosk_queue_oldest_seconds": "oldest_s",
    "kiosk_bank_age_seconds": "bank_age_s",
    "kiosk_frame_age_seconds": "frame_age_s",
    "kiosk_disk_free_megabytes": "disk_free_mb",
    "kiosk_memory_free_megabytes": "memory_free_mb",
    "kiosk_load_percent": "load_percent",
    "kiosk_temperature_celsius": "celsius",
    "kiosk_broker_rtt_milliseconds": "rtt_ms",
    "kiosk_certificate_days": "certificate_days",
}


def lines(samples: Iterable[tuple[str, Health, int]]) -> str:
    """The samples in the text format; the time is the collector's, in milliseconds.

    A terminal's name has letters, digits and hyphens alone, so nothing is to be escaped.
    """
    return "".join(
        f'{name}{{terminal="{terminal}"}} {value} {at}000\n'
        for terminal, health, at in samples
        for name, attribute in _FIGURES.items()
        if (value := getattr(health, attribute)) is not None
    )


async def send(
    client: httpx.AsyncClient, store: str, samples: list[tuple[str, Health, int]]
) -> bool:
    """Send the samples to the store; whether it took them."""
    try:
        answer = await client.post(store + IMPORT_PATH, content=lines(samples), timeout=_PATIENCE_S)
    except httpx.HTTPError:
        return False
    return answer.is_success
