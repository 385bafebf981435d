#include "sim/sim.h"
void evil_start(struct sim *sim) { (void)sim; }
void evil_step(struct sim *sim) { (void)sim; }
void evil_after(struct sim *sim, struct proc *p) { (void)sim; (void)p; }
bool evil_filter(struct sim *sim, struct proc *p, conn_id conn, uint8_t *bytes, size_t *len)
{
    (void)sim; (void)p; (void)conn; (void)bytes; (void)len;
    return true;
}
