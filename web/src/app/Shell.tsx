import { ChatList } from '../features/chats/ChatList'
import type { NewWhat } from '../features/chats/NewMenu'
import { Conversation } from '../features/conversation/Conversation'
import { Details } from '../features/details/Details'
import { SettingsNav } from '../features/settings/SettingsNav'
import { SettingsPage } from '../features/settings/SettingsPage'
import { useSession } from '../lib/data/context'
import { useT } from '../lib/i18n'
import type { Route } from '../lib/router'
import { useStore } from '../lib/store'
import { cx } from '../ui/cx'
import { Banners } from './Banners'
import { Pick } from './Pick'
import { Rail } from './Rail'
import styles from './Shell.module.css'

interface ShellProps {
  route: Route
  onNew: (what: NewWhat) => void
  onMessage: (handle: string) => void
}

/** Which of the columns a narrow page shows. */
function viewOf(route: Route): 'list' | 'main' | 'pane' {
  if (route.at === 'conversation') return route.pane === 'none' ? 'main' : 'pane'
  return route.at === 'settings' && route.section ? 'main' : 'list'
}

/** Rail, list, conversation and side pane, as many of them as there is room for. */
export function Shell({ route, onNew, onMessage }: ShellProps) {
  const t = useT()
  const current = route.at === 'conversation' ? route.id : null
  const settings = route.at === 'settings'
  const view = viewOf(route)
  return (
    <div className={styles.shell} data-view={view}>
      <a className={styles.skip} href="#main">
        {t('nav.skip')}
      </a>
      <Banners />
      <div className={styles.rail} data-landmark>
        <Rail settings={settings} />
      </div>
      <main className={styles.parts}>
        <h1 className={cx('visually-hidden', styles.heading)}>
          {settings ? t('settings.title') : view === 'pane' ? t('details.title') : t('chats.title')}
        </h1>
        <div className={styles.list} data-landmark>
          {settings ? <SettingsNav current={route.section} /> : <ChatList current={current} onNew={onNew} />}
        </div>
        <div id="main" className={styles.main} tabIndex={-1} data-landmark>
          <Main route={route} />
        </div>
        {current !== null && route.at === 'conversation' && route.pane === 'details' && (
          <Pane id={current} onMessage={onMessage} />
        )}
      </main>
    </div>
  )
}

function Main({ route }: { route: Route }) {
  if (route.at === 'conversation')
    return <Conversation id={route.id} detailsOpen={route.pane === 'details'} />
  if (route.at === 'settings') return <SettingsPage section={route.section ?? 'profile'} />
  return <Pick />
}

function Pane({ id, onMessage }: { id: string; onMessage: (handle: string) => void }) {
  const { list } = useStore(useSession().conversations)
  const item = list.find((other) => other.group === id)
  return (
    item && (
      <div className={styles.pane} data-landmark>
        <Details key={id} item={item} onMessage={onMessage} />
      </div>
    )
  )
}
