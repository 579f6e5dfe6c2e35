/* Whose turn it is, with how many workers: the scheduler with jobs that train nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

#include "clock.h"
#include "job_control.h"
#include "scheduler.h"

enum { MOST_JOBS = 64, MODELS = 8, WORKERS = 3 };

typedef enum verdict { STAY, END, PARK } verdict;

/* What the jobs do, and what was seen of it. */
typedef struct stage {
    bp_scheduler *scheduler;
    pthread_mutex_t lock; /* guards what follows */
    verdict verdict[MOST_JOBS];
    bool on[MOST_JOBS];            /* on a lane */
    uint64_t began[4 * MOST_JOBS]; /* ids, in the order in which turns began */
    size_t turns, active, most_active;
    size_t shutdowns;          /* turns that ended because they were asked to */
    uint64_t training[MODELS]; /* the job in the middle of training it; 0: none */
    bool clash;                /* two of one model at once */
} stage;

static char models[MODELS]; /* only their addresses count */

static stage stage_; /* cmocka fails a test by a jump: what threads use is not on the stack */

/* --- a turn --------------------------------------------------------------------------------- */

static size_t model_of(const bp_job *job) {
    return (size_t)((const char *)job->model - models);
}

static void enter(stage *self, bp_job *job) {
    uint64_t *training = &self->training[model_of(job)];
    pthread_mutex_lock(&self->lock);
    self->began[self->turns++] = job->id;
    self->on[job->id] = true;
    self->active++;
    self->most_active = self->active > self->most_active ? self->active : self->most_active;
    self->clash = self->clash || (*training != 0 && *training != job->id);
    *training = job->id;
    pthread_mutex_unlock(&self->lock);
}

static verdict look(stage *self, bp_job *job) {
    pthread_mutex_lock(&self->lock);
    verdict seen = self->verdict[job->id];
    if (seen == STAY && (bp_job_asked(job) & BP_ASK_SHUTDOWN) != 0) {
        self->shutdowns++;
        seen = PARK;
    }
    pthread_mutex_unlock(&self->lock);
    return seen;
}

static void leave(stage *self, bp_job *job, verdict how) {
    pthread_mutex_lock(&self->lock);
    self->active--;
    self->on[job->id] = false;
    self->verdict[job->id] = STAY;
    if (how == END) {
        self->training[model_of(job)] = 0;
    }
    pthread_mutex_unlock(&self->lock);
}

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void note_clash(stage *self) {
    pthread_mutex_lock(&self->lock);
    self->clash = true;
    pthread_mutex_unlock(&self->lock);
}

static bp_turn act(void *context, bp_job *job, bp_lane *lane) {
    stage *self = context;
    bp_job_info facts;
    verdict how;
    bp_status status = bp_job_begin(job, NULL);
    (void)lane;
    enter(self, job);
    while ((how = look(self, job)) == STAY) {
        rest();
    }
    leave(self, job, how);
    if (how == END) {
        bp_job_draft(job, BP_JOB_SUCCEEDED, &facts);
        job->model = NULL;
        status = status == BP_OK ? bp_job_end(job, &facts, NULL) : status;
    } else {
        status = status == BP_OK ? bp_job_park(job, BP_JOB_PAUSED, NULL) : status;
    }
    if (status != BP_OK) {
        note_clash(self);
    }
    return how == END ? BP_TURN_ENDED : BP_TURN_PARKED;
}

/* --- the test's side ------------------------------------------------------------------------ */

static int set_up(void **state) {
    const bp_scheduler_options options = {
        .run = act, .context = &stage_, .workers = WORKERS, .most_queued = 20};
    stage_ = (stage){.lock = PTHREAD_MUTEX_INITIALIZER};
    *state = &stage_;
    return bp_scheduler_new(&stage_.scheduler, &options, NULL) == BP_OK ? 0 : -1;
}

/* Jobs that are left have models that are none. */
static int tear_down(void **state) {
    stage *self = *state;
    bp_scheduler_stop(self->scheduler);
    for (uint64_t id = 1; id < MOST_JOBS; id++) {
        bp_job *job = bp_scheduler_find(self->scheduler, id);
        if (job != NULL) {
            job->model = NULL;
            bp_job_unref(job);
        }
    }
    bp_scheduler_free(self->scheduler);
    return self->clash ? -1 : 0;
}
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

