/* Edits of a job that does not run: they are noted, and take effect when it goes on. */
#ifndef BP_JOB_EDITS_H
#define BP_JOB_EDITS_H

#include "job.h"

/* Notes the edit at the step where the job stands, which goes to edit->step. INVALID
 * "/learning_rate" or "/epochs" as bp_trainer_edit. NO_MEMORY. The driver. */
BP_NODISCARD bp_status bp_job_edit_resting(bp_job *job, bp_job_edit *edit, bp_error *err);
/* How many epochs the job shall have, by its edits. The driver. */
void bp_job_show_epochs(bp_job *job);

#endif
