/* domain.h — the domain strings of what is signed inside a space (SPEC 3.2).
 *
 * Exercise is a property of the space and so of every signature in it: an exercise record fails
 * verification as an actual one. */
#ifndef MUSTER_PROTOCOL_LOG_DOMAIN_H
#define MUSTER_PROTOCOL_LOG_DOMAIN_H

#include <stdbool.h>

static inline const char *domain_log(bool exercise)
{
    return exercise ? "muster/1/exercise/log" : "muster/1/log";
}

static inline const char *domain_segment(bool exercise)
{
    return exercise ? "muster/1/exercise/segment" : "muster/1/segment";
}

#endif
