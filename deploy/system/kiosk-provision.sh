#!/bin/sh
# The technician's command. It belongs to root: keys and settings are made for users that cannot read
# each other's.
set -e
if [ "$(id -u)" != 0 ]; then
    exec sudo -- "$0" "$@"
fi
exec /opt/sscard-terminal/bin/python -P -m provisioning.cli "$@"
