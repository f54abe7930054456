"""Features that the user brings as files, one a clip: which is whose, and how it is read."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import AudioError, ParameterError
from ser_core.features.signal import Array
from ser_core.features.spectrogram_image import resize

ARRAYS = (".npy",)
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
_ENDINGS = {".wav", ".flac", ".ogg", ".mp3", ".m4a", *ARRAYS, *PICTURES}
_TRIED = 10  # files looked at for the shape that all should have


def stem(name: str) -> str:
    """A clip's name without folders and endings, by which its features are found.

    >>> stem("Actor_01/03-01.wav.npy"), stem("take 1.2")
    ('03-01', 'take 1.2')
    """
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    while os.path.splitext(name)[1].lower() in _ENDINGS:  # noqa: PTH122  (a name, no path)
        name = os.path.splitext(name)[0]  # noqa: PTH122
    return name


class File(NamedTuple):
    """A file by its name below the folder, with its size in bytes and its date (ns)."""

    name: str
    size: int
    modified_ns: int


class OwnFiles:
    """A folder that holds one file for each clip, found by the clip's name.

    Args:
        root: an existing folder; folders in it are searched too, those behind links are not.
        endings: of the files that count, lower case.
        read: a file as features; raises AudioError.
        num_varying: axes that may differ in length from clip to clip: 1 for frames, else 0.

    Raises:
        ParameterError: there is no such file in the folder.
    """

    def __init__(
        self,
        root: Path,
        endings: tuple[str, ...],
        read: Callable[[Path], Array],
        num_varying: int = 0,
    ) -> None:
        self.root, self._read, self._num_varying = root, read, num_varying
        self._kinds = " or ".join(endings)
        files = sorted(_walk(root, endings))
        if not files:
            raise ParameterError(f"path: no {self._kinds} file in {root} or the folders in it")
        self._files = [file.name for file in files]
        self._places: dict[str, list[str]] = {}
        for name in self._files:
            self._places.setdefault(stem(name), []).append(name)
        self.state = hashlib.sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()

    def features(self, clip: Path) -> Array:
        """What was brought for a clip.

        Raises:
            AudioError: nothing, twice, not readable, or of another shape than the others.
        """
        name = self._find(clip)
        array = self._read(self.root / name)
        usual_name, usual = self._usual
        if usual is not None and array.shape[self._num_varying :] != usual[self._num_varying :]:
            raise AudioError(
                f"{clip.name}: shapes differ between clips; {name} holds {array.shape}, "
                f"{usual_name} holds {usual}"
            )
        return array

    def names(self) -> tuple[str, ...]:
        """Red, green and blue for pictures in colour; arrays do not say what their values are."""
        name, usual = self._usual
        colour = name.lower().endswith(PICTURES) and usual is not None and usual[-1] == 3
        return ("red", "green", "blue") if colour else ()

    def notes(self) -> list[str]:
        """What the user should know of how the files were understood."""
        return []

    def _find(self, clip: Path) -> str:
        found = self._places.get(stem(clip.name), [])
        if not found:
            raise AudioError(
                f"{clip.name}: no features for it; looked for {stem(clip.name)} with {self._kinds} "
                f"in {self.root} and the folders in it ({len(self._files):,} found, such as "
                f"{self._files[0]})"
            )
        nearest = _nearest(found, clip)
        if len(nearest) > 1:
            raise AudioError(
                f"{clip.name}: more than one file for it in {self.root}: {', '.join(nearest[:3])}"
            )
        return nearest[0]

    @cached_property
    def _usual(self) -> tuple[str, tuple[int, ...] | None]:
        """The first file that can be read, and its shape: what the others are held against."""
        for name in self._files[:_TRIED]:
            with contextlib.suppress(AudioError):
                return name, self._read(self.root / name).shape
        return "", None


def _walk(root: Path, endings: tuple[str, ...]) -> Iterator[File]:
    """Files with these endings, none of them hidden; what may not be read is passed over."""
    waiting = [os.fspath(root)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.lower().endswith(endings):
                    with contextlib.suppress(OSError):  # gone since, or a link to nowhere
                        found = entry.stat()
                        if stat.S_ISREG(found.st_mode):
                            name = os.path.relpath(entry.path, root)
                            yield File(name, found.st_size, found.st_mtime_ns)


def _nearest(names: list[str], clip: Path) -> list[str]:
    """Of files of one name, those in folders named most like the clip's: happy/1.npy, happy/1.wav.

    Clips of a folder an emotion may share names.
    """
    folders = clip.parent.parts[::-1]

    def shared(name: str) -> int:
        pairs = zip(Path(name).parent.parts[::-1], folders, strict=False)
        return next((i for i, (ours, theirs) in enumerate(pairs) if ours != theirs), len(folders))

    most = max(map(shared, names))
    return [name for name in names if shared(name) == most]


def read_array(path: Path, num_axes: int, shape: str) -> Array:
    """A .npy file as float32; leading axes of length one are dropped, as batches of one have them.

    Args:
        path: the file. Pickled objects in it, which could run code, are never loaded.
        num_axes: how many the array must have.
        shape: what that is called, for the error.

    Raises:
        AudioError: no array, not of numbers, not finite, empty or of another number of axes.
    """
    array = _load(path)
    if array.dtype.kind not in "biuf":
        raise AudioError(f"{path.name}: numbers are needed, the file holds {array.dtype}")
    axes = array.shape
    while array.ndim > num_axes and len(array) == 1:
        array = array[0]
    if num_axes == 3 and array.ndim == 2:  # a grey picture
        array = array[..., None]
    if array.ndim != num_axes or array.size == 0:
        raise AudioError(f"{path.name}: {shape} is needed, the file holds {axes}")
    with np.errstate(over="ignore"):  # told below
        single = np.array(array, np.float32)
    bad = int(single.size - np.isfinite(single).sum())
    if bad:
        raise AudioError(f"{path.name}: {bad:,} of {single.size:,} values are no finite numbers")
    return single


def _load(path: Path) -> NDArray[Any]:
    # Mapped: a damaged header that promises more than the file holds is then refused, not believed.
    try:
        array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception:  # what a damaged header makes NumPy raise is beyond listing
        array = None
    if not isinstance(array, np.ndarray):
        raise AudioError(
            f"{path.name}: not a NumPy array of numbers (damaged, empty, another format, or "
            "pickled objects, which could run code and are never loaded)"
        )
    return array


def read_picture(path: Path, height: int, width: int, rgb: bool) -> Array:
    """A picture file in a set size, shape (height, width, 3 if rgb else 1), in [0, 1].

    Raises:
        AudioError: it is not a picture that can be read.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            deep = image.mode.startswith("I")  # 16 bits, which Pillow would cut off at 255
            whole = np.asarray(image if deep else image.convert("RGB" if rgb else "L"), np.float32)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise AudioError(f"{path.name}: not readable as a picture ({error})") from None
    whole = whole.reshape(*whole.shape[:2], -1) / np.float32(65_535 if deep else 255)
    channels = [resize(whole[..., i], height, width) for i in range(whole.shape[2])]
    picture = np.clip(np.stack(channels, axis=-1), 0, 1)
    return np.repeat(picture, 3, axis=-1) if rgb and picture.shape[-1] == 1 else picture
