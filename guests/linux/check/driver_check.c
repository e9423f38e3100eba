// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the driver's interface promises to one guest, checked in that guest.
 *
 *   driver_check    regions check-a and check-b of a page or more must be allowed
 *   driver_check NAME COUNT
 *                   attaches and leaves that region so many times, as fast as it can
 *
 * Prints `CHECK driver NAME: pass` or `fail WHY` for each; exit code 1 if any
 * failed. What takes two guests is in tests/suites/gshm.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

char why[160];

int wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return 0;
}

int attach(int flags, const char *name, struct guest_shm_attachment *a)
{
	int fd = open(DEVICE, flags | O_CLOEXEC);

	memset(a, 0, sizeof(*a));
	strcpy(a->name, name);
	a->size_pages = 1;
	if (fd >= 0 && ioctl(fd, GUEST_SHM_ATTACH, a)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

void *map(int fd, int protection)
{
	return mmap(NULL, BYTES, protection, MAP_SHARED, fd, 0);
}

short polled(int fd, int milliseconds)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&pollfd, 1, milliseconds) == 1 ? pollfd.revents : 0;
}

uint32_t taken(int fd)
{
	uint32_t status = 0;

	return read(fd, &status, sizeof(status)) == sizeof(status) ? status : 0;
}

int set_mask(int fd, uint16_t mute, uint16_t one_shot)
{
	struct guest_shm_mask mask = { .mute = mute, .one_shot = one_shot, .events = ~0u };

	return ioctl(fd, GUEST_SHM_SET_MASK, &mask);
}

int signal_self(int fd, uint32_t idx)
{
	uint32_t targets = 1u << idx;

	return ioctl(fd, GUEST_SHM_NOTIFY, &targets);
}

static const struct {
	const char *name;
	int (*run)(void);
} checks[] = {
	{ "version", check_version },
	{ "join only", check_join_only },
	{ "several regions", check_several_regions },
	{ "shared connection", check_shared_connection },
	{ "detach", check_detach },
	{ "read-only file", check_read_only_file },
	{ "mapping bounds", check_mapping_bounds },
	{ "mute", check_mute },
	{ "one shot", check_one_shot },
	{ "nothing new", check_nothing_new },
	{ "fork", check_fork },
	{ "kill", check_kill },
};

/* For two guests at a time: each comes and goes while the other does. */
static int come_and_go(const char *name, long count)
{
	struct guest_shm_attachment a;

	while (count-- > 0) {
		int fd = attach(O_RDWR, name, &a);

		if (fd < 0) {
			perror(name);
			return 1;
		}
		signal_self(fd, a.idx);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 3 && strlen(argv[1]) < GUEST_SHM_NAME_LEN)
		return come_and_go(argv[1], strtol(argv[2], NULL, 10));

	for (size_t at = 0; at < sizeof(checks) / sizeof(checks[0]); at++) {
		if (checks[at].run()) {
			printf("CHECK driver %s: pass\n", checks[at].name);
		} else {
			printf("CHECK driver %s: fail %s\n", checks[at].name, why);
			failed = 1;
		}
		fflush(stdout);
	}
	return failed;
}
