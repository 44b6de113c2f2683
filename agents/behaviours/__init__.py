"""Behaviours: how a group of accounts turns what it knows into orders; one file each."""
