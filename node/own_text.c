/* own_text.c — see own_text.h.  The linker's list of segments says which of them are never written: what relocations write is
 * in segments that are writable, if only at first, so that leaving those alone loses nothing. */
#include "node/own_text.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Does the linker write into its code?  No library of today is made so; one that is keeps its pages. */
static bool writes_text(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        union {
            uintptr_t number;
            const ElfW(Dyn) *at;
        } dynamic = {.number = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr};
        for (const ElfW(Dyn) *d = dynamic.at; d->d_tag != DT_NULL; d++)
            if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL))
                return true;
    }
    return false;
}

static int object_rest(struct dl_phdr_info *info, size_t size, void *user)
{
    uintptr_t page = *(const uintptr_t *)user;
    (void)size;
    if (!info->dlpi_addr || !info->dlpi_name || writes_text(info)) /* not loaded from a file at a place of its own */
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
            continue;
        uintptr_t from = info->dlpi_addr + segment->p_vaddr, to = from + segment->p_filesz;
        union {
            uintptr_t number;
            void *at;
        } start = {.number = (from + page - 1) / page * page}; /* whole pages only: a neighbour may share the first or last */
        if (to / page * page > start.number)
            (void)madvise(start.at, to / page * page - start.number, MADV_DONTNEED);
    }
    return 0;
}

void own_text_rest(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)dl_iterate_phdr(object_rest, &page);
}
