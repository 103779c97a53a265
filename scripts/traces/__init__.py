"""Decisions of one member, made from Specs/Protocol.md alone, and compared with Specs/traces."""
