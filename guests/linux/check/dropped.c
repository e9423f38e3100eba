// SPDX-License-Identifier: BSD-2-Clause
/* The manager ends the connection: what its files and others see. */

#include "check.h"

/* Whatever was on its way is told first. */
static int drained(int fd, unsigned long call, void *argument)
{
	for (int left = 100; left > 0; left--) {
		long done = call ? ioctl(fd, call, argument) : read(fd, argument, 4);

		if (done < 0)
			return errno == ECONNRESET;
	}
	return 0;
}

int check_dropped(const char *name, const char *unused)
{
	struct guest_shm_attachment a, b, info;
	struct guest_shm_event event;
	struct guest_shm_state state;
	volatile uint32_t *data;
	uint32_t status;
	int fd = attach(O_RDWR, name, &a), again;
	struct pollfd pollfd = { .fd = fd };

	(void)unused;
	EXPECT(fd >= 0);
	data = map(fd, PROT_READ | PROT_WRITE);
	EXPECT(data != MAP_FAILED);
	data[1] = 0x5eed;
	said("ready");
	EXPECT(poll(&pollfd, 1, 60000) == 1 && pollfd.revents & POLLHUP && pollfd.revents & POLLERR);
	EXPECT(drained(fd, 0, &status));
	EXPECT(drained(fd, GUEST_SHM_EVENT, &event));
	FAILS(ioctl(fd, GUEST_SHM_STATE, &state), ECONNRESET);
	FAILS(signal_self(fd, a.idx), ECONNRESET);
	/* The data is there as long as the region lives: the program may save it. */
	EXPECT(data[1] == 0x5eed);
	EXPECT(ioctl(fd, GUEST_SHM_INFO, &info) == 0 && info.generation == a.generation);
	/* Beside it, another file attaches anew, and has a connection that works. */
	again = attach(O_RDWR, name, &b);
	EXPECT(again >= 0);
	taken(again);
	EXPECT(signal_self(again, b.idx) == 0);
	EXPECT(polled(again, 2000) & POLLIN);
	EXPECT(GUEST_SHM_PENDING(taken(again)) == 1u << b.idx);
	FAILS(ioctl(fd, GUEST_SHM_STATE, &state), ECONNRESET);
	/* The old file may leave and come back, to the new connection. */
	munmap((void *)data, BYTES);
	EXPECT(ioctl(fd, GUEST_SHM_DETACH) == 0);
	memset(&a, 0, sizeof(a));
	strcpy(a.name, b.name);
	EXPECT(ioctl(fd, GUEST_SHM_ATTACH, &a) == 0 && a.idx == b.idx && a.gpa == b.gpa);
	close(again);
	EXPECT(ioctl(fd, GUEST_SHM_STATE, &state) == 0);
	close(fd);
	return 1;
}
