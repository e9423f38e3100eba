// SPDX-License-Identifier: GPL-2.0-only
/*
 * ghstest as the original's sample does it, over the driver beside it.
 *
 *   ghstest [DEVICE]
 *
 * Shares the region `testing` of 16 pages, one page per connection. A line typed
 * goes into one's own page and everyone else is notified. On an interrupt:
 * the text of each that notified, and the change of the set of clients. `quit` or
 * end of input detaches.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qvm_guest_shm.h"

#define PAGES 16

static char *data;
static uint32_t active;

static void die(const char *what)
{
	fprintf(stderr, "ghstest: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void heard(uint32_t status)
{
	for (int i = 0; i < GUEST_SHM_MAX_CLIENTS; i++)
		if (status & (1u << i))
			printf("%d: %.*s\n", i, GUEST_SHM_PAGE, data + i * GUEST_SHM_PAGE);
	if (status >> 16 != active)
		printf("clients %#x -> %#x\n", active, status >> 16);
	active = status >> 16;
	fflush(stdout);
}

/* Says a line, or tells that it is time to end. */
static int said(int fd, uint32_t idx)
{
	char line[GUEST_SHM_PAGE];
	uint32_t everyone = 0xffffffff;

	if (!fgets(line, sizeof(line), stdin))
		return 0;
	line[strcspn(line, "\n")] = 0;
	if (!strcmp(line, "quit"))
		return 0;
	memcpy(data + idx * GUEST_SHM_PAGE, line, strlen(line) + 1);
	if (ioctl(fd, QVM_SHM_NOTIFY, &everyone))
		die("notify");
	return 1;
}

int main(int argc, char **argv)
{
	struct qvm_shm_create create = { .name = "testing", .size = PAGES };
	int fd = open(argc > 1 ? argv[1] : "/dev/qvm_shm", O_RDWR);
	uint32_t status;

	if (fd < 0)
		die("open");
	if (ioctl(fd, QVM_SHM_CREATE, &create)) {
		fprintf(stderr, "ghstest: creation status %u\n", create.status);
		die("create");
	}
	data = mmap(NULL, create.size * GUEST_SHM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		die("mmap");
	printf("creation of \"%s\": %u pages, idx %u, vector %u\n", create.name, create.size,
	       create.idx, create.vector);
	fflush(stdout);
	/* One line at a time from the descriptor: poll() must see what is left. */
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			die("poll");
		if (fds[1].revents) {
			if (read(fd, &status, sizeof(status)) != sizeof(status))
				die("read");
			heard(status);
		}
		if (fds[0].revents && !said(fd, create.idx))
			break;
	}
	printf("detached\n");
	return 0;
}
