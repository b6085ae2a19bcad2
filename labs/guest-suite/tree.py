#!/usr/bin/env python3
"""Runs inside a guest, on a mounted share: python3 tree.py DIRECTORY. Prints TAP; exits 1 when a case failed.

Each case works in a folder of its own. What a case leaves in `report/` is compared by the host afterwards. How the share is
mounted is read from /proc/mounts: with version=9p2000.u, what that dialect cannot say is left out, and told.
"""
import errno, hashlib, os, shutil, socket, stat, subprocess, sys, tarfile, threading, time, traceback

root = sys.argv[1]
only = sys.argv[2:]
cases = []

# All that 9P2000.u, or Linux's client when it speaks that, cannot express; whole cases by their names, parts by others.
CANNOT_IN_U = {
    "extended attributes": "there is no message for them",
    "record locks": "the client grants every lock by itself, and keeps none",
    "statistics": "the client answers statfs by itself, with zeros",
    "group of a maker": "Tcreate carries no group",
    "fractions of a second": "times are whole seconds",
    "touch": "the client sends no time that the server is to choose",
    "move between folders": "Twstat renames within a folder, and the client answers EXDEV by itself",
}


def mount_options(path):
    found = [line.split() for line in open("/proc/mounts")]
    return next(options for _, where, _, options, *_ in reversed(found) if where == path).split(",")


cannot = CANNOT_IN_U if "version=9p2000.u" in mount_options(root) else {}


def can(what):
    """False, and said so, when the dialect has no words for it."""
    if what in cannot:
        print(f"# left out: {what}: {cannot[what]}", flush=True)
    return what not in cannot


def case(function):
    cases.append(function)
    return function


