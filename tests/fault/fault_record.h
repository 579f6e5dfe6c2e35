/* The recorder: what changes a data directory, in the order in which it became so, for a test to
 * build what a power loss would have left (power_loss.py reads it).
 *
 * BP_FAULT_LOG names a file outside the data directory that is there already. Every record is one
 * write in append mode, so that the records of all threads, and the test's own marks, follow one
 * another whole. A change is recorded once it has been made; an fsync with the length that the log
 * had as it began: what stands before that was made before, and is durable. */
#ifndef BP_FAULT_RECORD_H
#define BP_FAULT_RECORD_H

#include <stddef.h>
#include <stdint.h>

typedef enum fault_record_kind {
    FAULT_RECORD_WRITE = 1, /* number: offset; bytes: the data */
    FAULT_RECORD_TRUNCATE,  /* number: size */
    FAULT_RECORD_FSYNC,     /* number: length of the log as it began */
    FAULT_RECORD_CREATE,    /* inode: of the folder; number: the file's; bytes: its name */
    FAULT_RECORD_MKDIR,     /* the same */
    FAULT_RECORD_UNLINK,    /* inode: of the folder; bytes: the name */
    FAULT_RECORD_RENAME,    /* inode: of the folder; bytes: old name, "/", new name */
    FAULT_RECORD_MARK       /* the test's: bytes: what was acknowledged */
} fault_record_kind;

typedef struct fault_record_head {
    uint32_t kind;
    uint32_t size; /* of the bytes that follow */
    uint64_t inode;
    uint64_t number;
} fault_record_head;

/* The log's length; 0 without one. Any thread, as all below. None changes errno. */
uint64_t fault_record_length(void);
/* By the file's descriptor. */
void fault_record_file(fault_record_kind kind, int file, uint64_t number, const void *bytes,
                       size_t size);
/* By the path of a file, which lies in the folder that the record names; `renamed` is the new name
 * of a rename, in the same folder, else NULL. */
void fault_record_name(fault_record_kind kind, const char *path, const char *renamed);

#endif
