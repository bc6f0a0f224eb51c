"""`python -m offline_queue --settings FILE`."""

import sys

from offline_queue.process import main

sys.exit(main())
