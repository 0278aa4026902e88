"""``python -m tests.crash STEP before|after DAY``: erase what is due on DAY and die by SIGKILL at a step of it.

``before`` is between the commit of the step before and this one; ``after`` is when it has done all and not committed.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date

import django

django.setup()

from retention import erasure  # noqa: E402
from retention.models import Step  # noqa: E402
from tests.lives import moment  # noqa: E402

step, when, on = Step(int(sys.argv[1])), sys.argv[2], date.fromisoformat(sys.argv[3])
work = erasure.STEPS[step]


def die(*arguments):
    if when == "after":
        work(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)


erasure.STEPS[step] = die
erasure.erase_due(on=on, at=moment(on))
