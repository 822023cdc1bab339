"""Between session and lanes: what each shows, and what is computed for it."""
