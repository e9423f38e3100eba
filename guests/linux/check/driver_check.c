// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the driver's interface promises to one guest, checked in that guest.
 *
 *   driver_check    regions check-a and check-b of a page or more must be allowed
 *
 * Prints `CHECK driver NAME: pass` or `fail WHY` for each; exit code 1 if any
 * failed. A signal to oneself stands for one of a peer. What takes two guests is in
 * tests/suites/gshm.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_shm.h"

#define DEVICE "/dev/guest_shm"
#define BYTES GUEST_SHM_PAGE_SIZE

static char why[160];

/* Notes the first thing that is not as it should be. */
static int wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return 0;
}

#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			return wrong("line %d: %s (errno %d)", __LINE__, #condition, errno); \
	} while (0)
#define FAILS(call, with) EXPECT((call) == -1 && errno == (with))
#define MAP_FAILS(call, with) EXPECT((call) == MAP_FAILED && errno == (with))

static int attach(int flags, const char *name, struct guest_shm_attachment *a)
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

static void *map(int fd, int protection)
{
	return mmap(NULL, BYTES, protection, MAP_SHARED, fd, 0);
}

/* What poll() says within that many milliseconds. */
static short polled(int fd, int milliseconds)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLPRI };

	return poll(&pollfd, 1, milliseconds) == 1 ? pollfd.revents : 0;
}

static uint32_t taken(int fd)
{
	uint32_t status = 0;

	return read(fd, &status, sizeof(status)) == sizeof(status) ? status : 0;
}

static int set_mask(int fd, uint16_t mute, uint16_t one_shot)
{
	struct guest_shm_mask mask = { .mute = mute, .one_shot = one_shot, .events = ~0u };

	return ioctl(fd, GUEST_SHM_SET_MASK, &mask);
}

static int signal_self(int fd, uint32_t idx)
{
	uint32_t targets = 1u << idx;

	return ioctl(fd, GUEST_SHM_NOTIFY, &targets);
}

static int check_version(void)
{
	struct guest_shm_version version;
	int fd = open(DEVICE, O_RDONLY);

	EXPECT(ioctl(fd, GUEST_SHM_VERSION, &version) == 0);
	EXPECT(version.interface == GUEST_SHM_INTERFACE);
	EXPECT(version.device >= 1 && (version.features & 0x3f) == 0x3f);
	FAILS(ioctl(fd, _IO(GUEST_SHM_IOC, 0x7f)), ENOTTY);
	FAILS(ioctl(fd, _IO('x', 3)), ENOTTY);
	close(fd);
	return 1;
}

static int check_join_only(void)
{
	struct guest_shm_attachment a = { .name = "check-a" };
	int fd = open(DEVICE, O_RDWR);

	FAILS(ioctl(fd, GUEST_SHM_ATTACH, &a), ENOENT);
	EXPECT(a.status == GUEST_SHM_UNKNOWN_FAILURE && a.reason == 5);
	FAILS(ioctl(fd, GUEST_SHM_INFO, &a), ENOTCONN);
	memset(&a, 0, sizeof(a));
	strcpy(a.name, "a/b");
	a.size_pages = 1;
	FAILS(ioctl(fd, GUEST_SHM_ATTACH, &a), EINVAL);
	EXPECT(a.status == GUEST_SHM_ILLEGAL_NAME);
	close(fd);
	return 1;
}

/* One process, two regions: neither the data nor the signals mix. */
static int check_several_regions(void)
{
	struct guest_shm_attachment a, b;
	int first = attach(O_RDWR, "check-a", &a), second = attach(O_RDWR, "check-b", &b);
	uint32_t *at, *bt;

	EXPECT(first >= 0 && second >= 0);
	EXPECT(a.gpa != b.gpa && a.generation && b.generation);
	at = map(first, PROT_READ | PROT_WRITE);
	bt = map(second, PROT_READ | PROT_WRITE);
	EXPECT(at != MAP_FAILED && bt != MAP_FAILED);
	at[3] = 0x61616161;
	EXPECT(bt[3] == 0);
	taken(first);
	taken(second);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(polled(first, 2000) & POLLIN);
	EXPECT(!(polled(second, 50) & POLLIN));
	munmap(at, BYTES);
	munmap(bt, BYTES);
	close(first);
	close(second);
	return 1;
}

/* Two files of one region are one connection, each with its own account. */
static int check_shared_connection(void)
{
	struct guest_shm_attachment a, b;
	int first = attach(O_RDWR, "check-a", &a), second = attach(O_RDWR, "check-a", &b);
	uint32_t *at, *bt;

	EXPECT(first >= 0 && second >= 0 && a.idx == b.idx && a.gpa == b.gpa);
	EXPECT(a.generation == b.generation);
	at = map(first, PROT_READ | PROT_WRITE);
	bt = map(second, PROT_READ | PROT_WRITE);
	at[5] = 0x1234;
	EXPECT(bt[5] == 0x1234);
	taken(first);
	taken(second);
	EXPECT(signal_self(first, a.idx) == 0);
	EXPECT(polled(first, 2000) & POLLIN && polled(second, 2000) & POLLIN);
	EXPECT(GUEST_SHM_PENDING(taken(first)) == 1u << a.idx);
	EXPECT(GUEST_SHM_PENDING(taken(second)) == 1u << a.idx);
	munmap(at, BYTES);
	close(first);
	/* The other still works. */
	EXPECT(signal_self(second, a.idx) == 0);
	EXPECT(polled(second, 2000) & POLLIN);
	munmap(bt, BYTES);
	close(second);
	return 1;
}

static int check_detach(void)
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

/* A file opened for reading maps no writable page, and signals nobody. */
static int check_read_only_file(void)
{
	struct guest_shm_attachment a, b;
	int reader = attach(O_RDONLY, "check-a", &a), writer = attach(O_RDWR, "check-a", &b);
	volatile uint32_t *seen;
	uint32_t *written;

	EXPECT(reader >= 0 && writer >= 0);
	MAP_FAILS(map(reader, PROT_READ | PROT_WRITE), EACCES);
	seen = map(reader, PROT_READ);
	written = map(writer, PROT_READ | PROT_WRITE);
	EXPECT(seen != MAP_FAILED && written != MAP_FAILED);
	FAILS(mprotect((void *)seen, BYTES, PROT_READ | PROT_WRITE), EACCES);
	written[7] = 77;
	EXPECT(seen[7] == 77);
	FAILS(signal_self(reader, a.idx), EBADF);
	munmap((void *)seen, BYTES);
	munmap(written, BYTES);
	close(reader);
	close(writer);
	return 1;
}

static int check_mapping_bounds(void)
{
	struct guest_shm_attachment a;
	int fd = attach(O_RDWR, "check-a", &a);
	size_t bytes = (size_t)a.size_pages * BYTES;
	void *all;

	EXPECT(fd >= 0);
	MAP_FAILS(mmap(NULL, bytes + BYTES, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
	MAP_FAILS(mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, bytes), EINVAL);
	MAP_FAILS(mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	all = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(all != MAP_FAILED);
	munmap(all, bytes);
	close(fd);
	return 1;
}

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
static int check_mute(void)
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

static int check_one_shot(void)
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
static int check_nothing_new(void)
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

/* A child has no mapping of its parent's: it would outlive the detach. */
static int check_fork(void)
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
static int check_kill(void)
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

int main(void)
{
	int failed = 0;

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
