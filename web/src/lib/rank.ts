import type { Role } from '../core/api'

/** The order of the roles. */
export const RANK: Readonly<Record<Role, number>> = { member: 0, moderator: 1, admin: 2, owner: 3 }

/** What one may do with a person in a list. */
export interface PersonActions {
  message: boolean
  promote: boolean
  demote: boolean
  remove: boolean
}
