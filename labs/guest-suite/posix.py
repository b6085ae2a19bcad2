#!/usr/bin/env python3
"""Runs inside a guest, on a mounted share: python3 posix.py DIRECTORY CASE... Prints TAP; exits 1 when a case failed.

The host and another guest take part: a request is a file in `ask/`, its answer a file in `answers/` (see partners.ts).
"""
import errno, fcntl, hashlib, mmap, os, random, resource, sqlite3, struct, subprocess, sys, time, traceback

root = sys.argv[1]
wanted = sys.argv[2:]
cases = {}
requests = 0


def case(function):
    cases[function.__name__] = function
    return function


def ask(whom, what):
    """Has the host or the other guest do something; returns what it says."""
    global requests
    requests += 1
    name = f"{whom}-{requests}"
    with open(f"{root}/ask/.{name}", "w") as file:
        file.write(what)
    os.rename(f"{root}/ask/.{name}", f"{root}/ask/{name}")
    deadline = time.monotonic() + 60
    while not os.path.exists(f"{root}/answers/{name}"):
        assert time.monotonic() < deadline, f"{whom} does not answer to {what}"
        time.sleep(0.02)
    with open(f"{root}/answers/{name}") as file:
        return file.read()


def try_lock(fd, start, length, kind=fcntl.LOCK_EX):
    try:
        fcntl.lockf(fd, kind if kind == fcntl.LOCK_UN else kind | fcntl.LOCK_NB, length, start)
        return "got"
    except OSError as error:
        assert error.errno in (errno.EAGAIN, errno.EACCES), error
        return "refused"


def holder(fd, start, length):
    """Who is in the way: the type of lock and its range, as F_GETLK tells."""
    told = fcntl.fcntl(fd, fcntl.F_GETLK, struct.pack("hhqqi", fcntl.F_WRLCK, 0, start, length, 0))
    return struct.unpack("hhqqi", told)[0:4]


def new_file(d, data=b"0123456789" * 10):
    path = f"{d}/f"
    with open(path, "wb") as file:
        file.write(data)
    return path


@case
def a_lock_of_the_host(d):
    path = new_file(d)
    assert ask("host", f"lock {path} 10 20") == "got"
    fd = os.open(path, os.O_RDWR)
    assert try_lock(fd, 15, 1) == "refused"
    assert try_lock(fd, 0, 10) == "got" and try_lock(fd, 30, 5) == "got", "ranges beside it are free"
    kind, _, start, length = holder(fd, 0, 100)
    assert (kind, start, length) == (fcntl.F_WRLCK, 10, 20), (kind, start, length)
    assert ask("host", f"unlock {path} 10 20") == "got"
    assert try_lock(fd, 15, 1) == "got"
    os.close(fd)


@case
def a_lock_of_this_guest(d):
    path = new_file(d)
    fd = os.open(path, os.O_RDWR)
    assert try_lock(fd, 40, 8) == "got"
    assert ask("host", f"lock {path} 44 1") == "refused"
    assert ask("host", f"lock {path} 48 1") == "got"
    fcntl.lockf(fd, fcntl.LOCK_UN, 8, 40)
    assert ask("host", f"lock {path} 44 1") == "got"
    os.close(fd)
    assert try_lock(os.open(path, os.O_RDWR), 0, 10) == "got"


@case
def a_lock_of_another_guest(d):
    path = new_file(d)
    fd = os.open(path, os.O_RDWR)
    assert ask("guest", f"lock {path} 0 10") == "got"
    assert try_lock(fd, 5, 10) == "refused"
    assert try_lock(fd, 10, 10) == "got"
    assert ask("guest", f"lock {path} 15 1") == "refused"
    assert ask("guest", f"unlock {path} 0 10") == "got"
    assert try_lock(fd, 5, 10) == "got"
    os.close(fd)
    assert ask("guest", f"lock {path} 0 0") == "got", "closing gives locks up"


def count_up(path, mode, times):
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute(f"pragma journal_mode={mode}")
    for _ in range(times):
        connection.execute("begin immediate")
        (value,) = connection.execute("select value from counter").fetchone()
        connection.execute("update counter set value = ?", (value + 1,))
        connection.execute("insert into log values (?)", (os.urandom(500),))
        connection.execute("commit")
    connection.close()


def sqlite_with(path, mode):
    connection = sqlite3.connect(path, isolation_level=None)
    (set_to,) = connection.execute(f"pragma journal_mode={mode}").fetchone()
    assert set_to == mode, f"{mode} became {set_to}"
    connection.execute("create table counter (value integer)")
    connection.execute("create table log (data blob)")
    connection.execute("insert into counter values (0)")
    connection.close()
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                count_up(path, mode, 15)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0, "a writer failed"
    connection = sqlite3.connect(path)
    assert connection.execute("select value from counter").fetchone() == (30,)
    assert connection.execute("select count(*) from log").fetchone() == (30,)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


@case
def sqlite_in_all_journal_modes(d):
    failures = []
    for mode in ("delete", "truncate", "persist", "memory", "wal", "off"):
        try:
            sqlite_with(f"{d}/{mode}.db", mode)
        except Exception as error:
            traceback.print_exc()
            failures.append(f"{mode}: {error}")
    assert not failures, "; ".join(failures)


