"""The Augmentation page as a test opens and reads it."""

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.components import (
    augmentation_result,
)
from pages.components.augmentation_draft import Draft
from ser_core.corpora import library

APP = Path(__file__).resolve().parents[3] / "app.py"


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params.update(query)
    app.switch_page("pages/augmentation.py").run()
    assert not app.exception, app.exception
    return app


def opened(root: Path, **query: str) -> AppTest:
    """The page with the corpus, read already."""
    library.table(library.open_folder(root))
    return page(**query)


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.html, app.info, app.warning, app.error, app.success)
    return "\n".join(str(each.value) for kind in kinds for each in kind).replace("\\", "")


def draft(app: AppTest) -> Draft:
    found: Draft = app.session_state["augment_draft"]
    return found


def result(app: AppTest) -> Any:
    return app.session_state["augment_good"]


def choose(app: AppTest, preset: str) -> AppTest:
    app.selectbox(key="augment_preset").set_value(preset).run()
    assert not app.exception, app.exception
    return app


def played(app: AppTest) -> bytes:
    return augmentation_result.sound_file(result(app)).getvalue()