typedef struct casting {
    size_t model, threads; /* 0: as many as there are */
    int priority;
} casting;

/* The id; the table's reference. */
static uint64_t add(stage *self, casting as) {
    bp_error err = {0};
    bp_job *job = NULL;
    bp_job_info info = {.state = BP_JOB_QUEUED};
    assert_int_equal(bp_scheduler_admit(self->scheduler, &info.id, &err), BP_OK);
    info.request.options.threads = as.threads;
    info.request.terms.priority = as.priority;
    assert_int_equal(bp_job_new(&job, &info, NULL, &err), BP_OK);
    job->model = (bp_registry_entry *)(void *)&models[as.model];
    bp_scheduler_add(self->scheduler, job, false);
    return info.id;
}

static void start(stage *self) {
    bp_error err = {0};
    assert_int_equal(bp_scheduler_start(self->scheduler, &err), BP_OK);
}

static void give(stage *self, uint64_t id, verdict how) {
    pthread_mutex_lock(&self->lock);
    self->verdict[id] = how;
    pthread_mutex_unlock(&self->lock);
}

static bool is_on(stage *self, uint64_t id) {
    pthread_mutex_lock(&self->lock);
    const bool on = self->on[id];
    pthread_mutex_unlock(&self->lock);
    return on;
}

static size_t turns_of(stage *self) {
    pthread_mutex_lock(&self->lock);
    const size_t turns = self->turns;
    pthread_mutex_unlock(&self->lock);
    return turns;
}

/* Waits until so many turns have begun, and a moment more for those that should not. */
static void wait_for_turns(stage *self, size_t turns) {
    const double since = bp_clock_seconds();
    while (turns_of(self) < turns && bp_clock_seconds() - since < 30) {
        rest();
    }
    for (int i = 0; i < 20; i++) {
        rest();
    }
    assert_int_equal(turns_of(self), turns);
}

static void wait_until_off(stage *self, uint64_t id) {
    const double since = bp_clock_seconds();
    bp_job *job = bp_scheduler_find(self->scheduler, id);
    bp_job_wait_until_off(job, 30);
    bp_job_unref(job);
    assert_true(bp_clock_seconds() - since < 30);
}

static size_t share_of(stage *self, uint64_t id) {
    bp_job *job = bp_scheduler_find(self->scheduler, id);
    const size_t share = bp_job_share(job);
    bp_job_unref(job);
    return share;
}

/* A share is dealt with the scheduler's lock a moment after a turn ends. */
static void expect_share(stage *self, uint64_t id, size_t share) {
    const double since = bp_clock_seconds();
    while (share_of(self, id) != share && bp_clock_seconds() - since < 30) {
        rest();
    }
    assert_int_equal(share_of(self, id), share);
}

static void with_job(stage *self, uint64_t id, void (*what)(bp_scheduler *, bp_job *)) {
    bp_job *job = bp_scheduler_find(self->scheduler, id);
    assert_non_null(job);
    what(self->scheduler, job);
    bp_job_unref(job);
}

/* --- order ---------------------------------------------------------------------------------- */

static void by_priority_then_by_id_at_most_as_many_as_workers(void **state) {
    stage *self = *state;
    static const int priority[] = {0, -5, 7, 0, 7, 1};
    static const uint64_t expected[] = {3, 5, 6, 1, 4, 2};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(add(self, (casting){.model = i, .priority = priority[i]}), i + 1);
    }
    start(self);
    wait_for_turns(self, WORKERS);
    size_t running, queued;
    bp_scheduler_count(self->scheduler, &running, &queued);
    assert_int_equal(running, WORKERS);
    assert_int_equal(queued, 3);
    for (size_t i = 0; i < 6; i++) {
        give(self, expected[i], END);
        wait_for_turns(self, i + 1 + WORKERS < 6 ? i + 1 + WORKERS : 6);
    }
    for (size_t i = WORKERS; i < 6; i++) { /* the first three began at once, in any order */
        assert_int_equal(self->began[i], expected[i]);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        assert_in_set(self->began[i], expected, WORKERS);
    }
    assert_int_equal(self->most_active, WORKERS);
}

