"""Starts and stops the real daemon on a port of its own choice."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("BACKPROPD", ROOT / "build/release/backpropd")).resolve()
READY = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
# Sanitizers make the daemon several times slower; deadlines are there to catch hangs, no more.
PATIENCE = 300.0


class Daemon:
    """One process of backpropd. Use as a context manager, so that it never outlives its test."""

    def __init__(self, *flags, data_dir=None, threads=2, isa=None, env=None, under=()):
        self._own_dir = tempfile.TemporaryDirectory() if data_dir is None else None
        data_dir = data_dir or f"{self._own_dir.name}/data"
        command = [*under, str(BINARY), "--listen", "127.0.0.1:0", "--threads", str(threads),
                   "--data-dir", str(data_dir)]
        if isa is not None:
            command += ["--isa", isa]
        self.log = []
        self.port = None
        self._ready = threading.Event()
        # The environment of who runs the tests must not configure the daemon under test.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("BACKPROPD")}
        self.process = subprocess.Popen(command + list(flags), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, errors="replace", env={**clean, **(env or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(PATIENCE) or self.port is None:
            self.kill()
            raise RuntimeError("the daemon did not start:\n" + self.text())

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = READY.search(line)
            if found and self.port is None:
                self.port = int(found.group(1))
                self._ready.set()
        self._ready.set()

    def text(self):
        return "".join(self.log)

    def stop(self, number=signal.SIGTERM):
        """Sends the signal, waits, and gives (exit status, seconds it took)."""
        begin = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        seconds = time.monotonic() - begin
        self._reader.join(PATIENCE)
        return status, seconds

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._own_dir is not None:
            self._own_dir.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        status = 0
        if self.process.poll() is None:
            status, _ = self.stop()
        self.kill()
        if failure[0] is None:
            assert status == 0, f"exit status {status} after SIGTERM:\n{self.text()}"


def run_to_end(*flags):
    """Runs the daemon with flags that make it exit at once (--help, a bad flag)."""
    return subprocess.run([str(BINARY), *flags], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)
