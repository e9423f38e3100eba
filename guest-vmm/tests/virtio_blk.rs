// SPDX-License-Identifier: BSD-2-Clause

//! The disk under an independent driver: crate `virtio-drivers`, which knows nothing
//! of this one. Its transport is our register page, its memory our guest RAM.

mod oracle;

use oracle::{Oracle, drive};
use virtio_drivers::Error;
use virtio_drivers::device::blk::SECTOR_SIZE;

fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n / 7 + n / 512) as u8).collect()
}

#[test]
fn a_driver_finds_the_disk_with_its_size_and_name() {
    let oracle = Oracle::new(pattern(10 * SECTOR_SIZE), false, "the-disk-of-guest-zero");
    let mut driver = drive(&oracle);
    assert_eq!((driver.capacity(), driver.readonly()), (10, false));
    let mut name = [0; 20];
    assert_eq!(driver.device_id(&mut name), Ok(20));
    assert_eq!(&name, b"the-disk-of-guest-ze");
}

#[test]
fn what_is_on_the_disk_is_read_and_what_is_written_is_on_it() {
    let oracle = Oracle::new(pattern(64 * SECTOR_SIZE), false, "disk");
    let mut driver = drive(&oracle);
    let mut sectors = vec![0; 3 * SECTOR_SIZE];
    driver.read_blocks(5, &mut sectors).expect("read");
    assert_eq!(
        sectors,
        pattern(64 * SECTOR_SIZE)[5 * SECTOR_SIZE..8 * SECTOR_SIZE]
    );
    let new: Vec<u8> = (0..2 * SECTOR_SIZE).map(|n| (n % 251) as u8).collect();
    driver.write_blocks(62, &new).expect("written");
    driver.flush().expect("flushed");
    assert_eq!(oracle.disk()[62 * SECTOR_SIZE..], new);
    assert_eq!(
        oracle.disk()[..62 * SECTOR_SIZE],
        pattern(64 * SECTOR_SIZE)[..62 * SECTOR_SIZE]
    );
    let mut back = vec![0; 2 * SECTOR_SIZE];
    driver.read_blocks(62, &mut back).expect("read back");
    assert_eq!(back, new);
}

#[test]
fn beyond_the_end_is_an_error_and_the_disk_goes_on() {
    let oracle = Oracle::new(pattern(8 * SECTOR_SIZE), false, "disk");
    let mut driver = drive(&oracle);
    let mut two = vec![0; 2 * SECTOR_SIZE];
    for sector in [7, 8, usize::MAX] {
        assert_eq!(driver.read_blocks(sector, &mut two), Err(Error::IoError));
        assert_eq!(driver.write_blocks(sector, &two), Err(Error::IoError));
    }
    driver.read_blocks(6, &mut two).expect("the last two");
    assert_eq!(oracle.disk(), pattern(8 * SECTOR_SIZE));
}

#[test]
fn a_read_only_disk_says_so_and_refuses_writes() {
    let oracle = Oracle::new(pattern(8 * SECTOR_SIZE), true, "disk");
    let mut driver = drive(&oracle);
    assert!(driver.readonly());
    let sector = vec![0xee; SECTOR_SIZE];
    assert_eq!(driver.write_blocks(0, &sector), Err(Error::IoError));
    assert_eq!(oracle.disk(), pattern(8 * SECTOR_SIZE));
}

#[test]
fn many_requests_wrap_the_rings_and_each_interrupts_until_acknowledged() {
    let oracle = Oracle::new(pattern(256 * SECTOR_SIZE), false, "disk");
    let mut driver = drive(&oracle);
    let mut sector = vec![0; SECTOR_SIZE];
    for n in 0..70_000usize {
        driver.read_blocks(n % 256, &mut sector).expect("read");
        assert!(oracle.line());
        driver.ack_interrupt();
        assert!(!oracle.line());
    }
    let last = 69_999 % 256 * SECTOR_SIZE;
    assert_eq!(sector, pattern(256 * SECTOR_SIZE)[last..last + SECTOR_SIZE]);
    driver.disable_interrupts();
    driver.read_blocks(0, &mut sector).expect("read");
    assert!(!oracle.line(), "the driver wanted none");
}

#[test]
fn a_request_larger_than_the_bucket_waits_and_is_complete() {
    let size = 12 << 20;
    let oracle = Oracle::new(pattern(size), false, "disk");
    let mut driver = drive(&oracle);
    let mut all = vec![0; size];
    driver.read_blocks(0, &mut all).expect("read");
    assert_eq!(all, pattern(size));
    assert!(oracle.waited() > 0, "it is more than the bucket holds");
}

#[test]
fn a_second_driver_starts_afresh() {
    let oracle = Oracle::new(pattern(8 * SECTOR_SIZE), false, "disk");
    let new = vec![0x5a; SECTOR_SIZE];
    drive(&oracle).write_blocks(3, &new).expect("written");
    let mut sector = vec![0; SECTOR_SIZE];
    drive(&oracle).read_blocks(3, &mut sector).expect("read");
    assert_eq!(sector, new, "the disk keeps what was written");
}
