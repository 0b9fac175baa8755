//! The server: connections, hooks, and a journal of what was asked.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::http::{Request, Response, form};
use super::{Account, Fault, Limits, describe, logs, s3};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GetObject`, `FilterLogEvents` …
    pub operation: String,
    /// Which call of this operation it is, from 1, counting those that went wrong.
    pub number: u64,
    /// `bucket/key`, the log group, or nothing.
    pub resource: String,
    /// What came with it: the body of a JSON service, the query and `range` of S3, the form of STS.
    pub input: Value,
    /// The id of the access key that signed it, and the region it was signed for.
    pub access_key: String,
    /// As `access_key`.
    pub region: String,
}

/// A call and what came of it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What was asked.
    pub call: Call,
    /// The HTTP status; 0 for a connection reset before any.
    pub status: u16,
    /// The code of the error that was answered, if one was.
    pub error: Option<String>,
    /// How many bytes of body were to be sent.
    pub bytes: usize,
    /// When it was answered.
    pub at: Instant,
}

type Hook = Box<dyn FnMut(&Call, &mut Account) -> Option<Fault> + Send>;

#[derive(Default)]
struct State {
    account: Account,
    limits: Limits,
    hooks: Vec<(String, Hook)>,
    counts: HashMap<String, u64>,
    journal: Vec<Answered>,
    connections: HashMap<SocketAddr, TcpStream>,
    ended: bool,
}

/// A small AWS on a free port of the loopback: S3, CloudWatch Logs, and of Systems Manager, CloudTrail, IAM, STS and the
/// tagging API the few calls that matter. It checks no signature.
///
/// ```
/// use whoran_testkit::aws::{Fault, Server};
///
/// let server = Server::start();
/// server.account(|a| {
///     a.bucket("logs").put("alice-0e34861185201706f.log", "sh-5.2$ id\r\n");
/// });
/// // The first two are throttled, and the object changes behind the listing's back.
/// server.on("GetObject", |call, account| {
///     account.bucket("logs").put("alice-0e34861185201706f.log", "sh-5.2$ whoami\r\n");
///     (call.number <= 2).then(Fault::slow_down)
/// });
/// assert!(server.endpoint().starts_with("http://127.0.0.1:"));
/// assert_eq!(server.count("GetObject"), 0);
/// ```
pub struct Server {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    endpoint: String,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.endpoint).finish()
    }
}

impl Server {
    /// Starts one with an empty account, without limits.
    ///
    /// # Panics
    /// The loopback has no free port.
    pub fn start() -> Self {
        let bound = TcpListener::bind("127.0.0.1:0").and_then(|l| Ok((l.local_addr()?, l)));
        let (address, listener) = match bound {
            Ok(bound) => bound,
            Err(e) => panic!("cannot listen on the loopback: {e}"),
        };
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || accept(&listener, &shared));
        Self { state, address, endpoint: format!("http://{address}") }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Looks at or changes what the account holds.
    pub fn account<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut lock(&self.state).account)
    }

    /// Throttles from now on.
    pub fn limit(&self, limits: Limits) {
        lock(&self.state).limits = limits;
    }

    /// Calls `hook` before each call of `operation` is answered: it may change the account, and say what goes wrong.
    pub fn on(
        &self,
        operation: &str,
        hook: impl FnMut(&Call, &mut Account) -> Option<Fault> + Send + 'static,
    ) {
        lock(&self.state).hooks.push((operation.to_owned(), Box::new(hook)));
    }

    /// Every call so far, in the order of the answers.
    pub fn calls(&self) -> Vec<Answered> {
        lock(&self.state).journal.clone()
    }

    /// How many calls of an operation there were, with those that went wrong.
    pub fn count(&self, operation: &str) -> usize {
        lock(&self.state).journal.iter().filter(|a| a.call.operation == operation).count()
    }

    /// Forgets the calls so far. Hooks and numbers of calls go on.
    pub fn forget_calls(&self) {
        lock(&self.state).journal.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.ended = true;
        for (_, connection) in state.connections.drain() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        drop(state);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

/// A hook that panicked must not hide what it panicked about behind a poisoned lock.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for stream in listener.incoming().flatten() {
        let mut held = lock(state);
        if held.ended {
            return;
        }
        let (Ok(peer), Ok(clone)) = (stream.peer_addr(), stream.try_clone()) else { continue };
        held.connections.insert(peer, clone);
        drop(held);
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            // A client that goes away is none of our business.
            let _ = serve(stream, &state);
            // Only now is the connection closed, or reset.
            lock(&state).connections.remove(&peer);
        });
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = Request::read(&mut reader)? {
        let (response, fault) = answer(&request, state);
        if let Some(Fault::Late(by)) = fault {
            std::thread::sleep(by);
        }
        if !response.send(&mut stream, fault.as_ref())? {
            return Ok(());
        }
    }
    Ok(())
}

/// What speaks which protocol.
#[derive(Clone, Copy, PartialEq)]
enum Service {
    S3,
    Sts,
    Json,
}

