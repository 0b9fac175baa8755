//! One session from its first prompt to its logs.

use crate::Dice;
use crate::agent::{self, Go, LogEvent, Recording, Resend, ScriptVersion};
use crate::shell::{Dialect, PromptStyle, Shell, Shown, Typing, heavy, next_act, screen};
use crate::truth::{Status, TruthCommand, TruthRow};
use crate::windows;
use crate::world::{Node, Person, Platform, World};

/// What kind of session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A shell with everyday commands.
    Interactive,
    /// Mostly output.
    Heavy,
    /// Mostly full-screen programs.
    FullScreen,
    /// A command of a session document, without a terminal.
    NonInteractive,
}

/// One generated session: every log it could have left, and what really happened.
#[derive(Debug, Clone)]
pub struct GeneratedSession {
    /// What the agent knew.
    pub session: agent::Session,
    /// Name of the host.
    pub host: String,
    /// CloudWatch streaming events; none for a non-interactive session.
    pub stream: Vec<LogEvent>,
    /// The S3 object.
    pub transcript: Vec<u8>,
    /// The session as a plain CloudWatch upload.
    pub plain: Vec<LogEvent>,
    /// Everything entered, in order, also what was given up.
    pub commands: Vec<TruthCommand>,
    /// How many password prompts were answered.
    pub passwords: u32,
    /// First write, milliseconds since 1970.
    pub start_ms: i64,
    /// Last write, milliseconds since 1970.
    pub end_ms: i64,
    /// Where [`TruthCommand::span`]s lie in the transcript; nowhere on Windows.
    spans: Vec<Option<[usize; 2]>>,
}

/// What to generate.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The world it happens in.
    pub world: &'a World,
    /// Who.
    pub person: &'a Person,
    /// Where.
    pub node: &'a Node,
    /// What kind.
    pub style: Style,
    /// About how many bytes the terminal shows.
    pub bytes: u64,
    /// When, milliseconds since 1970.
    pub start_ms: i64,
    /// Lines of the shell profile in force.
    pub shell_profile: &'a [String],
}

impl GeneratedSession {
    /// A session on order.
    pub fn new(dice: &mut Dice, order: Order<'_>) -> Self {
        let Order { world, person, node, start_ms, style, .. } = order;
        let session = agent::Session {
            id: session_id(dice, &person.session_name),
            identity: world.identity(person),
            run_as_user: world.owed_run_as(person, node, start_ms).into(),
            target: node.id.clone(),
            region: node.region.into(),
            plugin: if style == Style::NonInteractive { "NonInteractiveCommands" } else { "Standard_Stream" },
        };
        let shown = match (style, node.platform) {
            (Style::NonInteractive, _) => non_interactive(dice, start_ms),
            (_, Platform::Windows) => windows::session(dice, &session, &node.host, order.bytes, start_ms),
            _ => interactive(dice, &order, &session),
        };
        Self::from_shown(dice, shown, session, node)
    }

    pub(crate) fn from_shown(dice: &mut Dice, shown: Shown, session: agent::Session, node: &Node) -> Self {
        let Shown { recording, commands, passwords } = shown;
        let version = match node.platform {
            Platform::Amazon2 => ScriptVersion::V2_30,
            _ => dice.weighted(&[
                (80, ScriptVersion::V2_38),
                (15, ScriptVersion::V2_35),
                (5, ScriptVersion::Ctime),
            ]),
        };
        let go = if dice.chance(50) { Go::Old } else { Go::New };
        let resend = if dice.chance(4) { Resend::EveryNth(2 + dice.below(4) as u32) } else { Resend::Never };
        let streams = session.plugin == "Standard_Stream";
        let stream = if streams { agent::stream(&recording, &session, go, resend) } else { Vec::new() };
        let (transcript, spans) = match node.platform {
            Platform::Windows if streams => {
                (windows::transcript(&recording, &session, &node.host), vec![None; commands.len()])
            }
            _ => {
                let header = agent::header(&recording, &session, version).len();
                (agent::transcript(&recording, &session, version), spans(&recording, &commands, header))
            }
        };
        let plain = agent::plain(&transcript, &session, recording.end_ms());
        Self {
            host: node.host.clone(),
            stream,
            transcript,
            plain,
            commands,
            passwords,
            start_ms: recording.start_ms(),
            end_ms: recording.end_ms(),
            spans,
            session,
        }
    }

    /// The streaming events, one JSON object a line.
    pub fn stream_jsonl(&self) -> String {
        self.stream.iter().map(|e| e.message.clone() + "\n").collect()
    }

