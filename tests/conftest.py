"""Kivy, whichever test imports it first, leaves the disk and pytest's arguments alone."""

import os

os.environ.update(KIVY_NO_FILELOG="1", KIVY_NO_ARGS="1", KIVY_NO_CONFIG="1")