fn answer(request: &Request, state: &Mutex<State>) -> (Response, Option<Fault>) {
    let mut held = lock(state);
    let state = &mut *held;
    let (service, mut call) = read_call(request);
    let count = state.counts.entry(call.operation.clone()).or_default();
    *count += 1;
    call.number = *count;

    let mut fault = clock_fault(request, service, state.account.clock_ahead);
    for (_, hook) in state.hooks.iter_mut().filter(|(operation, _)| *operation == call.operation) {
        let said = hook(&call, &mut state.account);
        fault = fault.or(said);
    }
    let answered_otherwise = fault.as_ref().is_some_and(|fault| !matches!(fault, Fault::Late(_)));
    if !answered_otherwise && !state.limits.allow(&call.operation, Instant::now()) {
        fault = Some(Fault::throttled());
    }
    let answered = match &fault {
        Some(error @ Fault::Error { .. }) => Err(error.clone()),
        _ => match service {
            Service::S3 => s3::answer(&call, request, &state.account),
            Service::Sts => describe::sts(&call, &state.account),
            Service::Json => logs::answer(&call, &mut state.account)
                .or_else(|| describe::answer(&call, &state.account))
                .unwrap_or_else(|| Err(Fault::error(400, "UnknownOperationException", &call.operation)))
                .map(|body| Response::new(200, "application/x-amz-json-1.1", body.to_string())),
        },
    };
    let mut error = None;
    let response = answered.unwrap_or_else(|fault| {
        let Fault::Error { status, code, message, headers } = fault else {
            return Response::new(500, "text/plain", "a fault that is no error");
        };
        let body = render(service, &code, &message, request);
        error = Some(code);
        headers.into_iter().fold(body.status(status), |r, (name, value)| r.with(&name, value))
    });
    let now = Timestamp::now().as_second() + state.account.clock_ahead;
    let response = response
        .with("date", describe::http_date(now))
        .with("x-amzn-requestid", format!("request-{}", call.number));
    let status = if matches!(fault, Some(Fault::Reset(None))) { 0 } else { response.status };
    let bytes = response.body.len();
    state.journal.push(Answered { call, status, error, bytes, at: Instant::now() });
    (response, fault)
}

/// An error as each kind of service writes it; no body where HEAD was asked.
fn render(service: Service, code: &str, message: &str, request: &Request) -> Response {
    let text = s3::escaped(message);
    match service {
        _ if request.method == "HEAD" => Response::new(0, "application/xml", ""),
        Service::S3 => {
            let body = format!("<Error><Code>{code}</Code><Message>{text}</Message></Error>");
            Response::new(0, "application/xml", body)
        }
        Service::Sts => {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error></ErrorResponse>"
            );
            Response::new(0, "text/xml", body)
        }
        Service::Json => {
            let body = json!({ "__type": code, "message": message });
            Response::new(0, "application/x-amz-json-1.1", body.to_string())
        }
    }
}

impl Response {
    fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// Which service and operation a request is for.
fn read_call(request: &Request) -> (Service, Call) {
    let mut call = Call {
        operation: String::new(),
        number: 0,
        resource: String::new(),
        input: Value::Null,
        access_key: String::new(),
        region: String::new(),
    };
    // Credential=AKIA…/20250304/eu-west-1/s3/aws4_request
    let credential =
        request.header("authorization").and_then(|a| a.split_once("Credential=")).map(|(_, c)| c);
    let mut parts = credential.unwrap_or_default().split('/');
    call.access_key = parts.next().unwrap_or_default().to_owned();
    call.region = parts.nth(1).unwrap_or_default().to_owned();

    let object = |pairs: &[(String, String)]| {
        Value::Object(pairs.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect())
    };
    if let Some(target) = request.header("x-amz-target") {
        call.operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        call.input = serde_json::from_slice(&request.body).unwrap_or_default();
        call.resource = logs::group_of(&call.input).to_owned();
        return (Service::Json, call);
    }
    let is_form =
        request.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    if request.method == "POST" && is_form {
        let pairs = form(&String::from_utf8_lossy(&request.body));
        call.input = object(&pairs);
        call.operation = call.input["Action"].as_str().unwrap_or_default().to_owned();
        call.resource = call.input["RoleArn"].as_str().unwrap_or_default().to_owned();
        return (Service::Sts, call);
    }
    call.input = object(&request.query);
    if let Some(range) = request.header("range") {
        call.input["range"] = range.into();
    }
    (call.operation, call.resource) = s3::operation(request);
    (Service::S3, call)
}

/// A request that was signed more than fifteen minutes before or after the server's time is refused:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList> (`RequestTimeTooSkewed`) and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
fn clock_fault(request: &Request, service: Service, ahead: i64) -> Option<Fault> {
    let signed = describe::amz_date(request.header("x-amz-date")?)?;
    let now = Timestamp::now().as_second() + ahead;
    if (now - signed).abs() <= 15 * 60 {
        return None;
    }
    Some(match service {
        Service::S3 => Fault::error(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        _ => Fault::error(
            400,
            "InvalidSignatureException",
            "Signature expired: the request is now earlier than the time it is compared with (- 15 min.)",
        ),
    })
}
