"""The program of one worker process: `python -m consentry.pipeline.worker_process --owner NAME [--drain]`."""

from __future__ import annotations

import argparse
import logging
import sys

from consentry.pipeline.worker import run_worker
from consentry.program import Program
from consentry.settings import read_settings


def main() -> int:
    """Runs a worker; returns 0 when it was drained or told to end, 4 when its slot went to another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owner", required=True)
    parser.add_argument("--drain", action="store_true")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    return run_worker(Program.open(read_settings()), arguments.drain, arguments.owner)


if __name__ == "__main__":
    sys.exit(main())
