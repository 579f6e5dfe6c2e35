"""The shim's control file, and daemons that run under it."""
import contextlib
import ctypes
import errno
import mmap
import os
import pathlib

import daemon as daemons

SHIM = pathlib.Path(os.environ.get("BP_FAULT_SHIM",
                                   daemons.BINARY.parent / "tests/fault/bp_fault_shim.so")).resolve()


def names(library, function):
    """One of the shim's tables, in its order."""
    ask = getattr(library, function)
    ask.restype, ask.argtypes = ctypes.c_char_p, [ctypes.c_uint]
    found = []
    while (name := ask(len(found))) is not None:
        found.append(name.decode())
    return found


class Tables:
    """What the shim calls places, calls and actions; read from the library, so never out of step."""

    def __init__(self):
        library = ctypes.CDLL(str(SHIM))
        self.places = names(library, "fault_place_name")
        self.calls = names(library, "fault_call_name")
        self.actions = names(library, "fault_action_name")
        library.fault_control_size.restype = ctypes.c_size_t
        self.size = library.fault_control_size()


def layout(tables):
    """fault_control of fault_control.h."""
    seen = (ctypes.c_uint64 * len(tables.calls)) * len(tables.places)

    class Layout(ctypes.Structure):
        _fields_ = [("countdown", ctypes.c_int64), ("struck", ctypes.c_uint64),
                    ("memory_countdown", ctypes.c_int64), ("memory_struck", ctypes.c_uint64),
                    ("memory_calls", ctypes.c_uint64), ("live_blocks", ctypes.c_int64),
                    ("live_bytes", ctypes.c_int64), ("action", ctypes.c_uint32),
                    ("places", ctypes.c_uint32), ("calls", ctypes.c_uint32),
                    ("error", ctypes.c_uint32), ("forever", ctypes.c_uint32),
                    ("memory_armed", ctypes.c_uint32), ("memory_forever", ctypes.c_uint32),
                    ("padding", ctypes.c_uint32), ("seen", seen)]

    assert ctypes.sizeof(Layout) == tables.size, "shim.py and fault_control.h differ"
    return Layout


class Shim:
    """Steers the shim in the daemons that are started with its environment."""

    def __init__(self, folder, data_dir, log=None):
        self.tables = Tables()
        self.data_dir = os.path.realpath(data_dir)
        path = pathlib.Path(folder) / "control"
        path.write_bytes(bytes(self.tables.size))
        self._file = open(path, "r+b")
        self._map = mmap.mmap(self._file.fileno(), self.tables.size)
        self.state = layout(self.tables).from_buffer(self._map)
        self.environment = {"LD_PRELOAD": str(SHIM), "BP_FAULT_CONTROL": str(path),
                            "BP_FAULT_DATA": self.data_dir}
        if log is not None:
            self.environment["BP_FAULT_LOG"] = str(log)

    def daemon(self, *flags, **options):
        return daemons.Daemon(*flags, data_dir=self.data_dir, env=self.environment, **options)

    def _bits(self, table, wanted):
        return sum(1 << table.index(one) for one in wanted)

    def arm(self, action, point, nth=1, error=errno.EIO, forever=False):
        """The Nth call of a point ("blob.write", "blob+catalogue_wal.write+fsync", "outside.accept")
        gets the action."""
        self.disarm()
        places, calls = point.split(".")
        state = self.state
        state.places = self._bits(self.tables.places, places.split("+"))
        state.calls = self._bits(self.tables.calls, calls.split("+"))
        state.countdown, state.error, state.forever, state.struck = nth, error, forever, 0
        state.action = self.tables.actions.index(action)

    def disarm(self):
        self.state.action = 0

    def arm_memory(self, nth, forever=False):
        """The Nth allocation from now on fails."""
        self.state.memory_armed = 0
        self.state.memory_countdown, self.state.memory_forever = nth, forever
        self.state.memory_struck = 0
        self.state.memory_armed = 1

    def disarm_memory(self):
        self.state.memory_armed = 0

    @contextlib.contextmanager
    def armed(self, *arguments, **options):
        self.arm(*arguments, **options)
        yield
        self.disarm()

    def seen(self, place, call):
        return self.state.seen[self.tables.places.index(place)][self.tables.calls.index(call)]

    @property
    def struck(self):
        return self.state.struck
