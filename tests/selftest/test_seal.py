from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from securesystemslib import dsse
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from gws_contract.cli import main
from gws_contract.places import bare, without_places
from gws_contract.seal import envelope, files, keys, statement
from gws_contract.seal.envelope import Envelope, EnvelopeError
from gws_contract.seal.files import FileError
from gws_contract.seal.keys import BadKeyError
from gws_contract.seal.statement import Statement, StatementError

from .bundles import OTHER, OWN, PUBLIC

STATED = Statement({"a.json": "0" * 64, "b/c.txt": "1" * 64}, {"result": "PASSED", "configuration": []})
PAYLOAD = statement.encoded(STATED)
SIGNED = envelope.encoded(Envelope(PAYLOAD, keys.keyid(PUBLIC), OWN.sign(envelope.message(PAYLOAD))))
UNSIGNED = envelope.encoded(Envelope(PAYLOAD))


def holds(data: bytes) -> bool:
    """Whether these bytes are a seal signed by our key."""
    try:
        read = envelope.read(data)
    except EnvelopeError:
        return False
    signature = read.signature
    return read.keyid == keys.keyid(PUBLIC) and signature is not None and keys.signed(PUBLIC, signature, read.message)


# ---- envelopes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SIGNED, UNSIGNED])
def test_an_envelope_is_read_as_it_was_written(data: bytes) -> None:
    read = envelope.read(data)
    assert envelope.encoded(read) == data
    assert statement.read(read.payload) == STATED
    assert holds(data) == (data is SIGNED)


def test_securesystemslib_verifies_what_we_sign_under_the_same_key_id() -> None:
    theirs = dsse.Envelope.from_dict(json.loads(SIGNED))
    key = SSlibKey.from_crypto(PUBLIC)
    assert theirs.verify([key], 1) == {keys.keyid(PUBLIC): key}
    theirs.payload = PAYLOAD.replace(b"PASSED", b"FAILED")
    with pytest.raises(VerificationError):
        theirs.verify([key], 1)


def test_what_securesystemslib_signs_is_a_seal_too() -> None:
    theirs = dsse.Envelope(PAYLOAD, envelope.TYPE, {})
    theirs.sign(CryptoSigner(OWN))
    assert json.loads(SIGNED) == theirs.to_dict()


def test_not_one_bit_of_a_signed_envelope_can_be_changed() -> None:
    survivors = [
        (place, bit)
        for place in range(len(SIGNED))
        for bit in range(8)
        if holds(SIGNED[:place] + bytes([SIGNED[place] ^ 1 << bit]) + SIGNED[place + 1 :])
    ]
    assert survivors == []


def spelled(data: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(data), **changes}, separators=(",", ":")).encode() + b"\n"


