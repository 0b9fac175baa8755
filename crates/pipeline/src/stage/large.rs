//! Parse, link, mask and what comes behind, for a session whose commands are more than can be held: some at a time.

use whoran_link::Linking;
use whoran_model::{CommandRecord, Diagnostic, Session};
use whoran_parse::LargeSession;

use super::mask::Masking;
use crate::{OnEvent, Step};

/// A session that was gone through once: its secrets are known, and its commands are to be found again.
pub(crate) struct Large<'s> {
    pub(super) session: Box<LargeSession>,
    /// What could not be read.
    pub(super) lost: Vec<Diagnostic>,
    pub(super) masking: Masking<'s>,
}

impl Large<'_> {
    /// Gives all commands to `take`, linked and masked, and then the session. `complete` may add to what the commands are
    /// linked to.
    pub(crate) fn each<E>(
        self,
        complete: impl FnOnce(&mut Session),
        on_event: OnEvent<'_>,
        mut take: impl FnMut(Vec<CommandRecord>) -> Result<(), E>,
    ) -> Result<Session, E> {
        let Self { session, lost, mut masking } = self;
        let (id, envelope) = (session.id().clone(), session.envelope().clone());
        let mut linking = Linking::new(id, envelope, session.logs().to_vec());
        complete(linking.session());
        let mut taken = Ok(());
        let mut each = |commands| {
            if taken.is_err() {
                return;
            }
            let records = Step::Link.does(on_event, || linking.commands(commands));
            let masked = Step::Mask.does(on_event, || masking.mask(records));
            taken = take(masked);
        };
        let parsed = Step::Parse.does(on_event, || {
            session.commands(&mut |commands| Step::Parse.stops_for(on_event, || each(commands)))
        });
        taken?;
        let mut diagnostics = parsed.diagnostics;
        diagnostics.extend(lost);
        Ok(linking.end(diagnostics))
    }
}
