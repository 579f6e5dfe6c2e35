/* The calls that stand before the C library's. Each asks what becomes of it, makes the system call
 * itself and records what changed. They are those that the server, SQLite and libmicrohttpd make.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fault_control.h"
#include "fault_record.h"

/* The result of a call that was made, or the end of the process with it. */
static long settle(fault_verdict verdict, long result) {
    if (verdict == FAULT_LAST || verdict == FAULT_LAST_HALF) {
        fault_die();
    }
    return result;
}

static bool is_half(fault_verdict verdict) {
    return verdict == FAULT_HALF || verdict == FAULT_LAST_HALF;
}

/* --- opening -------------------------------------------------------------------------------- */

static int open_at(int folder, const char *name, int flags, mode_t mode) {
    char path[FAULT_PATH_SIZE];
    fault_place place =
        fault_path_of(folder, name, path) ? fault_place_of_path(path) : FAULT_AT_OUTSIDE;
    fault_verdict verdict = fault_judge(place, FAULT_OPEN);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    int file = (int)syscall(SYS_openat, folder, name, flags, mode);
    if (file >= 0 && place != FAULT_AT_OUTSIDE) {
        if ((flags & O_CREAT) != 0) {
            fault_record_name(FAULT_RECORD_CREATE, path, NULL);
        }
        if ((flags & O_TRUNC) != 0) {
            fault_record_file(FAULT_RECORD_TRUNCATE, file, 0, NULL, 0);
        }
    }
    return (int)settle(verdict, file);
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open(const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(folder, name, flags, mode);
}

/* --- reading -------------------------------------------------------------------------------- */

ssize_t read(int file, void *bytes, size_t size) {
    fault_verdict verdict = fault_judge(fault_place_of_file(file), FAULT_READ);
    return verdict == FAULT_REFUSE ? -1 : settle(verdict, syscall(SYS_read, file, bytes, size));
}

static ssize_t read_at(int file, void *bytes, size_t size, off64_t offset) {
    fault_verdict verdict = fault_judge(fault_place_of_file(file), FAULT_READ);
    return verdict == FAULT_REFUSE
               ? -1
               : settle(verdict, syscall(SYS_pread64, file, bytes, size, offset));
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset) {
    return read_at(file, bytes, size, offset);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t offset) {
    return read_at(file, bytes, size, offset);
}

/* --- writing -------------------------------------------------------------------------------- */

/* Writes at `offset`, or where the file stands with -1. */
static ssize_t write_at(int file, const void *bytes, size_t size, off64_t offset) {
    fault_place place = fault_place_of_file(file);
    fault_verdict verdict = fault_judge(place, FAULT_WRITE);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    size = is_half(verdict) ? (size + 1) / 2 : size;
    ssize_t done = offset < 0 ? syscall(SYS_write, file, bytes, size)
                              : syscall(SYS_pwrite64, file, bytes, size, offset);
    if (done > 0 && place != FAULT_AT_OUTSIDE) {
        off64_t at = offset < 0 ? lseek64(file, 0, SEEK_CUR) - done : offset;
        fault_record_file(FAULT_RECORD_WRITE, file, (uint64_t)at, bytes, (size_t)done);
    }
    return settle(verdict, done);
}

ssize_t write(int file, const void *bytes, size_t size) {
    return write_at(file, bytes, size, -1);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    return write_at(file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    return write_at(file, bytes, size, offset);
}

/* To a data directory part by part, which the caller cannot tell from a short write. */
ssize_t writev(int file, const struct iovec *parts, int count) {
    if (fault_place_of_file(file) == FAULT_AT_OUTSIDE) {
        return syscall(SYS_writev, file, parts, count);
    }
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write_at(file, parts[i].iov_base, parts[i].iov_len, -1);
        if (done < 0) {
            return total > 0 ? total : -1;
        }
        total += done;
        if ((size_t)done < parts[i].iov_len) {
            break;
        }
    }
    return total;
}

static int truncate_to(int file, off64_t size) {
    fault_place place = fault_place_of_file(file);
    fault_verdict verdict = fault_judge(place, FAULT_TRUNCATE);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    long result = syscall(SYS_ftruncate, file, size);
    if (result == 0 && place != FAULT_AT_OUTSIDE) {
        fault_record_file(FAULT_RECORD_TRUNCATE, file, (uint64_t)size, NULL, 0);
    }
    return (int)settle(verdict, result);
}

int ftruncate(int file, off_t size) {
    return truncate_to(file, size);
}

int ftruncate64(int file, off64_t size) {
    return truncate_to(file, size);
}

static int make_durable(int file, long call) {
    fault_place place = fault_place_of_file(file);
    fault_verdict verdict = fault_judge(place, FAULT_FSYNC);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    uint64_t begun = fault_record_length();
    long result = syscall(call, file);
    if (result == 0 && place != FAULT_AT_OUTSIDE) {
        fault_record_file(FAULT_RECORD_FSYNC, file, begun, NULL, 0);
    }
    return (int)settle(verdict, result);
}

int fsync(int file) {
    return make_durable(file, SYS_fsync);
}

int fdatasync(int file) {
    return make_durable(file, SYS_fdatasync);
}

/* --- names ---------------------------------------------------------------------------------- */

/* Within one folder, as everything here does it; another rename would be recorded wrongly. */
int renameat(int from, const char *old_name, int to, const char *new_name) {
    char path[FAULT_PATH_SIZE];
    fault_place place =
        fault_path_of(from, old_name, path) ? fault_place_of_path(path) : FAULT_AT_OUTSIDE;
    fault_verdict verdict = fault_judge(place, FAULT_RENAME);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    long result = syscall(SYS_renameat2, from, old_name, to, new_name, 0);
    if (result == 0 && place != FAULT_AT_OUTSIDE) {
        const char *slash = strrchr(new_name, '/');
        fault_record_name(FAULT_RECORD_RENAME, path, slash != NULL ? slash + 1 : new_name);
    }
    return (int)settle(verdict, result);
}

int rename(const char *old_name, const char *new_name) {
    return renameat(AT_FDCWD, old_name, AT_FDCWD, new_name);
}

int unlinkat(int folder, const char *name, int flags) {
    char path[FAULT_PATH_SIZE];
    fault_place place =
        fault_path_of(folder, name, path) ? fault_place_of_path(path) : FAULT_AT_OUTSIDE;
    fault_verdict verdict = fault_judge(place, FAULT_UNLINK);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    long result = syscall(SYS_unlinkat, folder, name, flags);
    if (result == 0 && place != FAULT_AT_OUTSIDE) {
        fault_record_name(FAULT_RECORD_UNLINK, path, NULL);
    }
    return (int)settle(verdict, result);
}

int unlink(const char *name) {
    return unlinkat(AT_FDCWD, name, 0);
}

int mkdirat(int folder, const char *name, mode_t mode) {
    char path[FAULT_PATH_SIZE];
    fault_place place =
        fault_path_of(folder, name, path) ? fault_place_of_path(path) : FAULT_AT_OUTSIDE;
    fault_verdict verdict = fault_judge(place, FAULT_MKDIR);
    if (verdict == FAULT_REFUSE) {
        return -1;
    }
    long result = syscall(SYS_mkdirat, folder, name, mode);
    if (result == 0 && place != FAULT_AT_OUTSIDE) {
        fault_record_name(FAULT_RECORD_MKDIR, path, NULL);
    }
    return (int)settle(verdict, result);
}

int mkdir(const char *name, mode_t mode) {
    return mkdirat(AT_FDCWD, name, mode);
}

/* --- connections ---------------------------------------------------------------------------- */

int accept4(int listener, __SOCKADDR_ARG address, socklen_t *size, int flags) {
    fault_verdict verdict = fault_judge(FAULT_AT_OUTSIDE, FAULT_ACCEPT);
    return verdict == FAULT_REFUSE
               ? -1
               : (int)settle(verdict,
                             syscall(SYS_accept4, listener, address.__sockaddr__, size, flags));
}
