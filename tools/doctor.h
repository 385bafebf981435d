/* doctor.h — what is looked at by `muster doctor` itself, with or without a running node.
 *
 * A finding: {"check","state":"ok"|"note"|"wrong","message","do"}; each function adds one or more to the list. */
#ifndef MUSTER_TOOLS_DOCTOR_H
#define MUSTER_TOOLS_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>

enum doctor_state { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WRONG };
/* Adds one.  remedy is left out of what is ok. */
void doctor_find(json_t *list, const char *check, enum doctor_state state, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Is the clock set by a time service, and of this century? */
void doctor_clock(json_t *list);
/* The newest file in the folder that backups go to. */
void doctor_backups(json_t *list, const char *folder);
/* Does that endpoint (tcp://HOST:PORT) answer, asked from here?  doubt: then it is a note only. */
void doctor_reach(json_t *list, const char *endpoint, bool doubt);

/* --- without a node --- */
/* The data directory as this user sees it: modes, room, is there a node in it. */
void doctor_data(json_t *list, const char *data);
/* What `musterd --check-config` says. */
void doctor_settings(json_t *list);
/* Does something listen on the port that musterd would take? */
void doctor_port(json_t *list);

#endif
