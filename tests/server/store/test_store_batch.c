/* Batches: all or nothing, in order, with and without waiting. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

#define INLINE_BYTES ((long)BP_STORE_INLINE_BLOB)
#define FILE_BYTES (INLINE_BYTES + 1)

/* --- all or nothing ------------------------------------------------------------------------- */

static void all_kinds_of_changes_come_together(void **state) {
    store_fixture *made = *state;
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "none", 0, -1);
    add_object(batch, "empty", 0, 0);
    add_object(batch, "small", 's', INLINE_BYTES);
    add_object(batch, "large", 'l', FILE_BYTES);
    add_event(batch, 7, 1, "one");
    add_key(batch, "k", 1);
    expect_models(made, "");
    expect_events(made, "");
    commit(made, batch);
    for (int round = 0; round < 2; round++) {
        expect_models(made, "none:- empty:?x0 small:sx65536 large:lx65537 ");
        expect_events(made, "7.1=one ");
        assert_true(has_key(made, "k"));
        assert_int_equal(count_blob_files(made, NULL), 1);
        reopen_store(made);
    }
}

static void an_empty_batch_is_no_error(void **state) {
    store_fixture *made = *state;
    commit(made, new_batch(made));
    bp_store_batch_free(NULL);
}

static void a_batch_that_fails_changes_nothing(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "m", 'a', FILE_BYTES);
    add_key(batch, "k", 1);
    add_event(batch, 1, 1, "one");
    commit(made, batch);
    batch = new_batch(made);
    add_object(batch, "m", 'b', FILE_BYTES);
    add_object(batch, "other", 'c', 3);
    add_event(batch, 1, 2, "two");
    assert_int_equal(bp_store_batch_forget_events(batch, 1, &err), BP_OK);
    assert_int_equal(bp_store_batch_delete(batch, BP_STORE_MODEL, "m", &err), BP_OK);
    add_key(batch, "k", 2);
    assert_int_equal(count_blob_files(made, NULL), 2);
    assert_int_equal(bp_store_commit(made->store, batch, &err), BP_EXISTS);
    assert_non_null(strstr(err.message, "'k'"));
    assert_int_equal(count_blob_files(made, NULL), 1);
    expect_models(made, "m:ax65537 ");
    expect_events(made, "1.1=one ");
}

static void a_batch_that_is_dropped_leaves_nothing(void **state) {
    store_fixture *made = *state;
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "m", 'b', FILE_BYTES);
    add_object(batch, "n", 'b', FILE_BYTES);
    assert_int_equal(count_blob_files(made, NULL), 2);
    bp_store_batch_free(batch);
    assert_int_equal(count_blob_files(made, NULL), 0);
    expect_models(made, "");
}

static void the_last_change_of_an_object_counts(void **state) {
    store_fixture *made = *state;
    bp_error err = {0};
    bp_store_batch *batch = new_batch(made);
    add_object(batch, "twice", 'a', FILE_BYTES);
    add_object(batch, "twice", 'b', FILE_BYTES);
    add_object(batch, "inline", 'a', FILE_BYTES);
    add_object(batch, "inline", 'b', 5);
    add_object(batch, "gone", 'a', FILE_BYTES);
    assert_int_equal(bp_store_batch_delete(batch, BP_STORE_MODEL, "gone", &err), BP_OK);
    assert_int_equal(bp_store_batch_delete(batch, BP_STORE_MODEL, "back", &err), BP_OK);
    add_object(batch, "back", 'c', FILE_BYTES);
    commit(made, batch);
    expect_models(made, "twice:bx65537 inline:bx5 back:cx65537 ");
    assert_int_equal(count_blob_files(made, NULL), 2);
    batch = new_batch(made);
    add_object(batch, "twice", 'd', 1);
    add_object(batch, "back", 'e', -1);
    commit(made, batch);
    expect_models(made, "twice:dx1 inline:bx5 back:- ");
    assert_int_equal(count_blob_files(made, NULL), 0);
}

static void a_draft_may_be_part_of_a_batch(void **state) {
    store_fixture *made = *state;
    const bp_store_object object = {.kind = BP_STORE_MODEL, .name = "m", .json = "{}"};
    bp_error err = {0};
    for (int kept = 0; kept < 2; kept++) {
        bp_store_draft *draft = NULL;
        assert_int_equal(bp_store_draft_new(&draft, made->store, &err), BP_OK);
        assert_int_equal(write(bp_store_draft_file(draft), "ddd", 3), 3);
        bp_store_batch *batch = new_batch(made);
        expect_status(bp_store_batch_put_draft(batch, &object, draft, &err), BP_OK, &err);
        bp_store_draft_free(draft);
        add_key(batch, "k", 1);
        bp_store_batch *other = new_batch(made);
        if (kept == 0) {
            bp_store_batch_free(batch);
        } else {
            commit(made, batch);
            add_object(other, "n", 0, -1);
        }
        commit(made, other);
        assert_int_equal(count_blob_files(made, NULL), kept);
    }
    expect_models(made, "m:dx3 n:- ");
}

