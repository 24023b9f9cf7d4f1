"""frozen.py WORK NAME REPORT RESULT [JOURNAL]: one contender's run as a line of the table, by the simulator's own report.
frozen.py WORK medians: the medians of all rounds, and qgad's ratios to the baselines."""

import json
import sqlite3
import statistics
import sys
from datetime import datetime

COLUMNS = ("frozen", "p50 ms", "p99 ms", "max ms", "seconds", "cpu s", "commits")


def frozen(report):
    since, times = {}, []
    for line in open(report, encoding="utf-8"):
        fact = json.loads(line.lstrip("\0"))
        at = datetime.fromisoformat(fact["at"])
        if fact["fact"] == "freeze":
            since[fact["vm"]] = at
        elif fact["fact"] == "thaw" and fact["vm"] in since:
            times.append((at - since.pop(fact["vm"])).total_seconds() * 1000)
    return sorted(times)


def commits(journal):
    """Writes of the newest run: events that were persisted together share one transaction, and so one timestamp."""
    with sqlite3.connect(journal) as db:
        run = db.execute(
            "select persistence_id from journal where manifest = 'run.started.v1' order by ordering desc").fetchone()[0]
        return db.execute("select count(distinct created) from journal where persistence_id = ?", (run,)).fetchone()[0]


def measure(work, name, report, result, journal=None):
    times, told = frozen(report), json.load(open(result, encoding="utf-8"))
    if not times:
        sys.exit(f"{name} froze nothing")
    show(name, [len(times), times[len(times) // 2], times[int(len(times) * 0.99)], times[-1], told["seconds"], told["cpu"],
                commits(journal) if journal else 0])


def show(name, values):
    print(f"{name:12}" + "".join(f"{value:10.2f}" for value in values), flush=True)


def medians(work):
    rows = {}
    for line in open(f"{work}/rounds", encoding="utf-8"):
        name, *values = line.split()
        rows.setdefault(name, []).append([float(value) for value in values])
    print("\nmedians     " + "".join(f"{column:>10}" for column in COLUMNS))
    middle = {name: [statistics.median(column) for column in zip(*found)] for name, found in rows.items()}
    for name, values in middle.items():
        show(name, values)
    for name in ("qgad-first", "qgad-again"):
        print(f"{name}: p99 {middle[name][2] / middle['loop'][2]:.2f} times, "
              f"and {middle[name][2] - middle['loop'][2]:.1f} ms above, the loop's; "
              f"run {middle[name][4] / middle['script'][4]:.2f} times the script's")


if sys.argv[2] == "medians":
    medians(sys.argv[1])
else:
    measure(sys.argv[1], *sys.argv[2:])
