/* evaluate.h — the measures of a response, from what was recorded about it.
 *
 * All times are milliseconds since 1970-01-01 UTC, EVALUATE_NEVER where nothing is known; quantities are in millionths of
 * their unit.  Measures that nothing is known for are EVALUATE_NOTHING: missing is not zero.
 *
 * Rules (EMAC's phases and HSEEP's performance measures, made exact):
 *   request to offer   of each request: from asking to its first offer or commitment that was not refused
 *   offer to arrival   of each delivery that arrived: from its offer (else its commitment) to its arrival
 *   fill rate          what arrived in answer to requests, of each at most what was asked, through what was asked
 *   on time            what arrived until each request's `needed by`, the same way; of requests that name a time
 *   over-supply        what arrived beyond what was asked, through what was asked
 *   reporting          of each report: from the time it describes to its writing
 *   first word         of each release: from when the fact was known to its publication
 *   correction         of each release that was corrected: from its publication to that
 * Of several the median counts, of an even number the lower one.  Negative spans count as 0: clocks differ.  Rates are in
 * ten-thousandths, cut off, never rounded up.  Of requests and deliveries without a quantity each counts as one unit. */
#ifndef MUSTER_DECIDE_EVALUATE_H
#define MUSTER_DECIDE_EVALUATE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define EVALUATE_NEVER INT64_MIN
#define EVALUATE_NOTHING INT64_MIN

enum { EVALUATE_ITEMS_MAX = 65536, EVALUATE_UNIT = 1000000 };

struct evaluate_request {
    int64_t asked_ms, needed_ms;
    int64_t quantity; /* millionths, not negative; EVALUATE_NEVER: not said */
};

struct evaluate_delivery {
    size_t request; /* index; SIZE_MAX: answers none */
    int64_t offered_ms, committed_ms, arrived_ms;
    int64_t quantity, quantity_arrived; /* the latter as counted by the receiver; EVALUATE_NEVER: as sent */
    int refused;                        /* or withdrawn before it was on its way */
};

struct evaluate_span { /* one that began and ended */
    int64_t from_ms, to_ms;
};

struct evaluate_input {
    const struct evaluate_request *requests;
    const struct evaluate_delivery *deliveries;
    const struct evaluate_span *reports, *first_words, *corrections; /* those whose both ends are known */
    size_t request_count, delivery_count, report_count, first_word_count, correction_count;
};

struct evaluate_result {
    size_t requests, offers, arrivals, reports, first_words, corrections; /* how many each measure rests on */
    int64_t request_to_offer_s, offer_to_arrival_s, report_s, first_word_s, correction_s;
    int64_t fill_rate, on_time, over_supply; /* ten-thousandths */
};

/* ETOOBIG beyond EVALUATE_ITEMS_MAX of anything, EBADVALUE for a quantity below zero or a request that there is not, EBUSY
 * without memory. */
MUST_USE enum muster_error evaluate(struct evaluate_result *out, const struct evaluate_input *in);

#endif
