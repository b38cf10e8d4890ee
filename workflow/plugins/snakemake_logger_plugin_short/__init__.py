"""What Snakemake says while it works, in a line a job: ``3 of 20 done: notebook facs``.  Chosen by ``--logger short``.

Snakemake finds it by its name, which begins as the names of its logger plugins have to, if its folder is on
``PYTHONPATH``. A job that fails has said why before; what is added is its name and the command that does it alone. All
that Snakemake itself would say stands in ``.snakemake/log/``.
"""

from __future__ import annotations

import logging
import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

#: Beginnings of errors that say no more than that a job failed, which is said already.
SAID = ("RuleException:\nCalledProcessError", "WorkflowError:\nAt least one job did not complete")


class LogHandler(LogHandlerBase):
    """Prints jobs as they begin, end and fail, and errors of Snakemake's own."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        logging.Handler.__init__(self)
        self.names: dict[int, str] = {}  # number of a job -> its message
        self.finished: list[str] = []  # names of jobs that ended since the last count
        self.failed: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a reader wants of a message, if anything."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self.names[record.jobid] = record.rule_msg or record.rule_name
            self._say(f"{self.names[record.jobid]} …")
        elif event == LogEvent.JOB_FINISHED:
            self.finished.append(self.names.get(record.job_id, ""))
        elif event == LogEvent.PROGRESS:
            self._say(f"{record.done} of {record.total} done: {', '.join(self.finished)}")
            self.finished.clear()
        elif event == LogEvent.JOB_ERROR:
            if record.jobid not in self.failed:  # Snakemake says it again at the end
                self._say(f"failed: {self.names.get(record.jobid, record.rule_name)}; alone: {record.shellcmd}")
            self.failed.add(record.jobid)
        elif record.getMessage().startswith("Exiting because a job execution failed"):
            self._say(f"stopped, since this failed: {', '.join(self.names[number] for number in sorted(self.failed))}")
        elif record.levelno >= logging.ERROR and not record.getMessage().startswith(SAID):
            self._say(record.getMessage())

    def _say(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)
