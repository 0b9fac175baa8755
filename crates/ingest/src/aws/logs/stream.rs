//! One session's stream, read from its beginning or from where the archive has it.

use super::{Batch, Event, Group, OVERLAP};
use crate::Error;
use crate::aws::Pulled;

pub(super) async fn pull(group: &Group, stream: &str, mut batch: Batch<'_>) -> Result<Pulled, Error> {
    let from = batch.know_stream(stream)?.map(|last| (last - OVERLAP).max(0));
    let mut token: Option<String> = None;
    loop {
        let request = group
            .client
            .get_log_events()
            .set_log_group_name(group.name.clone())
            .set_log_group_identifier(group.identifier())
            .log_stream_name(stream)
            .set_start_time(from)
            .start_from_head(true)
            .set_next_token(token.clone());
        let page = group.caller.call(|| request.clone().send()).await;
        let page = page.map_err(|failure| group.error(&failure, "logs:GetLogEvents"))?;
        let event = |event: aws_sdk_cloudwatchlogs::types::OutputLogEvent| Event {
            timestamp: event.timestamp.unwrap_or_default(),
            ingestion_time: event.ingestion_time.unwrap_or_default(),
            event_id: None,
            log_stream_name: stream.to_owned(),
            message: event.message.unwrap_or_default(),
        };
        batch.add(page.events.unwrap_or_default().into_iter().map(event).collect());
        batch.flush_full(None)?;
        // The end has a token like every other page: the one that was sent. Pages before it may be empty.
        if page.next_forward_token.is_none() || page.next_forward_token == token {
            return batch.end(None);
        }
        token = page.next_forward_token;
    }
}
