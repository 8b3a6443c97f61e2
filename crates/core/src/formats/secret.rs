//! Secrets as types that zeroize when dropped and print nothing.

use asterism_wire::DecodeError;
use std::{fmt, ops::Deref};
use zeroize::{Zeroize as _, Zeroizing};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub(crate) struct $name(Zeroizing<[u8; 32]>);

        impl $name {
            /// Takes the bytes; the argument is wiped.
            #[must_use]
            pub(crate) fn new(mut bytes: [u8; 32]) -> Self {
                let secret = Self(Zeroizing::new(bytes));
                bytes.zeroize();
                secret
            }

            /// The bytes, to keep or to use them.
            #[must_use]
            pub(crate) fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = [u8; 32];
            fn deref(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl From<Zeroizing<[u8; 32]>> for $name {
            fn from(bytes: Zeroizing<[u8; 32]>) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for Zeroizing<[u8; 32]> {
            fn from(secret: $name) -> Self {
                secret.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = DecodeError;
            fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
                bytes.try_into().map(Self::new).map_err(|_| DecodeError::OutOfRange)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret!(
    /// The key of one generation of a conversation's vault (docs/protocol.md §7.3).
    VaultKey
);
secret!(
    /// The key of one epoch of a community's channel (docs/protocol.md §10.4).
    ChannelKey
);
secret!(
    /// Opens a person's profile (docs/protocol.md §7.4).
    ProfileKey
);
secret!(
    /// What a person writes down to get their account back (docs/protocol.md §3.6).
    RecoveryKey
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_nothing() {
        assert_eq!(format!("{:?}", VaultKey::new([7; 32])), "VaultKey(..)");
        assert_eq!(format!("{:?}", Some(ProfileKey::new([7; 32]))), "Some(ProfileKey(..))");
        assert_eq!(RecoveryKey::try_from(&[1u8; 31][..]), Err(DecodeError::OutOfRange));
    }
}
