//! What a process keeps in memory, as the system counts it.

use std::fs;

/// Resident bytes.
pub(crate) fn resident(process: u32) -> u64 {
    of(process, "VmRSS:")
}

/// The most that was ever resident.
pub(crate) fn peak(process: u32) -> u64 {
    of(process, "VmHWM:")
}

fn of(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes: u64 = line.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
