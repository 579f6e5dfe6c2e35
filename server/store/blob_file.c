#include "blob_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write() moves at most this much: Linux stops just below 2 GiB anyway. */
#define CHUNK_BYTES ((size_t)1 << 26)
/* A file is read for its digest in pieces that stay in cache. */
enum { PIECE_BYTES = 1 << 16 };

static const char suffix[] = ".blob";
static const char unfinished[] = ".tmp";

static bp_status fail_io(bp_error *err, const char *verb, const char *file) {
    return bp_fail(err, bp_status_of_file(errno), NULL, "cannot %s blobs/%s: %s", verb, file,
                   strerror(errno));
}

/* Writes all bytes and adds them to the digest on the way. */
static int write_all(int file, const unsigned char *bytes, size_t size, bp_digest *digest) {
    while (size > 0) {
        ssize_t done = write(file, bytes, size < CHUNK_BYTES ? size : CHUNK_BYTES);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return -1;
        }
        bp_digest_add(digest, bytes, (size_t)done);
        bytes += done;
        size -= (size_t)done;
    }
    return 0;
}

/* --- writing -------------------------------------------------------------------------------- */

static void temporary_name(uint64_t number, char out[BP_BLOB_FILE_SIZE]) {
    snprintf(out, BP_BLOB_FILE_SIZE, "%016" PRIx64 "%s%s", number, suffix, unfinished);
}

bp_status bp_blob_begin(bp_blob_draft *out, int folder, uint64_t number, bp_error *err) {
    char name[BP_BLOB_FILE_SIZE];
    temporary_name(number, name);
    int file = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail_io(err, "make", name);
    }
    *out = (bp_blob_draft){.folder = folder, .file = file, .number = number};
    return BP_OK;
}

void bp_blob_drop(bp_blob_draft *draft) {
    if (draft->file >= 0) {
        char name[BP_BLOB_FILE_SIZE];
        temporary_name(draft->number, name);
        close(draft->file);
        bp_blob_remove(draft->folder, name);
        draft->file = -1;
    }
}

/* Of all that the file holds; the count of its bytes to *size. */
static int digest_file(const bp_blob_draft *draft, uint64_t *size, char hex[BP_DIGEST_HEX_SIZE]) {
    unsigned char piece[PIECE_BYTES];
    bp_digest digest = draft->digest;
    if (draft->begun == 0) {
        bp_digest_start(&digest);
    }
    *size = draft->begun;
    for (;;) {
        ssize_t done = pread(draft->file, piece, sizeof piece, (off_t)*size);
        if (done < 0 && errno != EINTR) {
            return -1;
        }
        if (done == 0) {
            bp_digest_finish(&digest, hex);
            return 0;
        }
        if (done > 0) {
            bp_digest_add(&digest, piece, (size_t)done);
            *size += (uint64_t)done;
        }
    }
}

/* close() reports what the file system learned late, so its result counts. */
static int make_durable(bp_blob_draft *draft, const char *temporary, const char *name) {
    int result = fsync(draft->file);
    int saved = errno;
    int closed = close(draft->file);
    draft->file = -1;
    if (result != 0) {
        errno = saved;
        return -1;
    }
    return closed == 0 ? renameat(draft->folder, temporary, draft->folder, name) : -1;
}

/* The blob, whose size and digest are known, gets its name. */
static bp_status finish(bp_blob_draft *draft, bp_blob *blob, bp_error *err) {
    char temporary[BP_BLOB_FILE_SIZE];
    temporary_name(draft->number, temporary);
    snprintf(blob->file, sizeof blob->file, "%016" PRIx64 "%s", draft->number, suffix);
    if (make_durable(draft, temporary, blob->file) != 0) {
        bp_status status = fail_io(err, "write", temporary);
        bp_blob_remove(draft->folder, temporary);
        return status;
    }
    if (fsync(draft->folder) != 0) {
        bp_status status = fail_io(err, "make durable", blob->file);
        bp_blob_remove(draft->folder, blob->file);
        return status;
    }
    return BP_OK;
}

/* The disk writes while the digest is computed. */
bp_status bp_blob_finish(bp_blob_draft *draft, bp_blob *out, bp_error *err) {
    bp_blob blob = {0};
    (void)sync_file_range(draft->file, 0, 0, SYNC_FILE_RANGE_WRITE); /* advice */
    if (digest_file(draft, &blob.size, blob.sha256) != 0) {
        bp_status status = fail_io(err, "read", "a new file");
        bp_blob_drop(draft);
        return status;
    }
    bp_status status = finish(draft, &blob, err);
    if (status == BP_OK) {
        *out = blob;
    }
    return status;
}

