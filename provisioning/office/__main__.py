"""The provisioning office's server.

    python -m provisioning.office --folder DIR --port N [--host NAME] [--passphrase-file FILE]

`--folder` is what `desk.set_up` made. The passphrase of the issuing keys, if they have one, comes in a
file, as a service manager hands credentials over. It serves until SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from provisioning.office.database import OtherSchema
from provisioning.office.office import open_office
from provisioning.office.server import ServerFault, server_config
from provisioning.office.settings import BadSettings
from provisioning.pki.key_files import BadKeyFile


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve. Ends with a sentence for people if the office does not open."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.office", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--passphrase-file", type=Path)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        passphrase = None
        if chosen.passphrase_file is not None:
            passphrase = chosen.passphrase_file.read_bytes().rstrip(b"\r\n")
        with open_office(chosen.folder, passphrase) as office:
            uvicorn.Server(server_config(office, chosen.host, chosen.port)).run()
    except (BadSettings, BadKeyFile, OtherSchema, ServerFault, OSError) as error:
        sys.exit(f"the office does not open: {error}")


if __name__ == "__main__":
    main()
