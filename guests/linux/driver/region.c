// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections to regions, each shared by the files that attached its name.
 *
 * Rules:
 *  - All of it under regions_lock.
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
 * The live connection to the region of that name. Its status is read first, so that
 * one that the device has dropped is not taken for live.
 */
struct guest_shm_region *region_find(struct guest_shm *gs, const char *name)
{
	struct guest_shm_region *region, *found = NULL;

	spin_lock_irq(&gs->lock);
	list_for_each_entry(region, &gs->regions, node) {
		if (region->lost || strncmp(region->name, name, GUEST_SHM_NAME_LEN))
			continue;
		news_collect(region);
		if (!region->lost)
			found = region;
	}
	spin_unlock_irq(&gs->lock);
	return found;
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

static void region_release_claim(struct guest_shm_region *region)
{
	if (region->claim)
		release_mem_region(region->shmem, region_bytes(region->pages));
	region->claim = NULL;
}

/*
 * The device has put a new connection where older ones were: those are no more. Their
 * files still hold them.
 */
static void regions_superseded(struct guest_shm *gs, phys_addr_t shmem)
{
	struct guest_shm_region *region;

	list_for_each_entry(region, &gs->regions, node) {
		if (region->shmem != shmem)
			continue;
		spin_lock_irq(&gs->lock);
		if (!region->lost)
			news_lose(region);
		spin_unlock_irq(&gs->lock);
		region_release_claim(region);
	}
}

/* The claim keeps /dev/mem from it where the kernel has IO_STRICT_DEVMEM. */
static void region_claim(struct guest_shm_region *region)
{
	struct guest_shm *gs = region->gs;

	region->claim = request_mem_region(region->shmem, region_bytes(region->pages), gs->name);
	if (!region->claim)
		dev_warn(gs->dev, "cannot claim %u pages at %pa: /dev/mem may reach them\n",
			 region->pages, &region->shmem);
}

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
	INIT_WORK(&region->news, events_work);
	region->gs = gs;
	region->shmem = shmem;
	region->pages = a->size_pages;
	region->generation = a->generation;
	region->access = a->access;
	memcpy(region->name, a->name, GUEST_SHM_NAME_LEN);
	region->idx = readl(region->control + CONTROL_IDX);
	region->serial = inspect_serial(region);
	region_claim(region);
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
	region_release_claim(region);
	kfree(region);
}

/* One file less; the last one's going ends the connection. */
void region_put(struct guest_shm_region *region)
{
	if (--region->users == 0)
		region_end(region);
}

/*
 * Takes in the connection that the device has just made, between news_attaching_begin()
 * and news_attaching_end().
 */
struct guest_shm_region *region_take_in(struct guest_shm *gs, phys_addr_t shmem,
					const struct guest_shm_attachment *a)
{
	struct guest_shm_region *region;

	if (!region_plausible(shmem, a->size_pages)) {
		dev_err(gs->dev, "device put a region of %u pages at %pa: refused\n",
			a->size_pages, &shmem);
		return ERR_PTR(-ENXIO);
	}
	regions_superseded(gs, shmem);
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
