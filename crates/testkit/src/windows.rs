//! Windows nodes: what PowerShell's own transcription writes, and the S3 object a second PowerShell makes of it.

use crate::Dice;
use crate::agent::{Recording, Session};
use crate::shell::Shown;
use crate::truth::TruthCommand;

const SCREEN: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const STARS: &str = "**********************";

fn banner(start: &str, host: &str, user: &str) -> String {
    [
        STARS,
        "Windows PowerShell transcript start",
        &format!("Start time: {start}"),
        &format!("Username: {user}"),
        &format!("RunAs User: {user}"),
        "Configuration Name: ",
        &format!("Machine: {host} (Microsoft Windows NT 10.0.20348.0)"),
        &format!("Host Application: {SCREEN}"),
        "Process ID: 4321",
        "PSVersion: 5.1.20348.2400",
        "PSEdition: Desktop",
        "SerializationVersion: 1.1.0.1",
        STARS,
        "",
    ]
    .join("\r\n")
}

/// A PowerShell session as its transcription file holds it; that is what the agent streams.
pub(crate) fn session(dice: &mut Dice, session: &Session, host: &str, bytes: u64, start_ms: i64) -> Shown {
    let mut recording = Recording::default();
    let mut commands = Vec::new();
    let user = session.run_as_user.as_str();
    recording.push(start_ms, banner("20260301080000", host, &format!("{host}\\{user}")).as_bytes());
    let mut now = start_ms;
    let mut cwd = String::from("C:\\Windows\\system32");
    loop {
        now += dice.log_normal(6000, 1.2) as i64;
        let last = recording.bytes().len() as u64 > bytes;
        let (text, output) = if last { ("exit".to_owned(), String::new()) } else { step(dice, host, user) };
        let start = recording.bytes().len();
        recording.push(now, format!("PS {cwd}> {text}\r\n").as_bytes());
        commands.push(TruthCommand {
            effective_user: user.into(),
            user_knowable: false,
            host: host.into(),
            cwd: cwd.clone(),
            time_ms: now,
            span: start..recording.bytes().len(),
            ..TruthCommand::new(&text)
        });
        if let Some(dir) = text.strip_prefix("cd ") {
            cwd = dir.to_owned();
        }
        recording.push(now + 120, output.replace('\n', "\r\n").as_bytes());
        if last {
            return Shown { recording, commands, passwords: 0 };
        }
    }
}

fn step(dice: &mut Dice, host: &str, user: &str) -> (String, String) {
    let service = dice.pick(&["W32Time", "Spooler", "WinRM"]);
    match dice.below(6) {
        0 => ("whoami".into(), format!("{}\\{user}\n", host.to_lowercase())),
        1 => ("cd C:\\inetpub".into(), String::new()),
        2 => (
            format!("Get-Service {service}"),
            format!(
                "\nStatus   Name               DisplayName\n------   ----               -----------\nRunning  {service}\n\n\n"
            ),
        ),
        3 => (format!("Restart-Service {service} -Force"), String::new()),
        4 => (
            format!("Get-EventLog -LogName System -Newest {} | Select-Object -First 2", dice.range(5..90)),
            "\n   Index Time          EntryType\n    8821 Mar 01 08:11  Information\n\n".into(),
        ),
        _ => ("ipconfig | findstr IPv4".into(), "   IPv4 Address. . . . . . . . . . . : 10.0.1.50\n".into()),
    }
}

/// The S3 object: a transcript of SYSTEM replaying the session into its own console.
pub(crate) fn transcript(recording: &Recording, session: &Session, host: &str) -> Vec<u8> {
    let log = format!(
        "C:\\ProgramData\\Amazon\\SSM\\InstanceData\\{}\\session\\orchestration\\{}\\Standard_Stream",
        session.target, session.id
    );
    let mut out = banner("20260301080500", host, &format!("WORKGROUP\\{host}$")).into_bytes();
    out.extend_from_slice(
        format!(
            "Transcript started, output file is {log}\\{id}.log\r\n\
             PS C:\\Windows\\system32> & 'C:\\Program Files\\Amazon\\SSM\\ssm-session-logger.exe' {log}\\ipcTempFile.log true\r\n\
             Windows PowerShell\r\nCopyright (C) Microsoft Corporation. All rights reserved.\r\n\r\n",
            id = session.id
        )
        .as_bytes(),
    );
    // The console shows the person's screen, which has no transcription banner.
    let bytes = recording.bytes();
    let first_prompt = bytes.windows(3).position(|w| w == b"PS ").unwrap_or(0);
    out.extend_from_slice(&bytes[first_prompt..]);
    out.extend_from_slice(
        format!("PS C:\\Windows\\system32> exit\r\n{STARS}\r\nWindows PowerShell transcript end\r\nEnd time: 20260301080600\r\n{STARS}\r\n")
            .as_bytes(),
    );
    out
}