    /// Rows of `truth.jsonl`: what was submitted, numbered from 0. A streaming log names the OS user at session start,
    /// so whether there is one decides what can be known.
    pub fn truth(&self, streamed: bool) -> Vec<TruthRow<'_>> {
        let submitted = self.commands.iter().zip(&self.spans).filter(|(c, _)| c.status == Status::Run);
        let rows = submitted.enumerate().map(|(seq, (c, span))| TruthRow {
            session_id: &self.session.id,
            seq,
            command: &c.command,
            effective_user: &c.effective_user,
            user_knowable: streamed || c.user_knowable,
            identity: &self.session.identity,
            run_as_user: &self.session.run_as_user,
            target: &self.session.target,
            host: &c.host,
            cwd: &c.cwd,
            time: agent::whole_seconds(c.time_ms),
            kind: c.kind,
            program: c.program,
            status: c.status,
            origin: c.origin,
            optional: c.optional,
            literal_in_stream: c.literal_in_stream,
            transcript_span: *span,
        });
        rows.collect()
    }
}

/// A made-up id: old and new suffixes are both still around.
pub(crate) fn session_id(dice: &mut Dice, prefix: &str) -> String {
    match dice.chance(35) {
        true => format!("{prefix}-0{}", dice.hex(16)),
        false => format!("{prefix}-{}", dice.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 26)),
    }
}

/// Every LF of the terminal becomes CR LF in the transcript, behind the header.
fn spans(recording: &Recording, commands: &[TruthCommand], header: usize) -> Vec<Option<[usize; 2]>> {
    let lfs: Vec<usize> =
        recording.bytes().iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i).collect();
    let place = |at: usize| header + at + lfs.partition_point(|&lf| lf < at);
    commands.iter().map(|c| Some([place(c.span.start), place(c.span.end)])).collect()
}

fn interactive(dice: &mut Dice, order: &Order<'_>, session: &agent::Session) -> Shown {
    let (dialect, style) = match order.node.platform {
        Platform::Amazon2 => (Dialect::Bash42, PromptStyle::BARE),
        Platform::Ubuntu => (Dialect::Dash, PromptStyle::BARE),
        Platform::Amazon2023 | Platform::Windows => (
            Dialect::Bash52,
            dice.weighted(&[
                (55, PromptStyle::BARE),
                (20, PromptStyle::AMAZON),
                (15, PromptStyle::UBUNTU),
                (5, PromptStyle::TWO_LINES),
                (5, PromptStyle::ARROW),
            ]),
        ),
    };
    let width = dice.range(80..201) as usize;
    let mut shell = Shell::start(
        &session.run_as_user,
        "/usr/bin",
        &order.node.host,
        dialect,
        style,
        width,
        order.start_ms,
    );
    shell.shell_profile(order.shell_profile);
    if dice.chance(20) {
        shell.resized(width);
    }
    let filler = order.bytes * 8 / 10;
    let (mut bulk, mut screens) = match order.style {
        Style::Heavy => (filler, 0),
        Style::FullScreen => (0, filler / 900 + 1),
        Style::Interactive | Style::NonInteractive => (0, 0),
    };
    while (shell.len() as u64) < order.bytes {
        shell.wait(dice.log_normal(4000, 1.3));
        let act = if bulk > 0 && dice.chance(50) {
            heavy(dice, std::mem::take(&mut bulk))
        } else if screens > 0 && dice.chance(50) {
            let part = screens.div_ceil(2);
            screens -= part;
            screen(dice, part)
        } else {
            next_act(dice, shell.place())
        };
        let typing = typing(dice);
        shell.perform(act, typing);
    }
    let politely = dice.chance(85);
    shell.end(politely)
}

fn typing(dice: &mut Dice) -> Typing {
    dice.weighted(&[
        (72, Typing::Plain),
        (9, Typing::Slip(1)),
        (4, Typing::Slip(4)),
        (3, Typing::Forgotten),
        (3, Typing::TooMany),
        (2, Typing::Restart),
        (2, Typing::WrongWord),
        (3, Typing::Recall(2)),
        (2, Typing::Completed),
    ])
}

/// Output of a document's command: no terminal, so lines end with a bare LF and nothing typed shows.
fn non_interactive(dice: &mut Dice, start_ms: i64) -> Shown {
    let mut recording = Recording::default();
    let mut text = String::from("STDOUT:\n");
    for i in 0..dice.range(1..40) {
        text.push_str(&format!("step {i}: $ {} ok\n", dice.hex(8)));
    }
    text.push_str("STDERR:\nwarn: disk 91%\nEXIT_CODE: 0");
    recording.push(start_ms, text.as_bytes());
    Shown { recording, commands: Vec::new(), passwords: 0 }
}

/// One interactive session, made from nothing but a seed.
pub fn session(seed: u64) -> GeneratedSession {
    let mut dice = Dice::new(seed);
    let world = World::new(&mut dice, 6);
    let person = &world.people[dice.below(world.people.len())];
    let linux: Vec<&Node> = world.nodes.iter().filter(|n| n.platform != Platform::Windows).collect();
    let node = dice.pick(&linux);
    let bytes = dice.log_normal(6000, 1.2);
    let start_ms = crate::world::WORLD_START_MS;
    let order =
        Order { world: &world, person, node, style: Style::Interactive, bytes, start_ms, shell_profile: &[] };
    GeneratedSession::new(&mut dice, order)
}
