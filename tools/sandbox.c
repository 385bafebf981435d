#include "tools/sandbox.h"

#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_LIMITED = 0 }; /* the sanitizers reserve terabytes of addresses */
#else
enum { MEMORY_LIMITED = 1 };
#endif

static int limit_set(int what, rlim_t most)
{
    struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    return setrlimit((__rlimit_resource_t)what, &limit);
}

/* Every way to the file system that this kernel's landlock knows; none is allowed again by a rule. */
static uint64_t access_all(long abi)
{
    enum { BITS_V1 = 13, BITS_V2 = 14, BITS_V3 = 15, BITS_V5 = 16 };
    int bits = abi >= 5 ? BITS_V5 : abi >= 3 ? BITS_V3 : abi == 2 ? BITS_V2 : BITS_V1;
    return ((uint64_t)1 << bits) - 1;
}

/* A kernel without landlock leaves the other limits: there is then no descriptor to open a file with. */
static void files_shut(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return;
    struct landlock_ruleset_attr rules = {.handled_access_fs = access_all(abi)};
    long fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (fd < 0)
        return;
    syscall(SYS_landlock_restrict_self, (int)fd, 0);
    close((int)fd);
}

int sandbox_enter(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    files_shut();
    /* The soft limit ends it by a signal that tells why, the hard one by one that does not. */
    const struct rlimit work = {.rlim_cur = SANDBOX_CPU_SECONDS, .rlim_max = SANDBOX_CPU_SECONDS + 1};
    if (setrlimit(RLIMIT_CPU, &work) != 0 || limit_set(RLIMIT_CORE, 0) != 0 ||
        limit_set(RLIMIT_FSIZE, 0) != 0 || limit_set(RLIMIT_NOFILE, 0) != 0)
        return -1;
    return MEMORY_LIMITED ? limit_set(RLIMIT_AS, SANDBOX_MEMORY_BYTES) : 0;
}
