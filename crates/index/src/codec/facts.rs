//! Facts as text.

use whoran_model::{
    AccessEvent, Assumed, Caller, Change, Detail, DocumentSettings, DocumentVersion, Entity, EntityKind,
    Fact, IamGroup, IamRole, IamSnapshot, IamUser, InlinePolicy, Issuer, ManagedPolicy, NodeRecord, Outcome,
    SessionDocument, SessionRecord, Tag, Taken, TakenBy,
};

use super::{Coded, Fields, put_byte, skip_field};

coded_structs! {
    AccessEvent {
        event_id, shared_id, time, action, account, region, outcome, caller, source_ip, user_agent, session, target,
        denied_resource, document, parameters, reason, detail, evidence,
    }
    Caller {
        kind, principal, principal_id, account, user_name, access_key, issuer, mfa, credentials_from, source_identity,
        on_behalf_of, provider, invoked_by,
    }
    Issuer { kind, principal, principal_id, user_name }
    Assumed { role, session_name, principal, access_key, source_identity, subject, tags, transitive }
    Change { entity, created, deleted, set, removed }
    Entity { kind, name }
    Tag { key, value }
    Taken { at, by, account, region }
    IamSnapshot { taken, whole, users, groups, roles, policies, evidence }
    IamUser { principal, name, id, created, tags, groups, inline, attached, boundary, evidence }
    IamRole { principal, name, id, created, tags, trust, inline, attached, boundary, evidence }
    IamGroup { name, principal, inline, attached, evidence }
    InlinePolicy { name, document }
    ManagedPolicy { arn, name, version, document, evidence }
    SessionDocument { taken, name, version, created, settings, evidence }
    DocumentVersion { taken, name, version, created, is_default, evidence }
    DocumentSettings {
        session_type, s3_bucket, s3_prefix, s3_encryption, log_group, streaming, log_group_encryption, kms_key, run_as,
        run_as_default, linux_profile, windows_profile, idle_minutes, max_minutes, linux_commands, elevated,
    }
    SessionRecord {
        taken, id, target, status, started, ended, document, owner, reason, details, s3_output, cloudwatch_output,
        access_type, evidence,
    }
    NodeRecord { taken, id, name, computer_name, platform, agent_version, state, ip, tags, evidence }
}

coded_enums! {
    Fact {
        0 = Access(event), 1 = Iam(snapshot), 2 = Document(document), 3 = Session(session), 4 = Node(node),
        5 = Version(version),
    }
    Outcome { 0 = Success, 1 = Refused { code, message } }
    Detail { 0 = None, 1 = Assumed(assumed), 2 = Iam(change), 3 = Document { name, version, settings } }
    EntityKind { 0 = User, 1 = Role }
    TakenBy { 0 = Answer, 1 = Name, 2 = File, 3 = Nothing }
}
