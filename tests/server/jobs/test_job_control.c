/* Jobs that are told what to do, by one and by many threads. Run under ThreadSanitizer too. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "service_fixture.h"

enum { FEATURES = 4, MODELS = 3, ACTORS = 5, MOST_STARTED = 24 };
#define ACT_SECONDS 2.0

static void rest(long ms) {
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* --- many at once --------------------------------------------------------------------------- */

/* What all actors have to do with; it outlives a failed test. */
static struct {
    bp_service *service;
    atomic_uint started; /* jobs, forks among them; their ids are 1.. */
    atomic_int wrong;    /* a status that should not be; BP_OK: none */
    atomic_int wrong_action;
    _Atomic double until; /* monotonic seconds */
} crowd;

typedef struct actor {
    uint32_t draw;
    unsigned number, forks;
    size_t done[8]; /* answers OK, by action */
} actor;

static unsigned draw(actor *self, unsigned below) {
    self->draw = self->draw * 1664525u + 1013904223u;
    return (self->draw >> 8) % below;
}

static bp_status start_another(unsigned model) {
    char name[32];
    uint64_t id;
    snprintf(name, sizeof name, "m%u", model % MODELS);
    bp_job_request request = ask(name, "blobs", BP_MAX_EPOCHS);
    request.terms.checkpoint_steps = 20;
    request.terms.checkpoints_kept = 2;
    bp_status status = bp_service_start_job(crowd.service, &request, &id, NULL);
    if (status == BP_OK) {
        atomic_fetch_add(&crowd.started, 1);
    }
    return status;
}

static bp_status act_pause(actor *self, uint64_t id) {
    (void)self;
    return bp_service_pause_job(crowd.service, id, NULL);
}

static bp_status act_resume(actor *self, uint64_t id) {
    (void)self;
    return bp_service_resume_job(crowd.service, id, NULL);
}

static bp_status act_step(actor *self, uint64_t id) {
    (void)self;
    return bp_service_step_job(crowd.service, id, NULL);
}

static bp_status act_edit(actor *self, uint64_t id) {
    const bp_job_change changes[] = {{.learning_rate = 0.001 * (1 + draw(self, 9))},
                                     {.epochs = BP_MAX_EPOCHS - draw(self, 9)},
                                     {.threads = 1 + draw(self, 2)},
                                     {.has_priority = true, .priority = (int)draw(self, 5)},
                                     {.epochs = BP_MAX_EPOCHS + 1}};
    return bp_service_edit_job(crowd.service, id, &changes[draw(self, 5)], NULL);
}

static bp_status act_rewind(actor *self, uint64_t id) {
    return bp_service_rewind_job(crowd.service, id, draw(self, 4) == 0 ? 7 : 0, NULL);
}

/* Another one takes its place, so that there is something to do. */
static bp_status act_cancel(actor *self, uint64_t id) {
    if (draw(self, 6) != 0 || atomic_load(&crowd.started) >= MOST_STARTED) {
        return BP_CONFLICT;
    }
    bp_status status = bp_service_cancel_job(crowd.service, id, NULL);
    return status == BP_OK ? start_another(draw(self, MODELS)) : status;
}

static bp_status act_fork(actor *self, uint64_t id) {
    char name[32];
    uint64_t made;
    snprintf(name, sizeof name, "fork%u-%u", self->number, self->forks);
    const bp_job_fork fork = {.model = name, .change = {.learning_rate = 0.02}};
    if (draw(self, 4) != 0 || atomic_load(&crowd.started) >= MOST_STARTED) {
        return BP_CONFLICT;
    }
    bp_status status = bp_service_fork_job(crowd.service, id, &fork, &made, NULL);
    if (status == BP_OK) {
        atomic_fetch_add(&crowd.started, 1);
        self->forks++;
    }
    return status;
}