def expect(code, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except OSError as error:
        assert error.errno == code, f"{errno.errorcode[code]} expected, got {errno.errorcode[error.errno]}"
    else:
        raise AssertionError(f"{errno.errorcode[code]} expected, but the call succeeded")


def put(path, data=b"data"):
    with open(path, "wb") as file:
        file.write(data)


def get(path):
    with open(path, "rb") as file:
        return file.read()


def digest(path):
    total = hashlib.md5()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


@case
def list_a_folder(d):
    names = [f"entry-{i}" for i in range(300)] + ["with space", "ünïcode-☃", "x" * 255]
    for name in names:
        put(f"{d}/{name}")
    assert sorted(os.listdir(d)) == sorted(names)
    os.mkdir(f"{d}/sub")
    kinds = {entry.name: entry.is_dir() for entry in os.scandir(d)}
    assert kinds["sub"] is True and kinds["entry-1"] is False
    assert os.listdir(f"{d}/sub") == []
    expect(errno.ENAMETOOLONG, put, f"{d}/{'y' * 256}")


@case
def list_more_than_a_message(d):
    names = [f"{i:04d}-{'long-name-' * 24}" for i in range(1700)]
    for name in names:
        os.close(os.open(f"{d}/{name}", os.O_CREAT | os.O_WRONLY))
    assert sorted(os.listdir(d)) == names
    for name in names[:10]:
        os.unlink(f"{d}/{name}")
    assert sorted(os.listdir(d)) == names[10:]


@case
def names_that_are_not_utf8(d):
    raw = os.fsencode(d) + b"/latin-\xe9\xff"
    put(raw)
    assert os.listdir(os.fsencode(d)) == [b"latin-\xe9\xff"]
    assert get(raw) == b"data"


@case
def read_and_write(d):
    put(f"{d}/f", b"hello world")
    assert get(f"{d}/f") == b"hello world"
    with open(f"{d}/f", "r+b", buffering=0) as file:
        file.seek(6)
        file.write(b"there")
        assert os.pread(file.fileno(), 100, 0) == b"hello there"
        assert os.pread(file.fileno(), 100, 100) == b""
    with open(f"{d}/f", "ab", buffering=0) as file:
        file.write(b"!")
    assert get(f"{d}/f") == b"hello there!"
    with open(f"{d}/sparse", "wb") as file:
        file.seek((5 << 30) + 1)
        file.write(b"end")
    assert os.stat(f"{d}/sparse").st_size == (5 << 30) + 4
    with open(f"{d}/sparse", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 10, 5 << 30) == b"\0end"
    expect(errno.ENOENT, get, f"{d}/missing")
    expect(errno.EISDIR, put, d)


@case
def open_flags(d):
    fd = os.open(f"{d}/x", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.close(fd)
    expect(errno.EEXIST, os.open, f"{d}/x", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    put(f"{d}/x", b"12345")
    os.close(os.open(f"{d}/x", os.O_RDWR | os.O_TRUNC))
    assert os.stat(f"{d}/x").st_size == 0
    expect(errno.ENOTDIR, os.open, f"{d}/x", os.O_RDONLY | os.O_DIRECTORY)
    expect(errno.ENOTDIR, os.stat, f"{d}/x/y")


@case
def rename_files_and_folders(d):
    put(f"{d}/a", b"a")
    os.rename(f"{d}/a", f"{d}/b")
    assert get(f"{d}/b") == b"a" and not os.path.exists(f"{d}/a")
    put(f"{d}/c", b"c")
    os.rename(f"{d}/b", f"{d}/c")
    assert get(f"{d}/c") == b"a"
    os.makedirs(f"{d}/one/deep")
    put(f"{d}/one/deep/f", b"deep")
    with open(f"{d}/one/deep/f", "rb", buffering=0) as held:
        os.rename(f"{d}/one", f"{d}/two")
        assert get(f"{d}/two/deep/f") == b"deep"
        assert os.fstat(held.fileno()).st_size == 4 and os.read(held.fileno(), 10) == b"deep"
    os.mkdir(f"{d}/full")
    put(f"{d}/full/f")
    expect(errno.ENOTEMPTY, os.rename, f"{d}/two", f"{d}/full")
    expect(errno.EISDIR, os.rename, f"{d}/c", f"{d}/full")
    expect(errno.ENOTDIR, os.rename, f"{d}/full", f"{d}/c")
    expect(errno.EINVAL, os.rename, f"{d}/two", f"{d}/two/deep/inside")
    expect(errno.ENOENT, os.rename, f"{d}/none", f"{d}/any")


@case
def hard_links(d):
    put(f"{d}/a", b"one")
    os.link(f"{d}/a", f"{d}/b")
    first, second = os.stat(f"{d}/a"), os.stat(f"{d}/b")
    assert first.st_ino == second.st_ino and second.st_nlink == 2
    put(f"{d}/b", b"two")
    assert get(f"{d}/a") == b"two"
    os.unlink(f"{d}/a")
    assert os.stat(f"{d}/b").st_nlink == 1
    expect(errno.EEXIST, os.link, f"{d}/b", f"{d}/b")
    expect(errno.EPERM, os.link, d, f"{d}/folder")


@case
def symlinks(d):
    os.symlink("../target of nothing", f"{d}/s")
    assert os.readlink(f"{d}/s") == "../target of nothing"
    assert stat.S_ISLNK(os.lstat(f"{d}/s").st_mode)
    expect(errno.ENOENT, os.stat, f"{d}/s")
    put(f"{d}/real", b"real")
    os.symlink("real", f"{d}/good")
    assert get(f"{d}/good") == b"real"
    os.symlink("loop", f"{d}/loop")
    expect(errno.ELOOP, get, f"{d}/loop")
    os.symlink("z" * 4000, f"{d}/long")
    assert os.readlink(f"{d}/long") == "z" * 4000
    expect(errno.EEXIST, os.symlink, "x", f"{d}/s")


@case
def modes(d):
    old = os.umask(0)
    put(f"{d}/f")
    for mode in (0o600, 0o755, 0o000, 0o4755, 0o2711, 0o1777):
        os.chmod(f"{d}/f", mode)
        assert stat.S_IMODE(os.stat(f"{d}/f").st_mode) == mode, oct(mode)
    os.chmod(f"{d}/f", 0o644)
    os.mkdir(f"{d}/m", 0o2750)
    assert stat.S_IMODE(os.stat(f"{d}/m").st_mode) & 0o777 == 0o750
    os.close(os.open(f"{d}/c", os.O_CREAT | os.O_WRONLY, 0o640))
    assert stat.S_IMODE(os.stat(f"{d}/c").st_mode) == 0o640
    os.umask(old)


@case
def owners(d):
    put(f"{d}/f")
    os.chown(f"{d}/f", 1234, 5678)
    found = os.stat(f"{d}/f")
    assert (found.st_uid, found.st_gid) == (1234, 5678), (found.st_uid, found.st_gid)
    os.chown(f"{d}/f", -1, 42)
    assert (os.stat(f"{d}/f").st_uid, os.stat(f"{d}/f").st_gid) == (1234, 42)
    os.symlink("f", f"{d}/s")
    os.lchown(f"{d}/s", 7, 8)
    assert os.lstat(f"{d}/s").st_uid == 7 and os.stat(f"{d}/f").st_uid == 1234
    os.chmod(d, 0o777)
    made = subprocess.run(["python3", "-c", f"import os; os.setgid(100); os.setuid(1000); open('{d}/mine','w').close()"])
    assert made.returncode == 0
    assert os.stat(f"{d}/mine").st_uid == 1000
    if can("group of a maker"):
        assert os.stat(f"{d}/mine").st_gid == 100


@case
def times(d):
    put(f"{d}/f")
    os.utime(f"{d}/f", ns=(1_000_000_000_123_456_789, 1_500_000_000_987_654_321))
    found = os.stat(f"{d}/f")
    # Linux's client has a time granularity of a second: it sends no nanoseconds, to any server.
    assert found.st_mtime_ns // 10**9 == 1_500_000_000, found.st_mtime_ns
    assert found.st_atime_ns // 10**9 == 1_000_000_000, found.st_atime_ns
    put(f"{d}/g")
    if can("fractions of a second"):
        assert os.stat(f"{d}/g").st_mtime_ns % 10**9 != 0, "the server's own times have nanoseconds"
    os.utime(f"{d}/f")
    if can("touch"):
        assert os.stat(f"{d}/f").st_mtime > 1_600_000_000


@case
def truncate(d):
    put(f"{d}/f", b"0123456789")
    os.truncate(f"{d}/f", 4)
    assert get(f"{d}/f") == b"0123"
    os.truncate(f"{d}/f", 8)
    assert get(f"{d}/f") == b"0123\0\0\0\0"
    with open(f"{d}/f", "r+b", buffering=0) as file:
        os.ftruncate(file.fileno(), 2)
        assert os.fstat(file.fileno()).st_size == 2
    assert get(f"{d}/f") == b"01"


@case
def extended_attributes(d):
    put(f"{d}/f")
    os.setxattr(f"{d}/f", "user.one", b"value\0with nul")
    assert os.getxattr(f"{d}/f", "user.one") == b"value\0with nul"
    os.setxattr(f"{d}/f", "user.empty", b"")
    assert os.getxattr(f"{d}/f", "user.empty") == b""
    assert sorted(name for name in os.listxattr(f"{d}/f") if name.startswith("user.")) == ["user.empty", "user.one"]
    expect(errno.EEXIST, os.setxattr, f"{d}/f", "user.one", b"x", os.XATTR_CREATE)
    expect(errno.ENODATA, os.setxattr, f"{d}/f", "user.two", b"x", os.XATTR_REPLACE)
    expect(errno.ENODATA, os.getxattr, f"{d}/f", "user.two")
    os.removexattr(f"{d}/f", "user.one")
    expect(errno.ENODATA, os.getxattr, f"{d}/f", "user.one")
    assert "user.empty" in os.listxattr(f"{d}/f")
    big = bytes(range(256)) * 12
    os.setxattr(f"{d}/f", "user.big", big)
    assert os.getxattr(f"{d}/f", "user.big") == big


@case
def unlink_of_an_open_file(d):
    with open(f"{d}/f", "w+b", buffering=0) as file:
        file.write(b"still here")
        os.unlink(f"{d}/f")
        assert os.listdir(d) == []
        fd = file.fileno()
        assert os.pread(fd, 100, 0) == b"still here"
        os.pwrite(fd, b"HERE", 6)
        assert os.pread(fd, 100, 0) == b"still HERE"
        assert os.fstat(fd).st_size == 10
        os.ftruncate(fd, 5)
        assert os.fstat(fd).st_size == 5
        os.fchmod(fd, 0o640)
        assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o640
        os.fsync(fd)
        put(f"{d}/f", b"another file of that name")
        assert os.pread(fd, 100, 0) == b"still"
    assert get(f"{d}/f") == b"another file of that name"


@case
def folders(d):
    os.mkdir(f"{d}/a")
    expect(errno.EEXIST, os.mkdir, f"{d}/a")
    put(f"{d}/a/f")
    expect(errno.ENOTEMPTY, os.rmdir, f"{d}/a")
    expect(errno.EISDIR, os.unlink, f"{d}/a")
    expect(errno.ENOTDIR, os.rmdir, f"{d}/a/f")
    os.unlink(f"{d}/a/f")
    os.rmdir(f"{d}/a")
    expect(errno.ENOENT, os.rmdir, f"{d}/a")
    deep = d
    for i in range(40):
        deep = f"{deep}/{i:02d}-{'n' * 20}"
        os.mkdir(deep)
    put(f"{deep}/bottom", b"deep")
    assert get(f"{deep}/bottom") == b"deep"
    subprocess.run(["rm", "-rf", f"{d}/00-{'n' * 20}"], check=True)
    assert os.listdir(d) == []


@case
def special_files(d):
    os.mkfifo(f"{d}/fifo")
    assert stat.S_ISFIFO(os.lstat(f"{d}/fifo").st_mode)
    os.mknod(f"{d}/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    found = os.lstat(f"{d}/null")
    assert stat.S_ISCHR(found.st_mode) and (os.major(found.st_rdev), os.minor(found.st_rdev)) == (1, 3)
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(d)
        made.bind("sock")
        os.chdir(here)
    assert stat.S_ISSOCK(os.lstat(f"{d}/sock").st_mode)


@case
def record_locks(d):
    put(f"{d}/f", b"0123456789")
    taken = "import fcntl,os,struct,sys\nfd=os.open(sys.argv[1],os.O_RDWR)\n"
    import fcntl
    fd = os.open(f"{d}/f", os.O_RDWR)
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0)
    other = taken + "try:\n fcntl.lockf(fd,fcntl.LOCK_EX|fcntl.LOCK_NB,3,2); print('got')\nexcept OSError as e: print('refused')\n" \
        + "fcntl.lockf(fd,fcntl.LOCK_EX|fcntl.LOCK_NB,3,7); print('apart')\n"
    told = subprocess.run(["python3", "-c", other, f"{d}/f"], capture_output=True, text=True)
    assert told.stdout.split() == ["refused", "apart"], told
    fcntl.lockf(fd, fcntl.LOCK_UN, 5, 0)
    told = subprocess.run(["python3", "-c", other, f"{d}/f"], capture_output=True, text=True)
    assert told.stdout.split() == ["got", "apart"], told
    os.close(fd)


@case
def statistics(d):
    found = os.statvfs(d)
    assert found.f_blocks > 0 and found.f_bavail <= found.f_blocks and found.f_namemax >= 255


@case
def copy_100_megabytes(d):
    block = os.urandom(1 << 20)
    total = hashlib.md5()
    with open(f"{d}/big", "wb") as file:
        for i in range(100):
            piece = i.to_bytes(4, "little") + block[4:]
            total.update(piece)
            file.write(piece)
    subprocess.run(["cp", f"{d}/big", f"{d}/copy"], check=True)
    with open("/proc/sys/vm/drop_caches", "w") as caches:
        caches.write("3")
    assert digest(f"{d}/copy") == total.hexdigest()
    os.unlink(f"{d}/big")
    os.makedirs(f"{root}/report", exist_ok=True)
    if can("move between folders"):
        os.rename(f"{d}/copy", f"{root}/report/big")
    else:
        expect(errno.EXDEV, os.rename, f"{d}/copy", f"{root}/report/big")
        shutil.move(f"{d}/copy", f"{root}/report/big")
    put(f"{root}/report/big.md5", total.hexdigest().encode())


@case
def untar_2000_files(d):
    sums = {}
    with tarfile.open("/tmp/files.tar", "w") as archive:
        import io
        for i in range(2000):
            name = f"dir{i % 40}/sub{i % 7}/file{i}"
            data = f"content of {i}\n".encode() * (i % 50)
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o640 if i % 2 else 0o755, 1_600_000_000 + i
            archive.addfile(info, io.BytesIO(data))
            sums[name] = (hashlib.md5(data).hexdigest(), info.mode, info.mtime)
    subprocess.run(["tar", "-xf", "/tmp/files.tar", "-C", d], check=True)
    os.unlink("/tmp/files.tar")
    found = [os.path.join(base, name) for base, _, names in os.walk(d) for name in names]
    assert len(found) == 2000, len(found)
    for path in found:
        expected, mode, mtime = sums[os.path.relpath(path, d)]
        status = os.stat(path)
        assert digest(path) == expected and stat.S_IMODE(status.st_mode) == mode and status.st_mtime == mtime, path
    subprocess.run(["rm", "-rf", f"{d}/dir0"], check=True)
    assert len(os.listdir(d)) == 39


@case
def sixteen_writers_at_once(d):
    failures = []

    def write(number):
        try:
            path = f"{d}/w{number}"
            with open(path, "wb", buffering=0) as file:
                for i in range(60):
                    file.write(bytes([number]) * 5000 + i.to_bytes(4, "big"))
                    if i % 20 == 0:
                        os.rename(path, path + "x")
                        os.rename(path + "x", path)
            data = get(path)
            assert len(data) == 60 * 5004
            for i in range(60):
                assert data[i * 5004:(i + 1) * 5004] == bytes([number]) * 5000 + i.to_bytes(4, "big")
        except Exception:
            failures.append(traceback.format_exc())

    with open(f"{d}/log", "wb"):
        pass
    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]


@case
def four_programs_append_to_one_file(d):
    put(f"{d}/log", b"")
    line = "import sys\nfor i in range(50):\n with open(sys.argv[1],'a') as f: f.write(f'{sys.argv[2]}-{i}\\n')\n"
    running = [subprocess.Popen(["python3", "-c", line, f"{d}/log", str(n)]) for n in range(4)]
    assert all(program.wait() == 0 for program in running)
    lines = get(f"{d}/log").decode().splitlines()
    assert sorted(lines) == sorted(f"{n}-{i}" for n in range(4) for i in range(50)), f"{len(lines)} of 200 lines"


print(f"1..{len(cases)}")
failed = 0
for number, function in enumerate(cases, 1):
    name = function.__name__.replace("_", " ")
    if only and name not in only:
        print(f"ok {number} - {name} # SKIP not asked for")
        continue
    if name in cannot:
        print(f"ok {number} - {name} # SKIP {cannot[name]}")
        continue
    folder = f"{root}/{function.__name__}"
    began = time.monotonic()
    try:
        os.mkdir(folder)
        function(folder)
        print(f"ok {number} - {name} ({time.monotonic() - began:.1f} s)", flush=True)
    except Exception as error:
        failed += 1
        print(f"not ok {number} - {name}: {type(error).__name__}: {error}", flush=True)
        for line in traceback.format_exc().splitlines()[-6:]:
            print(f"# {line}", flush=True)
sys.exit(1 if failed else 0)
