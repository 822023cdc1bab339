"""Closed forms and numbers that many parts share: noise, mixtures, orders, exact steps. None has a name in a spec."""
