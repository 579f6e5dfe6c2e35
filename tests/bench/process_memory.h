/* What the process holds of memory, as Linux counts it. */
#ifndef BP_PROCESS_MEMORY_H
#define BP_PROCESS_MEMORY_H

/* A line of /proc/self/status, "VmRSS" or "VmHWM", in MiB. Stops the program where there is none.
 */
double bp_process_mib(const char *line);

/* VmHWM, the peak, starts anew from what is held now. */
void bp_process_forget_peak(void);

#endif
