"""The quality report finds what is wrong with clips, names them, and finds nothing in good ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core.corpora import CORPORA, measures, quality
from ser_core.errors import TaskCancelled
from tests.conftest import SAMPLING_RATE, speech_like

EMOTIONS = ("01", "03", "04", "05")  # neutral, happy, sad, angry


def name(emotion: str, actor: int, repetition: int = 1, channel: str = "01") -> str:
    return f"03-{channel}-{emotion}-01-01-{repetition:02}-{actor:02}.wav"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three speakers, four emotions, twice each, 0.9 to 1.3 s, nothing wrong with any of them."""
    rng = np.random.default_rng(0)
    for actor in (1, 2, 3):
        for emotion in EMOTIONS:
            for repetition in (1, 2):
                clip = speech_like(rng.uniform(0.9, 1.3), seed=int(rng.integers(2**31)))
                write(tmp_path / name(emotion, actor, repetition), clip)
    return tmp_path


def write(path: Path, samples: np.ndarray, rate: int = SAMPLING_RATE) -> None:
    soundfile.write(path, samples, rate, subtype="PCM_16")


def report(root: Path) -> quality.Report:
    return quality.check(CORPORA.get("ravdess")().index(root))


def clips_of(root: Path, kind: str) -> list[str]:
    return report(root).of(kind)["clip"].tolist()


def test_a_sound_corpus_has_no_finding(corpus: Path) -> None:
    assert report(corpus).counts() == {}
    assert report(corpus).clips == 24


def loud(seconds: float = 1.1) -> np.ndarray:
    return speech_like(seconds, seed=77)


@pytest.mark.parametrize(
    ("kind", "samples", "rate"),
    [
        ("clipped", np.clip(loud() * 4, -1, 1), SAMPLING_RATE),
        ("quiet", loud() * 0.005, SAMPLING_RATE),
        ("silent", np.zeros(16_000, np.float32), SAMPLING_RATE),
        ("offset", loud() * 0.5 + 0.1, SAMPLING_RATE),
        ("short", loud(0.32), SAMPLING_RATE),
        ("too_short", loud(0.1), SAMPLING_RATE),
        ("long", loud(5.0), SAMPLING_RATE),
        ("stereo", np.stack([loud(), -loud()], axis=1), SAMPLING_RATE),
        ("sampling_rate", loud(), 22_050),
        ("empty", np.zeros(0, np.float32), SAMPLING_RATE),
    ],
)
def test_each_fault_is_found_and_nothing_else(
    corpus: Path, kind: str, samples: np.ndarray, rate: int
) -> None:
    write(corpus / name("03", 2), samples, rate)
    found = report(corpus)
    assert found.of(kind)["clip"].tolist() == [name("03", 2)]
    assert set(found.counts()) == {kind}


def test_a_damaged_file_and_one_of_no_bytes(corpus: Path) -> None:
    (corpus / name("03", 2)).write_bytes(b"no sound" * 50)
    (corpus / name("04", 2)).write_bytes(b"")
    found = report(corpus)
    assert found.of("unreadable")["clip"].tolist() == [name("03", 2)]
    assert found.of("empty")["clip"].tolist() == [name("04", 2)]
    assert "not readable" in found.of("unreadable")["words"].iloc[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e20])
def test_samples_that_are_no_sound_are_damage(corpus: Path, value: float) -> None:
    samples = loud().astype(np.float32)
    samples[100:200] = value
    soundfile.write(corpus / name("03", 2), samples, SAMPLING_RATE, "FLOAT")
    found = report(corpus)
    assert found.of("damaged")["clip"].tolist() == [name("03", 2)]
    assert set(found.counts()) == {"damaged"}


def test_what_no_model_can_hear_is_marked_as_a_problem(corpus: Path) -> None:
    write(corpus / name("03", 1), np.zeros(16_000, np.float32))
    samples = loud().astype(np.float32)
    samples[0] = np.nan
    soundfile.write(corpus / name("03", 2), samples, SAMPLING_RATE, "FLOAT")
    write(corpus / name("03", 3), np.full(16_000, 0.3, np.float32))  # an offset is no sound
    table = quality.with_problems(CORPORA.get("ravdess")().index(corpus)).set_index("clip")
    problems = table["problems"][table["problems"] != ""]
    assert problems.map(lambda words: words.split(":")[0]).to_dict() == {
        name("03", 1): "silent",
        name("03", 2): "damaged",
        name("03", 3): "silent",
    }


def test_corpora_are_compared_with_themselves(corpus: Path, tmp_path: Path) -> None:
    table = CORPORA.get("ravdess")().index(corpus)
    other = table.assign(
        corpus="other", clip="other/" + table["clip"], speaker="o" + table["speaker"]
    )
    other["sampling_rate"] = 8000
    other = other[other["emotion"] != "angry"]
    found = quality.check(pd.concat([table, other], ignore_index=True)).counts()
    assert set(found) == {"duplicate"}


