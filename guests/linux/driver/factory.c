// SPDX-License-Identifier: GPL-2.0-only
/*
 * The factory page: attach by name, the list of regions, what this guest uses.
 *
 * Rule: each answer is read in several pieces, so the registers of an attach are used
 * under factory_lock, those of list and usage under list_lock.
 */

#include <linux/err.h>
#include <linux/string.h>

#include "internal.h"

static u32 factory_read(const struct guest_shm *gs, unsigned int at)
{
	return readl(gs->factory + at);
}

/* Looks what the device has beyond the original's registers. */
void factory_find_features(struct guest_shm *gs)
{
	if (readq(gs->factory + FEATURE_MAGIC) != MAGIC)
		return;
	gs->version = factory_read(gs, FEATURE_VERSION);
	if (gs->version)
		gs->features = factory_read(gs, FEATURE_SET);
}

static int status_to_errno(u32 status, u32 reason)
{
	switch (status) {
	case GUEST_SHM_OK:
		return 0;
	case GUEST_SHM_UNKNOWN_FAILURE:
		return reason == REASON_SIZE_ZERO ? -ENOENT : -EIO;
	case GUEST_SHM_NOMEM:
		return -ENOMEM;
	case GUEST_SHM_CLIENT_MAX_REACHED:
		return -EUSERS;
	case GUEST_SHM_ILLEGAL_NAME:
		return -EINVAL;
	case GUEST_SHM_NO_PERMISSION:
		return -EACCES;
	case GUEST_SHM_DOES_NOT_EXIST:
		return -ENOENT;
	default:
		return -EIO;
	}
}

/*
 * Has the device attach a->name, and fills in what the factory page says of it.
 * The write of the size returns when the device has an answer, which may take
 * long: it may have to clean memory first.
 */
int factory_attach(struct guest_shm *gs, struct guest_shm_attachment *a, u64 *shmem)
{
	__le32 words[GUEST_SHM_NAME_LEN / sizeof(__le32)];
	unsigned int at;

	memcpy(words, a->name, sizeof(words));
	for (at = 0; at < ARRAY_SIZE(words); at++)
		writel(le32_to_cpu(words[at]), gs->factory + FACTORY_NAME + 4 * at);
	writel(a->size_pages, gs->factory + FACTORY_SIZE);
	a->status = factory_read(gs, FACTORY_STATUS);
	a->reason = 0;
	if (a->status != GUEST_SHM_OK) {
		if (has_feature(gs, GUEST_SHM_FEATURE_USAGE))
			a->reason = factory_read(gs, FACTORY_REASON);
		return status_to_errno(a->status, a->reason);
	}
	*shmem = readq(gs->factory + FACTORY_SHMEM);
	a->size_pages = factory_read(gs, FACTORY_SIZE);
	a->generation = 0;
	a->access = GUEST_SHM_ACCESS_READ_WRITE;
	if (has_feature(gs, GUEST_SHM_FEATURE_INSPECT)) {
		a->generation = factory_read(gs, FACTORY_GENERATION);
		a->access = factory_read(gs, FACTORY_ACCESS);
	}
	return 0;
}

/* The device attached something unusable: gives it back, as far as possible. */
void factory_abandon(phys_addr_t shmem)
{
	void __iomem *control = ioremap(shmem, REGION_PAGE);

	if (!control)
		return;
	writel(1, control + CONTROL_DETACH);
	iounmap(control);
}

/* The listed->nth region that this guest may attach. */
int factory_list(struct guest_shm *gs, struct guest_shm_listed *listed)
{
	__le32 words[GUEST_SHM_NAME_LEN / sizeof(__le32)];
	unsigned int at;
	u32 status;

	writel(listed->nth, gs->factory + FACTORY_NTH);
	status = factory_read(gs, FACTORY_LIST_STATUS);
	if (status != GUEST_SHM_OK)
		return status_to_errno(status, 0);
	listed->size_pages = factory_read(gs, FACTORY_LIST_PAGES);
	listed->generation = factory_read(gs, FACTORY_LIST_GENERATION);
	listed->active = factory_read(gs, FACTORY_LIST_ACTIVE);
	listed->idx = factory_read(gs, FACTORY_LIST_IDX);
	for (at = 0; at < ARRAY_SIZE(words); at++)
		words[at] = cpu_to_le32(factory_read(gs, FACTORY_LIST_NAME + 4 * at));
	memcpy(listed->name, words, sizeof(listed->name));
	listed->name[GUEST_SHM_NAME_LEN - 1] = 0;
	return 0;
}

void factory_usage(struct guest_shm *gs, struct guest_shm_usage *usage)
{
	usage->connections = factory_read(gs, FACTORY_CONNECTIONS);
	usage->connections_max = factory_read(gs, FACTORY_CONNECTIONS_MAX);
	usage->regions = factory_read(gs, FACTORY_REGIONS);
	usage->regions_max = factory_read(gs, FACTORY_REGIONS_MAX);
	usage->bytes = readq(gs->factory + FACTORY_BYTES);
	usage->bytes_max = readq(gs->factory + FACTORY_BYTES_MAX);
}
