"""Arrays that are computed of clips, kept on disk by the clips' content, and read by memory map."""

from ser_core.store.clips import Clip, Progress, code_fingerprint, identified, identify
from ser_core.store.computed import ClipStore, Kept, Product
from ser_core.store.recent import Recent
from ser_core.store.results import ResultStore, result_key
from ser_core.store.shelf import Arrays

__all__ = [
    "Arrays",
    "Clip",
    "ClipStore",
    "Kept",
    "Product",
    "Progress",
    "Recent",
    "ResultStore",
    "code_fingerprint",
    "identified",
    "identify",
    "result_key",
]
