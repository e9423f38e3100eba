// SPDX-License-Identifier: BSD-2-Clause
/* Versions, unknown calls, refused attaches. */

#include "check.h"

int check_version(void)
{
	struct guest_shm_version version;
	int fd = open(DEVICE, O_RDONLY);

	EXPECT(ioctl(fd, GUEST_SHM_VERSION, &version) == 0);
	EXPECT(version.interface == GUEST_SHM_INTERFACE);
	EXPECT(version.device >= 2 && (version.features & 0x7f) == 0x7f);
	FAILS(ioctl(fd, _IO(GUEST_SHM_IOC, 0x7f)), ENOTTY);
	FAILS(ioctl(fd, _IO('x', 3)), ENOTTY);
	close(fd);
	return 1;
}

int check_join_only(void)
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
