"""The key sealed to this machine by `systemd-creds` (systemd.exec, "CREDENTIALS"): by a secret of this
installation, by the TPM, or by both, whichever the machine has.

On the disk it is ciphertext; in the clear it is only ever in this process's memory. Unsealing with the
installation's secret is root's privilege. A unit that runs as another user gets the key from its service
manager (``LoadCredentialEncrypted=identity-key:.../key.sealed``), and it is looked for there first. No name is
sealed in, so that a folder may be renamed; what comes out is compared with the public half instead. With a TPM the seal
is bound to a PCR that neither firmware nor boot loader ever changes: an update must not cost a terminal its
identity.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys.folder import Stored, fetch, halves_do_not_fit, store, taken
from provisioning.terminal.keys.key import KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.software import (
    SoftwareKey,
    new_private,
    private_pem,
    read_private,
)

CREDENTIAL = "identity-key"  # what the unit calls it; a second one may have an ending
# "Application support" (TCG PC Client Platform Firmware Profile). No PCR at all would do, but what systemd 252
# seals so it cannot unseal ("PCR bank invalid", tried).
PCR = 23
TIMEOUT_S = 30.0  # a slow TPM takes a few seconds
_SAID_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class SealedProvider:
    """Keys that only this machine can read.

    `with_key` is `auto`, `host`, `tpm2` or `host+tpm2`; `tpm2_device` is a device or TCTI, empty: the
    machine's own.
    """

    with_key: str = "auto"
    tpm2_device: str = ""

    @property
    def kind(self) -> Kind:
        """Which provider this is."""
        return Kind.SEALED

    def make(self, folder: Path) -> SoftwareKey | KeyTrouble:
        """A new key in `folder`."""
        if trouble := taken(folder):
            return trouble
        private = new_private()
        flags = ["--name=", f"--with-key={self.with_key}", f"--tpm2-pcrs={PCR}"]
        sealed = self._run("encrypt", flags, private_pem(private))
        if isinstance(sealed, str):
            return KeyTrouble(KeyReason.NOT_AVAILABLE, f"systemd-creds cannot seal here: {sealed}.")
        if trouble := store(folder, self.kind, sealed, private.public_key()):
            return trouble
        return SoftwareKey(self, private)

    def open(self, folder: Path) -> SoftwareKey | KeyTrouble:
        """The key in `folder`, from the service manager if it has delivered it, else unsealed here."""
        stored = fetch(folder, self.kind)
        if not isinstance(stored, Stored):
            return stored
        if (private := _delivered(stored.public_key)) is not None:
            return SoftwareKey(self, private)
        pem = self._run("decrypt", ["--name="], stored.key)
        if isinstance(pem, str):
            return KeyTrouble(
                KeyReason.OTHER_MACHINE,
                f"The key in {folder} cannot be unsealed by this machine and user: {pem}.",
            )
        private = read_private(pem, stored.public_key)
        if private is None:
            return halves_do_not_fit(folder)
        return SoftwareKey(self, private)

    def _run(self, verb: str, flags: list[str], content: bytes) -> bytes | str:
        """What `systemd-creds` made of the content, or why it did not. Content goes through pipes only."""
        if self.tpm2_device:
            flags = [*flags, f"--tpm2-device={self.tpm2_device}"]
        try:
            done = subprocess.run(
                ["systemd-creds", verb, *flags, "-", "-"],
                input=content,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            return "the program is not installed"
        except PermissionError:
            return "this user may not run it"
        except subprocess.TimeoutExpired:
            return f"no answer in {TIMEOUT_S:.0f} s"
        if done.returncode == 0 and done.stdout:
            return done.stdout
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1].rstrip(".")[:_SAID_CHARACTERS_MAX] if lines else "no reason given"


def _delivered(public_key: ec.EllipticCurvePublicKey) -> ec.EllipticCurvePrivateKey | None:
    """The key as the service manager put it into this unit's memory."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    for path in sorted(Path(folder).glob(f"{CREDENTIAL}*")):
        private = read_private(path.read_bytes(), public_key)
        if private is not None:
            return private
    return None
