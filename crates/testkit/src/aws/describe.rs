//! The few calls of Systems Manager, CloudTrail, IAM, STS and the tagging API that matter, and how AWS writes times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::http::Response;
use super::{Account, Call, Fault};

/// Systems Manager, CloudTrail and the tagging API; nothing for an operation of none of them.
pub(super) fn answer(call: &Call, account: &Account) -> Option<Result<Value, Fault>> {
    Some(match call.operation.as_str() {
        "GetDocument" => document(&call.input, account),
        "ListDocuments" => documents(&call.input, account),
        "ListDocumentVersions" => versions(&call.input, account),
        "GetResources" => resources(&call.input, account),
        "DescribeSessions" => sessions(&call.input, account),
        "DescribeInstanceInformation" => instances(&call.input, account),
        "LookupEvents" => trail(&call.input, account),
        _ => return None,
    })
}

/// All versions of a document, the first one first.
fn texts<'a>(input: &Value, account: &'a Account) -> Result<(String, Vec<&'a String>), Fault> {
    let name = input["Name"].as_str().unwrap_or_default();
    let Some(content) = account.documents.get(name) else {
        let why = format!("Document with name {name} does not exist.");
        return Err(Fault::error(400, "InvalidDocument", &why));
    };
    let earlier = account.earlier_documents.get(name).into_iter().flatten();
    Ok((name.to_owned(), earlier.chain([content]).collect()))
}

/// Without a version the one in force, here always the last:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetDocument.html>
fn document(input: &Value, account: &Account) -> Result<Value, Fault> {
    let (name, texts) = texts(input, account)?;
    let number = input["DocumentVersion"].as_str().and_then(|v| v.parse().ok()).unwrap_or(texts.len());
    let content = number.checked_sub(1).and_then(|at| texts.get(at));
    let content = content.ok_or_else(|| Fault::error(400, "InvalidDocumentVersion", "no such version"))?;
    Ok(json!({
        "Name": name, "Content": content, "DocumentType": "Session", "DocumentFormat": "JSON",
        "DocumentVersion": number.to_string(), "CreatedDate": created(number), "Status": "Active",
    }))
}

/// Version 1 is of 2025-03-04T10:00:00Z, each further one of a day later.
fn created(version: usize) -> f64 {
    1_740_996_000.0 + version as f64 * 86_400.0
}