/* --- without waiting ------------------------------------------------------------------------ */

/* Holds the store's thread in a callback, so that what is queued meanwhile is one transaction. */
typedef struct gate {
    sem_t reached, open;
} gate;

static void wait_at_gate(void *context, bp_status status, const bp_error *err) {
    gate *self = context;
    (void)status, (void)err;
    sem_post(&self->reached);
    sem_wait(&self->open);
}

static void close_gate(store_fixture *made, gate *self) {
    sem_init(&self->reached, 0, 0);
    sem_init(&self->open, 0, 0);
    bp_store_commit_later(made->store, new_batch(made), wait_at_gate, self);
    sem_wait(&self->reached);
}

enum { MOST_ENDS = 16 };
/* Written by the store's thread, read once it is joined or has answered a later call. */
typedef struct ends {
    size_t count;
    bp_status status[MOST_ENDS];
    char message[MOST_ENDS][BP_MESSAGE_SIZE];
} ends;

static void note_end(void *context, bp_status status, const bp_error *err) {
    ends *all = context;
    all->status[all->count] = status;
    snprintf(all->message[all->count++], BP_MESSAGE_SIZE, "%s", err->message);
}

static void a_bad_batch_fails_alone_and_in_its_turn(void **state) {
    store_fixture *made = *state;
    gate held;
    ends all = {0};
    close_gate(made, &held);
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%d", i);
        bp_store_batch *batch = new_batch(made);
        add_object(batch, name, 'a' + i, i == 2 ? FILE_BYTES : 4);
        add_key(batch, i == 2 || i == 3 ? "k1" : name, 1); /* "k1": taken by nobody, then by m2 */
        bp_store_commit_later(made->store, batch, note_end, &all);
    }
    sem_post(&held.open);
    expect_models(made, "m0:ax4 m1:bx4 m2:cx65537 m4:ex4 ");
    assert_int_equal(all.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(all.status[i], i == 3 ? BP_EXISTS : BP_OK);
        assert_int_equal(all.message[i][0] != '\0', i == 3);
    }
    assert_int_equal(count_blob_files(made, NULL), 1);
}

static void a_waiting_commit_takes_its_turn(void **state) {
    store_fixture *made = *state;
    for (int i = 0; i < 10; i++) {
        bp_store_batch *later = new_batch(made), *now = new_batch(made);
        add_object(later, "m", 'a', 3);
        add_object(now, "m", 'b', 3);
        bp_store_commit_later(made->store, later, NULL, NULL);
        commit(made, now);
        expect_models(made, "m:bx3 ");
    }
}

/* Each end queues the next batch, from the store's thread. */
typedef struct relay {
    store_fixture *made;
    int left;
} relay;

static void pass_on(void *context, bp_status status, const bp_error *err) {
    relay *self = context;
    (void)err;
    if (status == BP_OK && self->left > 0) {
        bp_store_batch *batch = new_batch(self->made);
        add_event(batch, 1, (uint64_t)(10 - self->left), "x");
        self->left--;
        bp_store_commit_later(self->made->store, batch, pass_on, self);
    }
}

static void closing_finishes_what_waits_and_what_that_queues(void **state) {
    store_fixture *made = *state;
    relay runner = {.made = made, .left = 5};
    bp_store_commit_later(made->store, new_batch(made), pass_on, &runner);
    bp_store_close(made->store);
    made->store = NULL;
    assert_int_equal(runner.left, 0);
    reopen_store(made);
    expect_events(made, "1.5=x 1.6=x 1.7=x 1.8=x 1.9=x ");
}

enum { WRITERS = 4, ROUNDS = 200 };

typedef struct writer {
    store_fixture *made;
    int number, failures;
    int next;           /* the store's thread's: the end that is to come */
    atomic_int *in_all; /* relaxed: read when all is over */
} writer;

typedef struct task {
    writer *writer;
    int round;
} task;

static void note_task(void *context, bp_status status, const bp_error *err) {
    task *self = context;
    (void)err;
    const bool is_bad = self->round % 7 == 6;
    self->writer->failures += status != (is_bad ? BP_EXISTS : BP_OK);
    self->writer->failures += self->round != self->writer->next++;
    atomic_fetch_add_explicit(self->writer->in_all, 1, memory_order_relaxed);
    free(self);
}

