// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_shm: named memory shared between guests of a hypervisor.
 *
 * The device has one factory page. Writing a name and then a size there makes
 * the device create or join the region of that name, and the page then tells
 * where the region is: a control page of registers and, right behind it, the
 * data. The control page is trapped; the data is ordinary memory. internal.h says
 * which part of the driver does what.
 */

#include <linux/idr.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/version.h>

#include "internal.h"

#define DRIVER_NAME "guest_shm"

static DEFINE_IDA(guest_shm_ids);

static void release_id(void *data)
{
	struct guest_shm *gs = data;

	ida_free(&guest_shm_ids, gs->id);
}

static void deregister(void *data)
{
	struct guest_shm *gs = data;

	misc_deregister(&gs->misc);
}

/* The first device is /dev/guest_shm, further ones /dev/guest_shm1 and on. */
static int name_device(struct guest_shm *gs)
{
	gs->id = ida_alloc(&guest_shm_ids, GFP_KERNEL);
	if (gs->id < 0)
		return gs->id;
	if (gs->id)
		snprintf(gs->name, sizeof(gs->name), DRIVER_NAME "%d", gs->id);
	else
		strscpy(gs->name, DRIVER_NAME, sizeof(gs->name));
	return devm_add_action_or_reset(gs->dev, release_id, gs);
}

static int map_factory(struct platform_device *pdev, struct guest_shm *gs)
{
	u64 signature;

	gs->factory = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(gs->factory))
		return dev_err_probe(gs->dev, PTR_ERR(gs->factory), "no factory page\n");
	signature = readq(gs->factory + FACTORY_SIGNATURE);
	if (signature != SIGNATURE)
		return dev_err_probe(gs->dev, -ENODEV,
				     "signature %#llx where %#llx was expected\n",
				     signature, SIGNATURE);
	gs->vector = readl(gs->factory + FACTORY_VECTOR);
	factory_find_features(gs);
	return 0;
}

static void stop_timer(void *data)
{
	struct guest_shm *gs = data;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(&gs->unmask);
#else
	del_timer_sync(&gs->unmask);
#endif
}

static int wire_interrupt(struct platform_device *pdev, struct guest_shm *gs)
{
	int err;

	gs->irq = platform_get_irq(pdev, 0);
	if (gs->irq < 0)
		return gs->irq;
	if (!(irq_get_trigger_type(gs->irq) & IRQ_TYPE_LEVEL_MASK))
		dev_warn(gs->dev, "the interrupt is not described as level-triggered\n");
	timer_setup(&gs->unmask, news_unmask, 0);
	err = devm_request_irq(gs->dev, gs->irq, news_interrupt, IRQF_SHARED, gs->name, gs);
	if (err)
		return dev_err_probe(gs->dev, err, "cannot have interrupt %d\n", gs->irq);
	return devm_add_action_or_reset(gs->dev, stop_timer, gs);
}

static void forget_wakeup(void *data)
{
	struct guest_shm *gs = data;

	device_init_wakeup(gs->dev, false);
}

/* A peer's signal ends a sleep of this guest. */
static int let_signals_wake(struct guest_shm *gs)
{
	int err = device_init_wakeup(gs->dev, true);

	return err ? err : devm_add_action_or_reset(gs->dev, forget_wakeup, gs);
}

static int make_file(struct guest_shm *gs)
{
	int err;

	gs->misc.minor = MISC_DYNAMIC_MINOR;
	gs->misc.name = gs->name;
	gs->misc.fops = &guest_shm_fops;
	gs->misc.parent = gs->dev;
	err = misc_register(&gs->misc);
	if (err)
		return dev_err_probe(gs->dev, err, "cannot register /dev/%s\n", gs->name);
	return devm_add_action_or_reset(gs->dev, deregister, gs);
}

static int guest_shm_probe(struct platform_device *pdev)
{
	struct guest_shm *gs = devm_kzalloc(&pdev->dev, sizeof(*gs), GFP_KERNEL);
	int err;

	if (!gs)
		return -ENOMEM;
	gs->dev = &pdev->dev;
	mutex_init(&gs->factory_lock);
	mutex_init(&gs->list_lock);
	mutex_init(&gs->regions_lock);
	mutex_init(&gs->snapshot_lock);
	spin_lock_init(&gs->lock);
	INIT_LIST_HEAD(&gs->regions);
	platform_set_drvdata(pdev, gs);
	err = map_factory(pdev, gs);
	if (err)
		return err;
	err = name_device(gs);
	if (err)
		return err;
	err = wire_interrupt(pdev, gs);
	if (err)
		return err;
	err = let_signals_wake(gs);
	if (err)
		return err;
	err = make_file(gs);
	if (err)
		return err;
	dev_info(gs->dev, "/dev/%s, interrupt %u, feature version %u\n", gs->name,
		 gs->vector, gs->version);
	return 0;
}

static const struct of_device_id guest_shm_of_match[] = {
	{ .compatible = "qvm,guest_shm" },
	{}
};
MODULE_DEVICE_TABLE(of, guest_shm_of_match);

/*
 * Open files point to the device, so it cannot be unbound under them; they hold the
 * module, so it cannot be unloaded either.
 */
static struct platform_driver guest_shm_driver = {
	.probe = guest_shm_probe,
	.driver = {
		.name = DRIVER_NAME,
		.of_match_table = guest_shm_of_match,
		.pm = pm_sleep_ptr(&guest_shm_pm),
		.suppress_bind_attrs = true,
	},
};
module_platform_driver(guest_shm_driver);

MODULE_DESCRIPTION("Named memory shared between guests");
MODULE_AUTHOR("Tombolo");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0.0");