bp_status bp_blob_write(int folder, uint64_t number, const void *bytes, size_t size, bp_blob *out,
                        bp_error *err) {
    bp_blob blob = {.size = size};
    bp_blob_draft draft = {.file = -1};
    bp_status status = bp_blob_begin(&draft, folder, number, err);
    if (status != BP_OK) {
        return status;
    }
    bp_digest digest;
    bp_digest_start(&digest);
    if (write_all(draft.file, bytes, size, &digest) != 0) {
        status = fail_io(err, "write", "a new file");
        bp_blob_drop(&draft);
        return status;
    }
    bp_digest_finish(&digest, blob.sha256);
    status = finish(&draft, &blob, err);
    if (status == BP_OK) {
        *out = blob;
    }
    return status;
}

/* --- reading -------------------------------------------------------------------------------- */

static int read_all(int file, unsigned char *bytes, size_t size) {
    while (size > 0) {
        ssize_t done = read(file, bytes, size < CHUNK_BYTES ? size : CHUNK_BYTES);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return -1;
        }
        bytes += done;
        size -= (size_t)done;
    }
    return 0;
}

static bp_status check_size(int file, const bp_blob *blob, bp_error *err) {
    struct stat facts;
    if (fstat(file, &facts) != 0) {
        return fail_io(err, "read", blob->file);
    }
    if ((uint64_t)facts.st_size != blob->size) {
        return bp_fail(err, BP_IO, NULL,
                       "blobs/%s is damaged: it has %" PRIu64 " bytes, not %" PRIu64, blob->file,
                       (uint64_t)facts.st_size, blob->size);
    }
    return BP_OK;
}

bp_status bp_blob_check(const void *bytes, const bp_blob *blob, bp_error *err) {
    bp_digest digest;
    char hex[BP_DIGEST_HEX_SIZE];
    bp_digest_start(&digest);
    bp_digest_add(&digest, bytes, blob->size);
    bp_digest_finish(&digest, hex);
    if (strcmp(hex, blob->sha256) != 0) {
        const bool has_file = blob->file[0] != '\0';
        return bp_fail(err, BP_IO, NULL, "%s%s is damaged: its SHA-256 is not the one recorded",
                       has_file ? "blobs/" : "its blob", blob->file);
    }
    return BP_OK;
}

static bp_status read_checked(int file, const bp_blob *blob, void **out, bp_error *err) {
    bp_status status = check_size(file, blob, err);
    if (status != BP_OK) {
        return status;
    }
    void *bytes = malloc(blob->size > 0 ? blob->size : 1);
    if (bytes == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for blobs/%s of %" PRIu64 " bytes",
                       blob->file, blob->size);
    }
    status = read_all(file, bytes, blob->size) != 0 ? fail_io(err, "read", blob->file)
                                                    : bp_blob_check(bytes, blob, err);
    if (status != BP_OK) {
        free(bytes);
        return status;
    }
    *out = bytes;
    return BP_OK;
}

bp_status bp_blob_read(int folder, const bp_blob *blob, void **out, bp_error *err) {
    int file = openat(folder, blob->file, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail_io(err, "read", blob->file);
    }
    bp_status status = read_checked(file, blob, out, err);
    close(file);
    return status;
}

static bp_status map_checked(int file, const bp_blob *blob, const void **out, bp_error *err) {
    bp_status status = check_size(file, blob, err);
    if (status != BP_OK) {
        return status;
    }
    void *mapping = mmap(NULL, blob->size, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapping == MAP_FAILED) {
        return fail_io(err, "map", blob->file);
    }
    *out = mapping;
    return BP_OK;
}

bp_status bp_blob_map(int folder, const bp_blob *blob, const void **out, bp_error *err) {
    int file = openat(folder, blob->file, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail_io(err, "read", blob->file);
    }
    bp_status status = map_checked(file, blob, out, err);
    close(file);
    return status;
}

/* --- names ---------------------------------------------------------------------------------- */

void bp_blob_remove(int folder, const char *file) {
    if (file[0] != '\0') {
        unlinkat(folder, file, 0);
    }
}

bool bp_blob_parse_name(const char *file, uint64_t *number) {
    enum { DIGITS = 16 };
    if (strspn(file, "0123456789abcdef") != DIGITS) {
        return false;
    }
    const char *rest = file + DIGITS;
    if (strncmp(rest, suffix, sizeof suffix - 1) != 0) {
        return false;
    }
    rest += sizeof suffix - 1;
    *number = strtoull(file, NULL, 16);
    return rest[0] == '\0' || strcmp(rest, unfinished) == 0;
}
