"""Which mounts the metric disk tells of, and which it leaves out."""

from __future__ import annotations

import pytest

from tests.plugins.conftest import Mount
from tests.plugins.disk.conftest import (
    DATA,
    NUMBERS,
    OVER,
    Host,
    Read,
)


def test_without_a_mount_point_it_tells_of_the_disks_and_the_root(host: Host, read: Read) -> None:
    assert read() == [
        {"mount": "/", "device": "overlay", "type": "overlay", **NUMBERS},
        {"mount": "/data", "device": "/dev/sdb1", "type": "ext4", **NUMBERS},
    ]
    assert sorted(host.asked) == ["/", "/data"]


def test_a_file_system_that_is_mounted_twice_is_told_once(host: Host, read: Read) -> None:
    bound = Mount(DATA.device, "/var/lib/sysmon", "ext4", "rw")
    other = Mount("/dev/sde1", "/other", "ext4", "rw")
    host.mounts += [bound, other]
    assert [row["mount"] for row in read()] == ["/", "/data", "/other"]
    assert [row["mount"] for row in read("/var/lib/sysmon")] == ["/var/lib/sysmon"]


@pytest.mark.parametrize("place", [0, 2, 9])
@pytest.mark.parametrize("device", ["/dev/sda1", "overlay"])
def test_the_root_stands_for_all_mounts_of_its_device(
    device: str, place: int, host: Host, read: Read
) -> None:
    host.mounts[1] = Mount(device, "/", "ext4", "rw")
    home = Mount(device, "/home", "ext4", "rw,subvol=/@home")  # a bind mount, or a subvolume
    host.mounts.insert(place, home)
    assert sorted(row["mount"] for row in read()) == ["/", "/data"]
    if place:
        assert read()[0]["mount"] == "/"
    assert [row["mount"] for row in read("/home")] == ["/home"]


IMAGES = [
    Mount("/dev/loop3", "/snap/core22/1380", "squashfs", "ro,nodev,relatime"),
    Mount("/dev/sr0", "/media/disc", "iso9660", "ro,nosuid"),
    Mount("/dev/sr0", "/media/disc", "udf", "ro,nosuid"),
    Mount("/dev/dm-3", "/system", "erofs", "ro"),
    Mount("/dev/mtdblock2", "/rom", "cramfs", "rw"),
    Mount("/dev/loop0", "/mnt/image", "ext4", "ro,relatime"),
]


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"{image.fstype} {image.device}")
def test_an_image_that_is_full_by_nature_is_told_if_asked_for(
    image: Mount, host: Host, read: Read
) -> None:
    host.on_disk.add(image.fstype)
    host.mounts.append(image)
    assert [row["mount"] for row in read()] == ["/", "/data"]
    assert [row["type"] for row in read(image.mountpoint)] == [image.fstype]


@pytest.mark.parametrize(
    "mount",
    [
        Mount("/dev/loop0", "/mnt/image", "ext4", "rw"),
        Mount("/dev/sdf1", "/mnt/stick", "udf", "rw"),
        Mount("/dev/sdf1", "/mnt/backup", "ext4", "ro,errors=remount-ro"),
        Mount("/dev/loop0", "/mnt/image", "ext4", "rw,errors=remount-ro"),
    ],
)
def test_what_may_be_written_or_is_a_disk_of_its_own_is_no_image(
    mount: Mount, host: Host, read: Read
) -> None:
    host.on_disk.add(mount.fstype)
    host.mounts.append(mount)
    assert read()[-1]["mount"] == mount.mountpoint


def test_the_root_is_told_even_if_it_is_an_image(host: Host, read: Read) -> None:
    host.on_disk.add("squashfs")
    host.mounts[1] = Mount("/dev/loop0", "/", "squashfs", "ro")
    assert [row["mount"] for row in read()] == ["/", "/data"]


def test_a_file_system_of_the_network_is_told_if_asked_for(host: Host, read: Read) -> None:
    assert read("/nfs") == [
        {"mount": "/nfs", "device": "server:/export", "type": "nfs4", **NUMBERS}
    ]
    assert host.asked == ["/nfs"]


def test_of_two_mounts_at_one_place_the_later_is_there(host: Host, read: Read) -> None:
    host.mounts.append(OVER)
    assert read("/data")[0]["type"] == "nfs4"
    assert [row["mount"] for row in read()] == ["/"]
