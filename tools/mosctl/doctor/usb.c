/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic usb: where an audio interface is plugged in, and with whom it shares the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define USB "/sys/bus/usb/devices"

/* Of "pci.../usb1/1-2/1-2.3/1-2.3:1.0" the device: "1-2.3". @return 0, -ENOENT: not by USB. */
static int usb_device(const struct card *card, char *buf, size_t size)
{
	const char *usb = strstr(card->device, "/usb"), *at, *best = NULL;
	size_t best_len = 0;

	if (!usb)
		return -ENOENT;
	for (at = usb + 1; *at;) {
		const size_t len = strcspn(at, "/");

		if (at[0] >= '0' && at[0] <= '9' && !memchr(at, ':', len)) {
			best = at;
			best_len = len;
		}
		at += len + (at[len] == '/');
	}
	if (!best || best_len >= size)
		return -ENOENT;
	memcpy(buf, best, best_len);
	buf[best_len] = '\0';
	return 0;
}

static int is_hub(const struct box *box, const char *device)
{
	char path[160], class[8];

	return box_line(box, BOX_PATH(path, USB "/%s/bDeviceClass", device), class, sizeof(class)) == 0 &&
	       !strcmp(class, "09");
}

/* Does it stream, too: a camera, another audio interface, a disk? By the classes of its interfaces. */
static int is_busy(const struct box *box, const struct box_names *all, const char *device)
{
	const size_t len = strlen(device);
	char path[160], class[8];

	for (unsigned int i = 0; i < all->n; i++) {
		if (strncmp(all->name[i], device, len) != 0 || all->name[i][len] != ':')
			continue;
		if (box_line(box, BOX_PATH(path, USB "/%s/bInterfaceClass", all->name[i]), class,
			    sizeof(class)) == 0 &&
			(!strcmp(class, "01") || !strcmp(class, "0e") || !strcmp(class, "08")))
			return 1;
	}
	return 0;
}

/* Others on its bus that stream; their names go into `list`. */
static int neighbours(
	const struct box *box, const struct box_names *all, const char *device, char *list, size_t size)
{
	const size_t bus = strcspn(device, "-") + 1;
	int n = 0;

	list[0] = '\0';
	for (unsigned int i = 0; i < all->n; i++) {
		const char *other = all->name[i];
		char path[160], product[64];
		const size_t len = strlen(list);

		if (strncmp(other, device, bus) != 0 || strchr(other, ':') || !strcmp(other, device) ||
			is_hub(box, other) || !is_busy(box, all, other))
			continue;
		if (box_line(box, BOX_PATH(path, USB "/%s/product", other), product, sizeof(product)) < 0)
			strcpy(product, other);
		box_path(list + len, size - len, "%s%s", n ? ", " : "", product);
		n++;
	}
	return n;
}

static void look_at_device(
	struct doctor *d, const struct box_names *all, const struct card *card, const char *device)
{
	char path[160], product[64] = "", list[160];
	long long speed = 0;
	const char *dot = strrchr(device, '.');

	(void)box_line(&d->box, BOX_PATH(path, USB "/%s/product", device), product, sizeof(product));
	(void)box_number(&d->box, BOX_PATH(path, USB "/%s/speed", device), &speed);
	if (dot)
		found(d, WARN, "plug it into a socket of the computer itself; lsusb -t shows the tree",
			"%s %s: behind hub %.*s", card->name, product[0] ? product : card->id,
			(int)(dot - device), device);
	if (neighbours(&d->box, all, device, list, sizeof(list)))
		found(d, WARN,
			"plug one of them in on the other side: another controller; lsusb -t shows the tree",
			"%s %s: bus %.*s is shared with %s", card->name, product[0] ? product : card->id,
			(int)strcspn(device, "-"), device, list);
	else if (!dot)
		found(d, OK, NULL, "%s %s: at the root of bus %.*s, %lld Mbit/s", card->name,
			product[0] ? product : card->id, (int)strcspn(device, "-"), device, speed);
}

static void check_topology(struct doctor *d)
{
	static struct card card[CARDS_MAX];
	static struct box_names all;
	const unsigned int n = cards_read(&d->box, card);
	int n_usb = 0;

	(void)box_names(&d->box, USB, "", &all);
	for (unsigned int i = 0; i < n; i++) {
		char device[BOX_NAME_MAX];

		if (usb_device(&card[i], device, sizeof(device)) < 0)
			continue;
		look_at_device(d, &all, &card[i], device);
		n_usb++;
	}
	if (!n_usb)
		found(d, INFO, NULL, "no audio interface by USB");
}

static void check_power(struct doctor *d)
{
	static struct card card[CARDS_MAX];
	const unsigned int n = cards_read(&d->box, card);
	int n_usb = 0, n_sleep = 0;
	char hint[160] = "";

	for (unsigned int i = 0; i < n; i++) {
		char device[BOX_NAME_MAX], path[160], control[16];

		if (usb_device(&card[i], device, sizeof(device)) < 0)
			continue;
		n_usb++;
		if (box_line(&d->box, BOX_PATH(path, USB "/%s/power/control", device), control,
			    sizeof(control)) < 0 ||
			strcmp(control, "auto") != 0)
			continue;
		n_sleep++;
		BOX_PATH(hint, "echo on | sudo tee " USB "/%s/power/control", device);
	}
	if (!n_usb)
		found(d, INFO, NULL, "no audio interface by USB");
	else if (n_sleep)
		found(d, INFO, hint, "%d of %d audio interfaces may be put to sleep after a pause", n_sleep,
			n_usb);
	else
		found(d, OK, NULL, "audio interfaces are kept awake");
}

const struct check usb_checks[] = {
	{"usb.topology", "Packets of a USB bus wait for those of its neighbours, and a hub collects them.",
		check_topology, 0},
	{"usb.power", "An interface that sleeps swallows the first notes.", check_power, 0},
	{0},
};