SIGNATURE = json.loads(SIGNED)["signatures"][0]
SPELLINGS = {
    "whitespace": SIGNED.replace(b",", b", ", 1),
    "no end of line": SIGNED.rstrip(b"\n"),
    "two ends of line": SIGNED + b"\n",
    "another order": json.dumps(json.loads(SIGNED), separators=(",", ":"), sort_keys=False).encode()[:-1]
    + b',"payloadType":"application/vnd.in-toto+json"}\n',
    "an unknown member": spelled(SIGNED, more=1),
    "an unknown member of a signature": spelled(SIGNED, signatures=[{**SIGNATURE, "cert": ""}]),
    "a member twice": SIGNED.replace(b'{"payload":', b'{"payload":"","payload":', 1),
    "an escape": SIGNED.replace(b'"payloadType"', b'"payload\\u0054ype"', 1),
    "base64 for URLs": spelled(SIGNED, signatures=[{**SIGNATURE, "sig": SIGNATURE["sig"].replace("+", "-")}]),
    "base64 without its padding": spelled(SIGNED, signatures=[{**SIGNATURE, "sig": SIGNATURE["sig"].rstrip("=")}]),
    "base64 with other spare bits": spelled(UNSIGNED, payload=base64.b64encode(b"ab").decode().replace("I=", "J=")),
    "two signatures": spelled(SIGNED, signatures=[SIGNATURE, SIGNATURE]),
    "another type": spelled(SIGNED, payloadType="text/plain"),
    "an array": b"[]\n",
    "a number": b"1\n",
    "nothing": b"",
    "no ASCII": "\u00fc\n".encode(),
    "too deep": b"[" * 100_000,
    "numbers for texts": b'{"payload":1,"payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
    "a number for a key id": spelled(SIGNED, signatures=[{"keyid": 1, "sig": SIGNATURE["sig"]}]),
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_an_envelope_in_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelope.read(data)


# ---- statements -----------------------------------------------------------------------------------------------------


def test_a_statement_lists_its_files_in_the_order_of_their_names() -> None:
    turned = Statement(dict(reversed(list(STATED.digests.items()))), STATED.predicate)
    assert statement.encoded(turned) == PAYLOAD
    data = json.loads(PAYLOAD)
    assert (data["_type"], data["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://in-toto.io/attestation/test-result/v0.1",
    )


def changed(**changes: object) -> bytes:
    return json.dumps({**json.loads(PAYLOAD), **changes}).encode()


FILE = {"name": "a", "digest": {"sha256": "0" * 64}}
WRONG = {
    "no JSON": b"{",
    "no object": b"[]",
    "another type": changed(_type="https://in-toto.io/Statement/v0.1"),
    "another predicate": changed(predicateType="https://slsa.dev/provenance/v1"),
    "a predicate that is none": changed(predicate=[]),
    "subjects that are none": changed(subject=7),
    "a subject without digest": changed(subject=[{"name": "a"}]),
    "a subject without sha256": changed(subject=[{"name": "a", "digest": {"sha1": "0"}}]),
    "a digest that is none": changed(subject=[{"name": "a", "digest": {"sha256": "0"}}]),
    "a name that is none": changed(subject=[{"name": 1, "digest": {"sha256": "0" * 64}}]),
    "a name that is a list": changed(subject=[{"name": [], "digest": {"sha256": "0" * 64}}]),
    "a file twice": changed(subject=[FILE, FILE]),
    "too much": b"[" + b"[]," * 100_000 + b"[]]",
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_is_no_statement_about_a_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(StatementError):
        statement.read(data)


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_a_new_key_is_its_owners_alone_and_signs_what_the_public_one_verifies(tmp_path: Path) -> None:
    public = keys.new(tmp_path / "mine")
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o600
    private = keys.private(tmp_path / "mine")
    assert keys.keyid(keys.public(tmp_path / "mine.pub")) == keys.keyid(public) == keys.keyid(private.public_key())
    assert keys.signed(public, private.sign(b"x"), b"x")
    assert not keys.signed(public, private.sign(b"x"), b"y")


@pytest.mark.parametrize("there", ["mine", "mine.pub"])
def test_a_key_is_not_overwritten_not_even_through_a_link(tmp_path: Path, there: str) -> None:
    (tmp_path / there).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadKeyError, match=r"is there already, and a key is not overwritten\.$"):
        keys.new(tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == [there]


def pem(key: PrivateKeyTypes, passphrase: bytes | None = None) -> bytes:
    plain = serialization.NoEncryption()
    how = serialization.BestAvailableEncryption(passphrase) if passphrase else plain
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, how)


def public_pem(key: PrivateKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


CURVE = ec.generate_private_key(ec.SECP256R1())
NO_PRIVATE_KEYS = {
    "is not there": (None, "cannot be read: No such file or directory."),
    "is empty": (b"", "holds no private key (PEM); gws-contract keygen makes one to sign with."),
    "is the public one": (public_pem(OWN), "holds a public key; gws-contract keygen makes one to sign with."),
    "has a passphrase": (pem(OWN, b"secret"), "has a passphrase; the suite signs with keys that have none."),
    "is of another kind": (pem(CURVE), "is not an Ed25519 key; gws-contract keygen makes one."),
}
NO_PUBLIC_KEYS = {
    "is not there": (None, "cannot be read: No such file or directory."),
    "is empty": (b"", "holds no public key (PEM)."),
    "is the private one": (pem(OWN), "a signature is checked with the public key beside it, key.pub."),
    "is of another kind": (public_pem(CURVE), "is not an Ed25519 key, which every bundle is signed with."),
}


@pytest.mark.parametrize(("data", "words"), NO_PRIVATE_KEYS.values(), ids=NO_PRIVATE_KEYS)
def test_a_file_that_one_cannot_sign_with_is_refused(tmp_path: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / "key").write_bytes(data)
    with pytest.raises(BadKeyError) as refused:
        keys.private(tmp_path / "key")
    assert str(refused.value).endswith(words)


@pytest.mark.parametrize(("data", "words"), NO_PUBLIC_KEYS.values(), ids=NO_PUBLIC_KEYS)
def test_a_file_that_verifies_nothing_is_refused(tmp_path: Path, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / "key").write_bytes(data)
    with pytest.raises(BadKeyError) as refused:
        keys.public(tmp_path / "key")
    assert str(refused.value).endswith(words)


def test_keygen_tells_where_the_keys_are_and_never_the_private_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["keygen"]) == 0
    told = capsys.readouterr()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gws-contract.key", "gws-contract.key.pub"]
    assert keys.keyid(keys.public(Path("gws-contract.key.pub"))) in told.out
    secret = [line for line in Path("gws-contract.key").read_text().splitlines() if not line.startswith("-")]
    assert not [line for line in secret if line in told.out + told.err]


def test_keygen_into_a_file_that_is_there_ends_with_status_4_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("precious")
    assert main(["keygen", str(tmp_path / "key")]) == 4
    assert (
        capsys.readouterr().err == f"gws-contract: {tmp_path / 'key'} is there already, and a key is not overwritten.\n"
    )
    assert (tmp_path / "key").read_text() == "precious"


def test_two_keys_have_two_ids() -> None:
    assert len({keys.keyid(key.public_key()) for key in (OWN, OTHER, Ed25519PrivateKey.generate())}) == 3


# ---- files ----------------------------------------------------------------------------------------------------------


def test_everything_in_a_folder_is_found_and_no_link_followed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "to-a-folder").symlink_to("/")
    (tmp_path / "to-a-file").symlink_to("a/b/c")
    (tmp_path / "to-nothing").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe")
    there = files.found(tmp_path)
    assert there.regular == {"a/b/c"}
    links = dict.fromkeys(("to-a-folder", "to-a-file", "to-nothing"), "a symbolic link")
    assert there.odd == {**links, "pipe": "no regular file", "empty/": "an empty folder"}


def test_a_folder_of_more_than_any_run_leaves_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 3)
    for number in range(4):
        (tmp_path / str(number)).touch()
    with pytest.raises(FileError, match="More than 3 files and folders"):
        files.found(tmp_path)


