"""`retry` and `bury` when no process runs: the command opens the database itself."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from offline_queue.core import Queue
from offline_queue.formats.envelope import sign
from offline_queue.process import boot_id, read_moment
from offline_queue.settings import Settings, load_keys
from offline_queue.storage.rescue import Rescue, RescueBusy
from offline_queue.storage.schema import NewerDatabase
from offline_queue.storage.store import Store, StoreBusy, StoreDamaged, StoreFailed
from offline_queue.technician.admin import Code, Desk, Refused


def change_alone(settings: Settings, call: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Carry out a change. It does not salvage: that is for `run`. Raises `Refused`, `BadSettings`."""
    keys = load_keys(settings)
    if not settings.database.exists():
        raise Refused(f"there is no database {settings.database.name}", Code.MISSING)
    try:
        with closing(Rescue.open(settings.rescue)) as rescue, closing(_store(settings)) as store:
            queue = Queue(store, keys, random.SystemRandom().random, rescue=rescue)
            signed = lambda message: sign(message, keys.signing)  # noqa: E731
            return list(Desk(queue, store.conn, read_moment, signed).answer(call))
    except (StoreBusy, RescueBusy) as error:
        raise Refused(str(error), Code.LOCKED) from error
    except StoreDamaged as error:
        raise Refused(str(error), Code.DAMAGED) from error
    except StoreFailed as error:
        raise Refused(str(error), Code.FULL if error.full else Code.DAMAGED) from error
    except NewerDatabase as error:
        raise Refused(str(error), Code.NEWER) from error
    except ValueError as error:  # another terminal's
        raise Refused(str(error), Code.USAGE) from error
    except OSError as error:
        raise Refused(f"the rescue file: {error.strerror or error}", Code.DAMAGED) from error


def _store(settings: Settings) -> Store:
    return Store(str(settings.database), boot_id(), settings.terminal, read_moment())
