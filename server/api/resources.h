/* The handlers of the routes, by resource, and what route_table.c says of them. */
#ifndef BP_RESOURCES_H
#define BP_RESOURCES_H

#include "route_table.h"

/* list_page.c: ?limit= and ?after= of the lists. */
extern const bp_parameter bp_list_parameters[];     /* after: a name */
extern const bp_parameter bp_job_list_parameters[]; /* after: an id */
size_t bp_list_limit(const bp_call *call);
const char *bp_list_after(const bp_call *call);  /* NULL: from the first */
uint64_t bp_job_list_after(const bp_call *call); /* 0: from the newest */

/* dataset_upload_api.c */
extern const bp_parameter bp_dataset_put_parameters[], bp_dataset_rows_parameters[],
    bp_dataset_target_parameters[];
extern const bp_stream bp_dataset_stream, bp_rows_stream, bp_target_stream;
bp_status bp_handle_put_dataset(bp_call *call, bp_error *err);
bp_status bp_handle_post_rows(bp_call *call, bp_error *err);
bp_status bp_handle_put_target(bp_call *call, bp_error *err);

/* datasets_api.c */
bp_status bp_handle_list_datasets(bp_call *call, bp_error *err);
bp_status bp_handle_get_dataset(bp_call *call, bp_error *err);
bp_status bp_handle_delete_dataset(bp_call *call, bp_error *err);

/* dataset_rows.c */
extern const bp_parameter bp_rows_parameters[];
bp_status bp_handle_get_rows(bp_call *call, bp_error *err);

/* models_api.c, parameters_api.c, predict_api.c, evaluate_api.c */
bp_status bp_handle_create_model(bp_call *call, bp_error *err);
bp_status bp_handle_list_models(bp_call *call, bp_error *err);
bp_status bp_handle_get_model(bp_call *call, bp_error *err);
bp_status bp_handle_delete_model(bp_call *call, bp_error *err);
bp_status bp_handle_get_parameters(bp_call *call, bp_error *err);
bp_status bp_handle_predict(bp_call *call, bp_error *err);
bp_status bp_handle_evaluate(bp_call *call, bp_error *err);

/* versions_api.c; ?version= of what answers from a model's weights (called_model.h) */
extern const bp_parameter bp_version_parameters[];
bp_status bp_handle_list_versions(bp_call *call, bp_error *err);
bp_status bp_handle_pin_version(bp_call *call, bp_error *err);
bp_status bp_handle_get_version(bp_call *call, bp_error *err);
bp_status bp_handle_release_version(bp_call *call, bp_error *err);
bp_status bp_handle_restore_version(bp_call *call, bp_error *err);

/* gradients_api.c, gradcheck_api.c, jacobian_api.c */
bp_status bp_handle_gradients(bp_call *call, bp_error *err);
bp_status bp_handle_gradcheck(bp_call *call, bp_error *err);
bp_status bp_handle_jacobian(bp_call *call, bp_error *err);

/* jobs_api.c */
extern const bp_parameter bp_metrics_parameters[];
extern const bp_parameter bp_start_job_parameters[];
bp_status bp_handle_start_job(bp_call *call, bp_error *err);
/* dry_run_api.c: whether the request asks only what the job would take, and the answer to that. */
bool bp_is_dry_run(const bp_call *call);
bp_status bp_reply_dry_run(bp_call *call, const bp_job_request *request, bp_error *err);
bp_status bp_handle_list_jobs(bp_call *call, bp_error *err);
bp_status bp_handle_get_job(bp_call *call, bp_error *err);
bp_status bp_handle_delete_job(bp_call *call, bp_error *err);
bp_status bp_handle_verify_job(bp_call *call, bp_error *err);
bp_status bp_handle_get_metrics(bp_call *call, bp_error *err);
/* The path's {id}. NOT_FOUND: no job can be called so. */
bp_status bp_job_read_id(const bp_call *call, uint64_t *out, bp_error *err);
/* Replies with the job, its edits among the rest. */
bp_status bp_job_reply(bp_call *call, uint64_t id, unsigned http_status, bp_error *err);
/* For bp_creation.reply: with a job that is made. */
bp_status bp_job_reply_made(bp_call *call, const void *made, bp_error *err);

/* events_api.c */
extern const bp_parameter bp_events_parameters[];
bp_status bp_handle_get_events(bp_call *call, bp_error *err);

/* job_control_api.c */
bp_status bp_handle_cancel_job(bp_call *call, bp_error *err);
bp_status bp_handle_pause_job(bp_call *call, bp_error *err);
bp_status bp_handle_resume_job(bp_call *call, bp_error *err);
bp_status bp_handle_step_job(bp_call *call, bp_error *err);
bp_status bp_handle_rewind_job(bp_call *call, bp_error *err);
bp_status bp_handle_edit_job(bp_call *call, bp_error *err);
bp_status bp_handle_fork_job(bp_call *call, bp_error *err);
bp_status bp_handle_list_checkpoints(bp_call *call, bp_error *err);

/* meta_api.c */
bp_status bp_handle_livez(bp_call *call, bp_error *err);
bp_status bp_handle_readyz(bp_call *call, bp_error *err);
bp_status bp_handle_info(bp_call *call, bp_error *err);
bp_status bp_handle_openapi(bp_call *call, bp_error *err);
bp_status bp_handle_dashboard(bp_call *call, bp_error *err);
bp_status bp_handle_asset(bp_call *call, bp_error *err);

#endif
