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

/// How much more it needed at its highest, while something was done, than before.
pub(crate) fn added_by(process: u32, what: impl FnOnce()) -> u64 {
    // The highest is counted from now on (proc(5), clear_refs).
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let before = resident(process);
    what();
    peak(process).saturating_sub(before)
}

fn of(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes: u64 = line.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1024
}
