"""Runs calls of the AWS command line, one for each line of stdin, without a new Python for each.

A line is a JSON list of arguments. The answer is one JSON line with status, stdout and stderr. Each call runs in a
fork, so that it sees nothing that another call left in the modules.
"""

import json
import os
import sys
import tempfile

from awscli import clidriver


def run_here(args, out, err):
    """Runs a call in this process and ends the process."""
    status = 255
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.argv = ["aws", *args]
        status = clidriver.main()
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def text_of(file):
    file.seek(0)
    return file.read().decode("utf8", "replace")


for line in iter(sys.stdin.readline, ""):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            run_here(json.loads(line), out, err)
        _, wait_status = os.waitpid(pid, 0)
        status = os.waitstatus_to_exitcode(wait_status)
        print(json.dumps({"status": status, "stdout": text_of(out), "stderr": text_of(err)}), flush=True)
