import { useSession } from '../../lib/data/context'
import { typingLine } from '../../lib/data/typingLine'
import { useT } from '../../lib/i18n'
import { useStore } from '../../lib/store'
import styles from './Conversation.module.css'

/** Who is typing. Keeps its place when nobody is, so that nothing jumps. Not spoken: it would be noise. */
export function TypingLine({ conversation }: { conversation: string }) {
  const t = useT()
  const people = useStore(useSession().typing.view).get(conversation) ?? []
  return <p className={styles.typing}>{typingLine(t, people)}</p>
}
