"""`python -m offline_queue COMMAND`: the same as `kiosk-queue COMMAND`."""

import sys

from offline_queue.technician.cli import main

sys.exit(main())
