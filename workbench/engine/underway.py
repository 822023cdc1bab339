"""Steps that are computed in threads, and what is heard of them: short ones are waited for, long ones are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from workbench.engine.job import QUICK_SECONDS, Job, Stride


class Underway:
    """The runs that are in the middle of a step, at most one step of each."""

    def __init__(self, n_threads: int) -> None:
        self._threads = ThreadPoolExecutor(n_threads, "run")
        self._strides: dict[Job, Future[Stride]] = {}

    def __contains__(self, job: Job) -> bool:
        return job in self._strides

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._strides))

    def __len__(self) -> int:
        return len(self._strides)

    def begin(self, job: Job, stride: Callable[[Job], Stride]) -> None:
        """Take a step of a run that is in none."""
        self._strides[job] = self._threads.submit(stride, job)

    def look(self) -> list[tuple[Job, Stride]]:
        """The steps that are done, in the order in which they began; those of slow runs are waited for only where there
        are no others, and none for long."""
        others = [stride for job, stride in self._strides.items() if not job.slow]
        wait(others or self._strides.values(), QUICK_SECONDS, ALL_COMPLETED if others else FIRST_COMPLETED)
        return self.done()

    def done(self, seconds: float = 0.0) -> list[tuple[Job, Stride]]:
        """The steps that are done within so many seconds."""
        finished = wait(self._strides.values(), seconds).done
        return [
            (job, self._strides.pop(job).result()) for job, stride in list(self._strides.items()) if stride in finished
        ]

    def close(self) -> None:
        """Begin no more; what is underway is left to itself."""
        self._threads.shutdown(wait=False)
