/* Trainings that go on from a checkpoint end with the bits of one that was never interrupted: a
 * verification trains once more from the start, without a pause, and compares. */
#include <dirent.h>
#include <sys/stat.h>

#include "clock.h"
#include "service_fixture.h"

enum {
    ROWS = 240,
    FEATURES = 4,
    TRAINED = 216,
    PER_EPOCH = 7,
    EPOCHS = 12,
    MOST_EVENTS = 400,
    WIDE = 4096
};

static void prepare(bp_service *service, size_t hidden) {
    bp_model_spec spec = classifier(hidden);
    put_dataset(service, "blobs", make_blobs(ROWS, FEATURES));
    create_model(service, "m", &spec);
}

static bp_job_request ask_for(const char *model, uint64_t epochs, uint64_t checkpoint_steps) {
    bp_job_request request = ask(model, "blobs", epochs);
    bp_train_set_optimizer(&request.options, BP_OPTIMIZER_ADAM);
    request.terms.checkpoint_steps = checkpoint_steps;
    request.terms.checkpoints_kept = BP_MAX_CHECKPOINTS;
    return request;
}

static void assert_verified(bp_service *service, uint64_t id) {
    const bp_replay_options options = {.threads = 1};
    bp_verification found = {0};
    EXPECT_OK(bp_service_verify_job(service, id, &options, &found, &err_));
    assert_string_equal(found.replayed.weights_sha256, found.expected.weights_sha256);
    assert_true(found.verified);
}

static size_t checkpoints_of(bp_service *service, uint64_t id, bp_job_checkpoint *out) {
    size_t count = 0;
    EXPECT_OK(bp_service_job_checkpoints(service, id, out, &count, &err_));
    return count;
}

static void set_epochs(bp_service *service, uint64_t id, uint64_t epochs) {
    const bp_job_change change = {.epochs = epochs};
    EXPECT_OK(bp_service_edit_job(service, id, &change, &err_));
}

static bp_job_info pause_job(bp_service *service, uint64_t id) {
    EXPECT_OK(bp_service_pause_job(service, id, &err_));
    return wait_for_state(service, id, BP_JOB_PAUSED);
}

/* Ends a paused job two epochs from where it is. */
static bp_job_info finish(bp_service *service, uint64_t id) {
    set_epochs(service, id, job_of(service, id).progress.epoch + 2);
    EXPECT_OK(bp_service_resume_job(service, id, &err_));
    const bp_job_info info = wait_for_end(service, id);
    assert_int_equal(info.state, BP_JOB_SUCCEEDED);
    return info;
}

static char last_found[256]; /* what the last event said that count_events found */

/* How many events of a type have this in their text. */
static size_t count_events(bp_service *service, uint64_t id, bp_event_type type, const char *word) {
    bp_event_log *log = NULL;
    static bp_event events[MOST_EVENTS];
    bp_event_view view;
    size_t found = 0;
    EXPECT_OK(bp_service_find_events(service, id, &log, &err_));
    const size_t count = bp_event_log_read(log, 0, events, MOST_EVENTS, &view);
    for (size_t i = 0; i < count; i++) {
        if (events[i].type == type && strstr(events[i].data, word) != NULL) {
            snprintf(last_found, sizeof last_found, "%s", events[i].data);
            found++;
        }
    }
    bp_event_log_unref(log);
    return found;
}

/* --- from any of them ----------------------------------------------------------------------- */

static void from_each_checkpoint_to_the_same_bits(void **state) {
    bp_service *service = ((fixture *)*state)->service;
    bp_model_spec spec = classifier(8);
    prepare(service, 8);
    create_model(service, "straight", &spec);
    bp_job_request straight = ask_for("straight", EPOCHS, 0), request = ask_for("m", EPOCHS, 5);
    const bp_job_info expected = wait_for_end(service, start(service, &straight));
    const uint64_t id = start(service, &request);
    const bp_job_info info = wait_for_end(service, id);
    assert_string_equal(info.sha256, expected.sha256);
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    const size_t count = checkpoints_of(service, id, marks);
    assert_true(count > 0);
    assert_int_equal(info.checkpoint.step, marks[count - 1].step);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        uint64_t made = 0;
        snprintf(name, sizeof name, "from%zu", i);
        const bp_job_fork fork = {.model = name, .step = marks[i].step};
        EXPECT_OK(bp_service_fork_job(service, id, &fork, &made, &err_));
        const bp_job_info forked = wait_for_end(service, made);
        assert_string_equal(forked.sha256, expected.sha256);
        assert_int_equal(forked.progress.step, EPOCHS * PER_EPOCH);
        assert_int_equal(forked.progress.samples_seen, EPOCHS * TRAINED);
    }
}

