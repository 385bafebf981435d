#include "formats/edxl_rm.h"

const struct rm_message rm_messages[RM_MESSAGES] = {
    {"RequestResource", NEVER, NEVER, MAY, MAY, MAY, REQUESTED_ARRIVAL | RETURN_ARRIVAL | RETURN_DEPARTURE | REPORT_TO},
    {"ResponseToRequestResource", MUST, MUST, MAY, MAY, MAY,
     SCHEDULE_ALL & ~(ACTUAL_ARRIVAL | ACTUAL_DEPARTURE | RETURNED | COMMITTED | CURRENT)},
    {"CommitResource", MUST, MUST, MUST, MUST, MAY, SCHEDULE_ALL},
    {"OfferUnsolicitedResource", NEVER, NEVER, MAY, MAY, NEVER,
     ESTIMATED_ARRIVAL | ESTIMATED_DEPARTURE | BEGIN_AVAILABLE | END_AVAILABLE},
    {"ReportResourceDeploymentStatus", MAY, MAY, MAY, MAY, MAY, SCHEDULE_ALL},
};

static const struct rm_schedule_row schedules[] = {
    {"request", "needed_by", "deliver_to", "RequestedArrival", REQUESTED_ARRIVAL},
    {"request", "until", NULL, "EstimatedReturnDeparture", RETURN_DEPARTURE},
    {"deployment", "eta", "destination", "EstimatedArrival", ESTIMATED_ARRIVAL},
    {"deployment", "committed_at", NULL, "Committed", COMMITTED},
    {"deployment", "dispatched_at", "origin", "ActualDeparture", ACTUAL_DEPARTURE},
    {"deployment", "arrived_at", "destination", "ActualArrival", ACTUAL_ARRIVAL},
    {"deployment", "return_eta", NULL, "EstimatedReturnArrival", RETURN_ARRIVAL},
    {"deployment", "returned_at", NULL, "ActualReturnArrival", RETURNED},
    {"deployment", "available_from", NULL, "BeginAvailable", BEGIN_AVAILABLE},
    {"deployment", "available_until", NULL, "EndAvailable", END_AVAILABLE},
    {"deployment", "position_at", NULL, "Current", CURRENT},
    {"resource", "counted", "site", "Current", CURRENT},
};

const struct rm_schedule_row *rm_schedule_at(size_t i)
{
    return i < ARRAY_LEN(schedules) ? &schedules[i] : NULL;
}
