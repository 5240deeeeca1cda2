"""One approval step in DBOS: a workflow that waits for a message and then runs one step.

Usage: dbos_steps.py DATABASE_URL STEPS OUTSTANDING...; prints one JSON object. A step is timed from the
start of its workflow to its step running; the message is sent as soon as the workflow says that it waits.
"""

import itertools
import json
import sys
import threading
import time

import sqlalchemy
from dbos import DBOS, SetWorkflowID

url, steps, outstanding = sys.argv[1], int(sys.argv[2]), [int(n) for n in sys.argv[3:]]
engine = sqlalchemy.create_engine(url)


def durable():
    """How the database says that it keeps what was committed."""
    with engine.connect() as conn:
        if url.startswith("sqlite"):
            return {"synchronous": conn.execute(sqlalchemy.text("PRAGMA synchronous")).scalar()}
        ask = lambda name: conn.execute(sqlalchemy.text(f"SHOW {name}")).scalar()
        return {"fsync": ask("fsync"), "synchronous_commit": ask("synchronous_commit")}


DBOS(
    config={
        "name": "bench",
        "system_database_url": url,
        "log_level": "ERROR",
        "sys_db_pool_size": 80,
        # The least that DBOS takes: SQLite has no LISTEN, so a message is looked for.
        "notification_listener_polling_interval_sec": 0.001,
    }
)
waiting, granted, at = {}, {}, {}


@DBOS.step()
def grant(case):
    at[case] = time.perf_counter()
    granted[case].set()


@DBOS.workflow()
def work(case):
    waiting[case].set()
    if DBOS.recv("decision", timeout_seconds=600) != "approve":
        raise RuntimeError("nobody decided")
    grant(case)


DBOS.launch()


def step(case):
    waiting[case], granted[case] = threading.Event(), threading.Event()
    begun = time.perf_counter()
    with SetWorkflowID(case):
        DBOS.start_workflow(work, case)
    waiting[case].wait()
    asked = time.perf_counter()
    DBOS.send(case, "approve", "decision")
    granted[case].wait()
    return at[case] - begun, at[case] - asked


middle = lambda values: sorted(values)[len(values) // 2]


def measure(name, steps, width):
    took, numbers = [], itertools.count()

    def loop():
        while (n := next(numbers)) < steps:
            took.append(step(f"{name}-{n}"))

    begun = time.perf_counter()
    threads = [threading.Thread(target=loop) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if len(took) != steps:
        sys.exit(f"{len(took)} of {steps} steps came to their end")
    return {
        "steps": steps,
        "per_s": steps / seconds,
        "request_to_granted_p50_ms": middle([t[0] for t in took]) * 1e3,
        "decision_to_granted_p50_ms": middle([t[1] for t in took]) * 1e3,
    }


measure("warm", 10, 1)
figures = {"durable": durable()}
for width in outstanding:
    figures[f"outstanding_{width}"] = measure(f"w{width}", max(steps, width), width)
DBOS.destroy()
print(json.dumps(figures))
