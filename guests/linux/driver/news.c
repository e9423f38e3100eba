// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals and masks: what is told to which file.
 *
 * A status that is read goes into the account of every file of the region; a change
 * of the set of peers has their records read (events.c). Peers that every file of a
 * region has muted are muted in the device too, so that they do not even interrupt.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>

#include "internal.h"

/* How long the interrupt is off for a region that the handler does not know yet. */
#define MASKED_JIFFIES 1

static u32 file_muted(const struct guest_shm_file *file)
{
	return file->mask.mute | file->shot;
}

/* Whether there is something that is to wake the file. */
bool news_readable(const struct guest_shm_file *file)
{
	return (file->pending & ~file_muted(file)) ||
	       (file->active_changed && !(file->mask.flags & GUEST_SHM_MASK_MEMBERSHIP));
}

/* The file's account as a status; its reading ends it. */
u32 news_take_status(struct guest_shm_file *file)
{
	u32 status = FIELD_PREP(STATUS_ACTIVE, file->active) |
		     FIELD_PREP(STATUS_PENDING, file->pending);
	u32 shot = file->pending & file->mask.one_shot;

	file->pending = 0;
	file->active_changed = false;
	if (shot & ~file->shot) {
		file->shot |= shot;
		news_update_mute(file->region);
	}
	return status;
}

/* ---- Status ---------------------------------------------------------------- */

/* The device dropped the connection: its registers mean nothing any more. */
void news_lose(struct guest_shm_region *region)
{
	struct guest_shm_file *file;

	region->lost = true;
	dev_warn(region->gs->dev, "connection to \"%s\" was dropped\n", region->name);
	list_for_each_entry(file, &region->files, node)
		wake_up_interruptible(&file->wait);
}

/*
 * Reads a region's status, hands it to every file of the region and wakes them.
 * Tells whether it held anything new.
 */
bool news_collect(struct guest_shm_region *region)
{
	struct guest_shm_file *file;
	u32 status, pending, active, before = region->active;

	if (region->lost)
		return false;
	status = readl(region->control + CONTROL_STATUS);
	pending = FIELD_GET(STATUS_PENDING, status);
	active = FIELD_GET(STATUS_ACTIVE, status);
	if (!(active & BIT(region->idx))) {
		news_lose(region);
		return true;
	}
	if (!pending && active == before)
		return false;
	region->active = active;
	list_for_each_entry(file, &region->files, node) {
		file->pending |= pending;
		file->active = active;
		file->active_changed |= active != before;
		if (news_readable(file))
			wake_up_interruptible(&file->wait);
	}
	/* A signal of one who is not there: it came, signalled and left since. */
	if (active == before && !(pending & ~active))
		return true;
	if (has_feature(region->gs, RECORDED))
		events_look(region);
	else
		events_guess(region, before, active);
	return true;
}

/* What no file of the region wants to be woken by need not interrupt. */
void news_update_mute(struct guest_shm_region *region)
{
	u32 muted = STATUS_PENDING;
	struct guest_shm_file *file;

	if (!has_feature(region->gs, GUEST_SHM_FEATURE_MUTE) || region->lost)
		return;
	list_for_each_entry(file, &region->files, node)
		muted &= file_muted(file);
	if (muted == region->muted)
		return;
	writel(muted, region->control + CONTROL_MUTE);
	region->muted = muted;
	/* What they signalled meanwhile. */
	news_collect(region);
}

/* ---- Interrupt ------------------------------------------------------------- */

static void unmask(struct guest_shm *gs, bool end)
{
	unsigned long flags;
	bool masked;

	spin_lock_irqsave(&gs->lock, flags);
	masked = gs->masked;
	gs->masked = false;
	if (end)
		gs->attaching = false;
	spin_unlock_irqrestore(&gs->lock, flags);
	if (masked)
		enable_irq(gs->irq);
}

/*
 * From here until news_attaching_end() the line may be high for a region that the handler
 * does not know. When within the write of the size the attach happens cannot be
 * known from here, so signals of other regions keep coming meanwhile.
 */
void news_attaching_begin(struct guest_shm *gs)
{
	spin_lock_irq(&gs->lock);
	gs->attaching = true;
	spin_unlock_irq(&gs->lock);
}

void news_attaching_end(struct guest_shm *gs)
{
	unmask(gs, true);
}

/*
 * The line may be high for another region, too. If it is for the one that is not known
 * yet, the handler masks it again. A timer, as a work might have to wait for the very
 * CPU that the attach keeps.
 */
void news_unmask(struct timer_list *timer)
{
	unmask(container_of(timer, struct guest_shm, unmask), false);
}

/* Nothing was new, and an attach is under way: perhaps it is that one's. */
static void mask(struct guest_shm *gs)
{
	disable_irq_nosync(gs->irq);
	gs->masked = true;
	mod_timer(&gs->unmask, jiffies + MASKED_JIFFIES);
}

irqreturn_t news_interrupt(int irq, void *data)
{
	struct guest_shm *gs = data;
	struct guest_shm_region *region;
	irqreturn_t result = IRQ_NONE;

	spin_lock(&gs->lock);
	list_for_each_entry(region, &gs->regions, node)
		if (news_collect(region))
			result = IRQ_HANDLED;
	if (result == IRQ_NONE && gs->attaching && !gs->masked) {
		mask(gs);
		result = IRQ_HANDLED;
	} else if (result == IRQ_NONE && has_feature(gs, RECORDED)) {
		/* Perhaps a peer left and came again: the set is as before. */
		list_for_each_entry(region, &gs->regions, node)
			events_look(region);
	}
	spin_unlock(&gs->lock);
	return result;
}
