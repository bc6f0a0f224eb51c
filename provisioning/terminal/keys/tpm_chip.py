"""The few TPM 2 commands that an identity key needs, through tpm2-pytss. Imported when there is a TPM only.

Each use opens the chip, loads the key, and flushes it again: a TPM has room for three loaded objects, other programs
use it too, and a handle kept over hours would not outlive a reset of the chip. The key's parent is the owner's
primary key on P-256 from its standard template, which the chip derives anew each time, so nothing is
stored in the chip. The blob is the "TSS2 PRIVATE KEY" that tpm2-openssl reads as well.

Raises `TSS2_Exception`, and `ValueError` or `TypeError` for a blob that is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric import ec
from tpm2_pytss import ESAPI, TPM2_RC, TSS2_Exception  # type: ignore[import-untyped]
from tpm2_pytss.constants import ESYS_TR, TPM2_ALG  # type: ignore[import-untyped]
from tpm2_pytss.cryptography import tpm_ecc_private_key  # type: ignore[import-untyped]
from tpm2_pytss.tsskey import TSSPrivKey  # type: ignore[import-untyped]
from tpm2_pytss.types import TPMT_SIG_SCHEME  # type: ignore[import-untyped]

__all__ = ["TSS2_Exception", "create", "integrity_failed", "loaded", "sign_digest"]

_DIGESTS = {32: TPM2_ALG.SHA256, 48: TPM2_ALG.SHA384, 64: TPM2_ALG.SHA512}  # by length, bytes


def create(tcti: str) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    """A key made by the chip and bound to it: its blob, readable by this chip alone, and its public half."""
    with ESAPI(tcti) as chip:
        made = TSSPrivKey.create_ecc(chip)
        with _handle(chip, made) as handle:
            return made.to_pem(), tpm_ecc_private_key(chip, handle).public_key()


@contextmanager
def loaded(tcti: str, blob: bytes) -> Iterator[ec.EllipticCurvePrivateKey]:
    """The key as `cryptography` takes it; every signature is made in the chip."""
    made = TSSPrivKey.from_pem(blob)
    with ESAPI(tcti) as chip, _handle(chip, made) as handle:
        yield tpm_ecc_private_key(chip, handle)


def sign_digest(tcti: str, blob: bytes, digest: bytes) -> bytes:
    """ECDSA over a digest of SHA-256, SHA-384 or SHA-512, told by its length; DER."""
    scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.ECDSA)
    scheme.details.ecdsa.hashAlg = _DIGESTS[len(digest)]
    with ESAPI(tcti) as chip, _handle(chip, TSSPrivKey.from_pem(blob)) as handle:
        return bytes(chip.sign(handle, digest, scheme))


def integrity_failed(error: TSS2_Exception) -> bool:
    """Whether the chip said that the blob is not its own (TPM 2.0 Part 2, TPM_RC_INTEGRITY)."""
    return bool(error.error == TPM2_RC.INTEGRITY)


@contextmanager
def _handle(chip: ESAPI, made: TSSPrivKey) -> Iterator[ESYS_TR]:
    handle = made.load(chip)
    try:
        yield handle
    finally:
        chip.flush_context(handle)
