// SPDX-License-Identifier: BSD-2-Clause
/* Every join and departure is told to a file, or counted. */

#include <signal.h>
#include <sys/wait.h>

#include "check.h"

/* Events that a file keeps. */
#define KEPT 64

struct account {
	uint32_t serial;	/* of the last event */
	uint32_t told, lost;
};

/* Takes all that is queued: none twice, none missing, none out of order. */
static int take_all(int fd, struct account *account)
{
	struct guest_shm_event event;

	while (ioctl(fd, GUEST_SHM_EVENT, &event) == 0) {
		if (event.serial != account->serial + 1 + event.lost)
			return wrong("event %u has serial %u, the one before %u, %u are lost",
				     account->told, event.serial, account->serial, event.lost);
		account->serial = event.serial;
		account->told++;
		account->lost += event.lost;
	}
	EXPECT(errno == EAGAIN);
	return 1;
}

/* Looks at the device on another processor all the while: it keeps one snapshot. */
static pid_t spin(const char *name)
{
	struct guest_shm_attachment a;
	struct guest_shm_state state;
	pid_t child = fork();
	int fd;

	if (child)
		return child;
	fd = attach(O_RDWR, name, &a);
	while (fd >= 0 && ioctl(fd, GUEST_SHM_STATE, &state) == 0)
		usleep(5000);
	_exit(1);
}

/*
 * A peer comes and goes far more often than a queue holds, then once more. The first lines
 * of the script say when.
 */
int check_account(const char *name, const char *unused)
{
	struct guest_shm_attachment a;
	struct guest_shm_state state;
	struct account account = { 0 };
	int fd = attach(O_RDWR, name, &a), status;
	pid_t child;

	(void)unused;
	EXPECT(fd >= 0 && ioctl(fd, GUEST_SHM_STATE, &state) == 0);
	account.serial = state.serial;
	child = spin(name);
	said("ready");
	EXPECT(told());
	if (!take_all(fd, &account))
		return 0;
	EXPECT(account.told == KEPT);
	said("drained");
	EXPECT(told());
	if (!take_all(fd, &account))
		return 0;
	EXPECT(account.told > KEPT && account.lost > 0);
	EXPECT(ioctl(fd, GUEST_SHM_STATE, &state) == 0 && state.serial == account.serial);
	/* It was looking until now. */
	EXPECT(waitpid(child, &status, WNOHANG) == 0);
	kill(child, SIGKILL);
	EXPECT(waitpid(child, &status, 0) == child);
	close(fd);
	return 1;
}
