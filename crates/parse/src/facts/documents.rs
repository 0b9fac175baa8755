//! Session documents.

use serde_json::Value;
use whoran_model::{ByteSpan, DocumentSettings, DocumentVersion, LogId, OsUser, SessionDocument, Taken};

use super::value::{flag, number, text, time};

/// The description that the console and the documentation give the preferences.
const PREFERENCES_SAY: &str = "Document to hold regional settings for Session Manager";

/// What `get-document` prints, or the content of a document alone.
pub(super) fn document(object: &Value, taken: &Taken, evidence: ByteSpan) -> Option<SessionDocument> {
    let (name, content) = match text(object, "Content") {
        Some(content) => (text(object, "Name")?, serde_json::from_str(&content).ok()?),
        None => (own_name(object, &evidence.log), object.clone()),
    };
    Some(SessionDocument {
        taken: taken.clone(),
        name,
        version: text(object, "DocumentVersion"),
        created: time(object, "CreatedDate"),
        settings: settings(&content)?,
        evidence,
    })
}

/// A member of what `list-document-versions` prints.
pub(super) fn version(object: &Value, taken: &Taken, evidence: ByteSpan) -> Option<DocumentVersion> {
    Some(DocumentVersion {
        taken: taken.clone(),
        name: text(object, "Name")?,
        version: text(object, "DocumentVersion")?,
        created: time(object, "CreatedDate"),
        is_default: flag(object, "IsDefaultVersion")?,
        evidence,
    })
}

/// The name of a document that does not say it itself: it is the preferences' if it is described as those or its file
/// is called so, else the file's.
fn own_name(content: &Value, log: &LogId) -> String {
    let described = content.get("description").and_then(Value::as_str) == Some(PREFERENCES_SAY);
    if described || log.stem().contains(SessionDocument::PREFERENCES) {
        SessionDocument::PREFERENCES.to_owned()
    } else {
        log.stem().to_owned()
    }
}

/// What the content of a document says; `None` where it is no session document.
pub(super) fn settings(content: &Value) -> Option<DocumentSettings> {
    let session_type = text(content, "sessionType");
    if content.get("schemaVersion").and_then(Value::as_str) != Some("1.0") || session_type.is_none() {
        return None;
    }
    let none = Value::Null;
    let inputs = content.get("inputs").unwrap_or(&none);
    let profile = inputs.get("shellProfile").unwrap_or(&none);
    let linux = content.get("properties").and_then(|p| p.get("linux")).unwrap_or(&none);
    Some(DocumentSettings {
        session_type,
        s3_bucket: text(inputs, "s3BucketName"),
        s3_prefix: text(inputs, "s3KeyPrefix"),
        s3_encryption: flag(inputs, "s3EncryptionEnabled"),
        log_group: text(inputs, "cloudWatchLogGroupName"),
        streaming: flag(inputs, "cloudWatchStreamingEnabled"),
        log_group_encryption: flag(inputs, "cloudWatchEncryptionEnabled"),
        kms_key: text(inputs, "kmsKeyId"),
        run_as: flag(inputs, "runAsEnabled"),
        run_as_default: text(inputs, "runAsDefaultUser").map(OsUser::new),
        linux_profile: text(profile, "linux"),
        windows_profile: text(profile, "windows"),
        idle_minutes: number(inputs, "idleSessionTimeout"),
        max_minutes: number(inputs, "maxSessionDuration"),
        linux_commands: text(linux, "commands"),
        elevated: flag(linux, "runAsElevated"),
    })
}
