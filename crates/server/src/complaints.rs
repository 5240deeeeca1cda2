//! What is wrong right now, so that a log says it once and not at every try.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Complaints by topic, each with its newest text.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<BTreeMap<String, String>>);

impl Complaints {
    /// Whether this is news: nothing, or something else, was said on the topic before.
    pub(crate) fn raise(&self, topic: &str, text: &str) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(topic.to_owned(), text.to_owned()).is_none_or(|before| before != text)
    }

    /// Whether there was a complaint on the topic; now there is none.
    pub(crate) fn settle(&self, topic: &str) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(topic).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_said_once_until_the_matter_is_settled() {
        let complaints = Complaints::default();
        assert!(complaints.raise("disk", "full"));
        assert!(!complaints.raise("disk", "full"));
        assert!(complaints.raise("disk", "gone"), "other words are news");
        assert!(complaints.raise("directory", "gone"), "topics are apart");
        assert!(complaints.settle("disk"));
        assert!(!complaints.settle("disk"));
        assert!(complaints.raise("disk", "gone"));
    }
}
