#include "formats/edxl_have.h"

static const struct have_row rows[] = {
    {"Organization/OrganizationInformation", "OrganisationName", "NameElement", "name"},
    {"EmergencyDepartmentStatus", "EMSTraffic", "EMSTrafficStatus", "ems_traffic"},
    {"HospitalFacilityStatus", NULL, "ClinicalStatus", "clinical_status"},
    {"HospitalFacilityStatus", NULL, "FacilityStatus", "facility_status"},
    {"HospitalFacilityStatus", NULL, "SecurityStatus", "security_status"},
    {"HospitalFacilityStatus", NULL, "CommentText", "comments"},
    {"HospitalResourceStatus", NULL, "Staffing", "staffing"},
    {"HospitalResourceStatus", NULL, "ClinicalOperations", "supplies"},
};

const struct have_row *have_row_at(size_t i)
{
    return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}
