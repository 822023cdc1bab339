"""The mathematics of generative flows and the record of a run. Never imports Qt."""
