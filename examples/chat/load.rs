//! Many idle users, and what they cost.

use indicatif::{ProgressBar, ProgressStyle};
use regrow::prelude::*;
use regrow::time::now;

use crate::ChatRef;
use crate::stats::resident_bytes;
use crate::user::{self, Nick, Settings};

/// How many starts there are between two steps of the progress bar.
const STEP: usize = 1000;

/// Starts users, one after another, and says how fast that went and what each costs.
pub(crate) async fn start_users(
    chat: &ChatRef,
    settings: &Settings,
    count: usize,
) -> Result<(), ExitReason> {
    let bar = ProgressBar::new(count as u64).with_style(style());
    let before = resident_bytes();
    let began = now();
    for number in 0..count {
        user::find_or_start(chat, &Nick::numbered(number), settings).await?;
        if number % STEP == 0 {
            bar.set_position(number as u64);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let each = resident_bytes()
        .zip(before)
        .map_or_else(String::new, |(after, before)| {
            format!(
                ", {} bytes each",
                after.saturating_sub(before) / count as u64
            )
        });
    println!(
        "{count} idle users in {seconds:.2} s ({:.0}/s){each}",
        count as f64 / seconds
    );
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {pos}/{len} users, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
