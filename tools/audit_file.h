/* audit_file.h — judging an exported audit and telling it in sentences; for `muster verify` and muster-verify.
 *
 * Like proof_say.h: no node, no network, nothing but base, crypto and protocol.  What comes from the file is escaped. */
#ifndef MUSTER_TOOLS_AUDIT_FILE_H
#define MUSTER_TOOLS_AUDIT_FILE_H

#include "protocol/trust/audit_entry.h"
#include "tools/proof_say.h"

/* Verifies the file and whom the reader trusts: anchor as for proofs.  On an error problem has the reason and steps what to
 * do (may be empty).  out borrows from bytes. */
MUST_USE enum muster_error audit_file_judge(struct audit_file *out, const void *bytes, size_t len,
                                            const struct proof_anchor *anchor, struct proof_problem *problem,
                                            char steps[PROOF_SENTENCE_BYTES]);
/* Every entry on a line, what is proved and what is not, for a person. */
void audit_file_say(FILE *out, const struct audit_file *file, const struct proof_anchor *anchor, size_t columns);
/* {"muster":1,"ok":true,"trusted_by":…,"agency":…,"first":…,"last":…,"items":[…]} on one line. */
void audit_file_json(FILE *out, const struct audit_file *file, const struct proof_anchor *anchor);

#endif
