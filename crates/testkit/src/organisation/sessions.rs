//! What happens: calls, sessions, logs, and what is true of each.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::calls::{Hand, Trail, actor, node_arn, principal};
use super::people::{Person, Way};
use super::state::{BEGIN_MS, LOOKS_MS, Node, SPAN_MS, World};
use super::{AccessAnswer, AttemptAnswer, OrganisationSpec, OrganisationTruth, SessionAnswer};
use crate::Dice;
use crate::agent::{Go, Recording, Resend, ScriptVersion, Session, stream, transcript, whole_seconds};

type Files = BTreeMap<String, Vec<u8>>;

/// How a session comes to be without a log, or a log without a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Ordinary,
    /// It runs as somebody else than it should.
    Mismatch,
    Tunnel,
    /// The tag names somebody who is not on the node.
    NoSuchUser,
    NodeLost,
    NoOutput,
    RoutedElsewhere,
    Lost,
    /// CloudTrail has no record of it.
    Unrecorded,
}

struct Play<'a> {
    world: &'a World,
    trail: Trail,
    hands: HashMap<usize, Hand>,
    files: Files,
    /// What `describe-sessions` lists, by account and region.
    listed: BTreeMap<(&'static str, &'static str), Vec<Value>>,
    truth: OrganisationTruth,
}

pub(super) fn play(dice: &mut Dice, world: &World, spec: &OrganisationSpec) -> (OrganisationTruth, Files) {
    let mut play = Play {
        world,
        trail: Trail::default(),
        hands: HashMap::new(),
        files: Files::new(),
        listed: BTreeMap::new(),
        truth: OrganisationTruth::default(),
    };
    play.rights();
    let step = SPAN_MS / spec.calls as i64;
    let edge = spec.calls / 20;
    for i in 0..spec.calls {
        let at_ms = BEGIN_MS + i as i64 * step + dice.range(0..step.max(2) as u64) as i64;
        // The first and the last are ordinary: they show from when until when there are logs.
        let fate = if i < edge || i > spec.calls - edge { Fate::Ordinary } else { fate(dice) };
        play.call(dice, at_ms, fate);
    }
    play.trail.changes(dice, world, BEGIN_MS, BEGIN_MS + SPAN_MS);
    let Play { trail, mut files, listed, mut truth, .. } = play;
    files.extend(trail.files());
    for second_time in [false, true] {
        files.extend(world.look(second_time));
    }
    let when = whole_seconds(BEGIN_MS + SPAN_MS).replace(':', "-");
    for ((account, region), sessions) in listed {
        let text = json!({ "Sessions": sessions }).to_string();
        files.insert(format!("context/{account}/ssm/describe-sessions-{region}-{when}.json"), text.into());
    }
    truth.gaps.sort();
    (truth, files)
}

fn fate(dice: &mut Dice) -> Fate {
    dice.weighted(&[
        (965, Fate::Ordinary),
        (10, Fate::Mismatch),
        (6, Fate::Tunnel),
        (3, Fate::NoSuchUser),
        (4, Fate::NodeLost),
        (3, Fate::NoOutput),
        (3, Fate::RoutedElsewhere),
        (1, Fate::Lost),
        (5, Fate::Unrecorded),
    ])
}

