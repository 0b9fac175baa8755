"""SQLite FTS5 and DuckDB, asked many times in one process, so that nobody pays for starting Python.

Reads one JSON object a line: {"do": "versions" | "fts5" | "duckdb" | "build_fts5" | "build_duckdb", ...}.
Answers each with one: {"s": seconds of the work alone, "rows": [...]}, or {"missing": why}.
"""

import json
import sqlite3
import sys
import time
from itertools import islice

TEXT = ["id", "session", "os_user", "host", "program", "identity", "cwd", "command", "output"]


def rows_of(path):
    """Ten thousand at a time."""
    with open(path, encoding="utf-8", newline="\n") as file:
        while lines := list(islice(file, 10_000)):
            rows = map(json.loads, lines)
            yield [[row["time"]] + [row[key] for key in TEXT] for row in rows]


def build_fts5(ask):
    """Text columns in FTS5, oldest first, so that the newest are the highest row ids; nothing waits for a disk, and what
    it takes to read the rows does not count."""
    clocks = (time.perf_counter, time.process_time)
    spent = [0, 0]

    def timed(work):
        before = [clock() for clock in clocks]
        work()
        for i, clock in enumerate(clocks):
            spent[i] += clock() - before[i]

    db = sqlite3.connect(ask["db"])
    db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;")
    columns = ", ".join(TEXT)
    tokens = "unicode61 remove_diacritics 0"
    db.execute(f'CREATE VIRTUAL TABLE c USING fts5(time UNINDEXED, {columns}, tokenize="{tokens}")')
    db.execute("CREATE TABLE value (os_user, program, host)")
    insert = f"INSERT INTO c(time, {columns}) VALUES ({', '.join('?' * (len(TEXT) + 1))})"
    for rows in rows_of(ask["rows"]):
        timed(lambda: db.executemany(insert, rows))

    def finish():
        db.execute("INSERT INTO value SELECT os_user, program, host FROM c")
        for column in ("os_user", "program", "host"):
            db.execute(f"CREATE INDEX {column}_value ON value({column})")
        db.commit()
        db.close()

    timed(finish)
    return {"s": spent[0], "rows": spent[1]}


class Kept:
    """Connections that stay open."""

    sqlite = {}
    duck = None


def fts5(ask):
    db = Kept.sqlite.setdefault(ask["db"], None) or sqlite3.connect(ask["db"])
    Kept.sqlite[ask["db"]] = db
    start = time.perf_counter()
    rows = db.execute(ask["sql"], ask.get("with", [])).fetchall()
    return {"s": time.perf_counter() - start, "rows": rows if ask.get("keep") else len(rows)}


def duck():
    import duckdb

    if Kept.duck is None:
        Kept.duck = duckdb.connect()
        Kept.duck.execute("SET threads = 2")
    return Kept.duck


def build_duckdb(ask):
    start = time.perf_counter()
    source = f"read_json('{ask['rows']}', format = 'newline_delimited', maximum_object_size = 67108864)"
    duck().execute(f"COPY (FROM {source}) TO '{ask['db']}' (FORMAT parquet, COMPRESSION zstd)")
    return {"s": time.perf_counter() - start}


def duckdb(ask):
    db = duck()
    start = time.perf_counter()
    rows = db.execute(ask["sql"]).fetchall()
    return {"s": time.perf_counter() - start, "rows": rows if ask.get("keep") else len(rows)}


def versions(_):
    found = {"python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version}
    try:
        import duckdb

        found["duckdb"] = duckdb.__version__
    except ImportError:
        pass
    return {"s": 0, "rows": found}


for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = globals()[asked["do"]](asked)
    except ImportError as error:
        answer = {"missing": str(error)}
    print(json.dumps(answer), flush=True)
