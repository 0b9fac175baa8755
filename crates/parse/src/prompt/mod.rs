//! Prompts: where on a line they end, which of them are alike, and what they say.
//!
//! No prompt is known beforehand. A place on a line is a candidate for a prompt's end where a sign is followed by text;
//! which candidate it is, repetition decides, and what stands behind it.

mod candidates;
mod keys;
mod learn;
mod lookup;
mod parts;
mod says;

pub(crate) use candidates::{Candidate, candidates, is_blank, is_candidate, is_shell_sign, likeness};
pub(crate) use keys::{
    ByKey, KeySet, Spelled, alike, behind_alike, behind_same, bytes_key, chars_key, differ_by_part,
    exact_key, few_key, loose_key, same, word_key,
};
pub(crate) use learn::{Learned, Sample};
pub(crate) use lookup::Lookup;
pub(crate) use parts::{behind_arrows, behind_parts, behind_place, behind_status, led_by, parted_by};
pub(crate) use says::{Says, says};

/// Where `prompt` stands last in `text`. Mostly its sign tells, which stands there once or not at all.
pub(crate) fn last_place(text: &str, prompt: &str) -> Option<usize> {
    let signed = prompt.trim_end_matches(' ').as_bytes();
    let Some(sign) = signed.last() else { return text.rfind(prompt) };
    let starts = memchr::memrchr_iter(*sign, text.as_bytes());
    let mut starts = starts.filter_map(|sign| (sign + 1).checked_sub(signed.len()));
    starts.find(|start| text.as_bytes()[*start..].starts_with(prompt.as_bytes()))
}

/// Where `prompt` was drawn last in `text`: one that stands behind a blank was typed if it is a comment's sign or redirects.
pub(crate) fn last_drawn(text: &str, prompt: &str) -> Option<usize> {
    let last = last_place(text, prompt)?;
    let before = &text[..last];
    let typed = matches!(prompt, "# " | "> ") && before.ends_with(' ') && !before.ends_with("  ");
    if typed { text.find(prompt) } else { Some(last) }
}
