/* unit.h — cmocka with the headers that it wants first. */
#ifndef MUSTER_TESTS_UNIT_PROTOCOL_KINDS_UNIT_H
#define MUSTER_TESTS_UNIT_PROTOCOL_KINDS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
