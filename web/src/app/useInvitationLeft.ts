import { useEffect } from 'react'
import { forgetInviteLink } from '../lib/inviteLink'
import { useRoute } from '../lib/router'

/** Whoever has joined, or gone on elsewhere, no longer needs the link. An account may be made or fetched on the way. */
export function useInvitationLeft(): void {
  const { at } = useRoute()
  useEffect(() => {
    if (at !== 'invited' && at !== 'sign-up' && at !== 'recover') forgetInviteLink()
  }, [at])
}