static bp_status act_describe(actor *self, uint64_t id) {
    bp_job_info info;
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    bp_job_edit *edits = NULL;
    size_t count;
    (void)self;
    bp_status status = bp_service_get_job(crowd.service, id, &info, NULL);
    bp_job_info_clear(&info);
    if (status == BP_OK) {
        status = bp_service_job_checkpoints(crowd.service, id, marks, &count, NULL);
    }
    if (status == BP_OK) {
        status = bp_service_job_edits(crowd.service, id, &edits, &count, NULL);
        free(edits);
    }
    return status;
}

static bp_status (*const actions[])(actor *self, uint64_t id) = {
    act_pause, act_resume, act_step, act_edit, act_rewind, act_cancel, act_fork, act_describe};
enum { ACTIONS = sizeof actions / sizeof *actions };

static bool is_fine(bp_status status) {
    return status == BP_OK || status == BP_CONFLICT || status == BP_BUSY || status == BP_INVALID;
}

static void *act(void *argument) {
    actor *self = argument;
    while (bp_clock_seconds() < crowd.until && atomic_load(&crowd.wrong) == BP_OK) {
        const unsigned which = draw(self, ACTIONS);
        const uint64_t id = 1 + draw(self, atomic_load(&crowd.started));
        bp_status status = actions[which](self, id);
        self->done[which] += status == BP_OK;
        if (!is_fine(status)) {
            atomic_store(&crowd.wrong_action, (int)which);
            atomic_store(&crowd.wrong, (int)status);
        }
    }
    return NULL;
}

static void cancel_all(bp_service *service) {
    for (uint64_t id = 1; id <= atomic_load(&crowd.started); id++) {
        if (!bp_job_state_is_terminal(job_of(service, id).state)) {
            EXPECT_OK(bp_service_cancel_job(service, id, &err_));
        }
        assert_int_equal(wait_for_end(service, id).state, BP_JOB_CANCELLED);
    }
}

static void prepare(bp_service *service) {
    char name[32];
    bp_model_spec spec = classifier(8);
    put_dataset(service, "blobs", make_blobs(120, FEATURES));
    for (unsigned i = 0; i < MODELS; i++) {
        snprintf(name, sizeof name, "m%u", i);
        create_model(service, name, &spec);
    }
}

static void many_threads_control_a_handful_of_jobs(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    pthread_t threads[ACTORS];
    static actor actors[ACTORS];
    size_t done[ACTIONS] = {0};
    prepare(service);
    crowd.service = service;
    crowd.until = bp_clock_seconds() + ACT_SECONDS;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(start_another(i), BP_OK);
    }
    alarm(180); /* threads that wait for one another do not end by themselves */
    for (unsigned i = 0; i < ACTORS; i++) {
        actors[i] = (actor){.draw = i + 1, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, act, &actors[i]), 0);
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        pthread_join(threads[i], NULL);
        for (size_t k = 0; k < ACTIONS; k++) {
            done[k] += actors[i].done[k];
        }
    }
    if (atomic_load(&crowd.wrong) != BP_OK) {
        fail_msg("action %d answers %s", atomic_load(&crowd.wrong_action),
                 bp_status_name((bp_status)atomic_load(&crowd.wrong)));
    }
    for (size_t k = 0; k < ACTIONS; k++) {
        assert_true(done[k] > 0);
    }
    cancel_all(service);
    alarm(0);
    bp_model_info models[MOST_STARTED + MODELS];
    size_t count;
    bool more;
    EXPECT_OK(
        bp_service_list_models(service, NULL, MOST_STARTED + MODELS, models, &count, &more, &err_));
    for (size_t i = 0; i < count; i++) {
        EXPECT_OK(bp_service_delete_model(service, models[i].name, &err_));
        bp_model_info_clear(&models[i]);
    }
    EXPECT_OK(bp_service_delete_dataset(service, "blobs", &err_));
}

/* --- one at a time -------------------------------------------------------------------------- */

static uint64_t start_endless(bp_service *service, const char *model, uint64_t checkpoint_steps) {
    bp_job_request request = ask(model, "blobs", BP_MAX_EPOCHS);
    request.terms.checkpoint_steps = checkpoint_steps;
    return start(service, &request);
}

static void end_endless(bp_service *service, uint64_t id) {
    EXPECT_OK(bp_service_cancel_job(service, id, &err_));
    assert_int_equal(wait_for_end(service, id).state, BP_JOB_CANCELLED);
}

