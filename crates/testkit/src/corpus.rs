//! A corpus on disk: logs in every shape, the context that fits, and the truth.
//!
//! ```text
//! logs/s3/sessions/<session>.log[.gz|.zst]     S3 transcripts
//! logs/cloudwatch/…                            streaming events and plain uploads, in every container
//! context/{cloudtrail,iam,ec2,ssm}/…
//! truth.jsonl sessions.jsonl gaps.jsonl negatives.jsonl
//! ```

use std::io;
use std::path::Path;

use serde::Serialize;

use crate::Dice;
use crate::agent::whole_seconds;
use crate::context::{self, Start, Trail};
use crate::scene::{GeneratedSession, Order, Style};
use crate::store::{Container, Store};
use crate::truth::{NegativeRow, Status, json_line};
use crate::world::{ACCOUNTS, Node, Person, Platform, REGIONS, WORLD_START_MS, World};

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Decompressed bytes of all logs together, context not counted; met within 10 % from 256 KiB on.
    pub bytes: u64,
    /// Also write `cases/<session>/{meta.json,truth.jsonl,negatives.jsonl}`, the layout the scorer reads.
    pub cases: bool,
}

impl Default for Spec {
    fn default() -> Self {
        Self { seed: 1, bytes: 4 << 20, cases: false }
    }
}

/// What the corpus holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Every session that left a log.
    pub sessions: Vec<SessionTruth>,
    /// Every call that left none.
    pub gaps: Vec<Gap>,
    /// Commands submitted in all of them.
    pub commands: u64,
    /// Decompressed bytes of the logs.
    pub bytes: u64,
    /// How many log files there are.
    pub logs: u64,
}

/// One session and what belongs to it: a line of `sessions.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionTruth {
    /// Its id.
    pub session_id: String,
    /// ARN of who started it.
    pub identity: String,
    /// The human behind that.
    pub person: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Node id.
    pub target: String,
    /// The node's Name tag.
    pub target_name: String,
    /// The host's own name.
    pub host: String,
    /// OS user at session start.
    pub run_as_user: String,
    /// First and last time.
    pub start: String,
    /// Last time.
    pub end: String,
    /// Commands submitted.
    pub commands: u64,
    /// Lines given up.
    pub aborted: u64,
    /// Password prompts answered.
    pub passwords: u32,
    /// Whether there are streaming events of it, and with them identity and times.
    pub streamed: bool,
    /// Whether there is an S3 transcript of it.
    pub transcript: bool,
    /// Whether there is a plain CloudWatch upload of it.
    pub plain: bool,
    /// Its log files, below the corpus.
    pub logs: Vec<String>,
    /// Reason given at the start.
    pub reason: Option<String>,
    /// Where it was started from.
    pub source_ip: String,
}

/// A call to StartSession that left no log: a line of `gaps.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The session, where one began.
    pub session_id: Option<String>,
    /// Who called.
    pub identity: String,
    /// The node asked for.
    pub target: String,
    /// When.
    pub time: String,
    /// Why: `denied`, `port_forwarding`, `node_lost`.
    pub cause: &'static str,
}

/// Writes a corpus into the folder, which should be empty.
///
/// # Errors
/// Whatever the file system says.
pub fn generate(spec: &Spec, dir: &Path) -> io::Result<Truth> {
    let mut dice = Dice::new(spec.seed);
    let nodes = (spec.bytes >> 21).clamp(8, 400) as usize;
    let world = World::new(&mut dice, nodes);
    let mut run = Run {
        spec,
        store: Store::new(dir, &mut dice),
        trail: Trail::default(),
        truth: Truth { sessions: Vec::new(), gaps: Vec::new(), commands: 0, bytes: 0, logs: 0 },
        rows: Rows::default(),
        now_ms: WORLD_START_MS,
    };
    while run.store.bytes() < spec.bytes {
        let mut dice = dice.fork();
        run.next(&mut dice, &world)?;
    }
    run.finish(&mut dice, &world)
}

