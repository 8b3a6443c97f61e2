//! Communities: found, run, look around.

use crate::context::Context;
use crate::failure::Failure;
use crate::values::{Setting, name_and_description, setting, time};
use asterism_core::api::{Request, Role};
use asterism_wire::Timestamp;
use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Community {
    /// Found a community: announcements and a group for all come with it
    Create {
        /// Its name
        name: String,
        /// What it is about
        #[arg(long)]
        description: Option<String>,
    },
    /// List the communities that you are in
    List,
    /// Show a community
    Show {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
    },
    /// Change a community: name=… description=…
    Set {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
        /// name=… or description=…
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<Setting>,
    },
    /// List its groups: yours, and those that you can enter
    Groups {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
    },
    /// List who is in a community; for its admins
    Members {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
    },
    /// List what was changed in a community; for its admins
    Log {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
    },
    /// Remove a person: from the announcements, and from each of its groups that you administer
    Remove {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
        /// Whom
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// Give a person a role
    Promote {
        /// The community
        #[arg(value_name = "ID")]
        target: String,
        /// Whom
        #[arg(value_name = "@HANDLE")]
        handle: String,
        /// The role
        #[arg(long)]
        role: CommunityRole,
        /// Until then; for ever when absent
        #[arg(long, value_name = "TIME", value_parser = time)]
        until: Option<Timestamp>,
    },
}

/// The roles that a community knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CommunityRole {
    Owner,
    Admin,
    Member,
}

impl From<CommunityRole> for Role {
    fn from(role: CommunityRole) -> Self {
        match role {
            CommunityRole::Owner => Self::Owner,
            CommunityRole::Admin => Self::Admin,
            CommunityRole::Member => Self::Member,
        }
    }
}

impl Community {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(self.request().map_err(Failure::Usage)?).await
    }

    fn request(&self) -> Result<Request, String> {
        Ok(match self {
            Self::Create { name, description } => Request::CommunityCreate {
                name: name.clone(),
                description: description.clone(),
                general: None,
            },
            Self::List => Request::CommunityList,
            Self::Show { target } => Request::CommunityShow { target: target.clone() },
            Self::Groups { target } => Request::CommunityGroups { target: target.clone() },
            Self::Members { target } => Request::CommunityMembers { target: target.clone() },
            Self::Log { target } => Request::CommunityLog { target: target.clone() },
            Self::Remove { target, handle } => {
                Request::CommunityRemove { target: target.clone(), handle: handle.clone() }
            }
            Self::Promote { target, handle, role, until } => Request::CommunityPromote {
                target: target.clone(),
                handle: handle.clone(),
                role: (*role).into(),
                until: *until,
            },
            Self::Set { target, settings } => set(target, settings)?,
        })
    }
}

fn set(target: &str, settings: &[Setting]) -> Result<Request, String> {
    let (name, description) = name_and_description(settings)?;
    Ok(Request::CommunitySet { target: target.to_owned(), name, description })
}
