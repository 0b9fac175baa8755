//! Secrets as the logs hold them, for `--unmask`.

use whoran_model::{CommandRecord, LogId};
use whoran_pipeline::{Originals, Store, Work};

use crate::error::CommandError;
use crate::ui::Ui;

/// What reading a few sessions again takes of the machine: what `index` takes unless told otherwise.
pub(super) const WORK: Work = Work { threads: 0, memory: 1 << 30, max_decompressed: 4 << 30 };

/// Takes masks off commands, and counts those it cannot.
pub(super) struct Unmasking<'a> {
    originals: Originals<'a>,
    masked: u64,
}

impl<'a> Unmasking<'a> {
    pub(super) fn new(store: &'a Store) -> Result<Self, CommandError> {
        Ok(Self { originals: store.originals(WORK)?, masked: 0 })
    }

    pub(super) fn command(&mut self, record: &mut CommandRecord) -> Result<(), CommandError> {
        self.masked += u64::from(!self.originals.unmask(record)?);
        Ok(())
    }

    /// Says what stayed masked.
    pub(super) fn end(self, ui: &mut Ui) {
        if self.masked > 0 {
            let which = if self.masked == 1 {
                "1 command stays".to_owned()
            } else {
                format!("{} commands stay", self.masked)
            };
            ui.note(&format!("{which} masked: the log is gone or changed since it was indexed"));
        }
        tell_changed(self.originals.changed(), ui);
    }
}

/// Says of what was read again that it is not what was indexed.
pub(super) fn tell_changed<'a>(logs: impl IntoIterator<Item = &'a LogId>, ui: &mut Ui) {
    for log in logs {
        ui.note(&format!("warning: {log} has changed since it was indexed; this is what it holds now"));
    }
}
