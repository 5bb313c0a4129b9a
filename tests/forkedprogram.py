"""geoprospect run in processes that are forked from one that has imported it all already.

Importing is most of what a small run takes. `forked_program` starts that process and gives a
program, small and quick, that has it fork: arguments, environment and streams go along.
"""

import array
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 2**20  # bytes of arguments and environment
_CLIENT = """#!/usr/bin/python3 -SE
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    streams = array.array("i", [0, 1, 2])
    to.sendmsg([told], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    sys.exit(int(to.recv(8)))
"""


@contextmanager
def forked_program(path, root):
    """Write the program to a path, and let it work inside the context."""
    with tempfile.TemporaryDirectory() as folder:  # a short name, as sockets need
        address = os.path.join(folder, "socket")
        path.write_text(_CLIENT.format(address=address))
        path.chmod(0o755)
        environment = os.environ | {"PYTHONPATH": str(root), "PYTHONUTF8": "1"}
        server = subprocess.Popen(
            [sys.executable, __file__, address], env=environment, stdout=subprocess.PIPE
        )
        try:
            assert server.stdout.readline() == b"ready\n"
            yield path
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()


def _serve(address):
    """Import all, and fork for each that connects; who connects earlier waits."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        os.write(1, b"ready\n")
        import geoprospect as gp  # noqa: PLC0415 - of the root that is told

        for name in gp.__all__:
            getattr(gp, name)
        for name in ("matplotlib.backends.backend_agg", "geoprospect.crossval.importance.page"):
            importlib.import_module(name)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            asking, _ = listening.accept()
            if not os.fork():
                _answer(asking)
            asking.close()


def _answer(asking):
    """Run the program in a further process, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size = array.array("i", [0, 1, 2]).itemsize * 3
    told, streams, _, _ = asking.recvmsg(_LONGEST, socket.CMSG_SPACE(size))
    arguments, folder, environment = json.loads(told)
    running = os.fork()
    if running:
        status = os.waitstatus_to_exitcode(os.waitpid(running, 0)[1])
        asking.send(str(status).encode())
        os._exit(0)
    for number, stream in enumerate(array.array("i", streams[0][2])):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["geoprospect", *arguments]
    from geoprospect.cli import main  # noqa: PLC0415 - as above

    status = 1
    try:
        main()
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]).as_posix())
