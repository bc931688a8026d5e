#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The units under the real systemd: it is booted as process 1 of namespaces of its own, over a throw-away copy of
# this system with the build installed, and units_boot_inside.sh looks at them there. Needs root, and features of the
# kernel that a container may lack: skipped where one is missing. Prints TAP.
# $1: build folder, $2: the script that runs inside
build=$1 inside=$2
seconds=150

skip() {
    echo "1..0 # SKIP $*"
    exit 0
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
for program in unshare pivot_root meson useradd setpriv dbus-daemon; do
    command -v $program >/dev/null || skip "$program is not installed"
done
[ -x /lib/systemd/systemd ] || skip "systemd is not installed"
groups=$(findmnt -n -o TARGET -t cgroup2 | head -1)
[ -n "$groups" ] || skip "there is no control group tree, version 2"

folder=$(mktemp -d /var/tmp/mos-boot-XXXXXX) || exit 1
group=$groups/mos-boot-$$
machine=

# Ends with it: the machine is the whole of its process namespace.
clean_up() {
    [ -z "$machine" ] || kill -9 "$machine" 2>/dev/null
    wait 2>/dev/null
    # Its processes take a moment to be gone.
    for _ in $(seq 50); do
        [ -d "$group" ] || break
        find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
        sleep 0.1
    done
    rm -rf "$folder"
}
trap clean_up EXIT

DESTDIR=$folder/install meson install -C "$build" --no-rebuild --quiet >"$folder/install.log" 2>&1 ||
    skip "not everything is built: $(tail -1 "$folder/install.log")"
mkdir "$folder/root" "$folder/out"
cp "$inside" "$folder/inside.sh"
mkdir "$group" 2>/dev/null || skip "no control group can be made below $groups"

boot() {
    echo $BASHPID >"$group/cgroup.procs" || exit 75
    exec unshare --mount --pid --ipc --uts --cgroup --fork --kill-child=KILL --propagation private \
        bash -e "$folder/boot.sh" "$folder"
}
cat >"$folder/boot.sh" <<'BOOT'
folder=$1 root=$1/root
fail() { echo "$1" >"$folder/out/cannot"; exit 75; }
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/merged"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/merged" ||
    fail "no overlay can be mounted"
root=$root/merged
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" || mount --rbind /sys "$root/sys"
umount -l "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" || fail "no control groups can be mounted"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root/out"
mount --bind "$folder/out" "$root/out"
cp -r "$folder/install/." "$root/"
cp "$folder/inside.sh" "$root/inside.sh"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
units=$root/etc/systemd/system
mkdir -p "$units/boot.target.wants"
# What belongs to a whole machine, or to devices that are not ours.
for unit in systemd-sysctl.service systemd-udevd.service systemd-udev-trigger.service systemd-modules-load.service \
    systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service systemd-remount-fs.service \
    systemd-udevd-kernel.socket systemd-udevd-control.socket sys-kernel-debug.mount sys-kernel-tracing.mount \
    dev-hugepages.mount dev-mqueue.mount systemd-random-seed.service proc-sys-fs-binfmt_misc.automount \
    sys-fs-fuse-connections.mount kmod-static-nodes.service systemd-update-utmp.service getty.target \
    console-getty.service systemd-firstboot.service; do
    ln -sf /dev/null "$units/$unit"
done
cat >"$units/boot.target" <<E
[Unit]
Requires=basic.target
After=basic.target
AllowIsolate=yes
E
ln -s ../inside.service "$units/boot.target.wants/"
cat >"$units/inside.service" <<E
[Unit]
After=basic.target dbus.service
[Service]
Type=oneshot
ExecStart=/bin/bash /inside.sh
ExecStopPost=/usr/bin/touch /out/done
StandardOutput=file:/out/tap
StandardError=file:/out/said
E
cd "$root"
mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=mos PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system \
    --unit=boot.target --log-target=journal --show-status=0
BOOT

boot >"$folder/boot.log" 2>&1 &
machine=$!
end=$((SECONDS + seconds))
until [ -e "$folder/out/done" ] || [ "$SECONDS" -ge "$end" ] || ! kill -0 "$machine" 2>/dev/null; do sleep 0.1; done
if [ ! -s "$folder/out/tap" ]; then
    why=$(cat "$folder/out/cannot" "$folder/boot.log" 2>/dev/null | tail -1)
    [ -e "$folder/out/done" ] || skip "systemd cannot be booted here: $why"
fi
cat "$folder/out/tap"
[ -e "$folder/out/done" ] || echo "Bail out! not done in $seconds s"
sed 's/^/# /' "$folder/out/said" >&2
