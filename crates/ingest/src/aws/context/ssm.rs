//! Systems Manager and the tags of nodes. These services speak JSON, and what they say is kept word for word, a page a
//! line.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{DocumentFormat, DocumentKeyValuesFilter, SessionState};

use super::{Capture, Refusal};
use crate::aws::access::Site;
use crate::aws::arn;
use crate::aws::call::{Caller, Failure, Why};
use crate::aws::preferences::DOCUMENT;

/// The nodes that sessions go to, as the tagging API calls them.
const NODES: [&str; 2] = ["ec2:instance", "ssm:managed-instance"];

fn refusal(action: &'static str, resource: &str) -> impl Fn(Failure) -> Refusal {
    move |failure| Refusal { failure, action, resource: resource.to_owned() }
}

/// The session documents of the account: `list-document-versions`, which says what is in force, and `get-document` of
/// the version in force and of those before it.
pub(super) async fn documents(
    site: &Site,
    caller: &Caller,
    region: &str,
    account: &str,
) -> Result<Vec<u8>, Refusal> {
    let client = Client::new(&site.sdk);
    let mut lines = Vec::new();
    for name in names(&client, caller, region, account).await? {
        let arn = arn::document(region, account, &name);
        let mut token = None;
        let mut versions = Vec::new();
        loop {
            let capture = Capture::default();
            let request = client.list_document_versions().name(&name).set_next_token(token);
            let send = || request.clone().customize().interceptor(capture.clone()).send();
            let page = match caller.call(send).await {
                Ok(page) => page,
                // The account never set any preferences, or the document is gone since it was listed.
                Err(failure) if failure.why == Why::Missing => break,
                Err(failure) => return Err(refusal("ssm:ListDocumentVersions", &arn)(failure)),
            };
            lines.extend(capture.line());
            versions.extend(page.document_versions.unwrap_or_default().into_iter().filter_map(|listed| {
                Some(Version {
                    default: listed.is_default_version,
                    number: listed.document_version?.parse().ok()?,
                })
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        for version in in_force_until_now(&versions) {
            let capture = Capture::default();
            // One that was written in YAML comes as JSON all the same.
            let request = client
                .get_document()
                .name(&name)
                .document_version(version.to_string())
                .document_format(DocumentFormat::Json);
            let send = || request.clone().customize().interceptor(capture.clone()).send();
            match caller.call(send).await {
                Ok(_) => lines.extend(capture.line()),
                Err(failure) if failure.why == Why::Missing => {}
                Err(failure) => return Err(refusal("ssm:GetDocument", &arn)(failure)),
            }
        }
    }
    Ok(lines)
}

struct Version {
    number: u64,
    default: bool,
}

/// The version in force and those before it. A later one is a draft, or was taken back: counted as in force since it was
/// made, it would say of today what is not so.
fn in_force_until_now(versions: &[Version]) -> impl Iterator<Item = u64> {
    let default = versions.iter().find(|version| version.default).map(|version| version.number);
    versions.iter().map(|version| version.number).filter(move |number| default.is_none_or(|at| *number <= at))
}

/// The names of the account's own session documents, the preferences first.
async fn names(
    client: &Client,
    caller: &Caller,
    region: &str,
    account: &str,
) -> Result<Vec<String>, Refusal> {
    let filter = |key: &str, value: &str| DocumentKeyValuesFilter::builder().key(key).values(value).build();
    let mut names = vec![DOCUMENT.to_owned()];
    let mut token = None;
    loop {
        let request = client
            .list_documents()
            .filters(filter("DocumentType", "Session"))
            .filters(filter("Owner", "Self"))
            .set_next_token(token);
        let page = caller.call(|| request.clone().send()).await;
        let any = arn::document(region, account, "*");
        let page = page.map_err(refusal("ssm:ListDocuments", &any))?;
        let found =
            page.document_identifiers.unwrap_or_default().into_iter().filter_map(|document| document.name);
        names.extend(found.filter(|name| name != DOCUMENT));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(names);
        }
    }
}

/// `describe-sessions`: those of the last 30 days, and those that are open.
pub(super) async fn sessions(site: &Site, caller: &Caller) -> Result<Vec<u8>, Refusal> {
    let client = Client::new(&site.sdk);
    let mut lines = Vec::new();
    for state in [SessionState::History, SessionState::Active] {
        let mut token = None;
        loop {
            let capture = Capture::default();
            let request =
                client.describe_sessions().state(state.clone()).max_results(200).set_next_token(token);
            let send = || request.clone().customize().interceptor(capture.clone()).send();
            let page = caller.call(send).await.map_err(refusal("ssm:DescribeSessions", "*"))?;
            lines.extend(capture.line());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
    }
    Ok(lines)
}

/// `describe-instance-information`.
pub(super) async fn nodes(site: &Site, caller: &Caller) -> Result<Vec<u8>, Refusal> {
    let client = Client::new(&site.sdk);
    let mut lines = Vec::new();
    let mut token = None;
    loop {
        let capture = Capture::default();
        let request = client.describe_instance_information().max_results(50).set_next_token(token);
        let send = || request.clone().customize().interceptor(capture.clone()).send();
        let page = caller.call(send).await.map_err(refusal("ssm:DescribeInstanceInformation", "*"))?;
        lines.extend(capture.line());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(lines);
        }
    }
}

/// `get-resources` of the tagging API: the names of nodes are tags.
pub(super) async fn tags(site: &Site, caller: &Caller) -> Result<Vec<u8>, Refusal> {
    let client = aws_sdk_resourcegroupstagging::Client::new(&site.sdk);
    let mut lines = Vec::new();
    let mut token = None;
    loop {
        let capture = Capture::default();
        let types = NODES.map(str::to_owned).to_vec();
        let request =
            client.get_resources().set_resource_type_filters(Some(types)).set_pagination_token(token);
        let send = || request.clone().customize().interceptor(capture.clone()).send();
        let page = caller.call(send).await.map_err(refusal("tag:GetResources", "*"))?;
        lines.extend(capture.line());
        // The last page has an empty one.
        token = page.pagination_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_not_in_force() {
        let of = |default: Option<u64>| -> Vec<u64> {
            let one = |number| Version { number, default: Some(number) == default };
            in_force_until_now(&[4, 3, 2, 1].map(one)).collect()
        };
        assert_eq!(of(Some(4)), [4, 3, 2, 1]);
        assert_eq!(of(Some(2)), [2, 1]);
        assert_eq!(of(None), [4, 3, 2, 1], "a list that does not say");
    }
}
