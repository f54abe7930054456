"""What can be done about a job that failed, by the reason that it gave."""

_ADVICE = (
    (
        ("memory ran out", "out of memory"),
        "Resume takes it up after its last epoch, and may end the same way. To need less memory, "
        "clone it with a smaller batch size, or close what else runs on the machine.",
    ),
    (
        ("disk is full", "no space left"),
        "Make room where SER_HOME is kept (the Dataset page shows what kept features take), then "
        "Resume: it goes on after its last epoch.",
    ),
    (
        ("no longer a number",),
        "Training has run away. Clone it with a smaller learning rate, or with a longer rise to it "
        "(warmup_epochs of the schedule cosine).",
    ),
    (
        ("cannot be read", "no such file", "is not a folder", "does not exist", "no longer there"),
        "Something that it reads was moved or removed. Put it back and Resume, or open the corpus "
        "where it is now on the Dataset page and start a new job.",
    ),
    (
        ("there is a model",),
        "Another model got the name while this job waited. Clone it under another name, or remove "
        "that model and Resume.",
    ),
    (
        ("crashed", "without a word", "ended with status"),
        "The end of the log below may say more. Resume takes it up after its last epoch.",
    ),
    (
        ("no worker can be started",),
        "Look whether the machine has memory and processes left, then Resume.",
    ),
    (
        ("unexpected:",),
        "This was not foreseen: the log below has the traceback. Resume tries again after its last "
        "epoch.",
    ),
)


def advice(reason: str, can_resume: bool = True) -> str:
    """What to do about it, in one or two sentences; the log where the reason is not known.

    >>> advice("the disk is full: /data/fold-1").split(",")[0]
    'Make room where SER_HOME is kept (the Dataset page shows what kept features take)'
    >>> advice("faults: needs copies", can_resume=False)
    'Clone it and change what the reason names.'
    """
    for words, what in _ADVICE:
        if any(word in reason.lower() for word in words):
            return what
    if can_resume:
        return "Clone it and change what the reason names, or Resume to try again as it is."
    return "Clone it and change what the reason names."