/// Text of the truth files so far.
#[derive(Default)]
struct Rows {
    truth: String,
    negatives: String,
}

struct Run<'a> {
    spec: &'a Spec,
    store: Store,
    trail: Trail,
    truth: Truth,
    rows: Rows,
    now_ms: i64,
}

impl Run<'_> {
    /// One more call to StartSession, with a session and logs in most cases.
    fn next(&mut self, dice: &mut Dice, world: &World) -> io::Result<()> {
        self.now_ms += dice.log_normal(600_000, 1.15) as i64;
        // The last of them is the account's root, who should not be here at all.
        let last = world.people.len() - 1;
        let person = &world.people[if dice.chance(2) { last } else { dice.below(last) }];
        let own: Vec<&Node> = world.nodes.iter().filter(|n| n.account == person.account).collect();
        let node = dice.pick(&own);
        let source_ip = format!("198.51.100.{}", dice.range(2..250));
        if dice.chance(6) {
            self.gap(dice, world, person, node, &source_ip);
            return Ok(());
        }
        let profile = context::shell_profile(node.account, node.region);
        let style = dice.weighted(&[
            (83, Style::Interactive),
            (10, Style::Heavy),
            (5, Style::FullScreen),
            (2, Style::NonInteractive),
        ]);
        let median = if style == Style::Heavy { 150_000 } else { 5_000 };
        let most = (self.spec.bytes / 60).max(1500);
        let bytes = dice.log_normal(median, 1.25).min(most);
        let order =
            Order { world, person, node, style, bytes, start_ms: self.now_ms, shell_profile: &profile };
        let session = GeneratedSession::new(dice, order);

        let reason = dice.chance(30).then(|| format!("INC-{}", dice.range(1000..9999)));
        if context::is_chained(person) {
            self.trail.assume_role(dice, world, person, self.now_ms - 90_000, &source_ip);
        }
        let start = Start {
            person,
            node,
            at_ms: self.now_ms - 1200,
            session_id: Some(&session.session.id),
            document: (style == Style::NonInteractive).then_some("AWS-StartNonInteractiveCommand"),
            reason: reason.as_deref(),
            source_ip: &source_ip,
        };
        self.trail.start_session(dice, world, start);
        if dice.chance(40) {
            let end = session.end_ms + 800;
            self.trail.terminate_session(dice, world, person, &session.session, end, &source_ip);
        }
        self.keep(dice, &session, person, node, reason, source_ip)
    }

    /// Writes the session's logs and notes its truth.
    fn keep(
        &mut self,
        dice: &mut Dice,
        generated: &GeneratedSession,
        person: &Person,
        node: &Node,
        reason: Option<String>,
        source_ip: String,
    ) -> io::Result<()> {
        let session = &generated.session;
        let streams = session.plugin == "Standard_Stream";
        // Streaming, transcript, plain upload.
        let forms = [
            (50, [true, true, false]),
            (20, [true, false, false]),
            (15, [false, true, false]),
            (7, [false, false, true]),
            (5, [false, true, true]),
            (3, [true, true, true]),
        ];
        let [streamed, transcript, plain] = dice.weighted(if streams { &forms } else { &forms[2..5] });
        let mut logs = Vec::new();
        if streamed {
            let container = dice.weighted(&[
                (60, Container::Lines),
                (15, Container::GetOutput),
                (10, Container::FilterOutput),
                (10, Container::MixedLines),
                (5, Container::Subscription),
            ]);
            logs.push(self.store.events(dice, &generated.stream, container, node.account)?);
        }
        if transcript {
            logs.push(self.store.transcript(dice, &session.id, &generated.transcript)?);
        }
        if plain {
            let container = dice.weighted(&[(60, Container::GetPlain), (40, Container::FilterOutput)]);
            logs.push(self.store.events(dice, &generated.plain, container, node.account)?);
        }
        let rows: String = generated.truth(streamed).iter().map(json_line).collect();
        let aborted = generated.commands.iter().filter(|c| c.status == Status::Aborted);
        let negatives: String = aborted.map(|c| json_line(&NegativeRow::new(&session.id, c))).collect();
        if self.spec.cases {
            let tags = [if node.platform == Platform::Windows { "powershell" } else { "generated" }];
            let meta = serde_json::json!({
                "session_id": session.id, "identity_arn": session.identity, "run_as_user": session.run_as_user,
                "instance_id": session.target, "tags": tags,
            });
            self.store.case(&session.id, &json_line(&meta), &rows, &negatives)?;
        }
        let commands = rows.lines().count() as u64;
        self.truth.commands += commands;
        self.truth.sessions.push(SessionTruth {
            session_id: session.id.clone(),
            identity: session.identity.clone(),
            person: person.human.into(),
            account: node.account.into(),
            region: node.region.into(),
            target: node.id.clone(),
            target_name: node.name.clone(),
            host: generated.host.clone(),
            run_as_user: session.run_as_user.clone(),
            start: whole_seconds(generated.start_ms),
            end: whole_seconds(generated.end_ms),
            commands,
            aborted: negatives.lines().count() as u64,
            passwords: generated.passwords,
            streamed,
            transcript,
            plain,
            logs,
            reason,
            source_ip,
        });
        self.rows.truth.push_str(&rows);
        self.rows.negatives.push_str(&negatives);
        Ok(())
    }

    /// A call that leaves no log.
    fn gap(&mut self, dice: &mut Dice, world: &World, person: &Person, node: &Node, source_ip: &str) {
        let cause = ["denied", "port_forwarding", "node_lost"][dice.below(3)];
        let session_id = (cause != "denied").then(|| {
            format!("{}-{}", person.session_name, dice.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 26))
        });
        let start = Start {
            person,
            node,
            at_ms: self.now_ms,
            session_id: session_id.as_deref(),
            document: (cause == "port_forwarding").then_some("AWS-StartPortForwardingSession"),
            reason: None,
            source_ip,
        };
        self.trail.start_session(dice, world, start);
        self.truth.gaps.push(Gap {
            session_id,
            identity: world.identity(person),
            target: node.id.clone(),
            time: whole_seconds(self.now_ms),
            cause,
        });
    }

    fn finish(mut self, dice: &mut Dice, world: &World) -> io::Result<Truth> {
        self.store.flush(dice)?;
        self.trail.tag_changes(dice, world, self.now_ms);
        for (key, text) in self.trail.files(dice) {
            self.store.context(&format!("cloudtrail/{key}"), text.as_bytes())?;
        }
        for account in ACCOUNTS {
            let details = context::iam_details(world, account, self.now_ms);
            self.store
                .context(&format!("iam/account-authorization-details-{account}.json"), details.as_bytes())?;
            for region in REGIONS {
                let place = format!("{account}-{region}.json");
                let instances = context::instances(world, account, region);
                self.store.context(&format!("ec2/describe-instances-{place}"), instances.as_bytes())?;
                let nodes = context::instance_information(world, account, region);
                self.store
                    .context(&format!("ssm/describe-instance-information-{place}"), nodes.as_bytes())?;
                let document = context::preferences(account, region);
                self.store
                    .context(&format!("ssm/SSM-SessionManagerRunShell-{place}"), document.as_bytes())?;
            }
        }
        let sessions: String = self.truth.sessions.iter().map(json_line).collect();
        let gaps: String = self.truth.gaps.iter().map(json_line).collect();
        for (name, text) in [
            ("truth.jsonl", &self.rows.truth),
            ("negatives.jsonl", &self.rows.negatives),
            ("sessions.jsonl", &sessions),
            ("gaps.jsonl", &gaps),
        ] {
            self.store.top(name, text)?;
        }
        self.truth.bytes = self.store.bytes();
        self.truth.logs = self.store.logs();
        Ok(self.truth)
    }
}