def test_the_same_sound_is_found_in_any_format(corpus: Path) -> None:
    samples, rate = soundfile.read(corpus / name("03", 2), dtype="int16")
    copy = corpus / name("04", 3).replace(".wav", ".flac")
    (corpus / name("04", 3)).unlink()
    soundfile.write(copy, samples, rate)
    found = report(corpus).of("duplicate")
    assert found["clip"].tolist() == [name("03", 2), copy.name]
    assert found["words"].tolist() == [
        f"the same sound as {copy.name}",
        f"the same sound as {name('03', 2)}",
    ]


def test_a_clip_that_is_listed_twice_is_no_longer_trained_on_and_said_so(corpus: Path) -> None:
    (corpus / "again").mkdir()
    write(corpus / "again" / name("03", 2), loud())
    assert clips_of(corpus, "repeated") in ([name("03", 2)], [f"again/{name('03', 2)}"])


def test_what_speakers_and_emotions_lack(corpus: Path) -> None:
    for repetition in (1, 2):
        (corpus / name("05", 3, repetition)).unlink()
    (corpus / name("05", 2, 1)).unlink()
    for actor in (1, 2):
        (corpus / name("05", actor, 2)).unlink()
    found = report(corpus)
    assert found.of("missing_class")["words"].tolist() == [
        "speakers 02, 03 have no speech clip of angry",
    ]
    assert found.of("few")["words"].tolist() == ["angry has 1, neutral 6 clips"]


def test_clips_cut_to_one_length_are_noticed(corpus: Path) -> None:
    for number, path in enumerate(sorted(corpus.glob("*.wav"))):
        write(path, speech_like(1.0, seed=number))
    (found,) = report(corpus).of("cut")["words"]
    assert found == "24 of 24 speech clips last exactly 1.000 s"


def test_song_without_all_emotions_of_speech_lacks_nothing(corpus: Path) -> None:
    for actor in (1, 2, 3):
        for number, emotion in enumerate(EMOTIONS[1:]):
            clip = speech_like(1 + 0.05 * number + 0.01 * actor, seed=100 * actor + number)
            write(corpus / name(emotion, actor, channel="02"), clip)
    assert report(corpus).counts() == {}


def test_a_second_report_opens_no_clip(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = CORPORA.get("ravdess")().index(corpus)
    write(corpus / name("03", 2), loud() * 0.005)
    first = quality.check(table)

    def never(path: Path) -> measures.Measures:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(measures, "measure", never)
    pd.testing.assert_frame_equal(quality.check(table).findings, first.findings)


def test_it_can_be_stopped_and_goes_on_where_it_was(corpus: Path) -> None:
    table = CORPORA.get("ravdess")().index(corpus)

    def stop(done: int, total: int, words: str = "") -> None:
        if words.startswith("computing"):
            raise TaskCancelled("stopped")

    with pytest.raises(TaskCancelled):
        quality.check(table, stop)
    assert quality.check(table).counts() == {}


def test_csv_has_titles_and_every_finding(corpus: Path) -> None:
    write(corpus / name("03", 2), loud() * 0.005)
    write(corpus / name("04", 2), np.stack([loud(), loud()], axis=1))
    lines = report(corpus).to_csv().splitlines()
    assert lines[0] == "kind,clip,words,value,group"
    assert [line.split(",")[0] for line in lines[1:]] == ["Quiet", "Several channels"]


def test_every_kind_is_explained() -> None:
    for kind in quality.KINDS.values():
        assert kind.title
        assert kind.meaning.endswith(".")


def test_known_flaws_of_ravdess_are_found(ravdess: Path) -> None:
    table = CORPORA.get("ravdess")().index(ravdess)
    actor = table[table["speaker"].eq("07") & table["channel"].eq("speech")]
    if len(actor) < 60:
        pytest.skip("needs the speech of actor 07")
    twins = quality.check(actor).of("duplicate")["clip"].map(lambda clip: Path(clip).stem)
    assert twins.tolist() == ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]


def test_many_equal_clips_are_named_in_few_words(tmp_path: Path) -> None:
    """Words that named all others would grow with the square of the clips."""
    samples = speech_like(0.3)
    names = [f"03-01-05-01-02-01-{number:02d}.wav" for number in range(1, 13)]
    for name in names:
        soundfile.write(tmp_path / name, samples, SAMPLING_RATE)
    found = report(tmp_path)
    twins = found.of("duplicate").set_index("clip")
    assert twins.loc[names[0], "words"] == (f"the same sound as {', '.join(names[1:4])} and 8 more")
    assert twins["group"].tolist() == [1] * 12
    assert found.partners(names[5]) == [name for name in names if name != names[5]]


def test_a_clip_without_a_label_is_said_to_have_none(corpus: Path) -> None:
    table = CORPORA.get("ravdess")().index(corpus)
    table.loc[0, ["label", "emotion"]] = ""
    assert quality.check(table).of("no_label")["words"].tolist() == ["no label"]