/* A pause is answered when it has come about, in the queue too, whoever else works on the job. */
static void *edit_much(void *argument) {
    const bp_job_change change = {.learning_rate = 0.02};
    const uint64_t id = *(uint64_t *)argument;
    while (bp_clock_seconds() < crowd.until) {
        bp_status status = bp_service_edit_job(crowd.service, id, &change, NULL);
        if (!is_fine(status)) {
            atomic_store(&crowd.wrong, (int)status);
        }
    }
    return NULL;
}

static void a_queued_job_that_is_edited_can_be_paused(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    const uint64_t running = start_endless(service, "m0", 0);
    static uint64_t queued;
    queued = start_endless(service, "m0", 0);
    wait_for_steps(service, running, 1);
    crowd.service = service;
    crowd.until = bp_clock_seconds() + 1;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, edit_much, &queued), 0);
    size_t missed = 0;
    while (bp_clock_seconds() < crowd.until) {
        EXPECT_OK(bp_service_pause_job(service, queued, &err_));
        missed += job_of(service, queued).state != BP_JOB_PAUSED;
        bp_status status = bp_service_resume_job(service, queued, NULL);
        assert_true(status == BP_OK || missed > 0);
    }
    pthread_join(thread, NULL);
    assert_int_equal(missed, 0);
    assert_int_equal(atomic_load(&crowd.wrong), BP_OK);
    end_endless(service, queued);
    end_endless(service, running);
}

static void *pause_and_resume(void *argument) {
    const uint64_t id = *(uint64_t *)argument;
    bp_status status = BP_OK;
    while (status == BP_OK || status == BP_CONFLICT) {
        status = bp_service_pause_job(crowd.service, id, NULL);
        if (status == BP_OK) {
            status = bp_service_resume_job(crowd.service, id, NULL);
        }
        if (bp_job_state_is_terminal(job_of(crowd.service, id).state) ||
            bp_clock_seconds() > crowd.until) {
            break;
        }
    }
    return NULL;
}

/* One cancellation is enough. */
static void a_job_that_is_being_paused_can_be_cancelled(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    crowd.service = service;
    const uint64_t running = start_endless(service, "m0", 0);
    wait_for_steps(service, running, 1);
    for (int round = 0; round < 12; round++) {
        static uint64_t id;
        id = start_endless(service, round % 2 == 0 ? "m0" : "m1", 0); /* queued; running */
        crowd.until = bp_clock_seconds() + 20;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, pause_and_resume, &id), 0);
        rest(5 + 3 * round);
        EXPECT_OK(bp_service_cancel_job(service, id, &err_));
        const double since = bp_clock_seconds();
        while (!bp_job_state_is_terminal(job_of(service, id).state) &&
               bp_clock_seconds() - since < 5) {
            rest(1);
        }
        const bp_job_state ended = job_of(service, id).state;
        crowd.until = 0;
        pthread_join(thread, NULL);
        assert_int_equal(ended, BP_JOB_CANCELLED);
    }
    end_endless(service, running);
}

static uint64_t start_slow(bp_service *service) {
    bp_model_spec spec = classifier(512);
    put_dataset(service, "many", make_blobs(3000, 30));
    create_model(service, "wide", &spec);
    bp_job_request request = ask("wide", "many", BP_MAX_EPOCHS);
    request.options.batch_size = 2700; /* all but the held-out ones: an epoch is a minibatch */
    return start(service, &request);
}

static void a_pause_waits_for_a_long_minibatch(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    const uint64_t id = start_slow(service);
    wait_for_steps(service, id, 1);
    for (int round = 0; round < 3; round++) {
        const uint64_t before = job_of(service, id).progress.step;
        EXPECT_OK(bp_service_pause_job(service, id, &err_));
        const bp_job_info paused = wait_for_state(service, id, BP_JOB_PAUSED);
        assert_in_range(paused.progress.step, before, before + 2);
        assert_int_equal(paused.checkpoint.step, paused.progress.step);
        rest(50);
        assert_int_equal(job_of(service, id).progress.step, paused.progress.step);
        EXPECT_OK(bp_service_resume_job(service, id, &err_));
        wait_for_steps(service, id, paused.progress.step + 1);
    }
    end_endless(service, id);
}

