// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume.
 *
 * Why: while the guest sleeps, peers signal, come and go, and the guest may even be
 * loaded anew and restored from an image. A signal wakes a guest that sleeps
 * (power/wakeup of the device says whether). After the sleep each region is attached
 * by name once more, which gives the connection that is there, or shows that there
 * is none; then its status is read, and everybody who waits looks again.
 *
 * Rules:
 *  - A connection that is not the one from before the sleep is lost, not mended: its data
 *    is another's, and its programs must learn that.
 *  - One that was ended meanwhile says so in its status, which is read first: attaching
 *    by name would make one that looks the same. After an image was restored it must not
 *    be read, as the page may not be there.
 */

#include <linux/string.h>

#include "internal.h"

static int guest_shm_suspend(struct device *dev)
{
	struct guest_shm *gs = dev_get_drvdata(dev);
	struct guest_shm_region *region;

	/* No attach is under way: its process is frozen after the call. */
	mutex_lock(&gs->factory_lock);
	mutex_lock(&gs->regions_lock);
	list_for_each_entry(region, &gs->regions, node)
		flush_work(&region->news);
	mutex_unlock(&gs->regions_lock);
	mutex_unlock(&gs->factory_lock);
	if (device_may_wakeup(dev))
		enable_irq_wake(gs->irq);
	return 0;
}

/* Whether the device still has the connection that the region stands for. */
static bool still_attached(struct guest_shm_region *region)
{
	struct guest_shm_attachment a = {
		.size_pages = region->gs->version ? 0 : region->pages,
	};
	u64 shmem;

	memcpy(a.name, region->name, sizeof(a.name));
	if (factory_attach(region->gs, &a, &shmem))
		return false;
	if (shmem == region->shmem && a.generation == region->generation &&
	    a.size_pages == region->pages && readl(region->control + CONTROL_IDX) == region->idx)
		return true;
	/* A new one, which nobody wants. */
	factory_abandon(shmem);
	return false;
}

static void resume_region(struct guest_shm_region *region)
{
	struct guest_shm *gs = region->gs;
	bool there = still_attached(region);

	spin_lock_irq(&gs->lock);
	if (there) {
		/* What is muted may have been forgotten with a connection. */
		region->muted = 0;
		if (has_feature(gs, GUEST_SHM_FEATURE_MUTE))
			writel(0, region->control + CONTROL_MUTE);
		news_update_mute(region);
		news_collect(region);
		schedule_work(&region->news);
	} else {
		news_lose(region);
	}
	spin_unlock_irq(&gs->lock);
}

static void resume_regions(struct guest_shm *gs, bool from_image)
{
	struct guest_shm_region *region;

	if (device_may_wakeup(gs->dev))
		disable_irq_wake(gs->irq);
	mutex_lock(&gs->factory_lock);
	mutex_lock(&gs->regions_lock);
	news_attaching_begin(gs);
	list_for_each_entry(region, &gs->regions, node) {
		if (!from_image) {
			spin_lock_irq(&gs->lock);
			news_collect(region);
			spin_unlock_irq(&gs->lock);
		}
		if (!region->lost)
			resume_region(region);
	}
	news_attaching_end(gs);
	mutex_unlock(&gs->regions_lock);
	mutex_unlock(&gs->factory_lock);
}

static int guest_shm_resume(struct device *dev)
{
	resume_regions(dev_get_drvdata(dev), false);
	return 0;
}

static int guest_shm_restore(struct device *dev)
{
	resume_regions(dev_get_drvdata(dev), true);
	return 0;
}

const struct dev_pm_ops guest_shm_pm = {
	.suspend = pm_sleep_ptr(guest_shm_suspend),
	.resume = pm_sleep_ptr(guest_shm_resume),
	.freeze = pm_sleep_ptr(guest_shm_suspend),
	.thaw = pm_sleep_ptr(guest_shm_resume),
	.poweroff = pm_sleep_ptr(guest_shm_suspend),
	.restore = pm_sleep_ptr(guest_shm_restore),
};
