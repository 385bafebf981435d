/* notify.h — telling the supervisor: a datagram to NOTIFY_SOCKET, if there is one. */
#ifndef MUSTER_NODE_NOTIFY_H
#define MUSTER_NODE_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…".  Nobody listening is no error. */
void notify_send(const char *state);
/* How often the supervisor wants to hear from this process, halved to be on the safe side; 0: it does not care. */
uint64_t notify_watchdog_ms(void);

#endif
