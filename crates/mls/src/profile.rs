//! How we use MLS: capabilities, extensions and settings that every leaf and group has (docs/protocol.md §4.1).

use crate::{keys::SigningKey, suite::Suite};
use asterism_policy::{PolicyState, StateError};
use asterism_wire::ConversationId;
use openmls::{
    component::ComponentId,
    prelude::{
        AppDataDictionary, AppDataDictionaryExtension, BasicCredential, Capabilities, CredentialType,
        CredentialWithKey, Extension, ExtensionType, Extensions, GroupContext, GroupId, Lifetime,
        MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProposalType, RequiredCapabilitiesExtension,
        SenderRatchetConfiguration, SignaturePublicKey,
    },
};

/// Our private extension of key packages: the X-Wing key that welcomes are sealed to.
pub(crate) const ENTRY_KEY_EXTENSION: u16 = 0xF0A1;
/// Our private component of the group context's dictionary: the encoded [`PolicyState`].
pub(crate) const STATE_COMPONENT: ComponentId = 0x8001;
/// Application messages are padded to multiples of this, so that a "yes" and a sentence look alike.
/// Higher hides more and costs half of it per message on average; 256 puts most chat text in one bucket.
const PADDING_BYTES: usize = 256;
/// Skipped message keys kept per sender. The log delivers in the order of sealing but for a message that is
/// sealed and then withdrawn, so this is small; each kept key is a key that can leak.
const OUT_OF_ORDER_MAX: u32 = 8;
/// How far a sender's counter may jump: bodies withheld by retention or deletion leave gaps. Higher tolerates
/// longer gaps and lets a member make the others derive more keys per message (about 3 µs each).
const FORWARD_MAX: u32 = 10_000;

/// A group info, without the tree: state with 16 links, 1,024 roles and many bars.
pub(crate) const GROUP_INFO_BYTES_MAX: usize = 512 * 1024;
/// A ratchet tree: what fits one frame.
pub(crate) const TREE_BYTES_MAX: usize = asterism_wire::limits::FRAME_BYTES_MAX;
/// A leaf node: a hybrid one is about 2 KB.
pub(crate) const LEAF_BYTES_MAX: usize = 4 * 1024;
/// Authenticated data: two numbers, a head and a signature.
pub(crate) const AUTHENTICATED_DATA_BYTES_MAX: usize = 512;

pub(crate) fn capabilities() -> Capabilities {
    let suites = Suite::ALL.map(Suite::ciphersuite);
    Capabilities::new(
        None,
        Some(&suites),
        Some(&[
            ExtensionType::AppDataDictionary,
            ExtensionType::Unknown(ENTRY_KEY_EXTENSION),
            ExtensionType::LastResort,
        ]),
        Some(&[ProposalType::AppDataUpdate]),
        Some(&[CredentialType::Basic]),
    )
}

/// Never expires: OpenMLS judges lifetimes by each machine's clock, so catching up late would fail.
pub(crate) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

pub(crate) fn required_capabilities() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(
        &[ExtensionType::AppDataDictionary],
        &[ProposalType::AppDataUpdate],
        &[CredentialType::Basic],
    )
}

pub(crate) fn context_extensions(state: &PolicyState) -> Extensions<GroupContext> {
    let mut dictionary = AppDataDictionary::new();
    dictionary.insert(STATE_COMPONENT, state.to_bytes());
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required_capabilities()),
        Extension::AppDataDictionary(AppDataDictionaryExtension::new(dictionary)),
    ])
    .expect("both extensions belong in a group context")
}

/// The state in a group context, whose extensions must be exactly ours.
pub(crate) fn read_state(context: &GroupContext) -> Result<PolicyState, StateError> {
    let extensions = context.extensions();
    let required_ok = extensions.required_capabilities() == Some(&required_capabilities());
    let dictionary = extensions.app_data_dictionary().ok_or(StateError::Malformed)?.dictionary();
    let bytes = dictionary.get(&STATE_COMPONENT).ok_or(StateError::Malformed)?;
    if !required_ok || extensions.iter().count() != 2 || dictionary.len() != 1 {
        return Err(StateError::Malformed);
    }
    let state = PolicyState::read(bytes)?;
    if context.group_id() == &group_id_of(&state) { Ok(state) } else { Err(StateError::Malformed) }
}

/// Conversation ‖ generation.
pub(crate) fn group_id(conversation: ConversationId, generation: u32) -> GroupId {
    let mut id = conversation.to_vec();
    id.extend_from_slice(&generation.to_be_bytes());
    GroupId::from_slice(&id)
}

pub(crate) fn group_id_of(state: &PolicyState) -> GroupId {
    let mut id = state.conversation.clone();
    id.extend_from_slice(&state.generation.to_be_bytes());
    GroupId::from_slice(&id)
}

pub(crate) fn conversation(state: &PolicyState) -> ConversationId {
    ConversationId::try_from(state.conversation.as_slice())
        .expect("a state that was read has a conversation id")
}

pub(crate) fn sender_ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER_MAX, FORWARD_MAX)
}

pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING_BYTES)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(false)
        .sender_ratchet_configuration(sender_ratchet())
        .build()
}

pub(crate) fn padding_bytes() -> usize {
    PADDING_BYTES
}

pub(crate) fn credential_with_key(credential: &[u8], signer: &SigningKey) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(credential.to_vec()).into(),
        signature_key: SignaturePublicKey::from(signer.public().to_vec()),
    }
}
