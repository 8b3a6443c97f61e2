//! Prints the core's interface as TypeScript: `web/src/core/api.ts`. `scripts/wasm.sh types` writes the file, and
//! `scripts/wasm.sh check-types` compares.

use asterism_core::api::{
    Answer, CommunityChangeInfo, CommunityInfo, CommunityMemberInfo, ConversationInfo, DeviceInfo,
    DirectoryInfo, Event, FileInfo, InviteInfo, Item, JoinMode, MemberInfo, MessageInfo, Person, Request,
    Role,
};
use asterism_wire::ErrorCode;
use std::io::{self, Write as _};
use ts_rs::{Config, TS};

fn main() -> io::Result<()> {
    // Positions, counts and times stay far below 2^53.
    let config = Config::new().with_large_int("number");
    let codes: Vec<String> =
        ErrorCode::ALL.iter().map(|code| format!("  | \"{}\"", code.as_word())).collect();
    let parts = [
        "// Made from crates/core/src/api.rs by scripts/wasm.sh types. Do not edit.\n".to_owned(),
        declaration::<Request>(&config),
        declaration::<Answer>(&config),
        declaration::<Item>(&config),
        declaration::<Event>(&config),
        declaration::<Role>(&config),
        declaration::<JoinMode>(&config),
        declaration::<ConversationInfo>(&config),
        declaration::<MemberInfo>(&config),
        declaration::<Person>(&config),
        declaration::<MessageInfo>(&config),
        declaration::<FileInfo>(&config),
        declaration::<InviteInfo>(&config),
        declaration::<DeviceInfo>(&config),
        declaration::<CommunityInfo>(&config),
        declaration::<CommunityMemberInfo>(&config),
        declaration::<CommunityChangeInfo>(&config),
        declaration::<DirectoryInfo>(&config),
        format!("/**\n * Stable codes of refusals.\n */\nexport type ErrorCode =\n{};\n", codes.join("\n")),
    ];
    io::stdout().write_all(parts.join("\n").as_bytes())
}

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("{docs}export {}\n", T::decl(config))
}
