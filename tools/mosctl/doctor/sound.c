/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic sound: cards, their interrupts, and what is played without one of your own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"

#define SOUND_FONT "/usr/share/sounds/sf2/FluidR3_GM.sf2"

static int is_pci(const char *text, size_t len)
{
	/* "0000:00:14.0" */
	return len == 12 && text[4] == ':' && text[7] == ':' && text[10] == '.';
}

int card_pci(const struct card *card, char *buf, size_t size)
{
	size_t end = 0;

	for (const char *at = card->device; *at;) {
		const size_t len = strcspn(at, "/");

		if (is_pci(at, len))
			end = (size_t)(at - card->device) + len;
		at += len + (at[len] == '/');
	}
	if (!end || end >= size)
		return -ENOENT;
	memcpy(buf, card->device, end);
	buf[end] = '\0';
	return 0;
}

unsigned int cards_read(const struct box *box, struct card card[static CARDS_MAX])
{
	static struct box_names names;
	char path[160], link[512];
	unsigned int n = 0;

	if (box_names(box, "/sys/class/sound", "card", &names) < 0)
		return 0;
	for (unsigned int i = 0; i < names.n && n < CARDS_MAX; i++) {
		struct card *c = &card[n++];
		const char *device;
		char *end;

		*c = (struct card){0};
		memcpy(c->name, names.name[i], sizeof(c->name));
		if (box_line(box, BOX_PATH(path, "/sys/class/sound/%s/id", c->name), c->id, sizeof(c->id)) <
			0)
			strcpy(c->id, "?");
		if (box_link(box, BOX_PATH(path, "/sys/class/sound/%s", c->name), link, sizeof(link)) < 0)
			continue;
		device = strstr(link, "devices/");
		if (!device)
			continue;
		strcpy(c->device, device + strlen("devices/"));
		end = strstr(c->device, "/sound/");
		if (end)
			*end = '\0';
	}
	return n;
}

static void check_cards(struct doctor *d)
{
	static struct card card[CARDS_MAX];
	const unsigned int n = cards_read(&d->box, card);
	char list[256] = "";

	for (unsigned int i = 0; i < n; i++) {
		const size_t len = strlen(list);

		box_path(list + len, sizeof(list) - len, "%s%s %s%s", i ? ", " : "", card[i].name, card[i].id,
			strstr(card[i].device, "/usb") ? " (USB)" : "");
	}
	if (n)
		found(d, OK, NULL, "%s", list);
	else
		found(d, WARN,
			"lspci | grep -i audio; lsusb; sudo apt install firmware-sof-signed (many laptops)",
			"the kernel knows no sound card: only what PipeWire makes up can be played to");
}

static void check_access(struct doctor *d)
{
	static struct box_names nodes;
	char path[160], refused[160] = "";

	if (box_names(&d->box, "/dev/snd", "control", &nodes) < 0 || !nodes.n) {
		found(d, INFO, NULL, "there is nothing in /dev/snd");
		return;
	}
	for (unsigned int i = 0; i < nodes.n; i++)
		if (access(BOX_PATH(path, "/dev/snd/%s", nodes.name[i]), R_OK | W_OK) < 0)
			memcpy(refused, path, sizeof(refused));
	if (refused[0])
		found(d, WARN, "sudo usermod -aG audio $USER; log in again", "%s is not ours to open",
			refused);
	else
		found(d, OK, NULL, "cards can be opened");
}

/* The line of an interrupt: "129:  0 3  IR-PCI-MSI-0000:00:1f.3 0-edge  snd_hda_intel:card0". @return who is
 * called. */
static const char *handlers(char *text, const char *irq, char *buf, size_t size)
{
	const size_t len = strlen(irq);

	for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const char *at = line + strspn(line, " "), *last = NULL;
		const char *end = line + strcspn(line, "\n");

		if (strncmp(at, irq, len) != 0 || at[len] != ':')
			continue;
		for (at += len; at + 2 < end; at++)
			if (at[0] == ' ' && at[1] == ' ' && at[2] != ' ')
				last = at + 2;
		if (!last)
			return NULL;
		(void)snprintf(buf, size, "%.*s", (int)(end - last), last);
		return buf;
	}
	return NULL;
}

