/* What steers the shim: a file that the test and the server under test both map.
 *
 * The shim stands before the C library (LD_PRELOAD) and counts calls of a kind at a place: the Nth
 * fails, or the process dies before, in or after it. BP_FAULT_CONTROL names the file; without it
 * every call goes through untouched. shim.py has the same structure. */
#ifndef BP_FAULT_CONTROL_H
#define BP_FAULT_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of a data directory a call touches: name, wire name. */
#define FAULT_PLACE_TABLE(X)                                                                       \
    X(OUTSIDE, "outside")                                                                          \
    X(DATA_FOLDER, "data_folder")                                                                  \
    X(LOCK, "lock")                                                                                \
    X(CATALOGUE, "catalogue")                                                                      \
    X(CATALOGUE_WAL, "catalogue_wal")                                                              \
    X(CATALOGUE_JOURNAL, "catalogue_journal")                                                      \
    X(BLOBS_FOLDER, "blobs_folder")                                                                \
    X(BLOB, "blob")                                                                                \
    X(OTHER, "other")
typedef enum fault_place {
#define X(name, wire) FAULT_AT_##name,
    FAULT_PLACE_TABLE(X)
#undef X
        FAULT_PLACE_COUNT
} fault_place;

/* Calls that do the same have one name: write is also pwrite and writev, fsync also fdatasync. */
#define FAULT_CALL_TABLE(X)                                                                        \
    X(OPEN, "open")                                                                                \
    X(READ, "read")                                                                                \
    X(WRITE, "write")                                                                              \
    X(TRUNCATE, "truncate")                                                                        \
    X(FSYNC, "fsync")                                                                              \
    X(RENAME, "rename")                                                                            \
    X(UNLINK, "unlink")                                                                            \
    X(MKDIR, "mkdir")                                                                              \
    X(ACCEPT, "accept")
typedef enum fault_call {
#define X(name, wire) FAULT_##name,
    FAULT_CALL_TABLE(X)
#undef X
        FAULT_CALL_COUNT
} fault_call;

#define FAULT_ACTION_TABLE(X)                                                                      \
    X(NOTHING, "nothing")                                                                          \
    X(FAIL, "fail")               /* -1 and `error` for errno */                                   \
    X(DIE_BEFORE, "die_before")   /* SIGKILL instead of the call */                                \
    X(DIE_AFTER, "die_after")     /* SIGKILL once the call has returned */                         \
    X(DIE_WITHIN, "die_within")   /* a write: half of it, then SIGKILL; another call: before it */ \
    X(FAIL_WITHIN, "fail_within") /* a write: half of it is written, and the next call fails */
typedef enum fault_action {
#define X(name, wire) FAULT_DO_##name,
    FAULT_ACTION_TABLE(X)
#undef X
        FAULT_ACTION_COUNT
} fault_action;

/* All fields may be changed by the test at any time; `action` and `memory_armed` last. Relaxed
 * order is enough: each field is looked at for itself. */
typedef struct fault_control {
    _Atomic int64_t countdown; /* calls until it strikes; 1: the next one */
    _Atomic uint64_t struck;   /* how often it did */
    _Atomic int64_t memory_countdown;
    _Atomic uint64_t memory_struck;
    _Atomic uint64_t memory_calls; /* allocations since the start */
    _Atomic int64_t live_blocks;   /* allocated and not freed, since the file was mapped */
    _Atomic int64_t live_bytes;
    _Atomic uint32_t action; /* fault_action */
    _Atomic uint32_t places; /* bit set of fault_place */
    _Atomic uint32_t calls;  /* bit set of fault_call */
    _Atomic uint32_t error;
    _Atomic uint32_t forever; /* 1: from the Nth call on, not only then */
    _Atomic uint32_t memory_armed;
    _Atomic uint32_t memory_forever;
    _Atomic uint32_t padding;
    _Atomic uint64_t seen[FAULT_PLACE_COUNT][FAULT_CALL_COUNT];
} fault_control;

/* Never NULL; before the file is mapped, or without one, a structure of our own. Any thread. */
fault_control *fault_control_get(void);

typedef enum fault_verdict {
    FAULT_GO, /* make the call */
    FAULT_REFUSE /* errno is set: return -1 */,
    FAULT_HALF,     /* make half of it, if it is a write */
    FAULT_LAST,     /* make it, then fault_die */
    FAULT_LAST_HALF /* make half of it, then fault_die */
} fault_verdict;

/* Counts the call and tells what becomes of it; does not return where the process dies before it.
 * Any thread. */
fault_verdict fault_judge(fault_place place, fault_call call);
_Noreturn void fault_die(void);

/* Where a path leads, "/" first; without BP_FAULT_DATA all is outside. */
fault_place fault_place_of_path(const char *path);
/* Of a descriptor, from /proc: without a cache, so that nothing is stale when a number is used
 * again. */
fault_place fault_place_of_file(int file);
enum { FAULT_PATH_SIZE = 4096 };
/* The absolute path of `name` as openat takes it with `folder`; false: none. */
bool fault_path_of(int folder, const char *name, char out[FAULT_PATH_SIZE]);

/* The tables' wire names, for the test to read; NULL beyond the last. */
const char *fault_place_name(unsigned index);
const char *fault_call_name(unsigned index);
const char *fault_action_name(unsigned index);
size_t fault_control_size(void);

#endif
