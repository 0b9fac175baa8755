//! The way in: credentials, region, endpoint.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::retry::RetryConfig;

use super::Remote;
use crate::Error;

/// A source's configuration, loaded.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) sdk: SdkConfig,
    /// The region in use; where none was named anywhere, S3 needs none.
    pub(super) region: Option<String>,
}

impl Site {
    /// Finds out how to get to a source. Asks nobody but, for a role to take on, STS.
    pub(super) async fn open(remote: &Remote) -> Result<Self, Error> {
        let access = &remote.access;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            // Retries are ours: the SDK's would wait without telling the pace.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(profile) = &access.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = access.region.as_deref().or(remote.location.region()) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(url) = &access.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut sdk = loader.load().await;
        if let Some(role) = &access.assume_role {
            let mut provider =
                aws_config::sts::AssumeRoleProvider::builder(role).session_name("whoran").configure(&sdk);
            if let Some(id) = &access.external_id {
                provider = provider.external_id(id);
            }
            let provider = aws_sdk_s3::config::SharedCredentialsProvider::new(provider.build().await);
            sdk = sdk.into_builder().credentials_provider(provider).build();
        }
        let region = sdk.region().map(|region| region.as_ref().to_owned());
        Ok(Self { sdk, region })
    }
}
