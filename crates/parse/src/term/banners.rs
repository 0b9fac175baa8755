//! What PowerShell writes about its own record.

use super::{Line, Unit};

/// Takes the banners that `Start-Transcript` writes out of the lines: two rows of asterisks and what stands between.
pub(crate) fn drop_banners(units: &mut Vec<Unit<'_>>) {
    let all_stars = |text: &str| text.trim_start().starts_with('*') && text.trim().bytes().all(|b| b == b'*');
    let stars = |u: &Unit<'_>| matches!(u, Unit::Line(Line { text, holds, .. }) if holds.begins_oddly() && text.len() >= 20 && all_stars(text));
    let transcript = |u: &Unit<'_>| matches!(u, Unit::Line(Line { text, .. }) if text.contains("transcript"));
    if !units.iter().any(stars) {
        return;
    }
    let mut kept = 0;
    let mut at = 0;
    while at < units.len() {
        if stars(&units[at]) && units.get(at + 1).is_some_and(transcript) {
            at = units[at + 1..].iter().take(40).position(stars).map_or(at + 1, |n| at + 1 + n) + 1;
            continue;
        }
        units.swap(kept, at);
        kept += 1;
        at += 1;
    }
    units.truncate(kept);
}
