// SPDX-License-Identifier: BSD-2-Clause
/*
 * What guest_shm.h says, for the test of driver/raw.rs to compare with, and that it
 * compiles by itself as C11.
 */
#include "guest_shm.h"

#include <stdio.h>

#define SAY(name) printf(#name " %#lx\n", (unsigned long)GUEST_SHM_##name)

int main(void)
{
	SAY(ATTACH);
	SAY(NOTIFY);
	SAY(DETACH);
	SAY(VERSION);
	SAY(SET_MASK);
	SAY(GET_MASK);
	SAY(EVENT);
	SAY(LIST);
	SAY(USAGE);
	SAY(STATE);
	SAY(INTERFACE);
	SAY(ACCESS_READ);
	SAY(MASK_MEMBERSHIP);
	return 0;
}
