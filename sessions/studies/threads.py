"""How many threads a cell computes on: its bits depend on it, so that it belongs to the study."""


def thread_settings(threads: int) -> dict[str, str]:
    """The environment in which XLA and what is below it compute on so many threads, however many cores there are."""
    names = ("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return dict.fromkeys(names, str(threads))
