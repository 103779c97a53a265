"""Tests of the independent implementation by itself."""
