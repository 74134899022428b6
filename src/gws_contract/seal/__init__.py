"""How a bundle is sealed: its files, an in-toto Statement about them, a DSSE envelope, keys. Knows no verdict."""
