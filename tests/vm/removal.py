# SPDX-License-Identifier: MIT
"""The end: what is left behind, and what the journal says of all this."""
import json
import re

import install

# What is in the journal with priority err or worse, and may be: (what, why).
EXPECTED = [
    (r"Watchdog timeout", "a service was stopped on purpose"),
    (r"Failed with result '(watchdog|signal|core-dump)'", "a service was killed on purpose"),
    (r"(No space left on device|disk is full|database or disk is full)", "the disk was filled on purpose"),
    (r"kvm: (RT requires|already loaded|disabled by bios|no hardware support)", "the machine is emulated"),
    (r"(snd_hda|hda_codec|hdaudio|HDA Intel).*", "the emulated card has no microphone, and is slow"),
    (r"mce: |x86/cpu: |tsc: |clocksource: |hrtimer: interrupt took", "the emulated processor is slow and incomplete"),
    (r"(ERST|ACPI|pci |i8042|psmouse|shpchp|lpc_ich|ahci|floppy)", "emulated hardware"),
    (r"rcu: INFO: rcu_preempt (self-)?detected", "the emulated processor stood still"),
    (r"watchdog\d+: watchdog did not stop!", "systemd leaves the machine's watchdog on while it reboots"),
    (r"Failed to send WATCHDOG=1 notification message: Connection refused",
     "the journal looks for systemd while that reboots the machine"),
    (r"pam_env.*Unable to open env file: /etc/default/locale", "this Debian is a small one"),
    (r"Failed to (start|make) .*(RealtimeKit|rtkit)|RTKit", "this machine has no rtkit; limits do instead"),
]


def purge(box):
    """Removed, with nothing left but the user's data"""
    box.user("touch ~/.local/state/mos/.here 2>/dev/null")
    ours = " ".join(box.facts["ours"])
    done = box.root(f"DEBIAN_FRONTEND=noninteractive apt-get purge -y {ours}", 300)
    box.check(done.code == 0, "apt purges our packages", "\n".join(done.text.splitlines()[-12:]))
    left = box.root("""while IFS= read -r f; do
	[ "$f" != /. ] || continue
	if [ -L "$f" ] || [ -e "$f" ]; then dpkg -S "$f" >/dev/null 2>&1 || echo "$f"; fi
done </exchange/files.ours""", 120)
    box.check(not left.text.strip(), "none of their files is left", left.text)
    # The scores of a box that nobody logs in to are its user's data, too.
    named = box.root(f"{install.FILES} | comm -13 /exchange/files.before - | "
                     "grep -E '/(lib)?mos([-./]|$)|/mos[a-z]*$' | grep -v '^/var/lib/mos\\(/\\|$\\)'", 120)
    box.check(not named.text.strip(), "nothing that has our name is left but scores", named.text)
    running = box.root("ps -eo user=,comm= | grep -E ' mos-' | grep -v ' mos-vm-agent$'")  # the test's own hand stays
    box.check(not running.text.strip(), "nothing of it runs any more", running.text)
    data = box.user("ls -A ~/.local/state/mos")
    box.check(data.code == 0 and data.text.strip() != "", "the user's scores are still there", data.text)
    broken = box.root("dpkg --audit; apt-get check", 60)
    box.check(broken.code == 0, "what is left of the system is whole", broken.text)


def journal(box):
    """The journal has no errors but those that were planned"""
    answer = box.root("journalctl --no-pager -p err -o json --output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,"
                      "SYSLOG_IDENTIFIER,PRIORITY | tail -n 400", 120)
    odd, known = {}, {}
    for line in answer.text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        words = entry.get("MESSAGE")
        words = words if isinstance(words, str) else str(words)
        text = f"{entry.get('SYSLOG_IDENTIFIER', '')}: {words}"
        why = next((why for what, why in EXPECTED if re.search(what, words)), None)
        into, key = (known, why) if why else (odd, text)
        into[key] = into.get(key, 0) + 1
    box.check(not odd, "the journal has no errors but those that were planned",
              "\n".join(f"{count} x {text}" for text, count in odd.items()))
    for why, count in known.items():
        box.report.note(f"{count} errors in the journal: {why}")