static void back_to_each_checkpoint_to_the_same_bits(void **state) {
    fixture *made = *state;
    bp_model_spec spec = classifier(8);
    prepare(made->service, 8);
    create_model(made->service, "straight", &spec);
    bp_job_request straight = ask_for("straight", EPOCHS, 0);
    const bp_job_info expected = wait_for_end(made->service, start(made->service, &straight));
    bp_job_request request = ask_for("m", BP_MAX_EPOCHS, 0);
    const uint64_t id = start(made->service, &request);
    wait_for_steps(made->service, id, 1);
    pause_job(made->service, id);
    /* The first of them may be late already: then the epochs of `straight` are over. */
    if (job_of(made->service, id).progress.step > 40) {
        EXPECT_OK(bp_service_cancel_job(made->service, id, &err_));
        return;
    }
    for (int i = 0; i < 6; i++) {
        EXPECT_OK(bp_service_step_job(made->service, id, &err_));
    }
    bp_job_checkpoint marks[BP_MAX_CHECKPOINTS];
    for (size_t count = checkpoints_of(made->service, id, marks); count-- > 0;) {
        EXPECT_OK(bp_service_rewind_job(made->service, id, marks[count].step, &err_));
        assert_int_equal(checkpoints_of(made->service, id, marks), count + 1);
        assert_int_equal(job_of(made->service, id).progress.step, marks[count].step);
        if (count % 2 == 0) {
            reopen(made);
        }
    }
    set_epochs(made->service, id, EPOCHS);
    EXPECT_OK(bp_service_resume_job(made->service, id, &err_));
    assert_string_equal(wait_for_end(made->service, id).sha256, expected.sha256);
    assert_verified(made->service, id);
}

/* --- damage --------------------------------------------------------------------------------- */

/* Spoils the newest `count` files of this size. */
static void damage_newest(const fixture *made, uint64_t size, size_t count) {
    char folder[FIXTURE_PATH_SIZE], path[FIXTURE_PATH_SIZE + 64], newest[sizeof path];
    struct timespec before = {.tv_sec = INT64_MAX};
    snprintf(folder, sizeof folder, "%.200s/blobs", made->data_dir);
    for (; count > 0; count--) {
        struct timespec at = {0};
        DIR *entries = opendir(folder);
        assert_non_null(entries);
        for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
            struct stat facts;
            snprintf(path, sizeof path, "%.200s/%.60s", folder, entry->d_name);
            if (stat(path, &facts) != 0 || (uint64_t)facts.st_size != size) {
                continue;
            }
            const double age = (double)(facts.st_mtim.tv_sec - at.tv_sec) +
                               1e-9 * (double)(facts.st_mtim.tv_nsec - at.tv_nsec);
            const bool is_later =
                facts.st_mtim.tv_sec > before.tv_sec ||
                (facts.st_mtim.tv_sec == before.tv_sec && facts.st_mtim.tv_nsec >= before.tv_nsec);
            if (age > 0 && !is_later) {
                at = facts.st_mtim;
                memcpy(newest, path, sizeof newest);
            }
        }
        closedir(entries);
        assert_true(at.tv_sec > 0);
        FILE *file = fopen(newest, "r+b");
        assert_non_null(file);
        assert_true(fputs("spoilt", file) >= 0);
        assert_int_equal(fclose(file), 0);
        before = at;
    }
}

/* The same training without an interruption, by a model of its own. */
static bp_job_info train_straight(bp_service *service, bool trained, uint64_t epochs) {
    bp_model_spec spec = classifier(WIDE);
    bp_job_request first = ask("straight", "blobs", 1), request = ask_for("straight", epochs, 0);
    create_model(service, "straight", &spec);
    if (trained) {
        wait_for_end(service, start(service, &first));
    }
    return wait_for_end(service, start(service, &request));
}

/* A paused job with two checkpoints of one size, in files, of which the newest `damaged` are
 * spoilt; with `trained` its model had weights before. */
static void go_on_after_damage(fixture *made, bool trained, size_t damaged) {
    prepare(made->service, WIDE);
    bp_job_request first = ask("m", "blobs", 1), request = ask_for("m", BP_MAX_EPOCHS, 0);
    request.terms.checkpoints_kept = 2;
    if (trained) {
        wait_for_end(made->service, start(made->service, &first));
    }
    const uint64_t id = start(made->service, &request);
    wait_for_steps(made->service, id, 3);
    for (uint64_t at = pause_job(made->service, id).progress.step; at % PER_EPOCH != 3; at++) {
        EXPECT_OK(bp_service_step_job(made->service, id, &err_)); /* not at the end of an epoch */
    }
    EXPECT_OK(bp_service_step_job(made->service, id, &err_));
    const bp_job_checkpoint mark = job_of(made->service, id).checkpoint;
    bp_service_free(made->service);
    made->service = NULL;
    damage_newest(made, mark.size, damaged);
    made->service = open_service(made->data_dir);
    assert_int_equal(job_of(made->service, id).state, BP_JOB_PAUSED);
    char word[32];
    const bp_job_info info = finish(made->service, id);
    assert_verified(made->service, id);
    assert_string_equal(info.sha256, train_straight(made->service, trained, info.epochs).sha256);
    for (size_t i = 0; i < 2; i++) {
        snprintf(word, sizeof word, "\"step\":%llu,", (unsigned long long)(mark.step - i));
        assert_int_equal(count_events(made->service, id, BP_EVENT_WARNING, word), i < damaged);
    }
    assert_int_equal(count_events(made->service, id, BP_EVENT_WARNING, "checkpoint_damaged"),
                     damaged);
}

