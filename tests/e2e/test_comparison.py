"""The Comparison page in a browser: a cell of a confusion leads to its clips, which play."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from playwright.sync_api import Page, expect

from ser_core import figures
from ser_core.corpora import library, synthetic
from ser_core.emotions import order
from ser_core.tracking import open_store
from tests.e2e.conftest import PHONE, App, Visitor

PLAYER = "document.querySelector('.st-key-comparison-clip-player audio')"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the synthetic corpus: three speakers, four emotions, twice."""
    root = tmp_path_factory.mktemp("few")
    for take in synthetic.takes():
        if take.actor <= 3 and take.emotion <= 4 and take.repetition == 1:
            (root / take.path).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(root / take.path, synthetic.perform(take), synthetic.SAMPLING_RATE)
    return root


@pytest.fixture(scope="module")
def runs(app: App, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Ids of two runs on its clips: one takes every happy clip for sad, one is right."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_HOME", str(app.home))
        table = library.table(library.CorpusEntry(library.DEMO, "few", corpus))
        store = open_store()
        ids = []
        for name, happy in (("first", "happy"), ("second", "sad")):
            folder = tmp_path_factory.mktemp(name)
            _write(folder, table, happy)
            run = store.start(
                name,
                {"root": str(corpus)},
                {"recipe": name, "protocol": "loso", "corpus": library.DEMO},
            )
            for file in folder.iterdir():
                store.log_artifact(run, file)
            store.log_metrics(run, {"uar": 0.5})
            store.finish(run)
            ids.append(run)
        yield ids


def _write(folder: Path, table: pd.DataFrame, happy: str) -> None:
    """Answers that are right but for happy clips."""
    labels = order(set(table["emotion"]))
    said = table["emotion"].where(table["emotion"] != "happy", happy)
    shares = np.where(said.to_numpy()[:, None] == np.array(labels), 0.7, 0.1)
    answers = table[["clip", "speaker", "emotion"]].assign(
        fold=pd.factorize(table["speaker"])[0] + 1, predicted=said,
        **dict(zip(labels, shares.T, strict=True)),
    )  # fmt: skip
    answers.to_csv(folder / "predictions.csv", index=False)
    scores = {"confusion": {"labels": labels}, "left_out": {}, "leaks": []}
    (folder / "scores.json").write_text(json.dumps(scores))


def cell(page: Page, matrix: int, row: int, column: int, labels: int = 4) -> None:
    """Click a cell of one of the matrices."""
    points = page.locator(".js-plotly-plot").nth(matrix).locator(".scatterlayer .point")
    expect(points).to_have_count(labels * labels)
    points.nth(row * labels + column).click(force=True)


def test_a_cell_leads_to_clips_that_play_and_the_last_click_wins(
    visit: Visitor, runs: list[str]
) -> None:
    seen = visit()
    page = seen.page
    page.set_default_timeout(60_000)
    seen.open(f"/comparison?runs={','.join(runs)}")
    page.get_by_text("is ahead of second").first.wait_for()
    seen.settle()
    cell(page, 1, 2, 3)  # neutral, calm, happy, sad
    page.get_by_text("Happy heard as sad by second").wait_for()
    page.wait_for_function(f"{PLAYER} && {PLAYER}.readyState > 1")
    page.evaluate(f"{PLAYER}.play()")
    page.wait_for_function(f"{PLAYER}.currentTime > 0.1")
    expect(page.get_by_role("list", name="Probabilities that second")).to_be_visible()
    cell(page, 0, 2, 2)
    page.get_by_text("Happy heard as happy by first").wait_for()
    page.wait_for_url(f"**cell={runs[0]}%2Chappy%2Chappy*")  # the last clicked matrix wins
    page.reload()
    page.get_by_text("Happy heard as happy by first").wait_for()
    page.get_by_role("button", name="Clips that all missed").click()
    page.get_by_text("Missed by both models: 0 clips").wait_for()
    page.get_by_test_id("stButtonGroup").get_by_text("Pairs", exact=True).click()
    page.get_by_text("McNemar's test takes clips for independent").wait_for()
    assert page.url.endswith("view=pairs")
    assert seen.exceptions() == []
    assert seen.errors == []


@pytest.mark.parametrize(("dark", "size"), [(True, PHONE)])
def test_it_fits_a_phone(visit: Visitor, runs: list[str], dark: bool, size: dict[str, int]) -> None:
    seen = visit(dark=dark, size=size)
    seen.page.set_default_timeout(60_000)
    seen.open(f"/comparison?runs={','.join(runs)},nobody&view=scores")
    seen.page.get_by_text("there is no finished run “nobody”").wait_for()
    seen.settle()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not seen.page.evaluate(wide)
    # The theme is switched while the page is open: its charts follow.
    seen.page.emulate_media(color_scheme="light")
    ink = "document.querySelector('.js-plotly-plot')?._fullLayout.font.color"
    seen.page.wait_for_function(f"{ink} === '{figures.template(dark=False).layout.font.color}'")
    assert seen.exceptions() == []
