/* The means is the nice value. Linux, unlike POSIX, has one for each thread, and `who` 0 is the
 * calling thread.
 *
 * What it gives: of two threads the kernel runs the one whose deadline is earlier, and a small
 * share puts the deadline of one that computes far behind that of one that wakes to answer.
 * Compared in turn while both cores trained and other programs ran, ten steps made answers of more
 * than 1 ms a third rarer; SCHED_BATCH changed nothing, and SCHED_IDLE, where answers were as soon,
 * lets any busy program beside the server stop the training. */
#include "background.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

enum { STEPS_BEHIND = 10 };

void bp_background_enter(void) {
#ifdef __linux__
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, 0);
    if (errno == 0) {
        setpriority(PRIO_PROCESS, 0, nice + STEPS_BEHIND); /* the kernel stops at the last, 19 */
    }
#endif
}

typedef struct errand {
    void (*task)(void *context);
    void *context;
} errand;

static void *run(void *argument) {
    const errand *e = argument;
    bp_background_enter();
    e->task(e->context);
    return NULL;
}

bp_status bp_background_run(void (*task)(void *context), void *context, bp_error *err) {
    errand e = {task, context};
    pthread_t thread;
    int code = pthread_create(&thread, NULL, run, &e);
    if (code != 0) {
        return bp_fail(err, BP_INTERNAL, NULL, "a thread could not be started: %s", strerror(code));
    }
    pthread_join(thread, NULL);
    return BP_OK;
}