static void a_step_is_one_minibatch(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    const uint64_t id = start_endless(service, "m0", 0);
    wait_for_steps(service, id, 10);
    EXPECT_OK(bp_service_pause_job(service, id, &err_));
    uint64_t at = wait_for_state(service, id, BP_JOB_PAUSED).progress.step;
    for (int i = 0; i < 9; i++) {
        EXPECT_OK(bp_service_step_job(service, id, &err_));
        const bp_job_info info = job_of(service, id);
        assert_int_equal(info.state, BP_JOB_PAUSED);
        assert_int_equal(info.progress.step, ++at);
        assert_int_equal(info.checkpoint.step, at);
    }
    const uint64_t other = start_endless(service, "m0", 0); /* waits for the one that is paused */
    bp_error err = {0};
    expect(bp_service_step_job(service, other, &err), BP_CONFLICT, &err);
    EXPECT_OK(bp_service_pause_job(service, other, &err_));
    expect(bp_service_step_job(service, other, &err), BP_CONFLICT, &err);
    assert_non_null(strstr(err.message, "another job"));
    end_endless(service, other);
    end_endless(service, id);
}

static void a_rewound_job_shows_what_was(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    const uint64_t id = start_endless(service, "m0", 0);
    wait_for_steps(service, id, 10);
    EXPECT_OK(bp_service_pause_job(service, id, &err_));
    const bp_job_info before = wait_for_state(service, id, BP_JOB_PAUSED);
    EXPECT_OK(bp_service_step_job(service, id, &err_));
    EXPECT_OK(bp_service_rewind_job(service, id, before.progress.step, &err_));
    const bp_job_info after = job_of(service, id);
    assert_int_equal(after.progress.step, before.progress.step);
    assert_int_equal(after.progress.epoch, before.progress.epoch);
    assert_int_equal(after.progress.samples_seen, before.progress.samples_seen);
    assert_int_equal(after.checkpoint.step, before.checkpoint.step);
    assert_memory_equal(&after.last, &before.last, sizeof after.last);
    end_endless(service, id);
}

/* The edit ends the training where it stands, at the beginning of a turn on another lane, while the
 * lane that it comes from trains another job. */
static void an_edit_ends_a_paused_job_on_another_lane(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    prepare(service);
    for (int round = 0; round < 6; round++) {
        const uint64_t id = start_endless(service, "m0", 0);
        wait_for_steps(service, id, 10);
        EXPECT_OK(bp_service_pause_job(service, id, &err_));
        uint64_t at = wait_for_state(service, id, BP_JOB_PAUSED).progress.step;
        if (round % 2 == 0) { /* else it keeps its lane's pool */
            for (; at % 4 != 0; at++) {
                EXPECT_OK(bp_service_step_job(service, id, &err_));
            }
        }
        const uint64_t other = start_endless(service, "m1", 0);
        wait_for_steps(service, other, 10);
        const bp_job_change change = {.epochs = (at + 3) / 4};
        EXPECT_OK(bp_service_edit_job(service, id, &change, &err_));
        EXPECT_OK(bp_service_resume_job(service, id, &err_));
        const bp_job_info info = wait_for_end(service, id);
        assert_int_equal(info.state, BP_JOB_SUCCEEDED);
        assert_int_equal(info.progress.step, change.epochs * 4);
        end_endless(service, other);
    }
}