@case
def random_access_with_mmap(d):
    size = 1 << 21
    chance = random.Random(9)
    model = bytearray(size)
    path = new_file(d, bytes(size))
    fd = os.open(path, os.O_RDWR)
    view = mmap.mmap(fd, size)
    for step in range(3000):
        at, length = chance.randrange(size), chance.randrange(1, 9000)
        length = min(length, size - at)
        how = chance.randrange(4)
        if how == 0:
            view[at:at + length] = model[at:at + length] = chance.randbytes(length)
        elif how == 1:
            view.flush()
            data = chance.randbytes(length)
            os.pwrite(fd, data, at)
            model[at:at + length] = data
        elif how == 2:
            assert view[at:at + length] == model[at:at + length], f"step {step}: by mmap"
        else:
            assert os.pread(fd, length, at) == model[at:at + length], f"step {step}: by read"
    view.flush()
    view.close()
    os.fsync(fd)
    os.close(fd)
    with open("/proc/sys/vm/drop_caches", "w") as caches:
        caches.write("3")
    with open(path, "rb") as file:
        assert file.read() == model
    assert ask("host", f"md5 {path}") == hashlib.md5(model).hexdigest(), "the host sees the same"


@case
def a_hundred_thousand_entries(d):
    assert ask("host", f"fill {d} 100000") == "got"
    assert ask("host", f"churn {d}") == "got"
    try:
        for _ in range(2):
            began = time.monotonic()
            names = os.listdir(d)
            print(f"# listed {len(names)} in {time.monotonic() - began:.1f} s", flush=True)
            stable = [name for name in names if name.startswith("stays-")]
            assert len(stable) == 100000, f"{len(stable)} of 100,000"
            assert len(set(names)) == len(names), "an entry came twice"
    finally:
        assert ask("host", f"calm {d}") == "got"


@case
def git_200_commits(d):
    def git(*arguments):
        done = subprocess.run(["git", "-C", d, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout
    os.environ["HOME"] = "/tmp"
    subprocess.run(["git", "config", "--global", "--add", "safe.directory", "*"], check=True)
    git("init", "-q")
    git("config", "user.email", "guest@example.org")
    git("config", "user.name", "guest")
    git("config", "gc.auto", "0")
    for i in range(200):
        with open(f"{d}/file-{i % 20}", "a") as file:
            file.write(f"line {i}\n")
        git("add", "-A")
        git("commit", "-q", "-m", f"commit {i}")
    git("gc", "-q", "--prune=now")
    assert git("rev-list", "--count", "HEAD").strip() == "200"
    assert git("status", "--porcelain") == ""
    git("fsck", "--full", "--strict")


@case
def twenty_thousand_files(d):
    """The server may have 4,096 descriptors: what cannot be held is refused, and nothing is another file than it should."""
    count = 20000
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, count + 1000))
    assert ask("host", f"files {d} {count}") == "got"
    held, refused = {}, 0
    for i in range(count):
        try:
            held[i] = os.open(f"{d}/file-{i}", os.O_RDONLY)
        except OSError as error:
            assert error.errno in (errno.EMFILE, errno.ENFILE), error
            refused += 1
    print(f"# {len(held)} files are held open, {refused} are refused", flush=True)
    assert len(held) >= 2000, "an fd limit of 4,096 leaves room for 2,000 files at least"
    assert refused == count - len(held) and refused > 0
    for i, fd in held.items():
        assert os.pread(fd, 100, 0) == f"content {i}".encode(), i
    for i in range(0, count, 7):
        assert os.stat(f"{d}/file-{i}").st_size == len(f"content {i}"), i
    for fd in held.values():
        os.close(fd)
    for i in range(0, count, 11):
        with open(f"{d}/file-{i}", "rb") as file:
            assert file.read() == f"content {i}".encode(), i


def partner():
    """The other guest: takes and gives up locks when it is asked to, until it is told to end."""
    files = {}
    while True:
        for name in sorted(os.listdir(f"{root}/ask")):
            if not name.startswith("guest-") or os.path.exists(f"{root}/answers/{name}"):
                continue
            with open(f"{root}/ask/{name}") as file:
                what, path, start, length = file.read().split()
            if what == "end":
                return
            fd = files.setdefault(path, os.open(path, os.O_RDWR))
            kind = fcntl.LOCK_EX if what == "lock" else fcntl.LOCK_UN
            result = try_lock(fd, int(start), int(length), kind)
            with open(f"{root}/answers/.{name}", "w") as file:
                file.write(result)
            os.rename(f"{root}/answers/.{name}", f"{root}/answers/{name}")
        time.sleep(0.05)


if wanted == ["partner"]:
    partner()
    sys.exit(0)
print(f"1..{len(wanted)}")
failed = 0
for number, name in enumerate(wanted, 1):
    folder = f"{root}/{name}"
    began = time.monotonic()
    try:
        os.mkdir(folder)
        cases[name](folder)
        print(f"ok {number} - {name.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)
    except Exception as error:
        failed += 1
        print(f"not ok {number} - {name.replace('_', ' ')}: {type(error).__name__}: {error}", flush=True)
        for line in traceback.format_exc().splitlines()[-6:]:
            print(f"# {line}", flush=True)
if os.path.exists(f"{root}/ask/with-partner"):
    with open(f"{root}/ask/guest-end", "w") as file:
        file.write("end - 0 0")
sys.exit(1 if failed else 0)
