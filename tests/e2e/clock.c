/* clock.c — a wall clock that a test sets: loaded before the C library, it decides the time of day.
 *
 *   MUSTER_TEST_CLOCK=SECONDS       it goes, moved by so much
 *   MUSTER_TEST_CLOCK_SYNC=0|1      a time service does not, or does, set the clock, as adjtimex tells it
 *   MUSTER_TEST_CLOCK_FILE=FILE     it stands still at what the first 8 bytes of FILE say, milliseconds since 1970 as a
 *                                   native signed integer; the test turns it forward under running programs
 *
 * For end-to-end tests that live through a day or a year in a minute.  Only CLOCK_REALTIME moves; waiting and timers stay
 * as they are. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { MS_A_SECOND = 1000, NS_A_MS = 1000000 };

typedef int get_fn(clockid_t, struct timespec *);

int clock_gettime(clockid_t which, struct timespec *at);
int adjtimex(struct timex *kernel)
{
    const char *says = getenv("MUSTER_TEST_CLOCK_SYNC");
    union { void *data; int (*call)(struct timex *); } real = {dlsym(RTLD_NEXT, "adjtimex")};
    if (!says)
        return real.call(kernel);
    bool set = atoi(says) != 0;
    kernel->status = set ? STA_PLL : STA_UNSYNC;
    return set ? TIME_OK : TIME_ERROR;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone);
time_t time(time_t *at);

static long long moved_by(void)
{
    const char *text = getenv("MUSTER_TEST_CLOCK");
    return text ? atoll(text) : 0;
}

static const int64_t *still_ms; /* NULL: the clock goes */

/* Before main: a program may shut itself off from files later. */
__attribute__((constructor)) static void clock_open(void)
{
    const char *path = getenv("MUSTER_TEST_CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (!path)
        return;
    void *seen = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *still_ms, PROT_READ, MAP_SHARED, file, 0);
    if (seen == MAP_FAILED)
        abort(); /* a test with another time than it believes proves nothing */
    close(file);
    still_ms = seen;
}

int clock_gettime(clockid_t which, struct timespec *at)
{
    union { void *data; get_fn *call; } real = {dlsym(RTLD_NEXT, "clock_gettime")};
    int failed = real.call(which, at);
    if (failed || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE))
        return failed;
    if (still_ms) {
        int64_t ms = __atomic_load_n(still_ms, __ATOMIC_RELAXED);
        at->tv_sec = (time_t)(ms / MS_A_SECOND);
        at->tv_nsec = (long)(ms % MS_A_SECOND) * NS_A_MS;
    } else {
        at->tv_sec += (time_t)moved_by();
    }
    return 0;
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
