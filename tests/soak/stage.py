"""Plays window and engine for the kills: a process that has torch forks a pair for each request, on the engine's loop.

Run as a module; reads lines of JSON [spec, trace file] and answers with the two process ids.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection

from core.machine.device import use_threads
from trainers.jobs import start
from workbench.engine import commands
from workbench.engine.commands import Ack, Batch, StartJob
from workbench.engine.jobs import EngineLoop
from workbench.engine.worker import serve


def engine(connection: Connection) -> None:
    loop = EngineLoop(start, lambda report: connection.send_bytes(commands.encode(report)), use_threads)
    serve(connection, loop, lambda: None)


def window(connection: Connection, spec: str, file: str) -> None:
    connection.send_bytes(commands.encode(StartJob(1, spec, record=file)))
    while True:
        report = commands.decode_report(connection.recv_bytes())
        if isinstance(report, Batch):
            connection.send_bytes(commands.encode(Ack(report.job)))


def forked(work, *arguments, closes: Connection) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            closes.close()  # or the end of the other side would go unseen
            work(*arguments)
        finally:
            os._exit(0)
    return pid


def main() -> None:
    for line in sys.stdin:
        spec, file = json.loads(line)
        ours, theirs = multiprocessing.Pipe()
        pids = forked(engine, theirs, closes=ours), forked(window, ours, spec, file, closes=theirs)
        ours.close()
        theirs.close()
        print(json.dumps(pids), flush=True)
        for pid in pids:
            os.waitpid(pid, 0)
        print("over", flush=True)


if __name__ == "__main__":
    main()
