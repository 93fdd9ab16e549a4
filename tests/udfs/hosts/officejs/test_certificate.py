"""The certificate: for this machine only, kept by its owner, made anew in time."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from sop_xl.errors import BookError
from udfs.hosts.officejs.certificate import DAYS, certificate, trust

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_it_is_for_this_machine_and_can_sign_no_other(tmp_path):
    made = certificate(tmp_path, NOW)
    found = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert sorted(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "::1"]
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert found.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False
    assert found.not_valid_after_utc - NOW == timedelta(days=DAYS)
    assert made.fingerprint.count(":") == 31


def test_only_its_owner_reads_the_key(tmp_path):
    made = certificate(tmp_path / "home", NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.key.parent.stat().st_mode) == 0o700


def test_it_is_kept_until_it_ends_soon(tmp_path):
    first = certificate(tmp_path, NOW)
    again = certificate(tmp_path, NOW + timedelta(days=300))
    assert first.is_new
    assert not again.is_new
    assert again.fingerprint == first.fingerprint
    assert certificate(tmp_path, NOW + timedelta(days=340)).is_new


def test_one_that_cannot_be_read_is_made_anew(tmp_path):
    certificate(tmp_path, NOW).certificate.write_text("nothing")
    assert certificate(tmp_path, NOW).is_new


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BookError, match="cannot be kept"):
        certificate(tmp_path / "file", NOW)


@pytest.mark.parametrize(
    ("platform", "word"), [("win32", "certutil -user"), ("darwin", "security"), ("linux", "nssdb")]
)
def test_how_to_trust_it_and_take_it_back(tmp_path, platform, word):
    said = trust(tmp_path / "localhost.crt", platform)
    assert word in said
    assert "take it back" in said
