"""Goes on with a sweep in a process of its own, which tests kill: ``driver.py FOLDER ENGINE``; tells what is done."""

import sys


def main(folder: str, name: str) -> None:
    from scenarios.sweeps import executors
    from scenarios.sweeps.engine import run_store
    from scenarios.sweeps.store import open_to_go_on

    engines = {
        "alone": lambda: None,
        "processes": lambda: executors.processes(2),
        "dask": lambda: executors.dask(None, 2),
        "mpi": executors.mpi,
    }
    engine = engines[name]()
    store = open_to_go_on(folder)
    run_store(store, engine, lambda progress: sys.stdout.write(f"done {progress.done}\n") and sys.stdout.flush())


if __name__ == "__main__":
    main(*sys.argv[1:])
