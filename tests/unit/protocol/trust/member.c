#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "member.h"

#include "crypto/crypto.h"
#include "protocol/trust/statement.h"

#include <stdlib.h>

size_t member_make(struct node_keys *keys, struct sign_secret *sign, uint8_t card[CARD_BYTES_MAX], struct agency_id *agency)
{
    uint8_t bytes[2][STATEMENT_BYTES_MAX];
    struct sign_public root, next;
    struct sign_secret root_secret, next_secret;
    struct box_secret box;
    struct curve_secret curve;
    struct identity *identity = calloc(1, sizeof(*identity));
    assert_non_null(identity);
    sign_keys(&root, &root_secret);
    sign_keys(&next, &next_secret);
    sign_keys(&keys->sign, sign);
    box_keys(&keys->box, &box);
    curve_keys(&keys->curve, &curve);
    struct hash commitment = next_root_of(&next);
    struct bytes statements[2] = {{bytes[0], 0}, {bytes[1], 0}};
    statements[0].len = statement_inception(bytes[0], identity, &root, &root_secret, &commitment, "Yibin", "CN", 1);
    statements[1].len = statement_node(bytes[1], identity, &root_secret, keys, "yibin-1", 0, 2);
    size_t len = card_make(card, identity, statements, 2, &keys->sign, sign, NULL, 0, "", 1, 3);
    assert_true(len > 0);
    if (agency)
        *agency = identity->agency;
    free(identity);
    return len;
}
