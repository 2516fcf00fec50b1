"""Prints the outcome of each case as one JSON object per line."""
import json
import traceback

failures = 0


def report(client, version, case, outcome, detail=""):
    global failures
    if outcome == "failed":
        failures += 1
    print(json.dumps({"client": client, "version": version, "case": case, "outcome": outcome, "detail": detail}), flush=True)


def run_case(client, version, case, body):
    try:
        body()
        report(client, version, case, "passed")
    except Exception as error:  # a failed case must not hide the ones behind it
        where = traceback.extract_tb(error.__traceback__)[-1]
        report(client, version, case, "failed", f"{type(error).__name__}: {error} ({where.filename.split('/')[-1]}:{where.lineno})"[:400])


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def records(count=300):
    """Keys and values that every client writes: index in the key, a kilobyte that compresses a little in the value."""
    return [(f"key-{i}".encode(), (f"value-{i}-" + "abcdefghij" * 100).encode()) for i in range(count)]
