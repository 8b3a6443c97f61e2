//! What others see of the account.

use crate::context::Context;
use crate::failure::Failure;
use crate::values::{Setting, Settings, setting};
use asterism_core::api::Request;
use clap::Subcommand;

const KEYS: &[&str] = &["name"];

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Change the profile: name=…
    Set {
        /// name=…
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<Setting>,
    },
}

impl Profile {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        let Self::Set { settings } = self;
        let mut settings = Settings::new(settings.clone());
        let name = settings.take("name");
        settings.finish(KEYS).map_err(Failure::Usage)?;
        let name = name.ok_or_else(|| Failure::Usage("nothing is set".to_owned()))?;
        context.show(Request::SetProfile { name }).await
    }
}
