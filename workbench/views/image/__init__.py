"""Runs of images as scenes, pictures and figures."""
