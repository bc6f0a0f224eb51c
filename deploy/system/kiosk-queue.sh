#!/bin/sh
# The technician's command for the offline queue. What it opens belongs to the queue's own user, so
# root becomes that user first: a file made by root would keep the process from its database.
set -e
if [ "$(id -u)" = 0 ]; then
    exec runuser -u kiosk-queue -- "$0" "$@"
fi
exec /opt/sscard-terminal/bin/python -P -m offline_queue "$@"
