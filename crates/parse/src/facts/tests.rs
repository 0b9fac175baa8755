use whoran_model::{AccessEvent, Caller, Detail, EntityKind, NodeId, OsUser, Outcome, Tag};

use super::*;

fn read(name: &str, text: &str) -> (Vec<Fact>, Vec<&'static str>) {
    let mut reader = FactReader::new(LogId::new(name));
    text.as_bytes().chunks(61).for_each(|bytes| reader.feed(bytes));
    let (facts, odd) = reader.finish(text.len() as u64);
    (facts.unwrap_or_default(), odd.iter().map(|(kind, _)| kind.code()).collect())
}

fn calls(text: &str) -> Vec<AccessEvent> {
    let (facts, odd) = read("trail.json", text);
    assert!(odd.is_empty(), "{odd:?}");
    facts
        .into_iter()
        .map(|fact| match fact {
            Fact::Access(event) => Arc::unwrap_or_clone(event),
            other => panic!("{other:?}"),
        })
        .collect()
}

const STARTED: &str = r#"{"eventVersion":"1.10","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE1234567890:alice@example.com","arn":"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/alice@example.com","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE1234567890","arn":"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef","accountId":"111122223333","userName":"AWSReservedSSO_Ops_0123456789abcdef"},"attributes":{"creationDate":"2025-03-04T09:55:00Z","mfaAuthenticated":"false"},"sourceIdentity":"alice"}},"eventTime":"2025-03-04T10:14:58Z","eventSource":"ssm.amazonaws.com","eventName":"StartSession","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15.0","requestParameters":{"target":"i-0abc1234def567890","reason":"INC-42","documentName":"AWS-StartPortForwardingSession","parameters":{"portNumber":["80"]}},"responseElements":{"sessionId":"alice@example.com-4njnyxxl8yn676nsla8j6l4bra","tokenValue":"hidden"},"eventID":"66666666-7777-8888-9999-000000000000","recipientAccountId":"111122223333"}"#;
const DENIED: &str = r#"{"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/team-x/bob","userName":"bob"},"eventTime":"2025-03-04T10:13:00Z","eventSource":"ssm.amazonaws.com","eventName":"StartSession","errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::111122223333:user/team-x/bob is not authorized to perform: ssm:StartSession on resource: arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890 because no identity-based policy allows the ssm:StartSession action","requestParameters":null,"responseElements":null,"eventID":"e-2"}"#;

#[test]
fn a_started_session_keeps_what_its_record_says() {
    let text = format!("{{\"Records\":[{STARTED},\n{DENIED}]}}");
    let [started, denied] = &calls(&text)[..] else { panic!() };
    assert_eq!(started.action, "ssm.amazonaws.com:StartSession");
    assert_eq!(started.session.as_ref().unwrap().prefix(), Some("alice@example.com"));
    assert_eq!(started.target, Some(NodeId::new("i-0abc1234def567890")));
    assert_eq!(started.reason.as_deref(), Some("INC-42"));
    assert_eq!(started.document.as_deref(), Some("AWS-StartPortForwardingSession"));
    assert_eq!(started.parameters, [("portNumber".to_owned(), vec!["80".to_owned()])]);
    let Caller { issuer: Some(issuer), mfa, source_identity, .. } = &*started.caller else { panic!() };
    assert!(issuer.principal.as_ref().unwrap().as_str().contains("/sso.amazonaws.com/eu-west-1/"));
    assert_eq!((*mfa, source_identity.as_deref()), (Some(false), Some("alice")));
    let at = |span: &ByteSpan| &text[span.start as usize..span.end as usize];
    assert_eq!((at(&started.evidence), at(&denied.evidence)), (STARTED, DENIED));

    assert!(denied.outcome.is_denial());
    assert_eq!(denied.target, Some(NodeId::new("i-0abc1234def567890")));
    assert!(denied.denied_resource.as_ref().unwrap().ends_with(":instance/i-0abc1234def567890"));
    assert_eq!((denied.session.as_ref(), denied.caller.issuer.as_ref()), (None, None));
}

