"""Parts in general: their fields as a schema, their structs, their needs of each other, and what classes are called."""
