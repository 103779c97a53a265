"""An independent reader and writer of the wire, made from Specs/Wire.md alone.

It shares no code and no library with the Swift side: PyNaCl and hashlib here, libsodium there. What the
two agree on byte for byte is what the specification says; `scripts/wire/check` compares them.
"""
