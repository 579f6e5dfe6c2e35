#include "fault_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fault_control.h"

static int log_file = -1; /* set before main begins, then only read */

__attribute__((constructor)) static void open_log(void) {
    const char *path = getenv("BP_FAULT_LOG");
    if (path == NULL) {
        return;
    }
    log_file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (log_file < 0) {
        _exit(126);
    }
}

uint64_t fault_record_length(void) {
    struct stat facts;
    return log_file >= 0 && fstat(log_file, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

/* A gap in the log would prove what is not so: without space for it the server dies, in a way that
 * no test expects. */
static void append(const fault_record_head *head, const void *bytes) {
    const int saved = errno;
    struct iovec parts[] = {{(void *)head, sizeof *head}, {(void *)bytes, head->size}};
    ssize_t done = syscall(SYS_writev, log_file, parts, 2);
    if (done != (ssize_t)(sizeof *head + head->size)) {
        _exit(126);
    }
    errno = saved;
}

void fault_record_file(fault_record_kind kind, int file, uint64_t number, const void *bytes,
                       size_t size) {
    struct stat facts;
    if (log_file >= 0 && fstat(file, &facts) == 0) {
        append(&(fault_record_head){kind, (uint32_t)size, facts.st_ino, number}, bytes);
    }
}

/* The last name of `path`; the rest of it, which is the folder's, to `folder`. */
static const char *split(const char *path, char folder[FAULT_PATH_SIZE]) {
    const char *slash = strrchr(path, '/');
    snprintf(folder, FAULT_PATH_SIZE, "%.*s", (int)(slash - path), path);
    return slash + 1;
}

void fault_record_name(fault_record_kind kind, const char *path, const char *renamed) {
    char folder[FAULT_PATH_SIZE];
    char names[2 * 256];
    struct stat facts;
    struct stat own = {0};
    const int saved = errno;
    const char *name = split(path, folder);
    bool has_number = kind == FAULT_RECORD_CREATE || kind == FAULT_RECORD_MKDIR;
    if (log_file >= 0 && stat(folder, &facts) == 0 && (!has_number || stat(path, &own) == 0)) {
        int length = snprintf(names, sizeof names, "%s%s%s", name, renamed != NULL ? "/" : "",
                              renamed != NULL ? renamed : "");
        append(&(fault_record_head){kind, (uint32_t)length, facts.st_ino, own.st_ino}, names);
    }
    errno = saved;
}
