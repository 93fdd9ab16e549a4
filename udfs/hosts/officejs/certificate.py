"""A certificate for this machine only, and how to have the machine trust it.

Excel takes an add-in over HTTPS only, on one's own machine too. The certificate is for localhost alone and can sign no
other, so that trusting it trusts nothing else; its key never leaves the folder it is made in.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sop_xl.errors import BookError

DAYS = 365
"""How long it is valid [days]."""
RENEWED = 30
"""It is made anew so long before it ends [days]."""
SUBJECT = "sop_xl on this machine"


@dataclass(frozen=True)
class Certificate:
    """Where a certificate and its key are, its fingerprint (SHA-256), its last day, and whether it is new."""

    certificate: Path
    key: Path
    fingerprint: str
    last_day: datetime
    is_new: bool


def home() -> Path:
    """The folder of the certificate, in the user's own settings."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "sop_xl" / "officejs"
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "sop_xl" / "officejs"


def certificate(folder: Path, now: datetime | None = None) -> Certificate:
    """The certificate of a folder; made where there is none, or it ends soon.

    Parameters
    ----------
    folder
        Where it is kept.
    now
        The present time, by default the clock's.

    Raises
    ------
    BookError
        If the folder cannot be written.

    """
    now = now or datetime.now(UTC)
    paths = folder / "localhost.crt", folder / "localhost.key"
    try:
        kept = _kept(*paths, now)
        if kept is not None:
            return kept
        return _made(*paths, now)
    except OSError as error:
        raise BookError(f"the certificate cannot be kept in {folder} ({error.strerror or error})") from error


def _kept(path: Path, key: Path, now: datetime) -> Certificate | None:
    from cryptography import x509

    if not (path.exists() and key.exists()):
        return None
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return None
    if found.not_valid_after_utc - now < timedelta(days=RENEWED):
        return None
    return Certificate(path, key, _fingerprint(found), found.not_valid_after_utc, is_new=False)


def _made(path: Path, key_path: Path, now: datetime) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SUBJECT)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in ("127.0.0.1", "::1"))]
    )
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key_path, encoded, 0o600)
    _write(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return Certificate(path, key_path, _fingerprint(made), made.not_valid_after_utc, is_new=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that never stood open to others, whole or not at all."""
    beside = path.with_suffix(f"{path.suffix}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)


def _fingerprint(found: Any) -> str:
    from cryptography.hazmat.primitives import hashes

    return ":".join(f"{byte:02X}" for byte in found.fingerprint(hashes.SHA256()))


def trust(path: Path, platform: str = sys.platform) -> str:
    """How to have a machine trust the certificate, as commands to type.

    Parameters
    ----------
    path
        The certificate.
    platform
        As in `sys.platform`.

    >>> print(trust(Path("localhost.crt"), "win32"))
    certutil -user -addstore Root "localhost.crt"
    to take it back: certutil -user -delstore Root "sop_xl on this machine"

    """
    if platform == "win32":
        add = f'certutil -user -addstore Root "{path}"'
        take_back = f'certutil -user -delstore Root "{SUBJECT}"'
    elif platform == "darwin":
        keychain = "~/Library/Keychains/login.keychain-db"
        add = f"security add-trusted-cert -r trustRoot -p ssl -k {keychain} '{path}'"
        take_back = f"security remove-trusted-cert '{path}'"
    else:
        add = f"certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n '{SUBJECT}' -i '{path}'"
        take_back = f"certutil -d sql:$HOME/.pki/nssdb -D -n '{SUBJECT}'"
    return f"{add}\nto take it back: {take_back}"
