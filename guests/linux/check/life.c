// SPDX-License-Identifier: BSD-2-Clause
/* How an attachment ends. */

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "check.h"

int check_detach(void)
{
	struct guest_shm_attachment a, again = { .name = "check-b", .size_pages = 1 };
	int fd = attach(O_RDWR, "check-a", &a);
	void *data = map(fd, PROT_READ);

	EXPECT(fd >= 0 && data != MAP_FAILED);
	FAILS(ioctl(fd, GUEST_SHM_ATTACH, &again), EISCONN);
	FAILS(ioctl(fd, GUEST_SHM_DETACH), EBUSY);
	munmap(data, BYTES);
	EXPECT(ioctl(fd, GUEST_SHM_DETACH) == 0);
	FAILS(signal_self(fd, a.idx), ENOTCONN);
	FAILS(ioctl(fd, GUEST_SHM_DETACH), ENOTCONN);
	EXPECT(polled(fd, 0) & POLLHUP);
	/* The same file may attach another. */
	EXPECT(ioctl(fd, GUEST_SHM_ATTACH, &again) == 0);
	close(fd);
	return 1;
}

/* A child has no mapping of its parent's: it would outlive the detach. */
int check_fork(void)
{
	struct guest_shm_attachment a;
	int fd = attach(O_RDWR, "check-a", &a), status;
	volatile uint32_t *data = map(fd, PROT_READ | PROT_WRITE);
	pid_t child;

	EXPECT(fd >= 0 && data != MAP_FAILED);
	child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(data[0] == 1);
	}
	EXPECT(waitpid(child, &status, 0) == child);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	munmap((void *)data, BYTES);
	close(fd);
	return 1;
}

/* Whether this guest is attached to a region. */
static int listed(const char *name, uint32_t *idx)
{
	int fd = open(DEVICE, O_RDONLY), found = 0;
	struct guest_shm_listed region = { .nth = 0 };

	while (!found && ioctl(fd, GUEST_SHM_LIST, &region) == 0) {
		found = !strcmp(region.name, name);
		if (!found)
			region.nth++;
	}
	*idx = region.idx;
	close(fd);
	return found;
}

/* The end of a process by SIGKILL detaches, with the data mapped. */
int check_kill(void)
{
	struct guest_shm_attachment a;
	struct guest_shm_usage usage;
	int pipe_fds[2], fd;
	uint32_t idx;
	pid_t child;
	char byte;

	EXPECT(pipe(pipe_fds) == 0);
	child = fork();
	if (child == 0) {
		fd = attach(O_RDWR, "check-b", &a);
		if (fd < 0 || map(fd, PROT_READ | PROT_WRITE) == MAP_FAILED)
			_exit(1);
		if (write(pipe_fds[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	EXPECT(read(pipe_fds[0], &byte, 1) == 1);
	EXPECT(listed("check-b", &idx) && idx < GUEST_SHM_CLIENT_MAX);
	fd = open(DEVICE, O_RDONLY);
	EXPECT(ioctl(fd, GUEST_SHM_USAGE, &usage) == 0 && usage.connections >= 1);
	close(fd);
	kill(child, SIGKILL);
	EXPECT(waitpid(child, NULL, 0) == child);
	EXPECT(!listed("check-b", &idx));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return 1;
}

/* For two guests at a time: each comes and goes while the other does. */
int check_come_and_go(const char *name, const char *count)
{
	struct guest_shm_attachment a;

	for (long left = strtol(count, NULL, 10); left > 0; left--) {
		int fd = attach(O_RDWR, name, &a);

		EXPECT(fd >= 0);
		EXPECT(signal_self(fd, a.idx) == 0);
		close(fd);
	}
	return 1;
}
