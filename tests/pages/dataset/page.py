"""The Dataset page as a test opens and reads it."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from streamlit.testing.v1 import AppTest

from ser_core.corpora import library
from ser_core.jobs.tasks import runner

APP = Path(__file__).resolve().parents[3] / "app.py"


# Emotion, intensity, statement, actor: three speakers, uneven on purpose.
CLIPS = (
    ("05", "01", "01", "01"),
    ("05", "02", "02", "01"),
    ("03", "01", "01", "01"),
    ("05", "01", "01", "02"),
    ("04", "01", "02", "02"),
    ("03", "02", "01", "03"),
)


def write_clip(path: Path, duration_s: float) -> None:
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 220 * time_s), 16_000)


def page(**query: str | list[str]) -> AppTest:
    """The page, reached through the app as a reader does, or by an address."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.run()
    app.query_params.update(query)
    return visit(app, "pages/dataset.py")


def visit(app: AppTest, where: str) -> AppTest:
    app.switch_page(where).run()
    assert not app.exception, app.exception
    return app


def again(app: AppTest) -> AppTest:
    """Let the work in the background end, then let the page draw what came of it.

    That may be more work: a folder that was recognised is then read.
    """
    for _ in range(5):
        for task in runner().all():
            runner().wait(task.key, timeout_s=60)
        app.run()
        assert not app.exception, app.exception
        if not any(task.running for task in runner().all()):
            break
    return app


def opened(root: Path) -> AppTest:
    library.open_folder(root)
    return page()


def words(app: AppTest) -> str:
    """All that is written on the page, without the marks that keep Markdown from styling it."""
    kinds = (app.title, app.markdown, app.caption, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def table(app: AppTest) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if one.key == "dataset_grid")


def files(app: AppTest) -> list[str]:
    return list(table(app)["clip"])


def choose(app: AppTest, column: str, *values: str) -> AppTest:
    """Set the filter of one column."""
    (pills,) = [one for one in app.pills if str(one.key).endswith(f":{column}")]
    pills.set_value(list(values)).run()
    assert not app.exception, app.exception
    return app


def reload(app: AppTest) -> AppTest:
    """Open the menu of corpora and look for changes."""
    app.session_state["dataset_menu"] = True
    app.run()
    app.button("dataset_reload").click().run()
    return again(app)


def query_of(app: AppTest) -> dict[str, list[str]]:
    found = app.query_params
    return {name: [some] if isinstance(some, str) else list(some) for name, some in found.items()}


def set_query(app: AppTest, query: dict[str, list[str]]) -> None:
    app.query_params.clear()
    app.query_params.update(query)