/* Priority of the thread that handles it, of "FF 50 irq/129-snd_hda"; 0: it is no thread. */
static long thread_priority(const char *ps, const char *irq)
{
	char name[48];
	const char *at = strstr(ps, BOX_PATH(name, " irq/%s-", irq)), *line = at;

	if (!at)
		return 0;
	while (line > ps && line[-1] != '\n')
		line--;
	line += strspn(line, " ");
	return strncmp(line, "FF", 2) == 0 || strncmp(line, "RR", 2) == 0 ? strtol(line + 2, NULL, 10) : 0;
}

static void look_at_irq(
	struct doctor *d, const struct card *card, const char *irq, const char *who, const char *ps)
{
	const long priority = thread_priority(ps, irq);
	char hint[160];

	if (strstr(who, ", "))
		found(d, WARN,
			strstr(card->device, "/usb")
				? "plug it into another port; switch off what is not needed"
				: "switch off in the firmware what is not needed",
			"%s (%s): interrupt %s is shared: %s", card->name, card->id, irq, who);
	else if (priority > 0 && priority < 70)
		found(d, INFO,
			BOX_PATH(hint,
				"sudo chrt -f -p 90 $(pgrep '^irq/%s-'); or: sudo apt install rtirq-init",
				irq),
			"%s (%s): interrupt %s, thread of priority %ld, below the audio thread", card->name,
			card->id, irq, priority);
	else
		found(d, OK, NULL, "%s (%s): interrupt %s, %s", card->name, card->id, irq, who);
}

static void check_irq(struct doctor *d)
{
	static const char *const argv[] = {"ps", "-eo", "cls=,rtprio=,comm=", NULL};
	static char interrupts[BOX_TEXT_MAX], ps[BOX_TEXT_MAX];
	static struct card card[CARDS_MAX];
	static struct box_names irqs;
	const unsigned int n = cards_read(&d->box, card);
	struct box quiet = d->box;
	int n_said = 0;

	quiet.seen = NULL; /* other people's programs */
	if (box_text(&d->box, "/proc/interrupts", interrupts, sizeof(interrupts)) < 0)
		interrupts[0] = '\0';
	(void)box_program(&quiet, "ps", argv, ps, sizeof(ps));
	for (unsigned int i = 0; i < n; i++) {
		char pci[512], path[600], who[160];

		if (card_pci(&card[i], pci, sizeof(pci)) < 0)
			continue;
		if (box_names(&d->box, BOX_PATH(path, "/sys/devices/%s/msi_irqs", pci), "", &irqs) < 0 ||
			!irqs.n) {
			irqs.n = box_line(&d->box, BOX_PATH(path, "/sys/devices/%s/irq", pci), irqs.name[0],
					 BOX_NAME_MAX) == 0;
		}
		for (unsigned int k = 0; k < irqs.n; k++) {
			if (!handlers(interrupts, irqs.name[k], who, sizeof(who)))
				continue;
			look_at_irq(d, &card[i], irqs.name[k], who, ps);
			n_said++;
		}
	}
	if (!n_said)
		found(d, INFO, NULL, "no interrupt of a sound card to look at");
}

static void check_font(struct doctor *d)
{
	char head[13] = "";
	const int n = box_text_private(&d->box, SOUND_FONT, head, sizeof(head));

	if (n < 0)
		found(d, WARN, "sudo apt install fluid-soundfont-gm",
			"%s: %s: only the built-in synthesizer plays", SOUND_FONT, strerror(-n));
	else if (n == 0 && !box_is_live(&d->box))
		found(d, INFO, NULL, "%s is there; a copy has not what is in it", SOUND_FONT);
	else if (n == 12 && !memcmp(head, "RIFF", 4) && !memcmp(head + 8, "sfbk", 4))
		found(d, OK, NULL, "%s", SOUND_FONT);
	else
		found(d, WARN, "sudo apt install --reinstall fluid-soundfont-gm", "%s is no sound font",
			SOUND_FONT);
}

const struct check sound_checks[] = {
	{"sound.cards", "Without a card nobody hears anything.", check_cards, 0},
	{"sound.access", "A card that may not be opened is as good as none.", check_access, 1},
	{"sound.irq", "An interrupt that is shared waits for the others' handlers.", check_irq, 0},
	{"sound.font", "The sound font has the instruments.", check_font, 0},
	{0},
};
