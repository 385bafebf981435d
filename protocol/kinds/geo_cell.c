#include "protocol/kinds/geo_outline.h"

static const double WIDER = 1e-6, POLAR = 80; /* degrees; a tenth of a metre */

static void widen(struct geo_box *box)
{
    box->south = box->south - WIDER < -90 ? -90 : box->south - WIDER;
    box->north = box->north + WIDER > 90 ? 90 : box->north + WIDER;
    box->west = box->west - WIDER < -180 ? -180 : box->west - WIDER;
    box->east = box->east + WIDER > 180 ? 180 : box->east + WIDER;
}

size_t geo_area_boxes(struct geo_box out[GEO_BOXES_MAX], const char *text, size_t len)
{
    struct geo_circle circle;
    size_t count = 1;
    if (geo_area_box(&out[0], text, len))
        return 0;
    if (geo_circle_parse(&circle, text, len) == MUSTER_OK) {
        struct geo_circle moved = {{circle.centre.lat, 0}, circle.radius_km}; /* far from the date line */
        struct geo_box box;
        geo_circle_box(&box, &moved);
        double west = circle.centre.lon + box.west, east = circle.centre.lon + box.east;
        if (box.east < 180 && (west < -180 || east > 180)) {
            out[1] = out[0] = box;
            out[0].west = west < -180 ? west + 360 : west;
            out[0].east = 180;
            out[1].west = -180;
            out[1].east = east > 180 ? east - 360 : east;
            count = 2;
        }
    }
    for (size_t i = 0; i < count; i++)
        widen(&out[i]);
    return count;
}

static uint32_t step_of(double degrees, double size)
{
    return degrees <= 0 ? 0 : (uint32_t)(degrees / size);
}

size_t geo_cells_of(uint32_t *out, size_t max, enum geo_cells which, const struct geo_box *box)
{
    static const struct {
        double size;
        uint32_t columns;
    } grids[] = {[GEO_CELLS_FINE] = {0.125, 4096}, [GEO_CELLS_COARSE] = {4, 128}};
    double size = grids[which].size;
    uint32_t south = step_of(box->south + 90, size), north = step_of(box->north + 90, size);
    uint32_t west = step_of(box->west + 180, size), east = step_of(box->east + 180, size);
    uint32_t first = step_of(90 - POLAR, size), behind = step_of(90 + POLAR, size);
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) { /* counts, then writes: a box may touch a million */
        count = 0;
        for (uint32_t row = south; row <= north; row++) {
            bool polar = row < first || row >= behind;
            uint32_t from = polar ? 0 : west, to = polar ? 0 : east;
            if (pass == 0 && count + (to - from + 1) > max)
                return max + 1;
            for (uint32_t column = from; pass && column <= to; column++)
                out[count + column - from] = row * grids[which].columns + column;
            count += to - from + 1;
        }
    }
    return count;
}
