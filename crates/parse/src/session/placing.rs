//! Where commands stand in their session, and which of them no person entered.

use whoran_model::{Command, CommandKind, Hints, Origin};

/// Gives commands their places, and says of those that no person entered who did.
pub(super) struct Placing<'h> {
    seq: u32,
    /// Lines of the shell profile that may still come.
    profile: &'h [String],
    document: Option<&'h str>,
    replayed: bool,
}

impl<'h> Placing<'h> {
    pub(super) fn new(hints: &'h Hints) -> Self {
        let (profile, document) = (&hints.shell_profile, hints.document_command.as_deref());
        Self { seq: 0, profile, document, replayed: false }
    }

    /// Takes the next commands of the session; with `last` those it ends with.
    pub(super) fn place(&mut self, commands: &mut [Command], last: bool) {
        let first = self.seq == 0;
        self.mark_replay(commands, first, last);
        self.apply_hints(commands);
        for command in commands {
            command.seq = self.seq;
            self.seq += 1;
        }
    }

    /// On Windows the agent replays a session into a transcript with a program of its own: the line that starts it and the
    /// `exit` behind it are the agent's (agent/session/shell/shell_windows.go).
    fn mark_replay(&mut self, commands: &mut [Command], first: bool, last: bool) {
        let starts = |c: &&mut Command| first && c.command.contains("ssm-session-logger");
        if let Some(first) = commands.first_mut().filter(starts) {
            first.origin = Origin::Document;
            self.replayed = true;
        }
        let ends = |c: &&mut Command| last && c.command.trim() == "exit";
        if self.replayed
            && let Some(last) = commands.last_mut().filter(ends)
        {
            last.origin = Origin::Document;
        }
    }

    /// Marks what the session's configuration and not a person entered: the shell profile's lines stand first, in order.
    fn apply_hints(&mut self, commands: &mut [Command]) {
        for command in commands.iter_mut() {
            let skipped = self.profile.iter().take_while(|line| line.trim().is_empty()).count();
            match self.profile[skipped..].split_first() {
                Some((line, rest)) if line.trim() == command.command.trim() => self.profile = rest,
                _ => {
                    self.profile = &[];
                    break;
                }
            }
            command.origin = Origin::ShellProfile;
        }
        for command in commands.iter_mut() {
            if command.kind == CommandKind::Shell && self.document == Some(command.command.as_str()) {
                command.origin = Origin::Document;
            }
        }
    }
}
