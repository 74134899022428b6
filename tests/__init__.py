"""The checks, and the tests of the tests."""