static void the_one_before_a_damaged_one_is_taken(void **state) {
    go_on_after_damage(*state, false, 1);
}

static void the_one_before_is_taken_of_a_trained_model_too(void **state) {
    go_on_after_damage(*state, true, 1);
}

static void without_a_whole_one_it_begins_again(void **state) {
    go_on_after_damage(*state, false, 2);
}

static void without_a_whole_one_a_trained_model_begins_where_it_was(void **state) {
    go_on_after_damage(*state, true, 2);
}

/* --- every optimiser, any sizes ------------------------------------------------------------- */

static void interrupt_twice(fixture *made, const bp_job_request *request) {
    const uint64_t id = start(made->service, request);
    const double since = bp_clock_seconds();
    bp_job_info info = job_of(made->service, id);
    while (info.progress.step < 12 && !bp_job_state_is_terminal(info.state)) {
        assert_true(bp_clock_seconds() - since < 60);
        info = job_of(made->service, id);
    }
    reopen(made);
    info = job_of(made->service, id);
    if (!bp_job_state_is_terminal(info.state)) { /* lbfgs converges */
        wait_for_steps(made->service, id, info.checkpoint.step + 1);
        reopen(made);
        info = job_of(made->service, id);
    }
    const bp_job_change change = {.epochs = info.progress.epoch + 300};
    if (!bp_job_state_is_terminal(info.state)) {
        bp_status status = bp_service_edit_job(made->service, id, &change, NULL);
        assert_true(status == BP_OK || (status == BP_CONFLICT &&
                                        bp_job_state_is_terminal(job_of(made->service, id).state)));
        assert_int_equal(count_events(made->service, id, BP_EVENT_RECOVERED, "step"), 2);
    }
    assert_int_equal(wait_for_end(made->service, id).state, BP_JOB_SUCCEEDED);
    assert_verified(made->service, id);
}

static void every_optimizer_goes_on(void **state) {
    fixture *made = *state;
    prepare(made->service, 8);
    for (int i = 0; i < BP_OPTIMIZER_COUNT; i++) {
        char name[32];
        bp_model_spec spec = classifier(6);
        snprintf(name, sizeof name, "o%d", i);
        if (i % 2 == 1) { /* the others get their sizes from the data */
            spec.inputs = FEATURES;
            spec.layers[1].units = 3;
        }
        create_model(made->service, name, &spec);
        bp_job_request request = ask_for(name, BP_MAX_EPOCHS, 3);
        bp_train_set_optimizer(&request.options, (bp_optimizer)i);
        request.terms.checkpoints_kept = 2;
        const bool whole = i == BP_OPTIMIZER_RPROP || i == BP_OPTIMIZER_LBFGS;
        request.options.batch_size = whole ? TRAINED : 32;
        interrupt_twice(made, &request);
    }
}

static void edits_before_and_after_a_checkpoint(void **state) {
    fixture *made = *state;
    prepare(made->service, 8);
    bp_job_request request = ask_for("m", BP_MAX_EPOCHS, 0);
    const uint64_t id = start(made->service, &request);
    const bp_job_change changes[] = {{.learning_rate = 0.03},
                                     {.learning_rate = 0.004},
                                     {.learning_rate = 0.02},
                                     {.learning_rate = 0.001}};
    wait_for_steps(made->service, id, 5);
    EXPECT_OK(bp_service_edit_job(made->service, id, &changes[0], &err_));
    pause_job(made->service, id);
    EXPECT_OK(bp_service_edit_job(made->service, id, &changes[1], &err_));
    reopen(made); /* what was edited after the checkpoint is there too */
    EXPECT_OK(bp_service_step_job(made->service, id, &err_));
    EXPECT_OK(bp_service_edit_job(made->service, id, &changes[2], &err_));
    EXPECT_OK(bp_service_resume_job(made->service, id, &err_));
    wait_for_steps(made->service, id, job_of(made->service, id).progress.step + 5);
    EXPECT_OK(bp_service_edit_job(made->service, id, &changes[3], &err_));
    reopen(made); /* put off, with a checkpoint */
    pause_job(made->service, id);
    bp_job_edit *edits = NULL;
    size_t count = 0;
    EXPECT_OK(bp_service_job_edits(made->service, id, &edits, &count, &err_));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_true(edits[i].learning_rate == changes[i].learning_rate);
    }
    free(edits);
    finish(made->service, id);
    assert_verified(made->service, id);
}

