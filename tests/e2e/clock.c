/* clock.c — a wall clock that a test sets: loaded before the C library, it moves the time of day by MUSTER_TEST_CLOCK seconds.
 *
 * For end-to-end tests that live through a year in a minute.  Only CLOCK_REALTIME moves; waiting and timers stay as they are. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int get_fn(clockid_t, struct timespec *);

int clock_gettime(clockid_t which, struct timespec *at);
int gettimeofday(struct timeval *restrict at, void *restrict zone);
time_t time(time_t *at);

static long long moved_by(void)
{
    const char *text = getenv("MUSTER_TEST_CLOCK");
    return text ? atoll(text) : 0;
}

int clock_gettime(clockid_t which, struct timespec *at)
{
    union { void *data; get_fn *call; } real = {dlsym(RTLD_NEXT, "clock_gettime")};
    int failed = real.call(which, at);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        at->tv_sec += (time_t)moved_by();
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now))
        return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now))
        return -1;
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
