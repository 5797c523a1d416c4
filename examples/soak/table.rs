//! The table at the end: how much of what there was in a second.

use crate::account::Account;

/// The table of everything that was counted.
pub(crate) fn of(account: &Account) -> String {
    let rate = |count: u64| format!("{:.0}/s", count as f64 / account.seconds());
    let mebibytes = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let rows = [
        (
            "calls",
            vec![
                (rate(account.calls.get()), ""),
                (rate(account.replies.get()), "replied"),
                (rate(account.exited.get()), "exited"),
                (rate(account.no_process.get()), "no process"),
                (rate(account.timeouts.get()), "timed out"),
                (rate(account.no_reply.get()), "no reply"),
            ],
        ),
        ("casts", vec![(rate(account.casts.get()), "")]),
        (
            "monitors",
            vec![
                (rate(account.monitors.get()), ""),
                (rate(account.downs.get()), "fired"),
                (rate(account.demonitored.get()), "taken away"),
            ],
        ),
        (
            "timers",
            vec![
                (rate(account.timers.get()), ""),
                (rate(account.fired.get()), "fired"),
                (rate(account.cancelled.get()), "cancelled"),
            ],
        ),
        (
            "sockets",
            vec![
                (rate(account.echoes.get()), "echoed"),
                (rate(account.cut_off.get()), "cut off"),
            ],
        ),
        (
            "struck",
            vec![
                (rate(account.kills.get()), "killed"),
                (rate(account.crashes.get()), "crashed"),
                (rate(account.stuck.get()), "stuck"),
                (rate(account.mayflies.get()), "mayflies"),
            ],
        ),
        (
            "memory",
            vec![
                (
                    mebibytes(account.bytes_settled.get()),
                    "after the first rounds",
                ),
                (mebibytes(account.bytes.get()), "at last"),
            ],
        ),
    ];
    let row = |(name, cells): &(&str, Vec<(String, &str)>)| {
        let cells: Vec<String> = cells
            .iter()
            .map(|(value, what)| format!("{value} {what}").trim_end().to_owned())
            .collect();
        format!("{name:9} {}", cells.join(", "))
    };
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
