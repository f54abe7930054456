"""Where corpora come from: a download, a folder of one's own, several at once, other labels."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import dataset_labels
from ser_core.corpora import download, library
from ser_core.corpora.download import Download
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like
from tests.corpora import made
from tests.corpora.serving import Server, entry_of, serving
from tests.pages.dataset.page import again, opened, page, words

CLIPS = [f"Actor_0{actor}/03-01-0{emotion}-01-01-01-0{actor}.wav"
         for actor in (1, 2) for emotion in (3, 5)]  # fmt: skip


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(monkeypatch) as running:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number, name in enumerate(CLIPS):
                clip = io.BytesIO()
                soundfile.write(clip, speech_like(0.5, seed=number), SAMPLING_RATE, format="WAV")
                archive.writestr(name, clip.getvalue())
        running.payload = packed.getvalue()
        yield running


@pytest.fixture
def entry(server: Server, monkeypatch: pytest.MonkeyPatch) -> Download:
    """RAVDESS speech, four clips of it, from the local server."""
    sizes = {"clips": len(CLIPS), "unpacked_bytes": len(server.payload)}
    local = entry_of(server, **sizes)
    monkeypatch.setitem(download.DOWNLOADS, local.name, local)
    return local


class TestDownload:
    def test_terms_before_the_click_then_the_corpus_is_open(self, entry: Download) -> None:
        app = page()
        shown = words(app)
        assert "CC BY-NC-SA 4.0; not for commercial use" in shown
        assert "Livingstone SR" in shown
        assert "https://zenodo.org/records/1188976" in shown
        assert "sail.usc.edu/iemocap" in shown
        app.button("download_start").click().run()
        again(app)
        assert "4 clips" in words(app)
        assert library.entries()[0].root == entry.root

    def test_stopped_then_resumed(self, entry: Download, server: Server) -> None:
        server.pace_s = 0.3
        app = page()
        app.button("download_start").click().run()
        while not entry.arrived_bytes:
            assert runner().snapshot("download ravdess-speech").running
        app.run()
        app.button("stop:download ravdess-speech").click().run()
        again(app)
        assert "Downloading RAVDESS speech was stopped" in words(app)
        assert app.button("download_resume").label.endswith("are here")
        server.pace_s = 0
        app.button("download_resume").click().run()
        again(app)
        assert "4 clips" in words(app)
        assert server.asked[-1].startswith("bytes=")

    def test_what_went_wrong_is_said(self, entry: Download, server: Server) -> None:
        server.answers = [404] * 9
        app = page()
        app.button("download_start").click().run()
        again(app)
        assert "Downloading RAVDESS speech did not finish" in app.error[0].value
        assert app.button("download_resume").label == "Download again"


def ask(app: AppTest, which: object) -> AppTest:
    app.session_state["dataset_dialog"] = which
    app.run()
    assert not app.exception, app.exception
    return app


class TestOwnFolder:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Three clips, a table with two columns of labels, one row without its clip."""
        made.write_clips(tmp_path, ("one.wav", "two.wav", "three.wav"))
        rows = [["file", "acted", "heard", "who"], ["one.wav", "anger", "joy", "a"],
                ["two.wav", "joy", "zest", "b"], ["gone.wav", "joy", "joy", "a"]]  # fmt: skip
        made.write_table(tmp_path / "labels.csv", rows)
        return tmp_path

    def test_columns_are_chosen_and_what_matches_is_shown(self, root: Path) -> None:
        app = page()
        app.text_input("dataset_path").set_value(str(root))
        app.selectbox("dataset_kind").set_value("labelled_folder")
        next(one for one in app.button if one.label == "Open folder").click().run()
        assert "labels.csv: 2 of 3 clips have a label" in words(app)
        assert "1 clip without a label: three.wav" in words(app)
        assert "1 row without a clip: gone.wav" in words(app)
        box = {str(one.label): one for one in app.selectbox}
        assert (box["Files"].value, box["Labels"].value) == ("file", "acted")
        box["Labels"].set_value("heard").run()
        {str(one.label): one for one in app.selectbox}["Speakers"].set_value("who").run()
        labels = next(one.value for one in app.dataframe if "emotion" in one.value)
        assert labels["emotion"].tolist() == ["Happy", "Zest (a label of its own)"]
        app.button("own_open").click().run()
        again(again(app))  # the folder is looked through, then its clips are opened
        assert "2 speakers" in words(app)
        (entry,) = library.entries()
        assert entry.settings["label_column"] == "heard"

        ask(app, ("own", root, entry.settings))
        assert {str(one.label): one.value for one in app.selectbox}["Labels"] == "heard"
        assert "labels.csv: 2 of 3 clips have a label" in words(app)

    def test_an_unlabelled_folder_is_named(self, tmp_path: Path) -> None:
        app = page()
        ask(app, ("own", tmp_path, {}))
        assert "no sound" in words(app)


class TestCombined:
    def test_two_corpora_become_one(self, tmp_path: Path) -> None:
        library.open_folder(made.cafe(tmp_path / "a"))
        app = opened(made.emodb(tmp_path / "b"))
        ask(app, "combine")
        app.multiselect("dataset_parts").set_value([one.id for one in library.entries()]).run()
        app.button("dataset_combine").click().run()
        again(app)
        assert "EMO-DB + CaFE" in {one.title for one in library.entries()}
        emotions = library.table(library.entries()[0])["corpus"].unique()
        assert set(emotions) == {"emodb", "cafe"}


class TestLabels:
    def test_a_preset_and_a_pair_count_and_are_kept(self, tmp_path: Path) -> None:
        app = opened(made.iemocap(tmp_path))
        assert any("left out by their label · as published" in one.label for one in app.expander)
        (entry,) = library.entries()
        app.session_state[dataset_labels.PANEL] = True
        app.run()
        app.selectbox(f"labels_choice:{entry.id}:0").set_value("iemocap-4").run()
        assert app.code[0].value == "--labels iemocap-4"
        assert "left out" in words(app)
        app.button("labels_save").click().run()
        assert not app.exception, app.exception
        (entry,) = library.entries()
        assert entry.label_choice == "iemocap-4"
        assert any(one.label.endswith("changed") for one in app.expander)
        (pills,) = [one for one in app.pills if str(one.key).endswith(":emotion")]
        assert "Excited" not in pills.options

    def test_pairs_say_exactly_what_is_wanted(self, tmp_path: Path) -> None:
        """EMO-DB's "happiness" stands for happy: a pair for CREMA-D's "happy" concerns it too."""
        rows = {"label": ["happy", "happiness", "sad"], "emotion": ["happy", "happy", "sad"]}
        found = dataset_labels.pd.DataFrame({**rows, "clips": [1, 2, 3]})
        wanted = {"happy": "excited", "happiness": "happy", "sad": ""}
        pairs = dataset_labels.fewest_pairs("", wanted, found)
        assert dataset_labels.targets("", pairs, found) == wanted
        assert dataset_labels.command_words("basic-7", {"a b": ""}) == (
            "--labels basic-7 --map 'a b='"
        )