#[test]
fn calls_can_be_taken_while_the_file_is_read() {
    let text = format!("{{\"Records\":[{STARTED},\n{DENIED}]}}\n{{\"Tags\":[]}}");
    let mut reader = FactReader::new(LogId::new("trail.json"));
    let mut taken = Vec::new();
    for bytes in text.as_bytes().chunks(61) {
        reader.feed(bytes);
        taken.extend(reader.calls());
    }
    assert_eq!(
        (taken, Vec::new()),
        (read("trail.json", &text).0, reader.finish(text.len() as u64).0.unwrap())
    );
}

#[test]
fn records_are_known_in_every_container() {
    let looked_up = serde_json::json!({ "Events": [{ "EventId": "x", "CloudTrailEvent": STARTED }] });
    let alone = format!("{STARTED}\n{DENIED}\n");
    for text in [looked_up.to_string(), format!("{{\"Records\":[{STARTED}]}}"), format!("[{STARTED}]"), alone]
    {
        assert!(holds_facts(text.as_bytes()), "{text}");
        assert_eq!(calls(&text)[0].reason.as_deref(), Some("INC-42"));
    }
}

#[test]
fn records_of_other_calls_are_passed_over_in_silence() {
    let of = |source: &str, name: &str| {
        STARTED.replace(
            "ssm.amazonaws.com\",\"eventName\":\"StartSession",
            &format!("{source}\",\"eventName\":\"{name}"),
        )
    };
    let by_service = of("sts.amazonaws.com", "AssumeRole").replace("\"AssumedRole\"", "\"AWSService\"");
    let others =
        [of("athena.amazonaws.com", "StartSession"), of("ssm.amazonaws.com", "GetDocument"), by_service];
    for other in others {
        assert!(calls(&format!("{{\"Records\":[{other}]}}")).is_empty());
        assert!(calls(&other).is_empty());
    }
    assert!(calls(r#"{"Records":[]}"#).is_empty());
    // What only imitates a source inside is no call to it, what is spelled in another way is.
    let inside = of("s3.amazonaws.com", "PutObject")
        .replace("\"INC-42\"", r#"{"eventSource":"ssm.amazonaws.com","eventName":"StartSession"}"#);
    assert!(calls(&format!("{{\"Records\":[{inside}]}}")).is_empty());
    let spelled = STARTED.replace("eventSource", "event\\u0053ource");
    assert_eq!(calls(&format!("{{\"Records\":[{spelled}]}}")).len(), 1);
}

#[test]
fn a_node_that_is_not_connected_and_a_failed_resume_name_what_they_can() {
    let offline = DENIED
        .replace("AccessDenied\"", "TargetNotConnected\"")
        .replace("User: arn:aws:iam::111122223333:user/team-x/bob", "mi-0123 is not connected. User:");
    assert_eq!(calls(&offline)[0].target, Some(NodeId::new("mi-0123")));
    assert!(!calls(&offline)[0].outcome.is_denial());
    let resume = DENIED.replace("StartSession", "ResumeSession").replace(
        "ec2:eu-west-1:111122223333:instance/i-0abc1234def567890",
        "ssm:eu-west-1:111122223333:session/bob-0e34861185201706f",
    );
    let resume = &calls(&resume)[0];
    assert_eq!(resume.session.as_ref().unwrap().as_str(), "bob-0e34861185201706f");
    assert_eq!(resume.target, None);
}

#[test]
fn changes_of_tags_and_credentials_handed_out_are_kept() {
    let record = |source: &str, name: &str, request: &str, response: &str| {
        format!(
            r#"{{"eventSource":"{source}","eventName":"{name}","eventTime":"2025-03-04T10:13:00Z","eventID":"{name}","userIdentity":{{"type":"IAMUser"}},"requestParameters":{request},"responseElements":{response}}}"#
        )
    };
    let iam = |name, request| record("iam.amazonaws.com", name, request, "null");
    let run_as = || Tag { key: "SSMSessionRunAs".into(), value: "deploy".into() };
    let all = calls(&[
        iam("TagUser", r#"{"userName":"bob","tags":[{"key":"SSMSessionRunAs","value":"deploy"}]}"#),
        iam("UntagRole", r#"{"roleName":"Ops","tagKeys":["SSMSessionRunAs"]}"#),
        iam("CreateRole", r#"{"roleName":"New"}"#),
        record(
            "sts.amazonaws.com",
            "AssumeRole",
            r#"{"roleArn":"arn:aws:iam::1:role/Ops","roleSessionName":"me","tags":[{"key":"SSMSessionRunAs","value":"deploy"}],"transitiveTagKeys":["SSMSessionRunAs"]}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":{"arn":"arn:aws:sts::1:assumed-role/Ops/me"}}"#,
        ),
        record(
            "sts.amazonaws.com",
            "AssumeRoleWithSAML",
            r#"{"principalTags":{"SSMSessionRunAs":"deploy"}}"#,
            r#"{"subject":"carol"}"#,
        ),
    ]
    .join("\n"));
    let changes: Vec<_> = all[..3]
        .iter()
        .map(|event| match &event.detail {
            Detail::Iam(change) => change,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((changes[0].entity.kind, changes[0].entity.name.as_str()), (EntityKind::User, "bob"));
    assert_eq!(changes[0].set, [run_as()]);
    assert_eq!(changes[1].removed, ["SSMSessionRunAs"]);
    assert!(changes[2].created && changes[2].set.is_empty());
    let (Detail::Assumed(role), Detail::Assumed(saml)) = (&all[3].detail, &all[4].detail) else { panic!() };
    assert_eq!((role.access_key.as_deref(), role.session_name.as_deref()), (Some("ASIA1"), Some("me")));
    assert_eq!(
        (&role.tags, role.transitive.as_slice()),
        (&vec![run_as()], &["SSMSessionRunAs".to_owned()][..])
    );
    assert_eq!((&saml.tags, saml.subject.as_deref()), (&vec![run_as()], Some("carol")));
    // One that was refused changed nothing.
    let refused = iam("TagUser", r#"{"userName":"bob"}"#)
        .replace("\"eventID\"", "\"errorCode\":\"AccessDenied\",\"eventID\"");
    assert_eq!(calls(&refused)[0].detail, Detail::None);
    assert!(matches!(calls(&refused)[0].outcome, Outcome::Refused { .. }));
}

#[test]
fn an_account_is_one_snapshot() {
    let text = r#"{"UserDetailList":[{"UserName":"bob","Arn":"arn:aws:iam::111122223333:user/t/bob","CreateDate":"2024-01-09T10:11:12+00:00",
        "GroupList":["ops"],"Tags":[{"Key":"SSMSessionRunAs","Value":"deploy"}],
        "UserPolicyList":[{"PolicyName":"p","PolicyDocument":{"Statement":[]}}],
        "AttachedManagedPolicies":[{"PolicyName":"a","PolicyArn":"arn:aws:iam::aws:policy/a"}],
        "PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::aws:policy/b"}}],
      "GroupDetailList":[{"GroupName":"ops","Arn":"arn:aws:iam::111122223333:group/ops","GroupPolicyList":[]}],
      "RoleDetailList":[{"RoleName":"Ops","Arn":"arn:aws:iam::111122223333:role/Ops","AssumeRolePolicyDocument":"%7B%22a%22%3A%22%2B%22%7D"}],
      "Policies":[{"PolicyName":"a","Arn":"arn:aws:iam::aws:policy/a","DefaultVersionId":"v2","PolicyVersionList":[
         {"VersionId":"v1","IsDefaultVersion":false,"Document":{"old":1}},{"VersionId":"v2","IsDefaultVersion":true,"Document":{"new":1}}]}],
      "ResponseMetadata":{"HTTPHeaders":{"date":"Tue, 04 Mar 2025 10:15:32 GMT"}}}"#;
    let (facts, odd) = read("iam.json", text);
    let [Fact::Iam(snapshot)] = &facts[..] else { panic!("{facts:?} {odd:?}") };
    assert!(snapshot.whole && odd.is_empty());
    assert_eq!(snapshot.taken.account.as_deref(), Some("111122223333"));
    assert_eq!((snapshot.taken.at.unwrap().as_second(), snapshot.taken.by), (1_741_083_332, TakenBy::Answer));
    let user = &snapshot.users[0];
    assert_eq!((user.tags[0].value.as_str(), user.groups[0].as_str()), ("deploy", "ops"));
    assert_eq!(user.inline[0].document, r#"{"Statement":[]}"#);
    assert_eq!((user.attached.len(), user.boundary.is_some()), (1, true));
    assert_eq!(snapshot.roles[0].trust.as_deref(), Some(r#"{"a":"+"}"#));
    assert_eq!(snapshot.policies[0].document.as_deref(), Some(r#"{"new":1}"#));
    assert_eq!((snapshot.evidence.start, snapshot.evidence.end), (0, text.len() as u64));

    let (facts, _) = read("x", r#"{"User":{"UserName":"bob","Arn":"arn:aws:iam::111122223333:user/bob"}}"#);
    let [Fact::Iam(snapshot)] = &facts[..] else { panic!("{facts:?}") };
    assert!(!snapshot.whole, "one user is not the account");
}

#[test]
fn documents_sessions_and_nodes_are_read_as_the_cli_prints_them() {
    let content = r#"{"schemaVersion":"1.0","description":"Document to hold regional settings for Session Manager","sessionType":"Standard_Stream","inputs":{"s3BucketName":"","cloudWatchLogGroupName":"g","cloudWatchStreamingEnabled":true,"runAsEnabled":"true","runAsDefaultUser":"test-user","idleSessionTimeout":"20"}}"#;
    let wrapped = serde_json::json!({ "Name": "SSM-SessionManagerRunShell", "DocumentVersion": "7", "Content": content });
    for text in [content.to_owned(), wrapped.to_string()] {
        let (facts, odd) = read("p-111122223333-eu-west-1.json", &text);
        let [Fact::Document(document)] = &facts[..] else { panic!("{facts:?} {odd:?}") };
        assert!(holds_facts(text.as_bytes()));
        assert_eq!(document.name, "SSM-SessionManagerRunShell");
        assert_eq!(document.taken.region.as_deref(), Some("eu-west-1"));
        let settings = &document.settings;
        assert_eq!((settings.run_as, settings.idle_minutes), (Some(true), Some(20)));
        assert_eq!(settings.run_as_default, Some(OsUser::new("test-user")));
        assert_eq!((settings.s3_bucket.as_ref(), settings.log_group.as_deref()), (None, Some("g")));
    }

    let (facts, _) = read(
        "x",
        r#"{"Sessions":[{"SessionId":"bob-0e34861185201706f","Target":"i-1","Status":"Failed","StartDate":"2025-03-04T10:14:58.123000+09:00","EndDate":1741083332.5,"Details":"no","OutputUrl":{}}]}"#,
    );
    let [Fact::Session(session)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(session.started.unwrap().to_string(), "2025-03-04T01:14:58.123Z");
    assert_eq!(session.ended.unwrap().as_millisecond(), 1_741_083_332_500);

    let (facts, _) = read(
        "x",
        r#"{"InstanceInformationList":[{"InstanceId":"mi-1","Name":"old","ComputerName":"h"}]}
        {"Reservations":[{"OwnerId":"111122223333","Instances":[{"InstanceId":"i-1","Placement":{"AvailabilityZone":"eu-west-1b"},"Tags":[{"Key":"Name","Value":"web"}]},{"InstanceId":"i-2"}]}]}
        {"PaginationToken":"","ResourceTagMappingList":[{"ResourceARN":"arn:aws:ec2:eu-west-1:111122223333:instance/i-3","Tags":[{"Key":"env","Value":"prod"}]},{"ResourceARN":"arn:aws:s3:::bucket","Tags":[]}]}"#,
    );
    let nodes: Vec<_> = facts
        .iter()
        .map(|fact| match fact {
            Fact::Node(node) => (node.id.as_str(), node.name.as_deref(), node.taken.region.as_deref()),
            other => panic!("{other:?}"),
        })
        .collect();
    let eu = Some("eu-west-1");
    assert_eq!(
        nodes,
        [("mi-1", Some("old"), None), ("i-1", Some("web"), eu), ("i-2", None, None), ("i-3", None, eu)]
    );
}

#[test]
fn tags_alone_are_of_whom_the_files_name_says() {
    let text = r#"{"Tags":[{"Key":"SSMSessionRunAs","Value":"deploy"}],"IsTruncated":false}"#;
    assert!(holds_facts(text.as_bytes()));
    let (facts, odd) = read("list-user-tags-bob-111122223333-20250304T101532Z.json", text);
    let [Fact::Iam(snapshot)] = &facts[..] else { panic!("{facts:?} {odd:?}") };
    assert!(!snapshot.whole);
    let [bob] = &snapshot.users[..] else { panic!("{snapshot:?}") };
    assert_eq!(bob.principal.as_str(), "arn:aws:iam::111122223333:user/bob");
    assert_eq!(bob.tags, [Tag { key: "SSMSessionRunAs".into(), value: "deploy".into() }]);
    assert_eq!(snapshot.taken.at.unwrap().to_string(), "2025-03-04T10:15:32Z");
    let (facts, _) = read("111122223333/role-tags-Ops.json", r#"{"Tags":[]}"#);
    let [Fact::Iam(snapshot)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!((snapshot.roles[0].name.as_str(), snapshot.roles[0].tags.len()), ("Ops", 0));
    for nobodys in ["tags.json", "list-user-tags-bob.json", "111122223333/tags.json"] {
        assert_eq!(read(nobodys, text), (vec![], vec!["not-a-log"]), "{nobodys}");
    }
}

#[test]
fn versions_of_documents_say_which_is_in_force() {
    let text = r#"{"DocumentVersions":[
        {"Name":"SSM-SessionManagerRunShell","DocumentVersion":"2","CreatedDate":1741083332.0,"IsDefaultVersion":false,"Status":"Active"},
        {"Name":"SSM-SessionManagerRunShell","DocumentVersion":"1","CreatedDate":"2025-03-04T10:00:00Z","IsDefaultVersion":true}]}"#;
    assert!(holds_facts(text.as_bytes()));
    let (facts, odd) = read("111122223333/eu-west-1/versions.json", text);
    let [Fact::Version(two), Fact::Version(one)] = &facts[..] else { panic!("{facts:?} {odd:?}") };
    assert_eq!((two.version.as_str(), two.is_default), ("2", false));
    assert_eq!(
        (one.version.as_str(), one.is_default, one.created.unwrap().as_second()),
        ("1", true, 1_741_082_400)
    );
    assert_eq!(
        one.taken.account.as_deref().zip(one.taken.region.as_deref()),
        Some(("111122223333", "eu-west-1"))
    );

    let made = r#"{"eventSource":"ssm.amazonaws.com","eventName":"UpdateDocument","eventTime":"2025-03-04T10:00:00Z","eventID":"1",
        "requestParameters":{"name":"d","content":"{}"},"responseElements":{"documentDescription":{"documentVersion":"3"}}}"#;
    let switched = r#"{"eventSource":"ssm.amazonaws.com","eventName":"UpdateDocumentDefaultVersion","eventTime":"2025-03-04T10:00:00Z",
        "eventID":"2","requestParameters":{"name":"d","documentVersion":"2"},"responseElements":{"description":{"defaultVersion":"2"}}}"#;
    let versions: Vec<_> = calls(&format!("{made},{switched}"))
        .into_iter()
        .map(|event| match event.detail {
            Detail::Document { version, .. } => version.unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(versions, ["3", "2"]);
}

#[test]
fn what_is_damaged_or_foreign_is_said() {
    let cut = &STARTED[..STARTED.len() - 9];
    assert_eq!(read("x", &format!("{{\"Records\":[{STARTED},{cut}")).1, ["damaged-json"]);
    assert_eq!(read("x", &format!("{{\"Records\":[{STARTED},{cut}")).0.len(), 1);
    assert_eq!(read("x", r#"{"Records":[{"a":1,}]}"#).1, ["damaged-json"]);
    assert_eq!(read("x", r#"{"schemaVersion":"2.2","mainSteps":[]}"#).1, ["not-a-log"]);
    assert!(read("x", &"[".repeat(100_000)).0.is_empty());
    assert!(read("x", &format!("{{\"Records\":[{{\"eventSource\":{}", "[".repeat(100_000))).0.is_empty());
    assert_eq!(
        read("x", &format!("{{\"Records\":[{{\"a\":{}1{}}}]}}", "[".repeat(500), "]".repeat(500))).1,
        ["damaged-json"]
    );
}

/// What `--output yaml` makes of JSON.
fn yaml(json: &str) -> String {
    yaml_serde::to_string(&serde_json::from_str::<serde_json::Value>(json).unwrap()).unwrap()
}

fn read_yaml(text: &str) -> (Vec<Fact>, Vec<&'static str>) {
    assert!(yaml_holds_facts(text.as_bytes()), "{text}");
    let mut reader = FactReader::of_yaml(LogId::new("file.yaml"));
    text.as_bytes().chunks(61).for_each(|bytes| reader.feed(bytes));
    let (facts, odd) = reader.finish(text.len() as u64);
    (facts.unwrap_or_default(), odd.iter().map(|(kind, _)| kind.code()).collect())
}

#[test]
fn yaml_says_what_json_says_and_its_evidence_is_the_file() {
    let user = r#"{"Arn":"arn:aws:iam::111122223333:user/bob","UserName":"bob","CreateDate":"2023-05-01T00:00:00+00:00","Tags":[{"Key":"SSMSessionRunAs","Value":"007"}]}"#;
    let looked_up = serde_json::json!({ "Events": [{ "EventId": "x", "CloudTrailEvent": STARTED }] });
    for json in [
        format!(r#"{{"UserDetailList":[{user}],"RoleDetailList":[],"Policies":[]}}"#),
        looked_up.to_string(),
        r#"{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"runAsEnabled":true,"runAsDefaultUser":"ops"}}"#.to_owned(),
    ] {
        let text = yaml(&json);
        let (facts, odd) = read_yaml(&text);
        assert_eq!((facts.len(), odd.len()), (1, 0), "{text}");
        let (mut due, _) = read("file.yaml", &json);
        let whole = ByteSpan { log: LogId::new("file.yaml"), start: 0, end: text.len() as u64 };
        for fact in &mut due {
            match fact {
                Fact::Iam(iam) => {
                    let iam = Arc::make_mut(iam);
                    iam.evidence = whole.clone();
                    iam.users.iter_mut().for_each(|user| user.evidence = whole.clone());
                }
                Fact::Access(event) => Arc::make_mut(event).evidence = whole.clone(),
                Fact::Document(document) => Arc::make_mut(document).evidence = whole.clone(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(facts, due, "{text}");

        // `yaml-stream` prints a list of pages.
        let stream = format!("- {}", text.trim_end().replace('\n', "\n  "));
        assert_eq!(read_yaml(&stream).0.len(), 1, "{stream}");
    }
}

#[test]
fn yaml_that_is_cut_or_of_other_things_is_told_apart() {
    let (facts, odd) = read_yaml("Events:\n- CloudTrailEvent: '{\"eventSource\"");
    assert_eq!((facts.len(), odd), (0, vec!["damaged-yaml"]));
    for other in
        ["title: x\nlogsource:\n  Events: 1\n", "$ cat x\nEvents:\n", "Events:1", "message: x\nEvents:\n", ""]
    {
        assert!(!yaml_holds_facts(other.as_bytes()), "{other}");
    }
}
