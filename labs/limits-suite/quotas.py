#!/usr/bin/env python3
"""Runs inside a guest: python3 quotas.py first|restarted. Each device below /q has the quota that its name says. Prints TAP.

`first` begins with empty folders and leaves some of each quota used; `restarted` finds that after a restart of the server.
"""
import errno, os, sys, traceback

MIB = 1 << 20
results = []


def case(function):
    try:
        function()
        holds = True
    except Exception:
        holds = False
        print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
    results.append(holds)
    print(f"{'ok' if holds else 'not ok'} {len(results)} - {function.__doc__}", flush=True)


def fill(file, most=100 * MIB):
    """Writes until it is refused; returns the bytes and the error."""
    done = 0
    while done < most:
        try:
            done += os.write(file, bytes(65536))
        except OSError as error:
            return done, error.errno
    return done, 0


def free(device):
    return os.statvfs(f"/q/{device}").f_bavail * os.statvfs(f"/q/{device}").f_bsize


def between(low, value, high):
    assert low <= value <= high, f"{value:,} is not between {low:,} and {high:,}"


def expect(code, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == code, f"{errno.errorcode[code]} expected, got {errno.errorcode[error.errno]}"
    else:
        raise AssertionError(f"{errno.errorcode[code]} expected, but the call succeeded")


def touch(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL))


def space(device, code):
    path = f"/q/{device}/big"
    statistics = os.statvfs(f"/q/{device}")
    between(8 * MIB, statistics.f_blocks * statistics.f_bsize, 8 * MIB)
    file = os.open(path, os.O_CREAT | os.O_RDWR)
    done, error = fill(file)
    assert error == code, f"{error} at {done}"
    between(8 * MIB - 128 * 1024, done, 8 * MIB)
    between(0, free(device), 128 * 1024)
    assert os.pwrite(file, b"y" * 65536, 0) == 65536, "what is there can be written again"
    os.unlink(path)
    between(0, free(device), 128 * 1024)
    os.close(file)
    between(8 * MIB - 128 * 1024, free(device), 8 * MIB)
    file = os.open(f"/q/{device}/kept", os.O_CREAT | os.O_RDWR)
    assert fill(file, 6 * MIB) == (6 * MIB, 0), "freed space can be used"
    os.close(file)


def space_again(device, code):
    between(2 * MIB - 128 * 1024, free(device), 2 * MIB)
    file = os.open(f"/q/{device}/more", os.O_CREAT | os.O_RDWR)
    done, error = fill(file)
    assert error == code, f"{error} at {done}"
    between(2 * MIB - 128 * 1024, done, 2 * MIB)
    os.unlink(f"/q/{device}/kept")
    assert fill(file, 5 * MIB) == (5 * MIB, 0), "freed space can be used"
    os.close(file)


def first():
    @case
    def enospc():
        "max-space: ENOSPC, statfs tells, an unlinked file counts until it is closed, freed space can be used"
        space("max-space", errno.ENOSPC)

    @case
    def edquot():
        "max-space with errno=EDQUOT: the same with EDQUOT"
        space("edquot", errno.EDQUOT)

    @case
    def sparse():
        "holes take nothing; what is truncated can be used"
        os.unlink("/q/edquot/kept")
        file = os.open("/q/edquot/sparse", os.O_CREAT | os.O_RDWR)
        os.ftruncate(file, 1 << 30)
        os.pwrite(file, b"x", 1 << 29)
        between(8 * MIB - 128 * 1024, free("edquot"), 8 * MIB)
        os.ftruncate(file, 0)
        os.lseek(file, 0, 0)
        assert fill(file, 7 * MIB) == (7 * MIB, 0)
        os.ftruncate(file, 0)
        os.close(file)
        file = os.open("/q/edquot/kept", os.O_CREAT | os.O_RDWR)
        assert fill(file, 6 * MIB) == (6 * MIB, 0)
        os.close(file)

    @case
    def files():
        "max-files: folders, links and files count, the next is ENOSPC, statfs tells, a removed one makes room"
        os.mkdir("/q/max-files/folder")
        os.symlink("folder", "/q/max-files/link")
        for i in range(18):
            touch(f"/q/max-files/folder/{i}")
        assert os.statvfs("/q/max-files").f_ffree == 0 and os.statvfs("/q/max-files").f_files == 20
        expect(errno.ENOSPC, touch, "/q/max-files/more")
        expect(errno.ENOSPC, os.mkdir, "/q/max-files/more")
        expect(errno.ENOSPC, os.symlink, "x", "/q/max-files/more")
        os.rename("/q/max-files/folder/0", "/q/max-files/folder/1")
        touch("/q/max-files/more")
        expect(errno.ENOSPC, touch, "/q/max-files/and-more")

    @case
    def open_files():
        "max-open-files: the next is EMFILE, a closed one makes room"
        files = [os.open(f"/q/max-open-files/{i}", os.O_CREAT | os.O_RDWR) for i in range(10)]
        expect(errno.EMFILE, os.open, "/q/max-open-files/0", os.O_RDONLY)
        os.close(files.pop())
        files.append(os.open("/q/max-open-files/0", os.O_RDONLY))
        expect(errno.EMFILE, os.open, "/q/max-open-files/10", os.O_CREAT | os.O_RDWR)
        for file in files:
            os.close(file)

    @case
    def auto_delete():
        "auto-delete: the oldest files make room"
        for i in range(7):
            file = os.open(f"/q/auto-delete/{i}", os.O_CREAT | os.O_RDWR)
            assert fill(file, MIB) == (MIB, 0)
            os.close(file)
            os.utime(f"/q/auto-delete/{i}", (1000 + i, 1000 + i))
        file = os.open("/q/auto-delete/new", os.O_CREAT | os.O_RDWR)
        assert fill(file, 3 * MIB) == (3 * MIB, 0)
        os.close(file)
        left = sorted(os.listdir("/q/auto-delete"))
        assert left[-1] == "new" and "6" in left and "0" not in left, left


def restarted():
    @case
    def enospc():
        "after a restart max-space counts what is there, and freed space can be used"
        space_again("max-space", errno.ENOSPC)

    @case
    def edquot():
        "after a restart errno=EDQUOT does the same"
        space_again("edquot", errno.EDQUOT)

    @case
    def files():
        "after a restart max-files counts what is there"
        assert os.statvfs("/q/max-files").f_ffree == 0
        expect(errno.ENOSPC, touch, "/q/max-files/and-more")
        os.unlink("/q/max-files/more")
        touch("/q/max-files/and-more")

    @case
    def open_files():
        "after a restart nothing is open"
        files = [os.open(f"/q/max-open-files/{i}", os.O_RDWR) for i in range(9)]
        files.append(os.open("/q/max-open-files/0", os.O_RDWR))
        expect(errno.EMFILE, os.open, "/q/max-open-files/0", os.O_RDWR)


{"first": first, "restarted": restarted}[sys.argv[1]]()
print(f"1..{len(results)}")
raise SystemExit(0 if all(results) else 1)