static void one_of_a_model_at_a_time(void **state) {
    stage *self = *state;
    const uint64_t first = add(self, (casting){.model = 1}),
                   second = add(self, (casting){.model = 1});
    const uint64_t other = add(self, (casting){.model = 2});
    start(self);
    wait_for_turns(self, 2); /* the second is passed over, though a lane is free */
    assert_true(is_on(self, first) && !is_on(self, second) && is_on(self, other));
    give(self, first, PARK);
    wait_until_off(self, first);
    wait_for_turns(self, 2);                     /* it is in the middle still */
    with_job(self, first, bp_scheduler_enqueue); /* paused here, but a lane takes it all the same */
    wait_for_turns(self, 3);
    assert_int_equal(self->began[2], first);
    give(self, first, END);
    wait_for_turns(self, 4);
    assert_true(is_on(self, second));
    give(self, second, END);
    give(self, other, END);
    wait_until_off(self, second);
    wait_until_off(self, other);
}

static void release(bp_scheduler *scheduler, bp_job *job) {
    bp_scheduler_release(scheduler, job);
}

static void a_parked_job_lets_its_model_go(void **state) {
    stage *self = *state;
    const uint64_t first = add(self, (casting){.model = 1}),
                   second = add(self, (casting){.model = 1});
    start(self);
    wait_for_turns(self, 1);
    give(self, first, PARK);
    wait_until_off(self, first);
    pthread_mutex_lock(&self->lock);
    self->training[1] = 0;
    pthread_mutex_unlock(&self->lock);
    with_job(self, first, release); /* cancelled while paused */
    wait_for_turns(self, 2);
    assert_true(is_on(self, second));
    give(self, second, END);
    wait_until_off(self, second);
}

static void a_model_is_held_for_a_step(void **state) {
    stage *self = *state;
    const uint64_t held = add(self, (casting){.model = 3}),
                   other = add(self, (casting){.model = 3});
    bp_job *job = bp_scheduler_find(self->scheduler, held);
    assert_true(bp_scheduler_dequeue(self->scheduler, job));
    assert_false(bp_scheduler_dequeue(self->scheduler, job)); /* once */
    assert_true(bp_scheduler_hold(self->scheduler, job));
    assert_true(bp_scheduler_hold(self->scheduler, job)); /* as often as it likes */
    start(self);
    wait_for_turns(self, 0);
    bp_scheduler_release(self->scheduler, job);
    wait_for_turns(self, 1);
    assert_true(is_on(self, other));
    assert_false(bp_scheduler_hold(self->scheduler, job)); /* now another one trains it */
    bp_job_unref(job);
    give(self, other, END);
    wait_until_off(self, other);
}

static void raise_priority(bp_scheduler *scheduler, bp_job *job) {
    bp_job_set_terms(job, 9, 1);
    bp_scheduler_reorder(scheduler, job);
}

static size_t position_of(stage *self, uint64_t id) {
    bp_job_info info;
    bp_job *job = bp_scheduler_find(self->scheduler, id);
    bp_scheduler_describe(self->scheduler, job, &info);
    bp_job_unref(job);
    return info.queue_position;
}

static void the_queue_is_ordered_anew(void **state) {
    stage *self = *state;
    for (size_t i = 0; i < 3; i++) {
        add(self, (casting){.model = i});
    }
    assert_int_equal(position_of(self, 3), 3);
    with_job(self, 3, raise_priority);
    assert_int_equal(position_of(self, 3), 1);
    assert_int_equal(position_of(self, 1), 2);
    assert_int_equal(position_of(self, 2), 3);
    bp_job *job = bp_scheduler_find(self->scheduler, 2);
    assert_true(bp_scheduler_dequeue(self->scheduler, job));
    assert_int_equal(position_of(self, 2), 0);
    bp_scheduler_enqueue(self->scheduler, job);
    bp_job_unref(job);
    assert_int_equal(position_of(self, 2), 3);
}

/* --- shares --------------------------------------------------------------------------------- */

