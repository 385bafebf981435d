#!/bin/bash
# root.sh ROOT: boots the systemd of a Debian root in namespaces of its own, with no network but lo.
#
# Called as `unshare --mount --pid --fork --uts --ipc --net --kill-child root.sh ROOT` by install_test.py, which has put the
# process into a control group of its own.  /proc/sys is read-only, so that nothing in there changes this machine.
set -e
root=$1
if [ -z "$MUSTER_TEST_CGROUP_NS" ]; then # from its own group on, so that the root sees itself as all there is
    MUSTER_TEST_CGROUP_NS=1 exec unshare --cgroup "$0" "$root"
fi
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ip link set lo up
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=muster-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=multi-user.target
