"""Between models, engine and widgets: what a person does becomes a change of state, and what changes is shown."""
