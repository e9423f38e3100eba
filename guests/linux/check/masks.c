// SPDX-License-Identifier: BSD-2-Clause
/* What wakes a file, and what does not. */

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

/* Interrupts of the device so far: the first number after its line's name. */
static long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[256];
	long count = -1;

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "guest_shm"))
			count = strtol(strchr(line, ':') + 1, NULL, 10);
	if (file)
		fclose(file);
	return count;
}

/* A muted peer wakes nobody, and is not lost. */
int check_mute(void)
{
	struct guest_shm_attachment a;
	struct guest_shm_state state;
	int first = attach(O_RDWR, "check-a", &a), second = attach(O_RDWR, "check-a", &a);
	uint16_t own = (uint16_t)(1u << a.idx);
	long before;

	EXPECT(first >= 0 && second >= 0);
	taken(first);
	taken(second);
	EXPECT(set_mask(first, own, 0) == 0);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(polled(second, 2000) & POLLIN);
	EXPECT(!(polled(first, 50) & POLLIN));
	EXPECT(ioctl(first, GUEST_SHM_STATE, &state) == 0);
	EXPECT(GUEST_SHM_PENDING(state.status) == own);
	EXPECT(set_mask(first, 0, 0) == 0);
	EXPECT(polled(first, 0) & POLLIN);
	EXPECT(GUEST_SHM_PENDING(taken(first)) == own);
	taken(second);
	/* Muted by all files: the device does not even interrupt. */
	EXPECT(set_mask(first, own, 0) == 0 && set_mask(second, own, 0) == 0);
	before = interrupts();
	EXPECT(before > 0);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(!(polled(second, 50) & POLLIN));
	EXPECT(interrupts() == before);
	EXPECT(set_mask(second, 0, 0) == 0);
	EXPECT(polled(second, 2000) & POLLIN);
	close(first);
	close(second);
	return 1;
}

int check_one_shot(void)
{
	struct guest_shm_attachment a;
	struct guest_shm_mask mask;
	int fd = attach(O_RDWR, "check-a", &a);
	uint16_t own = (uint16_t)(1u << a.idx);

	EXPECT(fd >= 0);
	taken(fd);
	EXPECT(set_mask(fd, 0, own) == 0);
	EXPECT(signal_self(fd, a.idx) == 0);
	EXPECT(polled(fd, 2000) & POLLIN);
	EXPECT(GUEST_SHM_PENDING(taken(fd)) == own);
	EXPECT(signal_self(fd, a.idx) == 0);
	EXPECT(!(polled(fd, 50) & POLLIN));
	EXPECT(ioctl(fd, GUEST_SHM_GET_MASK, &mask) == 0 && mask.mute == own);
	EXPECT(set_mask(fd, 0, own) == 0);
	EXPECT(polled(fd, 2000) & POLLIN);
	mask.flags = 0x80;
	FAILS(ioctl(fd, GUEST_SHM_SET_MASK, &mask), EINVAL);
	close(fd);
	return 1;
}

/* Nonblocking reads and the queue of events say when there is nothing. */
int check_nothing_new(void)
{
	struct guest_shm_attachment a;
	struct guest_shm_event event;
	int fd = attach(O_RDWR | O_NONBLOCK, "check-a", &a);
	uint32_t status;

	EXPECT(fd >= 0);
	EXPECT(GUEST_SHM_ACTIVE(taken(fd)) == 1u << a.idx);
	FAILS(read(fd, &status, sizeof(status)), EAGAIN);
	FAILS(read(fd, &status, 3), EINVAL);
	FAILS(ioctl(fd, GUEST_SHM_EVENT, &event), EAGAIN);
	EXPECT(polled(fd, 0) == 0);
	close(fd);
	return 1;
}
