"""The page that Readout is measured against: a slider, numpy and ``st.image``, as most Streamlit viewers are made.

The series is decoded once, when the first page is asked for; every change draws one slice in Python and sends a PNG.
``READOUT_BENCH_SERIES`` names the folder with its files.
"""

import os
from pathlib import Path

import numpy as np
import pydicom
import streamlit as st

st.set_page_config(layout="wide")


@st.cache_resource
def read_volume() -> np.ndarray:
    """Decode the series; (slice, row, column) HU as float32, from feet to head."""
    files = [pydicom.dcmread(file) for file in Path(os.environ["READOUT_BENCH_SERIES"]).glob("*.dcm")]
    files.sort(key=lambda file: float(file.ImagePositionPatient[2]))
    slices = [file.pixel_array * np.float32(file.RescaleSlope) + np.float32(file.RescaleIntercept) for file in files]
    return np.stack(slices).astype(np.float32)


volume = read_volume()
number = st.slider("Image", 1, len(volume), 1)
center = st.slider("Window centre", -1000, 1000, -600)
width = st.slider("Window width", 1, 3000, 1500)
lower = center - width / 2
grey = np.clip((volume[number - 1] - lower) * (255 / width), 0, 255).astype(np.uint8)
st.image(grey, width=640, output_format="PNG")
