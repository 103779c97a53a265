"""An independent reader and writer of the wire, made from Specs/Wire.md alone.

It shares no code and no library with the Swift side: PyNaCl and hashlib here, libsodium there. The bytes
on which the two agree are those of the specification; `scripts/wire/check` compares them.
"""
