// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, events and masks: what is told to which file.
 *
 * A status that is read goes into the account of every file of the region. A change
 * of the set of peers has the records of the peers read, which say who came, who
 * went and why; that calls the hypervisor's server, so a work does it, not
 * the handler. Peers that every file of a region has muted are muted in the device
 * too, so that they do not even interrupt.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/sort.h>

#include "internal.h"

#define RECORDED (GUEST_SHM_FEATURE_INSPECT | GUEST_SHM_FEATURE_RECORDS)

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

/* ---- Events ------------------------------------------------------------- */

static void file_queue(struct guest_shm_file *file, const struct guest_shm_event *event)
{
	struct guest_shm_event *place;

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

static void region_queue(struct guest_shm_region *region, const struct guest_shm_event *event)
{
	struct guest_shm_file *file;

	list_for_each_entry(file, &region->files, node)
		file_queue(file, event);
}

bool news_take_event(struct guest_shm_file *file, struct guest_shm_event *event)
{
	if (!file->event_count)
		return false;
	*event = file->events[file->first_event];
	file->first_event = (file->first_event + 1) % EVENTS_KEPT;
	file->event_count--;
	return true;
}

/* Serials wrap: newer is what is ahead by less than half of them. */
static bool newer(u32 serial, u32 than)
{
	return (s32)(serial - than) > 0;
}

static int by_serial(const void *a, const void *b)
{
	const struct guest_shm_event *first = a, *second = b;

	return newer(first->serial, second->serial) ? 1 : -1;
}

/* One half of a record: an event and its serial, in one load. */
static bool read_event(struct guest_shm_region *region, u32 idx, unsigned int half,
		       struct guest_shm_event *event)
{
	u64 both = readq(region->control + CONTROL_RECORDS + idx * RECORD_BYTES + 8 * half);

	*event = (struct guest_shm_event){
		.kind = lower_32_bits(both),
		.idx = idx,
		.serial = upper_32_bits(both),
		.generation = region->generation,
	};
	return event->kind >= GUEST_SHM_EVENT_JOINED &&
	       event->kind <= GUEST_SHM_EVENT_CRASHED && newer(event->serial, region->serial);
}

/*
 * Reads what is newer than the last serial told. An index has its last event and
 * its last departure; the latter only counts if it is not the former.
 */
static unsigned int read_events(struct guest_shm_region *region,
				struct guest_shm_event *events)
{
	unsigned int count = 0;
	u32 idx;

	for (idx = 0; idx < GUEST_SHM_CLIENT_MAX; idx++) {
		struct guest_shm_event last;

		if (idx == region->idx || !read_event(region, idx, 0, &last))
			continue;
		if (last.kind == GUEST_SHM_EVENT_JOINED &&
		    read_event(region, idx, 1, &events[count]))
			count++;
		events[count++] = last;
	}
	sort(events, count, sizeof(*events), by_serial, NULL);
	return count;
}

/*
 * The serial's load takes the snapshot that the records then show. A file that
 * attaches meanwhile may be told of what it found already.
 */
void news_work(struct work_struct *work)
{
	struct guest_shm_region *region = container_of(work, struct guest_shm_region, news);
	struct guest_shm_event events[2 * GUEST_SHM_CLIENT_MAX];
	unsigned int count, at;
	u32 serial;

	if (!has_feature(region->gs, RECORDED) || READ_ONCE(region->lost))
		return;
	serial = readl(region->control + CONTROL_SERIAL);
	if (serial == region->serial)
		return;
	count = read_events(region, events);
	region->serial = serial;
	spin_lock_irq(&region->gs->lock);
	for (at = 0; at < count; at++)
		region_queue(region, &events[at]);
	spin_unlock_irq(&region->gs->lock);
}

/* A device without records: what the change of the set tells. */
static void guess_events(struct guest_shm_region *region, u32 before, u32 after)
{
	u32 idx;

	for (idx = 0; idx < GUEST_SHM_CLIENT_MAX; idx++) {
		struct guest_shm_event event = {
			.kind = after & BIT(idx) ? GUEST_SHM_EVENT_JOINED : GUEST_SHM_EVENT_GONE,
			.idx = idx,
		};

		if (idx == region->idx || !((before ^ after) & BIT(idx)))
			continue;
		event.serial = ++region->serial;
		region_queue(region, &event);
	}
}

static void look_for_events(struct guest_shm_region *region)
{
	if (!region->ending)
		schedule_work(&region->news);
}

/* ---- Status and interrupt ----------------------------------------------- */

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
	if (active == before)
		return true;
	if (has_feature(region->gs, RECORDED))
		look_for_events(region);
	else
		guess_events(region, before, active);
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
		disable_irq_nosync(irq);
		gs->masked = true;
		result = IRQ_HANDLED;
	} else if (result == IRQ_NONE && has_feature(gs, RECORDED)) {
		/* Perhaps a peer left and came again: the set is as before. */
		list_for_each_entry(region, &gs->regions, node)
			look_for_events(region);
	}
	spin_unlock(&gs->lock);
	return result;
}
