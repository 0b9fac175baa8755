//! CloudWatch streaming: about once a second, whole lines as JSON events.

use super::{LogEvent, Recording, Session, ansi, json, json::Go, whole_seconds};

/// Source bytes that go into one event at most; a longer line is cut there.
pub const MAX_EVENT_BYTES: usize = 33_000;
const EVENTS_PER_TICK: usize = 4;
const TICK_MS: i64 = 1000;

/// Whether uploads are lost on the way back, so that the agent sends their lines again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// Every upload is acknowledged.
    Never,
    /// Every n-th upload was stored, but the agent did not learn of it.
    EveryNth(u32),
}

/// The events of one session in the order they were sent.
pub fn stream(recording: &Recording, session: &Session, go: Go, resend: Resend) -> Vec<LogEvent> {
    let bytes = recording.bytes();
    let mut events = Vec::new();
    let mut sent = 0;
    let mut uploads = 0;
    let mut tick = recording.start_ms() + TICK_MS;
    while sent < bytes.len() {
        let ended = tick > recording.end_ms();
        let there = if ended { bytes.len() } else { recording.len_at(tick) };
        let lines_end = if ended { there } else { sent + whole_lines(&bytes[sent..there]) };
        if lines_end == sent {
            // Nothing new: sleep until the next write that can complete a line.
            let next_write = recording.time_of(there.min(bytes.len() - 1));
            tick += TICK_MS * ((next_write - tick).max(0) / TICK_MS + 1);
            continue;
        }
        let before = sent;
        for _ in 0..EVENTS_PER_TICK {
            if sent < lines_end {
                let end = sent + message_len(&bytes[sent..lines_end]);
                events.push(event(&bytes[sent..end], tick, session, go));
                sent = end;
            }
        }
        uploads += 1;
        if let Resend::EveryNth(n) = resend
            && uploads % n == 0
        {
            sent = before;
        }
        tick += TICK_MS;
    }
    events
}

fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&b| b == b'\n').map_or(0, |lf| lf + 1)
}

/// As many whole lines as fit into one event, or the first part of a line that does not.
fn message_len(bytes: &[u8]) -> usize {
    if bytes.len() <= MAX_EVENT_BYTES {
        return bytes.len();
    }
    match whole_lines(&bytes[..MAX_EVENT_BYTES]) {
        0 => MAX_EVENT_BYTES,
        len => len,
    }
}

fn event(source: &[u8], at_ms: i64, session: &Session, go: Go) -> LogEvent {
    let mut message = String::with_capacity(source.len() + 400);
    let mut field = |name: &str, value: &str, close: &str| {
        message.push_str(name);
        json::string(&mut message, value.as_bytes(), go);
        message.push_str(close);
    };
    field("{\"eventVersion\":", "1.0", "");
    field(",\"eventTime\":", &whole_seconds(at_ms), "");
    field(",\"awsRegion\":", &session.region, "");
    field(",\"target\":{\"id\":", &session.target, "}");
    field(",\"userIdentity\":{\"arn\":", &session.identity, "}");
    field(",\"runAsUser\":", &session.run_as_user, "");
    field(",\"sessionId\":", &session.id, "");
    message.push_str(",\"sessionData\":[");
    let source = source.strip_suffix(b"\n").unwrap_or(source);
    for (i, line) in source.split(|&b| b == b'\n').enumerate() {
        if i > 0 {
            message.push(',');
        }
        json::string(&mut message, &ansi::element(line), go);
    }
    message.push_str("]}");
    LogEvent { timestamp: at_ms, stream: session.id.clone(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: "bob-0e34861185201706f".into(),
            identity: "arn:aws:iam::111122223333:user/bob".into(),
            run_as_user: "ssm-user".into(),
            target: "i-0abc1234def567890".into(),
            region: "eu-west-1".into(),
            plugin: "Standard_Stream",
        }
    }

    fn data(events: &[LogEvent]) -> Vec<Vec<String>> {
        let value = |e: &LogEvent| serde_json::from_str::<serde_json::Value>(&e.message).unwrap();
        events.iter().map(|e| serde_json::from_value(value(e)["sessionData"].clone()).unwrap()).collect()
    }

    #[test]
    fn a_partial_line_is_held_back_until_it_ends() {
        let mut recording = Recording::default();
        recording.push(0, b"$ ls\r\nfile\r\n$ ");
        recording.push(600_500, b"id\r\nuid\r\n$ ");
        recording.push(700_000, b"");
        let events = stream(&recording, &session(), Go::Old, Resend::Never);
        assert_eq!(data(&events), [vec!["$ ls", "file"], vec!["$ id", "uid"], vec!["$ "]]);
        assert_eq!(events[0].timestamp, 1000);
        assert!((600_500..=601_500).contains(&events[1].timestamp), "{}", events[1].timestamp);
        assert!(events[0].message.starts_with(
            r#"{"eventVersion":"1.0","eventTime":"1970-01-01T00:00:01Z","awsRegion":"eu-west-1","target":{"id":"i-0abc1234def567890"},"userIdentity":{"arn":"#
        ));
    }

    #[test]
    fn bulk_output_lags_behind_at_four_events_a_second() {
        let mut recording = Recording::default();
        let line = [b"x".repeat(998), b"\r\n".to_vec()].concat();
        recording.push(0, &line.repeat(400));
        let events = stream(&recording, &session(), Go::Old, Resend::Never);
        assert_eq!(events.len(), 400_usize.div_ceil(33));
        assert_eq!(events.iter().map(|e| e.timestamp).max(), Some(4000));
    }

    #[test]
    fn a_giant_line_is_cut_without_a_mark() {
        let mut recording = Recording::default();
        recording.push(0, &[b"y".repeat(70_000), b"\r\nend\r\n".to_vec()].concat());
        let data = data(&stream(&recording, &session(), Go::Old, Resend::Never));
        let lens: Vec<Vec<usize>> = data.iter().map(|d| d.iter().map(String::len).collect()).collect();
        assert_eq!(lens, [vec![33_000], vec![33_000], vec![4000, 3]]);
    }

    #[test]
    fn a_resent_upload_doubles_lines_and_is_grouped_anew() {
        let mut recording = Recording::default();
        for i in 0..6 {
            recording.push(i * 700, format!("$ echo {i}\r\n{i}\r\n").as_bytes());
        }
        let once = stream(&recording, &session(), Go::Old, Resend::Never);
        let twice = stream(&recording, &session(), Go::Old, Resend::EveryNth(2));
        let lines = |e: &[LogEvent]| data(e).concat();
        assert!(lines(&twice).len() > lines(&once).len());
        let mut seen = lines(&twice);
        seen.sort();
        seen.dedup();
        let mut all = lines(&once);
        all.sort();
        assert_eq!(seen, all);
        assert!(data(&twice).iter().any(|d| !data(&once).contains(d)));
    }
}
