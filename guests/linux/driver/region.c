// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections to regions, each shared by the files that attached its name.
 *
 * Rules:
 *  - All of it under factory_lock.
 *  - After the write to its detach register a control page may not be touched: the
 *    access would abort. So its work has ended before that write, and the handler
 *    cannot find the region after it.
 */

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/*
 * From here until attaching_end() the line may be high for a region that the
 * handler does not know. When within the write of the size the attach happens
 * cannot be known from here, so signals of other regions keep coming meanwhile.
 */
void attaching_begin(struct guest_shm *gs)
{
	spin_lock_irq(&gs->lock);
	gs->attaching = true;
	spin_unlock_irq(&gs->lock);
}

void attaching_end(struct guest_shm *gs)
{
	bool masked;

	spin_lock_irq(&gs->lock);
	masked = gs->masked;
	gs->masked = false;
	gs->attaching = false;
	spin_unlock_irq(&gs->lock);
	if (masked)
		enable_irq(gs->irq);
}

static struct guest_shm_region *region_find(struct guest_shm *gs, phys_addr_t shmem)
{
	struct guest_shm_region *region;

	list_for_each_entry(region, &gs->regions, node)
		if (region->shmem == shmem && !region->lost)
			return region;
	return NULL;
}

static resource_size_t region_bytes(u32 pages)
{
	return ((resource_size_t)pages + 1) * REGION_PAGE;
}

/* A region at a place that cannot be one would expose memory of this kernel. */
static bool region_plausible(u64 shmem, u32 pages)
{
	u64 bytes = region_bytes(pages);

	return shmem && PAGE_ALIGNED(shmem) && pages && shmem + bytes > shmem &&
	       shmem + bytes - 1 <= PHYS_MASK &&
	       region_intersects(shmem, bytes, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) == REGION_DISJOINT;
}

/*
 * Takes in the region that the device has just attached. The claim keeps
 * /dev/mem from it where the kernel has IO_STRICT_DEVMEM.
 */
static struct guest_shm_region *region_create(struct guest_shm *gs, phys_addr_t shmem,
					      const struct guest_shm_attachment *a)
{
	struct guest_shm_region *region = kzalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return NULL;
	region->control = ioremap(shmem, REGION_PAGE);
	if (!region->control) {
		kfree(region);
		return NULL;
	}
	INIT_LIST_HEAD(&region->files);
	INIT_WORK(&region->news, news_work);
	region->gs = gs;
	region->shmem = shmem;
	region->pages = a->size_pages;
	region->generation = a->generation;
	region->access = a->access;
	memcpy(region->name, a->name, GUEST_SHM_NAME_LEN);
	region->idx = readl(region->control + CONTROL_IDX);
	if (has_feature(gs, GUEST_SHM_FEATURE_INSPECT))
		region->serial = readl(region->control + CONTROL_SERIAL);
	region->claim = request_mem_region(shmem, region_bytes(region->pages), gs->name);
	if (!region->claim)
		dev_warn(gs->dev, "cannot claim %u pages at %pa: /dev/mem may reach them\n",
			 region->pages, &shmem);
	return region;
}

/*
 * While the device has the region the handler must find it, or a change of its
 * status would hold the line high for ever. So the work ends first, and the region
 * leaves the list and the device in one step.
 */
static void region_end(struct guest_shm_region *region)
{
	struct guest_shm *gs = region->gs;

	spin_lock_irq(&gs->lock);
	region->ending = true;
	spin_unlock_irq(&gs->lock);
	cancel_work_sync(&region->news);
	spin_lock_irq(&gs->lock);
	list_del(&region->node);
	if (!region->lost)
		writel(1, region->control + CONTROL_DETACH);
	spin_unlock_irq(&gs->lock);
	iounmap(region->control);
	if (region->claim)
		release_mem_region(region->shmem, region_bytes(region->pages));
	kfree(region);
}

/* One file less; the last one's going ends the connection. */
void region_put(struct guest_shm_region *region)
{
	if (--region->users == 0)
		region_end(region);
}

/*
 * Attaches by name and finds or takes in the region, between attaching_begin()
 * and attaching_end(). The device answers a second attach of a name with the
 * connection that is there.
 */
struct guest_shm_region *region_attach(struct guest_shm *gs, struct guest_shm_attachment *a)
{
	struct guest_shm_region *region;
	u64 shmem;
	int err = factory_attach(gs, a, &shmem);

	if (err)
		return ERR_PTR(err);
	region = region_find(gs, shmem);
	if (region)
		return region;
	if (!region_plausible(shmem, a->size_pages)) {
		dev_err(gs->dev, "device put a region of %u pages at %#llx: refused\n",
			a->size_pages, shmem);
		return ERR_PTR(-ENXIO);
	}
	region = region_create(gs, shmem, a);
	if (!region) {
		factory_abandon(shmem);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock_irq(&gs->lock);
	list_add_tail(&region->node, &gs->regions);
	spin_unlock_irq(&gs->lock);
	return region;
}

void region_describe(struct guest_shm_region *region, struct guest_shm_attachment *a)
{
	memset(a, 0, sizeof(*a));
	memcpy(a->name, region->name, sizeof(a->name));
	a->size_pages = region->pages;
	a->idx = READ_ONCE(region->idx);
	a->gpa = region->shmem + REGION_PAGE;
	a->status = GUEST_SHM_OK;
	a->generation = region->generation;
	a->access = region->access;
	a->vector = region->gs->vector;
}

/* The file's lock keeps its region; the counters are read in one go. */
int region_state(struct guest_shm_file *file, struct guest_shm_state *state)
{
	struct guest_shm_region *region = file->region;
	struct guest_shm *gs = file->gs;
	void __iomem *control = region->control;

	memset(state, 0, sizeof(*state));
	spin_lock_irq(&gs->lock);
	news_collect(region);
	state->status = file->active << 16 | file->pending;
	spin_unlock_irq(&gs->lock);
	if (region->lost)
		return -ECONNRESET;
	if (!has_feature(gs, GUEST_SHM_FEATURE_INSPECT | GUEST_SHM_FEATURE_COUNTERS))
		return 0;
	state->unread = readl(control + CONTROL_UNREAD);
	state->may_signal = readl(control + CONTROL_MAY_SIGNAL);
	state->serial = readl(control + CONTROL_SERIAL);
	state->sent = readl(control + CONTROL_SENT);
	state->received = readl(control + CONTROL_RECEIVED);
	state->coalesced = readl(control + CONTROL_COALESCED);
	state->refused = readl(control + CONTROL_REFUSED);
	return 0;
}
