//! Files of our own that lie beside the engine's in every segment, written with it and anew by each merge from what the
//! engine has just written.

use std::any::Any;

use tantivy::index::{Segment, SegmentComponent};
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};

/// One such file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside {
    /// What its name ends with.
    pub(crate) extension: &'static str,
    /// Writes it for a segment whose words and columns are on disk.
    pub(crate) write: fn(&Segment, SegmentComponent) -> tantivy::Result<()>,
}

impl Beside {
    pub(crate) fn component(&self) -> SegmentComponent {
        SegmentComponent::Custom(self.extension.to_owned())
    }
}

impl SegmentPlugin for Beside {
    fn extensions(&self) -> &[&str] {
        std::slice::from_ref(&self.extension)
    }

    fn create_writer(&self, _: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(*self))
    }

    fn merge(&self, merged: PluginMergeContext<'_>) -> tantivy::Result<()> {
        (self.write)(merged.target_segment, self.component())
    }
}

impl PluginWriter for Beside {
    fn serialize(self: Box<Self>, segment: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        (self.write)(segment, self.component())
    }

    fn mem_usage(&self) -> usize {
        0
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