/// Of the filters only the type counts, and every document here is one of sessions:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocuments.html>
fn documents(input: &Value, account: &Account) -> Result<Value, Fault> {
    let all: Vec<Value> =
        account.documents.keys().map(|name| json!({"Name": name, "DocumentType": "Session"})).collect();
    page(input, "DocumentIdentifiers", &all.iter().collect::<Vec<_>>(), 50)
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocumentVersions.html>
fn versions(input: &Value, account: &Account) -> Result<Value, Fault> {
    let (name, texts) = texts(input, account)?;
    let one = |number: usize| {
        json!({
            "Name": name, "DocumentVersion": number.to_string(), "CreatedDate": created(number),
            "IsDefaultVersion": number == texts.len(), "DocumentFormat": "JSON", "Status": "Active",
        })
    };
    let all: Vec<Value> = (1..=texts.len()).rev().map(one).collect();
    page(input, "DocumentVersions", &all.iter().collect::<Vec<_>>(), 50)
}

/// 50 a page, and the last page has an empty token:
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
fn resources(input: &Value, account: &Account) -> Result<Value, Fault> {
    let asked = json!({"NextToken": input["PaginationToken"]});
    let mut page = page(&asked, "ResourceTagMappingList", &account.tagged.iter().collect::<Vec<_>>(), 50)?;
    let token = page.as_object_mut().and_then(|page| page.remove("NextToken"));
    page["PaginationToken"] = token.unwrap_or_else(|| "".into());
    Ok(page)
}

/// `State` says which half, filters narrow it:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeSessions.html>.
fn sessions(input: &Value, account: &Account) -> Result<Value, Fault> {
    let active = match input["State"].as_str() {
        Some("Active") => true,
        Some("History") => false,
        _ => return Err(Fault::error(400, "ValidationException", "State is required")),
    };
    let filters = input["Filters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let passes = |session: &Value, filter: &Value| {
        let value = filter["value"].as_str().unwrap_or_default();
        let started = session["StartDate"].as_f64().unwrap_or(0.0);
        let asked = value.parse::<Timestamp>().map_or(0.0, |t| t.as_second() as f64);
        match filter["key"].as_str() {
            Some("InvokedAfter") => started >= asked,
            Some("InvokedBefore") => started <= asked,
            Some(key) => session[key].as_str() == Some(value),
            None => true,
        }
    };
    let found: Vec<&Value> = account
        .sessions
        .iter()
        .filter(|s| matches!(s["Status"].as_str(), Some("Connected" | "Connecting")) == active)
        .filter(|session| filters.iter().all(|filter| passes(session, filter)))
        .collect();
    page(input, "Sessions", &found, 200)
}

/// At most 50 a page:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html>.
fn instances(input: &Value, account: &Account) -> Result<Value, Fault> {
    page(input, "InstanceInformationList", &account.instances.iter().collect::<Vec<_>>(), 50)
}

/// One attribute at most, newest first, 50 a page:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>.
fn trail(input: &Value, account: &Account) -> Result<Value, Fault> {
    let attributes = input["LookupAttributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if attributes.len() > 1 {
        let why = "You can only specify one lookup attribute";
        return Err(Fault::error(400, "InvalidLookupAttributesException", why));
    }
    let time = |event: &Value| event["EventTime"].as_f64().unwrap_or(0.0);
    let (from, to) = (input["StartTime"].as_f64(), input["EndTime"].as_f64());
    let mut found: Vec<&Value> = account
        .trail
        .iter()
        .filter(|e| from.is_none_or(|from| time(e) >= from) && to.is_none_or(|to| time(e) <= to))
        .filter(|e| {
            attributes
                .iter()
                .all(|a| e[a["AttributeKey"].as_str().unwrap_or_default()] == a["AttributeValue"])
        })
        .collect();
    found.sort_by(|a, b| time(b).total_cmp(&time(a)));
    page(input, "Events", &found, 50)
}

/// The page that a token asks for, and the token for the next.
fn page(input: &Value, name: &str, all: &[&Value], most: usize) -> Result<Value, Fault> {
    let start: usize = match input["NextToken"].as_str() {
        None => 0,
        Some(token) => token.strip_prefix("page-").and_then(|n| n.parse().ok()).ok_or_else(|| {
            Fault::error(400, "InvalidNextTokenException", "The specified token is not valid.")
        })?,
    };
    let size =
        input["MaxResults"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(most).clamp(1, most);
    let end = (start + size).min(all.len());
    let mut page = json!({ name: all.get(start..end).unwrap_or_default() });
    if end < all.len() {
        page["NextToken"] = format!("page-{end}").into();
    }
    Ok(page)
}

/// STS, and IAM, which speaks as STS does.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html> and `API_GetCallerIdentity.html`: the
/// keys it gives start with `ASIA`, so that a journal shows who signed with them.
pub(super) fn sts(call: &Call, account: &Account) -> Result<Response, Fault> {
    let text = |name: &str| super::s3::escaped(call.input[name].as_str().unwrap_or_default());
    let id = &account.id;
    let mut namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
    let result = match call.operation.as_str() {
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
        "GetAccountAuthorizationDetails" => {
            namespace = "https://iam.amazonaws.com/doc/2010-05-08/";
            let at: usize = text("Marker").strip_prefix("page-").and_then(|n| n.parse().ok()).unwrap_or(0);
            let page = account.iam_pages.get(at).map_or("", String::as_str);
            let more = at + 1 < account.iam_pages.len();
            let marker = if more { format!("<Marker>page-{}</Marker>", at + 1) } else { String::new() };
            format!("{page}<IsTruncated>{more}</IsTruncated>{marker}")
        }
        "AssumeRole" => {
            let (arn, session) = (text("RoleArn"), text("RoleSessionName"));
            let role = arn.rsplit('/').next().unwrap_or_default();
            let account = arn.split(':').nth(4).unwrap_or_default();
            let expires = Timestamp::now().as_second() + 3600;
            let expires = Timestamp::from_second(expires).unwrap_or_default();
            format!(
                "<Credentials><AccessKeyId>ASIA{role}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                 <SessionToken>token</SessionToken><Expiration>{expires}</Expiration></Credentials>\
                 <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:{session}</AssumedRoleId>\
                 <Arn>arn:aws:sts::{account}:assumed-role/{role}/{session}</Arn></AssumedRoleUser>"
            )
        }
        "GetCallerIdentity" => format!(
            "<Arn>arn:aws:sts::{id}:assumed-role/Auditor/alice</Arn><UserId>AROAEXAMPLE:alice</UserId><Account>{id}</Account>"
        ),
        other => {
            return Err(Fault::error(400, "InvalidAction", &format!("Could not find operation {other}")));
        }
    };
    let name = &call.operation;
    let body = format!(
        "<{name}Response xmlns=\"{namespace}\"><{name}Result>{result}</{name}Result>\
         <ResponseMetadata><RequestId>request</RequestId></ResponseMetadata></{name}Response>"
    );
    Ok(Response::new(200, "text/xml", body))
}

/// `Tue, 04 Mar 2025 10:15:32 GMT`.
pub(super) fn http_date(second: i64) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The second that `20250304T101532Z` stands for.
pub(super) fn amz_date(text: &str) -> Option<i64> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_does() {
        assert_eq!(amz_date("20250304T101532Z"), Some(1_741_083_332));
        assert_eq!(http_date(1_741_083_332), "Tue, 04 Mar 2025 10:15:32 GMT");
    }
}