static void workers_follow_the_jobs(void **state) {
    stage *self = *state;
    start(self);
    const uint64_t first = add(self, (casting){.model = 1});
    wait_for_turns(self, 1);
    expect_share(self, first, WORKERS); /* alone it has all */
    const uint64_t second = add(self, (casting){.model = 2});
    wait_for_turns(self, 2);
    assert_int_equal(share_of(self, first) + share_of(self, second), WORKERS);
    const uint64_t third = add(self, (casting){.model = 3});
    wait_for_turns(self, 3);
    for (uint64_t id = first; id <= third; id++) {
        expect_share(self, id, 1);
    }
    give(self, second, END);
    give(self, third, PARK);
    expect_share(self, first, WORKERS);
    with_job(self, first, raise_priority); /* sets a limit of one thread, too */
    assert_int_equal(share_of(self, first), 1);
    give(self, first, END);
    wait_until_off(self, first);
}

/* --- refusals, and the end ------------------------------------------------------------------ */

static void a_full_queue_is_busy(void **state) {
    stage *self = *state;
    for (size_t i = 0; i < 20; i++) {
        add(self, (casting){.model = i % MODELS});
    }
    uint64_t id = 77;
    bp_error err = {0};
    assert_int_equal(bp_scheduler_admit(self->scheduler, &id, &err), BP_BUSY);
    assert_int_equal(id, 77);
    assert_non_null(strstr(err.message, "20 jobs are queued"));
    bp_job *job = bp_scheduler_find(self->scheduler, 4);
    assert_true(bp_scheduler_dequeue(self->scheduler, job));
    assert_int_equal(bp_scheduler_admit(self->scheduler, &id, &err), BP_OK);
    assert_int_equal(id, 21);
    job->model = NULL;
    bp_job_unref(job);
    bp_scheduler_remove(self->scheduler, 4);
    assert_null(bp_scheduler_find(self->scheduler, 4));
}

static void a_shutdown_asks_what_runs_and_leaves_the_rest(void **state) {
    stage *self = *state;
    for (size_t i = 0; i < 6; i++) {
        add(self, (casting){.model = i});
    }
    start(self);
    wait_for_turns(self, WORKERS);
    bp_scheduler_stop(self->scheduler);
    assert_int_equal(self->shutdowns, WORKERS);
    assert_int_equal(self->turns, WORKERS);
    size_t running, queued;
    bp_scheduler_count(self->scheduler, &running, &queued);
    assert_int_equal(running, 0);
    assert_int_equal(queued, 3);
    uint64_t id = 0;
    bp_error err = {0};
    assert_int_equal(bp_scheduler_admit(self->scheduler, &id, &err), BP_BUSY);
    assert_non_null(strstr(err.message, "stopping"));
}

/* Many short turns, some of them parked and resumed, on few models: act() notes a clash. */
static void a_throng_never_clashes(void **state) {
    stage *self = *state;
    start(self);
    for (size_t i = 0; i < 18; i++) {
        add(self, (casting){.model = i % 4, .priority = (int)(i % 3)});
    }
    size_t ended = 0;
    const double since = bp_clock_seconds();
    for (uint32_t draw = 1; ended < 18 && bp_clock_seconds() - since < 30; rest()) {
        ended = 0;
        for (uint64_t id = 1; id <= 18; id++) {
            bp_job_info info;
            bp_job *job = bp_scheduler_find(self->scheduler, id);
            bp_job_describe(job, &info);
            draw = draw * 1664525u + 1013904223u;
            ended += bp_job_state_is_terminal(info.state);
            if (info.state == BP_JOB_PAUSED && turns_of(self) < 3 * MOST_JOBS) {
                assert_int_equal(bp_job_park(job, BP_JOB_QUEUED, NULL), BP_OK);
                bp_scheduler_enqueue(self->scheduler, job);
            } else if (is_on(self, id)) {
                give(self, id, (draw >> 30) == 0 ? PARK : END);
            }
            bp_job_unref(job);
        }
    }
    assert_int_equal(ended, 18);
    assert_false(self->clash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(by_priority_then_by_id_at_most_as_many_as_workers),
        TEST(one_of_a_model_at_a_time),
        TEST(a_parked_job_lets_its_model_go),
        TEST(a_model_is_held_for_a_step),
        TEST(the_queue_is_ordered_anew),
        TEST(workers_follow_the_jobs),
        TEST(a_full_queue_is_busy),
        TEST(a_shutdown_asks_what_runs_and_leaves_the_rest),
        TEST(a_throng_never_clashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
