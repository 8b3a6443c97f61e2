import type { CoreErrorCode } from '../../core/error'

export const errors = {
  'error.internal': 'Something went wrong on the server. Please try again.',
  'error.malformed': 'The request could not be read. Please reload the page.',
  'error.limit_exceeded': 'That is more than is allowed here.',
  'error.not_authenticated': 'This device is not signed in.',
  'error.bad_signature': 'A signature is not valid. Nothing was changed.',
  'error.overloaded': 'The server is busy. Please try again in a moment.',
  'error.rate_limited': 'Too many attempts. Please wait a little.',
  'error.upgrade_required': 'This version is too old. Please reload the page.',
  'error.storage_full': 'The server’s disk is full. Nothing was stored.',
  'error.invalid_handle':
    'A handle has 3 to 32 of a–z, 0–9, dot, dash or underscore, and begins with a letter or digit.',
  'error.handle_taken': 'This handle is taken. Please choose another.',
  'error.unknown_handle': 'Nobody on this server has this handle.',
  'error.unknown_account': 'There is no such account or device.',
  'error.recovery_refused': 'The handle and the recovery key do not belong together.',
  'error.too_many_devices': 'An account can have at most 8 devices, and yours already has 8.',
  'error.no_key_package':
    'This person cannot be added right now: none of their devices has left keys for it. Try again after they have been online.',
  'error.device_revoked': 'This device was removed from your account.',
  'error.not_a_member': 'You are not in this conversation.',
  'error.stale_epoch': 'Somebody else changed something at the same moment. Please try again.',
  'error.invalid_commit': 'This change is not possible.',
  'error.forbidden': 'Your role does not allow this.',
  'error.group_full': 'The group is full: it can have at most 1,024 people.',
  'error.conversation_exists': 'This conversation exists already.',
  'error.vault_conflict': 'Somebody else changed this at the same moment. Please try again.',
  'error.incomplete_bundle': 'The change was incomplete. Please try again.',
  'error.expired': 'These messages are older than the server keeps them.',
  'error.unknown_link': 'There is no such link, or it was revoked.',
  'error.link_expired': 'This link has expired. Ask for a new one.',
  'error.link_used_up': 'This link has been used as many times as it allows. Ask for a new one.',
  'error.barred': 'This account was removed from here. Only an admin can add it again.',
  'error.usage': 'This is not possible.',
  'error.server_unreachable': 'The server cannot be reached. Check your connection.',
  'error.home_busy': 'Asterism is open in another tab or window.',
  'error.database_damaged':
    'The data on this device is damaged, or was written by a newer version. Reload the page first. If that does not help: delete this site’s data in your browser’s settings, open the page again, choose “I already have an account” and enter your recovery key. Your groups come back; earlier messages stay on your other devices.',
  'error.no_account': 'There is no account on this device.',
  'error.account_exists': 'There is an account on this device already.',
  'error.unknown_target': 'There is nothing by that name.',
  'error.ambiguous_target': 'More than one has that name.',
  'error.fork_detected': 'The server showed a history that contradicts what it showed before.',
  'error.timeout': 'The server did not answer in time. Please try again.',
  'error.disk_full':
    'This device’s storage is full, so nothing could be saved. What was saved before is safe. Free some space, for example in your downloads, then try again.',
  'error.invalid_name': 'A name has 1 to 100 characters.',
  'error.invalid_text': 'A message has at least one character and at most 64 KiB.',
  'error.invalid_link': 'This is not an invite link.',
  'error.invalid_recovery_key': 'This is not a recovery key. Please compare each character.',
  'error.already_member': 'This person is a member already.',
  'error.server_misbehaved': 'The server gave an answer that cannot be right, so it was ignored.',
  'error.waiting_for_key':
    'This device is waiting for the group’s key: another member has to come online to hand it over. Please try again later.',
  'error.other_server':
    'This link belongs to another server. Open it in your browser: you need an account there to follow it.',
  'error.home_read_only': 'Nothing can be stored on this device.',
  'error.stale_directory':
    'The key of a chosen group is out of date: one of its admins must come online first. Choose other groups, or try again later.',
  'error.unsupported_browser':
    'This browser cannot run Asterism: it needs a recent version, and an address that begins with https.',
} as const satisfies Record<`error.${CoreErrorCode}`, string>
