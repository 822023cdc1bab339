"""What a run meets of the machine: its processors, its clock, and files that the user names."""
