"""Portable primitives. They import nothing of the package above them."""
