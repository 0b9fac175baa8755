//! A bucket on the loopback: s3s-fs, which walks its whole folder for every page of a listing, behind a listing that is
//! made once, as S3 keeps one.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::Path;

use hyper_util::rt::TokioIo;
use s3s::dto::{
    GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object,
};
use s3s::{S3, S3Request, S3Response, S3Result};
use tokio::sync::Mutex;

/// Keys a page, as S3 has it.
const PAGE: usize = 1000;

/// Folders served as buckets that nobody writes to.
struct Buckets {
    files: s3s_fs::FileSystem,
    /// What each holds, in order of keys.
    listed: Mutex<HashMap<String, Vec<Object>>>,
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn list_objects_v2(
        &self,
        mut request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let asked = request.input.clone();
        let mut listed = self.listed.lock().await;
        if !listed.contains_key(&asked.bucket) {
            request.input = ListObjectsV2Input {
                bucket: asked.bucket.clone(),
                max_keys: Some(i32::MAX),
                ..Default::default()
            };
            let all = self.files.list_objects_v2(request).await?;
            listed.insert(asked.bucket.clone(), all.output.contents.unwrap_or_default());
        }
        let objects = &listed[&asked.bucket];
        let prefix = asked.prefix.as_deref().unwrap_or("");
        let after = asked.continuation_token.as_deref().or(asked.start_after.as_deref()).unwrap_or("");
        let from = objects.partition_point(|object| key(object) <= after);
        let with_prefix = objects[from..].iter().filter(|object| key(object).starts_with(prefix));
        let mut page: Vec<Object> = with_prefix.take(PAGE + 1).cloned().collect();
        let more = page.len() > PAGE;
        page.truncate(PAGE);
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(page.len()).ok(),
            is_truncated: Some(more),
            next_continuation_token: page.last().filter(|_| more).map(|last| key(last).to_owned()),
            contents: Some(page),
            name: Some(asked.bucket),
            prefix: asked.prefix,
            max_keys: Some(PAGE as i32),
            ..Default::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.files.get_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.files.head_object(request).await
    }
}

fn key(object: &Object) -> &str {
    object.key.as_deref().unwrap_or_default()
}

/// Serves every folder in `root` as a bucket to who has this key, until standard input ends; says its address first.
///
/// # Errors
/// Where the folder cannot be read or no port is free.
pub fn serve(root: &Path, key: &str, secret: &str) -> io::Result<()> {
    let files = s3s_fs::FileSystem::new(root).map_err(|e| io::Error::other(format!("{e:?}")))?;
    let mut service = s3s::service::S3ServiceBuilder::new(Buckets { files, listed: Mutex::default() });
    service.set_auth(s3s::auth::SimpleAuth::from_single(key, secret));
    let service = service.build();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // An answer goes out in two writes: without this, the second waits for the first one's acknowledgement.
            stream.set_nodelay(true).ok();
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service.clone());
            tokio::spawn(connection);
        }
    });
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
