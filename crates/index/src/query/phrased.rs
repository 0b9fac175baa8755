//! What only reading can tell, put as phrases of which one must be there: those can be looked for from the newest command
//! on, without a list of all that have one.

use std::collections::BTreeSet;

use rayon::prelude::*;
use tantivy::Searcher;

use super::compile::anywhere;
use super::need::need;
use super::substring::Holding;
use super::{Expr, Match, Pattern};
use crate::analyze::atoms;
use crate::fields::{Field, FieldType};
use crate::schema::Schema;
use crate::words::Lists;

impl Expr {
    /// A condition that all meet that meet this one; nothing where there is a part for which the words do not tell one.
    pub(crate) fn phrased(
        &self,
        schema: &Schema,
        words: &Lists,
        searcher: &Searcher,
    ) -> tantivy::Result<Option<Self>> {
        let mut leaves = Vec::new();
        self.leaves(&mut |leaf| leaves.extend(leaf.is_read().then_some(leaf)));
        let mut with = Vec::new();
        for leaf in leaves {
            let Self::Pattern(pattern) = leaf else { return Ok(None) };
            let mut any = BTreeSet::new();
            for place in pattern.field.into_iter().chain(anywhere().filter(|_| pattern.field.is_none())) {
                let Some(phrases) = of(pattern, place, schema, words, searcher)? else { return Ok(None) };
                any.extend(phrases.into_iter().map(|text| (place.key, text)));
            }
            let texts = any.into_iter().filter_map(|(key, text)| Some((crate::fields::field(key)?, text)));
            let texts = texts.map(|(field, text)| Match { field: Some(field), text, prefix: false });
            with.push((leaf, Self::Or(texts.map(Self::Match).collect())));
        }
        let with = |leaf: &Self| with.iter().find(|(other, _)| *other == leaf).map(|(_, with)| with.clone());
        Ok(Some(self.replace(&with)))
    }
}

/// Texts of which a field must have one as a phrase.
fn of(
    pattern: &Pattern,
    place: &'static Field,
    schema: &Schema,
    words: &Lists,
    searcher: &Searcher,
) -> tantivy::Result<Option<BTreeSet<String>>> {
    let (Some(hir), Some(field), FieldType::Text) = (pattern.hir(), schema.of(place), place.ty) else {
        return Ok(None);
    };
    let holding = Holding { field, need: need(&hir), lists: words.clone() };
    let each = searcher.segment_readers().par_iter().map(|reader| holding.phrases(reader));
    let Some(found) = each.collect::<tantivy::Result<Option<Vec<_>>>>()? else { return Ok(None) };
    let mut all = BTreeSet::new();
    for phrase in found.into_iter().flatten() {
        let text = phrase.join(" ");
        // What would be cut in another way is not looked for as a phrase.
        if !atoms(&text).eq(phrase) {
            return Ok(None);
        }
        all.insert(text);
    }
    Ok(Some(all))
}
