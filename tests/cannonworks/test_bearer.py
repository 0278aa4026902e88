"""Tokens in the addresses of links."""

from __future__ import annotations

import re

from cannonworks import bearer


def test_a_token_is_256_random_bits_that_need_no_quoting_in_an_address():
    tokens = {bearer.new_token() for _n in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_a_digest_is_the_same_wherever_it_is_computed():
    assert bearer.digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
