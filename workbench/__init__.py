"""The application: model and views without Qt, painters and widgets with it, and the engine in a process of its own."""
