//! Groups and who is in them.

use crate::context::Context;
use crate::failure::Failure;
use crate::values::{Setting, name_and_description, setting, time};
use asterism_core::api::{JoinMode, Request, Role};
use asterism_wire::Timestamp;
use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// Create a group
    Create {
        /// Its name
        name: String,
        /// What it is about
        #[arg(long)]
        description: Option<String>,
        /// Seal it against quantum computers too; at most 256 devices
        #[arg(long)]
        quantum_safe: bool,
        /// Inside this community
        #[arg(long, value_name = "ID")]
        community: Option<String>,
        /// How the community's members enter [default: open]
        #[arg(long, requires = "community")]
        join: Option<GroupJoin>,
    },
    /// Enter an open group of a community that you are in
    Join {
        /// The group, by id or by its name in the community
        #[arg(value_name = "ID")]
        target: String,
    },
    /// List the groups
    List,
    /// Show a group
    Show {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
    },
    /// List who is in a group
    Members {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
    },
    /// Add people: all or nobody
    Add {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
        /// Whom
        #[arg(required = true, value_name = "@HANDLE")]
        handles: Vec<String>,
    },
    /// Remove a person
    Remove {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
        /// Whom
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// Give a person a role
    Promote {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
        /// Whom
        #[arg(value_name = "@HANDLE")]
        handle: String,
        /// The role
        #[arg(long)]
        role: GroupRole,
        /// Until then; for ever when absent
        #[arg(long, value_name = "TIME", value_parser = time)]
        until: Option<Timestamp>,
    },
    /// Change a group: name=… description=…
    Set {
        /// The group
        #[arg(value_name = "ID")]
        target: String,
        /// name=… or description=…
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<Setting>,
    },
}

/// The roles that a group knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupRole {
    Admin,
    Member,
}

impl From<GroupRole> for Role {
    fn from(role: GroupRole) -> Self {
        match role {
            GroupRole::Admin => Self::Admin,
            GroupRole::Member => Self::Member,
        }
    }
}

/// How the members of a community enter one of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupJoin {
    /// By themselves
    Open,
    /// Somebody in it adds or invites them
    Invite,
}

impl From<GroupJoin> for JoinMode {
    fn from(join: GroupJoin) -> Self {
        match join {
            GroupJoin::Open => Self::Open,
            GroupJoin::Invite => Self::Invite,
        }
    }
}

impl Group {
    pub(super) async fn run(&self, context: &Context) -> Result<(), Failure> {
        context.show(self.request().map_err(Failure::Usage)?).await
    }

    fn request(&self) -> Result<Request, String> {
        Ok(match self {
            Self::Create { name, description, quantum_safe, community, join } => Request::GroupCreate {
                name: name.clone(),
                description: description.clone(),
                quantum_safe: *quantum_safe,
                community: community.clone(),
                join: join.map(Into::into),
            },
            Self::Join { target } => Request::GroupJoin { target: target.clone() },
            Self::List => Request::GroupList,
            Self::Show { target } => Request::GroupShow { target: target.clone() },
            Self::Members { target } => Request::GroupMembers { target: target.clone() },
            Self::Add { target, handles } => {
                Request::GroupAdd { target: target.clone(), handles: handles.clone() }
            }
            Self::Remove { target, handle } => {
                Request::GroupRemove { target: target.clone(), handle: handle.clone() }
            }
            Self::Promote { target, handle, role, until } => Request::GroupPromote {
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
    Ok(Request::GroupSet { target: target.to_owned(), name, description })
}
