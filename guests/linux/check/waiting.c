// SPDX-License-Identifier: BSD-2-Clause
/* An attach that waits for memory to be cleaned, and everybody else. */

#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>

#include "check.h"

/* 64 MiB. */
#define LARGE_PAGES 0x4000

enum { NOT_YET, WAITS, HAS_IT, REFUSED };

/* The one that waits keeps its processor; everybody else needs another. */
static int stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static void wait_for_memory(const char *large, uint32_t pages, volatile int *state)
{
	struct guest_shm_attachment a;
	int fd;

	if (!stay_on(1))
		_exit(1);
	*state = WAITS;
	fd = attach_pages(O_RDWR, large, pages, &a);
	*state = fd < 0 ? REFUSED : HAS_IT;
	_exit(fd < 0);
}

/* Signals, other files' attaches and closes, lists: all while that one waits. */
static int others_go_on(const char *name, int fd, uint32_t idx)
{
	struct guest_shm_attachment a;
	struct guest_shm_listed listed = { .nth = 0 };
	struct guest_shm_usage usage;
	struct guest_shm_state state;
	int second = attach(O_RDWR, name, &a);

	EXPECT(second >= 0 && a.idx == idx);
	taken(second);
	for (int turn = 0; turn < 10; turn++) {
		EXPECT(signal_self(fd, idx) == 0);
		/* May read the status before the handler does. */
		EXPECT(ioctl(fd, GUEST_SHM_STATE, &state) == 0);
		EXPECT(polled(second, 1000) & POLLIN);
		EXPECT(GUEST_SHM_PENDING(taken(second)) == 1u << idx);
	}
	EXPECT(ioctl(fd, GUEST_SHM_LIST, &listed) == 0);
	EXPECT(ioctl(fd, GUEST_SHM_USAGE, &usage) == 0);
	close(second);
	/* The last one: the connection ends. */
	close(fd);
	return 1;
}

int check_waiting(const char *name, const char *large)
{
	struct guest_shm_attachment a, b;
	volatile int *state = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = attach(O_RDWR, name, &a), big = attach_pages(O_RDWR, large, LARGE_PAGES, &b);
	int status;
	pid_t child;

	EXPECT(state != MAP_FAILED && fd >= 0 && big >= 0 && stay_on(0));
	/* From here on its memory is being cleaned. */
	close(big);
	child = fork();
	if (child == 0)
		wait_for_memory(large, b.size_pages, state);
	while (*state == NOT_YET)
		sched_yield();
	usleep(2000);
	EXPECT(*state == WAITS);
	if (!others_go_on(name, fd, a.idx))
		return 0;
	/* None of that took as long as the cleaning. */
	EXPECT(*state == WAITS);
	EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT(*state == HAS_IT);
	return 1;
}
