"""Tiny corpora in the true layout and naming of the published ones."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def write_clip(path: Path, duration_s: float = 0.4, rate: int = RATE, channels: int = 1) -> Path:
    """A file of quiet noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (round(duration_s * rate), channels))
    soundfile.write(path, samples, rate)
    return path


def write_clips(root: Path, names: Iterable[str], **settings: int) -> Path:
    for name in names:
        write_clip(root / name, **settings)
    return root


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_table(path: Path, rows: list[list[object]], delimiter: str = ",") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines, delimiter=delimiter).writerows(rows)
    return path


def ravdess(root: Path) -> Path:
    return write_clips(
        root,
        (
            "Audio_Speech_Actors_01-24/Actor_12/03-01-05-02-01-02-12.wav",
            "Audio_Song_Actors_01-24/Actor_01/03-02-02-01-02-01-01.wav",
        ),
    )


def emodb(root: Path) -> Path:
    names = ("03a01Fa", "03a01Nc", "03a01Wa", "08b10La", "09a02Ea", "16b09Ac", "16a05Tb")
    return write_clips(root, (f"wav/{name}.wav" for name in names))


def crema_d(root: Path) -> Path:
    names = (
        "1001_DFA_ANG_XX", "1001_IEO_FEA_HI", "1002_IEO_SAD_LO", "1002_IEO_DIS_MD",
        "1003_TSI_HAP_XX", "1091_WSI_NEU_XX", "1040_ITH_SAD_X",
    )  # fmt: skip
    return write_clips(root, (f"AudioWAV/{name}.wav" for name in names))


def tess(root: Path) -> Path:
    """The much used copy: two spellings of folders, one misnamed file, all a second time."""
    names = (
        "OAF_angry/OAF_back_angry.wav",
        "OAF_disgust/OAF_back_disgust.wav",
        "OAF_Fear/OAF_back_fear.wav",
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        "OAF_Sad/OAF_back_sad.wav",
        "OAF_neutral/OA_bite_neutral.wav",
        "YAF_happy/YAF_dog_happy.wav",
        "YAF_pleasant_surprised/YAF_dog_ps.wav",
    )
    top = "TESS Toronto emotional speech set data"
    write_clips(root, (f"{top}/{name}" for name in names), rate=24_414)
    return write_clips(root, (f"{top}/{top}/{name}" for name in names), rate=24_414)


def savee(root: Path) -> Path:
    codes = ("a01", "d02", "f03", "h04", "n30", "sa05", "su15")
    names = [f"AudioData/{speaker}/{code}.wav" for speaker in ("DC", "KL") for code in codes]
    write_text(root / "AudioData" / "Info.txt", "Speakers\n")
    return write_clips(root, names, rate=44_100)


def savee_flat(root: Path) -> Path:
    return write_clips(root, ("ALL/DC_a01.wav", "ALL/JE_sa03.wav", "ALL/JK_n10.wav"), rate=44_100)


def emovo(root: Path) -> Path:
    names = (
        "dis-f1-b1", "gio-f1-b2", "neu-f2-l1", "pau-m1-l4", "rab-m2-n5", "sor-m3-d1", "tri-m3-d2",
    )  # fmt: skip
    files = (f"{name.split('-')[1]}/{name}.wav" for name in names)
    write_text(root / "documents" / "readme.txt", "EMOVO\n")
    return write_clips(root, files, rate=48_000, channels=2)


def cafe(root: Path) -> Path:
    return write_clips(
        root,
        (
            "Colère/Faible/01-C-1-1.wav",
            "Colère/Fort/02-C-2-1.wav",
            "Dégoût/Fort/07-D-2-6.wav",
            "Joie/Faible/03-J-1-3.wav",
            "Neutre/06-N-4.wav",
            "Peur/Fort/12-P-2-2.wav",
            "Surprise/Faible/08-S-1-5.wav",
            "Tristesse/Faible/09-T-1-1.wav",
        ),
        rate=48_000,
    )


_TURNS = (  # turn, label, valence, activation, dominance, votes of the raters, of the actor, words
    ("Ses01F_impro01_F000", "neu", 2.5, 2.5, 2.5, ("Neutral", "Neutral", "Neutral"), "Excuse me."),
    ("Ses01F_impro01_M001", "fru", 2.0, 3.5, 3.5, ("Frustration", "Frustration; Anger", "Anger"),
     "Yeah."),
    ("Ses01F_impro01_F002", "xxx", 2.0, 2.0, 2.5, ("Sadness", "Anger", "Neutral state"), "No."),
    ("Ses01M_script01_1_F003", "exc", 4.5, 4.0, 3.0, ("Excited", "Excited", "Happiness"), "Oh."),
    ("Ses01M_script01_1_M004", "oth", 3.0, 3.0, 3.0, ("Other", "Other", "Neutral"), "Well."),
    ("Ses03M_impro05a_F010", "hap", 4.0, 3.5, 3.0, ("Happiness", "Happiness", "Excited"), "Yes."),
    ("Ses03M_impro05a_M011", "sad", 1.5, 2.0, 2.0, ("Sadness", "Sadness", "Sadness"), "I see."),
    ("Ses05M_script01_1b_F012", "ang", 1.5, 4.5, 4.0, ("Anger", "Anger", "Frustration"), "Stop."),
)  # fmt: skip


def iemocap(root: Path) -> Path:
    """Eight turns of three sessions, with their evaluations, transcriptions and what lies about."""
    dialogs: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    for place, (turn, label, *ratings, votes, words) in enumerate(_TURNS):
        dialog, session = turn.rpartition("_")[0], f"Session{int(turn[3:5])}"
        write_clip(root / session / "sentences" / "wav" / dialog / f"{turn}.wav")
        valence, activation, dominance = (f"{value:.4f}" for value in ratings)
        times = f"{place:.4f} - {place + 1:.4f}"
        lines = [f"[{times}]\t{turn}\t{label}\t[{valence}, {activation}, {dominance}]"]
        lines += [f"C-E{number}:\t{vote};\t()" for number, vote in enumerate(votes, start=2)]
        lines += ["C-F1:\tSurprise;\t(curious)", "A-E3:\tval 3; act 2; dom  2;\t()", ""]
        dialogs.setdefault(f"{session}/dialog/EmoEvaluation/{dialog}.txt", []).extend(lines)
        said.setdefault(f"{session}/dialog/transcriptions/{dialog}.txt", []).append(
            f"{turn} [{place:08.4f}-{place + 1:08.4f}]: {words}"
        )
    head = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for name, lines in dialogs.items():
        write_text(root / name, "\n".join([*head, *lines]))
    for name, lines in said.items():
        write_text(root / name, "\n".join([*lines, "F: hm."]))
    write_clip(root / "Session1" / "dialog" / "wav" / "Ses01F_impro01.wav")
    rater = root / "Session1" / "dialog" / "EmoEvaluation" / "Categorical"
    write_text(rater / "Ses01F_impro01_e2_cat.txt", "Ses01F_impro01_F000 :Anger; ()\n")
    write_text(root / "Session1" / "dialog" / "EmoEvaluation" / "._Ses01F_impro01.txt", "\0\1")
    return root


MAKERS = {
    "ravdess": ravdess,
    "emodb": emodb,
    "crema_d": crema_d,
    "tess": tess,
    "savee": savee,
    "emovo": emovo,
    "cafe": cafe,
    "iemocap": iemocap,
}
