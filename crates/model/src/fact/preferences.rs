//! Session documents: the preferences of an account and region, and documents of one's own.

use super::Taken;
use crate::{ByteSpan, OsUser, Timestamp};

/// One version of a session document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDocument {
    /// When it was taken down, and of which account and region.
    pub taken: Taken,
    /// `Name`; that of the preferences is [`SessionDocument::PREFERENCES`].
    pub name: String,
    /// `DocumentVersion`.
    pub version: Option<String>,
    /// `CreatedDate`: since when this version exists. That it was the default since then, nothing says.
    pub created: Option<Timestamp>,
    /// What it says.
    pub settings: DocumentSettings,
    /// The object that says so.
    pub evidence: ByteSpan,
}

/// A version of a session document, as a list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentVersion {
    /// When it was listed, and of which account and region.
    pub taken: Taken,
    /// `Name` of the document.
    pub name: String,
    /// `DocumentVersion`.
    pub version: String,
    /// `CreatedDate`.
    pub created: Option<Timestamp>,
    /// `IsDefaultVersion`: whether it is the one in force.
    pub is_default: bool,
    /// The object that says so.
    pub evidence: ByteSpan,
}

impl SessionDocument {
    /// The document that holds an account's preferences in a region, and that a session uses which names no other.
    pub const PREFERENCES: &str = "SSM-SessionManagerRunShell";
}

/// The content of a session document. What it leaves out is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentSettings {
    /// `sessionType`: `Standard_Stream`, `InteractiveCommands`, `NonInteractiveCommands` or `Port`.
    pub session_type: Option<String>,
    /// `s3BucketName`; an empty one is `None`.
    pub s3_bucket: Option<String>,
    /// `s3KeyPrefix`.
    pub s3_prefix: Option<String>,
    /// `s3EncryptionEnabled`.
    pub s3_encryption: Option<bool>,
    /// `cloudWatchLogGroupName`; an empty one is `None`.
    pub log_group: Option<String>,
    /// `cloudWatchStreamingEnabled`.
    pub streaming: Option<bool>,
    /// `cloudWatchEncryptionEnabled`.
    pub log_group_encryption: Option<bool>,
    /// `kmsKeyId`: encrypts the connection, not the logs.
    pub kms_key: Option<String>,
    /// `runAsEnabled`.
    pub run_as: Option<bool>,
    /// `runAsDefaultUser`; an empty one is `None`.
    pub run_as_default: Option<OsUser>,
    /// `shellProfile.linux`, which macOS uses too.
    pub linux_profile: Option<String>,
    /// `shellProfile.windows`.
    pub windows_profile: Option<String>,
    /// `idleSessionTimeout`, minutes.
    pub idle_minutes: Option<u32>,
    /// `maxSessionDuration`, minutes.
    pub max_minutes: Option<u32>,
    /// `properties.linux.commands`, of documents that run a command.
    pub linux_commands: Option<String>,
    /// `properties.linux.runAsElevated`.
    pub elevated: Option<bool>,
}
