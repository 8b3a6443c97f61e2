// The database's key: random, wrapped by a key that this browser keeps and never hands out. That protects copies of
// the disk's files from each other, not from a script of this origin (docs/threat-model.md).

import { CoreError } from './error'

const DATABASE = 'asterism-key'
const STORE = 'key'
const RECORD = 'database'
const KEY_BYTES = 32

interface Wrapped {
  wrapping: CryptoKey
  iv: Uint8Array<ArrayBuffer>
  sealed: ArrayBuffer
  /** A database was opened with it. */
  used: boolean
  /** There was an account in that database. */
  account?: boolean
}

export interface DatabaseKey {
  bytes: Uint8Array<ArrayBuffer>
  /** No database was opened with it: whatever database there is, nobody can open it any more. */
  fresh: boolean
  /** There was an account in its database: one without has lost it, and is not new. */
  hadAccount: boolean
  /** A database was opened with it. */
  use(): Promise<void>
}

/** Reads the key, and makes one if there is none. Only the worker that has the core may call this. */
export async function databaseKey(): Promise<DatabaseKey> {
  if (globalThis.indexedDB === undefined || globalThis.crypto?.subtle === undefined) {
    throw new CoreError('unsupported_browser', 'this page is not in a secure context')
  }
  const keys = await openKeys()
  try {
    const kept = await settled<Wrapped | undefined>(keys.transaction(STORE).objectStore(STORE).get(RECORD))
    const wrapped = kept ?? (await make())
    if (kept === undefined) await keep(keys, wrapped)
    return {
      bytes: await unwrap(wrapped),
      fresh: !wrapped.used,
      hadAccount: wrapped.account === true,
      use: () => use(wrapped),
    }
  } finally {
    keys.close()
  }
}

async function use(wrapped: Wrapped) {
  if (wrapped.used) return
  const keys = await openKeys()
  try {
    await keep(keys, { ...wrapped, used: true })
  } finally {
    keys.close()
  }
}

/** From now on there is an account in the database. */
export async function noteAccount() {
  const keys = await openKeys()
  try {
    const kept = await settled<Wrapped | undefined>(keys.transaction(STORE).objectStore(STORE).get(RECORD))
    if (kept !== undefined && !kept.account) await keep(keys, { ...kept, account: true })
  } finally {
    keys.close()
  }
}

async function make(): Promise<Wrapped> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, bytes)
  bytes.fill(0)
  return { wrapping, iv, sealed, used: false }
}

async function unwrap({ wrapping, iv, sealed }: Wrapped): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, wrapping, sealed))
  } catch {
    throw new CoreError('database_damaged', 'the key of the local database is damaged')
  }
}

function openKeys(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  return settled(opening)
}

/** On disk before it is used: a database whose key was lost could not be read. */
function keep(keys: IDBDatabase, wrapped: Wrapped): Promise<void> {
  const transaction = keys.transaction(STORE, 'readwrite', { durability: 'strict' })
  transaction.objectStore(STORE).put(wrapped, RECORD)
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(refused(transaction.error))
  })
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(refused(request.error))
  })
}

function refused(error: DOMException | null): CoreError {
  if (error?.name === 'QuotaExceededError') return new CoreError('disk_full', 'the disk is full')
  return new CoreError('unsupported_browser', 'this browser keeps no data for pages')
}
