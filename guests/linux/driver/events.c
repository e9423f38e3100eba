// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: who came, who went and why, in each file's own queue.
 *
 * Why a work: a change of the set of peers has the records of the peers read, which
 * calls the hypervisor's server. That is not for the handler.
 *
 * Rule: of a file that masks no kind, the serial of each event is that of the one before,
 * plus 1, plus what is counted in `lost`: nothing is missing silently. A peer's record has
 * its last event and its last departure only, so a peer that comes and goes between two
 * looks makes serials that no record has any more.
 */

#include <linux/kernel.h>

#include "internal.h"

/* ---- A file's queue -------------------------------------------------------- */

/* `missed` have happened right before, and nobody can tell any more what they were. */
static void file_queue(struct guest_shm_file *file, const struct guest_shm_event *event,
		       u32 missed)
{
	struct guest_shm_event *place;

	file->lost_events += missed;
	if (!(file->mask.events & BIT(event->kind)))
		return;
	if (file->event_count == EVENTS_KEPT) {
		file->lost_events++;
		return;
	}
	place = &file->events[(file->first_event + file->event_count) % EVENTS_KEPT];
	*place = *event;
	place->lost = file->lost_events;
	file->lost_events = 0;
	file->event_count++;
	wake_up_interruptible(&file->wait);
}

bool events_take(struct guest_shm_file *file, struct guest_shm_event *event)
{
	if (!file->event_count)
		return false;
	*event = file->events[file->first_event];
	file->first_event = (file->first_event + 1) % EVENTS_KEPT;
	file->event_count--;
	return true;
}

/* ---- A region's events ------------------------------------------------------- */

/* Serials leave 0 out when they wrap. */
static u32 serials_between(u32 before, u32 after)
{
	u32 distance = after - before;

	if (after < before)
		distance--;
	return distance - 1;
}

static void region_queue(struct guest_shm_region *region, const struct guest_shm_event *event)
{
	u32 missed = serials_between(region->serial, event->serial);
	struct guest_shm_file *file;

	list_for_each_entry(file, &region->files, node)
		file_queue(file, event, missed);
	region->serial = event->serial;
}

/* The newest event is always in a record, unless it is this guest's own. */
void events_work(struct work_struct *work)
{
	struct guest_shm_region *region = container_of(work, struct guest_shm_region, news);
	struct guest_shm_event events[EVENTS_FOUND];
	unsigned int count, at;
	u32 serial;

	if (!has_feature(region->gs, RECORDED) || READ_ONCE(region->lost))
		return;
	count = inspect_events(region, &serial, events);
	spin_lock_irq(&region->gs->lock);
	for (at = 0; at < count; at++)
		region_queue(region, &events[at]);
	spin_unlock_irq(&region->gs->lock);
}

/* A device without records: what the change of the set tells. */
void events_guess(struct guest_shm_region *region, u32 before, u32 after)
{
	u32 idx;

	for (idx = 0; idx < GUEST_SHM_CLIENT_MAX; idx++) {
		struct guest_shm_event event = {
			.kind = after & BIT(idx) ? GUEST_SHM_EVENT_JOINED : GUEST_SHM_EVENT_GONE,
			.idx = idx,
			.serial = region->serial + 1,
		};

		if (idx != region->idx && (before ^ after) & BIT(idx))
			region_queue(region, &event);
	}
}

/* Has the records looked at. */
void events_look(struct guest_shm_region *region)
{
	if (!region->ending)
		schedule_work(&region->news);
}