ELSE = {"a link": lambda path: path.symlink_to("/etc/hosts"), "a pipe": os.mkfifo, "a folder": Path.mkdir}


@pytest.mark.parametrize("what", ELSE)
def test_what_has_become_something_else_since_is_not_read(tmp_path: Path, what: str) -> None:
    ELSE[what](tmp_path / "x")
    with pytest.raises(FileError):
        files.digest(tmp_path, "x")


def test_a_file_that_is_larger_than_any_run_leaves_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(files.LARGEST + 1)
    with pytest.raises(FileError, match="more than any run leaves"):
        files.digest(tmp_path, "x")
    (tmp_path / "x").write_bytes(b"1234")
    with pytest.raises(FileError, match=r"x holds more than 3 bytes\.$"):
        files.content(tmp_path, "x", 3)


# ---- places ---------------------------------------------------------------------------------------------------------

WORDS = {
    "/usr/bin/python3": "python3",
    "./offer.py": "offer.py",
    "~/offer.py": "offer.py",
    "../ann/offer.py": "offer.py",
    "--ca-file=/home/ann/ca.pem": "--ca-file=ca.pem",
    "--dir=/home/ann/": "--dir=ann",
    "--url=https://gws.example.com/gws": "--url=https://gws.example.com/gws",
    "ca.pem": "ca.pem",
    "--strict": "--strict",
    "/": "/",
    "": "",
}
SENTENCES = {
    "python3: can't open file '/home/ann/x.py': [Errno 2]": "python3: can't open file 'x.py': [Errno 2]",
    "No such file: /home/ann/x.py, and ~ann/y.": "No such file: x.py, and y.",
    "The server https://gws.example.com/api/v2 is away": "The server https://gws.example.com/api/v2 is away",
    "3/4 of and/or": "3/4 of and/or",
}


@pytest.mark.parametrize(("word", "left"), WORDS.items())
def test_a_word_of_a_command_names_files_and_not_places(word: str, left: str) -> None:
    assert bare(word) == left


@pytest.mark.parametrize(("sentence", "left"), SENTENCES.items())
def test_a_sentence_names_files_and_not_places(sentence: str, left: str) -> None:
    assert without_places(sentence) == left
