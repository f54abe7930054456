"""Features that the user brings."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from ser_core.config import Config
from ser_core.errors import AudioError, ParameterError
from ser_core.features.base import EXTRACTORS, Extractor, Kind
from ser_core.features.own_files import ARRAYS, PICTURES, OwnFiles, read_array, read_picture
from ser_core.features.own_table import OwnTable
from ser_core.features.signal import Array, Signal

_AXES = {
    "vector": (1, "a vector (num_features,)"),
    "frames": (2, "a matrix (num_frames, num_features)"),
    "image": (3, "an image (height, width, channels)"),
}
_TABLES = (".csv", ".tsv", ".txt")


class PrecomputedConfig(Config):
    """Where the features are, and what they are."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # a folder 2024, the column 4

    path: str = Field(
        "", description="Folder with one .npy file or picture a clip, or a CSV with one row a clip"
    )
    shape: Literal["vector", "frames", "image"] = Field(
        "vector", description="What a clip has: values, values over time, or a picture"
    )
    hop_s: float = Field(
        0.0, ge=0, le=10, description="Time between frames (s), 0 if not known; for frames"
    )
    name_column: str = Field(
        "", description="Column of a CSV with file names: title or number; empty to guess"
    )
    drop_columns: str = Field(
        "", description="Titles of CSV columns that are no features, separated by commas"
    )
    height: int = Field(128, ge=16, le=1024, description="Height pictures get (pixels)")
    width: int = Field(128, ge=16, le=1024, description="Width pictures get (pixels)")
    colour: Literal["grey", "rgb"] = Field("rgb", description="Channels pictures get: one or three")


@EXTRACTORS.register("precomputed")
class Precomputed(Extractor):
    """Features that you have made elsewhere, such as embeddings of a large speech model.

    They are looked up by the clip's file name without its ending, in one of

    - a folder of .npy files, `<clip>.npy`, also in folders within: a vector, a matrix with time
      first, or an image a clip, of numbers (pickled objects are never loaded);
    - a folder of pictures, such as `<emotion>/<clip>.png`, brought to one size, in [0, 1];
    - a CSV with a row for each clip: its file name and columns of numbers. Columns called label,
      emotion, speaker or the like are left out, and text. A first row of mostly numbers is data.

    Where several files have a clip's name, the one in folders named like the clip's is taken. All
    clips need the same shape, frames but for their number. The files' names, sizes and dates are
    part of the fingerprint, so that changed files are read anew.

    Shape (num_features,), (num_frames, num_features) or (height, width, channels), as set.

    Source: yours. Common ones are Chen et al. (2022), "WavLM", IEEE JSTSP 16(6), and Baevski et al.
    (2020), "wav2vec 2.0", NeurIPS.
    """

    config_type = PrecomputedConfig
    title = "Precomputed"
    kind: Kind = "vector"
    by_name = True

    def __init__(self, config: PrecomputedConfig | None = None) -> None:
        self.config: PrecomputedConfig = config or PrecomputedConfig()
        self.kind = self.config.shape

    def _compute(self, signal: Signal) -> Array:
        if signal.path is None:
            raise AudioError(
                "precomputed features belong to clips with a file; this recording has none"
            )
        return self._source.features(signal.path)

    def feature_names(self) -> tuple[str, ...]:
        """Titles of a CSV's columns; red, green and blue; else none.

        Raises:
            ParameterError: there is nothing at `path`.
        """
        return self._source.names()

    def notes(self) -> list[str]:
        """What the user should know of how the files were understood, such as columns left out."""
        return self._source.notes()

    @property
    def hop_s(self) -> float | None:
        """Seconds between frames; None where there are none, or it is not known."""
        return self.config.hop_s or None if self.kind == "frames" else None

    def fingerprint(self) -> str:
        """Names what comes out: the settings and the state of the user's files.

        Raises:
            ParameterError: there is nothing at `path`.
        """
        text = f"{super().fingerprint()} {self._source.state}"
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _source(self) -> OwnFiles | OwnTable:
        """The user's files, looked through once."""
        c = self.config
        if not c.path.strip():
            raise ParameterError("path: a folder or CSV with your features is needed, got nothing")
        path = Path(c.path.strip()).expanduser()
        if path.is_dir():
            return self._folder(path)
        if not path.is_file():
            raise ParameterError(f"path: no such file or folder: {path}")
        if path.suffix.lower() not in _TABLES:
            allowed = ", ".join(_TABLES)
            raise ParameterError(f"path: a folder, or a file of {allowed} is needed, got {path}")
        if c.shape != "vector":
            raise ParameterError(f"shape: a CSV holds a vector a clip, got {c.shape!r}")
        return OwnTable(path, c.name_column, tuple(filter(None, c.drop_columns.split(","))))

    def _folder(self, path: Path) -> OwnFiles:
        if self.config.shape == "image":
            return OwnFiles(path, ARRAYS + PICTURES, self._read)
        try:
            return OwnFiles(path, ARRAYS, self._read, num_varying=int(self.kind == "frames"))
        except ParameterError as error:
            raise ParameterError(f"{error} (pictures need shape=image)") from None

    def _read(self, path: Path) -> Array:
        c = self.config
        if path.suffix.lower() in PICTURES:
            return read_picture(path, c.height, c.width, c.colour == "rgb")
        return read_array(path, *_AXES[c.shape])
