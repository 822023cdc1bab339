"""How `evaluate` measures images."""
