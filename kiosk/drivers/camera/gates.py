"""What a picture must be like before it is taken: every threshold, with its unit and its reason.

Lengths are in pixels of the frame as the camera gives it (1280 x 960 is asked for), brightness in
grey levels of 0 to 255, shares from 0 to 1. Those marked "drawn" were set where drawn faces and
cards, sharp and blurred, separate; they are assumed for a real lens and are to be set at its
commissioning.
"""

from __future__ import annotations

from typing import Final

FRAME_PX: Final = (1280, 960)  # asked of the camera for pictures
LOOK_PX: Final = 640  # faces and edges are looked for in a frame of this width

# --- a still of a person --------------------------------------------------------------------

FACE_PX_MIN: Final = 160
"""Width of the face as the detector frames it: some 70 pixels between the eyes, above the 60 that
ISO/IEC 19794-5 asks of a picture for people to look at."""
FACE_LOOK_SHARE_MIN: Final = 0.06  # of the frame's width: nobody at the back of the hall
FACE_MARGIN_SIDE: Final = 0.35  # of the face's width, free at each side, above and below:
FACE_MARGIN_ABOVE: Final = 0.45  # the head is whole
FACE_MARGIN_BELOW: Final = 0.35
OTHER_FACE_SHARE: Final = 0.45
"""Of the nearest face's width: a smaller one is a passer-by, or the photo on a card in the hand."""
FACE_LEVEL_MIN: Final = 70  # the mean of the face; below it a print shows no features
FACE_LEVEL_MAX: Final = 225
FACE_CLIPPED_MAX: Final = 0.10  # share of the face at 250 or more: burnt out
FRAME_LEVEL_MIN: Final = 45  # of the whole frame, when no face is found in it: said as the reason
FRAME_LEVEL_MAX: Final = 225
FACE_SHARPNESS_MIN: Final = 45.0  # variance of the Laplacian of the face at 200 px width; drawn
STILL_PX: Final = (480, 640)  # of the picture that leaves: head and shoulders
STILL_FACE_SHARE: Final = 0.45  # of its width
STILL_BYTES_MAX: Final = 24_000
"""The bank takes 40,000. Three such pictures still pass in 20 s through a line of 64 kbit/s."""

# --- a copy of a card -----------------------------------------------------------------------

CARD_MM: Final = (85.60, 53.98)  # ISO/IEC 7810, ID-1
CARD_PX: Final = (856, 540)  # of the copy: 254 dots an inch
CARD_LONG_PX_MIN: Final = 520
"""Its longer edge in the frame: 154 dots an inch, so that the smallest characters, 2 mm high, have
12 pixels."""
CARD_AREA_SEEN_MIN: Final = 0.06  # share of the frame: a smaller rectangle is no card held up
CARD_RATIO_SLACK: Final = 0.22
"""Of the edges' ratio, 1.586: what tilting by some 35 degrees foreshortens."""
CARD_OUTLINE_SLACK: Final = 0.03
"""Of the longer edge: how far the outline may be from four straight sides. A rounded corner is 1.3 mm
short of a sharp one, which is 0.015; a thumb that reaches over the edge is more."""
CARD_BORDER_PX: Final = 4  # an edge this near to the frame's counts as cut off
CARD_LEVEL_MIN: Final = 75  # the brightest tenth of the card is its ground: darker is unreadable
CARD_LEVEL_MAX: Final = 246  # the mean of all of it: burnt out
GLARE_LEVEL: Final = 250
GLARE_SHARE_MAX: Final = 0.012  # of the card in one spot at that level: some 7 x 8 mm
CARD_SHARPNESS_MIN: Final = 40.0  # variance of the Laplacian of the copy; drawn
COPY_BYTES_MAX: Final = 36_000

PHOTO_WIDTH_MIN: Final = 0.14
"""Of the copy's width: the face in the photo of an identity document, 26 x 32 mm, is 14 mm wide or
more (GA 490-2013 photo, head width 14 to 22 mm)."""

# --- both -----------------------------------------------------------------------------------

STEADY_LOOKS: Final = 3  # good ones in a row, of which the sharpest is taken
STEADY_SHIFT: Final = 0.06  # of the frame's width, between two looks: held still
