"""Runs calls of the AWS command line, one for each line of stdin, without a new Python for each.

A line is a JSON object with the name of the service's model and the arguments. The answer is one JSON line with status,
stdout and stderr. Each call runs in a fork, so that it sees nothing that another call left behind. Models are read
before the fork, because reading them takes most of the time.
"""

import json
import os
import sys
import tempfile

from awscli import clidriver

DRIVER = clidriver.create_clidriver()


def read_models(name):
    """Reads the files of a service, whose loader keeps them. Not every service has every file."""
    loader = DRIVER.session.get_component("data_loader")
    for kind in ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"):
        try:
            loader.load_service_model(name, kind)
        except Exception:
            pass


def run_here(args, out, err):
    """Runs a call in this process and ends the process."""
    status = 255
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        # Version 2 has a class around the driver.
        entry = getattr(clidriver, "AWSCLIEntryPoint", None)
        status = (DRIVER if entry is None else entry(DRIVER)).main(args)
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def text_of(file):
    file.seek(0)
    return file.read().decode("utf8", "replace")


known_models = set()

for line in iter(sys.stdin.readline, ""):
    call = json.loads(line)
    if call["model"] not in known_models:
        known_models.add(call["model"])
        read_models(call["model"])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            run_here(call["args"], out, err)
        _, wait_status = os.waitpid(pid, 0)
        status = os.waitstatus_to_exitcode(wait_status)
        print(json.dumps({"status": status, "stdout": text_of(out), "stderr": text_of(err)}), flush=True)
