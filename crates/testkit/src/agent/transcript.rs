//! The transcript that `script` makes of the session's terminal bytes, and its upload as plain text.

use jiff::{Timestamp, tz::TimeZone};

use super::{LogEvent, Recording, Session, json};

/// Whose header and trailer: they changed with util-linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptVersion {
    /// BSD and very old util-linux: a ctime date.
    Ctime,
    /// util-linux 2.30, Amazon Linux 2.
    V2_30,
    /// util-linux 2.35.
    V2_35,
    /// util-linux 2.38: names the command, and with it node, session and plugin.
    V2_38,
}

/// Plain uploads are cut into events of at most this many bytes.
const MAX_PLAIN_EVENT: usize = 200_000;

fn date(version: ScriptVersion, ms: i64) -> String {
    let format = match version {
        ScriptVersion::Ctime => "%a %b %e %H:%M:%S %Y",
        ScriptVersion::V2_30 => "%Y-%m-%d %H:%M:%S+0000",
        ScriptVersion::V2_35 | ScriptVersion::V2_38 => "%Y-%m-%d %H:%M:%S+00:00",
    };
    let time = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime(format).to_string()
}

/// The first line of the transcript, with its LF. Its time is the session's end: that is when it is made.
pub fn header(recording: &Recording, session: &Session, version: ScriptVersion) -> String {
    let date = date(version, recording.end_ms());
    let Session { id, target, plugin, .. } = session;
    match version {
        ScriptVersion::Ctime | ScriptVersion::V2_30 => format!("Script started on {date}\n"),
        ScriptVersion::V2_35 => format!("Script started on {date} [<not executed on terminal>]\n"),
        ScriptVersion::V2_38 => format!(
            "Script started on {date} [COMMAND=\"cat /var/lib/amazon/ssm/{target}/session/orchestration/{id}/{plugin}/ipcTempFile.log\" <not executed on terminal>]\n"
        ),
    }
}

/// The S3 object. Passing the bytes through a second terminal makes every LF CR LF, so lines end `\r\r\n`.
pub fn transcript(recording: &Recording, session: &Session, version: ScriptVersion) -> Vec<u8> {
    let mut out = header(recording, session, version).into_bytes();
    for &byte in recording.bytes() {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    let date = date(version, recording.end_ms());
    let code = match version {
        ScriptVersion::Ctime | ScriptVersion::V2_30 => "",
        ScriptVersion::V2_35 | ScriptVersion::V2_38 => " [COMMAND_EXIT_CODE=\"0\"]",
    };
    out.extend_from_slice(format!("\nScript done on {date}{code}\n").as_bytes());
    out
}

/// The transcript as CloudWatch events when streaming is off: one CR less per line, cut at line ends, at most four
/// events a second, all sent when the session has ended.
pub fn plain(transcript: &[u8], session: &Session, end_ms: i64) -> Vec<LogEvent> {
    let mut text = Vec::with_capacity(transcript.len());
    for &byte in transcript {
        if byte == b'\n' && text.last() == Some(&b'\r') {
            text.pop();
        }
        text.push(byte);
    }
    let mut events = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let head = &rest[..rest.len().min(MAX_PLAIN_EVENT)];
        let len = match head.iter().rposition(|&b| b == b'\n') {
            Some(lf) => lf + 1,
            None => head.len(),
        };
        let (message, tail) = rest.split_at(len);
        let timestamp = end_ms + 1000 * (1 + events.len() as i64 / 4);
        let message = json::lossy(message.strip_suffix(b"\n").unwrap_or(message));
        events.push(LogEvent { timestamp, stream: session.id.clone(), message });
        rest = tail;
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: "bob-0e34861185201706f".into(),
            identity: String::new(),
            run_as_user: "deploy".into(),
            target: "i-0abc1234def567890".into(),
            region: "eu-west-1".into(),
            plugin: "Standard_Stream",
        }
    }

    #[test]
    fn lines_end_with_two_crs_and_the_header_names_the_session() {
        let mut recording = Recording::default();
        recording.push(1_741_083_641_000, b"$ exit\r\nexit\r\n");
        let text = transcript(&recording, &session(), ScriptVersion::V2_38);
        assert_eq!(
            String::from_utf8(text.clone()).unwrap(),
            "Script started on 2025-03-04 10:20:41+00:00 [COMMAND=\"cat /var/lib/amazon/ssm/i-0abc1234def567890/session/orchestration/bob-0e34861185201706f/Standard_Stream/ipcTempFile.log\" <not executed on terminal>]\n\
             $ exit\r\r\nexit\r\r\n\nScript done on 2025-03-04 10:20:41+00:00 [COMMAND_EXIT_CODE=\"0\"]\n"
        );
        let plain = plain(&text, &session(), 0);
        assert!(plain[0].message.contains("]\n$ exit\r\nexit\r\n\nScript done"));
        assert!(!plain[0].message.ends_with('\n'));
    }

    #[test]
    fn older_headers_have_their_own_dates() {
        let mut recording = Recording::default();
        recording.push(1_643_093_364_000, b"x");
        let first = |v| header(&recording, &session(), v);
        assert_eq!(first(ScriptVersion::V2_30), "Script started on 2022-01-25 06:49:24+0000\n");
        assert_eq!(first(ScriptVersion::Ctime), "Script started on Tue Jan 25 06:49:24 2022\n");
    }

    #[test]
    fn a_long_upload_is_cut_at_line_ends() {
        let text = b"0123456789\r\r\n".repeat(40_000);
        let events = plain(&text, &session(), 0);
        assert_eq!(events.len(), 3);
        assert!(events.iter().all(|e| e.message.len() <= MAX_PLAIN_EVENT));
        let whole: Vec<&str> = events.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(whole.join("\n") + "\n", "0123456789\r\n".repeat(40_000));
    }
}
