# SPDX-License-Identifier: MIT
"""From a clean machine to installed packages."""

FILES = (r"find / -xdev \( -path /home -o -path /tmp -o -path /var/log -o -path /var/cache "
         r"-o -path /var/lib/apt/lists \) -prune -o -print 2>/dev/null | sort")


def boot(box):
    """The machine is up, with a real-time kernel and a sound card"""
    kernel = box.root("uname -v; uname -r; cat /sys/kernel/realtime")
    good = box.check("PREEMPT_RT" in kernel.text and kernel.text.split()[-1] == "1", "the kernel is PREEMPT_RT",
                     kernel.text.splitlines()[0])
    state = box.wait("systemctl is-system-running", 120, user="root")
    box.check(state.text.strip() == "running", "the machine is up and nothing failed",
              state.text.strip() + box.root("systemctl --failed --no-legend").text)
    card = box.root("cat /proc/asound/cards")
    good &= box.check("HDA-Intel" in card.text, "there is an HDA sound card", " ".join(card.text.split()))
    return good


def install(box):
    """Packages are installed with one command, without a network"""
    if box.machine.archive:
        box.root("apt-get update", 120)
    box.root(f"{FILES} >/exchange/files.before", 120)
    done = box.root("time DEBIAN_FRONTEND=noninteractive apt-get install -y /exchange/packages/*.deb", 900)
    good = box.check(done.code == 0, "apt installs our packages and what they need",
                     "\n".join(done.text.splitlines()[-12:]))
    ours = box.root("for p in /exchange/packages/*.deb; do dpkg-deb -f $p Package; done").text.split()
    box.facts["ours"] = ours
    state = box.root("dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' "
                     + " ".join(ours))
    good &= box.check(state.code == 0 and all(line.startswith("ii ") for line in state.text.splitlines()),
                      "all are installed in full", state.text)
    box.root("dpkg -L " + " ".join(ours) + " | sort -u | comm -13 /exchange/files.before - >/exchange/files.ours", 60)
    return good
