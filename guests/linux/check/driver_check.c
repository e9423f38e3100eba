// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the driver's interface promises to one guest, checked in that guest.
 *
 *   driver_check    regions check-a and check-b of a page or more must be allowed
 *   driver_check come-and-go NAME COUNT
 *                   attaches and leaves that region so many times, as fast as it can
 *   driver_check account NAME
 *                   each event of a peer that comes and goes is told or counted
 *   driver_check dropped NAME
 *                   what is left when the manager has ended the connection
 *   driver_check waiting NAME LARGE
 *                   who waits for memory holds up nobody else
 *
 * Prints `CHECK driver NAME: pass` or `fail WHY` for each; exit code 1 if any
 * failed. The scripts in tests/suites/gshm have what the other guest does meanwhile.
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

int attach_pages(int flags, const char *name, uint32_t pages, struct guest_shm_attachment *a)
{
	int fd = open(DEVICE, flags | O_CLOEXEC);

	memset(a, 0, sizeof(*a));
	strncpy(a->name, name, sizeof(a->name) - 1);
	a->size_pages = pages;
	if (fd >= 0 && ioctl(fd, GUEST_SHM_ATTACH, a)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int attach(int flags, const char *name, struct guest_shm_attachment *a)
{
	return attach_pages(flags, name, 1, a);
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

void said(const char *line)
{
	puts(line);
	fflush(stdout);
}

int told(void)
{
	char line[16];

	return fgets(line, sizeof(line), stdin) != NULL;
}

/* Those that the other guest takes part in. */
static const struct {
	const char *name;
	int (*run)(const char *region, const char *argument);
} shared_checks[] = {
	{ "come-and-go", check_come_and_go },
	{ "account", check_account },
	{ "dropped", check_dropped },
	{ "waiting", check_waiting },
};

static int report(const char *name, int passed)
{
	if (passed)
		printf("CHECK driver %s: pass\n", name);
	else
		printf("CHECK driver %s: fail %s\n", name, why);
	fflush(stdout);
	return !passed;
}

static int run_shared(const char *name, const char *region, const char *argument)
{
	for (size_t at = 0; at < sizeof(shared_checks) / sizeof(shared_checks[0]); at++)
		if (!strcmp(shared_checks[at].name, name))
			return report(name, shared_checks[at].run(region, argument));
	fprintf(stderr, "driver_check: there is no check \"%s\"\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc >= 3)
		return run_shared(argv[1], argv[2], argc > 3 ? argv[3] : "");
	for (size_t at = 0; at < sizeof(checks) / sizeof(checks[0]); at++)
		failed |= report(checks[at].name, checks[at].run());
	return failed;
}
