"""What `bench` measures: one measurement, one file, found by name.

A measurement's module has ``HELP``, ``configure(parser)``, ``measure(args)``, which returns what JSON can hold, and
``table(report)``, which says the same in lines. Ratios hold within one run; times of two runs do not compare.
"""