static void *write_rounds(void *argument) {
    writer *self = argument;
    for (int round = 0; round < ROUNDS; round++) {
        task *each = malloc(sizeof *each);
        assert_non_null(each);
        *each = (task){.writer = self, .round = round};
        bp_store_batch *batch = new_batch(self->made);
        char name[16];
        snprintf(name, sizeof name, "w%d", self->number);
        add_object(batch, name, 'a' + round % 26, round % 50 == 0 ? FILE_BYTES : 100);
        add_event(batch, (uint64_t)self->number, (uint64_t)(round % 7 == 6 ? round - 1 : round),
                  "x");
        bp_store_commit_later(self->made->store, batch, note_task, each);
    }
    return NULL;
}

static bp_status count_event(void *context, const bp_store_event *event, bp_error *err) {
    (void)event, (void)err;
    ++*(size_t *)context;
    return BP_OK;
}

static void many_threads_are_told_in_their_order(void **state) {
    store_fixture *made = *state;
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    atomic_int ended = 0;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.made = made, .number = i, .in_all = &ended};
        assert_int_equal(pthread_create(&threads[i], NULL, write_rounds, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    reopen_store(made);
    assert_int_equal(ended, WRITERS * ROUNDS);
    size_t events = 0;
    bp_error err = {0};
    expect_status(bp_store_load_events(made->store, count_event, &events, &err), BP_OK, &err);
    assert_int_equal(events, WRITERS * (ROUNDS - ROUNDS / 7));
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(writers[i].failures, 0);
    }
    assert_int_equal(count_blob_files(made, NULL), 0);
}

/* --- kill -9 -------------------------------------------------------------------------------- */

static void acknowledge(void *context, bp_status status, const bp_error *err) {
    const int *pipe_end = context;
    (void)err;
    if (status != BP_OK || write(*pipe_end, "+", 1) != 1) {
        _exit(1);
    }
}

/* Batch i: event i, key i, and the object "last" with i bytes, now inline, now in a file. */
static void write_batches_until_killed(store_fixture *made, int pipe_end) {
    if (bp_store_open(&made->store, made->data, NULL) != BP_OK) {
        _exit(1);
    }
    for (int i = 1;; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        bp_store_batch *batch = new_batch(made);
        add_object(batch, "last", 'x', i % 2 == 0 ? FILE_BYTES + i : i);
        add_event(batch, 1, (uint64_t)i, "x");
        add_key(batch, key, i);
        if (i % 8 == 0) {
            commit(made, batch);
        } else {
            bp_store_commit_later(made->store, batch, acknowledge, &pipe_end);
        }
    }
}

typedef struct size_seen {
    long bytes;
} size_seen;

static bp_status note_size(void *context, const bp_store_object *object, bp_error *err) {
    (void)err;
    ((size_seen *)context)->bytes = (long)object->blob_size;
    return BP_OK;
}

static void a_batch_is_whole_after_kill_9(void **state) {
    store_fixture *made = *state;
    int pipes[2];
    close_store(made);
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipes[0]);
        write_batches_until_killed(made, pipes[1]);
    }
    close(pipes[1]);
    size_t acknowledged = 0, events = 0;
    char byte;
    while (acknowledged < 100) {
        assert_int_equal(read(pipes[0], &byte, 1), 1);
        acknowledged++;
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (read(pipes[0], &byte, 1) == 1) {
        acknowledged++;
    }
    close(pipes[0]);
    reopen_store(made);
    assert_int_equal(bp_store_load_events(made->store, count_event, &events, NULL), BP_OK);
    assert_true(events >= acknowledged);
    size_seen last = {0};
    assert_int_equal(bp_store_load(made->store, BP_STORE_MODEL, note_size, &last, NULL), BP_OK);
    assert_int_equal(last.bytes, events % 2 == 0 ? FILE_BYTES + (long)events : (long)events);
    for (size_t i = 1; i <= events + 1; i++) {
        char key[24];
        snprintf(key, sizeof key, "%zu", i);
        assert_int_equal(has_key(made, key), i <= events);
    }
    assert_int_equal(count_blob_files(made, NULL), events % 2 == 0 ? 1 : 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_store, tear_down_store)
    const struct CMUnitTest tests[] = {
        TEST(all_kinds_of_changes_come_together),
        TEST(an_empty_batch_is_no_error),
        TEST(a_batch_that_fails_changes_nothing),
        TEST(a_batch_that_is_dropped_leaves_nothing),
        TEST(the_last_change_of_an_object_counts),
        TEST(a_draft_may_be_part_of_a_batch),
        TEST(a_bad_batch_fails_alone_and_in_its_turn),
        TEST(a_waiting_commit_takes_its_turn),
        TEST(closing_finishes_what_waits_and_what_that_queues),
        TEST(many_threads_are_told_in_their_order),
        TEST(a_batch_is_whole_after_kill_9),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
