"""What is uploaded, as a file on disk that another process can open."""
import os
import tempfile
from pathlib import Path
from shutil import copyfileobj

import streamlit as st


def on_disk(uploaded, key: str) -> Path:
    """The uploaded bytes as a file, there for as long as this session wants it: as `key` of its state."""
    kept = st.session_state.get(key)
    if kept is None or kept[0] != uploaded.file_id:
        folder = tempfile.TemporaryDirectory(prefix=f"crm_import_{os.getpid()}_")
        path = Path(folder.name) / "upload"
        uploaded.seek(0)
        with path.open("wb") as file:
            copyfileobj(uploaded, file, 1 << 20)
        st.session_state[key] = kept = (uploaded.file_id, folder, path)
    return kept[2]