static void no_fork_without_the_data(void **state) {
    fixture *made = *state;
    prepare(made->service);
    const uint64_t id = start_endless(made->service, "m0", 0);
    wait_for_steps(made->service, id, 10);
    EXPECT_OK(bp_service_pause_job(made->service, id, &err_)); /* with a checkpoint */
    wait_for_state(made->service, id, BP_JOB_PAUSED);
    end_endless(made->service, id);
    EXPECT_OK(bp_service_delete_dataset(made->service, "blobs", &err_));
    const bp_job_fork fork = {.model = "other"};
    for (int round = 0; round < 2; round++) {
        uint64_t made_id = 0;
        bp_error err = {0};
        bp_job_info info;
        bp_model_info model;
        expect(bp_service_fork_job(made->service, id, &fork, &made_id, &err), BP_NOT_FOUND, &err);
        expect(bp_service_get_job(made->service, id + 1, &info, &err), BP_NOT_FOUND, &err);
        expect(bp_service_get_model(made->service, "other", &model, &err), BP_NOT_FOUND, &err);
        reopen(made);
    }
}

/* --- the end of the server ------------------------------------------------------------------ */

static void a_paused_job_stays_paused(void **state) {
    fixture *made = *state;
    prepare(made->service);
    const uint64_t id = start_endless(made->service, "m0", 0);
    const uint64_t fresh = start_endless(made->service, "m0", 0); /* paused before it began */
    wait_for_steps(made->service, id, 10);
    EXPECT_OK(bp_service_pause_job(made->service, fresh, &err_));
    EXPECT_OK(bp_service_pause_job(made->service, id, &err_));
    const bp_job_info before = wait_for_state(made->service, id, BP_JOB_PAUSED);
    reopen(made);
    bp_job_info after = job_of(made->service, id);
    assert_int_equal(after.state, BP_JOB_PAUSED);
    assert_int_equal(after.progress.step, before.progress.step);
    assert_int_equal(job_of(made->service, fresh).state, BP_JOB_PAUSED);
    EXPECT_OK(bp_service_step_job(made->service, id, &err_));
    reopen(made);
    after = job_of(made->service, id);
    assert_int_equal(after.state, BP_JOB_PAUSED);
    assert_int_equal(after.progress.step, before.progress.step + 1);
    EXPECT_OK(bp_service_resume_job(made->service, id, &err_));
    wait_for_steps(made->service, id, before.progress.step + 10);
    end_endless(made->service, id);
    EXPECT_OK(bp_service_resume_job(made->service, fresh, &err_));
    wait_for_steps(made->service, fresh, 1);
    end_endless(made->service, fresh);
}

static void step_until_killed(const char *data_dir, int ready) {
    bp_service *service = open_service(data_dir);
    prepare(service);
    const uint64_t id = start_endless(service, "m0", 0);
    wait_for_steps(service, id, 5);
    EXPECT_OK(bp_service_pause_job(service, id, &err_));
    wait_for_state(service, id, BP_JOB_PAUSED);
    for (int i = 0;; i++) {
        EXPECT_OK(bp_service_step_job(service, id, &err_));
        if (i == 3 && write(ready, "r", 1) != 1) {
            _exit(1);
        }
    }
}

static void a_server_that_is_killed_in_a_step_has_the_job_paused(void **state) {
    fixture *made = *state;
    int ready[2];
    char byte;
    bp_service_free(made->service);
    made->service = NULL;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ready[0]);
        step_until_killed(made->data_dir, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    rest(10);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    made->service = open_service(made->data_dir);
    const bp_job_info info = job_of(made->service, 1);
    assert_int_equal(info.state, BP_JOB_PAUSED);
    assert_true(info.progress.step >= 5 + 4);
    assert_int_equal(info.checkpoint.step, info.progress.step);
    EXPECT_OK(bp_service_step_job(made->service, 1, &err_));
    assert_int_equal(job_of(made->service, 1).progress.step, info.progress.step + 1);
    end_endless(made->service, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_step_is_one_minibatch),
        TEST(a_rewound_job_shows_what_was),
        TEST(an_edit_ends_a_paused_job_on_another_lane),
        TEST(no_fork_without_the_data),
        TEST(a_pause_waits_for_a_long_minibatch),
        TEST(a_paused_job_stays_paused),
        TEST(a_server_that_is_killed_in_a_step_has_the_job_paused),
        TEST(a_queued_job_that_is_edited_can_be_paused),
        TEST(a_job_that_is_being_paused_can_be_cancelled),
        TEST(many_threads_control_a_handful_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
