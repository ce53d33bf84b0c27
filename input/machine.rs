//! The memory that this process can have.

use std::fs;
use std::path::Path;

/// Bytes that are free for this process: the least of what the machine, its control groups and its limit on addresses leave; `None` where none of them
/// can be read.
pub fn free_bytes() -> Option<f64> {
    [free_in_machine(), free_in_groups(), free_addresses()].into_iter().flatten().reduce(f64::min)
}

/// The number after `name` in the lines of a file, such as `MemAvailable:  123 kB`.
fn number_after(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
}

fn free_in_machine() -> Option<f64> {
    Some(number_after(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable")? * 1024.0)
}

/// What `ulimit -v` leaves.
fn free_addresses() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let limit = number_after(&limits, "Max address space")?;
    let used = number_after(&fs::read_to_string("/proc/self/status").ok()?, "VmSize")? * 1024.0;
    Some((limit - used).max(0.0))
}

/// What the control group of this process and those around it leave, of either version; pages of files that were read do not count.
fn free_in_groups() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut least: Option<f64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, limit, usage, pages) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            }
            _ => continue,
        };
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            let folder = Path::new(root).join(group);
            let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<f64>().ok();
            let (Some(limit), Some(usage)) = (number(limit), number(usage)) else { continue };
            let pages = fs::read_to_string(folder.join("memory.stat")).ok().and_then(|text| number_after(&text, pages)).unwrap_or(0.0);
            let free = (limit - (usage - pages).max(0.0)).max(0.0);
            least = Some(least.map_or(free, |least| least.min(free)));
        }
    }
    least
}

/// Bytes as people write them: `3.2 GB`.
pub fn in_words(bytes: f64) -> String {
    match bytes {
        b if b >= 1e15 => format!("{:.1e} TB", b / 1e12),
        b if b >= 1e12 => format!("{:.1} TB", b / 1e12),
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b => format!("{:.0} MB", b / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_and_written_in_words() {
        let text = "MemTotal:       24684084 kB\nMemAvailable:   20294268 kB\n";
        assert_eq!(number_after(text, "MemAvailable"), Some(20_294_268.0));
        assert_eq!(number_after("Max address space         unlimited            unlimited            bytes", "Max address space"), None);
        assert_eq!(["28 MB", "3.2 GB", "5.1 TB"], [28.4e6, 3.2e9, 5.12e12].map(in_words).map(|s| s.leak() as &str));
        assert!(free_bytes().is_none_or(|free| free > 1e6));
    }
}
