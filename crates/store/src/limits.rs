//! Every bound of the store, with what a higher or a lower value costs.

/// Longest key of a record or name of a lease. Higher: index blocks of the engine grow. The
/// engine itself stops at 65,535.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Largest call (entries, keys and values together). Higher: one call can hold up everybody's
/// batch for longer and needs as much memory at once.
pub const CALL_BYTES_MAX: usize = 32 << 20;

/// Most entries, side records and idempotency keys of one call together.
pub const CALL_ITEMS_MAX: usize = 65_536;

/// Calls waiting for the committer. Higher: a stalled disk is answered later by `Overloaded` and
/// holds more memory; lower: bursts of that size are refused.
pub(crate) const QUEUE_CALLS_MAX: usize = 65_536;

/// Bytes waiting for the committer; as [`QUEUE_CALLS_MAX`]. At least [`CALL_BYTES_MAX`], or the
/// largest call could never enter.
pub(crate) const QUEUE_BYTES_MAX: usize = 64 << 20;

/// Calls in one durable batch. Higher: fewer fsyncs per call under load, longer waits for the
/// first call of a batch.
pub(crate) const BATCH_CALLS_MAX: usize = 4_096;

/// Bytes in one durable batch; as [`BATCH_CALLS_MAX`]. One larger call goes alone.
pub(crate) const BATCH_BYTES_MAX: usize = 8 << 20;

/// What a call is charged besides its bytes, for the queue's own bookkeeping.
pub(crate) const CALL_OVERHEAD_BYTES: usize = 256;

/// Entries that one step of a trim deletes. Higher: other calls wait longer behind a trim.
pub(crate) const TRIM_STEP_MAX: u64 = 1_024;

/// Reads that may block on the disk at the same time; others wait their turn.
pub(crate) const READERS_MAX: u32 = 32;

/// Heads that the committer keeps in memory (about 100 bytes each); when it is full it is emptied.
pub(crate) const HEAD_CACHE_MAX: usize = 131_072;

/// Batches whose contents are noted for the check at open. Higher: a longer tail of the log is
/// proved whole at each open, for 32 bytes per append and batch on disk.
pub(crate) const NOTED_BATCHES: u64 = 64;

/// Entries that the check at open looks up at most (a few microseconds each).
pub(crate) const OPEN_CHECK_ENTRIES_MAX: u64 = 20_000;
