"""The key in a TPM 2: made by the chip, used by the chip, and readable by nobody."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.terminal.keys import request, tls
from provisioning.terminal.keys.folder import Stored, fetch, halves_do_not_fit, store, taken
from provisioning.terminal.keys.key import KeyFailed, KeyReason, KeyTrouble, Kind
from provisioning.terminal.keys.tpm_tls import load_foreign_key

DEVICE = "device:/dev/tpmrm0"  # the kernel's resource manager: shared, and never out of slots


@dataclass(frozen=True)
class TpmProvider:
    """Keys in the TPM behind a TCTI (TCG, "TSS 2.0 TCTI Specification"), by default the board's own."""

    tcti: str = DEVICE

    @property
    def kind(self) -> Kind:
        """Which provider this is."""
        return Kind.TPM

    def make(self, folder: Path) -> TpmKey | KeyTrouble:
        """A new key in the chip; `folder` gets its blob."""
        trouble = taken(folder) or self._out_of_reach()
        if trouble is not None:
            return trouble
        try:
            with _chip(self.tcti) as chip:
                blob, public_key = chip.create(self.tcti)
        except KeyFailed as failed:
            return failed.trouble
        if trouble := store(folder, self.kind, blob, public_key):
            return trouble
        return TpmKey(self, blob, public_key)

    def open(self, folder: Path) -> TpmKey | KeyTrouble:
        """The key in `folder`, tried once in the chip."""
        stored = fetch(folder, self.kind)
        if not isinstance(stored, Stored):
            return stored
        if trouble := self._out_of_reach():
            return trouble
        key = TpmKey(self, stored.key, stored.public_key)
        try:
            with key.in_chip() as private:
                fits = private.public_key() == stored.public_key
        except KeyFailed as failed:
            return failed.trouble
        if not fits:
            return halves_do_not_fit(folder)
        return key

    def _out_of_reach(self) -> KeyTrouble | None:
        """Told before any library is loaded: most boards have no TPM."""
        scheme, _, device = self.tcti.partition(":")
        if scheme != "device":
            return None
        if not Path(device).exists():
            return KeyTrouble(KeyReason.NOT_AVAILABLE, f"There is no TPM at {device}.")
        if not os.access(device, os.R_OK | os.W_OK):
            return KeyTrouble(
                KeyReason.NOT_AVAILABLE, f"This user may not use the TPM at {device} (group tss)."
            )
        return None


@dataclass(frozen=True)
class TpmKey:
    """An `IdentityKey` in a TPM. Each use asks the chip."""

    provider: TpmProvider
    blob: bytes = field(repr=False)
    public_key: ec.EllipticCurvePublicKey = field(repr=False)

    @property
    def kind(self) -> Kind:
        """Where it is kept."""
        return Kind.TPM

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256, DER. Raises `KeyFailed`."""
        with self.in_chip() as private:
            return private.sign(message, ec.ECDSA(hashes.SHA256()))

    def certificate_request(self, common_name: str, uri: str) -> bytes:
        """A PKCS#10 request in DER. Raises `KeyFailed`."""
        with self.in_chip() as private:
            return request.request(common_name, uri, private)

    def client_context(
        self, root_pem: bytes, certificate_chain_pem: bytes, no_check_time: bool = False
    ) -> ssl.SSLContext:
        """Mutual TLS with this key. Raises `KeyFailed`."""
        chain = certificate_chain_pem

        def load(context: ssl.SSLContext) -> None:
            load_foreign_key(context, chain, self.public_key, self._sign_digest)

        return tls.client_context(root_pem, chain, self.public_key, no_check_time, load)

    @contextmanager
    def in_chip(self) -> Iterator[ec.EllipticCurvePrivateKey]:
        """The key while it is loaded. Raises `KeyFailed`."""
        tcti = self.provider.tcti
        with _chip(tcti) as chip, chip.loaded(tcti, self.blob) as private:
            yield private

    def _sign_digest(self, digest: bytes) -> bytes:
        tcti = self.provider.tcti
        with _chip(tcti) as chip:
            signature: bytes = chip.sign_digest(tcti, self.blob, digest)
        return signature


@contextmanager
def _chip(tcti: str) -> Iterator[ModuleType]:
    """`tpm_chip`, loaded only now: it costs half a second, and most boards have no TPM. What the chip or
    its libraries complain about is raised as `KeyFailed`."""
    os.environ.setdefault("TSS2_LOG", "all+none")  # else the libraries write to the console
    try:
        from provisioning.terminal.keys import tpm_chip
    except (ImportError, OSError) as error:
        said = f"The libraries for the TPM are not installed ({error})."
        raise KeyFailed(KeyTrouble(KeyReason.NOT_AVAILABLE, said)) from None
    try:
        yield tpm_chip
    except tpm_chip.TSS2_Exception as error:
        if tpm_chip.integrity_failed(error):
            said = "The key was made by another TPM, or this one has been cleared since."
            raise KeyFailed(KeyTrouble(KeyReason.OTHER_MACHINE, said)) from None
        said = f"The TPM at {tcti} does not do its work ({error})."
        raise KeyFailed(KeyTrouble(KeyReason.NOT_AVAILABLE, said)) from None