impl Play<'_> {
    /// What everybody may do, before anybody does anything.
    fn rights(&mut self) {
        for holder in &self.world.holders {
            for node in self.world.nodes.iter().filter(|n| n.account == holder.account) {
                let answer = AccessAnswer { start: holder.grant.on(node), ..AccessAnswer::default() };
                self.truth.access.insert((holder.arn(), node.id.clone()), answer);
            }
        }
    }

    fn call(&mut self, dice: &mut Dice, at_ms: i64, fate: Fate) {
        let world = self.world;
        let last = world.people.len() - 1;
        // The last one is root, who is seldom seen.
        let who = if dice.below(200) == 0 { last } else { dice.below(last) };
        let person = &world.people[who];
        let nodes: Vec<&Node> = world.nodes.iter().filter(|n| n.account == person.account).collect();
        let lost = fate == Fate::NodeLost;
        let fitting: Vec<&Node> = nodes.iter().filter(|n| n.lost == lost).copied().collect();
        let node = dice.pick(if fitting.is_empty() { &nodes } else { &fitting });
        let tag = (person.way == Way::SsoTagged).then_some("tagged");
        let hand = person.assumes().then(|| self.hand(dice, who, at_ms, tag)).or_else(|| {
            // Nobody saw where these come from.
            (person.way == Way::Unseen).then(|| Hand { key: "ASIAUNSEEN".into(), until_ms: 0 })
        });
        let by = Call { person, node, hand: hand.as_ref(), at_ms };
        let (owed, owed_by) = world.owed(person, tag, node, at_ms);
        let allowed = person.holders.last().map_or("granted", |h| world.holders[*h].grant.on(node));
        if matches!(allowed, "denied" | "not-granted") {
            self.refused(dice, &by, true, "unknown");
        } else if owed.is_none() {
            self.refused(dice, &by, false, "no-tag-and-no-default");
        } else if let Some(owed) = owed {
            self.session(dice, &by, fate, (owed, owed_by));
        }
    }

    /// Credentials in force, got anew where they ran out.
    fn hand(&mut self, dice: &mut Dice, who: usize, at_ms: i64, tag: Option<&str>) -> Hand {
        if let Some(hand) = self.hands.get(&who).filter(|h| h.until_ms > at_ms) {
            return hand.clone();
        }
        let hand = self.trail.assume(dice, self.world, &self.world.people[who], at_ms - 90_000, tag);
        self.hands.insert(who, hand.clone());
        hand
    }

    fn refused(&mut self, dice: &mut Dice, by: &Call<'_>, denied: bool, verdict: &'static str) {
        let Call { person, node, hand, at_ms } = *by;
        let (code, message) = if denied {
            let arn = principal(self.world, person);
            let text = format!(
                "User: {arn} is not authorized to perform: ssm:StartSession on resource: {} because no identity-based policy allows the ssm:StartSession action",
                node_arn(node)
            );
            (dice.pick(&["AccessDenied", "AccessDeniedException"]).to_owned(), text)
        } else {
            let text = "Invalid RunAs username. Set default username in Session Manager Preferences page.";
            ("ValidationException".to_owned(), text.to_owned())
        };
        let request = if denied { Value::Null } else { json!({ "target": node.id }) };
        let fields = json!({ "userIdentity": actor(self.world, person, hand), "errorCode": code,
            "errorMessage": message, "requestParameters": request, "sourceIPAddress": "198.51.100.9" });
        let place = (node.account, node.region);
        let event = self.trail.add(dice, place, at_ms, ("ssm.amazonaws.com", "StartSession"), fields);
        let person_name = person.known_as().map(|(name, _)| name);
        let answer = AttemptAnswer { node: node.id.clone(), person: person_name, denied, verdict };
        self.truth.attempts.insert(event, answer);
        if denied && let Some(access) = self.access(person, node) {
            access.denied += 1;
        }
    }

    fn access(&mut self, person: &Person, node: &Node) -> Option<&mut AccessAnswer> {
        let holder = &self.world.holders[*person.holders.last()?];
        self.truth.access.get_mut(&(holder.arn(), node.id.clone()))
    }

    fn session(&mut self, dice: &mut Dice, by: &Call<'_>, fate: Fate, owed: (String, &'static str)) {
        let Call { person, node, hand, at_ms } = *by;
        let settings = self.world.settings_at(node, at_ms);
        let id =
            format!("{}-{}", person.session_name, dice.text(b"abcdefghijklmnopqrstuvwxyz0123456789", 26));
        let (owed, owed_by) = owed;
        let fate = match fate {
            // Only a log that names its caller can stand without a record of the call; others are then nobody's.
            Fate::Unrecorded if !settings.stream || person.way != Way::User => Fate::Ordinary,
            Fate::NoSuchUser if owed_by == "ssm-user" => Fate::Ordinary,
            Fate::NodeLost if !node.lost || at_ms > LOOKS_MS[1] => Fate::Ordinary,
            // A node that is gone is the likelier cause, whatever the true one.
            Fate::Lost if node.lost && at_ms < LOOKS_MS[1] => Fate::Ordinary,
            fate => fate,
        };
        let logged = matches!(fate, Fate::Ordinary | Fate::Mismatch | Fate::Unrecorded);
        let used = if fate == Fate::Mismatch { format!("not-{owed}") } else { owed.clone() };
        let verdict = match (fate, owed_by) {
            (Fate::Mismatch, _) => "mismatch",
            (Fate::NoSuchUser, _) => "could-not-start",
            _ if !logged => "unknown",
            (_, "default") => "as-default",
            (_, "ssm-user") => "ssm-user",
            _ => "as-tagged",
        };
        // The service's list gives no details of how credentials were got: such a session is known by less.
        let known = person.known_as();
        let reason = dice.chance(30).then(|| format!("INC-{}", dice.range(1000..9999)));
        let source_ip = format!("198.51.100.{}", dice.range(2..250));
        let document = match fate {
            Fate::Tunnel => {
                Some(dice.pick(&["AWS-StartPortForwardingSession", "AWS-StartSSHSession"]).to_owned())
            }
            Fate::RoutedElsewhere => Some("My-Own-Logging".to_owned()),
            _ => None,
        };
        let place = (node.account, node.region);
        let recorded = fate != Fate::Unrecorded;
        if recorded {
            let mut request = json!({ "target": node.id });
            for (key, value) in [("documentName", &document), ("reason", &reason)] {
                if let Some(value) = value {
                    request[key] = json!(value);
                }
            }
            let fields = json!({
                "userIdentity": actor(self.world, person, hand), "requestParameters": request,
                "sourceIPAddress": source_ip, "userAgent": "aws-cli/2.22.0",
                "responseElements": { "sessionId": id, "tokenValue": "Value hidden due to security reasons." },
            });
            self.trail.add(dice, place, at_ms, ("ssm.amazonaws.com", "StartSession"), fields);
        } else {
            self.truth.gaps.push((id.clone(), "no-start", "unexplained"));
        }
        if let Some(access) = self.access(person, node) {
            access.started += 1;
        }
        let seconds = if fate == Fate::NoOutput { 0 } else { dice.range(20..900) as i64 };
        let commands = dice.range(1..4);
        let mut copies = (false, false);
        if logged {
            copies = (settings.stream, settings.s3);
            // Now and then the upload fails.
            if copies == (true, true) && dice.chance(2) {
                copies.1 = false;
                self.truth.gaps.push((
                    id.clone(),
                    "no-s3-copy",
                    if node.lost && at_ms < LOOKS_MS[1] { "node-gone" } else { "unexplained" },
                ));
            }
            self.log(dice, by, &id, &used, commands, copies);
        }
        // Who ends a session with `exit` makes no call; a transcript shows that it ended, a stream does not.
        let ended = dice.chance(80) || matches!(fate, Fate::NoOutput | Fate::NoSuchUser);
        let open = !ended && dice.chance(50) && logged;
        if ended || open {
            let status = match fate {
                Fate::NoSuchUser => "Failed",
                _ if open => "Connected",
                _ => "Terminated",
            };
            let mut listed = json!({
                "SessionId": id, "Target": node.id, "Status": status, "StartDate": whole_seconds(at_ms),
                "Owner": principal(self.world, person), "DocumentName": document.clone().unwrap_or("SSM-SessionManagerRunShell".into()),
                "AccessType": "Standard",
            });
            if ended {
                listed["EndDate"] = json!(whole_seconds(at_ms + seconds * 1000));
            }
            if fate == Fate::NoSuchUser {
                listed["Details"] = json!(format!(
                    "Unable to start command: failed to start pty since RunAs user {owed} does not exist"
                ));
            }
            self.listed.entry(place).or_default().push(listed);
        }
        if logged && !ended && !copies.1 {
            self.truth.gaps.push((id.clone(), "no-end", if open { "still-open" } else { "unexplained" }));
        }
        let cause = match fate {
            Fate::Tunnel => Some("tunnel"),
            Fate::NoSuchUser => Some("run-as-failure"),
            Fate::NodeLost => Some("node-gone"),
            Fate::NoOutput if node.lost && at_ms < LOOKS_MS[1] => Some("node-gone"),
            Fate::NoOutput => Some("no-output"),
            Fate::RoutedElsewhere => Some("routed-elsewhere"),
            Fate::Lost => Some("unexplained"),
            Fate::Ordinary | Fate::Mismatch | Fate::Unrecorded => None,
        };
        self.truth.gaps.extend(cause.map(|cause| (id.clone(), "no-log", cause)));
        // Of a document of one's own nobody knows what it says about Run As.
        let foreign = document.is_some();
        let answer = SessionAnswer {
            principal: principal(self.world, person),
            person: known.clone().map(|(name, _)| name),
            basis: known.map(|(_, basis)| basis),
            place,
            node: node.id.clone(),
            owed: if foreign && !node.windows { None } else { Some(owed) },
            owed_by: if foreign && !node.windows { "unknown" } else { owed_by },
            used: logged.then_some(used),
            verdict,
            logged,
            commands: if logged { commands } else { 0 },
            reason: reason.filter(|_| recorded),
            source_ip: if recorded { source_ip } else { String::new() },
        };
        self.truth.sessions.insert(id, answer);
    }

    /// Writes the session's logs: a few commands of the OS user it runs as.
    fn log(
        &mut self,
        dice: &mut Dice,
        by: &Call<'_>,
        id: &str,
        used: &str,
        commands: u64,
        copies: (bool, bool),
    ) {
        let Call { person, node, at_ms, .. } = *by;
        let mut recording = Recording::default();
        let prompt = format!("[{used}@{} ~]$ ", node.name);
        let mut at = at_ms + 1500;
        for i in 0..commands {
            let line = ["uptime", "df -h /", "ls -la"][i as usize % 3];
            recording.push(at, format!("{prompt}{line}\r\nout {}\r\n", dice.range(0..1000)).as_bytes());
            at += dice.range(1000..4000) as i64;
        }
        let session = Session {
            id: id.to_owned(),
            identity: principal(self.world, person),
            run_as_user: used.to_owned(),
            target: node.id.clone(),
            region: node.region.to_owned(),
            plugin: "Standard_Stream",
        };
        if copies.0 {
            let day = &whole_seconds(at_ms)[..10];
            let path = format!("logs/stream/{}-{}/{day}.jsonl", node.account, node.region);
            let file = self.files.entry(path).or_default();
            for event in stream(&recording, &session, Go::Old, Resend::Never) {
                file.extend_from_slice(event.message.as_bytes());
                file.push(b'\n');
            }
        }
        if copies.1 {
            let text = transcript(&recording, &session, ScriptVersion::V2_38);
            self.files.insert(format!("logs/s3/{id}.log"), text);
        }
    }
}

/// Somebody calls.
#[derive(Clone, Copy)]
struct Call<'a> {
    person: &'a Person,
    node: &'a Node,
    hand: Option<&'a Hand>,
    at_ms: i64,
}
