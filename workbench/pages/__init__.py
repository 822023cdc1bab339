"""The places of the window beside the lanes: start page, runs, settings. Each is made when it is first opened."""
