import { Join } from '../features/onboarding/Join'
import { Recover } from '../features/onboarding/Recover'
import type { Registered } from '../features/onboarding/register'
import { SignUp } from '../features/onboarding/SignUp'
import { Welcome } from '../features/onboarding/Welcome'
import { useRoute } from '../lib/router'
import { useInvitationLeft } from './useInvitationLeft'

interface EntranceProps {
  onRegistered: (registered: Registered, link?: string) => void
  onRecovered: () => Promise<void>
}

/** Before there is an account. */
export function Entrance({ onRegistered, onRecovered }: EntranceProps) {
  const route = useRoute()
  useInvitationLeft()
  switch (route.at) {
    case 'sign-up':
      return <SignUp onRegistered={onRegistered} />
    case 'recover':
      return <Recover onRecovered={onRecovered} />
    case 'invited':
      return <Join ticket={route.ticket} onRegistered={onRegistered} onJoined={() => {}} />
    default:
      return <Welcome />
  }
}
