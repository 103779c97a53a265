"""Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b, revision 34 of the framework, and nothing else of it."""

import hashlib
import hmac
import struct
from typing import List, Optional, Tuple

from nacl import bindings, exceptions

from .keys import Boot, agree
from .refused import Refused

NAME = b"Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b"
_MESSAGES = (("psk", "e"), ("e", "ee", "s", "es"), ("s", "se"))


class Cipher:
    """A key and a counter."""

    def __init__(self, key: Optional[bytes] = None):
        self._key = key
        self._count = 0

    @property
    def has_key(self) -> bool:
        return self._key is not None

    def encrypt(self, plaintext: bytes, authenticated: bytes = b"") -> bytes:
        return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(
            plaintext, authenticated, self._nonce(), self._key)

    def decrypt(self, sealed: bytes, authenticated: bytes = b"") -> bytes:
        if len(sealed) < 16:
            raise Refused("noise-truncated")
        try:
            return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(
                sealed, authenticated, self._nonce(), self._key)
        except exceptions.CryptoError:
            raise Refused("noise-tag") from None

    def _nonce(self) -> bytes:
        self._count += 1
        return bytes(4) + struct.pack("<Q", self._count - 1)


class Handshake:
    """One side of it. `write` and `read` take turns three times; then `split`."""

    def __init__(self, initiator: bool, prologue: bytes, psk: bytes, static: Boot, one_time: Boot):
        self._initiator = initiator
        self._psk, self._static, self._one_time = psk, static, one_time
        self._hash = NAME.ljust(64, b"\0")
        self._chain = self._hash
        self._cipher = Cipher()
        self._turn = 0
        self._remote_one_time = b""
        self.remote_static = b""
        self._mix_hash(prologue)

    @property
    def hash(self) -> bytes:
        return self._hash

    def write(self, payload: bytes) -> bytes:
        message = b""
        for token in _MESSAGES[self._turn]:
            if token == "e":
                message += self._one_time.public
                self._mix_one_time(self._one_time.public)
            elif token == "s":
                message += self._seal(self._static.public)
            else:
                self._agree(token)
        self._turn += 1
        return message + self._seal(payload)

    def read(self, message: bytes) -> bytes:
        for token in _MESSAGES[self._turn]:
            if token == "e":
                if len(message) < 32:
                    raise Refused("noise-truncated")
                self._remote_one_time, message = message[:32], message[32:]
                self._mix_one_time(self._remote_one_time)
            elif token == "s":
                if len(message) < 48:
                    raise Refused("noise-truncated")
                self.remote_static, message = self._unseal(message[:48]), message[48:]
            else:
                self._agree(token)
        self._turn += 1
        return self._unseal(message)

    def split(self) -> Tuple[Cipher, Cipher]:
        """The ciphers for sending and for receiving."""
        first, second = (Cipher(key[:32]) for key in _expand(self._chain, b"", 2))
        return (first, second) if self._initiator else (second, first)

    def _agree(self, token: str) -> None:
        if token == "psk":
            self._chain, to_hash, key = _expand(self._chain, self._psk, 3)
            self._mix_hash(to_hash)
            self._cipher = Cipher(key[:32])
            return
        # The first letter is the initiator's key, the second the responder's.
        own, remote = token if self._initiator else reversed(token)
        secret = (self._one_time if own == "e" else self._static).secret
        self._mix_key(agree(secret, self._remote_one_time if remote == "e" else self.remote_static))

    def _mix_one_time(self, public: bytes) -> None:
        self._mix_hash(public)
        self._mix_key(public)

    def _mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.blake2b(self._hash + data).digest()

    def _mix_key(self, data: bytes) -> None:
        self._chain, key = _expand(self._chain, data, 2)
        self._cipher = Cipher(key[:32])

    def _seal(self, plaintext: bytes) -> bytes:
        sealed = self._cipher.encrypt(plaintext, self._hash)
        self._mix_hash(sealed)
        return sealed

    def _unseal(self, sealed: bytes) -> bytes:
        plaintext = self._cipher.decrypt(sealed, self._hash)
        self._mix_hash(sealed)
        return plaintext


def _expand(chain: bytes, data: bytes, count: int) -> List[bytes]:
    """HKDF of the framework, section 4.3."""
    secret = hmac.new(chain, data, hashlib.blake2b).digest()
    outputs: List[bytes] = []
    for index in range(1, count + 1):
        previous = outputs[-1] if outputs else b""
        outputs.append(hmac.new(secret, previous + bytes([index]), hashlib.blake2b).digest())
    return outputs
