use whoran_link::{Context, SharedUser};
use whoran_model::OsUser;

use crate::given::{NODE, log, session_id, user_arn};

#[test]
fn everybody_behind_an_os_user_is_named_once_with_all_they_did() {
    let context = Context::default();
    let ids = ["a", "b", "c"].map(session_id);
    let logs = [("alice", "ssm-user"), ("bob", "ssm-user"), ("alice", "ssm-user")];
    let mut logs: Vec<_> =
        ids.iter().zip(logs).map(|(id, (who, os))| log(id, 0, Some(user_arn(who)), Some(os))).collect();
    let mut root = logs[2].users[0].clone();
    root.os_user = Some(OsUser::new("root"));
    logs[2].users.push(root);
    let resolved: Vec<_> = logs.iter().map(|l| context.session(&l.id, Some(l))).collect();
    let shared = SharedUser::of(logs.iter().zip(&resolved));
    let seen: Vec<_> = shared
        .iter()
        .map(|s| {
            let by: Vec<_> =
                s.by.iter()
                    .map(|u| (u.person.as_ref().unwrap().name.as_str(), u.commands, u.sessions.len()))
                    .collect();
            (s.node.as_ref().unwrap().as_str(), s.os_user.as_str(), by)
        })
        .collect();
    assert_eq!(
        seen,
        [(NODE, "root", vec![("alice", 2, 1)]), (NODE, "ssm-user", vec![("alice", 4, 2), ("bob", 2, 1)])]
    );
}
