"""Who may know whom, and what the web process must never load. See docs/extending.md."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("tensorflow", "keras", "librosa", "matplotlib", "mlflow", "skl2onnx", "tf2onnx", "sklearn",
         "numba", "openTSNE")  # fmt: skip
WORKER_ONLY = ("ser_core.models", "ser_core.training")

BASE = {"errors", "config", "registry", "paths", "emotions", "words"}
ARROWS = {
    "errors": set(),
    "paths": {"errors"},
    "emotions": set(),
    "words": set(),
    "config": {"errors"},
    "registry": {"errors", "config"},
    "audio": BASE,
    "store": BASE,
    "corpora": BASE | {"audio", "store"},
    "features": BASE | {"audio", "store"},
    "augment": BASE | {"audio", "features"},
    "models": BASE | {"store"},
    "evaluation": BASE,
    "figures": BASE,
    "tracking": BASE,
    "promotion": BASE | {"inference", "tracking"},
    "jobs": BASE | {"tracking", "training"},
    "inference": BASE | {"audio", "corpora", "features", "augment", "evaluation"},
    "exploration": BASE
    | {"audio", "store", "corpora", "features", "augment", "evaluation", "inference"},
    "training": BASE
    | {
        "audio",
        "corpora",
        "features",
        "augment",
        "models",
        "evaluation",
        "inference",
        "tracking",
        "store",
        "reports",
    },
    "recipes": BASE | {"training"},
    "comparison": BASE | {"corpora", "evaluation", "store", "tracking"},
    "exchange": BASE | {"comparison", "corpora", "evaluation", "inference", "tracking"},
    "reports": BASE | {"comparison", "evaluation", "figures", "tracking"},
}


def library_files() -> list[Path]:
    return sorted((ROOT / "ser_core").rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Full names of everything a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_by(code: str) -> set[str]:
    """Top-level packages in memory after a fresh process has run `code` in the project's root."""
    report = "\nimport sys; print('LOADED', *sorted({n.split('.')[0] for n in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED "))
    return set(line.split()[1:])


def test_library_imports_no_streamlit() -> None:
    offenders = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in library_files()
        for name in imports(path)
        if name.split(".")[0] in {"streamlit", "pages", "app"}
    ]
    assert offenders == []


@pytest.mark.parametrize("path", library_files(), ids=module_name)
def test_arrows_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT / "ser_core").with_suffix("").parts[0]
    if room in {"__init__", "__main__", "commands"}:
        return
    known = {name.split(".")[1] for name in imports(path) if name.startswith("ser_core.")} - {room}
    assert room in ARROWS, f"{room} is new: say in ARROWS whom it may know"
    assert known <= ARROWS[room]


def test_importing_the_library_loads_nothing_heavy() -> None:
    names = [
        module_name(path)
        for path in library_files()
        if not module_name(path).startswith(WORKER_ONLY) and path.name != "__main__.py"
    ]
    loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert "ser_core" in loaded
    assert loaded.isdisjoint({*HEAVY, "streamlit"})


def test_drawing_every_page_loads_nothing_heavy() -> None:
    """The whole web process: every page is run, as a first visit to it would."""
    pages = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
    code = f"""
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
for page in {pages!r}:
    app.switch_page(f"pages/{{page}}").run()
    assert not app.exception, (page, app.exception)
"""
    loaded = loaded_by(code)
    assert {"streamlit", "ser_core"} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_command_line_help_is_quick_to_load() -> None:
    code = """
import contextlib, sys
from ser_core.__main__ import main
with contextlib.suppress(SystemExit):
    sys.argv[1:] = ["--help"]
    main()
"""
    assert loaded_by(code).isdisjoint({*HEAVY, "streamlit"})
