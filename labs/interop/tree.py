"""A tree of every kind of file: made, changed and described in a guest. Run as `tree.py PLAN`; prints TAP."""

import errno
import hashlib
import json
import os
import socket
import stat
import struct
import sys

# Whole seconds: Linux's client sends no nanoseconds of times that are set.
TIME = 1_700_000_000_000_000_000


def acl(*entries):
    """POSIX ACL version 2: (tag, permissions, id)."""
    anyone = 0xFFFFFFFF
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, perm, anyone if who is None else who) for tag, perm, who in entries
    )


ACCESS = acl((1, 6, None), (2, 4, 1234), (4, 4, None), (16, 4, None), (32, 0, None))
DEFAULT = acl((1, 7, None), (2, 5, 1234), (4, 5, None), (16, 5, None), (32, 1, None))


def write(path, content=b"", mode=0o644):
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    os.write(fd, content)
    os.close(fd)


def build(base):
    os.mkdir(base, 0o755)
    at = lambda *names: os.path.join(base, *names)
    for mode in (0o000, 0o400, 0o600, 0o644, 0o755, 0o1644, 0o2755, 0o4755, 0o6711):
        write(at(f"mode-{mode:o}"), b"%o" % mode)
        os.chmod(at(f"mode-{mode:o}"), mode)
    for uid, gid in ((0, 0), (1000, 1000), (65534, 5), (4_000_000_000, 3_000_000_000)):
        write(at(f"owner-{uid}-{gid}"), b"x")
        os.chown(at(f"owner-{uid}-{gid}"), uid, gid)
    write(at("empty"))
    write(at("long"), bytes(range(256)) * 1024)
    write(at("n" * 255), b"long name")
    write(at(" spaces and\nlines "), b"odd name")
    write(os.fsencode(base) + b"/not-utf8-\xff\xfe", b"bytes")
    write(at("grüße-日本"), b"words")
    os.symlink("long", at("link"))
    os.symlink("/nowhere/../at all", at("dangling"))
    os.symlink("t" * 1000, at("long-link"))
    os.symlink("long", at("owned-link"))
    os.lchown(at("owned-link"), 1000, 100)
    os.mknod(at("null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(at("disk"), stat.S_IFBLK | 0o660, os.makedev(259, 300))
    os.chown(at("disk"), 0, 6)
    os.mkfifo(at("fifo"), 0o622)
    os.mknod(at("made"), stat.S_IFREG | 0o640)
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(base)
        listener.bind("socket")
        os.chdir(here)
    write(at("one"), b"three names")
    os.link(at("one"), at("two"))
    os.mkdir(at("d"), 0o2750)
    os.link(at("one"), at("d", "three"))
    os.chown(at("d"), 1000, 1000)
    write(at("d", "inner"), b"inner")
    os.mkdir(at("d", "deep"))
    os.mkdir(at("d", "deep", "deeper"), 0o1777)
    write(at("d", "deep", "deeper", "leaf"), b"leaf")
    os.mkdir(at("emptied"))
    write(at("xattrs"), b"x")
    os.setxattr(at("xattrs"), "user.text", b"a value")
    os.setxattr(at("xattrs"), "user.bytes", bytes(range(256)))
    os.setxattr(at("d"), "user.folder", b"of a folder")
    write(at("acl"), b"x")
    os.setxattr(at("acl"), "system.posix_acl_access", ACCESS)
    os.mkdir(at("acl-folder"))
    os.setxattr(at("acl-folder"), "system.posix_acl_default", DEFAULT)
    write(at("acl-folder", "inherits"), b"x", 0o666)
    os.mkdir(at("acl-folder", "inherits-too"))


def change(base):
    at = lambda *names: os.path.join(base, *names)
    os.chmod(at("mode-644"), 0o4750)
    os.chown(at("mode-755"), 12, 34)
    os.lchown(at("link"), 7, 8)
    os.chown(at("null"), 3, -1)
    os.rename(at("mode-600"), at("renamed"))
    os.rename(at("owner-1000-1000"), at("d", "moved"))
    os.rename(at("mode-400"), at("owner-65534-5"))
    os.rename(at("empty"), at("made"))
    os.rename(at("fifo"), at("mode-0"))
    os.unlink(at("two"))
    os.chmod(at("d", "three"), 0o604)
    os.link(at("renamed"), at("d", "deep", "again"))
    os.unlink(at("owner-0-0"))
    write(at("emptied", "gone"))
    os.unlink(at("emptied", "gone"))
    os.rmdir(at("emptied"))
    os.rename(at("d", "deep"), at("shallow"))
    os.mkdir(at("replaced"))
    os.rename(at("acl-folder", "inherits-too"), at("replaced"))
    with open(at("long"), "r+b") as file:
        file.truncate(1000)
        file.seek(10)
        file.write(b"changed")
    os.setxattr(at("xattrs"), "user.text", b"another")
    os.removexattr(at("xattrs"), "user.bytes")
    os.setxattr(at("acl-folder"), "system.posix_acl_access", ACCESS)
    os.chmod(at("acl"), 0o640)
    write(at("new"), b"new", 0o600)
    os.symlink("new", at("new-link"))
    os.mkdir(at("new-folder"))


def settle(base):
    """Times that are the same in each tree, inside first."""
    for folder, folders, files in os.walk(os.fsencode(base), topdown=False):
        for name in folders + files:
            os.utime(os.path.join(folder, name), ns=(TIME, TIME), follow_symlinks=False)
    os.utime(base, ns=(TIME, TIME))


def attribute(path, name):
    try:
        return os.getxattr(path, name, follow_symlinks=False).hex()
    except OSError as error:
        return errno.errorcode[error.errno] if error.errno not in (errno.ENODATA, errno.EOPNOTSUPP) else None


def describe(base):
    """Each object: what a guest can know of it. Sizes and link counts of folders are the file system's own affair."""
    root = os.fsencode(base)
    found, inodes = {}, {}
    paths = [root]
    for folder, folders, files in os.walk(root):
        paths += [os.path.join(folder, name) for name in folders + files]
    for path in sorted(paths):
        name = path[len(root) :].decode("latin1") or "/"
        info = os.lstat(path)
        kind = stat.S_IFMT(info.st_mode)
        entry = [oct(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns]
        if kind != stat.S_IFDIR:
            entry += [info.st_size, info.st_nlink, inodes.setdefault(info.st_ino, name)]
        if kind == stat.S_IFLNK:
            entry.append(os.readlink(path).decode("latin1"))
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            entry.append([os.major(info.st_rdev), os.minor(info.st_rdev)])
        if kind == stat.S_IFREG:
            with open(path, "rb") as file:
                entry.append(hashlib.sha256(file.read()).hexdigest())
        if kind in (stat.S_IFREG, stat.S_IFDIR):
            names = [n for n in os.listxattr(path) if n.startswith("user.")]
            # QEMU does not list ACLs of mapped-xattr, so they are asked for.
            names += ["system.posix_acl_access", "system.posix_acl_default"]
            entry.append({n: attribute(path, n) for n in sorted(names)})
        found[name] = entry
    return found


count = 0


def ok(holds, name, detail=""):
    global count
    count += 1
    print(f"{'ok' if holds else 'not ok'} {count} - {name}{'' if holds else f': {detail}'}", flush=True)


def compare(name, one, other):
    differing = [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
    ok(not differing, name, "; ".join(f"{k!r}: {one.get(k)} and {other.get(k)}" for k in differing[:3]))


def attempt(name, work):
    try:
        work()
        return True
    except OSError as error:
        ok(False, name, f"{error} at {error.__traceback__.tb_next.tb_lineno if error.__traceback__.tb_next else 0}")
        return False


def listed(folder):
    return [n for n in os.listxattr(os.path.join(folder, "written", "acl")) if n.startswith("system.")]


def check(model, mounts):
    """`mounts`: by writer, the tree as QEMU serves it and as Ninefold does."""
    # The truth: a file system of the guest's own.
    truth = f"/tmp/{model}"
    os.makedirs(truth, exist_ok=True)
    for part in ("written", "same", "other"):
        build(f"{truth}/{part}")
        if part != "written":
            change(f"{truth}/{part}")
        settle(f"{truth}/{part}")
    for writer, by in mounts.items():
        reader = "ninefold" if writer == "qemu" else "qemu"
        title = f"{model}, written through {writer}"
        for part in ("written", "same", "other"):
            tree = f"{by[writer]}/{part}"
            if not attempt(f"{title}: {part} is made", lambda: build(tree)):
                continue
            if part == "same":
                attempt(f"{title}: changed there", lambda: change(tree))
            if part == "other":
                attempt(f"{title}: changed through {reader}", lambda: change(f"{by[reader]}/{part}"))
            attempt(f"{title}: times are set", lambda: settle(tree))
            expected = describe(f"{truth}/{part}")
            for way in ("qemu", "ninefold"):
                compare(f"{title}: {part} reads as it is through {way}", expected, describe(f"{by[way]}/{part}"))
        os.chown(by[writer], 0, 9)
        os.chmod(by[writer], 0o1775)
        ok(os.stat(by[reader]).st_mode == 0o41775 and os.stat(by[reader]).st_gid == 9, f"{title}: the root, too")
        ok("system.posix_acl_access" in listed(by["ninefold"]), f"{title}: ninefold lists ACLs", listed(by["ninefold"]))


for model, mounts in json.loads(sys.argv[1]).items():
    check(model, mounts)
print(f"1..{count}")
