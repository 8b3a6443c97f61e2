//! What admins write besides changes: announcements, and the vault.

use super::{Club, Device, World, fresh};
use asterism_wire::{
    community::{PostBody, PostContent},
    frame::{Accepted, Failure, SendPost, WriteVault},
    signing,
    vault::VaultRecord,
};
use prost::Message as _;

impl Club {
    pub(in super::super) fn vault_record(
        &self,
        device: &Device,
        name: &str,
        version: u64,
        generation: u64,
        sealed: &[u8],
    ) -> VaultRecord {
        let signed = signing::vault_entry(self.id.log(), name, version, generation, sealed);
        VaultRecord {
            name: name.into(),
            version,
            generation,
            sealed: sealed.to_vec(),
            writer: device.person.credential(),
            writer_key: device.person.device_key.public().to_vec(),
            signature: device.person.device_key.sign(&signed).to_vec(),
        }
    }

    pub(in super::super) fn vault_write(&self, writes: Vec<VaultRecord>) -> WriteVault {
        WriteVault { conversation: self.id.to_vec(), idempotency: fresh::<16>().to_vec(), writes }
    }

    /// An announcement to everybody, in the present epoch.
    pub(in super::super) fn content(&self, text: &str) -> PostContent {
        PostContent {
            community_seq: self.log.0.0,
            community_head: self.log.1.to_vec(),
            last_seq: self.posts.0.0,
            last_head: self.posts.1.to_vec(),
            epoch: self.state.epoch,
            everyone: b"key".to_vec(),
            groups: Vec::new(),
            sealed: text.into(),
        }
    }

    pub(in super::super) fn post(&self, device: &Device, content: &PostContent) -> SendPost {
        let content = content.encode_to_vec();
        let signed = signing::post(self.id, &content);
        let body = PostBody {
            content,
            author: device.person.credential(),
            author_key: device.person.device_key.public().to_vec(),
            signature: device.person.device_key.sign(&signed).to_vec(),
        };
        let body = body.encode_to_vec().into();
        SendPost { community: self.id.to_vec(), idempotency: fresh::<16>().to_vec(), body }
    }

    pub(in super::super) async fn announce(
        &mut self,
        world: &World,
        by: &Device,
        text: &str,
    ) -> Result<Accepted, Failure> {
        let request = self.post(by, &self.content(text));
        let accepted = world.communities().send_post(&by.caller, request).await?;
        self.follow(world, by).await;
        Ok(accepted)
    }
}
