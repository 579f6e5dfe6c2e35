#include "fault_control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static fault_control unsteered;
static _Atomic(fault_control *) control = &unsteered; /* one writer: attach */

fault_control *fault_control_get(void) {
    return atomic_load_explicit(&control, memory_order_acquire);
}

/* A test that forgot the file would test nothing: no server then. */
__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("BP_FAULT_CONTROL");
    if (path == NULL) {
        return;
    }
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    void *mapping =
        file < 0 ? MAP_FAILED
                 : mmap(NULL, sizeof(fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapping == MAP_FAILED) {
        _exit(126);
    }
    syscall(SYS_close, file);
    atomic_store_explicit(&control, mapping, memory_order_release);
}

_Noreturn void fault_die(void) {
    for (;;) {
        syscall(SYS_kill, getpid(), SIGKILL);
    }
}

/* The Nth call, or one behind it where it goes on for ever. */
static bool is_its_turn(fault_control *by) {
    int64_t left = atomic_fetch_sub_explicit(&by->countdown, 1, memory_order_relaxed);
    return left == 1 || (left < 1 && atomic_load_explicit(&by->forever, memory_order_relaxed) != 0);
}

static bool is_meant(fault_control *by, fault_place place, fault_call call) {
    uint32_t places = atomic_load_explicit(&by->places, memory_order_relaxed);
    uint32_t calls = atomic_load_explicit(&by->calls, memory_order_relaxed);
    return (places >> place & 1U) != 0 && (calls >> call & 1U) != 0;
}

static fault_verdict strike(fault_control *by, uint32_t action, fault_call call) {
    const bool is_write = call == FAULT_WRITE;
    atomic_fetch_add_explicit(&by->struck, 1, memory_order_relaxed);
    switch (action) {
    case FAULT_DO_DIE_WITHIN:
        if (is_write) {
            return FAULT_LAST_HALF;
        }
        fault_die();
    case FAULT_DO_DIE_BEFORE:
        fault_die();
    case FAULT_DO_DIE_AFTER:
        return FAULT_LAST;
    case FAULT_DO_FAIL_WITHIN:
        if (is_write) {
            atomic_store_explicit(&by->countdown, 1, memory_order_relaxed);
            atomic_store_explicit(&by->action, FAULT_DO_FAIL, memory_order_relaxed);
            return FAULT_HALF;
        }
        break;
    default:
        break;
    }
    errno = (int)atomic_load_explicit(&by->error, memory_order_relaxed);
    return FAULT_REFUSE;
}

fault_verdict fault_judge(fault_place place, fault_call call) {
    fault_control *by = fault_control_get();
    atomic_fetch_add_explicit(&by->seen[place][call], 1, memory_order_relaxed);
    uint32_t action = atomic_load_explicit(&by->action, memory_order_relaxed);
    if (action == FAULT_DO_NOTHING || !is_meant(by, place, call) || !is_its_turn(by)) {
        return FAULT_GO;
    }
    return strike(by, action, call);
}

/* --- names ---------------------------------------------------------------------------------- */

#define X(name, wire) wire,
static const char *const places[] = {FAULT_PLACE_TABLE(X)};
static const char *const calls[] = {FAULT_CALL_TABLE(X)};
static const char *const actions[] = {FAULT_ACTION_TABLE(X)};
#undef X

const char *fault_place_name(unsigned index) {
    return index < FAULT_PLACE_COUNT ? places[index] : NULL;
}

const char *fault_call_name(unsigned index) {
    return index < FAULT_CALL_COUNT ? calls[index] : NULL;
}

const char *fault_action_name(unsigned index) {
    return index < FAULT_ACTION_COUNT ? actions[index] : NULL;
}

size_t fault_control_size(void) {
    return sizeof(fault_control);
}
