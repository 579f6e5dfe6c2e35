/* Request ids: 16 lower-case hex digits, unique within the process and unlikely to repeat across
 * restarts. Any thread. */
#ifndef BP_REQUEST_ID_H
#define BP_REQUEST_ID_H

enum { BP_REQUEST_ID_SIZE = 17 }; /* with the terminator */

void bp_request_id_make(char id[BP_REQUEST_ID_SIZE]);

#endif
