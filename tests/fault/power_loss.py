"""What a disk may hold after the power went, made from the shim's log (fault_record.h).

An fsync of a file makes durable what was written to it before, an fsync of a folder what was named in it
before. Of the rest anything may be missing: of a write any of its blocks, of a folder any change, so also a
rename whose file is there and whose name is not.
"""
import collections
import pathlib
import random
import struct

HEAD = struct.Struct("<IIQQ")
WRITE, TRUNCATE, FSYNC, CREATE, MKDIR, UNLINK, RENAME, MARK = range(1, 9)

Record = collections.namedtuple("Record", "at kind inode number content")


def records(path):
    """The records of a log; what its last writer left unfinished is not one."""
    with open(path, "rb") as file:
        while True:
            at = file.tell()
            head = file.read(HEAD.size)
            if len(head) < HEAD.size:
                return
            kind, size, inode, number = HEAD.unpack(head)
            content = file.read(size)
            if len(content) < size:
                return
            yield Record(at, kind, inode, number, content)


def mark_record(number):
    """For the test to append, in one write, once a request was answered."""
    return HEAD.pack(MARK, 0, 0, number)


class File:
    """What is durable, and what was done since."""

    def __init__(self, name):
        self.name, self.durable, self.pending = name, bytearray(), []


class Folder:
    """Its entries that are durable, all of them, and the changes in between."""

    def __init__(self, name):
        self.name, self.durable, self.entries, self.pending = name, {}, {}, []


def put(content, offset, piece):
    if len(content) < offset + len(piece):
        content.extend(bytes(offset + len(piece) - len(content)))
    content[offset:offset + len(piece)] = piece


def resize(content, size):
    del content[size:]
    content.extend(bytes(size - len(content)))


class Disk:
    """Follows a log. It lies where `lies` says so of a file's first name: it has not made durable what it said."""

    def __init__(self, root, lies=lambda name: False):
        self.root = Folder("")
        self.by_inode = {root: self.root}
        self.lies = lies

    def _change(self, record, changes):
        """`changes`: [(name, node or None)], which happen together."""
        folder = self.by_inode[record.inode]
        for name, node in changes:
            if node is None:
                folder.entries.pop(name, None)
            else:
                folder.entries[name] = node
        folder.pending.append((record.at, changes))

    def _create(self, record, kind):
        name = record.content.decode()
        known = self.by_inode.get(record.number)
        # The number of a removed file is soon another's.
        if known is not None and self.by_inode[record.inode].entries.get(name) is known:
            return
        self.by_inode[record.number] = kind(name)
        self._change(record, [(name, self.by_inode[record.number])])

    def follow(self, record):
        if record.kind in (CREATE, MKDIR):
            self._create(record, File if record.kind == CREATE else Folder)
        elif record.kind == UNLINK:
            self._change(record, [(record.content.decode(), None)])
        elif record.kind == RENAME:
            old, new = record.content.decode().split("/")
            node = self.by_inode[record.inode].entries[old]
            self._change(record, [(old, None), (new, node)])
        elif record.kind == FSYNC:
            node = self.by_inode[record.inode]
            if not self.lies(node.name):
                self._make_durable(node, record.number)
        elif record.kind in (WRITE, TRUNCATE):
            self.by_inode[record.inode].pending.append(record)

    @staticmethod
    def _make_durable(node, begun):
        if isinstance(node, Folder):
            for at, changes in node.pending:
                if at < begun:
                    apply_changes(node.durable, changes)
            node.pending = [change for change in node.pending if change[0] >= begun]
            return
        for record in node.pending:
            if record.at < begun:
                apply_write(node.durable, record)
        node.pending = [record for record in node.pending if record.at >= begun]

    def image(self, target, whims):
        """Writes to the folder `target` what may be left if the power goes now."""
        self._write_folder(self.root, pathlib.Path(target), whims)

    def _write_folder(self, folder, path, whims):
        path.mkdir(mode=0o700)
        entries = dict(folder.durable)
        for _, changes in folder.pending:
            if whims.keeps():
                apply_changes(entries, changes)
        for name, node in entries.items():
            if isinstance(node, Folder):
                self._write_folder(node, path / name, whims)
            else:
                (path / name).write_bytes(whims.remains(node))


def apply_changes(entries, changes):
    for name, node in changes:
        if node is None:
            entries.pop(name, None)
        else:
            entries[name] = node


def apply_write(content, record):
    if record.kind == WRITE:
        put(content, record.number, record.content)
    else:
        resize(content, record.number)


class Whims:
    """How one disk loses: all, nothing or some of what it was not made to keep."""

    def __init__(self, draw, chance=None):
        self.draw = draw
        self.chance = draw.choice([0.0, 0.1, 0.5, 0.9, 1.0]) if chance is None else chance
        self.block = draw.choice([512, 4096])
        self.lost = 0

    def keeps(self):
        kept = self.draw.random() < self.chance
        self.lost += not kept
        return kept

    def remains(self, file):
        if not file.pending:
            return file.durable
        content = bytearray(file.durable)
        for record in file.pending:
            if record.kind == TRUNCATE:
                if self.keeps():
                    resize(content, record.number)
            else:
                self._some_blocks(content, record)
        return content

    def _some_blocks(self, content, record):
        """Torn where blocks of the file begin, not of the write."""
        offset, end = record.number, record.number + len(record.content)
        while offset < end:
            border = min(end, (offset // self.block + 1) * self.block)
            if self.keeps():
                put(content, offset, record.content[offset - record.number:border - record.number])
            offset = border