/* --- what is counted ------------------------------------------------------------------------ */

static void a_budget_of_samples_counts_all_turns(void **state) {
    fixture *made = *state;
    prepare(made->service, 8);
    bp_job_request request = ask_for("m", BP_MAX_EPOCHS, 0);
    request.terms.budget_samples = (uint64_t)TRAINED * 5000;
    const uint64_t id = start(made->service, &request);
    wait_for_steps(made->service, id, 10);
    reopen(made);
    const bp_job_info before = pause_job(made->service, id);
    assert_in_range(before.progress.step, 10, 5000 * PER_EPOCH - 1);
    EXPECT_OK(bp_service_resume_job(made->service, id, &err_));
    const bp_job_info info = wait_for_end(made->service, id);
    assert_int_equal(info.state, BP_JOB_SUCCEEDED);
    assert_int_equal(info.ended_by, BP_ENDING_SAMPLES);
    assert_int_equal(info.progress.samples_seen, request.terms.budget_samples);
    assert_int_equal(info.progress.step, 5000 * PER_EPOCH);
    assert_verified(made->service, id);
}

static void a_budget_of_seconds_counts_all_turns(void **state) {
    fixture *made = *state;
    prepare(made->service, 8);
    bp_job_request request = ask_for("m", BP_MAX_EPOCHS, 0);
    request.terms.budget_seconds = 1;
    const uint64_t id = start(made->service, &request);
    while (job_of(made->service, id).elapsed_seconds < 0.7) {
        wait_for_steps(made->service, id, job_of(made->service, id).progress.step + 1);
    }
    reopen(made);
    const double since = bp_clock_seconds();
    const bp_job_info info = wait_for_end(made->service, id);
    assert_int_equal(info.ended_by, BP_ENDING_SECONDS);
    assert_true(info.elapsed_seconds >= 1);
    assert_true(bp_clock_seconds() - since < 0.9); /* 0.3 of them were left */
}

/* --- a full disk ---------------------------------------------------------------------------- */

static void a_checkpoint_that_fails_leaves_the_one_before(void **state) {
    fixture *made = *state;
    prepare(made->service, 8);
    bp_job_request request = ask_for("m", BP_MAX_EPOCHS, 50);
    request.terms.checkpoints_kept = 1;
    const uint64_t id = start(made->service, &request);
    while (job_of(made->service, id).checkpoint.step == 0) {
        wait_for_steps(made->service, id, job_of(made->service, id).progress.step + 1);
    }
    fill_disk(true);
    const double since = bp_clock_seconds();
    while (count_events(made->service, id, BP_EVENT_WARNING, "checkpoint_failed") < 3 &&
           bp_clock_seconds() - since < 30) {
        (void)job_of(made->service, id);
    }
    const bp_job_info full = job_of(made->service, id);
    char word[40];
    snprintf(word, sizeof word, "{\"step\":%llu,", (unsigned long long)full.checkpoint.step);
    const size_t told = count_events(made->service, id, BP_EVENT_CHECKPOINT, "step");
    const bool is_last = strstr(last_found, word) != NULL;
    fill_disk(false);
    assert_int_equal(full.state, BP_JOB_RUNNING);
    assert_true(full.progress.step > full.checkpoint.step + 100);
    assert_true(is_last); /* none is told that is not there */
    while (job_of(made->service, id).checkpoint.step == full.checkpoint.step) {
        wait_for_steps(made->service, id, job_of(made->service, id).progress.step + 1);
    }
    assert_true(count_events(made->service, id, BP_EVENT_CHECKPOINT, "step") > told);
    pause_job(made->service, id);
    finish(made->service, id);
    assert_verified(made->service, id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(from_each_checkpoint_to_the_same_bits),
        TEST(back_to_each_checkpoint_to_the_same_bits),
        TEST(the_one_before_a_damaged_one_is_taken),
        TEST(the_one_before_is_taken_of_a_trained_model_too),
        TEST(without_a_whole_one_it_begins_again),
        TEST(without_a_whole_one_a_trained_model_begins_where_it_was),
        TEST(every_optimizer_goes_on),
        TEST(edits_before_and_after_a_checkpoint),
        TEST(a_budget_of_samples_counts_all_turns),
        TEST(a_budget_of_seconds_counts_all_turns),
        TEST(a_checkpoint_that_fails_leaves_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
